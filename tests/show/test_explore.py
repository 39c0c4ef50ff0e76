"""Explorers: live, static, on a keyboard, and when their function fails."""

from __future__ import annotations

import base64
import html.parser
import json
import os
import re

import numpy as np
import pandas as pd
import pytest

from tl_helpers.core import output
from tl_helpers.core.errors import BadValue, CourseError
from tl_helpers.measure import evaluate
from tl_helpers.show import explore, plots
from tl_helpers.show.explore.controls import control


def draw(slope, kind="a"):
    return plots.curves({kind: ([0, 1], [0, slope])}, ylabel="height")


@pytest.fixture
def shown(monkeypatch):
    emitted = []
    monkeypatch.setattr(output, "emit", lambda b, m=None: emitted.append((b, m)))
    return emitted


class _Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.script, self._in = [], "", False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in = tag == "script"

    def handle_endtag(self, tag):
        self._in = self._in and tag != "script"

    def handle_data(self, data):
        self.script += data if self._in else ""

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def data(self):
        return json.JSONDecoder().raw_decode(self.script, self.script.index("{", 14))[0]

    @property
    def fields(self):
        """What the script puts into the page."""
        return _Page(self.data["fields"])


def test_the_static_form_has_a_frame_for_every_setting(shown):
    explorer = explore.explore(draw, alt="A line", slope=[1, 2, 3], kind=["a", "b"], mode="static")
    bundle, metadata = shown[0]
    page = _Page(bundle["text/html"])
    assert len(page.data["order"]) == explorer.size == 6
    assert len(page.data["frames"]) == 6
    pictures = [base64.b64decode(f["src"].split(",")[1]) for f in page.data["frames"] if "src" in f]
    assert len(set(pictures)) == 5 and all(p.startswith(b"\x89PNG") for p in pictures)
    # Position in `order`: the last control turns fastest, as the script counts.
    assert page.data["frames"][page.data["order"][3]]["alt"] == "A line (slope 2, kind b)"
    assert metadata["image/png"]["alt"] == "A line (slope 1, kind a)"
    assert page.all("img")[0]["alt"] == "A line (slope 1, kind a)"
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")


def test_the_static_form_needs_no_network_and_every_control_has_a_label(shown):
    explore.explore(
        draw,
        alt="A line",
        title="Turn <it>",
        slope=range(1, 4),
        kind=["a", "</script>&"],
        mode="static",
    )
    text = shown[0][0]["text/html"]
    assert not re.search(r"https?://|@import|url\(", text)
    assert text.count("<script") == text.count("</script") == 1
    page = _Page(text)
    assert not any("src" in attrs for attrs in page.all("script"))
    labels = {attrs["for"] for attrs in page.fields.all("label")}
    fields = page.fields.all("input") + page.fields.all("select")
    assert {attrs["id"] for attrs in fields} == labels and len(labels) == 2
    slider = page.fields.all("input")[0]
    assert (slider["type"], slider["max"], slider["value"]) == ("range", "2", "0")
    assert "Turn &lt;it&gt;" in text


def test_ids_are_unique_even_for_the_same_explorer_twice(shown):
    for _ in range(2):
        explore.explore(draw, alt="A line", slope=[1, 2], mode="static")
    pages = [_Page(b["text/html"]) for b, _ in shown]
    ids = [attrs["id"] for p in pages for _, attrs in p.tags + p.fields.tags if "id" in attrs]
    assert len(ids) == len(set(ids)) == 4


def test_equal_frames_are_stored_once(shown):
    explore.explore(lambda n: draw(1), alt=lambda n: "A line", n=range(5), mode="static")
    page = _Page(shown[0][0]["text/html"])
    assert len(page.data["frames"]) == 1 and page.data["order"] == [0] * 5


def test_tables_can_be_explored_too(shown):
    def table(n):
        return pd.DataFrame({"count": range(n)})

    explorer = explore.explore(table, alt="Counts", n=[1, 2], mode="static")
    bundle, _ = shown[0]
    assert "image/png" not in bundle and "<table" in bundle["text/html"]
    data = _Page(bundle["text/html"]).data
    assert "<td>1</td>" in data["parts"][data["frames"][1]["parts"][0]]
    assert explore.drive(explorer) == 2


def test_without_scripts_the_default_stays_and_a_sentence_says_so(shown):
    explore.explore(draw, alt="A line", slope=[1, 2], kind=["a", "b"], mode="static")
    text = shown[0][0]["text/html"]
    page = _Page(text)
    assert not page.all("input") + page.all("select") + page.all("label")  # a dead slider is worse
    before = text[: text.index("<script")]
    assert "A still picture (slope 1, kind a)" in before and "slope: 1, 2; kind: a, b." in before
    assert len(page.all("img")) == 1


def test_parts_stand_below_one_another_and_are_stored_once(shown):
    same = plots.picture(draw(1), alt="the same line")

    def several(n):
        return [f"n is {n}", same, pd.DataFrame({"n": [n]})]

    explorer = explore.explore(several, alt=lambda n: f"n {n}", n=[1, 2, 3], mode="static")
    bundle, metadata = shown[0]
    page = _Page(bundle["text/html"])
    assert len(page.data["parts"]) == 7  # three texts, three tables, one picture
    assert [f["parts"][1] for f in page.data["frames"]] == [1, 1, 1]
    assert bundle["text/html"].count("data:image/png") == 2  # the default frame, and the script's
    # On a code host: the picture of the default, with its own alt text.
    assert metadata["image/png"]["alt"] == "the same line" and "image/png" in bundle
    assert "n is 1\n[Picture: the same line]" in bundle["text/plain"]
    assert explore.drive(explorer) == 3
    with pytest.raises(CourseError, match="returned None"):
        explore.explore(lambda n: ["x", None], alt="x", n=[1], mode="static")
    with pytest.raises(CourseError, match="returned None"):
        explore.explore(lambda n: [], alt="x", n=[1], mode="static")


def test_the_static_form_is_small(shown):
    """Lines with bands, as most explorers draw them."""
    rng = np.random.default_rng(0)
    counts = [8, 16, 32, 64, 128, 256]

    def learning(n):
        return plots.learning_curve(
            {
                k: evaluate.curve({c: rng.uniform(0.5, 0.9, 5) for c in counts})
                for k in ("pre-trained", "random weights", "word counts")
            },
            chance=0.5,
        )

    explore.explore(learning, alt="Curves", n=range(8), mode="static")
    assert len(shown[0][0]["text/html"]) < 8 * 25_000


def test_alt_text_may_follow_the_setting_and_must_be_there(shown):
    explore.explore(draw, alt=lambda slope: f"rises by {slope}", slope=[1, 2], mode="static")
    frames = _Page(shown[0][0]["text/html"]).data["frames"]
    assert [f["alt"] for f in frames] == ["rises by 1", "rises by 2"]
    with pytest.raises(BadValue, match="alt text"):
        explore.explore(draw, alt=" ", slope=[1, 2])
    with pytest.raises(CourseError, match="alt text"):
        explore.explore(draw, alt=lambda slope: "", slope=[1, 2], mode="static")


def test_too_many_settings_are_refused_with_the_way_out():
    with pytest.raises(BadValue, match="100 settings.*10 slope x 10 kind") as caught:
        explore.explore(draw, alt="A line", slope=range(10), kind=range(10))
    assert "fewer" in caught.value.do
    assert (
        len(
            list(
                explore.Explorer(draw, {"slope": control("slope", range(40))}, "x", limit=50).keys()
            )
        )
        == 40
    )


@pytest.mark.parametrize("bad", ["abc", 5, [], [1, 1], {}])
def test_controls_without_a_choice_are_refused(bad):
    with pytest.raises(BadValue, match="Control 'slope'"):
        explore.explore(draw, alt="A line", slope=bad)
    with pytest.raises(BadValue, match="without controls"):
        explore.explore(draw, alt="A line")
    with pytest.raises(BadValue, match="none of its values"):
        explore.Control([1, 2], default=3)
    with pytest.raises(BadValue, match="mode"):
        explore.explore(draw, alt="A line", slope=[1, 2], mode="both")


def test_what_becomes_a_slider():
    assert control("x", range(3)).is_slider and control("x", [0.5, 1.0]).is_slider
    for choice in (["a", "b"], [True, False], {"few": 8, "many": 64}, [1]):
        assert not control("x", choice).is_slider
    named = control("label_count", explore.Control({"few": 8, "many": 64}, default=64))
    assert named.label == "label count" and named.start == 1 and named.names == ("few", "many")


def breaks(slope):
    if slope == 2:
        raise ZeroDivisionError("no slope like this <here>")
    return draw(slope)


def test_a_failing_function_fails_the_static_form_and_names_the_setting():
    with pytest.raises(CourseError, match="slope 2: ZeroDivisionError: no slope") as caught:
        explore.explore(breaks, alt="A line", slope=[1, 2], mode="static")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(CourseError, match="returned None"):
        explore.explore(lambda n: None, alt="Nothing", n=[1], mode="static")


def test_live_widgets_are_labelled_and_turn(shown):
    explorer = explore.explore(
        draw, alt="A line", title="Turn it", slope=[1, 2, 3], kind=["a", "b"], mode="live"
    )
    bundle, metadata = shown[0]
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == explorer.widget.box.model_id
    # Without a kernel the reader sees the default picture, with its alt text.
    assert "image/png" in bundle and metadata["image/png"]["alt"].startswith("A line")
    slider, choice = explorer.widget.fields
    assert (slider.description, choice.description) == ("slope", "kind")
    assert type(slider).__name__ == "SelectionSlider" and type(choice).__name__ == "Dropdown"
    before = explorer.widget.view.value
    slider.value = 2
    assert explorer.widget.view.value != before and "slope 3, kind a" in explorer.widget.view.value
    # A screen reader hears what has changed, and is not read the whole at the start.
    assert 'role="status"' in explorer.widget.said.value
    assert "A line (slope 3, kind a)</div>" in explorer.widget.said.value
    assert explore.drive(explorer) == 6


def test_a_screen_reader_is_left_alone_until_something_changes(shown):
    explorer = explore.explore(draw, alt="A line", slope=[1, 2], mode="live")
    assert explorer.widget.said.value == ""


def test_a_live_failure_is_shown_to_the_learner_and_found_by_drive(shown):
    explorer = explore.explore(breaks, alt="A line", slope=[1, 2, 3], mode="live")
    slider = explorer.widget.fields[0]
    slider.value = 1
    message = explorer.widget.view.value
    assert 'role="alert"' in message and "ZeroDivisionError" in message
    assert "no slope like this &lt;here&gt;" in message and "slope 2" in message
    slider.value = 2  # and it goes on
    assert "<img" in explorer.widget.view.value
    with pytest.raises(CourseError, match="slope 2"):
        explore.drive(explorer)


def test_drive_turns_every_control_of_a_large_explorer():
    seen = set()

    def note(a, b):
        seen.add((a, b))
        return f"{a} {b}"

    controls = {"a": control("a", range(20)), "b": control("b", range(20))}
    explorer = explore.Explorer(note, controls, "x", limit=1000)
    assert explore.drive(explorer, limit=50) == 39
    assert {a for a, _ in seen} == {b for _, b in seen} == set(range(20))


def test_a_runner_gets_the_static_form_and_a_reader_the_widget(shown, monkeypatch):
    class Shell:
        kernel, execution_count = object(), 1

    monkeypatch.setattr(output, "shell", Shell)
    view = "application/vnd.jupyter.widget-view+json"
    explore.explore(draw, alt="A line", slope=[1, 2])
    monkeypatch.delenv("TL_QUIET", raising=False)
    explore.explore(draw, alt="A line", slope=[1, 2])
    monkeypatch.setenv("TL_STATIC", "1")
    explore.explore(draw, alt="A line", slope=[1, 2])
    assert [view in b for b, _ in shown] == [False, True, False]
    assert ["<script" in b["text/html"] for b, _ in shown] == [True, False, True]


def test_a_frame_is_drawn_once():
    calls = []

    def count(n):
        calls.append(n)
        return str(n)

    explorer = explore.Explorer(count, {"n": control("n", [1, 2])}, "x")
    for _ in range(3):
        explorer.draw((0,))
    assert calls == [1]


def test_a_program_that_executes_a_notebook_gets_the_still_picture(tmp_path, monkeypatch):
    """As ``jupyter nbconvert --execute`` does it, without any variable; ``TL_STATIC=0`` asks."""
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell, new_notebook

    for variable in ("TL_QUIET", "TL_STATIC"):
        monkeypatch.delenv(variable, raising=False)
    cell = """
import matplotlib.pyplot as plt
from tl_helpers.show.explore import explore
def line(a):
    figure, axes = plt.subplots(figsize=(1, 1))
    axes.plot([0, a])
    return figure
explore(line, alt="a line", a=[1, 2])"""
    for said, kind in ((None, "image/png"), ("0", "application/vnd.jupyter.widget-view+json")):
        env = dict(os.environ) | ({"TL_STATIC": said} if said else {})
        notebook = new_notebook(cells=[new_code_cell(cell)])
        NotebookClient(notebook, kernel_name="python3", timeout=300).execute(
            cwd=str(tmp_path), env=env
        )
        data = [o.data for o in notebook.cells[0].outputs if "data" in o]
        assert any(kind in one for one in data)
        assert said or not any("widget-view" in name for one in data for name in one)
