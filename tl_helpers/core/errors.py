"""The one kind of error that the course raises on purpose.

Every message says two things: what was wrong, and what to do about it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any


class CourseError(Exception):
    """An error that a learner can act on.

    Args:
        what: what was wrong, naming the value, file or step.
        do: what to do about it.
    """

    def __init__(self, what: str, do: str = "") -> None:
        self.what = what
        self.do = do
        super().__init__(f"{what}\n  -> {do}" if do else what)

    def __reduce__(self) -> tuple[Any, ...]:
        """Arrive whole from another process, whatever the arguments of the class are."""
        return _again, (type(self), self.args), self.__dict__

    def _render_traceback_(self) -> list[str]:
        """In a notebook, show the message instead of a page of stack frames."""
        return [f"{type(self).__name__}: {self}"]


def _again(kind: type[CourseError], args: tuple[Any, ...]) -> CourseError:
    return kind.__new__(kind, *args)


class UnknownName(CourseError):
    """A data set, model, profile or parameter that does not exist."""

    def __init__(self, kind: str, name: object, known: Iterable[str], do: str = "") -> None:
        what = f"{kind}:" if " of " in kind else kind
        super().__init__(f"Unknown {what} {name!r}.", do or choice(name, sorted(known)))


def choice(name: object, known: Sequence[str]) -> str:
    """The advice for a name that is not among the known ones: what is close, and all in order.

    Example:
        >>> choice("smal", ["tiny", "small"])
        "Did you mean 'small'? Choose one of: tiny, small."
    """
    close = difflib.get_close_matches(str(name), known, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return f"{hint}Choose one of: {', '.join(known) or '(none)'}."


class BadValue(CourseError, ValueError):
    """An argument outside what it may be."""


class BrokenFile(CourseError):
    """A file that is missing, truncated, malformed or not what its checksum says."""


class Stopped(CourseError, KeyboardInterrupt):
    """What was running was stopped, with the button ■ of Jupyter or Ctrl-C; says how to go on."""

    def _render_traceback_(self) -> list[str]:
        """In a notebook: two lines, of which the first says already that it was stopped."""
        return [str(self)]


class NoNetwork(CourseError):
    """Something was asked for that only the network has."""


class NotHere(CourseError):
    """A piece of the shelf (a real model or data set) that is not on this machine.

    Notebooks catch it, say so, and show the stored result instead.
    """
