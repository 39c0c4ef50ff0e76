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

from tl_helpers.core.errors import BrokenFile
from tl_helpers.measure import cards as claim_card
from tl_helpers.measure import claims
from tl_helpers.press import markdown, notebooks, other_seeds
from tl_lessons import course

# People read about this many words of explanation in a minute; code and figures take longer, and
# are not counted.
WORDS_A_MINUTE = 200

THEMES = {
    "Pre-training": "Where does knowledge about language come from, before there is a task?",
    "Target tasks": "What do we want to know about a text, and how is an answer judged?",
    "Adaptation": "How does what was learned get to where it is needed?",
    "Discussion": "What comes along unasked, what does it cost, and how does one choose?",
}
"""Theme -> the question that its notebooks share."""


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
        return notebooks.title(self.notebook, self.name)

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
    def row(self) -> tuple[str, str, str] | None:
        """Its place on the map."""
        return next((row for row in course.rows() if row[0] == self.name), None)

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
        shown = notebooks.current(source, build)
        notes += [shown.note] if shown.note else []
        executed = shown.file != source
        row = measured.get(source.stem) if executed else None
        stored = shown.notebook.metadata.get("tl", {}).get("run_seconds")
        seconds, profile = row["seconds"] if row else stored, notebooks.profile(shown.notebook)
        found.append(Page(source.stem, source, shown.notebook, executed, seconds, profile))
    return found, notes


def head(page: Page, deck: bool) -> str:
    """The line under the title: minutes, theme, downloads."""
    runs, reads = page.minutes()
    row = page.row
    theme = row[1] if row else ""
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
    shown = _with_words(notebooks.tidy(plain))
    for cell in shown.cells:
        tags = set(cell.metadata.get("tags", []))
        if tags & {"bootstrap", "parameters"} or notebooks.is_injected(cell):
            cell.metadata["tags"] = sorted(tags | {"hide-input"})
        if "exercise" in tags and cell.cell_type == "code":
            cell.metadata["tags"] = sorted(tags | {"tl-exercise"})
    return shown


def _with_words(notebook: Any) -> Any:
    """A copy whose pictures carry their alt text, and whose LaTeX outputs are MathML."""
    copied = copy.deepcopy(notebook)
    for cell in copied.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            alt = output.get("metadata", {}).get("image/png", {}).get("alt")
            if alt and "text/html" not in data:
                source = "".join(data["image/png"].split())
                data["text/html"] = (
                    f'<img alt="{escape(alt)}" src="data:image/png;base64,{source}">'
                )
            elif "text/latex" in data and "text/html" not in data:
                data["text/html"] = markdown.mathml(data["text/latex"].strip().strip("$"), "block")
    return copied


def _only_widget(output: Any) -> bool:
    kinds = set(output.get("data", {}))
    return notebooks.WIDGET_VIEW in kinds and kinds <= {notebooks.WIDGET_VIEW, "text/plain"}


def records(site: Sequence[Page]) -> list[claims.Claim]:
    """All claims that the shown notebooks recorded."""
    return [claim for page in site for claim in claims.of_notebook(page.notebook, page.name)]


_VERDICTS = {
    "supported": "✓ Supported",
    "inconclusive": "? Not settled",
    "contradicted": "✗ Contradicted",
}


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
    counts = {v: sum(c.verdict == v for c in found) for v in _VERDICTS}
    said = ", ".join(f"{n} {_VERDICTS[v][2:].lower()}" for v, n in counts.items() if n)
    count = f"{len(found)} claim" + "s" * (len(found) != 1)
    tried = {id: c for id, c in other_seeds.load().items() if any(c.id == x.id for x in found)}
    lines += [f"{count}: {said}. {about}", "", *_of_unseen(tried), ":::{container} tl-claims", ""]
    head = ["Claim", "Effect", "95 % interval", "Verdict", *(["On unseen seeds"] if tried else [])]
    lines += [_row(head), _row(["---", "--:", ":-:", "---", ":--"][: len(head)])]
    for claim in found:
        low, effect, high = claim_card.numbers(claim)
        sentence = _cell(claim.sentence or claim.id)
        mark = f'<span class="tl-verdict tl-{claim.verdict}">{_VERDICTS[claim.verdict]}</span>'
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
    return f"{_VERDICTS[claim.verdict][0]} {effect} ({low} to {high})"


def _cell(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|{}$])", r"\\\1", text)


def _raw(html: str) -> str:
    return f"```{{raw}} html\n{html}\n```"


def map_page(site: Sequence[Page]) -> str:
    """The map of topics, in Markdown: a line for each theme, a station for each notebook."""
    ready = {page.name: page for page in site}
    rows = course.rows()
    known = {name for name, _, _ in rows}
    count = sum(name in ready for name in known)
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
    start = [row for row in rows if row[1] not in THEMES]
    lines += _stations(start, ready)
    for number, (theme, question) in enumerate(THEMES.items(), 1):
        lines += [f"## {number} {theme}", "", f"*{question}*", ""]
        lines += _stations([row for row in rows if row[1] == theme], ready)
    return "\n".join(lines)


def _stations(rows: Sequence[tuple[str, str, str]], ready: dict[str, Page]) -> list[str]:
    lines = []
    for name, _, question in rows:
        number, _, words = name.partition("_")
        page = ready.get(name)
        label = course.title(name)
        lines += [f"(map-{number})=", ""]
        lines += [f":::{{container}} tl-station {'tl-ready' if page else 'tl-waiting'}", ""]
        if page:
            runs, reads = page.minutes()
            lines += [f"**{{doc}}`{number} {label} <{name}>`**", ""]
            lines += [question, "", f"*Ready. Runs in {runs}, reads in {reads}.*", ""]
        else:
            lines += [f"**{number} {label}**", "", question, "", "*In preparation.*", ""]
        lines += [":::", ""]
    return lines


def trees(site: Sequence[Page], sessions: Sequence[str], own: Sequence[str]) -> str:
    """The order of all pages: what the side bar shows, and previous and next follow."""
    groups: list[tuple[str, list[str]]] = [("", [])]
    theme_of = {name: theme for name, theme, _ in course.rows()}
    groups[0][1].extend(_entry(p) for p in site if theme_of.get(p.name) == "Start")
    groups[0][1].append("map")
    for number, theme in enumerate(THEMES, 1):
        here = [_entry(p) for p in site if theme_of.get(p.name) == theme]
        groups.append((f"{number} {theme}", here))
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
