"""From the cells of a notebook to slides: what stands where, and what the speaker says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from tl_helpers.core.errors import BadValue

TYPES = ("slide", "subslide", "fragment", "-", "notes", "skip")

# Code comes first, so that {{...}} in code is no placeholder.
_CODE_OR_PLACEHOLDER = re.compile(r"(?ms)^```.*?^```|`[^`\n]*`|\{\{[^\n]*?\}\}")
_PLACED = re.compile(r"\{\{\s*(code|output)\s*(\d*)(?:-(\d+))?\s*\}\}")
_HEADING = re.compile(r"(?m)^#{2,6}\s+(?:\d+\s+)?(.+?)\s*$")
_CLAIM = re.compile(r"\{\{\s*claim\s+([a-z0-9-]+)\s*\}\}")


@dataclass(frozen=True)
class Part:
    """A piece of a slide.

    Attributes:
        kind: ``"text"`` (Markdown), ``"code"`` (Python) or ``"output"`` (of nbformat).
        content: the text, the source, or the output.
        cell: the cell it comes from.
        fragment: appears on a key press.
    """

    kind: str
    content: Any
    cell: Any
    fragment: bool = False


@dataclass
class Slide:
    """One slide.

    Attributes:
        below: stands below the slide before, instead of to its right.
        parts: what it shows, from top to bottom.
        notes: what the speaker says, in Markdown.
        cells: ids of the cells that it was cut from.
        seconds: what the plan of a session gives it; 0 outside of one.
    """

    below: bool = False
    parts: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    seconds: int = 0

    @property
    def heading(self) -> str:
        """The first heading, or the first words, as plain text."""
        texts = "\n".join(part.content for part in self.parts if part.kind == "text")
        first = re.search(r"^#{1,6}\s+(.+)", texts, re.M) or re.search(r"^\s*(\S.*)", texts, re.M)
        return re.sub(r"[*`$]|^[-+] ", "", first[1]).strip() if first else ""


@dataclass(frozen=True)
class Deck:
    """The slides of a notebook, a theme or a session.

    Attributes:
        name: of the file, without ``.html``.
        title: of the page.
        slides: in order.
        sources: the files that the outputs come from.
        folder: pictures in texts are found from here.
    """

    name: str
    title: str
    slides: list[Slide]
    sources: tuple[Path, ...]
    folder: Path


def cut(notebook: Any, claims: Mapping[str, str] | None = None) -> list[Slide]:
    """The slides of an executed notebook, in order.

    A slide without a heading gets that of the section which it was cut from.

    Args:
        notebook: of nbformat 4.
        claims: claim -> its result in words, for ``{{claim ...}}``.

    Raises:
        BadValue: slide metadata that makes no sense; names the cell.

    Example:
        >>> from nbformat.v4 import new_markdown_cell, new_notebook
        >>> kinds = [{"slideshow": {"slide_type": kind}} for kind in ("slide", "subslide")]
        >>> cells = [new_markdown_cell("# A title", metadata=kind) for kind in kinds]
        >>> len(cut(new_notebook(cells=cells)))
        2
    """
    slides: list[Slide] = []
    sections: list[tuple[str, Any]] = []  # of each slide: the section, and its first cell
    section = ""
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "markdown" and (heads := _HEADING.findall(cell.source)):
            section = heads[-1]
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "skip")
        name = f"Cell {number} ({cell.get('id', 'no id')})"
        if kind not in TYPES:
            raise BadValue(f"{name}: {kind!r} is no slide type.", f"Use one of: {', '.join(TYPES)}")
        if kind == "skip":
            if cell.metadata.get("tl", {}).get("slide"):
                raise BadValue(
                    f"{name} has a text for a slide, but no slide type.",
                    'Give it one: "slideshow": {"slide_type": "slide"}',
                )
            continue
        if kind in ("fragment", "-", "notes") and not slides:
            raise BadValue(f"{name} is a {kind!r}, but no slide came before it.", "Use 'slide'.")
        if kind == "notes":
            pages = [Slide(notes=[cell.source])]
        else:
            pages = list(_pages(cell, name, claims or {}))
        if kind == "fragment":
            pages[0].parts = [replace(part, fragment=True) for part in pages[0].parts]
        for place, page in enumerate(pages):
            page.cells = [cell.get("id", "")]
            if place or kind in ("slide", "subslide"):
                page.below = bool(slides) and (place > 0 or kind == "subslide")
                slides.append(page)
                sections.append((section, cell))
            else:  # it goes on the slide before
                slides[-1].parts += page.parts
                slides[-1].notes += page.notes
                slides[-1].cells += page.cells
    for slide, (section, cell) in zip(slides, sections, strict=True):
        if section and slide.parts and not any(_headed(part) for part in slide.parts):
            slide.parts.insert(0, Part("text", f"## {section}", cell))
    return slides


def _headed(part: Part) -> bool:
    return part.kind == "text" and bool(re.search(r"^#{1,6}\s+\S", part.content, re.M))


def outputs(cell: Any) -> list[Any]:
    """The outputs of a cell that there is something to see of.

    Example:
        >>> from nbformat.v4 import new_code_cell
        >>> outputs(new_code_cell("1"))
        []
    """
    return [
        output
        for output in cell.get("outputs", [])
        if (output.output_type == "stream" and output.get("name") != "stderr")
        or output.output_type in ("display_data", "execute_result")
    ]


def _pages(cell: Any, name: str, claims: Mapping[str, str]) -> Iterator[Slide]:
    """The slides of one cell."""
    text = cell.metadata.get("tl", {}).get("slide")
    if text is None:
        yield Slide(parts=_by_default(cell))
        return
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        text = "\n".join(text)
    if not isinstance(text, str):
        raise BadValue(f"{name}: tl.slide is no text.", "Write one text, or a list of lines.")
    said = _with_claims(text, name, claims)
    pages = [_page(page, cell, name) for page in re.split(r"(?m)^---\s*$", said)]
    placed = any(part.kind != "text" for page in pages for part in page.parts)
    # A slide that says the claims in words does not show their cards.
    if cell.cell_type == "code" and not placed and said == text:
        pages[-1].parts += _by_default(cell)
    yield from pages


def _with_claims(text: str, name: str, claims: Mapping[str, str]) -> str:
    """The text with claims in words; every other placeholder is one that stands by itself."""

    def say(match: re.Match[str]) -> str:
        claim = _CLAIM.fullmatch(match[0])
        if claim and claim[1] in claims:
            return claims[claim[1]]
        before = match.string[: match.start()].rpartition("\n")[2]
        after = match.string[match.end() :].partition("\n")[0]
        alone = _PLACED.fullmatch(match[0]) and not (before + after).strip()
        if alone or match[0].startswith("`"):
            return match[0]
        raise BadValue(
            f"{name}: {match[0]} stands for nothing.",
            "Known are {{code}}, {{code 3-9}}, {{output}}, {{output 2}} on a line of their own, "
            "and {{claim ID}} with a claim that this notebook records.",
        )

    return _CODE_OR_PLACEHOLDER.sub(say, text)


def _page(text: str, cell: Any, name: str) -> Slide:
    """One slide from its text: what is shown, and after ``Note:`` what the speaker says."""
    shown, _, notes = f"\n{text}".partition("\nNote:")
    page = Slide(notes=[notes.strip()] if notes.strip() else [])
    for step, piece in enumerate(re.split(r"(?m)^\. \. \.\s*$", shown)):
        lines = piece.splitlines()
        for placed, group in groupby(lines, lambda line: bool(_PLACED.fullmatch(line.strip()))):
            block = list(group)
            if placed:
                parts = [part for line in block for part in _parts_for(line.strip(), cell, name)]
            else:
                words = "\n".join(block).strip("\n")
                parts = [Part("text", words, cell)] if words.strip() else []
            page.parts += [replace(part, fragment=step > 0) for part in parts]
    return page


def _parts_for(line: str, cell: Any, name: str) -> list[Part]:
    """The code or the outputs that ``{{code 3-9}}`` or ``{{output 2}}`` stand for."""
    placeholder = _PLACED.fullmatch(line)
    assert placeholder is not None
    what, first, last = placeholder.groups()
    if cell.cell_type != "code":
        raise BadValue(f"{name}: {line} in a text cell.", "Only code cells have it.")
    if what == "code":
        lines = cell.source.splitlines()
        start, end = (int(first), int(last or first)) if first else (1, len(lines))
        if not 1 <= start <= end <= len(lines):
            raise BadValue(
                f"{name}: {line}, but the cell has {len(lines)} lines.", "Lines count from 1."
            )
        return [Part("code", "\n".join(lines[start - 1 : end]), cell)]
    shown = outputs(cell)
    if not shown or (first and not 1 <= int(first) <= len(shown)):
        raise BadValue(
            f"{name}: {line}, but the cell showed {len(shown)} outputs.",
            "Run the notebook, or take another number.",
        )
    chosen = [shown[int(first) - 1]] if first else shown
    return [Part("output", output, cell) for output in chosen]


def _by_default(cell: Any) -> list[Part]:
    if cell.cell_type != "code":
        return [Part("text", cell.source, cell)]
    shown = outputs(cell)
    if not shown or "exercise" in cell.metadata.get("tags", []):
        return [Part("code", cell.source, cell)]
    return [Part("output", output, cell) for output in shown]
