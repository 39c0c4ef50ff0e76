"""From words and rules to the number tables that the generator draws from.

Everything is drawn from rows of integer weights that sum to 2**40, so that a probability is an
exact ratio and a draw is one binary search: the same text on every platform.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from tl_helpers.town import grammar as g
from tl_helpers.town import lexicon as lx
from tl_helpers.town.sentences import SENTENCES

ONE = 1 << 40
POLARITIES = ("negative", "positive")
ROLES = ("open", "body", "close", "sign")
KINDS = ("plain", "hard", "neutral")
UPOS = (
    "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ VERB"
).split()
ENTITIES = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-MISC", "I-MISC")


@dataclass(frozen=True)
class Category:
    """A list of words with one row of probabilities per value of what they depend on."""

    name: str
    pos: str
    by: tuple[str, ...]  # of "domain", "topic", "polarity", "gender"
    words: tuple[str, ...]
    weights: np.ndarray  # [rows, words]


SIZES = {"domain": len(lx.DOMAINS), "topic": 4, "polarity": 2, "gender": 2}


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
    return Category(name, pos, features, tuple(words), weights)


def _ranked(text: str, exponent: float, share: float = 1.0) -> list[tuple[str, float]]:
    words = text.split()
    return [(w, share * p) for w, p in zip(words, zipf(len(words), exponent), strict=True)]


def categories(exponent: float, distance: float) -> dict[str, Category]:
    """All word categories for a Zipf exponent and a distance between the domains' vocabularies."""
    out: list[Category] = []
    z = exponent

    def flat(name: str, pos: str, text: str) -> None:
        out.append(_rows(name, pos, "", {(): _ranked(text, z)}))

    def polar(name: str, pos: str, lists: dict[str, str]) -> None:
        rows = {(i,): _ranked(lists[p], z) for i, p in enumerate(POLARITIES)}
        out.append(_rows(name, pos, "polarity", rows))

    def by_domain(name: str, pos: str, lists: dict[str, str]) -> None:
        rows = {(i,): _ranked(lists[d], z) for i, d in enumerate(lx.DOMAINS)}
        out.append(_rows(name, pos, "domain", rows))

    def by_topic(name: str, pos: str, lists: dict[str, dict[str, str]]) -> None:
        rows = {
            (i, j): _ranked(lists[d][t], z)
            for i, d in enumerate(lx.DOMAINS)
            for j, t in enumerate(lx.TOPICS[d])
        }
        out.append(_rows(name, pos, "domain topic", rows))

    shared, special = 1 - distance, distance
    out.append(
        _rows(
            "eval", "ADJ", "domain polarity",
            {
                (i, j): _ranked(lx.EVAL_THING[p]["any"], z, shared)
                + _ranked(lx.EVAL_THING[p][d], z, special)
                for i, d in enumerate(lx.DOMAINS)
                for j, p in enumerate(POLARITIES)
            },
        )
    )
    polar("more", "ADJ", lx.EVAL_MORE)
    polar("evalp", "ADJ", lx.EVAL_PERSON)
    polar("evall", "ADJ", lx.EVAL_PLACE)
    polar("feel", "ADJ", lx.FEELING)
    polar("loved", "VERB", lx.LOVED)
    polar("love", "VERB", lx.LOVE)
    polar("moved", "VERB", lx.MOVED)
    polar("treated", "VERB", lx.TREATED)
    polar("worked", "VERB", lx.WORKED)
    polar("adv", "ADV", lx.ADVERB)
    polar("mood", "ADV", lx.MOOD)
    polar("again", "ADV", lx.AGAIN)
    polar("choose", "VERB", lx.CHOOSE)
    polar("quality", "NOUN", lx.QUALITY)
    polar("stars", "NUM", lx.STARS)
    polar("newsdid", "VERB", lx.NEWS_DID)
    by_topic("thing", "NOUN", lx.THING)
    by_topic("things", "NOUN", lx.THINGS)
    by_topic("mod", "ADJ", lx.THING_MODIFIER)
    by_topic("item", "NOUN", lx.ITEM)
    for name, pos, lists in (
        ("place", "NOUN", lx.PLACE_NOUN), ("staff", "NOUN", lx.STAFF), ("did", "VERB", lx.OBJECTS),
        ("occasion", "NOUN", lx.OCCASION), ("got", "VERB", lx.GOT), ("use", "VERB", lx.USE),
        ("made", "VERB", lx.MADE), ("kind", "NOUN", lx.KIND), ("v1", "PROPN", lx.VENUE_FIRST),
        ("v2", "PROPN", lx.VENUE_SECOND),
    ):
        by_domain(name, pos, lists)
    for name, pos, text in (
        ("day", "PROPN", lx.DAYS), ("month", "PROPN", lx.MONTHS), ("num", "NUM", lx.NUMBERS),
        ("ord", "ADJ", lx.ORDINALS), ("int", "ADV", lx.INTENSIFIERS),
        ("land", "NOUN", lx.LANDMARKS), ("int2", "ADV", lx.INTENSIFIERS_2),
        ("size", "ADJ", lx.SIZES), ("age", "ADJ", lx.AGES), ("company", "NOUN", lx.COMPANY),
        ("desc", "ADJ", lx.DESCRIPTIVE),
        ("desc2", "ADJ", lx.DESCRIPTIVE_2), ("furn", "NOUN", lx.FURNITURE),
        ("crowd", "NOUN", lx.CROWD), ("hero", "NOUN", lx.HERO), ("hero2", "NOUN", lx.HERO_2),
        ("loc", "PROPN", lx.STREETS), ("road", "PROPN", lx.ROADS), ("writer", "PROPN", lx.WRITERS),
    ):
        flat(name, pos, text)
    for name, female, male in (("q", lx.FEMALE, lx.MALE), ("kin", *lx.KIN.values())):
        out.append(
            _rows(name, "PROPN" if name == "q" else "NOUN", "gender",
                  {(0,): _ranked(female, z), (1,): _ranked(male, z)})
        )
    return {c.name: c for c in out}


@dataclass(frozen=True)
class Symbol:
    """One word position of a pattern."""

    kind: str  # "literal", "slot", "attribute", "article"
    name: str  # the word, the category or the attribute
    pos: str
    opposite: bool = False


@dataclass
class Pattern:
    """A sentence with holes: what stands in each place and how the places hang together."""

    symbols: list[Symbol]
    heads: list[int]  # position of the head, -1 for the root
    relations: list[str]
    weight: float = 1.0
    domains: tuple[str, ...] = ()
    role: str = ""
    kind: str = ""
    source: str = ""


ATTRIBUTE_POS = {"p1": "PROPN", "p2": "PROPN", "occ": "NOUN", "psub": "PRON", "qsub": "PRON",
                 "ppos": "PRON", "q": "PROPN", "kin": "NOUN", "item": "NOUN"}


def _symbol(text: str) -> Symbol:
    if text == "AN":
        return Symbol("article", "a", "DET")
    if text.startswith("@"):
        name = text[1:].rstrip("^")
        return Symbol("slot", name, POS_OF[name], text.endswith("^"))
    if text.startswith("$"):
        return Symbol("attribute", text[1:], ATTRIBUTE_POS.get(text[1:], "PROPN"))
    word, _, pos = text.partition("/")
    return Symbol("literal", "I" if word == "i" else word, pos or g.LITERALS[word])


def _alternatives(rule: str) -> list[tuple[float, str]]:
    found = []
    for part in rule.split(" | "):
        first, _, rest = part.strip().partition(" ")
        found.append((float(first), rest) if first.isdigit() else (1.0, part.strip()))
    total = sum(w for w, _ in found)
    return [(w / total, rhs) for w, rhs in found]


def _expand(rhs: str, group: str) -> list[Pattern]:
    """All flat patterns of a right-hand side; each head is the head child's head (Collins)."""
    parts: list[tuple[str, list[Pattern]]] = []
    for item in rhs.split():
        if item.startswith("*"):
            relation, text = "*", item[1:]
        elif item.endswith("::"):
            relation, text = item[:-2], ":"
        else:
            relation, text = item.rsplit(":", 1)
        name = f"{text}_{group}" if f"{text}_{group}" in g.RULES else text
        if name in g.RULES:
            options = []
            for weight, inner in _alternatives(g.RULES[name]):
                for p in _expand(inner, group):
                    options.append(Pattern(p.symbols, p.heads, p.relations, p.weight * weight))
        else:
            options = [Pattern([_symbol(text)], [-1], ["root"])]
        parts.append((relation, options))
    out = []
    head_part = next(i for i, (relation, _) in enumerate(parts) if relation == "*")
    for combination in itertools.product(*(options for _, options in parts)):
        starts = np.cumsum([0] + [len(p.symbols) for p in combination])
        head = int(starts[head_part]) + combination[head_part].heads.index(-1)
        symbols: list[Symbol] = []
        heads: list[int] = []
        relations: list[str] = []
        weight = 1.0
        for (relation, _), start, p in zip(parts, starts, combination, strict=False):
            weight *= p.weight
            symbols += p.symbols
            for h, r in zip(p.heads, p.relations, strict=True):
                is_top = h < 0
                own = relation == "*"
                heads.append((-1 if own else head) if is_top else h + int(start))
                relations.append((r if own else relation) if is_top else r)
        out.append(Pattern(symbols, heads, relations, weight))
    return out


POS_OF: dict[str, str] = {}


@lru_cache(maxsize=1)
def patterns() -> list[Pattern]:
    """Every flat sentence pattern of the grammar (dial-independent)."""
    POS_OF.update({c.name: c.pos for c in categories(1.0, 0.5).values()})
    out = []
    for domains, role, kind, weight, rhs in SENTENCES:
        groups: dict[str, list[str]] = {}
        for d in domains.split():
            groups.setdefault("news" if d == "news" else "other", []).append(d)
        for group, members in groups.items():
            for p in _expand(rhs, group):
                p.weight *= weight
                p.domains, p.role, p.kind, p.source = tuple(members), role, kind, rhs
                out.append(p)
    return out


def starts_with_vowel_sound(word: str) -> bool:
    """Whether a/an takes "an" before ``word``."""
    w = word.lower()
    if w.startswith(("hour", "honest", "heir", "honour")):
        return True
    if w.startswith(("uni", "use", "eu", "one", "uto")):
        return False
    return w[0] in "aeiou"


@dataclass
class Table:
    """Rows of exact probabilities over words, searchable as one sorted array."""

    keys: np.ndarray  # [entries] int64: row * ONE + cumulative weight
    token: np.ndarray  # [entries] surface id
    logp: np.ndarray  # [entries] natural log; -inf where impossible
    start: np.ndarray  # [rows + 1]
    base: dict[str, int] = field(default_factory=dict)  # category -> its first row


def build_table(named_weights: list[tuple[str, np.ndarray, np.ndarray]]) -> Table:
    """``(name, weights [rows, n], tokens [n])`` of each category -> one table."""
    keys, tokens, logps, starts, base = [], [], [], [0], {}
    row = 0
    for name, weights, token in named_weights:
        base[name] = row
        for w in weights:
            whole = np.rint(w / w.sum() * (1 << 22)).astype(np.int64)  # 22 + 40 bits fit int64
            exact = whole * ONE // int(whole.sum())
            exact[int(np.argmax(exact))] += ONE - int(exact.sum())
            keys.append(np.cumsum(exact) + row * ONE)
            tokens.append(token)
            with np.errstate(divide="ignore"):
                logps.append(np.log(exact / ONE))
            starts.append(starts[-1] + len(w))
            row += 1
    return Table(
        np.concatenate(keys), np.concatenate(tokens).astype(np.int32), np.concatenate(logps),
        np.array(starts), base,
    )
