"""What belongs to the notebook ``16_supervised_pretraining`` alone."""

from __future__ import annotations

from tl_helpers.lesson import Lesson

lesson = Lesson(__file__)
