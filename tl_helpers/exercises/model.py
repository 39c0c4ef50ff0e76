"""What an exercise is, and where all of them are."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tl_helpers.core import lessons
from tl_helpers.core.errors import BadValue, UnknownName

if TYPE_CHECKING:
    from tl_helpers.exercises.answers import Choice, Value
    from tl_helpers.exercises.functions import Function
    from tl_helpers.exercises.matching import Matching
    from tl_helpers.exercises.readings import Reading


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


def mistakes(feedback: Mapping[Any, str]) -> tuple[Mistake, ...]:
    """Wrong value -> what to say about it, where nothing more is needed."""
    return tuple(Mistake(wrong, says) for wrong, says in feedback.items())


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        id: name in kebab-case.
        notebook: where it stands.
        question: the task in a sentence or two.
        answer: what is checked.
        mistakes: at least three; see also :func:`mistakes`.
        hints: at least one, from a nudge to nearly the answer.
        solution: source of a cell that solves it; it assigns one name, or defines one function.
            Left out, it is made from ``answer`` (not for functions and readings).
        right: what a right answer earns beside "Right."; or a function of what was measured.
        also_right: further answers that must pass.
        seconds: how long a learner's function may run on one set of inputs.
    """

    id: str
    notebook: str
    question: str
    answer: Value | Choice | Matching | Function | Reading
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, ...]
    solution: str = ""
    right: str | Callable[..., str] = ""
    also_right: tuple[Any, ...] = ()
    seconds: float = 5.0

    def __post_init__(self) -> None:
        if not self.solution:
            right = getattr(self.answer, "right", None)
            if right is not None and not callable(right):
                value = dict(right) if isinstance(right, Mapping) else right
                object.__setattr__(self, "solution", f"answer = {value!r}")

    def praise(self, seen: Mapping[str, Any]) -> str:
        """What a right answer earns, given what was measured."""
        if isinstance(self.right, str):
            return self.right
        try:
            return self.right(**seen)
        except Exception:  # the numbers are not those that the author thought of
            return self.right()

    def _target(self) -> ast.FunctionDef | str:
        for node in ast.parse(self.solution).body:
            if isinstance(node, ast.FunctionDef):
                return node
        last = [n for n in ast.parse(self.solution).body if isinstance(n, ast.Assign)][-1]
        return ast.unparse(last.targets[0])

    def cell(self) -> str:
        """The cell that a notebook needs: the untouched stub, the check, and the way to a hint."""
        target = self._target()
        if isinstance(target, str):
            name, stub = target, f"{target} = ..."
            right = getattr(self.answer, "right", None)
            if isinstance(right, Mapping):
                items = ", ".join(f'"{key}": ...' for key in right)
                stub = f"{name} = {{{items}}}"
        else:
            name, stub = target.name, f"def {target.name}({ast.unparse(target.args)}):\n    ..."
        measured = getattr(self.answer, "truth", None)
        names = list(inspect.signature(measured).parameters) if measured else []
        seen = "".join(f", {n}={n}" for n in names)
        return (
            f'{stub}\n\ntl.exercises.check("{self.id}", {name}{seen})\n'
            f'# Stuck? tl.exercises.hint("{self.id}")   '
            f'Compare: tl.exercises.solution("{self.id}")'
        )


_all: dict[str, Exercise] = {}
_homes: dict[str, str] = {}  # the module that an exercise is from


def add(exercise: Exercise) -> Exercise:
    """Register an exercise.

    Raises:
        BadValue: an id that is malformed or taken, no hint, or fewer than three mistakes.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", exercise.id):
        raise BadValue(f"Exercise id {exercise.id!r} is not in kebab-case.", "Use a-z, 0-9 and -.")
    if _all.get(exercise.id, exercise).question != exercise.question:
        raise BadValue(f"There are two exercises named {exercise.id!r}.", "Rename one of them.")
    if not exercise.solution:
        raise BadValue(
            f"Exercise {exercise.id!r} has no solution.",
            "Give the source of a cell that solves it.",
        )
    if len(exercise.mistakes) < 3 or not exercise.hints:
        raise BadValue(
            f"Exercise {exercise.id!r} needs three mistakes and a hint.",
            "Feedback on typical wrong answers is what teaches.",
        )
    _all[exercise.id] = exercise
    _homes[exercise.id] = sys._getframe(1).f_globals.get("__name__", "")
    return exercise


def everything() -> dict[str, Exercise]:
    """All exercises by id, in the order of the notebooks; whatever was imported first."""
    list(lessons.modules(lambda name: name.startswith("exercises")))
    return dict(sorted(_all.items(), key=lambda item: (item[1].notebook, _homes[item[0]])))


def find(id: str) -> Exercise:
    """One exercise.

    Raises:
        UnknownName: there is none of this name; says which are.
    """
    known = everything()
    if id not in known:
        raise UnknownName("exercise", id, known)
    return known[id]
