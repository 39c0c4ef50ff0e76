"""Citations as people write them, matched with the bibliography.

A notebook says ``Ruder (2019)``, ``(Pan and Yang 2010; Devlin et al. 2019)``, and at its end lists
its references. That reads well everywhere; the site turns each into a link to its entry in
``references.bib``. An author of the bibliography with a year that is not there, or a line of a list
of references without an entry, stops the build.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tl_helpers.core.errors import BrokenFile

_YEAR = r"(?:1[89]|20)\d\d[a-z]?"
_YEARS = rf"{_YEAR}(?:(?:,|\s+and)\s+{_YEAR})*(?![\w-])"
_JOINED = re.compile(r"[A-ZÀ-Þ][\w’'-]+\s+(?:and|&)\s+\Z")
_REFERENCE = re.compile(rf"^(?P<authors>.+?)\s+\((?P<year>{_YEAR})\)\.?\s+(?P<title>.+)$", re.S)


@dataclass(frozen=True)
class Entry:
    """One work in the bibliography.

    Attributes:
        key: its key in the BibTeX file.
        names: last names of the authors, in order.
        year: with a letter when two works would be cited alike.
        title: without braces.
    """

    key: str
    names: tuple[str, ...]
    year: str
    title: str

    @property
    def label(self) -> str:
        """How it is cited: ``Ruder``, ``Pan and Yang``, ``Devlin et al.``."""
        if len(self.names) > 2:
            return f"{self.names[0]} et al."
        return " and ".join(self.names)

    def written(self) -> Iterator[str]:
        """Every way to write its authors in a text."""
        yield self.label
        if len(self.names) > 2:
            yield f"{', '.join(self.names[:-1])} and {self.names[-1]}"


@dataclass(frozen=True)
class Hit:
    """A citation in a text: where it stands, and the key of its entry (None: there is none)."""

    start: int
    end: int
    text: str
    key: str | None


def last_name(person: Any) -> str:
    """The last name of a pybtex person, with its particle.

    Example:
        >>> from pybtex.database import Person
        >>> last_name(Person("van der Maaten, Laurens"))
        'van der Maaten'
    """
    return plain(" ".join([*person.prelast_names, *person.last_names]))


def plain(text: str) -> str:
    """BibTeX text without braces, line breaks and the backslash of a symbol.

    Example:
        >>> plain("{BERT}: pre-training of\\n  deep transformers \\\\& more")
        'BERT: pre-training of deep transformers & more'
    """
    return " ".join(re.sub(r"[{}]|\\(?=[#$%&_])", "", text).split())


class Bibliography:
    """The entries of a BibTeX file, and where a text cites them.

    Args:
        path: the BibTeX file (UTF-8; accents written as they are).

    Raises:
        BrokenFile: missing, not BibTeX, an entry without author, year or title, or two entries
            that would be cited alike and have no letter after their year.
    """

    def __init__(self, path: Path) -> None:
        self.entries = {entry.key: entry for entry in _read(path)}
        self._keys: dict[tuple[str, str], str] = {}
        for entry in self.entries.values():
            for written in entry.written():
                other = self._keys.setdefault((written, entry.year), entry.key)
                if other != entry.key:
                    raise BrokenFile(
                        f"{path}: {entry.label} ({entry.year}) is both {other} and {entry.key}.",
                        f"Give them letters: year = {{{entry.year}a}} and {{{entry.year}b}}.",
                    )
        labels = sorted({label for label, _ in self._keys}, key=len, reverse=True)
        known = "|".join(re.escape(label).replace(r"\ ", r"\s+") for label in labels)
        self._known = re.compile(
            rf"(?<![\w-])(?P<label>{known}),?\s+\(?(?P<years>{_YEARS})\)?" if known else r"(?!)"
        )

    def find(self, text: str) -> list[Hit]:
        """The citations of a text, in order.

        Authors who are not in the bibliography are not looked for; known authors with another year
        have the key None.

        Example:
            ``after Ruder (2019)`` -> one hit, with the text ``Ruder (2019)``
        """
        return [
            hit
            for match in self._known.finditer(text)
            if not _JOINED.search(text, 0, match.start())  # "Smith and Ruder 2019" is not Ruder's
            for hit in self._hits(match)
        ]

    def _hits(self, match: re.Match[str]) -> Iterator[Hit]:
        label = " ".join(match["label"].split())
        years = list(re.finditer(_YEAR, match["years"]))
        for place, year in enumerate(years):
            begin = match.start() if place == 0 else match.start("years") + year.start()
            end = match.start("years") + year.end()
            opened = match.string[match.start() : match.start("years")].endswith("(")
            if place == len(years) - 1 and opened and match.string[end : end + 1] == ")":
                end += 1
            text = match.string[begin:end]
            key = self._keys.get((label, year.group()))
            yield Hit(begin, end, text if key else f"{label} {year.group()}", key)

    def reference(self, text: str) -> Entry | None:
        """The entry of one line of a list of references: ``Authors (year). Title. Venue.``"""
        match = _REFERENCE.match(" ".join(text.split()))
        if match is None:
            return None
        rest = _bare(match["title"])
        for entry in self.entries.values():
            same = match["year"][:4] == entry.year[:4] and rest.startswith(_bare(entry.title))
            if same and _bare(match["authors"]).startswith(_bare(entry.names[0])):
                return entry
        return None


def _bare(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _read(path: Path) -> Iterator[Entry]:
    from pybtex.database.input.bibtex import Parser
    from pybtex.exceptions import PybtexError

    restore = f"Mend it, or restore it with: git checkout -- {path}"
    try:
        database = Parser(encoding="utf-8").parse_file(str(path))
    except (OSError, UnicodeDecodeError, PybtexError) as error:
        raise BrokenFile(f"The bibliography {path} cannot be read: {error}", restore) from None
    for key, entry in database.entries.items():
        names = tuple(last_name(p) for p in entry.persons.get("author", []))
        year, title = entry.fields.get("year", ""), plain(entry.fields.get("title", ""))
        if not names or not title or not re.fullmatch(_YEAR, year):
            what = f"{path}: the entry {key} lacks an author, a year or a title."
            raise BrokenFile(what, restore)
        yield Entry(key, names, year, title)
