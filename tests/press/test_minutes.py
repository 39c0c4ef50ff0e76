"""How long a notebook takes: read from its own line, said in one way, added up."""

from __future__ import annotations

import re

import pytest
from nbformat.v4 import new_notebook
from notebook_factory import text

from tl_helpers.press import notebooks
from tl_helpers.press.site import minutes
from tl_helpers.press.site.minutes import Time


@pytest.mark.parametrize(
    ("said", "core", "deeper"),
    [
        ("a minute; 45 minutes for the core path, 15 more for the sections headed", 45, 15),
        ("a minute;\n45 minutes for the core\npath, ten\nmore for the section headed", 45, 10),
        ("about a minute to run on two cores; 45 minutes for the core path", 45, 0),
        ("a minute; an hour to read, try and answer", 60, 0),
        ("a minute; an hour and a half to read, try and answer", 90, 0),
        ("a minute; two hours to read, try and answer", 120, 0),
        ("some seconds to run on two cores; a quarter of an hour to read", 15, 0),
        ("a minute; half an hour for the core path, half an hour more for the sections", 30, 30),
        ("about a minute", None, 0),
        ("a minute; long for the core path", None, 0),
    ],
)
def test_what_a_notebook_says(said, core, deeper):
    assert minutes.read(said) == (core, deeper)


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (Time(46.4, 45, 30), "46 s to run, 45 min to work through (core), 30 more (deeper)"),
        (Time(252.5, 120), "4 min to run, 2 h to work through"),
        (Time(None, 45, 10), "45 min to work through (core), 10 more (deeper)"),
        (Time(12), "12 s to run"),
        (Time(), "not measured yet"),
        (
            Time(100, 320, 95),
            "2 min to run, 5 h 20 min to work through (core), 1 h 35 min more (deeper)",
        ),
    ],
)
def test_it_is_said_in_one_way(time, said):
    assert str(time) == said


def test_a_sum_counts_what_is_known():
    assert minutes.together([Time(50, 45, 10), Time(None, 45), Time(70)]) == Time(120, 90, 10)
    assert minutes.together([]) == Time()


def test_the_sentence_goes_where_the_head_says_it():
    line = "*You need:* 00. *Time:* a minute; an hour to read. It has two halves.\n\nMore."
    assert minutes.without(line) == "*You need:* 00. It has two halves.\n\nMore."
    unread = "*Time:* long enough. *Place:* here."
    assert minutes.without(unread) == unread


def test_another_cell_may_say_it():
    notebook = new_notebook(cells=[text("# One"), text("*Time:* 5 s; 20 minutes to read.")])
    assert minutes.of(notebook, 5.0) == Time(5.0, 20)
    assert minutes.of(new_notebook(cells=[text("# One")]), None) == Time()


@pytest.mark.parametrize("path", notebooks.find(), ids=lambda path: path.stem)
def test_every_notebook_says_how_long_one_works_through_it(path):
    """In words that the site can read; with minutes for what goes deeper where something does."""
    notebook = notebooks.read(path)
    time = minutes.of(notebook, None)
    assert time.core, (
        "*Time:* ... to run on two cores; 45 minutes for the core path, 15 more for ..."
    )
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert bool(time.deeper) == bool(re.search(r"(?m)^#+ Deeper", prose))
