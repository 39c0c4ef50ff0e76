"""What judges an answer where no Python runs: on the site, in the reader's browser.

:func:`key` puts an exercise of words or numbers into plain data: what is right, what is said to
which mistake, the hints and a solution. :func:`rules` does the same for how a number is read. Both
are taken from what the notebook uses, so ``ask.js`` of the site holds no answer and no pattern.

A value that is read off a picture follows from what was measured. So the untouched cell of such an
exercise stores that in its output, under :data:`MIME`, when the notebook is run.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tl_helpers.exercises import answers, functions, texts
from tl_helpers.exercises.answers import Choice, Form, Matching, Value, plain_number
from tl_helpers.exercises.functions import Reading
from tl_helpers.exercises.model import Exercise, Seen

MIME = "application/vnd.tl-exercise+json"
Plain = dict[str, Any]

_WORD = r"\p{L}\p{N}_"
_EDGE = rf"(?:(?<![{_WORD}])(?=[{_WORD}])|(?<=[{_WORD}])(?![{_WORD}]))"
_CLASSES = {r"\w": _WORD, r"\d": r"\p{Nd}"}


def measured(exercise: Exercise, seen: Seen) -> Plain | None:
    """What a run says about an exercise, as plain data; None if nothing follows from it.

    Args:
        exercise: whose check was called.
        seen: what was handed over.

    Example:
        >>> measured(exercise, {"curves": curves})  # doctest: +SKIP
        {'right': [64.0], 'slips': [[16.0], [256.0], []]}
    """
    kind = exercise.kind
    if isinstance(kind, Reading):
        try:
            right = _plain(kind.rights(seen))
            slips = [_plain(kind.slips(mistake, seen)) for mistake in exercise.mistakes]
        except Exception:  # nothing was handed over, or not what the author thought of
            return None
        return {"right": right, "slips": slips} if right else None
    said, came = exercise.came_out(seen)
    if not said:
        return None
    return {"said": said} | ({"right": came.right} if isinstance(came, Choice) else {})


def _plain(values: Iterable[Any]) -> list[float | str]:
    """Numbers and texts; what is neither, and what JSON cannot hold, is left out."""
    found: list[float | str] = []
    for value in values:
        number = None if isinstance(value, str) else plain_number(value)
        if isinstance(value, str):
            found.append(value)
        elif number is not None and math.isfinite(number):
            found.append(number)
    return found


def key(exercise: Exercise, run: Plain | None = None) -> Plain | None:
    """All that judges an answer to an exercise; None if only Python can.

    Args:
        exercise: a function cannot be judged, nor a reading without its ``run``.
        run: what :func:`measured` said.

    Example:
        >>> key(exercise)["right"]  # doctest: +SKIP
        'destroyed'
    """
    run = run or {}
    how = _how(exercise, run)
    if how is None:
        return None
    # As the notebook says it: praise and mistakes explain the usual outcome.
    said, usual = run.get("said", ""), run.get("right", how["right"]) == how["right"]
    praise = f"{said} {exercise.praise}".strip() if usual else said
    if "right" in run:
        how["right"] = run["right"]
    return {**how, "praise": praise, "after": "" if usual else said, **help_of(exercise)}


def help_of(exercise: Exercise) -> Plain:
    """Hints and a solution, which every exercise has.

    Example:
        >>> len(help_of(exercise)["hints"])  # doctest: +SKIP
        2
    """
    return {
        "hints": list(exercise.hints),
        "solution": exercise.solution.strip(),
        "about": exercise.praise,
    }


def _how(exercise: Exercise, run: Mapping[str, Any]) -> Plain | None:
    """What is right, and which mistake is known by what."""
    kind, mistakes = exercise.kind, exercise.mistakes
    if isinstance(kind, Choice):
        return {
            "kind": "choice",
            "options": dict(kind.options),
            "right": kind.right,
            "says": {option: m.says for m in mistakes for option in m.examples},
            "else": answers.UNUSUAL,
        }
    if isinstance(kind, Value) and kind.form == "number":
        slips = [(m.says, _plain(m.examples), m.within, kind.tolerance) for m in mistakes]
        return {
            **_number([kind.right], kind.tolerance, slips),
            "wanted": answers.KINDS[kind.form],
            "words": False,
            "else": answers.NOT_YET,
        }
    if isinstance(kind, Reading) and "slips" in run:
        pairs = zip(mistakes, run["slips"], strict=True)
        slips = [(mistake.says, values, None, functions.NEAR) for mistake, values in pairs]
        return {
            **_number(run["right"], 1e-6, slips),
            "wanted": kind.form,
            "words": kind.text,
            "else": functions.LOOK_AGAIN,
            "other": functions.ASKED_FOR,
        }
    if isinstance(kind, Matching):
        return {
            "kind": "matching",
            "right": dict(kind.right),
            "options": list(kind.options),
            "slips": [[m.says, example] for m in mistakes for example in m.examples],
        }
    if isinstance(kind, Form):
        return {
            "kind": "form",
            "right": list(kind.right),
            "wants": {
                field: [[want.says, list(map(javascript, want.words))] for want in wants]
                for field, wants in kind.wants.items()
            },
            "fewest": answers.FEWEST_WORDS,
            "little": answers.TOO_LITTLE,
        }
    return None


def _number(right: list[Any], tolerance: float, slips: Iterable[tuple[Any, ...]]) -> Plain:
    names = ("says", "values", "within", "tolerance")
    known = [dict(zip(names, slip, strict=True)) for slip in slips]
    return {"kind": "value", "right": right, "tolerance": tolerance, "slips": known}


def rules() -> Plain:
    """How texts are read, as patterns of the browser's language: numbers, and marked-up words.

    Example:
        >>> rules()["inWords"][:3]
        ['zero', 'one', 'two']
    """
    patterns = {
        "number": answers._NUMBER,
        "named": answers._NAMED,
        "comma": answers._COMMA,
        "minus": answers._MINUS,
        "formula": answers._FORMULA,
        "stress": texts.STRESS,
        "bold": texts.BOLD,
    }
    return {
        **{name: javascript(pattern.pattern) for name, pattern in patterns.items()},
        "inWords": answers._IN_WORDS,
        "longest": answers._A_LINE,
        "otherKind": answers.OTHER_KIND,
    }


def javascript(pattern: str) -> str:
    """A regular expression of Python as one of a browser, with the flags ``iu``.

    What is a letter and a digit there is what it is in Python: of any script.

    Example:
        >>> javascript(r"[\\w.]+")
        '[\\\\p{L}\\\\p{N}_.]+'
    """
    made, inside = "", False
    for part in re.findall(r"\\u[0-9a-f]{4}|\\.|.", pattern, re.S):
        if part in _CLASSES:
            made += _CLASSES[part] if inside else f"[{_CLASSES[part]}]"
        elif part == r"\b" and not inside:
            made += _EDGE
        else:
            inside = part == "[" or (inside and part != "]")
            made += part
    return made
