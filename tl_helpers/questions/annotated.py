"""A corpus with what is known about each of its words: the questions for probes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from tl_helpers.core.errors import UnknownName
from tl_helpers.town.compiled import ENTITIES, UPOS
from tl_helpers.town.corpus import Corpus
from tl_helpers.town.lexicon import DOMAINS

DIRECTIONS = ("the root itself", "to the left", "to the right")


class Annotated(NamedTuple):
    """Documents as lists of words, and labels of the words; arrays are ``[words]``."""

    documents: list[list[str]]  # lower case, as the town's tokenizer reads them
    words: np.ndarray  # the same, one after the other
    document: np.ndarray  # running number of the document
    labels: Mapping[str, np.ndarray]  # task -> class number
    classes: Mapping[str, tuple[str, ...]]  # task -> name of each class

    def where(self, task: str, *names: str) -> np.ndarray:
        """``[words]`` bool: is the word's class in a task one of these?

        Raises:
            UnknownName: no such task or class.
        """
        if task not in self.classes:
            raise UnknownName("task", task, self.classes)
        known = self.classes[task]
        for name in names:
            if name not in known:
                raise UnknownName(f"class of {task!r}", name, known)
        return np.isin(self.labels[task], [known.index(name) for name in names])


def annotated(corpus: Corpus) -> Annotated:
    """The words of a corpus with six labels each.

    Tasks: ``"part of speech"`` (Universal Dependencies), ``"entity"`` (BIO; what kind of name),
    ``"relation"`` (to the head, Universal Dependencies), ``"direction"`` (where the head is),
    ``"sentiment"`` (of the document) and ``"domain"`` (of the document).

    Example:
        >>> from tl_helpers import town
        >>> annotated(town.Town(seed=0).corpus(4)).classes["sentiment"]
        ('blame', 'praise')
    """
    d = corpus.draws
    words = np.char.lower(corpus.words().astype(str))
    starts = d.t_start[d.s_start]
    owner = d.doc[d.sentence]
    heads = corpus.heads()
    place = np.arange(len(words)) - d.t_start[d.sentence]
    direction = np.where(heads < 0, 0, np.where(heads < place, 1, 2))
    labels = {
        "part of speech": corpus.pos(),
        "entity": corpus.entities(),
        "relation": corpus.relations(),
        "direction": direction,
        "sentiment": d.sentiment[owner],
        "domain": d.domain[owner],
    }
    classes = {
        "part of speech": tuple(UPOS),
        "entity": tuple(ENTITIES),
        "relation": tuple(corpus.engine.relations),
        "direction": DIRECTIONS,
        "sentiment": ("blame", "praise"),
        "domain": tuple(DOMAINS),
    }
    return Annotated(
        [words[a:b].tolist() for a, b in zip(starts[:-1], starts[1:], strict=True)],
        words,
        owner,
        {name: np.asarray(y, np.int64) for name, y in labels.items()},
        classes,
    )
