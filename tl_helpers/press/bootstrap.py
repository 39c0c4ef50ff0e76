"""The first two code cells of every notebook after its parameters: how it gets this package.

The cell tagged ``bootstrap`` finds the package, or installs it. It runs where nothing of the course
is there yet, so it needs the standard library only; it is folded, and the same in every notebook
but for the place to install from and the pieces of the shelf that the notebook uses. The cell
tagged ``start``, three lines in sight, imports the lesson and begins. ``tl bootstrap`` writes both;
``tl badges`` also sets the place.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from typing import Any

from nbformat.v4 import new_code_cell

from tl_helpers.core import lessons, packages
from tl_helpers.core.errors import BadValue
from tl_helpers.press import notebooks

TAG, START = "bootstrap", "start"

#: How Jupyter and Colab fold a cell away.
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}}

# pip is asked for the installed versions of the large libraries: it fails rather than change them.
# Only of these: hosted environments are seldom consistent in every detail, and holding all
# of their packages would leave pip without any solution.
_CELL = """\
# @title Find the course, or install it (an installed torch or transformers stays as it is)
import os
import re
import subprocess
import sys
{suppress}from importlib import metadata, util
from pathlib import Path

for folder in (Path.cwd(), *Path.cwd().parents):  # the course itself, perhaps not installed
    if (folder / "tl_helpers" / "__init__.py").is_file():
        sys.path += [str(folder), str(folder / "notebooks")]

bare = util.find_spec("tl_helpers") is None
if bare:  # Colab, Binder, a bare kernel
    place = os.environ.get("TL_SOURCE", {place})
    name_it = "Name its folder, wheel or repository (git and the repository's address) in a cell "
    name_it += "above, such as: %env TL_SOURCE=git+https://HOST/OWNER/NAME"
    if not place:
        sys.exit(f"This notebook does not know where its course is.\\n-> {{name_it}}")
    oldest = {oldest}
    large = {{n: metadata.version(n) for n in oldest if util.find_spec(n)}}
    old = [n for n in large if [*map(int, re.findall("[0-9]+", large[n])[:3])] < oldest[n][0]]
    if old or sys.hexversion < 0x30B0000:  # Python 3.11
        why = [f"{{n}} {{large[n]}} is too old: {{oldest[n][1]}}." for n in old]
        line = " ".join(f'"{{n}}>={{".".join(map(str, oldest[n][0]))}}"' for n in old)
        do = f"In a cell above, once: %pip install -U {{line}}  (then restart the kernel)"
        if sys.hexversion < 0x30B0000:
            why = [f"Python {{sys.version.split()[0]}} is too old: the course needs 3.11."]
            do = "Choose a kernel with a later Python."
        sys.exit("\\n".join([*why, "Nothing was installed.", f"  -> {{do}}"]))
    print(f"Installing the course from {{place!r}}, once; it takes about a minute.", flush=True)
    as_it_is = [f"{{name}}=={{version}}" for name, version in large.items()]
    pip = [sys.executable, "-m", "pip", "install", place, *as_it_is]
    piped = {{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}}
    with subprocess.Popen(pip, **piped) as installing:
        for pip_says in installing.stdout:  # as it comes, or it would be minutes of silence
            if "already satisfied" not in pip_says:
                print(pip_says, end="", flush=True)
    if installing.returncode != 0:
        sys.exit(f"The course could not be installed from {{place!r}}.\\n-> {{name_it}}")
{shelf}"""
# Where there is no `make` to fill the shelf: what this notebook shows live. Only where the cell
# has installed the course, or in Colab, where the next notebook finds it already; elsewhere the
# network is never touched unasked. Whatever goes wrong, the notebook goes on with stored results.
_SHELF = """\
if bare or any(name.startswith("COLAB_") for name in os.environ):
    with suppress(Exception):
        from tl_helpers.data import shelf

        if absent := shelf.absent([{names}]):
            fetch = [sys.executable, "-m", "tl_helpers", "shelf", "fetch", "--try", *absent]
            with subprocess.Popen(fetch, stdout=subprocess.PIPE, text=True) as fetching:
                for it_says in fetching.stdout:
                    print(it_says, end="", flush=True)
"""
#: The large libraries, and what an older one than ``pyproject.toml`` allows would do.
_WHY_NOT_OLDER = {
    "torch": "the optimiser Muon is not in it",
    "numpy": "pyarrow, which holds the data, does not load with it",
    "transformers": "it takes neither our masks nor networks without weights",
    "datasets": "it does not go together with such a transformers",
}
_PLACE = re.compile(r'^ +place = os\.environ\.get\("TL_SOURCE", ("(?:[^"\\]|\\.)*")\)', re.M)
_LINE = 100  # a longer line is fine here, but the linter has to be told


def source(place: str = "", shelf: Sequence[str] = ()) -> str:
    """The text of the folded cell.

    Args:
        place: what pip installs where the package is missing: a folder, a wheel, an address such
            as ``git+https://...``; empty if there is no such place.
        shelf: the pieces of the shelf that the notebook uses, fetched where they are missing and
            the cell installs the course, or the notebook runs in Colab.

    Raises:
        BadValue: the place cannot stand in a cell.

    Example:
        >>> '"TL_SOURCE", "git+https://a.example/b"' in source("git+https://a.example/b")
        True
    """
    if not place.isprintable() or place != place.strip():
        raise BadValue(
            f"{place!r} cannot be written into a notebook's cell.",
            "Leave out line breaks, and blanks at either end.",
        )
    fetched = _SHELF.format(names=", ".join(map(_quoted, shelf))) if shelf else ""
    suppress = "from contextlib import suppress\n" if shelf else ""
    text = _CELL.format(place=_quoted(place), oldest=_oldest(), shelf=fetched, suppress=suppress)
    lines = text.strip().splitlines()
    return "\n".join(f"{line}  # noqa: E501" if len(line) > _LINE else line for line in lines)


def _oldest() -> str:
    """The oldest versions that do, and why, as the cell has them: a table of one line each."""
    stated = {r.name: r.specifier for r in packages.requirements()}
    rows = []
    for name, why in _WHY_NOT_OLDER.items():
        floor = next(s.version for s in stated[name] if s.operator == ">=")
        number = [int(part) for part in floor.split(".")]
        rows.append(f"        {_quoted(name)}: ({number}, {_quoted(why)}),")
    return "\n".join(["{", *rows, "    }"])


def start(notebook: Any, name: str) -> str:
    """The text of the cell in sight.

    Args:
        notebook: its parameters, besides ``PROFILE`` and ``SEED``, are handed on.
        name: of the notebook. That of a lesson is imported from its folder in ``tl_lessons``.

    Example:
        >>> [path] = notebooks.find(["00_start_here"])
        >>> start(notebooks.read(path), "00_start_here").splitlines()[-1]
        'session = lesson.start(PROFILE, SEED)'
    """
    knobs = [key for key in notebooks.parameters(notebook) if key not in ("PROFILE", "SEED")]
    given = ", ".join(["PROFILE", "SEED", *(f"{knob}={knob}" for knob in knobs)])
    if lesson := lessons.every().get(name):
        begin = f"session = lesson.start({given})"
        lines = [f"from tl_lessons.{lesson.folder} import lesson", "", begin]
    else:
        lines = ["", f"session = tl.start({_quoted(name)}, {given})"]
    return "\n".join(["import tl_helpers as tl", *lines])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _cell(notebook: Any, name: str, tag: str) -> Any:
    tagged = [c for c in notebook.cells if tag in c.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise BadValue(
            f"{name}: {len(tagged)} cells are tagged {tag!r}; there must be exactly one.",
            "Tag the code cell after the parameters 'bootstrap', then: tl bootstrap",
        )
    return tagged[0]


def place_of(notebook: Any, name: str) -> str:
    """The place that a notebook's cell states; empty if it states none.

    Raises:
        BadValue: not exactly one cell is tagged ``bootstrap``.

    Example:
        >>> [path] = notebooks.find(["00_start_here"])
        >>> place_of(apply(notebooks.read(path), "00_start_here", "/a/folder"), "00_start_here")
        '/a/folder'
    """
    stated = _PLACE.search(_cell(notebook, name, TAG).source)
    return str(json.loads(stated[1])) if stated else ""


def problems(notebook: Any, name: str) -> list[str]:
    """What is wrong with a notebook's two cells; an empty list if they say what they must.

    Raises:
        BadValue: not exactly one cell is tagged ``bootstrap``.

    Example:
        >>> [path] = notebooks.find(["00_start_here"])
        >>> problems(apply(notebooks.read(path), "00_start_here"), "00_start_here")
        []
    """
    if apply(notebook, name) == notebook:
        return []
    return [f"{name}: its bootstrap cells are not those of the course; run: tl bootstrap {name}"]


def apply(notebook: Any, name: str, place: str | None = None) -> Any:
    """A copy of the notebook whose two cells say what they must; whatever they said before is gone.

    The stored outputs stay valid if nothing but the place changes.

    Args:
        notebook: an nbformat notebook, which is left as it is.
        name: its name, without ``.ipynb``.
        place: see :func:`source`; None keeps the present one.

    Raises:
        BadValue: not exactly one cell is tagged ``bootstrap``, or several ``start``.

    Example:
        >>> [path] = notebooks.find(["00_start_here"])
        >>> apply(notebooks.read(path), "00_start_here", "").cells[3].metadata.tags
        ['start']
    """
    changed = copy.deepcopy(notebook)
    cell = _cell(changed, name, TAG)
    if not any(START in c.metadata.get("tags", []) for c in changed.cells):
        identity = {"id": f"{cell.id[:50]}-start"} if "id" in cell else {}
        begin = new_code_cell(metadata={"tags": [START]}, **identity)
        changed.cells.insert(changed.cells.index(cell) + 1, begin)
    before = _anywhere(cell.source)
    lesson = lessons.every().get(name)
    pieces = lesson.shelf if lesson else []
    cell.source = source(place_of(notebook, name) if place is None else place, pieces)
    cell.metadata.update(FOLDED)
    same = before == _anywhere(cell.source)
    begin = _cell(changed, name, START)
    same = same and begin.source == start(changed, name)
    begin.source = start(changed, name)
    if same:
        keep_stamp(notebook, changed)
    return changed


def keep_stamp(before: Any, after: Any) -> None:
    """If the stored outputs of ``before`` are valid, let them be so in ``after``.

    For changes that no output depends on: the place to install from, the row of links.

    Example:
        >>> keep_stamp(before, after)  # doctest: +SKIP
    """
    recorded = before.metadata.get("tl", {}).get("source_sha256")
    if recorded and recorded == notebooks.source_hash(before):
        after.metadata["tl"]["source_sha256"] = notebooks.source_hash(after)


def _anywhere(text: str) -> str:
    """The cell without its place, for comparison."""
    lines = _PLACE.sub("    place = ...", text).splitlines()
    return "\n".join(line.removesuffix("  # noqa: E501") for line in lines)
