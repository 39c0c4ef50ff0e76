"""The course itself: every notebook runs offline, keeps its promises, and is what was stored."""

from __future__ import annotations

import ast
import dataclasses
import itertools
import re
from pathlib import Path

import nbformat
import pytest
from cell_names import rebound

from tl_helpers.measure import claims
from tl_helpers.press import notebooks, run

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """All notebooks, executed once at the course profile, sockets blocked, sources untouched."""
    before = {path: path.read_bytes() for path in NOTEBOOKS}
    done = run.run(NAMES, output=tmp_path_factory.mktemp("course"), offline=True)
    assert {path: path.read_bytes() for path in NOTEBOOKS} == before
    return done


@pytest.mark.slow
@pytest.mark.xdist_group("notebooks")
def test_every_notebook_runs_offline(report):
    assert [(job.path.stem, job.error) for job in report.failed] == []
    assert len(report.jobs) == len(NOTEBOOKS) >= 1


@pytest.mark.slow
@pytest.mark.xdist_group("notebooks")
def test_every_claim_is_recorded_and_supported(report):
    assert claims.check(report.claims, claims.registry()) == []


@pytest.mark.slow
@pytest.mark.xdist_group("notebooks")
def test_the_suite_would_notice_an_effect_that_is_gone(report, tmp_path):
    """The real records: each in turn left out, and without effect and turned round, or far off."""
    recorded = report.claims
    assert recorded
    for index, record in enumerate(recorded):
        without = [r for i, r in enumerate(recorded) if i != index]
        assert claims.check(without, claims.registry()) != []
        promise = claims.registry()[record.id]
        far = 10 * (abs(promise.minimum) + promise.margin + record.high - record.low)
        if promise.outcome == "contradicted" and promise.margin:  # within the margin after all
            shifts: tuple[tuple[float, float], ...] = ((record.effect - promise.about, 1.0),)
        elif promise.outcome == "inconclusive" or promise.margin:  # no effect may be what is said
            shifts = ((record.effect - far, 1.0), (record.effect + far, 1.0))
        elif promise.outcome == "contradicted":  # a promise that is kept after all
            shifts = ((record.effect + (far if promise.direction == "<0" else -far), 1.0),)
        else:
            shifts = ((record.effect, 1.0), (0.0, -1.0))
        for shift, sign in shifts:
            low, high = sorted(sign * (end - shift) for end in (record.low, record.high))
            damaged = dataclasses.replace(
                record, effect=sign * (record.effect - shift), low=low, high=high
            )
            assert claims.check([*without, damaged], claims.registry()) != [], record.id


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_stored_outputs_belong_to_the_source(path):
    assert notebooks.problems(path) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_cells_are_short(path):
    assert notebooks.warnings(path) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_no_table_is_made_and_not_shown(path):
    """Jupyter shows the last line of a cell; a table that stands before it needs display()."""
    lost = []
    for cell in nbformat.read(str(path), as_version=4).cells:
        lines = ast.parse(cell.source).body if cell.cell_type == "code" else []
        for line in lines[:-1]:
            if isinstance(line, ast.Expr) and isinstance(line.value, ast.Call):
                if ast.unparse(line.value.func) in ("tl.plots.table", "Markdown", "pd.DataFrame"):
                    lost.append((cell.id, ast.unparse(line)[:60]))
    assert lost == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_going_back_to_a_cell_and_running_it_again_works(path):
    """No later cell binds again what an earlier cell reads, or gives a function's name away."""
    cells = [
        (cell.id, cell.source)
        for cell in nbformat.read(str(path), as_version=4).cells
        if cell.cell_type == "code"
    ]
    assert [str(clash) for clash in rebound(cells)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_anatomy(path):
    """What every notebook has: explorers, exercises, claims, discussion, references."""
    cells = nbformat.read(str(path), as_version=4).cells
    tags = [tag for cell in cells for tag in cell.metadata.get("tags", [])]
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert tags.count("parameters") == tags.count("bootstrap") == tags.count("start") == 1
    assert tags.count("explorer") >= 1
    assert tags.count("exercise") >= 2
    assert tags.count("claim") >= 3
    for part in (
        "You will be able to",
        "The library way",
        "In the real world",
        "discussion",
        "References",
        "go wrong",
    ):
        assert part in text, f"{path.name} lacks: {part}"


def test_promises_and_notebooks_match():
    """Each listed claim names a notebook that exists and that records it."""
    for promise in claims.registry().values():
        path = next(p for p in NOTEBOOKS if p.stem == promise.notebook)
        sources = "\n".join(cell.source for cell in notebooks.read(path).cells)
        assert f'"{promise.id}"' in sources, "an old output does not count"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_the_check_of_a_prediction_is_folded_with_its_result(path):
    """On the site the result of a prediction ends at the next heading or exercise."""
    cells = notebooks.read(path).cells
    for place, cell in enumerate(cells):
        found = re.search(r'lesson\.predict\("([^"]+)"', cell.source)
        if cell.cell_type != "code" or not found:
            continue
        rest = itertools.takewhile(
            lambda one: (
                one.cell_type == "code" or not re.search(r"(?m)^##+ |\*\*Exercise \d", one.source)
            ),
            cells[place + 1 :],
        )
        assert any(f'lesson.check("{found[1]}"' in one.source for one in rest), found[1]
