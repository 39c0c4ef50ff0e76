"""Every control of every explorer of every notebook, turned through a real kernel."""

from __future__ import annotations

from pathlib import Path

import drive
import nbformat
import notebook_factory as factory
import pytest

from tl_helpers.core.errors import CourseError

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))

BOOT = "import tl_helpers as tl"
EXPLORE = """def f(n, kind):
    if (n, kind) == (2, "b"):
        1 / 0
    return f"{n} {kind}"
tl.explore.explore(f, alt="Text", n=[1, 2, 3], kind=["a", "b"])"""


@pytest.mark.slow
@pytest.mark.xdist_group("notebooks")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_control_of_every_explorer_turns(path):
    cells = nbformat.read(str(path), as_version=4).cells
    expected = [i for i, cell in enumerate(cells) if "explorer" in cell.metadata.get("tags", ())]
    turned = drive.explorers(path)
    assert [t.cell for t in turned] == expected
    for each in turned:
        assert each.failures == []
        assert all(each.controls) and all(each.controls.values())  # labelled, with choices
        assert len(each.steps) >= sum(len(v) - 1 for v in each.controls.values())


@pytest.mark.slow
def test_a_callback_that_fails_is_found(tmp_path):
    path = factory.write(tmp_path, "bad", factory.code(BOOT), factory.code(EXPLORE, "explorer"))
    (turned,) = drive.explorers(path)
    assert turned.controls == {"n": ["1", "2", "3"], "kind": ["a", "b"]}
    (failure,) = turned.failures
    assert failure.startswith("n 2, kind b: ") and "ZeroDivisionError" in failure


@pytest.mark.slow
def test_trouble_outside_the_picture_is_found_and_a_failing_cell_named(tmp_path):
    """An error in the machinery itself ends in the log; it counts as well."""
    with drive.kernel(tmp_path) as front:
        front.run(BOOT)
        (view,) = front.run('e = tl.explore.explore(str, alt="Text", object=[1, 2])')
        assert front.turn(view, 0).failures == []
        front.run("e.widget.update = lambda: 1 / 0")
        assert any("ZeroDivisionError" in f for f in front.turn(view, 0).failures)
        with pytest.raises(CourseError, match="KeyError.*nothing"):
            front.run("{}['nothing']")
