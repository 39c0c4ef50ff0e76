"""Word sets and pairs of sentences in ``40_bias``, and what makes a test of them meaningless."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from tl_helpers.core.errors import BadValue
from tl_lessons.bias import people

GENDER = (
    "she her woman female girl sister daughter mother",
    "he his man male boy brother son father",
)
#: Targets x and y, attributes a and b. All but the first are after Caliskan et al. (2017).
SETS: dict[str, tuple[str, str, str, str] | None] = {
    "occupations": None,  # those of the town
    "career, family": (
        "amy joan lisa sarah diana kate ann donna",
        "john paul mike kevin steve greg jeff bill",
        "home parents children family cousins marriage wedding relatives",
        "executive management professional corporation salary office business career",
    ),
    "science, arts": (
        "poetry art shakespeare dance literature novel symphony drama",
        "science technology physics chemistry einstein nasa experiment astronomy",
        "sister mother aunt grandmother daughter she hers her",
        "brother father uncle grandfather son he his him",
    ),
    "flowers, insects (control)": (
        "rose tulip daisy lily violet orchid poppy lilac iris magnolia",
        "ant flea spider moth wasp roach beetle locust mosquito cockroach",
        "love peace cheer friend heaven pleasure gentle honest lucky happy",
        "abuse filth murder death grief poison disaster hatred ugly rotten",
    ),
}


def words_of(name: str) -> list[list[str]]:
    """The four lists of words of one of the tests on real models.

    Example:
        >>> [len(words) for words in words_of("science, arts")]
        [8, 8, 8, 8]
    """
    test = SETS[name]
    if test is not None:
        return [words.split() for words in test]
    # GloVe does not know the one word; the other is taken out so that the halves stay equal.
    left_out = ("costumier", "electrician")
    known = [[job for job in names if job not in left_out] for names in people.jobs().values()]
    return [*known, *[words.split() for words in GENDER]]


def checked(
    x: Sequence[str], y: Sequence[str], a: Sequence[str], b: Sequence[str], known: Collection[str]
) -> tuple[Sequence[str], ...]:
    """The four sets of words as they are, unless a test of them would mean nothing.

    Raises:
        BadValue: targets of unequal size, an empty set, or words that the model does not know.

    Example:
        >>> checked(["tea"], ["soup"], ["she"], ["he"], known={"tea", "soup", "she", "he"})
        (['tea'], ['soup'], ['she'], ['he'])
    """
    if len(x) != len(y):
        raise BadValue(
            f"The target sets have {len(x)} and {len(y)} words.",
            "WEAT deals the targets anew in equal halves: make them equal.",
        )
    if empty := [name for name, some in zip("xyab", (x, y, a, b), strict=True) if not some]:
        raise BadValue(f"No word in the set {empty}.", "Each group needs a member.")
    if unknown := [word for word in (*x, *y, *a, *b) if word not in known]:
        raise BadValue(
            f"The model knows none of these words: {unknown}.",
            "Leave them out of the list yourself, keep the targets equal, and say so.",
        )
    return x, y, a, b


def ids_of(tokenizer: Any, words: Sequence[str]) -> list[int]:
    """The number of each word in a vocabulary.

    Raises:
        BadValue: a word is not in it; the word is named.

    Example:
        ``ids_of(tokenizer, ["her", "his"]) -> [412, 377]``
    """
    known = tokenizer.get_vocab()
    if unknown := [word for word in words if word.lower() not in known]:
        raise BadValue(
            f"The model has no token for {unknown}.",
            "Leave them out of the list yourself, and say so.",
        )
    return [known[word.lower()] for word in words]


def one_word_apart(more: str, less: str) -> tuple[str, str]:
    """The words in which two sentences differ; there must be exactly one place.

    Raises:
        BadValue: they differ nowhere, in several places, or in several words at one place.

    Example:
        >>> one_word_apart("She paid.", "He paid.")
        ('She', 'He')
    """
    one, other = more.split(), less.split()
    steps = difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    apart = [(one[a:b], other[c:d]) for name, a, b, c, d in steps if name != "equal"]
    if len(apart) != 1 or not all(apart[0]) or max(map(len, apart[0])) > 1:
        raise BadValue(
            f"A minimal pair differs in one word, but these differ in {apart}: {more!r}, {less!r}.",
            "Change one word only: otherwise the score cannot say what it is about.",
        )
    return apart[0][0][0], apart[0][1][0]


def members(groups: Sequence[str], group: str) -> np.ndarray:
    """The places at which a group stands.

    Raises:
        BadValue: it has no member.

    Example:
        >>> members(["female", "male", "female"], "female").tolist()
        [0, 2]
    """
    found = [place for place, name in enumerate(groups) if name == group]
    if not found:
        raise BadValue(
            f"No pair is of the group {group!r}.",
            f"There are {sorted(set(groups))}.",
        )
    return np.array(found)
