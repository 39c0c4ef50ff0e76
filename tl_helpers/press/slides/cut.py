"""From the cells of a notebook to slides: what stands where, and what the speaker says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tl_helpers.core.errors import BadValue

TYPES = ("slide", "subslide", "fragment", "-", "notes", "skip")
WORDS = 60  # a text cell of more words is shown by its headings and lists

_PLACEHOLDER = re.compile(r"^\s*\{\{\s*(code|output)\s*([0-9]*)(?:-([0-9]+))?\s*\}\}\s*$")
_CLAIM = re.compile(r"\{\{\s*claim\s+([a-z0-9-]+)\s*\}\}")
_LEFT_OVER = re.compile(r"\{\{.*?\}\}")
_HEADING = re.compile(r"^#{1,6}\s+(.*)")
_ITEM = re.compile(r"^\s*([-*+]|\d+\.)\s")


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
    """

    below: bool = False
    parts: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)

    @property
    def heading(self) -> str:
        """The first heading, or the first words, as plain text."""
        lines = [line for p in self.parts if p.kind == "text" for line in p.content.splitlines()]
        headings = [found[1] for line in lines if (found := _HEADING.match(line))]
        first = (headings or [line for line in lines if line.strip()] or [""])[0]
        return re.sub(r"[*`$]|^[-+] ", "", first).strip()


def cut(notebook: Any, claims: Mapping[str, str] | None = None) -> list[Slide]:
    """The slides of an executed notebook, in order.

    Args:
        notebook: of nbformat 4.
        claims: claim -> its result in words, for ``{{claim ...}}``.

    Raises:
        BadValue: slide metadata that makes no sense; names the cell.
    """
    slides: list[Slide] = []
    for number, cell in enumerate(notebook.cells, 1):
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
            slides[-1].notes.append(cell.source)
            slides[-1].cells.append(cell.get("id", ""))
            continue
        for place, (parts, notes) in enumerate(_pieces(cell, name, claims or {})):
            if kind in ("slide", "subslide") or place:
                slides.append(Slide(below=kind != "slide" or place > 0))
            elif kind == "fragment":
                parts = [Part(p.kind, p.content, p.cell, True) for p in parts]
            slides[-1].parts += parts
            slides[-1].notes += [notes] * bool(notes)
            slides[-1].cells.append(cell.get("id", ""))
    if slides:
        slides[0].below = False
    return slides


def outputs(cell: Any) -> list[Any]:
    """The outputs of a cell that there is something to see of."""
    return [
        output
        for output in cell.get("outputs", [])
        if (output.output_type == "stream" and output.get("name") != "stderr")
        or output.output_type in ("display_data", "execute_result")
    ]


def _pieces(cell: Any, name: str, claims: Mapping[str, str]) -> Iterator[tuple[list[Part], str]]:
    """The slides of one cell: parts and notes of each."""
    text = cell.metadata.get("tl", {}).get("slide")
    if text is None:
        yield _by_default(cell), ""
        return
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        text = "\n".join(text)
    if not isinstance(text, str):
        raise BadValue(f"{name}: tl.slide is no text.", "Write one text, or a list of lines.")
    if (shown := _without_code(text)) and (lost := _unknown(shown, claims)):
        raise BadValue(
            f"{name}: {lost} stands for nothing.",
            "Known are {{code}}, {{code 3-9}}, {{output}}, {{output 2}} on a line of their own, "
            "and {{claim ID}} with a claim that this notebook records.",
        )
    spoken = bool(_CLAIM.search(text))  # a slide that says the claims does not show their cards
    text = _CLAIM.sub(lambda found: claims[found[1]], text)
    pages = [_page(page.strip("\n"), cell, name) for page in re.split(r"(?m)^---\s*$", text)]
    placed = any(p.kind != "text" for parts, _ in pages for p in parts)
    if cell.cell_type == "code" and not placed and not spoken:
        pages[-1][0].extend(_by_default(cell))
    yield from pages


def _without_code(text: str) -> str:
    return re.sub(r"(?ms)^```.*?^```|`[^`\n]*`", "", text)


def _unknown(text: str, claims: Mapping[str, str]) -> str:
    """The first placeholder that is none; empty if all are good."""
    for line in text.splitlines():
        if _PLACEHOLDER.match(line):
            continue
        for found in _LEFT_OVER.finditer(line):
            known = _CLAIM.fullmatch(found[0])
            if not known or known[1] not in claims:
                return found[0]
    return ""


def _page(text: str, cell: Any, name: str) -> tuple[list[Part], str]:
    shown, *notes = re.split(r"(?m)^Note:[ \t]*", text, maxsplit=1)
    parts: list[Part] = []
    for step, piece in enumerate(re.split(r"(?m)^\. \. \.\s*$", shown)):
        later = step > 0
        block: list[str] = []
        for line in [*piece.splitlines(), None]:
            found = _PLACEHOLDER.match(line) if line is not None else None
            if line is not None and not found:
                block.append(line)
                continue
            if "".join(block).strip():
                parts.append(Part("text", "\n".join(block).strip("\n"), cell, later))
            block = []
            if found:
                parts += [
                    Part(kind, content, cell, later) for kind, content in _placed(found, cell, name)
                ]
    return parts, notes[0].strip() if notes else ""


def _placed(found: re.Match[str], cell: Any, name: str) -> Iterator[tuple[str, Any]]:
    what, first, last = found[1], found[2], found[3]
    if cell.cell_type != "code":
        raise BadValue(f"{name}: {found[0].strip()} in a text cell.", "Only code cells have it.")
    if what == "code":
        lines = cell.source.splitlines()
        start, end = (int(first), int(last or first)) if first else (1, len(lines))
        if not 1 <= start <= end <= len(lines):
            raise BadValue(
                f"{name}: {found[0].strip()}, but the cell has {len(lines)} lines.",
                "Lines count from 1.",
            )
        yield "code", "\n".join(lines[start - 1 : end])
        return
    every = outputs(cell)
    if not every or (first and not 1 <= int(first) <= len(every)):
        raise BadValue(
            f"{name}: {found[0].strip()}, but the cell showed {len(every)} outputs.",
            "Run the notebook, or take another number.",
        )
    for output in [every[int(first) - 1]] if first else every:
        yield "output", output


def _by_default(cell: Any) -> list[Part]:
    if cell.cell_type != "code":
        return [Part("text", digest(cell.source), cell)]
    shown = outputs(cell)
    if not shown or "exercise" in cell.metadata.get("tags", []):
        return [Part("code", cell.source, cell)]
    return [Part("output", output, cell) for output in shown]


def digest(source: str) -> str:
    """A text for a slide: all of it if it is short, else its headings and lists.

    A long text without a list is represented by its first sentence.
    """
    if len(source.split()) <= WORDS:
        return source
    headings, items, prose, inside = [], [], [], False
    for line in source.splitlines():
        if _HEADING.match(line):
            headings.append(line)
            inside = False
        elif _ITEM.match(line) or (inside and line.startswith((" ", "\t"))):
            items.append(line)
            inside = True
        elif line.strip():
            prose.append(line)
            inside = False
    sentence = re.split(r"(?<=[.!?])\s", " ".join(prose), maxsplit=1)[:1]
    body = items or sentence
    return "\n\n".join(part for part in ("\n".join(headings), "\n".join(body)) if part)
