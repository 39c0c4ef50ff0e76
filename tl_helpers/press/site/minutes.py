"""How long a notebook takes: one statement, for its head, for the map and for the sum of a theme.

What it takes to run was measured (``metadata.tl.run_seconds``, or the report of the last run). What
it takes to work through stands in one place, the notebook's own line under its title::

    *Time:* about a minute to run on two cores; 45 minutes for the core path, 15 more for the
    sections headed *Deeper*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

SHORT = 90
"""Up to so many minutes are said in minutes, more in hours."""

_LINE = re.compile(r"\*Time:\*\s(?P<said>.*?)\.(?:\s+|$)", re.S)
_CORE = re.compile(r";\s*(?P<time>[^,;]+?)\s+(?:for\s+the\s+core\s+path|to\s+read\b)", re.S)
_DEEPER = re.compile(r",\s*(?:and\s+)?(?P<time>[^,;]+?)\s+more\s+for\s+the\s+sections?\b", re.S)
_COUNT = "one two three four five six seven eight nine ten eleven twelve".split()
_NUMBERS = {word: n for n, word in enumerate(_COUNT, 1)} | {
    "a": 1, "an": 1, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
}  # fmt: skip


@dataclass(frozen=True)
class Time:
    """What one notebook takes, or several together.

    Attributes:
        seconds: to run; None if that was not measured.
        core: minutes to work through the core path; None if nobody said.
        deeper: minutes more for the sections headed *Deeper*.
    """

    seconds: float | None = None
    core: int | None = None
    deeper: int = 0

    def __str__(self) -> str:
        """``46 s to run, 45 min to work through (core), 30 more (deeper)``."""
        parts = []
        if self.seconds is not None:
            parts.append(f"{_seconds(self.seconds)} to run")
        if self.core is not None:
            only = "" if not self.deeper else " (core)"
            parts.append(f"{_minutes(self.core)} to work through{only}")
        if self.deeper:
            more = str(self.deeper) if self.deeper <= SHORT else _minutes(self.deeper)
            parts.append(f"{more} more (deeper)")
        return ", ".join(parts) or "not measured yet"


def of(notebook: Any, seconds: float | None) -> Time:
    """What a notebook takes.

    Args:
        notebook: its cells.
        seconds: how long it ran; None if that is not known.

    Example:
        >>> of(notebook, 46.2).core  # doctest: +SKIP
        45
    """
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (line := _LINE.search(cell.source)):
            core, deeper = read(line["said"])
            return Time(seconds, core, deeper)
    return Time(seconds)


def read(said: str) -> tuple[int | None, int]:
    """Minutes for the core path (None if they are not said) and for what goes deeper.

    Example:
        >>> read("a minute to run; 45 minutes for the core path, ten more for the sections")
        (45, 10)
    """
    core, deeper = _CORE.search(said), _DEEPER.search(said)
    return (
        _count(core["time"]) if core else None,
        (_count(deeper["time"]) or 0) if deeper else 0,
    )


def without(text: str) -> str:
    """A notebook's first cell without the sentence, for a page whose head says it.

    It stays where the head could not read it.

    Example:
        >>> without("*Time:* a minute to run; an hour to read. *You need:* nothing.")
        '*You need:* nothing.'
    """
    line = _LINE.search(text)
    if line is None or read(line["said"])[0] is None:
        return text
    return text[: line.start()] + text[line.end() :]


def together(times: Iterable[Time]) -> Time:
    """What several notebooks take, as far as it is known of each.

    Example:
        >>> str(together([Time(46, 45, 30), Time(74, 90)]))
        '2 min to run, 2 h 15 min to work through (core), 30 more (deeper)'
    """
    every = list(times)
    seconds = [time.seconds for time in every if time.seconds is not None]
    core = [time.core for time in every if time.core is not None]
    return Time(
        sum(seconds) if seconds else None,
        sum(core) if core else None,
        sum(time.deeper for time in every),
    )


def _count(said: str) -> int | None:
    """Minutes in ``45 minutes``, ``ten``, ``an hour and a half``, ``a quarter of an hour``."""
    words = said.lower().replace("about ", "").replace("\n", " ").strip()
    for share, minutes in (("a quarter of an hour", 15), ("half an hour", 30)):
        if words == share:
            return minutes
    match = re.fullmatch(
        r"(?P<n>\d+|[a-z]+)(?: (?P<unit>minutes?|hours?))?(?P<half> and a half)?", words
    )
    if match is None:
        return None
    number = int(match["n"]) if match["n"].isdigit() else _NUMBERS.get(match["n"])
    if number is None:
        return None
    hours = (match["unit"] or "").startswith("hour")
    return number * (60 if hours else 1) + (30 if match["half"] and hours else 0)


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else _minutes(round(seconds / 60))


def _minutes(minutes: int) -> str:
    """``45 min``, ``90 min``, ``5 h 20 min``."""
    hours, rest = divmod(minutes, 60)
    if minutes <= SHORT:
        return f"{minutes} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"
