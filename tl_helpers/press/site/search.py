"""The site's own search: a small index with the text itself, one entry a section, term or work.

Sphinx's index holds neither text nor places within a page, and its summaries have to be fetched,
which a browser refuses for pages on disk. This one is a script, ``_static/search-index.js``, which
``search.js`` loads when a reader begins to search. Code and outputs are not in it, nor the
appendices of the sessions, where the answers for teachers stand. Formulas are as a reader sees
them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from tl_helpers.press import markdown

FILE = "search-index.js"
_TEMPLATES = Path(__file__).parent / "templates"
_SHOWN_ELSEWHERE = (nodes.section, nodes.title, nodes.citation, addnodes.glossary)
_NO_TEXT = (nodes.literal_block, nodes.raw, nodes.comment, nodes.math_block, addnodes.toctree)
_CLAIM = re.compile(r'<a href="#(?P<id>claim-[^"]+)">(?P<sentence>.*?)</a>', re.S)

Entry = tuple[str, str, str]
"""The place within the page (empty for its top), the heading, and the text."""


def entries(page: nodes.document) -> list[Entry]:
    """What can be found on a page: its sections in order, its terms, works and claims.

    Example:
        >>> entries(page)[0]  # doctest: +SKIP
        ('', 'Start here', 'The promise: in one minute of computing ...')
    """
    found: list[Entry] = []
    for number, section in enumerate(page.findall(nodes.section)):
        if _in_appendix(section):
            continue
        title = section.next_node(nodes.title)
        heading = _clean(_seen(title)) if title is not None else ""
        found.append((section["ids"][0] if number else "", heading, _text(section)))
    for glossary in page.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            terms = list(item.findall(nodes.term))
            said = next(item.findall(nodes.definition))
            names = ", ".join(_clean(term.astext()) for term in terms)
            found.append((terms[0]["ids"][0], names, _text(said)))
    for work in page.findall(nodes.citation):
        label, *rest = work.children
        text = _clean(" ".join(_inner(part) for part in rest))
        found.append((work["ids"][0], _clean(label.astext()), text))
    for raw in page.findall(nodes.raw):
        for claim in _CLAIM.finditer(raw.astext()):
            found.append((claim["id"], _clean(unescape(claim["sentence"])), ""))
    return found


def _in_appendix(section: nodes.Node | None) -> bool:
    """Is it a section headed ``Appendix: ...``, or within one?"""
    while isinstance(section, nodes.section):
        title = section.next_node(nodes.title)
        if title is not None and title.astext().startswith("Appendix:"):
            return True
        section = section.parent
    return False


def _seen(node: nodes.Node) -> str:
    """Its text, formulas as they are shown: ``ΔW``, not ``\\Delta W``."""
    if isinstance(node, nodes.math):
        return unescape(re.sub(r"<[^>]+>", "", markdown.mathml(node.astext(), "inline")))
    return "".join(map(_seen, node.children)) if node.children else node.astext()


def _text(parent: nodes.Element) -> str:
    """The running text of an element, without what has an entry of its own."""
    parts = [child for child in parent if not isinstance(child, _SHOWN_ELSEWHERE)]
    return _clean(" ".join(_inner(part) for part in parts))


def _inner(node: nodes.Node) -> str:
    return " ".join(_words(node))


def _words(node: nodes.Node) -> Iterator[str]:
    """The text of each paragraph, cell and line: no code, no output, nothing that is folded in."""
    if isinstance(node, (*_NO_TEXT, *_SHOWN_ELSEWHERE)):
        return
    if isinstance(node, nodes.Element) and "cell" in node.get("classes", []):
        return
    if isinstance(node, (nodes.TextElement, nodes.Text)):
        yield _seen(node)
        return
    for child in node.children:
        yield from _words(child)


def _clean(text: str) -> str:
    return " ".join(text.split())


class _Index:
    """The pages seen so far in one build."""

    def __init__(self) -> None:
        self.pages: dict[str, list[Entry]] = {}

    def add(self, app: Sphinx, tree: nodes.document, page: str) -> None:
        self.pages[page] = entries(tree)

    def write(self, app: Sphinx, error: Exception | None) -> None:
        if error is not None:
            return
        pages: list[list[str]] = []
        rows: list[list[Any]] = []
        for name, found in sorted(self.pages.items()):
            title = found[0][1] if found else name
            number = name[:2] if re.match(r"\d\d_", name) else ""
            rows += [[len(pages), *entry] for entry in found]
            pages.append([app.builder.get_target_uri(name), title, number])
        text = json.dumps({"pages": pages, "entries": rows}, ensure_ascii=False)
        path = Path(app.outdir) / "_static" / FILE
        path.write_text(f"window.TL_INDEX = {text};\n", "utf-8", newline="\n")


def _settings(app: Sphinx, config: Any) -> None:
    config.templates_path.append(str(_TEMPLATES))
    config.html_additional_pages["search"] = "search.html"


def _own(app: Sphinx) -> None:
    app.builder.search = False  # type: ignore[attr-defined]  # no index and no page of Sphinx's


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx.

    Example:
        >>> setup(app)["parallel_write_safe"]  # doctest: +SKIP
        False
    """
    index = _Index()
    app.connect("config-inited", _settings)
    app.connect("builder-inited", _own)
    app.connect("doctree-resolved", index.add, priority=900)
    app.connect("build-finished", index.write)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
