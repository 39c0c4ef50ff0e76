"""make and .ci/run, with a stand-in for Python so that nothing is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")

# Plays python3: makes a "virtual environment" that holds itself, and notes what it is asked to do.
PYTHON = """#!/bin/sh
echo "$*" >> "$LOG"
case "$*" in
  *version_info*) exit ${OLD:-0} ;;
  "-c import venv, ensurepip") exit ${NOVENV:-0} ;;
  "--version") echo "Python 3.8.1" ;;
  "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  "-m pip"*) exit ${PIP:-0} ;;
  "-m tl_helpers run") echo ran; exit ${RUN:-0} ;;
  "-m tl_helpers site") echo "Open: index.html"; exit ${SITE:-0} ;;
  "-m pytest"*) echo "${SUMMARY:-5 passed in 1.00s}"; exit ${TESTS_FAIL:-0} ;;
esac
"""


@pytest.fixture
def clone(tmp_path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    python = tmp_path / "python-stand-in"
    python.write_text(PYTHON, "utf-8")
    python.chmod(0o755)
    log = tmp_path / "log"

    def run(*command, **variables):
        log.write_text("", "utf-8")
        env = {**os.environ, "LOG": str(log), "PYTHON": str(python), "MAKEFLAGS": "", **variables}
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr, log.read_text("utf-8")

    return run


def test_course_installs_once_and_runs_each_time(clone):
    status, _, asked = clone("make", "course")
    assert status == 0
    assert "-m venv" in asked
    assert "pip install --quiet --no-input -c constraints.txt -e .[course]\n" in asked
    status, said, asked = clone("make", "course")
    assert status == 0 and asked == "-m tl_helpers run\n-m tl_helpers site\n"
    assert "Installing" not in said and said.splitlines()[-1] == "Open: index.html"


def test_the_site_alone(clone):
    status, _, asked = clone("make", "site")
    assert status == 0 and "-e .[course]" in asked and asked.endswith("-m tl_helpers site\n")
    assert "tl_helpers run" not in asked


def test_tests_bring_the_course_along(clone):
    status, _, asked = clone("make", "test")
    assert status == 0 and "-e .[course,test]" in asked
    assert "pip" not in clone("make", "course")[2]


def test_a_changed_lock_installs_again(clone, tmp_path):
    clone("make", "course")
    later = (tmp_path / ".venv" / ".installed-course").stat().st_mtime + 10
    os.utime(tmp_path / "constraints.txt", (later, later))
    assert "pip install" in clone("make", "course")[2]


@pytest.mark.parametrize(
    ("variables", "parts"),
    [
        ({"OLD": "1"}, ["Python 3.10 or later is needed", "Python 3.8.1", "make PYTHON="]),
        ({"PYTHON": "no-such-python"}, ["Python 3.10 or later is needed", "missing"]),
        ({"NOVENV": "1"}, ["cannot make virtual environments", "python3-venv"]),
        ({"PIP": "1"}, ["FAILED: the installation", "No network?"]),
        ({"RUN": "1"}, ["not every notebook ran", "make doctor"]),
        ({"SITE": "1"}, ["the site was not built", "make site"]),
    ],
)
def test_a_failing_step_says_what_to_do(clone, variables, parts):
    status, said, _ = clone("make", "course", **variables)
    assert status != 0
    for part in ["FAILED", "->", *parts]:
        assert part in said


def test_a_failed_installation_is_not_taken_for_done(clone):
    clone("make", "course", PIP="1")
    assert "pip install" in clone("make", "course")[2]


@pytest.mark.parametrize(
    ("summary", "failing"),
    [("===== 5 passed, 1 skipped in 61.20s (0:01:01) =====", "0"), ("1 failed in 3.00s", "1")],
)
def test_ci_ends_with_the_summary_of_pytest(clone, summary, failing):
    status, said, _ = clone(".ci/run", SUMMARY=summary, TESTS_FAIL=failing)
    assert (status != 0) == (failing == "1")
    assert said.splitlines()[-1] == summary


def test_ci_without_any_test_says_so(clone):
    status, said, _ = clone(".ci/run", PIP="1")
    assert status != 0 and said.splitlines()[-1].startswith("No test was run")
