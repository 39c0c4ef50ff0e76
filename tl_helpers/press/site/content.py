"""What goes into the site: the notebooks as last run, and the pages made from them."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from tl_helpers.core import lessons
from tl_helpers.core.errors import BrokenFile
from tl_helpers.measure import cards, claims
from tl_helpers.press import markdown, notebooks, other_seeds, templates

# People read about this many words of explanation in a minute; code and figures take longer, and
# are not counted.
WORDS_A_MINUTE = 200

TEMPLATES = Path(__file__).parent / "templates"
_USES = ("alone", "group", "class", "colab", "your_data")
_REFERENCE = ("claims", "glossary", "bibliography")


@dataclass
class Page:
    """A notebook on the site.

    Attributes:
        name: without ``.ipynb``.
        source: the notebook that a learner downloads.
        notebook: what is shown, with outputs.
        executed: was it run here, or are these the outputs stored in the notebook?
        seconds: how long it took; None if it is not known.
    """

    name: str
    source: Path
    notebook: Any
    executed: bool
    seconds: float | None

    @property
    def title(self) -> str:
        """Its first heading."""
        return notebooks.title(self.notebook, self.name)

    @property
    def short(self) -> str:
        """A name for the side bar: the heading up to its colon."""
        head = re.split(r":\s|\s[-–—]\s", self.title)[0]
        return head if len(head) <= 48 else head[:47].rsplit(" ", 1)[0] + " …"

    @property
    def theme(self) -> str:
        """Its theme on the map; empty if it is not there."""
        return next((row.theme for row in lessons.rows() if row.notebook == self.name), "")

    @property
    def claims(self) -> list[claims.Claim]:
        """What it recorded."""
        return claims.of_notebook(self.notebook, self.name)

    @property
    def runs(self) -> str:
        """How long it runs, in words."""
        if self.seconds is None:
            return "not measured yet"
        return f"{self.seconds:.0f} s" if self.seconds < 100 else f"{self.seconds / 60:.1f} min"

    @property
    def reads(self) -> str:
        """How long its words of explanation take, in words."""
        text = " ".join(c.source for c in self.notebook.cells if c.cell_type == "markdown")
        return f"about {max(1, round(len(text.split()) / WORDS_A_MINUTE))} min"


class Ran(BaseModel):
    """One notebook in the report of a run."""

    name: str
    seconds: float | None = None


class Report(BaseModel):
    """What the site says of the last run: from ``report.json``, which has more."""

    profile: str = ""
    threads: int = 1
    environment: dict[str, Any] = {}
    notebooks: list[Ran] = []


def report(build: Path) -> Report:
    """The report of the last run; empty if there was none.

    Raises:
        BrokenFile: it is no report.

    Example:
        >>> report(Path("/nowhere")).notebooks
        []
    """
    path = build / "report.json"
    try:
        return Report.model_validate_json(path.read_text("utf-8")) if path.exists() else Report()
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise BrokenFile(f"{path} is no report of a run: {reason}", "Run again: tl run") from None


def collect(build: Path) -> tuple[list[Page], list[str]]:
    """The notebooks of the course, each as last run, else with the outputs stored in it.

    Args:
        build: the folder that ``tl run`` writes to.

    Returns:
        The pages, and what the reader of the console should know about them.

    Example:
        >>> [page.name for page in collect(Path("build"))[0]][0]  # doctest: +SKIP
        '00_start_here'
    """
    site, notes = [], []
    measured = {row.name: row.seconds for row in report(build).notebooks}
    for source in notebooks.find():
        notebook, file, note = notebooks.current(source, build)
        notes += [note] if note else []
        seconds = notebook.metadata.get("tl", {}).get("run_seconds")
        if executed := file != source:
            seconds = measured.get(source.stem, seconds)
        site.append(Page(source.stem, source, notebook, executed, seconds))
    return site, notes


def readable(page: Page, deck: bool) -> Any:
    """The notebook for the site: what a reader needs first, machinery folded, no widgets.

    Under its title stand minutes, theme and downloads; pictures carry their alt text.

    Args:
        page: the notebook.
        deck: is there a deck of slides to link to?

    Example:
        >>> readable(page, deck=True).cells[0].source.splitlines()[0]  # doctest: +SKIP
        '# Start here'
    """
    shown = copy.deepcopy(page.notebook)
    for cell in shown.cells:
        if cell.cell_type == "code":  # a widget alone has nothing to show without its kernel
            cell.outputs = [output for output in cell.outputs if not _only_widget(output)]
    shown = notebooks.tidy(shown)
    for cell in shown.cells:
        tags = set(cell.metadata.get("tags", []))
        if tags & {"bootstrap", "parameters"}:
            cell.metadata["tags"] = sorted(tags | {"hide-input"})
        if "exercise" in tags and cell.cell_type == "code":
            cell.metadata["tags"] = sorted(tags | {"tl-exercise"})
        for output in cell.get("outputs", []):
            _as_html(output)
    head = templates.render(TEMPLATES / "head.html.j2", page=page, deck=deck)
    under = f"\n\n```{{raw}} html\n{head}```\n"
    for cell in shown.cells:
        if cell.cell_type == "markdown" and re.search(r"(?m)^# ", cell.source):
            cell.source = re.sub(
                r"(?m)^# .*$", lambda title: title[0] + under, cell.source, count=1
            )
            break
    return shown


def _only_widget(output: Any) -> bool:
    kinds = set(output.get("data", {}))
    return notebooks.WIDGET_VIEW in kinds and kinds <= {notebooks.WIDGET_VIEW, "text/plain"}


def _as_html(output: Any) -> None:
    """Pictures with their alt text, formulas as MathML."""
    data = output.get("data", {})
    alt = output.get("metadata", {}).get("image/png", {}).get("alt")
    if alt and "text/html" not in data:
        source = "".join(data["image/png"].split())
        data["text/html"] = f'<img alt="{escape(alt)}" src="data:image/png;base64,{source}">'
    elif "text/latex" in data and "text/html" not in data:
        data["text/html"] = markdown.mathml(data["text/latex"].strip().strip("$"), "block")


def claims_page(site: Sequence[Page], about: str) -> str:
    """The page of all claims, in Markdown.

    Args:
        site: the notebooks.
        about: where and when they were run, in a sentence.

    Example:
        >>> claims_page([], "Nothing was run.").splitlines()[0]
        '# Claims'
    """
    recorded = [claim for page in site for claim in page.claims]
    known, promised = other_seeds.load(), claims.registry()
    tried = [known[claim.id] for claim in recorded if claim.id in known]
    counts: Counter[str] = Counter(claim.verdict for claim in recorded)
    said = [f"{counts[v]} {look.word.lower()}" for v, look in cards.LOOKS.items() if counts[v]]
    rows = []
    for claim in recorded:
        low, effect, high = cards.numbers(claim)
        rows.append(
            {
                "id": claim.id,
                "sentence": _plain(claim.sentence or claim.id),
                "effect": f"{effect} {_plain(claim.unit)}",
                "interval": f"{low} to {high}",
                "verdict": claim.verdict,
                "said": cards.LOOKS[claim.verdict],
                "again": _again(known.get(claim.id)),
            }
        )
    return templates.render(
        TEMPLATES / "claims.md.j2",
        rows=rows,
        counts=", ".join(said),
        about=about,
        tried=len(tried),
        held=sum(claim.verdict == promised[claim.id].outcome for claim in tried),
        pages=site,
        card=cards.html,
    )


def _again(claim: claims.Claim | None) -> str:
    """What came out on unseen seeds, in a few characters."""
    if claim is None:
        return "–"
    low, effect, high = cards.numbers(claim)
    return f"{cards.LOOKS[claim.verdict].mark} {effect} ({low} to {high})"


def _plain(text: str) -> str:
    """Text in which nothing is Markdown."""
    return re.sub(r"([\\`*_\[\]<>|{}$])", r"\\\1", text)


def map_page(site: Sequence[Page]) -> str:
    """The map of topics, in Markdown: a line for each theme, a station for each notebook.

    Example:
        >>> "# Map" in map_page([])
        True
    """
    ready = {page.name: page for page in site}
    rows, questions = lessons.rows(), {theme.name: theme.question for theme in lessons.plan().theme}
    themes = [
        (theme, questions.get(theme), [(row, ready.get(row.notebook)) for row in group])
        for theme, group in lessons.themes().items()
    ]
    count = sum(row.notebook in ready for row in rows)
    return templates.render(TEMPLATES / "map.md.j2", rows=rows, ready=count, themes=themes)


def contents(site: Sequence[Page], sessions: Sequence[str], own: Sequence[str]) -> str:
    """The order of all pages: what the side bar shows, and previous and next follow.

    Args:
        site: the notebooks.
        sessions: names of the session kits.
        own: names of the pages written by hand.

    Example:
        >>> page = contents(pages, sessions=["start"], own=["group"])  # doctest: +SKIP
    """
    entries: dict[str, list[str]] = {}
    for page in site:
        entries.setdefault(page.theme, []).append(f"{page.short} <{page.name}>")
    first = [name for name in ("decide",) if name in own]
    elsewhere = ("index", *first, *_REFERENCE)
    uses = [name for name in (*_USES, *own) if name in own and name not in elsewhere]
    themes = [theme.name for theme in lessons.plan().theme]
    groups = [
        ("", [*entries.get(lessons.START, []), "map", *first]),
        *((f"{n} {theme}", entries.get(theme, [])) for n, theme in enumerate(themes, 1)),
        ("Further notebooks", entries.get("", [])),
        ("Sessions", [f"sessions/{name}" for name in sessions]),
        ("How to use it", list(dict.fromkeys(uses))),
        ("Reference", _REFERENCE),
    ]
    return templates.render(TEMPLATES / "contents.md.j2", groups=groups)
