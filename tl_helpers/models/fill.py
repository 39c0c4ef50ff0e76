"""Filling the shelf: what makes each of its pieces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tl_helpers.core import checks
from tl_helpers.data import intents, ratings, shelf
from tl_helpers.data.registry import Entry
from tl_helpers.models import convert

#: Piece -> what brings its files into the course's own form.
MAKERS: dict[str, shelf.Convert] = {
    "smollm2": convert.smollm2,
    "e5-multilingual": convert.e5,
    "minilm-l3": convert.minilm_l3,
    "glove": convert.glove,
    "ratings": ratings.convert,
    "intents": intents.convert,
}


def chosen(names: tuple[str, ...] = ()) -> list[Entry]:
    """The pieces of these names; all, if none is named.

    Raises:
        UnknownName: there is no such piece.

    Example:
        >>> [piece.name for piece in chosen(("glove",))]
        ['glove']
    """
    known = shelf.pieces()
    return [known[checks.known("piece of the shelf", name, known)] for name in names or known]


def fetch(entry: Entry, tell: Callable[[int], None] = lambda done: None) -> Path:
    """Fetch one piece, unless it is here: see :func:`tl_helpers.data.shelf.fetch`.

    Example:
        >>> fetch(chosen(("ratings",))[0]).name  # doctest: +SKIP
        'ratings'
    """
    return shelf.fetch(entry, MAKERS[entry.name], tell)
