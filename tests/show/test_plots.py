"""Pictures: small, described, complete, and nothing on top of anything else."""

from __future__ import annotations

import base64
import io
import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text
from PIL import Image

from tl_helpers.core import output
from tl_helpers.core.errors import BadValue, UnknownName
from tl_helpers.measure.evaluate import Interval, interval
from tl_helpers.show import plots
from tl_helpers.show.plots.lines import _spread
from tl_helpers.show.plots.tree import nested

CURVE = {
    n: Interval(0.5 + 0.05 * i, 0.47 + 0.05 * i, 0.54 + 0.05 * i, 5)
    for i, n in enumerate((8, 16, 32, 64))
}
FLAT = {n: Interval(0.655, 0.64, 0.67, 5) for n in (8, 64)}
TREE = {
    "transfer": {
        "same task": {"another domain": ["33"], "another language": ["36"]},
        "another task": {"together": ["multi-task learning"], "in turn": ["10", "11", "30"]},
    }
}
RUNS = pd.DataFrame(
    {
        "seed": seed,
        "start": start,
        "labels": labels,
        "accuracy": 0.5 + 0.05 * i * (start != "random weights") + 0.01 * seed,
    }
    for seed in range(5)
    for start in ("word counts", "pre-trained", "random weights")
    for i, labels in enumerate((8, 16, 32, 64))
)
LAST = RUNS[RUNS.labels == 64]
TWO = RUNS[RUNS.labels.isin([8, 64])]


def _figures():
    rng = np.random.default_rng(0)
    return {
        "learning_curve": plots.learning_curve(
            {"pre-trained": CURVE, "frozen": FLAT}, chance=0.5, ceiling=0.9, title="More labels"
        ),
        "curves": plots.curves(
            {"a": ([0, 1, 2], [3, 2, 1]), "b": ([0, 1, 2], [3, 2, 1.01])},
            reference={"entropy": 0.9},
        ),
        "bars": plots.bars({"one": FLAT[8], "two": -0.2, "a longer name": 0.6}, chance=0.5),
        "tree": plots.tree(TREE, title="Ways to transfer"),
        "heatmap": plots.heatmap(
            rng.normal(size=(3, 4)),
            rows=list("abc"),
            columns=["classification", "pairs", "tags", "words"],
            signed=True,
            unit="gain",
        ),
        "curve": plots.curve(RUNS, x="labels", y="accuracy", colour="start", chance=0.5),
        "curve of dots": plots.curve(RUNS, "labels", "accuracy", "start", dots=True, title="More"),
        "bars of runs": plots.bars(LAST, x="start", y="accuracy", dots=True, chance=0.5),
        "bars in colours": plots.bars(TWO, x="labels", y="accuracy", colour="start"),
        "dots": plots.dots(LAST, x="start", y="accuracy", reference={"chance": 0.5}),
        "heatmap of runs": plots.heatmap(RUNS, x="labels", y="start", colour="accuracy"),
    }


@pytest.fixture(scope="module")
def figures():
    return _figures()


def _texts(figure):
    """The texts that are drawn: ticks beyond the axes' limits exist, but are not."""
    hidden = set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks() + axis.get_minor_ticks():
            if not low <= tick.get_loc() <= high or not axis.axes.axison:
                hidden |= {tick.label1, tick.label2}
    return [
        t
        for t in figure.findobj(Text)
        if t.get_text().strip() and t.get_visible() and t not in hidden
    ]


@pytest.mark.parametrize("name", list(_figures()))
def test_pictures_are_small_and_nothing_is_cut_off(name, figures):
    figure = figures[name]
    data = plots.png(figure)
    assert len(data) <= 60_000
    image = Image.open(io.BytesIO(data)).convert("L")
    assert image.width > 400
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (border > 235).all(), "something touches the edge"


@pytest.mark.parametrize("name", list(_figures()))
def test_texts_can_be_read_and_do_not_overlap(name, figures):
    figure = figures[name]
    figure.draw_without_rendering()
    boxes = []
    for text in _texts(figure):
        assert text.get_fontsize() >= 11
        if text.get_rotation() % 90 == 0:
            boxes.append((text.get_text(), text.get_window_extent()))
    width, height = figure.canvas.get_width_height()
    for words, box in boxes:
        assert box.x0 > -1 and box.y0 > -1 and box.x1 < width + 1 and box.y1 < height + 1, words
    for (one, a), (two, b) in itertools.combinations(boxes, 2):
        x = min(a.x1, b.x1) - max(a.x0, b.x0)
        y = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert x <= 1 or y <= 4, f"{one!r} lies over {two!r}"


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=8),
    st.floats(0.01, 0.3),
)
def test_labels_are_spread_without_leaving_the_axes(wanted, gap):
    places = _spread(wanted, gap, 0.0, 1.0)
    assert len(places) == len(wanted)
    room = min(gap, 1 / max(1, len(wanted) - 1))
    order = sorted(places)
    assert all(b - a >= room - 1e-9 for a, b in itertools.pairwise(order))
    assert order[0] >= -1e-9 and order[-1] <= 1 + 1e-9
    ranks = np.argsort(wanted, kind="stable")
    assert all(places[a] <= places[b] + 1e-12 for a, b in itertools.pairwise(ranks))


def test_labels_with_room_stay_where_they_belong():
    assert _spread([0.1, 0.9, 0.5], 0.1, 0, 1) == pytest.approx([0.1, 0.9, 0.5])


def test_learning_curve_shows_counts_chance_and_names(figures):
    axes = figures["learning_curve"].axes[0]
    assert axes.get_xscale() == "log"
    assert [t.get_text() for t in axes.get_xticklabels()] == ["8", "16", "32", "64"]
    words = {t.get_text() for t in _texts(figures["learning_curve"])}
    assert {"pre-trained", "frozen", "chance", "ceiling", "accuracy"} <= words
    styles = {
        (line.get_linestyle(), line.get_marker(), line.get_color())
        for line in axes.lines
        if len(line.get_xdata()) > 1 and line.get_label() != "_"
    }
    assert len({colour for *_, colour in styles}) >= 3


def test_lines_differ_in_more_than_colour():
    assert len(set(plots.COLOURS)) == len(set(plots.MARKERS)) == len(set(plots.LINES)) == 8


@pytest.mark.parametrize("reference", [None, {"chance": 0.5}])
def test_a_long_title_stays_inside_the_figure(reference):
    long = "On docstrings a large network needs a quarter fewer bits than trigrams of subwords"
    figure = plots.bars({"one": 0.2, "two": 0.7}, title=long, reference=reference)
    plots.picture(figure, alt="two bars")
    (title,) = (text for text in _texts(figure) if text.get_text() == long)
    assert title.get_window_extent().x1 <= figure.bbox.x1 and title.get_fontsize() > 9


def test_tree_is_computed_from_dicts_and_tables():
    table = pd.DataFrame(
        [("transfer", "same task", "33"), ("transfer", "same task", "36"), ("transfer", "x", None)]
    )
    assert nested(table) == {"transfer": {"same task": {"33": {}, "36": {}}, "x": {}}}
    words = [t.get_text() for t in _texts(plots.tree(table))]
    assert sorted(words) == ["33", "36", "same task", "transfer", "x"]
    with pytest.raises(BadValue, match="2 roots: a, b"):
        plots.tree({"a": {}, "b": {}})
    assert len(_texts(plots.tree({"a": {}, "b": {}}, root="all"))) == 3


def test_heatmap_prints_every_finite_cell_legibly():
    figure = plots.heatmap(pd.DataFrame({"x": [0.1, np.nan], "y": [0.5, 0.9]}, index=["p", "q"]))
    cells = {t.get_text(): t.get_color() for t in figure.axes[0].texts}
    assert set(cells) == {"0.10", "0.50", "0.90"}
    assert cells["0.10"] == "white" and cells["0.90"] == "black"


def test_single_runs_are_drawn_instead_of_a_band():
    runs = [{8: 0.5, 16: 0.9}, {8: 0.5, 16: 0.5}]
    axes = plots.learning_curve({"a": FLAT, "b": FLAT}, single={"a": runs}).axes[0]
    drawn = [line.get_ydata().tolist() for line in axes.lines]
    assert [0.5, 0.9] in drawn and [0.5, 0.5] in drawn
    bands = [c.get_paths()[0].vertices[:, 1] for c in axes.collections if c.get_paths()]
    flat = [np.ptp(band) == 0 for band in bands if len(band) > 4]
    assert flat == [True, False]


def test_a_log_axis_for_seconds_is_labelled_in_seconds():
    axes = plots.curves({"a": ([0.1, 1, 10], [1, 2, 3])}, log=True).axes[0]
    assert axes.get_xscale() == "log"
    assert axes.xaxis.get_major_formatter()(0.1, 0) == "0.1"


def test_several_seeds_are_drawn_as_a_mean_and_its_interval():
    runs = np.array([[1.0, 2.0, 3.0], [2.0, 3.0, 5.0], [3.0, 5.0, 9.0]])
    axes = plots.curves({"a": ([0, 1, 2], runs)}).axes[0]
    assert axes.lines[0].get_ydata().tolist() == runs.mean(axis=0).tolist()
    band = axes.collections[0].get_paths()[0].vertices
    last = band[band[:, 0] == 2][:, 1]
    assert (last.min(), last.max()) == pytest.approx(interval(runs[:, 2]).ci)


def test_rows_of_a_heat_map_can_have_colours_of_their_own():
    image = plots.heatmap([[0.5, 0.9], [0.1, 0.2]], by_row=True).axes[0].images[0]
    assert image.get_array().tolist() == [[0.0, 1.0], [0.0, 1.0]]


def test_what_cannot_be_drawn_is_refused():
    for draw in (
        lambda: plots.learning_curve({}),
        lambda: plots.learning_curve({"a": {}}),
        lambda: plots.learning_curve({"a": {0: FLAT[8]}}),
        lambda: plots.curves({}),
        lambda: plots.curves({"a": ([1, 2], [1])}),
        lambda: plots.curves({"a": ([1, 2], [[1], [2]])}),
        lambda: plots.curves({"a": ([1, 2], [[1, 2]])}),
        lambda: plots.curves({"a": ([0, 1], [1, 2])}, log=True),
        lambda: plots.learning_curve({"a": FLAT}, single={"b": [{8: 0.5}]}),
        lambda: plots.bars({}),
        lambda: plots.tree({}),
        lambda: plots.tree(pd.DataFrame()),
        lambda: plots.heatmap([1, 2]),
        lambda: plots.heatmap([[1, 2]], rows=["a", "b"]),
        lambda: plots.curve(RUNS[:0], x="labels", y="accuracy"),
        lambda: plots.curve(RUNS, x="start", y="accuracy", colour="labels"),
        lambda: plots.bars(LAST, y="accuracy"),
        lambda: plots.dots(RUNS[:0], x="start", y="accuracy"),
    ):
        with pytest.raises(BadValue):
            draw()


def test_show_gives_html_and_png_with_alt_text(monkeypatch, figures):
    shown = {}
    monkeypatch.setattr(
        output, "emit", lambda bundle, metadata: shown.update(bundle=bundle, metadata=metadata)
    )
    plots.show(figures["bars"], alt='Fine-tuning "wins"\n by far.')
    alt = 'Fine-tuning "wins" by far.'
    image = ET.fromstring(shown["bundle"]["text/html"][:-1] + "/>")
    assert image.get("alt") == alt and image.get("src").startswith("data:image/png;base64,")
    assert base64.b64decode(shown["bundle"]["image/png"]).startswith(b"\x89PNG")
    assert shown["metadata"]["image/png"]["alt"] == alt
    assert alt in shown["bundle"]["text/plain"]


@pytest.mark.parametrize("alt", ["", "  \n", None])
def test_a_picture_without_alt_text_is_refused(alt, figures):
    from matplotlib.figure import Figure

    with pytest.raises(BadValue, match="alt text"):
        plots.show(Figure() if alt is None else figures["bars"], alt=alt)


@pytest.mark.parametrize("name", [name for name in _figures() if name != "tree"])
def test_pictures_say_their_numbers_by_themselves(name, figures, monkeypatch):
    shown = {}
    monkeypatch.setattr(output, "emit", lambda bundle, metadata: shown.update(metadata))
    plots.show(figures[name])
    assert len(shown["image/png"]["alt"]) > 30


def test_alt_text_says_what_is_drawn(figures):
    assert figures["curve"].tl_alt == (
        "accuracy over labels: word counts 0.52 at 8, 0.57 at 16, 0.62 at 32, 0.67 at 64; "
        "pre-trained 0.52 at 8, 0.57 at 16, 0.62 at 32, 0.67 at 64; "
        "random weights 0.52 at 8, 0.52 at 16, 0.52 at 32, 0.52 at 64; chance 0.5."
    )
    assert figures["dots"].tl_alt == (
        "accuracy: word counts 0.67; pre-trained 0.67; random weights 0.52; chance 0.5."
    )
    assert figures["bars"].tl_alt.startswith("accuracy: one 0.66; two −0.20")
    assert "a: classification +" in figures["heatmap"].tl_alt
    long = plots.curves({"loss": (range(100), [5 - x / 20 for x in range(99)] + [9])}, title="Oh")
    assert long.tl_alt == "Oh. loss over step: loss 5 at 0, 0.1 at 98, 9 at 99."


# --- tables of runs ------------------------------------------------------------------------------
def test_a_curve_is_the_mean_over_seeds_with_its_interval(figures):
    axes = figures["curve"].axes[0]
    by_hand = interval(0.6 + 0.01 * np.arange(5))
    line = next(
        x for x in axes.lines if x.get_color() == plots.looks(["pre-trained"])["pre-trained"][0]
    )
    assert line.get_xdata().tolist() == [8, 16, 32, 64]
    assert line.get_ydata()[2] == pytest.approx(by_hand.mean)
    bands = [c.get_paths()[0].vertices for c in axes.collections if c.get_paths()]
    at = {round(y, 6) for band in bands for x, y in band if x == 32}
    assert {round(by_hand.low, 6), round(by_hand.high, 6)} <= at
    assert axes.get_xscale() == "log" and axes.get_xlabel() == "labels"
    near = plots.curve(RUNS[RUNS.labels < 64], "labels", "accuracy", "start")
    assert near.axes[0].get_xscale() == "linear"  # a factor of four


def test_single_runs_are_drawn_where_asked(figures):
    def lines(figure):
        return [list(x.get_ydata()) for x in figure.axes[0].lines]

    one = (0.5 + 0.05 * np.arange(4) + 0.03).tolist()
    assert any(np.allclose(one, y) for y in lines(figures["curve of dots"]) if len(y) == 4)
    assert not any(np.allclose(one, y) for y in lines(figures["curve"]) if len(y) == 4)
    some = plots.curve(RUNS, "labels", "accuracy", "start", dots=["random weights"])
    flat = [0.53] * 4
    assert sum(np.allclose(flat, y) for y in lines(some) if len(y) == 4) == 1
    assert not any(np.allclose(one, y) for y in lines(some) if len(y) == 4)
    rows = [
        y
        for x, y in ((x.get_xdata(), x.get_ydata()) for x in figures["dots"].axes[0].lines)
        if len(x) == 5
    ]
    assert [{round(float(v)) for v in y} for y in rows] == [{0}, {1}, {2}]


def test_one_look_through_the_whole_course():
    alone, among = plots.looks(["pre-trained"]), plots.looks(["mine", "yours", "pre-trained"])
    assert among["pre-trained"] == alone["pre-trained"]
    assert len({look[0] for look in among.values()}) == 3
    assert plots.looks(["random weights"])["random weights"] == plots.looks(["random"])["random"]
    both = plots.looks(["pre-trained", "MiniLM"])  # where they meet, they differ
    assert both["pre-trained"] == alone["pre-trained"] != both["MiniLM"]
    many = plots.looks(f"name {i}" for i in range(9))
    assert len(set(many.values())) == len(plots.COLOURS)
    colours = [patch.get_facecolor()[:3] for patch in _figures()["bars of runs"].axes[0].patches]
    assert len(set(colours)) == 3


def test_a_heat_map_of_runs_keeps_their_order(figures):
    axes = figures["heatmap of runs"].axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == [
        "word counts",
        "pre-trained",
        "random weights",
    ]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["8", "16", "32", "64"]
    assert axes.images[0].get_array()[1].tolist() == pytest.approx([0.52, 0.57, 0.62, 0.67])


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.curve(RUNS, x="labels", y="accuracy"),
        lambda: plots.bars(RUNS, x="start", y="accuracy"),
        lambda: plots.dots(RUNS, x="start", y="accuracy"),
        lambda: plots.heatmap(
            RUNS.assign(half=RUNS.labels > 16), x="half", y="start", colour="accuracy"
        ),
    ],
)
def test_several_conditions_in_one_place_are_refused_with_what_tells_them_apart(draw):
    with pytest.raises(BadValue, match="(start = 'word counts' or|labels = 8 or)"):
        draw()


def test_a_column_that_is_not_there():
    with pytest.raises(UnknownName, match="start"):
        plots.curve(RUNS, x="labels", y="accuracy", colour="begin")


def test_one_seed_is_drawn_without_an_interval():
    alone = RUNS[RUNS.seed == 0]
    assert plots.curve(alone, x="labels", y="accuracy", colour="start").axes[0].lines
    assert plots.bars(alone[alone.labels == 8], x="start", y="accuracy").axes[0].patches


def test_a_heavy_picture_is_made_lighter_or_refused():
    noise = np.random.default_rng(0).random((300, 300))
    with plots.style():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 6))
        figure.add_subplot().imshow(noise)
    assert len(plots.png(figure, largest=200_000)) <= 200_000
    with pytest.raises(BadValue, match="bytes"):
        plots.png(figure, largest=2_000)


def test_own_figures_get_the_style_and_the_outside_keeps_its_own(monkeypatch):
    import matplotlib.pyplot as plt

    before = dict(plt.rcParams)
    with plots.style():
        figure, _ = plt.subplots()
        assert plt.rcParams["font.size"] == 13
    assert plt.rcParams["font.size"] == before["font.size"]
    monkeypatch.setattr(output, "emit", lambda *_: None)
    plots.show(figure, alt="An empty picture.")
    assert not plt.get_fignums(), "the notebook would show it a second time"


def test_a_table_has_the_decimals_that_its_numbers_need():
    frame = pd.DataFrame(
        {"points": [90.3, 7.0], "share": [1 / 3, 0.5], "rate": [1e-4, float("nan")]}
    )
    shown = plots.table(frame).to_html()
    for number in (">90.3<", ">7.0<", ">0.333333<", ">0.0001<"):
        assert number in shown


def test_a_table_is_for_reading():
    frame = pd.DataFrame({"text": ["<b>bold</b>", "x" * 300], "share": [0.5, 0.25]}, index=[7, 3])
    shown = plots.table(frame).to_html()
    assert "&lt;b&gt;bold" in shown and "x" * 300 in shown  # as it stands, and whole
    assert "text-align: left" in shown and ">7</th>" not in shown
    assert plots.table(frame).to_html() == shown  # the same in every run
    assert "0.25" in repr(plots.table(frame)) and "<td" not in repr(plots.table(frame))
    named = plots.table(pd.DataFrame({"n": [1, 2]}, index=["first", "second"])).to_html()
    assert "first" in named
