"""Where the lessons are: a folder for each notebook, in the package ``tl_lessons`` beside them."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

from tl_helpers.core import files


def find() -> ModuleType:
    """The package ``tl_lessons``: installed, or in the ``notebooks`` folder of a checkout."""
    try:
        return importlib.import_module("tl_lessons")
    except ModuleNotFoundError:  # a checkout that is not installed: its notebooks/ has it
        sys.path.append(str(files.PACKAGE.parent / "notebooks"))
        return importlib.import_module("tl_lessons")


def modules(wanted: Callable[[str], bool]) -> Iterator[ModuleType]:
    """Import and yield the modules of all lessons whose own name is ``wanted``, in order.

    Example:
        ``[m.__name__ for m in modules(lambda name: name == "studies")]``
    """
    home = find()
    for folder in pkgutil.iter_modules(home.__path__):
        if folder.ispkg:
            package = importlib.import_module(f"{home.__name__}.{folder.name}")
            for module in pkgutil.iter_modules(package.__path__):
                if wanted(module.name):
                    yield importlib.import_module(f"{package.__name__}.{module.name}")
