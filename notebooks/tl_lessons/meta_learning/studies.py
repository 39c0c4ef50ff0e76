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
