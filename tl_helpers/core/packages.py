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
        ['babel', 'charset-normalizer']
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


def lowest(extra: str = "") -> list[str]:
    """The oldest version that is allowed of each requirement, torch left out, as pip takes them.

    Example:
        >>> all("==" in requirement for requirement in lowest())
        True
    """
    from packaging.version import Version

    floors: dict[str, Version] = {}
    for requirement in requirements(extra):
        for one in requirement.specifier:
            if one.operator in (">=", "==") and requirement.name != "torch":
                known = floors.get(requirement.name, Version("0"))
                floors[requirement.name] = max(known, Version(one.version))
    return [f"{name}=={version}" for name, version in floors.items()]


def require() -> None:
    """Nothing, unless this is a checkout whose kernel lacks packages that the course builds on.

    Raises:
        CourseError: names them, or those that are too old, and says how to get them.

    Example:
        >>> require()
    """
    checkout = files.PACKAGE.parent
    if not (checkout / "pyproject.toml").exists():
        return  # installed: pip has seen to it
    missing, old = [], []
    try:
        for requirement in requirements():
            try:
                version = metadata.version(requirement.name)
                if not requirement.specifier.contains(version.split("+")[0], prereleases=True):
                    old.append((version, requirement))
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
    if old:
        said = ", ".join(f"{r.name} {version} (it needs {r.specifier})" for version, r in old)
        line = " ".join(f'"{r}"' for _, r in old)
        raise CourseError(
            f"This kernel has packages in versions that the course does not run with: {said}.",
            f"Run in a cell, once, and restart the kernel: %pip install {line}",
        )


def normal(name: str) -> str:
    """A package's name as registries compare it.

    Example:
        >>> normal("Scikit_Learn")
        'scikit-learn'
    """
    return re.sub(r"[-_.]+", "-", name).lower()
