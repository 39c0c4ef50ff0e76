"""The stored experiment of ``10_distributional_hypothesis``: negative sampling or full softmax.

Its text, skip-gram and precision are those that the notebook defines in its cells.
"""

from __future__ import annotations

import time
from functools import lru_cache

import numpy as np

from tl_helpers import town
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results
from tl_helpers.questions.words import KnownWords, known_words

notebook = Cells("10_distributional_hypothesis")


def full_softmax(
    pairs: tuple[np.ndarray, np.ndarray],
    types: int,
    total: int,
    size: int = 64,
    batch: int = 1024,
    rate: float = 0.3,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """The notebook's ``skip_gram`` without sampling: normalised over the whole vocabulary.

    Args:
        pairs: words and their contexts, each ``[pairs]``.
        types: size of the vocabulary.
        total: how many pairs to train on; the learning rate falls to zero on the way.
        size: of the vectors.
        batch: pairs in a step.
        rate: learning rate to begin with.
        seed: of the weights and the order of the pairs.

    Returns:
        Vectors of words and of contexts, each ``[types, size]``.
    """
    import torch

    rng = torch.Generator().manual_seed(seed)
    words, contexts = (0.1 * torch.randn(types, size, generator=rng) for _ in range(2))
    seen_w, seen_c = torch.full((2, types), 1e-3)
    first, second = (torch.from_numpy(side) for side in pairs)
    everything, steps = torch.arange(types), total // batch
    for step in range(steps):
        pick = torch.randint(len(first), (batch,), generator=rng)
        i, j = first[pick], second[pick]
        w, now = words[i], rate * (1 - step / steps)
        p = torch.softmax(w @ contexts.T, 1)
        up_w, up_c = contexts[j] - p @ contexts, -(p.T @ w)
        up_c.index_add_(0, j, w)
        notebook.push(words, seen_w, i, up_w, now)
        notebook.push(contexts, seen_c, everything, up_c, now)
    return words.numpy(), contexts.numpy()


@lru_cache(maxsize=1)
def pairs_of_town(
    seed: int, documents: int, fraction: float
) -> tuple[KnownWords, tuple[np.ndarray, np.ndarray]]:
    """The words of a town, and its pairs; of frequent words only some are kept."""
    known = known_words(town.Town(seed=seed).corpus(documents))
    return known, notebook.thinned(known, seed, fraction)


@results.study(
    "negative-sampling",
    {
        "objective": "sampled",
        "pairs": [200_000, 500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000],
        "shared": 128,
    },
    {"objective": "sampled", "pairs": 2_000_000, "shared": 512},
    {"objective": "softmax", "pairs": [200_000, 500_000, 1_000_000, 2_000_000]},
)
def negative_sampling(
    seed: int,
    objective: str,
    pairs: int,
    shared: int = 128,
    documents: int = 10_000,
    fraction: float = 1e-3,
) -> dict[str, float]:
    """Skip-gram on the town, both ways: processor time, precision at 10, vectors scored for a pair.

    Each seed has its own town, weights, order of pairs and negatives, of which a step has
    ``shared`` for all of its pairs. Of frequent words only some are kept (``fraction``), as in
    word2vec. Every row is a training of its own, with a learning rate that falls to zero.
    """
    known, text = pairs_of_town(seed, documents, fraction)

    def train(total: int) -> np.ndarray:
        if objective == "sampled":
            return notebook.skip_gram(text, len(known), total, shared=shared, seed=seed)[0]
        return full_softmax(text, len(known), total, seed=seed)[0]

    train(10_240)  # the first steps of a process are slow, and no part of what is measured
    begun = time.process_time()
    vectors = train(pairs)
    spent = time.process_time() - begun
    return {
        "seconds": round(spent, 3),
        "precision": notebook.precision(vectors, known)["category"],
        "scored": 1 + shared if objective == "sampled" else len(known),
    }
