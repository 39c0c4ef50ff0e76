"""Two lines of the bench about pre-training: time to transfer, and the share of the peak."""

from __future__ import annotations

import os
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
        patience: processor seconds after which the Trainer is given up; by default as many as make
            it ``TIMES`` times later by the clock, with every core at work.
    """
    from tl_helpers.studies import transfer

    ours = [transfer.one("fast", seed) for seed in range(seeds)]
    middle = median(r["seconds"] for r in ours)
    enough = 1.05 * TIMES * middle * (os.cpu_count() or 1)
    rival = transfer.one("Trainer, its defaults", 0, patience or enough)
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


def share_of_peak(turns: int = 6, width: int = 0, layers: int = 0) -> Line:
    """What share of the measured bf16 matrix rate the training of the ladder's largest model has.

    A step is taken just as in ``studies.scaling.read_once``. Its operations are counted by PyTorch
    while it is taken: matrix products alone, those of Muon included; the note also tells the share
    without them. The yardstick is a large square product.

    Args:
        turns: steps; the best counts.
        width: hidden units of another model than the ladder's largest.
        layers: its transformer blocks.
    """
    from torch.utils.flop_counter import FlopCounterMode

    from tl_helpers import _batches, _precision, models, pretrain, results, town
    from tl_helpers.studies.scaling import BATCH, BLOCK

    if not (width and layers):
        rungs = results.studies()["scaling-ladder"].configuration
        width, layers = max((*rungs["sizes"], *rungs["held_out"]))
    model, tokenizer = models.new(
        "small", "clm", hidden_size=width, num_hidden_layers=layers,
        num_attention_heads=max(1, width // 32),
    )  # fmt: skip
    blocks = pretrain.pack(town.Town().corpus(BATCH * 5).texts(), tokenizer, BLOCK)
    batches = _batches.Batches(blocks, tokenizer, "clm", 0.15, BATCH, 0)
    with _precision.eager_attention(model):
        trainee = _precision.Trainee(model, _precision.supports_bf16())
        trainee.worker.train()
        optimisers = _precision.optimisers_of(model, "muon", 2 / width, (0.9, 0.98), 0.01)

        def loss() -> torch.Tensor:
            return _batches.loss_of(trainee.worker, batches(0), "clm", True)

        def step() -> None:
            trainee.step(loss(), optimisers, 1.0)

        with FlopCounterMode(display=False) as counter:
            loss().backward()
        network = float(counter.get_total_flops())
        with FlopCounterMode(display=False) as counter:
            step()
        operations = float(counter.get_total_flops())
        peak = matrix_rate([(1024, 1024, 1024)] * 4)
        ours = _rate(step, operations, turns)
    return Line(
        f"share of the bf16 matrix rate, {width} x {layers}", "of 1", ours / peak, SHARE,
        ours / peak / SHARE,
        f"{ours / 1e9:.0f} of {peak / 1e9:.0f} billion operations a second (squares of 1,024), as "
        f"in the ladder; without Muon's products {ours / peak * network / operations:.2f}",
    )  # fmt: skip
