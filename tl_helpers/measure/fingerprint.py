"""What decides the numbers of a function: its code, what it refers to, and what it is given.

A kept number may be used again only if all of this is what it was. So a fingerprint holds

* the compiled code of the function and of every function and class of the notebook, of a lesson or
  of a module of the reader's own that it refers to, by the names that it really uses;
* the values of the data that it refers to (for a network: its weights);
* of other libraries their names, and the versions of those that the course's numbers depend on;
* the package's own rooms that decide numbers, and the data and models that it ships.

Comments and the layout of the code do not count.
"""

from __future__ import annotations

import dis
import functools
import hashlib
import importlib.util
import sys
import sysconfig
import types
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from joblib.hashing import NumpyHasher

from tl_helpers.core import files
from tl_helpers.core.provenance import environment

#: Rooms and modules of the package that decide numbers; the others show, check or run them.
_DECIDING = ("town", "questions", "data", "models", "train", "measure/evaluate.py")
#: Shipped files that are made from numbers and decide none.
_MADE = ("results/", "pictures/", "unseen.json")


def of(*values: Any) -> str:
    """The fingerprint of functions and of data, the same in every process.

    Example:
        >>> of(name_of, {"labels": 64, "seed": 0}) == of(name_of, {"labels": 64, "seed": 1})
        False

    Raises:
        Exception: something among it cannot be compared with what it was, such as an open file.
    """
    digest = hashlib.sha256(surroundings().encode())
    for value in values:
        digest.update(_Hasher().hash(value).encode())
    return digest.hexdigest()


@cache
def surroundings() -> str:
    """What every run stands on: the package, what it ships, Python and the libraries.

    Example:
        >>> len(surroundings())
        64
    """
    digest = hashlib.sha256()
    for room in _DECIDING:
        place = files.PACKAGE / room
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(path.relative_to(files.PACKAGE).as_posix().encode() + path.read_bytes())
    if (files.data_dir() / "SHA256SUMS").exists():
        for name, checksum in sorted(files.checksums().items()):
            if not name.startswith(_MADE) and not name.endswith(".md"):
                digest.update(f"{name} {checksum}".encode())
    here = environment()
    digest.update(repr([here[key] for key in ("python", "platform", "libraries")]).encode())
    return digest.hexdigest()


class _Hasher(NumpyHasher):  # type: ignore[misc]
    """joblib's hash of values, which also reads functions, classes, modules and networks."""

    def __init__(self) -> None:
        super().__init__(hash_name="sha256")
        self._met: dict[int, Any] = {}  # holds them, so that no address is used twice

    def save(self, obj: Any) -> None:
        """Hash one object, or what stands for it."""
        torch = sys.modules.get("torch")
        if isinstance(obj, (types.FunctionType, type)):
            if id(obj) in self._met:  # a function may call itself
                obj = ("met before", obj.__qualname__)
            else:
                self._met[id(obj)] = obj
                obj = _function(obj) if isinstance(obj, types.FunctionType) else _class(obj)
        elif isinstance(obj, types.CodeType):
            counts = obj.co_argcount, obj.co_posonlyargcount, obj.co_kwonlyargcount, obj.co_flags
            names = obj.co_names, obj.co_varnames, obj.co_freevars, obj.co_cellvars
            obj = (obj.co_code, obj.co_exceptiontable, obj.co_consts, counts, names)
        elif isinstance(obj, types.ModuleType):
            obj = ("module", obj.__name__, b"" if _library(obj.__name__) else _text(obj.__name__))
        elif isinstance(obj, frozenset):
            obj = ("frozenset", sorted(map(repr, obj)))
        elif _caches(obj):
            obj = ("cached", obj.__wrapped__)
        elif torch and isinstance(obj, torch.Tensor):
            bits = obj.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
            obj = ("tensor", str(obj.dtype), tuple(obj.shape), bits)
        elif torch and isinstance(obj, torch.nn.Module):
            obj = ("network", repr(obj), list(obj.state_dict().items()))
        elif isinstance(mark := getattr(obj, "_fingerprint", None), str):  # of datasets.Dataset
            obj = ("data set", mark)
        super().save(obj)


def _caches(obj: Any) -> bool:
    return isinstance(obj, functools._lru_cache_wrapper)


def _function(fn: types.FunctionType) -> tuple[Any, ...]:
    held = {}
    for name, cell in zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=True):
        try:
            held[name] = cell.cell_contents
        except ValueError:  # a name that has no value yet
            continue
    if _library(fn.__module__):  # a decorator of a library holds a function of the reader's own
        return ("library", fn.__module__, fn.__qualname__, getattr(fn, "__wrapped__", held))
    named = {".".join(path): value for path, value in _names(fn.__code__, fn.__globals__, held)}
    return ("function", fn.__code__, named, fn.__defaults__, fn.__kwdefaults__)


def _class(cls: type) -> tuple[Any, ...]:
    if _library(cls.__module__):
        return ("library", cls.__module__, cls.__qualname__)
    plain = (types.FunctionType, str, int, float, bool, tuple, list, dict)
    members: dict[str, Any] = {}
    for name, member in sorted(vars(cls).items()):
        if isinstance(member, property):
            members[name] = [part for part in (member.fget, member.fset) if part]
        elif isinstance(member, (staticmethod, classmethod)):
            members[name] = member.__func__
        elif isinstance(member, plain) and name not in ("__module__", "__doc__"):
            members[name] = member
    return ("class", cls.__qualname__, cls.__bases__, members)


def _names(
    code: types.CodeType, around: dict[str, Any], held: dict[str, Any]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The names that a function reads, and what they stand for.

    ``study.climb`` is followed to the function in the module, unless it is a library's.

    Args:
        code: of the function.
        around: the names of its notebook or module.
        held: those of the functions that it was made in.
    """
    spaces = {"LOAD_GLOBAL": around, "LOAD_NAME": around, "LOAD_DEREF": held}
    steps = list(dis.get_instructions(code))
    for i, step in enumerate(steps):
        if step.opname == "IMPORT_NAME" and step.argval and not _library(step.argval):
            yield ("import", step.argval), _text(step.argval)
        space = spaces.get(step.opname, {})
        if step.argval not in space:
            continue
        path, value = [step.argval], space[step.argval]
        for further in steps[i + 1 :]:
            follows = further.opname in ("LOAD_ATTR", "LOAD_METHOD")
            if not (follows and isinstance(value, types.ModuleType)) or _library(value.__name__):
                break
            path, value = [*path, further.argval], getattr(value, further.argval)
        yield tuple(path), value
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant, around, held)


def _library(module: str | None) -> bool:
    """Does a version stand for this module, or the fingerprint of the package?"""
    top = (module or "").partition(".")[0]
    if top in ("tl_helpers", "builtins") or top in ("", "__main__", "tl_lessons"):
        return top in ("tl_helpers", "builtins")
    file = _file(module or "")
    standard = Path(sysconfig.get_paths()["stdlib"])
    return file is not None and (
        not file.is_absolute()  # "built-in" or "frozen"
        or bool({"site-packages", "dist-packages"} & set(file.parts))
        or file.is_relative_to(standard)
    )


@cache
def _file(module: str) -> Path | None:
    """Where a module stands, imported or not; None for one that was made in this session."""
    loaded = sys.modules.get(module)
    try:
        spec = getattr(loaded, "__spec__", None) or importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin or "namespace") if spec else None


def _text(module: str) -> bytes:
    file = _file(module)
    return file.read_bytes() if file and file.is_file() else b""


def name_of(fn: Callable[..., Any]) -> str:
    """The name that a function goes by: ``accuracy``, or ``value`` for a lambda.

    Example:
        >>> name_of(functools.partial(surroundings, steps=3))
        'surroundings'
    """
    while isinstance(fn, functools.partial):
        fn = fn.func
    name = getattr(fn, "__name__", type(fn).__name__)
    return name if name.isidentifier() else "value"
