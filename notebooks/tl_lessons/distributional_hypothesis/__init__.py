"""What belongs to the notebook ``10_distributional_hypothesis`` alone."""

from __future__ import annotations

from tl_helpers.lesson import Lesson

lesson = Lesson(__file__)
