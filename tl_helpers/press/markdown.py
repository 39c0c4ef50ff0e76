"""Markdown as HTML, formulas as MathML, which every current browser draws by itself."""

from __future__ import annotations

import html
from functools import cache
from typing import Any


def to_html(source: str) -> str:
    """Markdown as in notebooks, formulas between dollar signs, as HTML.

    Example:
        >>> to_html("**big**")
        '<p><strong>big</strong></p>\\n'
    """
    return str(_renderer().render(source))


@cache
def _renderer() -> Any:
    """That of MyST, with which the site is made."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.amsmath import amsmath_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    def inline(renderer: Any, tokens: Any, at: int, *_: Any) -> str:
        return mathml(tokens[at].content, "inline")

    def block(renderer: Any, tokens: Any, at: int, *_: Any) -> str:
        return f"<p>{mathml(tokens[at].content, 'block')}</p>\n"

    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    markdown.use(dollarmath_plugin, allow_space=False).use(amsmath_plugin)
    markdown.add_render_rule("math_inline", inline)
    for kind in ("math_block", "amsmath"):
        markdown.add_render_rule(kind, block)
    return markdown


def mathml(formula: str, display: str) -> str:
    """A LaTeX formula as MathML; one that cannot be read stays as it is, in a code font.

    Example:
        >>> mathml("a^b^c", "inline")
        '<code>a^b^c</code>'
    """
    from latex2mathml.converter import convert

    try:
        return str(convert(formula, display=display))
    except Exception:  # the library raises many kinds, all of which mean: not this formula
        return f"<code>{html.escape(formula)}</code>"
