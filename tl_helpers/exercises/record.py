"""What a learner has done so far, in one local file.

It lives with the learner's own data and not in the cache, because it cannot be made again.
``TL_PROGRESS`` names another file (on Colab, one in a mounted drive outlives the session); where
``TL_CACHE`` moves everything else, it moves along.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tl_helpers.core import files
from tl_helpers.core.errors import CourseError

Entries = dict[str, dict[str, Any]]
_PATIENCE = 2.0  # seconds for another kernel that writes at the same time


def path() -> Path:
    """The file.

    Example:
        >>> path().name
        'progress.json'
    """
    if chosen := files.place_from("TL_PROGRESS"):
        return chosen
    if files.place_from("TL_CACHE"):
        return files.cache_dir() / "progress.json"
    import platformdirs

    return Path(platformdirs.user_data_dir("tl_helpers")) / "progress.json"


def _parse(text: str) -> Entries:
    """Raises ValueError or TypeError if it is not what :func:`note` writes."""
    return {str(id): dict(entry) for id, entry in dict(json.loads(text)).items()}


def read() -> Entries:
    """Exercise id -> what was noted; a file that cannot be read counts as none.

    Example:
        >>> read()["start-gain"]["tries"]  # doctest: +SKIP
        2
    """
    try:
        return _parse(path().read_text("utf-8"))
    except (OSError, ValueError, TypeError):
        return {}


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """No other kernel writes meanwhile; where a folder cannot lock, we go on without."""
    import filelock

    lock = filelock.FileLock(f"{file}.lock", timeout=_PATIENCE)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except (OSError, NotImplementedError, filelock.Timeout):
        yield
        return
    try:
        yield
    finally:
        lock.release()


def note(id: str, *, tries: int = 0, slip: str | None = None, **change: Any) -> str:
    """Write something down about an exercise, all or nothing.

    Args:
        id: of the exercise.
        tries: to add to those so far.
        slip: what was said to a wrong answer, if it was one; it is counted.
        **change: further values; an underscore stands for a blank in the name.

    Returns:
        A remark for the learner when that was not possible, or when the old file was damaged.

    Example:
        >>> note("start-gain", tries=1, solved=True)  # doctest: +SKIP
        ''
    """
    file, remark = path(), ""
    try:
        with _alone(file):
            try:
                entries = _parse(file.read_text("utf-8"))
            except FileNotFoundError:
                entries = {}
            except (ValueError, TypeError):  # kept, so that it can be mended by hand
                aside = file.with_suffix(".damaged.json")
                os.replace(file, aside)
                entries, remark = {}, f" (The old progress could not be read; it is now {aside}.)"
            entry = entries.setdefault(id, {"done": False, "tries": 0, "solution seen": False})
            entry["tries"] = int(entry.get("tries") or 0) + tries
            if slip is not None:
                before = entry.get("wrong")
                wrong = entry["wrong"] = dict(before) if isinstance(before, dict) else {}
                wrong[slip] = int(wrong.get(slip) or 0) + 1
            entry.update({key.replace("_", " "): value for key, value in change.items()})
            files.write_text(file, json.dumps(entries, indent=1, sort_keys=True) + "\n")
    except CourseError as error:  # feedback matters more than the record of it
        return f" (Progress was not saved: {error.what})"
    except OSError as error:
        return f" (Progress was not saved: {error.strerror or error}: {file})"
    return remark
