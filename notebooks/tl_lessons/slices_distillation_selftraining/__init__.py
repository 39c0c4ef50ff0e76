"""What belongs to the notebook ``35_slices_distillation_selftraining`` alone."""

from __future__ import annotations

from tl_helpers.lesson import Lesson

lesson = Lesson(__file__)
