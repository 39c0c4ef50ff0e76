"""A lesson: what belongs to one notebook, from its own folder in ``notebooks/tl_lessons``.

In the notebook::

    from tl_lessons.distributional_hypothesis import lesson

    session = lesson.start(PROFILE, SEED)
    lesson.claim("dist-window", effect)     # its bar stands in the lesson's file
    lesson.check("dist-pmi", pmi)           # so do question, hints and feedback
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tl_helpers import exercises
from tl_helpers.measure import claims
from tl_helpers.session import Session, start

if TYPE_CHECKING:
    from tl_helpers.measure.claims import Claim
    from tl_helpers.measure.evaluate import Interval


class Lesson:
    """One notebook with its claims and exercises.

    Args:
        notebook: its name, such as ``"10_distributional_hypothesis"``.
    """

    def __init__(self, notebook: str) -> None:
        self.notebook = notebook

    def start(self, profile: str = "course", seed: int = 0, **knobs: Any) -> Session:
        """Begin the notebook: see :func:`tl_helpers.session.start`."""
        return start(self.notebook, profile, seed, **knobs)

    def claim(self, id: str, effect: float | Interval, **how: Any) -> Claim:
        """Show what was measured beside what was promised, and record it."""
        bar = {row.id: row for row in claims.registry()}[id]
        return claims.record(
            id, effect=effect, unit=bar.unit, direction=bar.direction, minimum=bar.minimum, **how
        )

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
