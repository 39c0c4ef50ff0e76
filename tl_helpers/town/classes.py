"""What the things of the town are (food, devices, weather ...), and which words go with them.

Tea is savoured and a plot drags, not vice versa. The classes stand in ``data/town/classes.toml``,
that of each noun in ``domains.toml``.
"""

from __future__ import annotations

from functools import lru_cache

from tl_helpers.town.lexicon import DOMAINS, TOPICS, topic_classes, words
from tl_helpers.town.sources import read

_CLASSES = read("classes")
CLASSES: tuple[str, ...] = ("", *_CLASSES["classes"].split())  # "": of a slot that has no noun


@lru_cache(maxsize=1)
def noun_classes() -> list[tuple[str, int, int, str]]:
    """``(noun, domain, topic, class)`` for every thing, item and place of the town.

    Example:
        >>> ("tea", 0, 0, "drink") in noun_classes()
        True
    """
    yards = set(_CLASSES["yards"].split())
    of_noun: dict[tuple[str, int, int], str] = {}
    for d, domain in enumerate(DOMAINS):
        for t, topic in enumerate(TOPICS[domain]):
            of_noun |= {(noun, d, t): name for noun, name in topic_classes(domain, topic).items()}
    for d, domain in enumerate(DOMAINS):
        for noun in words("place", domain):
            for t in range(len(TOPICS[domain])):
                of_noun.setdefault((noun, d, t), "yard" if noun in yards else "room")
    return [(*key, name) for key, name in of_noun.items()]


@lru_cache(maxsize=1)
def _goes_with() -> dict[tuple[str, str], frozenset[str]]:
    groups, out = _CLASSES["groups"], dict[tuple[str, str], frozenset[str]]()
    for category, lines in _CLASSES["fits"].items():
        for listed, classes in lines.items():
            named = frozenset(" ".join(groups.get(x, x) for x in classes.split()).split())
            for word in listed.split():
                out[category, word] = out.get((category, word), frozenset()) | named
    return out


def fits(category: str, word: str, noun: str) -> bool:
    """Whether a verb or adjective of a category goes with the nouns of a class.

    A word that ``data/town/classes.toml`` does not list goes with everything.

    Example:
        >>> fits("loved", "savoured", "drink"), fits("loved", "savoured", "weather")
        (True, False)
    """
    key = "loved" if category == "love" else category, word
    return not noun or noun in _goes_with().get(key, (noun,))
