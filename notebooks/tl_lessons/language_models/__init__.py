"""What belongs to the notebook ``11_language_models`` alone."""

from __future__ import annotations

from tl_helpers.lesson import Lesson

lesson = Lesson(__file__)
