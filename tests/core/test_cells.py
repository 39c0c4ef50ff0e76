"""Functions that stand in the cells of a notebook, run outside of it."""

from __future__ import annotations

import inspect
import runpy
import sys
from pathlib import Path
from types import ModuleType

import cloudpickle
import pytest
from notebook_factory import code, text, write

from tl_helpers.core import cells, lessons
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BrokenFile, UnknownName
from tl_helpers.measure import experiment, fingerprint

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """A notebook beside a folder of lessons."""
    monkeypatch.setattr(lessons, "find", lambda: tmp_path / "lessons")
    write(
        tmp_path,
        "made",
        text("def told():"),
        code("import never_there", "bootstrap"),
        code("def half(x):\n    ...", "exercise"),
        code("import math\nfrom functools import cache\n\nLEAST, MOST = 1, 5"),
        code("1 / 0\nmeasured = [tl.town.Town(seed=s) for s in session.seeds(5)]"),
        code("%matplotlib inline\ndef lost(): ..."),
        code(
            "def twice(x):\n    return 2 * x  # as told\n\n@cache\ndef area(r):\n"
            "    return twice(math.pi * r**2 / 2) + LEAST - len([MOST]) + MOST - MOST\n\n"
            "class Circle:\n    def area(self, r):\n        return area(r)"
        ),
        code(
            "def even(n):\n    return n == 0 or odd(n - 1)\n"
            "def odd(n):\n    return n > 0 and even(n - 1)"
        ),
        code("def of_run(seed):\n    return measured[seed]"),
    )
    cells._definitions.cache_clear()
    yield Cells("made")
    cells._definitions.cache_clear()


def test_a_function_comes_with_what_it_uses_and_nothing_runs(notebook):
    assert notebook.area(1) == pytest.approx(3.14159265)
    assert notebook.Circle().area(1) == notebook.area(1)
    assert notebook.even(4) and not notebook.even(3)
    assert notebook.tl.__name__ == "tl_helpers"
    assert "# as told" in inspect.getsource(notebook.twice)
    assert notebook.MOST == 5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "Choose one of: Circle, area, even, odd, of_run, twice"),
        ("half", "Choose one of"),
        ("lost", "Choose one of"),
        ("told", "Choose one of"),
        ("of_run", "'of_run' uses it(.|\n)*argument"),
    ],
)
def test_what_cannot_be_taken_says_why(notebook, name, message):
    with pytest.raises(UnknownName, match=message):
        getattr(notebook, name)


def test_a_name_may_be_given_from_outside(notebook):
    notebook.measured = {3: "town"}
    assert notebook.of_run(3) == "town"


def test_cells_travel(notebook):
    area = notebook.area

    def measured(seed):
        return notebook.area(seed) + area(seed)

    with experiment._caches_travel():
        parcel = cloudpickle.dumps(experiment._Parcel.of(measured))
    there = cloudpickle.loads(parcel).fn
    assert there is not measured and there(2) == pytest.approx(8 * 3.14159265)
    assert fingerprint.of(measured) == fingerprint.of(measured)


def test_an_edited_cell_is_another_experiment(notebook, tmp_path):
    def measured(seed):
        return notebook.area(seed)

    before, path = fingerprint.of(measured), tmp_path / "made.ipynb"
    path.write_text(path.read_text().replace("return 2 * x", "return 3 * x"))
    cells._definitions.cache_clear()
    notebook = Cells("made")
    assert fingerprint.of(measured) != before


def test_a_notebook_that_is_not_there_or_none(notebook, tmp_path):
    with pytest.raises(BrokenFile, match=r"other.ipynb is missing(.|\n)*git checkout"):
        Cells("other").area  # noqa: B018
    (tmp_path / "lessons").mkdir()
    (tmp_path / "made.ipynb").rename(tmp_path / "lessons" / "made.ipynb")  # as in a wheel
    assert Cells("made").area(1) == pytest.approx(3.14159265)
    (tmp_path / "made.ipynb").write_text("{}")
    with pytest.raises(BrokenFile, match="is no notebook"):
        Cells("made").area  # noqa: B018


def test_the_wheel_has_the_notebooks_whose_cells_are_run(tmp_path, monkeypatch):
    """test_colab.py builds one."""
    interface = ModuleType("hatchling.builders.hooks.plugin.interface")
    interface.BuildHookInterface = object
    monkeypatch.setitem(sys.modules, interface.__name__, interface)
    hook = runpy.run_path(str(ROOT / "hatch_build.py"))
    shipped = hook["notebooks"](ROOT)
    opened = [
        value.__name__
        for module in lessons.modules(lambda name: not name.startswith("exercises"))
        for value in vars(module).values()
        if isinstance(value, Cells)
    ]
    assert opened and set(shipped.values()) == {f"tl_lessons/{name}" for name in opened}
    assert all(Path(path).is_file() for path in shipped)

    # One more lesson, one more notebook.
    lesson = tmp_path / "notebooks" / "tl_lessons" / "more"
    lesson.mkdir(parents=True)
    (lesson / "studies.py").write_text('from x import Cells\n\nnotebook = Cells("99_more")\n')
    builder = hook["Notebooks"]()
    builder.root = str(tmp_path)
    for version, more in [
        ("standard", {str(tmp_path / "notebooks" / "99_more.ipynb"): "tl_lessons/99_more.ipynb"}),
        ("editable", {}),
    ]:
        build_data = {"force_include": {"a": "b"}}
        builder.initialize(version, build_data)
        assert build_data == {"force_include": {"a": "b", **more}}
