"""``tl new``: a folder and a notebook that runs, for whoever writes a further lesson.

What is made stands in ``skeleton/``: the notebook as MyST Markdown, the files of the folder as they
are, with ``${...}`` where a lesson's own words go. Everything in it is meant to be replaced.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from pathlib import Path
from string import Template
from typing import Any

from pydantic import ValidationError

from tl_helpers.core import files, lessons, records
from tl_helpers.core.errors import BadValue, CourseError, UnknownName
from tl_helpers.press import bootstrap, notebooks

SKELETON = Path(__file__).parent / "skeleton"
LABELS = 64  # of the skeleton's claim


def make(notebook: str, theme: str = "", title: str = "", question: str = "") -> list[Path]:
    """Make the folder of a lesson and its notebook, and take the notebook off the plan.

    Args:
        notebook: its name, number first.
        theme: of the course; with title and question it is known where the notebook is planned.
        title: a readable name; made from the notebook's name where it is not planned.
        question: the one that the notebook answers.

    Returns:
        The files that were written: the lesson's, the notebook last.

    Raises:
        BadValue: a bad name, a lesson that is there already, or a question that nobody asked.
        UnknownName: no such theme.
        CourseError: a package is missing, or the disk is full; nothing was made.

    Example:
        >>> make("33_domain_adaptation")[-1].name  # doctest: +SKIP
        '33_domain_adaptation.ipynb'
    """
    if importlib.util.find_spec("myst_nb") is None:
        raise CourseError("tl new needs the package myst_nb.", "pip install 'tl-helpers[course]'")
    row = _row(notebook, theme, title, question)
    plan, folder = lessons.home() / "course.toml", lessons.home() / row.folder
    path = files.root() / "notebooks" / f"{notebook}.ipynb"
    before = plan.read_text("utf-8")
    try:
        files.write_text(plan, _without(before, notebook))
        with files.atomic_folder(folder) as temporary:
            for part in sorted((SKELETON / "lesson").iterdir()):
                text = _filled(part, row)
                (temporary / part.name.removesuffix(".txt")).write_text(text, "utf-8")
        notebooks.write(_notebook(row), path)
        lessons.of(notebook)  # what was made is read as everything else is
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        path.unlink(missing_ok=True)
        if plan.read_text("utf-8") != before:
            files.write_text(plan, before)
        raise
    return [*sorted(folder.iterdir()), path]


def _row(notebook: str, theme: str, title: str, question: str) -> lessons.Row:
    """The lesson's place on the map, checked against what is there."""
    rows = {row.notebook: row for row in lessons.rows()}
    planned = rows.get(notebook)
    path = files.root() / "notebooks" / f"{notebook}.ipynb"
    if (planned and planned.ready) or path.exists():
        raise BadValue(f"The notebook {notebook} is there already.", "Choose another name.")
    themes = [lessons.START, *(theme.name for theme in lessons.plan().theme)]
    if theme and theme not in themes:
        raise UnknownName("theme", theme, themes)
    words = notebook.partition("_")[2].replace("_", " ")
    values = {
        "title": title or (planned.title if planned else words.capitalize()),
        "theme": theme or (planned.theme if planned else ""),
        "question": question or (planned.question if planned else ""),
    }
    try:
        row = lessons.Row(notebook=notebook, **values)
    except ValidationError as error:
        first = error.errors()[0]["loc"][0]
        if first == "notebook":
            do = "A name is two digits and words in small letters: 33_domain_adaptation."
            raise BadValue(f"{notebook!r} is not the name of a notebook.", do) from None
        if planned is None and not values[str(first)]:
            do = f"Say it with --{first}; or take one of: {_planned()}."
            raise BadValue(f"{notebook} is not planned, so its {first} is not known.", do) from None
        raise BadValue(f"{notebook}: {records.reason(error)}.", f"Mend --{first}.") from None
    taken = [r.notebook for r in rows.values() if r.number == row.number and r is not planned]
    if not taken and (lessons.home() / row.folder).exists():
        taken = [r.notebook for r in rows.values() if r.folder == row.folder] or [row.folder]
    if taken:
        do = "Choose another number and another name."
        raise BadValue(f"{notebook} cannot stand beside {taken[0]}.", do)
    return row


def _planned() -> str:
    return ", ".join(row.notebook for row in lessons.plan().planned)


def _without(plan: str, notebook: str) -> str:
    """``course.toml`` without the notebook; all else stays as it is written."""
    tables = re.split(r"(?m)^(?=\[\[)", plan)
    mine = re.compile(rf'(?m)^notebook *= *"{notebook}"')
    kept = [t for t in tables if not (t.startswith("[[planned]]") and mine.search(t))]
    return "".join(kept).rstrip("\n") + "\n"


def _filled(part: Path, row: lessons.Row) -> str:
    return Template(part.read_text("utf-8")).substitute(
        row.model_dump(),
        folder=row.folder,
        labels=LABELS,
        prefix=_prefix(row),
        question_start=row.question[0].lower() + row.question[1:],
        question_toml=json.dumps(row.question, ensure_ascii=False),
        title_toml=json.dumps(row.title, ensure_ascii=False),
    )


def _prefix(row: lessons.Row) -> str:
    """What the ids of its claims, exercises and cells begin with: short, and of no other lesson."""
    word = row.folder.partition("_")[0]
    others = [facts for name, facts in lessons.every().items() if name != row.notebook]
    ids = [promise.id for facts in others for promise in facts.claim]
    return word + row.number if any(id.startswith(f"{word}-") for id in ids) else word


def _notebook(row: lessons.Row) -> Any:
    from myst_nb.core.read import read_myst_markdown_notebook

    notebook = read_myst_markdown_notebook(_filled(SKELETON / "notebook.md", row))
    notebook.metadata["kernelspec"] = dict(notebooks.KERNEL)
    notebook.nbformat_minor = 5
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{_prefix(row)}-{number:02d}"
    return bootstrap.apply(notebook, row.notebook)
