"""What belongs to the notebook ``30_heads_adapters_lora`` alone."""

from __future__ import annotations

from tl_helpers.lesson import Lesson

lesson = Lesson(__file__)
