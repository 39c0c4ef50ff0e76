"""Cards for links: what a term means and which work is cited, without leaving the page.

Each page carries the cards of its own links as data, so nothing is fetched; ``cards.js`` shows one
on hover, on focus and on the first tap. Without a script the links are links with a title.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape

from docutils import nodes

from tl_helpers.press.markdown import mathml
from tl_helpers.press.site.citations import Entry, short

_TAGS: dict[type[nodes.Node], str] = {
    nodes.emphasis: "em",
    nodes.strong: "strong",
    nodes.literal: "code",
}


def term(name: str, definition: nodes.Node) -> str:
    """The card of a term: its name and the whole definition, in HTML.

    Example:
        >>> term("task", nodes.paragraph("", "A set of labels."))
        '<b>task</b> A set of labels.'
    """
    return f"<b>{escape(name)}</b> {_html(definition).strip()}"


def work(entry: Entry) -> str:
    """The card of a work: authors, year, title, where it appeared and where it can be read.

    Example:
        >>> work(Entry("ruder2017", ("Ruder",), "2017", "Next", "Blog post"))
        '<b>Ruder 2017</b> Next. <em>Blog post</em>.'
    """
    end = "" if entry.title.endswith(("?", "!")) else "."
    parts = [f"<b>{escape(entry.label)} {entry.year}</b>", f"{escape(entry.title)}{end}"]
    if entry.venue:
        parts.append(f"<em>{escape(entry.venue.replace('--', '–'))}</em>.")
    if entry.address:
        shown = escape(short(entry.address))
        parts.append(f'<a class="tl-out" href="{escape(entry.address)}">{shown}</a>')
    return " ".join(parts)


def script(cards: Mapping[str, str]) -> str:
    """The cards of a page, by the address of their links, as a script that holds data alone.

    Example:
        >>> script({"glossary.html#term-task": "<b>task</b>"})
        '<script type="application/json" id="tl-cards">{"glossary.html#term-task": "<b>task<\\\\/b>"}</script>'
    """  # noqa: E501
    data = json.dumps(cards, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/json" id="tl-cards">{data}</script>'


def _html(node: nodes.Node) -> str:
    if isinstance(node, nodes.Text):
        return escape(str(node), quote=False)
    if isinstance(node, nodes.math):
        return mathml(node.astext(), "inline")
    inside = "".join(_html(child) for child in node.children)
    tag = _TAGS.get(type(node))
    return f"<{tag}>{inside}</{tag}>" if tag else inside
