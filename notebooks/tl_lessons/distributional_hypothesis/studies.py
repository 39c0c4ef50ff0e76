"""The stored experiment of ``10_distributional_hypothesis``: negative sampling or full softmax.

The notebook has the same code in its cells; a test holds the two together.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers import town
from tl_helpers.measure import results
from tl_helpers.questions.words import KnownWords, known_words

if TYPE_CHECKING:
    import torch

NEIGHBOURS, LEAST = 10, 20  # how many are judged, and how often a judged word occurs


def co_occurring(ids: np.ndarray, document: np.ndarray, window: int) -> tuple[np.ndarray, ...]:
    """``(word, context)``, each ``[pairs]``: every two words at most ``window`` apart."""
    words, contexts = [], []
    for step in range(1, window + 1):
        same = document[:-step] == document[step:]
        left, right = ids[:-step][same], ids[step:][same]
        words += [left, right]
        contexts += [right, left]
    return np.concatenate(words), np.concatenate(contexts)


def train(
    pairs: tuple[np.ndarray, ...],
    types: int,
    *,
    softmax: bool,
    seen_pairs: int,
    size: int = 64,
    k: int = 5,
    batch: int = 1024,
    shared: int = 128,
    rate: float = 0.3,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Skip-gram, with negative sampling or with the full softmax.

    Args:
        pairs: from :func:`co_occurring`.
        types: size of the vocabulary.
        softmax: normalise over the whole vocabulary instead of sampling.
        seen_pairs: how many to train on; the learning rate falls to zero on the way.
        size: of the vectors.
        k: negatives for each pair.
        batch: pairs in a step.
        shared: negatives that are drawn for a step and shared by its pairs.
        rate: learning rate to begin with.
        seed: of the weights, the order of the pairs and the negatives.

    Returns:
        Vectors of words and of contexts, each ``[types, size]``.
    """
    import torch

    rng = torch.Generator().manual_seed(seed)
    words, contexts = (0.1 * torch.randn(types, size, generator=rng) for _ in range(2))
    steps, seen = seen_pairs // batch, [torch.full((types,), 1e-3) for _ in range(2)]
    first, second = (torch.from_numpy(side) for side in pairs)
    noise = torch.bincount(second, minlength=types).double() ** 0.75
    everything = torch.arange(types)
    for step in range(steps):
        pick = torch.randint(len(first), (batch,), generator=rng)
        i, j = first[pick], second[pick]
        w, c, now = words[i], contexts[j], rate * (1 - step / steps)
        if softmax:
            p = torch.softmax(w @ contexts.T, 1)
            up_w, rows, up_c = c - p @ contexts, everything, -(p.T @ w)
            up_c.index_add_(0, j, w)
        else:
            n = torch.multinomial(noise, shared, replacement=True, generator=rng)
            good = torch.sigmoid(-(w * c).sum(1, keepdim=True))
            bad = torch.sigmoid(w @ contexts[n].T) * (k / shared)
            up_w, rows = good * c - bad @ contexts[n], torch.cat([j, n])
            up_c = torch.cat([good * w, -(bad.T @ w)])
        push(words, seen[0], i, up_w, now)
        push(contexts, seen[1], rows, up_c, now)
    return words.numpy(), contexts.numpy()


def push(
    table: torch.Tensor, seen: torch.Tensor, rows: torch.Tensor, up: torch.Tensor, rate: float
) -> None:
    """Add ``rate * up`` to some rows, less to those that were often pushed (AdaGrad by row)."""
    seen.index_add_(0, rows, up.pow(2).mean(1))
    table.index_add_(0, rows, up * (rate / seen[rows].sqrt())[:, None])


def same_category(vectors: np.ndarray, known: KnownWords) -> float:
    """Precision at 10: of the nearest words, the share drawn from a list that the word is on."""
    words = np.flatnonzero(known.drawn_from.any(1) & (known.counts >= LEAST))
    unit = vectors[words] / np.linalg.norm(vectors[words], axis=1, keepdims=True)
    likeness = unit @ unit.T
    np.fill_diagonal(likeness, -np.inf)
    near = words[np.argpartition(-likeness, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]]
    shared = (known.drawn_from[words][:, None] & known.drawn_from[near]).any(2)
    return float(shared.mean())


@results.study(
    "negative-sampling",
    seeds=range(5),
    documents=10_000,
    window=5,
    fraction=1e-3,
    sampled=(50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 4_000_000),
    full=(25_000, 50_000, 100_000, 200_000),
)
def negative_sampling(
    seed: int,
    documents: int,
    window: int,
    fraction: float,
    sampled: tuple[int, ...],
    full: tuple[int, ...],
) -> list[dict[str, Any]]:
    """Skip-gram on the town, both ways: processor time and precision at 10 along the way.

    Each seed has its own town, weights, order of pairs and negatives. Of frequent words only some
    are kept (``fraction``), as in word2vec. Every row is a training of its own.
    """
    known = known_words(town.Town(seed=seed).corpus(documents))
    share = known.counts[known.ids] / len(known.ids)
    keep = np.random.default_rng(seed).random(len(share)) < np.sqrt(fraction / share)
    pairs = co_occurring(known.ids[keep], known.document[keep], window)
    rows = []
    for way, stops in (("sampled", sampled), ("softmax", full)):
        for stop in stops:
            begun = time.process_time()
            vectors, _ = train(
                pairs, len(known), softmax=way == "softmax", seen_pairs=stop, seed=seed
            )
            rows.append(
                {
                    "objective": way,
                    "pairs": stop,
                    "seconds": round(time.process_time() - begun, 3),
                    "precision": same_category(vectors, known),
                }
            )
    return rows
