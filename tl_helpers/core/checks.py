"""Checks of single arguments that several rooms share."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from tl_helpers.core.errors import BadValue

_SEEDS = 2**32  # NumPy's RandomState takes no larger ones, so no other generator is given any


def seed(value: Any, name: str = "seed") -> int:
    """``value`` as a seed that NumPy and torch both take.

    Raises:
        BadValue: it is not a whole number from 0 to 2**32 - 1.
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
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 1:
        raise BadValue(f"{name}={value!r}.", "Use a whole number from 1.")
    return int(value)
