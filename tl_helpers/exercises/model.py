"""What an exercise is, and where all of them are."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tl_helpers.errors import BadValue, UnknownName

if TYPE_CHECKING:
    from tl_helpers.exercises.answers import Choice, Function, Matching, Value

MACHINERY = {"answers", "desk", "model", "safely"}


@dataclass(frozen=True)
class Mistake:
    """A typical wrong answer and what to say about it.

    Attributes:
        example: the wrong value, or a function that behaves wrongly.
        says: feedback that names the misconception and points onwards, without the answer.
        when: recognises the mistake in a value; default is agreement with ``example``.
        also: further examples of the same misconception, with the same feedback.
    """

    example: Any
    says: str
    when: Callable[[Any], bool] | None = None
    also: tuple[Any, ...] = ()

    @property
    def examples(self) -> tuple[Any, ...]:
        """All of them."""
        return self.example, *self.also


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        id: name in kebab-case.
        notebook: where it stands.
        question: the task in a sentence or two.
        answer: what is checked.
        solution: source of a cell that solves it; it assigns one name, or defines one function.
        mistakes: at least three.
        hints: at least one, from a nudge to nearly the answer.
        right: what a right answer earns beside "Right.".
        also_right: further answers that must pass.
        seconds: how long a learner's function may run on one set of inputs.
    """

    id: str
    notebook: str
    question: str
    answer: Value | Choice | Matching | Function
    solution: str
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, ...]
    right: str = ""
    also_right: tuple[Any, ...] = ()
    seconds: float = 5.0


_all: dict[str, Exercise] = {}


def add(exercise: Exercise) -> Exercise:
    """Register an exercise.

    Raises:
        BadValue: an id that is malformed or taken, no hint, or fewer than three mistakes.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", exercise.id):
        raise BadValue(f"Exercise id {exercise.id!r} is not in kebab-case.", "Use a-z, 0-9 and -.")
    if _all.get(exercise.id, exercise).question != exercise.question:
        raise BadValue(f"There are two exercises named {exercise.id!r}.", "Rename one of them.")
    if len(exercise.mistakes) < 3 or not exercise.hints:
        raise BadValue(
            f"Exercise {exercise.id!r} needs three mistakes and a hint.",
            "Feedback on typical wrong answers is what teaches.",
        )
    _all[exercise.id] = exercise
    return exercise


def everything() -> dict[str, Exercise]:
    """All exercises by id, in the order of the notebooks."""
    package = importlib.import_module("tl_helpers.exercises")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name not in MACHINERY:
            importlib.import_module(f"tl_helpers.exercises.{module.name}")
    return dict(sorted(_all.items(), key=lambda item: item[1].notebook))


def find(id: str) -> Exercise:
    """One exercise.

    Raises:
        UnknownName: there is none of this name; says which are.
    """
    known = everything()
    if id not in known:
        raise UnknownName("exercise", id, known)
    return known[id]
