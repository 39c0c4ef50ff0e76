"""From words and rules to the number tables that the generator draws from.

Everything is drawn from rows of integer weights that sum to 2**40, so that a probability is an
exact ratio and a draw is one binary search: the same text on every platform.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from tl_helpers.town import grammar, lexicon
from tl_helpers.town.categories import POLARITIES, SIZES, Category, categories, zipf
from tl_helpers.town.governors import govern

__all__ = [
    "ENTITIES",
    "KINDS",
    "ONE",
    "POLARITIES",
    "ROLES",
    "SIZES",
    "UPOS",
    "Category",
    "Pattern",
    "Symbol",
    "Table",
    "build_table",
    "categories",
    "patterns",
    "starts_with_vowel_sound",
    "zipf",
]
ONE = 1 << 40
ROLES = ("open", "body", "close", "sign")
KINDS = ("plain", "hard", "neutral")
UPOS = ("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ VERB").split()
ENTITIES = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-MISC", "I-MISC")


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
    family: int = 0  # sentence rule (exclamations: one): used once in a document at most
    governors: list[int] = field(default_factory=list)  # position of the noun a slot goes with, or
    classes: list[str] = field(default_factory=list)  # -1 and then its class


ATTRIBUTE_POS = {
    "p1": "PROPN",
    "p2": "PROPN",
    "occ": "NOUN",
    "psub": "PRON",
    "qsub": "PRON",
    "ppos": "PRON",
    "q": "PROPN",
    "kin": "NOUN",
    "item": "NOUN",
}


def _symbol(text: str) -> Symbol:
    """``"@eval^"`` -> a slot for an adjective of the opposite polarity."""
    if text == "AN":
        return Symbol("article", "a", "DET")
    if text.startswith("@"):
        name = text[1:].rstrip("^")
        return Symbol("slot", name, lexicon.POS[name], text.endswith("^"))
    if text.startswith("$"):
        return Symbol("attribute", text[1:], ATTRIBUTE_POS.get(text[1:], "PROPN"))
    word, _, pos = text.partition("/")
    return Symbol("literal", "I" if word == "i" else word, pos or grammar.LITERALS[word])


def _alternatives(rule: str) -> list[tuple[float, str]]:
    """``"3 *i | 1 *we"`` -> ``[(0.75, "*i"), (0.25, "*we")]``"""
    out = []
    for part in rule.split(" | "):
        first, _, rest = part.strip().partition(" ")
        out.append((float(first), rest) if first.isdigit() else (1.0, part.strip()))
    total = sum(w for w, _ in out)
    return [(w / total, rhs) for w, rhs in out]


def _item(text: str) -> tuple[str, str]:
    """``"nsubj:TT"`` -> its relation and its symbol; the relation of the head is ``"*"``."""
    if text.startswith("*"):
        return "*", text[1:]
    if text.endswith("::"):
        return text[:-2], ":"
    relation, symbol = text.rsplit(":", 1)
    return relation, symbol


def _expand(rhs: str, group: str) -> list[Pattern]:
    """All flat patterns of a right-hand side, for the domains of a group."""
    items = [_item(text) for text in rhs.split()]
    relations = [relation for relation, _ in items]
    options = [_options(symbol, group) for _, symbol in items]
    return [_joined(relations, parts) for parts in itertools.product(*options)]


def _options(symbol: str, group: str) -> list[Pattern]:
    """All flat patterns that a symbol can stand for."""
    name = f"{symbol}_{group}" if f"{symbol}_{group}" in grammar.RULES else symbol
    if name not in grammar.RULES:
        return [Pattern([_symbol(symbol)], [-1], ["root"])]
    return [
        Pattern(p.symbols, p.heads, p.relations, p.weight * weight)
        for weight, rhs in _alternatives(grammar.RULES[name])
        for p in _expand(rhs, group)
    ]


def _joined(relations: list[str], parts: tuple[Pattern, ...]) -> Pattern:
    """Patterns side by side as one; all hang on the head child's head (Collins)."""
    starts = [0, *itertools.accumulate(len(p.symbols) for p in parts)]
    top = relations.index("*")
    head = starts[top] + parts[top].heads.index(-1)
    out = Pattern([], [], [])
    for relation, start, part in zip(relations, starts, parts, strict=False):
        out.weight *= part.weight
        out.symbols += part.symbols
        for h, r in zip(part.heads, part.relations, strict=True):
            if h >= 0:
                out.heads.append(h + start)
                out.relations.append(r)
            elif relation == "*":  # the root so far; it is the root of the whole
                out.heads.append(-1)
                out.relations.append(r)
            else:
                out.heads.append(head)
                out.relations.append(relation)
    return out


@lru_cache(maxsize=1)
def patterns() -> list[Pattern]:
    """Every flat sentence pattern of the grammar (dial-independent).

    Example:
        >>> len(patterns()) > 200
        True
    """
    out = []
    families: dict[str, int] = {}
    for domains, role, kind, weight, rule in grammar.SENTENCES:
        groups: dict[str, list[str]] = {}
        for d in domains:
            groups.setdefault("news" if d == "news" else "other", []).append(d)
        exclaims = "what/DET" in rule or "WHAT_QUALITY" in rule
        family = families.setdefault("exclaim" if exclaims else rule, len(families))
        for group, members in groups.items():
            for p in _expand(rule, group):
                p.weight *= weight
                p.domains, p.role, p.kind, p.source = tuple(members), role, kind, rule
                p.family = family
                p.governors, p.classes = govern(p)
                out.append(p)
    return out


def starts_with_vowel_sound(word: str) -> bool:
    """Whether a/an takes "an" before ``word``.

    Example:
        >>> starts_with_vowel_sound("hour"), starts_with_vowel_sound("unique")
        (True, False)
    """
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
    """``(name, weights [rows, n], tokens [n])`` of each category -> one table.

    Example:
        >>> table = build_table([("greeting", np.array([[1.0, 3.0]]), np.array([7, 9]))])
        >>> np.exp(table.logp).tolist()
        [0.25, 0.75]
    """
    keys, tokens, logps, starts, base = [], [], [], [0], {}
    row = 0
    for name, weights, token in named_weights:
        base[name] = row
        whole = np.rint(weights / weights.sum(1, keepdims=True) * (1 << 22)).astype(np.int64)
        exact = whole * ONE // whole.sum(1, keepdims=True)  # 22 + 40 bits fit int64
        every = np.arange(len(exact))
        exact[every, exact.argmax(1)] += ONE - exact.sum(1)
        keys.append((np.cumsum(exact, 1) + (row + every[:, None]) * ONE).ravel())
        tokens.append(np.tile(token, len(exact)))
        with np.errstate(divide="ignore"):
            logps.append(np.log(exact / ONE).ravel())
        starts.extend(starts[-1] + len(token) * (every + 1))
        row += len(exact)
    return Table(
        np.concatenate(keys),
        np.concatenate(tokens).astype(np.int32),
        np.concatenate(logps),
        np.array(starts),
        base,
    )
