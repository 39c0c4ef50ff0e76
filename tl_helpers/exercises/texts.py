"""The words of a lesson's exercises: the form of its ``exercises.toml``.

Each exercise is a table named by its id, in the order of the notebook, with ``kind``, ``question``
(word for word as in the notebook) and ``hints``. Line breaks within a text do not matter. The kinds
``"function"`` and ``"reading"`` have the rest in ``exercises.py``; the others also have ``right``,
``mistakes``, ``praise`` and perhaps ``solution`` and ``also_right``:

* ``"choice"``: ``options`` is a table key -> text, ``mistakes`` one of wrong key -> feedback.
* ``"value"``: ``form`` and ``tolerance`` are those of :class:`~tl_helpers.exercises.Value`; a
  mistake has ``answers``, perhaps ``within``, and ``says``.
* ``"matching"``: ``right`` is a table item -> option, ``options`` one of option -> other names for
  it, and ``mistakes`` one of item -> wrong option -> feedback.
* ``"form"``: ``right`` is a table field -> text that leaves nothing out, ``wants`` one of field ->
  what it must speak of: ``words`` (patterns, one of which has to occur), ``says`` (what is said
  where none does) and ``thin`` (a text that leaves it out).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, RootModel, StringConstraints, model_validator

from tl_helpers.core import records
from tl_helpers.core.records import Record
from tl_helpers.exercises.answers import Choice, Form, Matching, Value, Want
from tl_helpers.exercises.model import Exercise, Kind, Mistake, Outcome

# What is marked up in a message.
STRESS = re.compile(r"(?<![\w*])\*(?![\s*])([^*\n]+)(?<!\s)\*(?![\w*])")  # not a * b * c
BOLD = re.compile(r"\*\*(?![\s*])([^*\n]+)(?<!\s)\*\*")  # nor 2 ** 3 ** 2


def joined(text: str) -> str:
    """A text without its line breaks: ``"one\\n  two" -> "one two"``.

    Example:
        >>> joined("one\\n  two")
        'one two'
    """
    return " ".join(text.split())


def _pattern(text: str) -> str:
    """A regular expression, or a ValueError."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from None
    return text


Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
_KIND = Field(discriminator="kind")
Line = Annotated[str, StringConstraints(min_length=1), AfterValidator(joined)]


class Words(Record):
    """The words of a function or a reading."""

    kind: str
    question: Line
    hints: Annotated[list[Line], Field(min_length=1)]


class _Coded(Words):
    kind: Literal["function", "reading"]


class Text(Words):
    """An exercise that is all words."""

    right: Any
    praise: str = ""
    solution: str = ""
    also_right: list[Any] = []

    def what(self) -> Kind:
        """What makes an answer right."""
        raise NotImplementedError

    def slips(self) -> tuple[Mistake, ...]:
        """The mistakes, in their order."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _teaches(self) -> Text:
        if len(self.slips()) < 3:
            raise ValueError("an exercise needs three mistakes, because feedback is what teaches")
        return self

    def exercise(self, id: str, notebook: str, outcome: Callable[..., Outcome] | None) -> Exercise:
        """The exercise that this describes."""
        return Exercise(
            id=id,
            notebook=notebook,
            question=self.question,
            kind=self.what(),
            mistakes=self.slips(),
            hints=tuple(self.hints),
            solution=self.solution.strip() or f"answer = {self.right!r}",
            praise=joined(self.praise),
            outcome=outcome,
            also_right=tuple(self.also_right),
        )


class _Choice(Text):
    kind: Literal["choice"]
    right: str
    options: dict[str, Line]
    mistakes: dict[str, Line]

    @model_validator(mode="after")
    def _each_wrong_option_has_feedback(self) -> _Choice:
        if self.options.keys() - {self.right} != self.mistakes.keys():
            raise ValueError("each option but the right one needs its mistake, and nothing else")
        if self.right not in self.options:
            raise ValueError(f"right is {self.right!r}, which is none of the options")
        return self

    def what(self) -> Kind:
        return Choice(self.options, self.right)

    def slips(self) -> tuple[Mistake, ...]:
        return tuple(Mistake(says, (key,)) for key, says in self.mistakes.items())


class _Slip(Record):
    answers: Annotated[list[Any], Field(min_length=1)]
    within: float | None = None
    says: Line


class _Value(Text):
    kind: Literal["value"]
    form: Literal["number", "text", "list", "set"] = "number"
    tolerance: float = 1e-6
    mistakes: list[_Slip]

    def what(self) -> Kind:
        return Value(self.right, self.form, self.tolerance)

    def slips(self) -> tuple[Mistake, ...]:
        return tuple(Mistake(slip.says, tuple(slip.answers), slip.within) for slip in self.mistakes)


class _Matching(Text):
    kind: Literal["matching"]
    right: dict[str, str]
    options: dict[str, list[str]]
    mistakes: dict[str, dict[str, Line]]

    @model_validator(mode="after")
    def _speaks_of_what_is_there(self) -> _Matching:
        named = {*self.right.values(), *(o for wrong in self.mistakes.values() for o in wrong)}
        if unknown := [*(self.mistakes.keys() - self.right), *(named - self.options.keys())]:
            raise ValueError(f"there is no item or option {unknown[0]!r}")
        return self

    def what(self) -> Kind:
        return Matching(self.right, self.options)

    def slips(self) -> tuple[Mistake, ...]:
        return tuple(
            Mistake(says, ({item: option},))
            for item, wrong in self.mistakes.items()
            for option, says in wrong.items()
        )


class _Want(Record):
    words: Annotated[list[Annotated[str, AfterValidator(_pattern)]], Field(min_length=1)]
    says: Line
    thin: Line


class _Form(Text):
    kind: Literal["form"]
    right: dict[str, Line]
    wants: dict[str, list[_Want]]

    @model_validator(mode="after")
    def _asks_for_what_is_there(self) -> _Form:
        if self.wants.keys() != self.right.keys():
            raise ValueError("right and wants need the same fields")
        return self

    def what(self) -> Kind:
        return Form(
            self.right,
            {
                field: [Want(want.words, want.says, want.thin) for want in wants]
                for field, wants in self.wants.items()
            },
        )

    def slips(self) -> tuple[Mistake, ...]:
        return tuple(
            Mistake(want.says, ({field: want.thin},))
            for field, wants in self.wants.items()
            for want in wants
        )


class _File(RootModel[dict[Id, Annotated[_Coded | _Choice | _Value | _Matching | _Form, _KIND]]]):
    pass


def read(path: Path) -> dict[str, Words]:
    """The words of each exercise by id, in the order of the file.

    Raises:
        BrokenFile: it is no TOML, has an id twice, or lacks something; says in which line.

    Example:
        >>> from tl_helpers.core import lessons
        >>> read(lessons.home() / "start_here" / "exercises.toml")["start-pool"].kind
        'function'
    """
    return dict(records.read(path, _File).root)
