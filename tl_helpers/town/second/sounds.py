"""How Ondalese sounds: roots from syllables, and English words in its spelling."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

ONSETS = "p t k b d g m n l r s v f z".split()
FIRST = [*ONSETS, *ONSETS, *"br dr gr kr pr tr pl fl gl st sh".split()]
VOWELS = [*"aaeeioou", "ai", "au"]
# Between two vowels of a root: mostly one consonant, sometimes two that run together easily.
INNER = [*ONSETS, *ONSETS, *ONSETS]
INNER += "nd nt nk ns ng mp mb rn rt rk rm rd rs lt ld lm lk lv st sp sk vr dr".split()
LAST = "l n r m s t d k v z sh".split()  # the consonant that a root ends in
UNWANTED = re.compile(
    "anal|anus|cum|dik|fag|fuk|gook|hitler|kak|kok|kum|kunt|nazi|negr|nig|penis|pis|porn|pus|rap"
    "|sex|shit|slut|tit|turd|vag"
)


def _numbers(key: str) -> Iterator[int]:
    """An endless stream of numbers below 65,536 that depends on ``key`` alone."""
    block = 0
    while True:
        digest = hashlib.blake2b(f"{block}|{key}".encode(), person=b"ondalese").digest()
        for i in range(0, len(digest), 2):
            yield int.from_bytes(digest[i : i + 2], "big")
        block += 1


def roots(key: str, syllables: int) -> Iterator[str]:
    """Candidate roots for ``key``, best first; they begin and end so that suffixes can follow.

    Example:
        >>> next(roots("x", 2))
        'prazez'
    """
    numbers = _numbers(key)

    def one(options: list[str]) -> str:
        return options[next(numbers) % len(options)]

    tries = 0
    while True:
        parts = [one(FIRST), one(VOWELS)]
        for _ in range(syllables - 1 + tries // 6):  # rather a longer word than no word
            parts += [one(INNER), one(VOWELS[:8])]
        root = "".join([*parts, one(LAST)])
        tries += 1
        if not re.search(r"(.)\1", root):
            yield root


def pick(key: str, options: str) -> str:
    """One letter of ``options``, chosen by ``key``.

    Example:
        >>> pick("tea", "aeiou")
        'u'
    """
    return options[next(_numbers(f"pick {key}")) % len(options)]


_SPELLING = [
    ("tch", "ch"),
    ("ph", "f"),
    ("th", "t"),
    ("ck", "k"),
    ("qu", "kv"),
    ("x", "ks"),
    ("ch", "k"),
    ("c(?=[eiy])", "s"),
    ("c", "k"),
    ("w", "v"),
    ("y", "i"),
    ("j", "z"),
    ("ee", "i"),
    ("oo", "u"),
    ("ou", "u"),
    ("ea", "e"),
    ("ae", "e"),
    ("ie", "i"),
    ("(?<=[^s])h", ""),
]
_SAYABLE = re.compile(
    "(br|dr|gr|kr|pr|tr|pl|fl|gl|kl|st|sp|sk|fr|sh|h|[ptkbdgmnlrsvfz])?[aeiou]{1,2}"
    "([nrlsmk]?(br|dr|gr|kr|pr|tr|pl|fl|gl|[ptkbdgmnlrsvfz])[aeiou]{1,2})*"
    "([nrlsk]?[ptkbdgmnlrsvfz]|st|kt|nt)"
)


def loan(word: str) -> str:
    """The root of an English word as Ondalese spells it, or "" when it could not be said.

    Example:
        >>> loan("photograph")
        'fotograf'
    """
    root = word
    for pattern, other in _SPELLING:
        root = re.sub(pattern, other, root)
    root = re.sub(r"(.)\1", r"\1", root)
    root = re.sub("[aeiou]+$", "", root)
    return root if _SAYABLE.fullmatch(root) else ""
