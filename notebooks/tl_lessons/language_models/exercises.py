"""The exercises of ``11_language_models`` up to the bits; the others are in ``..._more``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tl_helpers.exercises.answers import Choice
from tl_helpers.exercises.functions import Function
from tl_helpers.exercises.model import Exercise, Mistake, add

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
