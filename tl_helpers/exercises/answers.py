"""What a right answer is: a value, or one of several options.

The other kinds have modules of their own: ``matching``, ``functions`` and ``readings``.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Set
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from tl_helpers.exercises.safely import same, short

if TYPE_CHECKING:
    from tl_helpers.exercises.model import Exercise, Mistake

Status = Literal["right", "wrong", "not attempted"]
Verdict = tuple[Status, str]
Seen = Mapping[str, Any]  # what the learner measured, by the names of the notebook

MOST_ITEMS = 100_000  # of a learner's list that are looked at
LATER: Verdict = ("not attempted", "Not attempted yet: replace the ... with your answer.")


def untouched(answer: Any) -> bool:
    """The stub as it came, or nothing."""
    return answer is None or answer is ... or answer is NotImplemented


def plain_number(answer: Any) -> float | None:
    """A number of any library as a float; None if it is none."""
    if (hasattr(answer, "item") and getattr(answer, "size", 1) in (1,)) or callable(
        getattr(answer, "numel", None)
    ):
        answer = answer.item()  # a NumPy or torch scalar
    number = isinstance(answer, numbers.Real) and not isinstance(answer, bool)
    return float(answer) if number else None


def fits(mistake: Mistake, answer: Any, tolerance: float) -> bool:
    """Is the answer this mistake?"""
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
            return plain_number(answer)
        if isinstance(answer, (str, bytes, Mapping)) or not hasattr(answer, "__iter__"):
            return None
        # An endless iterator must not fill the memory.
        items = answer.tolist() if hasattr(answer, "tolist") else list(islice(answer, MOST_ITEMS))
        if self.kind == "set":
            return set(items)
        return None if isinstance(answer, (Set, set)) else items  # a set has no order

    def _is_right(self, plain: Any) -> bool:
        if callable(self.right):
            return bool(self.right(plain))
        return same(self._normal(self.right), plain, self.tolerance)

    def _recognises(self, mistake: Mistake, answer: Any, plain: Any) -> bool:
        if fits(mistake, answer if plain is None else plain, self.tolerance):
            return True
        if mistake.when is not None or plain is None:
            return False
        try:
            return any(same(self._normal(e), plain, self.tolerance) for e in mistake.examples)
        except Exception:  # an example is of another kind than the answer
            return False

    def judge(self, exercise: Exercise, answer: Any, seen: Seen) -> Verdict:
        """Compare, and find the misconception behind a wrong value."""
        if untouched(answer):
            return LATER
        try:
            plain = self._normal(answer)
        except Exception:
            plain = None
        if plain is not None and self._is_right(plain):
            return "right", exercise.praise(seen)
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

    def key(self, answer: Any) -> str | None:
        """The option that was meant, or None."""
        given = answer.strip().strip("().").casefold() if isinstance(answer, str) else None
        return next(
            (
                k
                for k, v in self.options.items()
                if given in (k.casefold(), v.strip(".").casefold())
            ),
            None,
        )

    def listing(self, answer: Any) -> str:
        """What to say about an answer that is none of the options."""
        options = "; ".join(f'"{k}": {v}' for k, v in self.options.items())
        return f"Choose one of the options ({options}), not {short(answer)}."

    def judge(self, exercise: Exercise, answer: Any, seen: Seen) -> Verdict:
        """Compare the key (or the option's text), whatever the case."""
        if untouched(answer):
            return LATER
        key = self.key(answer)
        if key is None:
            return "wrong", self.listing(answer)
        if key == self.right:
            return "right", exercise.praise(seen)
        for mistake in exercise.mistakes:
            if fits(mistake, key, 0.0):
                return "wrong", mistake.says
        return "wrong", f"{self.options[key]} is not it. A hint may help."
