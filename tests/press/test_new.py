"""A further lesson: it runs from the first minute, or nothing of it is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import caller
from lesson_factory import claim, write

from tl_helpers.core import lessons, records
from tl_helpers.core.errors import BadValue, CourseError, UnknownName
from tl_helpers.measure import claims
from tl_helpers.press import bootstrap, new, notebooks
from tl_helpers.press.site import content

ROOT = Path(__file__).resolve().parents[2]
NAME = "33_domain_adaptation"
PLANNED = "49_own"  # in a copy of the course
PLAN = f"""
[[planned]]
notebook = "{PLANNED}"
title = "Own"
theme = "Discussion"
question = "Which prejudices come along?"
"""


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one lesson, with another one planned."""
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    write(tmp_path, "31_one")
    return tmp_path


@pytest.mark.slow
def test_a_new_lesson_runs_keeps_its_promise_and_is_on_the_map(tmp_path, monkeypatch):
    """In a copy of the course, as a contributor would do it."""
    for part in ("tl_helpers", "notebooks/tl_lessons", "tests"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, tmp_path / part, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")
    with (tmp_path / "notebooks" / "tl_lessons" / "course.toml").open(
        "a", encoding="utf-8"
    ) as plan:
        plan.write(PLAN)
    path = f"{tmp_path}:{tmp_path / 'notebooks'}"

    def there(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert f"tl run {PLANNED}" in there("tl_helpers", "new", PLANNED)
    there("tl_helpers", "run", PLANNED, "--profile", "quick")
    said = there("pytest", "-q", "tests/exercises/test_engine.py", "-k", "own-share")
    assert re.search(r"1\d passed", said), said
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    executed = tmp_path / "build" / "notebooks" / f"{PLANNED}.ipynb"
    recorded = claims.collect([executed])
    assert [record.verdict for record in recorded] == ["supported"]
    assert claims.check(recorded, claims.registry(), [PLANNED]) == []
    nothing = [replace(record, effect=0.0) for record in recorded]
    assert claims.check(nothing, claims.registry(), [PLANNED]) != []
    row = next(row for row in lessons.rows() if row.notebook == PLANNED)
    assert row.ready and row.question == "Which prejudices come along?"
    pages, _ = content.collect(tmp_path / "build")
    assert f"49 Own <{PLANNED}>" in content.map_page(pages)
    source = notebooks.find([PLANNED])[0]
    assert bootstrap.problems(notebooks.read(source), PLANNED) == []
    warned = [line for line in notebooks.warnings(executed) if "lines of code" in line]
    assert warned == []
    made = [source, *lessons.path_of(PLANNED).parent.glob("*.py")]
    for check in (["check"], ["format", "--check"]):
        todo = made if check == ["check"] else made[1:]
        config = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
        command = [sys.executable, "-m", "ruff", *check, *config, *map(str, todo)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_it_leaves_the_plan_and_nothing_else_changes(course):
    plan = course / "notebooks" / "tl_lessons" / "course.toml"
    before, rows = plan.read_text(), lessons.rows()
    made = new.make(NAME)
    assert [path.name for path in made] == [
        "__init__.py",
        "exercises.py",
        "exercises.toml",
        "lesson.toml",
        f"{NAME}.ipynb",
    ]
    assert before.startswith(plan.read_text().rstrip()) and "planned" not in plan.read_text()
    assert [row.notebook for row in lessons.rows()] == [row.notebook for row in rows]
    facts = lessons.of(NAME)
    assert facts.title == "Domain adaptation" and facts.hub == []
    text = "\n".join(cell.source for cell in notebooks.read(made[-1]).cells)
    assert "${" not in text and all(f'"{promise.id}"' in text for promise in facts.claim)


def test_one_that_is_not_planned(course):
    said = {"theme": "Adaptation", "question": 'Does "prompting" need labels?'}
    new.make("38_prompts", **said)
    facts = lessons.of("38_prompts")
    assert (facts.title, facts.question) == ("Prompts", said["question"])
    assert [row.notebook for row in lessons.plan().planned] == [NAME]


def test_its_ids_begin_as_those_of_no_other_lesson(course):
    write(course, "31_one", claim("domain-shift"))
    path = new.make(NAME)[-1]
    assert [promise.id for promise in lessons.of(NAME).claim] == ["domain33-example"]
    assert notebooks.read(path).cells[0].id == "domain33-00"
    assert len(claims.registry()) == 2


UNPLANNED = {"theme": "Adaptation", "question": "Why?"}


@pytest.mark.parametrize(
    ("notebook", "options", "error", "message"),
    [
        ("31_one", {}, BadValue, "31_one is there already"),
        (NAME, {"theme": "Adaption"}, UnknownName, "theme 'Adaption'(.|\n)*'Adaptation'"),
        ("domain_adaptation", UNPLANNED, BadValue, "not the name of a notebook(.|\n)*two digits"),
        ("33-domain", UNPLANNED, BadValue, "not the name of a notebook"),
        ("34_Domain", UNPLANNED, BadValue, "not the name of a notebook"),
        ("../34_a", UNPLANNED, BadValue, "not the name of a notebook"),
        ("34_a", {"question": "Why?"}, BadValue, "theme is not known(.|\n)*--theme(.|\n)*33_dom"),
        ("34_a", {"theme": "Adaptation"}, BadValue, "question is not known(.|\n)*--question"),
        ("34_a", UNPLANNED | {"question": "No."}, BadValue, "question: String should match"),
        ("33_other", UNPLANNED, BadValue, "cannot stand beside 33_domain_adaptation"),
        ("31_two", UNPLANNED, BadValue, "cannot stand beside 31_one"),
        ("34_one", UNPLANNED, BadValue, "cannot stand beside 31_one"),
    ],
)
def test_what_cannot_be_made_is_refused_and_nothing_is_written(
    course, notebook, options, error, message
):
    before = everything(course)
    with pytest.raises(error, match=message):
        new.make(notebook, **options)
    assert everything(course) == before


@pytest.mark.parametrize("step", ["write_text", "atomic_folder", "notebook", "interrupted"])
def test_a_failure_on_the_way_leaves_nothing_behind(course, monkeypatch, step):
    before = everything(course)
    failure = CourseError("The disk is full.") if step != "interrupted" else KeyboardInterrupt()

    def fail(*_: object) -> None:
        raise failure

    if step in ("write_text", "atomic_folder"):
        monkeypatch.setattr(new.files, step, fail)
    else:
        monkeypatch.setattr(new.notebooks, "write", fail)
    with pytest.raises(type(failure)):
        new.make(NAME)
    assert everything(course) == before
    assert not (course / "notebooks" / "tl_lessons" / "domain_adaptation").exists()


def test_the_command_says_what_is_wrong_in_one_message(course, capfd):
    tl = caller(capfd)
    assert tl("new")[0] == 2
    status, _, err = tl("new", "31_one")
    assert status == 1 and err.startswith("Error: The notebook 31_one is there already.\n  -> ")
    status, out, _ = tl("new", NAME)
    assert status == 0 and f"tl refresh {NAME}" in out
    assert tl("new", NAME)[0] == 1


def test_the_skeleton_is_whole(course):
    """What is shipped is read: no file of it is forgotten in a package."""
    parts = {path.name for path in (new.SKELETON / "lesson").iterdir()}
    assert parts == {"__init__.py.txt", "exercises.py.txt", "exercises.toml", "lesson.toml"}
    new.make(NAME)
    assert records.read(lessons.path_of(NAME), lessons.Facts).notebook == NAME
