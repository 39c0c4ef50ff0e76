"""What belongs to the notebook ``13_objectives_and_scale`` alone."""

from __future__ import annotations

from tl_helpers.lesson import Lesson

lesson = Lesson(__file__)
