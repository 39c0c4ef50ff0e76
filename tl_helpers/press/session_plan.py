"""What a session shows: its deck, and its plan as a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tl_helpers.core.errors import UnknownName
from tl_helpers.press import kits
from tl_helpers.press.kits import BLOCKS, Kit
from tl_helpers.press.slides.cut import Part, Slide


def deck(kit: Kit, slides: Sequence[Slide]) -> list[Slide]:
    """The slides that the presentation has time for, in one row, and the prompts at the end.

    A theme of several notebooks has more slides than 25 minutes hold. Those that its plan shows
    (and those that stem from no cell, such as the first) make the deck of the session.

    Args:
        kit: with its plan and its prompts for the discussion.
        slides: the whole deck of the theme.

    Returns:
        The slides of the session; none if the plan shows the whole deck anyway.
    """
    shown = {id for step in kit.blocks["Presentation"] for id in step.cells}
    chosen = [s for s in slides if not s.cells or shown & set(s.cells)]
    if len(chosen) == len(slides):
        return []
    prompts = kits.section(kit, "Discussion prompts")[1]
    lines = ["## For the discussion", "", *(f"{n}. {p[0]}" for n, p in enumerate(prompts, 1))]
    notes = [f"**{n}.** {text.strip()}" for n, (_, text) in enumerate(prompts, 1)]
    last = Slide(parts=[Part("text", "\n".join(lines), {})], notes=notes)
    return [replace(s, below=False) for s in chosen] + [last] * bool(prompts)


def table(kit: Kit, contents: Sequence[Any], slides: Sequence[Slide]) -> str:
    """The plan, with slide and cell numbers looked up.

    Args:
        kit: its plan is meant.
        contents: the notebooks of the kit, as stored.
        slides: those of the deck that is shown, in order.

    Raises:
        UnknownName: the plan names a cell that none of the notebooks has.
    """
    where: dict[str, _Place] = {}
    for path, notebook in zip(kit.notebooks, contents, strict=True):
        which = f"{path.stem[:2]}, " if len(contents) > 1 else ""
        where |= {cell.id: _Place(cell, which + name) for cell, name in _sections(notebook)}
    rows = ["| Clock | Min | What | Slides | In the notebook |", "|---|---|---|---|---|"]
    clock = 0
    for name, minutes in BLOCKS.items():
        rows.append(f"| **{_clock(clock)}** | **{minutes}** | **{name}** | | |")
        for step in kit.blocks[name]:
            for id in step.cells:
                if id not in where:
                    raise UnknownName(f"cell in the plan of {kit.path.name}", id, where)
            numbers = [n for n, s in enumerate(slides, 1) if set(step.cells) & set(s.cells)]
            places = _places([where[id] for id in step.cells])
            what = step.do.replace("|", "\\|")
            rows.append(
                f"| {_clock(clock)} | {step.minutes} | {what} | {_ranges(numbers)} | {places} |"
            )
            clock += step.minutes
    rows.append(f"| **{_clock(clock)}** | | **End** | | |")
    return "\n".join(rows)


@dataclass(frozen=True)
class _Place:
    cell: Any
    section: str


def _sections(notebook: Any) -> Iterator[tuple[Any, str]]:
    """Each cell with the section that most of it stands in."""
    section = "title"
    for cell in notebook.cells:
        before = section
        head = re.search(r"(?m)^## (.+)$", cell.source) if cell.cell_type == "markdown" else None
        if head:
            number = re.match(r"\d+", head[1])
            section = f"section {number[0]}" if number else head[1]
        late = head is not None and head.start() > len(cell.source) / 2
        yield cell, before if late else section


def _places(places: Sequence[_Place]) -> str:
    """As in ``section 2, [8]-[10]``: the numbers are those that Jupyter shows beside code."""
    groups: dict[str, list[int]] = {}
    for place in places:
        counts = groups.setdefault(place.section, [])
        counts += [place.cell.execution_count] if place.cell.get("execution_count") else []
    return "; ".join(
        section + (f", {_ranges(counts, '[{}]')}" if counts else "")
        for section, counts in groups.items()
    )


def _ranges(numbers: Sequence[int], form: str = "{}") -> str:
    """``1-3, 7`` for 1, 2, 3, 7."""
    runs: list[list[int]] = []
    for n in sorted(set(numbers)):
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ", ".join("–".join(form.format(n) for n in dict.fromkeys(run)) for run in runs)


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
