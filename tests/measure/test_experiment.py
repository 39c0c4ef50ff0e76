"""Experiments as tables: what is run, what is kept, where it is computed, what the table says."""

from __future__ import annotations

import functools
import json
import os
import random
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, CourseError, Stopped, UnknownName
from tl_helpers.measure import evaluate, experiment, fingerprint
from tl_helpers.measure.experiment import NoTable, RunFailed


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache for each test."""
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "runs"


def noted(folder, start, labels, seed):
    """Note in a file that it was called; the file is no part of what is fingerprinted."""
    with open(Path(folder) / "calls", "a") as stream:
        stream.write(f"{start} {labels} {seed}\n")
    return labels / 100 + seed / 7 + (start == "pre-trained") / 4


def calls(folder):
    path = Path(folder) / "calls"
    return path.read_text().splitlines() if path.exists() else []


GRID = {"start": ["pre-trained", "random weights"], "labels": [8, 64]}


# --- the table -----------------------------------------------------------------------------------
def test_every_combination_is_a_row(tmp_path):
    runs = experiment.run(noted, folder=str(tmp_path), **GRID, seed=range(3))
    assert list(runs.columns) == ["seed", "folder", "start", "labels", "noted"]
    assert len(runs) == 12 == len(set(calls(tmp_path)))
    assert runs.seed.tolist() == [0] * 4 + [1] * 4 + [2] * 4  # pairs early, not late
    row = experiment.select(runs, start="pre-trained", labels=64, seed=1).iloc[0]
    assert row.noted == 0.64 + 1 / 7 + 0.25


def test_a_function_returns_a_number_a_dict_or_several():
    def number(seed):
        return np.float32(0.5)

    def columns(seed):
        return {
            "accuracy": np.float64(0.25),
            "right": np.bool_(True),
            "said": "yes",
            "missed": None,
        }

    def several(seed, steps=(1, 2)):
        return [{"step": step, "loss": 1 / step} for step in steps]

    assert experiment.run(number, seed=4).to_dict("records") == [{"seed": 4, "number": 0.5}]
    (row,) = experiment.run(columns, seed=4).to_dict("records")
    assert row == {"seed": 4, "accuracy": 0.25, "right": True, "said": "yes", "missed": None}
    curve = experiment.run(functools.partial(several, steps=(1, 2, 4)), seed=[0, 1])
    assert curve.loss.tolist() == [1, 0.5, 0.25] * 2 and curve.seed.tolist() == [0] * 3 + [1] * 3
    assert list(experiment.run(lambda seed: 1, seed=0)) == ["seed", "value"]


def test_not_all_need_to_go_with_all():
    def at(seed, way, pairs):
        return pairs

    grids = {"way": "sampled", "pairs": [1, 2]}, {"way": "softmax", "pairs": 3}
    runs = experiment.run(at, *grids, seed=[0])
    assert list(zip(runs.way, runs.pairs, strict=True)) == [
        ("sampled", 1),
        ("sampled", 2),
        ("softmax", 3),
    ]
    assert experiment.plan({"a": range(2)}, {"b": 3}, c="x") == [
        {"a": 0, "c": "x"},
        {"a": 1, "c": "x"},
        {"b": 3, "c": "x"},
    ]


def test_random_numbers_begin_at_the_seed_and_are_put_back():
    import torch

    def drawn(seed, which):
        return {"a": random.random(), "b": np.random.rand(), "c": float(torch.rand(1))}

    def states():
        return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()

    before = states()
    runs = experiment.run(drawn, which=["x", "y"], seed=[3, 4], fresh=True)
    assert states() == before
    x, y = (experiment.select(runs, which=w).drop(columns="which") for w in "xy")
    assert x.reset_index(drop=True).equals(y.reset_index(drop=True))
    torch.manual_seed(4)
    assert runs.c.iloc[-1] == float(torch.rand(1)) != runs.c.iloc[0]


# --- what is refused -----------------------------------------------------------------------------
def _takes(seed, labels):
    return labels


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"labels": [], "seed": [0]}, "labels has no values"),
        ({"labels": 8, "seed": []}, "distinct and at least one"),
        ({"labels": 8, "seed": [1, 2, 1]}, "distinct and at least one"),
        ({"labels": [8, 16, 8], "seed": 0}, r"_takes\(labels=8, seed=0\) is there twice"),
        ({"labels": 8, "seed": [-1]}, "seed = -1"),
        ({"seed": 0}, "missing a required argument: 'labels'(.|\n)*It takes"),
        ({"labels": 8, "steps": 3, "seed": 0}, "steps"),
    ],
)
def test_what_makes_no_experiment_is_refused_before_anything_runs(how, message):
    with pytest.raises(BadValue, match=message):
        experiment.run(_takes, **how)


def test_seeds_do_not_hide_in_a_grid():
    with pytest.raises(BadValue, match="seed=range"):
        experiment.run(_takes, {"labels": 8, "seed": [0]}, seed=1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "returned None"),
        ("high", "returned 'high'"),
        ([], "measured nothing"),
        ([0.5, 0.6], "returned 0.5"),
        (float("nan"), "nan"),
        ({"loss": float("inf")}, "loss=inf"),
        ({"model": object()}, "model=<object"),
        ({"seed": 3}, "'seed', which is reserved"),
        ({"labels": 9}, "'labels', which is reserved"),
    ],
)
def test_what_has_no_place_in_a_table_names_the_run(given, message):
    def accuracy(labels, seed):
        return given

    with pytest.raises(NoTable, match=message) as error:
        experiment.run(accuracy, labels=8, seed=5)
    assert "accuracy(labels=8, seed=5)" in str(error.value)


def test_a_column_may_repeat_what_its_run_was_given():
    assert experiment.run(lambda seed, n: {"n": n, "x": 1}, n=[1, 2], seed=0).n.tolist() == [1, 2]


# --- what is kept --------------------------------------------------------------------------------
def test_a_finished_run_is_not_run_again(tmp_path):
    first = experiment.run(noted, folder=str(tmp_path), **GRID, seed=range(2))
    again = experiment.run(noted, folder=str(tmp_path), **GRID, seed=range(2))
    assert again.equals(first) and len(calls(tmp_path)) == 8
    more = experiment.run(noted, folder=str(tmp_path), **GRID, seed=range(3))
    assert len(more) == 12 == len(calls(tmp_path))  # only what is new


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_all_is_run_anew_if_asked(tmp_path, monkeypatch, how):
    experiment.run(noted, folder=str(tmp_path), **GRID, seed=0)
    if how == "environment":
        monkeypatch.setenv("TL_FRESH", "1")
    experiment.run(noted, folder=str(tmp_path), **GRID, seed=0, fresh=how == "argument")
    assert len(calls(tmp_path)) == 8


def _stops(folder, seed):
    noted(folder, "", 0, seed)
    if seed == 2 and len(calls(folder)) == 3:
        raise KeyboardInterrupt
    return seed / 7


def test_an_interrupted_experiment_goes_on(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        experiment.run(_stops, folder=str(tmp_path), seed=range(4))
    runs = experiment.run(_stops, folder=str(tmp_path), seed=range(4))
    assert runs._stops.tolist() == [s / 7 for s in range(4)]
    assert [line[-1] for line in calls(tmp_path)] == ["0", "1", "2", "2", "3"]


def _script(folder: Path, text: str) -> list[str]:
    path = folder / "script.py"
    path.write_text(text)
    return [sys.executable, str(path), str(folder)]


KILLED = """
import os, signal, sys, time
from tl_helpers.measure import experiment

def measured(folder, seed):
    with open(f"{folder}/calls", "a") as stream:
        stream.write(f"{seed}\\n")
    if seed == 3 and not os.path.exists(f"{folder}/killed"):
        open(f"{folder}/killed", "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return seed / 7

if __name__ == "__main__":
    print(experiment.run(measured, folder=sys.argv[1], seed=range(5)).measured.sum())
"""


def test_a_killed_process_goes_on(tmp_path):
    command = _script(tmp_path, KILLED)
    assert subprocess.run(command).returncode == -signal.SIGKILL
    assert float(subprocess.check_output(command, text=True)) == sum(s / 7 for s in range(5))
    assert calls(tmp_path) == ["0", "1", "2", "3", "3", "4"]


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied", "other"])
def test_a_damaged_file_counts_as_absent(tmp_path, cache, damage):
    first = experiment.run(noted, folder=str(tmp_path), **GRID, seed=0)
    path = sorted(cache.glob("noted-*/*.json"))[0]
    text = path.read_text()
    value = json.loads(text)["rows"][0]["noted"]
    path.write_text(
        {
            "cut": text[:-4],
            "changed": text.replace(str(value), "0.999"),
            "emptied": "",
            "other": '{"rows": [{"noted": 1}]}',
        }[damage]
    )
    assert path.read_text() != text
    assert experiment.run(noted, folder=str(tmp_path), **GRID, seed=0).equals(first)
    assert len(calls(tmp_path)) == 5


def test_a_full_disk_stops_nothing(monkeypatch):
    import errno

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.warns(UserWarning, match="runs of _takes cannot be kept") as said:
        assert len(experiment.run(_takes, labels=[1, 2, 3], seed=0)) == 3
    (once,) = said
    assert "The disk is full" in str(once.message) and "TL_CACHE" in str(once.message)
    assert once.filename == __file__


def test_a_cache_that_is_no_folder_stops_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match=r"(?s)runs of _takes cannot be kept.*could not be writ"):
        assert len(experiment.run(_takes, labels=[1, 2], seed=0)) == 2


def test_a_run_that_raises_is_named_and_the_others_are_kept(tmp_path):
    def breaks(folder, labels, seed):
        noted(folder, "", labels, seed)
        return 1 / (labels - 16)

    for _ in range(2):
        with pytest.raises(RunFailed, match=r"breaks\(.*labels=16, seed=0\).*ZeroDiv") as error:
            experiment.run(breaks, folder=str(tmp_path), labels=[8, 16, 32], seed=0)
        assert isinstance(error.value.__cause__, ZeroDivisionError)
        shown = "\n".join(error.value._render_traceback_())
        assert "1 / (labels - 16)" in shown and "finished are kept" in shown
    assert [line.split()[0] for line in calls(tmp_path)] == ["8", "16", "16"]


def test_what_cannot_be_compared_is_run_but_not_kept(tmp_path, cache):
    with open(tmp_path / "open", "w") as stream:

        def writes(seed):
            stream.write("x")
            return 1

        with pytest.warns(UserWarning, match="writes are not kept"):
            assert len(experiment.run(writes, seed=[0, 1])) == 2
    assert not list(cache.rglob("*.json"))


# --- what a kept run depends on ------------------------------------------------------------------
NOTEBOOK = """
import functools
import numpy as np

FACTOR = 2
weights = np.arange(3.0)
WORDS = {"a", "b", "c"}

def helper(x):
    return FACTOR * x

class Judge:
    least = 1
    def score(self, x):
        return helper(x) + self.least

judge = Judge()

@functools.lru_cache
def cached(x):
    return x + 1

def measured(seed, steps=3, *, rate=0.1):
    "What is measured."
    inner = lambda x: x + 5  # a comment
    try:
        value = judge.score(steps) + cached(seed)
    except ValueError:
        value = 0
    return inner(value) + weights.sum() * rate + ("a" in WORDS)
"""


def of(text: str) -> str:
    """The fingerprint of ``measured`` in a notebook of its own."""
    cells = types.ModuleType("__main__")
    exec(compile(text, "cell", "exec"), vars(cells))
    return fingerprint.of(cells.measured)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("FACTOR = 2", "FACTOR = 3"),
        ("arange(3.0)", "arange(4.0)"),
        ('{"a", "b", "c"}', '{"a", "b"}'),
        ("FACTOR * x", "FACTOR + x"),
        ("least = 1", "least = 2"),
        ("helper(x) + self.least", "helper(x) - self.least"),
        ("return x + 1", "return x + 2"),
        ("steps=3", "steps=4"),
        ("rate=0.1", "rate=0.2"),
        ("x + 5", "x + 6"),
        ("except ValueError", "except TypeError"),
        ("        value = 0\n", "        value = 0\n    value += 0\n"),
        ('"a" in WORDS', '"b" in WORDS'),
    ],
)
def test_an_edit_changes_the_fingerprint(old, new):
    assert old in NOTEBOOK
    assert of(NOTEBOOK.replace(old, new)) != of(NOTEBOOK)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# a comment", ""),
        ("FACTOR * x", "(\n        FACTOR *\n        x)"),
        ("judge = ", "\n\njudge = "),
    ],
)
def test_layout_and_comments_do_not(old, new):
    assert old in NOTEBOOK and of(NOTEBOOK.replace(old, new)) == of(NOTEBOOK) == of(NOTEBOOK)


def test_a_name_that_is_not_used_does_not_count():
    assert of(NOTEBOOK + "\nother = 5") == of(NOTEBOOK + "\nother = 6") == of(NOTEBOOK)


def test_other_processes_agree(tmp_path):
    text = f"import sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\n"
    text += "import test_experiment as t\nprint(t.of(t.NOTEBOOK))"
    said = {
        subprocess.check_output(
            [sys.executable, "-c", text], env={**os.environ, "PYTHONHASHSEED": hash}, text=True
        ).strip()
        for hash in ("1", "2")
    }
    assert said == {of(NOTEBOOK)}


def test_networks_and_closures_count_by_value():
    import torch

    def measured_with(network, scale):
        def measured(seed):
            return float(network.weight.sum()) * scale

        return fingerprint.of(measured)

    torch.manual_seed(0)
    network = torch.nn.Linear(3, 2)
    before = measured_with(network, 1)
    assert measured_with(network, 2) != before == measured_with(network, 1)
    network.eval()
    assert measured_with(network, 1) == before
    with torch.no_grad():
        network.weight[0, 0] += 1
    assert measured_with(network, 1) != before


def test_decorators_are_seen_through():
    import torch

    def of_number(number):
        @torch.inference_mode()
        def measured(seed):
            return number

        return fingerprint.of(measured)

    def doubled(fn, times):
        @functools.wraps(fn)
        def wrapper(seed):
            return times * fn(seed)

        return wrapper

    assert of_number(1) == of_number(1) != of_number(2)
    assert fingerprint.of(doubled(_stops, 2)) != fingerprint.of(doubled(_stops, 3))


def test_a_lesson_counts_by_what_is_used_of_it():
    from tl_lessons.start_here import studies

    def measured(seed):
        return studies.reviews_fine_tuning(seed)

    before = fingerprint.of(measured)
    original = studies.reviews_fine_tuning
    try:
        studies.reviews_fine_tuning = _stops
        assert fingerprint.of(measured) != before
    finally:
        studies.reviews_fine_tuning = original
    assert fingerprint.of(measured) == before


def test_the_package_and_what_it_ships_count(tmp_path, monkeypatch):
    before = fingerprint.surroundings()
    package = tmp_path / "tl_helpers"
    for room in ("show", "measure", *(r for r in fingerprint._DECIDING if not r.endswith(".py"))):
        (package / room).mkdir(parents=True)
        (package / room / "module.py").write_text("x = 1\n")
    (package / "measure" / "evaluate.py").write_text("x = 1\n")
    monkeypatch.setattr(files, "PACKAGE", package)
    monkeypatch.setenv("TL_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "results").mkdir(parents=True)

    def changed(path, text):
        path.write_text(text)
        if path.is_relative_to(tmp_path / "data"):
            files.write_checksums()
        fingerprint.surroundings.cache_clear()
        return fingerprint.surroundings()

    try:
        first = changed(package / "show" / "module.py", "x = 1\n")
        assert first != before
        assert changed(package / "show" / "module.py", "x = 2\n") == first
        assert changed(package / "town" / "module.py", "x = 2\n") != first
        second = changed(package / "measure" / "evaluate.py", "x = 2\n")
        assert second != first
        third = changed(tmp_path / "data" / "weights", "1")
        assert third != second
        assert changed(tmp_path / "data" / "results" / "toy.json", "1") == third
    finally:
        fingerprint.surroundings.cache_clear()


# --- where it is computed ------------------------------------------------------------------------
ELSEWHERE = """
import functools, os, sys, time
import numpy as np
from tl_helpers.measure import experiment

SCALE = 3.0

@functools.cache
def scaled(x):
    return SCALE * x

def measured(folder, labels, seed):
    import torch
    name = f"{folder}/{labels}-{seed}"
    with open(f"{folder}/calls", "a") as stream:
        stream.write(f"{labels}-{seed} {os.getpid()}\\n")
    time.sleep(float(os.environ.get("PAUSE", "0")))
    return {"value": scaled(labels) + np.random.rand() + float(torch.rand(1)),
            "here": os.getpid() == parent if (parent := int(os.environ["PARENT"])) else True,
            "threads": torch.get_num_threads()}

if __name__ == "__main__":
    os.environ["PARENT"] = str(os.getpid())
    folder, backend = sys.argv[1:]
    how = {"labels": [1, 2, 3, 4], "seed": range(3), "folder": folder, "fresh": True}
    alone = experiment.run(measured, **how)
    os.remove(f"{folder}/calls")
    os.environ["PAUSE"] = "0.3"
    with experiment.backend(backend, 2):
        runs = experiment.run(measured, **how)
    assert runs.value.tolist() == alone.value.tolist(), (runs, alone)
    assert alone.here.all() and not runs.here.any()
    assert max(runs.threads) <= max(1, os.cpu_count() // 2), set(runs.threads)
    print(len(runs))
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", "dask"])
def test_workers_give_the_same_table_though_one_is_killed(tmp_path, backend):
    """No row is lost, none is there twice; also functions of ``__main__``, as in a notebook."""
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    command = [*_script(tmp_path, ELSEWHERE), backend]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        until = time.monotonic() + 120
        while time.monotonic() < until and process.poll() is None:
            begun = [int(line.split()[1]) for line in calls(tmp_path)]
            workers = [worker for worker in begun if worker != process.pid]
            if len(workers) > 4:
                os.kill(workers[-1], signal.SIGKILL)
                break
            time.sleep(0.05)
        else:
            pytest.fail("the workers never began")
        said, _ = process.communicate(timeout=300)
    assert process.returncode == 0 and said.strip() == "12"
    done = [line.split()[0] for line in calls(tmp_path)]
    assert set(done) == {f"{labels}-{seed}" for labels in (1, 2, 3, 4) for seed in range(3)}
    assert 12 < len(done) <= 16  # what the killed one was at is run again


DEADLY = """
import os, pathlib, signal, sys, time
from tl_helpers.measure import experiment

def measured(seed):
    if seed == 3:  # kills who holds it, once what the others have finished is fetched
        runs, until = pathlib.Path(os.environ["TL_CACHE"]) / "runs", time.monotonic() + 60
        while len(list(runs.glob("measured-*/*.json"))) < 3 and time.monotonic() < until:
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGKILL)
    return seed / 7

if __name__ == "__main__":
    with experiment.backend(sys.argv[2], int(sys.argv[3])):
        experiment.run(measured, seed=range(5))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "jobs"), [("loky", "2"), ("dask", "1")])
def test_a_run_that_kills_its_worker_is_named(tmp_path, cache, backend, jobs):
    """It neither waits for ever nor runs here, and the other runs are kept."""
    command = [*_script(tmp_path, DEADLY), backend, jobs]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and "RunFailed" in done.stderr and "seed=3" in done.stderr
    assert len(list(cache.glob("measured-*/*.json"))) >= 3


def test_joblib_needs_no_other_line(tmp_path):
    with joblib.parallel_config(backend="threading", n_jobs=2):
        threads = experiment.run(noted, folder=str(tmp_path), **GRID, seed=range(2))
    assert len(calls(tmp_path)) == 8
    assert experiment.run(noted, folder=str(tmp_path), **GRID, seed=range(2)).equals(threads)
    assert len(calls(tmp_path)) == 8


@pytest.mark.parametrize(
    ("how", "kind", "message"),
    [
        ({"name": "cluster"}, UnknownName, "Choose one of: dask, loky"),
        ({"name": "loky", "jobs": 0}, BadValue, "jobs=0"),
        ({"name": "loky", "address": "tcp://127.0.0.1:1"}, BadValue, "address to dask alone"),
        (
            {"name": "dask", "jobs": 2, "address": "tcp://127.0.0.1:1"},
            BadValue,
            "without an address",
        ),
        ({"jobs": 2}, BadValue, "jobs to loky"),
    ],
)
def test_backends_that_make_no_sense(how, kind, message):
    with pytest.raises(kind, match=message):
        with experiment.backend(**how):
            pass


def test_without_dask_one_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(CourseError, match=r"Dask is not installed(.|\n)*tl-helpers\[cluster\]"):
        with experiment.backend("dask"):
            pass


@pytest.mark.slow
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere://x"])
def test_a_scheduler_that_does_not_answer(address):
    with pytest.raises(CourseError, match="No Dask scheduler answers"):
        with experiment.backend("dask", address=address):
            pass


@pytest.mark.slow
def test_a_cluster_without_workers_is_not_waited_for(monkeypatch):
    import distributed

    monkeypatch.setattr(experiment, "_PATIENCE", 1)
    with distributed.LocalCluster(n_workers=0, dashboard_address=None) as cluster:
        with experiment.backend("dask", address=cluster.scheduler_address):
            with pytest.raises(CourseError, match=r"no worker for 1 seconds(.|\n)*dask worker tcp"):
                experiment.run(_takes, labels=8, seed=0)


ASKED = """
import os, sys
from tl_helpers.measure import experiment

def measured(seed):
    return {"value": seed / 7, "process": os.getpid()}

if __name__ == "__main__":
    runs = experiment.run(measured, seed=range(4))
    with experiment.backend("loky", 2):
        own = experiment.run(measured, seed=range(4), fresh=True)
    print(os.getpid() in set(runs.process), len(runs), set(runs.process) & set(own.process))
"""


@pytest.mark.slow
def test_a_cluster_named_from_outside_computes_what_the_caller_gives_to_nobody(tmp_path):
    """As ``tl claims --address`` names it to the kernels."""
    import distributed

    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as one:
        environment = {**os.environ, "TL_DASK": one.scheduler_address}
        said = subprocess.check_output(_script(tmp_path, ASKED), text=True, env=environment)
    assert said == "False 4 set()\n"


def test_two_at_once_lose_nothing(tmp_path):
    """Two processes write the same table: both finish, with the same rows."""
    text = KILLED.replace("seed == 3", "False").replace(
        "return seed", "time.sleep(.1); return seed"
    )
    command = _script(tmp_path, text)
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = {process.communicate(timeout=120)[0] for process in both}
    assert said == {f"{sum(s / 7 for s in range(5))}\n"}
    before = len(calls(tmp_path))
    assert 5 <= before <= 10
    subprocess.check_output(command)
    assert len(calls(tmp_path)) == before


# --- what the table says -------------------------------------------------------------------------
@pytest.fixture
def runs():
    rng = np.random.default_rng(0)
    rows = [
        {"seed": s, "start": a, "labels": n, "accuracy": rng.random(), "seconds": rng.random()}
        for s in range(4)
        for a in GRID["start"]
        for n in GRID["labels"]
    ]
    table = pd.DataFrame(rows)
    table.attrs["measures"] = ["accuracy", "seconds"]
    return table


def test_comparison_is_paired_by_seed(runs):
    shuffled = runs.sample(frac=1, random_state=1)
    effect = experiment.compare(
        shuffled, "pre-trained", "random weights", value="accuracy", labels=64
    )
    a, b = (
        runs[(runs.start == start) & (runs.labels == 64)].accuracy.to_numpy()
        for start in GRID["start"]
    )
    assert effect == evaluate.difference(a, b) and effect.n == 4
    towns = experiment.compare(
        runs, "pre-trained", "random weights", value="accuracy", labels=64, varies="towns"
    )
    assert towns.varies == "towns" and towns.times(100).varies == "towns"
    numbers = experiment.compare(runs, 64, 8, value="accuracy", start="pre-trained")
    assert numbers.n == 4
    one = runs.drop(columns="seconds")
    assert experiment.compare(one, "pre-trained", "random weights", labels=64) == effect
    one.attrs = {}  # as after a detour through a file
    assert experiment.compare(one, "pre-trained", "random weights", labels=64) == effect


@pytest.mark.parametrize(
    ("how", "kind", "message"),
    [
        ({"a": "pretrained"}, BadValue, "start: 'pre-trained', 'random weights'"),
        ({"column": "start", "a": "pretrained"}, BadValue, "There are: 'pre-trained', 'random"),
        ({"labels": 32}, BadValue, "There are: 8, 64"),
        ({"label": 64}, UnknownName, "labels"),
        ({"column": "began"}, UnknownName, "start"),
        ({"value": "f1"}, UnknownName, "accuracy"),
        ({"value": None}, BadValue, "Possible: 'accuracy', 'seconds'"),
        ({"labels": None}, BadValue, "labels = 8 or 64"),
    ],
)
def test_a_comparison_that_cannot_be_made_says_what_there_is(runs, how, kind, message):
    given = {"a": "pre-trained", "b": "random weights", "labels": 64, "value": "accuracy", **how}
    given = {k: v for k, v in given.items() if v is not None}
    with pytest.raises(kind, match=message):
        experiment.compare(runs, **given)


def test_a_seed_that_only_one_side_has_is_not_dropped_in_silence(runs):
    short = runs[(runs.seed != 2) | (runs.start == "pre-trained")]
    with pytest.raises(BadValue, match="has seed 2"):
        experiment.compare(short, "pre-trained", "random weights", value="accuracy", labels=8)


def test_two_columns_with_the_same_values_need_a_word(runs):
    runs["other"] = runs["start"].to_numpy()[::-1]
    with pytest.raises(BadValue, match=r"one of \['start', 'other'\]"):
        experiment.compare(runs, "pre-trained", "random weights", value="accuracy", labels=8)


def test_the_summary_is_the_interval_of_each_condition(runs):
    table = experiment.summary(runs, ["start", "labels"], "accuracy")
    assert table[["start", "labels"]].apply(tuple, axis=1).tolist() == [
        (a, n) for a in GRID["start"] for n in GRID["labels"]
    ]
    row = experiment.select(table, start="random weights", labels=8).iloc[0]
    values = experiment.select(runs, start="random weights", labels=8).accuracy
    by_hand = evaluate.interval(values)
    assert (row["mean"], row.low, row.high, row.n) == (*[by_hand.mean, *by_hand.ci], 4)
    with pytest.raises(BadValue, match="labels = 8 or 64"):
        experiment.summary(runs, ["start"], "accuracy")
    alone = experiment.summary(runs[runs.seed == 0], ["start", "labels"], "accuracy")
    assert (alone.low == alone["mean"]).all() and set(alone.n) == {1}


def test_errors_arrive_whole_from_a_worker_or_in_words():
    import pickle

    error = UnknownName("column", "labls", ["labels", "start"])
    there = pickle.loads(pickle.dumps(error))
    assert type(there) is UnknownName and str(there) == str(error)
    assert (there.what, there.do) == (error.what, error.do)

    class Odd(Exception):
        def __init__(self, one, two):
            super().__init__(f"{one} and {two}")

    def sent(error):
        try:
            raise error
        except Exception as raised:
            return experiment._that_travels(raised)

    assert sent(error) is error and "In the worker" in error.__notes__[0]
    with open(__file__) as stream:
        for stuck in (Odd(1, 2), ValueError(stream)):
            there = sent(stuck)
            assert type(there) is RuntimeError and str(there).startswith(type(stuck).__name__)
            assert "test_experiment.py" in there.__notes__[0]


def test_a_function_travels_with_what_it_caches_and_others_pickle_as_before():
    """Unpacked once in a worker: what it has cached is there for the next run."""
    import copyreg
    import pickle

    made = types.ModuleType("not to be imported")
    exec(
        "import functools\n\n@functools.cache\ndef once(x):\n    return [x]\n\n\n"
        "def of_run(seed):\n    return once(seed)",
        vars(made),
    )
    before = dict(copyreg.dispatch_table)
    with experiment._caches_travel():
        parcels = [pickle.dumps(experiment._Parcel(made.of_run, "kind")) for _ in range(2)]
        assert pickle.loads(pickle.dumps(fingerprint.surroundings)) is fingerprint.surroundings
    assert copyreg.dispatch_table == before
    try:
        assert pickle.loads(parcels[0]).kind == "kind"
        again = pickle.dumps(pickle.loads(parcels[0]))  # from worker to worker
        first, second = (pickle.loads(parcel).fn for parcel in (parcels[1], again))
        assert first(3) == [3] and second(3) is first(3) and first(3) is not made.of_run(3)
        for number in range(9):
            experiment._arrived(made.of_run, str(number))
        assert len(experiment._PARCELS) == 4
    finally:
        experiment._PARCELS.clear()
        copyreg.dispatch_table.pop(experiment._CACHED, None)


def test_a_cache_around_a_function_of_the_package_travels_too():
    """It goes by the name of the function, but whoever has that name finds another thing there."""
    import copyreg
    import pickle

    made = types.ModuleType("not to be imported")
    exec(
        "import functools\nfrom tl_helpers.measure import evaluate\n\n"
        "cached = functools.cache(evaluate.difference)\n\n\n"
        "def of_run(seed):\n    return cached((1.0, 2.0, 4.0), (0.0, 0.5, 1.0)).mean",
        vars(made),
    )
    with experiment._caches_travel():
        parcel = pickle.dumps(experiment._Parcel(made.of_run, "kind"))
    try:
        assert pickle.loads(parcel).fn(0) == made.of_run(0)
    finally:
        experiment._PARCELS.clear()
        copyreg.dispatch_table.pop(experiment._CACHED, None)


# --- stopped by hand -----------------------------------------------------------------------------
@pytest.mark.parametrize("how", [KeyboardInterrupt, lambda: Stopped("Stopped at step 3 of 9.")])
def test_a_stop_keeps_the_finished_runs_and_says_how_to_go_on(how, tmp_path, monkeypatch):
    reached = tmp_path / "stop"
    monkeypatch.setitem(HOW, "stop", how)
    reached.touch()
    with pytest.raises(Stopped) as stopped:
        experiment.run(stoppable, folder=str(tmp_path), seed=range(3))
    first, second = str(stopped.value).splitlines()
    assert first == "Stopped after 1 of 3 runs (stoppable)."
    assert second.startswith("  -> Run the same call again: it goes on")
    reached.unlink()
    assert len(experiment.run(stoppable, folder=str(tmp_path), seed=range(3))) == 3
    assert calls(tmp_path) == ["0", "1", "1", "2"]  # what was finished is not run again


def stoppable(folder, seed):
    """Is stopped by hand at seed 1, as long as a file is there."""
    with open(Path(folder) / "calls", "a") as stream:
        stream.write(f"{seed}\n")
    if seed == 1 and (Path(folder) / "stop").exists():
        raise sys.modules[__name__].HOW["stop"]()
    return seed


HOW = {}
