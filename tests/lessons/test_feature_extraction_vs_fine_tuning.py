"""Notebook 32: schedules, freezing, penalties and the mixture, by hand and against libraries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn.functional import cross_entropy
from transformers import get_scheduler

from tl_helpers import models
from tl_helpers.core.cells import Cells
from tl_helpers.exercises import find
from tl_helpers.measure import claims, experiment, results
from tl_helpers.train import adapt
from tl_lessons.feature_extraction_vs_fine_tuning import exercises, studies

TEXTS = ["The soup was good.", "I hated the film because it was boring.", "We loved it."] * 2
LABELS = torch.tensor([1, 0, 1, 0, 1, 0])


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    return Cells("32_feature_extraction_vs_fine_tuning")


@pytest.fixture
def town():
    return models.load("town-mlm", task="masked-lm")


def trained(cells, mlm, tokenizer, rates, steps=3, penalty=None):
    """A network after some steps, and how far each of its parts has moved."""
    torch.manual_seed(0)
    network = cells.Classifier(mlm.bert, tokenizer)
    before = [[w.detach().clone() for w in part] for part in cells.parts_of(network)]
    held = None if penalty is None else penalty(mlm, tokenizer, 0)
    batches = cells.shuffled(len(TEXTS), steps, 0)
    losses = cells.tune(network, TEXTS, LABELS, batches, rates, held)
    moved = [
        sum(float((w - b).detach().square().sum()) for w, b in zip(part, old, strict=True)) ** 0.5
        for part, old in zip(cells.parts_of(network), before, strict=True)
    ]
    return network, moved, losses


# --- rates ---------------------------------------------------------------------------------------


def test_the_slanted_triangle_by_hand(cells):
    """T = 20, cut = 0.25, ratio = 5: the peak is at step 5, a fifth of it at both ends."""
    at = {step: cells.slanted(step, 20, cut=0.25, ratio=5) for step in (0, 1, 5, 10, 20)}
    assert at == pytest.approx({0: 0.2, 1: 0.36, 5: 1.0, 10: (1 + 4 * 2 / 3) / 5, 20: 0.2})


@pytest.mark.parametrize(
    ("name", "kind", "warm"), [("decay", "linear", 0), ("warm-up", "linear", 10)]
)
def test_schedules_are_those_of_transformers(cells, name, kind, warm):
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = get_scheduler(kind, optimiser, warm, 100).lr_lambdas[0]
    rates = cells.way(name, 0.5, 100)
    assert [rates(s)[0] for s in range(100)] == pytest.approx([theirs(s) / 2 for s in range(100)])


def test_discriminative_rates_and_unfreezing(cells):
    assert cells.way("discriminative", 1.0, 100, head=1.0)(7) == pytest.approx(
        [1 / 2.6**3, 1 / 2.6**2, 1 / 2.6, 1.0]
    )
    frozen = [
        sum(rate is None for rate in cells.way("unfreezing", 1.0, 100)(s)) for s in range(100)
    ]
    assert frozen == [3] * 25 + [2] * 25 + [1] * 25 + [0] * 25
    assert cells.way("head first", 1.0, 100)(24) == [None, None, None, 0.03]
    assert cells.way("head first", 1.0, 100)(25) == [1.0, 1.0, 1.0, 0.03]
    assert cells.way("ULMFiT", 1.0, 100, head=1.0)(99)[-1] == cells.slanted(99, 100)


def test_the_head_has_a_rate_of_its_own_that_follows_the_schedule(cells):
    for name in studies.WAYS:
        rates = cells.way(name, 1e-3, 100, head=0.02)
        shape = {"decay": 0.1, "warm-up": 1 / 9, "slanted": cells.slanted(90, 100)}.get(name, 1.0)
        if name == "ULMFiT":
            shape = cells.slanted(90, 100)
        assert rates(90)[-1] == pytest.approx(0.02 * shape)
        assert rates(90)[2] <= 1e-3


def test_what_is_frozen_does_not_move(cells, town):
    _, moved, _ = trained(cells, *town, cells.way("head alone", 1e-2, 3))
    assert moved[:3] == [0, 0, 0] and moved[3] > 0
    _, moved, _ = trained(cells, *town, cells.way("embeddings frozen", 1e-3, 3))
    assert moved[0] == 0 and min(moved[1:]) > 0


def test_batches_go_through_all_texts(cells):
    batches = cells.shuffled(128, 8, seed=3)
    assert [len(batch) for batch in batches] == [32] * 8
    assert sorted(np.concatenate(batches[:4])) == list(range(128))
    assert [len(batch) for batch in cells.shuffled(16, 2, seed=0)] == [16, 16]


# --- the old loss --------------------------------------------------------------------------------


def test_the_old_loss_is_that_of_transformers(cells, town):
    mlm, tokenizer = town
    batch, truth = cells.hide(tokenizer, TEXTS[:3], seed=1, share=0.4)
    assert (truth != -100).sum() >= 3
    hidden = truth != -100
    assert (batch["input_ids"][hidden] == tokenizer.mask_token_id).all()
    assert not (hidden & (batch["attention_mask"] == 0)).any()
    assert not np.isin(truth[hidden], tokenizer.all_special_ids).any()
    with torch.no_grad():
        theirs = mlm(**batch, labels=truth).loss
        assert torch.isclose(cells.gap_loss(mlm, batch, truth), theirs, atol=1e-5)


def test_remedies_and_judge_read_other_old_texts(cells):
    judged, rest = set(cells.old_texts()[: cells.JUDGED]), cells.old_texts()[cells.JUDGED :]
    assert len(rest) >= 200 and not judged & set(rest)


# --- remedies ------------------------------------------------------------------------------------


def test_l2_sp_is_nothing_at_the_start_and_a_squared_distance_later(cells, town):
    mlm, tokenizer = town
    penalty = cells.l2_sp(0.5)(mlm, tokenizer, 0)
    assert float(penalty(0)) == 0
    with torch.no_grad():
        mlm.bert.encoder.layer[0].output.dense.bias += 2.0
    assert float(penalty(0)) == pytest.approx(0.5 * 4 * 128, rel=1e-5)


def test_ewc_is_what_the_exercise_asks_for(cells, town):
    """The penalty over the whole network, against the exercise's solution, weight by weight."""
    mlm, tokenizer = town
    texts = cells.old_texts()[cells.JUDGED : cells.JUDGED + 3]
    penalty = cells.ewc(10.0, documents=3)(mlm, tokenizer, 5)
    assert float(penalty(0)) == 0
    weights = list(mlm.bert.parameters())
    start = torch.cat([w.detach().flatten() for w in weights]).numpy().astype(float)
    gradients = []
    for number, text in enumerate(texts):
        loss = cells.gap_loss(mlm, *cells.hide(tokenizer, [text], 5 + number))
        gradients.append(torch.cat([g.flatten() for g in torch.autograd.grad(loss, weights)]))
    with torch.no_grad():
        for weight in weights:
            weight += 0.01 * torch.randn_like(weight)
    now = torch.cat([w.detach().flatten() for w in weights]).numpy().astype(float)
    ours = exercises.ewc_penalty(now, start, torch.stack(gradients).numpy().astype(float), 10.0)
    assert float(penalty(0)) == pytest.approx(ours, rel=1e-3)


def test_a_penalty_holds_the_encoder_and_not_the_head(cells):
    rates = cells.way("constant", 1e-3, 8)
    free, held = (
        trained(cells, *models.load("town-mlm", task="masked-lm"), rates, 8, penalty)[1]
        for penalty in (None, cells.l2_sp(100.0))
    )
    assert sum(held[:3]) < 0.7 * sum(free[:3])
    assert held[3] > 0.3 * free[3]


def test_replay_is_the_loss_of_some_old_documents(cells, town):
    penalty = cells.replay(2.0, documents=2)(*town, 0)
    with torch.no_grad():
        assert 0 < float(penalty(0)) < 2 * 4
        assert float(penalty(1)) != float(penalty(2))


# --- bias correction, mixture, features ----------------------------------------------------------


def test_no_bias_correction_is_a_schedule(cells):
    gradients = [0.5, -1.0, 2.0, 0.1]
    first = cells.uncorrected(lambda step: [1.0, None])(0)
    assert first[1] is None and first[0] == pytest.approx(0.1 / 0.001**0.5)
    path = cells.adam_without_correction(gradients, 1e-3)
    assert path[0] == pytest.approx(-1e-3 * 0.1 / 0.001**0.5)


def test_the_mixture_by_hand(cells):
    mix = cells.ScalarMix(layers=2, size=3, classes=2)
    states = torch.arange(12.0).reshape(2, 2, 3)
    with torch.no_grad():
        mix.scores[:] = torch.tensor([0.0, np.log(3.0)])  # weights 1/4 and 3/4
        mix.gamma.fill_(2.0)
        by_hand = mix.head(2 * (states[0] / 4 + 3 * states[1] / 4))
        assert torch.allclose(mix(states), by_hand, atol=1e-5)


def test_one_layer_with_this_penalty_is_logistic_regression(cells):
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, 4)).astype(np.float32)
    truth = (rows[:, 0] + rng.normal(0, 0.3, 60) > 0).astype(int)
    ours = cells.fit_mix(torch.tensor(rows)[None], torch.tensor(truth), learn=False, steps=800)
    theirs = LogisticRegression(C=0.01).fit(rows, truth)
    said = ours(torch.tensor(rows)[None]).softmax(dim=1)[:, 1].detach().numpy()
    assert np.abs(said - theirs.predict_proba(rows)[:, 1]).max() < 0.1  # two columns against one
    assert ((said > 0.5) == theirs.predict(rows)).mean() > 0.95


def test_layers_are_those_of_embed(cells):
    model, tokenizer = models.load("town-mlm")
    with torch.no_grad():
        layers = cells.all_layers(model, tokenizer, TEXTS[:3], size=2)
    for layer in range(3):
        theirs = adapt.embed(model, tokenizer, TEXTS[:3], layer=layer, autocast="float32")
        assert np.allclose(layers[layer].numpy(), theirs, atol=1e-5)


def test_the_classifier_pools_without_padding(cells):
    model, tokenizer = models.load("town-mlm")
    network = cells.Classifier(model, tokenizer)
    with torch.no_grad():
        together, alone = network(TEXTS[:2]), network(TEXTS[:1])
    assert torch.allclose(together[:1], alone, atol=1e-4)
    assert float(cross_entropy(alone, LABELS[:1])) > 0


# --- what is stored ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["freeze-or-train", "forgetting", "fine-tuning-stability", "scalar-mix"]
    + ["ratings-freeze-or-train", "ratings-rates", "freeze-or-train-rates"]
    + ["freeze-or-train-edges"],
)
def test_the_stored_studies_are_those_of_the_code(name):
    stored, study = results.load(name), results.studies()[name]
    assert len(stored.rows) == len(study.plan()) * len(study.seeds)
    assert stored.meta["seeds"] == list(study.seeds)
    assert stored.meta["configuration"] == study.configuration


def test_rates_are_the_best_of_validation_and_inside_the_grid():
    names = ("freeze-or-train-rates", "freeze-or-train-edges")
    kinds = ["rate", "head"]
    best = {n: results.best("freeze-or-train", "validation", kinds, labels=n) for n in (128, 256)}
    assert best[128] == (studies.PEAK, studies.HEAD)
    town = pd.concat([results.load(name).table for name in names])
    for labels in (128, 256):
        rate, head = best[labels]
        tried = town[town.labels == labels]
        assert min(tried.rate) < rate < max(tried.rate)
        assert min(tried["head"]) < head < max(tried["head"])


@pytest.mark.parametrize(
    ("id", "first", "second", "value", "times"),
    [
        ("tune-head-rate", "constant", "one rate 0.001", "old_loss", 1),
        ("tune-discriminative", "discriminative", "rate 0.0003", "old_loss", 1),
        ("tune-replay", "replay 0.1", "rate 0.0001", "accuracy", 100),
    ],
)
def test_what_the_notebook_claims_stands_in_the_store(cells, id, first, second, value, times):
    table = results.load("forgetting").table
    table = table.assign(name=table.apply(cells.name_of, axis=1))
    effect = experiment.compare(table, first, second, column="name", value=value).times(times)
    promise = claims.registry()[id]
    assert claims.record(promise, effect, stored="forgetting").verdict == promise.outcome


# --- what the learner's own run decides ----------------------------------------------------------

HEAD_ALONE, USUAL = (0.73, 0.89), (0.82, 0.98)


@pytest.mark.parametrize(
    ("strong", "option"),
    [
        ((0.74, 0.90), "head"),
        ((0.81, 1.00), "same"),
        ((0.86, 0.95), "better"),
        ((0.95, 4.0), "neither"),  # far ahead, but the old loss is gone
        ((0.82, 4.0), "neither"),
        ((0.55, 0.90), "neither"),
        ((0.50, float("nan")), "infinite"),
    ],
)
def test_a_strong_pull_is_judged_by_what_came_out(strong, option):
    seen = {
        name: dict(zip(("accuracy", "old_loss"), pair, strict=True))
        for name, pair in (("head", HEAD_ALONE), ("usual", USUAL), ("strong", strong))
    }
    said, came = exercises.after_a_strong_pull(**seen)
    assert came == option and f"{strong[0]:.2f}" in said
    exercise = find("tune-strong")
    for answer in ("better", "same", "head", "infinite", "neither"):
        verdict = exercise.judge(answer, seen)[0]
        assert verdict == ("right" if answer == option else "wrong"), answer


def test_nothing_is_said_of_a_run_that_nobody_made():
    nothing = exercises.after_a_strong_pull(head={}, usual={}, strong=...)
    assert isinstance(nothing, str) and "measure" in nothing
