"""The exercises on the site: a form in the place of "not attempted yet".

``ask.js`` makes the form from the exercise's key, and judges with it, in the reader's browser.
Without a script a reader finds the way to the notebook. The key is written in base64, so that the
answers do not stand in plain sight.
"""

from __future__ import annotations

import ast
import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat.v4 import new_output

from tl_helpers import exercises
from tl_helpers.exercises import Exercise, key
from tl_helpers.press import templates

TEMPLATE = Path(__file__).parent / "templates" / "ask.html.j2"
_CALL = re.compile(r"lesson\.(check|predict)\(\s*[\"']([\w-]+)[\"']")
_LATER = re.compile(r"^\W (?:Exercise \d+\. )?Not attempted yet")


def _asked(cell: Any) -> tuple[str, Exercise] | None:
    """Which exercise a cell asks for, and whether it is to be predicted or checked."""
    call = _CALL.search(cell.source)
    exercise = exercises.everything().get(call[2]) if call else None
    return (call[1], exercise) if call and exercise else None


def tags(cell: Any) -> set[str]:
    """What the pages should know about the cell of an exercise.

    Its code is folded where it is nothing but the answer that the form asks for.

    Example:
        >>> from nbformat.v4 import new_code_cell
        >>> sorted(tags(new_code_cell('x = ...\\nlesson.predict("start-rate", x)')))
        ['hide-input', 'tl-ask-start-rate', 'tl-predict']
    """
    asked = _asked(cell)
    if asked is None:
        return set()
    what, exercise = asked
    found = {f"tl-ask-{exercise.id}"} | ({"tl-predict"} if what == "predict" else set())
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


def put_form(cell: Any, page: str, links: Mapping[str, str]) -> None:
    """Put the form of an exercise into the output of its cell.

    Args:
        cell: changed in place; one that asks for no exercise stays as it is.
        page: the notebook's name.
        links: where it can be run, by name.

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
        what=what,
        label=exercise.label,
        key=packed,
        judged=judged is not None,
        reading=not isinstance(exercise.kind, exercises.Function),
        page=page,
        links={name: links[name] for name in ("Colab", "Binder") if name in links},
    )
    output = new_output("display_data", {"text/html": form, "text/plain": exercise.label})
    text = [str(o.get("data", {}).get("text/plain", "")) for o in cell.outputs]
    place = next((i for i, said in enumerate(text) if _LATER.match(said)), len(text))
    cell.outputs[place : place + 1] = [output]
