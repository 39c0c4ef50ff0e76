"""Notebook 12: its cells by hand and against the library."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tl_helpers import models, questions, town
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import UnknownName
from tl_helpers.measure import results
from tl_helpers.measure.evaluate import Interval, difference, interval
from tl_helpers.questions.annotated import annotated
from tl_helpers.show.plots import learning_curve
from tl_helpers.train.word_vectors import word_vectors
from tl_lessons.contextual_representations.exercises import (
    causal_attention,
    in_another_order,
    lookup,
)
from tl_lessons.contextual_representations.studies import Prefixed


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    return Cells("12_contextual_representations")


@pytest.fixture(scope="module")
def known():
    return annotated(town.Town(seed=30_003).corpus(60))


@pytest.fixture(scope="module")
def network():
    return models.new("tiny", seed=1)


# --- annotated documents -------------------------------------------------------------------------


def test_annotated_agrees_with_the_corpus(known):
    corpus = town.Town(seed=30_003).corpus(60)
    assert [w for words in known.documents for w in words] == known.words.tolist()
    assert known.words.tolist() == [w.lower() for w in corpus.words()]
    assert np.array_equal(known.labels["relation"], corpus.relations())
    assert [len(words) for words in known.documents] == np.bincount(known.document).tolist()
    for task, labels in known.labels.items():
        assert len(labels) == corpus.n_tokens and labels.dtype == np.int64
        assert 0 <= labels.min() and labels.max() < len(known.classes[task])


def test_annotated_directions_point_at_the_head(known):
    corpus = town.Town(seed=30_003).corpus(60)
    start = corpus.draws.t_start[corpus.draws.sentence]
    here, head = np.arange(corpus.n_tokens) - start, corpus.heads()
    direction = known.labels["direction"]
    assert ((direction == 0) == (head < 0)).all()
    assert (head[direction == 1] < here[direction == 1]).all()
    assert (head[direction == 2] > here[direction == 2]).all()


def test_annotated_where(known):
    marks = known.where("part of speech", "PUNCT")
    assert set(known.words[marks]) <= set('.,!?;:\u2014\u2013()"')
    with pytest.raises(UnknownName):
        known.where("part of speech", "NOUNS")
    with pytest.raises(UnknownName):
        known.where("tense", "past")


def test_the_tokenizer_of_the_town_has_a_token_for_every_word(known, network):
    tokens = network[1].convert_tokens_to_ids(known.words.tolist())
    assert network[1].unk_token_id not in tokens


# --- self-attention ------------------------------------------------------------------------------


def test_a_layer_by_hand_is_that_of_the_model(cells, network):
    model, tokenizer = network
    model.eval()
    encoded = tokenizer("the soup was cold , and we left .", return_tensors="pt")
    with torch.inference_mode():
        layers = model.base_model(**encoded, output_hidden_states=True).hidden_states
        ours, looks = cells.transformer_layer(
            layers[0][0], model.base_model.encoder.layer[0], model.config.num_attention_heads
        )
    assert torch.allclose(ours, layers[1][0], atol=1e-5)
    assert torch.allclose(looks.sum(-1), torch.ones(looks.shape[:2]), atol=1e-5)


def test_attention_by_hand(cells):
    """Two words that ask for the second alone, and get its value."""
    x = torch.eye(2)
    asks = torch.nn.Linear(2, 2, bias=False)
    keys, values = torch.nn.Linear(2, 2, bias=False), torch.nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        asks.weight.copy_(torch.ones(2, 2) * 50)
        keys.weight.copy_(torch.tensor([[0.0, 1], [0, 1]]))
        values.weight.copy_(torch.tensor([[1.0, 2], [3, 4]]))
        mixed, looks = cells.self_attention(x, asks, keys, values, heads=1)
    assert torch.allclose(looks[0], torch.tensor([[0.0, 1], [0, 1]]), atol=1e-6)
    assert torch.allclose(mixed, torch.tensor([[2.0, 4], [2, 4]]), atol=1e-5)


def test_the_first_word_of_a_causal_model_sees_itself():
    rng = np.random.default_rng(0)
    q, k, v = rng.normal(size=(3, 5, 4))
    assert np.allclose(causal_attention(q, k, v)[0], v[0])
    assert np.allclose(causal_attention(q[:3], k[:3], v[:3]), causal_attention(q, k, v)[:3])


# --- vectors -------------------------------------------------------------------------------------


def test_states_of_the_notebook_are_the_word_vectors_of_the_library(cells, known, network):
    model, tokenizer = network
    ours = cells.states(model.eval(), tokenizer, known.documents, batch_size=16)
    assert ours.shape == (2, len(known.words), 32)
    vectors = word_vectors(model, tokenizer, known.documents, batch_size=7, autocast="float32")
    assert np.allclose(ours[-1], np.concatenate(vectors), atol=1e-5)


def test_states_average_the_pieces_of_a_word(cells):
    text = "the lowest of the low goes slower than the slowest and newer than the newest one"
    core = models.train_tokenizer([text], 300, kind="bpe")
    model, _ = models.new("tiny", seed=2, tokenizer=core)
    documents = [["quickest", "newer"], ["lowland"]]
    batch = core(documents, is_split_into_words=True, padding=True, return_tensors="pt")
    assert batch["input_ids"].shape[1] > 4  # there are words of several pieces
    with torch.inference_mode():
        top = model.eval().base_model(**batch).last_hidden_state
    ours = cells.states(model, core, documents)[-1]
    for word, (row, number) in enumerate([(0, 0), (0, 1), (1, 0)]):
        pieces = [i for i, w in enumerate(batch.word_ids(row)) if w == number]
        assert np.allclose(ours[word], top[row, pieces].mean(0), atol=1e-5)


# --- probes --------------------------------------------------------------------------------------


def _clouds(rng, n=300):
    labels = rng.integers(0, 3, n)
    return (rng.normal(size=(n, 6)) + 2 * np.eye(6)[labels]).astype(np.float32), labels


def test_the_probe_agrees_with_the_library(cells):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    (x, y), (new, _) = _clouds(rng), _clouds(rng)
    library = make_pipeline(StandardScaler(), LogisticRegression(C=1 / (1e-3 * len(x))))
    theirs = library.fit(x, y).predict(new)
    assert (cells.fit_probe(x, y, 3)(new) == theirs).mean() > 0.98


def test_only_a_hidden_layer_solves_exclusive_or(cells):
    x = np.random.default_rng(1).choice([-1.0, 1.0], (200, 2)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(np.int64)
    assert (cells.fit_probe(x, y, 2)(x) == y).mean() < 0.8
    assert (cells.fit_deep(x, y, 2, hidden=16)(x) == y).all()


def test_random_classes_depend_on_the_type_alone(cells, known):
    real = known.labels["part of speech"]
    lot = cells.random_classes(known.words, real, 4)
    for word in ("the", ".", "was"):
        assert len(set(lot[known.words == word])) == 1
    assert not np.array_equal(lot, cells.random_classes(known.words, real, 5))
    assert set(lot) <= set(real)
    assert abs((lot == real).mean() - 0.1) < 0.15  # at random: no better than chance


def test_random_classes_have_the_frequencies_of_the_labels_that_it_is_given(cells):
    labels = np.repeat([0, 1, 2], [700, 200, 100])
    types = np.array([f"word{i}" for i in range(4000)])
    share = np.bincount(cells.random_classes(types, labels, 1), minlength=3) / len(types)
    assert share == pytest.approx([0.7, 0.2, 0.1], abs=0.03)


def test_questions_keep_training_and_test_documents_apart(cells, known):
    for task, (train, test) in cells.questions_about(known, 100, 0).items():
        assert known.document[train].max() < known.document[test].min(), task
        assert len(np.unique(train)) == len(train) == 100
    names = known.where("entity", "O")
    for words in cells.questions_about(known, 100, 0)["entity"]:
        assert names[words].mean() == pytest.approx(0.5, abs=0.01)


def test_words_without_a_side_have_none(cells):
    many = annotated(town.Town(seed=1).corpus(2000))
    asked = many.where("part of speech", *cells.NEUTRAL)
    praise = many.labels["sentiment"] == 1
    kinds, which = np.unique(many.words[asked], return_inverse=True)
    share = np.bincount(which, praise[asked]) / np.bincount(which)
    often = np.bincount(which) > 500
    assert often.sum() > 5 and (np.abs(share[often] - 0.5) < 0.1).all(), dict(
        zip(kinds[often], share[often], strict=True)
    )


def examples(labels, words=None, position=None):
    """Occurrences of *bass* with these meanings, in sentences that may be given."""
    n = len(labels)
    return questions.SenseExamples(
        [""] * n,
        words or [[]] * n,
        np.zeros(n, int) if position is None else np.array(position),
        np.array(["bass"] * n),
        np.array(["x"] * n),
        np.array(labels),
        np.arange(n),
    )


def test_nearest_sense_by_hand(cells):
    train = np.array([[0.0, 0], [0, 2], [4, 0], [4, 2]])
    test = np.array([[1.0, 1], [3, 1], [1, 9]])
    right = cells.nearest_sense(train, test, examples([0, 0, 1, 1]), examples([0, 1, 1]))
    assert right.tolist() == [True, True, False]


def test_averages_of_static_vectors_by_hand(cells):
    static = {"the": np.array([8.0, 0.0]), "bass": np.array([9.0, 9.0]), "swam": np.array([0, 2.0])}
    part = examples([0], [["The", "bass", "swam"]], [1])
    assert np.allclose(cells.average(static, part), [[4, 1]])  # the homonym itself is left out
    frequency = {"the": 0.003, "bass": 0.1}  # swam: never seen, so its weight is 1
    weighted = cells.average(static, part, frequency, a=1e-3)
    assert np.allclose(weighted, [[(8 * 0.25) / 2, 2 / 2]])


def test_what_all_averages_have_in_common_goes(cells):
    rng = np.random.default_rng(0)
    common = np.array([3.0, 4.0, 0.0]) / 5
    known = 10 * common + rng.normal(size=(50, 3)) * 0.1
    left, asked = cells.without_common(known, 7 * common[None] + [[0, 0, 1.0]])
    assert np.abs(left @ common).max() < 0.5
    assert np.allclose(asked, [[0, 0, 1]], atol=0.1)


def test_static_vectors_are_the_rows_of_the_table(cells, network):
    model, tokenizer = network
    static = cells.static_vectors(model, tokenizer, ["soup", "soup", "."])
    table = model.get_input_embeddings().weight.detach().numpy()
    assert set(static) == {"soup", "."}
    assert np.allclose(static["soup"], table[tokenizer.convert_tokens_to_ids("soup")])


def test_neighbours_stop_at_the_ends_of_a_document(cells):
    vectors = np.array([[1.0], [2], [3], [4], [5]], np.float32)
    document = np.array([0, 0, 0, 1, 1])
    beside = cells.with_neighbours(vectors, document)
    assert beside.tolist() == [[1, 0, 2], [2, 1, 3], [3, 2, 0], [4, 0, 5], [5, 4, 0]]
    assert vectors.tolist() == [[1], [2], [3], [4], [5]]  # what was given stays as it was


def test_the_mean_of_others_leaves_the_word_out(cells):
    vectors = np.array([[1.0, 0], [2, 0], [6, 3], [4, 1], [5, 1]], np.float32)
    others = cells.mean_of_others(vectors, np.array([0, 0, 0, 1, 1]))
    assert others.dtype == np.float32  # as the probe needs it
    assert others.tolist() == [[4, 1.5], [3.5, 1.5], [1.5, 0], [5, 1], [4, 1]]


@pytest.mark.parametrize("task", ["part of speech", "relation", "sentiment"])
def test_the_static_context_of_the_town_is_that_of_a_loop(cells, known, task):
    vectors = np.random.default_rng(2).normal(size=(len(known.words), 4)).astype(np.float32)
    found = cells.static_context(task)(vectors, known.document)
    for i in (0, 17, len(vectors) - 1):
        same = [j for j in np.flatnonzero(known.document == known.document[i]) if j != i]
        if task == "sentiment":
            assert np.allclose(found[i], vectors[same].mean(0), atol=1e-5)
        else:
            near = [vectors[j] if j in same else np.zeros(4) for j in (i - 1, i + 1)]
            assert np.allclose(found[i], np.concatenate([vectors[i], *near]), atol=1e-6)


def test_the_first_examples_of_each_meaning(cells):
    part = examples([0, 1, 0, 0, 1])
    assert cells.first_few(part, 1).tolist() == [0, 1]
    assert cells.first_few(part, 2).tolist() == [0, 1, 2, 4]


def test_the_word_list_gives_the_most_frequent_label():
    words = ["row", "the", "row", "soup", "row", "the"]
    labels = [2, 1, 3, 1, 3, 1]
    assert lookup(words, labels, ["row", "soup", "xylophone"]) == [3, 1, 1]


def test_intervals_in_words(cells):
    assert cells.said(Interval(0.5, 0.4, 0.6, 5)) == "0.50 \u00b1 0.10"
    assert cells.said(difference([0.1, 0.1], [0.3, 0.3]), "+") == "\u22120.20 \u00b1 0.00"


# --- a picture over layers -----------------------------------------------------------------------


def test_a_curve_may_begin_at_layer_0():
    figure = learning_curve({"a": {0: interval([0.5, 0.6]), 2: interval([0.8, 0.9])}}, log=False)
    axes = figure.axes[0]
    assert axes.get_xscale() == "linear"
    assert [t.get_text() for t in axes.get_xticklabels()] == ["0", "2"]


# --- written sentences, and another order of the words -------------------------------------------


def test_a_word_is_nearer_to_itself_in_the_very_same_sentence(cells, network):
    triples = [
        {"word": "bank", "anchor": "The bank was shut.", "same": "The bank was shut.", "other": x}
        for x in ("A muddy bank!", "Of course her bank is.")
    ]
    found = cells.same_meaning(triples, *network)
    layers = network[0].config.num_hidden_layers + 1
    assert found.shape == (layers, 2) and (found == 1).all()
    turned = [{**row, "same": row["other"], "other": row["same"]} for row in triples]
    assert (cells.same_meaning(turned, *network) == 0).all()


def test_probes_of_written_sentences_are_asked_about_the_later_ones(cells, network):
    sentences = [{"tokens": ["the", "soup", "was", "cold"], "upos": [5, 7, 3, 0]}] * 5
    found, by_list = cells.part_of_speech_probes(sentences, *network, every=1)
    assert len(found) == network[0].config.num_hidden_layers + 1
    assert by_list == 1 and all(real == 1 for real, _ in found.values())


def test_a_word_before_each_text_is_none_of_its_words(network):
    _, tokenizer = network
    plain, asked = tokenizer, Prefixed(tokenizer, "the")
    texts = [["soup", "was", "cold"], ["we", "left"]]
    how = dict(is_split_into_words=True, padding=True, return_tensors="pt")
    with_it, without = asked(texts, **how), plain(texts, **how)
    assert with_it["input_ids"].shape[1] == without["input_ids"].shape[1] + 1
    for row in range(2):
        known = [word for word in with_it.word_ids(row) if word is not None]
        assert known == [word for word in without.word_ids(row) if word is not None]
        assert with_it.word_ids(row)[1] is None  # the mark of the beginning, then the word


def test_the_stored_study_of_e5_has_every_second_layer_of_each_draw():
    stored = results.load("written-e5")
    assert sorted(stored.table["layer"].unique()) == list(range(0, 13, 2))
    assert (stored.table.groupby("layer").size() == 5).all()
    assert (stored.table.groupby("layer")["same meaning"].nunique() == 1).all()
    assert (stored.values("part of speech") > stored.values("control task")).all()


@pytest.mark.parametrize(
    ("after", "option"), [(0.52, "chance"), (0.7, "falls"), (0.82, "stays"), (0.95, "rises")]
)
def test_the_run_says_what_shuffling_does(after, option):
    said, came = in_another_order(before=0.84, after=after)
    assert came == option and "84%" in said


def test_shuffling_has_to_be_measured():
    assert "only said so" in in_another_order(before=0.84, after=...)
    assert "a share" in in_another_order(before=0.84, after=84)


def test_senses_of_shuffled_words_are_asked_at_the_word(cells, network):
    """With the words as they are the share is that of the notebook's own way."""
    cells.networks, cells.k, cells.half_of_them = {"town-mlm": network}, 2, ["bass", "ring"]
    as_it_is = cells.senses_when(cells.as_written, seed=3)
    assert as_it_is == cells.senses_when(lambda words, place: (list(words), place), seed=3)
    with pytest.raises(IndexError):
        cells.senses_when(lambda words, place: (words, 10**6), seed=3)
