"""Decks in a real browser, at the size of a projector, with the cable pulled."""

from __future__ import annotations

import copy
import re
import shutil
from pathlib import Path

import pytest
from browser import pages

from tl_helpers.press import kits, notebooks, slides

ROOT = Path(__file__).resolve().parents[2]
START = ROOT / "notebooks" / "00_start_here.ipynb"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (apt install chromium)"),
    pytest.mark.xdist_group("slides-browser"),  # one browser for all of them
]

# What is wrong with the slide on the screen: parts outside of it, and letters that are too small.
LOOK = """() => {
  const slide = Reveal.getCurrentSlide().querySelector('.tl-slide'), found = [];
  const name = (e) => e.tagName + ' ' + (e.className || '') + ' ' + e.textContent.slice(0, 30);
  if (slide.scrollHeight > slide.clientHeight || slide.scrollWidth > slide.clientWidth)
    found.push('scrolls');
  for (const e of slide.querySelectorAll('*')) {
    if (/^(SCRIPT|STYLE|OPTION|BR)$/.test(e.tagName)) continue;
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    if (box.left < -1 || box.top < -1 || box.right > 1281 || box.bottom > 721)
      found.push('outside: ' + name(e));
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const size = e.closest('svg') ? box.height / 1.2
      : parseFloat(getComputedStyle(e).fontSize) * e.currentCSSZoom;
    if (own && size < 17.9) found.push('small (' + size.toFixed(1) + ' px): ' + name(e));
    if (e.tagName === 'IMG' && !(e.complete && e.naturalWidth)) found.push('no picture: ' + e.alt);
    if (e.tagName === 'IMG' && box.width < 500) found.push('a small picture: ' + e.alt);
  }
  const back = document.querySelector('.tl-back').getBoundingClientRect();
  for (const part of slide.children)
    if (part.getBoundingClientRect().bottom > back.top) found.push('too low: ' + name(part));
  return found;
}"""


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser):
    """A page at 1280 x 720; afterwards, nothing may have gone wrong in it, or over the network."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(120_000)  # for a busy machine
    page, asked, said = context.new_page(), [], []
    context.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [u for u in asked if not re.match(r"file:|data:|about:", u)] == [] and said == []
    assert any(u.startswith("file:") for u in asked)


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """The deck of the start notebook, one with both of its explorers, and those of two sessions."""
    folder = tmp_path_factory.mktemp("decks")
    slides.write(kits.with_sessions(slides.choose([str(START), "pre-training"])), folder / "build")
    notebook = copy.deepcopy(notebooks.read(START))
    notebook.cells = [c for c in notebook.cells if "explorer" in c.metadata.get("tags", [])]
    assert len(notebook.cells) >= 2
    for cell in notebook.cells:
        cell.metadata["slideshow"] = {"slide_type": "slide"}
        cell.metadata["tl"] = {"slide": "## Turn it\n{{output}}\nNote: Bet first."}
    notebooks.write(notebook, folder / "explorers.ipynb")
    slides.write(slides.choose([str(folder / "explorers.ipynb")]), folder / "build")
    return folder / "build" / "slides"


def show(tab, path, query=""):
    tab.goto(path.as_uri() + query)
    tab.wait_for_selector("html[data-ready]")


SESSIONS = ("pre-training-1-session", "pre-training-2-session")


@pytest.mark.parametrize("name", ["00_start_here", "explorers", *SESSIONS])
def test_every_slide_can_be_read_from_the_last_row(tab, decks, name):
    show(tab, decks / f"{name}.html")
    wrong, seen = [], 0
    pictures = ROOT / "build" / "screenshots" / "slides"
    pictures.mkdir(parents=True, exist_ok=True)
    while True:
        seen += 1
        while tab.evaluate("Reveal.availableFragments().next"):
            tab.keyboard.press("Space")
        wrong += [f"slide {seen}: {line}" for line in tab.evaluate(LOOK)]
        tab.screenshot(path=str(pictures / f"{name}-{seen:02d}.png"))
        if tab.evaluate("Reveal.isLastSlide()"):
            break
        tab.keyboard.press("Space")
    assert wrong == []
    assert seen == tab.evaluate("Reveal.getTotalSlides()") >= 2


def test_what_does_not_fit_is_noticed(tab, decks):
    show(tab, decks / "00_start_here.html")
    assert tab.evaluate(LOOK) == []
    tab.evaluate("""() => Reveal.getCurrentSlide().querySelector('.tl-slide').insertAdjacentHTML(
        'beforeend', '<p style="min-width:1500px">wide</p><p style="font-size:12px">tiny</p>')""")
    remarks = " ".join(tab.evaluate(LOOK))
    assert "outside: P" in remarks and "small (12.0 px)" in remarks


def test_explorers_move_and_keep_their_keys(tab, decks):
    show(tab, decks / "explorers.html")
    for _ in range(tab.evaluate("Reveal.getTotalSlides()")):
        slide = tab.locator(".slides section.present")
        at = tab.evaluate("JSON.stringify(Reveal.getIndices())")
        for control in slide.locator("[data-control]").all():
            view = slide.locator("[data-view]").inner_html()
            control.focus()
            tab.keyboard.press("ArrowRight" if control.get_attribute("type") else "ArrowDown")
            assert slide.locator("[data-view]").inner_html() != view
        assert tab.evaluate("JSON.stringify(Reveal.getIndices())") == at
        tab.keyboard.press("Escape")
        assert tab.evaluate("document.activeElement === document.body && !Reveal.isOverview()")
        assert tab.evaluate(LOOK) == []  # the other frame fits as well
        tab.keyboard.press("ArrowRight")
    assert tab.evaluate("Reveal.isLastSlide()")


def test_speaker_view_from_disk(tab, decks):
    show(tab, decks / "explorers.html")
    with tab.context.expect_page() as opened:
        tab.keyboard.press("s")
    speaker = opened.value
    speaker.wait_for_selector("#connection-status", state="hidden")
    notes = speaker.locator(".speaker-controls-notes .value")
    notes.get_by_text("Bet first.").wait_for()
    frame = speaker.frame_locator("#current-slide iframe")
    frame.locator("section.present h2", has_text="Turn it").wait_for()
    tab.evaluate("Reveal.next()")
    frame.locator("section#s2.present").wait_for()
    speaker.keyboard.press("ArrowLeft")  # and the speaker's window turns the slides of the other
    tab.wait_for_function("Reveal.getIndices().h === 0")


def test_prints_one_slide_a_page(tab, decks):
    show(tab, decks / "explorers.html", "?print-pdf")
    tab.wait_for_selector(".pdf-page >> nth=1")
    assert pages(tab.pdf(prefer_css_page_size=True)) == 2
    show(tab, decks / "explorers.html", "?print-pdf&showNotes=separate-page")
    tab.wait_for_selector(".speaker-notes-pdf >> nth=1")
    assert pages(tab.pdf(prefer_css_page_size=True)) == 4


def test_the_way_back_leads_to_all_decks(tab, decks):
    show(tab, decks / "explorers.html")
    tab.locator(".tl-back").click()
    tab.locator("h1", has_text="Slides").wait_for()
    hrefs = tab.evaluate("[...document.links].map(a => a.href.split('?')[0])")
    assert hrefs and all(Path(h.removeprefix("file://")).exists() for h in hrefs)
