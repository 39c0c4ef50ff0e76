"""What the course knows by name: every data set and every model, with where it comes from.

The table itself is ``data/catalogue.toml``. Nothing that is not in it can be loaded by name, and
every reference to the Hub is pinned to one commit.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PositiveFloat

from tl_helpers.core import files, records
from tl_helpers.core.errors import UnknownName
from tl_helpers.core.records import Record, Text

Section = Literal["dataset", "model"]


class Entry(Record):
    """One entry of the catalogue; what its kind has no use for is empty.

    Attributes:
        name: what ``load`` is called with.
        kind: ``town``, ``written``, ``docstrings``, ``shelf``, ``installed`` or ``hub`` for data;
            ``checkpoint``, ``wheel``, ``shelf``, ``vectors`` or ``hub`` for models.
        licence, citation, description: for the reader, and for whoever passes the data on.
        path: file or folder below ``data/``, for what is shipped; of the shelf, its datasheet.
        hub_id, revision: repository on the Hub, and the commit (40 hex digits) that is used.
        files: data sets from the Hub: split name -> file pattern in the repository; pieces of the
            shelf: name of a file, or folder of many -> where it lies in the package.
        rename: columns that get the name which the course uses (``sentence`` -> ``text``).
        features: columns in the little language of :func:`tl_helpers.data.features`.
        sha256: file name -> SHA-256, for files that do not lie in ``data/``.
        wheel: name of the installed package that carries the same files; for a piece of the shelf
            the package and its version (``name==1.0``), which is downloaded and not installed.
        rebuild: the command that makes the files again.
        offline: the entry to use instead when there is no network.
        megabytes: size of what has to be downloaded, or of the shipped files.
        size: in words, for the reader.
    """

    name: Text
    kind: str
    licence: Text
    citation: Text
    description: Text
    path: str = ""
    hub_id: str = ""
    revision: str = ""
    files: dict[str, str] = {}
    rename: dict[str, str] = {}
    features: dict[str, Any] = {}
    sha256: dict[str, str] = {}
    wheel: str = ""
    rebuild: str = ""
    offline: str = ""
    megabytes: float = 0.0
    size: str = ""


def _pinned(revision: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40}", revision):
        raise ValueError(
            f"{revision!r} can move, as a branch or a tag; pin it to a commit (40 hex digits)"
        )
    return revision


def _exact(package: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", package):
        raise ValueError(f"{package!r} is not one version of a package; write name==1.0")
    return package


def _digests(listed: dict[str, str]) -> dict[str, str]:
    if odd := next((d for d in listed.values() if not re.fullmatch("[0-9a-f]{64}", d)), None):
        raise ValueError(f"{odd!r} is not a SHA-256 (64 hex digits)")
    return listed


def _once(listed: list[Entry]) -> list[Entry]:
    if twice := [name for name, n in Counter(entry.name for entry in listed).items() if n > 1]:
        raise ValueError(f"the name {twice[0]!r} stands there twice")
    return listed


Commit = Annotated[str, AfterValidator(_pinned)]
Table = Annotated[dict[str, Any], Field(min_length=1)]


class _Generated(Entry):
    kind: Literal["town", "docstrings"]


class _Written(Entry):
    kind: Literal["written"]
    path: Text
    features: Table


class _HubModel(Entry):
    kind: Literal["hub"]
    hub_id: Text
    revision: Commit
    megabytes: PositiveFloat
    offline: Text


class _HubData(_HubModel):
    files: Table


class _Checkpoint(Entry):
    kind: Literal["checkpoint"]
    path: Text
    rebuild: Text


class _Shelf(Entry):
    kind: Literal["shelf"]
    wheel: Annotated[str, AfterValidator(_exact)]
    sha256: Annotated[dict[str, str], Field(min_length=1, max_length=1), AfterValidator(_digests)]
    files: Table
    megabytes: PositiveFloat
    size: Text
    path: Text


class _Vectors(_Shelf):
    kind: Literal["vectors"]  # type: ignore[assignment]


class _ShelfData(_Shelf):
    features: Table


class _Installed(Entry):
    kind: Literal["installed"]
    wheel: Text
    path: Text


class _Wheel(Entry):
    kind: Literal["wheel"]
    hub_id: Text
    revision: Commit
    wheel: Text
    sha256: Table


_Data = Annotated[
    _Generated | _Written | _HubData | _ShelfData | _Installed, Field(discriminator="kind")
]
_Model = Annotated[
    _Checkpoint | _Wheel | _HubModel | _Shelf | _Vectors, Field(discriminator="kind")
]


class Catalogue(Record):
    """The whole table."""

    dataset: Annotated[list[_Data], AfterValidator(_once)]
    model: Annotated[list[_Model], AfterValidator(_once)]


def entries(section: Section) -> dict[str, Entry]:
    """All entries of one section by name, in the order of the catalogue.

    Raises:
        BrokenFile: the catalogue was changed, or an entry of it is not complete; names the line.

    Example:
        >>> list(entries("model"))[:2]
        ['town-mlm', 'town-clm']
    """
    path = files.shipped("catalogue.toml")
    listed: list[Entry] = getattr(_read(path, path.stat().st_mtime_ns), section)
    return {entry.name: entry for entry in listed}


def find(section: Section, name: str) -> Entry:
    """The entry called ``name``.

    Raises:
        UnknownName: there is none; says which are there and which name is close.

    Example:
        >>> find("dataset", "sst2").hub_id
        'stanfordnlp/sst2'
    """
    known = entries(section)
    if not isinstance(name, str) or name not in known:
        raise UnknownName("data set" if section == "dataset" else "model", name, known)
    return known[name]


@cache
def _read(path: Path, _stamp: int) -> Catalogue:
    return records.read(path, Catalogue)
