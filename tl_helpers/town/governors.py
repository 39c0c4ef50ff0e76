"""Which noun each verb and adjective of a pattern goes with.

A slot whose words depend on the class of a noun ("savoured" wants food) looks for that noun in the
tree: an attribute at its head, a verb of liking at its object, everything else at its subject. A
pronoun stands for the noun that was named before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tl_helpers.town.compiled import Pattern

DEPENDENT = {
    "eval",
    "evall",
    "loved",
    "love",
    "moved",
    "worked",
    "newsdid",
    "mod",
    "made",
    "did",
    "began",
}
NAMED = {"thing", "things", "item", "place"}  # the class is that of the word
FIXED = {"staff": "person", "v2": "venue"}  # the class is the same for all words
_OBJECT = {"loved", "love", "newsdid", "did"}


def _children(p: Pattern, head: int, relation: str) -> list[int]:
    return [j for j, h in enumerate(p.heads) if h == head and p.relations[j] == relation]


def _bears(p: Pattern, i: int) -> bool:
    s = p.symbols[i]
    return s.kind in ("slot", "attribute") and (s.name in NAMED or s.name in FIXED)


def _noun(p: Pattern, i: int) -> int:
    """The noun that position ``i`` goes with, -1 if its pattern has none."""
    s, relation, head = p.symbols[i], p.relations[i], p.heads[i]
    found: list[int] = []
    if relation == "amod":
        found = [head]
    elif s.name in _OBJECT:
        found = _children(p, i, "obj")
    elif relation == "xcomp":
        found = _children(p, head, "obj") or _children(p, head, "nsubj")
    else:
        at = i
        while not (found := _children(p, at, "nsubj")) and p.relations[at] == "conj":
            at = p.heads[at]
            if p.relations[at] == "xcomp":
                return _noun(p, at)
    for j in found:
        if _bears(p, j):
            return j
    # "it", "they", "nothing": what the sentence is about
    things = [
        j
        for j, x in enumerate(p.symbols)
        if x.name in ("thing", "things", "item", "v2") and _bears(p, j)
    ]
    return things[0] if things else -1


def govern(p: Pattern) -> tuple[list[int], list[str]]:
    """For each position: that of its noun (-1: none, or one of a fixed class), and the class."""
    governors, classes = [], []
    for i, s in enumerate(p.symbols):
        j = _noun(p, i) if s.kind == "slot" and s.name in DEPENDENT else -1
        name = p.symbols[j].name if j >= 0 else ""
        governors.append(j if name in NAMED else -1)
        classes.append(FIXED.get(name, ""))
    return governors, classes
