"""The first code cell of every notebook: it finds this package, or installs it.

The cell runs where nothing of the course is there yet, so it needs the standard library only, and
it is the same in every notebook but for its lesson, its knobs and the place to install from.
``tl bootstrap`` writes it; ``tl badges`` also sets the place.
"""

from __future__ import annotations

import ast
import copy
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from tl_helpers.core import lessons
from tl_helpers.core.errors import BadValue
from tl_helpers.press import notebooks

TAG = "bootstrap"

# pip is told the installed versions of the large libraries, so that it fails rather than change
# them. Only of these: hosted environments are seldom consistent in every detail, and holding all
# of their packages would leave pip without any solution.
_CELL = """\
# Finds the course's package, or installs it; an installed torch or transformers stays as it is.
import os
import sys
from importlib import metadata, util
from pathlib import Path
from subprocess import PIPE, STDOUT, run

sys.path += [str(folder) for p in Path.cwd().parents for folder in (p, p / "notebooks")
             if (p / "tl_helpers" / "__init__.py").is_file()]
if util.find_spec("tl_helpers") is None:  # Colab, Binder, a bare kernel
    place = os.environ.get("TL_SOURCE", {place})
    place or sys.exit("Where is the course? Say above: %env TL_SOURCE=folder, wheel or git+https://")
    print(f"Installing tl_helpers from {{place!r}}, once; it takes about a minute.", flush=True)
    keep = [n for n in ("torch", "numpy", "transformers", "datasets") if util.find_spec(n)]
    versions = "\\n".join(f"{{name}}=={{metadata.version(name)}}" for name in keep)
    pip = [sys.executable, "-m", "pip", "install", "-c", "/dev/stdin", place]
    done = run(pip, input=versions, text=True, stdout=PIPE, stderr=STDOUT)
    done.returncode and sys.exit(f"{{done.stdout[-3000:]}}\\nElsewhere? Say %env TL_SOURCE=...")
import tl_helpers as tl
{start}
"""
_LESSON = """\
from tl_lessons.{folder} import lesson

session = lesson.start(PROFILE, SEED{knobs})"""
_OWN = """
session = tl.start({name}, PROFILE, SEED{knobs})"""
_PLACE = re.compile(r'^ +place = os\.environ\.get\("TL_SOURCE", ("(?:[^"\\]|\\.)*")\)', re.M)
_OURS = ("tl_helpers", "tl_lessons", "tl.start(", "lesson.start(")
_LINE = 100  # a longer line is fine here, but the linter has to be told


def source(name: str, knobs: Sequence[str] = (), place: str = "") -> str:
    """The text of the cell.

    Args:
        name: the notebook's name, without ``.ipynb``. That of a lesson is imported from its folder;
            any other is handed to ``tl.start``.
        knobs: its own parameters, besides ``PROFILE`` and ``SEED``.
        place: what pip installs where the package is missing: a folder, a wheel, an address such
            as ``git+https://...``; empty if there is no such place.

    Raises:
        BadValue: the name or the place cannot stand in a cell.
    """
    for value in (name, place):
        if any(not c.isprintable() for c in value) or value != value.strip():
            raise BadValue(
                f"{value!r} cannot be written into a notebook's cell.",
                "Leave out line breaks, and blanks at either end.",
            )
    extra = "".join(f", {knob}={knob}" for knob in knobs)
    lesson = lessons.every().get(name)
    start = (
        _LESSON.format(folder=lesson.folder, knobs=extra)
        if lesson
        else _OWN.format(name=_quoted(name), knobs=extra)
    )
    text = _CELL.format(place=_quoted(place), start=start)
    lines = text.strip().splitlines()
    return "\n".join(f"{line}  # noqa: E501" if len(line) > _LINE else line for line in lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def cell_of(notebook: Any, name: str) -> Any:
    """The cell tagged ``bootstrap``.

    Raises:
        BadValue: there is none, or more than one.
    """
    tagged = [c for c in notebook.cells if TAG in c.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise BadValue(
            f"{name}: {len(tagged)} cells are tagged {TAG!r}; there must be exactly one.",
            "Tag the code cell after the parameters; its text is written by: tl bootstrap",
        )
    return tagged[0]


def place_of(notebook: Any, name: str) -> str:
    """The place that a notebook's cell states; empty if it states none.

    Raises:
        BadValue: not exactly one cell is tagged ``bootstrap``.
    """
    found = _PLACE.search(cell_of(notebook, name).source)
    return str(json.loads(found[1])) if found else ""


def expected(notebook: Any, name: str, place: str | None = None) -> str:
    """What the cell must say in this notebook; with its present place, unless given."""
    knobs = [key for key in notebooks.parameters(notebook) if key not in ("PROFILE", "SEED")]
    return source(name, knobs, place_of(notebook, name) if place is None else place)


def problems(notebook: Any, name: str) -> list[str]:
    """What is wrong with a notebook's cell; an empty list if it says what it must.

    Raises:
        BadValue: not exactly one cell is tagged ``bootstrap``.
    """
    if cell_of(notebook, name).source == expected(notebook, name):
        return []
    return [f"{name}: its bootstrap cell is not the one of the course; run: tl bootstrap {name}"]


def apply(notebook: Any, name: str, place: str | None = None) -> Any:
    """A copy of the notebook whose cell says what it must.

    Imports of the author's own that stood in the cell move to a new cell after it. The stored
    outputs stay valid if nothing but the place changes.

    Args:
        notebook: an nbformat notebook, which is left as it is.
        name: its name, without ``.ipynb``.
        place: see :func:`source`; None keeps the present one.

    Raises:
        BadValue: not exactly one cell is tagged ``bootstrap``, or it holds code of the author's
            own that is no import.
    """
    changed = copy.deepcopy(notebook)
    cell = cell_of(changed, name)
    before, after = cell.source, expected(changed, name, place)
    own = [] if _anywhere(before) == _anywhere(after) else list(_own_imports(before, after, name))
    cell.source = after
    if own:
        from nbformat.v4 import new_code_cell

        index = changed.cells.index(cell) + 1
        identity = {"id": f"{cell.id[:50]}-imports"} if "id" in cell else {}
        changed.cells.insert(index, new_code_cell("\n".join(own), **identity))
    if _anywhere(before) == _anywhere(after):
        keep_stamp(notebook, changed)
    return changed


def keep_stamp(before: Any, after: Any) -> None:
    """If the stored outputs of ``before`` are valid, let them be so in ``after``.

    For changes that no output depends on: the place to install from, the row of links.
    """
    recorded = before.metadata.get("tl", {}).get("source_sha256")
    if recorded and recorded == notebooks.source_hash(before):
        after.metadata["tl"] = {
            **after.metadata["tl"],
            "source_sha256": notebooks.source_hash(after),
        }


def _anywhere(text: str) -> str:
    """The cell without its place, for comparison."""
    lines = _PLACE.sub("    place = ...", text).splitlines()
    return "\n".join(line.removesuffix("  # noqa: E501") for line in lines)


def _own_imports(before: str, after: str, name: str) -> Iterator[str]:
    """The author's own imports in an earlier form of the cell."""
    try:
        statements = ast.parse(before).body
    except SyntaxError as error:
        raise BadValue(
            f"{name}: its bootstrap cell is not Python: {error.msg} (line {error.lineno}).",
            "Empty the cell; tl bootstrap writes its text.",
        ) from error
    known = {ast.unparse(s) for s in ast.parse(after).body}
    for statement in statements:
        text = ast.get_source_segment(before, statement) or ""
        if ast.unparse(statement) in known or any(word in text for word in _OURS):
            continue
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            raise BadValue(
                f"{name}: its bootstrap cell has code of its own: {text.splitlines()[0]}",
                "Move it to the cell after; the bootstrap cell is the same in every notebook.",
            )
        separate = statement.lineno > 1 and not before.splitlines()[statement.lineno - 2].strip()
        yield f"\n{text}" if separate else text
