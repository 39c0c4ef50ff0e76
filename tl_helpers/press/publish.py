"""``tl publish``: whether what is to be published fits together, and what to push where.

Nothing is pushed. The check builds the wheel and the site, and compares: the links of each notebook
and the place that it installs from with the repository, what is in the wheel with what is in the
course folder, and the addresses of the site with its pages.
"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.parser import Parser
from pathlib import Path

from tl_helpers.core import files
from tl_helpers.core.errors import CourseError
from tl_helpers.press import badges, bootstrap, notebooks
from tl_helpers.press.badges import Home

#: Folder of the course -> where the wheel has it.
_INSIDE = {
    "tl_helpers": "tl_helpers",
    "data": "tl_helpers/_data",
    "notebooks/tl_lessons": "tl_lessons",
}
_LEFT_OUT = {"__pycache__", ".ipynb_checkpoints", ".DS_Store"}


@dataclass
class Findings:
    """What the check came to.

    Attributes:
        good: what fits together.
        problems: what does not, each with what to do.
        steps: what to push where.
    """

    good: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    def add(self, what: str, problems: list[str]) -> None:
        """Problems, or that there are none."""
        self.problems += problems
        if not problems:
            self.good.append(what)


def check(where: Home, folder: Path | None = None) -> Iterator[str | Findings]:
    """Build wheel and site, and compare: what is being done, and in the end the findings.

    Args:
        where: the course is published, as from :func:`badges.home`.
        folder: of what is built; ``build/publish`` by default.

    Raises:
        CourseError: the wheel or the site could not be built.

    Example:
        >>> *_, findings = check(badges.home("somebody/course"))  # doctest: +SKIP
    """
    target = folder or files.root() / "build" / "publish"
    found = Findings()
    yield "Comparing the notebooks ..."
    found.add("the links and the place to install from, in every notebook", of_notebooks(where))
    found.add("the repository in the package's metadata", of_metadata(where))
    found.add("the files of the course are committed", of_git(where))
    yield "Building the wheel ..."
    wheel = build_wheel(target)
    found.add(f"what is in {wheel.name}", of_wheel(wheel))
    yield "Building the site ..."
    from tl_helpers.press.site import build

    site = build(target / "site").folder
    found.add("the addresses of the site", of_site(where, site))
    found.steps = steps(where, wheel, site)
    yield found


def of_notebooks(where: Home) -> list[str]:
    """Notebooks whose links or whose place are not those of the repository.

    Example:
        >>> of_notebooks(badges.home("somebody/course"))[0][:13]  # doctest: +SKIP
        '00_start_here'
    """
    options = f"--repo {where.owner}/{where.name} --branch {where.branch}"
    options += f" --site {where.site}" if where.site else ""
    said = []
    for path in notebooks.find():
        notebook = notebooks.read(path)
        if wrong := bootstrap.problems(notebook, path.stem):
            said += wrong
            continue
        place = bootstrap.place_of(notebook, path.stem)
        if place != where.place:
            said.append(
                f"{path.stem} installs from {place or 'nowhere'}, not from {where.place}; "
                f"run: tl badges {options}"
            )
        elif badges.apply(notebook, f"notebooks/{path.name}", where) != notebook:
            said.append(f"{path.stem}: its links lead elsewhere; run: tl badges {options}")
        said += [text for text in notebooks.problems(path) if "outputs" in text]
    return said


def of_metadata(where: Home) -> list[str]:
    """What ``pyproject.toml`` and ``CITATION.cff`` say otherwise.

    Example:
        >>> of_metadata(badges.home("owner/name"))  # doctest: +SKIP
        []
    """
    import tomllib

    project = tomllib.loads((files.root() / "pyproject.toml").read_text("utf-8"))["project"]
    said = []
    if named := project.get("urls", {}).get("Repository"):
        other = badges.home(named)
        if (other.owner, other.name) != (where.owner, where.name):
            said.append(
                f"pyproject.toml names the repository {other.owner}/{other.name}, not "
                f"{where.owner}/{where.name}; change Repository under [project.urls]"
            )
    cited = files.root() / "CITATION.cff"
    if cited.exists():
        versions = set(re.findall(r'^\s*version: "?([^"\s]+)', cited.read_text("utf-8"), re.M))
        if versions - {project["version"]}:
            said.append(
                f"CITATION.cff cites version {', '.join(sorted(versions))}, but pyproject.toml has "
                f"{project['version']}; write the same into both"
            )
    return said


def of_git(where: Home) -> list[str]:
    """What the repository would not have: changes without a commit, or another branch.

    Example:
        >>> of_git(badges.home("owner/name"))  # doctest: +SKIP
        ['3 files changed since the last commit, so Colab and Binder would not see ...']
    """
    if not (files.root() / "environment.yml").exists():
        return ["environment.yml is missing: Binder builds nothing without it; restore the file"]
    try:
        changed, branch = _git("status", "--porcelain"), _git("rev-parse", "--abbrev-ref", "HEAD")
    except (OSError, subprocess.SubprocessError):
        return ["the course folder is no git repository; begin one: git init"]
    said = []
    if changed:
        many = len(changed.splitlines())
        said.append(
            f"{many} file{'s' * (many != 1)} changed since the last commit, so Colab and Binder "
            "would not see what is here; commit them, or undo the changes"
        )
    if branch != where.branch:
        said.append(
            f"the links show the branch {where.branch}, but this is {branch}; "
            f"switch, or say --branch {branch}"
        )
    return said


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=files.root(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


def build_wheel(folder: Path) -> Path:
    """Build the wheel into a folder; an earlier one goes.

    Raises:
        CourseError: pip could not; with what it said.

    Example:
        >>> build_wheel(Path("build/publish")).suffix  # doctest: +SKIP
        '.whl'
    """
    folder.mkdir(parents=True, exist_ok=True)
    for earlier in folder.glob("tl_helpers-*.whl"):
        earlier.unlink()
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    done = subprocess.run([*pip, str(files.root())], capture_output=True, text=True)
    built = sorted(folder.glob("tl_helpers-*.whl"))
    if done.returncode != 0 or len(built) != 1:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CourseError(
            f"The wheel could not be built: {said[-1] if said else 'pip does not say why'}",
            f"pip needs a network for hatchling. To see all it says: {' '.join(pip)} .",
        )
    return built[0]


def of_wheel(wheel: Path) -> list[str]:
    """What is in the course folder and not, or otherwise, in the wheel; and what is not of it.

    Example:
        >>> of_wheel(Path("tl_helpers-0.1.0-py3-none-any.whl"))  # doctest: +SKIP
        []
    """
    wanted = _wanted(files.root())
    with zipfile.ZipFile(wheel) as archive:
        inside = {i.filename: i for i in archive.infolist() if not i.is_dir()}
        [about] = [name for name in inside if name.endswith(".dist-info/METADATA")]
        entries = [name for name in inside if name.endswith(".dist-info/entry_points.txt")]
        version = Parser().parsestr(archive.read(about).decode("utf-8"))["Version"]
        commands = archive.read(entries[0]).decode("utf-8") if entries else ""
    again = "see [tool.hatch.build.targets.wheel] in pyproject.toml"
    absent = sorted(set(wanted) - set(inside))
    other = sorted(
        name
        for name in set(wanted) & set(inside)
        if zlib.crc32(wanted[name].read_bytes()) != inside[name].CRC
    )
    strange = sorted(n for n in set(inside) - set(wanted) if ".dist-info/" not in n)
    said = []
    for names, what in (
        (absent, f"lacks {{}}; {again}, and .gitignore"),
        (other, "has another {} than the course folder; build it again"),
        (strange, f"has {{}}, which is no file of the course; {again}"),
    ):
        if names:
            more = f" and {len(names) - 1} more" * (len(names) > 1)
            said.append(f"{wheel.name} {what.format(names[0] + more)}")
    if wheel.name.split("-")[1] != version:
        said.append(f"{wheel.name} calls itself version {version}; build it again")
    if "tl_helpers.press.cli:main" not in commands:
        said.append(f"{wheel.name} has no command tl; see [project.scripts] in pyproject.toml")
    return said


def _wanted(root: Path) -> dict[str, Path]:
    """Name in the wheel -> file of the course folder that must be there."""
    wanted = {}
    for base, place in _INSIDE.items():
        for path in sorted((root / base).rglob("*")):
            hidden = _LEFT_OUT & set(path.parts) or path.suffix == ".pyc"
            if path.is_file() and not hidden:
                wanted[f"{place}/{path.relative_to(root / base).as_posix()}"] = path
    for path in sorted((root / "notebooks" / "tl_lessons").rglob("*.py")):
        # Stored studies run cells of these notebooks.
        for name in re.findall(r'\bCells\(\s*"(\w+)"\s*\)', path.read_text("utf-8")):
            wanted[f"tl_lessons/{name}.ipynb"] = root / "notebooks" / f"{name}.ipynb"
    return wanted


def of_site(where: Home, site: Path) -> list[str]:
    """Links to the site that lead to no page of it.

    Example:
        >>> of_site(badges.home("owner/name"), Path("build/site"))  # doctest: +SKIP
        []
    """
    if not (site / "index.html").exists():
        return [f"{site} has no index.html; build it again: tl site"]
    if "{name}" not in where.site:
        return []
    said = []
    for path in notebooks.find():
        address = where.site.replace("{name}", path.stem)
        parts = address.partition("//")[2].partition("#")[0].strip("/").split("/")[1:]
        # Which folders the host puts before the site is its own business: the last parts count.
        ends = [site.joinpath(*parts[first:]) for first in range(len(parts))]
        pages = [page for end in ends for page in (end, end.with_name(f"{end.name}.html"))]
        if address.endswith("/"):  # that is a folder with an index
            pages = [end / "index.html" for end in ends]
        if not any(page.is_file() for page in pages):
            there = next((p.relative_to(site) for p in site.rglob(f"{path.stem}.html")), "missing")
            said.append(f"the site has no page at {address}; that of {path.stem} is {there}")
    return said


def steps(where: Home, wheel: Path, site: Path) -> list[str]:
    """What to push where, in order.

    Example:
        >>> steps(where, wheel, site)[0][:8]  # doctest: +SKIP
        'git push'
    """
    repository = f"https://github.com/{where.owner}/{where.name}"
    version = wheel.name.split("-")[1]
    anywhere = "any web server, such as GitHub Pages; then tell the notebooks: tl badges --site URL"
    address = where.site.partition("{name}")[0] or anywhere
    return [
        f"git push {repository} {where.branch}   (Colab, Binder and pip read the branch there)",
        f"the folder {site}   -> {address}",
        f"git tag v{version} && git push {repository} v{version}   (so that it can be cited)",
        f"{wheel}   -> a release of {repository}, for those who install without git",
    ]
