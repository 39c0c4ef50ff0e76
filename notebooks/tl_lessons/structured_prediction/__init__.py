"""What belongs to the notebook ``33_domain_adaptation`` alone."""

from __future__ import annotations

from tl_helpers.lesson import Lesson

lesson = Lesson(__file__)
