"""For every test: no network, a cache of its own, and quiet libraries."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "notebooks")]

import browser as browsers  # noqa: E402
from browser import _visit, chromium, page, screenshot, traffic  # noqa: E402, F401

from tl_helpers.data import registry, shelf  # noqa: E402
from tl_helpers.press import offline  # noqa: E402

# Before any library reads them. A folder for each process: with -n auto several run side by side.
_folder = tempfile.TemporaryDirectory(prefix="tl-tests-", ignore_cleanup_errors=True)
for name in (
    "TL_SEEDS",
    "TL_ROOT",
    "TL_DATA",
    "TL_OFFLINE",
    "TL_STATIC",
    "TL_PROGRESS",
    "HF_ENDPOINT",
):
    os.environ.pop(name, None)
os.environ["TL_SHELF"] = str(shelf.place() or "none")  # that of the course: 300 MB are not moved
os.environ.update(
    offline.SWITCHES,
    TL_CACHE=str(Path(_folder.name) / "cache"),
    TL_QUIET="1",
    TL_THREADS="1",
    HF_HOME=str(Path(_folder.name) / "hf"),
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    HF_DATASETS_DISABLE_PROGRESS_BARS="1",
    MPLBACKEND="Agg",
    OMP_NUM_THREADS="1",
    TOKENIZERS_PARALLELISM="false",
    TRANSFORMERS_VERBOSITY="error",
)
# For the programs that tests start: they find the package, and refuse the network as well.
os.environ["TL_OFFLINE"] = "1"
os.environ["PYTHONPATH"] = os.pathsep.join(
    [
        str(ROOT / "tl_helpers" / "press" / "_offline"),
        str(ROOT),
        str(ROOT / "notebooks"),
        os.environ.get("PYTHONPATH", ""),
    ]
).rstrip(os.pathsep)

offline.refuse_network()

# The same examples each time: what a run finds, the next one finds again.
settings.register_profile("course", derandomize=True, database=None, deadline=None)
settings.load_profile("course")


# Here, and not when all are collected: xdist looks at the marks then.
def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the browser tests; one worker runs them all."""
    if browsers.is_browser_test(item):
        item.add_marker("browser")
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group("browser"))


def _grouped(item: pytest.Item) -> None:
    """Name the xdist group in the test's id, which is where xdist's scheduler looks for it.

    pytest-xdist 3.8 writes it into an attribute that pytest 9.2 no longer reads; without this the
    marks ``xdist_group`` do nothing, and each worker runs the notebook for itself.
    """
    mark = item.get_closest_marker("xdist_group")
    if mark is None or item.nodeid.rfind("@") > item.nodeid.rfind("]"):
        return
    from _pytest.nodeid import coerce_node_id

    item._id = coerce_node_id(f"{item.nodeid}@{mark.args[0]}")  # type: ignore[attr-defined]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out a test that needs what is not on the shelf; -ra lists it by name at the end."""
    for name in [name for mark in item.iter_markers("shelf") for name in mark.args]:
        entry = {**registry.entries("model"), **registry.entries("dataset")}[name]
        if not shelf.here(entry):
            pytest.skip(f"{item.name} needs {name!r} (tl shelf fetch)")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the browser tests out where they cannot run; keep groups together."""
    if getattr(config.option, "loadgroup", False):
        for item in items:
            _grouped(item)
    if browsers.find() is None and not browsers.required():
        ours = [item for item in items if item.get_closest_marker("browser")]
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]


def pytest_terminal_summary(terminalreporter) -> None:  # noqa: ANN001
    """Say so when the browser tests were left out."""
    if browsers.find() is None and not browsers.required():
        terminalreporter.write_line(f"The browser tests were not run: {browsers.MISSING}")
