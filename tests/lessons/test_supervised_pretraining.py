"""Notebook 16: its cells against the libraries and by hand, and the study behind it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sacrebleu
import torch

from tl_helpers import exercises as sheets
from tl_helpers import models, questions, town
from tl_helpers.core.cells import Cells
from tl_helpers.measure import claims, evaluate, results
from tl_helpers.train import adapt, translation
from tl_lessons.supervised_pretraining import exercises, studies


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    cells = Cells("16_supervised_pretraining")
    cells.english, cells.study = models.town_tokenizer(), studies
    return cells


# --- BLEU ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_bleu_of_the_notebook_is_that_of_sacrebleu(cells, seed):
    rng = np.random.default_rng(seed)
    words = np.array(list("abcdefgh"))
    references = [rng.choice(words, rng.integers(6, 14)).tolist() for _ in range(30)]
    candidates = [
        [*r[: rng.integers(4, len(r) + 1)], *rng.choice(words, rng.integers(3))] for r in references
    ]
    texts = [[" ".join(row) for row in side] for side in (candidates, references)]
    theirs = sacrebleu.corpus_bleu(texts[0], [texts[1]], tokenize="none", force=True)
    assert cells.bleu(candidates, references, exercises.matches) == pytest.approx(
        theirs.score, abs=1e-6
    )


def test_bleu_by_hand(cells):
    right = [["a", "b", "c", "d", "e"]]
    assert cells.bleu(right, right, exercises.matches) == pytest.approx(100)
    # all n-grams right, four words instead of five: only the penalty
    assert cells.bleu([["a", "b", "c", "d"]], right, exercises.matches) == pytest.approx(
        100 * math.exp(1 - 5 / 4)
    )
    # one wrong word at the end: 4/5, 3/4, 2/3, 1/2
    wrong = cells.bleu([["a", "b", "c", "d", "x"]], right, exercises.matches)
    assert wrong == pytest.approx(100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25)


# --- decoding and the loss -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def translator():
    made = translation.new("tiny", seed=0)
    made.model.eval()
    return made


def test_greedy_writes_what_generate_writes(cells, translator):
    for text in ("The soup was good.", "I loved it."):
        batch = translator.source(text, return_tensors="pt", return_token_type_ids=False)
        written = translator.model.generate(**batch, max_length=12, do_sample=False, num_beams=1)
        theirs = translator.target.decode(written[0], skip_special_tokens=True)
        assert cells.greedy(translator, text, longest=12) == theirs


def test_the_loss_of_the_notebook_is_that_of_the_library(cells, translator):
    source, target = (
        torch.tensor([t(x)["input_ids"]])
        for t, x in ((translator.source, "I loved it."), (translator.target, "Na tun dunol."))
    )
    out = translator.model(input_ids=source, decoder_input_ids=target[:, :-1]).logits
    theirs = torch.nn.functional.cross_entropy(out[0], target[0, 1:])
    assert torch.isclose(cells.translation_loss(translator.model, source, target), theirs)


def test_word_states_belong_to_the_words(translator):
    sentences = [["I", "loved", "it", "."], ["The", "soup", "was", "good", "."]]
    states = studies.word_states(translator.model.encoder, sentences)
    assert [len(rows) for rows in states] == [4, 5]
    alone = studies.word_states(translator.model.encoder, sentences[:1])
    assert np.allclose(states[0], alone[0], atol=1e-5)


def test_a_sentence_is_the_mean_of_its_states_as_in_the_study(cells, translator):
    sentences = ["I loved it.", "The soup was good, and we liked the waiter."]
    encoder = translator.model.encoder
    theirs = adapt.embed(encoder, cells.english, sentences, autocast="float32")
    ours = [cells.sentence_state(encoder, sentence) for sentence in sentences]
    assert np.allclose(ours, theirs, atol=1e-5)


def test_attention_sums_to_one_over_the_read_words_and_their_marks(cells, translator):
    pair = town.Town(seed=0).corpus(3).parallel()[1]
    looks = cells.attention(translator, pair, 0)
    assert looks.shape == (len(pair.target_words), len(pair.source_words))
    assert (looks >= 0).all() and (looks.sum(1) <= 1 + 1e-5).all()


# --- the study -----------------------------------------------------------------------------------


def test_labels_come_from_other_domains_than_what_is_judged():
    where = studies.home(3)
    named = {town.DOMAINS[i] for i in np.unique(where.labelled.corpus(200).draws.domain)}
    assert named == set(studies.SOURCE) and studies.TARGET not in named
    task = studies.opinions(where.target, 120, "sentiment")
    assert set(np.unique(task.labels)) == {0, 1} and len(task.texts) == len(task.labels)


def test_what_is_judged_was_read_by_nobody():
    where = studies.home(0)
    held = set(studies.opinions(where.target, 50, "sentiment").texts)
    read = set(where.town.corpus(2000).sentences())
    assert len(held & read) < len(held) / 2  # short sentences recur; documents do not
    assert questions.FIRST_UNSEEN_DOCUMENT > 10_000_000


def test_operations_are_those_of_the_formula():
    """2 operations for each multiply-add, 3 times for forwards and backwards."""
    counted = studies.flops_of_a_step()
    tokens, hidden, layers, length, vocabulary = 32 * 128, 128, 2, 128, len(models.town_tokenizer())
    body = layers * (12 * hidden**2 + 2 * length * hidden) * tokens
    head = round(0.25 * 128) * 32 * (hidden**2 + hidden * vocabulary)
    assert counted["masked words"] == pytest.approx(6 * (body + head), rel=0.03)
    assert counted["labels"] == pytest.approx(6 * body, rel=0.03)
    assert counted["translation"] > counted["masked words"]


def test_updates_of_equal_price_cost_as_much():
    per_row = {t: cost / 32 for t, cost in studies.flops_of_a_step().items()}
    per_row["next word"] = studies.flops_of_a_step_of_next_words() / 32
    prices = {t: rows * per_row[t] for t, rows in studies.EQUAL_ROWS.items()}
    for price in prices.values():
        assert price == pytest.approx(prices["translation"], rel=0.015)


def test_a_batch_is_as_large_as_it_is_told():
    """What the study passes on reaches the loop: more rows, another encoder."""
    weights = []
    for rows in (2, 3):
        body = studies.taught_by_next_words(0, 60, 1, batch_size=rows)
        weights.append(next(body.parameters()).detach().numpy())
    assert not np.allclose(*weights)


def test_budgets_are_equal():
    plan, costs = studies.plan(50), studies.flops_of_a_step()
    spent = {t: costs[t] * plan[t]["compute"][1] for t in costs}
    for each in spent.values():
        assert each == pytest.approx(50 * costs["masked words"], rel=0.03)
    assert len({plan[t]["examples"][0] for t in costs}) == 1
    per_step = studies.documents_per_step(500)
    for t in costs:
        documents, steps = plan[t]["examples"]
        assert steps * per_step[t] == pytest.approx(documents, rel=0.1)  # each read about once


def test_the_judge_tells_a_good_encoder_from_a_random_one():
    """Features that hold the answer get it right; features of noise do not."""
    task = studies.opinions(studies.home(1).target, 950, "sentiment")

    class Body:
        pass

    rng = np.random.default_rng(0)
    told = {}
    for name in ("oracle", "noise"):
        rows = rng.normal(size=(len(task.labels), 128)).astype(np.float32)
        if name == "oracle":
            rows[:, :64] += 2 * task.labels[:, None]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(studies.adapt, "embed", lambda *_, rows=rows, **__: rows)
            told[name] = studies.classification(Body(), task, seed=0)
    assert told["oracle"][16] > 0.95 and abs(told["noise"][256] - 0.5) < 0.12


@pytest.mark.slow
def test_the_study_has_every_teacher_at_every_budget(monkeypatch):
    monkeypatch.setattr(
        studies,
        "plan",
        lambda steps: {t: {b: (60, 1) for b in ("examples", "compute")} for t in studies.TEACHERS},
    )
    monkeypatch.setattr(
        studies,
        "judge",
        lambda body, seed, all_tasks=True: [{"task": "sentiment", "n": 16, "score": 0.5}],
    )
    monkeypatch.setitem(studies.RECIPE, "batch_size", 2)
    studies.taught_and_judged.cache_clear()
    plan = results.studies()["supervised-pretraining"].plan()
    assert {(one["teacher"], one["budget"]) for one in plan} == {
        *itertools.product(studies.TEACHERS, ("examples", "compute")),
        *itertools.product([t for t in studies.TEACHERS if t != "random"], ["few"]),
    }
    for one in {one["teacher"] + one["budget"]: one for one in plan}.values():
        (row,) = studies.supervised_pretraining(0, **one, steps=1, few_steps=1)
        assert (row["steps"], row["score"]) == (1, 0.5)
        assert one.get("documents", row.get("documents")) in (60, 1600)


@pytest.mark.slow
def test_a_random_encoder_is_judged_on_every_task_near_what_it_can():
    rows = studies.judge(studies.untaught(7), 7)
    asked = {(r["task"], r["n"]) for r in rows}
    assert asked == {
        *(("sentiment", n) for n in studies.LABELS),
        *(("domain", n) for n in studies.LABELS),
        *(("parts of speech", n) for n in studies.SENTENCES),
        *(("names", n) for n in studies.SENTENCES),
        ("meanings", 8),
        ("sentiment, fine-tuned", 64),
    }
    score = {(r["task"], r["n"]): r["score"] for r in rows}
    assert all(0 <= v <= 1 for v in score.values())
    assert score["sentiment", 16] < 0.65 and score["meanings", 8] < 0.75
    assert score["parts of speech", 128] > score["parts of speech", 8]


def test_the_stored_study_is_that_of_the_code():
    stored = results.load("supervised-pretraining")
    seeds = stored.meta["seeds"]
    for teacher in studies.TEACHERS:
        for budget in ("examples", "compute"):
            scores = stored.values("score", teacher=teacher, budget=budget, task="sentiment", n=16)
            assert len(scores) == len(seeds)
    level = results.load("supervised-equal")
    assert level.meta["configuration"]["documents"] / level.meta["configuration"]["steps"] == (
        pytest.approx(studies.documents_per_step(500)["translation"], rel=0.05)  # read once
    )
    for teacher in (*studies.EQUAL_ROWS, "random"):
        scores = level.values("score", teacher=teacher, task="sentiment", n=16)
        assert len(scores) == len(level.meta["seeds"]) >= 5
    for teacher, documents in itertools.product(studies.TEACHERS, (100, 400, 1600)):
        if teacher != "random":
            scores = stored.values(
                "score", teacher=teacher, budget="few", documents=documents, n=16
            )
            assert len(scores) == len(seeds), (teacher, documents)


def all_equal(teacher, task, n):
    return results.load("supervised-equal").values("score", teacher=teacher, task=task, n=n)


def at_compute(teacher, task, n):
    stored = results.load("supervised-pretraining")
    return stored.values("score", teacher=teacher, task=task, n=n, budget="compute")


def few_labels(documents):
    stored = results.load("supervised-pretraining")
    where = {"teacher": "labels", "budget": "few", "task": "sentiment", "n": 16}
    return stored.values("score", documents=documents, **where)


TAGS, SENTIMENT = ("parts of speech", 32), ("sentiment", 16)
RESTS_ON_STORED = {
    "sup-labels-equal": lambda: (all_equal(t, *SENTIMENT) for t in ("labels", "masked words")),
    "sup-translation-words": lambda: (all_equal(t, *TAGS) for t in ("translation", "labels")),
    "sup-translation-tags": lambda: (all_equal(t, *TAGS) for t in ("translation", "masked words")),
    "sup-causal-tags": lambda: (all_equal(t, *TAGS) for t in ("next word", "translation")),
    "sup-labels-early": lambda: (at_compute(t, *SENTIMENT) for t in ("labels", "masked words")),
    "sup-text-domain": lambda: (
        at_compute(t, "domain", 64) for t in ("translation", "masked words")
    ),
    "sup-negative": lambda: (at_compute(t, *TAGS) for t in ("labels", "random")),
    "sup-few": lambda: (few_labels(n) for n in (1600, 100)),
}


@pytest.mark.parametrize("id", RESTS_ON_STORED)
def test_what_the_notebook_claims_stands_in_the_store(id):
    """The verdict that is promised follows from the stored rows, by the whole interval."""
    promise = claims.registry()[id]
    gap = evaluate.difference(*RESTS_ON_STORED[id]()).times(100)
    bar = {name: getattr(promise, name) for name in ("unit", "direction", "minimum")}
    found = claims.Claim(id, gap.mean, gap.low, gap.high, gap.n, **bar)
    assert found.verdict == promise.outcome


def test_joined_sentences_are_made_of_sentences_of_the_town(cells):
    """The halves stand as the town translates them, with *but* between, in either order."""
    did, was = ("I hated the dates.", "na mausharin lukol."), ("The sea was calm.", "noro vel sol.")
    assert cells.joined(did, was) == (
        "I hated the dates, but the sea was calm.",
        "na mausharin lukol, vedo noro vel sol.",
    )
    assert cells.joined(was, did)[0] == "The sea was calm, but I hated the dates."
    we = ("We loved it.", "nari tun naumori.")
    assert cells.joined(was, we)[0] == "The sea was calm, but we loved it."


def test_short_sentences_are_different_and_of_the_form(cells):
    some = town.Town(seed=0).corpus(400, start=questions.FIRST_UNSEEN_DOCUMENT).parallel()
    found = cells.short(some, r"The \w+ was \w+\.")
    assert found and len(dict(found)) == len(found)
    truth = {p.source: p.target.lower() for p in some}
    assert all(truth[source] == target and " was " in source for source, target in found)


# --- CoVe in its own form ------------------------------------------------------------------------


def test_static_vectors_by_hand(cells):
    """Words that share their surroundings get the same vector; the marks keep texts apart."""
    texts = ["The soup was good.", "The trout was good."] * 6 + ["I loved it."] * 6
    vectors = cells.static_vectors(texts, window=2, size=4)
    soup, trout, loved = (
        cells.english.convert_tokens_to_ids(w) for w in ("soup", "trout", "loved")
    )
    assert vectors.shape == (len(cells.english), 4)
    assert np.allclose(vectors[soup], vectors[trout], atol=1e-6)
    assert not np.allclose(vectors[soup], vectors[loved], atol=0.1)
    assert np.allclose(vectors[cells.english.convert_tokens_to_ids("waiter")], 0, atol=1e-6)


def test_a_label_teacher_by_hand_learns_and_pools_like_the_library(cells):
    """Texts of one length, so that no padding is read; the mean of the states goes to the layer."""
    cells.loss_of_labels = exercises.label_loss
    encoder = models.new("tiny", seed=3)[0].base_model.eval()
    layer = torch.nn.Linear(32, 2)
    texts = ["the soup was great .", "the soup was awful ."] * 8
    labels = torch.tensor([1, 0] * 8)
    pooled = torch.tensor(
        adapt.embed(encoder, cells.english, texts, autocast="float32"), dtype=torch.float32
    )
    with torch.no_grad():
        ours = cells.loss_of_texts(encoder, layer, texts, labels)
        wanted = torch.nn.functional.cross_entropy(layer(pooled), labels)
    assert torch.isclose(ours, wanted, atol=1e-4)
    losses = cells.teach_by_labels(encoder, layer, texts, labels, steps=30, batch_size=8, rate=3e-3)
    assert np.mean(losses[-5:]) < np.mean(losses[:5])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda loss: loss.item(),
        lambda loss: float(loss.detach()),
        lambda loss: loss.detach(),
        lambda loss: loss.detach().numpy(),
        lambda loss: torch.tensor(loss.item()),
        lambda loss: torch.tensor(loss.item(), dtype=torch.float64, requires_grad=True),
    ],
)
def test_a_loss_without_a_way_back_teaches_nothing(spoil):
    """The next cell calls backward(): the right number alone is not enough."""
    exercise = sheets.find("sup-loss")
    assert exercise.judge(exercises.label_loss, {})[0] == "right"
    said = exercise.judge(lambda *case: spoil(exercises.label_loss(*case)), {})
    assert said == ("wrong", exercises.NO_GRADIENT)


def test_a_loss_from_frozen_states_teaches_nothing():
    def pooled_apart(states, real, layer, labels):
        with torch.no_grad():
            pooled = (states * real[:, :, None]).sum(1) / real.sum(1)[:, None]
        return torch.nn.functional.cross_entropy(layer(pooled), labels)

    def in_place(states, real, layer, labels):
        states *= real[:, :, None]
        return torch.nn.functional.cross_entropy(
            layer(states.sum(1) / real.sum(1)[:, None]), labels
        )

    exercise = sheets.find("sup-loss")
    assert exercise.judge(pooled_apart, {}) == ("wrong", exercises.NO_GRADIENT)
    assert exercise.judge(in_place, {})[0] == "right"


@pytest.mark.parametrize(
    ("few", "many", "said"),
    [(0.5, 0.8, "coin"), (0.6, 0.8, "worse"), (0.78, 0.8, "same"), (0.9, 0.8, "better")],
)
def test_the_run_decides_what_fewer_updates_do(few, many, said):
    assert exercises.with_fewer_updates({10: few, 40: many})[1] == said
    assert isinstance(exercises.with_fewer_updates(...), str)  # nothing measured yet
    assert "{10: ..., 40: ...}" in exercises.with_fewer_updates({40: many})
