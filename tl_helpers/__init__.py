"""Transfer learning for natural language processing: the course's own small library.

``import tl_helpers as tl`` is quick: each room (``tl.data``, ``tl.models``, ``tl.pretrain`` ...)
is loaded when it is first used.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

# Large arrays in large pages: a tenth to a third of the time of training on a CPU. PyTorch reads it
# when it first needs memory, so it has to stand here.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

__version__ = "0.2.0"

# The rooms that a notebook enters, and where each stands in the house.
_ROOMS = {
    "adapt": "train.adapt",
    "claims": "measure.claims",
    "data": "data",
    "diagrams": "show.diagrams",
    "distil": "train.distil",
    "docstrings": "data.docstrings",
    "domains": "train.domains",
    "electra": "train.electra",
    "errors": "core.errors",
    "evaluate": "measure.evaluate",
    "exercises": "exercises",
    "experiment": "measure.experiment",
    "explore": "show.explore",
    "files": "core.files",
    "head_start": "train.head_start",
    "lessons": "core.lessons",
    "lora": "train.lora",
    "models": "models",
    "own": "data.own",
    "plots": "show.plots",
    "pretrain": "train.pretrain",
    "questions": "questions",
    "results": "measure.results",
    "say": "measure.say",
    "session": "session",
    "supervised": "train.supervised",
    "town": "town",
    "translation": "train.translation",
}
# Names that are not rooms, and the room that each lives in.
_NAMES = {"CourseError": "core.errors", "Session": "session", "start": "session"}

__all__ = [*_ROOMS, *_NAMES]

if TYPE_CHECKING:
    from tl_helpers.core.errors import CourseError as CourseError
    from tl_helpers.session import Session as Session
    from tl_helpers.session import start as start


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        value = getattr(importlib.import_module(f"tl_helpers.{_NAMES[name]}"), name)
    elif name in _ROOMS:
        value = importlib.import_module(f"tl_helpers.{_ROOMS[name]}")
    else:
        raise AttributeError(f"module 'tl_helpers' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
