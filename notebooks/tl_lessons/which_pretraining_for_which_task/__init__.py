"""What belongs to the notebook ``25_which_pretraining_for_which_task`` alone."""

from __future__ import annotations

from tl_helpers.lesson import Lesson

lesson = Lesson(__file__)
