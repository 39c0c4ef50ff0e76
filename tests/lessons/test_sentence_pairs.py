"""Notebook 21: its pairs, its two encoders, its search; by hand and against the library."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import label_ranking_average_precision_score

from tl_helpers.core import checks
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue
from tl_helpers.exercises import find
from tl_helpers.measure import results
from tl_helpers.models import load
from tl_lessons.sentence_pairs import exercises, studies


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    return Cells("21_sentence_pairs")


@pytest.fixture(scope="module")
def model():
    return load("town-mlm")


PREMISES = ["The soup was cold.", "I really loved the film, and the usher was kind."]
HYPOTHESES = ["The soup was dreadful.", "The waiter was rude."]


# --- pairs with one side missing -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (["a", "b"], ["c"], "2 premises but 1 hypotheses"),
        (["a", "b"], ["c", None], r"hypotheses\[1\] is None"),
        (["a", float("nan")], ["c", "d"], r"premises\[1\] is nan"),
        (["a", "b"], ["", "d"], r"hypotheses\[0\] is ''"),
        (["a", "b"], ["c", " \n"], r"hypotheses\[1\]"),
        (["a"], [3], "not a string"),
        ("a sentence", ["b"], "one string"),
        ([], [], "empty"),
    ],
)
def test_a_pair_needs_both_sides(cells, model, first, second, said):
    for refuses in (checks.pairs, lambda a, b: cells.token_rows(model[1], a, b)):
        with pytest.raises(BadValue, match=said):
            refuses(first, second)


def test_a_missing_side_is_counted_and_the_remedy_named():
    table = pd.DataFrame({"one": ["a", "b", "c"], "two": ["x", None, None]})
    with pytest.raises(BadValue, match=r"2 of 3 hypotheses.*\n.*Leave such pairs out"):
        checks.pairs(table.one, table.two)
    with pytest.raises(BadValue, match=r"questions\[0\]"):
        checks.pairs([""], ["x"], ("questions", "answers"))
    assert checks.pairs(table.one[:1], table.two[:1]) == (["a"], ["x"])


# --- pairs of the town ---------------------------------------------------------------------------


@pytest.mark.parametrize("opinions_each", [1, 2])
def test_labels_follow_from_noun_and_polarity(cells, opinions_each):
    pairs = cells.town_pairs(90, 5, opinions_each, 0.0, start=0)
    assert pairs.label.value_counts().to_dict() == dict.fromkeys(cells.LABELS, 30)
    for premise, hypothesis, label in pairs.itertuples(index=False):
        noun = hypothesis.split()[1]
        words = premise.lower().replace(".", " ").replace(",", " ").split()
        assert (noun in words) == (label != "neutral")
        assert hypothesis.split()[-1].rstrip(".") not in words
        assert premise.count(".") >= opinions_each


def test_two_opinions_are_of_both_polarities(cells):
    corpus = cells.tl.town.Town(seed=5, agreement=0.5).corpus(300)
    said = cells.opinions(corpus)
    made = cells.premises(corpus, said, 2, np.random.default_rng(0))
    polarity = {opinion: opinion.polarity for opinion in said}
    for premise in made[:40]:
        others = {o.polarity for o in said if corpus.sentences()[o.sentence] in premise.text}
        assert others == {-1, 1} and polarity[premise.about] == premise.about.polarity


def test_the_artefact_is_as_frequent_as_the_harmless_word(cells):
    clean, told = (cells.town_pairs(600, 5, 1, share, start=0) for share in (0.0, 1.0))
    marked = told.hypothesis.str.contains(" really ")
    assert (marked == (told.label == "contradiction")).all()
    by_label = clean.hypothesis.str.contains(" really ").groupby(clean.label).mean()
    assert by_label.between(0.23, 0.43).all()
    plain = told.hypothesis.str.replace(" really", "")
    assert plain.tolist() != told.hypothesis.tolist()
    assert cells.town_pairs(30, 5, 1, 0.0, start=0).equals(cells.town_pairs(30, 5, 1, 0.0, start=0))


# --- the encoders --------------------------------------------------------------------------------


def test_the_cross_encoder_reads_what_the_library_reads(cells, model):
    network, tokenizer = model
    cross = cells.CrossEncoder(network).eval()
    first, second = cells.token_rows(tokenizer, PREMISES, HYPOTHESES)
    batch = tokenizer(PREMISES, HYPOTHESES, padding=True, return_tensors="pt")
    with torch.no_grad():
        by_hand = cross(first, second)
        states = network(**batch).last_hidden_state
        mask = batch["attention_mask"][:, :, None]
        by_library = cross.head((states * mask).sum(1) / mask.sum(1))
    assert torch.allclose(by_hand, by_library, atol=1e-5)


@pytest.mark.parametrize("kind", ["BiEncoder", "CrossEncoder"])
def test_a_pair_is_judged_alike_whatever_is_beside_it(cells, model, kind):
    network, tokenizer = model
    torch.manual_seed(0)
    encoder = getattr(cells, kind)(network).eval()
    rows = cells.token_rows(tokenizer, PREMISES, HYPOTHESES)
    together = cells.scores_of(encoder, rows)
    alone = cells.scores_of(encoder, rows, batch=1)
    assert together.shape == (2, 3) and np.allclose(together, alone, atol=1e-5)
    turned = cells.scores_of(encoder, rows[::-1])
    assert not np.allclose(together, turned, atol=1e-3)  # who is the premise matters


def test_the_bi_encoder_by_hand(cells, model):
    network, tokenizer = model
    encoder = cells.BiEncoder(network).eval()
    first, second = cells.token_rows(tokenizer, PREMISES, HYPOTHESES)
    u, v = (
        torch.tensor(cells.tl.adapt.embed(network, tokenizer, texts, autocast="float32"))
        for texts in (PREMISES, HYPOTHESES)
    )
    with torch.no_grad():
        by_hand = encoder.head(torch.cat([u, v, (u - v).abs(), u * v], dim=1))
        assert torch.allclose(encoder(first, second), by_hand, atol=1e-4)


def test_training_lowers_the_loss(cells):
    network, tokenizer = load("town-mlm")
    torch.manual_seed(0)
    pairs = cells.town_pairs(60, 5, 1, 0.0, start=0)
    rows = cells.token_rows(tokenizer, pairs.premise, pairs.hypothesis)
    losses = cells.train(
        cells.BiEncoder(network), rows, cells.numbered(pairs.label), 25, 3e-3, seed=0
    )
    assert len(losses) == 25 and np.mean(losses[-5:]) < 0.8 * np.mean(losses[:3])


def test_the_study_of_encoders_is_the_notebooks(cells):
    row = cells.town_run("cross-encoder", "random weights", 1, 2, 1.0, 0, n=60)
    neutral = {f"{name}, neutral or not" for name in ("clean", "alike")}
    assert set(row) == {"loss", "clean", "alike"} | neutral
    assert 0 <= row["clean"] <= row["clean, neutral or not"] <= 100
    plan = studies.results.STUDIES["pair-encoders"].plan()
    assert {one["kind"] for one in plan} == set(studies.KINDS)


def test_the_rates_are_the_best_of_those_tried_and_none_is_at_an_edge(cells):
    for kind, runs in results.load("pair-encoders-rates").table.groupby("kind"):
        by_rate = runs.groupby("rate").loss.mean().sort_index()
        assert by_rate.index[0] < cells.RATES[kind] == by_rate.idxmin() < by_rate.index[-1]


# --- words and search ----------------------------------------------------------------------------


def test_overlap_is_the_share_of_the_second_sentences_words(cells):
    assert cells.overlap("The cat slept.", "the cat") == 1
    assert cells.overlap("the cat", "The cat slept.") == pytest.approx(2 / 3)
    assert cells.overlap("Dogs bark.", "A cat slept.") == 0


def test_reciprocal_rank_is_that_of_the_library(cells):
    rng = np.random.default_rng(0)
    scores, right = rng.normal(size=(20, 12)), rng.integers(0, 12, 20)
    order = np.argsort(-scores, axis=1)
    found = cells.places(order, right)
    assert found.min() >= 1 and (order[np.arange(20), found - 1] == right).all()
    truth = np.eye(12)[right]
    points = cells.in_points(found)
    assert points["MRR"] == pytest.approx(
        100 * label_ranking_average_precision_score(truth, scores)
    )
    assert cells.in_points(np.array([1, 2, 4, 4])) == {"MRR": 50.0, "first": 25.0}


def test_reranking_orders_the_best_and_leaves_the_rest(cells):
    class LikesLong(torch.nn.Module):
        """The longer the document, the better."""

        def forward(self, first, second):
            return torch.tensor([[float(len(row))] for row in second])

    second = [[0] * n for n in (5, 2, 9, 4, 7)]
    order = np.array([[1, 0, 3, 2, 4], [4, 3, 2, 1, 0]])
    scores = cells.cross_scores(LikesLong(), [[1], [1]], second, order, depth=3)
    assert scores.tolist() == [[2, 5, 4], [7, 4, 9]]
    new = cells.reordered(order, scores)
    assert new.tolist() == [[0, 3, 1, 2, 4], [2, 4, 3, 1, 0]]
    assert order.tolist()[0] == [1, 0, 3, 2, 4]  # the given order stays as it was


def test_bm25_prefers_rare_words_and_short_documents(cells, monkeypatch):
    told = ["the cat sat", "the dog sat on the mat with the cat", "the birds", "the dog the the"]
    asked = ["a cat", "the birds", "the mat"]
    monkeypatch.setattr(cells, "documented", lambda split: (asked, told))
    order = cells.by_bm25([0, 1, 2])
    assert order[0].tolist()[:2] == [0, 1]  # both have the cat; the first is short
    assert order[1][0] == 2 and order[2][0] == 1  # "the" is everywhere
    assert cells.by_words([0, 1, 2])[:, 0].tolist() == [0, 2, 1]


def test_the_cosines_are_those_of_the_best_documents(cells, monkeypatch):
    asked, told = np.eye(3), np.array([[0.1, 0, 1], [0.9, 0.5, 0], [0.5, 0.8, 0]])
    monkeypatch.setattr(cells, "encoded", lambda model, split: (asked, told))
    order = np.array([[0, 1, 2], [0, 1, 2]])
    assert cells.cosines(order, [0, 1], 2, "test").tolist() == [[0.1, 0.9], [0, 0.5]]
    both = cells.reordered(order, cells.cosines(order, [0, 1], 3, "test"))
    assert both.tolist() == [[1, 2, 0], [2, 1, 0]]


def test_training_a_reranker_leaves_the_table_of_tokens_alone(cells, monkeypatch):
    network, tokenizer = load("town-mlm")
    asked = ["The soup was cold.", "I loved the film.", "The usher was rude.", "A fine day."]
    monkeypatch.setattr(cells, "documented", lambda split: (asked, asked[::-1]))
    monkeypatch.setattr(cells, "nearest", lambda among: np.array([[1, 2], [2, 3], [3, 0], [0, 1]]))
    torch.manual_seed(0)
    cross = cells.CrossEncoder(network, classes=1)
    table = network.embeddings.word_embeddings.weight.clone()
    layer = network.encoder.layer[0].output.dense.weight.clone()
    losses = cells.train_reranker(cross, tokenizer, 3, 1e-3, 0, among=4, queries=2, rivals=1)
    assert len(losses) == 3 and all(0 < loss < 3 for loss in losses)
    assert torch.equal(table, network.embeddings.word_embeddings.weight)
    assert not torch.equal(layer, network.encoder.layer[0].output.dense.weight)


def test_two_weights_find_the_score_that_tells(cells, monkeypatch):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(60, 5, 2))  # the first score tells the right document, mostly
    order = np.argsort(-scores[:, :, 0] - 0.5 * rng.normal(size=(60, 5)), axis=1)
    monkeypatch.setattr(cells, "documented", lambda split: (["a"] * 60, ["b"] * 60))
    monkeypatch.setattr(cells, "by_meaning", lambda *given: np.tile(np.arange(60), (60, 1)))
    monkeypatch.setattr(cells, "places", lambda given, right: 1 + order[:, 0])
    monkeypatch.setattr(cells, "two_scores", lambda *given: scores)
    cells.two_weights.cache_clear()
    weights = cells.two_weights(depth=5)
    cells.two_weights.cache_clear()
    assert weights[0] > 1 and abs(weights[1]) < 0.5 * weights[0]


def test_an_order_drawn_at_random_finds_what_is_within(cells):
    found = np.array([1, 2, 3, 10])
    rng = np.random.default_rng(0)
    drawn = np.where(found <= 4, rng.integers(1, 5, (20_000, 4)), found)
    assert cells.any_order(found, 4) == pytest.approx(100 * (1 / drawn).mean(), abs=0.5)


def test_the_four_orders_of_the_best_documents(cells, monkeypatch):
    tokenizer = load("town-mlm")[1]
    asked = ["The soup was cold.", "I loved the film.", "The usher was rude.", "A fine day."]
    nearest = np.array([[1, 0, 2, 3], [0, 1, 2, 3], [3, 0, 2, 1], [0, 1, 2, 3]])  # third: too late

    class Knows(torch.nn.Module):
        """A document is right if it is the query."""

        def forward(self, first, second):
            same = [float(a == b) for a, b in zip(first, second, strict=True)]
            return torch.tensor(same)[:, None]

    monkeypatch.setattr(cells, "documented", lambda split: (asked, asked))
    monkeypatch.setattr(cells, "new_reranker", lambda rate, seed: (Knows(), tokenizer, [], 7.0))
    monkeypatch.setattr(cells, "by_meaning", lambda model, chosen: nearest[chosen])
    monkeypatch.setattr(cells, "two_weights", lambda: np.array([1.0, 0.0]))
    clues = np.array([[[0.9, 0.1], [0.5, 0.1]]] * 4)  # the order of the cosine, and nothing else
    monkeypatch.setattr(cells, "two_scores", lambda *given: clues)
    rows = {row["way"]: row for row in cells.rerank_run(1e-4, 0, queries=4, depth=2)}
    cosine = 100 * np.mean(1 / cells.places(nearest, range(4)))
    assert list(rows) == ["cosine", "two weights", "cross-encoder", "sum"]
    assert rows["cosine"]["MRR"] == rows["two weights"]["MRR"] == pytest.approx(cosine)
    best = 100 * np.mean([1, 1, 1 / 3, 1 / 4])
    assert rows["cross-encoder"]["MRR"] == rows["sum"]["MRR"] == pytest.approx(best)
    by_chance = 100 * np.mean([0.75, 0.75, 1 / 3, 1 / 4])
    assert [row["any order"] for row in rows.values()] == pytest.approx([by_chance] * 4)
    assert rows["cosine"]["a query"] == 0 and {row["training"] for row in rows.values()} == {7.0}


def test_the_rate_of_the_reranker_is_the_best_of_those_tried_and_not_at_an_edge():
    stored = [results.load(f"pair-rerank-{kind}").table for kind in ("rates", "edges")]
    rates = sorted({rate for table in stored for rate in table.rate})
    assert rates[0] < results.best("pair-rerank", "fit") < rates[-1]


# --- the exercises' own words --------------------------------------------------------------------


def test_half_an_artefact_is_judged_by_the_learners_run():
    said = exercises.with_half_an_artefact
    assert "only said so" in said({"clean": 75.0}, ...)
    measured = {75.5: "nothing", 70.0: "little", 60.0: "much", 40.0: "all"}
    for half, option in measured.items():
        assert said({"clean": 75.0}, {"clean": half})[1] == option


def test_what_is_usual_with_half_an_artefact_is_what_the_study_found():
    lost = exercises.lost_in_stored_towns()
    assert len(lost) == 5
    clean = results.load("pair-encoders").values(
        "clean", kind="bi-encoder", weights="pre-trained", steps=150, artefact=0.5
    )
    assert exercises.how_much(lost.mean(), clean.mean()) == find("pair-artefact").kind.right


def test_the_loss_by_hand():
    u = v = np.eye(2)
    wanted = np.log(np.exp(2) + 1) - 2  # cosines 1 and 0, temperature 1/2
    assert exercises.in_batch_loss.right(u, v, 0.5) == pytest.approx(wanted)
