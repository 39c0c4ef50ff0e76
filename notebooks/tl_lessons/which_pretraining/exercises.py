"""What the exercises of ``25_which_pretraining_for_which_task`` do; their words are in the TOML file."""

from __future__ import annotations

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.which_pretraining import lesson

sheet = Sheet(lesson.notebook, __file__)


def _lists(rng: np.random.Generator) -> list[tuple[list[int], list[int]]]:
    """Pairs of short lists that agree at some places, but neither at all nor at half of them."""
    lengths = rng.integers(5, 9, 4)
    agree = [rng.integers(1, (n + 1) // 2) for n in lengths]
    labels = [rng.integers(0, 2, n).tolist() for n in lengths]
    return [
        ([y if i < some else 1 - y for i, y in enumerate(row)], row)
        for row, some in zip(labels, agree, strict=True)
    ]


@sheet.function("which-share", cases=_lists, returns="one number between 0 and 1")
def share_right(predicted, labels):
    """That is accuracy. It says nothing about *which* places are wrong."""
    right = sum(p == y for p, y in zip(predicted, labels, strict=True))
    return right / len(labels)


@share_right.wrong
def count(predicted, labels):
    """That is how *many* are right. Of how many?"""
    return sum(p == y for p, y in zip(predicted, labels, strict=True))


@share_right.wrong
def percent(predicted, labels):
    """A percentage; a share lies between 0 and 1."""
    return 100 * share_right(predicted, labels)


@share_right.wrong
def share_wrong(predicted, labels):
    """That is the share of *errors*. Which pairs did you count?"""
    return 1 - share_right(predicted, labels)
