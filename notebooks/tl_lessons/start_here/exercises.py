"""What the exercises of ``00_start_here`` do; their words are in the TOML file."""

from __future__ import annotations

from typing import Any

import numpy as np

from tl_helpers.exercises import Sheet
from tl_helpers.measure.evaluate import Interval
from tl_lessons.start_here import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- start-reading -------------------------------------------------------------------------------

FEW = 16  # labels of the pre-trained start
OURS, THEIRS = "pre-trained", "word counts"


def _some_curves(rng: np.random.Generator) -> dict[str, dict[str, dict[int, Interval]]]:
    """Three rising curves in which word counts catch up somewhere to the right of 16 labels."""
    counts = [8, 16, 32, 64, 128, 256]
    theirs = 0.5 + np.cumsum(rng.uniform(0.025, 0.045, 6))
    catches_up = int(rng.integers(3, 5))
    height = theirs[catches_up] - 0.0125  # more than a point from both neighbours
    heights = {
        OURS: height + np.cumsum(rng.uniform(0.02, 0.04, 6)),
        THEIRS: theirs,
        "random weights": np.minimum(theirs, height) - rng.uniform(0.02, 0.03, 6),
    }
    heights[OURS] -= heights[OURS][1] - height
    return {
        "curves": {
            name: {
                n: Interval(float(y), float(y) - 0.03, float(y) + 0.03, 5)
                for n, y in zip(counts, ys, strict=True)
            }
            for name, ys in heights.items()
        }
    }


@sheet.reading("start-reading", seen=_some_curves, form='a label count, or "never"', text=True)
def labels_needed(curves):
    """Read sideways, a learning curve tells what pre-training is worth in labels, that is, in
    somebody's working hours. Read upwards, it tells points of accuracy. Both are true; the first is
    often what a project wants to know."""
    height = curves["pre-trained"][16].mean
    enough = [n for n, at in curves["word counts"].items() if at.mean >= height]
    return min(enough) if enough else "never"


@labels_needed.also_right
def to_a_point(curves):
    height, theirs = curves[OURS][FEW].mean, curves[THEIRS]
    return [
        min((n for n in theirs if theirs[n].mean >= height + shift), default="never")
        for shift in (-0.01, 0.01)
    ]


@labels_needed.wrong
def where_it_starts(curves):
    """That is where the *pre-trained* curve has that height. Now go sideways from there, to the
    right: where does the curve of the word counts get as high?"""
    return FEW


@labels_needed.wrong
def height(curves):
    """That is the accuracy itself, the height to look for. The question is about labels, which are
    on the *horizontal* axis."""
    share = curves[OURS][FEW].mean
    looks_like_a_count = any(abs(100 * share - n) < 1 for n in curves[THEIRS])
    return [share] if looks_like_a_count else [share, 100 * share]


@labels_needed.wrong
def too_early(curves):
    """There the curve of the word counts is still below the height you look for. Lay a ruler across
    the picture and go further right."""
    right = labels_needed(curves)
    return [n for n in curves[THEIRS] if n != FEW and (right == "never" or n < right)]


@labels_needed.wrong
def never(curves):
    """It is reached within the picture. Did you follow the curve of the *random weights*? The one
    of the word counts is another colour, and its points are triangles."""
    return None if "never" in [labels_needed(curves), *to_a_point(curves)] else "never"


@labels_needed.wrong
def too_late(curves):
    """That is enough, but not the *fewest*: the curve of the word counts was as high before. Go
    left as long as it stays above the ruler."""
    return [n for n in curves[THEIRS] if n > labels_needed(curves)]


@labels_needed.wrong
def how_many_times(curves):
    """That may be how many *times* as many they need, a good way to put it. Here the count itself
    is asked for."""
    ratio = labels_needed(curves) / FEW
    return None if ratio in curves[THEIRS] else ratio


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
    """The mean of the paired differences equals the difference of the means; it is the *interval*
    that pairing makes narrower, because luck with the labels cancels."""
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
