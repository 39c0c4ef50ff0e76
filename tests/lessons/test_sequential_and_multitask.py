"""Notebook 34: its cells by hand and against the libraries, and its exercises."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from tl_helpers import exercises
from tl_helpers.core.cells import Cells
from tl_helpers.models import folder, load
from tl_lessons.sequential_and_multitask import exercises as asked
from tl_lessons.sequential_and_multitask import studies


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    return Cells("34_sequential_and_multitask")


@pytest.fixture(scope="module")
def town_mlm():
    return load("town-mlm")


TEXTS = ["The soup was tasty.", "We hated the film because it was boring."]


# --- the methods ---------------------------------------------------------------------------------


def test_a_text_is_read_without_its_padding(cells, town_mlm):
    together = cells.read(*town_mlm, TEXTS)
    alone = torch.cat([cells.read(*town_mlm, [text]) for text in TEXTS])
    assert together.shape == (2, 128) and torch.allclose(together, alone, atol=1e-5)


def test_cosine_by_hand(cells):
    a, b = torch.tensor([3.0, 4.0]), torch.tensor([4.0, -3.0])
    assert cells.cosine(a, a) == pytest.approx(1) and cells.cosine(a, -2 * a) == pytest.approx(-1)
    assert cells.cosine(a, b) == pytest.approx(0, abs=1e-7)


def test_the_gradient_of_a_task_is_that_of_backward(cells, town_mlm):
    body, tokenizer = town_mlm
    head = cells.new_head(2, 128, seed=0)
    body.zero_grad()
    cells.loss_of(body, tokenizer, head, TEXTS, [1, 0]).backward()
    grads = [w.grad.flatten() for w in body.parameters() if w.grad is not None]
    found = cells.pull(body, tokenizer, head, TEXTS, [1, 0])
    assert torch.allclose(found, torch.cat(grads), atol=1e-6)
    body.zero_grad()


def test_a_step_of_one_task_leaves_the_other_head_alone(cells, town_mlm):
    body, tokenizer = town_mlm.model, town_mlm.tokenizer
    kept = {name: w.detach().clone() for name, w in body.state_dict().items()}
    one, other = cells.new_head(2, 128, seed=1), cells.new_head(7, 128, seed=1)
    before = other.weight.detach().clone()
    texts = np.array(TEXTS)
    tasks = [(one, texts, np.array([1, 0])), (other, texts, np.array([0, 1]))]
    cells.train(body, tokenizer, tasks, [1.0, 0.0], steps=2, rate=1e-3, seed=0, batch_size=2)
    assert torch.equal(other.weight, before)
    assert any(not torch.equal(w, kept[name]) for name, w in body.state_dict().items())
    body.load_state_dict(kept)


def test_hardly_any_sentence_is_in_a_source_and_in_a_target(cells):
    sources, targets = cells.town_tasks(0)
    read = {text for texts, _ in sources.values() for text in texts}
    assert {len(texts) for texts, _ in sources.values()} == {1200}
    for texts, labels in targets.values():
        assert len(texts) == len(labels) > 500
        assert np.mean([text in read for text in texts]) < 0.01
    coin = sources["noise labels"][1]
    assert set(coin) == {0, 1} and abs(coin.mean() - 0.5) < 0.1


def test_a_new_head_is_the_same_for_a_seed_and_the_body_is_kept_by_the_library(cells):
    assert torch.equal(cells.new_head(2, 8, 3).weight, cells.new_head(2, 8, 3).weight)
    model = AutoModelForSequenceClassification.from_pretrained(folder("town-mlm"), num_labels=7)
    assert model.classifier.weight.shape == (7, 128)


# --- the stored studies --------------------------------------------------------------------------


def test_texts_of_the_target_are_balanced_and_judged_by_others():
    few, judged = studies.target_texts(3)
    assert sorted(few["label"]) == [0] * 8 + [1] * 8 and len(judged) == studies.JUDGED
    assert not set(few["text"]) & set(judged["text"])


# --- exercises -----------------------------------------------------------------------------------


@pytest.mark.parametrize("own", [np.array([1.0, -2.0, 0.5]), np.array([0.0, 1.0, 0.0])])
def test_after_surgery_nothing_points_against_the_other(own):
    other = np.array([-1.0, 1.0, 0.0])
    space: dict = {"np": np}
    exec(exercises.find("multi-surgery").solution, space)
    assert space["surgery"](own, other) @ other >= -1e-12


def test_temperature_by_hand():
    space: dict = {"np": np}
    exec(exercises.find("multi-mixing").solution, space)
    assert np.allclose(space["mixing"]([900, 100], 1), [0.9, 0.1])
    assert np.allclose(space["mixing"]([900, 100], 2), [0.75, 0.25])
    assert np.allclose(space["mixing"]([900, 100], 1e9), [0.5, 0.5])


@pytest.mark.parametrize(
    ("before", "after", "option"),
    [(0.9, 0.95, "better"), (0.99, 0.98, "same"), (0.99, 0.8, "lower"), (0.99, 0.55, "chance")],
)
def test_the_run_decides_what_is_left_of_the_old_head(before, after, option):
    measured = {"before": before, "after": after}
    said, right = asked.after_the_other_task(measured)
    assert right == option and f"{after:.2f}" in said
    exercise = asked.sheet.exercises["multi-order"]
    for answer in exercise.kind.options:
        judged = exercise.judge(answer, {"measured": measured})[0]
        assert (judged == "right") == (answer == option)


def test_the_order_has_to_be_measured():
    assert "put `True` in" in asked.after_the_other_task({})
