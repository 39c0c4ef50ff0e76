"""The row of links at the top of each notebook: open it in Colab, on Binder, on the site.

The links come from the address that the course is published at, so there is no row before it is
known: ``tl badges`` reads it from ``git remote``, or takes ``--repo owner/name``.
"""

from __future__ import annotations

import copy
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, CourseError
from tl_helpers.press import bootstrap, notebooks

BEGIN, END = "<!-- links -->", "<!-- /links -->"

_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_BRANCH = re.compile(r"(?!.*(?:\.\.|//|/$|\.lock$))[A-Za-z0-9_][A-Za-z0-9._/-]*")
_GITHUB = re.compile(
    r"(?:(?:https?|ssh|git)://(?:[^@/]+@)?(?:www\.|ssh\.)?github\.com(?::\d+)?/"
    r"|(?:[^@/]+@)?github\.com:/?)"
    r"(?P<owner>[^/]+)/(?P<name>[^/]+?)(?:\.git)?/?",
    re.I,
)
_ROW = re.compile(rf"{re.escape(BEGIN)}.*?{re.escape(END)}\n*", re.S)


@dataclass(frozen=True)
class Home:
    """Where the course is published.

    Attributes:
        owner: the account on GitHub.
        name: the repository.
        branch: the branch that the links show.
        site: the address of the built site, or empty; ``{name}`` in it stands for the notebook.
    """

    owner: str
    name: str
    branch: str = "main"
    site: str = ""

    @property
    def place(self) -> str:
        """What pip installs the package from."""
        return f"git+https://github.com/{self.owner}/{self.name}@{self.branch}"

    def links(self, path: str) -> dict[str, str]:
        """What the links say -> where they lead.

        Args:
            path: of the notebook in the repository, with forward slashes.
        """
        repository, branch = f"{self.owner}/{self.name}", quote(self.branch)
        found = {
            "Colab": "https://colab.research.google.com/github/"
            f"{repository}/blob/{branch}/{quote(path)}",
            "Binder": f"https://mybinder.org/v2/gh/{repository}/{quote(self.branch, safe='')}"
            f"?labpath={quote(path, safe='')}",
        }
        if self.site:
            found["the course's site"] = self.site.replace("{name}", quote(Path(path).stem))
        return found

    def row(self, path: str) -> str:
        """The links as one line of Markdown between two markers."""
        links = " · ".join(f"[{text}]({url})" for text, url in self.links(path).items())
        return f"{BEGIN}\n\n**Open this notebook:** {links}\n\n{END}"


def home(repo: str | None = None, branch: str = "main", site: str = "") -> Home:
    """Where the course is published: as given, or as the git remote ``origin`` says.

    Raises:
        BadValue: ``repo``, ``branch`` or ``site`` is not one.
        CourseError: nothing was given, and there is no remote on GitHub.
    """
    if not _BRANCH.fullmatch(branch):
        raise BadValue(f"--branch {branch!r} is no name of a branch.", "For example: --branch main")
    site = site.strip()
    if site and (urlsplit(site).scheme not in ("http", "https") or re.search(r"[\s()<>]", site)):
        raise BadValue(
            f"--site {site!r} is no address.",
            "Begin it with https://; {name} in it stands for the notebook's name.",
        )
    owner, name = _given(repo) if repo is not None else _remote()
    return Home(owner, name, branch, site)


def _given(repo: str) -> tuple[str, str]:
    owner, _, name = repo.strip().partition("/")
    if match := _GITHUB.fullmatch(repo.strip()):
        owner, name = match["owner"], match["name"]
    if not (_OWNER.fullmatch(owner) and _NAME.fullmatch(name)):
        raise BadValue(
            f"--repo {_without_secret(repo)!r} is no repository on GitHub.",
            "Write it as owner/name.",
        )
    return owner, name


def _remote() -> tuple[str, str]:
    advice = "Say where the course is published: tl badges --repo owner/name"
    try:
        done = subprocess.run(
            ["git", "remote", "get-url", "origin"],
            cwd=files.root(),
            capture_output=True,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CourseError(f"git could not be asked for the remote: {error}", advice) from error
    url = done.stdout.strip()
    if done.returncode or not url:
        raise CourseError(f"{files.root()} has no git remote 'origin'.", advice)
    match = _GITHUB.fullmatch(url)
    if not (match and _OWNER.fullmatch(match["owner"]) and _NAME.fullmatch(match["name"])):
        raise CourseError(
            f"The remote 'origin' is {_without_secret(url)}, which is no repository on GitHub; "
            "Colab and Binder open notebooks from there.",
            advice,
        )
    return match["owner"], match["name"]


def _without_secret(url: str) -> str:
    """An address without the name and password that may stand in it."""
    return re.sub(r"(?<=://)[^@/]*@", "", url)


def apply(notebook: Any, path: str, where: Home | None) -> Any:
    """A copy of the notebook with the links of ``where`` and its place; without both for None.

    Stored outputs stay valid: none of them depends on it.

    Args:
        notebook: an nbformat notebook, which is left as it is.
        path: its path in the repository, with forward slashes.
        where: where the course is published.

    Raises:
        BadValue: the first cell is no text with a heading, or the bootstrap cell is not the
            course's.
    """
    name = Path(path).stem
    if wrong := bootstrap.problems(notebook, name):
        raise BadValue(wrong[0].partition("; run")[0] + ".", f"Run: tl bootstrap {name}")
    changed = copy.deepcopy(notebook)
    first = changed.cells[0]
    text = _ROW.sub("", first.source)
    heading, newline, rest = text.partition("\n")
    if first.cell_type != "markdown" or not heading.startswith("# "):
        raise BadValue(
            f"{name}: the first cell does not begin with a heading, so the links have no place.",
            "Begin the notebook with a Markdown cell: # Title",
        )
    if where is None:
        first.source = text.rstrip()
    else:
        first.source = f"{heading}\n\n{where.row(path)}" + (f"\n\n{rest.lstrip()}" if rest else "")
    changed = bootstrap.apply(changed, name, "" if where is None else where.place)
    bootstrap.keep_stamp(notebook, changed)
    return changed


def write(names: Sequence[str | PathLike[str]] = (), where: Home | None = None) -> dict[Path, bool]:
    """Write the links into notebooks, or take them out; nothing is written if one fails.

    Args:
        names: notebooks by name or path; all of ``notebooks/`` without any.
        where: where the course is published; None takes the links and the place out.

    Returns:
        Path -> whether it changed.

    Raises:
        UnknownName: no such notebook. BadValue: see :func:`apply`, or a notebook outside the
            course folder. CourseError: a file cannot be written.
    """
    paths = notebooks.find(names)
    before = {path: notebooks.read(path) for path in paths}
    after = {path: apply(before[path], _inside(path), where) for path in paths}
    for path in paths:
        if after[path] != before[path]:
            notebooks.write(after[path], path)
    return {path: after[path] != before[path] for path in paths}


def _inside(path: Path) -> str:
    try:
        return path.resolve().relative_to(files.root().resolve()).as_posix()
    except ValueError:
        raise BadValue(
            f"{path} is not in the course folder {files.root()}, so no link leads to it.",
            "Put it into notebooks/, or set TL_ROOT to its course folder.",
        ) from None
