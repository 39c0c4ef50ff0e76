"""The stored experiments of ``30_heads_adapters_lora``; what a run is stands in its cells."""

from __future__ import annotations

from typing import Any

from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

notebook = Cells("30_heads_adapters_lora")

OWN, SAME = "a rate of its own", "the body's rate"

#: The learning rates of each method in the body, a factor of about 3 apart. The best one has to
#: lie inside.
IN_TOWN = {
    "head only": [0.01, 0.03, 0.1, 0.3],
    "soft prompt": [0.03, 0.1, 0.3, 1.0, 3.0],
    "biases": [0.01, 0.03, 0.1],
    "LoRA (q, v), rank 1": [0.003, 0.01, 0.03, 0.1],
    "LoRA (q, v)": [0.003, 0.01, 0.03, 0.1],
    "LoRA": [0.001, 0.003, 0.01, 0.03],
    "adapters": [0.001, 0.003, 0.01, 0.03, 0.1],
    "everything": [0.0003, 0.001, 0.003, 0.01],
}
ONE_RATE = {
    "everything": [0.0003, 0.001, 0.003, 0.01],
}
ON_FILMS = {
    "head only": [0.003, 0.01, 0.03, 0.1],
    "biases": [0.003, 0.01, 0.03],
    "LoRA": [0.001, 0.003, 0.01],
    "adapters": [0.001, 0.003, 0.01],
    "everything": [0.0001, 0.0003, 0.001],
}
#: What was best on the validation sentences of ON_FILMS; and LoRA at the rate of everything.
CHOSEN = {
    "head only": [0.03],
    "biases": [0.01],
    "LoRA": [0.0003, 0.003],
    "adapters": [0.003],
    "everything": [0.0003],
}


def grids(rates: dict[str, list[float]], **fixed: Any) -> list[dict[str, Any]]:
    """Each method with its own rates."""
    return [{"method": method, "rate": own, **fixed} for method, own in rates.items()]


@results.study("adapters-town", *grids(IN_TOWN, head=OWN), *grids(ONE_RATE, head=SAME))
def adapters_town(seed: int, method: str, rate: float, head: str) -> dict[str, float]:
    """Eight ways to adapt ``town-mlm`` to opinions, half of which are said the hard way.

    Each seed has its own town; 256 labelled sentences, 250 for choosing the rate, others for the
    test. ``head``: whether the new head has a learning rate of its own, or that of the body.
    """
    return notebook.in_town(method, rate, seed, head)


@results.study("adapters-prefix", rate=[0.03, 0.1, 0.3, 1.0, 3.0])
def adapters_prefix(seed: int, rate: float) -> dict[str, float]:
    """Five keys and values in front, in each block of ``town-mlm``; the towns of the others."""
    return notebook.prefix_in_town(rate, seed)


@results.study("adapters-films-rates", *grids(ON_FILMS), seeds=(10, 11, 12), of_town=False)
def adapters_films_rates(seed: int, method: str, rate: float) -> dict[str, float]:
    """Which learning rate suits which of five methods: MiniLM on short film sentences.

    Each seed draws 128 labelled sentences and 200 for choosing the rate.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    return notebook.on_films(method, rate, seed, asked="validation")


@results.study("adapters-films", *grids(CHOSEN), seeds=range(10), of_town=False)
def adapters_films(seed: int, method: str, rate: float) -> dict[str, float]:
    """Five ways to adapt MiniLM, on all short film sentences of the test set.

    Each seed draws 128 labelled sentences; the rates were chosen on other draws.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    return notebook.on_films(method, rate, seed, asked="test")
