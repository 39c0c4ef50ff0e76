"""The words of the town, most frequent first (the Zipf dial ranks them in the order given).

They stand in ``data/town``: those of one domain in ``domains.toml``, all others in ``words.toml``.
A category is a list of words for each value of what decides the choice: polarity, domain, topic or
gender. Words are written as they appear in mid-sentence, so names carry their capital and nothing
else does.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tl_helpers.core.errors import BrokenFile
from tl_helpers.town.sources import read

_DOMAINS, _CATEGORIES = read("domains"), read("words")

DOMAINS: tuple[str, ...] = tuple(_DOMAINS)
TOPICS: dict[str, tuple[str, ...]] = {d: tuple(_DOMAINS[d]["topics"]) for d in DOMAINS}
POLARITIES = ("negative", "positive")
GENDERS = ("female", "male")
#: category -> its part of speech
POS: dict[str, str] = {name: table["pos"] for name, table in _CATEGORIES.items()}
#: category -> what the choice of a word depends on: "domain", "topic", "polarity", "gender",
#: "class" (of the noun that it goes with)
BY: dict[str, tuple[str, ...]] = {
    name: tuple(table.get("by", "").split()) for name, table in _CATEGORIES.items()
}


@cache
def words(category: str, *context: str) -> tuple[str, ...]:
    """The words of a category.

    Args:
        category: as in ``data/town/words.toml``.
        context: domain, topic, polarity or gender, in the order of ``BY[category]``; where one is
            left out, the words of all its values follow one another. Of the adjectives ``"eval"``,
            those that go with every domain have ``"any"`` in its place.

    Raises:
        BrokenFile: the files lack such a list.

    Example:
        >>> words("choose", "positive")
        ('try', 'choose', 'consider', 'discover', 'remember')
        >>> words("item", "film", "thriller")
        ('thriller', 'whodunnit', 'spy-film', 'horror-film')
    """
    lists: Any = _CATEGORIES[category]
    try:
        if BY[category][:1] == ("domain",) and context[:1] != ("any",):
            lists = {domain: _of_domain(category, domain) for domain in context[:1] or DOMAINS}
        for value in context:
            lists = lists[value]
    except KeyError as error:
        raise BrokenFile(
            f"data/town has no words {error} of the category {category!r} {context}.",
            "Add them to domains.toml or words.toml, or restore both: git checkout -- data/town",
        ) from None
    return tuple(dict.fromkeys(_flat(lists)))


def _of_domain(category: str, domain: str) -> Any:
    if "topic" in BY[category]:
        return {topic: table[category] for topic, table in _DOMAINS[domain]["topics"].items()}
    return _DOMAINS[domain][category]


def _flat(lists: Any) -> list[str]:
    if isinstance(lists, str):
        return lists.split()
    return [w for key, inner in lists.items() if key not in ("pos", "by") for w in _flat(inner)]


def topic_classes(domain: str, topic: str) -> dict[str, str]:
    """The class of each noun of a topic: thing, things or item.

    Example:
        >>> topic_classes("restaurant", "breakfast")["tea"]
        'drink'
    """
    table = _DOMAINS[domain]["topics"][topic]
    nouns = [w for name in ("thing", "things", "item") for w in table[name].split()]
    listed = {w: name for name, text in table.get("except", {}).items() for w in text.split()}
    return dict.fromkeys(nouns, table["class"]) | listed
