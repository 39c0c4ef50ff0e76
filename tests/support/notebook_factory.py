"""Small notebooks for tests of the runner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PARAMETERS = 'PROFILE = "course"\nSEED = 0\nKNOB = 0.5\nWORD = "town"'


def code(source: str, *tags: str) -> Any:
    """A code cell."""
    return new_code_cell(source, metadata={"tags": list(tags)} if tags else {})


def text(source: str) -> Any:
    """A Markdown cell."""
    return new_markdown_cell(source)


def write(folder: Path, name: str, *cells: Any, parameters: str | None = PARAMETERS) -> Path:
    """Write ``name.ipynb`` with these cells after its parameters cell."""
    first = [] if parameters is None else [code(parameters, "parameters")]
    notebook = new_notebook(cells=[*first, *cells])
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, str(path))
    return path


def outputs(path: Path) -> str:
    """All that the cells of an executed notebook printed or returned."""
    said = []
    for cell in nbformat.read(str(path), as_version=4).cells:
        for output in cell.get("outputs", []):
            said.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
    return "\n".join(said)
