"""What a learner hands in: one small file that says which exercises are done.

``export("Ada")`` writes it from the learner's own record, and nothing leaves the machine by itself:
the learner gives the file to the teacher. ``tl class FOLDER`` reads a folder of them.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import unicodedata
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from tl_helpers.core import checks, files, records
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError
from tl_helpers.core.records import Record
from tl_helpers.exercises import record, sheet

_MOST_BYTES = 2**20
_LONGEST = 80  # letters of a name


def _printable(text: str) -> str:
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise ValueError("there are signs that cannot be printed")
    return text


Line = Annotated[str, AfterValidator(_printable)]
Count = Annotated[int, Field(ge=0, le=10**6)]


class Entry(Record):
    """One exercise, as far as the learner has come.

    Attributes:
        done: a right answer was given.
        tries: answers that were checked.
        solution_seen: the solution was shown.
        wrong: what the course said to a wrong answer -> how often; "" for those that show no
            typical mistake. The answers themselves are not in it.
    """

    done: bool = False
    tries: Count = 0
    solution_seen: bool = False
    wrong: dict[Line, Count] = {}


class HandIn(Record):
    """The file.

    Attributes:
        format: by which it is known.
        learner: the name that the learner chose.
        date: when it was written.
        exercises: id -> how far the learner has come.
    """

    format: Literal["tl-progress-1"] = "tl-progress-1"
    learner: Annotated[Line, Field(min_length=1, max_length=_LONGEST)]
    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$")]
    exercises: dict[Line, Entry]

    @property
    def done(self) -> int:
        """How many exercises are done."""
        return sum(entry.done for entry in self.exercises.values())


def export(learner: str, path: str | os.PathLike[str] | None = None) -> Path:
    """Write what is done so far to one file, to be handed in.

    It has the name, and for each exercise that was tried: whether it is done, the number of tries,
    whether the solution was shown, and which typical mistakes there were. It has no answers.

    Args:
        learner: your name, as the teacher should read it.
        path: the file; ``progress-NAME.json`` in the current folder by default.

    Raises:
        BadValue: no name, or a file of another kind stands there.
        CourseError: there is no progress yet, or the file cannot be written.

    Example:
        >>> export("Ada").name  # doctest: +SKIP
        'progress-Ada.json'
    """
    if not isinstance(learner, str) or not re.search(r"\w", learner):
        raise BadValue(f"{checks.shown(learner)} is no name.", 'Write it as text: export("Ada").')
    learner = " ".join(learner.split())
    if len(learner) > _LONGEST:
        raise BadValue(f"The name has {len(learner)} letters.", f"Use at most {_LONGEST}.")
    noted = {id: entry for id, entry in record.read().items() if entry.get("tries")}
    if not noted:
        raise CourseError(
            f"There is no progress to export yet ({record.path()}).",
            "Answer an exercise first. If your progress is in another file, set TL_PROGRESS to it.",
        )
    slug = re.sub(r"\W+", "-", learner).strip("-") or "learner"
    target = files.place(f"progress-{slug}.json" if path is None else path)
    if os.path.lexists(target):
        _refuse_another_kind(target)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    try:
        handed = HandIn(learner=learner, date=now, exercises={i: _entry(noted[i]) for i in noted})
    except (ValidationError, ValueError, TypeError):
        raise BrokenFile(
            f"{record.path()} is damaged: it cannot be exported.",
            "Mend it by hand, or move it away and begin anew.",
        ) from None
    files.write_text(target, handed.model_dump_json(indent=1) + "\n")
    print(
        f"Written: {target}\n{handed.done} of {len(handed.exercises)} exercises that you tried are "
        "done. Hand in this file; it does not contain your answers."
    )
    return target


def merge(path: str | os.PathLike[str]) -> int:
    """Mark as done what a file says is done: ``progress.json`` of another machine or of the site.

    What is done here stays done. Of an exercise that was not tried here, the tries and the typical
    mistakes come along, so that it counts in what is handed in; else they are not added up.

    Args:
        path: a ``progress.json``, or a file that :func:`export` wrote.

    Returns:
        How many exercises are done that were not before.

    Raises:
        BrokenFile: it is no progress, or cannot be read.

    Example:
        >>> merge("progress.json")  # doctest: +SKIP
        3
    """
    source, mend = files.place(path), "Export it again, on the site or with tl progress --export."
    try:
        large = source.stat().st_size > _MOST_BYTES
        content = "" if large else source.read_text("utf-8-sig")
        given = json.loads(content)
        entries = given["exercises"] if given.get("format") == "tl-progress-1" else given
        done = {str(id): entry for id, entry in entries.items() if entry.get("done") is True}
    except OSError as error:
        raise BrokenFile(f"{source} cannot be read: {error.strerror or error}.", mend) from None
    except (ValueError, TypeError, AttributeError, KeyError):
        raise BrokenFile(f"{source} is no progress of this course.", mend) from None
    known, before = sheet.everything(), record.read()
    new = sorted(id for id in known if id in done and not before.get(id, {}).get("done"))
    for id in new:
        tried = {} if before.get(id, {}).get("tries") else _tried(id, done[id])
        if remark := record.note(id, done=True, **tried):
            raise CourseError(remark.strip(" ()"), "Set TL_PROGRESS to a file that can be written.")
    return len(new)


def _tried(id: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Tries and typical mistakes of an entry, as far as they are what the course writes."""

    def count(value: Any) -> int:
        return value if type(value) is int and 0 <= value <= 10**6 else 0

    wrong = entry.get("wrong")
    said = {mistake.says for mistake in sheet.find(id).mistakes} | {""}
    slips = (
        {w: count(n) for w, n in wrong.items() if w in said and count(n)}
        if isinstance(wrong, dict)
        else {}
    )
    return {"tries": count(entry.get("tries"))} | ({"wrong": slips} if slips else {})


def _refuse_another_kind(target: Path) -> None:
    try:
        read(target)
    except CourseError:
        raise BadValue(
            f"{target} is there already, and is no exported progress.",
            "Name another file; nothing was written.",
        ) from None


def _entry(noted: dict[str, Any]) -> Entry:
    """What is handed in of what was noted. A prediction stays with the learner."""
    return Entry(
        done=bool(noted.get("done")),
        tries=int(noted.get("tries") or 0),
        solution_seen=bool(noted.get("solution seen")),
        wrong=noted.get("wrong") or {},
    )


def read(path: Path) -> HandIn:
    """Read a file that a learner has exported.

    Raises:
        BrokenFile: it is none, or not whole.

    Example:
        >>> read(Path("progress-Ada.json")).learner  # doctest: +SKIP
        'Ada'
    """
    again = "Ask for it again: tl progress --export NAME"
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BrokenFile(f"{path} is too large to be exported progress.", again)
        content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")  # which some editors add
    except OSError as error:
        raise BrokenFile(f"{path} cannot be read: {error.strerror or error}.", again) from None
    if b'"tl-progress-' not in content:
        raise BrokenFile(f"{path} is no exported progress.", again)
    try:
        return HandIn.model_validate_json(content)
    except ValidationError as error:
        why = records.reason(error)
        raise BrokenFile(f"{path} is damaged, or of another edition: {why}.", again) from None
