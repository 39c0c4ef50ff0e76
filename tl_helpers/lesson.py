"""A lesson: what belongs to one notebook, from its own folder in ``notebooks/tl_lessons``.

In the notebook::

    from tl_lessons.distributional_hypothesis import lesson

    session = lesson.start(PROFILE, SEED)
    lesson.claim("dist-window", effect)     # its bar stands in the lesson's file
    lesson.check("dist-pmi", pmi)           # so do question, hints and feedback
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_helpers import exercises
from tl_helpers.core import lessons
from tl_helpers.core.errors import UnknownName
from tl_helpers.measure import claims
from tl_helpers.session import Session, start

if TYPE_CHECKING:
    from tl_helpers.measure.claims import Claim
    from tl_helpers.measure.evaluate import Interval


class Lesson:
    """One notebook with its claims and exercises.

    Args:
        file: a file in the lesson's folder: its ``__init__.py`` says ``Lesson(__file__)``.

    Raises:
        BrokenFile: ``lesson.toml``, beside that file, cannot be read.

    Example:
        ``lesson.title -> "Start here"``
    """

    def __init__(self, file: str | os.PathLike[str]) -> None:
        facts = lessons.read(Path(file).with_name(lessons.FILE))
        self.notebook, self.title = facts.notebook, facts.title
        self.theme, self.question = facts.theme, facts.question
        self.promises = {promise.id: promise for promise in facts.promises}

    def start(self, profile: str = "course", seed: int = 0, **knobs: Any) -> Session:
        """Begin the notebook: see :func:`tl_helpers.session.start`."""
        return start(self.notebook, profile, seed, **knobs)

    def claim(self, id: str, effect: float | Interval, **how: Any) -> Claim:
        """Show what was measured beside what was promised in ``lesson.toml``, and record it.

        Args:
            id: of the promise.
            effect: what was measured, in the unit of the promise: an ``Interval``, or a number
                with ``ci=(low, high)`` and ``n``.
            **how: see :func:`tl_helpers.measure.claims.record`; ``stored="NAME"`` names the stored
                result that it rests on.

        Raises:
            UnknownName: the lesson promises no such thing; names what it does.
            BadValue: a number that cannot be.

        Example:
            ``lesson.claim("start-encoder-64", evaluate.difference(ours, theirs).times(100))``
        """
        if id not in self.promises:
            raise UnknownName(f"claim of {self.notebook}", id, self.promises)
        return claims.record(self.promises[id], effect, **how)

    def check(self, id: str, answer: Any = None, **seen: Any) -> exercises.Feedback:
        """Check an answer: see :func:`tl_helpers.exercises.check`."""
        return exercises.check(exercises.find(id, self.notebook), answer, **seen)

    def predict(self, id: str, answer: Any = None) -> exercises.Feedback:
        """Note a prediction before the experiment is run."""
        return exercises.predict(exercises.find(id, self.notebook), answer)

    def hint(self, id: str) -> exercises.Feedback:
        """Show the next hint."""
        return exercises.hint(exercises.find(id, self.notebook))

    def solution(self, id: str) -> exercises.Feedback:
        """Show one solution."""
        return exercises.solution(exercises.find(id, self.notebook))

    def progress(self) -> Any:
        """Show which exercises of this notebook are done."""
        return exercises.progress(self.notebook)
