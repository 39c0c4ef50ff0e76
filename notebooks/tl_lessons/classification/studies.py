"""Few labels in four ways; calibration in five towns; documents in which one sentence decides."""

from __future__ import annotations

from typing import Any

from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

notebook = Cells("20_classification")  # the methods stand there
TRAINED = ("contrastive step", "fine-tuning")
METHODS = ("TF-IDF", "frozen features", *TRAINED)
COUNTS = {"questions": 48, "film": 64}  # labelled texts
STEPS = 20  # of 16 texts, as in the notebook
LOWEST = 4e-6  # beyond the grid, where its lowest rate was best
RATES = {
    (task, how): rates
    for how, rates in {
        "contrastive step": (2e-5, 1e-4, 5e-4),
        "fine-tuning": (1e-4, 5e-4, 2.5e-3),
    }.items()
    for task in COUNTS
}


@results.study(
    "class-rates",
    *({"task": task, "method": how, "rate": list(rates)} for (task, how), rates in RATES.items()),
    seeds=range(10, 13),
    of_town=False,
)
def over_rates(seed: int, task: str, method: str, rate: float) -> dict[str, float]:
    """Accuracy on validation texts over learning rates.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    found = notebook.few_run(task, method, COUNTS[task], seed, rate)
    return {"validation": found["validation"]}


@results.study(
    "class-edges",
    {"task": "film", "method": "contrastive step", "rate": LOWEST, "steps": STEPS},
    {"task": list(COUNTS), "method": "fine-tuning", "rate": 3e-4, "steps": 3 * STEPS},
    {"task": list(COUNTS), "method": "frozen features", "rate": 0.0, "steps": 0},
    seeds=range(10, 13),
    of_town=False,
)
def over_edges(seed: int, task: str, method: str, rate: float, steps: int) -> dict[str, float]:
    """A lower rate where the lowest was best, longer fine-tuning, and no training of the encoder.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    found = notebook.few_run(task, method, COUNTS[task], seed, rate, steps)
    return {"validation": found["validation"]}


def tuned_rate(task: str, method: str) -> float:
    """The rate that was best on validation texts, on other draws than those that judge.

    Example:
        >>> tuned_rate("questions", "frozen features")
        0.0
    """
    if method not in TRAINED:
        return 0.0
    return float(results.best("class", "validation", task=task, method=method, steps=STEPS))


@results.study(
    "class-few-labels",
    *({"task": task, "method": list(METHODS), "n": n} for task, n in COUNTS.items()),
    seeds=range(5),
    of_town=False,
)
def few_labels(seed: int, task: str, method: str, n: int) -> dict[str, float]:
    """Accuracy on test texts, with n labels and the learning rate that was tuned before.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    return notebook.few_run(task, method, n, seed, tuned_rate(task, method))


@results.study("class-calibration", seeds=range(5))
def calibration(seed: int) -> list[dict[str, Any]]:
    """Confidence beyond accuracy before and after one temperature: all, plain, hard sentences."""
    rows: list[dict[str, Any]] = notebook.calibration_run(seed)
    return rows


@results.study("class-long", length=[1, 4, 16], seeds=range(5))
def long_documents(seed: int, length: int) -> list[dict[str, Any]]:
    """Accuracy on documents of the town in which one sentence decides, in five ways."""
    rows: list[dict[str, Any]] = notebook.long_run(length, seed)
    return rows
