"""The grammar of the town, as it stands in ``data/town/grammar.toml``, which also explains it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tl_helpers.town.sources import read

_GRAMMAR = read("grammar")

#: word that a rule names -> its part of speech
LITERALS: dict[str, str] = {
    word: pos for pos, words in _GRAMMAR["literals"].items() for word in words.split()
}
#: symbol -> its alternatives, separated by bars
RULES: dict[str, str] = _GRAMMAR["rules"]


class Sentence(NamedTuple):
    """A rule for whole sentences, and where it is used."""

    domains: tuple[str, ...]
    role: str  # in the document: open, body, close, sign
    kind: str  # plain, hard, neutral
    weight: float
    rule: str


def _sentences() -> Iterator[Sentence]:
    for block in _GRAMMAR["sentences"]:
        for line in block["rules"].strip().splitlines():
            place, _, rule = line.partition(": ")
            weight, *names = place.split()
            domains = " ".join(_GRAMMAR["domains"].get(name, name) for name in names).split()
            yield Sentence(tuple(domains), block["role"], block["kind"], float(weight), rule)


SENTENCES: tuple[Sentence, ...] = tuple(_sentences())
