"""What the exercises of ``30_heads_adapters_lora`` do; their words are in the TOML file."""

from __future__ import annotations

from typing import Any

import numpy as np

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


@sheet.function("lora-merged", cases=_layers, tolerance=1e-5, returns="an array like W")
def merged(W, A, B, alpha):
    """One matrix of the old size: a merged network is exactly as fast as the original. The price:
    the change can no longer be taken off, unless you keep `A` and `B`."""
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
    """The product is right, but the layer multiplies it by `alpha / rank`."""
    return W + B @ A


@merged.wrong
def alpha_alone(W, A, B, alpha):
    """You multiply by `alpha`, the layer by `alpha / rank`: with twice the rank, twice as many
    terms are added up, and the division keeps their sum in the same range."""
    return W + alpha * B @ A


@merged.wrong
def upside_down(W, A, B, alpha):
    """The scale stands on its head: it is alpha divided by the rank."""
    return W + len(A) / alpha * B @ A


@merged.wrong
def by_the_wrong_side(W, A, B, alpha):
    """You divide by the number of inputs. The *rank* is the size that A and B share."""
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
    """For a square matrix it is just below half of its side: 63 for 128 x 128. The ranks in use, 4
    to 64 in matrices of some thousand rows, are far from it."""
    rank = rows * columns // (rows + columns)
    if rank * (rows + columns) == rows * columns:
        rank = rank - 1  # as many are not fewer
    return rank


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
    """That is the highest rank that a matrix of this shape can have at all. Count the numbers in A
    and B at this rank: are they fewer?"""
    return min(rows, columns)


@largest_rank.wrong
def half_the_side(rows, columns):
    """Not for any shape. Count: A has rank times columns numbers, and B?"""
    return min(rows, columns) // 2


@largest_rank.wrong
def as_a_fraction(rows, columns):
    """That is where the numbers become *equal*. A rank is a whole number: the last one below."""
    return rows * columns / (rows + columns)


@largest_rank.wrong
def one_of_two(rows, columns):
    """You counted one of the two thin matrices. There are two: rank x columns and rows x rank."""
    return max(rows, columns) - 1


# --- lora-common ---------------------------------------------------------------------------------


@sheet.outcome("lora-common")
def at_the_common_rate(common):
    """``common``: method -> its mean accuracy, at the rate 0.001 of the body."""
    four = ("head only", "LoRA", "adapters", "everything")
    ranked = sorted(four, key=common.get, reverse=True)
    said = ", ".join(f"{method} {common[method]:.2f}" for method in ranked)
    return f"Measured, all at the rate 0.001: {said}.", ranked[0]


# --- lora-zero -----------------------------------------------------------------------------------

NEAR = 0.03  # accuracies that two runs of one method may differ by


@sheet.outcome("lora-zero")
def from_zero(at_zero, head_alone, with_lora):
    """Accuracies: from both at zero (``...`` until it is measured), head alone, LoRA as usual."""
    if at_zero is ...:
        return "So far you have only said so: put the call of `from_both_zero` in, and measure it."
    said = (
        f"Measured: {at_zero:.3f} from both at zero, {head_alone:.3f} with the head alone, "
        f"{with_lora:.3f} with LoRA as usual."
    )
    if not at_zero >= head_alone - NEAR:  # or no number at all
        return said, "error"
    if at_zero <= head_alone + NEAR:
        return said, "head only"
    return said, "same" if at_zero >= with_lora - NEAR else "slower"
