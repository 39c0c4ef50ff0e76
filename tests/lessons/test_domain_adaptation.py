"""Notebook 33: its cells against the package and by hand, and the stored studies' own code."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from tl_helpers.core.cells import Cells
from tl_helpers.models import load
from tl_helpers.train import domains
from tl_lessons.domain_adaptation import exercises, studies


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    return Cells("33_domain_adaptation")


@pytest.fixture(scope="module")
def parts():
    """Source, labels, target, judged."""
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1], 40)
    source = rng.normal(size=(80, 4)) + labels[:, None]
    truth = np.tile([0, 1], 30)
    target = 2 * rng.normal(size=(60, 4)) + truth[:, None] + 1
    return source, labels, target[:40], target[40:]


# --- the methods ---------------------------------------------------------------------------------


def test_coral_is_that_of_the_package(cells, parts):
    source, _, target, _ = parts
    for strength in (0.01, 1.0, 10.0):
        assert np.allclose(
            cells.coral(source, target, strength),
            domains.coral(source, target, strength=strength),
        )


def test_a_power_of_a_matrix(cells):
    matrix = np.array([[2.0, 1.0], [1.0, 3.0]])
    root = cells.power(matrix, 0.5)
    assert np.allclose(root @ root, matrix)
    assert np.allclose(cells.power(matrix, -0.5) @ root, np.eye(2))


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("no adaptation", "none"),
        ("median threshold", "median"),
        ("own standardisation", "standardise"),
        ("CORAL", "coral"),
        ("importance weights", "weights"),
        ("self-training", "self-training"),
    ],
)
def test_the_notebooks_methods_are_those_of_the_package(cells, parts, name, method):
    source, labels, target, judged = parts
    scores = cells.scores_of(name, source, labels, target, judged)
    shares = domains.fit(source, labels, target, method).probabilities(judged)[:, 1]
    assert np.allclose(1 / (1 + np.exp(-scores)), shares, atol=2e-3)


def test_the_proxy_a_distance_is_that_of_the_package(cells, parts):
    source, _, target, _ = parts
    for seed in range(3):
        assert cells.proxy_a_distance(source[:40], target, seed) == pytest.approx(
            domains.proxy_a_distance(source[:40], target, seed=seed)
        )


def test_the_gradient_is_turned_round(cells):
    states = torch.ones(3, requires_grad=True)
    (cells.Reverse.apply(states) * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert states.grad.tolist() == [-1, -2, -3]
    torch.manual_seed(0)
    rival = cells.Adversary(width=3)
    here, there = torch.randn(5, 3, requires_grad=True), torch.randn(5, 3)
    rival(here, there).backward()
    plain = rival.layer.weight.grad.clone()
    turned = here.grad.clone()
    rival.zero_grad()
    here.grad = None
    scores = rival.layer(torch.cat([here, there]))[:, 0]
    domain = torch.tensor([0.0] * 5 + [1.0] * 5)
    torch.nn.functional.binary_cross_entropy_with_logits(scores, domain).backward()
    assert torch.allclose(rival.layer.weight.grad, plain)  # the rival itself learns as usual
    assert torch.allclose(here.grad, -turned)


def test_mmd_by_hand(cells):
    here, there = torch.tensor([[0.0], [1.0]]), torch.tensor([[3.0], [3.0]])
    # squared distances, sorted: six 0, two 1, four 4, four 9; of sixteen torch takes the eighth, 1
    within = (2 + 2 * np.exp(-1)) / 4 + 1
    between = (2 * np.exp(-9) + 2 * np.exp(-4)) / 4
    assert float(cells.mmd(here, there)) == pytest.approx(within - 2 * between, abs=1e-6)
    same = torch.randn(6, 3)
    assert abs(float(cells.mmd(same, same))) < 1e-6


@pytest.mark.parametrize("method", ["network", "MMD", "DANN"])
def test_a_small_network_learns(cells, parts, method):
    source, labels, target, _ = parts
    torch.manual_seed(0)
    scores = cells.scores_of(method, source, labels, target, source)
    assert roc_auc_score(labels, scores) > 0.6


def test_the_learners_penalty_can_train(cells, parts):
    source, labels, target, judged = parts
    torch.manual_seed(0)
    loss = exercises.coral_loss.right
    scores = cells.head_scores(source, labels, target, judged, loss, weight=10.0, steps=5)
    assert np.isfinite(scores).all()


# --- the data ------------------------------------------------------------------------------------


def test_the_sides_of_words_in_the_town(cells):
    d = cells.town_domains(1.0, 3, documents=300)
    side = dict(zip(d.words, d.side, strict=True))
    assert side["delicious"] == 1 and side["bland"] == -1 and side["the"] == 0
    assert d.source.shape[1] == d.target.shape[1] == d.judged.shape[1] == len(d.words) == 400
    new = d.source.std(axis=0) == 0
    assert new[list(d.words).index("delicious")] and not new[list(d.words).index("the")]
    assert set(np.unique(d.truth)) == {0, 1} and len(d.truth) == len(d.judged)


def test_a_draw_has_the_share_that_was_asked_for():
    labels, rng = np.repeat([0, 1], [300, 200]), np.random.default_rng(0)
    for share, n in ((0.5, 400), (0.85, 235), (0.95, 211)):
        chosen = studies.draw(labels, 500, share, rng)
        assert len(set(chosen.tolist())) == len(chosen) and abs(len(chosen) - n) <= 1
        assert labels[chosen].mean() == pytest.approx(share, abs=0.01)
    assert len(studies.draw(labels, 450, None, rng)) == 450


def test_the_study_of_ratings_on_small_pools(monkeypatch):
    rng = np.random.default_rng(1)

    def made(encoder, most):
        found = {}
        for place, domain in enumerate(studies.DOMAINS):
            for split, n in (("train", 240), ("test", 120)):
                labels = rng.integers(0, 2, n)
                rows = rng.normal(size=(n, 5)) + labels[:, None] + place / 2
                found[domain, split] = studies.Pool(rows, labels)
        return found

    monkeypatch.setattr(studies, "pools", made)
    rows = studies.ratings_adapted(0, "minilm", "half", among=("film", "tweet"))
    methods = [row["method"] for row in rows if row["kind"] == "method"]
    assert methods == [*studies.METHODS, *studies.NETWORKS, "500 labels of the target"]
    assert [(r["source"], r["target"]) for r in rows if r["kind"] == "pair"] == [
        ("film", "tweet"),
        ("tweet", "film"),
    ]
    by_method = {row["method"]: row for row in rows if row["kind"] == "method"}
    assert by_method["own standardisation"]["accuracy"] > by_method["no adaptation"]["accuracy"]
    uneven = studies.ratings_adapted(0, "minilm", "95 %", among=("film", "tweet"))
    assert {row["kind"] for row in uneven} == {"method"}
    penalties = {row["C"]: row for row in rows if row.get("method") == "CORAL" and "C" in row}
    assert list(penalties) == list(studies.PENALTIES)
    assert penalties[0.01]["AUC"] == pytest.approx(by_method["CORAL"]["AUC"], abs=0.3)


# --- reading on ----------------------------------------------------------------------------------


def test_slang_has_a_word_of_its_own_for_each(cells):
    slang = cells.invented({"good", "bad", "well-made"}, {"bado", "rovi"})
    assert len(set(slang.values())) == 3 and not {"bado", "rovi"} & set(slang.values())
    said = cells.speak(["Good soup, not bad.", "a well-made badge"], slang)
    assert said == [
        f"{slang['good']} soup, not {slang['bad']}.",
        f"a {slang['well-made']} badge",
    ]


def test_only_the_new_words_tell(cells):
    slang = dict.fromkeys(["good", "bad", "dull", "boring", "enjoyable"], "rovi")
    sentences, truth = cells.only_new_words_tell(cells.corpus("book", 400, 5, 0.5), slang)
    assert sentences and len(sentences) == len(truth)
    words = {word.strip(".,").lower() for text in sentences for word in text.split()}
    assert words & set(slang) and not words & {"loved", "hated", "delighted", "happily"}


def test_the_new_words_get_rows_and_the_old_ones_keep_theirs(cells):
    slang = {"good": "rovi", "bad": "zafo"}
    model, tokenizer = cells.with_new_words(3, slang)
    old, known = load("town-mlm", task="masked-lm")
    assert tokenizer.tokenize("A rovi book.") == ["a", "rovi", "book", "."]
    assert tokenizer("a good book")["input_ids"] == known("a good book")["input_ids"]
    table = model.get_input_embeddings().weight
    assert len(table) == len(tokenizer) == len(known) + 2
    assert torch.equal(table[: len(known)], old.get_input_embeddings().weight)


def test_the_study_of_reading_on_is_the_notebooks(cells):
    row = studies.reading_on(0, "nothing", 0, documents=300)
    assert set(row) == {"accuracy", "nats"} and 0 <= row["accuracy"] <= 100 and row["nats"] > 1
