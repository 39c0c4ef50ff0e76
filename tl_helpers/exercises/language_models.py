"""The exercises of ``11_language_models``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tl_helpers.exercises.answers import Choice
from tl_helpers.exercises.functions import Function
from tl_helpers.exercises.model import Exercise, Mistake, add
from tl_helpers.exercises.readings import Reading

NOTEBOOK = "11_language_models"

# --- lm-sum --------------------------------------------------------------------------------------


def it_grows(sums: Sequence[float] | None = None) -> str:
    """What to say about the right prediction, with what was measured.

    Args:
        sums: the sum of the pseudo-probabilities, at each look during training.
    """
    why = (
        "Each factor is a fair probability, but a word is guessed from *all* others. Words that "
        "predict each other are each let off, and the sentence is paid for only in part. An "
        "untrained model ignores the context, so there the sum is still about one."
    )
    if not sums:
        return why
    return f"It went from {sums[0]:.2f} to {sums[-1]:.2f}. {why}"


add(
    Exercise(
        id="lm-sum",
        notebook=NOTEBOOK,
        question=(
            "As a masked language model learns, what does the sum of its pseudo-probabilities over "
            "all four-word strings do?"
        ),
        answer=Choice(
            {
                "stays at one": "it is one before and after",
                "falls below one": "some of it goes to strings that are no sentences",
                "grows beyond one": "it becomes larger than one",
                "rises towards one": "it starts low and training brings it to one",
            },
            right="grows beyond one",
        ),
        solution=(
            'prediction = "grows beyond one"\n'
            "# Two words that always go together, A A or B B: given one, the other is certain.\n"
            "# The perfect masked model gives each of the two strings 1 * 1, and the sum is 2."
        ),
        right=it_grows,
        also_right=("Grows beyond one", "it becomes larger than one"),
        mistakes=(
            Mistake(
                "stays at one",
                "At each *position* the probabilities sum to one, before and after. But they are "
                "multiplied, and each factor looks at the words that the others predict. Take two "
                "words that always go together: what is the pseudo-probability of each pair?",
            ),
            Mistake(
                "falls below one",
                "What goes to strings that are no sentences is in the sum, too: it runs over *all* "
                "strings. So it cannot get lost that way. Try the other direction.",
            ),
            Mistake(
                "rises towards one",
                "A model with random weights hardly looks at the context: it guesses each word "
                "alone, and a product of such guesses does sum to one. So it begins there. Where "
                "does it go, once the words inform each other?",
            ),
        ),
        hints=(
            "Make the language smaller: it has two sentences, 'A A' and 'B B', equally likely.",
            "The perfect masked model sees 'A _' and knows the rest. Which probability does it "
            "give to the hidden A? Multiply over both positions, then add the two sentences.",
        ),
    )
)

# --- lm-bits -------------------------------------------------------------------------------------

Logs = Sequence[float]
Counts = Sequence[int]


def bits_per_word(logprobs: Logs, words: Counts) -> float:
    """Bits per word of several documents.

    Args:
        logprobs: natural logarithm of each document's probability.
        words: how many words each has.
    """
    return float(-_a(logprobs).sum() / _a(words).sum() / np.log(2))


def _a(values: Sequence[float]) -> np.ndarray:
    return np.asarray(values, dtype=float)


def _documents(rng: np.random.Generator) -> list[tuple[Any, Any]]:
    cases = []
    for kind in (list, tuple, np.array, list):
        n = int(rng.integers(3, 7))
        words = rng.integers(4, 80, n)
        logs = -(words * rng.uniform(1.2, 2.6, n))
        cases.append((kind(logs.round(3).tolist()), kind(words.tolist())))
    cases.append(([-10.0, -300.0, -45.5], [5, 100, 31]))
    return cases


add(
    Exercise(
        id="lm-bits",
        notebook=NOTEBOOK,
        question=(
            "Write bits_per_word(logprobs, words): natural log-probabilities and word counts of "
            "several documents, to bits per word."
        ),
        answer=Function(bits_per_word, _documents, tolerance=1e-5, returns="one number, in bits"),
        solution=(
            "def bits_per_word(logprobs, words):\n"
            "    nats = -sum(logprobs) / sum(words)\n"
            "    return nats / np.log(2)"
        ),
        right=(
            "All nats divided by all words, then nats to bits. The perplexity would be 2 to the "
            "power of it, or e to the power of the nats: the same number."
        ),
        also_right=(
            bits_per_word,
            lambda p, w: -sum(x / np.log(2) for x in p) / sum(w),
            lambda p, w: float(np.log2(np.exp(-_a(p).sum() / _a(w).sum()))),
        ),
        mistakes=(
            Mistake(
                lambda p, w: -_a(p).sum() / _a(w).sum(),
                "Right, but in *nats*: the logarithms are natural ones. A bit is the surprise at "
                "a fair coin, log 2 = 0.69 nats. Divide by np.log(2).",
            ),
            Mistake(
                lambda p, w: -_a(p).sum() / _a(w).sum() * np.log(2),
                "Nats to bits goes the other way: a bit is only 0.69 nats, so there are *more* "
                "bits than nats.",
            ),
            Mistake(
                lambda p, w: float(np.mean(-_a(p) / _a(w)) / np.log(2)),
                "That is the mean of the documents' means: a word in a short document counts more "
                "than one in a long one. Add all logs, add all words, then divide once.",
                also=(lambda p, w: float(np.mean(-_a(p) / _a(w))),),
            ),
            Mistake(
                lambda p, w: _a(p).sum() / _a(w).sum() / np.log(2),
                "The sign: probabilities are below one, so their logs are negative, and surprise "
                "is *minus* the log.",
                also=(lambda p, w: _a(p).sum() / _a(w).sum(),),
            ),
            Mistake(
                lambda p, w: float(np.exp(-_a(p).sum() / _a(w).sum())),
                "That is the perplexity. Bits are its logarithm to the base 2.",
            ),
            Mistake(
                lambda p, w: -float(_a(p).mean()) / np.log(2),
                "That is bits per *document*. Divide by the number of words, not of documents.",
                also=(lambda p, w: -float(_a(p).sum()) / np.log(2), lambda p, w: -_a(p).mean()),
            ),
        ),
        hints=(
            "By hand: two documents, -6.93 and -13.86 nats, with 5 and 10 words. In all -20.79 "
            "nats and 15 words; 1.386 nats per word; how many bits? (2.)",
            "-sum(logprobs) / sum(words) is nats per word. np.log(2) nats are one bit.",
        ),
    )
)

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
    return {"bits": {
        n: dict(zip(range(1, 6), (base + shape * rng.uniform(0.9, 1.1)).tolist(), strict=True))
        for n, base in zip((10_000, 50_000, 200_000), (4.5, 3.9, 3.4), strict=True)
    }}  # fmt: skip


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


def nucleus(p: Probs, top_p: float) -> set[int]:
    """The smallest set of the likeliest words whose probabilities reach ``top_p``.

    Args:
        p: probabilities, no two alike.
        top_p: between 0 and 1.
    """
    order = np.argsort(-_a(p))
    reached = int(np.searchsorted(np.cumsum(_a(p)[order]), top_p - 1e-12)) + 1
    return {int(i) for i in order[:reached]}


def _kept(p: Probs, top_p: float, more: int) -> set[int]:
    order = np.argsort(-_a(p))
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
                    i for i in range(len(p)) if i == 0 or np.cumsum(_a(p))[i - 1] < top_p
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
