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
  "-m pip"*) sleep ${PIP_SECONDS:-0}; exit ${PIP:-0} ;;
  "-m tl_helpers shelf fetch --try") exit ${SHELF:-0} ;;
  "-m tl_helpers run") echo ran; exit ${RUN:-0} ;;
  "-m tl_helpers site") echo "Open: index.html"; exit ${SITE:-0} ;;
  "-m pytest"*) echo "${SUMMARY:-5 passed in 1.00s}"; exit ${TESTS_FAIL:-0} ;;
esac
"""


# What the recipes need from the system; the browser and the ways to get one are stand-ins.
TOOLS = (
    "bash cat cp cut date dirname echo env find grep id ln make mkdir mktemp rm sed sh sort tail"
    " sleep tee test touch tr true uname"
).split()

# Plays apt-get: puts a browser in place, unless told to fail (once, or always).
APT = """#!/bin/sh
echo "apt-get $*" >> "$LOG"
case "$*" in
  *update*) touch "$BIN/lists" ;;
  *install*)
    [ "${APT_FAILS:-}" = always ] && { echo "no such package"; exit 100; }
    [ "${APT_FAILS:-}" = once ] && [ ! -e "$BIN/lists" ] && exit 100
    cp "$BIN/true" "$BIN/chromium" ;;
esac
"""
SUDO = """#!/bin/sh
echo "sudo $*" >> "$LOG"
[ "$1" = -n ] && [ -z "${PASSWORD:-}" ] || exit 1
shift; "$@"
"""


def put(path, text):
    path.write_text(text, "utf-8")
    path.chmod(0o755)


@pytest.fixture
def clone(tmp_path):
    bin = tmp_path / "bin"
    bin.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (bin / tool).symlink_to(found)
    put(bin / "chromium", "#!/bin/sh\n")
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "tests" / "support").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "support" / "chromium.sh", tmp_path / "tests" / "support")
    python = tmp_path / "python-stand-in"
    python.write_text(PYTHON, "utf-8")
    python.chmod(0o755)
    log = tmp_path / "log"

    def run(*command, terminal=subprocess.PIPE, **variables):
        log.write_text("", "utf-8")
        env = {
            **os.environ,
            "LOG": str(log),
            "PYTHON": str(python),
            "MAKEFLAGS": "",
            "MAKELEVEL": "0",  # as if make had not started these tests
            "PATH": str(bin),
            "BIN": str(bin),
            "APPS": "/nowhere",
            **variables,
        }
        env.pop("TL_BROWSER", None)
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=env,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=terminal,
            stderr=terminal,
        )
        said = f"{done.stdout or ''}{done.stderr or ''}"
        return done.returncode, said, log.read_text("utf-8")

    return run


def test_course_installs_once_and_runs_each_time(clone):
    status, _, asked = clone("make", "course")
    assert status == 0
    assert "-m venv" in asked
    assert "pip install --quiet --no-input -c constraints.txt -e .[course]\n" in asked
    status, said, asked = clone("make", "course")
    fetched = "-m tl_helpers shelf fetch --try\n"
    did = "".join(f"-m tl_helpers {command}\n" for command in ("run", "slides", "site"))
    assert status == 0 and asked == fetched + did
    assert "Installing" not in said and said.splitlines()[-1] == "Open: index.html"


def test_a_log_hears_from_a_long_installation_and_a_terminal_sees_all_of_it(clone, tmp_path):
    status, said, _ = clone("make", "install", BEAT="1", PIP_SECONDS="3")
    assert status == 0 and "  still installing ...\n" in said
    status, said, _ = clone("make", "install", BEAT="1", PIP="1", PIP_SECONDS="3")
    assert status == 0 and "installing" not in said  # it is there already
    (tmp_path / ".venv" / ".installed-course").unlink()
    ours, theirs = os.openpty()
    status, _, asked = clone("make", "install", terminal=theirs, BEAT="1", PIP_SECONDS="3")
    os.close(theirs)
    assert status == 0 and "-m pip install --no-input -c constraints.txt" in asked
    assert b"still installing" not in os.read(ours, 10_000)
    os.close(ours)


@pytest.mark.parametrize("target", ["course", "test", "shelf"])
def test_a_shelf_that_cannot_be_filled_is_a_line_and_no_failure(clone, target):
    status, said, asked = clone("make", target, SHELF="1")
    assert status == 0 and asked.count("-m tl_helpers shelf fetch --try\n") == 1
    assert said.count("is not complete (see above); the stored results are shown.\n") == 1
    assert ("tl_helpers run" in asked, "-m pytest" in asked) == (
        target == "course",
        target == "test",
    )
    assert "not complete" not in clone("make", target)[1]


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
        ({"OLD": "1"}, ["Python 3.11 or later is needed", "Python 3.8.1", "make PYTHON="]),
        ({"PYTHON": "no-such-python"}, ["Python 3.11 or later is needed", "missing"]),
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


@pytest.fixture
def without_browser(clone, tmp_path):
    """A clone on a machine without a browser; ``apt`` and ``root`` say what the machine has."""
    bin = tmp_path / "bin"

    def run(target, apt=True, root=True, **variables):
        (bin / "chromium").unlink(missing_ok=True)
        put(bin / "apt-get", APT) if apt else (bin / "apt-get").unlink(missing_ok=True)
        (bin / "id").unlink()
        put(bin / "id", f"#!/bin/sh\necho {0 if root else 1000}\n")
        put(bin / "sudo", SUDO)
        return clone("make", target, **variables)

    return run


def test_a_browser_that_is_there_is_left_alone(clone):
    status, said, asked = clone("make", "test")
    assert status == 0 and "apt-get" not in asked and "hromium" not in said


@pytest.mark.parametrize("root", [True, False])
def test_a_missing_browser_is_installed_where_nobody_is_asked(without_browser, root):
    status, said, asked = without_browser("test", root=root)
    assert status == 0 and "Installing Chromium" in said
    assert ("sudo -n" in asked) != root
    calls = [line for line in asked.splitlines() if line.startswith("apt-get")]
    assert len(calls) == 1 and "install --no-install-recommends chromium fonts-" in calls[0]
    assert "-m pytest" in asked.splitlines()[-1]


def test_the_package_lists_are_fetched_when_they_are_missing(without_browser):
    status, said, asked = without_browser("chromium", APT_FAILS="once")
    calls = [line.split()[-1 if "update" in line else -3] for line in asked.splitlines()]
    assert status == 0 and calls == ["chromium", "update", "chromium"]
    assert "not installed" not in said


@pytest.mark.parametrize(
    ("machine", "said_too"),
    [
        ({"apt": False}, "set TL_BROWSER"),
        ({"root": False, "PASSWORD": "needed"}, "no right to install it. -> sudo apt install"),
        ({"APT_FAILS": "always"}, "build/chromium.log says why"),
    ],
)
def test_without_a_browser_one_line_says_what_to_do(without_browser, machine, said_too):
    status, said, asked = without_browser("test", **machine)
    assert status == 0 and "-m pytest" in asked  # the other tests run
    lines = [line for line in said.splitlines() if line.startswith("Browser tests:")]
    assert len(lines) == 1 and said_too in lines[0] and "->" in lines[0]


def test_make_browser_runs_the_browser_tests_only_and_demands_a_browser(clone, tmp_path):
    status, _, asked = clone("make", "browser")
    assert status == 0 and "-m browser tests" in asked
    put(tmp_path / ".venv" / "bin" / "python", '#!/bin/sh\necho "CI=$CI"\n')
    assert "CI=true" in clone("make", "browser")[1]


def test_lab_opens_copies(clone):
    status, _, asked = clone("make", "lab")
    assert status == 0 and asked.splitlines()[-1].strip() == "-m tl_helpers lab"
    assert clone("make", "lab", NOTEBOOK="10")[2].strip() == "-m tl_helpers lab 10"


def test_coverage_names_the_lines(clone):
    status, _, asked = clone("make", "coverage")
    assert status == 0 and "-m coverage run -m pytest -q" in asked
    assert asked.endswith("-m coverage report --show-missing --skip-covered\n")


def test_ci_says_that_it_is_ci(clone, tmp_path):
    python = tmp_path / ".venv" / "bin" / "python"
    assert clone(".ci/run")[0] == 0
    put(python, '#!/bin/sh\necho "CI=$CI"; echo "1 passed in 1.00s"\n')
    assert "CI=true\n" in clone(".ci/run")[1]
