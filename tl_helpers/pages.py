"""Readable pages of executed notebooks, whole in one file each: no script, font or style from
the network, formulas as MathML.
"""

from __future__ import annotations

import copy
import datetime
import html
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_helpers import files, markdown

if TYPE_CHECKING:
    from tl_helpers.course import Report
    from tl_helpers.kernels import Job

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
    from tl_helpers import results

    now = datetime.datetime.now(datetime.timezone.utc)
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
            cwd=files.root(), capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None


def report_data(report: Report) -> dict[str, Any]:
    """The report as plain JSON values."""
    from tl_helpers.course import BUDGET

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
    """Write ``html/NAME.html`` for each executed notebook, and ``index.html``."""
    folder = report.output / "html"
    for job in report.jobs:
        page = folder / f"{job.name}.html"
        if job.status == "ok":
            files.write_text(page, page_of(job.notebook, job.name))
        else:
            page.unlink(missing_ok=True)  # of an earlier run
    files.write_text(report.output / "index.html", _index(report))


def page_of(notebook: Any, name: str) -> str:
    """One executed notebook as one HTML file."""
    from bs4 import BeautifulSoup

    exporter = _exporter()
    body, _ = exporter.from_notebook_node(
        _readable(notebook), resources={"metadata": {"name": title(notebook, name), "path": ""}}
    )
    soup = BeautifulSoup(body, "html.parser")
    # The template fetches its scripts from a public server. None of them is needed to read the
    # page: formulas are MathML already, and there are no live widgets.
    for script in soup.find_all("script"):
        text = script.string or ""
        if "src" in script.attrs or "mathjax" in text.lower() or "mermaid" in text.lower():
            script.decompose()
    return str(soup)


def _readable(notebook: Any) -> Any:
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
    from jinja2 import pass_context
    from nbconvert.exporters.html import HTMLExporter

    class Exporter(HTMLExporter):
        def default_filters(self) -> Any:
            yield from super().default_filters()
            yield ("markdown2html", self._markdown)

        @pass_context
        def _markdown(self, context: Any, source: str) -> str:
            attachments = context.get("cell", {}).get("attachments", {})
            return markdown.to_html(source, attachments, self.anchor_link_text)

    return Exporter(template_name="lab")


def _index(report: Report) -> str:
    from tl_helpers import claims

    rows = "".join(_row(report, job) for job in report.jobs)
    env = environment()
    versions = ", ".join(f"{name} {version}" for name, version in env["libraries"].items())
    table = (
        claims.table(report.claims, "html")
        if report.claims
        else "<p>These notebooks recorded no claims.</p>"
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Transfer learning: what was run</title><style>{STYLE}</style></head>
<body><main>
<h1>What was run</h1>
<p>Profile <b>{report.profile}</b>, {report.seconds:.0f} seconds in all.</p>
<div class="scroll"><table>
<thead><tr><th scope="col">Notebook</th><th scope="col">Result</th><th scope="col">Seconds</th>
<th scope="col">Peak memory</th><th scope="col">Executed copy</th></tr></thead>
<tbody>
{rows}</tbody></table></div>
<h2>Claims</h2>
<div class="scroll">{table}</div>
</main>
<footer>Python {env["python"]}, {html.escape(versions)}; {html.escape(env["platform"])};
commit {env["commit"] or "unknown"}; {env["date"]}</footer>
</body></html>
"""


def _row(report: Report, job: Job) -> str:
    from tl_helpers.course import failed_copy

    good = job.status == "ok"
    heading = html.escape(title(job.notebook, job.name))
    link = f'<a href="html/{html.escape(job.name)}.html">{heading}</a>' if good else heading
    executed = Path("notebooks") / (job.path.name if good else failed_copy(report, job).name)
    late = " (over its budget)" if report.over_budget(job) else ""
    result = (
        "ok"
        if good
        else f"<details><summary>failed</summary><pre>{html.escape(job.error)}</pre></details>"
    )
    href = html.escape(executed.as_posix().replace(os.sep, "/"))
    return (
        f"<tr><td>{link}</td><td>{result}</td>"
        f'<td class="number">{job.seconds:.1f}{late}</td>'
        f'<td class="number">{job.peak_mb:.0f} MB</td>'
        f'<td><a href="{href}">{html.escape(executed.name)}</a></td></tr>\n'
    )
