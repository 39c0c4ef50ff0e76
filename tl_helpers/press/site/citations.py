"""Citations as people write them, matched with the bibliography.

A notebook says ``Ruder (2019)``, ``(Pan and Yang 2010; Devlin et al. 2019)``, and at its end lists
its references. That reads well everywhere; the site turns each into a link to its entry in
``references.bib``. An author of the bibliography with a year that is not there, or a line of a list
of references without an entry, stops the build.

Each entry says where the work can be read: ``doi``, else ``eprint`` (arXiv), else ``url``. The form
of an address is checked here; nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tl_helpers.core.errors import BrokenFile

_YEAR = r"(?:1[89]|20)\d\d[a-z]?"
_YEARS = rf"{_YEAR}(?:(?:,|\s+and)\s+{_YEAR})*(?![\w-])"
_JOINED = re.compile(r"[A-ZÀ-Þ][\w’'-]+\s+(?:and|&)\s+\Z")
_REFERENCE = re.compile(rf"^(?P<authors>.+?)\s+\((?P<year>{_YEAR})\)\.?\s+(?P<title>.+)$", re.S)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_ARXIV = re.compile(r"\d{4}\.\d{4,5}|[a-z-]+/\d{7}")
_URL = re.compile(r"https://[\w-]+(?:\.[\w-]+)+/\S*")
_VENUES = ("journal", "booktitle", "howpublished", "publisher", "institution")
_FORMS = {
    "doi": (_DOI, "10.1000/182, without https://doi.org/"),
    "eprint": (_ARXIV, "2101.00001, without arXiv: and without a version"),
    "url": (_URL, "https://aclanthology.org/P02-1040"),
}


@dataclass(frozen=True)
class Entry:
    """One work in the bibliography.

    Attributes:
        key: its key in the BibTeX file.
        names: last names of the authors, in order.
        year: with a letter when two works would be cited alike.
        title: without braces.
        venue: where it appeared: journal, proceedings, publisher; empty if nobody says.
        address: where it can be read; empty if the file does not say.
        bibtex: the entry to copy.
    """

    key: str
    names: tuple[str, ...]
    year: str
    title: str
    venue: str = ""
    address: str = ""
    bibtex: str = ""

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


def address(fields: Mapping[str, str]) -> str:
    """Where a work can be read, from the fields of its entry: DOI, else arXiv, else its page.

    Raises:
        ValueError: one of them has not the form of such an address.

    Example:
        >>> address({"eprint": "1706.03762"})
        'https://arxiv.org/abs/1706.03762'
        >>> address({"title": "A work"})
        ''
    """
    for field, (form, example) in _FORMS.items():
        if field in fields and not form.fullmatch(fields[field]):
            raise ValueError(f"{field} = {{{fields[field]}}} is not of the form {example}")
    if re.search(r"//(?:dx\.)?doi\.org/|//arxiv\.org/", url := fields.get("url", "")):
        raise ValueError(f"url = {{{url}}} belongs into the field doi or eprint")
    if "doi" in fields:
        return f"https://doi.org/{fields['doi']}"
    return f"https://arxiv.org/abs/{fields['eprint']}" if "eprint" in fields else url


def short(url: str) -> str:
    """An address as it is shown: ``doi:...``, ``arXiv:...``, or the page without ``https://``.

    Example:
        >>> short("https://arxiv.org/abs/1706.03762")
        'arXiv:1706.03762'
        >>> short("https://www.jmlr.org/papers/v3/bengio03a.html")
        'jmlr.org/papers/v3/bengio03a.html'
    """
    for begin, name in (("https://doi.org/", "doi:"), ("https://arxiv.org/abs/", "arXiv:")):
        if url.startswith(begin):
            return name + url.removeprefix(begin)
    page = re.sub(r"^https://(?:www\.)?|/$", "", url)
    host, slash, rest = page.partition("/")
    return page if len(page) <= 60 else f"{host}{slash}…{rest[-24:]}"


def course(path: Path) -> str:
    """The BibTeX entry of the course itself, from its ``CITATION.cff``.

    Raises:
        BrokenFile: missing, or without a preferred citation that has title, authors, version
            and year.

    Example:
        >>> from tl_helpers.core import files
        >>> course(files.root() / "CITATION.cff").splitlines()[0]
        '@software{tl-course,'
    """
    import yaml

    try:
        cited = yaml.safe_load(path.read_text("utf-8"))["preferred-citation"]
        authors = " and ".join(f"{{{author['name']}}}" for author in cited["authors"])
        fields = {"author": authors} | {name: cited[name] for name in ("title", "version", "year")}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        raise BrokenFile(
            f"{path} does not say how to cite the course: {error!r}.",
            "It needs preferred-citation with title, authors, version and year. "
            "Restore it with: git checkout -- CITATION.cff",
        ) from None
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join(["@software{tl-course,", *lines, "}"])


class Bibliography:
    """The entries of a BibTeX file, and where a text cites them.

    Args:
        path: the BibTeX file (UTF-8; accents written as they are).

    Raises:
        BrokenFile: missing, not BibTeX, an entry without author, year or title, an address that
            has not the form of one, or two entries that would be cited alike and have no letter
            after their year.
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
        text = path.read_text("utf-8")
        database = Parser(encoding="utf-8").parse_string(text)
    except (OSError, UnicodeDecodeError, PybtexError) as error:
        raise BrokenFile(f"The bibliography {path} cannot be read: {error}", restore) from None
    for key, entry in database.entries.items():
        names = tuple(last_name(p) for p in entry.persons.get("author", []))
        year, title = entry.fields.get("year", ""), plain(entry.fields.get("title", ""))
        if not names or not title or not re.fullmatch(_YEAR, year):
            what = f"{path}: the entry {key} lacks an author, a year or a title."
            raise BrokenFile(what, restore)
        try:
            place = address(entry.fields)
        except ValueError as error:
            raise BrokenFile(f"{path}: the entry {key}: {error}.", restore) from None
        venue = next((plain(entry.fields[name]) for name in _VENUES if name in entry.fields), "")
        yield Entry(key, names, year, title, venue, place, _bibtex(text, key))


def _bibtex(text: str, key: str) -> str:
    """One entry as it stands in the file; the letter after a year is this site's and falls off."""
    begin = re.search(rf"@\w+\s*\{{\s*{re.escape(key)}\s*,", text)
    assert begin is not None
    depth = 0
    for mark in re.finditer(r"\\.|[{}]", text[begin.start() :]):
        depth += {"{": 1, "}": -1}.get(mark.group(), 0)
        if mark.group() == "}" and depth == 0:
            entry = text[begin.start() : begin.start() + mark.end()]
            return re.sub(r"(\byear\s*=\s*\{\d{4})[a-z]\}", r"\1}", entry)
    raise AssertionError(f"pybtex has read {key}, but it has no end")
