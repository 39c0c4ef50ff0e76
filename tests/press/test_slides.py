"""Slides are cut from the cells that say so, and a deck is whole in one file."""

from __future__ import annotations

import base64
import importlib.util
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_output
from notebook_factory import code, text, write

from tl_helpers.core.errors import BadValue, CourseError, UnknownName
from tl_helpers.measure import claims
from tl_helpers.press import cli, notebooks, slides
from tl_helpers.press.slides import draw
from tl_helpers.press.slides.cut import cut

ROOT = Path(__file__).resolve().parents[2]
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4"
    "2mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
CLAIM = {
    "id": "first",
    "effect": 14.0,
    "low": 9.0,
    "high": 19.0,
    "n": 5,
    "unit": "accuracy points",
    "direction": ">0",
    "minimum": 5.0,
    "sentence": "It helps.",
    "method": "seeds",
    "level": 0.95,
    "verdict": "supported",
}


def on(cell, kind, slide=None):
    """The cell with a slide type, and a text for the slide."""
    cell.metadata["slideshow"] = {"slide_type": kind}
    if slide is not None:
        cell.metadata["tl"] = {"slide": slide}
    return cell


def ran(source, *outputs, tags=()):
    cell = code(source, *tags)
    cell.execution_count, cell.outputs = 1, list(outputs)
    return cell


def picture(alt="a rising curve"):
    data = {"image/png": PNG, "text/plain": "<Figure>"}
    return new_output("display_data", data, metadata={"image/png": {"alt": alt, "width": 730}})


def printed(line):
    return new_output("stream", name="stdout", text=line)


def carded():
    card = {claims.MIME: CLAIM, "text/html": "<div>a card</div>", "text/plain": "card"}
    return new_output("display_data", card)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """An empty course; returns a function that puts a notebook into it."""
    monkeypatch.setenv("TL_ROOT", str(tmp_path))

    def put(*cells, name="00_start_here", run=True):
        path = write(tmp_path / "notebooks", name, *cells)
        notebook = notebooks.read(path)
        notebook.cells[0].execution_count = 1 if run else None
        notebooks.write(notebook, path)
        return path

    return put


def sliced(course, *cells, claims=None):
    return cut(notebooks.read(course(*cells)), claims)


def shape(cut_slides):
    return [
        ("below" if s.below else "right", [(p.kind, p.fragment) for p in s.parts])
        for s in cut_slides
    ]


def make(names=()):
    """Choose decks and write them: name -> deck, and name -> page."""
    decks = slides.choose(names)
    paths = slides.write(decks)
    pages = [BeautifulSoup(path.read_text("utf-8"), "html.parser") for path in paths]
    names = [deck.name for deck in decks]
    return dict(zip(names, decks, strict=True)), dict(zip(names, pages, strict=True))


def test_only_chosen_cells_are_on_slides(course):
    made = sliced(
        course,
        on(text("# One"), "slide"),
        text("left out"),
        on(text("below"), "subslide"),
        on(text("later"), "fragment"),
        on(text("at once"), "-"),
        on(text("say **this**"), "notes"),
        on(text("left out too"), "skip"),
        on(text("# Two"), "slide"),
    )
    assert shape(made) == [
        ("right", [("text", False)]),
        ("below", [("text", False), ("text", True), ("text", False)]),
        ("right", [("text", False)]),
    ]
    assert [s.heading for s in made] == ["One", "below", "Two"]
    assert made[1].notes == ["say **this**"] and not made[0].notes + made[2].notes
    assert [len(s.cells) for s in made] == [1, 4, 1]


def test_a_slide_without_a_title_has_that_of_its_section(course):
    made = sliced(
        course,
        on(text("# One"), "slide"),
        text("words\n\n### 2 A section\n\nmore"),
        on(ran("f()", picture()), "slide"),
        on(text("said beside it"), "-"),
        on(ran("g()", picture()), "slide", "#### Its own\n{{output}}"),
    )
    assert [slide.heading for slide in made] == ["One", "A section", "Its own"]
    assert shape(made)[1] == ("right", [("text", False), ("output", False), ("text", False)])


def test_the_speaker_sees_what_the_plan_gives_a_slide(course):
    (deck,) = slides.choose([course(on(text("# One"), "slide"), on(text("# Two"), "slide")).stem])
    assert ' data-timing="' not in draw.page(deck) and "defaultTiming" not in deck_config(deck)
    timed = replace(deck, slides=[replace(deck.slides[0], seconds=90), deck.slides[1]])
    leaves = BeautifulSoup(draw.page(timed), "html.parser").select("section[id]")
    assert [leaf.get("data-timing") for leaf in leaves] == ["90", None]
    assert deck_config(timed)["defaultTiming"] == 0


def deck_config(deck):
    """What reveal.js is started with."""
    return json.loads(re.search(r"const DECK = (\{.*?\});", draw.page(deck))[1])


def test_the_text_of_a_slide_replaces_that_of_its_cell(course):
    words = [
        "## Short",
        "",
        "Who?",
        ". . .",
        "They.",
        "Note: Ask first.",
        "",
        "Wait.",
        "---",
        "## B",
    ]
    made = sliced(course, on(text("A long paragraph."), "slide", words))
    assert shape(made) == [
        ("right", [("text", False), ("text", True)]),
        ("below", [("text", False)]),
    ]
    assert made[0].parts[0].content == "## Short\n\nWho?" and made[1].heading == "B"
    assert made[0].notes == ["Ask first.\n\nWait."]


def test_outputs_and_code_stand_where_they_are_wanted(course):
    plot = ran("a = 1\nb = 2\nplot(a, b)", printed("hello"), picture())
    at_end = sliced(course, on(plot, "slide", "## P"))[0]
    assert [p.kind for p in at_end.parts] == ["text", "output", "output"]
    placed = sliced(course, on(plot, "slide", "{{output 2}}\n## P\n{{ code 2-3 }}"))[0]
    assert [p.kind for p in placed.parts] == ["output", "text", "code"]
    assert placed.parts[0].content.data["image/png"] == PNG
    assert placed.parts[2].content == "b = 2\nplot(a, b)"


def test_without_a_text_code_shows_what_it_showed(course):
    plain, shown = ran("x = 1"), ran("plot()", picture())
    stub = ran("answer = ...", printed("Not attempted"), tags=["exercise"])
    loud = ran("y", new_output("stream", name="stderr", text="careful"))
    made = sliced(course, *(on(cell, "slide") for cell in (plain, shown, stub, loud)))
    assert [[p.kind for p in s.parts] for s in made] == [["code"], ["output"], ["code"], ["code"]]


def test_numbers_come_from_the_claims(course):
    cell = on(text("x"), "slide", "Ahead by **{{claim first}}**. Literally: `{{x}}`")
    made = sliced(course, cell, claims={"first": "+14 points (+9 to +19)"})
    assert made[0].parts[0].content.startswith("Ahead by **+14 points (+9 to +19)**. Literally")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (on(text("x"), "slyde"), "'slyde' is no slide type"),
        (on(text("x"), "fragment"), "no slide came before"),
        (on(text("x"), "notes"), "no slide came before"),
        (on(text("x"), "skip", "words"), "but no slide type"),
        (on(text("x"), "slide", 3), "tl.slide is no text"),
        (on(text("x"), "slide", ["a", 3]), "tl.slide is no text"),
        (on(text("x"), "slide", "{{output}}"), "in a text cell"),
        (on(text("x"), "slide", "{{claim other}}"), "{{claim other}} stands for nothing"),
        (on(text("x"), "slide", "by {{output}} here"), "{{output}} stands for nothing"),
        (on(ran("x"), "slide", "{{output}}"), "showed 0 outputs"),
        (on(ran("x", picture()), "slide", "{{output 2}}"), "showed 1 outputs"),
        (on(ran("x\ny"), "slide", "{{code 2-3}}"), "the cell has 2 lines"),
        (on(ran("x\ny"), "slide", "{{code 0}}"), "the cell has 2 lines"),
    ],
)
def test_metadata_without_sense(course, cell, message):
    with pytest.raises(BadValue, match=re.escape(message)):
        sliced(course, cell, claims={"first": "+14"})


DECK = [
    on(text("# A $\\frac{a}{b}$ title\n\n[out](https://example.org/paper)"), "slide"),
    on(text("Tell a story. $x^2$"), "notes"),
    on(ran("plot()", picture()), "subslide", "## Curves\n{{output}}\nNote: Wait."),
    on(ran("claim()", carded(), tags=["claim"]), "fragment"),
    on(ran("print('<b>')", printed("<b> </script>")), "subslide"),
    on(ran("if a < b:\n    pass  # </script>"), "slide"),
]


@pytest.fixture
def built(course):
    course(*DECK)
    return make()


@pytest.fixture
def page(built):
    return built[1]["00_start_here"]


def test_a_deck_for_the_notebook_and_one_for_its_theme(built, tmp_path):
    decks, pages = built
    assert [(d.name, d.title, len(d.slides)) for d in decks.values()] == [
        ("00_start_here", "A $\\frac{a}{b}$ title", 4),
        ("start", "Theme: Start", 4),
    ]
    folder = tmp_path / "build" / "slides"
    assert sorted(p.name for p in folder.iterdir()) == [
        "00_start_here.html",
        "index.html",
        "start.html",
    ]
    index = BeautifulSoup((folder / "index.html").read_text("utf-8"), "html.parser")
    linked = {a["href"].partition("?")[0] for a in index.find_all("a")}
    assert linked == {"00_start_here.html", "start.html"}
    rows = [
        [cell.get_text() for cell in row.find_all("td")[:2]] for row in index.select("tbody tr")
    ]
    assert rows == [["A $\\frac{a}{b}$ title", "4"], ["Theme: Start", "4"]]
    assert pages["start"].find("a", class_="tl-back")["href"] == "index.html"


def test_structure_of_a_deck(page):
    columns = page.select("div.slides > section")
    assert [len(c.find_all("section")) for c in columns] == [3, 0]
    leaves = [s for s in page.select("section") if not s.find("section")]
    assert [s["id"] for s in leaves] == ["s1", "s2", "s3", "s4"]
    notes = [[n.get_text(strip=True) for n in s.select("aside.notes")] for s in leaves]
    assert notes[1:] == [["Wait."], [], []] and notes[0][0].startswith("Tell a story.")
    assert page.html["lang"] == "en" and page.find("math") is not None
    assert leaves[1].select_one(".tl-claim.fragment").get_text() == "a card"
    image = leaves[1].find("img")
    assert image["alt"] == "a rising curve" and image["width"] == "730"


def test_what_looks_like_markup_stays_text(page):
    text_of = {s["id"]: s for s in page.select("section[id]")}
    assert text_of["s3"].pre.get_text() == "<b> </script>"
    assert "if a < b:" in text_of["s4"].select_one(".tl-source").get_text()


def test_nothing_is_fetched_and_the_licence_is_there(page):
    raw = str(page)
    for element in page.find_all(src=True):
        assert element["src"].startswith("data:"), element
    assert not page.find_all("link")
    for style in page.find_all("style"):
        assert not re.search(r"@import|url\(['\"]?(?!data:)", style.text)
    assert page.find("a", string="out")["target"] == "_blank"
    assert "Permission is hereby granted" in raw and "Hakim El Hattab" in raw


def test_pictures_beside_the_notebook_are_packed_in(course, tmp_path):
    path = course(on(text("![a dot](../data/dot.png)"), "slide"))
    with pytest.raises(CourseError, match="dot.png is not there"):
        make()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dot.png").write_bytes(base64.b64decode(PNG))
    image = make([str(path)])[1]["00_start_here"].find("img")
    assert image["alt"] == "a dot" and image["src"] == f"data:image/png;base64,{PNG}"


def test_pictures_attached_to_a_cell_are_packed_in(course):
    cell = on(text("![a dot](attachment:dot.png)"), "slide")
    cell["attachments"] = {"dot.png": {"image/png": PNG}}
    course(cell)
    image = make()[1]["00_start_here"].find("img")
    assert image["alt"] == "a dot" and image["src"] == f"data:image/png;base64,{PNG}"


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example.org/x.js"></script>',
        "<img alt='x' src=//example.org/x.png>",
        '<link rel="stylesheet" href="http://example.org/x.css">',
    ],
)
def test_an_output_that_asks_for_the_network_is_refused(course, tmp_path, html):
    course(on(text("# Fine"), "slide"), name="10_distributional_hypothesis")
    course(on(ran("x", new_output("display_data", {"text/html": html})), "slide"))
    with pytest.raises(BadValue, match="from the network"):
        make()
    assert not (tmp_path / "build").exists()


def test_other_outputs(course):
    shown = [
        new_output("display_data", {"image/svg+xml": "<svg><title>s</title></svg>"}),
        new_output("execute_result", {"text/latex": "$a^2$"}, execution_count=1),
        new_output("display_data", {"text/markdown": "**bold**", "text/plain": "x"}),
        new_output("execute_result", {"text/plain": "'<i>'"}, execution_count=1),
        new_output("display_data", {"text/html": "<table><tr><td>1</td></tr></table>"}),
        new_output("display_data", {"text/html": "<figure><p data-controls>c</p></figure>"}),
    ]
    course(on(ran("x", *shown), "slide"))
    page = make()[1]["00_start_here"]
    slide = page.select_one(".tl-slide")
    kinds = [part["class"][0] for part in slide.find_all("div", recursive=False)]
    assert kinds == ["tl-picture", "tl-text", "tl-text", "tl-lines", "tl-table", "tl-explorer"]
    assert slide.strong.get_text() == "bold" and slide.pre.get_text() == "'<i>'" and slide.math


def test_outputs_of_the_last_run_if_it_was_of_these_cells(course, tmp_path):
    path = course(on(ran("x", printed("stored")), "slide", "{{output}}"))
    again = notebooks.read(path)
    again.cells[1].outputs = [printed("just now")]
    again.cells[1].metadata = {}  # the run is older than the slides
    run = tmp_path / "build" / "notebooks" / path.name
    run.parent.mkdir(parents=True)
    notebooks.write(again, run)
    deck = slides.deck(path)
    assert deck.sources == (run,) and deck.slides[0].parts[0].content.text == "just now"
    # Other cells, other parameters, or no notebook at all: the stored ones then.
    for spoil in (
        lambda: again.cells[1].update(source="y"),
        lambda: again.cells.insert(1, code('PROFILE = "quick"', "injected-parameters")),
    ):
        spoil()
        notebooks.write(again, run)
        assert slides.deck(path).sources == (path,)
    run.write_text("{", "utf-8")
    assert slides.deck(path).slides[0].parts[0].content.text == "stored"


def test_a_theme_of_several_notebooks(course):
    course(on(text("# One"), "slide"), name="20_classification")
    course(on(text("# Two"), "slide"), on(text("more"), "subslide"), name="21_sentence_pairs")
    course(text("# No slides"), name="22_generation")
    decks, pages = make()
    assert decks.keys() == {"20_classification", "21_sentence_pairs", "target-tasks"}
    theme = pages["target-tasks"]
    heads = [h.get_text() for h in theme.select("section h1")]
    assert heads == ["Target tasks", "One", "Two"] and len(decks["target-tasks"].slides) == 4
    assert len(theme.select("section li")) == 2
    assert [d.name for d in slides.choose(["Target tasks"])] == ["target-tasks"]


def test_requests_that_cannot_be_met(course, tmp_path):
    course(text("# None"))
    with pytest.raises(CourseError, match="has no slides(.|\n)*slide_type"):
        make(["00_start_here"])
    with pytest.raises(CourseError, match="No notebook has slides"):
        make()
    with pytest.raises(CourseError, match="Start has no slides"):
        make(["start"])
    with pytest.raises(CourseError, match="Adaptation has no notebooks yet"):
        make(["adaptation"])
    with pytest.raises(UnknownName, match="notebook or theme '00_stat_here'(.|\n)*00_start_here"):
        make(["00_stat_here"])
    course(on(code("1"), "slide"), name="never", run=False)
    with pytest.raises(CourseError, match="never run(.|\n)*tl run never"):
        make(["never"])
    failed = ran("1", new_output("error", ename="E", evalue="no", traceback=[]))
    course(on(failed, "slide"), name="failed")
    with pytest.raises(CourseError, match="A cell of failed.ipynb failed"):
        make(["failed"])
    assert not (tmp_path / "build").exists()


def test_without_reveal(course, tmp_path, monkeypatch):
    course(*DECK)
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if "reveal" in name else there(name)
    )
    with pytest.raises(CourseError, match="sphinx-revealjs(.|\n)*make slides"):
        make()
    monkeypatch.undo()
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    kept = tmp_path / "sphinx_revealjs"
    shutil.copytree(draw.reveal(), kept / "_static" / "revealjs")
    (kept / "_static" / "revealjs" / "plugin" / "notes" / "notes.js").unlink()
    spec = importlib.util.spec_from_file_location(
        "s", kept / "__init__.py", submodule_search_locations=[str(kept)]
    )
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: spec if "reveal" in name else there(name)
    )
    with pytest.raises(CourseError, match="has no plugin/notes/notes.js"):
        make()
    assert not (tmp_path / "build").exists()


def test_the_command(course, tmp_path, capsys):
    course(*DECK)
    cli.main(["slides", "start", "--output", str(tmp_path / "out")])
    said = capsys.readouterr().out
    assert "start.html: 4 slides, cut from" in said and "index.html" in said
    with pytest.raises(SystemExit):
        cli.main(["slides", "nothing"])
    assert "Error: Unknown notebook or theme 'nothing'" in capsys.readouterr().err


@pytest.mark.parametrize("path", notebooks.find(), ids=lambda path: path.stem)
def test_every_notebook_of_the_course_can_be_presented(path):
    shown = slides.deck(path, ROOT / "no-run").slides
    assert len(shown) >= 8
    for slide in shown:
        texts = [part.content for part in slide.parts if part.kind == "text"]
        assert re.search(r"(?m)^#+ \S", "\n".join(texts)), slide.cells
