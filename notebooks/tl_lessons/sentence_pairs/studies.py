"""Bi-encoder and cross-encoder in the town, over more seeds than the minute has room for."""

from __future__ import annotations

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
