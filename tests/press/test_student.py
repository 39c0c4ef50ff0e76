"""Student copies: what is left out of them, and that nobody's work is ever written over."""

from __future__ import annotations

import errno
import json
import sys
from pathlib import Path

import nbformat
import pytest
from command_line import caller
from nbformat.v4 import new_output
from notebook_factory import PARAMETERS, code, text, write

from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError, UnknownName
from tl_helpers.press import notebooks, student

SOLVED = """def gain(a, b):
    ### BEGIN SOLUTION
    return a - b
    ### END SOLUTION

check(gain)"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course folder with one executed notebook; gives the folder."""
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    ran = code("1 + 1", "exercise")
    ran.execution_count = 7
    ran.outputs = [new_output("execute_result", {"text/plain": "2"}, execution_count=7)]
    write(tmp_path / "notebooks", "one", text("# One"), ran)
    return tmp_path


def made(course: Path, **options) -> student.Copy:
    (result,) = student.write(["one"], **options)
    return result


def work(path: Path, answer: str = "# my own answer") -> bytes:
    """A learner writes into a copy; gives the bytes of the file then."""
    notebook = notebooks.read(path)
    notebook.cells[-1].source = answer
    notebooks.write(notebook, path)
    return path.read_bytes()


def change_the_course(course: Path, said: str = "# One, second edition") -> None:
    path = course / "notebooks" / "one.ipynb"
    notebook = notebooks.read(path)
    notebook.cells[1].source = said
    notebooks.write(notebook, path)


def sources(path: Path) -> list[str]:
    return [cell.source for cell in notebooks.read(path).cells]


def test_no_outputs_no_counts_and_the_parameters_as_they_are(course):
    original = (course / "notebooks" / "one.ipynb").read_bytes()
    copy = made(course)
    assert copy.status == "written" and copy.path == course / "student" / "one.ipynb"
    assert (course / "notebooks" / "one.ipynb").read_bytes() == original
    content = notebooks.read(copy.path)
    assert [c.source for c in content.cells] == [PARAMETERS, "# One", "1 + 1"]
    assert all(c.execution_count is None and c.outputs == [] for c in content.cells[::2])
    assert content.cells[2].metadata["tags"] == ["exercise"]
    assert notebooks.parameters(content)["KNOB"] == 0.5
    assert "run_seconds" not in content.metadata["tl"]
    nbformat.validate(content)


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ('lesson.check("x", 1)\n# Compare: lesson.solution("x")', ...),
        ("text = 'call solution(\"x\")'", ...),
        ("%pip list", ...),
        ("", ...),
        (SOLVED, "def gain(a, b):\n    ...\n\ncheck(gain)"),
    ],
)
def test_solutions_are_left_out_and_nothing_else(source, kept):
    notebook = nbformat.v4.new_notebook(cells=[code(source)])
    left = [cell.source for cell in student.student(notebook, "one").cells]
    assert left == [source if kept is ... else kept]
    assert notebook.cells[0].source == source


def test_cells_tagged_solution_are_left_out(course):
    notebook = nbformat.v4.new_notebook(
        cells=[
            text("a"),
            code("1", "solution"),
            nbformat.v4.new_markdown_cell("b", metadata={"tags": ["solution"]}),
        ]
    )
    assert [cell.source for cell in student.student(notebook, "one").cells] == ["a"]


@pytest.mark.parametrize(
    "lines",
    [
        [student.BEGIN, "1"],
        ["1", student.END],
        [student.BEGIN, student.BEGIN, student.END],
        [student.END, student.BEGIN],
    ],
)
def test_a_solution_that_is_not_closed_stops_before_anything_is_written(course, lines):
    write(course / "notebooks", "two", code("\n".join(lines)))
    with pytest.raises(BadValue, match="two: cell 2: .*without its other half"):
        student.write()
    assert not (course / "student").exists()


def test_a_second_time_changes_nothing_and_a_new_edition_replaces_an_untouched_copy(course):
    first = made(course)
    before = first.path.stat().st_mtime_ns
    assert made(course).status == "unchanged"
    assert first.path.stat().st_mtime_ns == before
    change_the_course(course)
    assert made(course).status == "written"
    assert "# One, second edition" in sources(first.path)
    assert [p.name for p in first.path.parent.iterdir()] == ["one.ipynb"]


def test_a_copy_that_an_editor_saved_as_it_is_counts_as_untouched(course):
    copy = made(course)
    content = json.loads(copy.path.read_text("utf-8"))
    content["metadata"]["kernelspec"] = {"name": "python3", "display_name": "Python 3.12"}
    content["metadata"]["language_info"] = {"name": "python", "version": "3.12.1"}
    for cell in content["cells"]:  # a text in one piece means the same as one in lines
        cell["source"] = "".join(cell["source"])
    copy.path.write_text(json.dumps(content, indent=2), "utf-8")
    assert student.untouched(copy.path)
    change_the_course(course)
    assert made(course).status == "written"


def _metadata(content):
    content["metadata"]["mine"] = 1


def _ran(content):
    content["cells"][-1]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": ["mine\n"]}
    ]


def _tag(content):
    content["cells"][-1]["metadata"]["tags"].append("hard")


def _no_stamp(content):
    del content["metadata"]["tl"]


TOUCHES = {
    "an answer": lambda c: c["cells"][-1].update(source=["x = 1"]),
    "a blank": lambda c: c["cells"][-1].update(source=["1 + 1 "]),
    "a note": lambda c: c["cells"][1].update(source=["# One (read)"]),
    "a cell more": lambda c: c["cells"].append({**c["cells"][-1], "id": "new"}),
    "a cell less": lambda c: c["cells"].pop(),
    "another order": lambda c: c["cells"].reverse(),
    "a run": _ran,
    "a count": lambda c: c["cells"][-1].update(execution_count=1),
    "a tag": _tag,
    "metadata": _metadata,
    "no stamp": _no_stamp,
    "a cell of text": lambda c: c["cells"][-1].update(cell_type="raw"),
}


@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES)
def test_whatever_a_learner_changed_stays_and_the_new_copy_goes_beside(course, touch):
    copy = made(course)
    content = json.loads(copy.path.read_text("utf-8"))
    touch(content)
    copy.path.write_text(json.dumps(content), "utf-8")
    mine = copy.path.read_bytes()
    change_the_course(course)
    beside = made(course)
    assert beside.status == "beside"
    assert beside.path == course / "student" / "one.new.ipynb"
    assert copy.path.read_bytes() == mine
    assert "# One, second edition" in sources(beside.path)


@pytest.mark.parametrize(
    "content", [b"", b"not JSON", b"[1, 2]", b'{"cells": 3}', b"\xff\xfe", b'{"metadata": null}']
)
def test_a_file_of_another_kind_stays_too(course, content):
    path = course / "student" / "one.ipynb"
    path.parent.mkdir()
    path.write_bytes(content)
    assert made(course).path.name == "one.new.ipynb"
    assert path.read_bytes() == content


def test_a_folder_and_a_link_in_its_place_stay(course, tmp_path):
    path = course / "student" / "one.ipynb"
    path.mkdir(parents=True)
    assert made(course).path.name == "one.new.ipynb"
    path.rmdir()
    path.symlink_to(course / "notebooks" / "one.ipynb")
    assert made(course).status == "unchanged"  # the copy beside is there already
    assert path.is_symlink()
    path.unlink()
    path.symlink_to("nowhere")
    assert made(course).status == "unchanged" and path.is_symlink()


def test_without_a_new_edition_a_copy_that_was_worked_in_is_simply_kept(course):
    copy = made(course)
    mine = work(copy.path)
    again = made(course)
    assert again.status == "kept" and again.path == copy.path and copy.path.read_bytes() == mine
    assert [p.name for p in copy.path.parent.iterdir()] == ["one.ipynb"]


def test_copies_beside_do_not_pile_up_and_are_work_as_well(course):
    first = made(course)
    mine = work(first.path)
    change_the_course(course, "# One, first correction")
    assert made(course).path.name == "one.new.ipynb"
    assert made(course).status == "unchanged"
    change_the_course(course)
    assert made(course).path.name == "one.new.ipynb"  # untouched: the new edition takes its place
    other = work(course / "student" / "one.new.ipynb", "# the second answer")
    assert made(course).status == "kept"
    change_the_course(course, "# One, third edition")
    third = made(course)
    assert third.path.name == "one.new-2.ipynb"
    assert first.path.read_bytes() == mine
    assert (course / "student" / "one.new.ipynb").read_bytes() == other


def test_a_full_disk_leaves_nothing_half_written(course, monkeypatch):
    def full(self, *_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(CourseError, match="The disk is full(.|\n)*--output"):
        made(course)
    assert list((course / "student").iterdir()) == []


def test_a_folder_that_cannot_be_written(course, monkeypatch):
    # Also as root, for whom permissions do not count: what the system says is put in its place.
    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(files.tempfile, "mkstemp", refuse)
    with pytest.raises(CourseError, match="No permission to write(.|\n)*--output"):
        made(course)
    (course / "file").write_text("x")
    with pytest.raises(CourseError, match="could not be written"):
        monkeypatch.undo()
        monkeypatch.setenv("TL_ROOT", str(course))
        made(course, output=course / "file" / "below")


def test_bad_names_and_folders(course):
    with pytest.raises(UnknownName, match="Unknown notebook 'two'.*\n.*one"):
        student.write(["two"])
    for folder in (course / "notebooks", course / "student" / ".." / "notebooks"):
        with pytest.raises(BadValue, match="over the notebooks themselves"):
            made(course, output=folder)
    (course / "link").symlink_to(course / "notebooks")
    with pytest.raises(BadValue, match="over the notebooks themselves"):
        made(course, output=course / "link")
    for folder in (course / "build", course / "build" / "mine"):
        with pytest.raises(BadValue, match="make clean empties"):
            made(course, output=folder)
    (course / "file").write_text("x")
    with pytest.raises(BadValue, match="is a file"):
        made(course, output=course / "file")
    other = write(course / "elsewhere", "one", code("2"))
    with pytest.raises(BadValue, match="would both be written"):
        student.write(["one", other])
    (course / "notebooks" / "broken.ipynb").write_text("{")
    with pytest.raises(BrokenFile):
        student.write()
    assert not (course / "student").exists()


@pytest.fixture
def tl(capsys):
    return caller(capsys)


def test_the_command(course, tl, tmp_path):
    status, out, _ = tl("student", "--output", str(tmp_path / "class"))
    assert status == 0 and out.split() == ["written", str(tmp_path / "class" / "one.ipynb")]
    mine = work(tmp_path / "class" / "one.ipynb")
    status, out, _ = tl("student", "one", "--output", str(tmp_path / "class"))
    assert status == 0 and "kept" in out and "the course has not changed since" in out
    change_the_course(course)
    status, out, _ = tl("student", "one", "--output", str(tmp_path / "class"))
    assert status == 0 and "one.new.ipynb   (one.ipynb was worked in, and stays)" in out
    assert (tmp_path / "class" / "one.ipynb").read_bytes() == mine
    status, _, err = tl("student", "two")
    assert status == 1 and "Unknown notebook 'two'" in err and "Traceback" not in err


@pytest.fixture
def opened(monkeypatch):
    """What is started in the place of this process: program, arguments, environment, folder."""
    calls = []
    monkeypatch.setattr(student.os, "execve", lambda *call: calls.append((*call, Path.cwd())))
    monkeypatch.chdir(Path.cwd())  # and back again
    return calls


def test_lab_opens_a_copy_and_the_source_stays_clean(course, tl, opened):
    source = (course / "notebooks" / "one.ipynb").read_bytes()
    write(course / "notebooks", "10_two", text("# Two"))
    status, out, _ = tl("lab", "10")
    [(program, command, env, folder)] = opened
    assert status == 0 and program == sys.executable and folder == course
    assert command[1:] == ["-m", "jupyterlab", str(course / "work" / "10_two.ipynb")]
    assert env["JUPYTER_PREFER_ENV_PATH"] == "1" and "Opening" in out and "beside" not in out
    assert sorted(p.name for p in (course / "work").iterdir()) == ["10_two.ipynb", "one.ipynb"]
    assert (course / "notebooks" / "one.ipynb").read_bytes() == source


def test_lab_offers_a_new_edition_beside_the_work_and_opens_the_work(course, tl, opened):
    tl("lab", "one")
    mine = work(course / "work" / "one.ipynb")
    assert "beside" not in tl("lab", "one")[1]  # the next day
    change_the_course(course)
    for what in ("is now beside yours", "is beside yours"):  # told every day, made once
        status, out, _ = tl("lab", "one")
        assert status == 0 and f"A new edition of one.ipynb {what}: one.new.ipynb" in out
        assert opened[-1][1][-1] == str(course / "work" / "one.ipynb")
    assert (course / "work" / "one.ipynb").read_bytes() == mine
    assert "# One, second edition" in sources(course / "work" / "one.new.ipynb")


def test_lab_says_what_is_missing(course, tl, opened, monkeypatch):
    status, _, err = tl("lab", "11")
    assert status == 1 and "Unknown notebook '11'" in err
    monkeypatch.setattr(student.importlib.util, "find_spec", lambda name: None)
    status, _, err = tl("lab", "one")
    assert status == 1 and "The package jupyterlab is not installed" in err and opened == []
    assert not (course / "work").exists()
