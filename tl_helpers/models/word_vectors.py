"""Static word vectors: one vector a word, whatever the sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tl_helpers.core.errors import BadValue, UnknownName
from tl_helpers.data import registry, shelf

if TYPE_CHECKING:
    import numpy as np


_WORDS = re.compile(r"[a-z]+|'[a-z]+|\d+|[^\sa-z\d]")  # of a lower-case text, as GloVe cuts it


@dataclass(frozen=True, repr=False)
class WordVectors:
    """Words and their vectors.

    Attributes:
        words: from the most frequent one.
        matrix: ``[words, size]`` float32, read from the disk as it is used.
        name: in the catalogue.
    """

    words: list[str]
    matrix: np.ndarray
    name: str = ""

    def __repr__(self) -> str:
        """The sizes, and not the words, of which there are hundreds of thousands."""
        words, size = self.matrix.shape
        return f"WordVectors({self.name!r}: {words:,} words, {size} dimensions)"

    @cached_property
    def index(self) -> dict[str, int]:
        """Word -> its row."""
        return {word: row for row, word in enumerate(self.words)}

    def __contains__(self, word: object) -> bool:
        return word in self.index

    def __getitem__(self, word: str) -> np.ndarray:
        """The vector of a word, ``[size]``.

        Raises:
            UnknownName: it has none.
        """
        if word not in self.index:
            raise UnknownName(
                "word",
                word,
                (),
                f"It is not among the {len(self.words):,} words. All are lower-case.",
            )
        return self.matrix[self.index[word]]

    def of(self, words: Sequence[str]) -> np.ndarray:
        """The vectors of several words, ``[words, size]``.

        Raises:
            UnknownName: one of them has none.
            BadValue: no word is asked for.

        Example:
            ``vectors("glove").of(["rose", "tulip"]).shape`` -> (2, 50)
        """
        import numpy as np

        if isinstance(words, str) or not len(words):
            raise BadValue(f"words={words!r} is not a list of words.", 'Use ["rose", "tulip"].')
        return np.stack([self[word] for word in words])

    def mean(self, texts: Sequence[str]) -> np.ndarray:
        """The mean vector of the words and marks of each text, ``[texts, size]``.

        Words without a vector are left out; a text that has no others gets zeros.

        Example:
            ``vectors("glove").mean(["A red rose."]).shape`` -> (1, 50)
        """
        import numpy as np

        rows = np.zeros((len(texts), self.matrix.shape[1]), np.float32)
        for row, text in zip(rows, texts, strict=True):
            known = [self.index[word] for word in _WORDS.findall(text.lower()) if word in self]
            if known:
                row[:] = self.matrix[known].mean(axis=0)
        return rows


def vectors(name: str) -> WordVectors:
    """Load static word vectors of the catalogue.

    Raises:
        UnknownName: there are none of that name.
        NotHere: they have not been fetched; says how to.

    Example:
        >>> vectors("glove")["king"].shape  # doctest: +SKIP
        (50,)
    """
    import numpy as np

    known = {n: e for n, e in registry.entries("model").items() if e.kind == "vectors"}
    if name not in known:
        raise UnknownName("word vectors", name, known)
    place = shelf.folder(known[name])
    words = (place / "words.txt").read_text("utf-8").split("\n")[:-1]
    matrix = np.load(place / "vectors.npy", mmap_mode="r", allow_pickle=False)
    return WordVectors(words, matrix, name)
