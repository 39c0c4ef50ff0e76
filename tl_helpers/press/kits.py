"""The session kit: one page a theme for whoever leads the 90 minutes.

A kit is ``notebooks/sessions/THEME.md``, plain Markdown written by hand, with places that
``tl sessions`` fills from the notebooks of the theme::

    <!-- tl:begin plan -->
    ... written by tl sessions ...
    <!-- tl:end plan -->

The places are ``objectives``, ``plan``, ``claims`` and ``exercises``. The plan itself stands in
the front matter, under ``session``: for each block its steps, with minutes, what to do and the
cells that are shown. Slide and cell numbers are looked up, so they cannot go stale::

    session:
      theme: Start
      blocks:
        Presentation:
          - {minutes: 3, cells: [start-00], do: "The promise."}

Where the theme has more slides than its presentation shows, ``tl slides`` cuts a deck of just
those beside that of the theme, and the numbers in the plan are its.

A kit exists for a theme when somebody has written it; nothing makes an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tl_helpers.core import files, lessons
from tl_helpers.core.errors import BrokenFile, CourseError, UnknownName
from tl_helpers.measure import cards, claims
from tl_helpers.press import notebooks
from tl_helpers.press.slides.cut import Slide

BLOCKS = {"Presentation": 25, "Questions": 15, "Break": 10, "Discussion": 20, "Chat": 20}
"""Block of a session -> its minutes."""

PLACES = ("objectives", "plan", "claims", "exercises")

SECTIONS = {
    "Preparation": 0,
    "Likely questions": 6,
    "Misconceptions": 4,
    "Discussion prompts": 4,
    "If the room is ahead": 0,
    "If the room is behind": 0,
    "After the session": 0,
}
"""Section that somebody must write -> how many parts (``###``) it has at least."""

_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.S)
_PLACE = re.compile(r"(<!-- tl:begin ([a-z]+) -->\n)(.*?)(<!-- tl:end \2 -->)", re.S)


@dataclass(frozen=True)
class Step:
    """A few minutes of a session."""

    minutes: int
    do: str
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kit:
    """A kit as it is written.

    Attributes:
        path: the file.
        theme: as on the map of the course.
        blocks: block -> its steps.
        text: the whole file.
        notebooks: those of the theme that exist, in order.
    """

    path: Path
    theme: str
    blocks: dict[str, tuple[Step, ...]]
    text: str
    notebooks: tuple[Path, ...]


def find() -> list[Path]:
    """The kits that were written, in the order of the map."""
    folder = files.root() / "notebooks" / "sessions"
    order = [_slug(row.theme) for row in lessons.rows()]
    every = [path for path in sorted(folder.glob("*.md")) if _planned(path)]
    # One whose name is no theme's comes last; reading it says what is wrong with it.
    return sorted(every, key=lambda path: [*order, path.stem].index(path.stem))


def _planned(path: Path) -> bool:
    front = _FRONT.match(path.read_text("utf-8"))
    return front is not None and re.search(r"(?m)^session:", front[1]) is not None


def _slug(theme: str) -> str:
    from tl_helpers.press.slides import theme_slug

    return theme_slug(theme)


def read(path: Path) -> Kit:
    """Read one kit.

    Raises:
        BrokenFile: no front matter, a block without steps, or minutes that do not add up.
        UnknownName: a theme that is not on the map, or a block that is not in a session.
        CourseError: the theme has no notebook yet.
    """
    import yaml

    mend = f"Mend {path}; help(tl_helpers.press.kits) shows its form."
    text = path.read_text("utf-8")
    front = _FRONT.match(text)
    try:
        given = yaml.safe_load(front[1] if front else "")["session"]
        theme, plan = given["theme"], given["blocks"]
        blocks = {name: tuple(_step(step) for step in steps) for name, steps in plan.items()}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise BrokenFile(f"{path.name} has no readable plan: {error!r}.", mend) from None
    themes = list(dict.fromkeys(row.theme for row in lessons.rows()))
    if theme not in themes:
        raise UnknownName("theme", theme, themes)
    if path.stem != _slug(theme):
        raise BrokenFile(f"{path.name} is about {theme}.", f"Call it {_slug(theme)}.md.")
    for name in blocks:
        if name not in BLOCKS:
            raise UnknownName("block of a session", name, BLOCKS)
    for name, minutes in BLOCKS.items():
        there = sum(step.minutes for step in blocks.get(name, ()))
        if there != minutes:
            raise BrokenFile(
                f"{path.name}: the steps of {name} take {there} minutes, not {minutes}.", mend
            )
    every = {p.stem: p for p in notebooks.find()}
    mine = [row for row in lessons.rows() if row.theme == theme and row.notebook in every]
    if not mine:
        raise CourseError(f"The theme {theme} has no notebook yet.", f"Remove {path}.")
    return Kit(path, theme, blocks, text, tuple(every[row.notebook] for row in mine))


def _step(given: dict[str, Any]) -> Step:
    if extra := set(given) - {"minutes", "do", "cells"}:
        raise ValueError(f"unknown field {sorted(extra)[0]} of a step")
    if not isinstance(given["minutes"], int) or given["minutes"] < 1 or not given["do"].strip():
        raise ValueError("a step without minutes, or without anything to do")
    return Step(given["minutes"], " ".join(given["do"].split()), tuple(given.get("cells", ())))


def problems(kit: Kit) -> list[str]:
    """What a kit still lacks; empty if it is complete."""
    text = _FRONT.sub("", kit.text)
    found = []
    for name, least in SECTIONS.items():
        body, parts = section(kit, name)
        if not body:
            found.append(f"no section “{name}”")
        elif len(parts) < least:
            found.append(f"“{name}” has {len(parts)} parts (###), at least {least} are needed")
        found += [f"“{name}”: nothing under “{head}”" for head, rest in parts if not rest.strip()]
        if name == "Discussion prompts":
            deaf = [head for head, rest in parts if "*Listen for*" not in rest]
            found += [f"“{name}”: “{head}” does not say what to *Listen for*" for head in deaf]
    places = [name for _, name, _, _ in _PLACE.findall(text)]
    found += [f"no place for {name}" for name in PLACES if name not in places]
    found += [f"an unknown place, {name}" for name in places if name not in PLACES]
    return [f"{kit.path.name}: {line}" for line in found]


def section(kit: Kit, name: str) -> tuple[str, list[tuple[str, str]]]:
    """A section of a kit: its text, and heading and text of each of its parts (``###``)."""
    text = _FRONT.sub("", kit.text)
    sections = dict(re.findall(r"(?ms)^## (.+?)\s*$\n(.*?)(?=^## |\Z)", text))
    body = sections.get(name, "").strip()
    return body, re.findall(r"(?ms)^### (.+?)\s*$\n(.*?)(?=^### |\Z)", body)


def fill(kit: Kit) -> str:
    """The text of a kit with its places filled from the notebooks as they are stored.

    Raises:
        UnknownName: the plan names a cell that none of the notebooks has.
        BrokenFile: a place that nobody knows how to fill.
    """
    from tl_helpers.press import session_plan
    from tl_helpers.press.slides import cut

    contents = [notebooks.read(path) for path in kit.notebooks]
    results = claims.collect(kit.notebooks)
    said = {claim.id: cards.result(claim) for claim in results}
    slides = [slide for notebook in contents for slide in cut(notebook, said)]
    if len(contents) > 1:  # the deck of such a theme begins with a slide of its own
        slides.insert(0, Slide())
    slides = session_plan.deck(kit, slides) or slides
    filled = {
        "objectives": lambda: _objectives(kit, contents),
        "plan": lambda: session_plan.table(kit, contents, slides),
        "claims": lambda: _claims(results),
        "exercises": lambda: "\n".join(_exercises(kit)),
    }

    def put(place: re.Match[str]) -> str:
        if place[2] not in filled:
            raise BrokenFile(f"{kit.path.name}: nothing fills {place[2]!r}.", ", ".join(filled))
        return f"{place[1]}{filled[place[2]]().strip()}\n{place[4]}"

    return _PLACE.sub(put, kit.text)


def _objectives(kit: Kit, contents: Sequence[Any]) -> str:
    titles = {row.notebook: row.title for row in lessons.rows()}
    lines: list[str] = []
    for path, notebook in zip(kit.notebooks, contents, strict=True):
        first = next(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        listed = re.search(r"(?ms)^You will be able to.*?$\n+((?:[-*] .*?\n)+)", first + "\n")
        if listed and len(contents) > 1:
            lines += ["", f"*{titles[path.stem]}*", ""]
        lines += listed[1].strip().splitlines() if listed else []
    return "\n".join(lines) or "The notebooks of this theme list no objectives."


def _claims(results: Sequence[claims.Claim]) -> str:
    if not results:
        return "The notebooks of this theme record no claims."
    rows = ["| Claim | Measured | Verdict |", "|---|---|---|"]
    for claim in results:
        verdict = cards.LOOKS[claim.verdict].word.lower()
        rows.append(f"| {claim.sentence} | {cards.result(claim)} | {verdict} |")
    return "\n".join(rows)


def _exercises(kit: Kit) -> Iterator[str]:
    from tl_helpers import exercises

    mine = [e for path in kit.notebooks for e in exercises.of(path.stem).values()]
    if not mine:
        yield "The notebooks of this theme have no exercises."
    for exercise in mine:
        yield f"**`{exercise.id}`** {exercise.question}\n"
        yield f"```python\n{exercise.solution}\n```\n"
        yield f"{exercise.praise}\n"
        yield f"*A typical slip:* {exercise.mistakes[0].says}\n"
