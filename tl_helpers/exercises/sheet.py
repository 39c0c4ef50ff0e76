"""The exercises of a lesson, and where those of all lessons are."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tl_helpers.core import lessons, records
from tl_helpers.core.errors import BadValue, BrokenFile, UnknownName
from tl_helpers.exercises import texts
from tl_helpers.exercises.functions import Function, Reading
from tl_helpers.exercises.model import Exercise, Mistake

Code = Callable[..., Any]


class Sheet:
    """The exercises of one lesson.

    Their words stand in ``exercises.toml``, in the order of the notebook; ``exercises.py`` beside
    it makes the sheet, and gives it the functions.

    Args:
        notebook: the lesson's notebook.
        file: ``__file__`` of ``exercises.py``.

    Raises:
        BrokenFile: something is wrong with the words; says in which line.

    Example:
        ``sheet = Sheet(lesson.notebook, __file__)``
    """

    def __init__(self, notebook: str, file: str | Path) -> None:
        self.notebook = notebook
        self.path = Path(file).with_suffix(".toml")
        self._words = texts.read(self.path)
        self._drafts: dict[str, Draft] = {}
        self._outcomes: dict[str, Code] = {}

    def function(
        self,
        id: str,
        *,
        cases: Callable[[np.random.Generator], Sequence[tuple[Any, ...]]],
        returns: str,
        tolerance: float = 1e-6,
        seconds: float = 5.0,
        cost: Callable[..., float] | None = None,
        lacks: Callable[[Code], str] | None = None,
    ) -> Callable[[Code], Draft]:
        """The decorated function is the right one, its docstring the praise.

        Args:
            id: of the exercise.
            cases: ``cases(rng)`` draws a list of argument tuples, new ones at every check.
            returns: what the function returns, in words: ``"one number, in nats"``.
            tolerance: for numbers, relative and absolute.
            seconds: how long a learner's function may run on one set of inputs.
            cost: ``cost(value, *case)`` is least at the right value: a search for a flat optimum
                is judged by how deep it got, not by where.
            lacks: ``lacks(function)`` says what a learner's function still lacks although its
                values are right, and "" if nothing.
        """
        return lambda right: self._draft(
            id, "function", right, Function(right, cases, tolerance, returns, seconds, cost, lacks)
        )

    def reading(
        self,
        id: str,
        *,
        seen: Callable[[np.random.Generator], Mapping[str, Any]],
        form: str = "a number",
        text: bool = False,
    ) -> Callable[[Code], Draft]:
        """The decorated function reads the answer off what the learner measured.

        It has the name that the learner's answer has in the notebook, takes what was measured by
        its names there, and ends with its ``return``; its docstring is the praise. What an eye
        could read instead is listed by a function under ``also_right``.

        Args:
            id: of the exercise.
            seen: ``seen(rng)`` draws what a learner may have measured, for the tests.
            form: what the answer is, in words: ``"a label count"``.
            text: the answer may be a word.
        """
        return lambda right: self._draft(
            id, "reading", right, Reading(right, seen, form=form, text=text)
        )

    def outcome(self, id: str) -> Callable[[Code], Code]:
        """The decorated function says what came out, before the praise of an exercise in words.

        It takes what the learner measured, by the names of the notebook, and returns a sentence;
        of a choice also ``(sentence, option)``, where the run decides which option is right.
        """

        def noted(outcome: Code) -> Code:
            self._must_be(id, ("choice", "value", "matching"), outcome)
            self._outcomes[id] = outcome
            return outcome

        return noted

    def _draft(self, id: str, kind: str, right: Code, how: Function | Reading) -> Draft:
        self._must_be(id, (kind,), right)
        self._drafts[id] = Draft(right, how)
        return self._drafts[id]

    def _must_be(self, id: str, kinds: Sequence[str], function: Code) -> None:
        if id not in self._words or self._words[id].kind not in kinds:
            listed = [known for known, words in self._words.items() if words.kind in kinds]
            raise UnknownName(
                f"{' or '.join(kinds)} of {self.path} ({place(function)})", id, listed
            )
        if id in self._drafts or id in self._outcomes:
            raise BadValue(f"{place(function)}: there are two exercises {id!r}.", "Rename one.")

    @functools.cached_property
    def exercises(self) -> dict[str, Exercise]:
        """All of them by id, in the order of the notebook.

        Raises:
            BrokenFile: one has words but no functions.
        """
        made = {}
        for id, words in self._words.items():
            if isinstance(words, texts.Text):
                made[id] = words.exercise(id, self.notebook, self._outcomes.get(id))
            elif id in self._drafts:
                made[id] = self._drafts[id].exercise(id, self.notebook, words)
            else:
                line = records.line_of(self.path.read_text("utf-8"), [id])
                raise BrokenFile(
                    f"{self.path}, line {line}: {id} has no {words.kind}.",
                    f'Write it in exercises.py, under @sheet.{words.kind}("{id}", ...).',
                )
        numbered = enumerate(made.items(), start=1)
        return {id: replace(exercise, number=number) for number, (id, exercise) in numbered}


@dataclass
class Draft:
    """A function or a reading that is being written: its functions join it one by one."""

    right: Code
    kind: Function | Reading
    mistakes: list[Mistake] = field(default_factory=list)
    others: list[Code] = field(default_factory=list)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """The right one."""
        return self.right(*arguments, **named)

    def wrong(self, function: Code | None = None, *, also: Sequence[Code] = ()) -> Any:
        """The decorated function is a typical wrong one, its docstring the feedback on it.

        The order counts: the first that does what the learner's does speaks.

        Args:
            function: the one that is decorated.
            also: others that show the same misconception.
        """
        if function is None:
            return functools.partial(self.wrong, also=also)
        self.mistakes.append(Mistake(_said(function), (function, *also)))
        return function

    def also_right(self, function: Code) -> Code:
        """The decorated function is right, too; for a reading, it lists further right answers."""
        if isinstance(self.kind, Reading):
            self.kind = replace(self.kind, by_eye=function)
        else:
            self.others.append(function)
        return function

    def exercise(self, id: str, notebook: str, words: texts.Words) -> Exercise:
        """What has come together.

        Raises:
            BadValue: fewer than three mistakes, or no docstring.
        """
        if len(self.mistakes) < 3:
            raise BadValue(
                f"{place(self.right)}: exercise {id!r} needs three wrong functions.",
                "Feedback on typical wrong answers is what teaches.",
            )
        return Exercise(
            id=id,
            notebook=notebook,
            question=words.question,
            kind=self.kind,
            mistakes=tuple(self.mistakes),
            hints=tuple(words.hints),
            solution=source(self.right, as_cell=isinstance(self.kind, Reading)),
            praise=_said(self.right),
            also_right=tuple(self.others),
        )


def place(function: Code) -> str:
    """File and line of a function: ``exercises.py, line 12``.

    Example:
        >>> place(place).rpartition("/")[2].partition(",")[0]
        'sheet.py'
    """
    code = function.__code__
    return f"{code.co_filename}, line {code.co_firstlineno}"


def _said(function: Code) -> str:
    """What its docstring says to the learner."""
    if not function.__doc__:
        raise BadValue(
            f"{place(function)}: {function.__name__} has no docstring.",
            "It is what the learner is told: praise for the right one, feedback for a wrong one.",
        )
    return texts.joined(function.__doc__)


def source(function: Code, as_cell: bool = False) -> str:
    """A function as a learner may write it: without decorators and docstring.

    Args:
        function: it stands in a file, and has a docstring.
        as_cell: the body alone; what it returns at the end gets the function's name.

    Example:
        >>> source(place).splitlines()[0]
        'def place(function: Code) -> str:'
    """
    text = textwrap.dedent(inspect.getsource(function))
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.FunctionDef)
    words, last = node.body[0], node.body[-1]
    lines = text.splitlines()
    body = textwrap.dedent("\n".join(lines[words.end_lineno :])).strip("\n")
    if not as_cell:
        return "\n".join(
            [*lines[node.lineno - 1 : words.lineno - 1], textwrap.indent(body, "    ")]
        )
    if not isinstance(last, ast.Return):
        raise BadValue(f"{place(function)} must end with its return.", "Its value is the answer.")
    before, _, value = f"\n{body}".rpartition("\nreturn ")
    return f"{before}\n{node.name} = {value}".strip("\n")


_sheets: dict[str, Sheet] = {}  # by notebook, as far as somebody asked for one


@functools.cache
def _load_all() -> None:
    for module in lessons.modules(lambda name: name == "exercises"):
        _sheets.setdefault(module.sheet.notebook, module.sheet)


def of(notebook: str) -> dict[str, Exercise]:
    """The exercises of one notebook, from its own lesson's folder; none if there are none.

    Example:
        >>> sorted(of("10_distributional_hypothesis"))[0]
        'dist-pmi'
    """
    if notebook not in _sheets:
        module = lessons.load(notebook, "exercises")
        if module is None:
            return {}
        _sheets[notebook] = module.sheet
    return _sheets[notebook].exercises


def everything() -> dict[str, Exercise]:
    """The exercises of all lessons by id, in the order of the notebooks.

    Raises:
        BadValue: two lessons use one id.

    Example:
        >>> everything()["dist-pmi"].notebook
        '10_distributional_hypothesis'
    """
    _load_all()
    known: dict[str, Exercise] = {}
    for _, sheet in sorted(_sheets.items()):
        for id, exercise in sheet.exercises.items():
            if id in known:
                raise BadValue(
                    f"Exercise {id!r} is in {known[id].notebook} and in {sheet.notebook}.",
                    f"Rename it in {sheet.path}.",
                )
            known[id] = exercise
    return known


def find(id: str, notebook: str | None = None) -> Exercise:
    """One exercise.

    Args:
        id: its name.
        notebook: look into its lesson alone; otherwise all lessons are read, once.

    Raises:
        UnknownName: there is none of this name; says which are.

    Example:
        >>> find("dist-pmi").notebook
        '10_distributional_hypothesis'
    """
    known = everything() if notebook is None else of(notebook)
    if id not in known:
        raise UnknownName("exercise", id, known)
    return known[id]
