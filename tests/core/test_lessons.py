"""Lessons: their files are read whole or refused with file and line, and nothing stands twice."""

from __future__ import annotations

import re
from pathlib import Path

import lesson_factory
import pytest
from lesson_factory import claim, write

from tl_helpers.core import lessons, records
from tl_helpers.core.errors import BadValue, BrokenFile, UnknownName
from tl_helpers.data import registry
from tl_helpers.lesson import Lesson
from tl_helpers.measure import claims

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    write(tmp_path, "31_one", claim(), claim("it-hurts", direction="<0"))
    return tmp_path


# ------------------------------------------------------------------------------- the course's own


def test_every_notebook_has_a_folder_and_every_folder_a_notebook():
    home = ROOT / "notebooks" / "tl_lessons"
    folders = {path.parent.name for path in home.glob("*/__init__.py")}
    assert {lessons.of(name).folder for name in NOTEBOOKS} == folders
    assert set(lessons.every()) == NOTEBOOKS
    assert {path.parent.name for path in home.glob("*/lesson.toml")} == folders


def test_the_map_has_every_notebook_once_written_or_planned():
    rows = lessons.rows()
    assert len({row.number for row in rows}) == len(rows) == 25
    assert {row.notebook for row in rows if row.ready} == NOTEBOOKS
    assert not NOTEBOOKS & {row.notebook for row in lessons.plan().planned}
    themes = [theme.name for theme in lessons.plan().theme]
    assert list(dict.fromkeys(row.theme for row in rows)) == [lessons.START, *themes]
    assert len(themes) == 4


def test_what_lessons_need_is_in_the_catalogue():
    known = {*registry.entries("model"), *registry.entries("dataset")}
    for facts in lessons.every().values():
        assert set(facts.hub) <= known, facts.notebook


def test_each_folder_is_the_lesson_that_its_notebook_imports():
    import importlib

    for facts in lessons.every().values():
        lesson = importlib.import_module(f"tl_lessons.{facts.folder}").lesson
        assert (lesson.notebook, lesson.title) == (facts.notebook, facts.title)
        assert [*lesson.promises] == [promise.id for promise in facts.claim]


def test_old_names_lead_to_notebooks_that_are_there():
    moved = lessons.moved()
    assert moved["13_objectives_and_scale"] == ["14_objectives", "15_scale_and_cost"]
    assert not set(moved) & NOTEBOOKS
    assert {name for now in moved.values() for name in now} <= NOTEBOOKS


def _moved(course, was, now):
    place = course / "notebooks" / "tl_lessons" / "course.toml"
    row = f'\n[[moved]]\nwas = "{was}"\nnow = ["{now}"]\n'
    place.write_text(place.read_text("utf-8") + row, "utf-8")


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [("31_one", "31_one", "31_one is a notebook"), ("30_old", "32_lost", "there is no 32_lost")],
)
def test_an_old_name_that_is_wrong_is_refused(course, was, now, said):
    _moved(course, was, now)
    with pytest.raises(BrokenFile, match=rf"line \d+: {said}"):
        lessons.moved()


def test_what_was_done_counts_where_the_exercise_is_now(tmp_path, monkeypatch):
    """The file of a learner of the first edition, whose exercise stood in notebook 12."""
    from tl_helpers import exercises

    progress = tmp_path / "progress.json"
    progress.write_text('{"ctx-order": {"done": true, "tries": 1}, "obj-first": {"done": true}}')
    monkeypatch.setenv("TL_PROGRESS", str(progress))
    for notebook in ("13_discovery", "14_objectives"):
        assert exercises.progress(notebook).done == 1
    assert exercises.progress("12_contextual_representations").done == 0


# ----------------------------------------------------------------------------------- the lesson


def test_a_claim_takes_its_bar_from_the_file(course, capsys):
    lesson = Lesson(course / "notebooks" / "tl_lessons" / "one" / "__init__.py")
    helps = lesson.claim("it-helps", 5.0, ci=(4.0, 6.0), n=5)
    assert (helps.minimum, helps.unit, helps.sentence) == (2.0, "accuracy points", "It helps.")
    assert helps.verdict == "supported" and "✓ Supported" in capsys.readouterr().out
    assert lesson.claim("it-hurts", 5.0, ci=(4.0, 6.0), n=5).verdict == "contradicted"
    assert lesson.claim("it-helps", 1.0, ci=(0.5, 1.5), n=5).verdict == "contradicted"
    path = lessons.path_of("31_one")
    path.write_text(path.read_text().replace("minimum = 2.0", "minimum = 7"))
    assert Lesson(path).claim("it-helps", 5.0, ci=(4.0, 6.0), n=5).verdict == "contradicted"


def test_an_unknown_claim_is_an_error_at_once_and_names_those_of_the_lesson(course):
    lesson = Lesson(lessons.path_of("31_one"))
    with pytest.raises(UnknownName, match=r"of 31_one: 'it-help'(.|\n)*it-helps, it-hurts"):
        lesson.claim("it-help", 5.0, ci=(4.0, 6.0), n=5)
    with pytest.raises(BadValue, match="no interval"):
        lesson.claim("it-helps", 5.0)


def test_a_card_of_an_older_bar_is_noticed(course):
    lesson = Lesson(lessons.path_of("31_one"))
    recorded = [
        lesson.claim("it-helps", 5.0, ci=(4.0, 6.0), n=5),
        lesson.claim("it-hurts", -5.0, ci=(-6.0, -4.0), n=5),
    ]
    assert claims.check(recorded, claims.registry()) == []
    write(course, "31_one", claim(minimum=3.0), claim("it-hurts", direction="<0"))
    (problem,) = claims.check(recorded, claims.registry())
    assert problem.startswith("it-helps: its card shows another promise")


# ------------------------------------------------------------------------------- malformed files


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('direction = ">0"', 'direction = ">=0"', 9, "claim 1 direction: Input should be '>0'"),
        ("minimum = 2.0\n", "minimum = -2\n", 10, "claim 1 minimum: .*greater than or equal to 0"),
        ("minimum = 2.0\n", "minimum = nan\n", 10, "claim 1 minimum: "),
        ("minimum = 2.0\n", "", 6, "claim 1: .*take the field minimum"),
        ("minimum = 2.0\n", "minimum = 2.0\nmargin = 1.0\n", 6, "and neither about nor margin"),
        ('direction = ">0"\n', 'direction = "about"\n', 6, "takes the fields about and margin"),
        ('unit = "accuracy points"', 'unit = "u"\noutcome = "green"', 12, "claim 1 outcome: Input"),
        ("minimum = 2.0\n", 'minimum = "two"\n', 10, "claim 1 minimum: Input should be a valid nu"),
        ('id = "it-helps"', "id = 3", 7, "claim 1 id: Input should be a valid string"),
        ('id = "it-hurts"', 'id = "It Hurts"', 14, "claim 2 id: String should match"),
        ('sentence = "It helps."\n', "", 6, "claim 1 sentence: Field required"),
        ('unit = "accuracy points"', 'unit = " "', 11, "claim 1 unit: String should match"),
        ('unit = "accuracy points"', 'unit = "u"\nbar = 1', 12, "claim 1 bar: Extra inputs"),
        ('question = "Why?"', 'question = "Because."', 4, "question: String should match"),
        ('title = "T"\n', "", 1, "title: Field required"),
        ('title = "T"\n', 'title = "T"\nhub = "gpt2"\n', 3, "hub: Input should be a valid list"),
        ('notebook = "31_one"', 'notebook = "one"', 1, "notebook: String should match"),
        ('notebook = "31_one"', 'notebook = "31_two"', 1, "folder of 31_two is called one"),
        ('notebook = "31_one"', 'notebook = "33_one"', 1, "number 33 is taken by .*course.toml"),
        ('theme = "Adaptation"', 'theme = "Adaption"', 3, "'Adaption' is no theme"),
        ('title = "T"', "title = ", 2, "Invalid value"),
        ('unit = "accuracy points"\n', 'unit = "accuracy points\n', 11, "Illegal character"),
        ('unit = "accuracy points"\n', 'unit = """accuracy\n', 18, "Unterminated string"),
        ('[[claim]]\nid = "it-hurts"', '[[claim]\nid = "it-hurts"', 13, "Expected"),
    ],
)
def test_a_malformed_lesson_is_named_with_file_and_line(course, old, new, line, says):
    path = lessons.path_of("31_one")
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new, 1))
    with pytest.raises(BrokenFile, match=rf"one/lesson.toml, line {line}: .*{says}"):
        lessons.every()


def test_other_broken_files(course):
    plan = course / "notebooks" / "tl_lessons" / "course.toml"
    plan.write_text(lesson_factory.PLAN.replace("What if there are no labels?", "No labels."))
    with pytest.raises(BrokenFile, match=r"course.toml, line 10: planned 1 question: "):
        lessons.rows()
    plan.unlink()
    with pytest.raises(BrokenFile, match="course.toml is missing(.|\n)*git checkout"):
        lessons.rows()
    lessons.path_of("31_one").write_bytes(b"notebook = \xff")
    with pytest.raises(BrokenFile, match="one/lesson.toml is not UTF-8"):
        Lesson(lessons.path_of("31_one"))


def test_an_id_of_two_claims_is_refused_when_the_lesson_is_read(course):
    write(course, "31_one", claim(), claim("it-hurts"), claim())
    path = lessons.path_of("31_one")
    lines = path.read_text().splitlines()
    first, second = (n for n, line in enumerate(lines, 1) if line == 'id = "it-helps"')
    says = f"{path}, line {second}: the claim 'it-helps' stands twice; it is also in line {first}"
    for read in (lessons.every, lessons.rows, lambda: Lesson(path)):
        with pytest.raises(BrokenFile, match=re.escape(says)):
            read()


def test_two_lessons_of_one_notebook_are_named_with_both_files(course):
    first = lessons.path_of("31_one")
    second = first.parent.with_name("two") / "lesson.toml"
    second.parent.mkdir()
    second.write_text(first.read_text())
    with pytest.raises(BrokenFile, match=f"{second}, line 1: the number 31 is taken by {first}"):
        lessons.every()


def test_an_unknown_lesson_is_refused(course):
    with pytest.raises(UnknownName, match="Unknown lesson '31_on'(.|\n)*'31_one'"):
        lessons.of("31_on")


@pytest.mark.parametrize(
    ("text", "place", "line"),
    [
        ("a = 1\n[[b]]\nc = 2", ("b", 0, "c"), 3),
        ("[[b]]\nc = 2\n[[b]]\nd = 2", ("b", 0, "d"), 1),
        ("[[b]]\nc = 2\n[[b]]\nd = 2", ("b", 1, "c"), 3),
        ("b = [1, 2]\n", ("b", 1), 1),
        ("x = 1\na = 1", ("a",), 2),
        ("x = 1", ("a",), 1),
        ("", ("a",), 1),
    ],
)
def test_where_a_key_stands(text, place, line):
    assert records.line_of(text, place) == line


def test_no_other_place_lists_the_lessons():
    """A lesson's name stands in its folder; nothing in the package has to know it."""
    for path in (ROOT / "tl_helpers").rglob("*.py"):
        text = path.read_text("utf-8")
        named = {name for name in NOTEBOOKS if text.count(f'"{name}"')}
        assert len(named) < 3, f"{path} lists lessons: {sorted(named)}"
