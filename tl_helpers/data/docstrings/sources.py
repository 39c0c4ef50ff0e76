"""Reading the docstrings of installed libraries, without importing or running any of them."""

from __future__ import annotations

import ast
import gc
import hashlib
import inspect
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from tl_helpers.data.docstrings.prose import prose

KINDS = ("module", "class", "function")
#: Library (as imported) -> the distribution that brings it. All are dependencies of the course.
LIBRARIES = {
    "numpy": "numpy",
    "scipy": "scipy",
    "pandas": "pandas",
    "sklearn": "scikit-learn",
    "matplotlib": "matplotlib",
    "torch": "torch",
    "transformers": "transformers",
    "datasets": "datasets",
    "huggingface_hub": "huggingface_hub",
    "IPython": "ipython",
    "sentence_transformers": "sentence-transformers",
}
#: Only these parts of the largest libraries: the rest is machinery, or says the same many times.
PARTS = {
    "torch": (
        "nn",
        "optim",
        "distributions",
        "utils",
        "autograd",
        "distributed",
        "linalg",
        "fft",
        "special",
        "amp",
        "functional.py",
        "_tensor.py",
        "serialization.py",
        "library.py",
    ),
}
LEFT_OUT = {
    "transformers": ("models",),
    "numpy": ("distutils", "f2py"),
}
#: Folders that hold tests, or the code of others.
NOT_THEIRS = frozenset(
    "tests test testing _testing conftest externals extern _external vendor _vendor vendored "
    "_vendored array_api_compat array_api_extra third_party sphinxext".split()
)


class Documented(NamedTuple):
    """One documented object."""

    library: str
    module: str
    name: str  # qualified within the module; "" for the module itself
    kind: str
    summary: str
    body: list[list[str]]
    raw: str


@dataclass(frozen=True)
class Library:
    """An installed library whose documentation is read."""

    name: str
    version: str
    licence: str
    folder: Path

    def files(self) -> list[Path]:
        """Its Python files, in a fixed order.

        Example:
            ``library("numpy").files()[0]`` -> ``Path(".../numpy/__config__.py")``
        """
        paths: set[Path] = set()
        for part in PARTS.get(self.name, (".",)):
            base = self.folder / part
            inside = [base] if base.suffix == ".py" else base.rglob("*.py")
            paths.update(p for p in inside if p.is_file() and self._is_theirs(p))
        return sorted(paths)

    def _is_theirs(self, path: Path) -> bool:
        parts = path.relative_to(self.folder).parts
        if parts[0] in LEFT_OUT.get(self.name, ()):
            return False
        name = parts[-1].removesuffix(".py")
        return NOT_THEIRS.isdisjoint((*parts[:-1], name)) and not name.startswith("test_")


def licence(dist: metadata.Distribution) -> str:
    """The licence that a distribution states about itself, in a few words.

    Example:
        >>> licence(metadata.distribution("numpy"))[:3]
        'BSD'
    """
    about: Any = dist.metadata
    if expression := about.get("License-Expression"):
        return str(expression)
    classified = [
        c.rsplit(" :: ", 1)[-1] for c in about.get_all("Classifier") or () if "License ::" in c
    ]
    text = str(about.get("License") or "").strip()
    return text if text and "\n" not in text and len(text) < 60 else ", ".join(classified)


def library(name: str) -> Library | None:
    """An installed library, or None when it is not there (or not as a folder of Python files).

    Example:
        >>> library("numpy").version == metadata.version("numpy")
        True
    """
    try:
        dist = metadata.distribution(LIBRARIES[name])
    except metadata.PackageNotFoundError:
        return None
    spec = PathFinder.find_spec(name)  # looks on the path; imports nothing
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places or not Path(places[0]).is_dir():
        return None
    return Library(name, dist.version, licence(dist) or "not stated", Path(places[0]))


def module_name(library: str, folder: Path, path: Path) -> str:
    """The dotted name of the module in a file.

    Example:
        >>> module_name("sklearn", Path("lib/sklearn"), Path("lib/sklearn/svm/_classes.py"))
        'sklearn.svm._classes'
    """
    parts: tuple[str, ...] = PurePath(path.relative_to(folder)).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join((library, *parts))


def documented(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    """``(qualified name, kind, docstring)`` of a module, its classes, functions and methods.

    Functions inside functions are left out, those behind an ``if`` or ``try`` are not.

    Example:
        >>> list(documented(ast.parse("def f():\\n    'Return one.'")))
        [('f', 'function', 'Return one.')]
    """
    if doc := ast.get_docstring(tree, clean=False):
        yield "", "module", doc

    def inside(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, str, str]]:
        for node in body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                is_class = isinstance(node, ast.ClassDef)
                if doc := ast.get_docstring(node, clean=False):
                    yield prefix + node.name, "class" if is_class else "function", doc
                if is_class:
                    yield from inside(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, (ast.If, ast.Try)):
                yield from inside(node.body, prefix)
                yield from inside(node.orelse, prefix)
                for handler in getattr(node, "handlers", ()):
                    yield from inside(handler.body, prefix)

    yield from inside(tree.body, "")


def read(library: str, folder: str, path: str) -> list[Documented]:
    """All documented objects of a file; none when it is no valid Python for this interpreter.

    Example:
        >>> read("numpy", "lib/numpy", "lib/numpy/matlib.py")[1].name  # doctest: +SKIP
        'empty'
    """
    try:
        source = Path(path).read_bytes()
        if b'"""' not in source and b"'''" not in source:
            return []  # not worth parsing
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in other people's strings
            tree = ast.parse(source)
    except (SyntaxError, ValueError, OSError):
        return []
    module = module_name(library, Path(folder), Path(path))
    out, seen = [], set()
    for name, kind, doc in documented(tree):
        if name not in seen:  # the first of several definitions, as for overloads and properties
            seen.add(name)
            raw = inspect.cleandoc(doc)
            summary, body = prose(raw)
            out.append(Documented(library, module, name, kind, summary, body, raw))
    return out


def read_all(jobs: Sequence[tuple[str, str, str]], raw: bool) -> list[Documented]:
    """All documented objects of many files: the work of one process.

    Args:
        jobs: library, folder of the library, and path, for each file.
        raw: pass on the docstrings themselves too, and those without prose.

    Example:
        >>> read_all([("numpy", "lib/numpy", "lib/numpy/matlib.py")], raw=False)  # doctest: +SKIP
    """
    collects = gc.isenabled()
    gc.disable()  # a syntax tree is freed as soon as it is let go, and looking for more takes long
    try:
        objects = [one for job in jobs for one in read(*job) if raw or one.summary]
    finally:
        if collects:
            gc.enable()
    return objects if raw else [one._replace(raw="") for one in objects]


def code_version() -> str:
    """A digest of the code that reads and cleans, so that no change of it is overlooked.

    Example:
        >>> len(code_version())
        16
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
