"""Answers that are text or numbers: a value, one of several options, a matching, a form."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from tl_helpers.exercises.model import LATER, RIGHT, Mistake, Seen, Verdict, untouched
from tl_helpers.exercises.safely import same, short

MOST_ITEMS = 100_000  # of a learner's list that are looked at


# A number as people write it: thousands with commas or blanks, a typeset minus.
_NUMBER = re.compile(
    r"(?<![\w.,])[-+\u2212]?(?:\d{1,3}(?:[, \u202f]\d{3})+(?!\d)|\d+)?(?:\.\d*)?(?:e[-+]?\d+)?",
    re.I,
)
_NAMED = re.compile(r"^\s*[a-z][\w ]*=\s*(?!=)")  # "n = 4": the name of what is answered
_IN_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_FORMULA = re.compile(r"[*/^()=]|\b(?:log|ln|exp|sqrt|root|np|math)\b", re.I)
_COMMA = re.compile(  # "0,69" and "12,5", but not "1,000"
    r"(?<![\w.,])(0(?=,\d)|\d+(?=,\d)(?!,\d{3}(?!\d))),(?!\d+[.,]\d)"
)
_A_LINE = 80  # characters: what is longer is no number with its unit
_MINUS = re.compile(r"(^|\s)(?:minus|[-\u2212])\s+(?=[\d.])")  # "minus 3"

# What is said where no mistake of the exercise fits; the site says it as well.
OTHER_KIND = "The answer should be {}, not {}."
NOT_YET = "{} is not it yet. A hint may help."
UNUSUAL = "That is what usually comes out, but not here."  # an outcome decided
TOO_LITTLE = (
    "{}: {} is too little for a reader who was not there. "
    "Write a sentence, also where the answer is that nothing is known."
)


def number_in(text: str) -> float | None:
    """The one number in a short text; None if there is none, or several, or a formula.

    Example:
        >>> number_in("window 10"), number_in("104,768"), number_in("4-gram"), number_in("5 or 10")
        (10.0, 104768.0, 4.0, None)
        >>> number_in("n = 4"), number_in("layer one"), number_in("-0,69")
        (4.0, 1.0, -0.69)
    """
    text = _NAMED.sub("", text.casefold()) if len(text) <= _A_LINE else text
    if len(text) > _A_LINE or _FORMULA.search(text):
        return None
    if not any(map(str.isdigit, text)):
        words = re.findall(r"\w+", text)
        found = [_IN_WORDS.index(word) for word in words if word in _IN_WORDS]
        return float(found[0]) if len(found) == 1 and not {*words} & {"no", "not"} else None
    text = _COMMA.sub(r"\1.", _MINUS.sub(r"\1-", text.casefold()))
    numerals = [m.group() for m in _NUMBER.finditer(text) if any(map(str.isdigit, m.group()))]
    if len(numerals) != 1 or sum(map(str.isdigit, text)) != sum(map(str.isdigit, numerals[0])):
        return None
    try:
        return float(re.sub(r"[, \u202f]", "", numerals[0]).replace("\u2212", "-"))
    except ValueError:  # "e5": an exponent of nothing
        return None


def plain_number(answer: Any) -> float | None:
    """The number that an answer is, in whatever form; None if it is none.

    A number of any library, alone in a container, in words, or an interval (its mean).

    Example:
        >>> plain_number("window 10"), plain_number([0.5]), plain_number(True)
        (10.0, 0.5, None)
    """
    if isinstance(answer, str):
        return number_in(answer)
    if isinstance(answer, (list, tuple, Set)) and len(answer) == 1:
        return plain_number(next(iter(answer)))
    if isinstance(mean := getattr(answer, "mean", None), numbers.Real):
        answer = mean  # of an Interval
    if (hasattr(answer, "item") and getattr(answer, "size", 1) in (1,)) or callable(
        getattr(answer, "numel", None)
    ):
        answer = answer.item()  # a NumPy or torch scalar
    number = isinstance(answer, numbers.Real) and not isinstance(answer, bool)
    return float(answer) if number else None


def not_it(answer: Any, wanted: str) -> str:
    """What to say about an answer of the wrong kind.

    Example:
        >>> not_it([], "a number")
        'The answer should be a number, not [] (list).'
    """
    return OTHER_KIND.format(wanted, f"{short(answer)} ({type(answer).__name__})")


class _Plain:
    """A kind that needs nothing but the answer."""

    needs: tuple[str, ...] = ()

    @property
    def stub(self) -> str:
        """The answer before anybody has attempted it."""
        return "..."

    def slips(self, mistake: Mistake, seen: Seen) -> list[Any]:
        """The wrong answers that a mistake stands for."""
        return list(mistake.examples)


KINDS = {
    "number": "a number",
    "text": "a text in quotes",
    "list": "a list",
    "set": "a set or a list",
}


@dataclass(frozen=True)
class Value(_Plain):
    """A value that agrees with ``right``.

    Attributes:
        right: the value.
        form: ``"number"``, ``"text"`` (case, blanks and punctuation ignored), ``"list"`` or
            ``"set"``; the items of these two may stand in a text with commas.
        tolerance: for numbers, relative and absolute.

    Example:
        ``Value(0.25, tolerance=0.005)`` takes ``0.25``, ``1 / 4`` and ``np.array([0.251])``.
    """

    right: Any
    form: Literal["number", "text", "list", "set"] = "number"
    tolerance: float = 1e-6

    def _normal(self, answer: Any) -> Any:
        """The answer in a common form, or None if it is of the wrong kind."""
        if self.form == "text":
            return _letters(answer[:MOST_ITEMS]) if isinstance(answer, str) else None
        if self.form == "number":
            return plain_number(answer)
        if isinstance(answer, str):
            parts = [part.strip() for part in re.split(r",|;|\band\b", answer[:MOST_ITEMS])]
            answer = [number_in(p) if number_in(p) is not None else p for p in parts if p]
            if len(answer) < 2:
                return None
        if isinstance(answer, (bytes, Mapping)) or not hasattr(answer, "__iter__"):
            return None
        # An endless iterator must not fill the memory.
        items = answer.tolist() if hasattr(answer, "tolist") else list(islice(answer, MOST_ITEMS))
        if self.form == "set":
            return set(items)
        return None if isinstance(answer, (Set, set)) else items  # a set has no order

    def _recognises(self, mistake: Mistake, answer: Any, plain: Any) -> bool:
        if mistake.within is not None:
            near = mistake.within
            return plain is not None and any(abs(plain - e) < near for e in mistake.examples)
        if any(same(e, answer if plain is None else plain) for e in mistake.examples):
            return True
        try:
            return plain is not None and any(
                same(self._normal(e), plain, self.tolerance) for e in mistake.examples
            )
        except Exception:  # an example is of another kind than the answer
            return False

    def judge(self, answer: Any, mistakes: Sequence[Mistake], seen: Seen) -> Verdict:
        """Compare, and find the misconception behind a wrong value."""
        try:
            plain = self._normal(answer)
        except Exception:
            plain = None
        if plain is not None and same(self._normal(self.right), plain, self.tolerance):
            return RIGHT
        for mistake in mistakes:  # before the type: "0.5" in quotes can be one too
            if self._recognises(mistake, answer, plain):
                return "wrong", mistake.says
        if plain is None:
            return "wrong", not_it(answer, KINDS[self.form])
        if self.form == "number" and not math.isfinite(plain):
            return "wrong", f"{plain} is not a finite number: look for a division by zero."
        return "wrong", NOT_YET.format(short(answer))


@dataclass(frozen=True)
class Choice(_Plain):
    """One of several options, by its key or its text, whatever the case.

    A prediction is a choice that the learner hands to ``predict`` before the experiment, and to
    ``check`` after it.

    Attributes:
        options: key -> text.
        right: the key of the right one.

    Example:
        ``Choice({"a": "it rises", "b": "it falls"}, right="a")`` takes ``"A"``, ``"it rises"``,
        ``"a: it rises"``, ``"rises"`` and ``["a"]``.
    """

    options: Mapping[str, str]
    right: str

    def key(self, answer: Any) -> str | None:
        """The option that was meant, or None."""
        if isinstance(answer, (list, tuple, Set)) and len(answer) == 1:
            answer = next(iter(answer))
        if not isinstance(answer, str) or len(answer) > MOST_ITEMS:
            return None
        given = _words(answer)
        exact = [k for k, text in self.options.items() if given in (_words(k), _words(text))] or [
            k for k, text in self.options.items() if _no_the(given) == _no_the(_words(text)) != []
        ]
        if exact or not given:
            return exact[0] if exact else None
        # A key with its text behind it, as copied from the notebook; or a part of one text alone.
        for key, text in self.options.items():
            head = _words(key)
            rest = given[len(head) :]
            if given[: len(head)] == head and rest:
                if _in_order(rest, _words(text)):
                    return key
                if any(rest == _words(other) for other in self.options.values()):
                    return None  # the key of one with the text of another
        given = [word for word in given if word not in _ARTICLES]
        if not given or {*given} & _SMALL:
            return None
        partly = [k for k, text in self.options.items() if _in_order(given, _words(text))] or [
            k for k in self.options if _in_order(given, _words(k))
        ]
        return partly[0] if len(partly) == 1 else None

    def listing(self, answer: Any) -> str:
        """What to say about an answer that is none of the options."""
        options = "; ".join(f'"{k}": {v}' for k, v in self.options.items())
        return f"Choose one of the options ({options}), not {short(answer)}."

    def judge(self, answer: Any, mistakes: Sequence[Mistake], seen: Seen) -> Verdict:
        """Compare the option that was meant."""
        key = self.key(answer)
        if key is None:
            return "wrong", self.listing(answer)
        if key == self.right:
            return RIGHT
        for mistake in mistakes:
            if key in mistake.examples:
                return "wrong", mistake.says
        return "wrong", UNUSUAL


_DIGITS = {"1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "0": "zero"}
_ARTICLES = {"a", "an", "the", "it", "its"}
_SMALL = {"is", "of", "to", "and", "or", "not", "no", "they", "be"}


def _words(text: str) -> list[str]:
    """The words of a text without case and punctuation; 1 is the same as one."""
    return [_DIGITS.get(word, word) for word in re.findall(r"\w+", text.casefold())]


def _no_the(words: Sequence[str]) -> list[str]:
    return [word for word in words if word != "the"]


def _in_order(given: Sequence[str], text: Sequence[str]) -> bool:
    """Whether the words stand in a text in this order; a final s does not matter."""
    rest = iter([word.removesuffix("s") for word in text])
    return all(word.removesuffix("s") in rest for word in given)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


@dataclass(frozen=True)
class _Keyed(_Plain):
    """A kind whose answer is a dict with the keys of ``right``."""

    right: Mapping[str, str]

    @property
    def stub(self) -> str:
        """Each key, open."""
        return "{" + ", ".join(f'"{key}": ...' for key in self.right) + "}"

    def slips(self, mistake: Mistake, seen: Seen) -> list[Any]:
        """The right answer but for what the mistake says of some keys."""
        return [{**self.right, **example} for example in mistake.examples]

    def _other_keys(self, answer: Any) -> Verdict:
        keys = ", ".join(f'"{key}"' for key in self.right)
        return "wrong", f"The answer should be a dict with keys {keys}, not {short(answer)}."


@dataclass(frozen=True)
class Matching(_Keyed):
    """A dict that gives each item the option it belongs to.

    The first mistake that fits speaks; then it is said how many items are right. An item that is
    still ``...`` counts as open, not as wrong. The example of a mistake is the one wrong pair.

    Attributes:
        right: item -> option.
        options: option -> other names for it. Case, blanks and hyphens do not matter.

    Example:
        ``Matching({"a": "multi-task"}, {"multi-task": ()})`` takes ``{"A": "Multi task"}``.
    """

    options: Mapping[str, Sequence[str]]

    def _option(self, given: Any) -> str | None:
        names = {_letters(n): o for o, also in self.options.items() for n in (o, *also)}
        if isinstance(given, (tuple, list)):  # a path of terms: the one that is an option counts
            meant = {self._option(item) for item in given if isinstance(item, str)} - {None}
            return meant.pop() if len(meant) == 1 else None
        return names.get(_letters(given)) if isinstance(given, str) else None

    def judge(self, answer: Any, mistakes: Sequence[Mistake], seen: Seen) -> Verdict:
        """Compare item by item, and find the misconception behind the first wrong one."""
        given = {}
        if isinstance(answer, Mapping):
            given = {str(k).strip().casefold(): v for k, v in answer.items()}
        if not given or not given.keys() <= self.right.keys():
            return self._other_keys(answer)
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
            return RIGHT
        good = sum(self.right[key] == option for key, option in plain.items())
        still = ", ".join(key for key in self.right if key not in plain)
        score = f"{good} of {len(self.right)} are right" + f"; still open: {still}" * bool(still)
        fitting = (m for m in mistakes if any(e.items() <= plain.items() for e in m.examples))
        if (mistake := next(fitting, None)) is not None:
            return "wrong", f"{mistake.says} ({score}.)"
        if good < len(plain):
            return "wrong", f"A hint may help. ({score}.)"
        return "wrong", f"So far so good: {score}."


@dataclass(frozen=True)
class Want:
    """Something that a field of a form must speak of.

    Attributes:
        words: patterns; one of them has to occur, whatever the case.
        says: what to say where none does.
        thin: a text for the field that leaves it out.
    """

    words: Sequence[str]
    says: str
    thin: str

    def found(self, text: str) -> bool:
        """Whether a text speaks of it.

        Example:
            >>> Want(["licen[cs]e"], "Under which licence?", "Free.").found("Its licence is MIT.")
            True
        """
        return any(re.search(pattern, text, re.IGNORECASE) for pattern in self.words)


@dataclass(frozen=True)
class Form(_Keyed):
    """A dict of fields that are filled in free words; what is missing is said, not how to say it.

    A field that is still ``...`` counts as open. Numbers and lists count as the words that they
    are. The example of a mistake is the one field that leaves something out.

    Attributes:
        right: a form that leaves nothing out.
        wants: field -> what it must speak of.

    Example:
        ``Form({"use": "To sort reviews."}, {"use": [want]})`` takes any text that ``want`` finds.
    """

    wants: Mapping[str, Sequence[Want]]

    def judge(self, answer: Any, mistakes: Sequence[Mistake], seen: Seen) -> Verdict:
        """Look for what is missing, field by field."""
        fields = {_letters(key): key for key in self.right}
        given = {}
        if isinstance(answer, Mapping):
            given = {_letters(str(key)): value for key, value in answer.items()}
        if not given or not given.keys() <= fields.keys():
            return self._other_keys(answer)
        filled = {key: given[name] for name, key in fields.items() if name in given}
        filled = {key: value for key, value in filled.items() if not untouched(value)}
        if not filled:
            return LATER
        missing, there = [], 0
        for key, value in filled.items():
            text = _in_words(value)
            if len(re.findall(r"\w+", text)) < FEWEST_WORDS:
                missing.append(TOO_LITTLE.format(key, short(value)))
                continue
            lacking = [want.says for want in self.wants[key] if not want.found(text)]
            missing += lacking
            there += len(self.wants[key]) - len(lacking)
        points = sum(map(len, self.wants.values()))
        still = ", ".join(key for key in self.right if key not in filled)
        score = f"{there} of {points} points are there" + f"; still open: {still}" * bool(still)
        if missing:
            return "wrong", f"{missing[0]} ({score}.)"
        return RIGHT if not still else ("wrong", f"So far so good: {score}.")


FEWEST_WORDS = 3  # of a field: what is shorter tells a reader nothing


def _in_words(value: Any) -> str:
    """What stands in a field, as one text."""
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple, Set)):
        return ", ".join(_in_words(item) for item in islice(value, MOST_ITEMS))
    return str(value)[:MOST_ITEMS] if isinstance(value, (str, numbers.Real)) else ""
