"""The session kit: one page a theme for whoever leads the 90 minutes.

A kit is ``notebooks/sessions/THEME.md``, plain Markdown written by hand, with places that
``tl kits`` fills from the notebooks of the theme. A theme of many notebooks has several sessions,
``THEME-1.md`` and so on; each then says which ``notebooks`` are its own::

    <!-- tl:begin plan -->
    ... written by tl kits ...
    <!-- tl:end plan -->

The places are ``objectives``, ``plan``, ``claims`` and ``exercises``. The plan itself stands in
the front matter, under ``session``: for each block its steps, with minutes, what to do and the
cells that are shown. Slide and cell numbers are looked up, so they cannot go stale::

    session:
      theme: Start
      notebooks: [00_start_here]   # in a theme of several sessions
      blocks:
        Presentation:
          - {minutes: 3, cells: [start-00], do: "The promise.", late: "Say it, show nothing."}

``late`` is optional: what to drop when the session runs late. Where a step has it, the plan has a
column for it, and a kit that begins with its plan has a run sheet for its first page.

Where the theme has more slides than its presentation shows, ``tl slides`` cuts a deck of just
those beside that of the theme, and the numbers in the plan are its. The site has a page of each
kit, which prints on A4.

A kit exists for a theme when somebody has written it; nothing makes an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, ValidationError

from tl_helpers.core import files, lessons
from tl_helpers.core.errors import BrokenFile, CourseError, UnknownName
from tl_helpers.measure import cards, claims
from tl_helpers.press import notebooks
from tl_helpers.press.slides import Deck, Slide, cut
from tl_helpers.press.slides.cut import Part

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
_PART = re.compile(r"-(\d)\Z")
_PLACE = re.compile(r"(<!-- tl:begin ([a-z]+) -->\n)(.*?)(<!-- tl:end \2 -->)", re.S)


_Line = Annotated[str, AfterValidator(lambda text: " ".join(text.split())), Field(min_length=1)]


class Step(BaseModel):
    """A few minutes of a session: how many, what to do, the cells shown, what to drop if late."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    minutes: Annotated[StrictInt, Field(ge=1)]
    do: _Line
    cells: tuple[str, ...] = ()
    late: _Line | None = None


class Plan(BaseModel):
    """What the front matter of a kit says under ``session``: block -> its steps."""

    theme: str
    blocks: dict[str, tuple[Step, ...]]
    notebooks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kit:
    """A kit as it is written.

    Attributes:
        path: the file.
        theme: as on the map of the course.
        blocks: block -> its steps.
        text: the whole file.
        notebooks: those of the session that exist, in order.
    """

    path: Path
    theme: str
    blocks: dict[str, tuple[Step, ...]]
    text: str
    notebooks: tuple[Path, ...]

    @property
    def body(self) -> str:
        """The text without its front matter."""
        return _FRONT.sub("", self.text)

    @property
    def title(self) -> str:
        """The theme, with the number of the session where there are several."""
        number = _PART.search(self.path.stem)
        return self.theme + (f", session {number[1]}" if number else "")

    @property
    def shown(self) -> set[str]:
        """The cells that the presentation shows."""
        return {id for step in self.blocks["Presentation"] for id in step.cells}


def find() -> list[Path]:
    """The kits that were written, in the order of the map.

    Example:
        >>> [path.stem for path in find()][:2]
        ['start', 'pre-training-1']
    """
    folder = files.root() / "notebooks" / "sessions"
    order = [lessons.slug(theme) for theme in lessons.themes()]
    planned = [path for path in sorted(folder.glob("*.md")) if _is_kit(path)]
    # One whose name is no theme's comes last; reading it says what is wrong with it.
    return sorted(planned, key=lambda path: [*order, _of(path)].index(_of(path)))


def _of(path: Path) -> str:
    """The file name of the theme that a kit is of."""
    return _PART.sub("", path.stem)


def _is_kit(path: Path) -> bool:
    front = _FRONT.match(path.read_text("utf-8"))
    return front is not None and re.search(r"(?m)^session:", front[1]) is not None


def read(path: Path) -> Kit:
    """Read one kit.

    Raises:
        BrokenFile: no front matter, a block without steps, or minutes that do not add up.
        UnknownName: a theme that is not on the map, or a block that is not in a session.
        CourseError: the theme has no notebook yet.

    Example:
        >>> read(find()[0]).theme
        'Start'
    """
    import yaml

    mend = f"Mend {path}; help(tl_helpers.press.kits) shows its form."
    text = path.read_text("utf-8")
    front = _FRONT.match(text)
    try:
        plan = Plan.model_validate(yaml.safe_load(front[1] if front else "")["session"])
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = f"{path.name} has no readable plan: {where}: {first['msg']}."
        raise BrokenFile(what, mend) from None
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise BrokenFile(f"{path.name} has no readable plan: {error!r}.", mend) from None
    themes = lessons.themes()
    if plan.theme not in themes:
        raise UnknownName("theme", plan.theme, themes)
    if _of(path) != (slug := lessons.slug(plan.theme)):
        raise BrokenFile(f"{path.name} is about {plan.theme}.", f"Call it {slug}.md.")
    if bool(_PART.search(path.stem)) != bool(plan.notebooks):
        raise BrokenFile(
            f"{path.name} must have a number and name its notebooks, or neither.",
            f"{slug}-1.md with notebooks: [...] is the first of several sessions.",
        )
    for name in plan.blocks:
        if name not in BLOCKS:
            raise UnknownName("block of a session", name, BLOCKS)
    for name, minutes in BLOCKS.items():
        there = sum(step.minutes for step in plan.blocks.get(name, ()))
        if there != minutes:
            raise BrokenFile(
                f"{path.name}: the steps of {name} take {there} minutes, not {minutes}.", mend
            )
    there_is = {p.stem: p for p in notebooks.find()}
    mine = [there_is[row.notebook] for row in themes[plan.theme] if row.notebook in there_is]
    for name in plan.notebooks:
        if name not in (known := [path.stem for path in mine]):
            raise UnknownName(f"notebook in {path.name}", name, known)
    mine = [path for path in mine if path.stem in (plan.notebooks or (path.stem,))]
    if not mine:
        raise CourseError(f"The theme {plan.theme} has no notebook yet.", f"Remove {path}.")
    return Kit(path, plan.theme, plan.blocks, text, tuple(mine))


def problems(kit: Kit) -> list[str]:
    """What a kit still lacks; empty if it is complete.

    Example:
        >>> problems(read(find()[0]))
        []
    """
    lacks = []
    for name, least in SECTIONS.items():
        body, parts = section(kit, name)
        if not body:
            lacks.append(f"no section “{name}”")
        elif len(parts) < least:
            lacks.append(f"“{name}” has {len(parts)} parts (###), at least {least} are needed")
        lacks += [f"“{name}”: nothing under “{head}”" for head, rest in parts if not rest.strip()]
        if name == "Discussion prompts":
            deaf = [head for head, rest in parts if "*Listen for*" not in rest]
            lacks += [f"“{name}”: “{head}” does not say what to *Listen for*" for head in deaf]
    places = [name for _, name, _, _ in _PLACE.findall(kit.body)]
    lacks += [f"no place for {name}" for name in PLACES if name not in places]
    lacks += [f"an unknown place, {name}" for name in places if name not in PLACES]
    return [f"{kit.path.name}: {line}" for line in lacks]


def section(kit: Kit, name: str) -> tuple[str, list[tuple[str, str]]]:
    """A section of a kit: its text, and heading and text of each of its parts (``###``).

    Example:
        >>> len(section(read(find()[0]), "Misconceptions")[1]) >= 4
        True
    """
    sections = dict(re.findall(r"(?ms)^## (.+?)\s*$\n(.*?)(?=^## |\Z)", kit.body))
    body = sections.get(name, "").strip()
    return body, re.findall(r"(?ms)^### (.+?)\s*$\n(.*?)(?=^### |\Z)", body)


# ------------------------------------------------------------------------ the deck of a session


def with_sessions(decks: Sequence[Deck]) -> list[Deck]:
    """These decks, and behind that of a theme a shorter one for each session that has one.

    Raises:
        BrokenFile: the kit of such a theme cannot be read.

    Example:
        >>> with_sessions([])
        []
    """
    written, longer = find(), []
    for deck in decks:
        mine = [read(path) for path in written if _of(path) == deck.name]
        shorter = {kit.path.stem: (kit, presented(kit, deck.slides)) for kit in mine}
        whole = next((kit for kit, chosen in shorter.values() if not chosen), None)
        longer.append(replace(deck, slides=paced(whole, deck.slides)) if whole else deck)
        for name, (kit, chosen) in shorter.items():
            if chosen:
                title = f"Session: {kit.title}"
                longer.append(replace(deck, name=f"{name}-session", title=title, slides=chosen))
    return longer


def presented(kit: Kit, slides: Sequence[Slide]) -> list[Slide]:
    """The slides that the presentation has time for, in one row, and the prompts at the end.

    A theme of several notebooks has more slides than 25 minutes hold. Those that its plan shows
    (and those that stem from no cell, such as the first) make the deck of the session.

    Args:
        kit: with its plan and its prompts for the discussion.
        slides: the whole deck of the theme.

    Returns:
        The slides of the session; none if the plan shows the whole deck anyway.

    Example:
        >>> slides = presented(read(find()[0]), deck.slides)  # doctest: +SKIP
    """
    chosen = [slide for slide in slides if not slide.cells or kit.shown & set(slide.cells)]
    if len(chosen) == len(slides):
        return []
    prompts = section(kit, "Discussion prompts")[1]
    lines = ["## For the discussion", "", *(f"{n}. {p[0]}" for n, p in enumerate(prompts, 1))]
    notes = [f"**{n}.** {text.strip()}" for n, (_, text) in enumerate(prompts, 1)]
    last = Slide(parts=[Part("text", "\n".join(lines), {})], notes=notes)
    return [replace(slide, below=False) for slide in paced(kit, chosen)] + [last] * bool(prompts)


def paced(kit: Kit, slides: Sequence[Slide]) -> list[Slide]:
    """The slides with the seconds that the plan gives them: a step's, shared by its slides.

    The speaker's view of reveal.js shows by them whether one is ahead or behind.

    Args:
        kit: with its plan.
        slides: those of a deck.

    Example:
        >>> paced(read(find()[0]), [])
        []
    """
    seconds = [0] * len(slides)
    for step in kit.blocks["Presentation"]:
        mine = [n for n, slide in enumerate(slides) if set(step.cells) & set(slide.cells)]
        for n in mine:
            seconds[n] += round(60 * step.minutes / len(mine))
    return [replace(slide, seconds=s) for slide, s in zip(slides, seconds, strict=True)]


# --------------------------------------------------------------------- the page for participants


def sheet(kit: Kit) -> str:
    """What the room gets, in Markdown: the kit's bets, aims, exercises and prompts, no answers.

    Args:
        kit: filled.

    Example:
        >>> "Listen for" in sheet(read(find()[0]))
        False
    """
    from tl_helpers import exercises

    titles = {row.notebook: row.title for row in lessons.rows()}
    names = [path.stem for path in kit.notebooks]
    before = [f"- [{name[:2]}, {titles[name]}](../{name}.ipynb)" for name in names]
    parts = section(kit, "Preparation")[1]
    asked = next((text for head, text in parts if head.startswith("Two weeks before")), "")
    bets = re.findall(r"(?ms)^(\d+\. .+?)(?=^\d+\. |\n\n|\Z)", asked)
    aims = next((text for _, name, text, _ in _PLACE.findall(kit.body) if name == "objectives"), "")
    tasks = [
        f"- **{name[:2]}, exercise {one.number}.** {one.question}"
        for name in names
        for one in exercises.of(name).values()
    ]
    prompts = section(kit, "Discussion prompts")[1]
    listed = {
        "Run before the session": before,
        "Your bets": bets and ["Write your answers down before you run anything.", "", *bets],
        "What you can do afterwards": [aims.strip()],
        "Exercises": tasks,
        "For the discussion": [f"{n}. {head}" for n, (head, _) in enumerate(prompts, 1)],
    }
    sections = [
        f"## {head}\n\n" + "\n".join(line.rstrip() for line in lines)
        for head, lines in listed.items()
        if lines
    ]
    return "\n\n".join([f"# {kit.title}: sheet for participants", *sections]) + "\n"


# -------------------------------------------------------------------------- filling in the places


def update(names: Sequence[str] = (), check: bool = False) -> list[Path]:
    """Fill the kits in ``notebooks/sessions/``; nothing is written unless each is complete.

    Args:
        names: themes, such as ``start``; every kit that exists without any.
        check: write nothing; raise if a kit is not what ``tl kits`` would make it.

    Returns:
        The kits.

    Raises:
        UnknownName: a theme without a kit.
        BrokenFile: a kit is incomplete, or out of date with ``check``.
        CourseError: there are no kits.

    Example:
        >>> [path.stem for path in update()]  # doctest: +SKIP
        ['start', 'pre-training-1']
    """
    known = {path.stem: path for path in find()}
    if not known:
        raise CourseError(
            "There are no session kits.", "They are written in notebooks/sessions/THEME.md."
        )
    for name in names:
        if name not in known:
            raise UnknownName("session kit", name, known)
    kits = [read(known[name]) for name in names or known]
    if lacks := [line for kit in kits for line in problems(kit)]:
        raise BrokenFile("A session kit is incomplete: " + "; ".join(lacks) + ".", "Write it.")
    stale = {kit.path: text for kit in kits if (text := fill(kit)) != kit.text}
    if check and stale:
        late = ", ".join(path.name for path in stale)
        raise BrokenFile(f"Out of date: {late}.", "Run: tl kits")
    for path, text in stale.items():
        files.write_text(path, text)
    return [kit.path for kit in kits]


def fill(kit: Kit) -> str:
    """The text of a kit with its places filled from the notebooks as they are stored.

    Raises:
        UnknownName: the plan names a cell that none of the notebooks has.
        BrokenFile: a place that nobody knows how to fill.

    Example:
        >>> fill(kit) == kit.text  # doctest: +SKIP
        True
    """
    contents = [notebooks.read(path) for path in kit.notebooks]
    results = claims.collect(kit.notebooks)
    said = {claim.id: cards.result(claim) for claim in results}
    slides = [slide for notebook in contents for slide in cut(notebook, said)]
    if len(contents) > 1 or _PART.search(kit.path.stem):
        # the deck of a theme of several notebooks begins with a slide of its own
        slides.insert(0, Slide())
    filled = {
        "objectives": lambda: _objectives(kit, contents),
        "plan": lambda: _plan(kit, contents, presented(kit, slides) or slides),
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


def _plan(kit: Kit, contents: Sequence[Any], slides: Sequence[Slide]) -> str:
    """The plan as a table, with slide and cell numbers looked up."""
    places: dict[str, tuple[str, Any]] = {}
    for path, notebook in zip(kit.notebooks, contents, strict=True):
        which = f"{path.stem[:2]}, " if len(contents) > 1 else ""
        places |= {cell.id: (which + name, cell) for cell, name in _sections(notebook)}
    hurried = any(step.late for steps in kit.blocks.values() for step in steps)
    late = " If late |" if hurried else ""
    empty = " |" if hurried else ""
    rows = [f"| Clock | Min | What |{late} Slides | In the notebook |"]
    rows += ["|---" * (rows[0].count("|") - 1) + "|"]
    clock = 0
    for name, minutes in BLOCKS.items():
        rows.append(f"| **{_clock(clock)}** | **{minutes}** | **{name}** |{empty} | |")
        for step in kit.blocks[name]:
            for id in step.cells:
                if id not in places:
                    raise UnknownName(f"cell in the plan of {kit.path.name}", id, places)
            numbers = [n for n, s in enumerate(slides, 1) if set(step.cells) & set(s.cells)]
            where = _where([places[id] for id in step.cells])
            if hurried:  # a run sheet has to fit on a page
                where = where.replace(", section ", " §").replace(", [", " [")
            said = [step.do, *([step.late or ""] if hurried else [])]
            what = " | ".join(text.replace("|", "\\|") for text in said)
            rows.append(
                f"| {_clock(clock)} | {step.minutes} | {what} | {_ranges(numbers)} | {where} |"
            )
            clock += step.minutes
    rows.append(f"| **{_clock(clock)}** | | **End** |{empty} | |")
    return "\n".join(rows)


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


def _where(cells: Sequence[tuple[str, Any]]) -> str:
    """As in ``section 2, [8]-[10]``: the numbers are those that Jupyter shows beside code."""
    counts: dict[str, list[int]] = {}
    for section, cell in cells:
        numbers = counts.setdefault(section, [])
        numbers += [cell.execution_count] if cell.get("execution_count") else []
    return "; ".join(
        section + (f", {_ranges(numbers, '[{}]')}" if numbers else "")
        for section, numbers in counts.items()
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


def _claims(results: Sequence[claims.Claim]) -> str:
    if not results:
        return "The notebooks of this theme record no claims."
    rows = ["| Claim | Promised | Measured | Verdict |", "|---|---|---|---|"]
    for claim in results:
        verdict = cards.LOOKS[claim.verdict].word.lower()
        cells = (claim.sentence, cards.promise(claim), cards.result(claim), verdict)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _exercises(kit: Kit) -> Iterator[str]:
    from tl_helpers import exercises

    mine = [e for path in kit.notebooks for e in exercises.of(path.stem).values()]
    if not mine:
        yield "The notebooks of this theme have no exercises."
    for exercise in mine:
        where = exercise.notebook.partition("_")[0]
        yield f"**{where}, exercise {exercise.number}** (`{exercise.id}`): {exercise.question}\n"
        yield f"```python\n{exercise.solution}\n```\n"
        yield f"{exercise.praise}\n"
        yield f"*A typical slip:* {exercise.mistakes[0].says}\n"
