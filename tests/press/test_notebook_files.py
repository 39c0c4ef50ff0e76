"""Mistakes in stored notebooks are found, one by one."""

from __future__ import annotations

import base64
import copy
import json

import nbformat
import pytest
from cell_names import rebound
from nbformat.v4 import new_code_cell, new_notebook, new_output
from notebook_factory import code, text, write

from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, BrokenFile, UnknownName
from tl_helpers.press import notebooks

PNG = base64.b64encode(b"\x89PNG" + b"0" * 100).decode()
BIG = base64.b64encode(b"0" * 70_000).decode()


@pytest.fixture
def stored(tmp_path):
    """A notebook without a fault, and a function that writes it and lists its problems."""
    path = write(tmp_path, "one", text("# T\n![a tree](data:x)"), code("1"), code("2", "hub-only"))
    notebook = notebooks.read(path)
    for number, cell in enumerate((notebook.cells[0], notebook.cells[2]), 1):
        cell.execution_count = number
    notebook = notebooks.stamp(notebook, 1.23)

    def problems(changed=notebook, restamp=False):
        notebooks.write(notebooks.stamp(changed, 1) if restamp else changed, path)
        return notebooks.problems(path)

    return notebook, problems


def shown(**data):
    metadata = data.pop("metadata", {})
    bundle = {key.replace("__", "/"): value for key, value in data.items()}
    return [new_output("display_data", bundle, metadata=metadata)]


def test_a_good_notebook_has_no_problems(stored):
    notebook, problems = stored
    assert problems() == []
    assert notebook.metadata["tl"]["run_seconds"] == 1.2


def test_changed_source_with_old_outputs(stored):
    notebook, problems = stored
    notebook.cells[2].source = "3"
    assert problems(notebook) == [
        "one: its outputs were made by other sources; run: tl refresh one"
    ]


def test_the_hash_sees_every_cell_its_order_and_tags_but_not_outputs(stored):
    notebook, _ = stored
    original = notebooks.source_hash(notebook)
    for change in (
        lambda n: n.cells.reverse(),
        lambda n: n.cells.pop(),
        lambda n: n.cells[1].update(source="# U"),
        lambda n: n.cells[2].metadata.update(tags=["claim"]),
    ):
        changed = copy.deepcopy(notebook)
        change(changed)
        assert notebooks.source_hash(changed) != original
    notebook.cells[2].outputs = shown(text__plain="1")
    assert notebooks.source_hash(notebook) == original


def test_the_outputs_that_count(stored, tmp_path):
    """Those of the last run, but only of these cells at their own parameters; one rule for all."""
    notebook, problems = stored
    notebook.cells[2].outputs = shown(text__plain="stored")
    assert problems(notebook) == []
    path, build = tmp_path / "one.ipynb", tmp_path / "build"

    def counts():
        shown = notebooks.current(path, build)
        return shown.notebook.cells[2].outputs[0].data["text/plain"], shown.file, shown.note

    assert counts() == ("stored", path, "")
    ran = copy.deepcopy(notebook)
    ran.cells[2].outputs = shown(text__plain="just now")
    ran.cells[2].metadata["slideshow"] = {"slide_type": "slide"}  # no part of what was run
    copied = build / "notebooks" / "one.ipynb"
    notebooks.write(ran, copied)
    assert counts() == ("just now", copied, "")
    assert "slideshow" not in notebooks.current(path, build).notebook.cells[2].metadata
    for place, extra, why in (
        (3, code("3"), "was changed since it was run: tl run one"),
        (1, code("PROFILE = 'quick'", "injected-parameters"), "was run with other parameters"),
    ):
        other = copy.deepcopy(ran)
        other.cells.insert(place, extra)
        notebooks.write(other, copied)
        value, file, note = counts()
        assert (value, file) == ("stored", path) and why in note
    copied.write_text("{", "utf-8")
    assert "cannot be read" in counts()[2]
    copied.rename(build / "notebooks" / "one.failed.ipynb")
    assert counts() == ("stored", path, "one failed when it was run; its stored outputs are shown")


def test_the_title_is_the_first_heading():
    notebook = nbformat.v4.new_notebook(cells=[code("# no"), text("words\n# Yes \n# later")])
    assert notebooks.title(notebook, "one") == "Yes"
    assert notebooks.title(nbformat.v4.new_notebook(), "one") == "one"


def _two_parameter_cells(n):
    n.cells[2].metadata["tags"] = ["parameters"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n: n.cells[0].update(execution_count=5), "not run in order, once each: [5, 2]"),
        (lambda n: n.cells[2].update(execution_count=None), "cell 3: was not run"),
        (_two_parameter_cells, "2 cells are tagged 'parameters'"),
        (lambda n: n.cells[0].metadata.pop("tags"), "0 cells are tagged 'parameters'"),
        (lambda n: n.cells[0].update(source="SEED = 0"), "must say PROFILE = 'course', not None"),
        (
            lambda n: n.cells[0].update(source='PROFILE = "quick"\nSEED = 0'),
            "must say PROFILE = 'course', not 'quick'",
        ),
        (
            lambda n: n.cells[0].update(source=n.cells[0].source + "\nA = 1\nB = 2"),
            "4 knobs of its own; at most three",
        ),
        (lambda n: n.cells[2].metadata.update(tags=["excercise"]), "unknown tag 'excercise'"),
        (lambda n: n.cells[1].update(source="![](x.png)"), "cell 2: a picture without alt text"),
        (lambda n: n.cells[1].update(source="<img src='x' alt=' '>"), "(<img>) without alt text"),
        (lambda n: n.cells[1].update(source="<svg></svg>"), "(<svg>) without a <title>"),
        (lambda n: n.cells[2].update(outputs=shown(image__png=PNG)), "a picture without alt text"),
        (
            lambda n: n.cells[2].update(
                outputs=shown(image__png=BIG, metadata={"image/png": {"alt": "a curve"}})
            ),
            "cell 3: a PNG of 68 KB (at most 60)",
        ),
        (
            lambda n: n.cells[2].update(
                outputs=shown(text__html=f'<img alt="a" src="data:image/png;base64,{BIG}">')
            ),
            "cell 3: a PNG of 68 KB",
        ),
        (
            lambda n: n.cells[2].update(
                outputs=[new_output("error", ename="ValueError", evalue="no", traceback=[])]
            ),
            "its output is an error: ValueError: no",
        ),
    ],
)
def test_faults(stored, change, message):
    notebook, problems = stored
    change(notebook)
    assert any(message in line for line in problems(notebook, restamp=True))


def test_pictures_with_alt_text_are_fine(stored):
    notebook, problems = stored
    for outputs in (
        shown(image__png=PNG, metadata={"image/png": {"alt": "a curve"}}),
        shown(image__png=PNG, text__html="<img src='x' alt='a curve'>"),
        shown(text__html="<svg aria-label='a tree'></svg>"),
    ):
        notebook.cells[2].outputs = outputs
        assert problems(notebook) == []


def test_widget_state_another_kernel_and_no_stamp(stored):
    notebook, problems = stored
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    notebook.metadata["kernelspec"]["name"] = "mine"
    notebook.cells[2].outputs = shown(**{notebooks.WIDGET_VIEW: {"model_id": "x"}})
    del notebook.metadata["tl"]
    said = "\n".join(problems(notebook))
    for part in ("metadata.widgets", "not python3", "widget view is stored", "are not stored"):
        assert part in said


def test_stamping_removes_what_a_run_leaves(stored):
    notebook, _ = stored
    notebook.metadata["papermill"] = {"duration": 3}
    notebook.metadata["widgets"] = {}
    notebook.cells[2].metadata.update(
        papermill={"duration": 1}, execution={"iopub.execute_input": "now"}, tags=[]
    )
    notebook.cells[2].outputs = [
        *shown(**{notebooks.WIDGET_VIEW: {"model_id": "x"}}),
        *shown(text__plain="kept"),
    ]
    notebook.cells.insert(1, code("SEED = 3", "injected-parameters"))
    clean = notebooks.stamp(notebook, 2)
    assert "papermill" not in clean.metadata and "widgets" not in clean.metadata
    assert len(clean.cells) == 4 and dict(clean.cells[2].metadata) == {}
    assert [o.data for o in clean.cells[2].outputs] == [{"text/plain": "kept"}]
    nbformat.validate(clean)


def test_warnings(tmp_path):
    long = code("\n".join("x = 1" for _ in range(21)))
    noisy = code("1")
    noisy.outputs = [new_output("stream", name="stderr", text="careful")]
    path = write(tmp_path, "one", long, noisy)
    assert notebooks.warnings(path) == [
        "one: cell 2: 21 lines of code (aim for 20)",
        "one: cell 3: writes to stderr",
    ]


def test_parameters_are_read_as_values(tmp_path):
    path = write(tmp_path, "odd {name}", parameters='PROFILE = "course"\nSEED = 0\nX = [1, 2]  # x')
    assert notebooks.parameters(notebooks.read(path)) == {
        "PROFILE": "course",
        "SEED": 0,
        "X": [1, 2],
    }


def test_truncated_notebook(tmp_path):
    path = write(tmp_path, "one", code("1"))
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(BrokenFile, match="not a readable notebook(.|\n)*git checkout"):
        notebooks.problems(path)


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        (["x = 1", "x + 1", "x = 2"], ["x in b"]),
        (["x = 1", "y = x", "for x in range(3): pass"], ["x in b"]),
        (["x = 1", "sum(x for _ in y)", "import os as x"], ["x in b"]),
        (["x = 1", "x = x + 1"], ["x in b"]),  # twice is not once
        (["x = 1", "x += 1"], ["x in b"]),
        (["n = 1\ndef f(): return n", "n = 2"], ["n in a"]),  # f may be called again
        (["n = 1\nplot(lambda: [n for _ in x])", "n = 2"], ["n in a"]),
        (["def f(): pass", "f = 1"], ["f in a"]),  # a function's name is not given away
        (["f = 1", "def f(): pass"], ["f in a"]),
        (["sorted(x)", "sorted = 1"], ["sorted in a"]),
        (["import a.b", "a.b", "import c as a"], ["a in b"]),
        # What is fine:
        (["x = 1\nx", "x = 2\nx", "x = 3"], []),  # each uses its own
        (["for i in y: i", "for i in z: i"], []),
        (["x = 1", "x", "[x for x in y]", "f(lambda x: x)", "def g(x): x = 2"], []),
        (["def f(): return later", "later = 1"], []),
        (["import numpy as np", "np", "import numpy as np"], []),
        (["x = {}", "x['a'] = 1", "x.b = 2"], []),
        (["def f():\n    sorted = 1\n    return sorted", "sum([])"], []),
    ],
)
def test_names_that_a_later_cell_binds_again(sources, found):
    cells = list(zip("abcde", sources, strict=False))
    assert [f"{x.name} in {', '.join(x.readers)}" for x in rebound(cells)] == found
    assert all(x.by in str(x) and x.name in str(x) for x in rebound(cells))


def test_a_path_is_that_file_and_no_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for nowhere in ("/nowhere/at/all/00_start_here.ipynb", "notebooks/00_start_here.ipynb"):
        with pytest.raises(UnknownName, match="00_start_here"):
            notebooks.find([nowhere])
    assert notebooks.find(["00_start_here.ipynb"]) == notebooks.find(["00_start_here"])
    own = tmp_path / "mine" / "own.ipynb"
    files.write_text(own, "{}")
    assert notebooks.find(["mine/own"]) == notebooks.find([own]) == [own]


def test_two_cells_of_parameters_are_both_named():
    tag = {"tags": ["parameters"]}
    cells = [new_code_cell(source, metadata=tag) for source in ('PROFILE = "course"', "SEED = 0")]
    notebook = new_notebook(cells=[cells[0], new_code_cell("1"), cells[1]])
    with pytest.raises(BadValue, match=r"mine has 2 cells.*cells 1 and 3 of all 3(.|\n)*one of"):
        notebooks.check_parameters(notebook, "mine", {}, "quick")


def test_an_old_format_is_named_with_the_command_that_upgrades_it(tmp_path):
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": []}
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps(old), "utf-8")
    with pytest.raises(BrokenFile, match=r"old format 3(.|\n)*nbconvert --to notebook --inplace"):
        notebooks.read(path)


def test_a_notebook_is_found_by_its_old_name():
    (path,) = notebooks.find(["14_supervised_pretraining"])
    assert path.stem == "16_supervised_pretraining"
    with pytest.raises(BadValue, match="now 14_objectives and 15_scale_and_cost"):
        notebooks.find(["13_objectives_and_scale"])
