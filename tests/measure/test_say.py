"""Sentences follow from intervals."""

from __future__ import annotations

import doctest

import pytest

from tl_helpers.measure import say
from tl_helpers.measure.evaluate import Interval


@pytest.mark.parametrize(
    ("low", "mean", "high", "said"),
    [
        (1.0, 2.0, 3.0, "a is ahead of b by 2.0 points [1.0, 3.0]"),
        (-3.0, -2.0, -1.0, "b is ahead of a by 2.0 points [1.0, 3.0]"),
        (-1.0, 1.0, 3.0, "a and b cannot be told apart: +1.0 points [-1.0, 3.0]"),
        (0.0, 1.0, 2.0, "a and b cannot be told apart: +1.0 points [0.0, 2.0]"),
    ],
)
def test_compare(low, mean, high, said):
    assert say.compare(Interval(mean, low, high, 5), "a", "b") == said


@pytest.mark.parametrize(
    ("low", "high", "word"), [(0.51, 0.6, "better"), (0.4, 0.49, "worse"), (0.4, 0.6, "cannot")]
)
def test_against(low, high, word):
    assert word in say.against(Interval((low + high) / 2, low, high, 5), 0.5, "a coin")


def test_the_examples_are_true():
    assert doctest.testmod(say).failed == 0
