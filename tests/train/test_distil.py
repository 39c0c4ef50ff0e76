"""Distillation: targets and loss against the formula and torch, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tl_helpers import models
from tl_helpers.core.errors import BadValue, UnknownName
from tl_helpers.train import adapt, distil

WORDS = ["good", "bad", "soup", "film", "the", "was", "very"]
TEXTS = ["the soup was good", "the film was bad", "very very bad", "good"] * 6


class Oracle:
    """A teacher that looks for one word."""

    def __init__(self, classes=("blame", "praise"), sure=0.9):
        self.classes, self.sure, self.asked = np.array(classes), sure, 0

    def probabilities(self, texts):
        self.asked += 1
        good = np.array(["good" in text for text in texts], float)
        right = np.where(good, self.sure, 1 - self.sure)
        return np.stack([1 - right, right], axis=1)


@pytest.fixture(scope="module")
def tokenizer():
    return models.town_tokenizer(WORDS)


@pytest.fixture
def student(tokenizer):
    return models.new("tiny", seed=3, tokenizer=tokenizer, hidden_size=16)[0]


HOW = {"steps": 40, "learning_rate": 0.01, "progress": False, "autocast": "float32"}


# what is computed -------------------------------------------------------------------------------


def test_softened_probabilities_are_the_softmax_of_divided_logits():
    logits = torch.tensor([[2.0, -1.0, 0.5], [0.0, 0.0, 3.0]], dtype=torch.float64)
    for temperature in (0.5, 1, 2, 10):
        expected = torch.softmax(logits / temperature, dim=1).numpy()
        found = distil.soften(torch.softmax(logits, dim=1).numpy(), temperature)
        np.testing.assert_allclose(found, expected, atol=1e-7)


def test_softened_by_hand():
    # square roots of .64 and .36 are .8 and .6; of 1.4 together
    np.testing.assert_allclose(distil.soften([[0.64, 0.36]], 2), [[0.8 / 1.4, 0.6 / 1.4]])
    assert np.isfinite(distil.soften([[1.0, 0.0]], 4)).all()


def test_the_loss_is_the_divergence_times_the_square_of_the_temperature():
    rng = np.random.default_rng(0)
    logits = torch.tensor(rng.normal(size=(5, 3)), dtype=torch.float32)
    target = torch.softmax(torch.tensor(rng.normal(size=(5, 3)), dtype=torch.float32), dim=1)
    for temperature in (1.0, 4.0):
        ours = torch.softmax(logits / temperature, dim=1)
        by_hand = (target * (target.log() - ours.log())).sum(dim=1).mean() * temperature**2
        assert torch.isclose(distil.loss_of(logits, target, temperature), by_hand, atol=1e-6)


def test_with_hard_targets_it_is_cross_entropy():
    logits, right = torch.tensor([[1.0, -1.0], [0.3, 0.2]]), torch.tensor([0, 1])
    cross_entropy = torch.nn.functional.cross_entropy(logits, right)
    assert torch.isclose(distil.loss_of(logits, torch.eye(2)[right], 1.0), cross_entropy)


# what comes out ---------------------------------------------------------------------------------


def test_the_student_answers_as_the_teacher_and_is_a_copy(student, tokenizer):
    before = {name: value.clone() for name, value in student.state_dict().items()}
    teacher = Oracle()
    made = distil.fit(teacher, student, tokenizer, TEXTS, temperature=1, **HOW)
    assert made.predict(TEXTS[:2]).tolist() == ["praise", "blame"]
    # soft targets: it learns how sure the teacher is, not only of what
    np.testing.assert_allclose(made.probabilities(TEXTS).max(axis=1), 0.9, atol=0.05)
    assert teacher.asked == 1
    assert all(torch.equal(value, before[name]) for name, value in student.state_dict().items())


def test_hard_targets_forget_how_sure_the_teacher_was(student, tokenizer):
    hard = distil.fit(Oracle(), student, tokenizer, TEXTS, hard=True, temperature=1, **HOW)
    assert hard.probabilities(TEXTS).max(axis=1).mean() > 0.95


def test_an_ensemble_is_the_mean_of_its_members(student, tokenizer):
    pair = [Oracle(sure=0.9), Oracle(sure=0.7)]
    together = distil.fit(pair, student, tokenizer, TEXTS, **HOW)
    alone = distil.fit(Oracle(sure=0.8), student, tokenizer, TEXTS, **HOW)
    np.testing.assert_allclose(together.history.loss, alone.history.loss, atol=1e-6)


def test_a_kept_head_keeps_its_order(tokenizer):
    begun = models.new("tiny", seed=1, tokenizer=tokenizer)[0]
    first = adapt.fit(begun, tokenizer, TEXTS[:4], ["praise", "blame"] * 2, steps=1, progress=False)
    first.model.config.id2label = {0: "praise", 1: "blame"}
    first.model.config.label2id = {"praise": 0, "blame": 1}
    made = distil.fit(Oracle(), first.model, tokenizer, TEXTS, **HOW)
    assert made.classes.tolist() == ["praise", "blame"]
    assert made.predict(TEXTS[:2]).tolist() == ["praise", "blame"]


def test_same_seed_same_student(student, tokenizer):
    first, second = (distil.fit(Oracle(), student, tokenizer, TEXTS, **HOW) for _ in range(2))
    assert first.history.loss == second.history.loss


# what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [[], (), iter([])])
def test_an_empty_unlabelled_set(student, tokenizer, nothing):
    with pytest.raises(BadValue, match=r"unlabelled texts is empty(.|\n)*need no labels"):
        distil.fit(Oracle(), student, tokenizer, nothing, **HOW)


def test_teacher_and_student_with_different_labels(tokenizer):
    begun = models.new("tiny", tokenizer=tokenizer)[0]
    other = adapt.fit(begun, tokenizer, TEXTS[:4], ["no", "yes"] * 2, steps=1, progress=False).model
    with pytest.raises(BadValue, match=r"different labels.*'praise'.*'yes'(.|\n)*base_model"):
        distil.fit(Oracle(), other, tokenizer, TEXTS, **HOW)
    three = adapt.fit(begun, tokenizer, TEXTS[:3], [0, 1, 2], steps=1, progress=False).model
    with pytest.raises(BadValue, match="different labels"):
        distil.fit(Oracle(), three, tokenizer, TEXTS, **HOW)
    made = distil.fit(Oracle(), other.base_model, tokenizer, TEXTS, **HOW)  # as the message says
    assert made.classes.tolist() == ["blame", "praise"]


def test_teachers_with_different_labels(student, tokenizer):
    with pytest.raises(BadValue, match="teachers have different labels"):
        distil.fit([Oracle(), Oracle(classes=("no", "yes"))], student, tokenizer, TEXTS, **HOW)


@pytest.mark.parametrize("teacher", [None, "teacher", 3, [], [None], object(), {"a": 1}])
def test_what_is_no_teacher(student, tokenizer, teacher):
    with pytest.raises(BadValue, match="teacher"):
        distil.fit(teacher, student, tokenizer, TEXTS, **HOW)


@pytest.mark.parametrize(
    "answers", [[[0.5, 0.5]], np.ones((24, 2)), np.full((24, 2), np.nan), np.ones((24, 3)) / 3]
)
def test_a_teacher_that_gives_no_probabilities(student, tokenizer, answers):
    teacher = Oracle()
    teacher.probabilities = lambda texts: answers
    with pytest.raises(BadValue, match="probabilities"):
        distil.fit(teacher, student, tokenizer, TEXTS, **HOW)


def test_settings_that_mean_nothing(student, tokenizer):
    with pytest.raises(UnknownName, match="temprature"):
        distil.fit(Oracle(), student, tokenizer, TEXTS, temprature=2, **HOW)
    with pytest.raises(BadValue, match="both given"):
        distil.fit(Oracle(), student, tokenizer, TEXTS, epochs=1, **HOW)
    with pytest.raises(BadValue, match="evaluate means nothing"):
        distil.fit(Oracle(), student, tokenizer, TEXTS, evaluate=len, **HOW)
