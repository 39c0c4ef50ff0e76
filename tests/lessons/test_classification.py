"""Notebook 20: its cells by hand and against the libraries, its exercises, and a learner's data."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sentence_transformers.losses import CosineSimilarityLoss
from sklearn.linear_model import LogisticRegression

from tl_helpers import models, own
from tl_helpers.core.cells import Cells
from tl_lessons.classification import exercises, studies


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    return Cells("20_classification")


# --- the head ------------------------------------------------------------------------------------


def test_the_head_is_that_of_scikit_learn(cells):
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1, 2], 20)
    rows = rng.normal(size=(60, 5)) + labels[:, None]
    weights = cells.train_head(rows, labels, C=0.5)
    said = cells.softmax(np.column_stack([rows, np.ones(60)]) @ weights)
    theirs = LogisticRegression(C=0.5, max_iter=2000).fit(rows, labels)
    assert np.allclose(said, theirs.predict_proba(rows), atol=1e-3)


def test_what_is_tuned_is_chosen_on_validation_texts(cells):
    rng = np.random.default_rng(1)
    labels = np.tile([0, 1], 30)
    rows = rng.normal(size=(60, 30)) + 0.5 * labels[:, None]
    parts = (rows[:30], labels[:30]), (rows[30:], labels[30:])
    kept = cells.tuned(cells.on_vectors, *parts)
    others = [cells.on_vectors(C).fit(*parts[0]).score(*parts[1]) for C in cells.GRID]
    assert kept.score(*parts[1]) == max(others)


# --- the contrastive step ------------------------------------------------------------------------


def test_pooling_leaves_padding_out(cells):
    states = torch.tensor([[[1.0], [3.0], [99.0]], [[2.0], [4.0], [6.0]]])
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    assert cells.mean_pool(states, mask).tolist() == [[2.0], [4.0]]


def test_the_loss_of_pairs_by_hand(cells):
    vectors = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
    # cosines: 0-1 is 0, 0-2 is 1, 1-2 is 0; together: 0 and 1
    loss = cells.pair_loss(vectors, torch.tensor([0, 0, 1]))
    assert float(loss) == pytest.approx((1 + 1 + 0) / 3)


def test_the_loss_of_pairs_is_that_of_sentence_transformers(cells):
    torch.manual_seed(0)
    vectors, labels = torch.randn(7, 4), torch.tensor([0, 1, 2, 0, 1, 2, 0])
    i, j = torch.triu_indices(7, 7, offset=1)
    theirs = CosineSimilarityLoss(model=None).compute_loss_from_embeddings(
        [vectors[i], vectors[j]], labels[i] == labels[j]
    )
    assert float(cells.pair_loss(vectors, labels)) == pytest.approx(float(theirs), abs=1e-6)


def test_the_contrastive_step_brings_a_class_together_and_leaves_the_model_alone(cells):
    model, tokenizer = models.load("town-mlm")
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    texts = ["the soup was good", "the film was bad", "a good tea", "a bad book"]
    labels = [1, 0, 1, 0]
    student = cells.contrast(model, tokenizer, texts, labels, 1e-3, 12, seed=0)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())

    def loss(one):
        read = tokenizer(texts, padding=True, return_tensors="pt")
        with torch.no_grad():
            states = one.eval()(**read).last_hidden_state
        return float(
            cells.pair_loss(cells.mean_pool(states, read.attention_mask), torch.tensor(labels))
        )

    assert loss(student) < 0.7 * loss(model)


# --- thresholds and calibration ------------------------------------------------------------------


def test_the_best_threshold(cells):
    truth, shares = np.array([0, 0, 1, 1]), np.array([0.1, 0.3, 0.2, 0.4])
    assert cells.best_threshold(truth, shares) == 0.2  # two found, one false alarm: F1 0.8


def test_the_temperature_is_found(cells):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(4000, 2))
    labels = (rng.random(4000) < cells.softmax(scores)[:, 1]).astype(int)
    assert cells.temperature(3 * scores, labels) == pytest.approx(3.0, rel=0.1)
    assert cells.temperature(scores / 2, labels) == pytest.approx(0.5, rel=0.1)


def test_reliability_of_calibrated_answers_is_on_the_diagonal(cells):
    rng = np.random.default_rng(0)
    shares = cells.softmax(2 * rng.normal(size=(20_000, 2)))
    truth = (rng.random(20_000) < shares[:, 1]).astype(int)
    table = cells.reliability(shares, truth)
    assert np.abs(table.confidence - table.right).max() < 0.04


def test_the_learners_error_is_zero_where_all_is_calibrated():
    confidence = np.array([0.75] * 4 + [1.0] * 2)
    assert exercises.calibration_error(confidence, np.array([1, 1, 1, 0, 1, 1]), 4) == 0
    assert exercises.calibration_error(confidence, np.array([0] * 6), 1) == pytest.approx(5 / 6)
    assert exercises.cost_threshold(9, 1) == pytest.approx(0.1)


# --- documents and own data ----------------------------------------------------------------------


def test_documents_have_one_opinion_at_any_place(cells, monkeypatch):
    opinions = np.array([f"opinion {n}" for n in range(40)], dtype=object)
    neutral = np.array(["nothing", "nothing else"], dtype=object)
    said = np.arange(40) % 2
    cells.session = None  # of which the sentences, which come from here, would ask the profile
    assert cells.documents  # made first, or it would bring the notebook's own sentences
    parts = {"train": (opinions, said), "test": (opinions[:10], said[:10])}
    monkeypatch.setattr(cells, "long_parts", lambda seed: (parts, neutral))
    made, labels = cells.documents(5, "train", 0)
    places = [next(i for i, one in enumerate(d) if one.startswith("opinion")) for d in made]
    assert all(len(d) == 5 for d in made) and set(places) == set(range(5))
    assert all(
        said[int(d[p].split()[1])] == y for d, p, y in zip(made, places, labels, strict=True)
    )
    judged = cells.documents(5, "test", 0)[0]
    assert len(judged) == 10 and judged != made[:10]


def test_the_split_of_own_data_has_no_text_twice(cells):
    texts = [f"text number {n} of {n * n} words" for n in range(120)]
    mine = own.clean(texts, [str(n % 3) for n in range(120)])
    cells.my_labels = np.array(mine.labels)
    learned, held_out, judged = cells.my_split(0)
    assert sorted([*learned, *held_out, *judged]) == list(range(120))
    assert len(judged) == 40 and set(cells.my_labels[learned[:3]]) == {"0", "1", "2"}


def test_the_studies_are_the_notebooks(monkeypatch):
    asked = []

    def run(task, method, n, seed, rate=0.0):
        asked.append((task, method, n, seed, rate))
        return {"validation": 1.0, "accuracy": 2.0}

    monkeypatch.setattr(studies.notebook, "few_run", run, raising=False)
    assert studies.over_rates(10, "film", "fine-tuning", 1e-4) == {"validation": 1.0}
    assert studies.few_labels(0, "questions", "TF-IDF", 48)["accuracy"] == 2.0
    assert asked == [("film", "fine-tuning", 64, 10, 1e-4), ("questions", "TF-IDF", 48, 0, 0.0)]


def test_the_tuned_rates_are_inside_their_grids():
    for (task, method), grid in studies.RATES.items():
        tried = (studies.LOWEST, *grid) if (task, method) == ("film", "contrastive step") else grid
        assert tried[0] < studies.tuned_rate(task, method) < tried[-1], (task, method)
