"""Notebook 35: its cells by hand and against the libraries, and the studies behind it."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from sklearn.semi_supervised import SelfTrainingClassifier

from tl_helpers import models, questions
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue
from tl_helpers.measure import results
from tl_lessons.slices_distillation_selftraining import exercises, studies


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    cells = Cells("35_slices_distillation_selftraining")
    cells.body, cells.tokenizer = models.load("town-mlm")
    return cells


# --- the loss ------------------------------------------------------------------------------------


def test_a_temperature_evens_out(cells):
    logits = torch.tensor([[3.0, 1.0, 0.0]])
    cold, hot = cells.softened(logits, 1), cells.softened(logits, 10)
    assert torch.isclose(cold.sum(), torch.tensor(1.0)) and cold.max() > hot.max() > 1 / 3
    assert torch.equal(cold.argsort(), hot.argsort())


def test_divergence_by_hand(cells):
    # the student says one half each; the teacher 3/4 and 1/4
    expected = 0.75 * np.log(0.75 / 0.5) + 0.25 * np.log(0.25 / 0.5)
    found = cells.divergence(torch.zeros(1, 2), torch.tensor([[0.75, 0.25]]), 1)
    assert found.item() == pytest.approx(expected, abs=1e-6)
    assert cells.divergence(torch.zeros(1, 2), torch.tensor([[0.5, 0.5]]), 3).item() == 0


def test_the_gradient_keeps_its_size_at_any_temperature(cells):
    sizes = []
    for temperature in (1, 10):
        logits = torch.tensor([[0.02, -0.01]], requires_grad=True)  # small: the limit of high T
        target = torch.softmax(torch.tensor([[0.06, 0.0]]) / temperature, dim=1)
        cells.divergence(logits, target, temperature).sum().backward()
        sizes.append(logits.grad.norm().item())
    assert sizes[0] == pytest.approx(sizes[1], rel=0.05)


def test_answers_come_in_the_order_of_the_texts(cells):
    _, _, test = cells.town_sentences(3, 4, unlabelled=10, judged=140)
    network = cells.same_start(0)
    together = cells.answers(network, test.texts)
    with torch.no_grad():
        alone = torch.cat([network(cells.ids_of([text])) for text in test.texts[:5]])
    assert torch.allclose(together[:5], alone, atol=1e-4)


def test_no_test_sentence_is_read(cells):
    few, free, test = cells.town_sentences(5, 16, unlabelled=300, judged=200)
    assert not set(test.texts) & set(few.texts + free.texts)
    assert [len(part.texts) for part in (few, free, test)] == [16, 300, 200]
    assert few.labels.tolist().count(0) == 8


def test_training_learns(cells):
    torch.manual_seed(0)
    bag = cells.BagOfWords(len(cells.tokenizer))
    texts = ["The soup was good.", "The soup was bad."] * 8
    labels = np.array([1, 0] * 8)
    cells.train(bag, cells.ids_of(texts), cells.one_hot(labels), steps=40, rate=0.03, batch=8)
    assert cells.accuracy(bag, texts, labels) == 1


def test_padding_changes_nothing(cells):
    bag = cells.BagOfWords(len(cells.tokenizer))
    short = cells.ids_of(["The soup was good."])
    longer = torch.cat([short, torch.zeros(1, 5, dtype=torch.long)], dim=1)
    assert torch.allclose(bag(short), bag(longer), atol=1e-6)
    reader = cells.same_start(0).eval()
    assert torch.allclose(reader(short), reader(longer), atol=1e-5)


def test_a_lecture(cells):
    few, free, _ = cells.town_sentences(5, 16, unlabelled=30, judged=20)
    teacher = cells.same_start(0)
    for way in cells.WAYS:
        texts, targets, temperature = cells.lecture(way, teacher, few, free)
        assert texts == (free.texts if "more text" in way else few.texts)
        assert torch.allclose(targets.sum(dim=1), torch.ones(len(texts)), atol=1e-5)
        hard = bool(((targets == 0) | (targets == 1)).all())
        assert hard == ("soft" not in way) and temperature == (2 if "soft" in way else 1)


def test_scrambled_text_keeps_its_words(cells):
    text = "The soup was not good , but the tea was ."
    mixed = cells.scrambled([text], 0)[0]
    assert mixed != text and sorted(mixed.split()) == sorted(text.split())


# --- self-training -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_self_training_is_that_of_scikit_learn(cells, seed):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, 200)
    x = rng.normal(size=(200, 5)) + 1.5 * truth[:, None]
    labels = np.full(200, -1)
    labels[:10] = truth[:10] = [0, 1] * 5
    *_, (mine, found) = cells.self_training(x, labels, rounds=3, each=20)
    library = SelfTrainingClassifier(
        cells.new_classifier(), criterion="k_best", k_best=20, max_iter=3
    ).fit(x, labels)
    np.testing.assert_array_equal(library.transduction_, found)
    np.testing.assert_allclose(library.predict_proba(x), mine.predict_proba(x))
    assert (labels[10:] == -1).all()  # what was handed over is as it was


def test_the_surest_and_the_surest_of_each_class(cells):
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.45, 0.55], [0.6, 0.4]])
    chosen, said = cells.surest(p, 2)
    assert chosen.tolist() == [0, 1] and said.tolist() == [0, 0]
    chosen, said = cells.surest_of_each(p, 2)
    assert chosen.tolist() == [0, 2] and said.tolist() == [0, 1]


# --- several models ------------------------------------------------------------------------------


def test_a_soup_of_one_is_that_one_and_the_mean_is_a_mean(cells):
    first, second = cells.same_start(0), cells.same_start(1)
    texts = ["The soup was good.", "We hated it."]
    one = cells.answers(cells.soup([first, first]), texts)
    assert torch.allclose(one, cells.answers(first, texts), atol=1e-5)
    mixed = cells.soup([first, second])
    expected = (first.head.weight + second.head.weight) / 2
    assert torch.allclose(mixed.head.weight, expected)
    both = torch.softmax(cells.mean_answer([first, second], texts), dim=1)
    each = [torch.softmax(cells.answers(n, texts), dim=1) for n in (first, second)]
    assert torch.allclose(both, (each[0] + each[1]) / 2, atol=1e-6)


# --- slices --------------------------------------------------------------------------------------


def test_slicing_functions_find_what_the_generator_did(cells):
    made = questions.opinion_task(77, 3000, hard=0.5)
    found = np.array([cells.slice_of(text) != "plain" for text in made.texts])
    assert (found == made.hard).mean() > 0.999


def test_the_test_texts_of_the_slices_are_new_and_half_hard(cells):
    pool, validation, judged = cells.slice_task(3, judged=600)
    assert not set(judged.texts) & set(pool.texts + validation.texts)
    assert 0.4 < judged.hard.mean() < 0.6 and 0.08 < pool.hard.mean() < 0.16


def test_a_slice_with_no_member(cells):
    network = cells.same_start(0).eval()
    plain = questions.Opinions(["The soup was good.", "The soup was bad."], np.array([1, 0]), None)
    with pytest.raises(BadValue, match=r"No text belongs to the slice '(.|\n)*Collect"):
        cells.by_slice(network, plain)


def test_group_dro_by_hand(cells):
    dro = cells.GroupDRO(torch.tensor([0, 0, 1]), eta=1.0)
    loss = dro(torch.tensor([1.0, 3.0, 0.0]), torch.tensor([0, 1, 2]))
    share = np.exp(2) / (np.exp(2) + 1)
    assert dro.q.tolist() == pytest.approx([share, 1 - share])
    assert loss.item() == pytest.approx(2 * share)
    # a group that is not in the batch has no loss and no say in it
    alone = dro(torch.tensor([2.0]), torch.tensor([2]))
    assert alone.item() == pytest.approx(2 * dro.q[1].item())


def test_weights_are_a_weighted_mean(cells):
    combine = cells.weighted(torch.tensor([1.0, 3.0, 100.0]))
    loss = combine(torch.tensor([2.0, 4.0]), torch.tensor([0, 1]))
    assert loss.item() == pytest.approx((2 + 3 * 4) / 4)


def test_purity_by_hand(cells):
    clusters = np.array([0, 0, 0, 1, 1])
    names = np.array(["a", "a", "b", "b", "b"])
    assert cells.purity(clusters, names) == pytest.approx(4 / 5)
    assert cells.purity(np.arange(5), names) == 1


def test_worst_slices_are_measured_on_enough_texts(cells):
    _, _, judged = cells.slice_task(3, judged=2000)
    names = [cells.slice_of(text) for text in judged.texts]
    assert min(names.count(name) for name in ("plain", "negation", "contrast", "irony")) >= 150


# --- the studies ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("distil-town", "distil-films", "self-training-films"),
        *("ensemble-town", "slices-town", "slices-ratings"),
    ],
)
def test_the_stored_studies_are_those_of_the_code(name):
    stored, study = results.load(name), results.studies()[name]
    assert tuple(stored.meta["seeds"]) == study.seeds and len(study.seeds) >= 5
    assert stored.meta["configuration"] == study.configuration


def test_a_linear_layer_learns_and_listens_to_its_weights():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 60)
    vectors = rng.normal(size=(60, 4)) + 2 * labels[:, None]
    rated = studies._Rated(vectors, labels, np.zeros(60, int))
    predict = studies._linear(rated, lambda losses, some: losses.mean())
    assert (predict(vectors) == labels).mean() > 0.9
    flipped = torch.tensor(np.where(labels == 1, 1.0, 0.0), dtype=torch.float32)
    only_ones = studies._linear(rated, lambda losses, some: (flipped * losses).mean())
    assert only_ones(vectors).mean() > labels.mean()


def test_the_pool_is_not_changed_by_a_remedy(cells):
    before = copy.deepcopy(cells.slice_task(3)[0].labels)
    cells.remedy("group DRO", 3, steps=2)
    np.testing.assert_array_equal(before, cells.slice_task(3)[0].labels)


# --- the exercises -------------------------------------------------------------------------------


def test_what_came_out_is_said_with_the_learners_numbers():
    outcome = exercises.by_students
    assert "only said so" in outcome(0.55, 0.86, ...)
    assert outcome(0.55, 0.86, 0.81).endswith("proper text 86.0%.")
    assert "another seed" in outcome(0.55, 0.86, 0.6)
    assert exercises.by_remedies({"group DRO": -0.3}) == "Points gained: group DRO -0.3."
