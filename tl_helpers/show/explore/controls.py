"""What a learner can turn: a list of values with a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tl_helpers.core.errors import BadValue


def shown(value: Any) -> str:
    """A value as a reader wants it.

    Example:
        >>> shown(0.30000000000000004)
        '0.3'
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}".replace("-", "−")
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    return str(value)


@dataclass(frozen=True)
class Control:
    """One control: a slider when all values are numbers, otherwise a choice.

    Attributes:
        values: what it can be, at least one, in order; all different.
        label: its name on the screen; default is the argument's name.
        default: the value to begin with; default is the first.
        names: what each value is called; default is the value itself.
    """

    values: tuple[Any, ...]
    label: str = ""
    default: Any = None
    names: tuple[str, ...] = ()

    def __init__(
        self,
        values: Iterable[Any] | Mapping[str, Any],
        label: str = "",
        default: Any = None,
        names: Iterable[str] = (),
    ) -> None:
        if isinstance(values, Mapping):
            values, names = list(values.values()), list(values)
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise BadValue(
                f"A control needs a list of values, not {values!r}.", "Give a list, or a range."
            )
        plain = tuple(v.item() if isinstance(v, np.generic) else v for v in values)
        called = tuple(names) or tuple(map(shown, plain))
        if not plain or len(called) != len(plain) or len(set(called)) != len(called):
            raise BadValue(
                f"A control needs values that differ, with one name each: {called}.",
                "Leave the repeated ones out.",
            )
        begin = plain[0] if default is None else default
        if begin not in plain:
            raise BadValue(
                f"The default {default!r} of control {label!r} is none of its values.",
                f"Choose one of: {', '.join(called)}.",
            )
        for name, value in (
            ("values", plain),
            ("label", label),
            ("default", begin),
            ("names", called),
        ):
            object.__setattr__(self, name, value)

    @property
    def is_slider(self) -> bool:
        """True for numbers without names of their own."""
        numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in self.values)
        return numbers and self.names == tuple(map(shown, self.values)) and len(self.values) > 1

    @property
    def start(self) -> int:
        """Position of the default."""
        return self.values.index(self.default)


def control(name: str, given: Any) -> Control:
    """A control from what stands in the call: a list, a range, a dict, or a ``Control``.

    Example:
        >>> control("n_labels", [8, 64]).label
        'n labels'
    """
    label = name.replace("_", " ")
    if isinstance(given, Control):
        if given.label:
            return given
        return Control(given.values, label, given.default, given.names)
    try:
        return Control(given, label)
    except BadValue as error:
        raise BadValue(f"Control {name!r}: {error.what}", error.do) from None
