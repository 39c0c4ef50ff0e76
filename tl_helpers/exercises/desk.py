"""What the learner calls: predict, check, hint, solution, progress."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from tl_helpers.core import output
from tl_helpers.core.errors import BadValue, UnknownName
from tl_helpers.exercises import key, record, sheet
from tl_helpers.exercises.answers import Choice
from tl_helpers.exercises.model import LATER, Exercise, Status, untouched
from tl_helpers.exercises.texts import BOLD, STRESS

_LOOKS: dict[str, tuple[str, str, str]] = {  # word, mark, colour of the edge
    "right": ("Right", "✓", "#0E9A76"),
    "wrong": ("Not yet", "✗", "#D55E00"),
    "not attempted": ("Not attempted yet", "○", "#8A8A8A"),
    "noted": ("Noted", "✎", "#0072B2"),
    "hint": ("Hint", "→", "#0072B2"),
    "solution": ("One solution", "=", "#0072B2"),
}

_LEFT = "text-align:left"  # JupyterLab sets the cells of a table to the right


def _marked_up(text: str) -> str:
    """A message as HTML: `` `code` ``, ``*stress*`` and ``**bold**`` as meant; else as it is."""
    parts = re.split(r"`([^`\n]+)`", escape(text))  # every second one is code
    return "".join(
        f"<code>{part}</code>"
        if place % 2
        else STRESS.sub(r"<em>\1</em>", BOLD.sub(r"<strong>\1</strong>", part))
        for place, part in enumerate(parts)
    )


@dataclass(frozen=True)
class Feedback(output.Shown):
    """What the learner is told.

    Attributes:
        id: of the exercise.
        status: ``"right"``, ``"wrong"``, ``"not attempted"``, ``"noted"``, ``"hint"`` or
            ``"solution"``.
        message: in words.
        code: source to show beneath.
        number: of the exercise in its notebook, if it has one.
    """

    id: str
    status: Status | str
    message: str
    code: str = ""
    number: int = 0

    def __bool__(self) -> bool:
        return self.status == "right"

    def bundle(self) -> tuple[output.Bundle, output.Bundle]:
        """A small card, and the same in plain text."""
        word, mark, edge = _LOOKS[self.status]
        lead = f"Exercise {self.number}. " if self.number else ""
        lead += "" if self.message.startswith(word) else f"{word}. "
        pre = (  # JupyterLab would break a line in the middle of a word
            '<pre style="margin:.5em 0 0;white-space:pre-wrap;word-break:normal;'
            'overflow-wrap:break-word;background:transparent;color:inherit">'
            f"{escape(self.code)}</pre>"
            if self.code
            else ""
        )
        html = (
            '<div role="status" style="max-width:600px;box-sizing:border-box;margin:.4em 0;'
            "padding:.5em .9em;border:1px solid "
            "var(--jp-border-color2,var(--pst-color-border,rgba(128,128,128,.45)));"
            f"border-left:6px solid {edge};border-radius:8px;font-size:14px;line-height:1.45;"
            'color:var(--jp-ui-font-color1,var(--pst-color-text-base,currentColor))">'
            f"<b>{mark} {escape(lead)}</b>{_marked_up(self.message)}{pre}</div>"
        )
        text = f"{mark} {lead}{self.message}" + (f"\n{self.code}" if self.code else "")
        return {"text/html": html, "text/plain": text}, {}


_hints: dict[str, int] = {}


def _exercise(id: str | Exercise) -> Exercise:
    return id if isinstance(id, Exercise) else sheet.find(id)


def check(id: str | Exercise, answer: Any = None, **seen: Any) -> Feedback:
    """Check an answer and say something useful about it. Never fails because of the answer.

    Args:
        id: of the exercise, or the exercise itself.
        answer: a value, or the learner's function; ``...`` and None mean "not attempted yet".
        **seen: what was measured, for a question about it: ``curves=curves``.

    Raises:
        UnknownName: no such exercise.

    Example:
        >>> check("dist-shift", 0.69).status  # doctest: +SKIP
        'wrong'
    """
    exercise = _exercise(id)
    status, message = exercise.judge(answer, seen)
    if status != "not attempted":
        change = {"done": True} if status == "right" else {}
        slip = exercise.slip(message) if status == "wrong" else None
        message += record.note(exercise.id, tries=1, slip=slip, **change)
    feedback = Feedback(exercise.id, status, message.strip(), number=exercise.number)
    data, how = feedback.bundle()
    if untouched(answer) and (run := key.measured(exercise, seen)):
        data = {**data, key.MIME: run}  # for the site, where nothing is run
    feedback.show((data, how))
    return feedback


def predict(id: str | Exercise, answer: Any = None) -> Feedback:
    """Note a prediction before the experiment is run; nothing is judged until :func:`check`.

    Args:
        id: of an exercise with options, or the exercise itself.
        answer: one of them; ``...`` and None mean "not attempted yet".

    Raises:
        UnknownName: no such exercise.
        BadValue: it has no options, so there is nothing to predict.

    Example:
        >>> predict("dist-window", "a").status  # doctest: +SKIP
        'noted'
    """
    exercise = _exercise(id)
    choice = exercise.kind
    if not isinstance(choice, Choice):
        raise BadValue(
            f"Exercise {exercise.id!r} is not a prediction.",
            f'Use check("{exercise.id}", answer).',
        )
    feedback = Feedback(exercise.id, *LATER, number=exercise.number)
    if not untouched(answer):
        key = choice.key(answer)
        if key is None:
            feedback = replace(feedback, status="wrong", message=choice.listing(answer))
        else:
            remark = record.note(exercise.id, prediction=key)
            text = f"Your prediction: {choice.options[key]}. Run on, and see.{remark}"
            feedback = replace(feedback, status="noted", message=text)
    feedback.show()
    return feedback


def hint(id: str | Exercise) -> Feedback:
    """Show the next hint; after the last one, the last again.

    Raises:
        UnknownName: no such exercise.

    Example:
        >>> hint("dist-pmi").message.endswith("(2 more: call hint again)")  # doctest: +SKIP
        True
    """
    exercise = _exercise(id)
    number = min(_hints.get(exercise.id, 0) + 1, len(exercise.hints))
    _hints[exercise.id] = number
    more = len(exercise.hints) - number
    rest = f" ({more} more: call hint again)" if more else " (that was the last hint)"
    said = f"{exercise.hints[number - 1]}{rest}"
    feedback = Feedback(exercise.id, "hint", said, number=exercise.number)
    feedback.show()
    return feedback


def solution(id: str | Exercise) -> Feedback:
    """Show one solution. Others are just as right.

    Raises:
        UnknownName: no such exercise.

    Example:
        >>> solution("dist-pmi").code.splitlines()[0]  # doctest: +SKIP
        'def pmi(together, word, context, total):'
    """
    exercise = _exercise(id)
    remark = record.note(exercise.id, solution_seen=True)
    text = f"{exercise.praise}{remark}".strip()
    code = exercise.solution.strip()
    feedback = Feedback(exercise.id, "solution", text, code, exercise.number)
    feedback.show()
    return feedback


@dataclass(frozen=True)
class Progress(output.Shown):
    """Which exercises are done. ``rows`` holds (notebook, id, question, state)."""

    rows: tuple[tuple[str, str, str, str], ...]

    @property
    def done(self) -> int:
        """How many are done."""
        return sum(state.startswith("✓") for *_, state in self.rows)

    def bundle(self) -> tuple[output.Bundle, output.Bundle]:
        """A table, and the same in plain text."""
        head = f"{self.done} of {len(self.rows)} exercises done."
        lines, body, seen = [], "", Counter[str]()
        for notebook, id, question, state in self.rows:
            seen[notebook] += 1
            number = seen[notebook]  # the rows are in the order of the notebook
            lines.append(f"{state:<28} {notebook}  {number}. {id}")
            body += (
                f"<tr><td style='{_LEFT}'>{escape(notebook)}</td>"
                f"<td style='{_LEFT}'>{number}. {_marked_up(question)}</td>"
                f"<td style='{_LEFT};white-space:nowrap'>{escape(state)}</td></tr>"
            )
        html = (
            f"<p>{head}</p><table><thead><tr>"
            + "".join(
                f"<th scope='col' style='{_LEFT}'>{name}</th>"
                for name in ("Notebook", "Exercise", "State")
            )
            + f"</tr></thead><tbody>{body}</tbody></table>"
        )
        return {"text/html": html, "text/plain": "\n".join([head, *lines])}, {}


def progress(notebook: str | None = None) -> Progress:
    """Show what is done and what is open, from one local file.

    Args:
        notebook: only the exercises of this one.

    Raises:
        UnknownName: a notebook without exercises.

    Example:
        >>> progress("10_distributional_hypothesis").done  # doctest: +SKIP
        0
    """
    known = sheet.everything() if notebook is None else sheet.of(notebook)
    if notebook is not None and not known:
        names = {exercise.notebook for exercise in sheet.everything().values()}
        raise UnknownName("notebook with exercises", notebook, names)
    noted = record.read()
    rows = []
    for id, exercise in known.items():
        entry = noted.get(id, {})
        tries = int(entry.get("tries") or 0)
        seen = ", solution seen" if entry.get("solution seen") else ""
        state = "✓ done" if entry.get("done") else f"✗ tried {tries}×" if tries else "○ open"
        rows.append((exercise.notebook, id, exercise.question, state + seen))
    result = Progress(tuple(rows))
    result.show()
    return result
