"""What goes into the site: the notebooks as last run, and the pages made from them."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from tl_helpers.core import lessons
from tl_helpers.core.errors import BrokenFile
from tl_helpers.measure import cards, claims
from tl_helpers.press import badges, kits, markdown, notebooks, other_seeds, templates
from tl_helpers.press.site import ask, minutes

# What a session expects of its run, by an earlier one: the head of the page says what was measured.
_EXPECTED = re.compile(r" · (?:about \d+ s|under a minute)$", re.M)

_DECK = re.compile(r"`build/slides/(?P<address>(?P<deck>[\w-]+)\.html[^`\s]*)`")

TEMPLATES = Path(__file__).parent / "templates"
BEYOND = 1e9  # no unit of the course has so much: a run on these seeds diverged
_USES = ("alone", "group", "class", "one_machine", "colab", "your_data")
_REFERENCE = ("claims", "glossary", "bibliography")


@dataclass
class Page:
    """A notebook on the site.

    Attributes:
        name: without ``.ipynb``.
        source: the notebook of the course; a learner downloads it without its outputs.
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
    def number(self) -> str:
        """``"10"`` for ``10_distributional_hypothesis``."""
        return self.name.partition("_")[0]

    @property
    def theme(self) -> str:
        """Its theme on the map; empty if it is not there."""
        return next((row.theme for row in lessons.rows() if row.notebook == self.name), "")

    @property
    def claims(self) -> list[claims.Claim]:
        """What it recorded."""
        return claims.of_notebook(self.notebook, self.name)

    @property
    def time(self) -> minutes.Time:
        """How long it runs, and how long one works through it."""
        return minutes.of(self.notebook, self.seconds)


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


def readable(page: Page, deck: bool, where: badges.Home | None = None) -> Any:
    """The notebook for the site: what a reader needs first, machinery folded, no widgets.

    Exercises of words and numbers become forms. Under its title stand minutes, theme and downloads;
    pictures carry their alt text.

    Args:
        page: the notebook.
        deck: is there a deck of slides to link to?
        where: where the course is published, if that is known.

    Example:
        >>> readable(page, deck=True).cells[0].source.splitlines()[0]  # doctest: +SKIP
        '# Start here'
    """
    shown = copy.deepcopy(page.notebook)
    links = where.links(f"notebooks/{page.name}.ipynb") if where else {}
    for cell in shown.cells:
        if cell.cell_type == "code":  # a widget alone has nothing to show without its kernel
            cell.outputs = [output for output in cell.outputs if not _only_widget(output)]
    shown = notebooks.tidy(shown)
    at_once = ask.at_once(shown.cells)
    for number, cell in enumerate(shown.cells, 1):
        tags = set(cell.metadata.get("tags", [])) | {f"tl-cell-{number}"}
        cell.metadata["tags"] = sorted(tags)
        if tags & {"bootstrap", "parameters"}:
            cell.metadata["tags"] = sorted(tags | {"hide-input"})
        if "exercise" in tags and cell.cell_type == "code":
            cell.metadata["tags"] = sorted(tags | {"tl-exercise"} | ask.tags(cell, at_once))
            ask.put_form(cell, page.name, links, at_once)
        for output in cell.get("outputs", []):
            _as_html(output)
            if "start" in tags and output.output_type == "stream":
                output.text = _EXPECTED.sub("", output.text)
    head = templates.render(TEMPLATES / "head.html.j2", page=page, deck=deck, links=links)
    under = f"\n\n```{{raw}} html\n{head}```\n"
    for cell in shown.cells:
        if cell.cell_type == "markdown" and re.search(r"(?m)^# ", cell.source):
            prose = minutes.without(badges.without(cell.source))
            cell.source = re.sub(r"(?m)^# .*$", lambda title: title[0] + under, prose, count=1)
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
        >>> "# Claims" in claims_page([], "Nothing was run.").splitlines()
        True
    """
    recorded = [claim for page in site for claim in page.claims]
    known, promised = other_seeds.load(), claims.registry()
    tried = [known[claim.id] for claim in recorded if claim.id in known]
    counts: Counter[str] = Counter(claim.verdict for claim in recorded)
    said = [f"{counts[v]} {look.word.lower()}" for v, look in cards.LOOKS.items() if counts[v]]
    return templates.render(
        TEMPLATES / "claims.md.j2",
        rows=recorded,
        counts=", ".join(said),
        about=about,
        tried=len(tried),
        held=sum(claim.verdict == promised[claim.id].outcome for claim in tried),
        table=_claims_table(site, counts, known) if recorded else "",
        pages=site,
        card=cards.html,
    )


def _claims_table(
    site: Sequence[Page], counts: Counter[str], known: Mapping[str, claims.Claim]
) -> str:
    """All claims in one table, with what ``claims.js`` filters and sorts by."""
    rows = []
    for page in site:
        for claim in page.claims:
            low, effect, high = cards.numbers(claim)
            rows.append(
                {
                    "id": claim.id,
                    "notebook": page.name,
                    "number": page.number,
                    "short": page.short,
                    "sentence": claim.sentence or claim.id,
                    "effect": effect,
                    "size": claim.effect,
                    "unit": claim.unit,
                    "interval": f"{low} to {high}",
                    "promised": cards.promise(claim),
                    "verdict": claim.verdict,
                    "said": cards.LOOKS[claim.verdict],
                    "again": _again(known.get(claim.id)),
                }
            )
    return templates.render(
        TEMPLATES / "claims_table.html.j2",
        rows=rows,
        tried=any(row["id"] in known for row in rows),
        books=[(page.name, page.short, page.number) for page in site if page.claims],
        verdicts=[(v, look.word, counts[v]) for v, look in cards.LOOKS.items() if counts[v]],
    )


def _again(claim: claims.Claim | None) -> str:
    """What came out on unseen seeds, in a few characters."""
    if claim is None:
        return "–"
    low, effect, high = cards.numbers(claim)
    if any(abs(value) > BEYOND for value in (claim.low, claim.effect, claim.high)):
        return f"{cards.LOOKS[claim.verdict].mark} diverged on some seeds"
    return f"{cards.LOOKS[claim.verdict].mark} {effect} ({low}\u00a0to\u00a0{high})"  # unbroken


def map_page(site: Sequence[Page]) -> str:
    """The map of topics, in Markdown: a line for each theme, a station for each notebook.

    Example:
        >>> "# Map" in map_page([])
        True
    """
    ready = {page.name: page for page in site}
    rows, questions = lessons.rows(), {theme.name: theme.question for theme in lessons.plan().theme}
    themes = []
    for theme, group in lessons.themes().items():
        stations = [(row, ready.get(row.notebook)) for row in group]
        there = [page for _, page in stations if page]
        themes.append((theme, questions.get(theme), stations, _sum(there)))
    there = [ready[row.notebook] for row in rows if row.notebook in ready]
    return templates.render(
        TEMPLATES / "map.md.j2", rows=rows, ready=len(there), themes=themes, time=_sum(there)
    )


def moved_page(there: Mapping[str, str]) -> str:
    """The page at an old address, in HTML: it leads on, or names the pages to choose from.

    Args:
        there: name of each page that it is now, seen from the old address -> its title.

    Example:
        >>> moved_page({"16_supervised_pretraining": "Supervised pre-training"}).splitlines()[0]
        '<!doctype html>'
    """
    return templates.render(TEMPLATES / "moved.html.j2", there=there)


def sessions_of_themes(written: Iterable[kits.Kit]) -> dict[str, dict[str, str]]:
    """For each theme with several sessions, its name -> name of the page of each -> its title.

    A theme's own name is where its only kit would stand, so the page there leads on to them.

    Example:
        >>> sessions_of_themes(map(kits.read, kits.find()))["pre-training"]["pre-training-2"]
        'Pre-training, session 2'
    """
    of: dict[str, dict[str, str]] = {}
    for kit in written:
        of.setdefault(lessons.slug(kit.theme), {})[kit.path.stem] = kit.title
    return {slug: pages for slug, pages in of.items() if slug not in pages}


def _sum(pages: Sequence[Page]) -> str:
    """What the ready notebooks take together, in words; empty without any."""
    if not pages:
        return ""
    times = [page.time for page in pages]
    gaps = sum(time.seconds is None or time.core is None for time in times)
    missing = f" ({gaps} of {len(times)} not counted in full)" if gaps else ""
    return f"{minutes.together(times)}{missing}"


def session(kit: kits.Kit, decks: Collection[str]) -> dict[str, str]:
    """The page of a session kit, and the one for participants: name -> Markdown.

    Under the title of the kit stand links to that page and to the slides that were made.

    Args:
        kit: as it is written.
        decks: names of the slide decks that are there.

    Example:
        >>> list(session(kits.read(kits.find()[0]), decks=["start"]))
        ['sessions/start', 'sessions/start-participants']
    """
    name, theme = kit.path.stem, lessons.slug(kit.theme)
    there = {f"{name}-session": "Slides of the session", theme: f"All slides of {kit.theme}"}
    links = {f"../slides/{deck}.html": said for deck, said in there.items() if deck in decks}
    links |= {f"{name}-participants.html": "Sheet for participants"}
    row = templates.render(TEMPLATES / "session.html.j2", links=links)
    under = f"\n\n```{{raw}} html\n{row}```\n"
    page = re.sub(r"(?m)^# .*$", lambda title: title[0] + under, kit.text, count=1)
    page = _DECK.sub(lambda named: _deck(named, decks), page)
    own = "---\norphan: true\n---\n\n"  # linked from the kit alone, not in the side bar
    return {f"sessions/{name}": page, f"sessions/{name}-participants": own + kits.sheet(kit)}


def _deck(named: re.Match[str], decks: Collection[str]) -> str:
    """A link in the place of a deck's path, where the deck was made."""
    if named["deck"] not in decks:
        return named[0]
    there = escape(f"../slides/{named['address']}")
    return f'<a href="{there}">{escape(named["address"])}</a>'


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
