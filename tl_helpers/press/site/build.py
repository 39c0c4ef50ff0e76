"""``tl site``: executed notebooks and hand-written pages, through Sphinx, into one folder.

Everything is built beside the old site, which stays until the new one is complete. A warning is
an error: a link, term or citation that leads nowhere stops the build.
"""

from __future__ import annotations

import importlib
import io
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tl_helpers import __version__
from tl_helpers.core import files, lessons
from tl_helpers.core.errors import BrokenFile, CourseError
from tl_helpers.press import notebooks
from tl_helpers.press.site import check, content

TITLE = "Transfer learning in NLP"
_PACKAGES = ("sphinx", "myst_nb", "sphinx_book_theme", "sphinxcontrib.bibtex", "latex2mathml")
_NEEDED = ("index.md", "glossary.md", "bibliography.md", "references.bib")
_WARNING = re.compile(r"(?:(?P<where>.*?): )?(?:WARNING|ERROR|CRITICAL|SEVERE): (?P<what>.+)")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


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
        CourseError: a package or a source is missing, or the first thing that is wrong in a page:
            then the old site is still there.
    """
    began = time.perf_counter()
    _require()
    root = files.root()
    runs = Path(runs) if runs is not None else root / "build"
    target = Path(output) if output is not None else root / "build" / "site"
    if target.exists() and not (target / ".tl-site").exists() and any(target.iterdir()):
        raise CourseError(
            f"{target} holds other files, and the site would replace them.",
            "Choose an empty folder, or remove this one.",
        )
    site, notes = content.collect(runs)
    with tempfile.TemporaryDirectory(prefix="tl-site-") as scratch:
        source = Path(scratch) / "source"
        extra = Path(scratch) / "extra"
        config = _prepare(root, runs, site, source, extra)
        with files.atomic_folder(target) as new:
            _run_sphinx(source, new, Path(scratch) / "doctrees", config)
            _tidy(new)
            _stop_at(check.problems(new))
    return Built(target, site, notes, round(time.perf_counter() - began, 1))


_MEND = "Mend it and run again: tl site. The site that was there before is untouched."


def _require() -> None:
    for package in _PACKAGES:
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            raise CourseError(
                f"The site cannot be built here: the package {error.name} is not installed.",
                "Install what it needs: make course, or pip install 'tl-helpers[course]'",
            ) from None


def _prepare(
    root: Path, runs: Path, site: Sequence[content.Page], source: Path, extra: Path
) -> dict[str, Any]:
    """Write the pages that Sphinx reads; returns its configuration."""
    own, kits = root / "notebooks" / "site", root / "notebooks" / "sessions"
    for name in _NEEDED:
        if not (own / name).exists():
            raise BrokenFile(
                f"The site's source {own / name} is missing.",
                f"Restore it with: git checkout -- notebooks/site/{name}",
            )
    shutil.copytree(own, source)
    sessions = sorted(p.stem for p in kits.glob("*.md")) if kits.exists() else []
    if sessions:
        shutil.copytree(kits, source / "sessions")
    pictures = files.data_dir() / "pictures"
    if pictures.exists():
        shutil.copytree(pictures, source / "pictures")
    decks = _extras(runs, site, extra)
    about = _about(content.report(runs), site)
    _write(source / "claims.md", content.claims_page(site, about))
    _write(source / "map.md", content.map_page(site))
    for page in site:
        notebooks.write(content.readable(page), source / f"{page.name}.ipynb")
    names = [p.stem for p in sorted(own.glob("*.md"))]
    index = (source / "index.md").read_text("utf-8")
    _write(source / "index.md", index + "\n\n" + content.trees(site, sessions, names))
    heads = {page.name: content.head(page, page.name in decks) for page in site}
    return _config(source, extra, heads, about)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _extras(runs: Path, site: Sequence[content.Page], extra: Path) -> set[str]:
    """Files that go into the site as they are: notebooks to download, decks; names of the decks."""
    (extra / "files").mkdir(parents=True)
    (extra / ".tl-site").touch()
    for page in site:
        shutil.copyfile(page.source, extra / "files" / page.source.name)
    slides = runs / "slides"
    if not slides.is_dir():
        return set()
    shutil.copytree(slides, extra / "slides", ignore=shutil.ignore_patterns(".*"))
    return {path.stem for path in slides.glob("*.html")}


def _about(report: dict[str, Any], site: Sequence[content.Page]) -> str:
    """Where and when the notebooks were run, in a sentence."""
    if not report or not any(page.executed for page in site):
        return "The outputs are those stored in the notebooks."
    env = report.get("environment", {})
    date, commit = str(env.get("date", ""))[:10], env.get("commit")
    where = f"profile {report.get('profile')}, {report.get('threads')} threads a notebook"
    return f"Run on {date} ({where}" + (f", commit {commit})." if commit else ").")


def _config(source: Path, extra: Path, heads: dict[str, str], about: str) -> dict[str, Any]:
    numbers = {row.number: (row.notebook, row.question) for row in lessons.rows()}
    return {
        "project": TITLE,
        "author": "The course authors",
        "version": __version__,
        "release": __version__,
        "language": "en",
        "extensions": ["myst_nb", "sphinxcontrib.bibtex", "tl_helpers.press.site.links"],
        "nitpicky": True,
        "exclude_patterns": ["references.bib"],
        "html_theme": "sphinx_book_theme",
        "html_title": TITLE,
        "html_baseurl": "",
        "html_static_path": [str(Path(__file__).parent / "static")],
        "html_css_files": ["course.css"],
        "html_extra_path": [str(extra)],
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_show_copyright": False,
        "html_show_sphinx": False,
        "html_use_index": False,
        "html_domain_indices": False,
        # A summary would be fetched, which browsers refuse for pages opened from disk.
        "html_show_search_summary": False,
        "html_math_renderer": "mathml",
        "html_context": {"default_mode": "auto"},
        "html_theme_options": {
            "logo": {"text": TITLE},
            "use_download_button": False,
            "use_fullscreen_button": False,
            "home_page_in_toc": False,
            "show_navbar_depth": 1,
            "show_toc_level": 2,
            "toc_title": "On this page",
            "pygments_light_style": "a11y-high-contrast-light",
            "pygments_dark_style": "a11y-high-contrast-dark",
            "navbar_persistent": [],
            "extra_footer": f"<p>{about} Text and pictures: CC BY 4.0; code: MIT.</p>",
            "footer_content_items": ["extra-footer"],
        },
        "myst_enable_extensions": [
            "amsmath",
            "attrs_inline",
            "colon_fence",
            "deflist",
            "dollarmath",
        ],
        "myst_heading_anchors": 3,
        "nb_execution_mode": "off",
        "nb_mime_priority_overrides": [
            ("html", "text/html", 1),
            ("html", "image/svg+xml", 2),
            ("html", "image/png", 3),
            ("html", "text/markdown", 4),
            ("html", "text/latex", 5),
            ("html", "text/plain", 9),
        ],
        "nb_merge_streams": True,
        "nb_code_prompt_show": "Show the code",
        "nb_code_prompt_hide": "Hide the code",
        "suppress_warnings": ["mystnb.unknown_mime_type", "mystnb.mime_type"],
        "bibtex_bibfiles": [str(source / "references.bib")],
        "bibtex_default_style": "course",
        "tl_heads": heads,
        "tl_numbers": numbers,
    }


def _tidy(site: Path) -> None:
    """Remove what no page needs: templates, and maps of minified scripts."""
    for path in [*site.glob("_static/*macros.html"), *site.glob("_static/**/*.map")]:
        path.unlink()
    for name in (".buildinfo", "objects.inv"):
        (site / name).unlink(missing_ok=True)


@contextmanager
def _calm() -> Iterator[None]:
    """Sphinx looks at these variables; a learner's own must not change the site."""
    before = {name: os.environ.pop(name, None) for name in ("SPHINXOPTS", "READTHEDOCS")}
    try:
        yield
    finally:
        os.environ.update({name: value for name, value in before.items() if value is not None})


def _run_sphinx(source: Path, output: Path, doctrees: Path, config: dict[str, Any]) -> None:
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    said = io.StringIO()
    try:
        with _calm(), patch_docutils(), docutils_namespace():
            app = Sphinx(
                source,
                None,
                output,
                doctrees,
                "html",
                confoverrides=dict(config),
                status=io.StringIO(),
                warning=said,
                freshenv=True,
            )
            # What is wrong in a page is known once all are read: then nothing need be written.
            app.connect("env-check-consistency", lambda *_: _stop_at(_warnings(said, source)))
            app.build(force_all=True)
    except Exception as error:  # Sphinx and its extensions raise nearly everything
        cause = getattr(error, "orig_exc", error)  # Sphinx wraps what an event raises
        if isinstance(cause, CourseError):
            raise cause from None
        _stop_at(_warnings(said, source))
        reason = f"{type(cause).__name__}: {cause}".splitlines()[0]
        raise CourseError(f"The site was not built: {reason}", _MEND) from error
    _stop_at(_warnings(said, source))


def _stop_at(wrong: Sequence[str]) -> None:
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise CourseError(f"The site was not built: {wrong[0]}{more}", _MEND)


def _warnings(said: io.StringIO, source: Path) -> list[str]:
    """The warnings of Sphinx, with the files and cells that an author knows."""
    found = []
    for line in _ANSI.sub("", said.getvalue()).splitlines():
        if match := _WARNING.match(line):
            found.append(f"{_place(match['where'] or '', source)}{match['what']}")
    return found


def _place(where: str, source: Path) -> str:
    if not where:
        return ""
    path, _, number = where.partition(":")
    try:
        inner = Path(path).resolve().relative_to(source.resolve()).as_posix()
    except ValueError:
        inner = path
    line = int(number) if number.isdigit() else 0
    if inner.endswith(".ipynb"):  # myst-nb gives 10000 lines to each cell
        cell = f", cell {line // 10000}" if line >= 10000 else ""
        return f"notebooks/{inner}{cell}: "
    folder = "notebooks/" if inner.startswith("sessions/") else "notebooks/site/"
    made = inner in ("claims.md", "map.md")
    return f"{inner if made else folder + inner}{f', line {line}' if line else ''}: "
