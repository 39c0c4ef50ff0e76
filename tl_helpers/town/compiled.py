"""From words and rules to the number tables that the generator draws from.

Everything is drawn from rows of integer weights that sum to 2**40, so that a probability is an
exact ratio and a draw is one binary search: the same text on every platform.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from tl_helpers.town import grammar
from tl_helpers.town.categories import POLARITIES, SIZES, Category, categories, zipf
from tl_helpers.town.governors import govern
from tl_helpers.town.sentences import SENTENCES

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
    family: int = 0  # rule of ``SENTENCES`` (exclamations: one): used once in a document at most
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
    if text == "AN":
        return Symbol("article", "a", "DET")
    if text.startswith("@"):
        name = text[1:].rstrip("^")
        return Symbol("slot", name, POS_OF[name], text.endswith("^"))
    if text.startswith("$"):
        return Symbol("attribute", text[1:], ATTRIBUTE_POS.get(text[1:], "PROPN"))
    word, _, pos = text.partition("/")
    return Symbol("literal", "I" if word == "i" else word, pos or grammar.LITERALS[word])


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
        name = f"{text}_{group}" if f"{text}_{group}" in grammar.RULES else text
        if name in grammar.RULES:
            options = []
            for weight, inner in _alternatives(grammar.RULES[name]):
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
    families: dict[str, int] = {}
    for domains, role, kind, weight, rhs in SENTENCES:
        groups: dict[str, list[str]] = {}
        for d in domains.split():
            groups.setdefault("news" if d == "news" else "other", []).append(d)
        for group, members in groups.items():
            for p in _expand(rhs, group):
                p.weight *= weight
                p.domains, p.role, p.kind, p.source = tuple(members), role, kind, rhs
                key = "exclaim" if "what/DET" in rhs or "WHAT_QUALITY" in rhs else rhs
                p.family = families.setdefault(key, len(families))
                p.governors, p.classes = govern(p)
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
