"""What a wheel holds besides the folders that pyproject.toml names.

Stored studies run functions from the cells of notebooks. A notebook whose cells are run by a module
of a lesson goes into the wheel with the lessons, without being named anywhere else.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def notebooks(root: Path) -> dict[str, str]:
    """Notebook -> its place in the wheel, of those that ``Cells("NAME")`` opens in a lesson."""
    modules = sorted((root / "notebooks" / "tl_lessons").rglob("*.py"))
    used = {
        name
        for path in modules
        for name in re.findall(r'\bCells\(\s*"(\w+)"\s*\)', path.read_text("utf-8"))
    }
    return {
        str(root / "notebooks" / f"{name}.ipynb"): f"tl_lessons/{name}.ipynb"
        for name in sorted(used)
    }


class Notebooks(BuildHookInterface):
    """Adds them. An editable installation reads them where they are."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """What hatchling calls before it builds."""
        if version != "editable":
            build_data["force_include"] |= notebooks(Path(self.root))
