"""Glossary terms in running text: the first of each on a page becomes a link to its definition.

A word may also mean something else: the prompts of a discussion are none of a language model's.
``notebooks/site/senses.toml`` lists these places, and no link is made there::

    [[sense]]
    term = "prompt"
    means = "a question for a discussion"
    pages = ["sessions/*"]               # pages where the word always means this
    phrases = ["discussion prompts"]     # or the words around it, on any page
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

from tl_helpers.core.errors import BrokenFile
from tl_helpers.core.records import Record, Text, read

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
        self.names = frozenset(names)
        self._term = {name: name for name in self.names} | dict(forms or {})
        self._order = sorted(self._term, key=lambda name: (-len(name), name))
        groups = "|".join(f"({_pattern(name)})" for name in self._order)
        whole = rf"(?<![\w-])(?:{groups})(?:e?s)?(?![\w-])"
        self._pattern = re.compile(whole if groups else r"(?!)")

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
    return r"[\s-]+".join(words)


class Sense(Record):
    """A term that means something else in some places.

    Attributes:
        term: as the glossary writes it.
        means: what the word means there.
        pages: where it always does; with ``*`` for any letters.
        phrases: the words around it where it does, on any page.
    """

    term: Text
    means: Text
    pages: list[Text] = []
    phrases: list[Text] = []


class Senses(Record):
    """The whole file."""

    sense: list[Sense]

    def other(self, term: str, page: str, text: str, start: int, end: int) -> bool:
        """Whether a term at this place of a page means something else.

        Args:
            term: as the glossary writes it.
            page: its name, such as ``sessions/start``.
            text: the paragraph.
            start: where the term begins in it.
            end: and where it ends.

        Example:
            >>> sense = Sense(term="head", means="an advantage", phrases=["head start"])
            >>> Senses(sense=[sense]).other("head", "any", "A head start helps.", 2, 6)
            True
        """
        return any(
            any(fnmatch(page, pattern) for pattern in sense.pages)
            or any(
                match.start() <= start and end <= match.end()
                for phrase in sense.phrases
                for match in _phrase(phrase).finditer(text)
            )
            for sense in self.sense
            if sense.term == term
        )


def _phrase(words: str) -> re.Pattern[str]:
    joined = r"\s+".join(re.escape(word) for word in words.split())
    return re.compile(rf"(?<!\w){joined}(?!\w)", re.I)


def senses(path: Path, terms: Terms) -> Senses:
    """Read the list of other senses, and hold it against the glossary.

    Args:
        path: the file; without it no term has another sense.
        terms: those of the glossary.

    Raises:
        BrokenFile: it is no such list, or speaks of a term that is not defined, of a phrase
            without its term, or of nothing.

    Example:
        >>> senses(Path("/nowhere"), Terms(["task"])).sense
        []
    """
    if not path.exists():
        return Senses(sense=[])
    made = read(path, Senses)
    for sense in made.sense:
        if sense.term not in terms.names:
            _refuse(path, f"{sense.term!r} is no term of the glossary")
        if not (sense.pages or sense.phrases):
            _refuse(path, f"{sense.term!r} as {sense.means!r} names neither pages nor phrases")
        for phrase in sense.phrases:
            if all(found != sense.term for *_, found in terms.find(phrase)):
                _refuse(path, f"the phrase {phrase!r} does not hold the term {sense.term!r}")
    return made


def _refuse(path: Path, what: str) -> None:
    raise BrokenFile(f"{path}: {what}.", "Mend it; help(tl_helpers.press.site.terms) says how.")
