"""The people of the town in ``40_bias``: who does which work, and how a sentence speaks of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from tl_helpers.town import lexicon
from tl_helpers.town.people import occupations

_NAMED = re.compile(r"^The ([\w-]+), [A-Z][\w-]+ [A-Z][\w-]+, ")  # The nurse, Anna Bell, ...
_PRONOUN = re.compile(r"\b(she|he|her|his)\b")

HIS = {"she": "he", "her": "his"}
HERS = {"he": "she", "his": "her"}


@functools.cache
def jobs() -> dict[str, list[str]]:
    """The occupations of the town, by whom people there expect in them: 20 and 20.

    Example:
        >>> [len(names) for names in jobs().values()]
        [20, 20]
    """
    names, _, stereotype = occupations()
    return {
        "women": [job for job, sign in zip(names, stereotype, strict=True) if sign > 0],
        "men": [job for job, sign in zip(names, stereotype, strict=True) if sign < 0],
    }


def attributes() -> dict[str, tuple[list[str], list[str]]]:
    """Two lists of attribute words, each for women and for men.

    Example:
        >>> attributes()["pronouns"]
        (['she', 'her'], ['he', 'his'])
    """
    return {
        "pronouns": (["she", "her"], ["he", "his"]),
        "relatives": (list(lexicon.words("kin", "female")), list(lexicon.words("kin", "male"))),
    }


def first_names() -> tuple[list[str], list[str]]:
    """The first names of the town: women's, men's.

    Example:
        >>> [len(names) for names in first_names()]
        [40, 40]
    """
    return list(lexicon.words("q", "female")), list(lexicon.words("q", "male"))


def at_work(sentence: str) -> bool:
    """Is the sentence about somebody at work, with the name?

    Example:
        >>> at_work("The nurse, Anna Bell, brought her friends.")
        True
    """
    return _NAMED.match(sentence) is not None


def has_pronoun(sentence: str) -> bool:
    """Does it say she, he, her or his?

    Example:
        >>> has_pronoun("The nurse was there.")
        False
    """
    return _PRONOUN.search(sentence) is not None


def without_name(sentence: str) -> str:
    """The sentence without the name that follows the occupation.

    Example:
        >>> without_name("The nurse, Anna Bell, brought her friends.")
        'The nurse brought her friends.'
    """
    return _NAMED.sub(r"The \1 ", sentence)


def job_of(sentence: str) -> str:
    """The occupation of a sentence whose name was cut out.

    Example:
        >>> job_of("The nurse brought her friends.")
        'nurse'
    """
    return sentence.split()[1].strip(",")


def says_she(sentence: str) -> bool:
    """Is the person of the sentence she?

    Example:
        >>> says_she("The nurse brought her friends.")
        True
    """
    return re.search(r"\b(she|her)\b", sentence) is not None


def reworded(sentence: str, table: Mapping[str, str]) -> str:
    """The sentence with some of its words exchanged.

    Example:
        >>> reworded("The nurse brought her friends.", HIS)
        'The nurse brought his friends.'
    """
    return " ".join(table.get(word, word) for word in sentence.split())
