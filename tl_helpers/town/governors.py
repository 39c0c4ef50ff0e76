"""Which noun each verb and adjective of a pattern goes with.

A slot whose words depend on the class of a noun ("savoured" wants food) looks for that noun in the
tree: an attribute at its head, a verb of liking at its object, everything else at its subject. A
pronoun stands for the noun that was named before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tl_helpers.town import lexicon

if TYPE_CHECKING:
    from tl_helpers.town.compiled import Pattern

DEPENDENT = {name for name, by in lexicon.BY.items() if "class" in by}
NAMED = {"thing", "things", "item", "place"}  # the class is that of the word
FIXED = {"staff": "person", "v2": "venue"}  # the class is the same for all words
_OBJECT = {"loved", "love", "newsdid", "did"}  # verbs that go with their object


def _children(p: Pattern, head: int, relation: str) -> list[int]:
    return [j for j, h in enumerate(p.heads) if h == head and p.relations[j] == relation]


def _has_class(p: Pattern, i: int) -> bool:
    s = p.symbols[i]
    return s.kind in ("slot", "attribute") and (s.name in NAMED or s.name in FIXED)


def _candidates(p: Pattern, i: int) -> list[int]:
    """Where the noun that position ``i`` goes with would stand.

    Example: for the word in capitals
        "the HOMEMADE soup was good" -> soup, the head of the attribute
        "we SAVOURED the soup" -> soup, the object
        "we found the soup TASTY" and "the soup seemed TASTY" -> soup, object or subject of the verb
        "the soup WARMED us" -> soup, the subject
        "the soup was good and WARMED us" -> soup, the subject of what it is joined to
    """
    head = p.heads[i]
    if p.relations[i] == "amod":
        return [head]
    if p.symbols[i].name in _OBJECT:
        return _children(p, i, "obj")
    if p.relations[i] == "xcomp":
        return _children(p, head, "obj") or _children(p, head, "nsubj")
    while not (subjects := _children(p, i, "nsubj")) and p.relations[i] == "conj":
        i = p.heads[i]
        if p.relations[i] == "xcomp":
            return _candidates(p, i)
    return subjects


def _noun(p: Pattern, i: int) -> int:
    """The noun that position ``i`` goes with, -1 if its pattern has none.

    Where a pronoun or nobody stands in its place, it is the thing that the sentence is about.

    Example: for the word in capitals
        "the soup was good, and I LOVED it" -> soup
    """
    about = [j for j, s in enumerate(p.symbols) if s.name in ("thing", "things", "item", "v2")]
    return next((j for j in (*_candidates(p, i), *about) if _has_class(p, j)), -1)


def govern(p: Pattern) -> tuple[list[int], list[str]]:
    """For each position: that of its noun (-1: none, or one of a fixed class), and the class.

    Example:
        >>> from tl_helpers.town import compiled
        >>> names = {tuple(s.name for s in p.symbols): p for p in compiled.patterns()}
        >>> govern(names["I", "loved", "the", "thing", "."])
        ([-1, 3, -1, -1, -1], ['', '', '', '', ''])
    """
    governors, classes = [], []
    for i, s in enumerate(p.symbols):
        j = _noun(p, i) if s.kind == "slot" and s.name in DEPENDENT else -1
        name = p.symbols[j].name if j >= 0 else ""
        governors.append(j if name in NAMED else -1)
        classes.append(FIXED.get(name, ""))
    return governors, classes
