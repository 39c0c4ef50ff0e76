"""Names in the town and in written sentences, and the parser in the town: the notebook's runs."""

from __future__ import annotations

from typing import Any

from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

notebook = Cells("23_structured_prediction")  # the methods stand there
METHODS = ("softmax", "softmax, three words", "CRF")
OTHERS = ("MiniLM, 3 layers", "E5", "random weights")
PENALTIES = (10.0, 30.0, 100.0)  # of features with a standard deviation of one
Rows = list[dict[str, Any]]


# --- names in the town ---------------------------------------------------------------------------
@results.study(
    "struct-town-rates",
    {"layer": 0, "penalty": [0.01, 0.1, 1.0]},
    {"layer": [1, 2], "penalty": [0.0001, 0.001, 0.01, 0.1, 1.0]},
    trained=list(METHODS),
    seeds=range(10, 13),
)
def town_rates(seed: int, trained: str, layer: int, penalty: float, labelled: int = 128) -> Rows:
    """Which layer and which penalty, judged in towns that judge nothing else."""
    rows: Rows = notebook.town_run(trained, labelled, layer, penalty, seed)
    return rows


def town_setting(trained: str) -> tuple[int, float]:
    """The layer and the penalty that were best for a method in three other towns.

    Example:
        ``town_setting("CRF") -> (2, 0.01)``
    """
    setting = ["layer", "penalty"]
    layer, penalty = results.best("struct-town", "new rules", setting, method=trained)
    return int(layer), float(penalty)


@results.study("struct-town", trained=list(METHODS), labelled=[32, 128, 512], seeds=range(8))
def names_in_town(seed: int, trained: str, labelled: int) -> Rows:
    """F1 of whole names; each seed has its own town, rules held out and labelled sentences."""
    layer, penalty = town_setting(trained)
    rows: Rows = notebook.town_run(trained, labelled, layer, penalty, seed)
    return [{**row, "layer": layer, "penalty": penalty} for row in rows]


# --- names in written sentences ------------------------------------------------------------------
@results.study(
    "struct-written-rates",
    layer=[0, 1, 2, 3, 4, 5, 6],
    trained=["softmax", "CRF"],
    seeds=range(10, 13),
    of_town=False,
)
def written_rates(
    seed: int, trained: str, layer: int, labelled: int = 100, penalty: float = 30.0
) -> Rows:
    """Which layer of MiniLM, judged on validation sentences alone."""
    rows: Rows = notebook.written_run(trained, "MiniLM", labelled, penalty, seed, layer)
    return [{"method": row["method"], "validation F1": row["validation F1"]} for row in rows]


@results.study(
    "struct-written",
    {"trained": METHODS, "features": "MiniLM", "labelled": [25, 50, 100], "penalty": PENALTIES},
    {"trained": METHODS, "features": "MiniLM", "labelled": 100, "penalty": [3.0, 300.0]},
    {"trained": METHODS, "features": OTHERS, "labelled": 100, "penalty": PENALTIES},
    {
        "trained": ["softmax", "CRF"],  # word forms are of three words already
        "features": "word forms",
        "labelled": 100,
        "penalty": [0.01, 0.1, 1.0],
    },
    seeds=range(5),
    of_town=False,
)
def names_in_written(seed: int, trained: str, features: str, labelled: int, penalty: float) -> Rows:
    """F1 of whole names by a softmax, with and without BIO constraints, or by a CRF.

    Each seed draws other labelled sentences, and other weights where they are random.

    Raises:
        NotHere: the encoder has not been fetched.
    """
    rows: Rows = notebook.written_run(trained, features, labelled, penalty, seed)
    return rows


@results.study(
    "struct-written-edges",  # where the best of that grid lay at its edge
    {"features": "MiniLM", "labelled": [25, 50]},
    {"features": OTHERS, "labelled": 100},
    trained=METHODS,
    penalty=[1.0, 3.0],
    seeds=range(5),
    of_town=False,
)
def written_edges(seed: int, trained: str, features: str, labelled: int, penalty: float) -> Rows:
    """The same for the penalties beyond."""
    return names_in_written(seed, trained, features, labelled, penalty)


@results.study(
    "struct-written-e5",  # whose best lay at the edge again
    trained=METHODS,
    features="E5",
    labelled=100,
    penalty=[0.1, 0.3],
    seeds=range(5),
    of_town=False,
)
def written_e5(seed: int, trained: str, features: str, labelled: int, penalty: float) -> Rows:
    """The same for the penalties below those."""
    return names_in_written(seed, trained, features, labelled, penalty)


# --- trees ---------------------------------------------------------------------------------------
@results.study(
    "struct-parser-rates",
    {"start": "pre-trained", "layer": [0, 1, 2]},
    {"start": "random weights", "layer": [0, 1]},
    rate=[1e-3, 3e-3, 1e-2],
    labelled=64,
    seeds=range(10, 13),
)
def parser_rates(seed: int, start: str, layer: int, labelled: int, rate: float) -> Rows:
    """Which layer and which rate, judged in towns that judge nothing else."""
    rows: Rows = notebook.parser_run(start, layer, labelled, rate, seed)
    return rows


@results.study(
    "struct-parser-edges",  # where the best of that grid lay at its edge
    start="pre-trained",
    layer=[0, 2],
    rate=3e-2,
    labelled=64,
    seeds=range(10, 13),
)
def parser_edges(seed: int, start: str, layer: int, labelled: int, rate: float) -> Rows:
    """The same for the rate beyond."""
    return parser_rates(seed, start, layer, labelled, rate)


def parser_rate(start: str, layer: int) -> float:
    """The rate that was best for these vectors in three other towns.

    Example:
        ``parser_rate("pre-trained", 1) -> 0.003``
    """
    rate = results.best("struct-parser", "LAS", start=start, layer=layer, decoding="tree")
    return float(rate)


@results.study(
    "struct-parser",
    {"start": "pre-trained", "layer": [0, 1, 2]},
    {"start": "random weights", "layer": 0},
    labelled=[16, 64, 256],
    seeds=range(5),
)
def trees(seed: int, start: str, layer: int, labelled: int) -> Rows:
    """UAS and LAS of a biaffine parser on sentences by rules that training has not shown.

    Each seed has its own town, its own rules held out, and its own random weights.
    """
    rate = parser_rate(start, layer)
    rows: Rows = notebook.parser_run(start, layer, labelled, rate, seed)
    return [{**row, "rate": rate} for row in rows]
