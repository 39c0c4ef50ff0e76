"""Both encoders in the town, and a reranker of docstrings: more than the minute has room for."""

from __future__ import annotations

from typing import Any

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


@results.study("pair-rerank-rates", rate=[3e-5, 1e-4, 3e-4], seeds=(10, 11, 12), of_town=False)
def reranking_rates(seed: int, rate: float) -> dict[str, float]:
    """The learning rate of the reranker: how likely the right document is, late in training.

    In so few steps hardly a query is drawn twice, so most batches are new to the network.
    """
    losses = notebook.new_reranker(rate, seed)[2]
    return {"fit": -sum(losses[-15:]) / 15}


@results.study("pair-rerank-edges", rate=[1e-3], seeds=(10, 11, 12), of_town=False)
def reranking_edges(seed: int, rate: float) -> dict[str, float]:
    """Beyond the highest rate of those, which was the best."""
    return reranking_rates(seed, rate)


@results.study("pair-rerank", seeds=range(5), of_town=False)
def reranking(seed: int) -> list[dict[str, Any]]:
    """The twenty best documents of MiniLM, in its own order, and by two weights or a cross-encoder.

    Each seed draws the new head, the order of the training pairs, and the queries; the documents
    and MiniLM are always the same.
    """
    rows: list[dict[str, Any]] = notebook.rerank_run(results.best("pair-rerank", "fit"), seed)
    return rows
