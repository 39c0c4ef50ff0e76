"""What belongs to the notebook ``34_sequential_and_multitask`` alone."""

from __future__ import annotations

from tl_helpers.lesson import Lesson

lesson = Lesson(__file__)
