"""Functions that a notebook defines in its cells, for whoever runs them outside of it.

What is taught stands in a cell, as code that a reader can change; a stored study runs that very
function::

    notebook = cells.Cells("15_scale_and_cost")
    loss = notebook.climb(width=32, layers=2, tokens=4096, seed=0)
"""

from __future__ import annotations

import ast
import builtins
import json
import linecache
import symtable
import types
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tl_helpers.core import lessons
from tl_helpers.core.errors import BrokenFile, UnknownName

_GIVEN = ("tl", *dir(builtins))  # what every cell of every notebook may use


class Cells(types.ModuleType):
    """The functions and classes of a notebook, each with the imports and constants that it uses.

    Nothing is read before the first of them is asked for, and no experiment of the notebook runs.

    Other names that a function needs may be set from outside: ``notebook.words = [...]``.

    Args:
        notebook: its name, without ``.ipynb``.

    Raises:
        UnknownName: (when it is asked for) a function that is not there, or that uses a name which
            is no function, import or plain constant of the notebook.
        BrokenFile: (likewise) the notebook is missing, or is none.

    Example:
        ``Cells("10_distributional_hypothesis").pmi_of -> <function pmi_of>``
    """

    def __init__(self, notebook: str) -> None:
        super().__init__(f"{notebook}.ipynb")
        import tl_helpers

        vars(self)["tl"] = tl_helpers

    def __reduce__(self) -> tuple[Callable[[str], Cells], tuple[str]]:
        return Cells, (self.__name__.removesuffix(".ipynb"),)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _definitions(path_of(self.__name__))
        for needed in _in_order(name, made, {*_GIVEN, *vars(self)}, self.__name__):
            place = f"<{needed}, {self.__name__}>"
            lines = made[needed].source.splitlines(keepends=True)
            linecache.cache[place] = (len(lines), None, lines, place)  # for inspect, tracebacks
            exec(compile(made[needed].source, place, "exec"), vars(self))
        return vars(self)[name]


class _Definition(NamedTuple):
    source: str
    reads: frozenset[str]
    callable: bool


def path_of(notebook: str) -> Path:
    """Where a notebook stands: beside the folders of the lessons, or among them in a wheel.

    Raises:
        BrokenFile: in neither place.

    Example:
        >>> path_of("10_distributional_hypothesis.ipynb").name
        '10_distributional_hypothesis.ipynb'
    """
    folder = lessons.find()
    places = [place / notebook for place in (folder.parent, folder)]
    for place in places:
        if place.is_file():
            return place
    raise BrokenFile(f"{places[0]} is missing.", f"git checkout -- notebooks/{notebook}")


@cache
def _definitions(path: Path) -> dict[str, _Definition]:
    """Name -> what the notebook's cells define under it, exercises and the bootstrap left out."""
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenFile(f"{path} is no notebook ({error}).", "Restore it with git.") from None
    made = {}
    for cell in cells:
        if cell["cell_type"] != "code" or {"exercise", "bootstrap"} & set(
            cell["metadata"].get("tags", [])
        ):
            continue
        source = "".join(cell["source"])
        try:
            statements = ast.parse(source).body
        except SyntaxError:  # a magic of Jupyter, or a cell that its reader is at work on
            continue
        for statement in statements:
            decorators = getattr(statement, "decorator_list", [])
            first = min([statement.lineno, *(d.lineno for d in decorators)])
            text = "\n".join(source.splitlines()[first - 1 : statement.end_lineno]) + "\n"
            is_callable = isinstance(statement, (ast.FunctionDef, ast.ClassDef))
            for name in _names(statement):
                made[name] = _Definition(text, _reads(text), is_callable)
    return made


def _names(statement: ast.stmt) -> list[str]:
    """The names that a statement defines, if it does so whatever the notebook has measured."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.split(".")[0] for alias in statement.names]
    if isinstance(statement, ast.Assign):
        try:
            ast.literal_eval(statement.value)
        except ValueError:
            return []
        return [name.id for name in ast.walk(statement.targets[0]) if isinstance(name, ast.Name)]
    return []


def _reads(source: str) -> frozenset[str]:
    """The names of the notebook that a definition uses."""
    waiting, names = [symtable.symtable(source, "<cell>", "exec")], set()
    for table in waiting:
        waiting += table.get_children()
        names |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and symbol.is_global() and not symbol.is_assigned()
        }
    return frozenset(names)


def _in_order(name: str, made: dict[str, _Definition], given: set[str], notebook: str) -> list[str]:
    """What ``name`` needs and is not there yet, what is needed by others first."""
    if name not in made:
        known = [n for n, definition in made.items() if definition.callable]
        raise UnknownName(f"function of {notebook}", name, known)
    order: list[str] = []
    begun = set(given)

    def follow(wanted: str) -> None:
        begun.add(wanted)
        for used in sorted(made[wanted].reads - begun):
            if used in made:
                follow(used)
            else:
                raise UnknownName(
                    f"name of {notebook}",
                    used,
                    made,
                    f"{wanted!r} uses it, but it is no function, import or plain constant of the "
                    "notebook: make it an argument.",
                )
        order.append(wanted)

    follow(name)
    return order
