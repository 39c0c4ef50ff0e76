"""``tl site``: executed notebooks and hand-written pages, through Sphinx, into one folder.

Everything is built beside the old site, which stays until the new one is complete. A warning is
an error: a link, term or reference that leads nowhere stops the build.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from tl_helpers import exercises
from tl_helpers.core import files, lessons
from tl_helpers.core.errors import BrokenFile, CourseError
from tl_helpers.exercises import key
from tl_helpers.press import badges, kits, notebooks, report, student
from tl_helpers.press.site import content, decide

_PACKAGES = ("sphinx", "myst_nb", "sphinx_book_theme", "sphinxcontrib.bibtex", "latex2mathml")
_NEEDED = ("conf.py", "index.md", "glossary.md", "bibliography.md", "references.bib")


@dataclass
class Built:
    """What was built.

    Attributes:
        folder: the site.
        pages: the notebooks in it.
        notes: what the reader of the console should know.
        seconds: how long it took.
    """

    folder: Path
    pages: list[content.Page]
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def index(self) -> Path:
        """The page to open."""
        return self.folder / "index.html"


def build(
    output: str | os.PathLike[str] | None = None, runs: str | os.PathLike[str] | None = None
) -> Built:
    """Build the site.

    Args:
        output: the folder of the site; ``build/site`` by default.
        runs: the folder that ``tl run`` wrote to; ``build`` by default.

    Raises:
        CourseError: a package or a source is missing, or something is wrong in a page: then the
            old site is still there.

    Example:
        >>> build().index.name  # doctest: +SKIP
        'index.html'
    """
    began = time.perf_counter()
    _require()
    root = files.root()
    runs = files.place(runs, "runs") if runs is not None else root / "build"
    target = files.place(output, "output") if output is not None else root / "build" / "site"
    if target.exists() and not (target / ".tl-site").exists() and any(target.iterdir()):
        raise CourseError(
            f"{target} holds other files, and the site would replace them.",
            "Choose an empty folder, or remove this one.",
        )
    site, notes = content.collect(runs)
    about = _about(content.report(runs), site)
    with tempfile.TemporaryDirectory(prefix="tl-site-") as scratch:
        source = Path(scratch) / "source"
        where = _published(site)
        _lay_out(root, runs, site, source, about, where)
        with files.atomic_folder(target) as new:
            _run_sphinx(source, new, about, _report(where))
            for path in [*new.glob("_static/*macros.html"), *new.glob("_static/**/*.map")]:
                path.unlink()  # templates, and maps of minified scripts: no page needs them
    return Built(target, site, notes, round(time.perf_counter() - began, 1))


def _require() -> None:
    missing = next((name for name in _PACKAGES if importlib.util.find_spec(name) is None), None)
    if missing:
        raise CourseError(
            f"The site cannot be built here: the package {missing} is not installed.",
            "Install what it needs: make course, or pip install 'tl-helpers[course]'",
        )


def _lay_out(
    root: Path,
    runs: Path,
    site: Sequence[content.Page],
    source: Path,
    about: str,
    where: badges.Home | None,
) -> None:
    """Put everything that Sphinx reads into one folder."""
    own, written = root / "notebooks" / "site", root / "notebooks" / "sessions"
    for name in _NEEDED:
        if not (own / name).exists():
            raise BrokenFile(
                f"The site's source {own / name} is missing.",
                f"Restore it with: git checkout -- notebooks/site/{name}",
            )
    for folder, name in (
        (own, ""),
        (written, "sessions"),
        (files.data_dir() / "pictures", "pictures"),
    ):
        if folder.exists():
            shutil.copytree(folder, source / name, dirs_exist_ok=True)
    downloads, slides = source / "extra" / "files", runs / "slides"
    downloads.mkdir(parents=True)
    (source / "extra" / ".tl-site").touch()
    if slides.is_dir():
        shutil.copytree(slides, source / "extra" / "slides", ignore=shutil.ignore_patterns(".*"))
    for page in site:
        # As `tl lab` gives it: an output would stand below the prediction that it answers.
        copy = student.student(notebooks.read(page.source), page.name)
        notebooks.write(copy, downloads / page.source.name)
        deck = (slides / f"{page.name}.html").exists()
        notebooks.write(content.readable(page, deck, where), source / f"{page.name}.ipynb")
    names, sessions = ([path.stem for path in sorted(f.glob("*.md"))] for f in (own, written))
    made: dict[str, str] = {}
    decks = [path.stem for path in slides.glob("*.html")]
    written_kits = [kits.read(path) for path in kits.find()]
    for kit in written_kits:
        made |= content.session(kit, decks)
    if decide.path().exists():
        names.append("decide")
        made["decide"] = decide.page([claim for page in site for claim in page.claims])
    made |= {
        "claims": content.claims_page(site, about),
        "map": content.map_page(site),
        "index": (own / "index.md").read_text("utf-8") + content.contents(site, sessions, names),
    }
    asked = {page.name: list(exercises.of(page.name)) for page in site}
    moved = lessons.moved()
    gone = {was: {p.name: p.short for p in site if p.name in now} for was, now in moved.items()}
    for slug, there in content.sessions_of_themes(written_kits).items():
        gone[f"sessions/{slug}"] = there
    (source / "extra" / "sessions").mkdir()
    for was, there in gone.items():
        if there:
            (source / "extra" / f"{was}.html").write_text(
                content.moved_page(there), encoding="utf-8", newline="\n"
            )
    known = {"TL_EXERCISES": asked, "TL_RULES": key.rules(), "TL_MOVED": moved}
    (source / "static" / "exercises.js").write_text(
        "".join(f"window.{name} = {json.dumps(data)};\n" for name, data in known.items()),
        encoding="utf-8",
        newline="\n",
    )
    for name, text in made.items():
        (source / f"{name}.md").write_text(text, encoding="utf-8", newline="\n")


def _about(report: content.Report, site: Sequence[content.Page]) -> str:
    """Where and when the notebooks were run, in a sentence."""
    if not any(page.executed for page in site):
        return "The outputs are those stored in the notebooks."
    date, commit = str(report.environment.get("date", ""))[:10], report.environment.get("commit")
    threads = f"{report.threads} thread{'s' * (report.threads != 1)}"
    where = f"profile {report.profile}, {threads} a notebook"
    return f"Run on {date} ({where}" + (f", commit {commit})." if commit else ").")


def _published(site: Sequence[content.Page]) -> badges.Home | None:
    """Where the course is published: as its notebooks say, else as package or git remote do."""
    said = (badges.of_notebook(page.notebook) for page in site)
    return next(filter(None, said), None) or badges.known()


def _report(where: badges.Home | None) -> str:
    """A link to report a problem, which ``page.js`` fills in; empty if nobody knows where."""
    if where is None:
        return ""
    commit = escape(report.commit() or "")
    return (
        f'<a class="tl-report" href="{escape(where.issues)}" data-issues="{escape(where.issues)}" '
        f'data-commit="{commit}">Report a problem</a>'
    )


def _run_sphinx(source: Path, output: Path, about: str, problem: str) -> None:
    command = [sys.executable, "-m", "sphinx", "-nW", "--keep-going", "-q", "--no-color"]
    done = subprocess.run(
        [*command, "-d", str(source.parent / "doctrees"), str(source), str(output)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "TL_SITE_ABOUT": about,
            "TL_SITE_REPORT": problem,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        said = done.stderr.replace(f"{source.resolve()}{os.sep}", "").strip()
        said = re.sub(r"\.ipynb:(\d+)\d{4}:", r".ipynb, cell \1:", said)  # myst-nb counts this way
        raise CourseError(
            f"The site was not built. Sphinx says:\n{said}",
            "Mend it and run again: tl site. The site that was there before is untouched.",
        )
