"""Notebook 23: its algorithms by enumeration and against library twins, its data, bad input."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue
from tl_helpers.models import load, new
from tl_lessons.structured_prediction import exercises, sentences, studies


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    return Cells("23_structured_prediction")


def chain(words, tags, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(words, tags)), rng.normal(size=(tags + 1, tags))


SIZES = [(1, 3), (2, 2), (4, 3), (6, 4), (3, 9)]


# --- the chain -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "tags"), SIZES)
def test_forward_and_viterbi_by_enumeration(cells, words, tags):
    for seed in range(3 if tags < 9 else 1):
        scores, transitions = chain(words, tags, seed)
        paths = list(itertools.product(range(tags), repeat=words))
        sums = [cells.score(path, scores, transitions) for path in paths]
        log_z = logsumexp(cells.forward(scores, transitions)[-1])
        assert log_z == pytest.approx(logsumexp(sums), abs=1e-5)
        assert cells.viterbi(scores, transitions) == list(paths[int(np.argmax(sums))])
        assert cells.longest_path(scores, transitions) == cells.viterbi(scores, transitions)


def batch(seed, lengths, tags, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(len(lengths), max(lengths), tags, generator=generator, dtype=dtype)
    mask = torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
    return scores, torch.randn(tags + 1, tags, generator=generator, dtype=dtype), mask


def test_many_sentences_at_a_time_are_as_each_alone(cells):
    lengths = [5, 1, 3]
    scores, transitions, mask = batch(0, lengths, 4)
    log_z = cells.log_partition(scores, transitions, mask)
    best = cells.decode(scores, transitions, mask)
    tags = torch.tensor([[0, 1, 2, 3, 0], [2, 0, 0, 0, 0], [1, 1, 0, 0, 0]])
    sums = cells.path_score(tags, scores, transitions, mask)
    for n, length in enumerate(lengths):
        alone = scores[n, :length].numpy()
        expected = logsumexp(cells.forward(alone, transitions.numpy())[-1])
        assert float(log_z[n]) == pytest.approx(expected, abs=1e-9)
        assert best[n, :length].tolist() == cells.viterbi(alone, transitions.numpy())
        given = tags[n, :length].tolist()
        assert float(sums[n]) == pytest.approx(cells.score(given, alone, transitions.numpy()))


def twin(transitions):
    """The CRF of pytorch-crf with our transitions."""
    torchcrf = pytest.importorskip("torchcrf")
    crf = torchcrf.CRF(transitions.shape[1], batch_first=True).to(transitions.dtype)
    with torch.no_grad():
        crf.start_transitions.copy_(transitions[-1])
        crf.transitions.copy_(transitions[:-1])
        crf.end_transitions.zero_()
    return crf


def test_the_crf_is_that_of_pytorch_crf(cells):
    lengths = [7, 4, 1, 6]
    scores, transitions, mask = batch(1, lengths, 5)
    crf, tags = twin(transitions), torch.randint(0, 5, (4, 7))
    ours = cells.path_score(tags, scores, transitions, mask)
    ours = ours - cells.log_partition(scores, transitions, mask)
    theirs = crf(scores, tags, mask=mask, reduction="none")
    assert torch.allclose(ours, theirs, atol=1e-5)
    best = cells.decode(scores, transitions, mask)
    found = [best[n, :length].tolist() for n, length in enumerate(lengths)]
    assert found == crf.decode(scores, mask=mask)


def test_ours_is_no_slower_than_pytorch_crf(cells):
    scores, transitions, mask = batch(2, [20] * 64, 9, torch.float32)
    crf, tags = twin(transitions), torch.randint(0, 9, (64, 20))

    def seconds(work):
        work()
        took = []
        for _ in range(15):
            began = time.process_time()
            work()
            took.append(time.process_time() - began)
        return min(took)

    def loss_of_ours():
        cells.path_score(tags, scores, transitions, mask) - cells.log_partition(
            scores, transitions, mask
        )

    with torch.no_grad():
        ours = seconds(loss_of_ours) + seconds(lambda: cells.decode(scores, transitions, mask))
        theirs = seconds(lambda: crf(scores, tags, mask=mask)) + seconds(
            lambda: crf.decode(scores, mask=mask)
        )
    assert ours < theirs


def test_without_transitions_it_is_a_softmax(cells):
    scores, transitions, mask = batch(3, [4, 2], 3)
    tags = torch.tensor([[0, 1, 2, 0], [2, 1, 0, 0]])
    none = 0 * transitions
    lost = cells.log_partition(scores, none, mask) - cells.path_score(tags, scores, none, mask)
    softmax = torch.nn.functional.cross_entropy(scores[mask], tags[mask], reduction="sum")
    assert float(lost.sum()) == pytest.approx(float(softmax))


def test_marginals_are_forward_and_backward(cells):
    scores, transitions = chain(5, 3, 4)
    alpha, beta = cells.forward(scores, transitions), exercises.backward.right(scores, transitions)
    expected = np.exp(alpha + beta - logsumexp(alpha[-1]))
    assert np.allclose(cells.marginals(scores, transitions), expected)
    assert np.allclose(expected.sum(axis=1), 1)


# --- tagging -------------------------------------------------------------------------------------


def made_up(n=30, seed=0):
    """Sentences whose vectors tell the tags, but for some noise."""
    rng = np.random.default_rng(seed)
    tags = ["O", "B-LOC", "I-LOC"]
    rows = [["O", "B-LOC", "I-LOC", "O"], ["B-LOC", "O"], ["O", "O", "B-LOC", "I-LOC", "I-LOC"]]
    tagged = [rows[n % 3] for n in range(n)]
    vectors = [
        torch.tensor(
            np.eye(3)[[tags.index(t) for t in row]] + rng.normal(0, 0.4, (len(row), 3)),
            dtype=torch.float32,
        )
        for row in tagged
    ]
    return vectors, tagged


def test_the_softmax_is_that_of_scikit_learn(cells):
    from sklearn.linear_model import LogisticRegression

    vectors, tagged = made_up()
    ours = cells.fit(vectors, tagged, False, penalty=0.5, rounds=200, standardise=False)
    x, y = torch.cat(vectors).numpy(), [tag for row in tagged for tag in row]
    theirs = LogisticRegression(C=1.0, max_iter=1000, tol=1e-8).fit(x, y)
    scores = (x - ours.centre.numpy()) / ours.scale.numpy() @ ours.weights.numpy().T
    scores = torch.tensor(scores) + ours.bias
    assert np.allclose(torch.softmax(scores, 1), theirs.predict_proba(x), atol=5e-3)


def test_every_method_learns_and_constraints_hold(cells):
    vectors, tagged = made_up()
    others, truth = made_up(seed=1)
    ways = {}
    for trained in ("softmax", "softmax, three words", "CRF"):
        ways |= cells.train_and_tag(trained, vectors, tagged, [others], penalty=0.1)
    assert len(ways) == 5
    for name, (predicted,) in ways.items():
        assert cells.f1(truth, predicted) > 60
        if "constraints" in name:
            sentences.checked(predicted, predicted)
    assert cells.f1(truth, ways["CRF"][0]) >= cells.f1(truth, ways["softmax"][0])


def test_scores_of_packed_words_come_to_their_places(cells):
    vectors, tagged = made_up(7)
    tagger, mask = cells.fit(vectors, tagged, True, penalty=0.1), cells.real(vectors)
    table = cells.scores_of(tagger, cells.standardised(tagger, vectors), mask)
    for row, scores in zip(vectors, table, strict=True):
        alone = (row - tagger.centre) / tagger.scale @ tagger.weights.T + tagger.bias
        assert torch.allclose(scores[: len(row)], alone, atol=1e-5)
        assert not scores[len(row) :].any()


def test_constraints(cells):
    tags = ["B-LOC", "B-PER", "I-LOC", "I-PER", "O"]
    table = cells.bio_constraints(tags)
    allowed = {(a, b) for a in [*tags, "start"] for b in tags
               if table[[*tags, "start"].index(a), tags.index(b)] == 0}  # fmt: skip
    assert ("B-LOC", "I-LOC") in allowed and ("I-PER", "I-PER") in allowed
    assert ("B-PER", "I-LOC") not in allowed and ("O", "I-PER") not in allowed
    assert ("start", "I-LOC") not in allowed and ("start", "B-LOC") in allowed


def test_io_and_back(cells):
    row = ["O", "B-LOC", "I-LOC", "O", "B-PER", "B-ORG"]
    assert cells.as_bio(cells.as_io(row)) == row
    assert cells.as_bio(["I-LOC", "I-LOC", "I-PER"]) == ["B-LOC", "I-LOC", "B-PER"]


def test_spans_are_those_of_seqeval(cells):
    from seqeval.metrics.sequence_labeling import get_entities

    rng = np.random.default_rng(0)
    tags = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    for _ in range(200):
        row = rng.choice(tags, 7).tolist()
        assert cells.spans(row) == [(kind, a, b + 1) for kind, a, b in get_entities(row)]


def test_recall_by_length(cells):
    truth = [["B-LOC", "I-LOC", "O", "B-PER"]]
    assert cells.recall(truth, [["B-LOC", "I-LOC", "O", "O"]], 1, 1) == 0
    assert cells.recall(truth, [["B-LOC", "I-LOC", "O", "O"]], 2, 9) == 100


def test_neighbours(cells):
    row = torch.arange(6.0).reshape(3, 2)
    (wide,) = cells.with_neighbours([row])
    assert wide.shape == (3, 6)
    assert wide[0].tolist() == [0, 0, 0, 1, 2, 3] and wide[2].tolist() == [2, 3, 4, 5, 0, 0]


# --- trees ---------------------------------------------------------------------------------------


def test_trees_by_enumeration_and_by_networkx(cells):
    rng = np.random.default_rng(0)
    for n in (1, 2, 3, 4):
        every = [
            (0, *c)
            for c in itertools.product(range(n + 1), repeat=n)
            if exercises.is_tree.right(list(c))
        ]
        for _ in range(20):
            weights = cells.one_root(rng.normal(size=(n + 1, n + 1)))
            found = cells.best_tree(weights)
            best = max(cells.sum_of(heads, weights) for heads in every)
            assert exercises.is_tree.right(found[1:].tolist())
            assert cells.sum_of(found, weights) == pytest.approx(best, abs=1e-5)
    for n in (7, 15, 30):
        for _ in range(10):
            weights = cells.one_root(rng.normal(size=(n + 1, n + 1)))
            assert cells.best_tree(weights).tolist() == cells.tree_by_networkx(weights).tolist()


def test_our_trees_are_no_slower_than_those_of_networkx(cells):
    rng = np.random.default_rng(1)
    tables = [cells.one_root(rng.normal(size=(16, 16))) for _ in range(20)]

    def seconds(work):
        began = time.process_time()
        for weights in tables:
            work(weights)
        return time.process_time() - began

    assert seconds(cells.best_tree) < seconds(cells.tree_by_networkx)


def test_the_notebooks_own_check_of_trees(cells):
    for heads in itertools.product(range(4), repeat=3):
        assert cells.one_tree(list(heads)) == exercises.is_tree.right(list(heads))


def test_attachment_by_hand(cells):
    truth = sentences.Sentences([["a", "b"]], [["O", "O"]], [[2, 0]], [["det", "root"]])
    assert cells.attachment([([2, 0], ["amod", "root"])], truth) == (100, 50)
    assert cells.attachment([([0, 0], ["det", "root"])], truth) == (50, 50)


def test_a_parser_learns(cells):
    split = cells.town_split(3, most=40, tested=10)
    torch.manual_seed(0)
    kinds = sorted({r for row in split.labelled.relations for r in row})
    vectors = [torch.randn(len(words), 24) for words in split.labelled.words]
    parser = cells.train_parser(
        vectors, split.labelled.heads, split.labelled.relations, kinds, steps=60
    )
    found = [cells.parse(parser, row, kinds) for row in vectors]
    assert all(exercises.is_tree.right(heads) for heads, _ in found)
    assert cells.attachment(found, split.labelled)[0] > 50  # it knows them by heart


# --- sentences -----------------------------------------------------------------------------------


def test_the_town_keeps_rules_apart(cells):
    shown, asked = sentences.of_town(60_003, 200), sentences.of_town(70_003, 200)
    split = cells.town_split(3)
    assert len(split.labelled.words) == 512 and 200 <= len(split.new.words) <= 300
    rule = {tuple(w): r for t in (shown, asked) for w, r in zip(t.sentences.words, t.rule)}  # noqa: B905
    seen = {rule[tuple(words)] for words in split.labelled.words}
    assert not seen & {rule[tuple(words)] for words in split.new.words}
    sentences.checked(split.new.words, split.new.tags)
    assert all(exercises.is_tree.right(heads) for heads in split.new.heads)


def test_written_sentences_follow_bio():
    parts = sentences.written()
    assert [len(part.words) for part in parts.values()] == [150, 45, 105]
    touching = [
        (a, b)
        for part in parts.values()
        for row in part.tags
        for a, b in itertools.pairwise(row)
        if a != "O" and b.startswith("B-")
    ]
    assert not touching  # exercise 2 says so


@pytest.mark.parametrize(
    ("words", "tags", "said"),
    [
        ([["Old", "Town"]], [["O", "I-LOC"]], "has not begun"),
        ([["Old", "Town"]], [["B-PER", "I-LOC"]], "has not begun"),
        ([["Old"]], [["I-LOC"]], "has not begun"),
        ([["Old", "Town"]], [["B-LOC"]], "2 words but 1 tags"),
        ([["Old"], ["Town"]], [["O"]], "2 sentences, but tags for 1"),
        ([["Old"]], [["LOC"]], "Tag 0 of sentence 0 is 'LOC'"),
        ([["Old"]], [[3]], "Tag 0 of sentence 0 is 3"),
        (["Old Town"], [["O", "O"]], "is a string"),
    ],
)
def test_bad_tags_are_refused(words, tags, said):
    with pytest.raises(BadValue, match=said):
        sentences.checked(words, tags)


@pytest.mark.parametrize("odd", ["", "\u200b", " "])
def test_a_word_that_the_tokenizer_drops_is_refused(odd):
    model, tokenizer = load("minilm")
    with pytest.raises(BadValue, match="leaves nothing of .* in sentence 1"):
        sentences.word_vectors(model, tokenizer, [["Tea"], ["Old", odd, "Town"]])


def test_a_sentence_beyond_the_window_is_refused():
    model, tokenizer = load("minilm")
    with pytest.raises(BadValue, match="window"):
        sentences.word_vectors(model, tokenizer, [["tea"] * 600])


def test_vectors_of_words_are_means_of_their_subwords():
    model, tokenizer = load("minilm")
    words = [["Thatchers", "fear", "reeds"], ["No"]]
    first, second = sentences.word_vectors(model, tokenizer, words, layer=3)
    assert first.shape == (3, 384) and second.shape == (1, 384)
    one = tokenizer(words[0], is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        states = model.base_model(**one, output_hidden_states=True).hidden_states[3][0]
    pieces = [n for n, word in enumerate(one.word_ids()) if word == 0]
    assert len(pieces) > 1
    assert torch.allclose(first[0], states[pieces].mean(0), atol=1e-4)


def test_vectors_of_an_unknown_tokenizer_fit(cells):
    model, tokenizer = new("tiny")
    (rows,) = sentences.word_vectors(model, tokenizer, [["a", "good", "soup"]])
    assert rows.shape == (3, 32)


def test_word_forms():
    first, second = sentences.word_forms([["Old", "Town"], ["An", "old", "town"]])
    assert first.shape[1] == second.shape[1] and set(first.unique().tolist()) == {0, 1}
    assert not torch.equal(first[0], second[1])  # the same letters; one begins with a capital
    assert sentences._shape("Old") == "Xx" and sentences._shape("24-hour") == "0-x"


def test_the_studies_are_the_notebooks(cells):
    rows = studies.trees(7, "random weights", 0, 16)
    assert [row["decoding"] for row in rows] == ["each by itself", "tree"]
    assert rows[1]["trees"] == 100 and 0 < rows[1]["LAS"] <= rows[1]["UAS"] < 100
    for trained in studies.METHODS:
        layer, penalty = studies.town_setting(trained)
        assert layer in (0, 1, 2) and 1e-4 < penalty < 1  # inside the grid
