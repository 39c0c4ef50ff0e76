"""The site's own Sphinx extension: citations, glossary links, links to notebooks, formulas.

A link to a term or a work comes with a card, which ``cards.js`` shows where a reader points at it.

Everything here works on the parsed pages, so that the notebooks themselves stay plain Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from tl_helpers.core import files, lessons
from tl_helpers.core.errors import BrokenFile
from tl_helpers.press.markdown import mathml
from tl_helpers.press.site import hover
from tl_helpers.press.site.citations import Bibliography, course, last_name, short
from tl_helpers.press.site.terms import Senses, Terms, other_forms, senses

log = logging.getLogger(__name__)

# Pages that explain no terms: the glossary itself, lists, and pages that are mostly links.
_NO_TERMS = {"index", "glossary", "bibliography", "claims", "map"}
_NOTEBOOK = re.compile(r"(?<![\w-])[Nn]otebook\s+(\d\d)(?!\w)")
_CLOSED = (
    nodes.title,
    nodes.reference,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
    nodes.citation,
    nodes.term,
    addnodes.pending_xref,
    addnodes.download_reference,
    addnodes.toctree,
)
Piece = tuple[int, int, nodes.Node]


@dataclass
class _State:
    """What one build knows beside its pages."""

    builder: Builder
    bibliography: Bibliography
    rows: dict[str, lessons.Row]
    cited: dict[str, list[str]] = field(default_factory=dict)
    glossary: _Glossary | None = None


_states: WeakKeyDictionary[BuildEnvironment, _State] = WeakKeyDictionary()


class Marked(nodes.inline):
    """A citation in a text; it becomes a link when all pages are known."""


def _texts(tree: nodes.Element) -> Iterator[nodes.Text]:
    """The running text of a page: no code, output, heading, formula or link."""
    for text in list(tree.findall(nodes.Text)):
        parent: Any = text.parent
        while parent is not None and not isinstance(parent, _CLOSED):
            if {"cell_input", "cell_output", "tl-plain"} & set(parent.get("classes", [])):
                break
            parent = parent.parent
        if parent is None:
            yield text


def _replace(text: nodes.Text, pieces: list[Piece]) -> None:
    """Put nodes in the place of parts of a text."""
    if not pieces:
        return
    content, new, at = str(text), [], 0
    for start, end, node in pieces:
        new += [nodes.Text(content[at:start]), node] if start > at else [node]
        at = end
    if at < len(content):
        new.append(nodes.Text(content[at:]))
    text.parent.replace(text, new)


def _where(node: nodes.Node) -> Any:
    """The nearest element with a line: myst-nb gives 10000 lines to each cell."""
    while node.parent is not None and not getattr(node, "line", None):
        node = node.parent
    return node


def _is_references(items: nodes.bullet_list) -> bool:
    """Does this list stand under the word References, as a heading or in bold?"""
    place = items.parent.index(items)
    return (
        place > 0 and items.parent[place - 1].astext().strip().rstrip(":").lower() == "references"
    )


class Citations(SphinxTransform):
    """Find the citations of a page; one without an entry is a warning, so the build fails."""

    default_priority = 880

    def apply(self, **kwargs: Any) -> None:
        docname = self.env.docname
        if docname == "bibliography":
            return
        bibliography = _states[self.env].bibliography
        for items in list(self.document.findall(nodes.bullet_list)):
            if _is_references(items):
                items["classes"].append("tl-plain")
                for item in items:
                    self._reference(bibliography, item)  # type: ignore[arg-type]
        for text in _texts(self.document):
            pieces: list[Piece] = []
            for hit in bibliography.find(str(text)):
                if hit.key is None:
                    log.warning(
                        "cites %r, which is not in references.bib",
                        hit.text,
                        location=_where(text),
                        type="tl",
                        subtype="citation",
                    )
                else:
                    pieces.append((hit.start, hit.end, self._mark(hit.key, hit.text)))
            _replace(text, pieces)

    def _mark(self, key: str, text: str) -> Marked:
        pages = _states[self.env].cited.setdefault(key, [])
        if self.env.docname not in pages:
            pages.append(self.env.docname)
        return Marked(text, text, key=key)

    def _reference(self, bibliography: Bibliography, item: nodes.Element) -> None:
        entry = bibliography.reference(item.astext())
        if entry is None:
            log.warning(
                "lists the reference %r, which is not in references.bib with this author, year "
                "and title",
                item.astext()[:120],
                location=_where(item),
                type="tl",
                subtype="citation",
            )
            return
        # Authors and year lead to the entry; the title stays readable text.
        for text in item.findall(nodes.Text):
            if match := re.match(r".*?\(\d{4}[a-z]?\)", str(text), re.S):
                _replace(text, [(0, match.end(), self._mark(entry.key, match.group()))])
                return


class Links(SphinxPostTransform):
    """Citations, first uses of glossary terms, and "notebook 12" become links."""

    default_priority = 300

    def run(self, **kwargs: Any) -> None:
        docname, self.state = self.env.docname, _states[self.env]
        self._cards: dict[str, str] = {}
        for mark in list(self.document.findall(Marked)):
            page, id, title = self._citation(mark["key"])
            link = self._link(page, id, mark.astext(), title, "tl-cite")
            self._cards[link["refuri"]] = hover.work(self.state.bibliography.entries[mark["key"]])
            mark.replace_self(link)
        if docname == "bibliography":
            self._under_each()
            return
        self._each(self._notebooks)
        if docname not in _NO_TERMS:
            self._seen: set[str] = set()
            self._each(self._terms)
        if self._cards:
            self.document += nodes.raw("", hover.script(self._cards), format="html")

    def _each(self, find: Callable[[nodes.Text], Iterator[Piece]]) -> None:
        for text in list(_texts(self.document)):
            _replace(text, list(find(text)))

    def _link(self, page: str, id: str, text: str, title: str, kind: str) -> nodes.reference:
        link = make_refnode(
            self.state.builder, self.env.docname, page, id, nodes.inline(text, text), title
        )
        link["classes"].append(kind)
        return link

    def _citation(self, key: str) -> tuple[str, str, str]:
        for citation in self.env.get_domain("cite").citations:  # type: ignore[attr-defined]
            if citation.key == key:
                title = self.state.bibliography.entries[key].title
                return citation.bibliography_key.docname, citation.citation_id, title
        raise LookupError(f"{key} is in references.bib, but no page shows the bibliography")

    def _notebooks(self, text: nodes.Text) -> Iterator[Piece]:
        for match in _NOTEBOOK.finditer(str(text)):
            row = self.state.rows.get(match[1])
            if row is None or row.notebook == self.env.docname:
                continue
            ready = row.notebook in self.env.all_docs
            page, id = (row.notebook, "") if ready else ("map", f"map-{row.number}")
            title = row.question if ready else f"{row.question} (in preparation)"
            yield match.start(), match.end(), self._link(page, id, match.group(), title, "tl-nb")

    def _terms(self, text: nodes.Text) -> Iterator[Piece]:
        if self.state.glossary is None:
            self.state.glossary = _Glossary(self.env)
        glossary, said = self.state.glossary, str(text)
        paragraph, at = _around(text)
        if isinstance(text.parent, nodes.strong) and paragraph.strip() == said.strip():
            return  # a paragraph in bold letters is a heading, such as References
        for start, end, term in glossary.terms.find(said):
            page, id, definition = glossary.places[term]
            if definition in self._seen or glossary.senses.other(
                term, self.env.docname, paragraph, at + start, at + end
            ):
                continue
            self._seen.add(definition)
            link = self._link(page, id, said[start:end], definition, "tl-term")
            self._cards[link["refuri"]] = glossary.cards[term]
            yield start, end, link

    def _under_each(self) -> None:
        """Under each entry: the pages that cite it, and BibTeX to copy."""
        keys = {c.citation_id: c.key for c in self.env.get_domain("cite").citations}  # type: ignore[attr-defined]
        for citation in list(self.document.findall(nodes.citation)):
            key = keys.get(citation["ids"][0], "")
            pages = self.state.cited.get(key, [])
            line = nodes.paragraph(classes=["tl-cited"])
            for place, page in enumerate(sorted(pages)):
                line += nodes.Text("Cited in " if place == 0 else ", ")
                line += self._link(page, "", self.env.titles[page].astext(), "", "tl-back")
            if pages:
                citation += line
            citation += _folded_bibtex(self.state.bibliography.entries[key].bibtex)


def _around(text: nodes.Text) -> tuple[str, int]:
    """The paragraph in which a text stands, and where in it."""
    block: Any = text.parent
    while isinstance(block, nodes.Inline) and block.parent is not None:
        block = block.parent
    parts = list(block.findall(nodes.Text))
    place = next(number for number, part in enumerate(parts) if part is text)
    return "".join(parts), sum(map(len, parts[:place]))


def _bibtex(text: str) -> nodes.literal_block:
    return nodes.literal_block(text, text, language="bibtex", force=True)


def _folded_bibtex(text: str) -> list[nodes.Node]:
    begin = '<details class="tl-bibtex"><summary>BibTeX</summary>'
    return [
        nodes.raw("", begin, format="html"),
        _bibtex(text),
        nodes.raw("", "</details>", format="html"),
    ]


class CiteCourse(SphinxDirective):
    """``{cite-course}``: the BibTeX entry of the course itself."""

    def run(self) -> list[nodes.Node]:
        try:
            return [_bibtex(course(files.root() / "CITATION.cff"))]
        except BrokenFile as error:
            log.warning("%s", error, location=self.get_location())
            return []


class _Glossary:
    """Where each term is defined, the first sentence of its definition, and its card."""

    def __init__(self, env: BuildEnvironment) -> None:
        self.places: dict[str, tuple[str, str, str]] = {}
        self.cards: dict[str, str] = {}
        for glossary in env.get_doctree("glossary").findall(addnodes.glossary):
            for item in glossary.findall(nodes.definition_list_item):
                definition = next(item.findall(nodes.definition))
                first = re.split(r"(?<=[.!?])\s", definition.astext().strip())[0]
                for term in item.findall(nodes.term):
                    name = term.astext()
                    self.places[name] = "glossary", term["ids"][0], first
                    self.cards[name] = hover.term(name, definition)
        forms = other_forms(Path(env.doc2path("glossary")).read_text("utf-8"))
        for form, term in forms.items():
            if term not in self.places:
                log.warning("glossary: %r is a form of %r, which is not defined", form, term)
        known = {form: term for form, term in forms.items() if term in self.places}
        self.terms = Terms(self.places, known)
        try:
            self.senses = senses(Path(env.srcdir) / "senses.toml", self.terms)
        except BrokenFile as error:
            log.warning("%s", error)
            self.senses = Senses(sense=[])


def _ticks(app: Sphinx, tree: nodes.document) -> None:
    """Lists of things to tick off have no bullets beside their boxes."""
    for item in tree.findall(nodes.list_item):
        if item.astext().startswith("☐"):
            item["classes"].append("tl-tick")


def _math(display: str) -> Callable[[Any, Any], None]:
    def visit(writer: Any, node: Any) -> None:
        formula = mathml(node.astext(), display)
        if formula.startswith("<code>"):
            log.warning("the formula %r cannot be read", node.astext(), location=node)
        block = display == "block"
        writer.body.append(f'<div class="math">{formula}</div>' if block else formula)
        if block and node.get("number"):
            writer.body.append(f'<span class="eqno">({escape(str(node["number"]))})</span>')
        raise nodes.SkipNode

    return visit


def _start(app: Sphinx) -> None:
    bibliography = Bibliography(app.srcdir / app.config.bibtex_bibfiles[0])
    rows = {row.number: row for row in lessons.rows()}
    _states[app.env] = _State(app.builder, bibliography, rows)


def _style() -> None:
    """Entries are labelled as they are cited: ``Devlin et al. 2019``."""
    from pybtex.plugin import register_plugin
    from pybtex.style.formatting.plain import Style
    from pybtex.style.labels import BaseLabelStyle
    from pybtex.style.template import field as bibtex_field
    from pybtex.style.template import href, sentence

    class AsCited(BaseLabelStyle):
        def format_labels(self, entries: Any) -> Iterator[str]:
            for entry in entries:
                names = [last_name(person) for person in entry.persons["author"]]
                short = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
                yield f"{short} {entry.fields['year']}"

    class Course(Style):
        default_label_style = AsCited

        def format_title(self, e: Any, which_field: str, as_sentence: bool = True) -> Any:
            title = bibtex_field(which_field)  # capitals as the authors wrote them
            return sentence[title] if as_sentence else title

        def format_url(self, e: Any) -> Any:
            url = e.fields.get("url", "")
            return href(url)[short(url)] if url else bibtex_field("url")

    register_plugin("pybtex.style.formatting", "course", Course, force=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx.

    Example:
        >>> setup(app)["parallel_read_safe"]  # doctest: +SKIP
        True
    """
    _style()
    app.add_html_math_renderer("mathml", (_math("inline"), None), (_math("block"), None))
    app.add_transform(Citations)
    app.add_post_transform(Links)
    app.add_node(Marked)
    app.add_directive("cite-course", CiteCourse)
    app.add_js_file("cards.js")
    app.connect("builder-inited", _start)
    app.connect("doctree-read", _ticks)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": False}
