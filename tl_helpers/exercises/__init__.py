"""Exercises that check themselves, and teach when the answer is wrong.

In a notebook::

    answer = ...                                   # the stub: "not attempted yet"
    tl.exercises.check("start-chance", answer)
    tl.exercises.hint("start-chance")              # one more hint each time
    tl.exercises.solution("start-chance")
    tl.exercises.progress()

**How to add one.** Write a module ``tl_helpers/exercises/NAME.py``; it is found by itself. It
holds calls of :func:`add`, each with one ``Exercise``::

    add(Exercise(
        id="start-chance",
        notebook="00_start_here",
        question="What accuracy does guessing reach on four equally frequent classes?",
        answer=Value(0.25, kind="number", tolerance=0.005),
        solution="answer = 1 / 4",
        right="Yes: one in four guesses hits.",
        also_right=(1 / 4, np.float64(0.25)),
        mistakes=(
            Mistake(0.5, "That is chance for *two* classes. How many are there here?"),
            Mistake(25, "Right as a percentage; accuracy is a share between 0 and 1."),
            Mistake(0.0, "A guess is sometimes right by luck. How often?"),
        ),
        hints=("Imagine 100 questions answered with a die of four sides.", "Divide 1 by ..."),
    ))

``answer`` says what is checked:

* ``Value(right, kind=..., tolerance=...)`` compares a value; ``kind`` is ``"number"``, ``"text"``,
  ``"list"`` or ``"set"``; a list may hold numbers.
* ``Choice({"a": "fine-tuning", "b": "feature extraction"}, right="a")`` for a question with
  options; give a ``Mistake`` for each wrong one.
* ``Matching({"a": "sequential"}, options={"sequential": ("sequential transfer",), ...})`` for a
  dict that gives each item its option; a ``Mistake`` has ``when=`` on that dict, and as example
  the dict with that one slip.
* ``Function(reference, cases)`` runs the learner's function on fresh inputs that
  ``cases(rng) -> list of argument tuples`` draws, and compares what comes out with what
  ``reference`` gives. Any correct function passes, whatever it looks like. A ``Mistake`` then holds
  a typical wrong *function*; a learner's function that behaves like it, or fails with the same
  error, gets its feedback.

A ``Mistake`` may have ``when=predicate`` instead of exact agreement, such as
``Mistake(25, "...", when=lambda value: value > 1)``, and ``also=(...)`` with further examples of
the same misconception. The order counts: the first that fits speaks.

Everything is checked by ``tests/test_exercises.py`` for every exercise that exists: the solution
and each of ``also_right`` pass, the stub is "not attempted", each of at least three mistakes fails
with its own feedback, fresh inputs tell wrong functions apart whatever is drawn, and garbage
yields a message instead of a stack.
"""

from __future__ import annotations

from tl_helpers.exercises.answers import Choice, Function, Matching, Value
from tl_helpers.exercises.desk import Feedback, check, hint, progress, solution
from tl_helpers.exercises.model import Exercise, Mistake, add, everything, find

__all__ = [
    "Choice",
    "Exercise",
    "Feedback",
    "Function",
    "Matching",
    "Mistake",
    "Value",
    "add",
    "check",
    "everything",
    "find",
    "hint",
    "progress",
    "solution",
]
