"""Glossary terms in running text: the first of each on a page becomes a link to its definition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_ALSO = re.compile(r"^%\s*also:\s*(?P<term>[^=]+?)\s*=\s*(?P<forms>.+)$", re.M)


@dataclass(frozen=True)
class Found:
    """A term in a text: where it stands, and under which name the glossary has it."""

    start: int
    end: int
    term: str


def other_forms(source: str) -> dict[str, str]:
    """Form -> term, from the lines ``% also: probe = probing, probed`` of a glossary."""
    return {
        form.strip(): match["term"]
        for match in _ALSO.finditer(source)
        for form in match["forms"].split(",")
        if form.strip()
    }


class Terms:
    """Finds terms in texts.

    Args:
        names: the terms as the glossary writes them.
        forms: other forms -> term.
    """

    def __init__(self, names: Iterable[str], forms: Mapping[str, str] | None = None) -> None:
        self._term = {name: name for name in names} | dict(forms or {})
        by_length = sorted(self._term, key=len, reverse=True)
        self._pattern = re.compile(
            "|".join(f"(?P<t{n}>{_pattern(name)})" for n, name in enumerate(by_length)) or r"(?!)"
        )
        self._order = by_length

    def find(self, text: str) -> list[Found]:
        """All terms of a text, in order, the longest where several begin alike."""
        found = []
        for match in self._pattern.finditer(text):
            assert match.lastgroup is not None
            name = self._order[int(match.lastgroup[1:])]
            found.append(Found(match.start(), match.end(), self._term[name]))
        return found


def _pattern(name: str) -> str:
    """Words joined by blank, line break or hyphen; a plural; small or capital first letters.

    A name with capitals of its own (LoRA, BERT) is only found as it is written.
    """
    words = re.split(r"[\s-]+", name)
    exact = any(c.isupper() for c in name)
    body = r"[\s-]+".join(re.escape(word) if exact else _either_case(word) for word in words)
    return rf"(?<![\w-]){body}(?:e?s)?(?![\w-])"


def _either_case(word: str) -> str:
    first = word[:1]
    if first.isalpha():
        return f"[{first.lower()}{first.upper()}]{re.escape(word[1:])}"
    return re.escape(word)
