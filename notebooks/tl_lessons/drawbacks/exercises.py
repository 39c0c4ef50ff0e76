"""What the exercises of ``41_drawbacks`` do; their words are in the TOML file."""

from __future__ import annotations

import math

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.drawbacks import lesson

sheet = Sheet(lesson.notebook, __file__)


def _scores(rng: np.random.Generator) -> list[tuple[float, list[float]]]:
    """A canary among others: by hand, at the top, at the bottom, with a tie, and at random."""
    cases: list[tuple[float, list[float]]] = [
        (-2.0, [-1.0, -5.0, -7.0]),
        (-0.5, [-3.0, -4.0, -6.0, -8.0, -9.0, -9.5, -7.0]),
        (-9.0, [-1.0, -2.0, -3.0]),
        (-4.0, [-4.0, -2.0, -6.0, -7.0, -8.0, -9.0, -9.5]),
    ]
    for n in (31, 60):
        some = rng.uniform(-20, -1, n).round(2).tolist()
        cases.append((float(sorted(some)[-n // 8] + 0.005), some))
    return cases


@sheet.function("drawbacks-exposure", cases=_scores, tolerance=1e-6, returns="one number, in bits")
def sampled_exposure(true_score, sample):
    """A sample of n can never show more than log2(n + 1) bits: a canary above all of them may
    stand far above. Carlini et al. (2019) therefore fit a curve to the scores and extrapolate."""
    as_high = 1 + sum(score >= true_score for score in sample)
    return -np.log2(as_high / (len(sample) + 1))


@sampled_exposure.also_right
def by_numpy(true_score, sample):
    everything = np.array([true_score, *sample])
    return float(-np.log2((everything >= true_score).mean()))


@sampled_exposure.also_right
def by_difference(true_score, sample):
    rank = 1 + len([score for score in sample if score >= true_score])
    return math.log2(len(sample) + 1) - math.log2(rank)


@sampled_exposure.wrong
def natural(true_score, sample):
    """Exposure is counted in *bits*: take the logarithm to base 2."""
    as_high = 1 + sum(score >= true_score for score in sample)
    return -math.log(as_high / (len(sample) + 1))


@sampled_exposure.wrong
def below(true_score, sample):
    """You counted the codes that are *less* likely than the canary. A canary that stands at the top
    has few above it, and a high exposure."""
    as_low = 1 + sum(score < true_score for score in sample)
    return -math.log2(as_low / (len(sample) + 1))


@sampled_exposure.wrong
def without_itself(true_score, sample):
    """The canary itself is missing from the count. If it stands above the whole sample, its share
    would be zero, and its exposure infinite."""
    as_high = sum(score >= true_score for score in sample)
    return -math.log2(as_high / len(sample)) if as_high else math.inf


@sampled_exposure.wrong
def negative(true_score, sample):
    """The logarithm of a share is negative; exposure is *minus* it."""
    return -sampled_exposure(true_score, sample)
