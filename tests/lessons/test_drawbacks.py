"""Notebook 41: its cells by hand, what they refuse, and its exercises."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import torch

from tl_helpers import models
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue
from tl_helpers.measure import results


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    return Cells("41_drawbacks")


# --- negation ------------------------------------------------------------------------------------


def test_negated_sentences_are_negated_and_balanced_enough(cells):
    texts, labels = cells.negated_sentences(3)
    assert len(texts) > 600 and all(" not " in text for text in texts)
    assert 0.4 < labels.mean() < 0.6


def test_a_classifier_of_words_sees_pairs(cells):
    texts = ["it was good", "it was not good", "it was bad", "it was not bad"] * 20
    classifier = cells.learn("word counts", texts, [1, 0, 0, 1] * 20, 0)
    assert cells.share_right(classifier, texts, np.array([1, 0, 0, 1] * 20)) == 1


def test_the_rates_of_the_cells_are_the_best_of_their_studies_and_inside_the_grid(cells):
    chosen = [("drawbacks", "agrees", {"start": "town-mlm"}, cells.FINE_TUNING_RATE)]
    for way, rate in cells.UPDATE_RATES.items():
        chosen.append(("drawbacks-update", "mean", {"way": way}, rate))
    for name, measure, where, rate in chosen:
        assert results.best(name, measure, **where) == rate, where
        (column,) = where
        kinds = ("rates", "edges") if name == "drawbacks-update" else ("rates",)
        table = pd.concat([results.load(f"{name}-{kind}").table for kind in kinds])
        grid = table[table[column] == where[column]].rate
        assert grid.min() < rate < grid.max()


def test_the_strength_of_the_word_counts_is_within_a_point_of_the_best(cells):
    right = results.load("drawbacks-counts-rates").table.groupby("rate").agrees.mean()
    assert right[cells.STRENGTH] > right.max() - 0.01


# --- shortcuts -----------------------------------------------------------------------------------


def test_the_day_agrees_in_exactly_the_share(cells):
    labels = np.array([0, 1] * 50)
    for share in (0.5, 0.8, 0.95, 1.0):
        assert (cells.days_for(labels, share) == labels).mean() == share
    assert cells.with_day(["So."], [1]) == ["Friday: So."]


@pytest.mark.parametrize("share", [0.4, 1.1, -1])
def test_a_share_that_is_no_cue_is_refused(cells, share):
    with pytest.raises(BadValue, match=r"no cue(.|\n)*-> Give a share"):
        cells.days_for(np.array([0, 1]), share)


def test_balance_needs_an_exception(cells):
    labels, rng = np.array([0, 1] * 8), np.random.default_rng(0)
    with pytest.raises(BadValue, match=r"never occurs(.|\n)*-> Collect some exceptions"):
        cells.balanced_groups(labels, labels, rng)
    days = np.where(np.arange(16) > 11, 1 - labels, labels)
    chosen = cells.balanced_groups(labels, days, rng)
    assert sorted(np.bincount(2 * labels[chosen] + days[chosen])) == [4] * 4


# --- memorisation --------------------------------------------------------------------------------


def test_canaries_are_others_for_each_number_of_repeats(cells):
    found = cells.canaries(5)
    assert len({one["front"] for one in found}) == len(found) == 5 * len(cells.REPEATS)
    assert [one["repeats"] for one in found[::5]] == list(cells.REPEATS)
    tokenizer = models.load("town-clm", task="causal-lm").tokenizer
    for one in found:
        ids = tokenizer(f"{one['front']} {' '.join(one['code'])}.")["input_ids"]
        assert tokenizer.unk_token_id not in ids and len(ids) == 10  # its mark in front


def test_exposure_is_the_rank_among_all_codes(cells):
    model, tokenizer = models.load("town-clm", task="causal-lm")
    one = cells.canaries(5)[0]
    found = cells.exposure_of(model, tokenizer, one["front"], one["code"])
    assert 0 <= found <= 14

    def log_probability(code):
        text = f"{one['front']} {' '.join(code)}"
        ids = [tokenizer.eos_token_id, *tokenizer(text, add_special_tokens=False)["input_ids"]]
        with torch.no_grad():
            scores = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        return float(scores[-3, ids[-2]] + scores[-2, ids[-1]])

    rng, true = np.random.default_rng(0), log_probability(one["code"])
    sample = [log_probability(rng.choice(cells.code_words(), 2)) for _ in range(150)]
    share = np.mean([score >= true for score in sample])
    assert abs(share - 2**-found) < 0.15


def test_a_code_of_other_words_is_refused(cells):
    model, tokenizer = models.load("town-clm", task="causal-lm")
    with pytest.raises(BadValue, match=r"'zebra' is not a code word(.|\n)*-> Draw codes"):
        cells.exposure_of(model, tokenizer, "The code is", ["zebra", "bed"])


# --- facts ---------------------------------------------------------------------------------------


def test_mentions_by_hand(cells):
    assert re.findall(cells.MENTION, "The baker, Ingrid Crane, left.") == [
        ("baker", "Ingrid Crane")
    ]
    counted, sentences = cells.mentions(300)
    assert sum(counted.values()) >= len(sentences) > 0
    assert all(re.match(cells.MENTION, sentence) for sentence in sentences)


# --- calibration ---------------------------------------------------------------------------------


def test_calibration_error_by_hand(cells):
    p, truth = np.array([0.9, 0.9, 0.9, 0.9]), np.array([1, 1, 1, 0])
    assert np.isclose(cells.calibration_error(p, truth), 0.15)
    assert np.isclose(cells.calibration_error([1.0, 0.0], [1, 0]), 0)
    mixed = cells.calibration_error([0.95, 0.05, 0.55, 0.55], [1, 1, 1, 0])
    assert np.isclose(mixed, 0.5 * 0.45 + 0.5 * 0.05)


@pytest.mark.parametrize("p", [[0.5, 1.2], [0.5], [-0.1, 0.5], [np.nan, 0.5]])
def test_what_are_no_probabilities_is_refused(cells, p):
    with pytest.raises(BadValue, match=r"not probabilities(.|\n)*-> Give numbers"):
        cells.calibration_error(p, [0, 1])


def test_a_temperature_is_found_and_is_that_of_the_library(cells):
    rng = np.random.default_rng(0)
    score = rng.normal(0, 2, 4000)
    truth = (rng.random(4000) < 1 / (1 + np.exp(-score))).astype(int)
    too_sure = 1 / (1 + np.exp(-3 * score))
    found = cells.fit_temperature(too_sure, truth)
    assert abs(found - 3) < 0.3
    assert np.isclose(found, cells.by_library(too_sure, truth), rtol=0.02)
    assert ((cells.cooled(too_sure, found) > 0.5) == (too_sure > 0.5)).all()


# --- likelihoods of endings ----------------------------------------------------------------------


@pytest.mark.parametrize("options", [["Rome"], ["Rome", "Rome"], ["Rome", ""], [" Rome", "Oslo"]])
def test_endings_that_cannot_be_compared_are_refused(cells, options):
    with pytest.raises(BadValue, match=r"not endings to choose from(.|\n)*-> Give two or more"):
        cells.checked(options)


def test_likelihoods_are_those_of_the_chain_rule(cells):
    model, tokenizer = models.load("town-clm", task="causal-lm")
    options = ["good", "very good indeed"]
    found = cells.likelihoods(model, tokenizer, "The tea was", options)
    for (total, tokens), option in zip(found, options, strict=True):
        ids = tokenizer(f"The tea was {option}", add_special_tokens=False)["input_ids"]
        ids = [tokenizer.bos_token_id, *ids]
        with torch.no_grad():
            scores = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        by_hand = sum(scores[i - 1, ids[i]] for i in range(4, len(ids)))
        assert tokens == len(ids) - 4 and np.isclose(total, float(by_hand), atol=1e-4)


# --- the bill ------------------------------------------------------------------------------------


def test_energy_is_power_times_time(cells):
    assert cells.energy(3) == 30 and cells.energy(3, watts=2) == 6
    with pytest.raises(BadValue, match=r"negative(.|\n)*-> Measure"):
        cells.energy(-1)
    with pytest.raises(BadValue, match=r"negative(.|\n)*-> Measure"):
        cells.energy(1, watts=0)
