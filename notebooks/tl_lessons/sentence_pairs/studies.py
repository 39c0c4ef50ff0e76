"""Bi-encoder and cross-encoder in the town, over more seeds than the minute has room for."""

from __future__ import annotations

import numpy as np
import torch

from tl_helpers import models
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

notebook = Cells("21_sentence_pairs")  # the methods stand there
KINDS = ["bi-encoder", "cross-encoder"]


@results.study(
    "pair-encoders-rates",
    {"kind": "bi-encoder", "rate": [3e-4, 1e-3, 3e-3, 1e-2]},
    {"kind": "cross-encoder", "rate": [1e-3, 3e-3, 1e-2]},
    steps=200,
    seeds=(10, 11, 12),
)
def encoders_rates(seed: int, kind: str, rate: float, steps: int) -> dict[str, float]:
    """The learning rate of each encoder, on towns that nothing else uses."""
    return notebook.town_run(kind, "pre-trained", 1, steps, 0.0, seed, rate=rate)


@results.study(
    "pair-encoders",
    {"kind": KINDS, "weights": "pre-trained", "opinions_each": 1, "steps": [150, 600]},
    {"kind": "bi-encoder", "weights": "random weights", "opinions_each": 1, "steps": 150},
    {
        "kind": "bi-encoder",
        "weights": "pre-trained",
        "opinions_each": 1,
        "steps": 150,
        "artefact": [0.5, 1.0],
    },
    seeds=range(5),
)
def encoders(
    seed: int, kind: str, weights: str, opinions_each: int, steps: int, artefact: float = 0.0
) -> dict[str, float]:
    """Pairs of the town: how each encoder fares, with how many steps, on which premises.

    Each seed has its own town, pairs, head, and order of the pairs; the pre-trained weights are
    those of one model, the random ones are drawn anew.
    """
    return notebook.town_run(kind, weights, opinions_each, steps, artefact, seed)


@results.study(
    "pair-rerank-rates", rate=[3e-5, 1e-4, 3e-4, 1e-3], steps=12, seeds=(10, 11, 12), of_town=False
)
def reranking_rates(seed: int, rate: float, steps: int) -> dict[str, float]:
    """The learning rate of the reranking cross-encoder: the loss on its last eight batches.

    In so few steps hardly a document is seen twice, so nearly every batch is new to the network.
    """
    model, tokenizer = models.load("minilm")
    torch.manual_seed(seed)
    network = notebook.CrossEncoder(model, classes=1)
    losses = notebook.train_reranker(network, tokenizer, steps, rate, seed)
    return {"loss": float(np.mean(losses[-8:]))}


@results.study("pair-rerank", {"steps": 60}, seeds=range(5), of_town=False)
def reranking(seed: int, steps: int) -> list[dict[str, float]]:
    """Search among docstrings, before and after a cross-encoder.

    Each seed draws the head, the order of the training pairs, and the queries; the documents are
    always the same.
    """
    return notebook.search_run(steps, seed)
