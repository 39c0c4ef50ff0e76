"""What the exercises of ``00_start_here`` do; their words are in the TOML file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from tl_helpers.exercises import Sheet
from tl_lessons.start_here import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- start-pool ----------------------------------------------------------------------------------


def _batches(rng: np.random.Generator) -> list[tuple[Any, Any]]:
    """Token vectors of texts of different length, filled up with numbers that mean nothing."""
    cases = []
    for texts, tokens, size in ((2, 4, 3), (3, 6, 2), (1, 5, 4)):
        lengths = np.maximum(1, rng.permutation(tokens)[:texts])
        mask = (np.arange(tokens) < lengths[:, None]).astype(int)
        cases.append((rng.normal(1.0, 1.0, (texts, tokens, size)).round(3), mask))
    return cases


@sheet.function("start-pool", cases=_batches, tolerance=1e-4, returns="an array [texts, numbers]")
def pool(states, mask):
    """This is mean pooling, and all that `tl.adapt.embed` and `sentence-transformers` do with the
    states of MiniLM. Without the mask a short text has another vector in every batch."""
    weights = mask[:, :, np.newaxis]  # one weight per token, for all of its numbers
    return (states * weights).sum(axis=1) / weights.sum(axis=1)


@pool.also_right
def text_by_text(states, mask):
    return [rows[real == 1].mean(axis=0) for rows, real in zip(states, mask)]


@pool.also_right
def by_einsum(states, mask):
    return np.einsum("bld,bl->bd", states, mask) / mask.sum(axis=1, keepdims=True)


@pool.also_right
def with_average(states, mask):
    return [np.average(rows, axis=0, weights=real) for rows, real in zip(states, mask)]


@pool.wrong(also=[lambda states, mask: np.mean(states, axis=1).tolist()])
def without_mask(states, mask):
    """That is the mean over *all* places, padding included: the same text would have another vector
    in a batch with longer neighbours. Where does the mask come in?"""
    return states.mean(axis=1)


@pool.wrong
def divided_by_all(states, mask):
    """The padding is left out of the sum, but it still counts in the number that you divide by. How
    many tokens of each text are real?"""
    return (states * mask[:, :, np.newaxis]).mean(axis=1)


@pool.wrong
def only_summed(states, mask):
    """That is the sum over the real tokens: a text twice as long would have a vector twice as long.
    Divide by the number of real tokens of each text."""
    return (states * mask[:, :, np.newaxis]).sum(axis=1)


@pool.wrong
def first_token(states, mask):
    """That is the vector of the first token, `[CLS]`. Some models are trained to put the whole text
    there (CLS pooling). Here the mean over all real tokens is asked for."""
    return states[:, 0]


@pool.wrong
def over_numbers(states, mask):
    """The mean was taken over the numbers of a vector, not over the tokens. Which axis do the
    tokens stand on?"""
    return states.mean(axis=2)


@pool.wrong
def shapes_do_not_fit(states, mask):
    """`states` has three axes and `mask` has two. Give the mask a last axis of length one:
    `mask[:, :, np.newaxis]`."""
    return (states * mask).sum(axis=1) / mask.sum(axis=1)


# --- start-reading -------------------------------------------------------------------------------

FEW = 16  # labels of the pre-trained features
OURS, THEIRS = "pre-trained", "word counts"


def _some_runs(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Three rising curves in which word counts catch up somewhere to the right of 16 labels."""
    counts = [8, 16, 32, 64, 128, 256]
    theirs = 0.5 + np.cumsum(rng.uniform(0.025, 0.045, 6))
    catches_up = int(rng.integers(3, 5))
    level = theirs[catches_up] - 0.0125  # more than a point from both neighbours
    heights = {
        OURS: level + np.cumsum(rng.uniform(0.02, 0.04, 6)),
        THEIRS: theirs,
        "random weights": np.minimum(theirs, level) - rng.uniform(0.02, 0.03, 6),
    }
    heights[OURS] -= heights[OURS][1] - level
    rows = [
        {"seed": seed, "method": method, "labels": n, "accuracy": float(y) + shift}
        for method, ys in heights.items()
        for n, y in zip(counts, ys, strict=True)
        for seed, shift in enumerate((-0.03, 0.0, 0.03))
    ]
    return {"runs": pd.DataFrame(rows)}


def _means(runs: pd.DataFrame, method: str) -> pd.Series:
    return runs[runs.method == method].groupby("labels").accuracy.mean()


@sheet.reading("start-reading", seen=_some_runs, form='a label count, or "never"', text=True)
def labels_needed(runs):
    """Read sideways, a learning curve tells what pre-training is worth in labels, that is, in
    somebody's working hours. Read upwards, it tells points of accuracy. Both are true; the first is
    often what a project wants to know."""
    means = runs.groupby(["method", "labels"]).accuracy.mean()
    height = means["pre-trained"][16]
    counts = means["word counts"]
    enough = counts[counts >= height].index
    return int(min(enough)) if len(enough) else "never"


@labels_needed.also_right
def to_a_point(runs):
    height, theirs = _means(runs, OURS)[FEW], _means(runs, THEIRS)
    return [
        min((int(n) for n in theirs.index if theirs[n] >= height + shift), default="never")
        for shift in (-0.01, 0.01)
    ]


@labels_needed.wrong
def where_it_begins(runs):
    """That is where the *pre-trained* curve has that height. Now go sideways from there, to the
    right: where does the curve of the word counts get as high?"""
    return FEW


@labels_needed.wrong
def height(runs):
    """That is the accuracy itself, the height to look for. The question is about labels, which are
    on the *horizontal* axis."""
    share = float(_means(runs, OURS)[FEW])
    looks_like_a_count = any(abs(100 * share - n) < 1 for n in _means(runs, THEIRS).index)
    return [share] if looks_like_a_count else [share, 100 * share]


@labels_needed.wrong
def too_early(runs):
    """There the curve of the word counts is still below the height you look for. Lay a ruler across
    the picture and go further right."""
    right = labels_needed(runs)
    counts = [int(n) for n in _means(runs, THEIRS).index]
    return [n for n in counts if n != FEW and (right == "never" or n < right)]


@labels_needed.wrong
def never(runs):
    """It is reached within the picture. Did you follow the curve of the *random weights*? The one
    of the word counts is another colour, and its points are triangles."""
    return None if "never" in [labels_needed(runs), *to_a_point(runs)] else "never"


@labels_needed.wrong
def too_late(runs):
    """That is enough, but not the *fewest*: the curve of the word counts was as high before. Go
    left as long as it stays above the ruler."""
    return [int(n) for n in _means(runs, THEIRS).index if n > labels_needed(runs)]


@labels_needed.wrong
def how_many_times(runs):
    """That may be how many *times* as many they need, a good way to put it. Here the count itself
    is asked for."""
    ratio = labels_needed(runs) / FEW
    return None if ratio in _means(runs, THEIRS).index else ratio


# --- start-one-draw ------------------------------------------------------------------------------


def _gains(rng: np.random.Generator) -> list[tuple[Any]]:
    """Gains over a few draws of labels, in points, as lists, tuples and arrays; some negative."""
    cases = []
    for kind in (list, tuple, np.array, list):
        n = int(rng.integers(4, 9))
        cases.append(
            (kind(rng.normal(rng.uniform(2, 20), rng.uniform(3, 8), n).round(2).tolist()),)
        )
    # Spelled out, because drawn ones could leave two misconceptions with the same result.
    return [*cases, ([12.5, -3.0, 8.5, 20.0, 4.5],), ([1.0, 4.0],)]


@sheet.function(
    "start-one-draw", cases=_gains, tolerance=1e-4, returns="two numbers, the lower one first"
)
def one_draw(gains):
    """With five draws this range is almost two and a half times as wide as the interval of the mean
    (the square root of 6). More draws make the interval of the mean as narrow as you like. This
    range never falls below the scatter of a single draw: it is what a project with *one* set of
    labels has to reckon with."""
    n = len(gains)
    t = stats.t.ppf(0.975, df=n - 1)
    variance = np.var(gains, ddof=1)  # of one draw; that of a mean of n draws is variance / n
    half = t * np.sqrt(variance + variance / n)
    return np.mean(gains) - half, np.mean(gains) + half


def _range(gains, factor, quantile=0.975, ddof=1, normal=False):
    """Mean minus and plus so many standard deviations, times the critical value."""
    n = len(gains)
    value = stats.norm.ppf(quantile) if normal else stats.t.ppf(quantile, df=n - 1)
    half = value * factor * np.std(gains, ddof=ddof)
    return np.mean(gains) - half, np.mean(gains) + half


@one_draw.also_right
def by_the_factor(gains):
    return list(_range(gains, np.sqrt(1 + 1 / len(gains))))


@one_draw.also_right
def by_scipy(gains):
    n = len(gains)
    wide = stats.sem(gains) * np.sqrt(n + 1)
    return np.array(stats.t.interval(0.95, n - 1, loc=np.mean(gains), scale=wide))


@one_draw.wrong
def of_the_mean(gains):
    """That is the confidence interval of the cell above: where the *average* over draws lies. A
    single further draw scatters around that average. Which variance has to be added?"""
    return _range(gains, 1 / np.sqrt(len(gains)))


@one_draw.wrong
def as_if_the_mean_were_known(gains):
    """That is the scatter of one draw around a mean that is known exactly. Ours is itself an
    average of a few draws, and uncertain. Add its variance as well."""
    return _range(gains, 1.0)


@one_draw.wrong
def deviations_added(gains):
    """Both parts are there, but you have added standard deviations. Of independent quantities the
    *variances* add up: take the square root at the end."""
    return _range(gains, 1 + 1 / np.sqrt(len(gains)))


@one_draw.wrong(also=[lambda g: _range(g, 1.0, normal=True)])
def from_the_normal(gains):
    """The 1.96 of the normal distribution is right if the standard deviation is known. Here it is
    estimated from a few draws; Student's t with n - 1 degrees of freedom makes up for that."""
    return _range(gains, np.sqrt(1 + 1 / len(gains)), normal=True)


@one_draw.wrong(also=[lambda g: _range(g, 1.0, ddof=0)])
def divided_by_n(gains):
    """The standard deviation was divided by n, which makes it too small. NumPy does so unless told
    otherwise: `np.std(gains, ddof=1)`."""
    return _range(gains, np.sqrt(1 + 1 / len(gains)), ddof=0)


@one_draw.wrong(also=[lambda g: _range(g, 1.0, quantile=0.95)])
def one_tail(gains):
    """The quantile 0.95 leaves five percent on *each* side, ten in all. For 95 % in the middle two
    and a half may lie on either side: 0.975."""
    return _range(gains, np.sqrt(1 + 1 / len(gains)), quantile=0.95)


@one_draw.wrong
def with_n_degrees(gains):
    """Almost: the critical value has n - 1 degrees of freedom, since the mean was estimated from
    the same n numbers."""
    n = len(gains)
    half = stats.t.ppf(0.975, df=n) * np.sqrt(1 + 1 / n) * np.std(gains, ddof=1)
    return np.mean(gains) - half, np.mean(gains) + half


@one_draw.wrong
def smallest_and_largest(gains):
    """That is the range of the draws that you have seen. A further one may fall outside, and of
    five draws it does so every third time."""
    return min(gains), max(gains)


@one_draw.wrong(also=[lambda g: np.sqrt(1 + 1 / len(g)) * np.std(g, ddof=1)])
def only_the_half(gains):
    """That is one number, half of the width. Two are asked for: the mean minus it, and the mean
    plus it."""
    return one_draw(gains)[1] - np.mean(gains)


@one_draw.wrong
def around_zero(gains):
    """The width is right, but the range lies around zero. A further draw scatters around the mean
    of the gains."""
    half = one_draw(gains)[1] - np.mean(gains)
    return -half, half


@one_draw.wrong
def upside_down(gains):
    """Both numbers are right. Give the lower one first."""
    low, high = one_draw(gains)
    return high, low


# --- start-rate ----------------------------------------------------------------------------------


@sheet.outcome("start-rate")
def after_a_high_rate(usual, high):
    """``usual`` and ``high``: accuracy after fine-tuning at a rate of 0.0001 and of 0.01.

    ``high`` is ``...`` as long as nobody has measured it.
    """
    if high is ...:
        return "So far you have only said so: put the call of `after_tuning` in, and measure it."
    said = f"Measured: {usual:.2f} at the usual rate, {high:.2f} at a hundred times as much."
    if high > 0.6:
        said += " So in this run something has survived; another draw of labels may end otherwise."
    return said


# --- start-predict -------------------------------------------------------------------------------


@sheet.outcome("start-predict")
def advantage(lost):
    """``lost``: points of its advantage that a town loses from 256 to 1,024 labels, an interval."""
    said = f"Above: each town loses {lost.mean:.1f} points [{lost.low:.1f}, {lost.high:.1f}]."
    if lost.low > 0:
        return said, "shrinks"
    if lost.high < 0:
        return said, "grows"
    return f"{said} The interval includes zero, so this run cannot tell."
