"""What a study has measured so far, kept in the cache: a killed build goes on at its next seed."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tl_helpers.core import files
from tl_helpers.core.errors import CourseError


def folder_of(
    name: str, run: Callable[..., Any], configuration: Mapping[str, Any], environment: Any
) -> Path:
    """Where the seeds of a study lie until the last is done.

    The place depends on everything that decides the numbers: the study, what it is called with, the
    environment, and every line of the package. So nothing that was measured otherwise can slip in.
    """
    digest = hashlib.sha256(json.dumps([configuration, environment], default=str).encode())
    package = files.PACKAGE
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    try:
        digest.update(inspect.getsource(run).encode())
    except (OSError, TypeError):  # made in a session: its own code, at least
        code = getattr(run, "__code__", None)
        digest.update(code.co_code if code else repr(run).encode())
    return files.cache_dir() / "halfway" / f"{name}-{digest.hexdigest()[:16]}"


class Part(NamedTuple):
    """One finished seed."""

    rows: list[dict[str, Any]]
    seconds: float


def read(folder: Path, seed: int) -> Part | None:
    """What a seed has given, or None if it has not been finished (or cannot be read)."""
    try:
        stored = json.loads((folder / f"{seed}.json").read_text("utf-8"))
        return Part(list(stored["rows"]), float(stored["seconds"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(folder: Path, seed: int, rows: list[dict[str, Any]], seconds: float) -> Part:
    """Keep what a finished seed has given; where that cannot be written, the study goes on."""
    with contextlib.suppress(CourseError):
        files.write_text(folder / f"{seed}.json", json.dumps({"rows": rows, "seconds": seconds}))
    return Part(rows, seconds)


def drop(name: str) -> None:
    """The study is stored: forget its parts, also those of earlier code."""
    for folder in (files.cache_dir() / "halfway").glob(f"{name}-*"):
        if folder.name[: -len("-0123456789abcdef")] == name:
            shutil.rmtree(folder, ignore_errors=True)
