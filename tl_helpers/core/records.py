"""Records in TOML files, checked by pydantic: whatever is wrong is named with its file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from tl_helpers.core.errors import BrokenFile

Text = Annotated[str, StringConstraints(pattern=r"^\S")]
"""Text that is not empty."""


class Record(BaseModel):
    """A table of a file: no field that nobody knows, and a number is no text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


AnyRecord = TypeVar("AnyRecord", bound=BaseModel)


def read(path: Path, kind: type[AnyRecord], mend: str = "") -> AnyRecord:
    """Read a TOML file as one record.

    Args:
        path: the file.
        kind: the class of the record.
        mend: what to do about a file that cannot be read.

    Raises:
        BrokenFile: missing, not TOML, or not such a record; names the line.

    Example:
        >>> from tl_helpers.core import lessons
        >>> read(lessons.path_of("00_start_here"), lessons.Facts).title
        'Start here'
    """
    mend = mend or f"Mend it, or restore it with: git checkout -- {path}"
    try:
        text = path.read_text("utf-8")
        return kind.model_validate(tomllib.loads(text))
    except FileNotFoundError:
        raise BrokenFile(f"{path} is missing.", mend) from None
    except UnicodeDecodeError as error:
        raise BrokenFile(f"{path} is not UTF-8: {error}.", mend) from None
    except tomllib.TOMLDecodeError as error:
        said = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(error))
        why, place = (said[1], said[2]) if said else (str(error), None)
        place = place or str(len(text.splitlines()))
        raise BrokenFile(f"{path}, line {place}: {why}.", mend) from None
    except ValidationError as error:
        line = line_of(text, error.errors()[0]["loc"])
        raise BrokenFile(f"{path}, line {line}: {reason(error)}.", mend) from None


def reason(error: ValidationError) -> str:
    """The first thing that is wrong with a record, in a few words.

    Example:
        >>> reason(error)  # doctest: +SKIP
        'claim 3 unit: Field required'
    """
    first = error.errors()[0]
    where = " ".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
    return f"{where}: {first['msg'].removeprefix('Value error, ')}"


def line_of(text: str, place: Sequence[str | int]) -> int:
    """The line of a key in TOML, or of the table that lacks it.

    Args:
        text: the content of the file.
        place: as in the errors of pydantic, such as ``("claim", 2, "unit")``: the key ``unit`` of
            the third table ``[[claim]]``. What names no table, as a kind, is passed over.

    Example:
        >>> line_of("a = 1\\n[[b]]\\nc = 2", ("b", 0, "c"))
        3
    """
    lines = text.splitlines()
    tables: list[tuple[int, list[str | int]]] = [(0, [])]  # first line, and where it belongs
    items: dict[str, int] = {}  # how many tables ``[[...]]`` of a name there were
    for number, line in enumerate(lines):
        if head := re.match(r"(\[\[?)([^\[\]]+)\]", line):
            names = re.findall(r"[^\s.\"']+|(?<=[\"'])[^\"']+(?=[\"'])", head[2])
            if head[1] == "[[":
                items[head[2]] = items.get(head[2], -1) + 1
                names.append(items[head[2]])
            tables.append((number, names))
    inside = [(number, names) for number, names in tables if _is_part(names, place)]
    start, names = max(inside, key=lambda table: len(table[1]))
    rest = [re.escape(str(part)) for part in place if part not in names]
    end = next((number for number, _ in tables if number > start), len(lines))
    for key in rest:
        for number in range(start, end):
            if re.match(rf"\s*[\"']?{key}[\"']? *=", lines[number]):
                return number + 1
    return start + 1


def _is_part(names: Sequence[str | int], place: Sequence[str | int]) -> bool:
    """Whether all names are in the place, in this order."""
    rest = iter(place)
    return all(name in rest for name in names)
