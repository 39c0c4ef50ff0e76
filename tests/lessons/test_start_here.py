"""The exercises of the start notebook: right answers of every make, and what slips are told.

``test_engine.py`` holds them, as every exercise, to their solutions, mistakes and garbage.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import statistics
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tl_helpers import exercises, models
from tl_helpers.exercises import desk
from tl_helpers.measure import evaluate, results
from tl_helpers.measure.evaluate import Interval
from tl_lessons.start_here import exercises as start
from tl_lessons.start_here import studies

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "00_start_here.ipynb"
IDS = [
    "start-pool",
    "start-reading",
    "start-one-draw",
    "start-rate",
    "start-predict",
    "start-taxonomy",
]
RIGHT = {"a": "sequential", "b": "cross-lingual", "c": "multi-task", "d": "domain adaptation"}


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(desk, "_hints", {})


def told(id, answer):
    feedback = exercises.check(id, answer)
    assert feedback.status == "wrong" and not feedback
    return feedback.message


def points(low, high, n=5):
    return Interval((low + high) / 2, low, high, n)


def test_hints_are_few_and_different():
    for id in IDS:
        assert 2 <= len(set(exercises.find(id).hints)) <= 3


# --- start-one-draw ------------------------------------------------------------------------------


def with_statistics(gains):
    mean, deviation, n = statistics.fmean(gains), statistics.stdev(gains), len(gains)
    half = stats.t.ppf(0.975, n - 1) * deviation * math.sqrt(1 + 1 / n)
    return mean - half, mean + half


def with_torch(gains):
    import torch

    values = torch.tensor(np.asarray(gains, dtype=float))
    n = len(values)
    half = float(stats.t.ppf(0.975, n - 1)) * (values.var() * (n + 1) / n).sqrt()
    return torch.stack([values.mean() - half, values.mean() + half])


def with_the_course(gains):
    return results.prediction(gains).ci


def one_end_after_the_other(gains):
    for sign in (-1, 1):
        n, deviation = len(gains), pd.Series(list(gains)).std()
        step = stats.t.ppf(0.975, n - 1) * deviation * (1 + 1 / n) ** 0.5
        yield np.mean(gains) + sign * step


@pytest.mark.parametrize(
    "one_draw",
    [
        with_statistics,
        with_torch,
        with_the_course,
        lambda gains: list(one_end_after_the_other(gains)),
    ],
)
def test_any_correct_range_passes(one_draw):
    # By hand: mean 2.5, variance 4.5, and 6.75 for a further draw; t = 12.706 for two values.
    assert [float(end) for end in one_draw([1.0, 4.0])] == pytest.approx([-30.51, 35.51], abs=0.01)
    for _ in range(5):
        assert exercises.check("start-one-draw", one_draw)


def test_nineteen_of_twenty_further_draws_fall_inside():
    rng = np.random.default_rng(0)
    draws = rng.normal(10, 5, (4000, 6))
    inside = [
        low <= further <= high for *gains, further in draws for low, high in [start.one_draw(gains)]
    ]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.012)
    narrow = [
        low <= further <= high
        for *gains, further in draws
        for low, high in [start.of_the_mean(gains)]
    ]
    assert np.mean(narrow) < 0.8  # the interval of the mean, which the exercise is not about


def test_the_range_is_tried_on_fresh_lists_tuples_and_arrays():
    cases = [start._gains(np.random.default_rng(seed)) for seed in range(50)]
    assert {type(gains) for case in cases for (gains,) in case} == {list, tuple, np.ndarray}
    assert len({str(case[0]) for case in cases}) == 50
    assert {len(gains) for case in cases for (gains,) in case} >= {2, 4, 5, 6, 7, 8}


@pytest.mark.parametrize(
    ("one_draw", "word"),
    [
        (lambda g: stats.t.interval(0.95, len(g) - 1, np.mean(g), stats.sem(g)), "the *average*"),
        (lambda g: evaluate.interval(g).ci, "the *average*"),
        (
            lambda g: stats.t.interval(0.95, len(g) - 1, np.mean(g), np.std(g, ddof=1)),
            "known exactly",
        ),
        (
            lambda g: stats.norm.interval(0.95, np.mean(g), stats.sem(g) * np.sqrt(len(g) + 1)),
            "Student's t",
        ),
        (
            lambda g: stats.t.interval(
                0.95, len(g) - 1, np.mean(g), np.std(g) * np.sqrt(1 + 1 / len(g))
            ),
            "ddof=1",
        ),
        (
            lambda g: stats.t.interval(
                0.90, len(g) - 1, np.mean(g), stats.sem(g) * np.sqrt(len(g) + 1)
            ),
            "0.975",
        ),
        (lambda g: (min(g), max(g)), "the range of the draws"),
        (lambda g: with_statistics(g)[::-1], "the lower one first"),
        (lambda g: with_statistics(g)[1] - np.mean(g), "half of the width"),
    ],
)
def test_a_wrong_range_names_the_misconception(one_draw, word):
    for _ in range(3):
        assert word in told("start-one-draw", one_draw)


def test_other_wrong_ranges_see_a_counterexample():
    message = told("start-one-draw", lambda gains: (1, 2))
    assert "it returns (1, 2) where" in message and "two numbers, the lower one first" in message
    assert "KeyError" in told("start-one-draw", lambda gains: {}[0])
    assert "function itself" in told("start-one-draw", 12.5)


# --- start-rate ----------------------------------------------------------------------------------


def test_a_rate_that_was_not_tried_is_not_reported():
    def said(high):
        feedback = exercises.check("start-rate", "destroyed", usual=0.7, high=high)
        assert feedback
        return feedback.message

    assert said(...).startswith("So far you have only said so")
    assert said(0.51).startswith("Measured: 0.70 at the usual rate, 0.51 at a hundred times")
    assert "something has survived" in said(0.66)


# --- start-predict -------------------------------------------------------------------------------


def test_predict_takes_the_right_option_and_teaches_on_the_others():
    for right in ("shrinks", "SHRINKS"):
        assert exercises.check("start-predict", right)
    assert "given enough of them" in told("start-predict", "stays")
    assert "while labels are very few" in told("start-predict", "grows")
    assert "first catch up" in told("start-predict", "reverses at once")
    assert "Choose one of the options" in told("start-predict", "it depends")


def test_predict_asks_about_many_labels_and_does_not_give_itself_away():
    exercise = exercises.find("start-predict")
    assert "from 256 labels to 1,024" in exercise.question
    for text in (*exercise.hints, *(mistake.says for mistake in exercise.mistakes)):
        assert "shrink" not in text.casefold()


def test_the_paired_loss_decides_the_prediction():
    def judged(answer, **lost):
        feedback = exercises.check("start-predict", answer, **lost)
        return feedback.status, feedback.message

    assert judged("shrinks")[1].startswith("Labels replace")
    status, said = judged("shrinks", lost=points(2, 10.5))
    assert status == "right" and said.startswith("Above: each town loses 6.2 points [2.0, 10.5].")
    assert "Labels replace" in said
    assert judged("grows", lost=points(-9, -1))[0] == "right"
    assert judged("shrinks", lost=points(-9, -1))[0] == "wrong"
    status, said = judged("shrinks", lost=points(-3, 5))
    assert status == "right" and "cannot tell" in said


def test_what_the_feedback_says_about_the_stored_experiment_is_so():
    """The town's advantage narrows from 256 labels on."""
    town = results.load("town-one-minute")

    def gap(n):
        here = {"measure": "accuracy", "labels": n, "mode": "fine-tune"}
        return town.values("value", start="pre-trained", **here) - town.values(
            "value", start="random", **here
        )

    assert evaluate.difference(gap(256), gap(1024)).low > 0  # seed by seed
    assert evaluate.interval(gap(256)).low > 0 and evaluate.interval(gap(1024)).low > 0
    assert min(gap(n).mean() for n in (16, 64)) > gap(1024).mean()


# --- the random baseline -------------------------------------------------------------------------


def test_rates_were_tuned_apart_from_the_comparison():
    """On other seeds, over the same rates for both; and the comparison uses what was best."""
    rates, tuned = results.load("reviews-rates"), results.load("reviews-fine-tuning")
    assert not set(rates.meta["seeds"]) & set(tuned.meta["seeds"])
    assert set(rates.table.columns) == {"seed", "method", "rate", "labels", "validation"}
    for method, runs in tuned.table.groupby("method"):
        assert set(rates.table.query("method == @method").rate) == set(studies.RATES)
        assert set(runs.rate) == {results.best("reviews", "validation", method=method)}


def test_every_seed_has_its_own_random_weights():
    networks = [
        models.load("minilm", random_weights=True, seed=seed)[0].embeddings.word_embeddings.weight
        for seed in (0, 1)
    ]
    assert float((networks[0] != networks[1]).float().mean()) > 0.99


# --- start-reading -------------------------------------------------------------------------------


def curves(ours, theirs, counts=(8, 16, 32, 64, 128, 256)):
    lines = {"pre-trained": ours, "word counts": theirs, "random weights": [0.5] * len(counts)}
    return pd.DataFrame(
        [
            {"seed": seed, "method": method, "labels": n, "accuracy": y + shift}
            for method, ys in lines.items()
            for n, y in zip(counts, ys, strict=True)
            for seed, shift in enumerate((-0.02, 0.0, 0.02))
        ]
    )


MEASURED = curves(
    [0.586, 0.597, 0.631, 0.670, 0.705, 0.725], [0.522, 0.554, 0.568, 0.576, 0.614, 0.671]
)


@pytest.mark.parametrize("answer", [128, 128.0, np.int64(128), np.float32(128), "128"])
def test_reading_takes_the_count_in_any_form(answer):
    assert exercises.check("start-reading", answer, runs=MEASURED)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (16, "go sideways"),
        (0.6, "the height to look for"),
        (0.597, "the height to look for"),
        (59.7, "the height to look for"),
        (64, "still below the height"),
        (32, "still below the height"),
        (256, "not the *fewest*"),
        ("never", "within the picture"),
        ("Never ", "within the picture"),
        (100, "Look again"),
        ([128, 256], "should be a label count"),
    ],
)
def test_reading_names_the_slip(answer, word):
    feedback = exercises.check("start-reading", answer, runs=MEASURED)
    assert feedback.status == "wrong" and word in feedback.message


def test_reading_follows_the_learners_own_numbers():
    """Another seed, or the quick profile: the picture decides, not the author."""
    early = curves([0.58, 0.59, 0.6, 0.65, 0.7, 0.72], [0.52, 0.55, 0.62, 0.66, 0.7, 0.72])
    assert exercises.check("start-reading", 32, runs=early)
    assert not exercises.check("start-reading", 128, runs=early)
    quick = MEASURED[MEASURED.labels.isin([16, 64])]
    assert exercises.check("start-reading", "never", runs=quick)
    assert "below the height" in exercises.check("start-reading", 64, runs=quick).message
    # A near tie may be read either way.
    tie = curves([0.58, 0.6, 0.6, 0.65, 0.7, 0.72], [0.5, 0.52, 0.55, 0.595, 0.66, 0.7])
    assert exercises.check("start-reading", 64, runs=tie)
    assert exercises.check("start-reading", 128, runs=tie)
    assert not exercises.check("start-reading", 32, runs=tie)
    # Pre-training may be no help at all.
    useless = curves([0.5] * 6, [0.6, 0.62, 0.64, 0.66, 0.68, 0.7])
    assert exercises.check("start-reading", 8, runs=useless)
    assert "fewest" in exercises.check("start-reading", 64, runs=useless).message


# --- start-taxonomy ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        {k.upper(): v.upper() for k, v in RIGHT.items()},
        {
            "d": "domain-adaptation",
            "c": "Multitask learning",
            "b": "crosslingual",
            "a": "sequential transfer",
        },
    ],
)
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
    message = told("start-taxonomy", {**RIGHT, "a": "multi-task"})
    assert "at the same time" in message and "Ruder 2019" in message


def test_taxonomy_goes_by_the_situations_that_are_filled():
    stub = dict.fromkeys(RIGHT, ...)
    assert exercises.check("start-taxonomy", stub).status == "not attempted"
    assert exercises.check("start-taxonomy", dict.fromkeys(RIGHT)).status == "not attempted"
    part = told("start-taxonomy", {**stub, "a": "sequential", "d": "domain adaptation"})
    assert part == "So far so good: 2 of 4 are right; still open: b, c."
    part = told("start-taxonomy", {"a": "cross-lingual"})
    assert part.startswith("a: German")
    assert part.endswith("(0 of 4 are right; still open: b, c, d.)")
    swapped = {**RIGHT, "c": "sequential", "d": "multi-task"}  # one thing at a time
    assert told("start-taxonomy", swapped).startswith("c: ")


def test_the_situations_to_sort_do_not_stand_in_the_tree_above_them():
    cells = {
        cell["id"]: "".join(cell["source"])
        for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    }
    examples = re.findall(r'"([^"]+)": kind_of_transfer', cells["start-04"])
    situations = re.findall(r"^- ([a-d]): (.+)$", cells["start-06"], flags=re.M)
    assert len(examples) > 4 and [key for key, _ in situations] == list(RIGHT)
    for example, (_, situation) in itertools.product(examples, situations):
        there, here = (set(re.findall(r"\w{5,}", x.casefold())) for x in (example, situation))
        assert len(there & here) <= 1, f"{example!r} gives {situation!r} away"


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (list(RIGHT.values()), 'a dict with keys "a", "b", "c", "d"'),
        ({}, "a dict with keys"),
        ({**RIGHT, "e": "sequential"}, "a dict with keys"),
        ({**RIGHT, "b": "translation"}, "b: 'translation' is none of the options"),
        (
            {**RIGHT, "b": ["cross-lingual", "sequential"]},
            "b: ['cross-lingual', 'sequential'] is none of the options",
        ),
        ({**RIGHT, "b": ""}, "b: '' is none of the options"),
    ],
)
def test_taxonomy_says_what_form_the_answer_has(answer, word):
    assert word in told("start-taxonomy", answer)
