"""Loops that take a while: a bar after a second, and two lines when they are stopped."""

from __future__ import annotations

import sys

import pytest

from tl_helpers.core import output
from tl_helpers.core.errors import BadValue, CourseError, Stopped
from tl_helpers.core.output import Working


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass when a test says so."""
    monkeypatch.delenv("TL_QUIET")
    now = [100.0]
    monkeypatch.setattr(output.time, "monotonic", lambda: now[0])
    return now


def test_what_is_quick_stays_silent(clock, capsys):
    with Working(10, "embedding", "text") as work:
        for _ in range(10):
            clock[0] += 0.09
            work.update()
    assert work.done == 10 and capsys.readouterr() == ("", "")


def test_what_takes_longer_has_a_bar_with_the_time_left(clock, capsys):
    with Working(100, "embedding", "text") as work:
        for _ in range(3):
            clock[0] += 2
            work.update(10)
        assert work._bar.n == 30 == work.done
        said = capsys.readouterr().err
        assert "embedding" in said and "30/100" in said.rpartition("\r")[2] or "10/100" in said
        left = work._bar.format_dict
        assert left["elapsed"] >= 2 and left["initial"] == 0  # the time before the bar counts
    assert work._bar.disable  # closed


def test_a_runner_sees_no_bar(clock, capsys, monkeypatch):
    monkeypatch.setenv("TL_QUIET", "1")
    with Working(9, "embedding", "text") as work:
        clock[0] += 9
        work.update()
    assert work.done == 1 and work._bar is None and capsys.readouterr().err == ""


def test_a_stop_says_in_two_lines_how_far_it_was(clock):
    with (
        pytest.raises(Stopped) as stopped,
        Working(2000, "embedding", "text", "Do this.") as work,
    ):
        work.update(1200)
        raise KeyboardInterrupt
    assert str(stopped.value).splitlines() == [
        "Stopped after 1,200 of 2,000 texts (embedding).",
        "  -> Do this.",
    ]
    assert stopped.value._render_traceback_() == [str(stopped.value)]
    assert isinstance(stopped.value, KeyboardInterrupt) and isinstance(stopped.value, CourseError)
    assert "Ctrl" not in str(stopped.value)  # it may have been the button


def test_what_was_stopped_further_in_speaks_for_itself_and_errors_pass():
    with pytest.raises(Stopped, match="step 3"), Working(2, "comparing", "method"):
        raise Stopped("Stopped at step 3 of 9.")
    with pytest.raises(BadValue, match="wrong"), Working(2, "comparing", "method"):
        raise BadValue("It is wrong.")


def test_the_command_line_ends_with_the_two_lines(monkeypatch, capsys):
    from tl_helpers.press import cli

    def stop(**_):
        raise Stopped("Stopped after 1 of 3 runs (x).", "Run it again.")

    monkeypatch.setattr(cli.cli, "main", stop)
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert ended.value.code == 130
    assert capsys.readouterr().err.strip().splitlines() == [
        "Stopped after 1 of 3 runs (x).",
        "  -> Run it again.",
    ]


def test_a_notebook_shows_the_two_lines_and_no_stack(capsys, monkeypatch, tmp_path):
    shells = pytest.importorskip("IPython.core.interactiveshell")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell = shells.InteractiveShell()
    shell.run_cell(
        "from tl_helpers.core.output import Working\n"
        "with Working(3, 'embedding', 'text') as work:\n"
        "    work.update()\n"
        "    raise KeyboardInterrupt"
    )
    said = capsys.readouterr()
    lines = (said.out + said.err).strip().splitlines()
    assert lines[0] == "Stopped after 1 of 3 texts (embedding)." and len(lines) == 2
    assert sys.exc_info() == (None, None, None)
