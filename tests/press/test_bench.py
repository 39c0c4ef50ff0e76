"""The bench: both loops do the same work, the table says what was measured."""

from __future__ import annotations

import json

import numpy as np
import pytest
from notebook_factory import code, write

from tl_helpers import models, town
from tl_helpers.press import bench
from tl_helpers.train import batches, precision, pretrain


@pytest.fixture(scope="module")
def material():
    tokenizer = models.town_tokenizer()
    return tokenizer, pretrain.pack(town.Town(seed=0).corpus(400).texts(), tokenizer, bench.LENGTH)


def test_both_loops_train_the_same_model_on_the_same_amount_of_text(material):
    tokenizer, blocks = material
    losses = {}
    for name, train in (("fast", bench.train_fast), ("plain", bench.train_plain)):
        model = models.new("tiny")[0]
        batch = batches.Batches(blocks, tokenizer, "mlm", 0.15, 64, seed=9)(0)

        def loss(model=model, batch=batch):
            return float(batches.loss_of(model.eval(), batch, "mlm", separate=False).detach())

        before, looks = loss(), train(model, tokenizer, blocks, 30)
        assert looks[-1]["step"] == 30 and looks[-1]["tokens"] == 30 * bench.BATCH * bench.LENGTH
        assert bench._speed(looks) > 0
        losses[name] = before - loss()
    assert losses["fast"] > 0.3 and losses["plain"] > 0.3
    assert losses["fast"] == pytest.approx(losses["plain"], rel=0.35)


def test_both_loops_end_at_the_target(material):
    tokenizer, blocks = material
    for train in (bench.train_fast, bench.train_plain):
        looks = train(
            models.new("tiny")[0],
            tokenizer,
            blocks,
            30,
            evaluate=lambda m: {"probe": 0.95},
            evaluate_every=5,
            until=lambda e: e["step"] >= 10,
        )
        assert looks[-1]["step"] == 10 and looks[-1]["probe"] == 0.95


@pytest.mark.slow
def test_the_fast_loop_is_fast():
    """At least 2.5 times the Trainer where bfloat16 is native; 1.5 times elsewhere."""
    line = bench.tokens_per_second(3, 6, documents=2000)
    assert line.ratio == pytest.approx(np.median([a / b for a, b in line.repetitions]))
    assert line.ratio > (2.5 if precision.supports_bf16() else 1.5), line


@pytest.mark.parametrize(
    ("native", "asked"),
    [
        (True, "asked for: 2.5 times"),
        (False, "asked for: only 1.5 times, as this processor"),
    ],
)
def test_the_line_says_what_is_asked_of_this_processor(monkeypatch, native, asked):
    monkeypatch.setattr(precision, "supports_bf16", lambda: native)
    for name, pace in (("train_fast", 0.5), ("train_plain", 2.0)):
        looks = [{"tokens": 10 * i, "seconds": pace * i} for i in range(6)]
        monkeypatch.setattr(bench, name, lambda *_, looks=looks: looks)
    line = bench.tokens_per_second(1, 6, documents=300)
    assert line.ratio == 4 and asked in line.note


def test_a_target_that_was_not_reached_is_not_claimed(monkeypatch):
    def runs(ours, theirs):
        def train(probe, seconds):
            return lambda *_, **__: [{"probe": probe, "step": 9, "seconds": seconds}]

        monkeypatch.setattr(bench, "train_fast", train(*ours))
        monkeypatch.setattr(bench, "train_plain", train(*theirs))
        return bench.time_to_probe(10, 1.0, 1.0, documents=300)

    both = runs((0.95, 10.0), (0.93, 50.0))
    for word in ("Muon", "25% masked here", "AdamW", "15% masked there", "easier part", "5e-05"):
        assert word in both.note
    assert (both.value, both.rival, both.ratio) == (10.0, 50.0, 5.0)
    assert "at least" not in both.what
    late = runs((0.95, 10.0), (0.6, 70.0))
    assert late.ratio == 7.0 and "at least" in late.what and "stopped at 0.60" in late.note
    never = runs((0.7, 60.0), (0.6, 70.0))
    assert never.value is None and never.ratio is None


def test_the_table_and_the_file(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    line = bench.Line("reading", "tokens/s", 48_638.4, 9_190.2, 5.29, "a note", [[1.0, 2.0]])
    monkeypatch.setattr(bench, "tokens_per_second", lambda *_: line)
    monkeypatch.setattr(bench, "town_speed", lambda *_: bench.Line("town", "sentences/s", 30_000.0))
    monkeypatch.setattr(bench, "explorer_step", lambda: bench.Line("one step", "s", 0.05))
    monkeypatch.setattr(bench, "share_of_peak", lambda *_, **__: line)
    monkeypatch.setattr(bench, "lora_step", lambda *_: bench.Line("LoRA", "s", 0.1))
    monkeypatch.setattr(bench, "time_to_fine_tune", lambda *_: bench.Line("tuned", "s", 7.0))
    bench.main(quick=True)
    shown = capsys.readouterr().out
    assert "48,638" in shown and "5.29" in shown and "a note" in shown
    report = json.loads((tmp_path / "build" / "bench.json").read_text())
    assert {x["what"]: x["ratio"] for x in report["lines"]}["reading"] == 5.29
    assert report["cores"] >= 1 and report["torch"]


def test_make_course_is_timed_as_it_runs(monkeypatch, tmp_path):
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    assert bench.course_time().value is None  # nothing to make
    (tmp_path / "Makefile").write_text("course:\n\t@sleep 0.2\n")
    line = bench.course_time()
    assert 0.2 <= line.value < 30 and line.ratio == pytest.approx(bench.COURSE / line.value)
    (tmp_path / "Makefile").write_text("course:\n\t@echo no space left >&2; false\n")
    failed = bench.course_time()
    assert failed.value is None and "failed" in failed.note


def test_import_time_is_measured_in_a_fresh_interpreter():
    line = bench.import_time(1)
    assert 0 < line.value < 5 and line.ratio == pytest.approx(0.3 / line.value)


@pytest.mark.slow
def test_a_step_of_an_explorer_is_measured_on_the_slow_ones(tmp_path, monkeypatch):
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    draw = "def f(n, kind):\n    time.sleep(0.3 * (n == 2))\n    return f'{n} {kind}'\n"
    shown = "tl.explore.explore(f, alt='Text', n=[1, 2, 3], kind=['a', 'b'])"
    cell = code(f"import time\nimport tl_helpers as tl\n{draw}{shown}", "explorer")
    write(tmp_path / "notebooks", "one", cell)
    line = bench.explorer_step("one")
    assert 0.3 <= line.value < 5 and line.ratio == pytest.approx(0.2 / line.value)
    assert "of 6 steps in one" in line.note and len(line.repetitions) == 6
    write(tmp_path / "notebooks", "one", code("1 / 0"))
    assert bench.explorer_step("one").value is None


def test_fine_tuning_is_timed_in_turns_and_judged(monkeypatch):
    order = []

    def turn(how, seed):
        order.append((how, seed))
        return {"ours": (5.0, 0.75), "same recipe": (9.0, 0.74), "defaults": (24.0, 0.7)}[how]

    monkeypatch.setattr(bench, "_fine_tuned", turn)
    bench._turns.cache_clear()
    same, plain = (bench.time_to_fine_tune(way, 2) for way in ("same recipe", "defaults"))
    bench._turns.cache_clear()
    assert order[:3] == [("ours", 2), ("same recipe", 2), ("defaults", 2)]  # not timed
    assert order[3:6] == [("ours", 0), ("same recipe", 0), ("defaults", 0)] and len(order) == 9
    assert same.ratio == pytest.approx(9 / 5) and plain.ratio == pytest.approx(24 / 5)
    assert "2 times; mean accuracy 0.750 against 0.740" in same.note and "4 times" in plain.note


def test_without_the_sentences_nothing_is_timed(monkeypatch):
    from tl_helpers.core.errors import NotHere

    def absent(*_):
        raise NotHere("ratings is not here.", "tl shelf fetch ratings")

    monkeypatch.setattr(bench, "_films", absent)
    bench._turns.cache_clear()
    for line in (bench.lora_step(1), bench.time_to_fine_tune("defaults", 1)):
        assert line.value is None and "ratings is not here" in line.note
