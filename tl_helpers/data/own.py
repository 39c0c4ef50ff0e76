"""A table of your own: texts and labels from a CSV file, with a report of what is wrong with it.

``csv`` finds the delimiter, ``charset-normalizer`` the encoding, ``pandas`` reads the rows. Added
here is what those do not say: which classes are too small to be learned and judged, and which rows
are copies of others, so that none stands in the training and in the test set.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tl_helpers.core import checks, files
from tl_helpers.core.errors import BadValue, BrokenFile, UnknownName

if TYPE_CHECKING:
    import pandas as pd

#: Texts that a class needs, so that some can be trained on, tuned on and judged by.
LEAST = 8
#: Share of groups of three words that two texts have in common, from which they count as copies.
ALIKE = 0.7
_DELIMITERS = ",;\t|"
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_COLUMNS = 1 << 22  # of the hashed groups of words
_COMMON = 100  # a group of words in more texts than these is a phrase, and no sign of copying
_LISTED = 4  # names in a sentence of the report


@dataclass(frozen=True)
class Own:
    """Texts and labels that can be worked with, and what was found on the way.

    Attributes:
        texts: without empty ones, copies, and those of classes that are too small.
        labels: one for each text, as words.
        notes: what was found and what was left out, a sentence each.
        facts: the same as numbers: ``rows``, ``encoding``, ``delimiter``, ``empty``, ``copies``,
            ``contradictions``, ``small`` (class -> texts) and ``classes`` (class -> texts kept).
    """

    texts: list[str]
    labels: list[str]
    notes: list[str]
    facts: dict[str, object] = field(repr=False)

    def __str__(self) -> str:
        return "\n".join(f"- {note}" for note in self.notes)

    @property
    def classes(self) -> list[str]:
        """The labels that are left, sorted."""
        return sorted(set(self.labels))

    def draw(self, n: int, seed: int = 0) -> Own:
        """At most ``n`` texts at random, but at least eight of each class.

        Raises:
            BadValue: ``n`` is not a positive number.

        Example:
            ``own.draw(1000).classes == own.classes -> True``
        """
        n = checks.at_least_one(n, "n")
        rng = np.random.default_rng(checks.seed(seed))
        order, labels = rng.permutation(len(self.texts)), np.array(self.labels)
        before: Counter[str] = Counter()
        early: list[int] = []
        late: list[int] = []
        for row in order:
            before[labels[row]] += 1
            (early if before[labels[row]] <= LEAST else late).append(int(row))
        rows = sorted([*early, *late[: max(n - len(early), 0)]])
        return replace(
            self, texts=[self.texts[i] for i in rows], labels=[self.labels[i] for i in rows]
        )


def read_csv(
    path: str | os.PathLike[str], text: str | int = "text", label: str | int = "label"
) -> Own:
    """Texts and labels from a CSV file, cleaned, with a report.

    Encoding (with or without a byte-order mark) and delimiter (comma, semicolon, tab or bar) are
    found by themselves. Left out, and reported: rows without a text or a label, all but one of each
    group of copies and near copies, and classes with fewer than eight texts.

    Args:
        path: the file.
        text: the column with the texts: its name, or its number (from 0) in a file without header.
        label: the column with the labels, likewise.

    Raises:
        BrokenFile: no such file, no text file, a quotation mark that is never closed, or rows with
            more cells than others; says which.
        UnknownName: no such column; lists those that there are.
        BadValue: one class only, labels that are hardly ever repeated, or nothing left.

    Example:
        >>> read_csv("letters.csv", text="body", label="topic").classes  # doctest: +SKIP
        ['complaint', 'praise']
    """
    place = files.place(path)
    if isinstance(text, bool) or isinstance(label, bool) or type(text) is not type(label):
        raise BadValue(
            f"text={text!r} and label={label!r} do not name two columns alike.",
            'Give two names (text="text", label="label"), or two numbers if there is no header.',
        )
    content, encoding = _decoded(place)
    delimiter = _delimiter(content, text, label)
    table = _table(place, content, delimiter, header=isinstance(text, str))
    columns = [_column(table, name, place) for name in (text, label)]
    if not len(table):
        raise BrokenFile(f"{place} has no rows.", "Give a row for each text.")
    if columns[0] == columns[1]:
        raise BadValue(f"text and label are both the column {text!r}.", "Name two columns.")
    texts = [" ".join(cell.split()) for cell in table[columns[0]].fillna("")]
    labels = [" ".join(cell.split()) for cell in table[columns[1]].fillna("")]
    found: dict[str, object] = {"encoding": encoding, "delimiter": _NAMES[delimiter]}
    return _cleaned(texts, labels, found)


def clean(texts: Sequence[str], labels: Sequence[str]) -> Own:
    """The same for texts and labels that are already at hand.

    Args:
        texts: strings; an empty one is a text that is missing.
        labels: one word for each text; an empty one is missing.

    Raises:
        BadValue: one class only, labels that are hardly ever repeated, or nothing left.

    Example:
        >>> some = [f"{word} number {n}" for word in ("soup", "film") for n in range(8)]
        >>> clean(some, ["food"] * 8 + ["art"] * 8).classes
        ['art', 'food']
    """
    return _cleaned(checks.texts(texts), checks.texts(labels, "labels"), {})


def _cleaned(texts: Sequence[str], labels: Sequence[str], found: dict[str, object]) -> Own:
    if len(texts) != len(labels):
        raise BadValue(f"{len(texts)} texts but {len(labels)} labels.", "Give one for each.")
    full = [i for i, (a, b) in enumerate(zip(texts, labels, strict=True)) if a and b]
    notes = [_first_note(len(texts), found)]
    if empty := len(texts) - len(full):
        notes.append(f"Without text or label, left out: {_rows(empty)}.")
    if not full:
        raise BadValue("No row has a text and a label.", "Are these the right two columns?")
    _refuse_no_classes([labels[i] for i in full])

    group = near_copies([texts[i] for i in full])
    first: dict[int, int] = {}
    contradicted = set()
    for row, number in zip(full, group, strict=True):
        kept = first.setdefault(int(number), row)
        if labels[row] != labels[kept]:
            contradicted.add(int(number))
    if copies := len(full) - len(first):
        notes.append(
            f"Copies and near copies of an earlier row, left out so that no text stands in the "
            f"training and in the test set: {_rows(copies)}."
        )
    if contradicted:
        notes.append(
            f"Copies with different labels, of which the first is kept: {len(contradicted)}. Look "
            "at them; they are errors, or the task leaves room."
        )
    counts = Counter(labels[row] for row in first.values())
    small = {name: n for name, n in sorted(counts.items()) if n < LEAST}
    if small:
        once = sum(n == 1 for n in small.values())
        also = f"; with a single text: {once}" if once else ""
        notes.append(
            f"Classes with fewer than {LEAST} texts, left out: "
            f"{_some([f'{name} ({n})' for name, n in small.items()])}{also}."
        )
    rows = [row for row in first.values() if labels[row] not in small]
    kept_counts = dict(Counter(labels[row] for row in rows).most_common())
    if len(kept_counts) < 2:
        left = f"only {next(iter(kept_counts))!r} has" if kept_counts else "none has"
        raise BadValue(
            f"Of {len(counts)} classes {left} {LEAST} different texts or more.",
            "Collect more texts of each class, or put small classes together.",
        )
    notes.append(_balance(kept_counts, len(rows)))
    facts = {
        **found, "rows": len(texts), "empty": empty, "copies": copies,
        "contradictions": len(contradicted), "small": small, "classes": kept_counts,
    }  # fmt: skip
    return Own([texts[i] for i in rows], [labels[i] for i in rows], notes, facts)


def near_copies(texts: Sequence[str], alike: float = ALIKE) -> np.ndarray:
    """For each text the number of its group: copies and near copies share one.

    Copies differ in case, blanks and punctuation alone. Near copies share most of their groups of
    three words (Jaccard similarity; Broder 1997). Phrases that are in more than a hundred texts do
    not count.

    Args:
        texts: any number; 100,000 short ones take some ten seconds.
        alike: the similarity, between 0 and 1, from which on two texts are near copies.

    Returns:
        ``[texts]`` whole numbers.

    Example:
        >>> near_copies(["A good soup!", "a good soup", "a bad film"]).tolist()
        [0, 0, 1]
    """
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components
    from sklearn.feature_extraction.text import HashingVectorizer

    texts, alike = checks.texts(texts), checks.share(alike, "alike")
    bare = [" ".join(re.findall(r"\w+", text.casefold())) or text for text in texts]
    first: dict[str, int] = {}
    same = [first.setdefault(text, i) for i, text in enumerate(bare)]
    once = np.array(sorted(first.values()))
    hashed = HashingVectorizer(
        ngram_range=(3, 3), n_features=_COLUMNS, norm=None, alternate_sign=False, binary=True,
        token_pattern=r"\w+", lowercase=False,
    ).transform([bare[i] for i in once])  # fmt: skip
    sizes = np.asarray(hashed.sum(axis=1)).ravel()
    seen = np.bincount(hashed.indices, minlength=_COLUMNS)
    shared = hashed[:, (seen > 1) & (seen <= _COMMON)]
    both = (shared @ shared.T).tocoo()
    close = (both.row < both.col) & (
        both.data >= alike * (sizes[both.row] + sizes[both.col] - both.data)
    )
    n = len(texts)
    ends = (
        np.concatenate([np.arange(n), once[both.row[close]]]),
        np.concatenate([np.array(same, dtype=int), once[both.col[close]]]),
    )
    graph = sparse.coo_matrix((np.ones(len(ends[0])), ends), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def _decoded(place: Path) -> tuple[str, str]:
    """The text of a file, and the name of its encoding."""
    try:
        raw = place.read_bytes()
    except FileNotFoundError:
        raise BrokenFile(f"{place} does not exist.", "Check the path.") from None
    except OSError as error:
        raise BrokenFile(f"{place} cannot be read: {error.strerror}.", "Check the path.") from None
    if not raw.strip():
        raise BrokenFile(f"{place} is empty.", "Give a CSV file with a row for each text.")
    if raw[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise BrokenFile(f"{place} is a spreadsheet or an archive.", "Save it as CSV, in UTF-8.")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", ""]
    for encoding in encodings:
        try:
            encoding = encoding or _guessed(raw)
            content = raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\0" not in content:
            name = encoding.removesuffix("-sig").upper().replace("_", "-")
            return content, name
    raise BrokenFile(f"{place} is no text in a known encoding.", "Save it as CSV, in UTF-8.")


def _guessed(raw: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(raw[: 1 << 20]).best()
    return best.encoding if best is not None else "ascii"


def _delimiter(content: str, text: str | int, label: str | int) -> str:
    """The delimiter that gives the named columns, or else the one that the sniffer finds."""
    head = content.lstrip().split("\n", 1)[0].rstrip("\r")
    if isinstance(text, str):
        for delimiter in _DELIMITERS:
            names = [name.strip() for name in next(csv.reader([head], delimiter=delimiter), [])]
            if text in names and label in names:
                return delimiter
    try:
        sample = content[:20_000].rsplit("\n", 1)[0]
        return csv.Sniffer().sniff(sample, delimiters=_DELIMITERS).delimiter
    except csv.Error:
        return max(_DELIMITERS, key=head.count)  # a comma, if there is none at all


def _table(place: Path, content: str, delimiter: str, *, header: bool) -> pd.DataFrame:
    import pandas as pd

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                io.StringIO(content), sep=delimiter, dtype=str, keep_default_na=False,
                index_col=False, header=0 if header else None, skipinitialspace=True,
            )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.ParserWarning, csv.Error) as error:
        said = str(error)
        if opened := re.search(r"EOF inside string starting at row (\d+)", said):
            raise BrokenFile(
                f"{place}: a quotation mark that opens in row {opened[1]} of the data is never "
                "closed.",
                'Write a quotation mark inside a text twice (""), and close every one.',
            ) from None
        if uneven := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", said):
            raise BrokenFile(
                f"{place}, line {uneven[2]}: {uneven[3]} cells where {uneven[1]} are expected, "
                f"with a {_NAMES[delimiter]} between them.",
                f"Put texts with a {_NAMES[delimiter]} in them between quotation marks.",
            ) from None
        raise BrokenFile(
            f"{place}: the rows have more cells than the header names, with a "
            f"{_NAMES[delimiter]} between them.",
            f"Put texts with a {_NAMES[delimiter]} in them between quotation marks.",
        ) from None
    except pd.errors.EmptyDataError:
        raise BrokenFile(f"{place} has no rows.", "Give a row for each text.") from None


def _column(table: pd.DataFrame, name: str | int, place: Path) -> str | int:
    """The name in the table of a column that was asked for."""
    known = {str(column).strip(): column for column in table.columns}
    if isinstance(name, int):
        if 0 <= name < len(table.columns):
            return table.columns[name]
        raise UnknownName(
            f"column of {place.name}", name, known,
            f"There are {len(table.columns)} columns, from 0 to {len(table.columns) - 1}.",
        )  # fmt: skip
    if name.strip() in known:
        return known[name.strip()]
    raise UnknownName(
        f"column of {place.name}", name, known,
        f"The first row has: {_some([checks.shown(c, 30) for c in known])}. If that is no header "
        "but the first text, give numbers: text=0, label=1.",
    )  # fmt: skip


def _refuse_no_classes(labels: Sequence[str]) -> None:
    """One class, or as many as texts: no classifier can be trained."""
    counts = Counter(labels)
    if len(counts) == 1:
        raise BadValue(
            f"All {len(labels)} rows have the same label, {checks.shown(labels[0], 30)}.",
            "A classifier needs texts of two classes; is this the right column?",
        )
    if len(counts) > max(2, len(labels) // 2):
        shown = _some([checks.shown(name, 30) for name in counts])
        raise BadValue(
            f"{len(labels)} rows have {len(counts)} different labels, such as {shown}.",
            "These are no classes. Is it the right column? Put ratings into a few ranges first.",
        )


def _first_note(rows: int, found: dict[str, object]) -> str:
    if not found:
        return f"{_rows(rows)}."
    return f"{_rows(rows)}, read as {found['encoding']} with a {found['delimiter']} between cells."


def _rows(n: int) -> str:
    return f"{n} row{'s' * (n != 1)}"


def _balance(counts: dict[str, int], rows: int) -> str:
    names = list(counts)
    share = counts[names[0]] / rows
    said = f"Kept: {rows} texts in {len(counts)} classes, " + _some(
        [f"{name} ({n})" for name, n in counts.items()]
    )
    said += f". The largest class is {share:.0%}: always saying it is right that often."
    if counts[names[0]] >= 5 * counts[names[-1]]:
        said += (
            f" {names[0]!r} is {counts[names[0]] / counts[names[-1]]:.0f} times as frequent as "
            f"{names[-1]!r}: look at the macro-F1 beside the accuracy."
        )
    return said


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
