"""What is decided by hand in Ondalese: its small words, its loans, and where it cuts meanings.

It stands in ``data/town/ondalese.toml``. Everything else is made by rule from the English lexicon
(see ``lexicon``), so a word that is added there needs nothing here.
"""

from __future__ import annotations

from tl_helpers.town.sources import read

NAME = "Ondalese"  # spoken in Ondal, on the far bank of the river
_WORDS = read("ondalese")


def _by_word(groups: dict[str, str]) -> dict[str, str]:
    """``{"loc": "in on"}`` -> ``{"in": "loc", "on": "loc"}``"""
    return {word: name for name, text in groups.items() for word in text.split()}


COPULA: str = _WORDS["copula"]  # stem of "to be"
LOANS: set[str] = set(_WORDS["loans"].split())
#: English small word, or word/POS -> its stem
SMALL: dict[str, str] = _WORDS["small"]
#: English form of a pronoun -> (stem, number)
PRONOUNS: dict[str, tuple[str, str]] = {
    english: (stem, number)
    for stem, forms in _WORDS["pronouns"].items()
    for english, number in _by_word(forms).items()
}
#: part of speech -> groups of words with one translation; the first stands for all
SYNONYMS: dict[str, list[str]] = _WORDS["synonyms"]
#: (word, part of speech) -> category or domain -> which sense it has there
SENSES: dict[tuple[str, str], dict[str, str]] = {
    (word, pos): senses for pos, words in _WORDS["senses"].items() for word, senses in words.items()
}
# English words that a suffix says, or the stem before it
CASE_OF = _by_word(_WORDS["suffixes"]["cases"])
TENSE_OF_AUX = _by_word(_WORDS["suffixes"]["auxiliaries"])
COPULA_TENSE = _by_word(_WORDS["suffixes"]["copula"])
MODALS = set(_WORDS["suffixes"]["modals"].split())
