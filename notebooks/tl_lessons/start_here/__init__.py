"""What belongs to the notebook ``00_start_here`` alone."""

from __future__ import annotations

from tl_helpers.lesson import Lesson

lesson = Lesson(__file__)
