"""Answers that functions decide: a learner's function, or a value read off what was measured."""

from __future__ import annotations

import copy
import inspect
import secrets
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from tl_helpers.exercises.answers import MOST_ITEMS, not_it, plain_number
from tl_helpers.exercises.model import LATER, RIGHT, Mistake, Seen, Verdict, untouched
from tl_helpers.exercises.safely import SCREENFUL, run, same, short

# What is said where no mistake of a reading fits, and how near to one a number is taken for it.
LOOK_AGAIN = "{} is not it. Look again; a hint may help."
ASKED_FOR = "{} is not it: {} is asked for. A hint may help."  # a word for a number, or reversed
NEAR = 0.005


@dataclass(frozen=True)
class Function:
    """A function that does what ``reference`` does, whatever it looks like.

    A learner's function that behaves like the example of a mistake, or fails with the same error,
    gets its feedback.

    Attributes:
        reference: a right implementation.
        cases: ``cases(rng)`` draws a list of argument tuples, new ones at every check.
        tolerance: for numbers, relative and absolute.
        returns: what it must return, in words, for the message about a wrong value.
        seconds: how long a learner's function may run on one set of inputs.
        cost: where the right value is the place of a minimum, what is minimal there:
            ``cost(value, *case)``. Another value is right, too, if it costs hardly more
            (:data:`FLAT`).
        lacks: ``lacks(function)`` says what a function may lack whose values are right, and
            nothing ("") if it lacks nothing.
    """

    reference: Callable[..., Any]
    cases: Callable[[np.random.Generator], Sequence[tuple[Any, ...]]]
    tolerance: float = 1e-6
    returns: str = ""
    seconds: float = 5.0
    cost: Callable[..., float] | None = None
    lacks: Callable[[Callable[..., Any]], str] | None = None

    needs = ()
    stub = "..."

    def slips(self, mistake: Mistake, seen: Seen) -> list[Any]:
        """The wrong functions that a mistake stands for."""
        return list(mistake.examples)

    def judge(self, answer: Any, mistakes: Sequence[Mistake], seen: Seen) -> Verdict:
        """Run it on fresh inputs; if it fails, find the wrong function that it behaves like."""
        if not callable(answer):
            return "wrong", f"Hand over the function itself, not {short(answer)}: check(id, name)."
        cases = list(self.cases(np.random.default_rng(secrets.randbits(32))))
        expected = [self.reference(*copy.deepcopy(case)) for case in cases]
        got: list[Any] = []
        room = SCREENFUL
        for case, right in zip(cases, expected, strict=True):
            given = copy.deepcopy(case)  # the function may change what it is given
            outcome = run(
                lambda given=given, right=right: _as(right, answer(*given)),  # type: ignore[misc]
                self.seconds,
                room,
            )
            room -= outcome.printed
            call = f"Called with {', '.join(map(short, case))}"
            if outcome.timed_out:
                return "wrong", (
                    f"{call}, the function did not come back within {self.seconds:g} seconds. "
                    "Is there a loop that never ends?"
                )
            if isinstance(outcome.error, NotImplementedError):
                return LATER
            if outcome.error is not None:
                for mistake in mistakes:
                    if _fails_like(mistake, case, outcome.error):
                        return "wrong", mistake.says
                return "wrong", f"{call}, the function failed: {_explain(outcome.error)}"
            got.append(outcome.value)
        if all(map(untouched, got)) and not all(map(untouched, expected)):
            if room < SCREENFUL and all(value is None for value in got):
                return "wrong", PRINTED
            return "not attempted", (
                "Not attempted yet: the function returns nothing. Replace the ... (a solution "
                "ends with `return`)."
            )
        wrong = [
            i
            for i in range(len(cases))
            if not self.agree(expected[i], got[i])
            and not self._as_deep(cases[i], expected[i], got[i])
        ]
        if not wrong:
            return self._complete(answer, room)
        for mistake in mistakes:
            if any(self._behaves_like(example, cases, got) for example in mistake.examples):
                return "wrong", mistake.says
        if _only_rounded(expected, got):
            return "wrong", ROUNDED
        first = wrong[0]
        if got[first] is None:
            return "wrong", (
                f"Called with {', '.join(map(short, cases[first]))}, it returns nothing (None). "
                "Does every way through the function end with `return`?"
            )
        form = f" It should return {self.returns}." if self.returns else ""
        return "wrong", (
            f"Called with {', '.join(map(short, cases[first]))}, it returns {short(got[first])} "
            f"where {short(expected[first])} is right.{form}"
        )

    def _complete(self, answer: Callable[..., Any], room: int) -> Verdict:
        """The values of the function are right; whether that is all that is asked for."""
        if (lacks := self.lacks) is None:
            return RIGHT
        outcome = run(lambda: lacks(answer), self.seconds, room)
        if outcome.error is not None:
            return "wrong", f"Its values are right, and then it failed: {_explain(outcome.error)}"
        return ("wrong", outcome.value) if outcome.value else RIGHT

    def agree(self, a: Any, b: Any) -> bool:
        """Whether two functions that gave these values did the same."""
        return same(a, b, self.tolerance)

    def _as_deep(self, case: Any, right: Any, value: Any) -> bool:
        """Whether a value costs hardly more than the best one."""
        number = plain_number(value)
        if self.cost is None or number is None or not number > 0:
            return False
        return self.cost(number, *case) <= (1 + FLAT) * self.cost(right, *case)

    def _behaves_like(self, example: Any, cases: Sequence[Any], got: Sequence[Any]) -> bool:
        try:
            return all(
                self.agree(example(*copy.deepcopy(case)), value)
                for case, value in zip(cases, got, strict=True)
            )
        except Exception:  # the wrong function may fail where the learner's does not
            return False


FLAT = 1e-3
"""How much more, of itself, a cost may be than the least one."""

PRINTED = (
    "The function prints and returns nothing. `print` shows a value to the reader; `return` hands "
    "it to the caller of the function. End it with `return ...`."
)
ROUNDED = (
    "Right but for the rounding: return the number as it comes out, and round where it is shown."
)


def _as(right: Any, value: Any) -> Any:
    """A learner's value as the container that is asked for, where nothing but that differs.

    A set may come as a list without repetitions, a list as a tuple, an array or a generator.
    """
    if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__iter__"):
        return value
    items = isinstance(value, (list, tuple, range, np.ndarray)) or hasattr(value, "__next__")
    if isinstance(right, (set, frozenset)) and items:
        listed = list(islice(value, MOST_ITEMS))
        return set(listed) if len({*listed}) == len(listed) else listed
    if isinstance(right, (list, tuple, np.ndarray)) and hasattr(value, "__next__"):
        return list(islice(value, MOST_ITEMS))
    return value


def _only_rounded(expected: Sequence[Any], got: Sequence[Any]) -> bool:
    """Whether all numbers are right once the expected ones are rounded to few digits."""
    pairs = [(plain_number(a), plain_number(b)) for a, b in zip(expected, got, strict=True)]
    return any(
        all(a is not None and b is not None and abs(round(a, digits) - b) < 1e-9 for a, b in pairs)
        for digits in range(1, 7)
    )


def _fails_like(mistake: Mistake, case: Any, error: BaseException) -> bool:
    for example in mistake.examples:
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


@dataclass(frozen=True)
class Reading:
    """A value to be read off a picture or a table, judged by the numbers behind it.

    The learner hands those numbers over: ``check("start-reading", 64, curves=curves)``. So the
    right answer is that of *their* run, whatever the seed and the profile.

    Attributes:
        truth: ``truth(**seen)`` works out the right value.
        seen: ``seen(rng)`` draws what a learner may have measured, by the names of the notebook;
            for the tests. Every mistake should differ from the truth there.
        by_eye: ``by_eye(**seen)`` lists what else an eye could take for it.
        form: what the answer is, in words: ``"a label count"``.
        text: the answer may be a word.

    The example of a mistake is a function ``example(**seen)`` that makes the slip: it gives a
    value, a list of values, or None where the slip is impossible.
    """

    truth: Callable[..., Any]
    seen: Callable[[np.random.Generator], Mapping[str, Any]]
    by_eye: Callable[..., list[Any]] | None = None
    form: str = "a number"
    text: bool = False

    stub = "..."

    @property
    def needs(self) -> tuple[str, ...]:
        """What the truth is worked out from."""
        return tuple(inspect.signature(self.truth).parameters)

    def _plain(self, answer: Any) -> Any:
        number = plain_number(answer)
        if number is None and self.text and isinstance(answer, str):
            return answer[:SCREENFUL].strip(" .!'\"").casefold()
        return number

    def slips(self, mistake: Mistake, seen: Seen) -> list[Any]:
        """The wrong values that a mistake stands for, given what was measured."""
        values: list[Any] = []
        for example in mistake.examples:
            try:
                slip = example(**{name: seen[name] for name in self.needs})
            except Exception:  # the slip is not possible in these numbers
                continue
            values += slip if isinstance(slip, list) else [slip]
        return [value for value in values if value is not None]

    def rights(self, seen: Seen) -> list[Any]:
        """The right values, given what was measured: the truth first, then what an eye may see."""
        seen = {name: seen[name] for name in self.needs}
        return [self.truth(**seen), *(self.by_eye(**seen) if self.by_eye else ())]

    def judge(self, answer: Any, mistakes: Sequence[Mistake], seen: Seen) -> Verdict:
        """Work out the right answer from what was measured, and compare."""
        try:
            right = self.rights(seen)
        except Exception as error:
            return "not attempted", (
                f"What was handed over ({', '.join(self.needs)}) is not what the notebook measures "
                f"({type(error).__name__}: {short(str(error))}). Run the cells above once more."
            )
        try:
            plain = self._plain(answer)
        except Exception:
            plain = None
        if plain is None:
            return "wrong", not_it(answer, self.form)
        if any(same(value, plain) for value in right):
            return RIGHT
        for mistake in mistakes:
            if any(same(value, plain, NEAR) for value in self.slips(mistake, seen)):
                return "wrong", mistake.says
        if isinstance(plain, str) != isinstance(right[0], str):
            return "wrong", ASKED_FOR.format(short(answer), self.form)
        return "wrong", LOOK_AGAIN.format(short(answer))
