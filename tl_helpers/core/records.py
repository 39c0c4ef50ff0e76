"""Files that people write by hand, checked against a pydantic model: errors name file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from tl_helpers.core.errors import BrokenFile

Record = TypeVar("Record")


def read(path: Path, model: type[Record]) -> Record:
    """A TOML file as what it should be.

    Args:
        path: the file.
        model: a pydantic model, or any type that pydantic can check, such as ``dict[str, Row]``.

    Raises:
        BrokenFile: it is not there, no TOML, or not what the model says; with the first such line.

    Example:
        ``read(Path("ages.toml"), dict[str, int])`` with ``ada = 36 -> {"ada": 36}``
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        text = path.read_text("utf-8")
        content = tomllib.loads(text)
        return TypeAdapter(model).validate_python(content)
    except OSError as error:
        raise BrokenFile(
            f"{path} cannot be read: {error.strerror}.", "It has to be there."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise BrokenFile(
            f"{path}, line {line_of(text, first['loc'])}: {place}: {said}.",
            "Correct this line." if error.error_count() == 1 else "Correct it and what follows.",
        ) from None
    except ValueError as error:  # no TOML, or no text
        raise BrokenFile(f"{path}: {error}.", "Correct this line.") from None


def line_of(text: str, place: Sequence[Any]) -> int:
    """The line of a TOML file where a value stands, as near as its keys can be followed.

    Args:
        text: the file.
        place: keys and positions from the outside in, as pydantic gives them.

    Example:
        ``line_of("[ada]\\nage = 36", ("ada", "age")) -> 2``
    """
    lines, at = text.splitlines(), 0
    for part in place:
        key = rf"[\"']?{re.escape(str(part))}[\"']?"
        named = re.compile(rf"\s*({key}\s*[=.]|\[.*(?<![\w-]){key}(?![\w-]).*\]\s*(#.*)?$)")
        at = next((n for n in range(at, len(lines)) if named.match(lines[n])), at)
    return at + 1
