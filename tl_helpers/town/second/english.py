"""Taking English words of the town's lexicon back to the form that a dictionary lists."""

from __future__ import annotations

import re

from tl_helpers.town.sources import read

_FORMS = read("english")
IRREGULAR: dict[str, str] = {  # past tense or participle -> bare form
    past: bare for bare, forms in _FORMS["verbs"].items() for past in forms.split()
}
PLURALS: dict[str, str] = _FORMS["plurals"]

_SILENT_E = re.compile("([^s]s|[vczgu]|[^aeiou](am|at|ar|or|id|ir)|[^aeiourl]ur|[^aeioulrw]l)$")


def bare_verb(past: str, known: frozenset[str] = frozenset()) -> str:
    """The bare form of a verb; candidates in ``known`` win, the rest is by spelling.

    For verbs that occur in no other form, any answer does that is always the same.

    Example:
        >>> bare_verb("loved"), bare_verb("saw")
        ('love', 'see')
    """
    if past in IRREGULAR:
        return IRREGULAR[past]
    if not past.endswith("ed"):
        return past
    stem = past[:-2]
    candidates = [stem, past[:-1]]
    if len(stem) > 2 and stem[-1] == stem[-2]:
        candidates.insert(0, stem[:-1])
    if stem.endswith("i"):
        candidates.insert(0, stem[:-1] + "y")
    for candidate in candidates:
        if candidate in known:
            return candidate
    if stem.endswith("i"):
        return stem[:-1] + "y"
    if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "lsfz":
        return stem[:-1]
    return past[:-1] if _SILENT_E.search(stem) else stem


def singular(plural: str, known: frozenset[str] = frozenset()) -> str:
    """The singular of a noun; candidates in ``known`` win, the rest is by spelling.

    Example:
        >>> singular("berries"), singular("apple-loaves")
        ('berry', 'apple-loaf')
    """
    first, dash, last = plural.rpartition("-")
    if last in PLURALS:
        return first + dash + PLURALS[last]
    if not plural.endswith("s") or plural.endswith("ss"):
        return plural
    candidates = [plural[:-1]]
    if plural.endswith("es"):
        candidates.append(plural[:-2])
    if plural.endswith("ies"):
        candidates.append(plural[:-3] + "y")
    for candidate in candidates:
        if candidate in known:
            return candidate
    if plural.endswith("ies") and len(plural) > 5:
        return plural[:-3] + "y"
    if plural.endswith(("ches", "shes", "sses", "xes", "toes")):
        return plural[:-2]
    return plural[:-1]


def verb_form(word: str) -> tuple[str, str]:
    """A verb of the grammar, from its spelling: its bare form, and past, pres or bare.

    Example:
        >>> verb_form("stands"), verb_form("met")
        (('stand', 'pres'), ('meet', 'past'))
    """
    if word in IRREGULAR:
        return IRREGULAR[word], "past"
    if word.endswith("ed"):
        return bare_verb(word), "past"
    if word.endswith("s") and not word.endswith("ss") and word != "discuss":
        return word[:-1], "pres"
    return word, "bare"
