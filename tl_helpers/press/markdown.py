"""Markdown as HTML, formulas as MathML, which every current browser draws by itself."""

from __future__ import annotations

import html
from typing import Any


def to_html(source: str, attachments: Any = None, anchor: str = "") -> str:
    """One piece of Markdown as HTML.

    Args:
        source: Markdown as in notebooks, formulas between dollar signs.
        attachments: pictures of the cell by name, as nbformat stores them.
        anchor: text of a link behind each heading; none when empty.
    """
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def block_math(self, body: str) -> str:
            return mathml(body, "block")

        def inline_math(self, body: str) -> str:
            return mathml(body, "inline")

        def latex_environment(self, name: str, body: str) -> str:
            return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")

    renderer = Renderer(
        escape=False,
        attachments=attachments or {},
        anchor_link_text=anchor,
        exclude_anchor_links=not anchor,
    )
    return str(MarkdownWithMath(renderer=renderer).render(source))


def mathml(formula: str, display: str) -> str:
    """A LaTeX formula as MathML; one that cannot be read stays as it is, in a code font."""
    from latex2mathml.converter import convert

    try:
        return str(convert(formula, display=display))
    except Exception:  # the library raises many kinds, all of which mean: not this formula
        return f"<code>{html.escape(formula)}</code>"
