"""Notebook 24: its cells by hand, what they refuse, and its exercises."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tl_helpers import exercises
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue
from tl_helpers.models import load
from tl_helpers.train.word_vectors import word_vectors


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    made = Cells("24_word_level")
    made.tune = Cells("32_feature_extraction_vs_fine_tuning")
    return made


@pytest.fixture(scope="module")
def minilm():
    return load("minilm")


# --- words and subwords --------------------------------------------------------------------------


def test_a_word_is_the_mean_of_its_subwords_or_the_first(cells):
    states = torch.arange(10.0).reshape(1, 5, 2)
    ids = [None, 0, 0, 1, None]
    assert cells.pooled(states, ids, ["a", "b"]).tolist() == [[[3.0, 4.0], [6.0, 7.0]]]
    assert cells.pooled(states, ids, ["a", "b"], True).tolist() == [[[2.0, 3.0], [6.0, 7.0]]]


def test_the_last_layer_is_that_of_the_package_whatever_stands_beside_a_sentence(cells, minilm):
    sentences = [["Fitpal", "thinks", "I", "died"], ["Paris", "in", "Texas"], ["No"]]
    ours = cells.word_layers(*minilm, sentences)
    theirs = np.concatenate(word_vectors(*minilm, sentences, autocast="float32"))
    assert ours.shape == (7, 8, 384) and np.allclose(ours[-1], theirs, atol=1e-4)
    alone = cells.word_layers(*minilm, sentences[1:2])
    assert np.allclose(ours[:, 4:7], alone, atol=1e-4)


@pytest.mark.parametrize("dropped", ["\u200b", "\u00ad", ""])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_word_that_the_tokenizer_drops_is_named(cells, minilm, dropped, place):
    words = ["Meet", "Hope"]
    words.insert(place, dropped)
    with pytest.raises(BadValue, match=rf"dropped word {place}(.|\n)*-> Take it out"):
        cells.word_layers(*minilm, [["Fine"], words])
    with pytest.raises(BadValue, match=rf"texts\[1\]: word {place}(.|\n)*-> Take it out"):
        word_vectors(*minilm, [["Fine"], words])


def test_sentences_and_tags_of_different_length_are_refused(cells):
    words, tags = cells.beside_tags([["Meet", "Hope"], ["No"]], [[1, 2], [3]])
    assert words.tolist() == ["Meet", "Hope", "No"] and tags.tolist() == [1, 2, 3]
    with pytest.raises(BadValue, match=r"Sentence 1 has 1 words and 2 tags(.|\n)*-> Give one tag"):
        cells.beside_tags([["Meet", "Hope"], ["No"]], [[1, 2], [3, 4]])
    with pytest.raises(BadValue, match=r"2 sentences, but tags for 1(.|\n)*-> Give one list"):
        cells.beside_tags([["Meet", "Hope"], ["No"]], [[1, 2]])


# --- the tagger ----------------------------------------------------------------------------------


def test_a_deal_shares_no_sentence(cells):
    owner = cells.all_words().owner
    train, held, test = (set(owner[part]) for part in cells.deal(3))
    assert (len(train), len(held), len(test)) == (120, 40, 140)
    assert not train & held and not train & test and not held & test
    fewer = cells.deal(3, 15)
    assert set(owner[fewer[0]]) < train and np.array_equal(fewer[2], cells.deal(3)[2])


def test_the_word_list_knows_words_then_endings_then_the_commonest_tag(cells):
    words, tags = ["The", "dog", "sings", "the", "rings"], [0, 1, 2, 0, 2]
    said = cells.by_list(words, tags, ["the", "brings", "fog", "xyq"])
    assert said.tolist() == [0, 2, 1, 0]


def test_neighbours_do_not_cross_the_end_of_a_sentence(cells):
    vectors = np.array([[1.0], [2.0], [3.0]], np.float32)
    found = cells.with_neighbours(vectors, np.array([0, 0, 1]))
    assert found.tolist() == [[1, 0, 2], [2, 1, 0], [3, 0, 0]]


def test_slices_by_hand(cells):
    train, _, test = cells.deal(0)
    found = cells.slices(train, test)
    parts = [found[n] for n in ("never seen", "seen once", "seen 2 to 9 times", "seen often")]
    assert found["all words"].all() and (np.sum(parts, axis=0) == 1).all()
    words = cells.all_words().words
    low = {word.lower() for word in words[train]}
    assert [word.lower() not in low for word in words[test]] == found["never seen"].tolist()
    never = {w.lower() for w in words[test][found["ambiguous"]]}
    assert "that" in never and "the" not in never


def test_a_tagger_reads_a_tag_that_stands_in_the_vector(cells):
    tags = cells.all_words().tags
    vectors = np.eye(tags.max() + 1, dtype=np.float32)[tags]
    train, held, test = cells.deal(1)
    assert np.mean(cells.read_off(vectors, train, held, test) == tags[test]) > 0.99
    nothing = np.zeros_like(vectors)
    layers = np.stack([nothing, vectors])
    said, share, weights = cells.read_off_layers(layers, train, held, test)
    assert share > 0.9 and np.mean(said == tags[test]) > 0.9 and weights[1] > 0.8


def test_two_classifiers_together_are_the_product_of_their_probabilities(cells):
    vectors = np.random.default_rng(0).normal(size=(len(cells.all_words().words), 3))
    train, held, test = cells.deal(2, 15)
    by_vectors = cells.vectors_reader(vectors, train, held)
    by_hand, x = cells.features_reader(train, held)
    assert by_vectors.classes_.tolist() == by_hand.classes_.tolist()
    product = by_vectors.predict_proba(vectors[test]) * by_hand.predict_proba(x[test])
    wanted = by_vectors.classes_[product.argmax(axis=1)]
    assert cells.by_both(vectors, train, held, test).tolist() == wanted.tolist()


# --- senses --------------------------------------------------------------------------------------


def test_nearer_by_hand(cells):
    assert cells.nearer(np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 1.0]])) == 1
    assert cells.nearer(np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]])) == 0
    assert cells.nearer(np.array([[1.0, 0.0], [1.0, 0.0], [3.0, 0.0]])) == 0.5


def test_every_word_of_a_triple_is_found(cells, minilm):
    from tl_helpers import data

    rows = list(data.load("word-senses", "validation"))[:4]
    found = cells.told_apart(rows, *minilm)
    assert {len(right) for right in found.values()} == {4} and len(found) == 14
    alone = cells.told_apart(rows[2:3], *minilm)
    assert all(right[2] == alone[name][0] for name, right in found.items())


# --- exercises -----------------------------------------------------------------------------------


def test_pooling_by_characters_is_pooling_by_word_numbers(minilm):
    space: dict = {"np": np}
    exec(exercises.find("word-spans").solution, space)
    words = ["Sheffield", "Fitpal", "sings", "unbelievably", "."]
    text, begin, spans = " ".join(words), 0, []
    for word in words:
        spans.append((begin, begin + len(word)))
        begin += len(word) + 1
    encoded = minilm.tokenizer(text, return_offsets_mapping=True)
    vectors = np.random.default_rng(0).normal(size=(len(encoded["input_ids"]), 4))
    found = space["pool_by_characters"](vectors, encoded["offset_mapping"], spans)
    ids = encoded.word_ids()
    wanted = [vectors[[i for i, n in enumerate(ids) if n == k]].mean(0) for k in range(len(words))]
    assert np.allclose(found, wanted)
