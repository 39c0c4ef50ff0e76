"""The row of links at the top of each notebook: open it in Colab, on Binder, on the site.

The links come from the address that the course is published at, so there is no row before it is
known: ``tl badges`` takes ``--repo owner/name``, or reads it from the package's metadata
(``Repository`` among the project's URLs) or from ``git remote``.
"""

from __future__ import annotations

import copy
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from os import PathLike
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, CourseError
from tl_helpers.press import bootstrap, notebooks

BEGIN, END = "<!-- links -->", "<!-- /links -->"

_REPOSITORY = re.compile(
    r"(?:(?:\w+://)?(?:[^@/]+@)?(?:www\.|ssh\.)?github\.com(?::\d+)?[:/])?"
    r"(?P<owner>\w[\w-]*)/(?P<name>[\w.-]*\w)",
    re.A,
)
_BRANCH = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)*", re.A)
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
    def issues(self) -> str:
        """Where a problem is reported."""
        return f"https://github.com/{self.owner}/{self.name}/issues/new"

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
        links = {
            "Colab": "https://colab.research.google.com/github/"
            f"{repository}/blob/{branch}/{quote(path)}",
            "Binder": f"https://mybinder.org/v2/gh/{repository}/{quote(self.branch, safe='')}"
            f"?labpath={quote(path, safe='')}",
        }
        if self.site:
            links["the course's site"] = self.site.replace("{name}", quote(Path(path).stem))
        return links

    def row(self, path: str) -> str:
        """The links as one line of Markdown between two markers."""
        links = " · ".join(f"[{text}]({url})" for text, url in self.links(path).items())
        return f"{BEGIN}\n\n**Open this notebook:** {links}\n\n{END}"


def home(repo: str | None = None, branch: str = "main", site: str = "") -> Home:
    """Where the course is published: as given, or as package or git remote ``origin`` say.

    Raises:
        BadValue: ``repo``, ``branch`` or ``site`` is not one.
        CourseError: nothing was given, and there is no remote on GitHub.

    Example:
        >>> home("somebody/course").place
        'git+https://github.com/somebody/course@main'
    """
    if not _BRANCH.fullmatch(branch):
        raise BadValue(
            f"--branch {branch!r} is not the name of a branch.", "For example: --branch main"
        )
    if not re.fullmatch(r"(https?://[^\s()<>]+)?", site):
        raise BadValue(
            f"--site {site!r} is not an address.",
            "Begin it with https://; {name} in it stands for the notebook's name.",
        )
    address = _published() if repo is None else repo
    match = _REPOSITORY.fullmatch(address.strip().rstrip("/").removesuffix(".git"))
    if match is None and repo is None:
        raise CourseError(
            "Neither the package nor the git remote 'origin' names a repository on GitHub, from "
            "where Colab and Binder open notebooks.",
            "Say where the course is published: tl badges --repo owner/name",
        )
    if match is None:
        raise BadValue(f"{repo!r} is not a repository on GitHub.", "Write --repo owner/name.")
    return Home(match["owner"], match["name"], branch, site)


def known() -> Home | None:
    """Where the course is published, if package or git remote tell.

    Example:
        >>> known()  # doctest: +SKIP
        Home(owner='somebody', name='course', branch='main', site='')
    """
    try:
        return home()
    except CourseError:
        return None


def known_place() -> str:
    """What pip installs the package from, if package or git remote tell; empty otherwise.

    Example:
        >>> known_place()  # doctest: +SKIP
        'git+https://github.com/somebody/course@main'
    """
    where = known()
    return where.place if where else ""


_COLAB = re.compile(
    r"\[Colab\]\(https://colab\.research\.google\.com/github/"
    r"(?P<owner>[^/]+)/(?P<name>[^/]+)/blob/(?P<branch>.+?)/notebooks/"
)


def of_notebook(notebook: Any) -> Home | None:
    """Where the course is published, as the links under a notebook's title say; None without.

    Example:
        >>> of_notebook(notebook).owner  # doctest: +SKIP
        'somebody'
    """
    texts = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    rows = (row[0] for text in texts if (row := _ROW.search(text)))
    link = _COLAB.search(next(rows, ""))
    return Home(link["owner"], link["name"], unquote(link["branch"])) if link else None


def without(text: str) -> str:
    """The text of a first cell without the row of links.

    Example:
        >>> without("# A\\n\\n<!-- links -->\\n\\nx\\n\\n<!-- /links -->\\n\\nB")
        '# A\\n\\nB'
    """
    return _ROW.sub("", text)


def _published() -> str:
    """The address of the course's repository on GitHub; empty if nothing tells."""
    try:
        urls = metadata.metadata("tl-helpers").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:  # a checkout that is not installed
        urls = []
    named = dict(row.split(", ", 1) for row in urls)
    if "Repository" in named:
        return str(named["Repository"])
    command = ["git", "remote", "get-url", "origin"]
    try:
        done = subprocess.run(command, cwd=files.root(), capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if "github.com" in done.stdout else ""


def apply(notebook: Any, path: str, where: Home | None) -> Any:
    """A copy of the notebook with the links of ``where`` and its place; without both for None.

    Stored outputs stay valid: none of them depends on it.

    Args:
        notebook: an nbformat notebook, which is left as it is.
        path: its path in the repository, with forward slashes.
        where: where the course is published.

    Raises:
        BadValue: the first cell is no text with a heading, or the bootstrap cells are not the
            course's.

    Example:
        >>> without_links = apply(notebook, "notebooks/00_start_here.ipynb", None)  # doctest: +SKIP
    """
    name = Path(path).stem
    if wrong := bootstrap.problems(notebook, name):
        raise BadValue(wrong[0].partition("; run")[0] + ".", f"Run: tl bootstrap {name}")
    changed = copy.deepcopy(notebook)
    first = changed.cells[0]
    text = without(first.source)
    heading, _, rest = text.partition("\n")
    rest = rest.lstrip()
    if first.cell_type != "markdown" or not heading.startswith("# "):
        raise BadValue(
            f"{name}: the first cell does not begin with a heading, so the links have no place.",
            "Begin the notebook with a Markdown cell: # Title",
        )
    if where is None:
        first.source = text.rstrip()
    else:
        first.source = f"{heading}\n\n{where.row(path)}" + (f"\n\n{rest}" if rest else "")
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

    Example:
        >>> list(write(["00_start_here"], home("somebody/course")).values())  # doctest: +SKIP
        [True]
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
