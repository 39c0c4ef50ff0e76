"""The town: a small world of text whose truth is known.

    >>> from tl_helpers import town
    >>> corpus = town.Town(seed=0).corpus(1000)
    >>> corpus.sentences()[1]                  # English that reads well
    'The lonely christening disappointed us.'
    >>> round(corpus.entropy_per_token(), 1)   # and how predictable it is, in principle
    1.3

The same dials give the same text on every Python version and platform, and document ``i`` does not
depend on how many others are made. The words and the grammar stand in ``data/town``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from tl_helpers.core import checks
from tl_helpers.core.errors import UnknownName
from tl_helpers.town.corpus import Corpus
from tl_helpers.town.dials import RANGES, Dials
from tl_helpers.town.generate import Engine
from tl_helpers.town.homonyms import HOMONYMS, Homonyms, Sense
from tl_helpers.town.judge import Judge, Verdict
from tl_helpers.town.lexicon import DOMAINS, TOPICS

MOST_DOCUMENTS = 5_000_000  # in one corpus: beyond that, take several with ``start``
VERSION = 4  # is stored with every result and checkpoint: raise it when the text changes
DIALS = {name: meaning for name, (_, _, meaning) in RANGES.items()} | {
    "mixture": "domain -> weight; domains left out do not occur"
}


class Town:
    """A town with its dials set; see ``Dials`` for each of them.

    Raises:
        BadValue: a dial out of range. UnknownName: a dial, domain or occupation that is not there.
    """

    def __init__(self, seed: int = 0, **dials: Any) -> None:
        for name in dials:
            if name not in Dials.__dataclass_fields__:
                raise UnknownName("dial of the town", name, Dials.__dataclass_fields__)
        self.dials = Dials(seed=seed, **dials)
        self.engine = Engine(self.dials)

    def corpus(self, n_documents: int, start: int = 0) -> Corpus:
        """Documents ``start .. start + n_documents - 1``.

        Raises:
            BadValue: a number that is not a whole number, or out of range.

        Example:
            >>> Town(seed=0).corpus(2).sentences()[1]
            'The lonely christening disappointed us.'
        """
        n_documents = checks.whole(n_documents, "n_documents", high=MOST_DOCUMENTS)
        start = checks.whole(start, "start", 0, 1 << 60)
        index = np.arange(start, start + n_documents)
        return Corpus(self.engine, self.engine.draw_documents(index))


@lru_cache(maxsize=1)
def vocabulary() -> list[str]:
    """All lower-cased word types and punctuation marks the town can use, in a fixed order.

    Example:
        >>> vocabulary()[40:43]
        ['albert', 'alibi', 'alice']
    """
    surfaces = {w.lower() for w in Engine(Dials()).surfaces}
    return sorted(surfaces)


def second_vocabulary() -> list[str]:
    """All lower-cased word forms and punctuation marks of Ondalese, in a fixed order.

    Example:
        >>> second_vocabulary()[40:42]
        ['astronautave', 'atlas']
    """
    from tl_helpers.town.second.translate import vocabulary as forms

    return list(forms())


__all__ = [
    "DIALS",
    "DOMAINS",
    "HOMONYMS",
    "TOPICS",
    "VERSION",
    "Corpus",
    "Dials",
    "Judge",
    "Homonyms",
    "Sense",
    "Town",
    "Verdict",
    "second_vocabulary",
    "vocabulary",
]
