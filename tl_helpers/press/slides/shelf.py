"""Decks on the shelf: which notebooks they are cut from, and where they are written."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import Any

from tl_helpers.core import files, lessons
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError, UnknownName
from tl_helpers.measure import cards, claims
from tl_helpers.press import notebooks, report
from tl_helpers.press.slides import draw
from tl_helpers.press.slides.cut import Part, Slide, cut


@dataclass(frozen=True)
class Built:
    """A deck that was written.

    Attributes:
        name: of the notebook, or of the theme.
        path: the file.
        title: what stands on its first slide.
        slides: how many there are.
        source: the files that it was cut from.
    """

    name: str
    path: Path
    title: str
    slides: int
    source: tuple[Path, ...]


def theme_slug(theme: str) -> str:
    """The file name of a theme: ``Target tasks`` is ``target-tasks``."""
    return re.sub(r"[^a-z0-9]+", "-", theme.lower()).strip("-")


def themes() -> dict[str, tuple[str, list[str]]]:
    """Slug of a theme -> its name and its notebooks on the map, in order."""
    found: dict[str, tuple[str, list[str]]] = {}
    for row in lessons.rows():
        found.setdefault(theme_slug(row.theme), (row.theme, []))[1].append(row.notebook)
    return found


def executed(path: Path, output: Path | None = None) -> tuple[Any, Path]:
    """A notebook with outputs, and the file that they come from.

    The outputs are those of the last run (``build/notebooks/``) if it was a run of the cells that
    stand here, at the course's own parameters; else those stored in the notebook itself. Slide
    metadata are always those of the notebook itself.

    Args:
        path: the notebook.
        output: the folder of the run; ``build/`` by default.

    Raises:
        CourseError: there are no outputs anywhere, or a cell failed.
    """
    here = notebooks.read(path)
    run = (output or files.root() / "build") / "notebooks" / path.name
    if run.is_file():
        try:
            there = notebooks.read(run)
        except BrokenFile:
            there = None  # the stored outputs do as well
        if there is not None and notebooks.source_hash(there) == notebooks.source_hash(here):
            merged = copy.deepcopy(here)
            for cell, ran in zip(merged.cells, there.cells, strict=True):
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
            return merged, run
    code = [cell for cell in here.cells if cell.cell_type == "code" and cell.source.strip()]
    if code and not any(cell.execution_count for cell in code):
        raise CourseError(
            f"{path.name} was never run, so there is nothing to show on slides.",
            f"Run it: tl run {path.stem}",
        )
    if any(o.output_type == "error" for cell in code for o in cell.outputs):
        raise CourseError(f"A cell of {path.name} failed.", f"Run it: tl run {path.stem}")
    return here, path


def deck(path: Path, output: Path | None = None) -> tuple[list[Slide], Path]:
    """The slides of one notebook, and the file that its outputs come from.

    Raises:
        CourseError: the notebook was never run, or a cell of it failed.
        BadValue: slide metadata that makes no sense.
    """
    notebook, source = executed(path, output)
    said = {claim.id: cards.result(claim) for claim in claims.collect([source])}
    try:
        return cut(notebook, said), source
    except BadValue as error:
        raise BadValue(f"{path.stem}: {error.what}", error.do) from None


def build(names: Sequence[str | os.PathLike[str]] = (), output: Path | None = None) -> list[Built]:
    """Write decks to ``build/slides/``; each is whole in one file.

    Args:
        names: notebooks by name or path, or themes; without any, every notebook that has slides,
            every theme, and a page that lists them. A theme whose session has no time for all of
            its slides gets a shorter deck beside it, ``THEME-session.html``.
        output: the folder of runs, ``build/`` by default; decks go to ``slides/`` in it.

    Returns:
        What was written.

    Raises:
        UnknownName: neither a notebook nor a theme.
        CourseError: a named notebook has no slides or was never run; reveal.js is missing.
    """
    draw.reveal()  # before anything is read: the most likely thing to be missing
    base = Path(output) if output is not None else files.root() / "build"
    wanted, chosen = _wanted(names)
    texts: dict[Path, str] = {}
    cuts: dict[Path, tuple[list[Slide], Path]] = {}
    for path in dict.fromkeys([*wanted, *(p for group in chosen.values() for p in group)]):
        cuts[path] = deck(path, base)
    made = []
    for path in wanted:
        slides, source = cuts[path]
        if slides:
            title = report.title(notebooks.read(path), path.stem)
            made.append(_drawn(base, path.stem, title, slides, (source,), path.parent, texts))
        elif names:
            raise CourseError(
                f"{path.stem} has no slides: none of its cells has a slide type.",
                'Mark cells with "slideshow": {"slide_type": "slide"}; '
                "help(tl_helpers.press.slides) says what else there is.",
            )
    for slug, group in chosen.items():
        parts = [cuts[path] for path in group if cuts[path][0]]
        if not parts:
            if names:
                raise CourseError(f"No notebook of the theme {slug} has slides.", "")
            continue
        theme = themes()[slug][0]
        front = [] if len(parts) == 1 else [_front(theme, [p for p in group if cuts[p][0]])]
        slides = [*front, *(slide for some, _ in parts for slide in some)]
        sources = tuple(source for _, source in parts)
        title, folder = f"Theme: {theme}", group[0].parent
        made.append(_drawn(base, slug, title, slides, sources, folder, texts))
        if short := _of_session(slug, slides):
            name, title = f"{slug}-session", f"Session: {theme}"
            made.append(_drawn(base, name, title, short, sources, folder, texts))
    if not made:
        raise CourseError(
            "No notebook has slides.", "help(tl_helpers.press.slides) says how to add them."
        )
    for path, text in texts.items():  # only now: one bad cell anywhere, and nothing is written
        files.write_text(path, text)
    # Of the decks that are there now, whoever wrote them: the corner of each deck leads here.
    files.write_text(base / "slides" / "index.html", _index(base, made))
    return made


def _wanted(
    names: Sequence[str | os.PathLike[str]],
) -> tuple[list[Path], dict[str, list[Path]]]:
    """Notebooks, and notebooks of each theme, that these names ask for."""
    every = {path.stem: path for path in notebooks.find()}
    there = {slug: [every[n] for n in group if n in every] for slug, (_, group) in themes().items()}
    if not names:
        return list(every.values()), {slug: group for slug, group in there.items() if group}
    paths: list[str | os.PathLike[str]] = []
    chosen: dict[str, list[Path]] = {}
    for name in names:
        slug = theme_slug(str(name))
        if str(name) in every or slug not in there:
            paths.append(name)
        elif there[slug]:
            chosen[slug] = there[slug]
        else:
            raise CourseError(f"The theme {slug} has no notebooks yet.", "Take another theme.")
    try:
        return (notebooks.find(paths) if paths else []), chosen
    except UnknownName:
        unknown = next(n for n in paths if not Path(n).is_file() and Path(n).stem not in every)
        raise UnknownName("notebook or theme", str(unknown), [*every, *there]) from None


def _of_session(slug: str, slides: Sequence[Slide]) -> list[Slide]:
    """The deck of the theme's session, if somebody planned one that leaves slides out."""
    from tl_helpers.press import kits, session_plan

    kit = next((kits.read(path) for path in kits.find() if path.stem == slug), None)
    return session_plan.deck(kit, slides) if kit else []


def _front(theme: str, paths: Sequence[Path]) -> Slide:
    asked = {row.notebook: row.question for row in lessons.rows()}
    lines = [f"# {theme}", "", *(f"- {asked[path.stem]}" for path in paths)]
    return Slide(parts=[Part("text", "\n".join(lines), {})])


def _drawn(
    base: Path,
    name: str,
    title: str,
    slides: Sequence[Slide],
    sources: tuple[Path, ...],
    folder: Path,
    texts: dict[Path, str],
) -> Built:
    path = base / "slides" / f"{name}.html"
    texts[path] = draw.page(title, slides, back="index.html", folder=folder)
    return Built(name, path, title, len(slides), sources)


def _index(base: Path, made: Sequence[Built]) -> str:
    now = {deck.path.name: deck for deck in made}
    rows = []
    for path in sorted((base / "slides").glob("*.html")):
        if path.name == "index.html":
            continue
        text = path.read_text("utf-8")
        title = now[path.name].title if path.name in now else _title(text, path.stem)
        count = text.count('<section id="s')
        rows.append(
            f'<tr><td><a href="{escape(path.name)}">{escape(title)}</a></td>'
            f'<td class="number">{count}</td>'
            f'<td><a href="{escape(path.name)}?print-pdf">slides</a>, '
            f'<a href="{escape(path.name)}?print-pdf&amp;showNotes=separate-page">'
            "slides and notes</a></td></tr>"
        )
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slides of the course</title><style>{report.STYLE}</style></head>
<body><main>
<h1>Slides</h1>
<div class="scroll"><table>
<thead><tr><th scope="col">Deck</th><th scope="col">Slides</th><th scope="col">To print</th></tr>
</thead>
<tbody>
{chr(10).join(rows)}
</tbody></table></div>
<p>Keys: <kbd>space</kbd> and the arrows go on, <kbd>S</kbd> opens the speaker's view with notes
and clock, <kbd>O</kbd> the overview, <kbd>F</kbd> the full screen, <kbd>?</kbd> says the rest.
A slider or list that was clicked on keeps the arrow keys until <kbd>Esc</kbd>.</p>
</main></body></html>
"""


def _title(text: str, otherwise: str) -> str:
    found = re.search(r"<title>(.*?)</title>", text, re.S)
    return unescape(found[1]) if found else otherwise
