"""Decks: which notebooks they are cut from, and where they are written."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from tl_helpers.core import files, lessons
from tl_helpers.core.errors import BadValue, CourseError, UnknownName
from tl_helpers.measure import cards, claims
from tl_helpers.press import notebooks
from tl_helpers.press.slides import draw
from tl_helpers.press.slides.cut import Deck, Part, Slide, cut


def deck(path: Path, output: Path | None = None) -> Deck:
    """The slides of one notebook.

    Args:
        path: the notebook.
        output: the folder of the last run; ``build/`` by default.

    Raises:
        CourseError: the notebook was never run, or a cell of it failed.
        BadValue: slide metadata that makes no sense.

    Example:
        >>> len(deck(Path("notebooks/00_start_here.ipynb")).slides) > 20  # doctest: +SKIP
        True
    """
    notebook, source, _ = notebooks.current(path, output)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    if code and not any(cell.execution_count for cell in code):
        raise CourseError(
            f"{path.name} was never run, so there is nothing to show on slides.",
            f"Run it: tl run {path.stem}",
        )
    if any(shown.output_type == "error" for cell in code for shown in cell.outputs):
        raise CourseError(f"A cell of {path.name} failed.", f"Run it: tl run {path.stem}")
    said = {claim.id: cards.result(claim) for claim in claims.of_notebook(notebook, path)}
    try:
        slides = cut(notebook, said)
    except BadValue as error:
        raise BadValue(f"{path.stem}: {error.what}", error.do) from None
    title = notebooks.title(notebook, path.stem)
    return Deck(path.stem, title, slides, (source,), path.parent)


def choose(names: Sequence[str | os.PathLike[str]] = (), output: Path | None = None) -> list[Deck]:
    """The decks of notebooks and themes, not written yet.

    Args:
        names: notebooks by name or path, or themes; without any, every notebook that has slides
            and every theme.
        output: the folder of runs, ``build/`` by default.

    Raises:
        UnknownName: neither a notebook nor a theme.
        CourseError: a named notebook or theme has no slides or was never run.

    Example:
        >>> len(choose(["00_start_here"]))  # doctest: +SKIP
        1
    """
    paths, themes = _wanted(names)
    every = [*paths, *(path for group in themes.values() for path in group)]
    decks = {path: deck(path, output) for path in dict.fromkeys(every)}
    empty = [path.stem for path in paths if not decks[path].slides]
    empty += [theme for theme, group in themes.items() if not any(decks[p].slides for p in group)]
    if empty and names:
        raise CourseError(f"{empty[0]} has no slides: none of its cells has a slide type.", _HOW)
    of_themes = [_of_theme(theme, [decks[p] for p in group]) for theme, group in themes.items()]
    chosen = [one for one in [*(decks[path] for path in paths), *of_themes] if one.slides]
    if not chosen:
        raise CourseError("No notebook has slides.", _HOW)
    return chosen


_HOW = (
    'Mark cells with "slideshow": {"slide_type": "slide"}; '
    "help(tl_helpers.press.slides) says what else there is."
)


def _wanted(names: Sequence[str | os.PathLike[str]]) -> tuple[list[Path], dict[str, list[Path]]]:
    """Notebooks, and the notebooks of each theme, that these names ask for."""
    there = {path.stem: path for path in notebooks.find()}
    groups = {
        theme: [there[row.notebook] for row in rows if row.notebook in there]
        for theme, rows in lessons.themes().items()
    }
    if not names:
        return list(there.values()), {theme: group for theme, group in groups.items() if group}
    slugs = {lessons.slug(theme): theme for theme in groups}
    paths: list[Path] = []
    chosen: dict[str, list[Path]] = {}
    for name in names:
        theme = slugs.get(lessons.slug(str(name)))
        if str(name) in there or theme is None:
            try:
                paths += notebooks.find([name])
            except UnknownName:
                raise UnknownName("notebook or theme", str(name), [*there, *slugs]) from None
        elif groups[theme]:
            chosen[theme] = groups[theme]
        else:
            raise CourseError(f"The theme {theme} has no notebooks yet.", "Take another theme.")
    return list(dict.fromkeys(paths)), chosen


def _of_theme(theme: str, parts: Sequence[Deck]) -> Deck:
    """One deck of all notebooks of a theme; where they are several, their questions come first."""
    shown = [part for part in parts if part.slides]
    slides = [slide for part in shown for slide in part.slides]
    if len(shown) > 1:
        asked = {row.notebook: row.question for row in lessons.rows()}
        lines = [f"# {theme}", "", *(f"- {asked[part.name]}" for part in shown)]
        slides.insert(0, Slide(parts=[Part("text", "\n".join(lines), {})]))
    sources = tuple(source for part in shown for source in part.sources)
    return Deck(lessons.slug(theme), f"Theme: {theme}", slides, sources, parts[0].folder)


def write(decks: Sequence[Deck], output: Path | None = None) -> list[Path]:
    """Write decks to ``build/slides/``, each whole in one file, and a page that lists all there.

    Args:
        decks: from :func:`choose`.
        output: the folder of runs, ``build/`` by default; decks go to ``slides/`` in it.

    Returns:
        The files. Where one deck cannot be drawn, none is written.

    Raises:
        CourseError: reveal.js is missing, or a picture.
        BadValue: a slide would fetch something from the network.

    Example:
        >>> write(choose(["00_start_here"]))[0].suffix  # doctest: +SKIP
        '.html'
    """
    folder = (output or files.root() / "build") / "slides"
    pages = {folder / f"{one.name}.html": draw.page(one) for one in decks}
    for path, page in pages.items():
        files.write_text(path, page)
    # Of the decks that are there now, whoever wrote them: the corner of each deck leads here.
    listed = [path for path in sorted(folder.glob("*.html")) if path.name != "index.html"]
    files.write_text(folder / "index.html", draw.index([_entry(path) for path in listed]))
    return list(pages)


def _entry(path: Path) -> tuple[str, str, int]:
    """File, title and number of slides of a deck that was written."""
    page = path.read_text("utf-8")
    title = re.search(r"<title>(.*?)</title>", page, re.S)
    return path.name, title[1] if title else path.stem, page.count('<section id="s')
