"""The tl command: what it prints, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import click
import lesson_factory
import pytest
from command_line import caller
from nbformat.v4 import new_notebook
from notebook_factory import code, write

from tl_helpers.core import files
from tl_helpers.measure import claims
from tl_helpers.press import cli, doctor, kernels, notebooks, report, run


@pytest.fixture
def tl(capfd, tmp_path, monkeypatch):
    """Run the command in an empty course folder; gives exit code, stdout and stderr."""
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    (tmp_path / "notebooks").mkdir()

    return caller(capfd)


def test_run_says_where_to_look(tl, tmp_path):
    write(tmp_path / "notebooks", "one", code("KNOB, WORD"))
    status, out, _ = tl("run", "one", "-p", "KNOB=2", "-p", "WORD=sea", "--profile", "quick")
    assert status == 0
    folder = tmp_path / "build" / "notebooks"
    assert out.splitlines()[-2].endswith(f"s. With outputs: {folder}")
    assert out.splitlines()[-1].startswith("The site stays with the stored outputs")
    assert "(2, 'sea')" in (folder / "one.ipynb").read_text("utf-8")
    other = tmp_path / "other"
    assert "tl site, which says what to open" in tl("run", "one")[1].splitlines()[-1]
    assert f"tl site --runs {other}," in tl("run", "one", "--output", str(other))[1]


def test_a_failed_notebook_gives_exit_code_1_and_its_copy(tl, tmp_path):
    write(tmp_path / "notebooks", "one", code("1 / 0"))
    status, out, err = tl("run")
    assert status == 1
    assert "one: cell 2 (In [2]) failed: ZeroDivisionError" in err
    assert f"partly run copy is {tmp_path / 'build/notebooks/one.failed.ipynb'}" in err


@pytest.mark.parametrize("way_out", ["exit()", "import sys\nsys.exit(0)", "raise SystemExit"])
def test_a_notebook_that_ends_on_its_way_is_not_ok(tl, tmp_path, way_out):
    write(tmp_path / "notebooks", "one", code("1"), code(way_out), code("'never'"), code("2"))
    status, _, err = tl("run")
    assert status == 1 and "one: cell 3" in err and way_out.splitlines()[0] in err
    assert "the 2 code cells after it do not count" in err or "SystemExit" in err


def test_cells_that_never_ran_are_noticed():
    cells = [code("1"), code("2"), code(""), code("3", "hub-only")]
    for number, cell in enumerate(cells[:2], start=1):
        cell.execution_count = number
    job = report.Job(Path("one.ipynb"), new_notebook(cells=cells), {})
    assert kernels._ended_early(job, "hub-only", []) == ""
    assert "one: cell 2 ends the kernel: the 1 code cell after" in kernels._ended_early(job, "", [])


def test_a_notebook_of_one_s_own_is_told_what_to_tag(tl, tmp_path):
    write(tmp_path / "notebooks", "mine", code("x = 1"), parameters=None)
    status, _, err = tl("run", "mine")
    assert status != 0 and "mine has no cell tagged 'parameters'" in err
    assert 'Tag a cell that says PROFILE = "course"' in err
    write(tmp_path / "notebooks", "mine", code("x = 1"), parameters="SEED = 0")
    status, _, err = tl("run", "mine")
    assert status != 0 and "says no PROFILE" in err and 'PROFILE = "course"' in err


def test_refresh(tl, tmp_path):
    path = write(tmp_path / "notebooks", "one", code("import sys; print('x', file=sys.stderr)"))
    status, out, _ = tl("refresh", "one")
    assert status == 0 and f"stored {path}" in out and "writes to stderr" in out
    write(tmp_path / "notebooks", "one", code("1 / 0"))
    status, _, err = tl("refresh", "one")
    assert status == 1 and "Nothing was stored." in err
    assert tl("refresh")[0] == 2  # which ones must be said: it changes files


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--profile", "fast"], "Error: Unknown profile 'fast'."),
        (["run", "nowhere"], "Error: Unknown notebook 'nowhere'."),
        (["run", "-p", "SEED"], "Error: -p SEED is not a parameter."),
        (["run", "-p", "SEED=-1"], "Error: one: the parameter SEED = -1 is not a seed."),
        (["claims", "--seeds", "5"], "Error: --seeds 5 names fewer seeds than a claim needs."),
        (["claims", "--seeds", "100:104"], "-> Name 5 or more, as 100:105."),
        (["claims", "--seeds", "1,2,3,4,4"], "name 4 more than once"),
        (["claims", "--seeds", ""], "cannot be read"),
        (["run", "-p", "NOBODY=1"], "Error: Unknown parameter of one: 'NOBODY'."),
        (["results", "build", "nothing"], "Error: Unknown study 'nothing'."),
        (["results", "build", "nothing", "--seeds", "x"], "cannot be read"),
        (["results", "build", "discovery", "--backend", "grid"], "Choose one of: dask, loky."),
    ],
)
def test_bad_input_is_one_message(tl, tmp_path, monkeypatch, arguments, message):
    monkeypatch.setattr(run, "_run_all", lambda *_: pytest.fail("something was run"))
    write(tmp_path / "notebooks", "one", code("1"))
    status, _, err = tl(*arguments)
    assert status == 1 and message in err and "Traceback" not in err


def _pages(command, path=("tl",)):
    """Each command with the words that call it, those of a group included."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _pages(inner, (*path, name))


PAGES = {" ".join(path): command for path, command in _pages(cli.cli)}


def test_help_lists_every_command_once_by_who_needs_it(tl):
    listed = [name for names in cli.SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(cli.cli.commands)
    status, out, _ = tl("--help")
    places = [out.index(f"{section}:") for section in cli.SECTIONS]
    assert status == 0 and places == sorted(places)
    assert [s.split()[1] for s in cli.SECTIONS] == ["learners", "teachers", "authors"]
    for name in listed:
        assert f"\n  {name} " in out


@pytest.mark.parametrize("name", PAGES)
def test_help_says_whole_sentences_and_has_an_example(name):
    command = PAGES[name]
    said = [p for p in (command.help or "").split("\n\n") if p.strip()]
    said += [p.help or "" for p in command.params if isinstance(p, click.Option)]
    for sentence in said:
        text = " ".join(sentence.split())
        assert text[:1].isupper() and text.endswith("."), f"{name}: {text}"
    short = command.get_short_help_str(200)
    assert short.endswith(".") and not short.endswith("..."), f"{name}: {short}"
    if not hasattr(command, "commands"):
        example = command.epilog.splitlines()[2].strip()
        assert example.startswith(name), f"{name}: {example}"


def test_the_examples_of_help_are_commands_that_exist():
    lines = [line.strip() for c in PAGES.values() for line in (c.epilog or "").splitlines()[2:]]
    for line in filter(None, lines):
        words = line.partition("  ")[0].split()
        if "COMMAND" in words:
            continue
        called = max((n for n in PAGES if f"{line} ".startswith(f"{n} ")), key=len)
        known = {o for p in PAGES[called].params for o in p.opts} | {"--help"}
        assert called != "tl" and {w for w in words if w.startswith("-")} <= known, line


def test_a_notebook_goes_by_its_number(tl, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "_run_all", lambda *_: None)
    for name in ("10_words", "11_models"):
        write(tmp_path / "notebooks", name, code("1"))
    assert [p.stem for p in notebooks.find(["11", "10_words", "10"])] == ["11_models", "10_words"]
    status, _, err = tl("run", "1")
    assert status == 1 and "Unknown notebook '1'" in err and "10_words, 11_models" in err
    write(tmp_path / "notebooks", "10_letters", code("1"))
    status, _, err = tl("run", "10")
    assert status == 1 and "the number 10: 10_letters and 10_words" in err and "whole name" in err


def test_a_slow_notebook_is_told_so_without_blame(tmp_path):
    job = report.Job(Path("one.ipynb"), None, {}, seconds=61, peak_mb=100)
    ran = report.Report("course", [job], tmp_path)
    assert ran.slower(job) == "slower than planned on this machine" and ran.over_budget(job)
    job.peak_mb = 1600
    assert ran.slower(job).endswith("; more memory than the planned 1500 MB")
    job.seconds = 10
    assert ran.slower(job) == "more memory than the planned 1500 MB"
    ran.profile = "hub"
    assert ran.slower(job) == "" and not ran.over_budget(job)


def test_unknown_command_and_option(tl):
    assert tl("rum")[0] == 2
    assert tl("run", "--fast")[0] == 2


def test_values():
    parsed = cli._parameters(("A=1", "B=0.5", "C=true", "D=word", "E=[1,2]", "F=a=b", "G="))
    assert parsed == {"A": 1, "B": 0.5, "C": True, "D": "word", "E": [1, 2], "F": "a=b", "G": ""}


def test_doctor_exit_codes(tl, monkeypatch):
    good = doctor.Finding("a", "ok", "fine")
    note = doctor.Finding("b", "note", "other version")
    bad = doctor.Finding("c", "missing", "gone", "get it")
    monkeypatch.setattr(doctor, "examine", lambda: [good, note])
    assert tl("doctor")[0] == 0
    monkeypatch.setattr(doctor, "examine", lambda: [good, bad])
    status, out, _ = tl("doctor")
    assert status == 1 and "-> get it" in out and "1 missing" in out


def test_data_checksums(tl, tmp_path, monkeypatch):
    monkeypatch.setenv("TL_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("a", "utf-8")
    assert tl("data", "checksums")[0] == 0
    assert files.shipped("a.txt").exists()


def test_rooms_that_are_handed_their_arguments(tl, monkeypatch):
    calls = []

    def note(name):
        return lambda *given, **named: calls.append((name, *given, named))

    monkeypatch.setattr("tl_helpers.press.checkpoints.build", note("build"))
    monkeypatch.setattr("tl_helpers.press.checkpoints.verify", note("verify"))
    monkeypatch.setattr("tl_helpers.press.bench.main", note("main"))
    assert tl("checkpoints", "build", "town-mlm")[0] == 0
    assert tl("checkpoints", "verify", "town-mlm")[0] == 0
    assert tl("bench", "--quick")[0] == 0
    assert calls == [
        ("build", "town-mlm", {}),
        ("verify", "town-mlm", {}),
        ("main", {"quick": True, "patient": False}),
    ]


CLAIM = """
from tl_helpers.lesson import Lesson
from tl_helpers.session import Session
seeds = Session("31_one", PROFILE, SEED, "cpu", 1).seeds()
Lesson({lesson!r}).claim("it-helps", {effect}, ci=({effect} - 1, {effect} + 1), n=len(seeds))
print(seeds)
"""


@pytest.mark.parametrize(("effect", "status"), [(5.0, 0), (0.0, 1)])
def test_claims_are_checked_on_other_seeds(tl, tmp_path, effect, status):
    lesson = lesson_factory.write(tmp_path, "31_one", lesson_factory.claim())
    cell = CLAIM.format(effect=effect, lesson=str(lesson))
    write(tmp_path / "notebooks", "31_one", code(cell, "claim"))
    code_, out, _ = tl("claims", "--seeds", "100:106")
    assert code_ == status, out
    assert "It helps." in out
    assert ("1 claim checked" in out) == (status == 0)
    assert ("PROBLEM it-helps" in out) == (status == 1)
    executed = tmp_path / "build" / "claims" / "notebooks" / "31_one.ipynb"
    assert "[100, 101, 102, 103, 104, 105]" in executed.read_text("utf-8")
    assert [claim.n for claim in claims.collect([executed])] == [6]
    assert '"seeds": "100:106"' in (tmp_path / "build/claims/claims.json").read_text("utf-8")
