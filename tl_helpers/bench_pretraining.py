"""Two lines of the bench about pre-training: time to transfer, and the share of the peak."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING

from tl_helpers.bench import Line

if TYPE_CHECKING:
    import torch

GOAL, TIMES, SHARE = 30.0, 5.0, 0.45


def time_to_transfer(seeds: int = 3, patience: float | None = None) -> Line:
    """Seconds from a fresh process to 0.85 with 16 labels; the Trainer's defaults beside it.

    Args:
        seeds: runs of ours, one after the other.
        patience: processor seconds after which the Trainer is given up; by default ``TIMES``
            those of ours.
    """
    from tl_helpers.studies import transfer

    ours = [transfer.one("fast", seed) for seed in range(seeds)]
    middle = median(r["seconds"] for r in ours)
    work = median(r["processor_seconds"] for r in ours)
    rival = transfer.one("Trainer, its defaults", 0, patience or TIMES * work)
    reached = all(r["reached"] for r in ours)
    verb = "reached" if rival["reached"] else "stopped at"
    note = (
        f"fresh process to accuracy {transfer.TARGET}, worst of {seeds} "
        f"{min(r['accuracy'] for r in ours):.2f}; Trainer {verb} {rival['accuracy']:.2f} after "
        f"{rival['steps']} steps; asked for: {GOAL:g} s and {TIMES:g} times sooner"
    )
    return Line(
        "time to transfer, 16 labels" + ("" if rival["reached"] else " (at least)"), "s",
        middle if reached else None, rival["seconds"],
        rival["seconds"] / middle if reached else None, note, [[r["seconds"]] for r in ours],
    )  # fmt: skip


def _rate(work: Callable[[], object], operations: float, turns: int) -> float:
    found = []
    for _ in range(turns):
        started = time.perf_counter()
        work()
        found.append(operations / (time.perf_counter() - started))
    return max(found)


def matrix_rate(shapes: list[tuple[int, int, int]], turns: int = 5) -> float:
    """Operations a second of bfloat16 products ``[m, k] @ [k, n]``, all of them in a row."""
    import torch

    made: list[tuple[torch.Tensor, torch.Tensor]] = [
        (torch.randn(m, k).bfloat16(), torch.randn(k, n).bfloat16()) for m, k, n in shapes
    ]
    operations = sum(2.0 * m * k * n for m, k, n in shapes)
    return _rate(lambda: [a @ b for a, b in made], operations, turns)


def share_of_peak(width: int = 128, layers: int = 2, batch: int = 32, turns: int = 4) -> Line:
    """What share of the measured bf16 matrix rate a training step of a causal model reaches.

    Operations are counted by PyTorch while a step is taken: matrix products alone. The yardstick is
    a large square product; the note also says what products of the model's own shapes reach.

    Args:
        width: hidden units.
        layers: transformer blocks.
        batch: blocks of 128 tokens.
        turns: the best of so many.
    """
    from torch.utils.flop_counter import FlopCounterMode

    from tl_helpers import _batches, _precision, models, pretrain, town

    model, tokenizer = models.new(
        "small", "clm", hidden_size=width, num_hidden_layers=layers,
        num_attention_heads=max(1, width // 32),
    )  # fmt: skip
    blocks = pretrain.pack(town.Town().corpus(batch * 5).texts(), tokenizer)
    batches = _batches.Batches(blocks, tokenizer, "clm", 0.15, batch, 0)
    with _precision.eager_attention(model):
        trainee = _precision.Trainee(model, _precision.supports_bf16())
        trainee.worker.train()
        optimisers = _precision.optimisers_of(model, "adamw", 1e-3, (0.9, 0.98), 0.01)

        def step() -> None:
            loss = _batches.loss_of(trainee.worker, batches(0), "clm", True)
            trainee.step(loss, optimisers, 1.0)

        with FlopCounterMode(display=False) as counter:
            step()
        operations = float(counter.get_total_flops())
        peak = matrix_rate([(1024, 1024, 1024)] * 4)
        tokens = batch * 128
        inner = [(tokens, width, 3 * width), (tokens, width, width), (tokens, width, 4 * width),
                 (tokens, 4 * width, width)] * layers  # fmt: skip
        own = matrix_rate([*inner, (tokens, width, len(tokenizer))])
        ours = _rate(step, operations, turns)
    return Line(
        f"share of the bf16 matrix rate, {width} x {layers}", "of 1", ours / peak, SHARE,
        ours / peak / SHARE,
        f"{ours / 1e9:.0f} of {peak / 1e9:.0f} billion operations a second (squares of 1,024); "
        f"products of the model's own shapes reach {own / 1e9:.0f}",
    )  # fmt: skip
