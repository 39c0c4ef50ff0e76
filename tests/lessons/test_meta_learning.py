"""Notebook 43: its cells by hand, what they refuse, and its exercises."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import optimize

from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue
from tl_lessons.meta_learning import tasks


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    return Cells("43_meta_learning")


@pytest.fixture(scope="module")
def town(cells):
    return tasks.town_task(0, documents=1500)


def small(counts=(6, 6, 6), support=3):
    """A task of classes with so many sentences each, the first of which may be shown."""
    labels = np.repeat(np.arange(len(counts)), counts)
    shown = np.concatenate([np.arange(n) < support for n in counts])
    names = [f"class {c}" for c in range(len(counts))]
    nothing = torch.zeros(len(labels), 1)
    every = np.arange(len(counts))
    return tasks.Task(nothing, nothing, labels, shown, every, every, names, [""] * len(labels))


# --- episodes ------------------------------------------------------------------------------------


def test_an_episode_has_rows_of_its_classes_and_shows_nothing_that_it_asks(cells):
    task, rng = small(), np.random.default_rng(0)
    for _ in range(20):
        shown, asked = cells.episode(task, task.new, 2, 3, 2, rng)
        assert shown.shape == (2, 3) and asked.shape == (2, 2)
        assert task.support[shown].all() and not task.support[asked].any()
        assert (task.labels[shown] == task.labels[shown][:, :1]).all()
        assert (task.labels[asked] == task.labels[shown][:, :1]).all()
        assert len({*shown.ravel(), *asked.ravel()}) == 10
        assert len({*task.labels[shown][:, 0]}) == 2


@pytest.mark.parametrize(
    ("ways", "shots", "queries", "says"),
    [
        (2, 4, 1, "larger than the class 'class .': 4 shots and 1 queries, but it has 3 sentences"),
        (2, 1, 4, "the class 'class .': 1 shots and 4 queries(.|\n)*-> Ask for at most"),
        (4, 1, 1, "4 ways, but only 3 classes(.|\n)*-> Ask for at most 3"),
        (1, 1, 1, "ways=1(.|\n)*-> Ask for two ways or more"),
        (2, 0, 1, "shots=0(.|\n)*-> Ask for two ways or more"),
        (2, 1, 0, "queries=0(.|\n)*-> Ask for two ways or more"),
    ],
)
def test_what_an_episode_refuses(cells, ways, shots, queries, says):
    task = small()
    with pytest.raises(BadValue, match=says):
        cells.episode(task, task.new, ways, shots, queries, np.random.default_rng(0))


def test_a_small_class_is_named(cells):
    task = small(counts=(6, 4), support=3)
    with pytest.raises(BadValue, match="'class 1'(.|\n)*or leave the class out"):
        cells.episode(task, task.new, 2, 1, 2, np.random.default_rng(0))


def test_new_topics_are_of_domains_that_training_does_not_see(town):
    domains = [{town.names[c].split(":")[0] for c in part} for part in (town.base, town.new)]
    assert (len(town.base), len(town.new)) == (20, 8)
    assert (len(domains[0]), len(domains[1])) == (5, 2) and not domains[0] & domains[1]


def test_queries_about_intents_are_of_other_templates_than_their_support():
    task = tasks.intent_task(1, tasks.load("minilm")[1])
    template = tasks.intent_sentences().template.to_numpy()
    assert not {*template[task.support]} & {*template[~task.support]}
    assert len(task.new) == 10 and len(task.base) == 13 and not {*task.new} & {*task.base}
    for part in (task.support, ~task.support):  # enough for the largest episode, in every class
        assert np.bincount(task.labels[part]).min() >= 10


# --- prototypes ----------------------------------------------------------------------------------


def test_prototypes_by_hand(cells):
    support = torch.tensor([[[0.0, 0.0], [2.0, 0.0]], [[0.0, 3.0], [0.0, 5.0]]])
    asked = torch.tensor([[[1.0, 1.0]], [[1.0, 4.0]]])
    scores = cells.prototype_scores(support, asked)
    assert torch.allclose(scores, torch.tensor([[-1.0, -10.0], [-16.0, -1.0]]), atol=1e-4)
    by_hand = (np.log1p(np.exp(-9)) + np.log1p(np.exp(-15))) / 2
    assert float(cells.prototype_loss(support, asked)) == pytest.approx(by_hand, abs=1e-6)


def test_perfect_vectors_are_read_perfectly(cells, town):
    vectors = np.eye(28, dtype=np.float32)[town.labels]
    assert {row["accuracy"] for row in cells.judge(vectors, town, 0, episodes=3)} == {100.0}
    assert [row["shots"] for row in cells.judge(vectors, town, 0, episodes=1)] == [1, 2, 5, 10]


def test_padding_changes_no_vector(town):
    network = tasks.load("town-mlm")[0]
    together = tasks.encode(network, town, torch.arange(8))
    alone = torch.cat([tasks.encode(network, town, torch.tensor([i])) for i in range(8)])
    assert torch.allclose(together, alone, atol=1e-5)


def test_both_ways_to_train_lower_their_loss_and_are_repeatable(cells, town):
    for train in (cells.train_prototypes, cells.train_plain):
        found = []
        for _ in range(2):
            network = tasks.load("town-mlm")[0]
            train(network, town, 2, 1e-3, seed=1)
            found.append(tasks.encode(network, town, torch.arange(4)))
        assert torch.equal(*found)
        before = tasks.encode(tasks.load("town-mlm")[0], town, torch.arange(4))
        assert not torch.allclose(found[0], before)


# --- MAML ----------------------------------------------------------------------------------------


def valley(weights, target):
    return 0.5 * (weights["w"] - target).square().sum()


def test_second_order_is_the_derivative_and_first_order_is_not(cells):
    weights = {"w": torch.tensor([1.0, -2.0], dtype=torch.float64)}
    support = (torch.tensor([[0.5, 0.5], [2.0, 1.0]], dtype=torch.float64),)
    asked = (torch.tensor([[1.0, 0.0], [-1.0, 3.0]], dtype=torch.float64),)

    def cubic(weights, target):  # its Hessian depends on the place
        return ((weights["w"] - target) ** 3).sum() / 3

    def value(w):
        at = {"w": torch.tensor(w, dtype=torch.float64)}
        return float(cells.loss_after_adapting(cubic, at, support, asked, 2, 0.05).mean())

    numeric = optimize.approx_fprime(weights["w"].numpy(), value, 1e-6)
    found = {}
    for method in ("MAML", "FOMAML"):
        start = {"w": weights["w"].clone().requires_grad_()}
        cells.outer_loss(method, cubic, start, support, asked, 2, 0.05).backward()
        found[method] = start["w"].grad.numpy()
    assert np.allclose(found["MAML"], numeric, atol=1e-4)
    assert not np.allclose(found["FOMAML"], numeric, atol=1e-2)


def test_reptile_and_joint_training_by_hand(cells):
    support, asked = (torch.tensor([[[1.0]], [[5.0]]]),), (torch.tensor([[[1.0]], [[5.0]]]),)
    start = {"w": torch.tensor([0.0]).requires_grad_()}
    cells.outer_loss("Reptile", valley, start, support, asked, 1, 0.1).backward()
    assert start["w"].grad.item() == pytest.approx(-6.0)  # both points of both tasks, one step
    start["w"].grad = None
    cells.outer_loss("joint training", valley, start, support, asked, 1, 0.1).backward()
    assert start["w"].grad.item() == pytest.approx(-6.0)


def test_the_starts_are_the_lowest_points_of_what_each_trains(cells):
    for rate in (0.0, 0.2, 0.4):
        best = cells.best_start(rate, 2)
        found = optimize.minimize(lambda at, r=rate: cells.loss_after(at, r), np.zeros(2))
        assert np.allclose(best, found.x, atol=1e-3)
    starts = [cells.best_start(0.0, power) for power in (0, 1, 2)]
    assert np.allclose(starts[0], starts[1]) and np.allclose(starts[0], starts[2])


def test_a_process_goes_through_its_points(cells):
    x = torch.tensor([[[-1.0], [0.0], [2.0]]])
    y = torch.sin(x)
    assert float(cells.by_process((x, y), (x, y), 1.5, 1e-6)) < 1e-6


def test_waves_are_sines():
    (x, y), (x_asked, _) = tasks.waves(3, 5, 7, torch.Generator().manual_seed(0))
    assert x.shape == (3, 5, 1) and x_asked.shape == (3, 7, 1) and x.abs().max() <= 5
    for one, values in zip(x[..., 0].numpy(), y[..., 0].numpy(), strict=True):
        columns = np.stack([np.sin(one), np.cos(one)], axis=1)
        height = np.linalg.norm(np.linalg.lstsq(columns, values, rcond=None)[0])
        assert np.linalg.lstsq(columns, values, rcond=None)[1].max() < 1e-6
        assert 0.1 <= height <= 5


def test_too_large_a_rate_is_never_chosen(cells):
    network = tasks.wave_network()
    weights = {name: w.detach() for name, w in network.named_parameters()}
    row = cells.judge_waves("MAML", cells.squared_error_of(network), weights, 5, 0)
    assert np.isfinite(row["error"])


# --- fine-tuning within an episode ---------------------------------------------------------------


def test_fomaml_and_reptile_leave_the_start_as_it_is_and_say_where_to_go(cells, town):
    network = tasks.load("town-mlm")[0]
    before = [w.clone() for w in network.parameters()]
    for method in ("FOMAML", "Reptile"):
        slopes = cells.outer_gradient(method, network, town, np.random.default_rng(0), 2, 1e-3)
        assert len(slopes) == len(before)
        assert any(slope is not None and slope.abs().max() > 0 for slope in slopes)
        assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))


def test_fine_tuning_learns_its_support(cells, town):
    network, rng = tasks.load("town-mlm")[0], np.random.default_rng(0)
    shown, _ = cells.episode(town, town.new, 5, 2, 2, rng)
    head = cells.tune(network, town, shown, 20, 3e-3)
    assert cells.loss_of(network, head, town, shown).item() < 0.5


def test_fine_tuning_is_judged_on_copies_and_a_learned_start_is_another_network(cells, town):
    network = tasks.load("town-mlm")[0]
    before = tasks.encode(network, town, torch.arange(4))
    rows = cells.judge_tuning(network, town, 0, 3e-3, 10, 1, many=[1, 5])
    assert [row["shots"] for row in rows] == [1, 5] and rows[1]["accuracy"] > 20
    assert torch.equal(before, tasks.encode(network, town, torch.arange(4)))
    cells.learn_to_tune("FOMAML", network, town, 1, 0, rate=1e-3, outer_rate=1e-3)
    assert not torch.allclose(before, tasks.encode(network, town, torch.arange(4)))


def test_words_alone_are_vectors_as_well(cells):
    vectors = cells.intent_vectors("word counts")
    assert len(vectors) == len(tasks.intent_sentences()) and vectors.dtype == np.float32
    house = tasks.intent_task(0, tasks.load("minilm")[1])
    assert cells.level(vectors, house).isfinite().all()


# --- exercises -----------------------------------------------------------------------------------


def test_what_shuffling_came_to_is_put_into_words():
    from tl_lessons.meta_learning.exercises import with_shuffled_labels as said

    assert said(...).startswith("So far")
    for shuffled, word in [
        (70, "above"),
        (59, "same"),
        (50, "between"),
        (41, "frozen"),
        (20, "below"),
    ]:
        assert said({"frozen": 40, "true": 60, "shuffled": shuffled})[1] == word
