"""The stored experiments of ``22_generation``; the methods stand in its cells."""

from __future__ import annotations

from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

notebook = Cells("22_generation")
WAYS = ("greedy", "beam of 5", "nucleus, p = 0.9", "the town itself")
INITIALISATIONS = ("random weights", "warm start")
RATES = [1e-3, 3e-3, 9e-3]
#: The best of them for each, by ROUGE-L in ``generation-warm-rates``.
WARM_RATE = {"random weights": 0.001, "warm start": 0.001}


@results.study("generation-decoding", way=list(WAYS), seeds=range(5))
def decoding(seed: int, way: str) -> dict[str, float]:
    """Openings that ``town-clm`` continues, or the town itself: repetition, and the judge."""
    return notebook.continued(way, seed)


@results.study(
    "generation-warm-rates", initialisation=list(INITIALISATIONS), rate=RATES, seeds=range(10, 13)
)
def warm_rates(seed: int, initialisation: str, rate: float) -> dict[str, float]:
    """Headlines by an encoder-decoder, at several rates; on towns that the study does not use."""
    return notebook.learned(initialisation, seed, rate)


@results.study("generation-warm", initialisation=list(INITIALISATIONS), seeds=range(5))
def warm(seed: int, initialisation: str) -> dict[str, float]:
    """Headlines by an encoder-decoder with random or copied weights, each at its best rate."""
    return notebook.learned(initialisation, seed, WARM_RATE[initialisation])


@results.study("generation-smollm2", way=["prompt", "LoRA"], seeds=range(5))
def smollm2(seed: int, way: str) -> dict[str, float]:
    """SmolLM2 writes headlines of the town, by a prompt with three examples or after LoRA.

    Raises:
        NotHere: the model has not been fetched.
    """
    return notebook.smol_headlines(way, seed)
