"""What a right answer is: a value, a choice, a matching, or a function that behaves right."""

from __future__ import annotations

import copy
import math
import numbers
import secrets
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tl_helpers.exercises.safely import run, same, short

if TYPE_CHECKING:
    from tl_helpers.exercises.model import Exercise, Mistake

Status = Literal["right", "wrong", "not attempted"]
Verdict = tuple[Status, str]

LATER: Verdict = ("not attempted", "Not attempted yet: replace the ... with your answer.")


def untouched(answer: Any) -> bool:
    """The stub as it came, or nothing."""
    return answer is None or answer is ... or answer is NotImplemented


def _fits(mistake: Mistake, answer: Any, tolerance: float) -> bool:
    try:
        if mistake.when is not None:
            return bool(mistake.when(answer))
        return any(same(example, answer, tolerance) for example in mistake.examples)
    except Exception:  # a predicate for numbers, asked about a string
        return False


_KINDS = {
    "number": "a number",
    "text": "a text in quotes",
    "list": "a list",
    "set": "a set or a list",
}


@dataclass(frozen=True)
class Value:
    """A value that agrees with ``right``.

    Attributes:
        right: the value, or a predicate that says whether a value is right.
        kind: ``"number"``, ``"text"`` (case and outer blanks ignored), ``"list"`` or ``"set"``.
        tolerance: for numbers, relative and absolute.
    """

    right: Any
    kind: Literal["number", "text", "list", "set"] = "number"
    tolerance: float = 1e-6

    def _normal(self, answer: Any) -> Any:
        """The answer in a common form, or None if it is of the wrong kind."""
        if self.kind == "text":
            return " ".join(answer.split()).casefold() if isinstance(answer, str) else None
        if self.kind == "number":
            if hasattr(answer, "item") and getattr(answer, "size", 1) in (1,) or callable(
                getattr(answer, "numel", None)
            ):
                answer = answer.item()  # a NumPy or torch scalar
            number = isinstance(answer, numbers.Real) and not isinstance(answer, bool)
            return float(answer) if number else None
        if isinstance(answer, (str, bytes, Mapping)) or not hasattr(answer, "__iter__"):
            return None
        items = answer.tolist() if hasattr(answer, "tolist") else list(answer)
        if self.kind == "set":
            return set(items)
        return None if isinstance(answer, (Set, set)) else items  # a set has no order

    def _is_right(self, plain: Any) -> bool:
        if callable(self.right):
            return bool(self.right(plain))
        return same(self._normal(self.right), plain, self.tolerance)

    def _recognises(self, mistake: Mistake, answer: Any, plain: Any) -> bool:
        if _fits(mistake, answer if plain is None else plain, self.tolerance):
            return True
        if mistake.when is not None or plain is None:
            return False
        try:
            return any(same(self._normal(e), plain, self.tolerance) for e in mistake.examples)
        except Exception:  # an example is of another kind than the answer
            return False

    def judge(self, exercise: Exercise, answer: Any) -> Verdict:
        """Compare, and find the misconception behind a wrong value."""
        if untouched(answer):
            return LATER
        try:
            plain = self._normal(answer)
        except Exception:
            plain = None
        if plain is not None and self._is_right(plain):
            return "right", exercise.right
        for mistake in exercise.mistakes:  # before the type: "0.5" in quotes can be one too
            if self._recognises(mistake, answer, plain):
                return "wrong", mistake.says
        if plain is None:
            given = f"{short(answer)} ({type(answer).__name__})"
            return "wrong", f"The answer should be {_KINDS[self.kind]}, not {given}."
        if self.kind == "number" and not math.isfinite(plain):
            return "wrong", f"{plain} is no finite number: look for a division by zero."
        return "wrong", f"{short(answer)} is not it yet. A hint may help."


@dataclass(frozen=True)
class Choice:
    """One of several options.

    Attributes:
        options: key -> text.
        right: the key of the right one.
    """

    options: Mapping[str, str]
    right: str

    def judge(self, exercise: Exercise, answer: Any) -> Verdict:
        """Compare the key (or the option's text), whatever the case."""
        if untouched(answer):
            return LATER
        given = answer.strip().casefold() if isinstance(answer, str) else None
        key = next((k for k, v in self.options.items()
                    if given in (k.casefold(), v.casefold())), None)  # fmt: skip
        if key is None:
            listing = "; ".join(f'"{k}": {v}' for k, v in self.options.items())
            return "wrong", f"Choose one of the options ({listing}), not {short(answer)}."
        if key == self.right:
            return "right", exercise.right
        for mistake in exercise.mistakes:
            if _fits(mistake, key, 0.0):
                return "wrong", mistake.says
        return "wrong", f"{self.options[key]} is not it. A hint may help."


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


@dataclass(frozen=True)
class Matching:
    """A dict that gives each item the option it belongs to.

    The first mistake that fits speaks; then it is said how many items are right. An item that is
    still ``...`` counts as open, not as wrong.

    Attributes:
        right: item -> option.
        options: option -> other names for it. Case, blanks and hyphens do not matter.
    """

    right: Mapping[str, str]
    options: Mapping[str, Sequence[str]]

    def _option(self, given: Any) -> str | None:
        if not isinstance(given, str):
            return None
        names = {_letters(n): o for o, also in self.options.items() for n in (o, *also)}
        return names.get(_letters(given))

    def judge(self, exercise: Exercise, answer: Any) -> Verdict:
        """Compare item by item, and find the misconception behind the first wrong one."""
        if untouched(answer):
            return LATER
        given = {}
        if isinstance(answer, Mapping):
            given = {str(k).strip().casefold(): v for k, v in answer.items()}
        if not given or not given.keys() <= self.right.keys():
            keys = ", ".join(f'"{key}"' for key in self.right)
            return "wrong", f"The answer should be a dict with keys {keys}, not {short(answer)}."
        given = {k: given[k] for k in self.right if not untouched(given.get(k))}
        if not given:
            return LATER
        plain = {}
        for key, value in given.items():
            option = self._option(value)
            if option is None:
                listing = ", ".join(f'"{o}"' for o in self.options)
                return "wrong", f"{key}: {short(value)} is none of the options ({listing})."
            plain[key] = option
        if plain == dict(self.right):
            return "right", exercise.right
        good = sum(self.right[key] == option for key, option in plain.items())
        still = ", ".join(key for key in self.right if key not in plain)
        score = f"{good} of {len(self.right)} are right" + f"; still open: {still}" * bool(still)
        says = next((m.says for m in exercise.mistakes if _fits(m, plain, 0.0)), "")
        if not says and good < len(plain):
            says = "A hint may help."
        return "wrong", f"{says} ({score}.)" if says else f"So far so good: {score}."


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

    def judge(self, exercise: Exercise, answer: Any) -> Verdict:
        """Run it on fresh inputs; if it fails, find the wrong function that it behaves like."""
        if untouched(answer):
            return LATER
        if not callable(answer):
            return "wrong", f"Hand over the function itself, not {short(answer)}: check(id, name)."
        cases = list(self.cases(np.random.default_rng(secrets.randbits(32))))
        got: list[Any] = []
        for case in cases:
            given = copy.deepcopy(case)  # the function may change what it is given
            outcome = run(lambda given=given: answer(*given), exercise.seconds)  # type: ignore[misc]
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
            return "right", exercise.right
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
            return any(_fits(mistake, value, self.tolerance) for value in got)
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
    import traceback

    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    theirs = [f for f in frames if not f.filename.endswith("safely.py")]
    place = f" (line {theirs[-1].lineno} of {theirs[-1].name})" if theirs else ""
    return f"{type(error).__name__}: {short(str(error), 160)}{place}."
