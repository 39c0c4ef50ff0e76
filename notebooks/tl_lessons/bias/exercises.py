"""What the exercises of ``40_bias`` do; their words are in the TOML file."""

from __future__ import annotations

import itertools
import math

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.bias import lesson

sheet = Sheet(lesson.notebook, __file__)


def _associations(rng: np.random.Generator) -> list[tuple[list[float], list[float]]]:
    """Far apart, the wrong way round, alike with ties, and drawn at random."""
    return [
        ([0.5, 0.4, 0.3], [0.1, 0.0, -0.2]),
        ([-0.3, -0.1], [0.2, 0.4]),
        ([0.1, 0.2, 0.2], [0.2, 0.1, 0.0]),
        (rng.normal(size=4).round(2).tolist(), rng.normal(size=4).round(2).tolist()),
        (rng.normal(0.5, 1, size=5).round(2).tolist(), rng.normal(size=5).round(2).tolist()),
    ]


@sheet.function("bias-exact-p", cases=_associations, tolerance=1e-9, returns="one number")
def exact_p(x, y):
    """The sum over X is enough: the sum over Y is the total minus that, so the difference of the
    means rises and falls with it. With 8 words against 8 there are 12,870 ways to count."""
    from itertools import combinations

    pooled, now = [*x, *y], sum(x)
    ways = [sum(chosen) >= now - 1e-12 for chosen in combinations(pooled, len(x))]
    return sum(ways) / len(ways)


@exact_p.also_right
def by_places(x, y):
    pooled, now, n = np.array([*x, *y], float), float(np.sum(x)), len(x)
    count = 0
    for places in itertools.combinations(range(len(pooled)), n):
        if pooled[list(places)].sum() > now or abs(pooled[list(places)].sum() - now) < 1e-12:
            count += 1
    return count / math.comb(len(pooled), n)


@exact_p.also_right
def by_scipy(x, y):
    from scipy import stats

    def difference(a, b, axis):
        return np.mean(a, axis=axis) - np.mean(b, axis=axis)

    test = stats.permutation_test(
        (np.array(x), np.array(y)), difference, alternative="greater", n_resamples=np.inf
    )
    return float(test.pvalue)


@exact_p.wrong
def strictly_more(x, y):
    """That counts only the ways that give *more*. The way in which the words are dealt now gives
    just as much, and it is a way too: p can never be 0."""
    pooled, now = [*x, *y], sum(x)
    ways = [sum(chosen) > now + 1e-12 for chosen in itertools.combinations(pooled, len(x))]
    return sum(ways) / len(ways)


@exact_p.wrong
def two_sided(x, y):
    """That is a two-sided test: it counts large differences in either direction. WEAT asks in one
    direction only: X nearer to A than Y is."""
    pooled, n = [*x, *y], len(x)
    total = sum(pooled)
    now = abs(2 * sum(x) - total)
    ways = [
        abs(2 * sum(chosen) - total) >= now - 1e-12 for chosen in itertools.combinations(pooled, n)
    ]
    return sum(ways) / len(ways)


@exact_p.wrong
def as_sets(x, y):
    """Two words may have the same association, and they are still two words. Choose places, or
    values from a list; a set forgets that a value came twice."""
    pooled, now = [*x, *y], sum(x)
    ways = {tuple(sorted(chosen)) for chosen in itertools.combinations(pooled, len(x))}
    return sum(sum(chosen) >= now - 1e-12 for chosen in ways) / len(ways)


@exact_p.wrong
def at_most(x, y):
    """That is the share of ways that give at *most* the sum of x. The question is how often a new
    deal would give at *least* as much."""
    pooled, now = [*x, *y], sum(x)
    ways = [sum(chosen) <= now + 1e-12 for chosen in itertools.combinations(pooled, len(x))]
    return sum(ways) / len(ways)
