"""An answer that is read off what the learner has just measured."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers.exercises.answers import LATER, Verdict, plain_number, untouched
from tl_helpers.exercises.safely import same, short

if TYPE_CHECKING:
    from tl_helpers.exercises.model import Exercise, Mistake


@dataclass(frozen=True)
class Reading:
    """A value to be read off a picture or a table, judged by the numbers behind it.

    The learner hands those numbers over: ``check("start-reading", 64, curves=curves)``. So the
    right answer is that of *their* run, whatever the seed and the profile.

    Attributes:
        truth: ``truth(**seen)``: the right value, or a list of all that an eye could take for it.
        seen: ``seen(rng)`` draws what a learner may have measured, by the names of the notebook;
            for the tests. Every mistake should differ from the truth there.
        form: what the answer is, in words: ``"a label count"``.
        text: the answer may be a word.

    A ``Mistake`` holds a function ``example(**seen)`` that makes the typical slip (a value, a list
    of values, or None where the slip is impossible), or a value.
    """

    truth: Callable[..., Any]
    seen: Callable[[np.random.Generator], Mapping[str, Any]]
    form: str = "a number"
    text: bool = False

    def _plain(self, answer: Any) -> Any:
        if isinstance(answer, str):
            try:
                return float(answer)
            except ValueError:
                return answer.strip().casefold() if self.text else None
        return plain_number(answer)

    def judge(self, exercise: Exercise, answer: Any, seen: Mapping[str, Any]) -> Verdict:
        """Work out the right answer from what was measured, and compare."""
        if untouched(answer):
            return LATER
        wanted = list(inspect.signature(self.truth).parameters)
        if missing := [name for name in wanted if name not in seen]:
            call = ", ".join(f"{name}={name}" for name in wanted)
            return "not attempted", (
                f"Hand over what you measured as well ({', '.join(missing)}): "
                f'check("{exercise.id}", answer, {call}).'
            )
        seen = {name: seen[name] for name in wanted}
        try:
            right = _several(self.truth(**seen))
        except Exception as error:
            return "not attempted", (
                f"What was handed over ({', '.join(wanted)}) is not what the notebook measures "
                f"({type(error).__name__}: {short(str(error))}). Run the cells above once more."
            )
        try:
            plain = self._plain(answer)
        except Exception:
            plain = None
        if plain is None:
            given = f"{short(answer)} ({type(answer).__name__})"
            return "wrong", f"The answer should be {self.form}, not {given}."
        if any(same(value, plain) for value in right):
            return "right", exercise.praise(seen)
        for mistake in exercise.mistakes:
            if self._recognises(mistake, plain, seen):
                return "wrong", mistake.says
        return "wrong", f"{short(answer)} is not it: {self.form} is asked for. A hint may help."

    def _recognises(self, mistake: Mistake, plain: Any, seen: Mapping[str, Any]) -> bool:
        if mistake.when is not None:
            try:
                return bool(mistake.when(plain))
            except Exception:  # a predicate for numbers, asked about a word
                return False
        return any(same(value, plain, 0.005) for e in mistake.examples for value in slips(e, seen))


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple, set)) else [value]


def slips(example: Any, seen: Mapping[str, Any]) -> list[Any]:
    """The wrong values that a mistake's example stands for."""
    if not callable(example):
        return [example]
    try:
        return [value for value in _several(example(**seen)) if value is not None]
    except Exception:  # the slip is not possible in these numbers
        return []
