"""Which packages the course asks for."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from typing import TYPE_CHECKING

from tl_helpers.core import files
from tl_helpers.core.errors import CourseError

if TYPE_CHECKING:
    from packaging.requirements import Requirement


def requirements(extra: str = "") -> list[Requirement]:
    """The direct requirements of the course, with one of its extras, as the project states them.

    Example:
        >>> [requirement.name for requirement in requirements()][:2]
        ['click', 'cloudpickle']
    """
    from packaging.requirements import Requirement

    project = files.PACKAGE.parent / "pyproject.toml"
    if project.exists():
        table = tomllib.loads(project.read_text("utf-8"))["project"]
        lines = list(table["dependencies"])
        if extra:
            lines += table["optional-dependencies"][extra]
    else:
        lines = metadata.requires("tl-helpers") or []
    stated = [Requirement(line) for line in lines]
    return [r for r in stated if r.marker is None or r.marker.evaluate({"extra": extra})]


def require() -> None:
    """Nothing, unless this is a checkout whose kernel lacks packages that the course builds on.

    Raises:
        CourseError: names them, and says how to get them.

    Example:
        >>> require()
    """
    checkout = files.PACKAGE.parent
    if not (checkout / "pyproject.toml").exists():
        return  # installed: pip has seen to it
    missing = []
    try:
        for requirement in requirements():
            try:
                metadata.version(requirement.name)
            except metadata.PackageNotFoundError:
                missing.append(requirement.name)
    except ModuleNotFoundError as error:  # even what reads the list of packages
        missing.append(error.name or str(error))
    if missing:
        raise CourseError(
            f"This kernel lacks packages that the course needs: {', '.join(missing)}.",
            "Use the kernel of .venv (make lab), or run in a cell, once: "
            f'%pip install -e "{checkout}"',
        )


def normal(name: str) -> str:
    """A package's name as registries compare it.

    Example:
        >>> normal("Scikit_Learn")
        'scikit-learn'
    """
    return re.sub(r"[-_.]+", "-", name).lower()
