"""The exercises on the site: a form in the place of "not attempted yet".

``ask.js`` makes the form from the exercise's key, and judges with it, in the reader's browser.
Without a script a reader finds the way to the notebook. The key is written in base64, so that the
answers do not stand in plain sight.
"""

from __future__ import annotations

import ast
import base64
import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbformat.v4 import new_output

from tl_helpers import exercises
from tl_helpers.exercises import Exercise, key
from tl_helpers.press import templates

TEMPLATE = Path(__file__).parent / "templates" / "ask.html.j2"
_CALL = re.compile(r"lesson\.(check|predict)\(\s*[\"']([\w-]+)[\"']")
_ANEW = re.compile(r"(?m)^#+ |^\*\*Exercise \d")
_NONE: Mapping[str, str] = {}
_LATER = re.compile(r"^\W (?:Exercise \d+\. )?Not attempted yet")


def _asked(cell: Any) -> tuple[str, Exercise] | None:
    """Which exercise a cell asks for, and whether it is to be predicted or checked."""
    call = _CALL.search(cell.source)
    exercise = exercises.everything().get(call[2]) if call else None
    return (call[1], exercise) if call and exercise else None


def at_once(cells: Sequence[Any]) -> dict[str, str]:
    """Predictions that their form judges at once, because nothing on the page would answer them.

    Either the cells after the prediction, up to the next heading or exercise, have no output of the
    experiment; or the question says "Predict first", and the notebook has no cell to do so.

    Args:
        cells: of a notebook, with the outputs of its run.

    Returns:
        The exercise, and the call whose cell holds the one form: ``"predict"`` or ``"check"``.

    Example:
        >>> at_once([])
        {}
    """
    asked = {place: one for place, cell in enumerate(cells) if (one := _asked(cell))}
    predicted = {exercise.id for what, exercise in asked.values() if what == "predict"}
    found: dict[str, str] = {}
    for place, (what, exercise) in asked.items():
        if not isinstance(exercise.kind, exercises.Choice):
            continue
        alone = exercise.id not in predicted and "Predict first" in exercise.question
        if alone or (what == "predict" and not _answered(cells[place + 1 :])):
            found[exercise.id] = what
    return found


def _answered(cells: Iterable[Any]) -> bool:
    """Is there an output, beside "not attempted yet", before the next heading or exercise?"""
    for cell in itertools.takewhile(lambda cell: not _begins_anew(cell), cells):
        if any(not _LATER.match(_text(output)) for output in cell.get("outputs", [])):
            return True
    return False


def _begins_anew(cell: Any) -> bool:
    return cell.cell_type == "markdown" and bool(_ANEW.search(cell.source))


def _text(output: Any) -> str:
    return str(output.get("data", {}).get("text/plain", ""))


def tags(cell: Any, at_once: Mapping[str, str] = _NONE) -> set[str]:
    """What the pages should know about the cell of an exercise.

    Its code is folded where it is nothing but the answer that the form asks for.

    Args:
        cell: of code.
        at_once: predictions that are judged by their form; nothing after it is folded.

    Example:
        >>> from nbformat.v4 import new_code_cell
        >>> sorted(tags(new_code_cell('x = ...\\nlesson.predict("start-rate", x)')))
        ['hide-input', 'tl-ask-start-rate', 'tl-predict']
    """
    asked = _asked(cell)
    if asked is None:
        return set()
    what, exercise = asked
    waits = what == "predict" and exercise.id not in at_once
    found = {f"tl-ask-{exercise.id}"} | ({"tl-predict"} if waits else set())
    key_there = key.key(exercise, _run(cell)) is not None
    return found | ({"hide-input"} if key_there and _only_answer(cell.source) else set())


def _run(cell: Any) -> dict[str, Any] | None:
    """What the run of the notebook has stored about the exercise."""
    stored = (output.get("data", {}).get(key.MIME) for output in cell.outputs)
    return next(filter(None, stored), None)


def _only_answer(source: str) -> bool:
    """Is this the stub of an answer and its check, and no more?"""
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a magic command
        return False
    *before, last = body
    if not (isinstance(last, ast.Expr) and isinstance(last.value, ast.Call)):
        return False
    answer = last.value.args[1] if len(last.value.args) > 1 else None
    return all(
        isinstance(line, ast.Assign)
        and ast.unparse(line.targets[0]) == ast.unparse(answer or last)
        and re.fullmatch(r"\.\.\.|\{.*\}", ast.unparse(line.value), re.S)
        for line in before
    )


def put_form(
    cell: Any, page: str, links: Mapping[str, str], at_once: Mapping[str, str] = _NONE
) -> None:
    """Put the form of an exercise into the output of its cell.

    Args:
        cell: changed in place; one that asks for no exercise stays as it is.
        page: the notebook's name.
        links: where it can be run, by name.
        at_once: predictions that are judged where they are made: one form is enough.

    Example:
        >>> put_form(cell, "00_start_here", {})  # doctest: +SKIP
    """
    asked = _asked(cell)
    if asked is None:
        return
    what, exercise = asked
    judged = key.key(exercise, _run(cell))
    data = judged or {"kind": "code", **key.help_of(exercise)}
    packed = base64.b64encode(json.dumps(data).encode()).decode()
    form = templates.render(
        TEMPLATE,
        id=exercise.id,
        what="guess" if exercise.id in at_once else what,
        label=exercise.label,
        key=packed,
        judged=judged is not None,
        reading=not isinstance(exercise.kind, exercises.Function),
        page=page,
        links={name: links[name] for name in ("Colab", "Binder") if name in links},
    )
    output = new_output("display_data", {"text/html": form, "text/plain": exercise.label})
    place = next((i for i, o in enumerate(cell.outputs) if _LATER.match(_text(o))), None)
    made = [] if at_once.get(exercise.id, what) != what else [output]
    rest = len(cell.outputs) if place is None else place
    cell.outputs[rest : rest + 1] = made
