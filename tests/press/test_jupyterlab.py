"""The start notebook in a real JupyterLab, worked through in a real browser, offline."""

from __future__ import annotations

import functools
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import browser
import lab
import nbformat
import pytest

from tl_helpers import exercises

pytestmark = pytest.mark.slow

NAME = "00_start_here"
SOURCE = nbformat.read(str(lab.ROOT / "notebooks" / f"{NAME}.ipynb"), as_version=4)
CHECK = re.compile(r'^lesson\.check\("([^"]+)", *(\w+)[^)\n]*\)', re.M)
EXERCISES = {
    found[1]: (place, found[0])
    for place, cell in enumerate(SOURCE.cells)
    if cell.cell_type == "code" and (found := CHECK.search(cell.source))
}
TAGS = [cell.metadata.get("tags", []) for cell in SOURCE.cells]
EXPLORERS = [place for place, tags in enumerate(TAGS) if "explorer" in tags]
CONTROLS = "[role=slider], select, input"
RUN_SECONDS = 240  # generous: three times as long as on a busy machine with two cores

# Contrast of every text in an element against what lies behind it, as WCAG 2 computes it.
CONTRAST = """root => {
  const parse = c => { const n = c.match(/[\\d.]+/g).map(Number);
    return n.length < 4 ? [...n, 1] : n; };
  const over = (top, below) => top.slice(0, 3).map((v, i) => v * top[3] + below[i] * (1 - top[3]));
  const ground = e => { const layers = [];
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      layers.unshift(c); if (c[3] === 1) break; }
    return layers.reduce((below, top) => over(top, below), [255, 255, 255]); };
  const light = c => c.slice(0, 3).map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const found = [];
  for (const e of [root, ...root.querySelectorAll('*')]) {
    const text = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()).join(' ');
    if (!text.trim() || e.closest('script, style')) continue;
    const below = ground(e), style = getComputedStyle(e);
    const ink = over(parse(e.closest('svg') ? style.fill : style.color), below);
    const [a, b] = [light(ink), light(below)].sort((x, y) => y - x);
    found.push([(a + .05) / (b + .05), text.trim()]); }
  return found; }"""


@dataclass
class Notebook:
    """The open notebook, as a learner handles it.

    Attributes:
        page: the window.
        traffic: what it asked for.
        path: of the copy that is open.
        folded: places of the cells that were out of sight when it was opened.
    """

    page: Any
    traffic: browser.Traffic
    path: Path
    folded: list[int] = field(default_factory=list)

    def cell(self, place: int) -> Any:
        """The cell at this place of the notebook."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(place)

    def output(self, place: int) -> Any:
        """What stands under a cell."""
        return self.cell(place).locator(".jp-OutputArea").first

    def model(self) -> Any:
        """The notebook as JupyterLab holds it."""
        return nbformat.from_dict(
            self.page.evaluate("jupyterapp.shell.currentWidget.content.model.toJSON()")
        )

    def menu(self, *names: str) -> None:
        """Choose from the menu bar."""
        for name in names:
            self.page.get_by_role("menuitem", name=name, exact=True).last.click()

    def wait(self, condition: str, seconds: float = 30, **given: Any) -> None:
        """Wait until an expression of the open notebook's panel ``p`` is true."""
        self.page.wait_for_function(
            "given => { const p = jupyterapp.shell.currentWidget; return " + condition + "; }",
            arg=given,
            timeout=seconds * 1000,
            polling=100,
        )

    def errors(self) -> list[str]:
        """Errors in the outputs."""
        return [
            f"cell {place}: {output.ename}: {output.evalue}"
            for place, cell in enumerate(self.model().cells)
            for output in cell.get("outputs", [])
            if output.output_type == "error"
        ]

    def run_all(self) -> None:
        """Run All Cells, and wait for the last one."""
        self.menu("Edit", "Clear Outputs of All Cells")
        self.wait("[...p.content.model.cells].every(c => !c.executionCount)")
        self.menu("Run", "Run All Cells")
        self.wait(
            "[...p.content.model.cells].some(c => c.type === 'code' && "
            "c.outputs.toJSON().some(o => o.output_type === 'error')) || "
            "[...p.content.model.cells].every(c => c.type !== 'code' || c.executionCount)",
            RUN_SECONDS,
        )
        self.wait("p.sessionContext.session.kernel.status === 'idle'", RUN_SECONDS)

    def run(self, place: int, source: str) -> Any:
        """Write ``source`` into a cell, run it, and return its output."""
        cell = self.cell(place)
        cell.scroll_into_view_if_needed()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)
        before = self.page.evaluate(
            "place => jupyterapp.shell.currentWidget.content.model.cells.get(place).executionCount",
            place,
        )
        self.page.keyboard.press("Control+Enter")
        self.wait(
            "(c => c.executionCount && c.executionCount !== given.before)"
            "(p.content.model.cells.get(given.place)) && "
            "p.sessionContext.session.kernel.status === 'idle'",
            60,
            place=place,
            before=before,
        )
        return self.output(place)

    def scratch(self, source: str) -> Any:
        """Run ``source`` in a cell of one's own at the end of the notebook."""
        if not hasattr(self, "_last"):
            self.cell(len(SOURCE.cells) - 1).click()
            self.page.keyboard.press("Escape")
            self.page.keyboard.press("b")
            self._last = len(SOURCE.cells)
            self.cell(self._last).wait_for()
        return self.run(self._last, source)


def _open(page: Any, address: str, tries: int = 5) -> None:
    """Go there; on a busy machine the first connections to a new server may be reset."""
    from playwright.sync_api import Error

    for attempt in range(tries):
        try:
            page.goto(address, timeout=60_000)  # JupyterLab is large, and a busy machine slow
            return
        except Error as error:
            if "ERR_CONNECTION_RESET" not in str(error) or attempt == tries - 1:
                raise
            time.sleep(3)


@pytest.fixture(scope="module")
def notebook(chromium, tmp_path_factory):
    """The start notebook at the profile ``quick``, after Run All."""
    with lab.serve(tmp_path_factory.mktemp("lab")) as server:
        path = server.folder / "notebooks" / f"{NAME}.ipynb"
        text = path.read_text("utf-8")
        quick = text.replace(r"PROFILE = \"course\"", r"PROFILE = \"quick\"", 1)
        assert quick != text, "the parameters cell looks otherwise than this test believes"
        path.write_text(quick, "utf-8")
        with browser.visit(chromium) as (page, traffic):
            _open(page, server.url(f"notebooks/{NAME}.ipynb"))
            page.wait_for_function("window.jupyterapp?.shell.currentWidget", timeout=60_000)
            opened = Notebook(page, traffic, path)
            opened.wait(
                "p.content?.model?.cells.length === given.cells && p.sessionContext.isReady && "
                "p.sessionContext.session.kernel?.status === 'idle'",
                60,
                cells=len(SOURCE.cells),
            )
            page.locator("#jupyterlab-splash").wait_for(state="detached")
            browser.shoot(page, "jupyterlab", "opened")
            places = range(len(SOURCE.cells))
            opened.folded = [n for n in places if not opened.cell(n).is_visible()]
            page.evaluate("jupyterapp.commands.execute('notebook:expand-all-headings')")
            opened.run_all()
            yield opened


@pytest.fixture(autouse=True)
def _nothing_goes_wrong_beside(notebook):
    yield
    assert notebook.traffic.verdict() == ""


@pytest.fixture
def picture(notebook) -> Callable[..., Path]:
    """``picture(name, place)`` keeps a screenshot of a cell, however tall it is."""

    def take(name: str, place: int | None = None) -> Path:
        page = notebook.page
        if place is None:
            return browser.shoot(page, "jupyterlab", name)
        cell = notebook.cell(place)
        page.set_viewport_size({"width": 1280, "height": 2000})
        try:
            cell.scroll_into_view_if_needed()
            return browser.shoot(cell, "jupyterlab", name)
        finally:
            page.set_viewport_size({"width": 1280, "height": 900})

    return take


def test_run_all_reaches_the_end_without_an_error(notebook, picture):
    assert notebook.errors() == []
    cells = notebook.model().cells
    assert [cell.source for cell in cells][2:] == [cell.source for cell in SOURCE.cells][2:]
    assert all(cell.execution_count for cell in cells if cell.cell_type == "code")
    find, start = (TAGS.index([tag]) for tag in ("bootstrap", "start"))
    assert "profile quick" in notebook.output(start).inner_text()
    assert notebook.cell(start).locator(".cm-content").inner_text().startswith("import tl_helpers")
    assert notebook.cell(find).locator(".jp-InputPlaceholder").is_visible()  # folded away
    assert notebook.cell(find).locator(".cm-content").count() == 0
    page = notebook.page
    assert page.locator(".jp-Dialog").count() == 0
    assert page.get_by_text("Invalid Notebook").count() == 0
    notebook.cell(0).scroll_into_view_if_needed()
    picture("top")


def test_what_goes_deeper_is_folded_under_its_heading(notebook):
    deeper = [n for n, tags in enumerate(TAGS) if "deeper" in tags]
    markdown = [n for n in deeper if SOURCE.cells[n].cell_type == "markdown"]
    headings = [n for n in markdown if SOURCE.cells[n].source.startswith("#")]
    assert headings and notebook.folded == [n for n in deeper if n not in headings]


def test_pictures_have_alt_text_and_fit(notebook):
    pictures = notebook.page.locator(".jp-OutputArea-output img")
    assert pictures.count() >= 5
    for image in pictures.all():
        image.scroll_into_view_if_needed()
        assert image.evaluate("i => i.complete && i.naturalWidth > 0")
        assert len(image.get_attribute("alt") or "") > 20
    # Nothing is wider than the notebook: no output has to be scrolled sideways.
    wide = notebook.page.evaluate(
        "[...document.querySelectorAll('.jp-OutputArea-output')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText.slice(0, 80))"
    )
    assert wide == []


def test_the_explorers_are_live(notebook):
    assert len(EXPLORERS) >= 2
    for place in EXPLORERS:
        output = notebook.output(place)
        assert output.locator(".jupyter-widgets").first.is_visible()
        assert output.locator(CONTROLS).count() >= 1
    for words in ("Error displaying widget", "Loading widget", "widget could not be"):
        assert notebook.page.get_by_text(words).count() == 0


def view(output: Any) -> str:
    """What an explorer shows: pictures and words, without its controls."""
    return output.evaluate(
        "e => [...e.querySelectorAll('.widget-html-content')].map(v => v.innerHTML).join()"
    )


def changes(notebook: Notebook, output: Any, act: Callable[[], Any], what: str) -> None:
    """Do something, and see the picture change; no message of an error in its place."""
    before = view(output)
    act()
    notebook.page.wait_for_function(
        "([e, before]) => [...e.querySelectorAll('.widget-html-content')]"
        ".map(v => v.innerHTML).join() !== before",
        arg=[output.element_handle(), before],
    )
    assert output.locator("[role=alert]").count() == 0, f"{what}: {output.inner_text()}"


def press_all(page: Any, keys: tuple[str, ...]) -> None:
    """Press keys, one after the other."""
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.parametrize("place", EXPLORERS)
def test_every_control_changes_the_picture(notebook, picture, place):
    output = notebook.output(place)
    output.scroll_into_view_if_needed()
    picture(f"explorer-{place}-before", place)
    for number, control in enumerate(output.locator(CONTROLS).all()):
        if control.evaluate("e => e.tagName") == "SELECT":
            last = control.locator("option").count() - 1
            at = control.evaluate("e => e.selectedIndex")
            # Opened first: on a closed list JupyterLab takes the arrows for its own.
            forward, back = ("Space", "ArrowDown", "Enter"), ("Space", "ArrowUp", "Enter")

            def mouse(to: int, control: Any = control) -> None:
                control.select_option(index=to)  # the list itself is drawn outside the page
        else:
            last = round(float(control.get_attribute("aria-valuemax")))
            at = round(float(control.get_attribute("aria-valuenow")))
            forward, back = ("ArrowRight",), ("ArrowLeft",)

            def mouse(to: int, control: Any = control, last: int = last) -> None:
                control.scroll_into_view_if_needed()
                track = control.locator("xpath=ancestor::*[contains(@class,'noUi-base')]")
                handle, whole = control.bounding_box(), track.bounding_box()
                y = handle["y"] + handle["height"] / 2
                notebook.page.mouse.move(handle["x"] + handle["width"] / 2, y)
                notebook.page.mouse.down()
                notebook.page.mouse.move(whole["x"] + whole["width"] * to / last, y, steps=5)
                notebook.page.mouse.up()

        assert last >= 1
        # Tab reaches it, and the keys turn it through its whole range.
        assert control.evaluate("e => e.tabIndex") >= 0
        control.focus()
        steps = [*[back] * at, *[forward] * last, *[back] * (last - at)]
        for keys in steps:
            act = functools.partial(press_all, notebook.page, keys)
            changes(notebook, output, act, f"control {number}, {keys}")
        start = view(output)
        other = last if at != last else 0
        act = functools.partial(mouse, other)
        changes(notebook, output, act, f"control {number}, mouse")
        picture(f"explorer-{place}-control-{number}", place)
        act = functools.partial(mouse, at)
        changes(notebook, output, act, f"control {number}, mouse back")
        # The same setting shows the same again, however it was reached.
        assert view(output) == start


def feedback(output: Any) -> str:
    """The card under an exercise."""
    card = output.locator("[role=status]")
    assert card.count() == 1
    return " ".join(card.inner_text().split())


def plain(message: str) -> str:
    """A message without the signs of its mark-up."""
    return " ".join(re.sub(r"[`*]", "", message).split())


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        (
            "start-one-draw",
            "from scipy import stats\n"
            "import numpy as np\n"
            "def one_draw(gains):\n"
            "    return stats.t.interval(0.95, len(gains) - 1, np.mean(gains), stats.sem(gains))\n",
        ),
        ("start-predict", 'prediction = "grows"\n'),
    ],
)
def test_a_wrong_answer_meets_its_misconception(notebook, picture, id, answer):
    place, call = EXERCISES[id]
    exercise = exercises.find(id)
    here: dict[str, Any] = {}
    exec(answer, here)
    name = CHECK.match(call)[2]
    status, message = exercise.judge(here[name], {})
    assert status == "wrong" and message in [mistake.says for mistake in exercise.mistakes]
    said = feedback(notebook.run(place, f"{answer}\n{call}"))
    assert said.startswith(f"✗ Exercise {exercise.number}. Not yet")
    assert plain(message) in plain(said)
    picture(f"{id}-wrong", place)


def test_hints_come_one_at_a_time(notebook, picture):
    hints = exercises.find("start-one-draw").hints
    assert len(hints) >= 2
    for number, hint in enumerate(hints):
        said = plain(feedback(notebook.scratch('lesson.hint("start-one-draw")')))
        assert plain(hint) in said
        assert all(plain(other) not in said for other in hints if other != hint)
        if number == 0:
            picture("hint", len(SOURCE.cells))


def done(notebook: Notebook) -> int:
    """How many exercises the notebook says are done."""
    said = notebook.scratch("lesson.progress()").inner_text()
    return int(re.search(r"(\d+) of \d+ exercises done", said)[1])


@pytest.mark.parametrize("id", EXERCISES)
def test_solving_an_exercise(notebook, picture, id):
    place, call = EXERCISES[id]
    before = done(notebook)
    exercise = exercises.find(id)
    said = feedback(notebook.run(place, f"{exercise.solution}\n\n{call}"))
    assert said.startswith(f"✓ Exercise {exercise.number}. Right")
    picture(f"{id}-right", place)
    assert done(notebook) == before + 1
    picture("progress", len(SOURCE.cells))


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_cards_can_be_read_in_both_themes(notebook, picture, theme):
    """Contrast of at least 4.5 to 1, as WCAG asks for text."""
    page = notebook.page
    page.evaluate(
        "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})",
        f"JupyterLab {theme}",
    )
    light = "true" if theme == "Light" else "false"
    page.locator(f"body[data-jp-theme-light={light}]").wait_for(state="attached")
    cards = page.locator(".jp-OutputArea").locator("[role=group][aria-label^=Claim], [role=status]")
    assert cards.count() >= 5
    poor = [
        (round(ratio, 2), text)
        for card in cards.all()
        for ratio, text in card.evaluate(CONTRAST)
        if ratio < 4.5
    ]
    for place, cell in enumerate(SOURCE.cells):
        if {"claim", "exercise", "explorer"} & set(cell.metadata.get("tags", [])):
            picture(f"{theme.lower()}-{place}", place)
    picture(f"{theme.lower()}-progress", len(SOURCE.cells))
    assert poor == []


def test_saved_it_is_a_valid_notebook_without_widget_state(notebook):
    page = notebook.page
    notebook.cell(0).click()
    page.keyboard.press("Escape")
    page.keyboard.press("ControlOrMeta+s")
    notebook.wait("!p.context.model.dirty")
    saved = nbformat.read(str(notebook.path), as_version=4)
    nbformat.validate(saved)
    assert not saved.metadata.get("widgets")
    live = "application/vnd.jupyter.widget-view+json"
    for place in EXPLORERS:
        data = next(o.data for o in saved.cells[place].outputs if live in o.get("data", {}))
        assert data.get("text/plain")  # for readers without a kernel
        assert "image/png" in data or "text/html" in data
    assert len(json.dumps(saved)) < 4e6


def test_nothing_left_this_machine(notebook):
    hosts = {url.split("/")[2] for url in notebook.traffic.requests if "://" in url}
    assert len(hosts) == 1 and hosts.pop().startswith("127.0.0.1:")
    assert any(url.startswith("ws://") for url in notebook.traffic.requests)
