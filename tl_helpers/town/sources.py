"""The town's words and grammar as they stand in ``data/town``: TOML files with a checksum each."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import Any

from tl_helpers.core import files
from tl_helpers.core.errors import BrokenFile


@cache
def read(name: str) -> dict[str, Any]:
    """The tables of ``data/town/NAME.toml``, read once.

    Raises:
        BrokenFile: the file is missing, not the shipped one, or not TOML; names file and line.

    Example:
        >>> read("people")["occupations"]["film"]["female"]
        'dancer actor costumier'
    """
    path = files.shipped(f"town/{name}.toml")
    content = path.read_bytes()
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line, wrong = content.count(b"\n", 0, error.start) + 1, f"not UTF-8 ({error.reason})"
    except tomllib.TOMLDecodeError as error:  # "... (at line 7, column 3)"
        place = re.search(r"at line (\d+)", str(error))
        line, wrong = int(place[1]) if place else content.count(b"\n"), f"not TOML ({error})"
    raise BrokenFile(
        f"{path}, line {line}: {wrong}.",
        f"Mend it, or restore it with: git checkout -- data/town/{name}.toml",
    )
