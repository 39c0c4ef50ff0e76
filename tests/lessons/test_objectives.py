"""Objectives and mask rate: the compute that is counted, the tasks, the two stored studies."""

from __future__ import annotations

import numpy as np
import pytest

from tl_helpers import models, town
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue
from tl_helpers.measure import results
from tl_helpers.train.word_vectors import word_vectors
from tl_lessons.objectives import race
from tl_lessons.objectives.exercises import first, no_idea, one_run_more, surprise

VOCABULARY = len(town.vocabulary()) + 5


def by_hand(tokens: int, hidden: int, layers: int, length: int = 128) -> int:
    """Multiply-adds, forward, of a transformer's blocks over so many tokens."""
    return tokens * layers * (4 * hidden**2 + 8 * hidden**2 + 2 * length * hidden)


def test_operations_are_those_that_one_counts_by_hand():
    """Six per multiply-add: two forward, four backward; a table is looked up."""
    tokens, hidden, picked = 2 * 128, 128, 2 * 32
    body = by_hand(tokens, hidden, 2)
    mlm = body + picked * hidden * (hidden + VOCABULARY)
    assert race.step_flops("mlm", 2, 0.25) == pytest.approx(6 * mlm, rel=0.02)
    clm = body + tokens * hidden * VOCABULARY
    assert race.step_flops("clm", 2, 0.25) == pytest.approx(6 * clm, rel=0.02)
    generator = by_hand(tokens, 64, 2) + tokens * hidden * 64
    generator += picked * hidden * (64 + VOCABULARY)
    rtd = body + tokens * hidden * (hidden + 1) + generator
    assert race.step_flops("rtd", 2, 0.25) == pytest.approx(6 * rtd, rel=0.02)


def test_the_same_budget_buys_equal_compute():
    runs = race.runs_of(1.0, 2, 0.25)
    assert runs["clm"][0] < runs["rtd"][0] < runs["mlm"][0]
    for steps, flops in runs.values():
        assert steps * flops == pytest.approx(1e12, rel=0.01)


def test_opinions_are_split_and_differ_from_seed_to_seed():
    a, b = race.Opinions(1), race.Opinions(2)
    assert len(a.test) == len(a.truth) == race.TEST and len(a.texts) >= 256
    assert 0.4 < a.truth.mean() < 0.6 and a.test != b.test
    cue = np.array([("great" in t) or ("delicious" in t) for t in a.test])
    assert cue.any() and a.truth[cue].mean() > 0.7  # the labels belong to the texts


def test_words_keep_their_vectors():
    model, tokenizer = models.new("tiny")
    texts = [["We", "loved", "the", "soup", "."], ["Awful", "!"]]
    vectors = word_vectors(model.eval(), tokenizer, texts)
    assert [v.shape for v in vectors] == [(5, 32), (2, 32)]
    alone = word_vectors(model, tokenizer, texts[1:])
    np.testing.assert_allclose(vectors[1], alone[0], atol=0.05)  # padding changes nothing
    import torch

    ids = torch.tensor(tokenizer(["We loved the soup."])["input_ids"])
    states = model.base_model(ids)[0][0, 1:6].detach().numpy()
    np.testing.assert_allclose(vectors[0], states, atol=0.05)  # of bfloat16
    exact = word_vectors(model, tokenizer, texts, autocast="float32", longest_first=False)
    np.testing.assert_allclose(exact[0], states, atol=1e-5)
    assert word_vectors(model, tokenizer, [["fine"] * 300])[0].shape == (126, 32)
    for bad in ([], ["We loved the soup."]):
        with pytest.raises(BadValue, match="lists of words"):
            word_vectors(model, tokenizer, bad)


def test_the_tokens_of_a_word_are_averaged():
    import torch

    text = "the lowest of the low goes slower than the slowest and newer than the newest one"
    pieces = models.train_tokenizer([text], 300, kind="bpe")
    model = models.new("tiny", seed=2, tokenizer=pieces)[0].eval()
    words = ["quickest", "newer"]
    batch = pieces(words, is_split_into_words=True, return_tensors="pt")
    with torch.inference_mode():
        states = model.base_model(**batch)[0][0].numpy()
    (vectors,) = word_vectors(model, pieces, [words], autocast="float32")
    assert batch["input_ids"].shape[1] > 4  # there are words of several tokens
    for number, vector in enumerate(vectors):
        tokens = [i for i, word in enumerate(batch.word_ids(0)) if word == number]
        np.testing.assert_allclose(vector, states[tokens].mean(0), atol=1e-5)


@pytest.mark.parametrize(("kind", "least"), [("pos", 0.4), ("relations", 0.35)])
def test_tags_belong_to_their_words(kind, least):
    task = race.Tagged(3, 12, kind)
    assert len(task.words) == 212
    assert all(len(w) == len(t) for w, t in zip(task.words, task.tags, strict=True))
    seen: dict[str, set[int]] = {}
    for words, tags in zip(task.words, task.tags, strict=True):
        for word, tag in zip(words, tags, strict=True):
            seen.setdefault(word.lower(), set()).add(int(tag))
    assert len(seen["."]) == 1 and len({t for tags in seen.values() for t in tags}) > 5
    model, tokenizer = models.new("small")
    assert least < task.accuracy(model.eval(), tokenizer) < 1


def test_both_studies_run_on_less():
    less = {"budget": 0.004, "batch_size": 2, "looks": 1, "labels": (16,), "tagged": 8}
    for objective in ("clm", "mlm", "rtd", "random"):
        rows = race.objectives(7, objective, tuned=((16, 2),), **less)
        judged = {r["measure"] for r in rows}
        on_the_way = set() if objective == "random" else {"on the way", "cost"}
        assert judged == {"opinions", "pos", "relations"} | on_the_way
    rows = race.race_forty(7, "mlm", tuned=((16, 2),), **less)
    assert {r["measure"] for r in rows} == {"on the way", "cost", "opinions", "pos", "relations"}
    rows = race.mask_rate(7, 0.2, steps=2, batch_size=2, looks=1, discovered=2.0, labels=16)
    assert [r["measure"] for r in rows] == ["on the way"] * 2 + ["discovery", "accuracy"]
    assert rows[2]["value"] == 4 and not rows[2]["happened"]
    assert rows[3]["value"] == rows[1]["value"]


def test_the_stored_race_is_at_equal_compute():
    stored = results.load("objectives")
    budget = stored.meta["configuration"]["budget"]
    for objective in ("clm", "mlm", "rtd"):
        spent = stored.values("compute", objective=objective, measure="cost")
        assert spent == pytest.approx(budget, rel=0.01) and len(spent) >= 5
    forty = results.load("race-forty")
    assert forty.values("compute", measure="cost") == pytest.approx(budget, rel=0.01)
    assert forty.meta["seeds"] == stored.meta["seeds"]
    # The same weights before the first step, the same labels and test: the same first look.
    first_look = [
        one.values("value", objective="mlm", measure="on the way", step=0)
        for one in (stored, forty)
    ]
    np.testing.assert_allclose(*first_look, atol=1e-9)


def test_five_rates_were_tried():
    stored = results.load("mask-rate")
    rates = sorted(set(stored.table.rate))
    assert len(rates) >= 5
    for rate in rates:
        assert len(stored.values("value", rate=rate, measure="discovery")) >= 5


def test_no_idea_is_the_best_loss_without_looking():
    from scipy.stats import entropy

    assert no_idea(0.5) == pytest.approx(np.log(2))
    assert no_idea(0.25) == pytest.approx(entropy([0.25, 0.75]))
    others = [-(0.25 * np.log(p) + 0.75 * np.log(1 - p)) for p in (0.1, 0.24, 0.26, 0.5)]
    assert min(others) > no_idea(0.25)


def test_the_first_curve_to_reach_a_level():
    x = [0, 1, 2]
    curves = {
        "causal": (x, [0.5, 0.6, 0.9]),
        "masked": (x, [0.5, 0.8, 0.8]),
        "replaced": (x, [0.5, 0.5, 0.5]),
    }
    assert first(curves, 0.7) == "masked"
    assert first(curves, 0.85) == "causal"
    assert first(curves, 0.95) == "none"


def test_of_the_chosen_words_a_tenth_stays_and_a_tenth_becomes_any_word():
    import torch

    cells, rng = Cells("14_objectives"), torch.Generator().manual_seed(0)
    ids = torch.full((100, 200), 7)
    chosen = torch.rand(ids.shape, generator=rng) < 0.4
    shown = cells.masked_inputs(ids, chosen, mask=1, n_words=1000, rng=rng)
    assert (shown[~chosen] == 7).all()
    picked = shown[chosen]
    assert (picked == 1).float().mean().item() == pytest.approx(0.8, abs=0.02)
    assert (picked == 7).float().mean().item() == pytest.approx(0.1, abs=0.02)


def test_the_losses_of_the_notebook_by_hand():
    """A model that is sure of token 2: right where 2 is wanted, and nowhere else."""
    from types import SimpleNamespace

    import torch

    cells, ids = Cells("14_objectives"), torch.tensor([[0, 2, 2, 1]])

    def model(inputs):
        return SimpleNamespace(logits=torch.tensor([0.0, 0, 5]).expand(*inputs.shape, 3))

    right = torch.tensor([0.0, 0, 5]).log_softmax(0)
    assert cells.causal_loss(model, ids).item() == pytest.approx(
        -(2 * right[2] + right[1]).item() / 3
    )
    chosen = torch.tensor([[True, True, False, False]])
    assert cells.masked_loss(model, ids, ids, chosen).item() == pytest.approx(
        -(right[0] + right[2]).item() / 2
    )


def test_surprise_is_the_loss_of_both_language_models():
    """As torch has it, at the places that are asked."""
    import torch

    rng = np.random.default_rng(0)
    logits, ids = rng.normal(size=(6, 9)), rng.integers(0, 9, 6)
    asked = np.array([True, False, True, True, False, False])
    theirs = torch.nn.functional.cross_entropy(
        torch.from_numpy(logits)[asked], torch.from_numpy(ids)[asked]
    )
    assert surprise(logits, ids, asked) == pytest.approx(theirs.item())


@pytest.mark.parametrize(
    ("end", "option"), [(0.5, "chance"), (0.65, "low"), (0.75, "middle"), (0.9, "high")]
)
def test_one_run_says_what_a_share_is_worth(end, option):
    rows = [{"measure": "on the way", "value": 1.0}, {"measure": "accuracy", "value": end}]
    said, came = one_run_more(share=0.8, my_run=rows)
    assert came == option and "80%" in said


def test_a_share_has_to_be_run():
    assert "only said so" in one_run_more(share=0.8, my_run=...)
    assert "study.mask_rate" in one_run_more(share=0.8, my_run=[])
