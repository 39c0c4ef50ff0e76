"""The lists of words that sentences are filled from, each with one row of chances per context.

A word is ranked by Zipf's law among those that fit its row: the domain, the topic, the polarity,
and for verbs and adjectives the class of the noun that they go with.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

import numpy as np

from tl_helpers.town import lexicon
from tl_helpers.town.classes import CLASSES, fits
from tl_helpers.town.lexicon import DOMAINS, GENDERS, POLARITIES, TOPICS


@dataclass(frozen=True)
class Category:
    """A list of words with one row of probabilities per value of what they depend on."""

    name: str
    pos: str
    by: tuple[str, ...]  # of "domain", "topic", "polarity", "gender", "class" (of the noun)
    words: tuple[str, ...]
    weights: np.ndarray  # [rows, words]


SIZES = {
    "domain": len(DOMAINS),
    "topic": 4,
    "polarity": len(POLARITIES),
    "gender": len(GENDERS),
    "class": len(CLASSES),
}


def zipf(n: int, exponent: float) -> np.ndarray:
    """Zipf's law: weight of rank r is 1 / r**exponent. Returns ``[n]``, summing to one.

    Example:
        >>> zipf(3, 1.0).round(3).tolist()
        [0.545, 0.273, 0.182]
    """
    weights = 1.0 / np.arange(1, n + 1) ** exponent
    return weights / weights.sum()


@lru_cache(maxsize=16)
def categories(exponent: float, distance: float) -> Mapping[str, Category]:
    """All word categories for a Zipf exponent and a distance between the domains' vocabularies.

    Example:
        >>> categories(1.3, 0.5)["day"].words[:2]
        ('Monday', 'Saturday')
    """
    return MappingProxyType({name: _category(name, exponent, distance) for name in lexicon.BY})


def _category(name: str, exponent: float, distance: float) -> Category:
    by = lexicon.BY[name]
    rows = []
    for context in _contexts(by):
        own = _ranked(_choice(name, *context), exponent)
        if name == "eval":  # a mixture of the adjectives of any domain and those of this one
            polarity = context[1]
            shared = _ranked(lexicon.words("eval", "any", polarity), exponent)
            rows.append([*_times(1 - distance, shared), *_times(distance, own)])
        else:
            rows.append(own)
    words = list(dict.fromkeys(w for row in rows for w, _ in row))
    index = {w: i for i, w in enumerate(words)}
    weights = np.zeros((len(rows), len(words)))
    for i, row in enumerate(rows):
        for word, weight in row:
            weights[i, index[word]] += weight
    weights.setflags(write=False)  # towns of the same dials share it
    return Category(name, lexicon.POS[name], by, tuple(words), weights)


def _contexts(by: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """All values of what a category depends on, in the order of its rows.

    Example:
        ``_contexts(("domain", "topic")) -> ("restaurant", "breakfast"), ...``
    """
    values = {"domain": DOMAINS, "polarity": POLARITIES, "gender": GENDERS, "class": CLASSES}
    if by[:2] == ("domain", "topic"):
        pairs = [(d, t) for d in DOMAINS for t in TOPICS[d]]
        rest = itertools.product(*(values[x] for x in by[2:]))
        return (pair + other for pair, other in itertools.product(pairs, list(rest)))
    return itertools.product(*(values[x] for x in by))


@cache
def _choice(name: str, *context: str) -> tuple[str, ...]:
    """The words of a row: of those that depend on the class of a noun, the ones that go with it.

    If none does, all of them.
    """
    if "class" not in lexicon.BY[name]:
        return lexicon.words(name, *context)
    *where, noun = context
    words = lexicon.words(name, *where)
    return tuple(w for w in words if fits(name, w, noun)) or words


def _ranked(words: tuple[str, ...], exponent: float) -> list[tuple[str, float]]:
    return list(zip(words, zipf(len(words), exponent), strict=True))


def _times(share: float, row: list[tuple[str, float]]) -> list[tuple[str, float]]:
    return [(word, share * weight) for word, weight in row]
