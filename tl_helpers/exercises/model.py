"""What an exercise is; the kinds of right answers are in the modules that follow."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Status = Literal["right", "wrong", "not attempted"]
Verdict = tuple[Status, str]
Outcome = str | tuple[str, str]  # what came out in words; of a choice perhaps with its option
Seen = Mapping[str, Any]  # what the learner measured, by the names of the notebook

LATER: Verdict = ("not attempted", "Not attempted yet: replace the ... with your answer.")
RIGHT: Verdict = ("right", "")  # the praise is the exercise's


def untouched(answer: Any) -> bool:
    """Whether this is the stub as it came, or nothing.

    Example:
        >>> untouched(...), untouched(None), untouched(0)
        (True, True, False)
    """
    return answer is None or answer is ... or answer is NotImplemented


@dataclass(frozen=True)
class Mistake:
    """A typical wrong answer and what to say about it.

    Attributes:
        says: feedback that names the misconception and points onwards, without the answer.
        examples: wrong values, or functions that behave wrongly.
        within: how near a number must be to an example; else the tolerance of the exercise counts.
    """

    says: str
    examples: tuple[Any, ...]
    within: float | None = None


class Kind(Protocol):
    """What makes an answer right, and how a wrong one is recognised."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of what the learner must have measured."""

    @property
    def stub(self) -> str:
        """The answer before anybody has attempted it: ``"..."``."""

    def judge(self, answer: Any, mistakes: Sequence[Mistake], seen: Seen) -> Verdict:
        """Compare, and find the misconception behind a wrong answer."""

    def slips(self, mistake: Mistake, seen: Seen) -> list[Any]:
        """The wrong answers that a mistake stands for."""


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        id: name in kebab-case.
        notebook: where it stands.
        question: the task in a sentence or two, word for word as in the notebook.
        kind: what makes an answer right.
        mistakes: at least three.
        hints: from a nudge to nearly the answer.
        solution: source of a cell that solves it; it assigns one name, or defines one function.
        praise: what a right answer earns beside "Right.".
        outcome: says what came out, before the praise; it takes what was measured. Of a choice it
            may also name the option that came out, which then is the right one.
        also_right: further answers that must pass.
        number: its place in the notebook, from 1 on; 0 for one that stands in none.
    """

    id: str
    notebook: str
    question: str
    kind: Kind
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, ...]
    solution: str
    praise: str = ""
    outcome: Callable[..., Outcome] | None = None
    also_right: tuple[Any, ...] = ()
    number: int = 0

    @property
    def label(self) -> str:
        """What the notebook calls it: ``"Exercise 3"``; its id where it has no number."""
        return f"Exercise {self.number}" if self.number else self.id

    def judge(self, answer: Any, seen: Seen) -> Verdict:
        """What to say about an answer, given what was measured."""
        if untouched(answer):
            return LATER
        if missing := [name for name in self.kind.needs if name not in seen]:
            call = ", ".join(f"{name}={name}" for name in self.kind.needs)
            return "not attempted", (
                f"Hand over what you measured as well ({', '.join(missing)}): "
                f'check("{self.id}", answer, {call}).'
            )
        said, kind = self.came_out(seen)
        status, message = kind.judge(answer, self.mistakes, seen)
        if kind is not self.kind:  # praise and mistakes explain the usual outcome
            return (status, said) if status == "right" else (status, f"{message} {said}")
        return (status, f"{said} {self.praise}".strip()) if status == "right" else (status, message)

    def slip(self, message: str) -> str:
        """What the course says to the typical mistake behind a message; "" if there is none."""
        return next((m.says for m in self.mistakes if m.says in message), "")

    def came_out(self, seen: Seen) -> tuple[str, Kind]:
        """What the learner's own run says, and what is right after it.

        Example:
            >>> exercise.came_out({})[0]  # doctest: +SKIP
            ''
        """
        kind: Any = self.kind
        try:
            came = self.outcome(**seen) if self.outcome is not None else ""
        except Exception:  # nothing was handed over, or not what the author thought of
            return "", kind
        if isinstance(came, str):
            return came, kind
        said, right = came
        return said, kind if right == kind.right else dataclasses.replace(kind, right=right)

    def _target(self) -> ast.FunctionDef | str:
        body = ast.parse(self.solution).body
        for node in body:
            if isinstance(node, ast.FunctionDef):
                return node
        last = [node for node in body if isinstance(node, ast.Assign)][-1]
        return ast.unparse(last.targets[0])

    @property
    def name(self) -> str:
        """What the learner's answer is called in the notebook."""
        target = self._target()
        return target if isinstance(target, str) else target.name

    def cell(self) -> str:
        """The cell that a notebook needs: the untouched stub, the check, and the way to a hint."""
        target = self._target()
        if isinstance(target, str):
            stub = f"{target} = {self.kind.stub}"
        else:
            stub = f"def {target.name}({ast.unparse(target.args)}):\n    ..."
        measured = self.kind.needs or (
            tuple(inspect.signature(self.outcome).parameters) if self.outcome else ()
        )
        seen = "".join(f", {name}={name}" for name in measured)
        return (
            f'{stub}\n\nlesson.check("{self.id}", {self.name}{seen})\n'
            f'# Stuck? lesson.hint("{self.id}")   Compare: lesson.solution("{self.id}")'
        )
