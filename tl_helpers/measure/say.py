"""Results in words: sentences that follow from an interval, so that no cell needs if and else.

A difference is *clear* if its whole interval lies on one side of zero; otherwise the sentence says
that these runs cannot tell.
"""

from __future__ import annotations

from tl_helpers.core import checks
from tl_helpers.measure.evaluate import Interval


def _range(interval: Interval, digits: int) -> str:
    return f"[{interval.low:.{digits}f}, {interval.high:.{digits}f}]"


def compare(
    difference: Interval, first: str, second: str, unit: str = "points", digits: int = 1
) -> str:
    """Who is ahead, by how much, and whether that is clear.

    Args:
        difference: first minus second, in ``unit``.
        first: name of the one.
        second: name of the other.
        unit: of the difference.
        digits: after the point.

    Example:
        >>> compare(Interval(14, 9, 20, 5), "pre-trained", "random weights", digits=0)
        'pre-trained is ahead of random weights by 14 points [9, 20]'
        >>> compare(Interval(-1, -4, 2, 5), "a", "b", digits=0)
        'a and b cannot be told apart: -1 points [-4, 2]'
    """
    digits = checks.whole(digits, "digits", 0, 20)
    if difference.low > 0 or difference.high < 0:
        ahead, behind = (first, second) if difference.low > 0 else (second, first)
        size = difference if difference.low > 0 else difference.times(-1)
        return (
            f"{ahead} is ahead of {behind} by {size.mean:.{digits}f} {unit} {_range(size, digits)}"
        )
    return (
        f"{first} and {second} cannot be told apart: {difference.mean:+.{digits}f} {unit} "
        f"{_range(difference, digits)}"
    )


def against(interval: Interval, level: float, name: str) -> str:
    """How a mean stands to a fixed level, such as chance.

    Args:
        interval: of the mean.
        level: the level, in the same unit.
        name: what the level is.

    Example:
        >>> against(Interval(0.44, 0.39, 0.49, 5), 0.5, "a coin")
        'that is worse than a coin'
    """
    level = checks.number(level, "level")
    if interval.low > level:
        return f"that is better than {name}"
    if interval.high < level:
        return f"that is worse than {name}"
    return f"that cannot be told from {name}"
