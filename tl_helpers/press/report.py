"""Readable pages of executed notebooks, whole in one file each: no script, font or style from
the network, formulas as MathML.
"""

from __future__ import annotations

import copy
import datetime
import html
import json
import subprocess
from typing import TYPE_CHECKING, Any

from tl_helpers.core import files
from tl_helpers.press import markdown
from tl_helpers.press.jobs import BUDGET

if TYPE_CHECKING:
    from tl_helpers.press.jobs import Report

STYLE = """
:root { color-scheme: light dark; }
body { font: 17px/1.55 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { line-height: 1.2; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: .4rem .7rem; border-bottom: 1px solid #8886;
  vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
footer { margin-top: 3rem; font-size: .9em; opacity: .8; }
"""


def environment() -> dict[str, Any]:
    """Where and when this was run: machine, versions, commit and date."""
    from tl_helpers.measure import results

    now = datetime.datetime.now(datetime.UTC)
    return {
        **results.environment(),
        "commit": commit(),
        "date": now.isoformat(timespec="seconds"),
    }


def commit() -> str | None:
    """The commit of the course folder, with ``+`` if files were changed since; None without git."""
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
            cwd=files.root(),
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None


def report_data(report: Report) -> dict[str, Any]:
    """The report as plain JSON values."""

    return {
        "profile": report.profile,
        "seconds": report.seconds,
        "budget_seconds": BUDGET.get(report.profile),
        "side_by_side": report.side_by_side,
        "threads": report.threads,
        "environment": environment(),
        "notebooks": [
            {
                "name": job.name,
                "status": job.status,
                "seconds": job.seconds,
                "over_budget": report.over_budget(job),
                "peak_mb": job.peak_mb,
                "cells": job.cells,
                "parameters": job.parameters,
                "error": job.error or None,
            }
            for job in report.jobs
        ],
        "claims": [{"notebook": c.notebook, **c.to_dict()} for c in report.claims],
    }


def write_report(report: Report) -> None:
    """Write ``report.json``."""
    text = json.dumps(report_data(report), indent=1, ensure_ascii=False)
    files.write_text(report.output / "report.json", text + "\n")


def write_pages(report: Report) -> None:
    """Write ``html/NAME.html`` for each executed notebook."""
    folder = report.output / "html"
    for job in report.jobs:
        page = folder / f"{job.name}.html"
        if job.status == "ok":
            files.write_text(page, page_of(job.notebook, job.name))
        else:
            page.unlink(missing_ok=True)  # of an earlier run


def page_of(notebook: Any, name: str) -> str:
    """One executed notebook as one HTML file."""
    from bs4 import BeautifulSoup

    exporter = _exporter()
    body, _ = exporter.from_notebook_node(
        readable(notebook), resources={"metadata": {"name": title(notebook, name), "path": ""}}
    )
    soup = BeautifulSoup(body, "html.parser")
    # The template fetches its scripts from a public server. None of them is needed to read the
    # page: formulas are MathML already, and there are no live widgets.
    for script in soup.find_all("script"):
        text = script.string or ""
        if "src" in script.attrs or "mathjax" in text.lower() or "mermaid" in text.lower():
            script.decompose()
    return str(soup)


def readable(notebook: Any) -> Any:
    """A copy whose pictures carry their alt text, and whose LaTeX outputs are MathML."""
    copied = copy.deepcopy(notebook)
    for cell in copied.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            alt = output.get("metadata", {}).get("image/png", {}).get("alt")
            if alt and "text/html" not in data:
                source = "".join(data["image/png"].split())
                data["text/html"] = (
                    f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{source}">'
                )
            elif "text/latex" in data and "text/html" not in data:
                data["text/html"] = markdown.mathml(data["text/latex"].strip().strip("$"), "block")
    return copied


def title(notebook: Any, name: str) -> str:
    """The first heading of a notebook, or its name."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                if line.startswith("# "):
                    return line[2:].strip()
    return name


def _exporter() -> Any:
    from nbconvert.exporters.html import HTMLExporter

    class Exporter(HTMLExporter):
        def default_filters(self) -> Any:
            yield from super().default_filters()
            yield ("markdown2html", markdown.to_html)

    return Exporter(template_name="lab")
