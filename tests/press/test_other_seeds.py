"""Claims on seeds that nobody looked at: kept good or bad, and only what they say anew."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tl_helpers.core import files
from tl_helpers.core.errors import BrokenFile
from tl_helpers.measure import claims
from tl_helpers.press import other_seeds
from tl_helpers.press.site import content


@pytest.fixture
def store(tmp_path, monkeypatch):
    """An empty data folder, and the real promises."""
    promised = claims.registry()
    monkeypatch.setenv("TL_DATA", str(tmp_path))
    monkeypatch.setattr(other_seeds.claims, "registry", lambda: promised)
    monkeypatch.setattr(other_seeds.results, "ran_on", lambda name, seeds: name == "objectives")
    (tmp_path / "SHA256SUMS").write_text("")
    return tmp_path


def _claim(id, effect, stored=""):
    promise = claims.registry()[id]
    half = abs(effect) / 4
    return claims.Claim(
        id,
        effect,
        effect - half,
        effect + half,
        5,
        promise.unit,
        promise.direction,
        promise.minimum,
        promise.sentence,
        stored=stored,
        notebook=promise.notebook,
    )


GOOD, BAD = _claim("start-encoder-64", 20.0), _claim("start-town-16", 2.0)


def test_good_and_bad_are_kept_and_read_back(store):
    assert other_seeds.keep([GOOD, BAD], range(100, 105)) == [GOOD.id, BAD.id]
    kept = other_seeds.load()
    assert kept[GOOD.id] == GOOD and kept[BAD.id].verdict == "contradicted"
    rows = json.loads((store / other_seeds.FILE).read_text())
    assert rows[BAD.id]["seeds"] == [100, 101, 102, 103, 104]
    better = replace(BAD, effect=30.0, low=28.0, high=31.0)
    other_seeds.keep([better], range(100, 105))
    assert other_seeds.load() == {GOOD.id: GOOD, BAD.id: better}


def test_a_stored_result_of_its_own_seeds_says_nothing_new(store):
    own = _claim("start-fine-tuning-64", 20.0, stored="reviews-fine-tuning")
    run_again = _claim("obj-causal-words", 11.0, stored="objectives")
    assert other_seeds.keep([own, run_again], range(100, 105)) == [run_again.id]


@pytest.mark.parametrize(
    "change",
    [
        {"minimum": 0.5},
        {"unit": "percent"},
        {"direction": "<0"},
        {"town": 1},
        {"sentence": "Other."},
    ],
)
def test_what_was_promised_otherwise_or_of_another_town_does_not_count(store, change):
    other_seeds.keep([GOOD, BAD], range(100, 105))
    rows = json.loads((store / other_seeds.FILE).read_text())
    rows[BAD.id] |= change
    (store / other_seeds.FILE).write_text(json.dumps(rows))
    files.write_checksums()
    assert set(other_seeds.load()) == {GOOD.id}


def test_what_is_promised_no_more_goes(store):
    other_seeds.keep([GOOD, replace(BAD, id="promised-once")], range(100, 105))
    other_seeds.keep([BAD], range(100, 105))
    assert set(json.loads((store / other_seeds.FILE).read_text())) == {GOOD.id, BAD.id}


def test_without_the_file_nothing_is_known(store):
    assert other_seeds.load() == {}


def test_a_course_that_promises_nothing_has_none(store, monkeypatch):
    other_seeds.keep([GOOD], range(100, 105))
    monkeypatch.setattr(other_seeds.claims, "registry", dict)
    assert other_seeds.load() == {}


def test_a_broken_file_is_named(store):
    other_seeds.keep([GOOD], range(100, 105))
    (store / other_seeds.FILE).write_text("{}")
    with pytest.raises(BrokenFile, match="unseen.json"):
        other_seeds.load()
    files.write_checksums()
    (store / other_seeds.FILE).write_text('{"start-encoder-64": {}}')
    files.write_checksums()
    with pytest.raises(BrokenFile, match="unseen seeds"):
        other_seeds.load()


def test_keep_needs_other_seeds():
    from tl_helpers.press.cli import cli

    done = CliRunner().invoke(cli, ["claims", "--keep"])
    assert done.exit_code == 2 and "--seeds 100:105" in done.output


def test_the_site_says_how_many_held(store, tmp_path):
    other_seeds.keep([GOOD, BAD], range(100, 105))
    other = _claim("start-hard-cases", -50.0)
    cells = [new_code_cell(), new_code_cell(), new_code_cell()]
    for cell, claim in zip(cells, (GOOD, BAD, other), strict=True):
        cell.outputs = [new_output("display_data", {claims.MIME: claim.to_dict()})]
    page = content.Page("x", tmp_path / "x.ipynb", new_notebook(cells=cells), True, 1.0)
    said = content.claims_page([page], "")
    assert "of 2 claims, 1 got the same verdict" in said
    assert ">✗ +2.0 (+1.5\u00a0to\u00a0+2.5)</td>" in said
    assert said.count(">–</td>") == 1


def test_a_size_of_its_own_is_shown_without_a_sign_here_too(store):
    other_seeds.keep([_claim("sup-bleu", 99.5), _claim("start-town-16", 30.0)], range(700, 705))
    assert {id: claim.signed for id, claim in other_seeds.load().items()} == {
        "sup-bleu": False,
        "start-town-16": True,
    }
