"""What notebook 11 stands on: the judge of the town, the gap to its entropy, the n-grams."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from tl_helpers import models, questions, town
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue
from tl_helpers.measure import results
from tl_lessons.language_models.exercises import (
    best_order,
    divergence,
    nucleus,
    perplexity,
    without_dependence,
)
from tl_lessons.language_models.studies import END, KneserNey, words


@pytest.fixture(scope="module")
def judge():
    return town.Judge()


# --- the judge -----------------------------------------------------------------------------------


def test_the_judge_knows_the_probability_of_every_text_the_town_writes(judge):
    """Also from lower-cased words: case can be read back, so folding it loses nothing."""
    corpus = town.Town(seed=11).corpus(150)
    logprob = corpus.logprob()
    for text, exact in zip(corpus.texts(), logprob, strict=True):
        verdict = judge(words(text))
        assert all(verdict.possible)
        assert verdict.logprob == pytest.approx(exact, abs=1e-9)
        assert judge(text).logprob == verdict.logprob


@pytest.mark.parametrize("dials", [{"agreement": 0.7}, {"distance": 1.0}, {"zipf": 0.5}])
def test_the_judge_follows_the_dials(dials):
    corpus = town.Town(seed=2, **dials).corpus(40)
    judge = town.Judge(town.Dials(**dials))
    judged = [judge(text).logprob for text in corpus.texts()]
    assert np.allclose(judged, corpus.logprob(), atol=1e-9)


def test_the_judge_rejects_what_the_town_cannot_write(judge):
    text = town.Town(seed=3).corpus(1).texts()[0]
    sentences = judge(text).sentences
    for broken in (
        " ".join(sentences[:-1]),  # no closing
        " ".join(reversed(sentences)),
        text.replace(".", " zebra.", 1),
        "",
    ):
        assert judge(broken).logprob == -np.inf
    assert judge("the soup were cold .").possible == [False]
    assert judge("dear").possible == [False]


def test_shuffled_words_and_swapped_sentences_are_noticed(judge):
    rng = np.random.default_rng(0)
    texts = town.Town(seed=4).corpus(60).texts()
    shuffled = [list(rng.permutation(words(t))) for t in texts]
    assert np.mean([x for t in shuffled for x in judge(t).possible]) < 0.05
    swapped = [a.split(". ")[0] + ". " + b.split(". ", 1)[-1] for a, b in itertools.pairwise(texts)]
    assert np.mean([np.isfinite(judge(t).logprob) for t in swapped]) < 0.5


# --- the gap -------------------------------------------------------------------------------------


def test_log_probabilities_are_the_loss_of_transformers():
    import torch

    model, tokenizer = models.new("tiny", "clm", seed=0)
    texts = town.Town(seed=0).corpus(5).texts()
    ours = questions.log_probabilities(model, tokenizer, texts)
    assert model.training  # as it was
    for text, score in zip(texts, ours, strict=True):
        row = tokenizer(text)["input_ids"] + [tokenizer.eos_token_id]
        ids = torch.tensor([row])
        loss = model.eval()(input_ids=ids, labels=ids).loss.detach()
        assert score == pytest.approx(-float(loss) * (len(row) - 1), rel=1e-4)


def test_excess_bits_are_those_above_the_entropy():
    model, tokenizer = models.new("tiny", "clm", seed=0)
    corpus = town.Town().corpus(20, start=questions.FIRST_UNSEEN_DOCUMENT)
    theirs = -questions.log_probabilities(model, tokenizer, corpus.texts()).sum() / corpus.n_tokens
    expected = (theirs - corpus.entropy_per_token()) / math.log(2)
    assert questions.excess_bits(model, tokenizer, n=20) == pytest.approx(expected)
    assert expected > 5


def test_a_masked_model_and_a_text_too_long_are_refused():
    with pytest.raises(BadValue, match="no mark that ends a text"):
        questions.log_probabilities(*models.new("tiny", "mlm"), ["a"])
    with pytest.raises(BadValue, match="positions"):
        questions.log_probabilities(*models.new("tiny", "clm"), ["the " * 200])


# --- counting ------------------------------------------------------------------------------------


def test_kneser_ney_is_a_distribution_and_agrees_with_nltk():
    from nltk.lm import KneserNeyInterpolated

    documents = [words(t) for t in town.Town(seed=5).corpus(15).texts()]
    kinds = sorted({w for d in documents for w in d} | {END})
    model = KneserNey(documents, 3, len(kinds))
    seen = [c for c, _ in model.windows(documents[0])]
    for context in [*seen[:5], ("never", "seen"), ("never", seen[3][1])]:
        assert sum(model(context, w) for w in kinds) == pytest.approx(1)
    theirs = KneserNeyInterpolated(3, discount=0.75)
    grams = [[(*c[i:], w) for c, w in model.windows(d) for i in range(3)] for d in documents]
    theirs.fit(grams, vocabulary_text=[w for d in documents for w in [*d, END]])
    # Its lowest level has no share for unseen words: compare the levels above it.
    c, w = list(model.windows(documents[0]))[6]
    mine = model(c, w)
    followers, total = model.tables[0][()], model.totals[0][()]
    low = (followers[w] - 0.75 + 0.75 * len(followers) / len(kinds)) / total
    their_low = theirs.unmasked_score(w)
    weight = 1.0
    for n in (1, 2):
        weight *= 0.75 * len(model.tables[n][c[2 - n :]]) / model.totals[n][c[2 - n :]]
    assert mine - weight * low == pytest.approx(theirs.unmasked_score(w, c) - weight * their_low)


def test_one_sentence_by_hand():
    model = KneserNey([["a"]], 1, 3, discount=0.5)
    assert model((), "a") == pytest.approx((0.5 + 0.5 * 2 / 3) / 2)
    assert model((), "b") == pytest.approx((0.5 * 2 / 3) / 2)
    assert model.bits([["a"]]) == pytest.approx(-2 * math.log2((0.5 + 1 / 3) / 2))


def test_the_stored_race_is_what_the_notebook_says():
    stored = results.load("town-language-models")
    truth = stored.values("bits", model="truth").mean()
    assert min(r["bits"] for r in stored.rows if r["model"] != "truth") > truth


def test_little_text_read_again_stands_beside_the_same_counts_as_in_the_race():
    again, race = results.load("little-text-again"), results.load("town-language-models")
    little = again.meta["configuration"]["little"]
    counted = race.values("bits", model="n-gram", words=little)[: len(again.rows)]
    assert np.allclose(again.values("counted"), counted)
    assert (again.values("bits") < counted).all()


def test_the_stored_temperatures_are_what_the_notebook_says():
    """Of sentences the colder is the better; whole texts have their best in between."""
    stored = results.load("temperature")
    plan = results.studies()["temperature"].plan()
    sentences, whole = (
        {one["temperature"]: stored.values(name, **one).mean() for one in plan}
        for name in ("sentences the town could say", "whole texts it could write")
    )
    assert list(sentences.values()) == sorted(sentences.values(), reverse=True)
    assert max(whole, key=whole.get) in (0.5, 0.7) and whole[0.3] > whole[1.5]


def test_the_judge_of_the_notebook_counts_what_the_town_writes(judge):
    cells = Cells("11_language_models")
    corpus = town.Town(seed=6).corpus(12)
    texts = [words(text) for text in corpus.texts()]
    found = cells.examine(texts, judge)
    assert found["sentences the town could say"] == found["whole texts it could write"] == 1
    bits = -corpus.logprob().sum() / math.log(2) / sum(map(len, texts))
    assert found["true bits per word, where possible"] == pytest.approx(bits)
    assert cells.examine([*texts, ["the", "soup"]], judge)["whole texts it could write"] < 1
    nothing = cells.examine([["soup"]], judge)
    assert nothing["true bits per word, where possible"] is None


# --- losses, the loop, the tree ------------------------------------------------------------------


def test_the_losses_are_those_of_transformers():
    import torch

    cells = Cells("11_language_models")
    model, tokenizer = models.new("tiny", "clm", seed=0)
    ids = torch.tensor(tokenizer(["the soup was great .", "we loved the film ."])["input_ids"])
    theirs = model(input_ids=ids, labels=ids).loss
    assert float(cells.causal_loss(model, ids)) == pytest.approx(float(theirs), rel=1e-5)
    model, tokenizer = models.new("tiny", "mlm", seed=0)
    ids = torch.tensor(tokenizer(["the soup was great .", "we loved the film ."])["input_ids"])
    hidden = torch.zeros(ids.shape, dtype=torch.bool)
    hidden[0, 2] = hidden[1, 3] = True
    shown = ids.masked_fill(hidden, tokenizer.mask_token_id)
    theirs = model(input_ids=shown, labels=ids.masked_fill(~hidden, -100)).loss
    ours = cells.masked_loss(model, shown, hidden, ids)
    assert float(ours) == pytest.approx(float(theirs), rel=1e-5)


def test_a_hidden_token_becomes_the_mask_a_word_or_stays():
    import torch

    cells, words_of = Cells("11_language_models"), torch.arange(10, 200)
    ids = torch.randint(10, 200, (200, 100), generator=torch.Generator().manual_seed(1))
    ids[:, 0] = 2  # a special token, never hidden
    rng = torch.Generator().manual_seed(0)
    shown, hidden = cells.hide(ids, words_of, 4, rng, rate=0.3)
    assert not hidden[:, 0].any() and hidden[:, 1:].float().mean() == pytest.approx(0.3, abs=0.02)
    assert (shown == ids)[~hidden].all()
    masked, same = (shown == 4)[hidden].float().mean(), (shown == ids)[hidden].float().mean()
    assert masked == pytest.approx(0.8, abs=0.02) and same == pytest.approx(0.1, abs=0.02)


def test_the_masses_of_all_lengths_sum_to_one():
    import torch

    cells = Cells("11_language_models")
    words_of = ["great", "awful", "soup", "film", "delighted", "annoyed", "us", "me"]
    tokenizer = models.town_tokenizer(words_of, objective="clm")
    cells.end = tokenizer.eos_token_id
    cells.nine = torch.tensor([*tokenizer.convert_tokens_to_ids(words_of), cells.end])
    model, _ = models.new("tiny", "clm", seed=3, tokenizer=tokenizer)
    mass = cells.mass_by_length(model.eval())
    assert len(mass) == 6 and sum(mass) == pytest.approx(1) and min(mass) > 0


def test_byte_pair_encoding_by_hand():
    cells = Cells("11_language_models")
    assert cells.merge(tuple("aaa"), ("a", "a")) == ("aa", "a")
    assert cells.merge(tuple("abab"), ("a", "b")) == ("ab", "ab")
    assert cells.learn_merges({"low": 5, "lower": 2, "new": 3}, 3) == [
        ("l", "o"),
        ("lo", "w"),
        ("n", "e"),
    ]


def test_the_stored_real_model_is_ahead_on_every_draw():
    stored = results.load("docstrings-smollm2")
    assert len(stored.values("SmolLM2")) == 5
    assert (stored.values("SmolLM2") < stored.values("trigrams")).all()


# --- two orders of predicting --------------------------------------------------------------------


@pytest.fixture(scope="module")
def cells():
    made = Cells("11_language_models")
    made.SLOTS = [["a", "b"], ["c", "d"], ["e", "f"], ["g", "h"]]
    rng = np.random.default_rng(0)
    strings = list(itertools.product(*made.SLOTS))
    made.language = dict(zip(strings, rng.dirichlet(np.ones(16)).tolist(), strict=True))
    return made


def test_perfectes_give_the_language_back_in_any_order(cells):
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        rebuilt = cells.rebuild(cells.perfect, order)
        assert np.allclose(rebuilt, list(cells.language.values()), atol=1e-12)
    assert cells.apart(cells.perfect) < 1e-12


def test_predictions_that_contradict_each_other_give_two_languages(cells):
    def stubborn(words, i, word):
        """The second word copies the first; the first pays no attention to the second."""
        if i == 1:
            return math.log(0.9 if (word == "d") == (words[0] == "b") else 0.1)
        return math.log(0.5)

    assert cells.apart(stubborn) > 0.1


@pytest.mark.parametrize("agreement", [0.0, 0.3, 0.5, 0.95])
def test_perfect_predictions_sum_to_what_the_notebook_says(agreement):
    """2 a^2 + 2 (1 - a)^2, from 1 at a half to 2 at both ends."""
    cells = Cells("11_language_models")
    slots = [["great", "awful"], ["soup", "film"], ["delighted", "annoyed"], ["us", "me"]]
    known = {w: cells.truth(*w, agreement=agreement) for w in itertools.product(*slots)}

    def predicted(words):
        whole = [
            sum(known[(*words[:i], other, *words[i + 1 :])] for other in slots[i]) for i in range(4)
        ]
        return math.prod(known[words] / total for total in whole if total)

    total = sum(predicted(words) for words in known)
    assert total == pytest.approx(2 * agreement**2 + 2 * (1 - agreement) ** 2)


def test_the_sum_comes_back_to_one_only_at_a_half():
    assert without_dependence({0.95: 1.7, 0.5: 1.0})[1] == "half the time"
    assert without_dependence({0.95: 1.7, 0.5: 1.6})[1] == "no such number"


# --- counting in four ways -----------------------------------------------------------------------


def test_ordinary_counts_in_shorter_contexts_by_hand(cells):
    documents = [["a", "b", "a", "b"], ["c", "b"]]
    plain, places = (cells.count(documents, 2, places=p) for p in (False, True))
    assert plain[0][0][()] == {"a": 2, "b": 3, "c": 1, cells.END: 2}
    assert places[0][0][()]["b"] == 2 and places[1] == plain[1]  # after a and after c
    p = cells.interpolated(plain, ("a",), "b", 5, 0.5)
    assert p == pytest.approx(0.5 * 1 + 0.5 * (0.5 * 3 / 8 + 0.5 / 5))
    kinds = ["a", "b", "c", "x", cells.END]
    ways = [(cells.kneser_ney, plain, ()), (cells.kneser_ney, places, ())]
    ways += [(cells.interpolated, plain, (0.7,)), (cells.add_k, plain, (0.1,))]
    for way, counts, setting in ways:
        total = sum(way(counts, ("a",), word, len(kinds), *setting) for word in kinds)
        assert total == pytest.approx(1), way


def test_what_the_notebook_says_of_three_sentences_by_hand(cells):
    """*it* was seen in two places, *the* in one, *soup* never after *hated*."""
    documents = [["we", "hated", "it"], ["we", "hated", "the", "soup"], ["we", "loved", "it"]]
    counts = cells.count(documents, 2)
    assert counts[1][0][("hated",)] == {"it": 1, "the": 1}
    assert counts[0][0][()]["it"] == 2 and counts[0][0][()]["the"] == 1
    lowest = {"it": (1.25 + 0.75 * 7 / 8) / 9, "the": (0.25 + 0.75 * 7 / 8) / 9}
    for word, p in lowest.items():
        found = cells.kneser_ney(counts, ("hated",), word, 8)
        assert found == pytest.approx((0.25 + 0.75 * 2 * p) / 2)
    assert cells.kneser_ney(counts, ("hated",), "soup", 8) == pytest.approx(0.75 * lowest["the"])


# --- exercises -----------------------------------------------------------------------------------


def test_references_of_the_exercises_by_hand():
    assert perplexity([-6.238325, -6.238325], [3, 4]) == pytest.approx(4)  # 9 predictions, 18 bits
    assert perplexity([-50.0], [9]) == pytest.approx(math.exp(5))  # its end is the tenth
    assert nucleus([0.3, 0.1, 0.6], 0.85) == {0, 2} and nucleus([0.05, 0.8, 0.15], 0.7) == {1}
    assert nucleus([0.5, 0.3, 0.2], 0.5) == {0} and nucleus([1.0], 0.9) == {0}
    assert perplexity([-2000.0], [999]) == pytest.approx(math.exp(2))
    assert divergence([0.5, 0.5], [0.25, 0.75]) == pytest.approx(0.5 + 0.5 * math.log2(2 / 3))
    assert divergence([0.5, 0.5], [1.0, 0.0]) == math.inf
    assert best_order({10: {1: 5.0, 2: 3.0}, 99: {1: 5.0, 2: 3.0, 3: 2.9, 4: 2.91}}) == 3
