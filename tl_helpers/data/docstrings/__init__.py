"""Real English with no download: the documentation inside the libraries of the course.

    >>> from tl_helpers import data, docstrings
    >>> corpus = data.load("docstrings")        # train, validation, test
    >>> docstrings.report(corpus)               # how much of it comes from where
    >>> docstrings.library_task(corpus["train"])

The text is read in place, never imported and never copied into the course. Another version of a
library gives other text, so the versions stand in ``corpus["train"].info.description``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tl_helpers.data.docstrings.corpus import SPLITS, installed, load, split_of
from tl_helpers.data.docstrings.sources import KINDS, LIBRARIES, Library
from tl_helpers.data.docstrings.tasks import library_task

if TYPE_CHECKING:
    from datasets import DatasetDict
    from pandas import DataFrame


def report(corpus: DatasetDict) -> DataFrame:
    """How large the corpus is, by library: objects, words, megabytes, with version and licence.

    Args:
        corpus: what ``data.load("docstrings")`` gave.

    Example:
        >>> report(corpus).loc["numpy", "objects"]  # doctest: +SKIP
    """
    import pandas as pd

    about = {x.name: x for x in installed()}
    rows = []
    names = corpus["train"].features["library"].names
    for split in corpus.values():
        for label, text in zip(split["library"][:], split["text"][:], strict=True):
            rows.append((names[label], len(text.split()), len(text.encode()) / 1e6))
    table = pd.DataFrame(rows, columns=["library", "words", "MB"])
    sums = table.groupby("library", sort=False)[["words", "MB"]].sum()
    sums.insert(0, "objects", table["library"].value_counts())
    sums["version"] = [about[n].version if n in about else "" for n in sums.index]
    sums["licence"] = [about[n].licence if n in about else "" for n in sums.index]
    return sums.reindex([n for n in names if n in sums.index])


__all__ = [
    "KINDS",
    "LIBRARIES",
    "SPLITS",
    "Library",
    "installed",
    "library_task",
    "load",
    "report",
    "split_of",
]
