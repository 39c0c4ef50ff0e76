"""The stored experiments of ``43_meta_learning``; the methods stand in its cells."""

from __future__ import annotations

from typing import Any

from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

notebook = Cells("43_meta_learning")


@results.study(
    "meta-town",
    method=["frozen", "same labels, LDA", "same labels, no episodes", "ProtoNet"],
)
def town(seed: int, method: str) -> list[dict[str, Any]]:
    """New topics of the town after training on its other topics, in episodes or without."""
    rows: list[dict[str, Any]] = notebook.on_town(method, seed)
    return rows


@results.study(
    "meta-sine",
    {"method": ["joint training", "MAML", "Gaussian process"], "shots": [5, 10]},
    {"method": ["FOMAML", "Reptile"], "shots": 5},
    of_town=False,
)
def sine(seed: int, method: str, shots: int) -> dict[str, Any]:
    """New sine waves from some of their points; each seed is a training of its own."""
    row: dict[str, Any] = notebook.on_waves(method, shots, seed)
    return row


@results.study(
    "meta-intents",
    encoder=["random weights", "minilm-l3", "minilm", "e5-multilingual"],
    of_town=False,
)
def intents(seed: int, encoder: str) -> list[dict[str, Any]]:
    """New intents from the vectors of a frozen encoder; each seed deals the intents anew.

    Raises:
        NotHere: the intents or an encoder have not been fetched.
    """
    rows: list[dict[str, Any]] = notebook.on_intents(encoder, seed)
    return rows


@results.study(
    "meta-tuning-rates",
    {
        "method": ["fine-tuning", "same labels, fine-tuning"],
        "rate": [1e-3, 3e-3, 1e-2],
        "steps": [10, 30],
        "outer_rate": 0.0,
    },
    {"method": "FOMAML", "rate": [3e-4, 1e-3, 3e-3], "steps": 10, "outer_rate": 1e-3},
    {"method": "FOMAML", "rate": 1e-3, "steps": 10, "outer_rate": [3e-4, 3e-3]},
    {"method": "Reptile", "rate": [3e-4, 1e-3, 3e-3, 1e-2], "steps": 10, "outer_rate": 1.0},
    seeds=range(900, 903),
)
def tuning_rates(
    seed: int, method: str, rate: float, steps: int, outer_rate: float
) -> list[dict[str, Any]]:
    """The rates of fine-tuning, on other towns, with fewer outer steps and episodes."""
    rows: list[dict[str, Any]] = notebook.tuned_on_town(
        method, seed, (rate, steps, outer_rate), iterations=30, episodes=4, many=[1, 5]
    )
    return rows


@results.study(
    "meta-tuning",
    method=[
        "frozen, prototypes",
        "same labels, prototypes",
        "same labels, fine-tuning",
        "FOMAML",
        "fine-tuning",
        "Reptile",
    ],
)
def tuning(seed: int, method: str) -> list[dict[str, Any]]:
    """Fine-tuning within episodes of new topics, from four starts; two kinds of prototypes."""
    rows: list[dict[str, Any]] = notebook.tuned_on_town(method, seed)
    return rows


@results.study("meta-intent-words", encoder="word counts", of_town=False)
def intent_words(seed: int, encoder: str) -> list[dict[str, Any]]:
    """New intents from weighted word counts, which have read nothing."""
    rows: list[dict[str, Any]] = notebook.on_intents(encoder, seed)
    return rows


@results.study(
    "meta-tuning-edges",  # where the best of that grid lay at its edge; FOMAML with as many steps
    {"method": "fine-tuning", "rate": 3e-4, "steps": 30, "outer_rate": 0.0},
    {"method": "fine-tuning", "rate": 1e-3, "steps": 60, "outer_rate": 0.0},
    {
        "method": "same labels, fine-tuning",
        "rate": [3e-4, 1e-4, 3e-5],
        "steps": 30,
        "outer_rate": 0.0,
    },
    {"method": "FOMAML", "rate": 1e-3, "steps": 30, "outer_rate": 1e-3},
    {"method": "Reptile", "rate": 1e-4, "steps": 10, "outer_rate": 1.0},
    seeds=range(900, 903),
)
def tuning_edges(
    seed: int, method: str, rate: float, steps: int, outer_rate: float
) -> list[dict[str, Any]]:
    """The rates of fine-tuning, further out."""
    return tuning_rates(seed, method, rate, steps, outer_rate)
