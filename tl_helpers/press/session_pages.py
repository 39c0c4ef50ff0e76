"""Session kits on paper: the filled Markdown, and a page of each that prints on A4."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

from tl_helpers.core import files
from tl_helpers.core.errors import BrokenFile, CourseError, UnknownName
from tl_helpers.press import kits as sessions
from tl_helpers.press import markdown

_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #1b1b1b;
  max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.2; color: #003a5d; } h2 { margin-top: 2.2em; }
h3 { margin-bottom: .3em; font-size: 1.05em; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-size: .92em; }
th, td { text-align: left; padding: .3rem .5rem; border-bottom: 1px solid #bbb;
  vertical-align: top; }
td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums; }
.claims td:first-child { white-space: normal; }
pre { background: #f4f6f8; padding: .6em .8em; white-space: pre-wrap; font-size: .85em; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .92em; }
li { margin: .3em 0; } .tick { list-style: none; text-indent: -1.4em; } a { color: #0060a0; }
@media screen and (max-width: 40rem) { table { display: block; overflow-x: auto; }
  body { overflow-wrap: anywhere; } td { overflow-wrap: normal; } }
@page { size: A4; margin: 16mm 16mm 18mm; }
@media print {
  body { font-size: 10.5pt; max-width: none; margin: 0; padding: 0; }
  h2, h3 { break-after: avoid; } tr, pre, li { break-inside: avoid; }
  h3 + p { break-before: avoid; } p { orphans: 3; widows: 3; }
  thead { display: table-header-group; } a { color: inherit; text-decoration: none; }
}
"""


def build(
    names: Sequence[str] = (),
    output: Path | None = None,
    check: bool = False,
    write: bool = True,
) -> list[Path]:
    """Fill the kits and write a printable page of each to ``build/sessions/``.

    Nothing is written unless every kit is complete.

    Args:
        names: themes, such as ``start``; every kit that exists without any.
        output: the folder of runs; ``build/`` by default.
        write: also store the filled kits in ``notebooks/sessions/``.
        check: write nothing at all; raise if a kit is not what ``tl sessions`` would make it.

    Returns:
        The pages (the kits themselves with ``check``).

    Raises:
        UnknownName: a theme without a kit.
        BrokenFile: a kit is incomplete, or out of date with ``check``.
        CourseError: there are no kits.
    """
    known = {path.stem: path for path in sessions.find()}
    if not known:
        raise CourseError(
            "There are no session kits.", "They are written in notebooks/sessions/THEME.md."
        )
    for name in names:
        if name not in known:
            raise UnknownName("session kit", name, known)
    kits = [sessions.read(known[name]) for name in names or known]
    if lacks := [line for kit in kits for line in sessions.problems(kit)]:
        raise BrokenFile("A session kit is incomplete: " + "; ".join(lacks) + ".", "Write it.")
    filled = {kit.path: sessions.fill(kit) for kit in kits}
    if check:
        if stale := [kit.path.name for kit in kits if filled[kit.path] != kit.text]:
            raise BrokenFile(f"Out of date: {', '.join(stale)}.", "Run: tl sessions")
        return list(filled)
    base = Path(output) if output is not None else files.root() / "build"
    pages = []
    for kit in kits:
        if write and filled[kit.path] != kit.text:
            files.write_text(kit.path, filled[kit.path])
        page = base / "sessions" / f"{kit.path.stem}.html"
        files.write_text(page, html(replace(kit, text=filled[kit.path]), page))
        pages.append(page)
    return pages


def html(kit: sessions.Kit, page: Path) -> str:
    """One kit as a page by itself; links to notebooks lead to their pages beside it."""
    text = re.sub(r"\A---\n.*?\n---\n", "", kit.text, flags=re.S)

    def link(found: re.Match[str]) -> str:
        target = page.parent.parent / "html" / f"{found[2]}.html"
        # A page that was not made yet is named, not linked.
        return f"[{found[1]}](../html/{found[2]}.html)" if target.exists() else f"*{found[1]}*"

    text = re.sub(r"\[([^\]]*)\]\(\.\./([\w-]+)\.ipynb\)", link, text)
    body = (
        markdown.to_html(text)
        .replace("<!-- tl:begin claims -->\n", '<div class="claims">\n')
        .replace("<!-- tl:end claims -->", "</div>")
    )
    body = body.replace("<li>☐", '<li class="tick">☐')
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Session: {escape(kit.theme)}</title><style>{_STYLE}</style></head>
<body><main>
{body}</main></body></html>
"""
