"""The site in a real browser, opened from disk, with every request on record."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import site_factory
from browser import pages

from tl_helpers import exercises
from tl_helpers.press import kits

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("site"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium"),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return site_factory.small_site(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as runner:
        browser = runner.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """A browser window that notes what it fetches, and every error on its console."""

    def __init__(self, browser, folder: Path, width: int, scheme: str) -> None:
        self.folder, self.requests, self.errors = folder, [], []
        context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        self.page = context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", self._failed)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda said: self.errors.append(said.text) if said.type == "error" else None,
        )
        self.close = context.close

    def _failed(self, request) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):  # a reader who moved on early
            self.errors.append(request.url)

    def open(self, name: str) -> object:
        self.page.goto((self.folder / name).as_uri())
        return self.page

    def clean(self) -> bool:
        """Nothing left the disk, and nothing went wrong."""
        outside = [u for u in self.requests if not u.startswith(("file://", "data:", "blob:"))]
        assert outside == [] and self.errors == []
        return len(self.requests) > 0


@pytest.fixture
def window(chromium, built):
    """Open a window of some width, in a light or a dark theme."""
    opened = []

    def make(width=1280, scheme="light"):
        opened.append(Watched(chromium, built.folder, width, scheme))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def whole(chromium, tmp_path_factory):
    """A window on the site of the course itself."""
    site = site_factory.whole_site(tmp_path_factory.getbasetemp())
    opened = Watched(chromium, site.folder, 1280, "light")
    yield opened
    opened.close()


def artefact(page, name: str) -> None:
    """Leave a picture to look at, where somebody asked for them."""
    if folder := os.environ.get("TL_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"site-{name}.png"))


def background(page) -> int:
    """How light the page is, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return int(colour.split("(")[1].split(",")[0])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_from_disk_without_a_request_or_an_error(window, built, width, scheme):
    seen = window(width, scheme)
    names = sorted(
        p.relative_to(built.folder).as_posix()
        for p in built.folder.rglob("*.html")
        if "slides" not in p.parts
    )
    assert len(names) >= 12
    for name in names:
        page = seen.open(name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert (background(page) > 200) == (scheme == "light"), name
        artefact(page, f"{Path(name).stem}-{width}-{scheme}")
    assert seen.clean()


def test_the_switch_between_light_and_dark(window):
    seen = window()
    page = seen.open("index.html")
    for mode, light in (("dark", False), ("light", True), ("auto", True)):
        page.locator("button.theme-switch-button:visible").click()
        page.locator(f"button.theme-change-button[data-mode={mode}]").click()
        assert page.get_attribute("html", "data-mode") == mode
        assert (background(page) > 200) == light
    page = seen.open("map.html")  # the choice is kept from page to page
    assert page.get_attribute("html", "data-mode") == "auto"
    assert seen.clean()


def test_cards_and_explorers_are_readable_in_the_dark(window):
    page = window(scheme="dark").open("00_start_here.html")
    for where in ("[aria-label^=Claim]", "figure label"):
        text = page.locator(where).first.evaluate("e => getComputedStyle(e).color")
        assert int(text.split("(")[1].split(",")[0]) > 150, where


def test_an_explorer_turns(window):
    seen = window()
    page = seen.open("00_start_here.html")
    picture = page.locator("figure [data-view] img")
    before = picture.get_attribute("src")
    assert picture.get_attribute("alt") == "A plain line of slope 1."
    page.locator("figure input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    assert picture.get_attribute("alt") == "A plain line of slope 2."
    assert picture.get_attribute("src") != before
    page.locator("figure select").select_option("odd")
    assert picture.get_attribute("alt") == "A odd line of slope 2."
    assert seen.clean()


def test_an_explorer_says_when_only_what_is_out_of_sight_has_changed(window):
    seen = window()
    page = seen.open("00_start_here.html")
    note = page.get_by_role("button", name="What changed is below: go there")
    turn = page.locator("figure input[type=range]")
    for height, shown in ((900, False), (170, True)):
        page.set_viewport_size({"width": 1280, "height": height})
        turn.evaluate(
            "e => e.scrollIntoView({block: height > 500 ? 'center' : 'end'})".replace(
                "height", str(height)
            )
        )
        turn.focus()
        page.keyboard.press("ArrowRight")
        assert note.is_visible() == shown, height
    note.press("Enter")
    assert not note.is_visible() and page.locator("figure [data-view] img").is_visible()
    assert seen.clean()


def test_what_goes_deeper_opens_by_keyboard_and_on_paper(window):
    page = window().open("00_start_here.html")
    inside = page.get_by_text("Only some want this")
    assert not inside.is_visible()
    page.emulate_media(media="print")
    assert inside.bounding_box()["height"] > 0 and inside.is_visible()
    page.emulate_media(media="screen")
    assert not inside.is_visible()
    page.locator("details.tl-deeper > summary").focus()
    page.keyboard.press("Enter")
    assert inside.is_visible()


def search(page, words: str) -> list[str]:
    """Type into the search; the headings of the pages found, the best first."""
    if not page.locator("#pst-search-dialog").is_visible():
        page.keyboard.press("Control+k")
    page.locator("#pst-search-dialog input").fill(words)
    page.locator("#pst-search-dialog .tl-said").filter(has_text=re.compile(".")).wait_for()
    return page.locator("#pst-search-dialog .tl-found h2").all_text_contents()


def test_a_card_opens_under_the_pointer_and_stays_while_one_reads(window):
    seen = window()
    page = seen.open("00_start_here.html")
    card = page.locator(".tl-card")
    page.locator("a.tl-term", has_text="source").hover()
    card.wait_for()
    assert "Where knowledge is transferred from" in card.inner_text()
    artefact(page, "card-term")
    card.hover()
    page.wait_for_timeout(400)
    assert card.is_visible()
    page.mouse.move(640, 5)
    card.wait_for(state="detached")
    page.locator("a.tl-cite", has_text="Pan and Yang").first.hover()
    card.wait_for()
    assert "A Survey on Transfer Learning" in card.inner_text()
    href = card.locator("a.tl-out").get_attribute("href")
    assert href == "https://doi.org/10.1109/TKDE.2009.191"
    artefact(page, "card-work")
    assert page.locator("a.tl-term[title], a.tl-cite[title]").count() == 0
    assert seen.clean()


def test_a_card_by_keyboard(window):
    seen = window()
    page = seen.open("00_start_here.html")
    link, card = page.locator("a.tl-term", has_text="source"), page.locator(".tl-card")
    link.focus()
    card.wait_for()
    described = link.get_attribute("aria-describedby")
    assert "Where knowledge" in page.locator(f"#{described}").inner_text()
    page.keyboard.press("Tab")  # into the card
    assert page.evaluate("document.activeElement.className") == "tl-on"
    page.keyboard.press("Escape")
    assert card.count() == 0 and link.evaluate("e => e === document.activeElement")
    page.keyboard.press("Enter")
    page.wait_for_url("**/glossary.html#term-source")
    page.go_back()
    link.focus()
    card.wait_for()
    page.keyboard.press("Shift+Tab")
    card.filter(has_text="Where knowledge").wait_for(state="detached")
    assert seen.clean()


def test_a_card_by_touch(chromium, built):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto((built.folder / "00_start_here.html").as_uri())
    link, card = page.locator("a.tl-term", has_text="source"), page.locator(".tl-card")
    link.tap()
    card.wait_for()
    box = card.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    artefact(page, "card-390")
    page.locator("article h1").first.tap()
    card.wait_for(state="detached")
    link.tap()
    card.wait_for()
    link.tap()  # the second tap follows
    page.wait_for_url("**/glossary.html#term-source")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_bibtex_can_be_copied(window, scheme):
    seen = window(scheme=scheme)
    page = seen.open("bibliography.html")
    work = page.locator("div.citation", has_text="A Survey on Transfer Learning")
    pre = work.locator("details.tl-bibtex pre")
    assert not pre.is_visible()
    work.locator("summary").focus()
    page.keyboard.press("Enter")
    assert pre.is_visible() and pre.inner_text().startswith("@article{pan2010,")
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    work.locator("button.tl-copy").click()
    assert page.evaluate("window.copied").startswith("@article{pan2010,")
    work.scroll_into_view_if_needed()
    artefact(page, f"bibtex-{scheme}")
    page.evaluate("scrollTo(0, 0)")
    artefact(page, f"cite-{scheme}")
    assert seen.clean()


def test_search_finds_while_one_types(window):
    seen = window()
    page = seen.open("sessions/start.html")
    # A hyphen more or less, capitals and accents do not matter; the glossary stands there once.
    for words in ("skipgram", "Skip-Gram", "skip gram", "skíp-grams"):
        assert search(page, words)[0] == "Glossary", words
        assert search(page, words).count("Glossary") == 1
        first = page.locator("#pst-search-dialog .tl-found li li a").first
        assert first.locator("b").text_content() == "skip-gram"
        assert first.locator("mark").count()
        assert first.get_attribute("href") == "../glossary.html#term-skip-gram"
    assert search(page, "qqqq") == []
    assert search(page, "skpi-gram")[0] == "Glossary"  # two letters changed about
    said = page.locator("#pst-search-dialog .tl-said").text_content()
    assert said.startswith("Nothing found for “skpi-gram”. For “skipgram”: ")
    assert search(page, "qqqq") == []
    assert "Nothing found for “qqqq”." in page.locator("#pst-search-dialog .tl-said").text_content()
    assert search(page, "it helps a lot")[0] == "Claims"
    assert search(page, "Rusu progressive")[0] == "Bibliography"
    artefact(page, "search")
    assert seen.clean()


def test_search_by_keyboard_leads_into_a_section(window):
    seen = window()
    page = seen.open("index.html")
    assert search(page, "who wants more")[0] == "00 Start here: a small lesson"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/00_start_here.html#deeper-who-wants-more")
    assert seen.clean()


def test_the_page_of_the_search(window):
    """Enter shows all that was found."""
    seen = window(width=390)
    page = seen.open("index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("perplexity")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=perplexity")
    found = page.locator(".tl-search .tl-found li li a")
    found.first.wait_for()
    assert page.get_by_label("Search the course").last.input_value() == "perplexity"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    artefact(page, "search-page-390")
    found.first.click()
    page.wait_for_url("**/glossary.html#term-perplexity")
    assert seen.clean()


def test_a_reader_walks_through(window):
    """From the start page to a notebook, a term, a reference and back, and the next page."""
    seen = window()
    page = seen.open("index.html")
    page.locator("article").get_by_role("link", name="Start here").first.click()
    page.locator("a.tl-term", has_text="source").click()
    page.wait_for_url("**/glossary.html#term-source")
    page.go_back()
    page.wait_for_url("**/00_start_here.html")
    page.locator("a.tl-cite", has_text="Pan and Yang").first.click()
    page.locator("div.citation:target p.tl-cited a", has_text="Start here").click()
    page.wait_for_url("**/00_start_here.html")
    page.locator("a.right-next").click()
    page.wait_for_url("**/map.html")
    assert seen.clean()


# What of a table lies outside the box that holds it: cells and what is in them, table, article.
OUTSIDE = """() => {
  const wrong = [], slack = 1.5;
  const inside = (a, b) => a.left >= b.left - slack && a.right <= b.right + slack;
  const box = (e) => e.getBoundingClientRect();
  const article = document.querySelector("article");
  if (!inside(box(article), {left: 0, right: document.documentElement.clientWidth}))
    wrong.push("the article");
  for (const table of document.querySelectorAll(".tl-claims table")) {
    if (!inside(box(table), box(article))) wrong.push("the table");
    for (const cell of table.querySelectorAll("th, td")) {
      if (!cell.getClientRects().length) continue;
      const said = cell.textContent.trim().slice(0, 40);
      if (!inside(box(cell), box(table))) wrong.push("cell: " + said);
      if (cell.scrollWidth > cell.clientWidth + slack) wrong.push("too wide: " + said);
      for (const part of cell.children)
        for (const line of part.getClientRects())
          if (!inside(line, box(cell))) wrong.push("in the cell: " + said);
    }
  }
  return wrong;
}"""
PAPER = 1016  # A4 landscape between the margins, in CSS pixels


@pytest.mark.parametrize("which", ["small", "course"])
def test_no_cell_of_the_claims_lies_outside_its_box(window, whole, which):
    """The small course has a unit longer than a line, with a word longer than a cell."""
    seen = window() if which == "small" else whole
    for width in (390, 768, 1024, 1440, 1920):
        seen.page.set_viewport_size({"width": width, "height": 900})
        page = seen.open("claims.html")
        assert page.locator(".tl-claims td:visible").count() >= 10
        assert page.evaluate(OUTSIDE) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        artefact(page, f"claims-{which}-{width}")
    page.set_viewport_size({"width": PAPER, "height": 700})
    page.emulate_media(media="print")
    assert page.locator(".tl-claims thead").is_visible()
    assert not page.locator(".tl-filter").is_visible()
    assert not page.locator(".tl-claims thead button").first.is_visible()
    names = [
        page.locator(".tl-claims th")
        .nth(place)
        .evaluate("e => getComputedStyle(e, '::before').content")
        for place in (0, 1, 2, 4)
    ]
    assert names == ['"Notebook"', '"Claim"', '"Effect"', '"Verdict"']
    assert page.evaluate(OUTSIDE) == []
    sheets = re.findall(
        rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", page.pdf(prefer_css_page_size=True)
    )
    assert sheets and all(float(across) > float(down) for across, down in sheets)
    page.emulate_media(media="null")
    assert seen.clean()


def test_the_claims_can_be_filtered_and_sorted(window):
    seen = window()
    page = seen.open("claims.html")

    def shown():
        return page.locator(".tl-claims tbody td:nth-child(2):visible").all_text_contents()

    assert shown() == ["It helps.", "It helps a lot."]
    said = page.locator(".tl-filter output")
    page.get_by_label("Notebook").select_option(label="11 Language models")
    assert shown() == ["It helps a lot."] and said.text_content() == "1 of 2 claims"
    page.get_by_label("Verdict").select_option("supported")
    assert shown() == [] and said.text_content() == "0 of 2 claims"
    page.get_by_role("button", name="Show all").click()
    said.filter(has_text="All 2 claims").wait_for()  # the fields are empty a moment later
    assert len(shown()) == 2 and said.text_content() == "All 2 claims"
    head = page.locator(".tl-claims th", has_text="Verdict")
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending" and shown()[0] == "It helps."
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending" and shown()[0] == "It helps a lot."
    page.get_by_role("button", name="Effect").click()
    assert head.get_attribute("aria-sort") is None and shown()[0] == "It helps."
    page.goto(page.url + "?notebook=11_language_models&verdict=nonsense")
    assert shown() == ["It helps a lot."]
    assert seen.clean()


def test_the_head_of_the_claims_stays_in_sight(window):
    page = window().open("claims.html")
    page.set_viewport_size({"width": 1280, "height": 500})
    page.evaluate("document.querySelector('.tl-claims tbody').lastElementChild.scrollIntoView()")
    page.evaluate("window.scrollBy(0, -70)")
    head = page.locator(".tl-claims th").first.bounding_box()
    last = page.locator(".tl-claims tbody tr").last.bounding_box()
    assert 0 <= head["y"] and head["y"] + head["height"] <= last["y"] + last["height"]


def test_code_can_be_copied(window):
    seen = window()
    page = seen.open("00_start_here.html")
    page.evaluate(
        """Object.defineProperty(navigator, "clipboard", {configurable: true,
           value: {writeText: (text) => { window.copied = text; return Promise.resolve(); }}})"""
    )
    made = page.locator("button.tl-copy")
    assert made.count() == page.locator("article .cell_input div.highlight > pre").count() > 5
    assert made.first.get_attribute("aria-label") == "Copy this code"
    shown = page.locator(".cell_input:visible .tl-copy").first
    shown.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("window.copied") == "show(1)" and shown.text_content() == "Copied"
    # Where the browser has no clipboard, or refuses, the older way is tried.
    page.evaluate(
        """Object.defineProperty(navigator, "clipboard", {value: undefined});
           document.addEventListener("copy", () => {
             window.copied = String(document.getSelection()); })"""
    )
    shown.click()
    page.wait_for_function("document.querySelector('.cell_input .tl-copy')")
    assert shown.text_content() in ("Copied", "Copy")
    assert seen.clean()


@pytest.mark.parametrize("width", [1280, 390])
def test_pictures_can_be_enlarged(window, width):
    seen = window(width)
    page = seen.open("00_start_here.html")
    made = page.get_by_role("button", name="Enlarge the picture: a rising line")
    made.focus()
    page.keyboard.press("Enter")
    large = page.locator("dialog.tl-zoom img")
    assert large.get_attribute("alt") == "a rising line"
    small = page.locator(".tl-picture > img").bounding_box()
    assert large.bounding_box()["width"] > max(small["width"], 600)
    artefact(page, f"enlarged-{width}")
    page.keyboard.press("Escape")
    page.locator("dialog.tl-zoom").wait_for(state="detached")
    page.locator(".tl-picture > img").click()
    page.get_by_role("button", name="Close").click()
    page.locator("dialog.tl-zoom").wait_for(state="detached")
    # An explorer draws its picture anew, so it has no button; its picture stays as it is.
    assert page.locator("figure [data-view] .tl-picture").count() == 0
    assert seen.clean()


def test_a_problem_is_reported_with_page_cell_and_commit(window):
    seen = window()
    page = seen.open("00_start_here.html")
    asked = [
        parse_qs(urlsplit(page.locator(where).first.get_attribute("href")).query)
        for where in ("a.tl-report", "a[aria-label='Report a problem with cell 4']")
    ]
    assert [one["title"] for one in asked] == [["00_start_here: "], ["00_start_here, cell 4: "]]
    whole_page, cell = (one["body"][0] for one in asked)
    assert whole_page.startswith("Page: 00_start_here (Start here: a small lesson")
    assert "Cell:" not in whole_page and "\nCell: 4\nCommit: " in cell
    # The cell is the one that the notebook has at this place: its parameters come first.
    where = page.locator("div.cell:has(a[aria-label='Report a problem with cell 4'])")
    assert where.locator("pre").first.text_content().strip() == "show(1)"
    assert seen.clean()


# What does not fit a sheet of A4 between its margins, or would be torn in two.
TORN = """() => {
  const wrong = [];
  for (const pre of document.querySelectorAll("article pre"))
    if (pre.getClientRects().length && pre.scrollWidth > pre.clientWidth + 1)
      wrong.push("code: " + pre.textContent.slice(0, 60));
  const whole = "div.cell.tag_tl-exercise, .cell_output img, .cell_output figure, " +
    ".cell_output [role=group], .cell_output [role=status], .tl-station";
  for (const part of document.querySelectorAll(whole)) {
    if (!part.getClientRects().length) continue;
    const edge = document.documentElement.clientWidth + 1, said = part.outerHTML.slice(0, 60);
    if (getComputedStyle(part).breakInside !== "avoid") wrong.push("torn: " + said);
    if (part.getBoundingClientRect().right > edge) wrong.push("off: " + said);
  }
  return wrong;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_notebook_on_paper(window, scheme):
    seen = window(672, scheme)
    page = seen.open("00_start_here.html")
    page.emulate_media(media="print")
    assert page.evaluate(TORN) == []
    for screen_only in (".tl-copy", ".tl-enlarge", ".tl-report", ".tl-links"):
        assert not page.locator(screen_only).first.is_visible(), screen_only
    for text in ("article", "article .highlight pre", "[aria-label^=Claim]", ".tl-head", "figure"):
        ink = page.locator(text).first.evaluate("e => getComputedStyle(e).color")
        assert int(ink.split("(")[1].split(",")[0]) < 100, text
    chip = page.locator("[aria-label^=Claim] span").first  # its ground is not printed
    assert chip.evaluate("e => getComputedStyle(e).color") == "rgb(17, 17, 17)"
    page.emulate_media(media="null")
    assert seen.clean()


def test_the_map_needs_no_colour(window):
    """Ready and open stations differ in shape, and no background is needed to see it."""
    page = window(672).open("map.html")
    page.emulate_media(media="print", color_scheme="light")
    dots = [
        page.locator(f".{kind}").first.evaluate(
            "e => parseFloat(getComputedStyle(e, '::after').borderTopWidth)"
        )
        for kind in ("tl-ready", "tl-waiting")
    ]
    assert dots[0] >= 2 * dots[1] > 0
    said = [
        page.locator(f".{kind} p:last-child").first.text_content()
        for kind in ("tl-ready", "tl-waiting")
    ]
    assert said[0].startswith("Ready") and said[1] == "In preparation."
    assert page.evaluate(TORN) == []


def test_the_course_on_paper(whole):
    whole.page.set_viewport_size({"width": 672, "height": 980})
    whole.page.emulate_media(media="print")
    for path in sorted(whole.folder.glob("[0-9]*.html")):
        assert whole.open(path.name).evaluate(TORN) == [], path.name
    whole.page.emulate_media(media="null")
    assert whole.clean()


def test_session_pages_print(whole):
    kits_there = [kits.read(path) for path in kits.find()]
    assert kits_there
    for kit in kits_there:
        page = whole.open(f"sessions/{kit.path.stem}.html")
        paper = page.pdf(prefer_css_page_size=True)
        assert 4 <= pages(paper) <= 12 + 4 * len(kit.notebooks)
        page.emulate_media(media="print")
        assert page.locator("article h1").is_visible() and page.get_by_text("☐").count() > 5
        for screen_only in ("#jb-print-docs-body", "nav.bd-links", ".prev-next-footer"):
            assert not page.locator(screen_only).first.is_visible(), screen_only
        page.emulate_media(media="null")
    assert whole.clean()


ONE_SHEET = """() => {
    const after = document.createRange();
    after.setStartAfter(document.querySelector("section#run-sheet"));
    after.setEndAfter(document.querySelector("section#run-sheet").parentElement.lastChild);
    after.deleteContents();
}"""


def test_a_run_sheet_is_one_sheet_of_paper(whole):
    """With its title: it is copied for whoever leads the session."""
    for kit in map(kits.read, kits.find()):
        page = whole.open(f"sessions/{kit.path.stem}.html")
        page.evaluate(ONE_SHEET)
        paper = page.pdf(prefer_css_page_size=True)
        assert pages(paper) == 1, kit.path.stem


def test_a_run_sheet_is_a_stack_on_a_phone(chromium, whole):
    seen = Watched(chromium, whole.folder, 390, "light")
    page = seen.open("sessions/start.html")
    table = page.locator("#run-sheet table").first
    assert table.locator("td").count() > 20
    assert table.evaluate("e => e.scrollWidth <= e.parentElement.clientWidth + 1")
    label = "e => getComputedStyle(e, '::before').content"
    assert table.locator("tbody tr:nth-child(2) td:nth-child(4)").evaluate(label) == '"If late: "'
    seen.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_the_course_fit_and_stay_on_the_disk(whole, width):
    whole.page.set_viewport_size({"width": width, "height": 844})
    for path in sorted(whole.folder.glob("*.html")):
        page = whole.open(path.name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
        artefact(page, f"course-{path.stem}-{width}")
    assert whole.clean()


def ask(page, id: str, what: str = "check"):
    return page.locator(f".tl-ask[data-id={id}][data-what={what}]")


def progress(page) -> dict:
    return json.loads(page.evaluate("localStorage.getItem('tl-progress')") or "{}")


def test_a_prediction_opens_what_answers_it(window):
    """By keyboard; it is kept, and it is the answer that is checked."""
    seen = window()
    page = seen.open("11_language_models.html")
    answer = page.get_by_text("So the sum is far beyond one.")
    guess, check = ask(page, "lm-sum", "predict"), ask(page, "lm-sum")
    assert not answer.is_visible() and not check.is_visible()
    assert page.get_by_role("heading", name="More").is_visible()
    guess.get_by_role("button", name="Note my prediction").press("Enter")
    assert "Not attempted yet" in guess.get_by_role("status").inner_text()
    assert progress(page) == {} and not answer.is_visible()
    guess.locator("input").first.focus()
    page.keyboard.press("ArrowDown")  # the second option
    page.keyboard.press("Enter")
    label = exercises.find("lm-sum").label
    said = "Noted. Your prediction: some of it goes to strings that are not sentences."
    assert f"{label}. {said}" in guess.get_by_role("status").inner_text()
    assert answer.is_visible() and progress(page)["lm-sum"]["prediction"] == "falls below one"
    check.get_by_role("button", name="Check").click()
    assert check.get_by_role("status").inner_text().startswith(f"✗ {label}. Not yet.")
    check.get_by_label("grows beyond one").check()
    check.get_by_role("button", name="Check").click()
    assert check.get_by_role("status").inner_text().startswith(f"✓ {label}. Right.")
    kept = progress(page)["lm-sum"]
    slips = kept.pop("wrong")
    assert kept == {
        "done": True,
        "tries": 2,
        "solution seen": False,
        "prediction": "falls below one",
    }
    assert list(slips.values()) == [1] and list(slips)[0] in {
        mistake.says for mistake in exercises.find("lm-sum").mistakes
    }
    side = page.locator("nav.bd-links a.current + .tl-count")
    assert side.first.text_content() == f"1/{len(exercises.of('11_language_models'))}"
    seen.open("11_language_models.html")  # a reader who comes back
    assert answer.is_visible() and "you have done this one" in check.inner_text()
    assert guess.locator("input:checked").get_attribute("value") == "falls below one"
    assert seen.clean()


def test_a_prediction_that_nothing_answers_is_judged_at_once(window):
    seen = window()
    page = seen.open("11_language_models.html")
    guess, exercise = ask(page, "gen-sampling", "guess"), exercises.find("gen-sampling")
    assert "your prediction" in guess.locator("legend").inner_text()
    wrong = next(option for option in exercise.kind.options if option != exercise.kind.right)
    guess.locator(f"input[value='{wrong}']").check()
    guess.get_by_role("button", name="Check").click()
    said = guess.get_by_role("status").inner_text()
    assert "Noted. Your prediction:" in said and "It came out otherwise." in said
    kept = {"done": False, "tries": 1, "solution seen": False, "prediction": wrong}
    assert progress(page)["gen-sampling"] == kept
    guess.locator(f"input[value='{exercise.kind.right}']").check()
    guess.get_by_role("button", name="Check").click()
    assert "Right" in guess.get_by_role("status").inner_text()
    assert progress(page)["gen-sampling"] == kept | {"done": True, "tries": 2}
    assert seen.clean()


def test_what_stands_in_a_form_is_there_after_a_reload(window):
    page = window().open("11_language_models.html")
    field = ask(page, "dist-reading").locator("input")
    field.fill("1000")
    ask(page, "start-taxonomy").locator("select").first.select_option(index=2)
    ask(page, "choosing-card").locator("textarea").first.fill("It cuts.")
    page.reload()
    assert field.input_value() == "1000"
    assert ask(page, "start-taxonomy").locator("select").first.evaluate("e => e.selectedIndex") == 2
    assert ask(page, "choosing-card").locator("textarea").first.input_value() == "It cuts."
    reading = ask(page, "dist-reading")
    reading.get_by_role("button", name="Check").click()
    assert "“1000” is not it. Look again" in reading.get_by_role("status").inner_text()
    reading.locator("summary", has_text="A solution").click()
    assert "Here: 10. " in reading.locator(".tl-is-solution").inner_text()


def test_what_the_site_notes_can_be_imported(window, tmp_path, monkeypatch):
    page = window().open("11_language_models.html")
    field = ask(page, "dist-shift").locator("input")
    field.fill("about -0.69 nats")
    field.press("Enter")
    assert progress(page)["dist-shift"]["done"] is True
    file = tmp_path / "progress.json"
    file.write_text(json.dumps(progress(page)), "utf-8")
    monkeypatch.setenv("TL_PROGRESS", str(tmp_path / "own.json"))
    assert exercises.merge(file) == 1


def test_every_kind_of_answer_on_a_phone(window):
    seen = window(390)
    page = seen.open("11_language_models.html")
    for id, fill, wrong, then, right in (
        ("dist-shift", "input", "0.69", "The size is right.", "-0.693"),
        ("dist-reading", "input", "20", "not the smallest", "10"),
    ):
        for value, said in ((wrong, then), (right, "Right")):
            ask(page, id).locator(fill).fill(value)
            ask(page, id).get_by_role("button", name="Check").click()
            assert said in ask(page, id).get_by_role("status").inner_text()
    taxonomy = ask(page, "start-taxonomy")
    right = exercises.find("start-taxonomy").kind.right
    for item, option in right.items():
        taxonomy.get_by_label(f"{item}:").select_option(option)
        taxonomy.get_by_role("button", name="Check").click()
    assert "Right" in taxonomy.get_by_role("status").inner_text()
    assert progress(page)["start-taxonomy"]["tries"] == len(right)
    card = ask(page, "choosing-card")
    for field, words in exercises.find("choosing-card").kind.right.items():
        card.get_by_label(f"{field.replace('_', ' ')}:", exact=True).fill(words)
    card.get_by_role("button", name="Check").click()
    assert "Right" in card.get_by_role("status").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    artefact(page, "ask-390")
    assert seen.clean()


def test_hints_come_one_at_a_time_and_the_answers_stand_nowhere_in_sight(window, built):
    seen = window()
    page = seen.open("11_language_models.html")
    code = ask(page, "lm-nucleus", "code")
    exercise = exercises.find("lm-nucleus")
    assert exercise.hints[0][:30] not in (built.folder / "11_language_models.html").read_text()
    assert "written in the notebook" in code.inner_text() and code.locator("form").count() == 0
    for number, hint in enumerate(exercise.hints, 1):
        code.get_by_text(f"Hint {number} of {len(exercise.hints)}").click()
        code.locator(".tl-is-hint").nth(number - 1).wait_for()
        assert code.locator(".tl-is-hint").count() == number
        assert hint.split("`")[0][:20] in code.inner_text()
    assert code.locator("pre").count() == 0 and progress(page) == {}
    code.locator("summary", has_text="A solution").press("Enter")
    assert code.locator("pre").inner_text() == exercise.solution.strip()
    assert progress(page)["lm-nucleus"]["solution seen"] is True
    assert seen.clean()


def test_what_to_listen_for_is_folded(window):
    page = window().open("11_language_models.html")
    questions = page.locator("#questions li")
    assert questions.count() == 2 and questions.first.locator("details").count() == 1
    said = questions.first.get_by_text("It cuts; ask where.")
    assert not said.is_visible() and questions.first.locator("em").first.is_visible()
    questions.first.locator("summary").press("Enter")
    assert said.is_visible() and said.inner_text() == "It cuts; ask where."
    assert page.get_by_text("For the discussion").inner_text() == "For the discussion"


def test_exercises_on_paper_are_open(window):
    page = window(672).open("11_language_models.html")
    guess = ask(page, "lm-sum", "predict")
    guess.get_by_label("stays at one").check()
    guess.get_by_role("button").click()
    page.emulate_media(media="print")
    for hidden in ("input[type=radio]", "button", "[role=status]"):
        assert not guess.locator(hidden).first.is_visible(), hidden
    boxes = guess.locator("label").evaluate_all(
        "all => all.map((e) => getComputedStyle(e, '::before').content)"
    )
    assert set(boxes) == {'"☐"'} and len(boxes) == 4
    assert page.get_by_text("So the sum is far beyond one.").is_visible()
    assert page.evaluate(TORN) == []


def test_exercises_without_a_script(chromium, built):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((built.folder / "11_language_models.html").as_uri())
    box = ask(page, "dist-shift")
    assert "the notebook always does" in box.inner_text()
    assert box.get_by_role("link").first.get_attribute("href") == "files/11_language_models.ipynb"
    page.locator("details.tl-await > summary").press("Enter")
    assert page.get_by_text("So the sum is far beyond one.").is_visible()
    context.close()


def test_progress_is_kept_counted_and_carried_over(whole, tmp_path):
    page = whole.open("31_progressive_networks.html")
    ticks = page.locator(".tl-tick-row button")
    assert ticks.count() == 3 and ticks.first.text_content() == "Mark as done"
    ticks.first.click()
    assert ticks.first.text_content() == "✓ Done"
    page.evaluate("document.getElementById('what-is-the-past-worth').scrollIntoView()")

    whole.open("index.html")
    panel = page.locator("section.tl-progress")
    assert "1 of " in panel.text_content()
    side = page.locator("nav.bd-links a[href='31_progressive_networks.html'] + .tl-count")
    assert side.first.text_content() == "1/4"
    link = panel.get_by_role("link", name=re.compile("Continue: Progressive networks"))
    assert link.get_attribute("href").startswith("./31_progressive_networks.html#")

    with page.expect_download() as written:
        panel.get_by_role("button", name="Export").click()
    kept = json.loads(Path(written.value.path()).read_text("utf-8"))
    assert kept == {"prog-lateral": {"tries": 0, "solution seen": False, "done": True}}

    page.on("dialog", lambda dialog: dialog.accept())
    panel.get_by_role("button", name="Forget").click()
    assert "0 of " in panel.text_content() and side.count() == 0
    entries = {f"prog-{id}": {"done": True} for id in ("lateral", "transfer", "same", "growth")}
    for content, said in (
        ("no JSON", "it is not JSON"),
        ('{"x": 1}', "no exercise of this course"),
        (json.dumps({"format": "tl-progress-1", "exercises": entries}), "4 exercises read"),
    ):
        file = tmp_path / "progress.json"
        file.write_text(content, "utf-8")
        panel.locator("input[type=file]").set_input_files(file)
        page.get_by_text(said).wait_for()
    assert side.first.text_content() == "✓" and "4 of " in panel.text_content()
    whole.open("map.html")
    assert page.locator(".tl-station .tl-count").all_text_contents() == ["✓"]
    assert whole.clean()
