"""Claims: the verdict, the card, and above all that the suite can fail."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import lesson_factory
import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tl_helpers.core import output
from tl_helpers.core.errors import BadValue, BrokenFile, UnknownName
from tl_helpers.measure import cards, claims, evaluate

PROMISE = claims.Promise(
    id="a-b", sentence="It helps.", direction=">0", minimum=1, unit="points", notebook="32_adapt"
)
GOOD = claims.Claim(
    "pretraining-helps",
    22.0,
    18.0,
    26.0,
    5,
    "accuracy points",
    ">0",
    10.0,
    "Pre-training helps at 64 labels.",
    notebook="00_start_here",
    said="supported",
)
LESS = claims.Claim(
    "frozen-forgets-less",
    -3.0,
    -4.0,
    -2.5,
    8,
    "loss",
    "<0",
    2.0,
    "A frozen encoder forgets less.",
    notebook="32_adapt",
    said="supported",
)


@pytest.fixture
def registry(tmp_path, monkeypatch):
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    for each, theme in ((GOOD, "Start"), (LESS, "Adaptation")):
        names = ("sentence", "direction", "minimum", "unit")
        row = lesson_factory.claim(each.id, **{name: getattr(each, name) for name in names})
        lesson_factory.write(tmp_path, each.notebook, row, theme=theme)
    return claims.registry()


def _notebook(path, records):
    """An executed notebook that shows one claim in each cell."""
    cells = [nbformat.v4.new_markdown_cell("text")]
    for record in records:
        shown = nbformat.v4.new_output(
            "display_data", data={claims.MIME: record, "text/plain": "a claim"}
        )
        cells.append(nbformat.v4.new_code_cell("lesson.claim(...)", outputs=[shown]))
    nbformat.write(nbformat.v4.new_notebook(cells=cells), str(path))
    return path


def _through_notebooks(folder, recorded):
    """The same claims, written into notebook files and collected again."""
    paths = []
    for name in sorted({claim.notebook for claim in recorded}):
        records = [
            claim.to_dict() | ({"verdict": claim.said} if claim.said else {})
            for claim in recorded
            if claim.notebook == name
        ]
        paths.append(_notebook(folder / f"{name}.ipynb", records))
    return claims.collect(paths)


def test_claims_that_keep_their_promise_pass(registry, tmp_path):
    assert claims.check([GOOD, LESS], registry) == []
    collected = _through_notebooks(tmp_path, [GOOD, LESS])
    assert collected == [GOOD, LESS]
    assert claims.check(collected, registry) == []


MUTATIONS = {
    "a missing claim": ([LESS], "missing"),
    "an unlisted claim": ([GOOD, LESS, replace(GOOD, id="unheard-of")], "no lesson.toml lists it"),
    "recorded twice": ([GOOD, GOOD, LESS], "recorded 2 times"),
    "an effect of zero": ([replace(GOOD, effect=0.0, low=0.0, high=0.0), LESS], "below the prom"),
    "an effect of chance": ([replace(GOOD, effect=0.4, low=-3.9, high=4.7), LESS], "includes zero"),
    "zero, interval kept": ([replace(GOOD, effect=0.0), LESS], "does not contain its effect"),
    "the other way": ([replace(GOOD, effect=-22.0, low=-26.0, high=-18.0), LESS], "other way"),
    "direction turned": ([replace(GOOD, direction="<0"), LESS], "another promise"),
    "all turned": (
        [replace(GOOD, direction="<0", effect=-22.0, low=-26.0, high=-18.0), LESS],
        "the other way",
    ),
    "too few seeds": ([replace(GOOD, n=4), LESS], "rests on 4 seeds"),
    "a narrower interval": ([replace(GOOD, level=0.5), LESS], "one of 50%, not of 95%"),
    "a bootstrap of one": ([replace(GOOD, n=1, method="bootstrap"), LESS], "bootstrap over 1"),
    "effect outside": ([replace(GOOD, effect=30.0), LESS], "does not contain its effect"),
    "interval over zero": ([replace(GOOD, low=-1.0), LESS], "includes zero"),
    "interval upside down": ([replace(GOOD, low=26.0, high=18.0), LESS], "upside down"),
    "only the estimate clears": ([replace(GOOD, low=9.0), LESS], "inconclusive"),
    "below the minimum": ([replace(GOOD, effect=9.9, low=9.0, high=10.8), LESS], "below the prom"),
    "a lower bar": ([replace(GOOD, minimum=1.0), LESS], "another promise"),
    "another unit": ([replace(GOOD, unit="points"), LESS], "another promise"),
    "another sentence": ([replace(GOOD, sentence="It rains."), LESS], "another promise"),
    "another notebook": ([replace(GOOD, notebook="10_other"), LESS], "10_other"),
    "a forged verdict": ([replace(GOOD, effect=12.0, low=-1.0, said="supported"), LESS], "card"),
    "mirrored: too small": ([GOOD, replace(LESS, effect=-1.0, low=-1.5, high=-0.5)], "below the"),
    "mirrored: wrong way": ([GOOD, replace(LESS, effect=3.0, low=2.5, high=4.0)], "other way"),
    "mirrored: over zero": ([GOOD, replace(LESS, high=0.1)], "includes zero"),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_is_found(name, registry, tmp_path):
    recorded, word = MUTATIONS[name]
    problems = claims.check(recorded, registry)
    assert any(word in problem for problem in problems), problems
    through_files = claims.check(_through_notebooks(tmp_path, recorded), registry)
    assert any(word in problem for problem in through_files), through_files


@given(
    effect=st.floats(-50, 50),
    below=st.floats(0, 30),
    above=st.floats(0, 30),
    n=st.integers(1, 12) | st.integers(48, 60),
    method=st.sampled_from(["seeds", "bootstrap"]),
)
def test_only_claims_that_hold_pass(effect, below, above, n, method):
    """Whatever the numbers: no problem exactly if the promise of +10 is kept."""
    names = ("id", "notebook", "sentence", "direction", "minimum", "unit")  # as in its file
    listed = {GOOD.id: claims.Promise(**{name: getattr(GOOD, name) for name in names})}
    claim = replace(
        GOOD, effect=effect, low=effect - below, high=effect + above, n=n, method=method, said=""
    )
    holds = claim.low >= 10 and n >= (5 if method == "seeds" else 50)
    assert (claims.check([claim], listed) == []) == holds


def test_a_bootstrap_counts_items_not_seeds(registry):
    assert claims.check([replace(GOOD, n=50, method="bootstrap"), LESS], registry) == []


def test_promises_of_notebooks_that_were_not_run_are_not_missed(registry):
    assert claims.check([GOOD], registry, notebooks=["notebooks/00_start_here.ipynb"]) == []
    assert claims.check([], registry, notebooks=["00_start_here"]) != []


@pytest.mark.parametrize(
    ("effect", "low", "high", "minimum", "verdict"),
    [
        (5, 1, 9, 0, "supported"),
        (5, 1, 9, 1, "supported"),
        (5, 1, 9, 1.01, "inconclusive"),  # the estimate clears the bar, the interval does not
        (5, 1, 9, 5, "inconclusive"),
        (5, 0, 10, 0, "inconclusive"),  # touching zero is not above it
        (5, -1, 11, 0, "inconclusive"),
        (5, 1, 9, 6, "inconclusive"),  # above zero, but the promised size is open
        (5, 4, 6, 6.5, "contradicted"),  # real, and certainly smaller than promised
        (-5, -9, -1, 0, "contradicted"),
        (0, 0, 0, 0, "inconclusive"),
        (0, 0, 0, 1, "contradicted"),
    ],
)
def test_the_verdict_follows_from_the_numbers_in_both_directions(
    effect, low, high, minimum, verdict
):
    up = replace(GOOD, effect=effect, low=low, high=high, minimum=minimum)
    down = replace(up, direction="<0", effect=-effect, low=-high, high=-low)
    assert up.verdict == down.verdict == verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (2.6, 2.9, "supported"),
        (2.5, 3.0, "supported"),  # the ends of the margin belong to it
        (2.3, 2.8, "inconclusive"),
        (2.0, 3.5, "inconclusive"),  # these runs cannot tell, however near the estimate is
        (3.1, 3.2, "contradicted"),
        (-3.0, -2.5, "contradicted"),
        (0.0, 0.0, "contradicted"),
    ],
)
def test_about_is_a_margin_on_both_sides(low, high, verdict):
    near = replace(
        GOOD, effect=(low + high) / 2, low=low, high=high, direction="about", minimum=0.0
    )
    near = replace(near, about=2.75, margin=0.25)
    assert near.verdict == verdict
    bar = claims.Promise(
        **{
            name: getattr(near, name)
            for name in ("id", "notebook", "sentence", "direction", "unit")
        },
        about=2.75,
        margin=0.25,
    )
    assert (claims.check([replace(near, said="")], {near.id: bar}) == []) == (
        verdict == "supported"
    )
    narrower = replace(near, margin=0.2, said="")
    assert "another promise" in str(claims.check([narrower], {near.id: bar}))
    picture = ET.fromstring(cards.html(near)).find(".//svg")
    assert "the margin of 0.25 around 2.75" in picture.get("aria-label")
    says = {"supported": "whole", "inconclusive": "Only part of", "contradicted": "No part of"}
    assert says[verdict] in cards.text(near) and "0.25 of the promised 2.75" in cards.text(near)


def test_what_came_out_against_the_expectation_is_a_claim_as_well(registry):
    """The suite wants the verdict that is reported: no better, no worse."""
    expected = registry | {
        GOOD.id: registry[GOOD.id].model_copy(update={"outcome": "contradicted"})
    }
    against = replace(GOOD, effect=-22.0, low=-26.0, high=-18.0, said="contradicted")
    assert claims.check([against, LESS], expected) == []
    assert "We expected: Pre-training helps" in cards.text(against)
    for other in (GOOD, replace(GOOD, effect=9.0, low=1.0, high=17.0, said="inconclusive")):
        assert "contradicted was reported" in str(claims.check([other, LESS], expected))
    open_ = registry | {GOOD.id: registry[GOOD.id].model_copy(update={"outcome": "inconclusive"})}
    cannot_tell = replace(GOOD, effect=9.0, low=-1.0, high=19.0, said="inconclusive")
    assert claims.check([cannot_tell, LESS], open_) == []
    assert claims.check([GOOD, LESS], open_) != []


@given(st.floats(-20, 20), st.floats(0, 20), st.floats(0, 20), st.floats(0, 20))
def test_every_card_reads_well_and_is_well_formed(effect, below, above, minimum):
    for direction in (">0", "<0"):
        claim = replace(
            GOOD,
            effect=effect,
            low=effect - below,
            high=effect + above,
            minimum=minimum,
            direction=direction,
            sentence='One < two & "three".',
        )
        text, html = cards.text(claim), cards.html(claim)
        assert not re.search(r"nan|inf\b|None|\{|\}", text)
        assert ("We expected" in text) == (claim.verdict != "supported")
        assert "<script" not in html
        root = ET.fromstring(html)
        picture = root.find(".//svg")
        assert picture.get("role") == "img" and "zero" in picture.get("aria-label")
        places = [float(v) for e in picture for k, v in e.items() if k in ("x1", "x2", "cx", "x")]
        assert all(0 <= x <= 560 for x in places)
        assert "5 seeds" in "".join(root.itertext()) and "accuracy points" in html


def test_a_card_shows_few_values_one_by_one(monkeypatch):
    monkeypatch.setattr(output, "emit", lambda bundle, metadata=None: None)
    two_groups = evaluate.difference([0.9, 0.9, 0.5, 0.9, 0.5], [0.5] * 5).times(100)
    claim = claims.record(PROMISE, two_groups)
    assert claim.values == two_groups.values == pytest.approx((40, 40, 0, 40, 0))
    root = ET.fromstring(cards.html(claim))
    rings = [e for e in root.iter("circle") if e.get("fill") == "none"]
    assert len(rings) == 5 and len({e.get("cx") for e in rings}) == 2
    assert "One by one: +40, +40, 0, +40, 0." in root.find(".//svg").get("aria-label")
    assert "5 seeds, each a ring" in cards.text(claim)
    # Recorded and read again; records of older notebooks have none.
    again = claims._from_dict({**json.loads(json.dumps(claim.to_dict())), "n": 5}, Path("a"), 0)
    assert again.values == pytest.approx(claim.values)
    old = {name: value for name, value in claim.to_dict().items() if name != "values"}
    assert claims._from_dict(old, Path("a"), 0).values == ()
    assert "ring" not in cards.text(GOOD) and "One by one" not in cards.html(GOOD)


def test_many_values_are_not_shown():
    assert evaluate.interval(range(11)).values == ()
    assert evaluate.interval(range(10)).values == tuple(range(10))


def test_the_card_says_what_kind_of_failure_it_is():
    small = replace(GOOD, effect=5, low=4, high=6)
    assert "smaller than the promised 10" in cards.text(small)
    away = replace(GOOD, effect=-5, low=-6, high=-4)
    assert "points the other way" in cards.text(away)
    wide = replace(GOOD, effect=5, low=-4, high=14)
    assert "includes zero" in cards.text(wide)
    assert "first look" in cards.text(replace(GOOD, n=2))
    assert "first look" not in cards.text(replace(GOOD, n=1, method="bootstrap"))


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(a, b):
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_card_can_be_read_in_light_and_dark():
    for look in cards.LOOKS.values():
        assert _contrast(look.ground, look.ink) >= 4.5
        assert _contrast(look.line, "#FFFFFF") >= 3 and _contrast(look.line, "#111111") >= 3
    html = cards.html(GOOD)
    assert "var(--jp-ui-font-color1,var(--pst-color-text-base,currentColor))" in html
    assert 'fill="currentColor"' in html


def test_record_leaves_its_record_once(monkeypatch):
    shown = []
    monkeypatch.setattr(output, "emit", lambda bundle, metadata=None: shown.append(bundle))
    claim = claims.record(PROMISE, 2.0, ci=(1.0, 3.0), n=5)
    assert claim.verdict == "supported"
    assert shown[0][claims.MIME] == claim.to_dict()
    json.dumps(shown[0][claims.MIME], allow_nan=False)
    assert "text/html" in shown[0] and "It helps." in shown[0]["text/plain"]
    claim.show()  # a second look is a card, not a second record
    assert claims.MIME not in shown[1]


def test_record_takes_an_interval_with_all_that_belongs_to_it(capsys):
    gain = evaluate.difference([0.8, 0.9, 0.85, 0.8, 0.9], [0.5, 0.6, 0.5, 0.5, 0.6]).times(100)
    claim = claims.record(PROMISE, gain)
    assert (claim.effect, claim.low, claim.high, claim.n) == (gain.mean, *gain.ci, 5)
    assert claim.method == "seeds" and "Supported" in capsys.readouterr().out
    drawn = evaluate.paired_bootstrap([1] * 50, [1] * 50, [1] * 30 + [0] * 20)
    assert claims.record(PROMISE, drawn.mean, ci=drawn).method == "bootstrap"


@pytest.mark.parametrize(
    "wrong",
    [
        {"ci": (3.0, 4.0)},  # does not contain its effect
        {"ci": (3.0, 1.0)},
        {"ci": None},
        {"n": None},
        {"n": 0},
        {"effect": float("nan")},
        {"ci": (float("-inf"), float("inf"))},
        {"method": "guess"},
    ],
)
def test_record_refuses_numbers_that_cannot_be(wrong):
    right = {"effect": 2.0, "ci": (1.0, 3.0), "n": 5}
    with pytest.raises(BadValue, match="Claim 'a-b'"):
        claims.record(PROMISE, **right | wrong)


def test_an_id_that_stands_twice_is_named_with_both_files(registry, tmp_path):
    lesson_factory.write(tmp_path, "34_more", lesson_factory.claim(GOOD.id))
    with pytest.raises(BrokenFile, match="'pretraining-helps' stands twice") as caught:
        claims.registry()
    assert "start_here/lesson.toml" in str(caught.value)
    assert "more/lesson.toml" in str(caught.value)


def test_broken_notebooks_and_records_are_named(tmp_path):
    torn = tmp_path / "torn.ipynb"
    torn.write_text('{"cells": [')
    for path in (torn, tmp_path / "none.ipynb"):
        with pytest.raises(BrokenFile, match=path.name):
            claims.collect([path])
    record = GOOD.to_dict()
    for wrong in ({**record, "effect": "many"}, {"id": "a"}, [1], {**record, "unit": 3}):
        path = _notebook(tmp_path / "x.ipynb", [wrong])
        with pytest.raises(BrokenFile, match="cell 1"):
            claims.collect([path])


def test_table_in_three_forms():
    markdown = claims.table([GOOD, LESS])
    assert markdown.count("\n") == 4 and "| 00_start_here |" in markdown and "Supported" in markdown
    html = claims.table([replace(GOOD, sentence="a < b")], "html")
    assert ET.fromstring(html).tag == "table" and "a &lt; b" in html
    content = json.loads(claims.table([GOOD], "json", commit="abc"))
    assert content["commit"] == "abc" and content["claims"][0]["verdict"] == "supported"
    with pytest.raises(UnknownName):
        claims.table([GOOD], "pdf")


def test_the_promise_in_a_few_words():
    assert [cards.promise(claim) for claim in (GOOD, LESS)] == ["above 10", "below −2"]
    assert cards.promise(replace(LESS, minimum=0.0)) == "below 0"
    near = replace(GOOD, direction="about", minimum=0.0, about=2.75, margin=0.25)
    assert cards.promise(near) == "within 0.25 of 2.75"


def test_a_size_of_its_own_has_no_sign():
    """The measured effect of a comparison is +22 points; of a speed it is 13 times."""
    assert "Measured: +22.0 accuracy points, between +18.0 and +26.0." in cards.text(GOOD)
    size = replace(GOOD, signed=False, values=(18.5, 25.0))
    assert "Measured: 22.0 accuracy points, between 18.0 and 26.0." in cards.text(size)
    assert "One by one: 18.5, 25.0." in cards.drawing(size)
    promise = PROMISE.model_copy(update={"signed": False})
    assert not claims.record(promise, 3.0, ci=(2.0, 4.0), n=5).signed
