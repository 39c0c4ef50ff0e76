"""The two tables of ``25_which_pretraining_for_which_task``; the methods stand in its cells."""

from __future__ import annotations

from typing import Any

from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

notebook = Cells("25_which_pretraining_for_which_task")
vars(notebook)["word_level"] = Cells("24_word_level")  # for one vector a word

IN_TOWN = [
    "words alone",
    "random",
    "counts",
    "masked",
    "causal",
    "replaced",
    "translation",
    "labels",
    "MiniLM",
]
REAL = ["words alone", "random, 3 layers", "GloVe", "MiniLM, 3 layers", "MiniLM", "E5"]


@results.study("which-town", source=IN_TOWN, seeds=range(5))
def in_town(seed: int, source: str) -> list[dict[str, Any]]:
    """Nine sources on seven targets of the town; each seed is a town of its own.

    The shipped networks and MiniLM are one training each; random weights, counts, and what the
    labels teach are new with each seed.
    """
    rows: list[dict[str, Any]] = notebook.town_row(source, seed)
    return rows


@results.study("which-real", source=REAL, seeds=range(5), of_town=False)
def real(seed: int, source: str) -> list[dict[str, Any]]:
    """Six sources on seven targets of texts that people wrote; each seed deals the texts anew.

    Raises:
        NotHere: a model or data set of the shelf has not been fetched.
    """
    rows: list[dict[str, Any]] = notebook.real_row(source, seed)
    return rows
