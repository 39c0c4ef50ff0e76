"""Stored results: what they say, that they are whole, and when a live run agrees."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tl_helpers import town
from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError, UnknownName
from tl_helpers.measure import results


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("TL_DATA", str(tmp_path))
    results.studies()  # registers those of the course before the empty table takes its place
    monkeypatch.setattr(results, "STUDIES", {})
    files.write_checksums()
    return tmp_path


def _study(seed, labels, noise=0.01):
    rng = np.random.default_rng(seed)
    return [
        {"model": model, "labels": labels, "accuracy": np.float32(base + noise * rng.normal())}
        for model, base in (("pre-trained", 0.8), ("random", 0.5))
    ]


def test_build_stores_everything_one_needs_to_judge_the_numbers(store):
    results.study("toy", seeds=range(3), labels=64)(_study)
    built = results.build("toy")
    content = json.loads((store / "results" / "toy.json").read_text())
    assert content["command"] == "tl results build toy"
    assert content["configuration"] == {"noise": 0.01, "grid": [{"labels": 64}]}
    assert content["seeds"] == [0, 1, 2]
    environment = content["environment"]
    assert environment["libraries"]["numpy"] == np.__version__
    assert environment["cpu"] and environment["python"] and environment["threads"] >= 1
    assert content["seconds"] >= 0 and len(content["date"]) == 10
    assert len(content["rows"]) == 6 and content["rows"][0]["seed"] == 0
    assert results.load("toy") == built
    assert "results/toy.json" in files.checksums()


def test_values_select_rows(store):
    results.study("toy", seeds=[5, 6], labels=64)(_study)
    result = results.build("toy")
    assert result.values("accuracy", model="random").shape == (2,)
    assert result.values("seed", model="random").tolist() == [5, 6]
    assert result.table.groupby("model")["accuracy"].mean()["pre-trained"] > 0.7
    with pytest.raises(UnknownName, match="accuracy"):
        result.values("acuracy")
    with pytest.raises(BadValue, match="No row"):
        result.values("accuracy", model="other")


def test_the_best_setting_is_looked_for_beyond_the_edge_of_its_grid_too(store):
    def tried(seed, rate, how="a", penalty=0):
        return {"validation": rate - 2 * (rate > 3) * rate, "penalty": penalty}

    results.study("toy-rates", seeds=range(2), rate=[1, 2], how=["a", "b"])(tried)
    results.build("toy-rates")
    assert results.best("toy", "validation") == results.best("toy", "validation", how="b") == 2
    results.study("toy-edges", seeds=range(2), rate=[3, 4], steps=[10, 20])(
        lambda seed, rate, steps: {"validation": 10 * rate if steps == 20 else -rate}
    )
    results.build("toy-edges")
    assert results.best("toy", "validation", steps=10) == 2, "rows without steps match any"
    assert results.best("toy", "validation", steps=20) == 4
    assert results.best("toy", "validation", ["rate", "penalty"], how="a", steps=10) == (2, 0)
    with pytest.raises(UnknownName, match="acuracy"):
        results.best("toy", "acuracy")
    with pytest.raises(BadValue, match="No row of toy-rates and toy-edges"):
        results.best("toy", "validation", rate=7)
    with pytest.raises(UnknownName, match="no-such-rates"):
        results.best("no-such", "validation")


def test_other_seeds_leave_the_shipped_result_and_are_found_where_they_are_asked_for(
    store, monkeypatch
):
    monkeypatch.setenv("TL_ROOT", str(store / "course"))
    results.study("toy", labels=8)(_study)
    shipped = results.build("toy")
    before = (store / "results" / "toy.json").read_bytes()
    other = results.build("toy", seeds=[7, 8])
    assert other.meta["seeds"] == [7, 8] and other.meta["command"].endswith("--seeds 7,8")
    assert (store / "results" / "toy.json").read_bytes() == before
    assert results.where("toy", [7, 8]) == store / "course" / "build" / "results" / "toy.json"
    assert results.load("toy") == shipped
    monkeypatch.setenv("TL_SEEDS", "7:9")
    assert results.load("toy") == other
    assert results.ran_on("toy", [7, 8]) and not results.ran_on("toy", [7, 9])
    monkeypatch.setenv("TL_SEEDS", "7:10")  # nobody ran it on these
    assert results.load("toy") == shipped
    monkeypatch.setenv("TL_SEEDS", "7:9")
    monkeypatch.setattr(town, "VERSION", town.VERSION + 1)  # run, but on the text of another town
    assert results.load("toy") == shipped and not results.ran_on("toy", [7, 8])


def test_what_other_seeds_say_can_be_shipped(store, monkeypatch):
    monkeypatch.setenv("TL_ROOT", str(store / "course"))
    results.study("toy", seeds=range(3), labels=8)(_study)
    shipped = results.build("toy")
    kept = results.build("toy", seeds=[7, 8], keep=True)
    place = store / "results" / "unseen" / "toy.json"
    assert kept.meta["command"].endswith("--seeds 7,8 --keep")
    assert results.where("toy", [7, 8], keep=True) == place
    assert files.shipped("results/unseen/toy.json") == place
    assert results.load("toy") == shipped
    monkeypatch.setenv("TL_SEEDS", "7:9")
    assert results.load("toy") == kept and results.ran_on("toy", [7, 8])
    here = results.build("toy", seeds=[9, 10])  # what is built on this machine hides no other seeds
    assert results.load("toy") == kept
    monkeypatch.setenv("TL_SEEDS", "9:11")
    assert results.load("toy") == here
    monkeypatch.setenv("TL_SEEDS", "7:9")
    place.write_text(place.read_text("utf-8").replace("[", "[ "))
    with pytest.raises(BrokenFile, match="unseen/toy.json"):
        results.load("toy")
    with pytest.raises(BadValue, match="own seeds"):
        results.build("toy", keep=True)


def test_a_build_vouches_for_what_it_made_and_nothing_else(store):
    results.study("toy", seeds=range(3), labels=64)(_study)
    (store / "other.txt").write_text("as shipped")
    files.write_checksums()
    (store / "other.txt").write_text("damaged")
    (store / "stray.txt").write_text("never listed")
    results.build("toy")
    results.load("toy")
    for name in ("other.txt", "stray.txt"):
        with pytest.raises(BrokenFile, match=name):
            files.shipped(name)


def test_a_result_of_an_older_town_is_called_stale(store, monkeypatch):
    from tl_helpers import town

    results.study("toy", labels=8)(_study)
    results.study("timeless", of_town=False, labels=8)(_study)
    results.build("toy"), results.build("timeless")
    assert results.stale("toy") == results.stale("timeless") == ""
    monkeypatch.setattr(town, "VERSION", town.VERSION + 1)
    assert "version" in results.stale("toy") and results.stale("timeless") == ""


def test_an_interrupted_build_leaves_the_stored_result_as_it_was(store):
    results.study("toy", seeds=[0, 1], labels=8)(_study)
    results.build("toy")
    before = {p: p.read_bytes() for p in store.rglob("*") if p.is_file()}

    def breaks(seed, labels=8):
        if seed == 1:
            raise KeyboardInterrupt
        return _study(seed, labels)

    results.STUDIES.clear()
    results.study("toy", seeds=[0, 1], labels=8)(breaks)
    with pytest.raises(KeyboardInterrupt):
        results.build("toy")
    assert {p: p.read_bytes() for p in store.rglob("*") if p.is_file()} == before


def _stops(seed, labels, folder):
    """Is interrupted once, at the second run of seed 1."""
    asked = Path(folder) / "asked"
    lines = asked.read_text().splitlines() if asked.exists() else []
    asked.write_text("\n".join([*lines, f"{seed}/{labels}"]))
    if (seed, labels) == (1, 16) and "1/16" not in lines:
        raise KeyboardInterrupt
    return {"accuracy": seed / 7 + labels}


def test_an_interrupted_build_goes_on_at_the_next_run(store, tmp_path):
    results.study("long", seeds=[0, 1, 2], labels=[8, 16], folder=str(tmp_path))(_stops)
    with pytest.raises(KeyboardInterrupt):
        results.build("long")
    built = results.build("long")
    assert built.values("accuracy", labels=16).tolist() == [16, 16 + 1 / 7, 16 + 2 / 7]
    asked = (tmp_path / "asked").read_text().split()
    assert asked == ["0/8", "0/16", "1/8", "1/16", "1/16", "2/8", "2/16"]
    results.build("long")  # stored: the next build measures everything anew
    assert len((tmp_path / "asked").read_text().split()) == 7 + 6
    assert not list((files.cache_dir() / "runs").glob("long-*"))


def test_what_another_function_has_measured_is_not_taken(store):
    def stops(seed):
        if seed == 1:
            raise KeyboardInterrupt
        return {"accuracy": 0.1}

    results.study("long", seeds=[0, 1])(stops)
    with pytest.raises(KeyboardInterrupt):
        results.build("long")
    results.STUDIES.clear()
    results.study("long", seeds=[0, 1])(lambda seed: {"accuracy": 0.9})
    assert results.build("long").values("accuracy").tolist() == [0.9, 0.9]


BUILD = """
import os, sys, time
partial = os.environ.pop("TL_DATA")  # the town reads its words from the whole folder
from tl_helpers import town
from tl_helpers.core import errors
from tl_helpers.measure import results
os.environ["TL_DATA"] = partial

def slow(seed):
    time.sleep(0.2)
    return {"accuracy": seed / 7}

if __name__ == "__main__":
    results.STUDIES.clear()
    results.study(sys.argv[1], seeds=range(8))(slow)
    try:
        print(len(results.build(sys.argv[1]).rows))
    except errors.CourseError as error:
        print(error)
"""


@pytest.mark.parametrize("names", [("toy", "toy"), ("toy", "other")])
def test_two_builds_at_once_lose_nothing(store, tmp_path, names):
    """Of one study: one finishes, the other says why not. Of two: both are stored and listed."""
    script = tmp_path / "build.py"
    script.write_text(BUILD)
    both = [
        subprocess.Popen([sys.executable, script, name], stdout=subprocess.PIPE, text=True)
        for name in names
    ]
    said = sorted(process.communicate(timeout=120)[0].split("\n")[0] for process in both)
    refused = "The study 'toy' is being built by another process."
    assert said == (["8", "8"] if len(set(names)) == 2 else ["8", refused])
    for name in names:
        assert len(json.loads((store / "results" / f"{name}.json").read_text())["rows"]) == 8
        files.shipped(f"results/{name}.json")


def test_a_full_disk_while_storing_leaves_nothing_half_written(store, monkeypatch):
    import errno
    import os

    results.study("toy", seeds=[0], labels=8)(_study)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(CourseError, match="disk is full"):
        results.build("toy")
    assert not any((store / "results").iterdir())


def test_a_changed_result_is_refused_and_named(store):
    results.study("toy", seeds=[0], labels=8)(_study)
    results.build("toy")
    path = store / "results" / "toy.json"
    path.write_text(path.read_text().replace("0.8", "0.9").replace("0.7", "0.9"))
    with pytest.raises(BrokenFile, match="toy.json"):
        results.load("toy")
    path.write_text("{")
    files.write_checksums()
    with pytest.raises(BrokenFile, match="tl results build toy"):
        results.load("toy")


def test_unknown_names_say_what_there_is(store):
    results.study("toy", seeds=[0], labels=8)(_study)
    with pytest.raises(UnknownName, match="toy"):
        results.build("tox")
    results.build("toy")
    with pytest.raises(UnknownName, match="toy"):
        results.load("tox")


def test_a_study_cannot_store_what_json_cannot_hold(store):
    for value in (float("nan"), float("inf"), object(), {1, 2}):
        results.STUDIES.clear()
        results.study("bad", seeds=[0])(lambda seed, value=value: {"x": value})
        with pytest.raises(BadValue, match="x="):
            results.build("bad")
    results.STUDIES.clear()
    results.study("empty", seeds=[0])(lambda seed: [])
    with pytest.raises(BadValue, match="measured nothing"):
        results.build("empty")
    with pytest.raises(BadValue, match="distinct"):
        results.build("empty", seeds=[1, 1])
    assert not (store / "results").exists()


def test_names_are_file_names_and_belong_to_one_study(store):
    for bad in ("Up", "../x", "a b", ""):
        with pytest.raises(BadValue, match="not the name"):
            results.study(bad)
    results.study("toy", labels=1)(_study)
    results.study("toy", labels=1)(_study)  # the same module loaded again
    with pytest.raises(BadValue, match="two studies"):
        results.study("toy")(lambda seed: {})


def test_the_prediction_interval_by_hand():
    expected = results.prediction([1.0, 2.0, 3.0, 4.0, 5.0])
    half = 2.7764451 * np.sqrt(2.5) * np.sqrt(1 + 1 / 5)
    assert (expected.low, expected.high) == pytest.approx((3 - half, 3 + half))


def test_a_further_honest_run_agrees_95_times_in_100_and_a_wrong_one_does_not():
    rng = np.random.default_rng(0)
    draws = rng.normal(0.7, 0.02, (2000, 6))
    share = np.mean([results.agrees(row[:5], row[5]) for row in draws])
    assert abs(share - 0.95) < 5 * np.sqrt(0.95 * 0.05 / 2000)
    wrong = np.mean([results.agrees(row[:5], row[5] - 0.2) for row in draws])
    assert wrong < 0.02


def test_identical_values_agree_with_themselves_only():
    assert results.agrees([0.1 + 0.2] * 3, 0.3) and not results.agrees([0.3] * 3, 0.31)
    with pytest.raises(BadValue):
        results.agrees([0.5], 0.5)
    assert not results.agrees([0.4, 0.5, 0.6], float("nan"))


# Nothing is drawn in them: finished models score fixed items, and intervals are over the items.
WITHOUT_CHANCE = {"bias-pairs", "bias-reference", "drawbacks-forty"}


def test_every_stored_result_of_the_course_is_whole_and_up_to_date():
    known = results.studies()
    assert {path.stem for path in (files.data_dir() / "results").glob("*.json")} == set(known)
    for name, study in known.items():
        result = results.load(name)
        assert result.rows and set(result.meta) - {"town"} == set(results.META)
        assert ("town" in result.meta) == study.of_town, "say of_town=False, or build it again"
        assert results.stale(name) == ""
        assert tuple(result.meta["seeds"]) == study.seeds
        # a study that only chooses a rate carries no claim
        least = 1 if name in WITHOUT_CHANCE else 3 if name.endswith(("-rates", "-edges")) else 5
        assert len(study.seeds) >= least
        assert result.meta["command"] == f"tl results build {name}"


@pytest.mark.parametrize("name", results.studies())
def test_a_stored_table_has_the_runs_of_its_study(name):
    """Every run that the study is made of has rows, and every row belongs to one of them."""
    stored, study = results.load(name), results.studies()[name]
    made_with = stored.meta["configuration"]
    assert {name: made_with[name] for name in study.configuration} == study.configuration
    plan = [{"seed": seed, **one} for seed in study.seeds for one in study.plan()]
    belongs = [
        [all(row.get(k) == v for k, v in one.items()) for one in plan] for row in stored.rows
    ]
    assert np.all(np.any(belongs, axis=0)) and np.all(np.any(belongs, axis=1))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ("LokyBackend", None, None)),
        (["--seeds", "3:5", "--backend", "loky", "--jobs", "2"], ("LokyBackend", 2, [3, 4])),
        (["--jobs", "2"], ("LokyBackend", 2, None)),
    ],
)
def test_the_command_says_where_the_runs_are_computed(monkeypatch, options, expected):
    from click.testing import CliRunner
    from joblib.parallel import get_active_backend

    from tl_helpers.press.cli import cli

    seen = {}

    def build(name, seeds, keep):
        assert not keep
        backend, jobs = get_active_backend()
        seen[name] = (type(backend).__name__, jobs, seeds)

    monkeypatch.setattr(results, "build", build)
    done = CliRunner().invoke(cli, ["results", "build", "discovery", *options])
    assert done.exit_code == 0, done.output
    assert seen == {"discovery": expected}
