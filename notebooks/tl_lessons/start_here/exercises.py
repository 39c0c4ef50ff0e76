"""What the exercises of ``00_start_here`` do; their words are in the TOML file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

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
    states of MiniLM. Whoever forgets the mask gives a short text another vector in every batch."""
    weights = mask[:, :, np.newaxis]  # one weight a token, for all of its numbers
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

FEW = 16  # labels of the pre-trained start
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
        {"seed": seed, "start": start, "labels": n, "accuracy": float(y) + shift}
        for start, ys in heights.items()
        for n, y in zip(counts, ys, strict=True)
        for seed, shift in enumerate((-0.03, 0.0, 0.03))
    ]
    return {"runs": pd.DataFrame(rows)}


def _means(runs: pd.DataFrame, start: str) -> pd.Series:
    return runs[runs.start == start].groupby("labels").accuracy.mean()


@sheet.reading("start-reading", seen=_some_runs, form='a label count, or "never"', text=True)
def labels_needed(runs):
    """Read sideways, a learning curve tells what pre-training is worth in labels, that is, in
    somebody's working hours. Read upwards, it tells points of accuracy. Both are true; the first is
    often what a project wants to know."""
    means = runs.groupby(["start", "labels"]).accuracy.mean()
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
def where_it_starts(runs):
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


# --- start-gain ----------------------------------------------------------------------------------


def _runs(rng: np.random.Generator) -> list[tuple[Any, Any]]:
    """Accuracies of a few seeds, as lists, tuples and arrays; now and then transfer hurts."""
    cases = []
    for kind in (list, tuple, np.array, list):
        n = int(rng.integers(4, 7))
        scratch, better = rng.uniform(0.5, 0.7, n), rng.uniform(0.02, 0.25, n)
        cases.append((scratch + better, scratch, kind))
    worse = rng.uniform(0.6, 0.8, 4)
    cases.append((worse - rng.uniform(0.02, 0.2, 4), worse, list))
    # Spelled out, because drawn ones could leave two misconceptions with the same result.
    cases.append((np.array([0.804, 0.751, 0.913]), np.array([0.618, 0.655, 0.507]), list))
    return [(kind(a.round(3).tolist()), kind(b.round(3).tolist())) for a, b, kind in cases]


def _differences(pretrained, scratch):
    return np.asarray(pretrained, dtype=float) - np.asarray(scratch, dtype=float)


@sheet.function("start-gain", cases=_runs, tolerance=1e-4, returns="one number, in accuracy points")
def gain(pretrained, scratch):
    """The mean of the paired differences equals the difference of the means. What pairing changes
    is the *interval*: it becomes narrower where both starts succeed and fail together, and wider
    where they do not."""
    differences = [p - s for p, s in zip(pretrained, scratch)]
    return 100 * sum(differences) / len(differences)


@gain.also_right
def with_arrays(pretrained, scratch):
    return float(100 * _differences(pretrained, scratch).mean())


@gain.also_right
def difference_of_means(pretrained, scratch):
    return 100 * (np.mean(pretrained) - np.mean(scratch))


@gain.also_right
def points_of_each_seed(pretrained, scratch):
    return sum(100 * p - 100 * s for p, s in zip(pretrained, scratch)) / len(pretrained)


@gain.also_right
def with_fewer_bits(pretrained, scratch):
    return (np.array(pretrained, np.float32) - np.array(scratch, np.float32)).mean() * 100


@gain.wrong
def as_a_share(pretrained, scratch):
    """The difference is right, but as a share between 0 and 1. Accuracy *points* go from 0 to 100:
    0.80 against 0.70 is a gain of 10 points."""
    return gain(pretrained, scratch) / 100


@gain.wrong(also=[lambda p, s: -gain(p, s) / 100])
def reversed_sign(pretrained, scratch):
    """The sign is reversed: a gain is positive when the *pre-trained* start is the better one. What
    is subtracted from what?"""
    return -gain(pretrained, scratch)


@gain.wrong(
    also=[
        lambda p, s: max(0.0, gain(p, s)),
        lambda p, s: 100 * np.abs(_differences(p, s)).mean(),
        lambda p, s: abs(gain(p, s)) / 100,
    ]
)
def without_sign(pretrained, scratch):
    """A gain may be negative: sometimes transfer hurts (negative transfer). Without the sign, harm
    would look like success."""
    return abs(gain(pretrained, scratch))


@gain.wrong(
    also=[
        lambda p, s: np.mean(p) / np.mean(s),
        lambda p, s: 100 * np.mean(p) / np.mean(s),
        lambda p, s: np.mean(p) / np.mean(s) - 1,
        lambda p, s: np.mean(np.divide(p, s)),
        lambda p, s: 100 * np.mean(np.divide(p, s)),
        lambda p, s: np.mean(np.divide(p, s)) - 1,
        lambda p, s: 100 * (np.mean(np.divide(p, s)) - 1),
    ]
)
def relative(pretrained, scratch):
    """That is a *relative* gain, a ratio. From 0.50 to 0.60 is 20 percent, but 10 accuracy
    *points*. Ratios flatter whoever starts low; points are a difference."""
    return 100 * (np.mean(pretrained) / np.mean(scratch) - 1)


@gain.wrong(
    also=[
        lambda p, s: 100 * _differences(p, s).max(),
        lambda p, s: max(p) - max(s),
        lambda p, s: _differences(p, s).max(),
    ]
)
def of_the_best_seed(pretrained, scratch):
    """Only the best seed counts there. The best of several runs is luck that nobody can repeat;
    what one may expect of the next run is the mean over all seeds."""
    return 100 * (max(pretrained) - max(scratch))


@gain.wrong(
    also=[lambda p, s: p[0] - s[0], lambda p, s: 100 * (p[-1] - s[-1]), lambda p, s: p[-1] - s[-1]]
)
def of_one_seed(pretrained, scratch):
    """Only one seed is used. With few labels two seeds can differ by more than two methods do: use
    every pair, then take the mean."""
    return 100 * (pretrained[0] - scratch[0])


@gain.wrong(
    also=[
        lambda p, s: int(gain(p, s)),
        lambda p, s: round(gain(p, s), 1),
        lambda p, s: round(gain(p, s), 2),
    ]
)
def rounded(pretrained, scratch):
    """Right but for the rounding. Keep every digit while you compute, and round only when you
    print: a gain of 0.4 points is not nothing."""
    return round(gain(pretrained, scratch))


@gain.wrong(also=[lambda p, s: _differences(p, s).tolist()])
def one_for_each_seed(pretrained, scratch):
    """That is one difference for each seed, a good start. One number is asked for: their mean."""
    return (100 * _differences(pretrained, scratch)).tolist()


@gain.wrong(also=[lambda p, s: _differences(p, s).sum()])
def sum_over_seeds(pretrained, scratch):
    """That is the sum over the seeds: with twice as many seeds it would be twice as large, though
    transfer is no better. Divide by their number."""
    return 100 * _differences(pretrained, scratch).sum()


@gain.wrong(
    also=[
        lambda p, s: 100 * float(np.median(p) - np.median(s)),
        lambda p, s: float(np.median(_differences(p, s))),
    ]
)
def median(pretrained, scratch):
    """That is the median. It is a sound choice against outliers, but another question: the card on
    top of this exercise shows the mean."""
    return 100 * float(np.median(_differences(pretrained, scratch)))


@gain.wrong
def list_minus_list(pretrained, scratch):
    """One list cannot be subtracted from another. Go through both with zip(pretrained, scratch), or
    turn them into arrays first: np.array(pretrained)."""
    return 100 * (pretrained - scratch).mean()


# --- start-rate ----------------------------------------------------------------------------------


@sheet.outcome("start-rate")
def after_a_high_rate(usual, high):
    """``usual`` and ``high``: accuracy after fine-tuning at a rate of 0.0001 and of 0.01."""
    said = f"Measured: {usual:.2f} at the usual rate, {high:.2f} at a hundred times as much."
    if high > 0.6:
        said += " So in this run something has survived; another draw of labels may end otherwise."
    return said


# --- start-predict -------------------------------------------------------------------------------


@sheet.outcome("start-predict")
def advantage(gaps):
    """``gaps``: labels -> the advantage in accuracy points."""
    first, last = min((n for n in gaps if n >= 256), default=min(gaps)), max(gaps)
    said = (
        f"Above: {gaps[first].mean:.0f} points at {first:,} labels, {gaps[last].mean:.0f} at "
        f"{last:,}."
    )
    if gaps[last].mean >= gaps[first].mean:
        said += " So in this run it has not begun to; five seeds can differ that much."
    elif gaps[last].high > gaps[first].low:
        said += " (The intervals overlap: five seeds suggest it, they do not prove it.)"
    return said
