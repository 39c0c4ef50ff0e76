"""Glossary terms in running text: the first of each on a page becomes a link to its definition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

_ALSO = re.compile(r"^%\s*also:\s*(?P<term>[^=]+?)\s*=\s*(?P<forms>.+)$", re.M)


def other_forms(source: str) -> dict[str, str]:
    """Form -> term, from the lines ``% also: probe = probing, probed`` of a glossary.

    Example:
        >>> other_forms("% also: probe = probing, probed")
        {'probing': 'probe', 'probed': 'probe'}
    """
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
        self._order = sorted(self._term, key=len, reverse=True)
        groups = "|".join(f"({_pattern(name)})" for name in self._order)
        self._pattern = re.compile(groups or r"(?!)")

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where each term begins and ends, and how the glossary calls it; the longest comes first.

        Example:
            >>> list(Terms(["task", "target task"]).find("Two target tasks."))
            [(4, 16, 'target task')]
        """
        for match in self._pattern.finditer(text):
            assert match.lastindex is not None
            yield match.start(), match.end(), self._term[self._order[match.lastindex - 1]]


def _pattern(name: str) -> str:
    """Words joined by blank, line break or hyphen; a plural; small or capital first letters.

    A name with capitals of its own (LoRA, BERT) is only found as it is written.
    """
    words = [re.escape(word) for word in re.split(r"[\s-]+", name)]
    if not any(c.isupper() for c in name):
        words = [f"(?i:{word[0]}){word[1:]}" for word in words]
    joined = r"[\s-]+".join(words)
    return rf"(?<![\w-]){joined}(?:e?s)?(?![\w-])"
