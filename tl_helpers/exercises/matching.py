"""A right answer that is a matching: each item with the option it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tl_helpers.exercises.answers import LATER, Seen, Verdict, fits, untouched
from tl_helpers.exercises.safely import short

if TYPE_CHECKING:
    from tl_helpers.exercises.model import Exercise


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

    def judge(self, exercise: Exercise, answer: Any, seen: Seen) -> Verdict:
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
            return "right", exercise.praise(seen)
        good = sum(self.right[key] == option for key, option in plain.items())
        still = ", ".join(key for key in self.right if key not in plain)
        score = f"{good} of {len(self.right)} are right" + f"; still open: {still}" * bool(still)
        says = next((m.says for m in exercise.mistakes if fits(m, plain, 0.0)), "")
        if not says and good < len(plain):
            says = "A hint may help."
        return "wrong", f"{says} ({score}.)" if says else f"So far so good: {score}."
