"""Replaced-token detection: the pair, its loss, training, saving, going on after a kill."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest
import torch
from test_pretrain import QUICK, WORDS, same, start, texts, tiny, wait_for
from torch.nn import functional

from tl_helpers import models
from tl_helpers.core.errors import BadValue, CourseError
from tl_helpers.train import batches, electra, pretrain


@pytest.fixture(scope="module")
def tokenizer():
    return models.town_tokenizer(WORDS, objective="rtd")


@pytest.fixture(scope="module")
def blocks(tokenizer):
    return pretrain.pack(texts(), tokenizer, length=16)


def pair_of(tokenizer, seed=0, **config):
    return electra.Pair(tiny(tokenizer, seed, "rtd", **config), None, seed)


def batch_of(blocks, tokenizer, rate=0.25):
    return batches.Batches(blocks, tokenizer, "rtd", rate, 4, 0)(0)


# the pair -----------------------------------------------------------------------------------------


def test_the_two_share_embeddings_and_nothing_else(tokenizer):
    pair = pair_of(tokenizer)
    mine = {id(p) for p in pair.discriminator.parameters()}
    shared = [n for n, p in pair.generator.named_parameters() if id(p) in mine]
    assert len(shared) == 5 and all("electra.embeddings." in n for n in shared)
    table = pair.discriminator.electra.embeddings.word_embeddings.weight
    assert pair.generator.generator_lm_head.weight is table
    both = models.count_parameters(pair.discriminator) + models.count_parameters(pair.generator)
    assert models.count_parameters(pair) == both - sum(
        p.numel() for n, p in pair.generator.named_parameters() if n in shared
    )


def test_a_generator_is_half_as_wide_and_comes_from_its_seed(tokenizer):
    model = models.new("small", "rtd", tokenizer=tokenizer)[0]
    torch.manual_seed(1)
    before = torch.get_rng_state()
    a, b, c = (electra.new_generator(model, seed=s) for s in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    assert a.config.hidden_size == 64 and a.config.embedding_size == 128
    assert a.config.num_hidden_layers == model.config.num_hidden_layers == 2
    assert same(a, b) and not same(a, c)
    own = electra.new_generator(model, 32, share=False)
    assert own.electra.embeddings is not model.electra.embeddings
    assert own.config.hidden_size == 32


@pytest.mark.parametrize("size", [0, -32, 33])
def test_sizes_that_make_no_generator(tokenizer, size):
    model = models.new("small", "rtd", tokenizer=tokenizer)[0]
    with pytest.raises(BadValue, match="no generator|hidden_size="):
        electra.new_generator(model, size, num_attention_heads=2)


def test_what_is_no_pair(tokenizer, blocks):
    bert = tiny(tokenizer)
    with pytest.raises(BadValue, match="BertForMaskedLM judges no replaced words"):
        pretrain.fit(bert, blocks, tokenizer=tokenizer, objective="rtd", **QUICK)
    model = tiny(tokenizer, objective="rtd")
    with pytest.raises(BadValue, match="are no pair"):
        electra.Pair(bert, electra.new_generator(model))
    with pytest.raises(BadValue, match="are no pair"):
        electra.Pair(model, tiny(tokenizer, objective="rtd"))
    few = models.town_tokenizer(WORDS[:9])
    with pytest.raises(BadValue, match="knows 14 words, the discriminator 25"):
        electra.Pair(model, tiny(few))
    with pytest.raises(BadValue, match="only"):
        pretrain.fit(bert, blocks, tokenizer=tokenizer, generator=bert, **QUICK)


# the loss -----------------------------------------------------------------------------------------


def test_every_chosen_position_shows_the_mask(tokenizer, blocks):
    batch = batch_of(blocks, tokenizer)
    usable = batch.targets != -100
    assert (batch.inputs.reshape(-1)[batch.picked[usable]] == tokenizer.mask_token_id).all()
    assert usable.sum() == 16


def test_the_loss_is_the_sum_of_those_of_transformers(tokenizer, blocks):
    pair, batch = pair_of(tokenizer).eval(), batch_of(blocks, tokenizer)
    torch.manual_seed(3)
    loss = electra.loss_of(pair, batch, separate=False, weight=7.0)
    ids = torch.from_numpy(batch.inputs)
    labels = torch.full_like(ids.flatten(), -100)
    labels[batch.picked] = torch.from_numpy(batch.targets)
    guessed = pair.generator(ids, labels=labels.view_as(ids))
    torch.manual_seed(3)
    usable = batch.picked[batch.targets != -100]
    drawn = torch.multinomial(guessed.logits.flatten(0, 1)[usable].softmax(-1), 1)[:, 0]
    truth = torch.where(labels >= 0, labels, ids.flatten())
    shown = truth.clone()
    shown[usable] = drawn
    judged = pair.discriminator(shown.view_as(ids), labels=(shown != truth).view_as(ids).long())
    assert 0 < (shown != truth).sum() <= len(usable)
    torch.testing.assert_close(loss, guessed.loss + 7.0 * judged.loss)


def test_a_word_drawn_right_counts_as_original(tokenizer, blocks, monkeypatch):
    """A generator that is always right leaves nothing to be found."""
    pair, batch = pair_of(tokenizer).eval(), batch_of(blocks, tokenizer)
    truth = torch.from_numpy(batch.targets[batch.targets != -100])
    monkeypatch.setattr(torch, "multinomial", lambda p, n: truth[:, None])
    seen = []
    original = functional.binary_cross_entropy_with_logits
    monkeypatch.setattr(
        functional,
        "binary_cross_entropy_with_logits",
        lambda x, y: seen.append(y) or original(x, y),
    )
    electra.loss_of(pair, batch, separate=False)
    assert seen[0].shape == (4 * 16,) and not seen[0].any()


def test_the_discriminator_teaches_the_generator_nothing_but_shared_words(tokenizer, blocks):
    pair, batch = pair_of(tokenizer), batch_of(blocks, tokenizer)
    grads = []
    for weight in (0.0, 50.0):
        torch.manual_seed(0)
        pair.zero_grad()
        electra.loss_of(pair, batch, separate=True, weight=weight).backward()
        grads.append({n: p.grad.clone() for n, p in pair.named_parameters()})
    for name, grad in grads[0].items():
        if name.startswith("generator."):
            torch.testing.assert_close(grad, grads[1][name])
        elif "embeddings" not in name:
            assert not grad.any() and grads[1][name].any(), name
    table = "discriminator.electra.embeddings.word_embeddings.weight"
    assert not torch.allclose(grads[0][table], grads[1][table])


def test_documents_that_share_a_block_do_not_see_each_other(tokenizer):
    first, second = (tokenizer(t)["input_ids"] for t in ("word1 word2 word3", "word7 word8"))
    losses = []
    for word in (10, 15):
        ids = np.array([first + second])
        ids[0, 1] = word
        picked = np.array([len(first) + 1])
        documents = np.cumsum(ids == tokenizer.cls_token_id, axis=1)
        batch = batches.Batch(ids, picked, np.array([12]), documents)
        pair = pair_of(tokenizer).eval()
        for separate in (True, False):
            torch.manual_seed(0)
            losses.append(electra.loss_of(pair, batch, separate, weight=0.0).item())
    assert losses[0] == losses[2] and losses[1] != losses[3]


# training -----------------------------------------------------------------------------------------


def shuffled(rows: np.ndarray, tokenizer, seed=0) -> tuple[torch.Tensor, torch.Tensor]:
    """Blocks with a tenth of their ordinary words exchanged, and where."""
    rng = np.random.default_rng(seed)
    ids = rows.astype(np.int64)
    ordinary = ~np.isin(ids, tokenizer.all_special_ids)
    where = ordinary & (rng.random(ids.shape) < 0.1)
    new = np.where(where, rng.integers(5, len(tokenizer), ids.shape), ids)
    return torch.from_numpy(new), torch.from_numpy((new != ids)[ordinary]), ordinary


@pytest.mark.parametrize(("optimiser", "steps"), [("adamw", 700), ("muon", 300)])
def test_it_learns_to_find_strange_words(tokenizer, blocks, optimiser, steps):
    model = tiny(tokenizer, objective="rtd")
    generator = electra.new_generator(model)
    history = pretrain.fit(
        model,
        blocks,
        tokenizer=tokenizer,
        objective="rtd",
        generator=generator,
        steps=steps,
        batch_size=16,
        learning_rate=1e-2,
        mask_rate=0.2,
        optimiser=optimiser,
    )
    assert np.mean(history.loss[-10:]) < 0.7 * np.mean(history.loss[:10])
    assert not model.training and not generator.training
    assert model.config._attn_implementation == generator.config._attn_implementation == "sdpa"
    ids, strange, ordinary = shuffled(blocks[:100], tokenizer)
    with torch.inference_mode():
        logits = model(ids).logits[torch.from_numpy(ordinary)]
    from sklearn.metrics import roc_auc_score

    assert roc_auc_score(strange, logits) > 0.75  # 0.5 is chance
    # The generator, trained on the side, fills gaps: each word is followed by the next one.
    text = " ".join("[MASK]" if i == 5 else WORDS[i] for i in range(3, 9))
    with torch.inference_mode():
        guess = generator(**tokenizer(text, return_tensors="pt")).logits[0, 3].argmax()
    assert tokenizer.decode(guess) == "word5"


def test_the_saved_discriminator_loads_with_automodel(tokenizer, blocks, tmp_path):
    from transformers import AutoModel, AutoModelForPreTraining

    model = tiny(tokenizer, objective="rtd")
    pretrain.fit(model, blocks, tokenizer=tokenizer, objective="rtd", **QUICK)
    models.save(model, tokenizer, tmp_path / "it")
    body = AutoModel.from_pretrained(tmp_path / "it")
    assert same(body, model.electra) and type(body).__name__ == "ElectraModel"
    assert same(AutoModelForPreTraining.from_pretrained(tmp_path / "it"), model)
    assert same(models.load(str(tmp_path / "it")).model, model.electra)
    assert same(models.load(str(tmp_path / "it"), task="replaced-tokens").model, model)


def test_only_a_detector_can_be_loaded_as_one(tokenizer, tmp_path):
    models.save(tiny(tokenizer), tokenizer, tmp_path / "bert")
    with pytest.raises(BadValue, match="cannot be used with task='replaced-tokens'(.|\n)*masked"):
        models.load(str(tmp_path / "bert"), task="replaced-tokens")
    models.save(tiny(tokenizer, objective="rtd"), tokenizer, tmp_path / "rtd")
    with pytest.raises(BadValue, match="'masked-lm'(.|\n)*replaced-tokens") as caught:
        models.load(str(tmp_path / "rtd"), task="masked-lm")
    assert "masked-lm" not in str(caught.value).splitlines()[-1]
    assert models.load(str(tmp_path / "rtd"), task="classification").model.num_labels == 2


def test_bfloat16_learns_as_float32_does(tokenizer, blocks):
    settings = {"steps": 80, "batch_size": 16, "learning_rate": 1e-2, "progress": False}
    curves = {
        kind: pretrain.fit(
            tiny(tokenizer, objective="rtd"),
            blocks,
            tokenizer=tokenizer,
            objective="rtd",
            autocast=kind,
            **settings,
        ).loss
        for kind in ("float32", "bf16")
    }
    assert curves["bf16"] != curves["float32"]
    assert np.mean(curves["bf16"][-20:]) == pytest.approx(np.mean(curves["float32"][-20:]), rel=0.1)


@pytest.mark.parametrize("autocast", ["float32", "bf16"])
def test_resumed_equals_uninterrupted(tokenizer, blocks, tmp_path, autocast):
    settings = {**QUICK, "objective": "rtd", "optimiser": "muon", "autocast": autocast}

    def make():
        model = tiny(tokenizer, objective="rtd", hidden_dropout_prob=0.1)
        return model, electra.new_generator(model, seed=4)

    def stop(model):
        raise KeyboardInterrupt

    whole, filler = make()
    expected = pretrain.fit(whole, blocks, tokenizer=tokenizer, generator=filler, **settings)
    model, generator = make()
    with pytest.raises(pretrain.Stopped, match="step 12 of 12(.|\n)*step 10"):
        pretrain.fit(
            model,
            blocks,
            tokenizer=tokenizer,
            generator=generator,
            evaluate=stop,
            checkpoint=tmp_path,
            checkpoint_every=5,
            **settings,
        )
    for again, other in ((model, generator), make()):
        resumed = pretrain.fit(
            again,
            blocks,
            tokenizer=tokenizer,
            generator=other,
            checkpoint=tmp_path,
            checkpoint_every=5,
            **settings,
        )
        assert resumed.loss == expected.loss and same(again, whole) and same(other, filler)
    with pytest.raises(CourseError, match="discriminator_weight was 50.0, now 1.0"):
        pretrain.fit(
            *make()[:1],
            blocks,
            tokenizer=tokenizer,
            checkpoint=tmp_path,
            discriminator_weight=1.0,
            **settings,
        )


PROGRAM = """
import sys, torch
sys.path.insert(0, {tests!r})
import test_pretrain as t
from tl_helpers import models, pretrain
torch.set_num_threads(1)
tokenizer = models.town_tokenizer(t.WORDS, objective="rtd")
blocks = pretrain.pack(t.texts(), tokenizer, length=16)
model = t.tiny(tokenizer, objective="rtd")
history = pretrain.fit(model, blocks, tokenizer=tokenizer, objective="rtd", steps=200,
                       batch_size=4, checkpoint=sys.argv[1] or None, checkpoint_every=20,
                       progress=False)
model.save_pretrained(sys.argv[2])
print(sum(history.loss))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_killed_and_resumed_is_the_same_bit_for_bit(tmp_path):
    state = tmp_path / "run" / "state.safetensors"
    killed = start(str(state.parent), str(tmp_path / "never"), program=PROGRAM)
    wait_for(state, killed)
    killed.kill()
    killed.wait()
    assert killed.returncode == -signal.SIGKILL
    said = []
    for folder, name in ((str(state.parent), "resumed"), ("", "whole")):
        process = start(folder, str(tmp_path / name), program=PROGRAM)
        out, errors = process.communicate()
        assert process.returncode == 0, errors
        said.append((out, (tmp_path / name / "model.safetensors").read_bytes()))
    assert said[0] == said[1]
