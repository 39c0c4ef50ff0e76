"""What belongs to the notebook ``32_feature_extraction_vs_fine_tuning`` alone."""

from __future__ import annotations

from tl_helpers.lesson import Lesson

lesson = Lesson(__file__)
