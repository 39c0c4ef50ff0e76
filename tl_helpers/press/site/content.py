"""What goes into the site: the notebooks as last run, and the pages made from them."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from tl_helpers.core import lessons
from tl_helpers.core.errors import BrokenFile
from tl_helpers.measure import cards as claim_card
from tl_helpers.measure import claims
from tl_helpers.press import notebooks, other_seeds
from tl_helpers.press import report as pages

# People read about this many words of explanation in a minute; code and figures take longer, and
# are not counted.
WORDS_A_MINUTE = 200

_USES = ("alone", "group", "class", "colab")


@dataclass
class Page:
    """A notebook on the site.

    Attributes:
        name: without ``.ipynb``.
        source: the notebook that a learner downloads.
        notebook: what is shown, with outputs.
        executed: was it run here, or are these the outputs stored in the notebook?
        seconds: how long it took; None if it is not known.
        profile: the profile of that run.
    """

    name: str
    source: Path
    notebook: Any
    executed: bool
    seconds: float | None
    profile: str = "course"

    @property
    def title(self) -> str:
        """Its first heading."""
        return pages.title(self.notebook, self.name)

    @property
    def short(self) -> str:
        """A name for the side bar: the heading up to its colon."""
        head = re.split(r":\s|\s[-–—]\s", self.title)[0]
        return head if len(head) <= 48 else head[:47].rsplit(" ", 1)[0] + " …"

    @property
    def words(self) -> int:
        """Words of explanation."""
        text = " ".join(c.source for c in self.notebook.cells if c.cell_type == "markdown")
        return len(text.split())

    @property
    def row(self) -> lessons.Row | None:
        """Its place on the map."""
        return next((row for row in lessons.rows() if row.notebook == self.name), None)

    def minutes(self) -> tuple[str, str]:
        """How long it runs, and how long it reads, in words."""
        read = max(1, round(self.words / WORDS_A_MINUTE))
        return _duration(self.seconds), f"about {read} min"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "not measured yet"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def report(build: Path) -> dict[str, Any]:
    """The report of the last run; empty if there was none.

    Raises:
        BrokenFile: it is no report.
    """
    path = build / "report.json"
    if not path.exists():
        return {}
    try:
        data = json.loads(path.read_text("utf-8"))
        [row["name"] for row in data["notebooks"]]
        return dict(data)
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenFile(f"{path} is no report of a run: {error!r}", "Run again: tl run") from None


def collect(build: Path) -> tuple[list[Page], list[str]]:
    """The notebooks of the course, each as last run, else with the outputs stored in it.

    Args:
        build: the folder that ``tl run`` writes to.

    Returns:
        The pages, and what the reader of the console should know about them.
    """
    found, notes = [], []
    measured = {row["name"]: row for row in report(build).get("notebooks", [])}
    for source in notebooks.find():
        stored = notebooks.read(source)
        notebook, executed, row = stored, False, None
        copy = build / "notebooks" / source.name
        if copy.exists():
            ran = notebooks.read(copy)
            if _sources(ran) == _sources(stored):
                notebook, executed, row = ran, True, measured.get(source.stem)
            else:
                notes.append(f"{source.stem} was changed since it was run: tl run {source.stem}")
        elif (build / "notebooks" / f"{source.stem}.failed.ipynb").exists():
            notes.append(f"{source.stem} failed when it was run; its stored outputs are shown")
        seconds = row["seconds"] if row else stored.metadata.get("tl", {}).get("run_seconds")
        profile = notebooks.profile(notebook)
        found.append(Page(source.stem, source, notebook, executed, seconds, profile))
    return found, notes


def _sources(notebook: Any) -> list[str]:
    return [c.source for c in notebook.cells if not notebooks.is_injected(c)]


def head(page: Page, deck: bool) -> str:
    """The line under the title: minutes, theme, downloads."""
    runs, reads = page.minutes()
    row = page.row
    theme = row.theme if row else ""
    facts = [("Runs in", runs), ("Reads in", reads)]
    if theme:
        facts.insert(0, ("Theme", theme))
    cells = "".join(f"<div><dt>{name}</dt><dd>{escape(text)}</dd></div>" for name, text in facts)
    name = escape(page.name, quote=True)
    links = f'<a class="tl-button" href="files/{name}.ipynb" download>Download notebook</a>'
    if deck:
        links += f'<a class="tl-button" href="slides/{name}.html">Slides</a>'
    made = (
        "Outputs: as run here"
        + (f" with the profile {escape(page.profile)}." if page.profile != "course" else ".")
        if page.executed
        else "Outputs: as stored in the notebook."
    )
    return (
        f'<div class="tl-head"><dl>{cells}</dl><p class="tl-links">{links}</p>'
        f'<p class="tl-made">{made}</p></div>'
    )


def readable(page: Page) -> Any:
    """The notebook for the site: no widgets, the machinery folded away, pictures with alt text."""
    plain = copy.deepcopy(page.notebook)
    for cell in plain.cells:
        if cell.cell_type == "code":  # a widget alone has nothing to show without its kernel
            cell.outputs = [output for output in cell.outputs if not _only_widget(output)]
    shown = pages.readable(notebooks.tidy(plain))
    for cell in shown.cells:
        tags = set(cell.metadata.get("tags", []))
        if tags & {"bootstrap", "parameters"} or notebooks.is_injected(cell):
            cell.metadata["tags"] = sorted(tags | {"hide-input"})
        if "exercise" in tags and cell.cell_type == "code":
            cell.metadata["tags"] = sorted(tags | {"tl-exercise"})
    return shown


def _only_widget(output: Any) -> bool:
    kinds = set(output.get("data", {}))
    return notebooks.WIDGET_VIEW in kinds and kinds <= {notebooks.WIDGET_VIEW, "text/plain"}


def records(site: Sequence[Page]) -> list[claims.Claim]:
    """All claims that the shown notebooks recorded."""
    return [claim for page in site for claim in claims.of_notebook(page.notebook, page.name)]


def claims_page(site: Sequence[Page], about: str) -> str:
    """The page of all claims, in Markdown."""
    found = records(site)
    lines = [
        "# Claims",
        "",
        "A **claim** is a sentence of the course with a measured effect, a 95 % interval, and a "
        "test behind it. The verdict follows from the numbers alone: *supported* if the whole "
        "interval lies on the promised side of zero and the effect reaches the promised size; "
        "*contradicted* if the promised size is out of reach; *not settled* otherwise.",
        "",
    ]
    if not found:
        return "\n".join([*lines, "The notebooks on this site recorded no claims.", ""])
    counts = {v: sum(c.verdict == v for c in found) for v in claim_card.LOOKS}
    said = ", ".join(f"{n} {claim_card.LOOKS[v].word.lower()}" for v, n in counts.items() if n)
    count = f"{len(found)} claim" + "s" * (len(found) != 1)
    tried = {id: c for id, c in other_seeds.load().items() if any(c.id == x.id for x in found)}
    lines += [f"{count}: {said}. {about}", "", *_of_unseen(tried), ":::{container} tl-claims", ""]
    head = ["Claim", "Effect", "95 % interval", "Verdict", *(["On unseen seeds"] if tried else [])]
    lines += [_row(head), _row(["---", "--:", ":-:", "---", ":--"][: len(head)])]
    for claim in found:
        low, effect, high = claim_card.numbers(claim)
        sentence = _cell(claim.sentence or claim.id)
        verdict = claim_card.LOOKS[claim.verdict]
        mark = f'<span class="tl-verdict tl-{claim.verdict}">{verdict}</span>'
        row = [f"[{sentence}](#claim-{claim.id})", f"{effect} {_cell(claim.unit)}"]
        row += [f"{low} to {high}", mark, *([_again(tried.get(claim.id))] if tried else [])]
        lines.append(_row(row))
    lines += ["", ":::", ""]
    for page in site:
        cards = [claim for claim in found if claim.notebook == page.name]
        if cards:
            lines += [f"## {page.short}", "", f"From {{doc}}`{page.title} <{page.name}>`.", ""]
        for claim in cards:
            lines += ["::::{container}", f":name: claim-{claim.id}", ""]
            lines += [_raw(claim_card.html(claim)), "::::", ""]
    return "\n".join(lines)


def _of_unseen(tried: Mapping[str, claims.Claim]) -> list[str]:
    """What the last column means, in a paragraph; nothing where nothing was tried."""
    held = sum(claim.verdict == "supported" for claim in tried.values())
    said = (
        "Whoever looks at seeds while writing may come to believe in luck. So the experiments were "
        f"run again on seeds that nobody had looked at: of {len(tried)} claims, {held} held there, "
        "too. The last column says what came out; a dash means that it was not tried."
    )
    return [said, ""] if tried else []


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _again(claim: claims.Claim | None) -> str:
    if claim is None:
        return "–"
    low, effect, high = claim_card.numbers(claim)
    return f"{claim_card.LOOKS[claim.verdict].mark} {effect} ({low} to {high})"


def _cell(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|{}$])", r"\\\1", text)


def _raw(html: str) -> str:
    return f"```{{raw}} html\n{html}\n```"


def map_page(site: Sequence[Page]) -> str:
    """The map of topics, in Markdown: a line for each theme, a station for each notebook."""
    ready = {page.name: page for page in site}
    rows = lessons.rows()
    count = sum(row.notebook in ready for row in rows)
    lines = [
        "---",
        "html_theme.sidebar_secondary.remove: true",
        "---",
        "",
        "# Map of the course",
        "",
        f"One start, four themes, {len(rows)} notebooks, one question each. A filled station is "
        f"ready ({count} of {len(rows)}); an open one is in preparation.",
        "",
    ]
    lines += _stations([row for row in rows if row.theme == lessons.START], ready)
    for number, theme in enumerate(lessons.plan().theme, 1):
        lines += [f"## {number} {theme.name}", "", f"*{theme.question}*", ""]
        lines += _stations([row for row in rows if row.theme == theme.name], ready)
    return "\n".join(lines)


def _stations(rows: Sequence[lessons.Row], ready: dict[str, Page]) -> list[str]:
    lines = []
    for row in rows:
        page = ready.get(row.notebook)
        lines += [f"(map-{row.number})=", ""]
        lines += [f":::{{container}} tl-station {'tl-ready' if page else 'tl-waiting'}", ""]
        if page:
            runs, reads = page.minutes()
            lines += [f"**{{doc}}`{row.number} {row.title} <{row.notebook}>`**", ""]
            lines += [row.question, "", f"*Ready. Runs in {runs}, reads in {reads}.*", ""]
        else:
            lines += [f"**{row.number} {row.title}**", ""]
            lines += [row.question, "", "*In preparation.*", ""]
        lines += [":::", ""]
    return lines


def trees(site: Sequence[Page], sessions: Sequence[str], own: Sequence[str]) -> str:
    """The order of all pages: what the side bar shows, and previous and next follow."""
    groups: list[tuple[str, list[str]]] = [("", [])]
    theme_of = {row.notebook: row.theme for row in lessons.rows()}
    groups[0][1].extend(_entry(p) for p in site if theme_of.get(p.name) == lessons.START)
    groups[0][1].append("map")
    for number, theme in enumerate(lessons.plan().theme, 1):
        here = [_entry(p) for p in site if theme_of.get(p.name) == theme.name]
        groups.append((f"{number} {theme.name}", here))
    groups.append(("Further notebooks", [_entry(p) for p in site if p.name not in theme_of]))
    groups.append(("Sessions", [f"sessions/{name}" for name in sessions]))
    reference = ["claims", "glossary", "bibliography"]
    uses = [name for name in (*_USES, *own) if name in own and name not in ("index", *reference)]
    groups.append(("How to use it", list(dict.fromkeys(uses))))
    groups.append(("Reference", reference))
    lines = []
    for caption, entries in groups:
        if entries:
            lines += ["```{toctree}", ":hidden:", *([f":caption: {caption}"] if caption else [])]
            lines += ["", *entries, "```", ""]
    return "\n".join(lines)


def _entry(page: Page) -> str:
    return f"{page.short} <{page.name}>"
