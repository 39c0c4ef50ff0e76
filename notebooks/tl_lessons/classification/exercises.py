"""What the exercises of ``20_classification`` do; their words are in the TOML file."""

from __future__ import annotations

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.classification import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- class-budget --------------------------------------------------------------------------------


@sheet.outcome("class-budget")
def with_other_spending(budget):
    """``budget``: a table of runs with ``raters`` and ``budget_run``; ``...`` until it is made."""
    if budget is ...:
        return "So far you have only said so: put the call of `tl.experiment.run` in, and measure."
    means = budget.groupby("raters").budget_run.mean()
    listed = ", ".join(f"{raters} a sentence: {mean:.3f}" for raters, mean in means.items())
    return f"Measured, correlation with the mean rating by ratings for each sentence: {listed}."


# --- class-cost ----------------------------------------------------------------------------------


def _costs(rng: np.random.Generator) -> list[tuple[float, float]]:
    """Equal costs, round ones, and any."""
    drawn = rng.integers(1, 30, (4, 2)).astype(float).tolist()
    return [(1.0, 1.0), (9.0, 1.0), (2.0, 6.0), *((a + 0.5, b) for a, b in drawn)]


@sheet.function("class-cost", cases=_costs, returns="one number between 0 and 1")
def cost_threshold(missed, false_alarm):
    """Silence costs p times `missed`, an alarm (1 - p) times `false_alarm`; at this p both cost the
    same. Only the ratio of the two costs matters, and a half means that they are equal."""
    return false_alarm / (missed + false_alarm)


@cost_threshold.also_right
def by_odds(missed, false_alarm):
    odds = false_alarm / missed
    return odds / (1 + odds)


@cost_threshold.also_right
def by_ratio(missed, false_alarm):
    return 1 / (1 + missed / false_alarm)


@cost_threshold.wrong
def turned_round(missed, false_alarm):
    """Turned round: the more a missed complaint costs, the *sooner* one should raise an alarm.
    Does your threshold fall?"""
    return missed / (missed + false_alarm)


@cost_threshold.wrong
def the_odds(missed, false_alarm):
    """Those are the *odds* p / (1 - p) at the threshold. Asked for is the probability p itself: for
    equal costs one half."""
    return false_alarm / missed


@cost_threshold.wrong
def always_half(missed, false_alarm):
    """One half is right for equal costs only."""
    return 0.5


@cost_threshold.wrong
def the_other_odds(missed, false_alarm):
    """That is a ratio of costs, and can be above 1. Write down what an alarm and what silence costs
    on average at probability p, and make them equal."""
    return missed / false_alarm


@cost_threshold.wrong
def without_the_alarm(missed, false_alarm):
    """The cost of a miss alone decides nothing: what does the alarm cost?"""
    return 1 / (1 + missed)


# --- class-ece -----------------------------------------------------------------------------------


def _sure(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray, int]]:
    """Uneven ranges, empty ones, and a confidence of exactly one."""
    both = np.array([0.3, 0.35, 0.9, 0.85, 1.0, 0.95]), np.array([1, 1, 0, 1, 1, 0]), 5
    cases = [both]  # one range too sure, one not sure enough
    for n, bins in [(40, 5), (60, 10), (25, 4)]:
        confidence = rng.beta(4, 1.3, n)
        confidence[0], confidence[1] = 1.0, 0.05
        right = (rng.random(n) < confidence**2).astype(int)
        cases.append((confidence, right, bins))
    return cases


@sheet.function("class-ece", cases=_sure, returns="one number between 0 and 1")
def calibration_error(confidence, right, bins):
    """It depends on the number of ranges: with one range it is only the distance of the two means,
    with many it also measures noise. So compare such numbers with the same `bins` only."""
    confidence, right = np.asarray(confidence), np.asarray(right)
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for number in range(bins):
        here = place == number
        if here.any():
            error += here.mean() * abs(confidence[here].mean() - right[here].mean())
    return error


@calibration_error.also_right
def by_sums(confidence, right, bins):
    place = np.clip(np.floor(np.asarray(confidence) * bins), 0, bins - 1).astype(int)
    gap = np.bincount(place, np.asarray(confidence) - np.asarray(right), minlength=bins)
    return np.abs(gap).sum() / len(confidence)


@calibration_error.also_right
def with_edges(confidence, right, bins):
    edges = np.linspace(0, 1, bins + 1)
    total = 0.0
    for i in range(bins):
        above = confidence >= edges[i]
        here = above & ((confidence < edges[i + 1]) | (i == bins - 1))
        if here.sum() > 0:
            total += here.sum() * abs(confidence[here].mean() - right[here].mean())
    return total / len(confidence)


def _ranges(confidence, right, bins):
    """Of each range that is not empty: how many, mean confidence, share that is right."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    parts = [place == number for number in range(bins)]
    return [(h.sum(), confidence[h].mean(), right[h].mean()) for h in parts if h.any()]


@calibration_error.wrong
def unweighted(confidence, right, bins):
    """A plain mean over the ranges: a range with one text then counts as much as one with hundreds.
    Weight each by how many texts it has."""
    return np.mean([abs(c - r) for _, c, r in _ranges(confidence, right, bins)])


@calibration_error.wrong
def without_the_distance(confidence, right, bins):
    """Without the distance (the absolute value), ranges that are too sure and ranges that are not
    sure enough cancel out: that is mean confidence minus accuracy."""
    return confidence.mean() - right.mean()


@calibration_error.wrong
def the_worst(confidence, right, bins):
    """That is the *largest* distance, the maximum calibration error. Asked for is the average."""
    return max(abs(c - r) for _, c, r in _ranges(confidence, right, bins))


@calibration_error.wrong
def text_by_text(confidence, right, bins):
    """That is the distance of each single text from 0 or 1. A text with confidence 0.8 *is* right
    or wrong; only among many of them can 80 % be right. Group first."""
    return np.abs(confidence - right).mean()


@calibration_error.wrong
def not_averaged(confidence, right, bins):
    """The weights are numbers of texts; divide by the number of all texts."""
    return sum(n * abs(c - r) for n, c, r in _ranges(confidence, right, bins))


@calibration_error.wrong
def squared(confidence, right, bins):
    """Squared distances: a related number, but the error asked for takes them as they are."""
    return sum(n * (c - r) ** 2 for n, c, r in _ranges(confidence, right, bins)) / len(right)
