"""The stored experiments of ``24_word_level``; the methods stand in its cells."""

from __future__ import annotations

from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

notebook = Cells("24_word_level")
vars(notebook)["tune"] = Cells("32_feature_extraction_vs_fine_tuning")  # for the scalar mix

WAYS = (
    "word list",
    "hand-made features",
    "GloVe",
    "GloVe + neighbours",
    "own table",
    "own table + neighbours",
    "random weights",
    "MiniLM",
)


@results.study(
    "word-tags",
    {"kind": list(WAYS), "sentences": [15, 40, 120]},
    {"kind": "MiniLM, first subword", "sentences": 120},
    seeds=range(5),
    of_town=False,
)
def tags(seed: int, kind: str, sentences: int) -> dict[str, float]:
    """Parts of speech from some tagged sentences; each seed deals the 300 sentences anew.

    Raises:
        NotHere: the static vectors have not been fetched.
    """
    return notebook.tag(kind, sentences, seed)


@results.study(
    "word-both",
    kind=["own table + neighbours + features", "MiniLM + features"],
    sentences=120,
    seeds=range(5),
    of_town=False,
)
def both(seed: int, kind: str, sentences: int) -> dict[str, float]:
    """The same by vectors and hand-made features together, on the same splits."""
    return notebook.tag(kind, sentences, seed)


@results.study("word-layers", seeds=range(5), of_town=False)
def layers(seed: int) -> dict[str, float]:
    """Parts of speech by single layers of MiniLM, by their mean, and by a learned mixture."""
    return notebook.layered(seed)
