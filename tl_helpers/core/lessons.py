"""The lessons: a folder for each notebook, in the package ``tl_lessons`` beside them.

``tl_lessons/<name without number>/lesson.toml`` says what the notebook is about, what it needs from
the Hub and what it claims; ``tl_lessons/course.toml`` names the themes, and the notebooks that are
planned. From these two the map of the course is made.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from tl_helpers.core import files, records
from tl_helpers.core.errors import BrokenFile, UnknownName
from tl_helpers.core.records import Record, Text

START = "Start"
"""What stands before the themes on the map."""

FILE, PACKAGE = "lesson.toml", "tl_lessons"
_NAME = r"^[0-9]{2}_[a-z][a-z0-9_]*$"


class Promise(Record):
    """What a lesson promises to measure: one ``[[claim]]`` of its file.

    Attributes:
        id: name in kebab-case.
        sentence: the promise in words, true if the claim is supported.
        direction: ``">0"`` or ``"<0"``; or ``"about"``: the effect is ``about``, give or take
            ``margin``.
        minimum: the promised size of the effect, never negative, in ``unit``.
        about: where the effect is promised to lie, if the direction is ``"about"``.
        margin: how far from there it may be, up or down.
        unit: such as ``"accuracy points"``.
        signed: whether the effect is a difference, and shown with its sign; ``false`` for what is
            a size of its own, such as "10 times as fast" or "BLEU 99.5".
        outcome: the verdict that the course reports. What came out against the expectation stands
            here with the sentence that was expected, and ``"contradicted"`` or ``"inconclusive"``.
        notebook: the notebook that measures it; filled in from the head of the file.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    sentence: Text
    direction: Literal[">0", "<0", "about"]
    minimum: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    about: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    margin: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    unit: Text
    signed: bool = True
    outcome: Literal["supported", "inconclusive", "contradicted"] = "supported"
    notebook: str = ""

    @model_validator(mode="after")
    def _has_its_bar(self) -> Promise:
        two_sided, given = self.direction == "about", self.model_fields_set
        if two_sided and (not self.margin or "about" not in given or "minimum" in given):
            raise ValueError('"about" takes the fields about and margin (above 0), and no minimum')
        if not two_sided and ("minimum" not in given or given & {"about", "margin"}):
            raise ValueError('">0" and "<0" take the field minimum, and neither about nor margin')
        return self


class Row(Record):
    """A notebook on the map of the course.

    Attributes:
        notebook: its name, number first.
        title: a readable name.
        theme: one of the course's themes, or :data:`START`.
        question: the one that it answers.
    """

    ready: ClassVar[bool] = False

    notebook: Annotated[str, Field(pattern=_NAME)]
    title: Text
    theme: Text
    question: Annotated[str, Field(pattern=r"^\S.*\?$")]

    @property
    def number(self) -> str:
        """``"10"`` for ``10_distributional_hypothesis``."""
        return self.notebook.partition("_")[0]

    @property
    def folder(self) -> str:
        """``"distributional_hypothesis"`` for ``10_distributional_hypothesis``."""
        return self.notebook.partition("_")[2]


class Facts(Row):
    """The file ``lesson.toml``: a notebook that is written.

    Attributes:
        hub: names in the catalogue of what it uses of the Hub.
        shelf: names of the pieces of the shelf that it uses.
        claim: what it promises to measure.
    """

    ready: ClassVar[bool] = True

    hub: list[str] = []
    shelf: list[str] = []
    claim: list[Promise] = []

    @property
    def promises(self) -> list[Promise]:
        """Its claims, with its name in them."""
        return [row.model_copy(update={"notebook": self.notebook}) for row in self.claim]


class Theme(Record):
    """A theme, and the question that its notebooks share."""

    name: Text
    question: Text


class Moved(Record):
    """A notebook that has another name now.

    Attributes:
        was: its old name.
        now: where it went; the first of them is where a reader goes on.
    """

    was: Annotated[str, Field(pattern=_NAME)]
    now: Annotated[list[Annotated[str, Field(pattern=_NAME)]], Field(min_length=1)]


class Plan(Record):
    """The file ``course.toml``.

    Attributes:
        theme: the themes in order.
        planned: the notebooks that are not written yet.
        moved: old names, and where to find what stood there.
    """

    theme: list[Theme]
    planned: list[Row] = []
    moved: list[Moved] = []


def home() -> Path:
    """The folder of all lessons: that of the course, or the one that is installed.

    Example:
        >>> home().name
        'tl_lessons'
    """
    here = files.root() / "notebooks" / "tl_lessons"
    return here if here.is_dir() else find()


def read(path: Path) -> Facts:
    """One lesson's file.

    Raises:
        BrokenFile: it cannot be read, or two claims have the same id (the second would silently
            take the place of the first); names file and line.

    Example:
        >>> read(path_of("00_start_here")).title
        'Start here'
    """
    facts = records.read(path, Facts)
    first: dict[str, int] = {}
    for place, promise in enumerate(facts.claim):
        line = records.line_of(path.read_text("utf-8"), ("claim", place, "id"))
        if promise.id in first:
            raise BrokenFile(
                f"{path}, line {line}: the claim {promise.id!r} stands twice; it is also in line "
                f"{first[promise.id]}.",
                "Give one of them another id.",
            )
        first[promise.id] = line
    return facts


def plan() -> Plan:
    """The themes and the planned notebooks.

    Raises:
        BrokenFile: ``course.toml`` cannot be read.

    Example:
        >>> [theme.name for theme in plan().theme]
        ['Pre-training', 'Target tasks', 'Adaptation', 'Discussion']
    """
    return records.read(home() / "course.toml", Plan)


def moved() -> dict[str, list[str]]:
    """Old name of a notebook -> the notebooks that it is now.

    Raises:
        BrokenFile: ``course.toml`` cannot be read, an old name is a notebook again, or a new one is
            none.

    Example:
        >>> moved()["14_supervised_pretraining"]
        ['16_supervised_pretraining']
    """
    known, place = {row.notebook for row in rows()}, home() / "course.toml"
    names: dict[str, list[str]] = {}
    for number, row in enumerate(plan().moved):
        lost = [name for name in row.now if name not in known]
        if row.was in known or lost:
            wrong = f"{row.was} is a notebook" if row.was in known else f"there is no {lost[0]}"
            line = records.line_of(place.read_text("utf-8"), ("moved", number, "was"))
            raise BrokenFile(f"{place}, line {line}: {wrong}.", "Mend the row under [[moved]].")
        names[row.was] = row.now
    return names


def every() -> dict[str, Facts]:
    """Name of each notebook that is written -> what its file says, in order.

    Raises:
        BrokenFile: a file that cannot be read, or that does not fit the others; names file and
            line.

    Example:
        >>> every()["00_start_here"].theme
        'Start'
    """
    course, place = plan(), home() / "course.toml"
    themes = [START, *(theme.name for theme in course.theme)]
    taken = {row.number: place for row in course.planned}
    lessons: dict[str, Facts] = {}
    for path in sorted(home().glob(f"*/{FILE}")):
        facts = read(path)
        if facts.number in taken:
            what = f"the number {facts.number} is taken by {taken[facts.number]}"
            do = "Give it another number; a planned notebook leaves course.toml when it is written."
            raise _misfit(path, "notebook", what, do)
        if facts.folder != path.parent.name:
            what = f"the folder of {facts.notebook} is called {path.parent.name}"
            raise _misfit(path, "notebook", what, f"Call it {facts.folder}.")
        if facts.theme not in themes:
            what = f"{facts.theme!r} is no theme of the course"
            raise _misfit(path, "theme", what, f"Choose one of: {', '.join(themes)}.")
        taken[facts.number] = path
        lessons[facts.notebook] = facts
    return dict(sorted(lessons.items()))


def _misfit(path: Path, key: str, what: str, do: str) -> BrokenFile:
    line = records.line_of(path.read_text("utf-8"), (key,))
    return BrokenFile(f"{path}, line {line}: {what}.", do)


def path_of(notebook: str) -> Path:
    """The file of a lesson.

    Example:
        >>> path_of("00_start_here").parent.name
        'start_here'
    """
    return home() / notebook.partition("_")[2] / FILE


def of(notebook: str) -> Facts:
    """What the file of one lesson says.

    Raises:
        UnknownName: no such lesson.

    Example:
        >>> of("00_start_here").title
        'Start here'
    """
    lessons = every()
    if notebook not in lessons:
        raise UnknownName("lesson", notebook, lessons)
    return lessons[notebook]


def rows() -> list[Row]:
    """Every notebook on the map, written (``ready``) or planned, in order.

    Example:
        >>> rows()[0].notebook
        '00_start_here'
    """
    return sorted([*every().values(), *plan().planned], key=lambda row: row.notebook)


def themes() -> dict[str, list[Row]]:
    """Theme -> its notebooks on the map, in order; what stands before the themes comes first.

    Example:
        >>> [row.notebook for row in themes()["Start"]]
        ['00_start_here']
    """
    names, every_row = [START, *(theme.name for theme in plan().theme)], rows()
    return {name: [row for row in every_row if row.theme == name] for name in names}


def slug(theme: str) -> str:
    """How files of a theme are called.

    Example:
        >>> slug("Target tasks")
        'target-tasks'
    """
    return re.sub(r"[^a-z0-9]+", "-", theme.lower()).strip("-")


def find() -> Path:
    """The folder of the package ``tl_lessons``: installed, or in ``notebooks/`` of a checkout.

    Example:
        >>> find().name
        'tl_lessons'
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None:  # a checkout that is not installed: its notebooks/ has it
        sys.path.append(str(files.PACKAGE.parent / "notebooks"))
        importlib.invalidate_caches()
        spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise BrokenFile(f"The package {PACKAGE} is missing.", "Install the course again.")
    return Path(spec.submodule_search_locations[0])


def load(notebook: str, part: str) -> ModuleType | None:
    """A module of a lesson, such as its ``"exercises"``; None if the lesson has none, or is none.

    Lessons stand above this room, and say nothing to it: they are found by name when they are asked
    for. This is the one door upstairs.

    Example:
        >>> load("00_start_here", "exercises").__name__
        'tl_lessons.start_here.exercises'
    """
    find()
    name = f"{PACKAGE}.{notebook.partition('_')[2]}.{part}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not name.startswith(error.name or "?"):
            raise
        return None


def modules(wanted: Callable[[str], bool]) -> Iterator[ModuleType]:
    """Import and yield the modules of all lessons whose own name is ``wanted``, in order.

    Example:
        >>> next(modules(lambda name: name == "exercises")).__name__
        'tl_lessons.bias.exercises'
    """
    for folder in pkgutil.iter_modules([str(find())]):
        if folder.ispkg:
            for module in pkgutil.iter_modules([str(find() / folder.name)]):
                if wanted(module.name):
                    loaded = load(f"_{folder.name}", module.name)
                    assert loaded is not None
                    yield loaded
