"""A right answer that is a function: it is run on fresh inputs, whatever it looks like."""

from __future__ import annotations

import copy
import secrets
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers.exercises.answers import LATER, Seen, Verdict, fits, untouched
from tl_helpers.exercises.safely import SCREENFUL, run, same, short

if TYPE_CHECKING:
    from tl_helpers.exercises.model import Exercise, Mistake


@dataclass(frozen=True)
class Function:
    """A function that does what ``reference`` does.

    Attributes:
        reference: a right implementation.
        cases: ``cases(rng)`` draws a list of argument tuples, new ones at every check.
        tolerance: for numbers, relative and absolute.
        returns: what it must return, in words, for the message about a wrong type.
    """

    reference: Callable[..., Any]
    cases: Callable[[np.random.Generator], Sequence[tuple[Any, ...]]]
    tolerance: float = 1e-6
    returns: str = ""

    def judge(self, exercise: Exercise, answer: Any, seen: Seen) -> Verdict:
        """Run it on fresh inputs; if it fails, find the wrong function that it behaves like."""
        if untouched(answer):
            return LATER
        if not callable(answer):
            return "wrong", f"Hand over the function itself, not {short(answer)}: check(id, name)."
        cases = list(self.cases(np.random.default_rng(secrets.randbits(32))))
        got: list[Any] = []
        room = SCREENFUL
        for case in cases:
            given = copy.deepcopy(case)  # the function may change what it is given
            outcome = run(
                lambda given=given: answer(*given),  # type: ignore[misc]
                exercise.seconds,
                room,
            )
            room -= outcome.printed
            call = f"Called with {', '.join(map(short, case))}"
            if outcome.timed_out:
                stuck = " It still runs in the background: restart the kernel."
                return "wrong", (
                    f"{call}, the function did not come back within {exercise.seconds:g} seconds. "
                    f"Is there a loop that never ends?{stuck * outcome.runs_on}"
                )
            if isinstance(outcome.error, NotImplementedError):
                return LATER
            if outcome.error is not None:
                for mistake in exercise.mistakes:
                    if self._fails_like(mistake, case, outcome.error):
                        return "wrong", mistake.says
                return "wrong", f"{call}, the function failed: {_explain(outcome.error)}"
            got.append(outcome.value)
        if all(map(untouched, got)) and not all(
            untouched(self.reference(*copy.deepcopy(case))) for case in cases
        ):
            return "not attempted", (
                "Not attempted yet: the function returns nothing. Replace the ... (a solution "
                "ends with `return`)."
            )
        expected = [self.reference(*copy.deepcopy(case)) for case in cases]
        wrong = [i for i in range(len(cases)) if not self._same(expected[i], got[i])]
        if not wrong:
            return "right", exercise.praise(seen)
        for mistake in exercise.mistakes:
            if self._behaves_like(mistake, cases, got):
                return "wrong", mistake.says
        first = wrong[0]
        kind = f" It should return {self.returns}." if self.returns else ""
        return "wrong", (
            f"Called with {', '.join(map(short, cases[first]))}, it returns {short(got[first])} "
            f"where {short(expected[first])} is right.{kind}"
        )

    def _same(self, a: Any, b: Any) -> bool:
        return same(a, b, self.tolerance)

    def _behaves_like(self, mistake: Mistake, cases: Sequence[Any], got: Sequence[Any]) -> bool:
        if mistake.when is not None:
            return any(fits(mistake, value, self.tolerance) for value in got)
        return any(self._agree(example, cases, got) for example in mistake.examples)

    def _agree(self, example: Any, cases: Sequence[Any], got: Sequence[Any]) -> bool:
        if not callable(example):
            return all(self._same(example, value) for value in got)
        try:
            return all(
                self._same(example(*copy.deepcopy(case)), value)
                for case, value in zip(cases, got, strict=True)
            )
        except Exception:  # the wrong function may fail where the learner's does not
            return False

    def _fails_like(self, mistake: Mistake, case: Any, error: BaseException) -> bool:
        for example in filter(callable, mistake.examples):
            try:
                example(*copy.deepcopy(case))
            except Exception as other:
                if type(other) is type(error) and str(other) == str(error):
                    return True
        return False


def _explain(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it calls itself without end (RecursionError)."
    if isinstance(error, SystemExit):
        return "it calls exit()."
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    theirs = [f for f in frames if not f.filename.endswith("safely.py")]
    place = f" (line {theirs[-1].lineno} of {theirs[-1].name})" if theirs else ""
    return f"{type(error).__name__}: {short(str(error), 160)}{place}."
