"""Labelled tasks cut from the town's documents."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Opinions(NamedTuple):
    """One-sentence opinions; every sentence comes from another document."""

    texts: list[str]
    labels: np.ndarray  # 0 blame, 1 praise
    hard: np.ndarray  # said by negation, contrast or irony


def opinion_task(seed: int, n_documents: int = 3000) -> Opinions:
    """Sentences that hold an opinion, from a town of their own seed (10,000 + ``seed``).

    Args:
        seed: which town.
        n_documents: how many documents to cut from; each gives at most one sentence.
    """
    from tl_helpers.town import Town

    corpus = Town(seed=10_000 + seed).corpus(n_documents)
    sentiment = corpus.sentence_sentiment()
    keep = np.flatnonzero((sentiment < 2) & (corpus.draws.role == 1))
    keep = keep[np.unique(corpus.draws.doc[keep], return_index=True)[1]]
    sentences = corpus.sentences()
    return Opinions([sentences[i] for i in keep], sentiment[keep], corpus.is_hard()[keep])
