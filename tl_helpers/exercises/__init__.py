'''Exercises that check themselves, and teach when the answer is wrong.

In a notebook::

    answer = ...                                # the stub: "not attempted yet"
    lesson.check("start-chance", answer)
    lesson.hint("start-chance")                 # one more hint each time
    lesson.solution("start-chance")
    lesson.progress()

**How to add one.** Its words go into the lesson's ``exercises.toml``, in the order of the notebook;
:mod:`~tl_helpers.exercises.texts` says what the kinds ``"choice"``, ``"value"``, ``"matching"``
and ``"form"`` have, which are words alone. A ``"function"`` has this::

    [docs-share]
    kind = "function"
    question = "Write `share(hits, total)`: the share of hits, between 0 and 1."
    hints = ["How many of the total are hits?", "Divide."]

and the rest in ``exercises.py``, where a docstring is what the learner is told::

    @sheet.function("docs-share", returns="a number",
                    cases=lambda rng: rng.integers(2, 99, (5, 2)).tolist())
    def share(hits, total):
        """Praise for any function that does the same. Its source is the solution that is shown."""
        return hits / total

    @share.wrong
    def percentage(hits, total):
        """Feedback for learners who wrote this: a share, not a percentage."""
        return 100 * hits / total

and at least two more that are wrong; functions under ``@share.also_right`` must pass. The checks
run the learner's function on fresh ``cases``. A ``"reading"`` is a value read off a picture:
``@sheet.reading`` decorates the function that works it out from what the learner measured, and a
wrong one makes a slip with the same numbers. ``@sheet.outcome`` decorates a function that says what
came out, before the praise of an exercise that is words, and may decide which option is right.

Then ``print(exercises.find("docs-share").cell())`` prints the cell for the notebook (tag it
``exercise``; the question stands in Markdown above it). ``tests/exercises/test_engine.py`` finds
every exercise by itself: the solution and all of ``also_right`` pass, the stub is "not attempted",
each mistake gets its own feedback whatever is drawn, and garbage yields a message instead of a
stack.
'''

from __future__ import annotations

from tl_helpers.exercises.answers import Choice, Form, Matching, Value, Want
from tl_helpers.exercises.desk import Feedback, check, hint, predict, progress, solution
from tl_helpers.exercises.functions import Function, Reading
from tl_helpers.exercises.handin import export, merge
from tl_helpers.exercises.model import Exercise, Mistake
from tl_helpers.exercises.sheet import Sheet, everything, find, of

__all__ = [
    "Choice",
    "Exercise",
    "Feedback",
    "Form",
    "Function",
    "Matching",
    "Mistake",
    "Reading",
    "Sheet",
    "Value",
    "Want",
    "check",
    "everything",
    "export",
    "find",
    "hint",
    "merge",
    "of",
    "predict",
    "progress",
    "solution",
]
