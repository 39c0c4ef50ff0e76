"""What the course knows by name: every data set and every model, with where it comes from.

The table itself is ``data/catalogue.toml``. Nothing that is not in it can be loaded by name, and
every reference to the Hub is pinned to one commit.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from tl_helpers.core import files
from tl_helpers.core.errors import BrokenFile, UnknownName

Section = Literal["dataset", "model"]

KINDS = {
    "dataset": ("town", "written", "docstrings", "hub"),
    "model": ("checkpoint", "wheel", "hub"),
}
COMMIT = re.compile(r"[0-9a-f]{40}")
_NEEDS = ("name", "kind", "licence", "citation", "description")
_NEEDS_BY_KIND = {
    "town": (),
    "docstrings": (),
    "written": ("path", "features"),
    "checkpoint": ("path", "rebuild"),
    "wheel": ("hub_id", "revision", "wheel", "sha256"),
    "hub": ("hub_id", "revision", "megabytes", "offline"),
}


@dataclass(frozen=True)
class Entry:
    """One line of the catalogue.

    Attributes:
        name: what ``load`` is called with.
        kind: ``town``, ``written``, ``docstrings`` or ``hub`` for data; ``checkpoint``, ``wheel``
            or ``hub`` for models.
        licence, citation, description: for the reader, and for whoever passes the data on.
        path: file or folder below ``data/``, for what is shipped.
        hub_id, revision: repository on the Hub, and the commit (40 hex digits) that is used.
        files: data sets from the Hub: split name -> file pattern in the repository.
        rename: columns that get the name which the course uses (``sentence`` -> ``text``).
        features: columns in the little language of :func:`tl_helpers.data.features`.
        sha256: file name -> SHA-256, for files that do not lie in ``data/``.
        wheel: name of the installed package that carries the same files.
        rebuild: the command that makes the files again.
        offline: the entry to use instead when there is no network.
        megabytes: size of what has to be downloaded, or of the shipped files.
        size: in words, for the reader.
    """

    name: str
    kind: str
    licence: str
    citation: str
    description: str
    path: str = ""
    hub_id: str = ""
    revision: str = ""
    files: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))
    rename: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))
    features: MappingProxyType[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    sha256: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))
    wheel: str = ""
    rebuild: str = ""
    offline: str = ""
    megabytes: float = 0.0
    size: str = ""


def entries(section: Section) -> dict[str, Entry]:
    """All entries of one section by name, in the order of the catalogue.

    Raises:
        BrokenFile: the catalogue was changed, or a line of it is not complete.
    """
    path = files.shipped("catalogue.toml")
    return dict(_read(path, path.stat().st_mtime_ns)[section])


def find(section: Section, name: str) -> Entry:
    """The entry called ``name``.

    Raises:
        UnknownName: there is none; says which are there and which name is close.
    """
    known = entries(section)
    if not isinstance(name, str) or name not in known:
        raise UnknownName("data set" if section == "dataset" else "model", name, known)
    return known[name]


@cache
def _read(path: Path, _stamp: int) -> dict[str, dict[str, Entry]]:
    restore = "Restore it with: git checkout -- data/catalogue.toml"
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BrokenFile(f"{path} is not valid TOML: {error}.", restore) from None
    return {
        section: {row.get("name", ""): _entry(section, row, path) for row in table.get(section, [])}
        for section in KINDS
    }


def _entry(section: str, row: dict[str, Any], path: Path) -> Entry:
    label = f"The [[{section}]] {row.get('name', '(no name)')!r} in {path}"
    kind = row.get("kind")
    if kind not in KINDS[section]:
        raise BrokenFile(f"{label} has kind {kind!r}.", f"Use one of: {', '.join(KINDS[section])}.")
    needs = (*_NEEDS, *_NEEDS_BY_KIND[kind], *(["files"] if (section, kind) == _HUB_DATA else []))
    if missing := [key for key in needs if not row.get(key)]:
        raise BrokenFile(f"{label} lacks: {', '.join(missing)}.", "Add what is missing.")
    if unknown := sorted(set(row) - set(Entry.__dataclass_fields__)):
        raise BrokenFile(f"{label} has unknown keys: {', '.join(unknown)}.", "Remove them.")
    if row.get("hub_id") and not COMMIT.fullmatch(row["revision"]):
        raise BrokenFile(
            f"{label} is pinned to {row['revision']!r}.",
            "Pin it to one commit (40 hex digits): a branch or a tag can move.",
        )
    frozen: dict[str, Any] = {
        k: MappingProxyType(v) if isinstance(v, dict) else v for k, v in row.items()
    }
    return Entry(**frozen)


_HUB_DATA = ("dataset", "hub")
