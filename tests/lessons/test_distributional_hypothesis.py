"""Notebook 10: its cells against the library, by hand, and against the stored study's code."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import TruncatedSVD

from tl_helpers import town
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import UnknownName
from tl_helpers.measure import results
from tl_helpers.press import notebooks
from tl_helpers.questions.words import known_words
from tl_lessons.distributional_hypothesis import studies
from tl_lessons.distributional_hypothesis.exercises import softmax_gradient


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    return Cells("10_distributional_hypothesis")


@pytest.fixture(scope="module")
def known():
    return known_words(town.Town(seed=3).corpus(2000))


@pytest.fixture(scope="module")
def counts(cells, known):
    return cells.count_matrix(*cells.pairs_of(known.ids, known.document, 3), len(known))


# --- what is known about the words ---------------------------------------------------------------


def test_known_words_agree_with_the_corpus(known):
    corpus = town.Town(seed=3).corpus(2000)
    assert np.array_equal(
        known.words[known.ids], np.array(corpus.engine.surfaces)[corpus.draws.token]
    )
    assert known.counts.sum() == len(known.ids) == corpus.n_tokens
    assert np.array_equal(known.counts, np.bincount(known.ids))
    assert (np.diff(known.document) >= 0).all() and known.document.max() == 1999


def test_known_words_tell_sides_categories_and_topics(known):
    lovely, awful, the, waiter = known.find("lovely", "awful", "the", "waiter")
    assert (known.sentiment[[lovely, awful, the]] == [1, -1, 0]).all()
    lists = {name: known.drawn_from[:, i] for i, name in enumerate(known.categories)}
    assert lists["eval"][lovely] and lists["eval"][awful] and lists["staff"][waiter]
    assert not known.drawn_from[the].any() and known.topic[the] == -1
    home = known.topic[known.find("trout")[0]]
    assert (town.DOMAINS[home // 4], town.TOPICS["restaurant"][home % 4]) == (
        "restaurant",
        "seafood",
    )


def test_a_word_that_does_not_occur(known):
    with pytest.raises(UnknownName, match="xylophone"):
        known.find("xylophone")


# --- the method: by hand and against the library -------------------------------------------------


def test_counting_by_hand(cells):
    ids, document = np.array([0, 1, 2, 1, 0]), np.array([0, 0, 0, 1, 1])
    table = cells.count_matrix(*cells.pairs_of(ids, document, 1), 3)
    assert table.tolist() == [[0, 2, 0], [2, 0, 1], [0, 1, 0]]
    wide = cells.count_matrix(*cells.pairs_of(ids, document, 2), 3)
    assert wide.tolist() == [[0, 2, 1], [2, 0, 1], [1, 1, 0]]
    loop = cells.count_contexts([[0, 1, 2], [1, 0]], 2)
    assert all(wide[a, b] == n for (a, b), n in loop.items()) and wide.sum() == loop.total()


def test_ppmi_by_hand(cells):
    table = np.array([[0, 3], [3, 2]], np.float32)
    context = np.array([3, 5]) ** 0.75
    context = context / context.sum()
    expected = np.log(2 / 5 / context[1])
    assert cells.shifted_pmi(table)[1, 1] == pytest.approx(expected, abs=1e-6)
    assert cells.shifted_pmi(table, 7)[1, 1] == pytest.approx(expected - np.log(7), abs=1e-6)
    assert cells.shifted_pmi(table)[0, 0] == -np.inf
    assert (cells.ppmi(table)[0, 0], cells.ppmi(table)[1, 1]) == (0, 0)


def test_words_without_contexts_do_no_harm(cells):
    table = np.zeros((3, 3), np.float32)
    table[0, 1] = table[1, 0] = 4
    assert np.isfinite(cells.ppmi(table)).all()


def test_svd_is_that_of_the_library(cells, counts):
    matrix = cells.ppmi(counts)
    library = TruncatedSVD(20, algorithm="arpack", random_state=0).fit(matrix)
    left, values = cells.svd(matrix, 20, rounds=15)
    assert np.allclose(library.singular_values_, values, rtol=1e-3)
    theirs = library.transform(matrix) / library.singular_values_
    assert (np.abs((theirs[:, :8] * left[:, :8]).sum(0)) > 0.99).all()


@pytest.mark.parametrize("k", [1, 5])
def test_gradients_are_those_of_autograd(cells, k):
    torch.manual_seed(k)
    w, c, n = (torch.randn(size, 6, requires_grad=True) for size in (8, 8, 4))
    f = torch.nn.functional.logsigmoid
    (f((w * c).sum(1)).sum() + k / 4 * f(-(w @ n.T)).sum()).backward()
    by_hand = cells.pull(w.detach(), c.detach(), n.detach(), k)
    for ours, theirs in zip(by_hand, (w.grad, c.grad, n.grad), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_nearest_neighbours_by_hand(cells):
    vectors = np.array([[1.0, 0], [0.9, 0.1], [0, 1], [0.2, 1], [9, 9]])
    near = cells.nearest(vectors, np.array([0, 1, 2, 3]), 2)
    assert near[0].tolist() == [1, 3] and near[2].tolist() == [3, 1]


def test_a_text_is_the_mean_of_its_known_words(cells):
    vectors = np.array([[1.0, 0.0], [0.0, 3.0]])
    pooled = cells.mean_vectors(["Soup, soup great!", "xylophone"], vectors, ["soup", "great"])
    assert np.allclose(pooled, [[2 / 3, 1.0], [0.0, 0.0]])


def test_shuffling_leaves_every_document_its_words(known):
    [path] = notebooks.find(["10_distributional_hypothesis"])
    [cell] = [c for c in notebooks.read(path).cells if c.id == "dist-shuffle-run"]
    names: dict = {"np": np}  # a cell that checks an exercise, so no cell of functions
    exec(cell.source.split("\n\n")[0], names)
    mixed = names["shuffled"](known, 0)
    assert (mixed != known.ids).mean() > 0.8
    for document in range(5):
        here = known.document == document
        assert sorted(mixed[here]) == sorted(known.ids[here])


def test_a_word_without_vector_has_no_neighbours(cells):
    near = cells.neighbours(["a", "b", "c"], np.array([[1.0, 0], [0, 1], [0.9, 0.1]]))
    assert near("a").split(", ")[0] == "c" and near("xylophone") == ""


def test_the_gradient_of_the_softmax_is_that_of_autograd():
    w, contexts = torch.randn(4, requires_grad=True), torch.randn(7, 4)
    torch.log_softmax(contexts @ w, 0)[3].backward()
    ours = softmax_gradient(w.detach().numpy(), contexts.numpy(), 3)
    assert np.allclose(ours, w.grad.numpy(), atol=1e-5)


# --- the study is the notebook's experiment ------------------------------------------------------


def test_the_softmax_learns_and_its_gradient_is_right(cells, known):
    pairs = cells.pairs_of(known.ids, known.document, 2)
    torch.manual_seed(0)
    w, c = torch.randn(5, 4, requires_grad=True), torch.randn(9, 4, requires_grad=True)
    j = torch.tensor([1, 2, 2, 8, 0])
    (-torch.nn.functional.cross_entropy(w @ c.T, j, reduction="sum")).backward()
    with torch.no_grad():
        p = torch.softmax(w @ c.T, 1)
        up_c = -(p.T @ w)
        up_c.index_add_(0, j, w)
        assert torch.allclose(c[j] - p @ c, w.grad, atol=1e-5)
        assert torch.allclose(up_c, c.grad, atol=1e-5)
    vectors, _ = studies.full_softmax(pairs, len(known), 60_000)
    noise = np.random.default_rng(0).standard_normal(vectors.shape)
    learned, blind = (cells.precision(v, known)["category"] for v in (vectors, noise))
    assert learned > blind + 0.01


def test_the_stored_study_is_complete():
    stored = results.load("negative-sampling")
    for one in results.studies()["negative-sampling"].plan():
        values = stored.values("precision", **one)
        assert len(values) == len(stored.meta["seeds"]) == 5 and (values > 0.05).all()


def test_what_a_pair_is_scored_against():
    """The shared negatives decide what sampling costs, not k; the softmax scores everything."""
    stored = results.load("negative-sampling")
    assert set(stored.values("scored", objective="sampled", shared=128)) == {129}
    assert set(stored.values("scored", shared=512)) == {513}
    for seed, types in zip(
        stored.meta["seeds"],
        stored.values("scored", objective="softmax", pairs=200_000),
        strict=True,
    ):
        assert types == len(known_words(town.Town(seed=seed).corpus(10_000)))


def test_half_trained_products_lie_further_from_theory(cells, known):
    """What notebook 10 says of log k: more training, nearer to it."""
    chosen = np.argsort(-known.counts * known.drawn_from.any(1))[:40]
    pairs = cells.among(known, 0, chosen)
    table = cells.count_matrix(*pairs, len(chosen))
    often = table >= 20

    def fall(total):
        one, many = (
            cells.skip_gram(pairs, len(chosen), total, k=k, size=40, seed=0) for k in (1, 15)
        )
        return float(((one[0] @ one[1].T) - (many[0] @ many[1].T))[often].mean())

    assert abs(fall(200_000) - np.log(15)) < abs(fall(20_000) - np.log(15))
