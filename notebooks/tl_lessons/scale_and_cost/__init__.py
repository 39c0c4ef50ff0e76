"""What belongs to the notebook ``15_scale_and_cost`` alone."""

from __future__ import annotations

from tl_helpers.lesson import Lesson

lesson = Lesson(__file__)
