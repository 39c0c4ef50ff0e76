"""The exercises of ``11_language_models`` that come later: the best order, and top-p."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tl_helpers.exercises.functions import Function
from tl_helpers.exercises.model import Exercise, Mistake, add
from tl_helpers.exercises.readings import Reading
from tl_lessons.language_models.exercises import NOTEBOOK

# --- lm-order ------------------------------------------------------------------------------------

Table = Mapping[int, Mapping[int, float]]  # words read -> order -> bits per word


def best_orders(bits: Table) -> list[int]:
    """The best order at the largest amount; nobody reads a picture finer than 0.02 bits."""
    last = bits[max(bits)]
    low = min(last.values())
    return [n for n in sorted(last, key=lambda n: last[n]) if last[n] <= low + 0.02]


def _highest(bits: Table) -> int | None:
    top = max(bits[max(bits)])
    return None if top in best_orders(bits) else top


def _some_bits(rng: np.random.Generator) -> dict[str, Table]:
    """Curves over the orders 1 to 5 that fall to order 3 and rise a little after it."""
    shape = np.array([4.0, 0.9, 0.0, 0.1, 0.2]) + rng.uniform(0, 0.03, 5)
    return {
        "bits": {
            n: dict(zip(range(1, 6), (base + shape * rng.uniform(0.9, 1.1)).tolist(), strict=True))
            for n, base in zip((10_000, 50_000, 200_000), (4.5, 3.9, 3.4), strict=True)
        }
    }


add(
    Exercise(
        id="lm-order",
        notebook=NOTEBOOK,
        question=(
            "Which order of n-gram (words in an n-gram) predicts best when it has read the most?"
        ),
        answer=Reading(best_orders, _some_bits, form="an order, 1 to 5"),
        solution="most = max(bits)\nbest_order = min(bits[most], key=bits[most].get)",
        right=(
            "Beyond it a longer context is nearly always a new one: the model falls back on the "
            "shorter ones, a little worse than if it had never asked. More text moves the best "
            "order up, slowly."
        ),
        mistakes=(
            Mistake(
                _highest,
                "The longest context knows the most *when it was seen before*. How often was a "
                "sequence of so many words seen before? Look for the lowest point of the curve.",
            ),
            Mistake(
                1,
                "An n-gram of order 1 has no context at all: it counts words. Lower is better in "
                "this picture, for these are bits of surprise.",
            ),
            Mistake(
                2,
                "One word of context is a great help, the steepest step in the picture. Does a "
                "second one help further? Look at the curve for the most text.",
            ),
            Mistake(
                lambda bits: float(min(bits[max(bits)].values())),
                "That is the height of the lowest point, in bits. The question is where on the "
                "*horizontal* axis it lies.",
            ),
        ),
        hints=(
            "Take the curve for the largest amount of text, and find its lowest point.",
            "Lower is better: bits of surprise. Read the order below the lowest point.",
        ),
    )
)

# --- lm-nucleus ----------------------------------------------------------------------------------

Probs = Sequence[float]


def _array(values: Probs) -> np.ndarray:
    return np.asarray(values, dtype=float)


def nucleus(p: Probs, top_p: float) -> set[int]:
    """The smallest set of the likeliest words whose probabilities reach ``top_p``.

    Args:
        p: probabilities, no two alike.
        top_p: between 0 and 1.
    """
    order = np.argsort(-_array(p))
    reached = int(np.searchsorted(np.cumsum(_array(p)[order]), top_p - 1e-12)) + 1
    return {int(i) for i in order[:reached]}


def _kept(p: Probs, top_p: float, more: int) -> set[int]:
    order = np.argsort(-_array(p))
    return {int(i) for i in order[: max(0, len(nucleus(p, top_p)) + more)]}


def _distributions(rng: np.random.Generator) -> list[tuple[Any, float]]:
    cases: list[tuple[Any, float]] = []
    for kind, top_p in ((list, 0.9), (np.array, 0.7), (list, 0.5), (list, 0.95)):
        p = np.sort(rng.dirichlet(np.full(8, 0.7)) + 1e-4)[rng.permutation(8)]
        cases.append((kind((p / p.sum()).tolist()), top_p))
    # Spelled out: the best word alone reaches it; and the word that crosses the line belongs in.
    return [*cases, ([0.05, 0.8, 0.15], 0.7), ([0.1, 0.46, 0.44], 0.5), ([0.3, 0.1, 0.6], 0.85)]


add(
    Exercise(
        id="lm-nucleus",
        notebook=NOTEBOOK,
        question=(
            "Write nucleus(p, top_p): the set of positions that top-p sampling keeps, the smallest "
            "set of the likeliest words whose probabilities add up to at least top_p."
        ),
        answer=Function(nucleus, _distributions, returns="a set of positions in p"),
        solution=(
            "def nucleus(p, top_p):\n"
            "    kept, total = set(), 0.0\n"
            "    for i in np.argsort(p)[::-1]:\n"
            "        kept.add(int(i))\n"
            "        total += p[i]\n"
            "        if total >= top_p:\n"
            "            break\n"
            "    return kept"
        ),
        right=(
            "The set is wide where the model hesitates and narrow where it is sure; a fixed top-k "
            "cannot be both (Holtzman et al. 2020)."
        ),
        also_right=(
            nucleus,
            lambda p, top_p: {
                int(i) for i in range(len(p)) if sum(x for x in p if x > p[i]) < top_p
            },
        ),
        mistakes=(
            Mistake(
                lambda p, top_p: _kept(p, top_p, -1),
                "The word that *crosses* the line belongs to the set: without it the sum is below "
                "top_p, and where one word alone is enough, nothing would be left.",
            ),
            Mistake(
                lambda p, top_p: _kept(p, top_p, 1),
                "One word too many: stop as soon as the sum has *reached* top_p.",
            ),
            Mistake(
                lambda p, top_p: {i for i, x in enumerate(p) if x >= top_p},
                "top_p is not a threshold for a single word, but for the *sum* of the words that "
                "are kept, the likeliest first.",
                also=(lambda p, top_p: {i for i, x in enumerate(p) if x >= 1 - top_p},),
            ),
            Mistake(
                lambda p, top_p: {
                    i for i in range(len(p)) if i == 0 or np.cumsum(_array(p))[i - 1] < top_p
                },
                "You went through the words as they stand. Sort them first, the likeliest in "
                "front, and remember where each came from.",
            ),
            Mistake(
                lambda p, top_p: set(range(len(_kept(p, top_p, 0)))),
                "The number of words is right, but those are places in the *sorted* list. Give the "
                "positions in p: np.argsort knows them.",
            ),
        ),
        hints=(
            "By hand: p = [0.3, 0.1, 0.6] and top_p = 0.85. The likeliest is number 2 (0.6, not "
            "enough), then number 0 (0.9 in all, enough): the set is {0, 2}.",
            "np.argsort(p)[::-1] gives the positions, the likeliest first. Add them until the sum "
            "is at least top_p.",
        ),
    )
)
