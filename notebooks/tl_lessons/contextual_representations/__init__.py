"""What belongs to the notebook ``12_contextual_representations`` alone."""

from __future__ import annotations

from tl_helpers.lesson import Lesson

lesson = Lesson(__file__)
