"""What the exercises of notebook 25 do; their words are in the TOML file."""

from __future__ import annotations

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.which_pretraining_for_which_task import lesson

sheet = Sheet(lesson.notebook, __file__)


def _orders(rng: np.random.Generator) -> list[tuple[list[float], list[float]]]:
    """Lists without equal values: one order, the opposite, and some where neighbours mislead."""
    cases = [([0.1, 0.2, 0.3], [1.0, 2.0, 3.0]), ([0.1, 0.2, 0.3, 0.4], [9.0, 7.0, 5.0, 1.0])]
    while len(cases) < 6:
        guess, truth = rng.permutation(5) / 10, rng.permutation(5) / 4
        steps = np.sign(np.diff(guess) * np.diff(truth))
        pairs = np.sign(np.subtract.outer(guess, guess) * np.subtract.outer(truth, truth))
        if abs(steps.mean() - pairs.sum() / 20) > 0.1 and abs(pairs.sum()) > 0:
            cases.append((guess.round(2).tolist(), truth.round(2).tolist()))
    return cases


@sheet.function("which-tau", cases=_orders, tolerance=1e-6, returns="one number from -1 to 1")
def tau(guess, truth):
    """One number for two orders: 1 if they are the same, -1 if one is the other backwards, about 0
    if they have nothing to do with each other. `scipy.stats.kendalltau` knows ties as well."""
    same = other = 0
    for i in range(len(guess)):
        for j in range(i):
            if (guess[i] - guess[j]) * (truth[i] - truth[j]) > 0:
                same += 1
            else:
                other += 1
    return (same - other) / (same + other)


@tau.also_right
def by_library(guess, truth):
    from scipy.stats import kendalltau

    return float(kendalltau(guess, truth).statistic)


@tau.also_right
def by_signs(guess, truth):
    import numpy as np

    a, b = (np.sign(np.subtract.outer(x, x)) for x in (guess, truth))
    return (a * b).sum() / (len(guess) * (len(guess) - 1))


@tau.wrong
def share(guess, truth):
    """That is the *share* of pairs in the same order: it lies between 0 and 1. Take away the share
    of pairs in the other order."""
    return (tau(guess, truth) + 1) / 2


@tau.wrong
def neighbours_only(guess, truth):
    """Only neighbours in the list are compared here. Every pair counts, the first and last too."""
    pairs = range(1, len(guess))
    signs = [np.sign((guess[i] - guess[i - 1]) * (truth[i] - truth[i - 1])) for i in pairs]
    return float(np.mean(signs))


@tau.wrong
def difference(guess, truth):
    """That is how many *more* pairs agree. Divide by the number of all pairs, n * (n - 1) / 2."""
    return tau(guess, truth) * len(guess) * (len(guess) - 1) / 2
