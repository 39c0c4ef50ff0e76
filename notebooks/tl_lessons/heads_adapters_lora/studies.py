"""The stored experiments of ``30_heads_adapters_lora``; what a run is stands in its cells."""

from __future__ import annotations

from typing import Any

from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

notebook = Cells("30_heads_adapters_lora")

#: The learning rates of each method. The best one has to lie inside.
IN_TOWN = {
    "head only": [0.001, 0.01, 0.03, 0.1],
    "soft prompt": [0.01, 0.03, 0.1],
    "biases": [0.01, 0.03, 0.1],
    "LoRA (q, v)": [0.003, 0.01, 0.03],
    "LoRA": [0.001, 0.003, 0.01, 0.03],
    "adapters": [0.001, 0.003, 0.01, 0.03],
    "everything": [0.0003, 0.001, 0.003, 0.01],
}
ON_FILMS = {
    "head only": [0.01, 0.03, 0.1],
    "biases": [0.001, 0.003, 0.01, 0.03],
    "LoRA": [0.0003, 0.001, 0.003, 0.01],
    "everything": [0.00003, 0.0001, 0.0003, 0.001],
}


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


@results.study("adapters-films-rates", *grids(ON_FILMS), seeds=range(50, 52), of_town=False)
def adapters_films_rates(seed: int, method: str, rate: float) -> dict[str, float]:
    """Which learning rate, judged on 300 sentences of the training split that are not trained on.

    The seeds are others than those of the comparison.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    return notebook.on_films(method, rate, seed, judged="validation")


def best_rate(method: str) -> float:
    """The rate that ``adapters-films-rates`` found best."""
    found = results.load("adapters-films-rates").table.query("method == @method")
    return float(found.groupby("rate").validation.mean().idxmax())


@results.study(
    "adapters-films",
    *({"method": method, "rate_of": method} for method in ON_FILMS),
    {"method": "LoRA", "rate_of": "everything"},
    of_town=False,
)
def adapters_films(seed: int, method: str, rate_of: str) -> dict[str, float]:
    """Four ways to adapt MiniLM to film sentences that people rated, at their own best rates.

    And LoRA at the best rate of training everything. Each seed draws 128 labelled sentences and 400
    for the test.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    rate = best_rate(rate_of)
    return {"rate": rate, **notebook.on_films(method, rate, seed)}


@results.study("adapters-smollm2", of_town=False)
def adapters_smollm2(
    seed: int, rate: float = 0.001, steps: int = 20, tested: int = 200
) -> list[dict[str, Any]]:
    """SmolLM2 on film sentences, before and after LoRA on 32 labels; one row for each.

    Raises:
        NotHere: the model or the ratings have not been fetched.
    """
    return notebook.language_model(seed, rate, steps, tested)
