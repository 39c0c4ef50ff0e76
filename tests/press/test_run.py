"""The runner, on small notebooks made for the purpose."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from command_line import caller
from notebook_factory import code, outputs, text, write

from tl_helpers.core.errors import BadValue, BrokenFile, CourseError, NoNetwork, UnknownName
from tl_helpers.data import hub
from tl_helpers.press import notebooks, run

REPOSITORY = Path(run.__file__).resolve().parent.parent


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty course folder."""
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    (tmp_path / "notebooks").mkdir()
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def leftovers(folder: Path) -> list[str]:
    return [p.name for p in folder.rglob("*") if ".part" in p.name or p.name == ".writable"]


# ---------------------------------------------------------------------------- a run that goes well


def test_run_writes_copies_and_a_report_and_leaves_the_source_alone(place):
    write(place / "notebooks", "one", text("# First steps"), code("print('profile', PROFILE)"))
    write(place / "notebooks", "two", code("open('scratch.txt', 'w').write('x')\nSEED + KNOB"))
    before = contents(place / "notebooks")
    report = run.run(profile="quick", parameters={"SEED": 7, "KNOB": 1})
    assert [job.status for job in report.jobs] == ["ok", "ok"]
    assert contents(place / "notebooks") == before
    assert sorted(p.name for p in place.iterdir()) == ["build", "notebooks"]
    build = place / "build"
    assert sorted(contents(build)) == [
        "notebooks/one.ipynb",
        "notebooks/two.ipynb",
        "report.json",
    ]
    assert "profile quick" in outputs(build / "notebooks" / "one.ipynb")
    assert "8" in outputs(build / "notebooks" / "two.ipynb")
    data = json.loads((build / "report.json").read_text("utf-8"))
    assert data["profile"] == "quick" and data["environment"]["python"]
    for row in data["notebooks"]:
        assert row["seconds"] > 0 and row["peak_mb"] > 20 and row["over_budget"] is False
    assert data["side_by_side"] * data["threads"] <= max(2, os.cpu_count() or 1)


def test_defaults_are_not_injected(place):
    write(place / "notebooks", "one", code("PROFILE"))
    run.run()
    cells = nbformat.read(str(place / "build/notebooks/one.ipynb"), as_version=4).cells
    assert len(cells) == 2


def test_environment_of_the_kernel(place):
    names = ["TL_QUIET", "TL_ROOT", "TL_THREADS", "OMP_NUM_THREADS", "HF_HUB_OFFLINE", "TL_SEEDS"]
    write(place / "notebooks", "one", code(f"import os; [os.environ[n] for n in {names!r}]"))
    run.run(jobs=1, seeds="100:105")
    said = outputs(place / "build/notebooks/one.ipynb")
    assert "100:105" in said and repr(str(place)) in said
    cells = nbformat.read(str(place / "build/notebooks/one.ipynb"), as_version=4).cells
    assert "SEED = 100" in cells[1].source


def test_peak_memory_is_that_of_the_kernel(place):
    write(
        place / "notebooks", "one", code("import time; x = bytearray(3 * 10**8); time.sleep(0.5)")
    )
    assert 300 < run.run().jobs[0].peak_mb < 700


def test_hub_only_cells_are_skipped_elsewhere(place):
    write(place / "notebooks", "one", code("1 / 0", "hub-only"), code("'done'"))
    assert not run.run(profile="quick").failed
    assert run.run(profile="hub", offline=True).failed


# -------------------------------------------------------------- the kernel is this interpreter's


def test_a_run_neither_shows_nor_touches_what_the_learner_has_done(place, monkeypatch):
    kept = place / "mine.json"
    kept.write_text('{"start-gain": {"status": "done"}}')
    monkeypatch.setenv("TL_PROGRESS", str(kept))
    write(
        place / "notebooks",
        "n",
        code(
            "from tl_helpers import exercises\nfrom tl_helpers.exercises import record\n"
            "print('noted:', len(record.read()))\nrecord.note('start-gain', tries=1, status='done')"
        ),
    )
    report = run.run(["n"], output=place / "out")
    assert not report.failed and "noted: 0" in outputs(place / "out" / "notebooks" / "n.ipynb")
    assert kept.read_text() == '{"start-gain": {"status": "done"}}'


def test_a_global_python3_kernel_does_not_win(place, tmp_path, monkeypatch):
    spec = tmp_path / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    wrong = {"argv": ["/bin/false"], "display_name": "another", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(wrong), "utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    from jupyter_client.kernelspec import KernelSpecManager

    assert KernelSpecManager().get_kernel_spec("python3").argv == ["/bin/false"]
    path = write(place / "notebooks", "one", code("import sys; print(sys.executable)"))
    notebook = notebooks.read(path)
    notebook.metadata["kernelspec"]["name"] = "some-other-kernel"
    notebooks.write(notebook, path)
    assert not run.run().failed
    assert sys.executable in outputs(place / "build/notebooks/one.ipynb")


# ------------------------------------------------------------------------------------- the network


def test_quick_and_course_refuse_the_network(place):
    write(place / "notebooks", "one", code("import socket\nsocket.getaddrinfo('a.invalid', 1)"))
    for profile in ("quick", "course"):
        (job,) = run.run(profile=profile).failed
        assert "This run is offline: the connection to a.invalid was refused" in job.error


def test_online_does_not(place):
    write(place / "notebooks", "one", code("import socket\nsocket.getaddrinfo('a.invalid', 1)"))
    (job,) = run.run(offline=False).failed
    assert "gaierror" in job.error and "offline" not in job.error


def test_hub_without_a_network_stops_before_anything_runs(place, monkeypatch):
    write(place / "notebooks", "one", code("1"))
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(hub, "offline_by_choice", lambda: False)
    monkeypatch.setattr(hub, "reachable", lambda: False)
    with pytest.raises(NoNetwork, match="work offline with the profile 'course'"):
        run.run(profile="hub")
    assert not list((place / "build").rglob("*.ipynb"))


# --------------------------------------------------------- requests that are wrong: nothing is run


@pytest.fixture
def nothing_runs(monkeypatch):
    monkeypatch.setattr(run, "_run_all", lambda *_: pytest.fail("something was run"))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"profile": "fast"}, UnknownName, "Unknown profile 'fast'(.|\n)*course, hub, quick"),
        ({"parameters": {"PROFILE": "fast"}}, UnknownName, "Unknown profile 'fast'"),
        ({"parameters": {"KNOBB": 1}}, UnknownName, "of one: 'KNOBB'(.|\n)*Did you mean 'KNOB'"),
        ({"parameters": {"SEED": "x"}}, BadValue, "'x' is of type str; it must be of type int"),
        ({"parameters": {"SEED": True}}, BadValue, "SEED = True is of type bool"),
        ({"parameters": {"SEED": -1}}, BadValue, "one: the parameter SEED = -1 is not a seed"),
        ({"parameters": {"SEED": 2**32}}, BadValue, "SEED = 4294967296 is not a seed"),
        ({"parameters": {"SEED": 1.5}}, BadValue, "SEED = 1.5 is of type float"),
        ({"seeds": "3,3,3"}, BadValue, "'3,3,3' name 3 more than once"),
        ({"parameters": {"WORD": 3}}, BadValue, "WORD = 3 is of type int; it must be of type str"),
        ({"names": ["oen"]}, UnknownName, "Unknown notebook 'oen'(.|\n)*Did you mean 'one'"),
        ({"jobs": 0}, BadValue, "--jobs 0 runs nothing"),
        ({"seeds": "5:1"}, BadValue, "cannot be read"),
    ],
)
def test_wrong_requests(place, nothing_runs, options, error, message):
    write(place / "notebooks", "one", code("1"))
    with pytest.raises(error, match=message):
        run.run(**options)
    assert not (place / "build").exists() or not contents(place / "build")


def test_a_parameter_must_be_known_to_every_notebook(place, nothing_runs):
    write(place / "notebooks", "one")
    write(place / "notebooks", "two", parameters='PROFILE = "course"\nSEED = 0')
    with pytest.raises(UnknownName, match="parameter of two: 'KNOB'"):
        run.run(parameters={"KNOB": 0.1})


def test_output_must_not_be_the_source(place, nothing_runs):
    write(place / "notebooks", "one")
    with pytest.raises(BadValue, match="would write over the notebooks"):
        run.run(output=place)


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.EROFS, "No permission to write(.|\n)*--output"),
        (errno.EACCES, "No permission to write(.|\n)*--output"),
        (errno.ENOSPC, "The disk is full"),
    ],
)
def test_an_output_folder_that_cannot_be_written(place, nothing_runs, monkeypatch, number, message):
    write(place / "notebooks", "one")

    def refuse(**_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tl_helpers.core.files.tempfile.mkstemp", refuse)
    with pytest.raises(CourseError, match=message):
        run.run()


def test_output_that_is_a_file(place, nothing_runs):
    write(place / "notebooks", "one")
    (place / "file").write_text("", "utf-8")
    with pytest.raises(CourseError, match="could not be written"):
        run.run(output=place / "file")


@pytest.mark.parametrize("package", ["papermill", "nbformat"])
def test_a_package_of_the_runner_is_missing(place, nothing_runs, monkeypatch, capsys, package):
    write(place / "notebooks", "one")
    monkeypatch.setitem(sys.modules, package, None)
    status, _, err = caller(capsys)("run")
    assert status == 1 and "Traceback" not in err
    assert f"The package {package} is not installed" in err and "make course" in err


def test_no_notebooks_at_all(place):
    with pytest.raises(CourseError, match="There are no notebooks in"):
        run.run()


@pytest.mark.parametrize("broken", ["", "{", "[]", "{}", '{"nbformat": 4, "cells": 3}', "\x00"])
def test_a_file_that_is_no_notebook(place, nothing_runs, broken):
    (place / "notebooks" / "one.ipynb").write_text(broken, "utf-8")
    with pytest.raises(BrokenFile, match="one.ipynb is not a readable notebook"):
        run.run()


# ------------------------------------------------------------------------------- runs that go wrong


def test_a_failure_names_the_cell_and_keeps_the_partly_run_copy(place):
    cells = [text("# T"), code("print('before')"), code("\nanswer = 42\n1 / 0"), code("'after'")]
    write(place / "notebooks", "bad", *cells)
    write(place / "notebooks", "good", code("1"))
    old = place / "build" / "notebooks" / "bad.ipynb"
    old.parent.mkdir(parents=True)
    old.write_text("an earlier run", "utf-8")
    report = run.run(parameters={"SEED": 1})
    (job,) = report.failed
    assert job.name == "bad"
    assert "bad: cell 4 (In [4]) failed: ZeroDivisionError\n    answer = 42" in job.error
    assert "ZeroDivisionError: division by zero" in job.error and "\x1b" not in job.error
    copy = report.copy_of(job)
    assert "before" in outputs(copy) and "after" not in outputs(copy)
    assert not old.exists()
    rows = json.loads((place / "build" / "report.json").read_text("utf-8"))["notebooks"]
    assert ["ZeroDivisionError" in (row["error"] or "") for row in rows] == [True, False]
    # A later success removes the failed copy.
    write(place / "notebooks", "bad", code("1"))
    run.run(["bad"])
    assert not copy.exists() and old.exists()


def test_an_error_of_the_course_is_shown_as_its_message(place):
    source = (
        "from tl_helpers.core.errors import BadValue\nraise BadValue('It is wrong.', 'Mend it.')"
    )
    write(place / "notebooks", "one", code(source))
    (job,) = run.run().failed
    assert "BadValue: It is wrong.\n      -> Mend it." in job.error
    assert "Traceback" not in job.error


def test_a_kernel_that_dies(place):
    said = "import os, sys; print('my last words', file=sys.__stderr__, flush=True); os._exit(3)"
    write(place / "notebooks", "one", code("1"), code(said))
    (job,) = run.run().failed
    assert job.status == "failed" and "died" in job.error and "my last words" in job.error


def test_a_disk_that_fills_up_during_the_run(place, monkeypatch):
    write(place / "notebooks", "one", code("1"))
    write(place / "notebooks", "two", code("import time; time.sleep(600)"))
    replace = os.replace

    def full(source, target):
        if str(target).endswith(".ipynb"):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    monkeypatch.setattr("tl_helpers.core.files.os.replace", full)
    with pytest.raises(CourseError, match="The disk is full"):
        run.run(jobs=2)
    assert contents(place / "build") == {}
    assert not [p for p in psutil.Process().children(recursive=True) if "ipykernel" in p.name()]


def test_a_cell_that_hangs(place, monkeypatch):
    monkeypatch.setitem(run._TIMEOUT, "quick", 1)
    write(place / "notebooks", "one", code("1"), code("import time; time.sleep(600)"))
    (job,) = run.run(profile="quick").failed
    assert job.error.startswith("one: cell 3: A cell timed out")
    assert "import time" in job.error and "memory" not in job.error


LONG = "import os, time\nopen({!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"


@pytest.fixture
def started(place, tmp_path):
    """``tl run --jobs 2`` on long notebooks: the process, its kernels, the file of the third."""
    pids = [tmp_path / f"pid{n}" for n in range(3)]
    for number, pid in enumerate(pids):
        write(place / "notebooks", f"n{number}", code(LONG.format(str(pid))))
    runner = subprocess.Popen(
        [sys.executable, "-m", "tl_helpers", "run", "--jobs", "2"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A shell that starts tests in the background lets them ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        deadline = time.monotonic() + 60
        while sum(p.exists() and bool(p.read_text()) for p in pids) < 2:
            assert time.monotonic() < deadline and runner.poll() is None
            time.sleep(0.1)
        kernels = [psutil.Process(int(p.read_text())) for p in pids if p.exists()]
        yield runner, kernels, pids[2]
    finally:
        runner.kill()
        runner.communicate()


@pytest.mark.parametrize(
    ("how", "whom"),
    [(signal.SIGINT, os.kill), (signal.SIGTERM, os.kill), (signal.SIGINT, os.killpg)],
    ids=["interrupt", "terminate", "Ctrl-C in a terminal, which the workers see too"],
)
def test_interrupt_ends_the_kernels_and_leaves_nothing_half_written(place, started, how, whom):
    runner, kernels, third = started
    before = contents(place / "notebooks")
    whom(runner.pid, how)
    said, _ = runner.communicate(timeout=30)
    assert runner.returncode == 130
    assert said.strip().endswith("Stopped. Nothing half-written was left behind.")
    assert "Traceback" not in said and "died" not in said
    assert not psutil.wait_procs(kernels, timeout=5)[1]
    assert not third.exists()  # it never began
    assert contents(place / "notebooks") == before
    assert contents(place / "build") == {} and not leftovers(place)


def test_no_kernel_outlives_a_runner_that_was_killed(started):
    runner, kernels, _ = started
    runner.kill()
    assert not psutil.wait_procs(kernels, timeout=20)[1]


def test_a_worker_that_is_killed_fails_its_notebook(place):
    write(
        place / "notebooks", "one", code("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)")
    )
    (job,) = run.run().failed
    assert job.error.startswith("one: its worker process ended: ")
    assert run.run(["one"]).failed  # and the next run has workers again


# ----------------------------------------------------------------------------------------- refresh


def test_refresh_stores_outputs_that_pass_the_checks(place):
    write(place / "notebooks", "one", text("# T"), code("print(PROFILE, SEED)"), code("2"))
    assert any("not stored" in p for p in notebooks.problems(place / "notebooks/one.ipynb"))
    report = run.refresh(["one"])
    path = place / "notebooks" / "one.ipynb"
    assert not report.failed and notebooks.problems(path) == []
    stored = notebooks.read(path)
    assert [c.get("execution_count") for c in stored.cells] == [1, None, 2, 3]
    assert "course 0" in outputs(path)
    assert stored.metadata["tl"]["run_seconds"] > 0
    raw = path.read_text("utf-8")
    for noise in ("papermill", "widgets", "start_time", "injected-parameters", "iopub"):
        assert noise not in raw
    # Twice gives the same, but for the time.
    run.refresh(["one"])
    again = notebooks.read(path)
    for notebook in (stored, again):
        notebook.metadata["tl"].pop("run_seconds")
    assert again == stored


def test_refresh_stores_nothing_if_one_fails(place):
    write(place / "notebooks", "good", code("1"))
    write(place / "notebooks", "bad", code("1 / 0"))
    before = contents(place / "notebooks")
    report = run.refresh(["good", "bad"])
    assert [job.name for job in report.failed] == ["bad"]
    assert contents(place / "notebooks") == before
    assert report.copy_of(report.failed[0]).exists()
