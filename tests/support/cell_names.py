"""Can one go back in a notebook and run a cell again? Which names its cells read and bind."""

from __future__ import annotations

import ast
import builtins
import dis
from collections.abc import Iterator, Sequence
from types import CodeType
from typing import NamedTuple

_READ = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
_BIND = {"STORE_NAME", "STORE_GLOBAL", "DELETE_NAME"}
_AT_ONCE = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}


class Cell:
    """The names of the notebook that one code cell reads and binds.

    Attributes:
        id: of the cell.
        reads: names that it does not bind itself before it reads them.
        later: names that its functions read when they are called, whoever has bound them by then.
        binds: all names that it binds.
        defines: those of them that are functions and classes.
        imports: name -> what is imported under it.
    """

    def __init__(self, id: str, source: str) -> None:
        self.id = id
        self.reads: set[str] = set()
        self.later: set[str] = set()
        self.binds: set[str] = set()
        self.defines: set[str] = set()
        self.imports: dict[str, str] = {}
        for node in ast.parse(source).body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self.defines.add(node.name)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    name = alias.asname or alias.name.split(".")[0]
                    self.imports[name] = f"{getattr(node, 'module', '')} {alias.name}"
        self._follow(compile(source, id, "exec"))

    def _follow(self, code: CodeType) -> None:
        """The bytecode has the names in the order in which they are used, scopes resolved."""
        for step in dis.get_instructions(code):
            if isinstance(step.argval, CodeType):
                used = set(_inside(step.argval))
                if step.argval.co_name in _AT_ONCE:
                    self.reads |= used - self.binds
                else:
                    self.later |= used
            elif step.opname in _READ and step.argval not in self.binds:
                self.reads.add(step.argval)
            elif step.opname in _BIND:
                self.binds.add(step.argval)


def _inside(code: CodeType) -> Iterator[str]:
    """The names of the notebook that a function or a comprehension reads."""
    for step in dis.get_instructions(code):
        if isinstance(step.argval, CodeType):
            yield from _inside(step.argval)
        elif step.opname in _READ:
            yield step.argval


class Rebound(NamedTuple):
    """A name to which a cell gives another meaning: who does, and for whom it is in the way."""

    name: str
    by: str
    readers: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.by} binds {self.name!r} again, as used in {', '.join(self.readers)}"


def rebound(cells: Sequence[tuple[str, str]]) -> list[Rebound]:
    """What stands in the way of going back: names with two meanings, and who gives them.

    A name that an earlier cell reads and a later cell binds again; one that a cell both takes from
    the cells before it and binds again; and one of a function that means something else elsewhere.
    To import the same thing twice does no harm.

    Args:
        cells: id and source of each code cell, from top to bottom.
    """
    every = [Cell(id, source) for id, source in cells]
    clashes = []
    for number, cell in enumerate(every):
        before = every[:number]
        for name in sorted(cell.binds):
            makers = [c for c in before if name in c.binds]
            new = cell.imports.get(name)
            if not makers and not hasattr(builtins, name):
                continue  # nobody had it
            if makers and new and all(c.imports.get(name) == new for c in makers):
                continue  # it stays what it was
            readers = [c.id for c in before if name in c.reads | c.later]
            readers += [cell.id] * (name in cell.reads)
            if not readers and any(name in c.defines for c in (cell, *makers)):
                readers = [c.id for c in makers]
            if readers:
                clashes.append(Rebound(name, cell.id, tuple(readers)))
    return clashes
