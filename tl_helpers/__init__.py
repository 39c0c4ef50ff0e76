"""Transfer learning for natural language processing: the course's own small library.

``import tl_helpers as tl`` is quick: each room (``tl.data``, ``tl.models``, ``tl.pretrain`` ...)
is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_ROOMS = (
    "adapt",
    "bench",
    "checkpoints",
    "claims",
    "course",
    "course_map",
    "data",
    "doctor",
    "errors",
    "evaluate",
    "exercises",
    "explore",
    "files",
    "labelled",
    "models",
    "notebooks",
    "plots",
    "pretrain",
    "results",
    "session",
    "town",
    "translation",
)

__all__ = [*_ROOMS, "CourseError", "Session", "start"]

if TYPE_CHECKING:
    from tl_helpers.errors import CourseError as CourseError
    from tl_helpers.session import Session as Session
    from tl_helpers.session import start as start

# Names that are not rooms, and the room that each lives in.
_NAMES = {"CourseError": "errors", "Session": "session", "start": "session"}


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        value = getattr(importlib.import_module(f"tl_helpers.{_NAMES[name]}"), name)
        globals()[name] = value
        return value
    if name in _ROOMS:
        return importlib.import_module(f"tl_helpers.{name}")
    raise AttributeError(f"module 'tl_helpers' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
