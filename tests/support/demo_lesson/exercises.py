"""Exercises that no notebook has: one of each kind, for the tests of the engine."""

from __future__ import annotations

import numpy as np

from tl_helpers.exercises import Sheet

sheet = Sheet("00_demo", __file__)


def _cases(rng):
    classes = [*"aabbbc", *"abc"]
    drawn = [
        (rng.permutation(classes).tolist(), [*"abc", *rng.choice([*"abc"], 6).tolist()])
        for _ in range(4)
    ]
    # One draw in a hundred leaves accuracy, recall and precision equal in all four.
    return [*drawn, ([*"aabbbc"], [*"aaabcc"])]


@sheet.function("demo-recall", cases=_cases, returns="a number between 0 and 1")
def macro_recall(truth, guess):
    """The mean of the recall of each class."""
    recalls = []
    for c in set(truth):
        hits = [g == c for t, g in zip(truth, guess, strict=True) if t == c]
        recalls.append(sum(hits) / len(hits))
    return sum(recalls) / len(recalls)


@macro_recall.also_right
def with_counts(truth, guess):
    pairs = list(zip(truth, guess, strict=True))
    return np.mean([sum(t == g == c for t, g in pairs) / truth.count(c) for c in set(truth)])


@macro_recall.wrong
def accuracy(truth, guess):
    """That is accuracy."""
    return sum(t == g for t, g in zip(truth, guess, strict=True)) / len(truth)


@macro_recall.wrong
def precision(truth, guess):
    """That is precision."""
    return macro_recall(guess, truth)


@macro_recall.wrong(also=[lambda t, g: 100 * macro_recall(t, g) * len(set(t))])
def total(truth, guess):
    """A sum, not a mean."""
    return macro_recall(truth, guess) * len(set(truth))


@sheet.outcome("demo-setting")
def gap_said(gap):
    return f"The gap is {gap + 0:.1f}."


@sheet.reading(
    "demo-reading",
    seen=lambda rng: {"losses": [9.5, *rng.uniform(5, 6, 3).tolist(), 4.5, 7.5]},
    form="a step",
)
def best(losses):
    """Not the last one."""
    low = min(losses)
    return losses.index(low)


@best.also_right
def nearly_as_low(losses):
    return [step for step, loss in enumerate(losses) if loss < min(losses) + 0.01]


@best.wrong
def the_loss(losses):
    """That is the loss."""
    return min(losses)


@best.wrong
def highest(losses):
    """That is the highest."""
    return [losses.index(max(losses))]


@best.wrong
def last(losses):
    """The last is not the best."""
    return len(losses) - 1
