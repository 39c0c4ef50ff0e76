"""What notebook 15 stands on: head start, ladder, tricks, race, bench."""

from __future__ import annotations

import itertools
import json
import time

import numpy as np
import pytest
from scipy.optimize import least_squares

import tl_helpers
from tl_helpers import models, town
from tl_helpers.core import files
from tl_helpers.core.errors import BadValue
from tl_helpers.measure import results
from tl_helpers.press import bench
from tl_helpers.train import pretrain
from tl_helpers.train.batches import Batches, loss_of
from tl_helpers.train.cost import flops_of
from tl_helpers.train.head_start import document_vectors, head_start
from tl_lessons.scale_and_cost import exercises, transfer, tricks
from tl_lessons.scale_and_cost import ladder as scaling


@pytest.fixture(scope="module")
def material():
    tokenizer = models.town_tokenizer()
    texts = town.Town(seed=0).corpus(4000).texts()
    return tokenizer, pretrain.pack(texts, tokenizer)


# --- a head start by counting --------------------------------------------------------------------


def test_words_that_share_documents_get_like_vectors():
    """Two kinds of document, no word in both: the second direction tells them apart."""
    tokenizer = models.town_tokenizer(["sun", "beach", "sand", "snow", "ski", "ice"])
    rng = np.random.default_rng(0)
    kinds = (["sun", "beach", "sand"], ["snow", "ski", "ice"])
    texts = [" ".join(rng.choice(kinds[i % 2], 4)) for i in range(400)]
    vectors = document_vectors(pretrain.pack(texts, tokenizer, 30), tokenizer, 2)
    one, other = (np.sign(vectors[tokenizer.convert_tokens_to_ids(k), 1]).tolist() for k in kinds)
    assert one in ([1, 1, 1], [-1, -1, -1]) and other == [-x for x in one]
    assert np.allclose(vectors[tokenizer.all_special_ids], 0, atol=1e-5)


def test_counts_know_sentiment_before_a_network_does(material):
    """A line through the vectors of evaluative words, on words that it was not fitted to."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score

    from tl_helpers.questions.polarity import evaluative_words

    tokenizer, blocks = material
    vectors = document_vectors(blocks, tokenizer, 8)
    sides = [tokenizer.convert_tokens_to_ids(sorted(w)) for w in evaluative_words().values()]
    a, b = (vectors[i][np.abs(vectors[i]).sum(1) > 0] for i in sides)
    both = np.r_[a, b] / np.linalg.norm(np.r_[a, b], axis=1, keepdims=True)
    polarity = np.repeat([0, 1], [len(a), len(b)])
    assert cross_val_score(LogisticRegression(C=10), both, polarity, cv=5).mean() > 0.75


def test_the_table_begins_with_the_vectors_at_a_known_scale(material):
    tokenizer, blocks = material
    vectors = document_vectors(blocks, tokenizer, 4)
    model, _ = models.new("tiny")
    table = model.get_input_embeddings().weight
    before, spread = table.detach().clone(), float(table.detach().std())
    head_start(model, vectors, strength=2.0)
    after = table.detach()
    assert np.allclose(after[:, 4:], before[:, 4:])
    assert float(after[:, :4].std()) == pytest.approx(2 * spread, rel=0.01)
    assert np.corrcoef(after[:, 0], vectors[:, 0])[0, 1] > 0.999


def test_vectors_that_do_not_fit_are_refused(material):
    tokenizer, blocks = material
    model, _ = models.new("tiny")
    with pytest.raises(BadValue, match="do not fit"):
        head_start(model, np.zeros((3, 4), np.float32))
    with pytest.raises(BadValue, match="strength"):
        head_start(model, np.zeros((len(tokenizer), 4), np.float32), strength=0)
    for size, smoothing in ((0, 5.0), (len(tokenizer), 5.0), (4, 0.0)):
        with pytest.raises(BadValue, match="size|smoothing"):
            document_vectors(blocks, tokenizer, size, smoothing=smoothing)


# --- the ladder ----------------------------------------------------------------------------------


def test_parameters_of_the_ladder_are_those_of_its_matrix_products():
    """PyTorch counts the operations of a step; without attention they are 6 N for a token."""
    model, tokenizer = models.new("small", "clm")
    blocks = pretrain.pack(town.Town().corpus(60).texts(), tokenizer)
    batch = Batches(blocks, tokenizer, "clm", 0.15, 2, 0)(0)
    operations = flops_of(lambda: loss_of(model, batch, "clm", True), model)
    attention = 3 * 2 * 2 * (2 * 128 * 128 * 128) * 2  # 3 passes, 2 blocks, 2 layers, 2 products
    # Norms and biases count as parameters and multiply nothing; the first layer's input has no
    # gradient of its own to pass on but through the table of words.
    assert (operations - attention) / (2 * 128) == pytest.approx(
        6 * scaling.parameters(model), rel=0.03
    )


def test_one_rung_reads_its_tokens_once_and_learns():
    short, longer = (scaling.scaling_ladder(5, "ladder", 16, 1, n) for n in (4096, 32_768))
    assert short["truth"] == longer["truth"] < longer["loss"] < short["loss"]
    assert set(short) == {"parameters", "loss", "truth", "seconds"}


def test_the_stored_ladder_is_the_study():
    frame = results.load("scaling-ladder").table
    rungs = frame[frame.part == "ladder"]
    assert len(rungs) >= 8 * 5
    larger = frame[frame.part == "held out"]
    assert larger.parameters.min() > rungs.parameters.max()
    assert frame.loss.min() > frame.truth.iloc[0] and frame.truth.nunique() == 1
    for _, by in rungs.groupby(["parameters", "seed"]):  # more text helps every size
        assert by.sort_values("tokens").loss.is_monotonic_decreasing


def _cell(start):
    """What a cell of the notebook defines; the cell that has this line."""
    notebook = files.root() / "notebooks" / "15_scale_and_cost.ipynb"
    sources = ["".join(c["source"]) for c in json.loads(notebook.read_text("utf-8"))["cells"]]
    import torch

    names = {"tl": tl_helpers, "np": np, "itertools": itertools, "torch": torch, "SEED": 0}
    names["least_squares"] = least_squares
    code = next(s for s in sources if start in s).split("\npoints = ")[0]
    exec(compile(code, start, "exec"), names)
    return names


def test_the_fit_of_the_notebook_finds_a_law_that_is_there():
    names = _cell("def fit_law(")
    n, d = np.array(list(itertools.product((4e4, 1e5, 3e5, 9e5), (1e5, 3e5, 1e6, 3e6)))).T
    true = np.array([np.log(1.3), np.log(900), 0.6, np.log(3000), 0.7])
    loss = names["law"](true, n, d)
    loss[5] += 0.5  # one bad run must not decide
    fitted = names["fit_law"](n, d, loss)
    assert names["law"](fitted, 3e6, 1e7) == pytest.approx(names["law"](true, 3e6, 1e7), rel=0.02)
    assert fitted[[2, 4]] == pytest.approx(true[[2, 4]], rel=0.1)


def test_the_slice_has_one_budget_and_a_valley():
    """Every size costs the same, to a step of it; the lowest loss is at neither end."""
    stored = results.load("isoflop")
    frame, budget = stored.table, stored.meta["configuration"]["compute"]
    step = scaling.BATCH * scaling.BLOCK
    assert (frame.compute == 6 * frame.parameters * frame.tokens).all()
    assert ((frame.compute - budget).abs() <= 6 * frame.parameters * step / 2).all()
    by_size = frame.groupby("parameters").loss.mean()
    assert len(by_size) == 5 and by_size.argmin() not in (0, 4)
    assert (frame.groupby("parameters").seed.nunique() >= 5).all()


def test_a_run_of_the_slice_is_a_rung_of_the_ladder():
    one = scaling.isoflop(5, 16, 1, compute=6.0 * 4096 * 50_000)
    again = scaling.scaling_ladder(5, "ladder", 16, 1, one["tokens"])
    assert one["parameters"] == again["parameters"] and one["loss"] == again["loss"]
    assert one["tokens"] % (scaling.BATCH * scaling.BLOCK) == 0


def test_six_operations_are_counted_and_not_assumed():
    """The notebook's counter, on the ladder's smallest model and on a network without numbers."""
    from transformers import GPT2Config

    names = _cell("def counted(")
    model, _ = scaling.model_of(24, 2, 0)
    ratio = names["counted"](model, 128) / 6 / scaling.parameters(model)
    assert 1.05 < ratio < 1.25  # attention's own products come on top
    wide = names["on_paper"](GPT2Config(n_layer=2, n_embd=256, n_head=4, vocab_size=5000))
    counts = [names["counted"](wide, length) for length in (64, 512)]
    assert counts[1] > counts[0] and wide.device.type == "meta"
    attention = 6 * 2 * 2 * 256 * (512 - 64)  # 3 passes x 2, two products, two layers
    assert counts[1] - counts[0] == pytest.approx(attention, rel=0.01)


def test_packed_text_is_the_padded_text_end_to_end():
    names = _cell("def padded_and_packed(")
    padded, packed, document = names["padded_and_packed"](
        ["the soup was cold .", "we left .", "the film was great and long ."],
        models.town_tokenizer(),
        10,
    )
    pad = models.town_tokenizer().pad_token_id
    assert padded.shape[1] == packed.shape[1] == 10 and len(packed) <= len(padded)
    assert packed[packed != pad].tolist() == padded[padded != pad].tolist()
    assert [(document == i).sum() for i in range(3)] == (padded != pad).sum(1).tolist()
    assert (document[packed == pad] == -1).all()


# --- the tricks ----------------------------------------------------------------------------------


def test_every_variant_takes_the_same_step():
    """One step from the same weights on the same batch: the loss after it is about the same."""
    import torch

    tokenizer, blocks = tricks.material(0)
    batches = Batches(blocks, tokenizer, "mlm", 0.25, 4, 0)
    moved = {}
    for name, how in {
        "as it is": {},
        "32 bits": {"bf16": False},
        "autocast": {"autocast": True},
        "everywhere": {"everywhere": True},
        "sdpa": {"eager": False},
        "loop": {"loop": True},
    }.items():
        model = models.new("tiny", seed=1)[0]
        before = model.get_input_embeddings().weight.detach().clone()
        tricks.stepper(model, batches, **how)(0)
        moved[name] = (model.get_input_embeddings().weight.detach() - before).flatten()
    exact = moved["32 bits"]
    for name, change in moved.items():
        assert float(torch.cosine_similarity(change, exact, dim=0)) > 0.9, name


def test_turns_are_counted_for_every_variant():
    calls = []
    variants = {"a": (lambda i: calls.append(("a", i)), 10), "b": (lambda i: None, 20)}
    rows = list(tricks.take_turns(variants, rounds=2, steps=3))
    assert [r["variant"] for r in rows if r["part"] == "speed"] == ["a", "b", "a", "b"]
    assert [i for _, i in calls] == [0, 1, 2, 3, 4, 5, 6]
    assert all(r["seconds_per_million"] >= 0 for r in rows if r["part"] == "speed")


def test_seeds_together_learn(monkeypatch):
    monkeypatch.setattr(tricks.models, "new", lambda seed=0, new=models.new: new("tiny", seed=seed))
    tokenizer, blocks = tricks.material(0)
    step = tricks.together(0, Batches(blocks, tokenizer, "mlm", 0.25, 2, 0), many=2)
    step(0)
    step(1)


def test_the_stored_tricks_say_what_the_exercise_says():
    stored = results.load("pretraining-tricks")
    assert {r["variant"] for r in stored.rows if r["part"] == "speed"} == set(tricks.VARIANTS)

    def cost(variant):
        return np.median(stored.values("seconds_per_million", part="speed", variant=variant))

    asked = {
        "padding instead of packing",
        "logits at every position",
        "32-bit instead of bfloat16",
        "optimiser in a Python loop",
    }
    assert max(asked, key=cost) == "padding instead of packing"


# --- the race ------------------------------------------------------------------------------------


def test_the_judge_knows_a_good_model_from_a_blind_one(monkeypatch):
    tokenizer = models.town_tokenizer()
    judge = transfer.judge_of(0, tokenizer)
    blind = judge(models.new("tiny")[0])["accuracy"]
    good = judge(models.load("town-mlm", task="masked-lm")[0])["accuracy"]
    assert blind < 0.65 and good > 0.8


def test_one_way_is_gone_in_a_fresh_process(monkeypatch):
    """Its processor time begins with the interpreter, and an error comes back as it was."""
    began = time.process_time()
    report = transfer.one("fast", 0, limit=0.0)  # counts alone: no time to read
    assert report["way"] == "fast" and report["steps"] == 0
    assert report["accuracy"] == report["counts_only"] > 0.5
    assert 0 < report["processor_seconds"] < 60 and report["seconds"] > 0
    assert time.process_time() - began < report["processor_seconds"]
    with pytest.raises(KeyError, match="slow"):
        transfer.one("slow", 0)


def test_time_to_transfer_tells_a_bound_from_a_time(monkeypatch):
    def one(way, seed, limit=0.0):
        ours = way == "fast"
        return {
            "seconds": 20.0 if ours else 120.0,
            "processor_seconds": 15.0,
            "steps": 7,
            "accuracy": 0.9 if ours else reaches,
            "reached": ours or reaches > 0.85,
        }

    monkeypatch.setattr(transfer, "one", one)
    reaches = 0.5
    line = bench.time_to_transfer(2)
    assert line.ratio == 6 and "at least" in line.what and "stopped at 0.50" in line.note
    assert "Not the same recipe: counts as a head start, Muon, 25% masked here" in line.note
    reaches = 0.9
    assert "at least" not in bench.time_to_transfer(2).what


def test_the_share_of_the_peak_is_a_share():
    line = bench.share_of_peak(2, 32, 1)
    assert 0 < line.value < 1.2 and "billion operations" in line.note


# --- exercises -----------------------------------------------------------------------------------


def test_references_of_the_exercises_by_hand():
    assert exercises.training_hours(1e9, 2e10, 1e15, 0.4) == pytest.approx(83.333, rel=1e-3)
    for A, a, B, b, compute in exercises._laws(np.random.default_rng(3)):
        best = exercises.best_size(A, a, B, b, compute)

        def loss(n, law=(A, a, B, b, compute)):
            return law[0] / n ** law[1] + law[2] / (law[4] / 6 / n) ** law[3]

        assert loss(best) <= min(loss(best * f) for f in (0.9, 0.99, 1.01, 1.1))
    one_budget = {10: [3.0, 3.1, 3.2], 100: [2.5, 2.4, 2.6], 1000: [2.51, 2.41, 2.6]}
    assert exercises.parameters_of_best(one_budget, 8e11) == 100
    # The two best cannot be told apart seed by seed, so either is an answer.
    assert exercises.not_to_be_told_from_the_best(one_budget, 8e11) == [100, 1000]
    said, most = exercises.what_each_saves({"packing": 2.4, "bfloat16": 1.5})
    assert "packing 2.4" in said and most == "packing"


def test_fitting_again_says_what_the_floor_did():
    import pandas as pd

    def laws(floors):
        return {s: (np.log(floor), 0.0, 1.0, 0.0, 1.0) for s, floor in enumerate(floors)}

    far_out = pd.DataFrame({"seed": range(3), "parameters": 1e9, "tokens": 1e9, "loss": 1.4})
    law = _cell("def fit_law(")["law"]
    before = laws([1.0, 1.05, 1.1])

    def came(floors):
        return exercises.another_floor(before, laws(floors), law, 1.3, far_out)

    assert came([1.2, 1.24, 1.31])[1] == "nearer"
    assert came([0.8, 0.84, 0.91])[1] == "farther"
    assert came([1.001, 1.051, 1.099])[1] == "same"
    said, option = came([1.2, 0.9, 1.15])
    assert option == "unclear" and "The floor was 1.05" in said and "0.350 off" in said
    assert "only said so" in exercises.another_floor(before, ..., law, 1.3, far_out)
    assert "refit" in exercises.another_floor(before, {7: 1}, law, 1.3, far_out)


def test_equal_exponents_share_the_compute_equally():
    sizes = [exercises.best_size(400, 0.34, 400, 0.34, c) for c in (1e18, 1e20)]
    assert sizes[1] / sizes[0] == pytest.approx(10)
    assert list(itertools.pairwise(sizes))
