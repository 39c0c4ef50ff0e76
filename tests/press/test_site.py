"""The site: built from a small course that was run, and looked at as a reader would."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
import site_factory
import site_links
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from notebook_factory import code, text, write

from tl_helpers.core import lessons
from tl_helpers.core.errors import BrokenFile, CourseError
from tl_helpers.press import cli, kits, notebooks
from tl_helpers.press.site import build as build_site
from tl_helpers.press.site import content, fold, search, terms

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("site")]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return site_factory.small_site(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def page(built):
    """A page of the site, parsed."""
    return lambda name: BeautifulSoup(
        (built.folder / f"{name}.html").read_text("utf-8"), "html.parser"
    )


@pytest.fixture(scope="module")
def lesson(page):
    return page("00_start_here").find("article")


def said(element):
    return " ".join(element.get_text().split())


def links(element, kind):
    return {a.get_text().replace("\n", " "): a["href"] for a in element.select(f"a.{kind}")}


# -------------------------------------------------------------------------------- the site as built


def test_the_page_to_open_and_everything_it_needs(built):
    assert built.index.is_file() and built.index == built.folder / "index.html"
    for name in (
        "00_start_here",
        "11_language_models",
        "map",
        "claims",
        "glossary",
        "bibliography",
        "alone",
        "group",
        "class",
        "one_machine",
        "colab",
        "your_data",
        "sessions/start",
        "search",
    ):
        assert (built.folder / f"{name}.html").is_file(), name
    assert site_links.problems(built.folder) == []
    assert not list(built.folder.rglob("*.map")) and not list(built.folder.rglob("*macros.html"))
    assert [p.name for p in built.folder.parent.iterdir() if p.name.startswith(".")] == []


def test_citations_lead_to_the_bibliography(page, lesson):
    cited = links(lesson, "tl-cite")
    entries = page("bibliography")
    for said, title in {
        "Pan and Yang 2010": "A Survey on Transfer Learning",
        "Ruder 2019": "The State of Transfer Learning in NLP",
        "Devlin et al. (2019)": "BERT: Pre-training",
        "Ruder, S. (2017)": "Next Frontier",
    }.items():
        where, _, anchor = cited[said].partition("#")
        assert where == "bibliography.html"
        assert title in entries.find(id=anchor).get_text()
    assert "1066" not in str(cited)
    pan = next(e for e in entries.select("div.citation") if "Pan and Yang" in e.get_text())
    back = {a.get_text(): a["href"] for a in pan.select("p.tl-cited a")}
    assert back["Start here: a small lesson"] == "00_start_here.html"
    rusu = next(e for e in entries.select("div.citation") if "Progressive Neural" in e.get_text())
    assert "Session: the start" in rusu.select_one("p.tl-cited").get_text()
    assert len(entries.select("div.citation")) >= 80


def test_every_work_has_its_address_and_bibtex_to_copy(page):
    works = page("bibliography").select("div.citation")
    for work in works:
        outside = [a["href"] for a in work.select("a.external")]
        assert outside and all(x.startswith("https://") for x in outside), work.get_text()
        (fold,) = work.select("details.tl-bibtex")
        assert fold.summary.get_text() == "BibTeX" and not fold.has_attr("open")
        assert fold.select_one("div.highlight > pre").get_text().startswith("@")
    (pan,) = (w for w in works if "Pan and Yang" in w.get_text())
    assert pan.find("a", string="doi:10.1109/TKDE.2009.191")["href"].endswith("/TKDE.2009.191")
    assert "author = {Pan, Sinno Jialin and Yang, Qiang}," in pan.select_one("pre").get_text()


def test_how_to_cite_the_course(page):
    cite = page("bibliography").find(id="cite-this-course").select_one("div.highlight > pre")
    said = (site_factory.ROOT / "CITATION.cff").read_text("utf-8")
    year = re.search(r"year: (\d+)", said)[1]
    assert f"year = {{{year}}}" in cite.get_text() and "{The course authors}" in cite.get_text()


def test_terms_and_works_have_cards(lesson, page):
    cards = json.loads(page("00_start_here").find(id="tl-cards").string)
    shown = {a["href"] for a in lesson.select("a.tl-term, a.tl-cite")}
    assert set(cards) == shown
    (source,) = (card for card in cards.values() if card.startswith("<b>source</b>"))
    assert "a domain and a task with plenty of text" in source
    domain = next(card for card in cards.values() if card.startswith("<b>domain</b>"))
    assert "<math" in domain and "mathcal" not in BeautifulSoup(domain, "html.parser").get_text()
    pan = cards[lesson.find("a", string="Pan and Yang 2010")["href"]]
    assert "<em>IEEE Transactions on Knowledge and Data Engineering</em>" in pan
    assert 'href="https://doi.org/10.1109/TKDE.2009.191"' in pan
    assert page("bibliography").find(id="tl-cards") is None


def test_discussion_prompts_are_no_prompts(page):
    session = page("sessions/start").find("article")
    assert "Then leave the prompts on." in session.get_text()
    assert "prompts" not in links(session, "tl-term")


def test_first_uses_of_terms_lead_to_the_glossary(page, lesson):
    terms = links(lesson, "tl-term")
    assert {
        "Transfer learning",
        "source",
        "target",
        "domain",
        "language model",
        "pre-trained",
        "Fine-tuning",
    } <= set(terms)
    assert len(lesson.select("a.tl-term")) == len({t.casefold() for t in terms})  # once each
    where, _, anchor = terms["pre-trained"].partition("#")
    assert where == "glossary.html"
    assert page("glossary").find(id=anchor).get_text().startswith("pre-training")
    assert lesson.find("a", string="source")["title"].startswith("Where knowledge is transferred")
    for closed in ("h1", "h2", "pre", "div.cell_output", "div.cell_input"):
        assert not lesson.select(f"{closed} a.tl-term")


def test_notebooks_named_in_the_text_are_linked(lesson):
    named = links(lesson, "tl-nb")
    assert named == {"notebook 11": "11_language_models.html", "notebook 12": "map.html#map-12"}


def test_the_head_of_a_notebook(lesson, page, built):
    head = lesson.select_one(".tl-head")
    facts = [entry.get_text() for entry in head.select("dt, dd")]
    time = "42 s to run, 45 min to work through (core), 10 more (deeper)"
    assert facts == ["Theme", "Start", "Time", time]
    said = " ".join(lesson.get_text().split())  # and nowhere else on the page
    assert "You need: nothing. Place on the map" in said and said.count("to run") == 1
    hrefs = [a["href"] for a in head.select("a")]
    places = list(site_factory.HOME.links("notebooks/00_start_here.ipynb").values())
    assert hrefs == [*places, "files/00_start_here.ipynb", "slides/00_start_here.html"]
    assert "Open this notebook" not in lesson.get_text() and "tl badges" not in head.get_text()
    shipped = nbformat.read(built.folder.parent.parent / "notebooks" / "00_start_here.ipynb", 4)
    downloaded = nbformat.read(built.folder / hrefs[2], 4)
    assert [cell.source for cell in downloaded.cells] == [cell.source for cell in shipped.cells]
    assert not any(cell.get("outputs") for cell in downloaded.cells)  # no answer to a prediction
    assert "A deck." in (built.folder / hrefs[3]).read_text("utf-8")
    other = page("11_language_models").select_one(".tl-head")
    assert "not measured yet" in other.get_text() and "as stored" in other.get_text()
    assert "Slides" not in other.get_text()


def test_without_an_address_the_head_says_how_to_publish(tmp_path):
    cells = [text("# Title")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    shown = content.readable(content.Page("one", tmp_path, notebook, True, 1.0), deck=False)
    said = shown.cells[0].source
    assert "tl badges --repo owner/name" in said and "files/one.ipynb" in said
    assert "colab.research" not in said and "mybinder" not in said
    where = content.badges.Home("a", "b")
    shown = content.readable(content.Page("one", tmp_path, notebook, True, 1.0), False, where)
    said = shown.cells[0].source
    assert "github/a/b/blob/main/notebooks/one.ipynb" in said and "mybinder.org/v2/gh/a/b" in said
    assert "tl badges" not in said


def test_the_foot_of_every_page_leads_to_the_issues(page, built):
    for name in ("index", "00_start_here", "glossary", "sessions/start"):
        (link,) = page(name).select("footer a.tl-report")
        assert (
            link["href"] == link["data-issues"] == "https://github.com/somebody/course/issues/new"
        )
        icon = page(name).select_one("link[rel~=icon]")["href"]
        assert (built.folder / name).parent.joinpath(icon.partition("?")[0]).exists()


def test_outputs_survive(lesson):
    assert lesson.select("figure [data-controls]") and "currentScript" in str(lesson)
    assert "It helps." in lesson.select_one("[aria-label^=Claim]").get_text()
    assert lesson.find("img", alt="a rising line")["src"].startswith("data:image/png")
    assert lesson.select("table.dataframe") and "rises by 5 points" in lesson.get_text()
    assert "widget" not in str(lesson).lower() and "HBox" not in lesson.get_text()
    assert lesson.select(".tag_tl-exercise") and lesson.select("details.hide pre")


def test_formulas_are_mathml(lesson):
    shown = lesson.select("math")
    assert [m["display"] for m in shown] == ["inline", "block", "block"]
    assert "MathJax" not in str(lesson) and "\\frac" not in lesson.get_text()


def test_what_goes_deeper_is_folded_under_its_heading(lesson, page):
    (fold,) = lesson.select("details.tl-deeper")
    assert not fold.has_attr("open")
    assert fold.parent.name == "section" and fold.parent["id"] == "deeper-who-wants-more"
    summary, *rest = fold.find_all(recursive=False)
    assert summary.name == "summary" and summary.h3.get_text().startswith("Deeper: who wants more")
    (body,) = rest
    assert "Only some want this" in body.get_text() and body.select_one("a.tl-nb")
    (after,) = (h for h in lesson.find_all("h2") if h.get_text().startswith("To take home"))
    assert after.find_parent("details") is None
    assert not page("alone").select("details.tl-deeper")
    # The list of contents leads there.
    assert page("00_start_here").select_one('nav a[href="#deeper-who-wants-more"]')


def test_only_a_heading_makes_a_section_deeper():
    def section(heading):
        return nodes.section("", nodes.title("", heading), nodes.paragraph("", "Deeper: no title"))

    assert fold.is_deeper(section("Deeper")) and fold.is_deeper(section("Deeper: why?"))
    for heading in ("Deeper still", "Two depths", "What goes deeper", "deeper: no"):
        assert not fold.is_deeper(section(heading))
    assert not fold.is_deeper(nodes.section("", nodes.paragraph("", "Deeper")))


def test_all_claims_in_one_table(page):
    claims = page("claims").find("article")
    rows = [[c.get_text().strip() for c in r.select("td")] for r in claims.select("tbody tr")]
    assert rows == [
        ["00", "It helps.", "+5.0 accuracy points", "+4.0 to +6.0 promised above 2", "✓ Supported"],
        [
            "11",
            "It helps a lot.",
            f"+0.5 {site_factory.LONG_UNIT}",
            "−0.5 to +1.5 promised above 2",
            "✗ Contradicted",
        ],
    ]
    assert claims.find("a", href="#claim-it-helps") and claims.select("#claim-it-helps svg")
    said = " ".join(claims.get_text().split())
    assert "2 claims: 1 supported, 1 contradicted. Run on 2026-01-02 (profile course" in said
    assert "2 threads a notebook" in said and "commit abc123" in said


def test_the_map_shows_every_notebook(page):
    shown = page("map").find("article")
    stations = shown.select(".tl-station")
    assert len(stations) == len(lessons.rows()) == 25
    head = page("00_start_here").select(".tl-head dd")[1].get_text()
    assert stations[0].select("p")[-1].get_text() == f"Ready: {head}."
    assert "All that is ready: 42 s to run, 45 min to work through (core), 10 more" in said(shown)
    (first, *others) = shown.select(".tl-sum")
    size = len(lessons.themes()[lessons.plan().theme[0].name])
    assert first.get_text().strip().startswith(f"1 of {size} ready: not measured yet")
    assert [sum.get_text().strip() for sum in others] == [
        f"0 of {len(lessons.themes()[theme.name])} ready." for theme in lessons.plan().theme[1:]
    ]
    ready = [s.find("a")["href"] for s in stations if "tl-ready" in s["class"]]
    assert ready == ["00_start_here.html", "11_language_models.html"]
    assert [h.get_text().rstrip("#") for h in shown.select("h2")] == [
        f"{n} {theme.name}" for n, theme in enumerate(lessons.plan().theme, 1)
    ]
    for row, station in zip(lessons.rows(), stations, strict=True):
        assert row.question in station.get_text() and row.number in station.get_text()


def test_side_bar_and_order(page):
    captions = [c.get_text() for c in page("index").select("p.caption")]
    assert captions == ["1 Pre-training", "Sessions", "How to use it", "Reference"]
    entries = [a.get_text() for a in page("index").select("nav.bd-links li a")]
    first = ["Start here", "Map of the course", "What to try first", "Language models"]
    assert entries[:4] == first
    assert page("00_start_here").select_one("a.right-next")["href"] == "map.html"
    assert page("sessions/start").find("a", href="../00_start_here.html")


def test_a_fold_ends_at_the_next_exercise():
    guess = nodes.container(classes=["tag_tl-predict", "tag_tl-ask-one"])
    answer, asked = nodes.paragraph("", "It falls."), nodes.paragraph("", "Exercise 2 (code). Now")
    nested = nodes.section("", nodes.paragraph("", "Exercise 3. And now"))
    for after in ([answer, asked, nested], [answer, nested], [answer]):
        parent = nodes.section("", *(node.deepcopy() for node in (guess, *after)))
        fold._fold_answer(parent[0])
        texts = [child.astext() for child in parent]
        assert texts[1].startswith('<details class="tl-await" data-id="one">')
        assert texts[2:4] == ["It falls.", "</details>"] and len(texts) == 3 + len(after)


def test_what_ran_away_is_no_number_of_many_digits():
    wild = replace(site_factory.claim(), effect=6.8e37, low=-1.2e38, high=2.6e38)
    assert content._again(wild).endswith("diverged on some seeds")
    assert content._again(site_factory.claim()).endswith("+5.0 (+4.0\u00a0to\u00a0+6.0)")
    assert content.cards.numbers(wild) == ("−1.2 × 10³⁸", "+6.8 × 10³⁷", "+2.6 × 10³⁸")
    assert content.cards.number(999_999, 1e5) == "+999999"


def test_a_deck_that_was_made_is_linked_where_a_kit_names_it():
    path = next(p for p in kits.find() if p.stem == "adaptation-2")
    page = content.session(kits.read(path), ["adaptation-2-session"])["sessions/adaptation-2"]
    assert '<a href="../slides/adaptation-2-session.html">adaptation-2-session.html</a>' in page
    assert "adaptation-2-session.html?print-pdf&amp;showNotes=separate-page" in page
    assert "`build/slides/adaptation-2-session" not in page
    assert "`build/slides/adaptation.html`" in page  # this one was not made


def test_search_reads_formulas_and_leaves_the_teachers_answers_out():
    heading = nodes.title("", "", nodes.Text("How large is "), nodes.math("", r"\Delta W"))
    inner = nodes.section("", nodes.title("", "Exercise 3"), ids=["inner"])
    answers = nodes.section("", nodes.title("", "Appendix: answers"), inner, ids=["answers"])
    page = new_document("x")
    page += nodes.section("", heading, nodes.paragraph("", "Small."), answers, ids=["top"])
    assert search.entries(page) == [("", "How large is ΔW", "Small.")]


def test_search_knows_sections_terms_works_and_claims(built):
    script = (built.folder / "_static" / "search-index.js").read_text("utf-8")
    index = json.loads(script.removeprefix("window.TL_INDEX = ").rstrip().removesuffix(";"))
    pages = {page[0]: number for number, page in enumerate(index["pages"])}
    assert index["pages"][pages["00_start_here.html"]][1:] == ["Start here: a small lesson", "00"]
    found = {(row[0], row[1]): row[2:] for row in index["entries"]}
    top, deeper, term, work, claim = (
        found[pages[page], place]
        for page, place in (
            ("00_start_here.html", ""),
            ("00_start_here.html", "deeper-who-wants-more"),
            ("glossary.html", "term-skip-gram"),
            ("bibliography.html", next(row[1] for row in index["entries"] if "Rusu" in row[2])),
            ("claims.html", "claim-long-unit"),
        )
    )
    assert "Transfer learning moves from a source" in top[1] and "More: who" not in top[1]
    assert deeper == ["Deeper: who wants more", "Only some want this; see notebook 11."]
    assert term[0] == "skip-gram" and term[1]
    assert work[0] == "Rusu et al. 2016" and "Progressive" in work[1]
    assert claim == ["It helps a lot.", ""]
    assert "show(3)" not in script and "import tl_helpers" not in script  # no code
    # Every place is there.
    for page, place, *_ in index["entries"]:
        path = built.folder / index["pages"][page][0]
        assert not place or f'id="{place}"' in path.read_text("utf-8"), (path.name, place)
    assert not (built.folder / "searchindex.js").exists()  # one index
    assert "searchindex" not in built.index.read_text("utf-8")


# --------------------------------------------------------------------------- what goes into a site


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A course of one notebook, not run, with few pages around it."""
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    site_factory.few_pages(tmp_path / "notebooks" / "site")
    write(tmp_path / "notebooks", "00_start_here", text("# Start here"))
    return tmp_path


def test_an_executed_copy_of_other_sources_is_not_shown(place):
    path = place / "notebooks" / "00_start_here.ipynb"
    ran = nbformat.read(str(path), as_version=4)
    ran.cells[0].outputs = [nbformat.v4.new_output("stream", text="as run")]
    notebooks.write(ran, place / "build" / "notebooks" / path.name)
    (only,), notes = content.collect(place / "build")
    assert only.executed and only.notebook.cells[0].outputs and notes == []
    write(place / "notebooks", "00_start_here", text("# Start here, changed"))
    (only,), (note,) = content.collect(place / "build")
    assert not only.executed and only.title == "Start here, changed"
    assert "changed since it was run" in note and "tl run 00_start_here" in note


def test_a_run_with_other_parameters_is_not_shown(place):
    path = place / "notebooks" / "00_start_here.ipynb"
    ran = nbformat.read(str(path), as_version=4)
    ran.cells.insert(1, code('PROFILE = "quick"', "injected-parameters"))
    notebooks.write(ran, place / "build" / "notebooks" / path.name)
    (only,), (note,) = content.collect(place / "build")
    assert not only.executed and "run with other parameters" in note


def test_a_failed_run_shows_the_stored_outputs_and_says_so(place):
    shutil.copy(place / "notebooks" / "00_start_here.ipynb", place / "failed")
    (place / "build" / "notebooks").mkdir(parents=True)
    shutil.move(place / "failed", place / "build/notebooks/00_start_here.failed.ipynb")
    (only,), (note,) = content.collect(place / "build")
    assert not only.executed and "failed when it was run" in note


def test_the_head_stands_under_the_title_wherever_that_is(tmp_path):
    cells = [code("# a comment"), text("A word before."), text("# Title\n\n# Another"), text("# X")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    shown = content.readable(content.Page("one", tmp_path, notebook, True, 1.0), deck=False)
    assert [cell.source.count("tl-head") for cell in shown.cells] == [0, 0, 1, 0]
    assert shown.cells[2].source.startswith("# Title\n\n```{raw} html\n<div class=")


def test_no_other_time_than_that_of_the_head(tmp_path):
    line = "x · profile course · cpu, 2 threads · torch 2.13.0"
    begin, other = code("begin()", "start"), code("other()")
    for cell in (begin, other):
        cell.outputs = [nbformat.v4.new_output("stream", text=f"{line} · about 99 s\n")]
    notebook = nbformat.v4.new_notebook(cells=[text("# Title"), begin, other])
    shown = content.readable(content.Page("one", tmp_path, notebook, True, 66.0), deck=False)
    assert "66 s to run" in shown.cells[0].source
    assert shown.cells[1].outputs[0].text == f"{line}\n"
    assert shown.cells[2].outputs[0].text == f"{line} · about 99 s\n"  # what a cell prints stays


@pytest.mark.parametrize("broken", ["{", "[]", '{"notebooks": [{}]}'])
def test_a_broken_report(place, broken):
    (place / "build").mkdir()
    (place / "build" / "report.json").write_text(broken, "utf-8")
    with pytest.raises(BrokenFile, match="is no report of a run"):
        build_site()


# ------------------------------------------------------------------------------ what stops a build


def old_site(place: Path) -> Path:
    """A site from before, with the mark of one."""
    folder = place / "build" / "site"
    folder.mkdir(parents=True)
    (folder / ".tl-site").touch()
    (folder / "index.html").write_text("the old site", "utf-8")
    return folder


def untouched(folder: Path) -> bool:
    left = sorted(p.name for p in folder.iterdir())
    beside = [p.name for p in folder.parent.iterdir() if p.name.startswith(".")]
    return left == [".tl-site", "index.html"] and beside == []


def test_everything_that_is_wrong_is_said_at_once_and_the_old_site_stays(place):
    """What is wrong, and in which cell; the formula is read only when pages are written."""
    wrong = "Ruder (1999) says $a^b^c$.\n\nSee [there](nowhere.md)."
    listed = "**References**\n\n- Nobody, N. (2019). A work. Venue."
    write(place / "notebooks", "00_start_here", text("# Start here"), text(wrong), text(listed))
    glossary = place / "notebooks" / "site" / "glossary.md"
    glossary.write_text(glossary.read_text("utf-8").replace("\ntask\n", "\nprobe\n", 1), "utf-8")
    folder = old_site(place)
    with pytest.raises(CourseError) as caught:
        build_site()
    said = str(caught.value)
    assert said.startswith("The site was not built. Sphinx says:\n")
    assert "tl site" in caught.value.do and "Traceback" not in said
    assert str(place.parent) not in said and "/source/" not in said and untouched(folder)
    for message in (
        "00_start_here.ipynb, cell 3: WARNING: cites 'Ruder 1999', which is not in references.bib",
        "00_start_here.ipynb, cell 3: WARNING: the formula 'a^b^c' cannot be read",
        "00_start_here.ipynb, cell 4: WARNING: lists the reference 'Nobody, N. (2019)",
    ):
        assert message in said
    assert re.search("00_start_here.ipynb, cell 3: WARNING: .*nowhere.md", said)
    assert re.search("glossary.md:.* duplicate term.* probe", said)


def test_ctrl_c_leaves_the_old_site(place, monkeypatch):
    folder = old_site(place)

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "run", stop)
    with pytest.raises(KeyboardInterrupt):
        build_site()
    assert untouched(folder)


def test_a_folder_with_other_files_is_not_replaced(place):
    (place / "letters").mkdir()
    (place / "letters" / "dear.txt").write_text("x", "utf-8")
    with pytest.raises(CourseError, match="holds other files"):
        build_site(place / "letters")
    assert (place / "letters" / "dear.txt").exists()


@pytest.mark.parametrize("name", ["conf.py", "index.md", "glossary.md", "references.bib"])
def test_a_missing_source(place, name):
    (place / "notebooks" / "site" / name).unlink()
    with pytest.raises(BrokenFile, match=f"{name} is missing(.|\n)*git checkout"):
        build_site()


@pytest.mark.parametrize("package", ["sphinx", "myst_nb", "sphinx_book_theme"])
def test_a_missing_package(place, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(CourseError, match=f"package {package} is not installed(.|\n)*make course"):
        build_site()


def test_the_command(place, capfd):
    write(place / "notebooks", "00_start_here", text("# Start here\n\nRuder (1999) says so."))
    with pytest.raises(SystemExit) as stop:
        cli.main(["site"])
    said = capfd.readouterr()
    assert stop.value.code == 1 and "cites 'Ruder 1999'" in said.err
    assert "Traceback" not in said.err
    write(place / "notebooks", "00_start_here", text("# Start here"))
    cli.main(["site"])
    said = capfd.readouterr().out
    assert f"Open: {place / 'build' / 'site' / 'index.html'}" in said
    assert "as stored, not run here: 00_start_here" in said
    assert (place / "build" / "site" / "index.html").exists()


def test_a_broken_list_of_senses_stops_the_build(place):
    sense = '[[sense]]\nterm = "moon"\nmeans = "x"\npages = ["index"]\n'
    (place / "notebooks" / "site" / "senses.toml").write_text(sense, "utf-8")
    write(place / "notebooks", "00_start_here", text("# Start here\n\nA probe."))
    with pytest.raises(CourseError, match="senses.toml: 'moon' is no term of the glossary"):
        build_site()


# ------------------------------------------------------------------------- the site of the course


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return site_factory.whole_site(tmp_path_factory.getbasetemp())


def test_every_link_of_the_course_leads_somewhere_and_nothing_is_fetched(whole):
    assert len(list(whole.folder.glob("*.html"))) > 12
    assert site_links.problems(whole.folder) == []


def test_a_fresh_copy_of_the_course_has_all_its_notebooks_and_claims(whole):
    claims = BeautifulSoup((whole.folder / "claims.html").read_text("utf-8"), "html.parser")
    recorded = {claim.id for page in whole.pages for claim in page.claims}
    listed = {
        a["href"].removeprefix("#claim-") for a in claims.select(".tl-claims td:nth-child(2) a")
    }
    assert recorded and listed == recorded
    for page in whole.pages:
        assert not page.executed and page.seconds, page.name
        assert (whole.folder / "files" / page.source.name).exists()


def test_a_kit_leads_to_the_sheet_for_its_room(whole):
    made = [whole.folder / "sessions" / f"{path.stem}.html" for path in kits.find()]
    assert len(made) > 7
    for path in made:
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        there = [a["href"] for a in page.select("article .tl-links a")]
        assert there == [f"{path.stem}-participants.html"]  # no slides were made here
        sheet = BeautifulSoup((path.parent / there[0]).read_text("utf-8"), "html.parser")
        assert "sheet for participants" in sheet.h1.get_text()


def test_no_term_is_linked_where_it_means_something_else(whole):
    source = (site_factory.ROOT / "notebooks" / "site" / "glossary.md").read_text("utf-8")
    names = re.findall(r"(?m)^(?![\s`%#])(.+)\n  \S", source)
    known = terms.Terms(names, terms.other_forms(source))
    other = terms.senses(site_factory.ROOT / "notebooks" / "site" / "senses.toml", known).other
    seen = 0
    for path in [*whole.folder.glob("*.html"), *whole.folder.glob("sessions/*.html")]:
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        name = path.relative_to(whole.folder).with_suffix("").as_posix()
        for link in page.select("article a.tl-term"):
            block = link.find_parent(["p", "li", "td", "dd", "th"]) or link.parent
            parts = list(block.strings)
            at = next(i for i, part in enumerate(parts) if part.find_parent("a") is link)
            start, word = len("".join(parts[:at])), link.get_text()
            for *_, found in known.find(word):
                end = start + len(word)
                assert not other(found, name, "".join(parts), start, end), (name, word)
                assert word != "References", name  # the head of a list, not a text for BLEU
                seen += 1
    assert seen > 300


def test_an_old_address_leads_on_or_lets_one_choose():
    """One page: a reader is sent there, with the place on the page; several: a list."""

    def old(*names):
        there = {name: name[3:] for name in names}
        return BeautifulSoup(content.moved_page(there), "html.parser")

    one = old("16_supervised_pretraining")
    assert one.find("meta", {"http-equiv": "refresh"})["content"].endswith(
        "url=16_supervised_pretraining.html"
    )
    assert "location.hash" in one.script.string
    both = old("14_objectives", "15_scale_and_cost")
    named = [a["href"] for a in both.find_all("a")]
    assert named == ["14_objectives.html", "15_scale_and_cost.html"]
    assert both.script is None and both.html["lang"] == "en" and both.h1 and both.title


def test_the_address_of_a_theme_leads_to_its_sessions(whole):
    """Also where a theme had one kit before it had two."""
    for theme in ("pre-training", "target-tasks", "adaptation"):
        text = (whole.folder / f"sessions/{theme}.html").read_text("utf-8")
        page = BeautifulSoup(text, "html.parser")
        named = [a["href"] for a in page.find_all("a")]
        assert named == [f"{theme}-1.html", f"{theme}-2.html"]
        assert all((whole.folder / "sessions" / name).exists() for name in named)
