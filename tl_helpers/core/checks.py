"""Checks of single arguments that several rooms share."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, TypeVar

from tl_helpers.core.errors import BadValue, UnknownName

_SEEDS = 2**32  # NumPy's RandomState takes no larger ones, so no other generator is given any
_Name = TypeVar("_Name")


def seed(value: Any, name: str = "seed") -> int:
    """``value`` as a seed that NumPy and torch both take.

    Raises:
        BadValue: it is not a whole number from 0 to 2**32 - 1.

    Example:
        >>> seed(7)
        7
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or not 0 <= int(value) < _SEEDS:
        raise BadValue(
            f"{name} = {value!r} is not a seed.", "Use a whole number from 0 to 4,294,967,295."
        )
    return int(value)


def whole(value: Any, name: str, low: int = 1, high: int | None = None) -> int:
    """``value`` as a whole number from ``low`` to ``high``, both included.

    Raises:
        BadValue: it is not.

    Example:
        >>> whole(3, "n_documents", high=10)
        3
    """
    number = isinstance(value, Integral) and not isinstance(value, bool)
    if not number or int(value) < low or (high is not None and int(value) > high):
        most = "" if high is None else f" to {high:,}"
        raise BadValue(f"{name}={value!r}.", f"Use a whole number from {low:,}{most}.")
    return int(value)


def known(kind: str, name: _Name, names: Iterable[Any]) -> _Name:
    """``name``, if it is one of the ``names`` of its kind.

    Raises:
        UnknownName: it is not; says what there is, and what is close.

    Example:
        >>> known("size", "small", ["tiny", "small"])
        'small'
    """
    options = list(names)
    if name not in options:
        raise UnknownName(kind, name, options)
    return name


def at_least_one(value: Any, name: str) -> int:
    """``value`` as a number of things.

    Raises:
        BadValue: it is not a whole number, or less than one.

    Example:
        >>> at_least_one(8, "batch_size")
        8
    """
    return whole(value, name)


def positive(value: Any, name: str) -> float:
    """``value`` as a number above zero.

    Raises:
        BadValue: it is none.

    Example:
        >>> positive(0.01, "learning_rate")
        0.01
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not float(value) > 0:
        raise BadValue(f"{name}={value!r}.", "Use a positive number.")
    return float(value)


def share(value: Any, name: str) -> float:
    """``value`` as a number from 0 to 1.

    Raises:
        BadValue: it is none.

    Example:
        >>> share(0.1, "warmup")
        0.1
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) <= 1:
        raise BadValue(f"{name}={value!r}.", "Use a number from 0 to 1.")
    return float(value)


def one_of(value: Any, known: Iterable[Any], name: str) -> Any:
    """``value``, if it is among the ``known`` ones.

    Raises:
        BadValue: it is not; says what there is.

    Example:
        >>> one_of("mean", ("mean", "max"), "pooling")
        'mean'
    """
    options = list(known)
    if value not in options:
        listing = ", ".join(f'"{x}"' if isinstance(x, str) else repr(x) for x in options)
        raise BadValue(f"{name}={value!r} is not known.", f"Use one of {listing}.")
    return value
