"""Student copies: the notebooks without outputs and without solutions, to work in.

A copy carries the hash of what was written (``metadata.tl.copy_sha256``). A later ``tl clean``
replaces a copy only if it still has that hash. Whatever a learner has touched stays, and the new
copy goes beside it.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, CourseError
from tl_helpers.press import notebooks

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
"""Lines around a solution in a code cell (the markers that nbgrader uses too)."""

CHOICES = {
    "beside": "leave the file as it is, and write the new copy beside it",
    "skip": "leave the file as it is, and write nothing",
    "replace": "put the new copy in its place; the file is kept under another name",
}
"""What can be done about a file that the learner changed."""

# What editors and kernels rewrite without the learner's doing.
_EDITORS = ("kernelspec", "language_info")


@dataclass(frozen=True)
class Copy:
    """What became of one copy.

    Attributes:
        source: the notebook of the course.
        path: the copy; for ``"skipped"`` the file that was left alone.
        status: ``"written"``, ``"unchanged"`` (it was there already), ``"beside"``,
            ``"skipped"`` or ``"replaced"``.
        kept: where the learner's own file is now, if there was one.
    """

    source: Path
    path: Path
    status: str
    kept: Path | None = None


def student(notebook: Any, name: str) -> Any:
    """A copy of the notebook for a learner: no outputs, no counts, no solutions; then its hash.

    Left out are cells tagged ``solution``, calls of ``lesson.solution(...)`` (not the comments
    that mention it), and the lines between ``### BEGIN SOLUTION`` and ``### END SOLUTION``, for
    which ``...`` is put.

    Args:
        notebook: an nbformat notebook, which is left as it is.
        name: its name, for messages.

    Raises:
        BadValue: a solution begins and does not end, or the other way round.
        CourseError: nbconvert is not installed.
    """
    try:
        from nbconvert.preprocessors import ClearOutputPreprocessor
    except ModuleNotFoundError as error:
        raise CourseError(
            f"Copies cannot be made here: the package {error.name} is not installed.",
            "Install it: make course, or pip install nbconvert",
        ) from None
    clean, _ = ClearOutputPreprocessor().preprocess(notebooks.tidy(notebook), {})
    cells = []
    for number, cell in enumerate(clean.cells, 1):
        if "solution" in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "code":
            before = cell.source
            cell.source = _without_calls(_without_regions(before, f"{name}: cell {number}"))
            if before.strip() and not cell.source.strip():
                continue
        cells.append(cell)
    clean.cells = cells
    clean.metadata["tl"] = {"student_copy": name}
    import nbformat

    clean.metadata["tl"]["copy_sha256"] = content_hash(json.loads(nbformat.writes(clean)))
    return clean


def content_hash(content: dict[str, Any]) -> str:
    """SHA-256 over everything in a notebook file but the hash itself and what editors rewrite.

    Args:
        content: the JSON of the file; it does not matter whether texts are stored line by line.
    """
    import nbformat
    from nbformat.v4.rwbase import rejoin_lines

    joined = rejoin_lines(nbformat.from_dict(copy.deepcopy(content)))
    for key in _EDITORS:
        joined["metadata"].pop(key, None)
    joined["metadata"].get("tl", {}).pop("copy_sha256", None)
    about = [joined["metadata"], joined["cells"]]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _recorded(path: Path) -> str | None:
    """The hash in a copy that is exactly as it was written; None for every other file."""
    try:
        # As it is on disk: reading it as a notebook would mend what somebody's editor left.
        content = json.loads(path.read_text("utf-8"))
        recorded = content["metadata"]["tl"]["copy_sha256"]
        return str(recorded) if recorded == content_hash(content) else None
    except Exception:  # absent, not JSON, not a notebook: whatever it is, it is no copy of ours
        return None


def untouched(path: Path) -> bool:
    """Is this file a student copy exactly as it was written?"""
    return _recorded(path) is not None


def write(
    names: Sequence[str | os.PathLike[str]] = (),
    output: str | os.PathLike[str] | None = None,
    changed: Callable[[Path], str] = lambda path: "beside",
) -> list[Copy]:
    """Write student copies; a file that a learner changed is never lost.

    Args:
        names: notebooks by name or path; all of ``notebooks/`` without any.
        output: folder to write to; ``student/`` in the course folder by default.
        changed: asked what to do about a file that is not as it was written; one of
            :data:`CHOICES`.

    Returns:
        What became of each.

    Raises:
        UnknownName: no such notebook. BrokenFile: one is not readable.
        BadValue: the folder is that of the notebooks or in build/, two notebooks have one name,
            or a solution in one is not closed; nothing is written then.
        CourseError: disk full, or no permission; copies are whole or absent.
    """
    folder = Path(output) if output is not None else files.root() / "student"
    paths = notebooks.find(names)
    _check(paths, folder)
    made = {path: student(notebooks.read(path), path.stem) for path in paths}
    return [_place(path, notebook, folder, changed) for path, notebook in made.items()]


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


def _place(path: Path, notebook: Any, folder: Path, changed: Callable[[Path], str]) -> Copy:
    target = folder / path.name
    if _same(target, notebook):
        return Copy(path, target, "unchanged")
    if not os.path.lexists(target) or untouched(target):
        notebooks.write(notebook, target)
        return Copy(path, target, "written")
    choice = changed(target)
    if choice == "skip":
        return Copy(path, target, "skipped", kept=target)
    if choice == "replace":
        return _replace(path, notebook, target)
    if choice != "beside":
        raise BadValue(f"{choice!r} is none of the choices.", f"Choose: {', '.join(CHOICES)}.")
    for beside in _names(target, "new"):
        if _same(beside, notebook):
            return Copy(path, beside, "unchanged", kept=target)
        if not os.path.lexists(beside) or untouched(beside):
            notebooks.write(notebook, beside)
            return Copy(path, beside, "beside", kept=target)
    raise AssertionError("names do not end")


def _replace(path: Path, notebook: Any, target: Path) -> Copy:
    """Move the learner's file to a free name, then write; if that fails, move it back."""
    kept = next(p for p in _names(target, "mine") if not os.path.lexists(p))
    try:
        os.rename(target, kept)
    except OSError as error:
        raise CourseError(
            f"{target} could not be moved to {kept.name}: {error.strerror or error}.",
            "Move it yourself, or choose another --output.",
        ) from error
    try:
        notebooks.write(notebook, target)
    except BaseException:
        os.rename(kept, target)
        raise
    return Copy(path, target, "replaced", kept=kept)


def _names(target: Path, word: str) -> Iterator[Path]:
    """``x.new.ipynb``, ``x.new-2.ipynb``, ``x.new-3.ipynb`` ..."""
    yield target.with_name(f"{target.stem}.{word}.ipynb")
    for number in count(2):
        yield target.with_name(f"{target.stem}.{word}-{number}.ipynb")


def _same(path: Path, notebook: Any) -> bool:
    """Is this very copy there already, untouched?"""
    return _recorded(path) == notebook.metadata["tl"]["copy_sha256"]


def _without_regions(source: str, where: str) -> str:
    if BEGIN not in source and END not in source:
        return source
    lines, inside = [], False
    for line in source.splitlines():
        mark = line.strip()
        if mark in (BEGIN, END):
            if inside == (mark == BEGIN):
                raise BadValue(
                    f"{where}: {mark!r} without its other half.",
                    f"A solution stands between {BEGIN!r} and {END!r}, each on a line of its own.",
                )
            inside = mark == BEGIN
            if inside:
                lines.append(line[: len(line) - len(line.lstrip())] + "...")
        elif not inside:
            lines.append(line)
    if inside:
        raise BadValue(f"{where}: {BEGIN!r} without its other half.", f"Close it with {END!r}.")
    return "\n".join(lines)


def _without_calls(source: str) -> str:
    """Without statements that show a solution; empty if only comments are left then."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a cell with magics, or one that is to be mended by the learner
        return source
    shown = [s for s in statements if isinstance(s, ast.Expr) and any(map(_shows, ast.walk(s)))]
    if not shown:
        return source
    gone = {n for s in shown for n in range(s.lineno, (s.end_lineno or s.lineno) + 1)}
    lines = [line for n, line in enumerate(source.splitlines(), 1) if n not in gone]
    code = any(line.strip() and not line.strip().startswith("#") for line in lines)
    return "\n".join(lines).strip("\n") if code else ""


def _shows(node: ast.AST) -> bool:
    """Is this ``solution("id")``, as ``lesson.solution("id")``?"""
    if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name == "solution" and isinstance(node.args[0].value, str)
