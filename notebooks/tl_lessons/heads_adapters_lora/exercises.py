"""What the exercises of ``30_heads_adapters_lora`` do; their words are in the TOML file."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from tl_helpers.exercises import Sheet
from tl_lessons.heads_adapters_lora import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- lora-merged ---------------------------------------------------------------------------------


def _layers(rng: np.random.Generator) -> list[tuple[Any, Any, Any, float]]:
    """Matrices of several shapes, a square one among them, with a rank that is not alpha."""
    cases = []
    for outputs, inputs, rank, alpha in ((3, 5, 2, 8.0), (4, 4, 2, 3.0), (6, 2, 1, 4.0)):
        shapes = ((outputs, inputs), (rank, inputs), (outputs, rank))
        W, A, B = (rng.normal(1.0, 1.0, shape).round(2) for shape in shapes)
        cases.append((W, A, B, alpha))
    return cases


@sheet.function("lora-merged", cases=_layers, tolerance=1e-5, returns="an array [outputs, inputs]")
def merged(W, A, B, alpha):
    """One matrix of the old size: an adapted network that has been merged is exactly as fast as the
    original. The price is that the change can no longer be taken off, unless you keep `A` and `B`."""
    rank = len(A)
    return W + alpha / rank * B @ A


@merged.also_right
def by_columns(W, A, B, alpha):
    basis = np.eye(W.shape[1])
    return np.stack([W @ x + alpha / len(A) * (B @ (A @ x)) for x in basis], axis=1)


@merged.also_right
def transposed_twice(W, A, B, alpha):
    return (W.T + (alpha / A.shape[0]) * (A.T @ B.T)).T.tolist()


@merged.wrong
def without_the_scale(W, A, B, alpha):
    """The product is right, but it does not count once: the layer multiplies it by `alpha / rank`."""
    return W + B @ A


@merged.wrong
def alpha_alone(W, A, B, alpha):
    """You multiply by `alpha`, the layer by `alpha / rank`: with twice the rank, twice as many terms
    are added up, and the division keeps their sum in the same range."""
    return W + alpha * B @ A


@merged.wrong
def upside_down(W, A, B, alpha):
    """The scale stands on its head: it is alpha divided by the rank."""
    return W + len(A) / alpha * B @ A


@merged.wrong
def by_the_wrong_side(W, A, B, alpha):
    """You divide by the number of inputs. The *rank* is the size that A and B share: the number of
    rows of A."""
    return W + alpha / A.shape[1] * B @ A


@merged.wrong
def only_the_change(W, A, B, alpha):
    """That is the change alone. The merged matrix does the work of both paths."""
    return alpha / len(A) * B @ A


@merged.wrong
def in_the_other_order(W, A, B, alpha):
    """`A @ B` is a small square, rank by rank. The layer first applies A to `x`, then B: written as
    a product of matrices, the one that acts first stands on the right."""
    return W + alpha / len(A) * (A @ B)


# --- lora-rank -----------------------------------------------------------------------------------


def _shapes(rng: np.random.Generator) -> list[tuple[int, int]]:
    """Shapes of matrices: square ones, in which the bound is a whole number, and others."""
    drawn = rng.integers(20, 400, 4).tolist()
    return [(4, 4), (128, 128), (512, 128), (drawn[0], drawn[1]), (drawn[2], drawn[3]), (30, 20)]


@sheet.function("lora-rank", cases=_shapes, returns="a whole number")
def largest_rank(rows, columns):
    """For a square matrix the bound is just below half of its side: 63 for 128 x 128. The ranks that
    people use, 4 to 64 in matrices of some thousand rows, are far from it."""
    fits = rows * columns / (rows + columns)
    return math.ceil(fits) - 1


@largest_rank.also_right
def by_counting(rows, columns):
    rank = 0
    while (rank + 1) * (rows + columns) < rows * columns:
        rank += 1
    return np.int64(rank)


@largest_rank.also_right
def by_whole_numbers(rows, columns):
    return (rows * columns - 1) // (rows + columns)


@largest_rank.wrong
def as_many(rows, columns):
    """Almost: at this rank LoRA may train exactly *as many* numbers as the matrix has, for instance
    with 4 x 4. Fewer are asked for."""
    return rows * columns // (rows + columns)


@largest_rank.wrong
def highest_possible(rows, columns):
    """That is the highest rank that a matrix of this shape can have at all. Count the numbers in A and
    B at this rank: are they fewer?"""
    return min(rows, columns)


@largest_rank.wrong
def half_the_side(rows, columns):
    """Right for some square matrices. Count for any shape: A has rank times columns numbers, and B?"""
    return min(rows, columns) // 2


@largest_rank.wrong
def as_a_fraction(rows, columns):
    """That is where the numbers become *equal*. A rank is a whole number; which is the last one below?"""
    return rows * columns / (rows + columns)


@largest_rank.wrong
def one_of_two(rows, columns):
    """You counted one of the two thin matrices. There are two: rank x columns and rows x rank."""
    return max(rows, columns) - 1


# --- lora-reading --------------------------------------------------------------------------------

OURS, THEIRS = "LoRA, six matrices", "everything"


def _some_rates(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Two curves over six rates that cross once, with clear gaps; and a third that does not count."""
    rates = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1]
    crossing = int(rng.integers(1, 5))
    gaps = rng.uniform(0.05, 0.15, len(rates)) * np.where(np.arange(len(rates)) < crossing, 1, -1)
    base = rng.uniform(0.6, 0.8, len(rates))
    heights = {OURS: base, THEIRS: base + gaps, "head only": base - 0.2}
    rows = [
        {"seed": seed, "method": method, "rate": rate, "accuracy": float(y) + shift}
        for method, ys in heights.items()
        for rate, y in zip(rates, ys, strict=True)
        for seed, shift in enumerate((-0.02, 0.0, 0.02))
    ]
    return {"town": pd.DataFrame(rows)}


@sheet.reading("lora-reading", seen=_some_rates, form='a rate, or "none"', text=True)
def crossing(town):
    """Up to that rate a table with one common rate would say that LoRA costs accuracy. Beyond it, the
    same table would say the opposite. Neither says anything about the methods."""
    means = town.groupby(["method", "rate"]).accuracy.mean()
    gap = (means["everything"] - means["LoRA, six matrices"]).dropna()
    ahead = gap[gap > 0].index
    return float(max(ahead)) if len(ahead) else "none"


def _gap(town: pd.DataFrame) -> pd.Series:
    means = town.groupby(["method", "rate"]).accuracy.mean()
    return (means[THEIRS] - means[OURS]).dropna()


@crossing.also_right
def to_a_point(town):
    gap = _gap(town)
    return [
        max((float(rate) for rate in gap.index if gap[rate] > shift), default="none")
        for shift in (-0.01, 0.01)
    ]


@crossing.wrong
def one_too_far(town):
    """There LoRA is already ahead. Go one rate back to the left."""
    right = crossing(town)
    further = [float(rate) for rate in _gap(town).index if right == "none" or rate > right]
    return further or None


@crossing.wrong
def too_early(town):
    """Training everything is ahead there, but not for the last time: look one rate further to the
    right."""
    right = crossing(town)
    return None if right == "none" else [float(r) for r in _gap(town).index if r < right] or None


@crossing.wrong
def nowhere(town):
    """It does happen: follow both lines to the left end of the picture."""
    return None if "none" in [crossing(town), *to_a_point(town)] else "none"


# --- lora-zero -----------------------------------------------------------------------------------


@sheet.outcome("lora-zero")
def from_zero(at_zero, head_alone):
    """``at_zero`` and ``head_alone``: accuracies; ``at_zero`` is ``...`` until it is measured."""
    if at_zero is ...:
        return "So far you have only said so: put the call of `from_both_zero` in, and measure it."
    same = "the very same number" if at_zero == head_alone else "not quite the same number"
    return (
        f"Measured: {at_zero:.3f} from both at zero, {head_alone:.3f} with the head alone: {same}."
    )
