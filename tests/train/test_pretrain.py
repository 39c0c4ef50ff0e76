"""Pre-training: packing, masking, the loss, seeds, precision, resuming after a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from tl_helpers import models
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError, UnknownName
from tl_helpers.train import precision, pretrain, resume
from tl_helpers.train.batches import Batches, attention_mask, loss_of
from tl_helpers.train.loop import Plan

WORDS = [f"word{i}" for i in range(20)]
QUICK = {"steps": 12, "batch_size": 4, "progress": False, "autocast": "float32"}


def texts(n: int = 200) -> list[str]:
    """Documents in which each word is usually followed by the next one: there is much to learn."""
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(n):
        start, length = rng.integers(0, 20), rng.integers(5, 20)
        rows.append(" ".join(WORDS[(start + i) % 20] for i in range(length)))
    return rows


@pytest.fixture(scope="module")
def tokenizer():
    return models.town_tokenizer(WORDS)


@pytest.fixture(scope="module")
def blocks(tokenizer):
    return pretrain.pack(texts(), tokenizer, length=16)


def tiny(tokenizer, seed=0, objective="mlm", **config):
    return models.new("tiny", objective, seed, tokenizer=tokenizer, **config)[0]


def same(a, b) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


# packing ------------------------------------------------------------------------------------------


def test_pack_keeps_every_token_in_order_without_padding(tokenizer):
    documents = ["word1 word2 word3", "word4", "word5 word6"] * 4
    tokenizer(documents, padding=True, truncation=True, max_length=4)  # must not linger
    packed = pretrain.pack(documents, tokenizer, length=7)
    whole = [i for text in documents for i in tokenizer(text)["input_ids"]]
    assert packed.dtype == np.int32 and packed.shape == (len(whole) // 7, 7)
    assert packed.reshape(-1).tolist() == whole[: packed.size]
    assert tokenizer.pad_token_id not in packed


def test_pack_marks_documents_where_the_tokenizer_adds_nothing(tokenizer):
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(WordLevel({"<|end|>": 0, "a": 1, "b": 2}, unk_token="<|end|>"))
    core.pre_tokenizer = Whitespace()
    gpt = PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<|end|>", eos_token="<|end|>", unk_token="<|end|>"
    )
    assert pretrain.pack(["a b", "b"], gpt, length=5).tolist() == [[0, 1, 2, 0, 2]]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ([], "empty"),
        (["word1"], "fewer than one block"),
        ([None], r"texts\[0\] is NoneType"),
        ("word1 " * 50, "one string, not a list"),
    ],
)
def test_texts_that_cannot_be_packed(tokenizer, bad, says):
    with pytest.raises(BadValue, match=says):
        pretrain.pack(bad, tokenizer, length=16)


# masking ------------------------------------------------------------------------------------------


def test_masking_is_80_10_10_of_a_fixed_number_of_ordinary_tokens(tokenizer, blocks):
    batches = Batches(blocks, tokenizer, "mlm", 0.25, batch_size=64, seed=0)
    counts = np.zeros(3)
    for step in range(60):
        batch = batches(step)
        original = blocks[batches.order(step)].reshape(-1)
        shown = batch.inputs.reshape(-1)
        assert len(batch.picked) == 64 * 4 == len(set(batch.picked.tolist()))
        usable = batch.targets != -100
        assert (batch.targets[usable] == original[batch.picked[usable]]).all()
        assert not np.isin(original[batch.picked[usable]], tokenizer.all_special_ids).any()
        untouched = np.delete(np.arange(len(shown)), batch.picked)
        assert (shown[untouched] == original[untouched]).all()
        seen, truth = shown[batch.picked[usable]], batch.targets[usable]
        masked, kept = seen == tokenizer.mask_token_id, seen == truth
        counts += [masked.sum(), kept.sum(), (~masked & ~kept).sum()]
    shares = counts / counts.sum()
    # Of the 10 % random words one in 20 happens to be the true one.
    expected = np.array([0.8, 0.1 + 0.1 / 20, 0.1 - 0.1 / 20])
    assert np.abs(shares - expected).max() < 4 * np.sqrt(0.16 / counts.sum())


def test_the_reading_order_is_that_of_the_loop(tokenizer, blocks):
    order = pretrain.reading_order(len(blocks), 4, 9, seed=3)
    made = Batches(blocks, tokenizer, "clm", 0.15, 4, seed=3)
    for step, row in enumerate(order):
        np.testing.assert_array_equal(blocks[row], made(step).inputs)
    for numbers in ((0, 1, 1), (3, 4, 1), (4, 4, 0)):
        with pytest.raises(BadValue):
            pretrain.reading_order(*numbers)


def test_each_block_once_per_epoch_and_any_step_at_once(tokenizer, blocks):
    batches = Batches(blocks, tokenizer, "mlm", 0.15, batch_size=8, seed=3)
    order, n = batches.order, batches.order.per_epoch
    epochs = [np.concatenate([order(e * n + s) for s in range(n)]) for e in (0, 1)]
    for epoch in epochs:
        assert len(set(epoch.tolist())) == len(epoch) == n * 8
    assert epochs[0].tolist() != epochs[1].tolist()
    again = Batches(blocks, tokenizer, "mlm", 0.15, batch_size=8, seed=3)
    for a, b in zip(batches(17), again(17), strict=True):
        assert np.array_equal(a, b)


# the loss -----------------------------------------------------------------------------------------


def other_architectures(n: int):
    from transformers import (
        DistilBertConfig,
        DistilBertForMaskedLM,
        ModernBertConfig,
        ModernBertForMaskedLM,
        RobertaConfig,
        RobertaForMaskedLM,
    )

    small = dict(
        vocab_size=n,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=40,
    )
    yield RobertaForMaskedLM(RobertaConfig(**small, pad_token_id=0))
    marks = dict(pad_token_id=0, bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3)
    yield ModernBertForMaskedLM(ModernBertConfig(**small, **marks))
    yield DistilBertForMaskedLM(
        DistilBertConfig(vocab_size=n, dim=16, hidden_dim=16, n_layers=1, n_heads=2)
    )


def test_the_loss_is_that_of_transformers(tokenizer, blocks):
    batch = Batches(blocks, tokenizer, "mlm", 0.15, 4, 0)(0)
    labels = np.full(batch.inputs.size, -100)
    labels[batch.picked] = batch.targets
    labels = torch.from_numpy(labels.reshape(batch.inputs.shape))
    for model in (tiny(tokenizer), *other_architectures(len(tokenizer))):
        model.eval()
        expected = model(input_ids=torch.from_numpy(batch.inputs), labels=labels).loss
        loss = loss_of(model, batch, "mlm", separate=False)
        torch.testing.assert_close(loss, expected, msg=type(model).__name__)


def test_the_causal_loss_is_that_of_transformers():
    tokenizer = models.town_tokenizer(WORDS, objective="clm")
    blocks = pretrain.pack(texts(), tokenizer, length=16)
    model = tiny(tokenizer, objective="clm").eval()
    batch = Batches(blocks, tokenizer, "clm", 0.15, 4, 0)(0)
    ids = torch.from_numpy(batch.inputs)
    loss = loss_of(model, batch, "clm", separate=False)
    torch.testing.assert_close(loss, model(input_ids=ids, labels=ids).loss)


@pytest.mark.parametrize("objective", ["mlm", "clm"])
def test_documents_that_share_a_block_do_not_see_each_other(objective):
    tokenizer = models.town_tokenizer(WORDS, objective=objective)
    model = tiny(tokenizer, objective=objective).eval()
    ids = torch.tensor(tokenizer("word1 word2")["input_ids"] + tokenizer("word3")["input_ids"])
    length = len(tokenizer("word1 word2")["input_ids"])

    def second(first_word: int, separate: bool) -> torch.Tensor:
        row = ids.clone()
        row[1] = first_word
        documents = torch.cumsum(row == tokenizer.cls_token_id, 0)[None]
        mask = attention_mask(documents, objective == "clm", torch.float32)
        with torch.no_grad(), precision.eager_attention(model):
            kwargs = {"attention_mask": mask} if separate else {}
            return model(input_ids=row[None], **kwargs).logits[0, length:]

    assert torch.equal(second(10, True), second(15, True))
    assert not torch.equal(second(10, False), second(15, False))


# training -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("objective", "optimiser"), [("mlm", "adamw"), ("mlm", "muon"), ("clm", "adamw")]
)
def test_it_learns(objective, optimiser):
    tokenizer = models.town_tokenizer(WORDS, objective=objective)
    blocks = pretrain.pack(texts(), tokenizer, length=16)
    model = tiny(tokenizer, objective=objective)
    history = pretrain.fit(
        model,
        blocks,
        tokenizer=tokenizer,
        objective=objective,
        steps=300,
        batch_size=16,
        learning_rate=1e-2,
        optimiser=optimiser,
    )
    first, last = np.mean(history.loss[:10]), np.mean(history.loss[-10:])
    assert first > 2.5 and last < 0.6 * first
    assert history.steps == list(range(1, 301)) and history.tokens_per_second > 0
    assert not model.training and model.config._attn_implementation == "sdpa"


def test_the_saved_model_loads_with_automodel(tokenizer, blocks, tmp_path):
    from transformers import AutoModel

    model = tiny(tokenizer)
    pretrain.fit(model, blocks, tokenizer=tokenizer, **QUICK)
    model.save_pretrained(tmp_path)
    loaded = AutoModel.from_pretrained(tmp_path)
    table = model.bert.embeddings.word_embeddings.weight
    assert torch.equal(loaded.embeddings.word_embeddings.weight, table)


def test_same_seed_same_result_and_the_global_random_state_is_left_alone(tokenizer, blocks):
    runs = []
    for noise, seed in ((1, 5), (2, 5), (1, 6)):
        model = tiny(tokenizer, hidden_dropout_prob=0.1)
        torch.manual_seed(noise)
        np.random.seed(noise)
        before = torch.get_rng_state(), np.random.get_state()[1].copy()
        history = pretrain.fit(model, blocks, tokenizer=tokenizer, seed=seed, **QUICK)
        assert torch.equal(before[0], torch.get_rng_state())
        assert np.array_equal(before[1], np.random.get_state()[1])
        runs.append((history.loss, model))
    assert runs[0][0] == runs[1][0] and same(runs[0][1], runs[1][1])
    assert runs[0][0] != runs[2][0]


def test_dropout_is_on_while_training(tokenizer, blocks):
    plain = pretrain.fit(tiny(tokenizer), blocks, tokenizer=tokenizer, **QUICK)
    dropped = pretrain.fit(
        tiny(tokenizer, hidden_dropout_prob=0.5), blocks, tokenizer=tokenizer, **QUICK
    )
    assert plain.loss[0] != dropped.loss[0]


def test_bfloat16_learns_as_float32_does(tokenizer, blocks):
    settings = {"steps": 80, "batch_size": 16, "learning_rate": 1e-2, "progress": False}
    curves = {
        kind: pretrain.fit(
            tiny(tokenizer), blocks, tokenizer=tokenizer, autocast=kind, **settings
        ).loss
        for kind in ("float32", "bf16")
    }
    assert curves["bf16"] != curves["float32"]
    assert curves["bf16"][0] == pytest.approx(curves["float32"][0], rel=0.01)
    assert np.mean(curves["bf16"][-20:]) == pytest.approx(np.mean(curves["float32"][-20:]), rel=0.1)


def test_frozen_weights_stay(tokenizer, blocks):
    model = tiny(tokenizer)
    table = model.bert.embeddings.word_embeddings.weight
    table.requires_grad_(False)
    before = table.clone()
    pretrain.fit(model, blocks, tokenizer=tokenizer, **{**QUICK, "autocast": "bf16"})
    assert torch.equal(table, before) and not same(model, tiny(tokenizer))


def test_schedule_is_that_of_transformers():
    from transformers import get_scheduler

    for name in ("linear", "cosine", "constant", "constant_with_warmup", "polynomial"):
        optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        twin = get_scheduler(name, optimiser, 10, 100)
        plan = Plan(steps=100, warmup=0.1, schedule=name, learning_rate=0.5)
        for step in range(100):
            assert plan.rate_at(step) == optimiser.param_groups[0]["lr"]
            optimiser.step()
            twin.step()


def test_the_rate_of_each_step_is_that_of_the_plan(tokenizer, blocks, monkeypatch):
    rates, step = [], torch.optim.AdamW.step
    monkeypatch.setattr(
        torch.optim.AdamW,
        "step",
        lambda self, *rest: rates.append(self.param_groups[0]["lr"]) or step(self, *rest),
    )
    pretrain.fit(tiny(tokenizer), blocks, tokenizer=tokenizer, **QUICK)
    plan = Plan(steps=12)
    assert rates == [plan.rate_at(i) for i in range(12)] and max(rates) == 1e-3


def test_a_plan_is_whole_and_stays_as_it_is():
    import dataclasses
    import inspect

    plan = Plan.of({"steps": np.int64(3)}, optimiser="muon")
    assert (plan.steps, plan.optimiser) == (3, "muon") and type(plan.steps) is int
    assert Plan.of({"optimiser": "adamw", "steps": 1}, optimiser="muon").optimiser == "adamw"
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.steps = 4  # type: ignore[misc]
    with pytest.raises(TypeError):
        Plan(3)
    with pytest.raises(UnknownName, match="Did you mean 'batch_size'"):
        Plan.of({"steps": 1, "batchsize": 3})
    with pytest.raises(BadValue, match="steps="):
        Plan.of({"batch_size": 3})
    for field in dataclasses.fields(Plan):  # whoever adds one says what it means
        assert f"\n    {field.name}: " in inspect.cleandoc(Plan.__doc__), field.name


def test_evaluations_and_an_early_end(tokenizer, blocks):
    modes = []

    def evaluate(model):
        modes.append(model.training)
        torch.manual_seed(0)  # must not leak into the training
        return {"probe": len(modes)}

    plain = pretrain.fit(tiny(tokenizer), blocks, tokenizer=tokenizer, **QUICK)
    history = pretrain.fit(
        tiny(tokenizer), blocks, tokenizer=tokenizer, evaluate=evaluate, evaluate_every=5, **QUICK
    )
    assert [e["step"] for e in history.evaluations] == [0, 5, 10, 12]
    assert [e["probe"] for e in history.evaluations] == [1, 2, 3, 4] and not any(modes)
    assert history.evaluations[1]["tokens"] == 5 * 4 * 16
    assert history.loss == plain.loss
    short = pretrain.fit(
        tiny(tokenizer),
        blocks,
        tokenizer=tokenizer,
        evaluate=lambda m: 0.9,
        evaluate_every=5,
        until=lambda e: e["step"] >= 5,
        **QUICK,
    )
    assert len(short.loss) == 5 and short.evaluations[-1]["value"] == 0.9
    json.dumps(history.to_dict())
    thin = history.to_dict(points=4)
    assert len(thin["loss"]) == len(thin["steps"]) == 4 and thin["steps"][-1] == 12
    assert np.mean(thin["loss"]) == pytest.approx(np.mean(history.loss), abs=1e-3)


# resuming -----------------------------------------------------------------------------------------


class Kill(Exception):
    pass


@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
@pytest.mark.parametrize("autocast", ["float32", "bf16"])
def test_resumed_equals_uninterrupted(tokenizer, blocks, tmp_path, optimiser, autocast):
    settings = {**QUICK, "optimiser": optimiser, "autocast": autocast, "checkpoint_every": 5}

    def make():
        return tiny(tokenizer, hidden_dropout_prob=0.1)

    def stop(model):
        raise Kill

    whole = make()
    expected = pretrain.fit(whole, blocks, tokenizer=tokenizer, **settings)
    with pytest.raises(Kill):
        pretrain.fit(
            make(),
            blocks,
            tokenizer=tokenizer,
            checkpoint=tmp_path,
            evaluate=stop,
            evaluate_every=None,
            **settings,
        )
    model = make()
    resumed = pretrain.fit(model, blocks, tokenizer=tokenizer, checkpoint=tmp_path, **settings)
    assert resumed.loss == expected.loss and same(model, whole)
    # A finished run is read back, not run again.
    third = make()
    again = pretrain.fit(third, blocks, tokenizer=tokenizer, checkpoint=tmp_path, **settings)
    assert again.loss == expected.loss and same(third, whole)
    assert again.seconds == resumed.seconds
    assert {p.name for p in tmp_path.iterdir()} == {"state.safetensors"}


PROGRAM = """
import sys, torch
sys.path.insert(0, {tests!r})
import test_pretrain as t
from tl_helpers import models, pretrain
torch.set_num_threads(1)
tokenizer = models.town_tokenizer(t.WORDS)
blocks = pretrain.pack(t.texts(), tokenizer, length=16)
model = t.tiny(tokenizer, hidden_dropout_prob=0.1)
history = pretrain.fit(model, blocks, tokenizer=tokenizer, steps=int(sys.argv[2]), batch_size=4,
                       checkpoint=sys.argv[1] or None, checkpoint_every=20, progress=False)
model.save_pretrained(sys.argv[3])
print(sum(history.loss))
"""


def start(*arguments: str, program: str = PROGRAM) -> subprocess.Popen:
    """A training in another process."""
    program = program.format(tests=str(Path(__file__).parent))
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell's background job ignores Ctrl-C, and its children would too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def wait_for(path: Path, process: subprocess.Popen, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.01)


@pytest.mark.slow
def test_killed_and_resumed_is_the_same_bit_for_bit(tmp_path):
    steps, state = "400", tmp_path / "run" / "state.safetensors"
    killed = start(str(state.parent), steps, str(tmp_path / "never"))
    wait_for(state, killed)
    killed.kill()
    killed.wait()
    assert killed.returncode == -signal.SIGKILL
    resumed = start(str(state.parent), steps, str(tmp_path / "resumed"))
    whole = start("", steps, str(tmp_path / "whole"))
    (out_resumed, err_resumed), (out_whole, err_whole) = resumed.communicate(), whole.communicate()
    assert resumed.returncode == 0, err_resumed
    assert whole.returncode == 0, err_whole
    assert out_resumed == out_whole
    weights = [(tmp_path / n / "model.safetensors").read_bytes() for n in ("resumed", "whole")]
    assert weights[0] == weights[1]
    assert not (tmp_path / "never").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no SIGINT for a child on Windows")
def test_ctrl_c_says_how_to_go_on_and_leaves_nothing_half_written(tmp_path):
    folder = tmp_path / "run"
    process = start(str(folder), "100000", str(tmp_path / "never"))
    wait_for(folder / "state.safetensors", process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    last = errors.strip().splitlines()[-2:]
    assert process.returncode != 0
    assert "Stopped at step" in last[0] and "Run the same call again" in last[1]
    assert str(folder) in last[1] and "During handling" not in errors
    assert [p.name for p in folder.iterdir()] == ["state.safetensors"]


def test_the_interrupted_model_itself_can_go_on(tokenizer, blocks, tmp_path):
    settings = {**QUICK, "checkpoint_every": 4, "checkpoint": tmp_path}

    def interrupt(model):
        raise KeyboardInterrupt

    whole = tiny(tokenizer)
    expected = pretrain.fit(whole, blocks, tokenizer=tokenizer, **QUICK)
    model = tiny(tokenizer)
    with pytest.raises(pretrain.Stopped, match="step 10 of 12") as caught:
        pretrain.fit(
            model,
            blocks,
            tokenizer=tokenizer,
            evaluate=interrupt_at(10),
            evaluate_every=5,
            **settings,
        )
    assert isinstance(caught.value, KeyboardInterrupt) and "step 8" in str(caught.value)
    history = pretrain.fit(model, blocks, tokenizer=tokenizer, **settings)
    assert history.loss == expected.loss and same(model, whole)
    with pytest.raises(pretrain.Stopped, match="had no checkpoint"):
        pretrain.fit(tiny(tokenizer), blocks, tokenizer=tokenizer, evaluate=interrupt, **QUICK)


def test_a_model_interrupted_before_anything_was_stored_is_not_taken_for_a_fresh_one(
    tokenizer, blocks, tmp_path
):
    settings = {**QUICK, "checkpoint_every": 100, "checkpoint": tmp_path}
    model = tiny(tokenizer)
    with pytest.raises(pretrain.Stopped, match="stored nothing yet") as caught:
        pretrain.fit(
            model,
            blocks,
            tokenizer=tokenizer,
            evaluate=interrupt_at(10),
            evaluate_every=5,
            **settings,
        )
    assert "Make the model again" in str(caught.value) and not list(tmp_path.iterdir())
    assert resume.BEGAN_AS not in model.__dict__


def test_a_model_trained_on_after_an_interruption_is_another_one(tokenizer, blocks, tmp_path):
    settings = {**QUICK, "checkpoint_every": 4, "checkpoint": tmp_path}
    model = tiny(tokenizer)
    with pytest.raises(pretrain.Stopped):
        pretrain.fit(
            model,
            blocks,
            tokenizer=tokenizer,
            evaluate=interrupt_at(10),
            evaluate_every=5,
            **settings,
        )
    with pytest.raises(CourseError, match="learning_rate"):  # a slip does not lose the way back
        pretrain.fit(model, blocks, tokenizer=tokenizer, **{**settings, "learning_rate": 0.1})
    assert model.__dict__[resume.BEGAN_AS]
    pretrain.fit(model, blocks, tokenizer=tokenizer, **QUICK)  # on, without the folder
    with pytest.raises(CourseError, match="starting weights"):
        pretrain.fit(model, blocks, tokenizer=tokenizer, **settings)


def interrupt_at(step: int):
    calls = iter(range(0, 1000, 5))

    def evaluate(model):
        if next(calls) == step:
            raise KeyboardInterrupt
        return 0.0

    return evaluate


def test_a_folder_of_another_run_is_refused(tokenizer, blocks, tmp_path):
    pretrain.fit(tiny(tokenizer), blocks, tokenizer=tokenizer, checkpoint=tmp_path, **QUICK)
    for what, model, data, change in (
        ("learning_rate was 0.001, now 0.002", tiny(tokenizer), blocks, {"learning_rate": 2e-3}),
        ("starting weights", tiny(tokenizer, seed=1), blocks, {}),
        ("model", tiny(tokenizer, hidden_dropout_prob=0.3), blocks, {}),
        ("blocks", tiny(tokenizer), blocks[::-1], {}),
    ):
        with pytest.raises(CourseError, match=what) as caught:
            pretrain.fit(model, data, tokenizer=tokenizer, checkpoint=tmp_path, **QUICK, **change)
        assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("damage", ["truncated", "empty", "other"])
def test_a_damaged_state_is_a_clear_error(tokenizer, blocks, tmp_path, damage):
    pretrain.fit(tiny(tokenizer), blocks, tokenizer=tokenizer, checkpoint=tmp_path, **QUICK)
    state = tmp_path / "state.safetensors"
    if damage == "other":
        from safetensors.torch import save_file

        save_file({"x": torch.zeros(1)}, state)
    else:
        state.write_bytes(state.read_bytes()[: 5000 if damage == "truncated" else 0])
    with pytest.raises(BrokenFile, match="Delete the folder"):
        pretrain.fit(tiny(tokenizer), blocks, tokenizer=tokenizer, checkpoint=tmp_path, **QUICK)


def test_a_folder_that_cannot_be_written(tokenizer, blocks, tmp_path):
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "x"
    with pytest.raises(CourseError, match="could not be written"):
        pretrain.fit(tiny(tokenizer), blocks, tokenizer=tokenizer, checkpoint=folder, **QUICK)


@pytest.mark.parametrize(
    ("number", "message"),
    [(28, "The disk is full"), (13, "No permission to write"), (30, "No permission to write")],
)
def test_a_disk_that_fails_while_the_state_is_stored(
    tokenizer, blocks, tmp_path, monkeypatch, number, message
):
    import safetensors.torch

    pretrain.fit(tiny(tokenizer), blocks, tokenizer=tokenizer, checkpoint=tmp_path, **QUICK)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def fails(tensors, filename, metadata=None):
        filename.write_bytes(b"half of it")
        raise safetensors.SafetensorError(f"I/O error: {os.strerror(number)} (os error {number})")

    monkeypatch.setattr(safetensors.torch, "save_file", fails)
    with pytest.raises(CourseError, match=message) as caught:
        resume.save(tmp_path, {}, {}, tiny(tokenizer), [], torch.zeros(3))
    assert caught.value.do and str(tmp_path) in str(caught.value)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


# bad input ----------------------------------------------------------------------------------------


def test_divergence_is_a_clear_error(tokenizer, blocks):
    model = tiny(tokenizer)
    with torch.no_grad():
        model.bert.embeddings.word_embeddings.weight[7] = float("nan")
    with pytest.raises(CourseError, match="no longer a number.*\n.*learning rate"):
        pretrain.fit(model, blocks, tokenizer=tokenizer, **QUICK)


@pytest.mark.parametrize(
    "change",
    [
        {"objective": "mlmm"},
        {"steps": 0},
        {"batch_size": 0},
        {"batch_size": 100_000},
        {"mask_rate": 0.0},
        {"mask_rate": 1.0},
        {"warmup": 2.0},
        {"checkpoint_every": 0},
        {"evaluate_every": 0},
        {"steps": 2.5},
        {"learning_rate": "fast"},
        {"schedule": "reduce_lr_on_plateau"},
        {"learning_rate": -1.0},
        {"seed": -1},
        {"seed": "a"},
        {"schedule": "up"},
        {"optimiser": "sgdd"},
        {"autocast": "int8"},
        {"blocks": np.zeros((0, 16), dtype=np.int32)},
        {"blocks": np.zeros(16, dtype=np.int32)},
        {"blocks": np.zeros((8, 16))},
        {"blocks": np.full((8, 16), 10_000, dtype=np.int32)},
        {"blocks": np.zeros((8, 1000), dtype=np.int32)},
    ],
)
def test_values_that_cannot_work(tokenizer, blocks, change):
    settings = {**QUICK, "blocks": blocks, **change}
    model, data = tiny(tokenizer), settings.pop("blocks")
    with pytest.raises(BadValue):
        pretrain.fit(model, data, tokenizer=tokenizer, **settings)
    assert same(model, tiny(tokenizer))


@pytest.mark.parametrize("result", [None, "good", float("nan")])
def test_an_evaluation_that_gives_no_number(tokenizer, blocks, result):
    with pytest.raises(BadValue, match="evaluate gave"):
        pretrain.fit(
            tiny(tokenizer),
            blocks,
            tokenizer=tokenizer,
            evaluate=lambda model: result,
            evaluate_every=5,
            **QUICK,
        )
