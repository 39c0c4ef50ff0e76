"""Words of the town that are spelled alike and mean different things, and which meaning is meant.

Each of them is a homonym in the strict sense: the meanings have nothing to do with each other, and
dictionaries give each a headword of its own. A meaning belongs to one topic, so that what a word
means is known wherever it stands. All meanings of a word are drawn from one category and fill the
same places in sentences built alike: it takes the other words to tell which is meant.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tl_helpers.town.lexicon import DOMAINS, TOPICS
from tl_helpers.town.sources import read

if TYPE_CHECKING:
    from tl_helpers.town.corpus import Corpus


class Sense(NamedTuple):
    """One meaning of a homonym, and where the town uses the word in it."""

    gloss: str
    where: tuple[tuple[str, str], ...]  # (domain, topic)


class Homonyms(NamedTuple):
    """The homonyms of a corpus, in the order of its tokens; all arrays ``[n]``."""

    position: np.ndarray  # index into ``Corpus.words()``
    word: np.ndarray  # key of ``HOMONYMS``
    sense: np.ndarray  # key of ``HOMONYMS[word]``
    label: np.ndarray  # the same as a number: which of the word's senses, from 0


def _sense(gloss: str, topic: str) -> Sense:
    """Of ``topic="film/drama news/sport"``: used in both."""
    places = (place.partition("/") for place in topic.split())
    return Sense(gloss, tuple((domain, name) for domain, _, name in places))


HOMONYMS: dict[str, dict[str, Sense]] = {
    word: {name: _sense(**sense) for name, sense in senses.items()}
    for word, senses in read("homonyms").items()
}


@lru_cache(maxsize=1)
def sense_table() -> np.ndarray:
    """``[words, domains, 4]`` which sense a homonym has in a topic; -1: it does not occur there.

    Example:
        >>> int(sense_table()[list(HOMONYMS).index("bass")].max())
        1
    """
    out = np.full((len(HOMONYMS), len(DOMAINS), 4), -1, np.int64)
    for i, senses in enumerate(HOMONYMS.values()):
        for label, sense in enumerate(senses.values()):
            for domain, topic in sense.where:
                out[i, DOMAINS.index(domain), TOPICS[domain].index(topic)] = label
    out.setflags(write=False)
    return out


def find_homonyms(corpus: Corpus) -> Homonyms:
    """See ``Corpus.homonyms``.

    Example:
        >>> from tl_helpers import town
        >>> homonyms = find_homonyms(town.Town(seed=0).corpus(50))
        >>> str(homonyms.word[0]), str(homonyms.sense[0])
        ('row', 'line')
    """
    d, surfaces = corpus.draws, corpus.engine.surface_id
    which = np.full(len(surfaces), -1)
    which[[surfaces[word] for word in HOMONYMS]] = np.arange(len(HOMONYMS))
    position = np.flatnonzero(which[d.token] >= 0)
    word = which[d.token[position]]
    doc = d.doc[d.sentence[position]]
    label = sense_table()[word, d.domain[doc], d.topic[doc]]
    first = np.cumsum([0, *(len(senses) for senses in HOMONYMS.values())])
    names = np.array([name for senses in HOMONYMS.values() for name in senses])
    return Homonyms(position, np.array([*HOMONYMS])[word], names[first[word] + label], label)
