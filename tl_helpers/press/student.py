"""Copies to work in: the notebooks without outputs and without solutions.

``tl student`` writes them for a class, ``tl lab`` for whoever works alone. A copy carries the hash
of what was written (``metadata.tl.copy_sha256``). It is replaced only if it still has that hash.
Whatever a learner has touched stays, and where the course has changed since, the new copy goes
beside it.
"""

from __future__ import annotations

import copy
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.preprocessors import ClearOutputPreprocessor, Preprocessor, TagRemovePreprocessor

from tl_helpers.core import files, lessons
from tl_helpers.core.errors import BadValue
from tl_helpers.press import notebooks

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
"""Lines around a solution in a code cell (the markers that nbgrader uses too)."""

# What editors and kernels rewrite without the learner's doing.
_EDITORS = ("kernelspec", "language_info")


@dataclass(frozen=True)
class Copy:
    """What became of one copy.

    Attributes:
        source: the notebook of the course.
        path: the copy.
        status: ``"written"``, ``"unchanged"`` (it was there already), ``"kept"`` (somebody has
            worked in it, and the course has not changed since) or ``"beside"`` (a file that
            somebody has worked in has its name, and was left alone).
    """

    source: Path
    path: Path
    status: str


class Regions(Preprocessor):
    """Puts ``...`` for the lines of a code cell between ``BEGIN`` and ``END``.

    Raises:
        BadValue: a solution begins and does not end, or the other way round.
    """

    def preprocess_cell(self, cell: Any, resources: dict[str, Any], index: int) -> tuple[Any, Any]:
        lines, inside = [], False
        for line in cell.source.splitlines() if cell.cell_type == "code" else ():
            mark = line.strip()
            if mark in (BEGIN, END):
                if inside == (mark == BEGIN):
                    raise self._unpaired(mark, index, resources)
                inside = mark == BEGIN
                if inside:
                    lines.append(line.partition("#")[0] + "...")
            elif not inside:
                lines.append(line)
        if inside:
            raise self._unpaired(BEGIN, index, resources)
        if cell.cell_type == "code":
            cell.source = "\n".join(lines)
        return cell, resources

    def _unpaired(self, mark: str, index: int, resources: dict[str, Any]) -> BadValue:
        return BadValue(
            f"{resources['name']}: cell {index + 1}: {mark!r} without its other half.",
            f"A solution stands between {BEGIN!r} and {END!r}, each on a line of its own.",
        )


def student(notebook: Any, name: str) -> Any:
    """A copy of the notebook for a learner: no outputs, no counts, no solutions; then its hash.

    Left out are cells tagged ``solution`` and the lines between ``### BEGIN SOLUTION`` and
    ``### END SOLUTION``, for which ``...`` is put.

    Args:
        notebook: an nbformat notebook, which is left as it is.
        name: its name, for messages.

    Raises:
        BadValue: a solution begins and does not end, or the other way round.

    Example:
        >>> from tl_helpers.press import notebooks
        >>> [path] = notebooks.find(["00_start_here"])
        >>> student(notebooks.read(path), "00_start_here").metadata.tl.student_copy
        '00_start_here'
    """
    clean, resources = notebooks.tidy(notebook), {"name": name}
    for step in (
        Regions(enabled=True),  # first: its messages count cells as they stand in the source
        TagRemovePreprocessor(enabled=True, remove_cell_tags={"solution"}),
        ClearOutputPreprocessor(enabled=True),
    ):
        clean, _ = step(clean, resources)
    clean.metadata["tl"] = {"student_copy": name}
    clean.metadata["tl"]["copy_sha256"] = content_hash(json.loads(nbformat.writes(clean)))
    return clean


def content_hash(content: dict[str, Any]) -> str:
    """SHA-256 over everything in a notebook file but the hash itself and what editors rewrite.

    Args:
        content: the JSON of the file; it does not matter whether texts are stored line by line.

    Example:
        >>> len(content_hash({"cells": [], "metadata": {}}))
        64
    """
    from nbformat.v4.rwbase import rejoin_lines

    joined = rejoin_lines(nbformat.from_dict(copy.deepcopy(content)))
    for key in _EDITORS:
        joined["metadata"].pop(key, None)
    joined["metadata"].get("tl", {}).pop("copy_sha256", None)
    about = [joined["metadata"], joined["cells"]]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _recorded(path: Path) -> tuple[str | None, bool]:
    """The hash of what was written to a copy, and whether it is still exactly that.

    ``(None, False)`` for every other file.
    """
    try:
        # As it is on disk: reading it as a notebook would mend what somebody's editor left.
        content = json.loads(path.read_text("utf-8"))
        recorded = content["metadata"]["tl"]["copy_sha256"]
        return str(recorded), recorded == content_hash(content)
    except Exception:  # absent, not JSON, not a notebook: whatever it is, it is no copy of ours
        return None, False


def untouched(path: Path) -> bool:
    """Is this file a student copy exactly as it was written?

    Example:
        >>> untouched(Path("student/00_start_here.ipynb"))  # doctest: +SKIP
        True
    """
    return _recorded(path)[1]


def write(
    names: Sequence[str | os.PathLike[str]] = (), output: str | os.PathLike[str] | None = None
) -> list[Copy]:
    """Write student copies; a file that a learner changed is never touched.

    Args:
        names: notebooks by name or path; all of ``notebooks/`` without any.
        output: folder to write to; ``student/`` in the course folder by default.

    Returns:
        What became of each.

    Raises:
        UnknownName: no such notebook. BrokenFile: one is not readable.
        BadValue: the folder is that of the notebooks or in build/, two notebooks have one name,
            or a solution in one is not closed; nothing is written then.
        CourseError: disk full, or no permission; copies are whole or absent.

    Example:
        >>> write(["00_start_here"])[0].status  # doctest: +SKIP
        'written'
    """
    folder = files.place(output, "output") if output is not None else files.root() / "student"
    paths = notebooks.find(names)
    _check(paths, folder)
    made = {path: student(notebooks.read(path), path.stem) for path in paths}
    return [_place(path, notebook, folder) for path, notebook in made.items()]


def open_lab(notebook: str = "00_start_here", output: str | os.PathLike[str] | None = None) -> None:
    """Make copies of all notebooks to work in, and put JupyterLab in the place of this process.

    Args:
        notebook: the one to open.
        output: folder of the copies; ``work/`` in the course folder by default.

    Raises:
        UnknownName, BrokenFile, BadValue, CourseError: see :func:`write`.
        ModuleNotFoundError: JupyterLab is not installed.

    Example:
        >>> open_lab("10_distributional_hypothesis")  # doctest: +SKIP
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise ModuleNotFoundError("JupyterLab is missing.", name="jupyterlab")
    [wanted] = notebooks.find([notebook])
    folder = files.place(output, "output") if output is not None else files.root() / "work"
    paths = notebooks.find()
    elsewhere = [wanted] if wanted.resolve() not in [path.resolve() for path in paths] else []
    for copy_of in write([*paths, *elsewhere], folder):
        mine = folder / copy_of.source.name
        if copy_of.path != mine:
            what = "is now beside yours" if copy_of.status == "beside" else "is beside yours"
            print(f"A new edition of {mine.name} {what}: {copy_of.path.name}")
    for was, now in lessons.moved().items():
        if (folder / f"{was}.ipynb").exists():
            print(f"Your {was} is now {' and '.join(now)}; your copy stays as it is.")
    opened = folder / wanted.name
    print(f"Opening {opened} in JupyterLab. To end it, press Ctrl-C here.", flush=True)
    os.chdir(files.root())
    command = [sys.executable, "-m", "jupyterlab", str(opened)]
    os.execve(command[0], command, {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"})


def _check(paths: Sequence[Path], folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise BadValue(f"--output {folder} is a file.", "Name a folder; it may be a new one.")
    if (files.root() / "build").resolve() in (folder.resolve(), *folder.resolve().parents):
        raise BadValue(
            f"--output {folder} is in build/, which make clean empties: work would be lost there.",
            "Choose another folder, such as student.",
        )
    seen: dict[str, Path] = {}
    for path in paths:
        if path.parent.resolve() == folder.resolve():
            raise BadValue(
                f"--output {folder} would write over the notebooks themselves.",
                "Choose another folder, such as student.",
            )
        if path.name in seen:
            raise BadValue(
                f"{seen[path.name]} and {path} would both be written to {folder / path.name}.",
                "Copy them one at a time, with another --output each.",
            )
        seen[path.name] = path


def _place(path: Path, notebook: Any, folder: Path) -> Copy:
    """Write one copy under the first name that nobody has worked under."""
    wanted = notebook.metadata["tl"]["copy_sha256"]
    for number in count():
        beside = {0: "", 1: ".new"}.get(number, f".new-{number}")
        target = folder / f"{path.stem}{beside}.ipynb"
        recorded, as_written = _recorded(target)
        if recorded == wanted:
            return Copy(path, target, "unchanged" if as_written else "kept")
        if as_written or not os.path.lexists(target):
            notebooks.write(notebook, target)
            return Copy(path, target, "beside" if number else "written")
    raise AssertionError("names do not end")
