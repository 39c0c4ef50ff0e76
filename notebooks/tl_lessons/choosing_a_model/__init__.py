"""What belongs to the notebook ``42_choosing_a_model`` alone."""

from __future__ import annotations

from tl_helpers.lesson import Lesson

lesson = Lesson(__file__)
