"""The lists of words that sentences are filled from, each with one row of chances per context.

A word is ranked by Zipf's law among those that fit its row: the domain, the topic, the polarity,
and for verbs and adjectives the class of the noun that they go with.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

import numpy as np

from tl_helpers.town import lexicon
from tl_helpers.town.classes import CLASSES
from tl_helpers.town.fits import fits

POLARITIES = ("negative", "positive")


@dataclass(frozen=True)
class Category:
    """A list of words with one row of probabilities per value of what they depend on."""

    name: str
    pos: str
    by: tuple[str, ...]  # of "domain", "topic", "polarity", "gender", "class" (of the noun)
    words: tuple[str, ...]
    weights: np.ndarray  # [rows, words]


SIZES = {
    "domain": len(lexicon.DOMAINS),
    "topic": 4,
    "polarity": 2,
    "gender": 2,
    "class": len(CLASSES),
}


def zipf(n: int, exponent: float) -> np.ndarray:
    """Zipf's law: weight of rank r is 1 / r**exponent. Returns ``[n]``, summing to one."""
    weights = 1.0 / np.arange(1, n + 1) ** exponent
    return weights / weights.sum()


def _rows(name: str, pos: str, by: str, lists: dict) -> Category:
    """``lists``: tuple of feature values -> list of (word, weight)."""
    features = tuple(by.split())
    words = list(dict.fromkeys(w for row in lists.values() for w, _ in row))
    index = {w: i for i, w in enumerate(words)}
    weights = np.zeros((int(np.prod([SIZES[f] for f in features])) if features else 1, len(words)))
    for row, key in enumerate(itertools.product(*(range(SIZES[f]) for f in features))):
        for word, weight in lists[key]:
            weights[row, index[word]] += weight
    weights.setflags(write=False)  # towns of the same dials share it
    return Category(name, pos, features, tuple(words), weights)


def _ranked(
    text: str, exponent: float, share: float = 1.0, part: str = "", noun: str = ""
) -> list[tuple[str, float]]:
    """The words by rank: of a ``part``, only those that go with the class ``noun``, if any do."""
    words = _chosen(text, part, noun)
    return [(w, share * p) for w, p in zip(words, zipf(len(words), exponent), strict=True)]


@cache
def _chosen(text: str, part: str, noun: str) -> tuple[str, ...]:
    words = text.split()
    return tuple(w for w in words if fits(part, w, noun)) or tuple(words)


@lru_cache(maxsize=16)
def categories(exponent: float, distance: float) -> Mapping[str, Category]:
    """All word categories for a Zipf exponent and a distance between the domains' vocabularies."""
    out: list[Category] = []
    z = exponent

    def flat(name: str, pos: str, text: str) -> None:
        out.append(_rows(name, pos, "", {(): _ranked(text, z)}))

    def polar(name: str, pos: str, lists: dict[str, str]) -> None:
        rows = {(i,): _ranked(lists[p], z) for i, p in enumerate(POLARITIES)}
        out.append(_rows(name, pos, "polarity", rows))

    def fitting(name: str, pos: str, lists: dict[str, str]) -> None:
        rows = {
            (i, k): _ranked(lists[p], z, 1.0, name, noun)
            for i, p in enumerate(POLARITIES)
            for k, noun in enumerate(CLASSES)
        }
        out.append(_rows(name, pos, "polarity class", rows))

    def in_domain(name: str, pos: str, lists: dict[str, dict[str, str]]) -> None:
        rows = {
            (i, j): _ranked(lists[p][d], z)
            for i, d in enumerate(lexicon.DOMAINS)
            for j, p in enumerate(POLARITIES)
        }
        out.append(_rows(name, pos, "domain polarity", rows))

    def by_domain(name: str, pos: str, lists: dict[str, str]) -> None:
        rows = {(i,): _ranked(lists[d], z) for i, d in enumerate(lexicon.DOMAINS)}
        out.append(_rows(name, pos, "domain", rows))

    def by_topic(name: str, pos: str, lists: dict[str, dict[str, str]]) -> None:
        rows = {
            (i, j): _ranked(lists[d][t], z)
            for i, d in enumerate(lexicon.DOMAINS)
            for j, t in enumerate(lexicon.TOPICS[d])
        }
        out.append(_rows(name, pos, "domain topic", rows))

    shared, special = 1 - distance, distance
    out.append(
        _rows(
            "eval",
            "ADJ",
            "domain polarity class",
            {
                (i, j, k): _ranked(lexicon.EVAL_THING[p]["any"], z, shared)
                + _ranked(lexicon.EVAL_THING[p][d], z, special, "eval", noun)
                for i, d in enumerate(lexicon.DOMAINS)
                for j, p in enumerate(POLARITIES)
                for k, noun in enumerate(CLASSES)
            },
        )
    )
    for name, pos, sided in (
        ("more", "ADJ", lexicon.EVAL_MORE),
        ("gen", "ADJ", lexicon.EVAL_GENERAL),
        ("evalp", "ADJ", lexicon.EVAL_PERSON),
        ("evall2", "ADJ", lexicon.EVAL_PLACE_2),
        ("feel", "ADJ", lexicon.FEELING),
        ("feel2", "ADJ", lexicon.FEELING_2),
        ("adv", "ADV", lexicon.ADVERB),
        ("mood", "ADV", lexicon.MOOD),
        ("again", "ADV", lexicon.AGAIN),
        ("choose", "VERB", lexicon.CHOOSE),
        ("stars", "NUM", lexicon.STARS),
    ):
        polar(name, pos, sided)
    for name, pos, sided in (
        ("evall", "ADJ", lexicon.EVAL_PLACE),
        ("loved", "VERB", lexicon.LOVED),
        ("love", "VERB", lexicon.LOVE),
        ("moved", "VERB", lexicon.MOVED),
        ("worked", "VERB", lexicon.WORKED),
        ("newsdid", "VERB", lexicon.NEWS_DID),
    ):
        fitting(name, pos, sided)
    in_domain("treated", "VERB", lexicon.TREATED)
    in_domain("quality", "NOUN", lexicon.QUALITY)
    by_topic("thing", "NOUN", lexicon.THING)
    by_topic("things", "NOUN", lexicon.THINGS)
    by_topic("item", "NOUN", lexicon.ITEM)
    out.append(
        _rows(
            "mod",
            "ADJ",
            "domain topic class",
            {
                (i, j, k): _ranked(lexicon.THING_MODIFIER[d][t], z, 1.0, "mod", noun)
                for i, d in enumerate(lexicon.DOMAINS)
                for j, t in enumerate(lexicon.TOPICS[d])
                for k, noun in enumerate(CLASSES)
            },
        )
    )
    for name, chosen in (("made", lexicon.MADE), ("did", lexicon.OBJECTS)):
        rows = {
            (i, k): _ranked(chosen[d], z, 1.0, name, noun)
            for i, d in enumerate(lexicon.DOMAINS)
            for k, noun in enumerate(CLASSES)
        }
        out.append(_rows(name, "VERB", "domain class", rows))
    began = {(k,): _ranked(lexicon.BEGAN, z, 1.0, "began", noun) for k, noun in enumerate(CLASSES)}
    out.append(_rows("began", "VERB", "class", began))
    for name, pos, lists in (
        ("place", "NOUN", lexicon.PLACE_NOUN),
        ("staff", "NOUN", lexicon.STAFF),
        ("occasion", "NOUN", lexicon.OCCASION),
        ("got", "VERB", lexicon.GOT),
        ("use", "VERB", lexicon.USE),
        ("kind", "NOUN", lexicon.KIND),
        ("v1", "PROPN", lexicon.VENUE_FIRST),
        ("v2", "PROPN", lexicon.VENUE_SECOND),
    ):
        by_domain(name, pos, lists)
    for name, pos, text in (
        ("day", "PROPN", lexicon.DAYS),
        ("month", "PROPN", lexicon.MONTHS),
        ("num", "NUM", lexicon.NUMBERS),
        ("few", "NUM", lexicon.FEW),
        ("ord", "ADJ", lexicon.ORDINALS),
        ("int", "ADV", lexicon.INTENSIFIERS),
        ("land", "NOUN", lexicon.LANDMARKS),
        ("int2", "ADV", lexicon.INTENSIFIERS_2),
        ("size", "ADJ", lexicon.SIZES),
        ("age", "ADJ", lexicon.AGES),
        ("company", "NOUN", lexicon.COMPANY),
        ("desc", "ADJ", lexicon.DESCRIPTIVE),
        ("desc2", "ADJ", lexicon.DESCRIPTIVE_2),
        ("furn", "NOUN", lexicon.FURNITURE),
        ("crowd", "NOUN", lexicon.CROWD),
        ("folk", "NOUN", lexicon.FOLK),
        ("hero", "NOUN", lexicon.HERO),
        ("hero2", "NOUN", lexicon.HERO_2),
        ("loc", "PROPN", lexicon.STREETS),
        ("road", "PROPN", lexicon.ROADS),
        ("writer", "PROPN", lexicon.WRITERS),
        ("to", "PROPN", lexicon.ADDRESSEES),
    ):
        flat(name, pos, text)
    for name, female, male in (("q", lexicon.FEMALE, lexicon.MALE), ("kin", *lexicon.KIN.values())):
        out.append(
            _rows(
                name,
                "PROPN" if name == "q" else "NOUN",
                "gender",
                {(0,): _ranked(female, z), (1,): _ranked(male, z)},
            )
        )
    return MappingProxyType({c.name: c for c in out})
