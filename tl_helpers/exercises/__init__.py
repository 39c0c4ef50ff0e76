"""Exercises that check themselves, and teach when the answer is wrong.

In a notebook::

    answer = ...                                   # the stub: "not attempted yet"
    tl.exercises.check("start-chance", answer)
    tl.exercises.hint("start-chance")              # one more hint each time
    tl.exercises.solution("start-chance")
    tl.exercises.progress()

**How to add one.** Write a module ``tl_helpers/exercises/NAME.py``; it is found by itself. It
holds calls of :func:`add`. A complete one::

    from tl_helpers.exercises import Choice, Exercise, add, mistakes

    add(Exercise(
        id="docs-setting",
        notebook="36_cross_lingual",
        question="English labels, Finnish texts: which setting?",
        answer=Choice({"a": "inductive", "b": "transductive", "c": "none", "d": "both"}, right="b"),
        mistakes=mistakes({
            "a": "Then the target would have labels of its own. Has it any?",
            "c": "Something is carried over: what were the labels for?",
            "d": "The two differ in where labels are. Can they be in both places and in one?",
        }),
        hints=("Where are the labels?", "Is the task of source and target the same?"),
        right="The labels are in the source only.",
    ))

Then ``print(tl.exercises.find("docs-setting").cell())`` prints the cell that the notebook needs
(tag it ``exercise``), and the tests below hold for it; nothing else is to be written.

``answer`` says what is checked:

* ``Value(right, kind=..., tolerance=...)`` compares a value; ``kind`` is ``"number"``, ``"text"``,
  ``"list"`` or ``"set"``; a list may hold numbers.
* ``Choice({"a": "fine-tuning", "b": "feature extraction"}, right="a")`` for a question with
  options; give a ``Mistake`` for each wrong one. A prediction is a choice that the learner hands to
  :func:`predict` before the experiment and to :func:`check` after it; ``right`` of the exercise may
  be a function that quotes what came out: ``check("start-predict", answer, gaps=gaps)``.
* ``Matching({"a": "sequential"}, options={"sequential": ("sequential transfer",), ...})`` for a
  dict that gives each item its option; a ``Mistake`` has ``when=`` on that dict, and as example
  the dict with that one slip.
* ``Function(reference, cases)`` runs the learner's function on fresh inputs that
  ``cases(rng) -> list of argument tuples`` draws, and compares what comes out with what
  ``reference`` gives. Any correct function passes, whatever it looks like. A ``Mistake`` then holds
  a typical wrong *function*; a learner's function that behaves like it, or fails with the same
  error, gets its feedback.
* ``Reading(truth, seen)`` for a value read off a picture: ``truth(curves)`` works it out from what
  the learner measured (``check(id, 64, curves=curves)``), ``seen(rng)`` draws such measurements for
  the tests, and a ``Mistake`` holds a *function* of them that makes the slip.

A ``Mistake`` may have ``when=predicate`` instead of exact agreement, such as
``Mistake(25, "...", when=lambda value: value > 1)``, and ``also=(...)`` with further examples of
the same misconception. The order counts: the first that fits speaks.

Everything is checked by ``tests/test_exercises.py`` for every exercise that exists: the solution
and each of ``also_right`` pass, the stub is "not attempted", each of at least three mistakes fails
with its own feedback, fresh inputs tell wrong functions apart whatever is drawn, and garbage
yields a message instead of a stack.
"""

from __future__ import annotations

from tl_helpers.exercises.answers import Choice, Value
from tl_helpers.exercises.desk import Feedback, check, hint, predict, progress, solution
from tl_helpers.exercises.functions import Function
from tl_helpers.exercises.matching import Matching
from tl_helpers.exercises.model import Exercise, Mistake, add, everything, find, mistakes
from tl_helpers.exercises.readings import Reading

__all__ = [
    "Choice",
    "Exercise",
    "Feedback",
    "Function",
    "Matching",
    "Mistake",
    "Reading",
    "Value",
    "add",
    "check",
    "everything",
    "find",
    "hint",
    "mistakes",
    "predict",
    "progress",
    "solution",
]
