"""Metrics against hand-computed cases and library twins; intervals against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tl_helpers.core.errors import BadValue
from tl_helpers.measure import evaluate


def test_metrics_on_cases_computed_by_hand():
    truth, guess = ["a", "a", "a", "b"], ["a", "a", "b", "b"]
    assert evaluate.accuracy(truth, guess) == 0.75
    # a: precision 1, recall 2/3, F1 0.8; b: precision 1/2, recall 1, F1 2/3
    assert evaluate.macro_f1(truth, guess) == pytest.approx((0.8 + 2 / 3) / 2)


def test_span_f1_wants_whole_spans_of_the_right_type():
    truth = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-ORG"]]
    assert evaluate.span_f1(truth, truth) == 1.0
    half = [["B-PER", "O", "O", "B-LOC"], ["O", "B-PER"]]  # 1 of 3 spans found, 3 guessed
    assert evaluate.span_f1(truth, half) == pytest.approx(1 / 3)
    assert evaluate.span_f1([["O", "O"]], [["O", "B-PER"]]) == 0.0
    with pytest.raises(BadValue, match="no F1 of spans"):
        evaluate.span_f1([["O", "O"]], [["O", "O"]])
    with pytest.raises(BadValue, match="Sentence 0 has 4 tags but 1"):
        evaluate.span_f1(truth, [["O"], ["O", "O"]])


def test_bleu_by_hand_and_with_several_references():
    reference = "the cat sat on the mat today again"
    assert evaluate.bleu([reference], [reference]) == pytest.approx(100)
    # 7 of 8 words, 5 of 7 pairs, 3 of 6 triples, 1 of 5 quadruples, no brevity penalty
    guess = "the cat sat in the mat today again"
    by_hand = 100 * math.exp(np.mean(np.log([7 / 8, 5 / 7, 3 / 6, 1 / 5])))
    assert evaluate.bleu([reference], [guess]) == pytest.approx(by_hand)
    both = evaluate.bleu([[reference, guess]], [guess])
    assert both == pytest.approx(100)
    uneven = evaluate.bleu([[reference, guess], reference], [guess, reference])
    assert uneven == pytest.approx(100)


def test_rouge_by_hand():
    score = evaluate.rouge(["the red cat"], ["the cat"])
    assert score["rouge1"] == pytest.approx(2 * 1 * (2 / 3) / (1 + 2 / 3))
    assert score["rouge2"] == 0.0
    assert score["rougeL"] == pytest.approx(0.8)


@pytest.mark.parametrize(
    "metric",
    [evaluate.accuracy, evaluate.macro_f1, evaluate.bleu, evaluate.rouge, evaluate.span_f1],
)
def test_metrics_refuse_what_cannot_be_scored(metric):
    with pytest.raises(BadValue, match="1 true values but 2"):
        metric(["a"], ["a", "b"])
    with pytest.raises(BadValue, match="no examples"):
        metric([], [])


def test_interval_by_hand():
    interval = evaluate.interval([1, 2, 3, 4, 5])
    half = 2.7764451 * math.sqrt(2.5) / math.sqrt(5)  # t(4, 0.975) from a table
    assert interval.mean == 3 and interval.n == 5 and interval.method == "seeds"
    assert interval.ci == pytest.approx((3 - half, 3 + half))


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12), st.sampled_from([0.8, 0.95, 0.99]))
def test_interval_agrees_with_scipy_and_holds_its_mean(values, level):
    interval = evaluate.interval(values, level)
    assert interval.low <= interval.mean <= interval.high
    if np.ptp(values) > 1e-6:
        twin = stats.ttest_1samp(values, 0).confidence_interval(level)
        assert interval.ci == pytest.approx((twin.low, twin.high), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("tiny", [4.7e-281, 1e-160, 5e-324])
def test_interval_of_differences_whose_squares_are_zero_is_no_nan(tiny):
    interval = evaluate.interval([0, tiny])
    assert 0 <= interval.mean <= tiny and interval.low <= interval.mean <= interval.high
    assert tiny < 1e-300 or interval.ci == pytest.approx(
        (tiny / 2 - 12.7062047 * tiny / 2, tiny / 2 + 12.7062047 * tiny / 2), rel=1e-6, abs=0
    )  # t(1, 0.975) from a table


@given(st.floats(-10, 10), st.integers(2, 8))
def test_interval_of_equal_values_has_no_width_and_is_no_nan(value, n):
    interval = evaluate.interval([value] * n)
    assert interval.low == interval.mean == interval.high == value


@settings(deadline=None, max_examples=6)
@given(
    n=st.sampled_from([3, 5, 10]),
    mean=st.floats(-5, 5),
    spread=st.floats(0.1, 5),
    seed=st.integers(0, 2**32 - 1),
)
def test_95_percent_intervals_hold_the_truth_95_times_in_100(n, mean, spread, seed):
    draws = np.random.default_rng(seed).normal(mean, spread, (1500, n))
    hits = sum(i.low <= mean <= i.high for i in map(evaluate.interval, draws))
    # 1500 draws: standard error 0.0056; five of them is a chance of one in a million
    assert abs(hits / 1500 - 0.95) < 5 * 0.0056


def test_a_paired_difference_removes_what_both_share():
    rng = np.random.default_rng(0)
    shared = rng.normal(0, 10, 6)
    a, b = shared + 1 + rng.normal(0, 0.1, 6), shared + rng.normal(0, 0.1, 6)
    interval = evaluate.difference(a, b)
    assert interval.low > 0.7 and interval.high < 1.3
    twin = stats.ttest_rel(a, b).confidence_interval(0.95)
    assert interval.ci == pytest.approx((twin.low, twin.high))


def test_intervals_refuse_what_has_no_spread():
    for bad in ([], [1.0], [[1.0, 2.0]], [1.0, float("nan")]):
        with pytest.raises(BadValue):
            evaluate.interval(bad)
    with pytest.raises(BadValue, match="same seeds"):
        evaluate.difference([1, 2, 3], [1, 2])
    with pytest.raises(BadValue, match="confidence level"):
        evaluate.interval([1, 2], level=95)


def _systems(n=200, better=0.15, seed=1):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    b = np.where(rng.random(n) < 0.6, truth, rng.integers(0, 3, n))
    a = np.where(rng.random(n) < better, truth, b)
    return truth, a, b


def test_paired_bootstrap_agrees_with_scipy():
    truth, a, b = _systems()
    interval = evaluate.paired_bootstrap(truth, a, b)
    gain = (a == truth).astype(float) - (b == truth)
    twin = stats.bootstrap((gain,), np.mean, method="percentile", rng=0).confidence_interval
    assert interval.mean == pytest.approx(gain.mean())
    assert interval.ci == pytest.approx((twin.low, twin.high), abs=0.006)
    assert interval.n == 200 and interval.method == "bootstrap"


@pytest.mark.parametrize("metric", [evaluate.accuracy, evaluate.macro_f1])
def test_the_quick_bootstrap_gives_what_the_plain_one_gives(metric):
    truth, a, b = _systems(120)
    quick = evaluate.paired_bootstrap(truth, a, b, metric)
    plain = evaluate.paired_bootstrap(truth, a, b, lambda t, p: metric(t, p), resamples=1500)
    assert quick.mean == pytest.approx(plain.mean)
    assert quick.ci == pytest.approx(plain.ci, abs=0.02)
    assert quick.low < quick.mean < quick.high


def test_bootstrap_pairs_the_examples():
    """Two systems with the same predictions differ by exactly nothing in every resample."""
    truth, a, _ = _systems(50)
    for metric in (evaluate.accuracy, evaluate.macro_f1, lambda t, p: evaluate.accuracy(t, p)):
        interval = evaluate.paired_bootstrap(truth, a, a, metric, resamples=200)
        assert interval.low == interval.mean == interval.high == 0


def test_bootstrap_takes_tag_sequences_and_strings():
    truth = [["B-PER", "O"], ["O", "B-LOC"], ["O", "O"]] * 10
    worse = [["O", "O"], ["O", "B-LOC"], ["O", "O"]] * 10
    interval = evaluate.paired_bootstrap(truth, truth, worse, evaluate.span_f1, resamples=100)
    assert interval.mean == pytest.approx(1 / 3) and interval.low > 0
    words = evaluate.paired_bootstrap(["yes", "no"] * 20, ["yes", "no"] * 20, ["yes"] * 40)
    assert words.mean == 0.5


def test_bootstrap_is_repeatable_and_follows_its_seed():
    truth, a, b = _systems(60)
    first, again = (evaluate.paired_bootstrap(truth, a, b, resamples=500) for _ in range(2))
    assert first == again
    assert first.ci != evaluate.paired_bootstrap(truth, a, b, resamples=500, seed=9).ci


def test_bootstrap_covers_the_true_difference():
    rng, hits, rounds = np.random.default_rng(3), 0, 300
    for i in range(rounds):
        a, b = (rng.random(150) < p for p in (0.75, 0.65))
        interval = evaluate.paired_bootstrap([True] * 150, a, b, resamples=1000, seed=i)
        hits += interval.low <= 0.10 <= interval.high
    assert 0.90 <= hits / rounds <= 0.99


def test_interval_changes_its_unit():
    points = evaluate.interval([0.1, 0.2, 0.3]).times(-100)
    assert points.mean == pytest.approx(-20) and points.low < points.mean < points.high


def test_curve_has_one_interval_for_each_count():
    curve = evaluate.curve({64: [0.7, 0.8], 8: [0.5, 0.6]})
    assert list(curve) == [8, 64] and curve[8].mean == pytest.approx(0.55)


# Other inputs of the same kinds -------------------------------------------------------------------


@pytest.mark.parametrize("tag", ["B-PER ", " O", "O\n", "\u00a0B-PER"])
def test_tags_with_blanks_are_no_tags(tag):
    with pytest.raises(BadValue, match=r"truth\[0\]\[1\](.|\n)*tag.strip"):
        evaluate.span_f1([["B-PER", tag]], [["B-PER", "O"]])


def test_the_scheme_of_other_tags_is_named():
    for row in (["S-PER", "O"], ["B-PER", "E-PER"], ["B-PER", "L-PER"], ["U-LOC", "O"]):
        with pytest.raises(BadValue, match="BIOES or BILOU(.|\n)*IOB2"):
            evaluate.span_f1([row], [row])


def test_numbers_of_any_size_are_classes():
    truth, guess = [2**63, 2**63 + 1, 10**30, 0], [2**63 + 1, 2**63 + 1, 10**30, 0]
    assert evaluate.accuracy(truth, guess) == 0.75
    # Of four classes the first is never found; the second is found once and guessed once too often.
    assert evaluate.macro_f1(truth, guess) == pytest.approx((0 + 2 / 3 + 1 + 1) / 4)
    found = evaluate.paired_bootstrap(truth, truth, guess, resamples=100)
    assert found.mean == 0.25


def dictionary(truth, guess):
    return {"f1": 1.0}


@pytest.mark.parametrize(
    "metric",
    [dictionary, lambda t, p: None, lambda t, p: float("nan"), lambda t, p: {}, lambda t, p: "1"],
)
def test_a_metric_that_gives_no_number(metric):
    with pytest.raises(BadValue, match=r"metric=.*which is no number"):
        evaluate.paired_bootstrap(["a"] * 3, ["a"] * 3, ["b"] * 3, metric, resamples=100)
    with pytest.raises(BadValue, match=r"dictionary\(t, p\)\['f1'\]"):
        evaluate.paired_bootstrap(["a"], ["a"], ["b"], dictionary, resamples=100)


def test_more_resamples_than_memory_holds_and_values_that_overflow():
    with pytest.raises(BadValue, match="resamples=1000000000000(.|\n)*100 to 100,000"):
        evaluate.paired_bootstrap([1, 0], [1, 0], [0, 0], resamples=10**12)
    for huge in ([1e308, -1e308], [1e308, 1.5e308]):
        with pytest.raises(BadValue, match="too large"):
            evaluate.interval(huge)


def test_mappings_by_seed_are_told_how_to_become_lists():
    with pytest.raises(BadValue, match=r"a is a mapping(.|\n)*\[a\[key\] for key in sorted\(a\)\]"):
        evaluate.difference({1: 0.2, 2: 0.3}, {2: 0.1, 1: 0.2})


@pytest.mark.parametrize("factor", ["100", None, float("nan")])
def test_an_interval_in_a_unit_that_is_no_number(factor):
    with pytest.raises(BadValue, match="factor"):
        evaluate.interval([0.1, 0.2]).times(factor)
