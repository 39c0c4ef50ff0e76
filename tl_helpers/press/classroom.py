"""``tl class``: what a class has done, from the files that its learners exported.

Everything stays on this machine. A file that cannot be read is named, and the rest is counted.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from tl_helpers import exercises
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError
from tl_helpers.exercises import Exercise, handin
from tl_helpers.exercises.handin import HandIn

MOST_SLIPS = 3  # of one exercise that are shown
_OTHER = "(another wrong answer, which the course does not know)"
_WIDTH = 100


def gather(folder: Path) -> tuple[list[HandIn], list[str]]:
    """The newest file of each learner, and what is to be said about the other files.

    Folders in the folder are read as well, since some learning platforms make one for each learner.

    Raises:
        BadValue: there is no such folder.
        CourseError: none of its files can be counted.

    Example:
        >>> learners, remarks = gather(Path("handed-in"))  # doctest: +SKIP
    """
    if not folder.is_dir():
        raise BadValue(f"{folder} is no folder.", "Name the one with the files of your class.")
    newest: dict[str, tuple[HandIn, Path]] = {}
    remarks = []
    files = [p for p in sorted(folder.rglob("*")) if not _hidden(p, folder) and p.is_file()]
    for path in files:
        try:
            one = handin.read(path)
        except BrokenFile as error:
            remarks.append(f"{error.what} It is not counted.")
            continue
        name = one.learner.casefold()
        if name not in newest:
            newest[name] = one, path
            continue
        other, place = newest[name]
        older = path if one.date <= other.date else place
        if one.date > other.date:
            newest[name] = one, path
        remarks.append(
            f"{one.learner} is there twice: {place.relative_to(folder)} and "
            f"{path.relative_to(folder)}. The older one, {older.relative_to(folder)}, is not "
            "counted. If these are two people, write another name into one of the files."
        )
    if not newest:
        raise CourseError(
            "\n".join([f"There is no exported progress in {folder}.", *remarks]),
            "Each learner makes a file: tl progress --export NAME (or, in a notebook, "
            'tl.exercises.export("NAME")).',
        )
    return [one for _, (one, _) in sorted(newest.items())], remarks


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def lines(folder: Path) -> Iterator[str]:
    """What ``tl class`` prints: who finished what, what was hard, and what went wrong how often.

    Raises:
        BadValue, CourseError: see :func:`gather`.

    Example:
        >>> next(lines(Path("handed-in")))  # doctest: +SKIP
        '12 learners'
    """
    class_, remarks = gather(folder)
    known = exercises.everything()
    yield f"{len(class_)} learner{'s' * (len(class_) != 1)}"
    for one in class_:
        if strangers := sorted(set(one.exercises) - set(known)):
            remarks.append(
                f"{one.learner} has exercises that this course does not have: "
                f"{', '.join(strangers)}. They are not counted."
            )
    begun = [e for e in known.values() if any(_tried(one, e) for one in class_)]
    yield from ["", "Who has finished what (exercises done, of all in the notebook)", ""]
    yield from _finished(class_, list(known.values()), begun)
    yield from ["", "Exercises (of those who tried them)", ""]
    yield from _hard(class_, begun)
    yield from _slips(class_, begun)
    if remarks:
        yield from ["", "Please note", ""]
        for remark in remarks:
            yield from textwrap.wrap(remark, _WIDTH, initial_indent="- ", subsequent_indent="  ")


def _tried(one: HandIn, exercise: Exercise) -> bool:
    entry = one.exercises.get(exercise.id)
    return entry is not None and (entry.done or entry.tries > 0)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns side by side; the first from the left, the others from the right."""
    wide = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        cells = [row[0].ljust(wide[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], wide[1:], strict=True)]
        yield "  ".join(cells).rstrip()


def _called(exercise: Exercise) -> str:
    number = exercise.notebook.partition("_")[0]
    return f"{number}, exercise {exercise.number} ({exercise.id})"


def _finished(
    class_: Sequence[HandIn], known: Sequence[Exercise], begun: Sequence[Exercise]
) -> Iterator[str]:
    notebooks = sorted({e.notebook for e in begun})
    of = {n: [e.id for e in known if e.notebook == n] for n in notebooks}
    rows = []
    for one in class_:
        done = {id for id, entry in one.exercises.items() if entry.done}
        parts = [f"{len(done.intersection(of[n]))}/{len(of[n])}" for n in notebooks]
        counted = done.intersection(id for n in notebooks for id in of[n])
        seen = sum(one.exercises[id].solution_seen for id in counted)
        rows.append([one.learner, *parts, str(len(counted)), str(seen)])
    head = ["", *(n.partition("_")[0] for n in notebooks), "done", "of these, solution seen"]
    yield from _table(head, rows)


def _hard(class_: Sequence[HandIn], begun: Sequence[Exercise]) -> Iterator[str]:
    rows = []
    for exercise in begun:
        theirs = [one.exercises[exercise.id] for one in class_ if _tried(one, exercise)]
        rows.append(
            [
                _called(exercise),
                f"{sum(entry.done for entry in theirs)}/{len(theirs)}",
                f"{median(entry.tries for entry in theirs):g}",
                str(sum(entry.solution_seen for entry in theirs)),
            ]
        )
    yield from _table(["", "done", "tries (median)", "solution seen"], rows)


def _slips(class_: Sequence[HandIn], begun: Sequence[Exercise]) -> Iterator[str]:
    """The most common wrong answers of each exercise, by how many learners gave them."""
    said = False
    for exercise in begun:
        theirs = [one.exercises[exercise.id] for one in class_ if _tried(one, exercise)]
        counts = Counter(slip for entry in theirs for slip, n in entry.wrong.items() if n)
        if not counts:
            continue
        if not said:
            yield from ["", "Common wrong answers (how many learners, and what the course replied)"]
            said = True
        yield from ["", _called(exercise)]
        for slip, count in counts.most_common(MOST_SLIPS):
            first = f"{count:>5}  "
            yield from textwrap.wrap(
                slip or _OTHER, _WIDTH, initial_indent=first, subsequent_indent=" " * len(first)
            )
