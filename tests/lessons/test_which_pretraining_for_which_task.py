"""Notebook 25: one head for all targets, how they are dealt, what is refused, and its exercises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau
from sklearn.linear_model import Ridge

from tl_helpers import exercises, models
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue
from tl_lessons.which_pretraining_for_which_task import targets


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    made = Cells("25_which_pretraining_for_which_task")
    made.word_level = Cells("24_word_level")
    return made


# --- targets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", targets.TOWN)
def test_every_target_of_the_town_can_be_dealt(name):
    target = targets.TOWN[name](3)
    assert target.kind in targets.KINDS and len(target.items) == len(target.labels)
    parts = targets.deal(target, target.few, seed=1)
    groups = [set(target.group[rows]) for rows in parts]
    assert len(groups[0]) == target.few
    assert not groups[0] & groups[1] and not groups[0] & groups[2] and not groups[1] & groups[2]
    more = targets.deal(target, target.many, seed=1)
    assert groups[0] < set(target.group[more.learn])
    assert np.array_equal(more.judge, parts.judge) and np.array_equal(more.choose, parts.choose)


@pytest.mark.parametrize("name", targets.REAL)
def test_every_target_of_written_texts_can_be_dealt(name):
    target = targets.REAL[name]()
    for n in (target.few, target.many):
        learn, choose, judge = targets.deal(target, n, seed=0)
        assert min(map(len, (learn, choose, judge))) >= 16


def test_heads_by_hand():
    target = targets.town_heads(0)
    own = target.items[:, 0] == 0
    words, labels = target.sentences[0], target.labels[own]
    assert len(words) == len(labels) and list(labels).count("root") == 1
    assert set(labels) <= {"root", *(f"{k:+d}" for k in (-4, -3, -2, -1, 1, 2, 3, 4))}


def test_the_same_sentences_are_asked_about_tags_names_and_heads():
    made = [targets.TOWN[name](2).sentences for name in ("parts of speech", "names", "heads")]
    assert made[0] == made[1] == made[2]


def test_too_few_questions_are_refused():
    target = targets.of_texts(["soup", "film"] * 10, ["food", "art"] * 10, few=4, many=16)
    with pytest.raises(BadValue, match=r"20 groups are too few(.|\n)*-> Learn from 12 at most"):
        targets.deal(target, 16, seed=0)


# --- one head ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(40, 6), (12, 30)])
def test_the_head_is_that_of_the_library(cells, shape):
    rng = np.random.default_rng(0)
    x, y = rng.normal(2, 3, size=shape), rng.normal(size=(shape[0], 2))
    z = (x - x.mean(0)) / (x.std(0) + 1e-6)
    theirs = Ridge(alpha=3).fit(z, y).predict(z)
    assert np.allclose(cells.fit_head(x, y, 3)(x), theirs, atol=1e-6)


def test_answers_are_classes_or_numbers(cells):
    x = np.arange(10.0)[:, None]
    names = np.array(["low"] * 5 + ["high"] * 5)
    assert cells.fit_answers(x, names, 0.1)(x).tolist() == names.tolist()
    numbers = cells.fit_answers(x, np.arange(10.0), 0.001)(x)
    assert np.allclose(numbers, np.arange(10.0), atol=0.01)


def test_features_by_hand(cells):
    read = [np.array([[1.0, 3.0], [3.0, 5.0]]), np.array([[2.0, 1.0]])]
    text = targets.of_texts(["a b", "c"], ["x", "y"])
    assert cells.features(text, read).tolist() == [[2, 4], [2, 1]]
    pair = targets.of_pairs(["a b"], ["c"], ["same"], few=1, many=1)
    assert cells.features(pair, read).tolist() == [[2, 4, 2, 1, 0, 3, 4, 4]]
    word = targets.of_words([["a", "b"], ["c"]], [["X", "Y"], ["X"]])
    assert cells.features(word, read).tolist() == [[1, 3], [3, 5], [2, 1]]


def test_scores_by_hand(cells):
    words = targets.of_words(
        [["old", "town"], ["reading"]], [["B-LOC", "I-LOC"], ["B-LOC"]], score="F1 of names"
    )
    rows = np.arange(3)
    assert cells.score(words, rows, words.labels) == 1
    half = cells.score(words, rows, np.array(["B-LOC", "I-LOC", "O"]))
    assert half == pytest.approx(2 / 3)  # one of two names, and no wrong one
    graded = targets.of_texts(["a", "b", "c"], [0.1, 0.5, 0.9], score="rank correlation")
    assert cells.score(graded, rows, np.array([1.0, 2.0, 3.0])) == pytest.approx(1)
    assert cells.score(graded, rows, np.zeros(3)) == 0


def test_a_label_that_stands_in_the_vector_is_found(cells):
    labels = np.array(["praise", "blame"] * 40)
    target = targets.of_texts(["fine"] * 80, labels, few=16, many=48)
    told = [np.array([[float(label == "praise"), 1.0]]) for label in labels]
    silent = [np.zeros((1, 2))] * 80
    best = cells.tried(target, {"silent": silent, "told": told}, 16, seed=0)
    assert best["score"] == 1 and best["reading"] == "told"


# --- sources -------------------------------------------------------------------------------------


def test_a_table_has_two_readings(cells):
    table = {"the": np.array([1.0, 0.0]), "soup": np.array([0.0, 2.0])}
    often = {"the": 0.999, "soup": 0.001}
    read = cells.read_table(table.get, often.get, [["the", "soup"]])
    assert list(read) == ["as it is", "weighted"]
    assert read["as it is"][0].tolist() == [[1, 0], [0, 2]]
    assert np.allclose(read["weighted"][0], [[0.001, 0], [0, 1]])


def test_neighbours_by_hand(cells):
    rows = np.array([[1.0, 0.0], [0.0, 2.0]])
    assert cells.with_neighbours(rows).tolist() == [[1, 0, 0, 0, 0, 2], [0, 2, 1, 0, 0, 0]]


def test_every_source_is_read_with_neighbours_where_a_word_is_asked_about(cells):
    """The word itself says nothing here, and the word before it everything."""
    sentences = [[str(i), "it"] for i in range(80)]
    told = [np.array([[float(i % 2), 0.0], [0.0, 0.0]]) for i in range(80)]
    tags = [["O", "odd" if i % 2 else "even"] for i in range(80)]
    target = targets.of_words(sentences, tags, few=16, many=48)
    target = target._replace(
        items=target.items[1::2], labels=target.labels[1::2], group=target.group[1::2]
    )
    best = cells.tried(target, {"any": told}, 48, seed=0)
    assert best["score"] == 1 and best["reading"] == "any, neighbours"
    assert cells.tried(target, {"any": told}, 48, seed=0, neighbours=False)["score"] < 0.8


def test_a_word_alone_is_itself_everywhere_and_another_in_another_seed(cells):
    one, other = cells.own_vector(0), cells.own_vector(1)
    assert np.array_equal(one("Soup"), one("soup")) and not np.array_equal(one("soup"), one("film"))
    assert not np.array_equal(one("soup"), other("soup"))


def test_a_network_reads_a_sentence_alike_whatever_stands_beside_it(cells):
    model, tokenizer = models.load("town-mlm")
    some = [["the", "soup", "was", "good", "."], ["fine", "."]]
    together = cells.read_network(model, tokenizer, some)
    alone = cells.read_network(model, tokenizer, some[1:])
    for name in ("last layer", "mean of layers"):
        assert [rows.shape for rows in together[name]] == [(5, 128), (2, 128)]
        assert np.allclose(together[name][1], alone[name][0], atol=0.05)


@pytest.mark.parametrize("source", ["masked", "causal", "replaced", "translation", "random"])
def test_every_network_of_the_town_can_be_read(cells, source):
    read = cells.opened(source, 0)([["the", "soup", "was", "good", "."]])
    assert read["last layer"][0].shape == (5, 128)


# --- choosing ------------------------------------------------------------------------------------


def test_choosing_by_hand(cells):
    rows = []
    for seed in range(3):
        rows += [(seed, "x", "a", 0.9), (seed, "x", "b", 0.5), (seed, "y", "a", 0.2)]
        rows += [(seed, "y", "b", 0.4 if seed else 0.1)]
    runs = pd.DataFrame(rows, columns=["seed", "target", "source", "score"]).assign(labels="many")
    found = cells.choosing(cells.wide(runs, "many", ["a", "b"]))
    assert found["one"].tolist() == ["a"] * 3
    assert np.allclose(found["a source for each target"], [50, 65, 65])
    assert np.allclose(found["one source for all"], 55)
    assert np.allclose(found["the best here"], [55, 65, 65])


def test_what_a_guess_loses_and_how_far_it_is_right(cells):
    index = pd.MultiIndex.from_tuples([(0, "x"), (1, "x")], names=["seed", "target"])
    truth = pd.DataFrame([[0.9, 0.5, 0.1], [0.2, 0.6, 0.4]], index=index, columns=list("abc"))
    guess = pd.DataFrame([[3.0, 2.0, 1.0]] * 2, index=index, columns=list("abc"))
    assert np.allclose(cells.taus(guess, truth), [1, -1 / 3])
    assert np.allclose(cells.lost(guess, truth), [0, 40])
    assert np.allclose(cells.taus(guess * 0, truth), 0)  # it says nothing
    assert np.allclose(cells.lost(guess * 0, truth), [40, 20])  # any of the three


# --- a column of one's own -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "labels", "says"),
    [
        (["Fine soup."] * 20, ["good"] * 20, "-> "),
        (["one", "two"], ["a"], "labels"),
        ([f"soup number {i}" for i in range(20)], ["a", "b"] * 10, "too few"),
        ([f"{'word ' * 300} {i}" for i in range(200)], ["a", "b"] * 100, "-> "),
    ],
)
def test_texts_of_ones_own_that_cannot_work_are_refused(cells, texts, labels, says):
    with pytest.raises(BadValue, match=says):
        cells.my_target(texts, labels)


def test_a_text_that_is_too_long_is_named(cells):
    texts = [f"a {word} number {i}" for i in range(200) for word in ("soup",)]
    texts[7] = " ".join(f"w{i}" for i in range(300))
    with pytest.raises(BadValue, match=r"has 300 words(.|\n)*-> Cut it"):
        cells.my_target(texts, ["a", "b"] * 100)


# --- exercises -----------------------------------------------------------------------------------


def test_tau_is_that_of_the_library():
    space: dict = {}
    exec(exercises.find("which-tau").solution, space)
    rng = np.random.default_rng(0)
    for n in (3, 6, 10):
        one, two = rng.permutation(n), rng.permutation(n)
        assert space["tau"](one, two) == pytest.approx(kendalltau(one, two).statistic)
