"""Checks of single arguments that several rooms share."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

from tl_helpers.core.errors import BadValue

_SEEDS = 2**32  # NumPy's RandomState takes no larger ones, so no other generator is given any


def seed(value: Any, name: str = "seed") -> int:
    """``value`` as a seed that NumPy and torch both take.

    Raises:
        BadValue: it is not a whole number from 0 to 2**32 - 1.

    Example:
        >>> seed(17)
        17
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or not 0 <= int(value) < _SEEDS:
        raise BadValue(
            f"{name} = {value!r} is not a seed.", "Use a whole number from 0 to 4,294,967,295."
        )
    return int(value)


def at_least_one(value: Any, name: str) -> int:
    """``value`` as a number of things.

    Raises:
        BadValue: it is not a whole number, or less than one.

    Example:
        >>> at_least_one(3, "steps")
        3
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 1:
        raise BadValue(f"{name}={value!r}.", "Use a whole number from 1.")
    return int(value)


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
