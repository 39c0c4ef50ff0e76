"""A class: who has finished what, what was hard, and which files were not counted."""

from __future__ import annotations

import json
import socket

import pytest
from command_line import caller

from tl_helpers import exercises

MORNING, NOON = "2026-11-30T08:00:00+00:00", "2026-11-30T12:00:00+00:00"
PMI, WINDOW = (exercises.find(id) for id in ("dist-pmi", "dist-window"))
SLIP, OTHER = (mistake.says for mistake in PMI.mistakes[:2])


@pytest.fixture
def tl(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return caller(capsys)


@pytest.fixture
def hand_in(tmp_path):
    """Write the file of a learner into the folder of the class."""
    folder = tmp_path / "class"
    folder.mkdir()

    def write(file, learner, date=NOON, **entries):
        content = {
            "format": "tl-progress-1",
            "learner": learner,
            "date": date,
            "exercises": {id.replace("_", "-"): entry for id, entry in entries.items()},
        }
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(json.dumps(content), "utf-8")

    return write


@pytest.fixture
def a_class(hand_in):
    done = {"done": True, "tries": 1}
    hand_in("a.json", "Ada", dist_pmi={**done, "tries": 3, "wrong": {SLIP: 2}}, dist_window=done)
    hand_in("sub/b.json", "Ben", dist_pmi={**done, "tries": 9, "wrong": {SLIP: 7, OTHER: 1}})
    hand_in("c.json", "Cleo", dist_pmi={"tries": 2, "solution_seen": True, "wrong": {"": 2}})


def test_who_finished_what_and_what_went_wrong(tl, a_class):
    status, out, _ = tl("class", "class")
    lines = out.splitlines()
    assert status == 0 and lines[0] == "3 learners" and "Please note" not in out
    of = len(exercises.of("10_distributional_hypothesis"))
    rows = {
        line.split()[0]: line.split()[1:] for line in lines if line[:3] in ("Ada", "Ben", "Cle")
    }
    assert rows == {
        "Ada": [f"2/{of}", "2", "0"],
        "Ben": [f"1/{of}", "1", "0"],
        "Cleo": [f"0/{of}", "0", "0"],
    }
    [hard] = [line.split() for line in lines if line.startswith("10, exercise 1 (dist-pmi)  ")]
    assert hard[-3:] == ["2/3", "3", "1"]
    [easy] = [line.split() for line in lines if line.startswith("10, exercise 2 (dist-window)  ")]
    assert easy[-3:] == ["1/1", "1", "0"]
    said = " ".join(out.split())
    assert f"2 {SLIP} 1 {OTHER}" in said  # learners, not tries
    assert "1 (another wrong answer, which the course does not know)" in said


def test_other_files_are_named_and_the_rest_is_counted(tl, a_class, hand_in, tmp_path):
    folder = tmp_path / "class"
    (folder / "essay.txt").write_text("not progress", "utf-8")
    (folder / "broken.json").write_bytes((folder / "a.json").read_bytes()[:-9])
    (folder / ".DS_Store").write_bytes(b"\0")
    hand_in("old.json", "ada", MORNING)
    hand_in("strange.json", "Dora", no_such={"tries": 1, "done": True})
    status, out, _ = tl("class", "class")
    said = " ".join(out.split())
    assert status == 0 and out.startswith("4 learners") and "Ada" in out
    assert "essay.txt is no exported progress. It is not counted." in said
    assert "broken.json is damaged" in said and "DS_Store" not in said
    assert "ada is there twice: a.json and old.json. The older one, old.json, is not" in said
    assert "Dora has exercises that this course does not have: no-such. They are not" in said
    assert "Dora" in out.splitlines()[-1] or "Dora" in out


def test_the_newer_file_counts_whatever_its_name(tl, hand_in):
    hand_in("a.json", "Ada", MORNING, dist_pmi={"tries": 1})
    hand_in("b.json", "Ada", NOON, dist_pmi={"tries": 2, "done": True})
    out = tl("class", "class")[1]
    assert out.startswith("1 learner\n") and "The older one, a.json," in " ".join(out.split())
    assert "1/1" in out


@pytest.mark.parametrize("content", [None, b"nothing"])
def test_a_folder_without_progress_says_how_to_make_it(tl, tmp_path, content):
    (tmp_path / "class").mkdir()
    if content:
        (tmp_path / "class" / "x.json").write_bytes(content)
    status, _, err = tl("class", "class")
    assert status == 1 and "There is no exported progress in" in err
    assert ("x.json is no exported progress" in err) == bool(content)
    assert "tl progress --export NAME" in err and "tl.exercises.export" in err
    status, _, err = tl("class", "nowhere")
    assert status == 1 and "is no folder" in err


def test_from_the_learner_to_the_class_without_a_network(tl, tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a connection was opened"))
    assert tl("progress", "--export", "Ada")[0] == 1  # nothing done yet
    exercises.check("dist-window", WINDOW.kind.right)
    status, out, _ = tl("progress", "10")
    assert status == 0 and "10_distributional_hypothesis  2. dist-window" in out and "✓ done" in out
    (tmp_path / "class").mkdir()
    status, out, _ = tl("progress", "--export", "Ada", "--output", "class/ada.json")
    assert status == 0 and "it does not contain your answers" in out
    status, out, _ = tl("class", "class")
    assert status == 0 and out.startswith("1 learner\n") and "Please note" not in out


def test_options_that_do_not_go_together(tl):
    assert tl("progress", "10", "--export", "Ada")[0] == 2
    assert tl("progress", "--output", "a.json")[0] == 2
    assert tl("class")[0] == 2
