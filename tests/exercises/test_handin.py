"""What a learner hands in: counted from the own record, and read with care."""

from __future__ import annotations

import json

import pytest

from tl_helpers import exercises
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError
from tl_helpers.exercises import Choice, Exercise, Mistake, desk, handin, record

SLIPS = {"b": "That is the validation loss.", "c": "That is the majority class.", "d": "A guess."}
BET = Exercise(
    "demo-bet",
    "00_demo",
    "Which is it?",
    Choice({"a": "the test loss", **dict.fromkeys(SLIPS, "another")}, "a"),
    tuple(Mistake(says, (key,)) for key, says in SLIPS.items()),
    ("Think.",),
    'answer = "a"',
)


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(desk, "_hints", {})
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache" / "progress.json"


def test_wrong_answers_are_counted_by_what_they_show(own_progress):
    for answer in ("b", "b", "c", "x", ..., "a"):
        exercises.check(BET, answer)
    kept = json.loads(own_progress.read_text("utf-8"))["demo-bet"]
    assert kept["wrong"] == {SLIPS["b"]: 2, SLIPS["c"]: 1, "": 1}
    assert kept["tries"] == 5 and kept["done"] is True  # "..." is no attempt


def test_a_record_of_an_earlier_edition_or_one_that_was_edited_goes_on(own_progress):
    for wrong in ({}, {"wrong": None}, {"wrong": [1]}):
        record.note("demo-bet", tries=1)
        kept = json.loads(own_progress.read_text("utf-8"))
        own_progress.write_text(json.dumps({"demo-bet": {**kept["demo-bet"], **wrong}}), "utf-8")
        assert record.note("demo-bet", tries=1, slip="x") == ""
        assert record.read()["demo-bet"]["wrong"] == {"x": 1}
        own_progress.unlink()


def test_one_file_without_answers(tmp_path, capsys):
    exercises.check(BET, "b")
    exercises.predict(BET, "c")
    record.note("demo-seen", solution_seen=True)  # looked at, and never tried
    path = exercises.export("  Ada\n Lovelace ")
    assert path == tmp_path / "progress-Ada-Lovelace.json"
    one = handin.read(path)
    assert one.learner == "Ada Lovelace" and one.done == 0
    assert one.exercises == {"demo-bet": handin.Entry(tries=1, wrong={SLIPS["b"]: 1})}
    assert "prediction" not in path.read_text("utf-8")
    assert "0 of 1 exercises" in capsys.readouterr().out
    exercises.check(BET, "a")
    assert handin.read(exercises.export("Ada Lovelace")).done == 1  # over the earlier one
    assert exercises.export("李", tmp_path / "mine.json").name == "mine.json"


@pytest.mark.parametrize("name", ["", "  ", None, 3, "...", "a" * 81])
def test_a_name_that_is_none(name):
    exercises.check(BET, "b")
    with pytest.raises(BadValue, match="name"):
        exercises.export(name)


def test_nothing_to_export_and_a_damaged_record(own_progress, tmp_path):
    with pytest.raises(CourseError, match=r"no progress to export yet(.|\n)*TL_PROGRESS"):
        exercises.export("Ada")
    own_progress.parent.mkdir(exist_ok=True)
    for bad in ({"tries": "many"}, {"tries": -1}, {"tries": 1, "wrong": {"a": "b"}}):
        own_progress.write_text(json.dumps({"demo-bet": {"tries": 1, **bad}}), "utf-8")
        with pytest.raises(BrokenFile, match="damaged"):
            exercises.export("Ada")
    assert not list(tmp_path.glob("*.json"))


def test_another_file_is_not_written_over(tmp_path):
    exercises.check(BET, "b")
    for name, content in {"a.json": "{}", "b.txt": "my thesis"}.items():
        (tmp_path / name).write_text(content, "utf-8")
        with pytest.raises(BadValue, match="no exported progress"):
            exercises.export("Ada", name)
        assert (tmp_path / name).read_text("utf-8") == content


@pytest.fixture
def good():
    exercises.check(BET, "b")
    return json.loads(exercises.export("Ada").read_text("utf-8"))


@pytest.mark.parametrize(
    "change",
    [
        {"format": "tl-progress-2"},
        {"learner": ""},
        {"learner": "\x1b[2J"},
        {"learner": "a" * 81},
        {"date": "yesterday"},
        {"exercises": []},
        {"exercises": {"demo-bet": {"tries": -1}}},
        {"exercises": {"demo-bet": {"tries": True}}},
        {"exercises": {"demo-bet": {"tries": 1e99}}},
        {"exercises": {"demo-bet": {"wrong": {"\x07": 1}}}},
        {"exercises": {"demo-bet": {"secret": 1}}},
        {"more": 1},
    ],
)
def test_a_damaged_file_is_named(good, tmp_path, change):
    path = tmp_path / "handed.json"
    path.write_text(json.dumps({**good, **change}), "utf-8")
    with pytest.raises(BrokenFile, match=r"handed\.json is damaged(.|\n)*tl progress --export"):
        handin.read(path)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"\xff\xfe\x00", b'{"demo-bet": {"done": true, "tries": 1}}']
)
def test_a_foreign_file_is_named(tmp_path, content):
    path = tmp_path / "notes.json"
    path.write_bytes(content)
    with pytest.raises(BrokenFile, match=r"notes\.json is no exported progress"):
        handin.read(path)


def test_huge_deep_cut_and_missing_files(good, tmp_path):
    path = tmp_path / "a.json"
    whole = json.dumps(good)
    path.write_text(whole + " " * 2**20, "utf-8")
    with pytest.raises(BrokenFile, match="too large"):
        handin.read(path)
    for content in (whole[:-20], whole.replace("{", "[" * 10_000, 1)):
        path.write_text(content, "utf-8")
        with pytest.raises(BrokenFile, match="damaged"):
            handin.read(path)
    with pytest.raises(BrokenFile, match="cannot be read"):
        handin.read(tmp_path / "nowhere.json")
    path.write_text("\ufeff" + whole, "utf-8")
    assert handin.read(path).learner == "Ada"


def test_what_the_course_says_can_be_handed_in():
    for exercise in exercises.everything().values():
        for mistake in exercise.mistakes:
            handin.Entry(wrong={mistake.says: 1})
            assert exercise.slip(f"Before. {mistake.says} (after)")


@pytest.mark.parametrize("handed", [False, True])
def test_what_was_done_elsewhere_is_marked_and_nothing_is_lost(own_progress, tmp_path, handed):
    record.note("dist-pmi", tries=2)
    record.note("start-chance", done=True, tries=1)
    entries = {
        "dist-pmi": {"done": True, "tries": 7},
        "start-chance": {"done": False},
        "no-such": {"done": True},
    }
    whole = {"format": "tl-progress-1", "learner": "A", "exercises": entries}
    file = tmp_path / "from-elsewhere.json"
    file.write_text("\ufeff" + json.dumps(whole if handed else entries), "utf-8")
    assert exercises.merge(file) == 1 and exercises.merge(file) == 0
    kept = record.read()
    assert kept["dist-pmi"]["done"] is True and kept["dist-pmi"]["tries"] == 2
    assert kept["start-chance"]["done"] is True and "no-such" not in kept


def test_what_was_solved_on_the_site_can_be_handed_in(own_progress, tmp_path):
    slip = exercises.find("dist-shift").mistakes[0].says
    entry = {"done": True, "tries": 2, "solution seen": False, "wrong": {slip: 1, "x": 9, "": "y"}}
    file = tmp_path / "from-the-site.json"
    file.write_text(json.dumps({"dist-shift": entry}), "utf-8")
    assert exercises.merge(file) == 1
    kept = record.read()["dist-shift"]
    assert kept["done"] is True and kept["tries"] == 2 and kept["wrong"] == {slip: 1}
    handed = handin.read(exercises.export("Ada", tmp_path / "ada.json"))
    assert handed.exercises["dist-shift"].done and handed.exercises["dist-shift"].tries == 2


@pytest.mark.parametrize(
    "content", ["", "[]", "3", "{]", '{"format": "tl-progress-1"}', '{"a": 1}']
)
def test_a_file_without_progress_changes_nothing(own_progress, tmp_path, content):
    file = tmp_path / "x.json"
    file.write_text(content, "utf-8")
    with pytest.raises(BrokenFile, match="is no progress of this course"):
        exercises.merge(file)
    with pytest.raises(BrokenFile, match=r"cannot be read: No such file"):
        exercises.merge(tmp_path / "nothing.json")
    assert not own_progress.exists()
