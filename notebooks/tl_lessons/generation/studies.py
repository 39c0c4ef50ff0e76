"""The stored experiments of ``22_generation``; the methods stand in its cells."""

from __future__ import annotations

from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

notebook = Cells("22_generation")
WAYS = ("greedy", "beam of 5", "nucleus, p = 0.9", "the town itself")
REMEDIES = ("beam, no repeats", "nucleus, p = 1")
INITIALISATIONS = ("random weights", "warm start")
RATES = [3e-4, 1e-3, 3e-3]
LORA_RATES = [1e-3, 3e-3, 1e-2]
#: What chooses the rates: the mean share of facts that are true, for claims count facts, too.
FACTS = ("verdict true", "thing true", "name true")


@results.study("generation-decoding", way=list(WAYS), seeds=range(5))
def decoding(seed: int, way: str) -> dict[str, float]:
    """Openings that ``town-clm`` continues, or the town itself: repetition, and the judge."""
    return notebook.continued(way, seed)


@results.study("generation-remedies", way=list(REMEDIES), seeds=range(5))
def remedies(seed: int, way: str) -> dict[str, float]:
    """The same for a beam that may not repeat three words, and for drawing from all words."""
    return notebook.continued(way, seed)


@results.study(
    "generation-warm-rates", initialisation=list(INITIALISATIONS), rate=RATES, seeds=range(10, 13)
)
def warm_rates(seed: int, initialisation: str, rate: float) -> dict[str, float]:
    """Headlines by an encoder-decoder, at several rates; on towns that the study does not use."""
    found = notebook.learned(initialisation, seed, rate)
    return {"facts": _facts(found), **found}


def _facts(found: dict[str, float]) -> float:
    """The mean share of facts that are true, which chooses the rates."""
    return sum(found[fact] for fact in FACTS) / len(FACTS)


@results.study("generation-warm", initialisation=list(INITIALISATIONS), seeds=range(5))
def warm(seed: int, initialisation: str) -> dict[str, float]:
    """Headlines by an encoder-decoder with random or copied weights, each at its best rate."""
    rate = results.best("generation-warm", "facts", initialisation=initialisation)
    return notebook.learned(initialisation, seed, rate)


@results.study("generation-smollm2-rates", rate=LORA_RATES, seeds=range(10, 13))
def smollm2_rates(seed: int, rate: float) -> dict[str, float]:
    """Headlines by SmolLM2 after LoRA, at several rates; on towns that the study does not use.

    Raises:
        NotHere: the model has not been fetched.
    """
    found = notebook.smol_headlines("LoRA", seed, rate, tested=8)
    return {"facts": _facts(found), **found}


@results.study("generation-smollm2", way=["prompt", "LoRA"], seeds=range(5))
def smollm2(seed: int, way: str) -> dict[str, float]:
    """SmolLM2 writes headlines of the town, by a prompt with three examples or after LoRA.

    Raises:
        NotHere: the model has not been fetched.
    """
    rate = results.best("generation-smollm2", "facts")  # a prompt has no use for it
    return notebook.smol_headlines(way, seed, rate)
