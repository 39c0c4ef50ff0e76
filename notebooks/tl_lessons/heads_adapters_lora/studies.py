"""The stored experiments of ``30_heads_adapters_lora``; what a run is stands in its cells."""

from __future__ import annotations

from typing import Any

from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

notebook = Cells("30_heads_adapters_lora")

#: The learning rates of each method. The best one has to lie inside.
IN_TOWN = {
    "head only": [0.001, 0.03, 0.1],
    "biases": [0.01, 0.03, 0.1],
    "LoRA": [0.001, 0.01, 0.03],
    "adapters": [0.001, 0.01, 0.03],
    "everything": [0.0003, 0.001, 0.003],
}
ON_FILMS = {"LoRA": [0.0003, 0.003, 0.03], "everything": [0.00003, 0.0003, 0.003]}


def grids(rates: dict[str, list[float]]) -> list[dict[str, Any]]:
    """Each method with its own rates."""
    return [{"method": method, "rate": own} for method, own in rates.items()]


@results.study("adapters-town", *grids(IN_TOWN))
def adapters_town(seed: int, method: str, rate: float) -> dict[str, float]:
    """Seven ways to adapt ``town-mlm`` to opinions, half of which are said the hard way.

    Each seed has its own town; 256 labelled sentences, 250 for choosing the rate, others for the
    test.
    """
    return notebook.in_town(method, rate, seed)


@results.study("adapters-films-rates", *grids(ON_FILMS), of_town=False)
def adapters_films_rates(seed: int, method: str, rate: float) -> dict[str, float]:
    """LoRA and all weights of MiniLM, on short film sentences that people rated.

    Each seed draws 128 labelled sentences, 200 for choosing the rate, and 250 for the test.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    return notebook.on_films(method, rate, seed)
