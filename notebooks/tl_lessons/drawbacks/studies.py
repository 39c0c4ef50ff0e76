"""The stored experiments of ``41_drawbacks``; the methods stand in its cells."""

from __future__ import annotations

from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

notebook = Cells("41_drawbacks")
BOTH = ["town-mlm", "word counts"]


@results.study("drawbacks-rates", start=["town-mlm"], rate=[3e-4, 1e-3, 3e-3], seeds=range(10, 13))
def rates(seed: int, start: str, rate: float) -> dict[str, float]:
    """Fine-tuning at several rates, with a day that tells nothing; on towns of no other study."""
    return notebook.shortcut(start, 0.5, "none", seed, rate=rate)


@results.study(
    "drawbacks-counts-rates", start=["word counts"], rate=[1.0, 10.0, 100.0], seeds=range(10, 13)
)
def strengths(seed: int, start: str, rate: float) -> dict[str, float]:
    """The same for word counts: the strength C of their logistic regression."""
    return rates(seed, start, rate)


@results.study(
    "drawbacks-negation",
    start=BOTH,
    negated=[0, 32, 128],
    seeds=range(5),
)
def negation(seed: int, start: str, negated: int) -> dict[str, float]:
    """Plain examples and some negated ones: right answers on both kinds."""
    return notebook.negation(start, negated, seed)


@results.study(
    "drawbacks-shortcut",
    {"start": BOTH, "share": [0.5, 0.8, 0.95, 1.0], "remedy": "none"},
    {"start": BOTH, "share": 0.95, "remedy": ["balance", "swap"]},
    seeds=range(5),
)
def shortcut(seed: int, start: str, share: float, remedy: str) -> dict[str, float]:
    """A day in front of the text that agrees with the label in a share of the training texts."""
    return notebook.shortcut(start, share, remedy, seed)


@results.study("drawbacks-memory", copies=["kept", "removed"], seeds=range(5))
def memory(seed: int, copies: str) -> dict[str, float]:
    """Canaries in further training of ``town-clm``, with their copies kept or removed."""
    return notebook.memorise(copies, seed)


@results.study(
    "drawbacks-update-rates",
    way=["new facts", "new and old facts"],
    rate=[4e-3, 8e-3, 1.6e-2],
    seeds=range(10, 13),
)
def update_rates(seed: int, way: str, rate: float) -> dict[str, float]:
    """Training on at several rates, on draws of no other study: what is new and what is kept."""
    found = notebook.update(way, seed, rate=rate)
    return found | {"mean": (found["changed"] + found["unchanged"]) / 2}


@results.study("drawbacks-update-edges", way="new facts", rate=3.2e-2, seeds=range(10, 13))
def update_edges(seed: int, way: str, rate: float) -> dict[str, float]:
    """A higher rate where the highest was best."""
    return update_rates(seed, way, rate)


@results.study(
    "drawbacks-update", way=["nothing", "new facts", "new and old facts"], seeds=range(5)
)
def update(seed: int, way: str) -> dict[str, float]:
    """Half of the well-known people take another occupation; ``town-mlm`` is trained on."""
    return notebook.update(way, seed)


@results.study("drawbacks-runs", seeds=range(5))
def runs(seed: int) -> dict[str, float]:
    """Four trainings a town on the same 64 labels: accuracy, confidence, spread, ensemble."""
    return notebook.judge(seed)


@results.study("drawbacks-forty", seeds=range(1), of_town=False)
def forty(seed: int) -> list[dict[str, str | float]]:
    """SmolLM2 on the forty written facts: sums of log-probabilities; nothing is drawn at random.

    Raises:
        NotHere: the model has not been fetched.
    """
    return notebook.forty()
