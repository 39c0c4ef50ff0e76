"""The exercises of the start notebook: right answers of every make, and what slips are told.

``test_exercises.py`` holds them, as every exercise, to their solutions, mistakes and garbage.
"""

from __future__ import annotations

import ast
import itertools
import json
import statistics
from pathlib import Path

import numpy as np
import pytest

import tl_helpers
from tl_helpers import exercises
from tl_helpers.exercises import desk, start

NOTEBOOK = Path(__file__).resolve().parent.parent / "notebooks" / "00_start_here.ipynb"
IDS = ["start-taxonomy", "start-gain", "start-predict"]
RIGHT = {"a": "domain adaptation", "b": "cross-lingual", "c": "multi-task", "d": "sequential"}


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(desk, "_hints", {})


def told(id, answer):
    feedback = exercises.check(id, answer)
    assert feedback.status == "wrong" and not feedback
    return feedback.message


def _exercise_cells():
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells
            if "exercise" in cell["metadata"].get("tags", ())]  # fmt: skip


def _calls(source):
    """The calls of ``check`` in a cell: exercise id and the name that is handed over."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [(call.args[0].value, call.args[1].id) for call in calls
            if getattr(call.func, "attr", "") == "check"]  # fmt: skip


def test_the_notebook_asks_each_once_and_in_this_order():
    asked = [id for source in _exercise_cells() for id, _ in _calls(source)]
    ours = [id for id, e in exercises.everything().items() if e.notebook == start.NOTEBOOK]
    assert asked == ours == IDS


def test_untouched_cells_run_and_count_as_not_attempted(capsys):
    for source in _exercise_cells():
        exec(source, {"tl": tl_helpers})
        assert "Not attempted yet" in capsys.readouterr().out
    assert {state for _, id, _, state in exercises.progress().rows if id in IDS} == {"○ open"}


def test_the_solution_answers_by_the_name_that_the_cell_checks():
    for source in _exercise_cells():
        ((id, name),) = _calls(source)
        space = {}
        exec(exercises.find(id).solution, space)
        assert exercises.check(id, space[name])


def test_hints_are_few_and_different():
    for id in IDS:
        assert 2 <= len(set(exercises.find(id).hints)) <= 3


# --- start-gain ----------------------------------------------------------------------------------


def with_loop(pretrained, scratch):
    total = 0.0
    for i in range(len(pretrained)):
        total += pretrained[i] - scratch[i]
    return total / len(pretrained) * 100


def with_statistics(pretrained, scratch):
    return 100 * (statistics.fmean(pretrained) - statistics.fmean(scratch))


def with_pandas(pretrained, scratch):
    import pandas as pd

    return pd.DataFrame({"p": list(pretrained), "s": list(scratch)}).eval("p - s").mean() * 100


def with_torch(pretrained, scratch):
    import torch

    return 100 * (torch.tensor(pretrained) - torch.tensor(scratch)).float().mean()


def with_the_course(pretrained, scratch):
    return tl_helpers.evaluate.difference(pretrained, scratch).times(100).mean


@pytest.mark.parametrize(
    "gain", [with_loop, with_statistics, with_pandas, with_torch, with_the_course]
)
def test_any_correct_gain_passes(gain):
    # By hand; and what it imports is loaded before the time limit runs.
    assert float(gain([0.6, 0.7], [0.5, 0.5])) == pytest.approx(15, abs=1e-4)
    for _ in range(5):
        assert exercises.check("start-gain", gain)


def test_gain_is_tried_on_fresh_lists_tuples_and_arrays_that_fit():
    draws = [start._runs(np.random.default_rng(seed)) for seed in range(50)]
    assert {type(side) for cases in draws for case in cases for side in case} == {
        list, tuple, np.ndarray}  # fmt: skip
    assert len({str(cases[0]) for cases in draws}) == 50
    for pretrained, scratch in itertools.chain(*draws):
        assert len(pretrained) == len(scratch) >= 3
        assert 0 <= min(*pretrained, *scratch) and max(*pretrained, *scratch) <= 1
    assert all(any(start.gain(*case) < 0 for case in cases) for cases in draws)


def test_gain_by_hand():
    assert start.gain([0.8, 0.9], (0.7, 0.6)) == pytest.approx(20)
    assert start.gain(np.array([0.5, 0.5]), [0.6, 0.5]) == pytest.approx(-5)


def _pairs(p, s):
    return [a - b for a, b in zip(p, s, strict=True)]


@pytest.mark.parametrize(
    ("gain", "word"),
    [
        (lambda p, s: statistics.fmean(_pairs(p, s)), "as a share"),
        (lambda p, s: 100 * statistics.fmean(_pairs(s, p)), "sign is reversed"),
        (lambda p, s: sum(_pairs(s, p)) / len(p), "sign is reversed"),
        (lambda p, s: sum(p) / sum(s), "*relative* gain"),
        (lambda p, s: 100 * (sum(p) - sum(s)) / sum(s), "*relative* gain"),
        (lambda p, s: statistics.fmean(a / b for a, b in zip(p, s, strict=True)), "*relative*"),
        (lambda p, s: (max(p) - max(s)) * 100, "best seed"),
        (lambda p, s: max(_pairs(p, s)) * 100, "best seed"),
        (lambda p, s: 100 * _pairs(p, s)[0], "Only one seed"),
        (lambda p, s: round(100 * statistics.fmean(_pairs(p, s))), "rounding"),
        (lambda p, s: int(100 * statistics.fmean(_pairs(p, s))), "rounding"),
        (lambda p, s: [100 * x for x in _pairs(p, s)], "for each seed"),
        (lambda p, s: np.array(_pairs(p, s)), "for each seed"),
        (lambda p, s: abs(100 * statistics.fmean(_pairs(p, s))), "may be negative"),
        (lambda p, s: 100 * sum(_pairs(p, s)), "the sum over the seeds"),
        (lambda p, s: 100 * statistics.median(_pairs(p, s)), "the median"),
        (lambda p, s: 100 * np.mean(p - s), "One list cannot be subtracted"),
        (lambda p, s: sum(p - s) / len(p), "One list cannot be subtracted"),
    ],
)
def test_gain_names_the_misconception(gain, word):
    for _ in range(3):
        assert word in told("start-gain", gain)


def test_other_wrong_gains_see_a_counterexample():
    message = told("start-gain", lambda p, s: 42)
    assert "it returns 42 where" in message and "one number, in accuracy points" in message
    assert "KeyError" in told("start-gain", lambda p, s: {}[0])
    assert "function itself" in told("start-gain", 12.5)


# --- start-predict -------------------------------------------------------------------------------


def test_predict_takes_the_right_option_and_teaches_on_the_others():
    for right in ("shrinks", "SHRINKS"):
        assert exercises.check("start-predict", right)
    assert "given enough of them" in told("start-predict", "stays")
    assert "at 8 labels neither start" in told("start-predict", "grows")
    assert "first catch up" in told("start-predict", "reverses at once")
    assert "Choose one of the options" in told("start-predict", "it depends")


def test_predict_asks_about_many_labels_and_does_not_give_itself_away():
    exercise = exercises.find("start-predict")
    assert "thousands and more" in exercise.question
    for text in (*exercise.hints, *(mistake.says for mistake in exercise.mistakes)):
        assert "shrink" not in text.casefold()


# --- start-taxonomy ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        {k.upper(): v.upper() for k, v in RIGHT.items()},
        {"d": "sequential transfer", "c": "Multitask learning", "b": "crosslingual", "a":
         "domain-adaptation"},
    ],
)  # fmt: skip
def test_taxonomy_does_not_mind_spelling_or_order(answer):
    assert exercises.check("start-taxonomy", answer)


def test_every_confusion_of_the_taxonomy_has_its_own_feedback():
    seen = set()
    for key, kind in itertools.product(RIGHT, RIGHT.values()):
        if RIGHT[key] != kind:
            message = told("start-taxonomy", {**RIGHT, key: kind})
            assert message.startswith(f"{key}: ") and message.endswith("(3 of 4 are right.)")
            assert f'"{RIGHT[key]}"' not in message
            seen.add(message)
    assert len(seen) == 12


def test_taxonomy_tells_at_the_same_time_from_one_after_the_other():
    message = told("start-taxonomy", {**RIGHT, "c": "sequential"})
    assert "one after the other, or at the same time" in message and "Ruder 2019" in message
    message = told("start-taxonomy", {**RIGHT, "d": "multi-task"})
    assert "at the same time" in message and "Ruder 2019" in message


def test_taxonomy_goes_by_the_situations_that_are_filled():
    stub = dict.fromkeys(RIGHT, ...)
    assert exercises.check("start-taxonomy", stub).status == "not attempted"
    assert exercises.check("start-taxonomy", dict.fromkeys(RIGHT)).status == "not attempted"
    part = told("start-taxonomy", {**stub, "a": "domain adaptation", "d": "sequential"})
    assert part == "So far so good: 2 of 4 are right; still open: b, c."
    part = told("start-taxonomy", {"a": "cross-lingual"})
    assert part.startswith("a: Film") and part.endswith("(0 of 4 are right; still open: b, c, d.)")
    swapped = {**RIGHT, "c": "sequential", "d": "multi-task"}  # one thing at a time
    assert told("start-taxonomy", swapped).startswith("c: ")


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (list(RIGHT.values()), 'a dict with keys "a", "b", "c", "d"'),
        ({}, "a dict with keys"),
        ({**RIGHT, "e": "sequential"}, "a dict with keys"),
        ({**RIGHT, "b": "translation"}, "b: 'translation' is none of the options"),
        ({**RIGHT, "b": ["cross-lingual"]}, "b: ['cross-lingual'] is none of the options"),
        ({**RIGHT, "b": ""}, "b: '' is none of the options"),
    ],
)
def test_taxonomy_says_what_form_the_answer_has(answer, word):
    assert word in told("start-taxonomy", answer)
