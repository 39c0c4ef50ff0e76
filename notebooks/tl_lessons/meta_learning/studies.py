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
    "meta-town-rates",
    method=["same labels, no episodes", "ProtoNet"],
    rate=[2.5e-4, 5e-4, 1e-3, 2e-3],
    seeds=range(900, 903),
)
def town_rates(seed: int, method: str, rate: float) -> list[dict[str, Any]]:
    """The rates of both, on other towns."""
    rows: list[dict[str, Any]] = notebook.on_town(method, seed, rate=rate)
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


@results.study("meta-tuning", method=["fine-tuning", "FOMAML", "Reptile"])
def tuning(seed: int, method: str) -> list[dict[str, Any]]:
    """Fine-tuning within episodes of new topics, from town-mlm and from learned starts."""
    rows: list[dict[str, Any]] = notebook.tuned_on_town(method, seed)
    return rows


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


@results.study("meta-sine-rates", rate=[0.002, 0.006, 0.02], seeds=range(900, 903), of_town=False)
def sine_rates(seed: int, rate: float) -> dict[str, Any]:
    """The outer rate of MAML on sine waves, in other trainings."""
    row: dict[str, Any] = notebook.on_waves("MAML", 5, seed, outer_rate=rate)
    return row


@results.study(
    "meta-tuning-rates",
    {"method": "fine-tuning", "rate": [1e-3, 3e-3, 1e-2], "steps": [5, 20]},
    {"method": ["FOMAML", "Reptile"], "rate": [3e-4, 1e-3, 3e-3], "steps": 5},
    seeds=range(900, 903),
)
def tuning_rates(seed: int, method: str, rate: float, steps: int) -> list[dict[str, Any]]:
    """The inner rates, on other towns, with half of the outer steps."""
    rows: list[dict[str, Any]] = notebook.tuned_on_town(
        method, seed, iterations=20, rate=rate, steps=steps, episodes=4
    )
    return rows
