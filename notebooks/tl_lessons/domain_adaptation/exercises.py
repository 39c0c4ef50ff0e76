"""What the exercises of ``33_domain_adaptation`` do; their words are in the TOML file."""

from __future__ import annotations

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.domain_adaptation import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- domain-loss ---------------------------------------------------------------------------------


def _clouds(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Clouds with means of their own, other numbers of texts, and columns that go together."""
    cases = []
    for n, m, d in [(6, 9, 2), (12, 8, 3), (7, 7, 4)]:
        mixed = rng.normal(size=(d, d))
        cases.append((rng.normal(size=(n, d)) + 2, rng.normal(size=(m, d)) @ mixed - 1))
    return cases


@sheet.function("domain-loss", cases=_clouds, returns="one number")
def coral_loss(here, there):
    """The means play no part: this penalty looks at how the columns vary and go together, and
    leaves it to others (MMD) to compare where the clouds are."""

    def covariance(x):
        x = x - x.mean(0)
        return x.T @ x / (len(x) - 1)

    d = here.shape[1]
    return ((covariance(here) - covariance(there)) ** 2).sum() / (4 * d * d)


@coral_loss.also_right
def by_numpy(here, there):
    difference = np.cov(here, rowvar=False) - np.cov(there, rowvar=False)
    return np.linalg.norm(difference) ** 2 / (4 * here.shape[1] ** 2)


@coral_loss.also_right
def as_a_mean(here, there):
    return ((np.cov(here.T) - np.cov(there.T)) ** 2).mean() / 4


def _moments(x, centre=True, less=1):
    x = x - x.mean(0) if centre else x
    return x.T @ x / (len(x) - less)


def _penalty(first, second):
    return ((first - second) ** 2).sum() / (4 * first.shape[0] ** 2)


@coral_loss.wrong
def without_centring(here, there):
    """You have not taken off the mean of each column, so the penalty also sees where the clouds
    are. A covariance is about the centred columns."""
    return _penalty(_moments(here, centre=False), _moments(there, centre=False))


@coral_loss.wrong
def divided_by_n(here, there):
    """Divided by n: right for large n. The exercise asks for n - 1, as `np.cov` does it."""
    return _penalty(_moments(here, less=0), _moments(there, less=0))


@coral_loss.wrong(also=[lambda here, there: ((_moments(here) - _moments(there)) ** 2).mean()])
def without_the_factor(here, there):
    """The differences are right. What is missing is the division by 4 d squared, or a part of
    it."""
    return ((_moments(here) - _moments(there)) ** 2).sum()


@coral_loss.wrong
def only_variances(here, there):
    """That compares the variances of single columns. Which columns go *together* stands beside the
    diagonal, and in this notebook it is what matters."""
    return ((here.var(0, ddof=1) - there.var(0, ddof=1)) ** 2).sum() / (4 * here.shape[1] ** 2)


@coral_loss.wrong
def not_squared(here, there):
    """The Frobenius norm itself; the penalty has its square."""
    return np.sqrt(((_moments(here) - _moments(there)) ** 2).sum()) / (4 * here.shape[1] ** 2)


@coral_loss.wrong
def of_the_means(here, there):
    """That is the squared distance of the two means. Deep CORAL compares covariance matrices."""
    return ((here.mean(0) - there.mean(0)) ** 2).sum() / (4 * here.shape[1] ** 2)


# --- domain-effective ----------------------------------------------------------------------------


def _weights(rng: np.random.Generator) -> list[tuple[np.ndarray]]:
    """From even to very uneven, and not of mean one."""
    return [
        (np.array([1.0, 1.0, 1.0, 2.0]),),
        (np.array([10.0, 0.1, 0.2, 0.0, 0.1]),),
        *((rng.exponential(size=int(n)) ** 2 + 0.1,) for n in rng.integers(5, 12, 3)),
    ]


@sheet.function("domain-effective", cases=_weights, returns="one number")
def effective_number(weights):
    """Equal weights give the number of texts, one weight alone gives 1. If the effective number is
    a tenth of the texts, weighting has thrown nine tenths of the labels away."""
    weights = np.asarray(weights)
    return weights.sum() ** 2 / (weights**2).sum()


@effective_number.also_right
def by_shares(weights):
    shares = np.asarray(weights) / np.sum(weights)
    return 1 / np.sum(shares**2)


@effective_number.also_right
def by_loop(weights):
    total = squares = 0.0
    for weight in weights:
        total += weight
        squares += weight * weight
    return total * total / squares


@effective_number.wrong
def how_many(weights):
    """That is how many texts there are, whatever their weights."""
    return len(weights)


@effective_number.wrong
def the_sum(weights):
    """That is the sum of the weights: it grows when all of them double, though nothing has
    changed."""
    return float(np.sum(weights))


@effective_number.wrong
def upside_down(weights):
    """That is its inverse. With four equal weights it should be 4."""
    return float((np.asarray(weights) ** 2).sum() / np.sum(weights) ** 2)


@effective_number.wrong
def squared_alike(weights):
    """Above the line, the *sum* is squared; you have squared the weights before."""
    return float((np.asarray(weights) ** 2).sum() / np.sum(weights))


@effective_number.wrong
def not_squared_above(weights):
    """The sum above the line is not squared yet: it should not matter if all weights double."""
    return float(np.sum(weights) / (np.asarray(weights) ** 2).sum())


# --- domain-balance ------------------------------------------------------------------------------


@sheet.outcome("domain-balance")
def with_another_balance(uneven):
    """``uneven``: a table of runs with ``method``, ``accuracy`` and ``AUC``, or still ``...``."""
    if uneven is ...:
        return "So far you have only said so: put the call of `tl.experiment.run` in, and measure."
    means = uneven.groupby("method")[["accuracy", "AUC"]].mean()
    (before, ranked), (after, ranks) = (
        means.loc[method] for method in ("no adaptation", "own standardisation")
    )
    said = (
        f"Measured: AUC {ranked:.1f} without adaptation, {ranks:.1f} with own standardisation; "
        f"accuracy {before:.1f} and {after:.1f}."
    )
    if ranks < 50:
        return said, "turns round"
    if abs(ranks - ranked) < 2:
        return said, "nothing"
    return said, "helps" if ranks > ranked else "hurts"
