"""Names in written sentences on real encoders, and the parser in the town: the notebook's runs."""

from __future__ import annotations

from typing import Any

from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

notebook = Cells("23_structured_prediction")  # the methods stand there
STARTS = ("pre-trained", "last layer", "word vectors", "random weights")


@results.study(
    "struct-written",
    {"features": "MiniLM", "labelled": [25, 50, 100], "penalty": 30.0},
    {"features": "MiniLM", "labelled": 100, "penalty": [3.0, 10.0, 100.0]},
    {"features": "word forms", "labelled": 100, "penalty": [0.01, 0.1, 1.0]},
    {
        "features": ["MiniLM, 3 layers", "E5", "random weights"],
        "labelled": 100,
        "penalty": 30.0,
    },
    seeds=range(5),
    of_town=False,
)
def names_in_written(
    seed: int, features: str, labelled: int, penalty: float
) -> list[dict[str, Any]]:
    """F1 of whole names by softmax, with constraints, with both neighbours, and by a CRF.

    Each seed draws other labelled sentences, and other weights where they are random.

    Raises:
        NotHere: the encoder has not been fetched.
    """
    rows: list[dict[str, Any]] = notebook.written_run(features, labelled, penalty, seed)
    return rows


@results.study(
    "struct-parser",
    {"start": list(STARTS), "labelled": [16, 64, 256]},
    seeds=range(5),
)
def trees(seed: int, start: str, labelled: int) -> list[dict[str, Any]]:
    """UAS and LAS of a biaffine parser on sentences by rules that training has not shown.

    Each seed has its own town, its own rules held out, and its own random weights.
    """
    rows: list[dict[str, Any]] = notebook.parser_run(start, labelled, seed)
    return rows
