"""Two lines of the bench about pre-training: time to transfer, and the share of the peak."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

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
    plain = "Trainer, its defaults"
    recipe = transfer.RIVALS[plain]
    rival = transfer.one(plain, 0, patience or enough)
    reached = all(r["reached"] for r in ours)
    verb = "reached" if rival["reached"] else "stopped at"
    note = (
        f"fresh process to accuracy {transfer.TARGET}, worst of {seeds} "
        f"{min(r['accuracy'] for r in ours):.2f}; Trainer {verb} {rival['accuracy']:.2f} after "
        f"{rival['steps']} steps; asked for: {GOAL:g} s and {TIMES:g} times sooner. Not the same "
        "recipe: counts as a head start, Muon, 25% masked here; AdamW, rate "
        f"{recipe['rate']:g}, batches of {recipe['batch']}, 15% masked there"
    )
    return Line(
        "time to transfer, 16 labels" + ("" if rival["reached"] else " (at least)"), "s",
        middle if reached else None, rival["seconds"],
        rival["seconds"] / middle if reached else None, note, [[r["seconds"]] for r in ours],
    )  # fmt: skip


class Rates(NamedTuple):
    """How fast a training step multiplies; medians over steps, in operations a second.

    Attributes:
        step: all matrix products of the step, those of Muon included.
        network: those of the network alone, forwards and backwards.
        peak: large square products, taken in turns with the steps.
    """

    step: float
    network: float
    peak: float


def training_rates(
    width: int, layers: int, steps: int = 12, seed: int = 0, batch: int | None = None
) -> Rates:
    """The rates of a causal model that is trained just as in ``studies.scaling.read_once``.

    Operations are counted by PyTorch while a step is taken: matrix products alone.

    Args:
        width: hidden units.
        layers: transformer blocks.
        steps: how many are timed, after two that are not.
        seed: of weights and text.
        batch: blocks of text a step, if not those of the ladder. Muon's own products are the same
            for any batch, so a larger one leaves more of a step to the network.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from tl_helpers import _batches, _precision, pretrain, town
    from tl_helpers.studies.scaling import BATCH, BLOCK, model_of

    batch = BATCH if batch is None else batch
    model, tokenizer = model_of(width, layers, seed)
    texts = town.Town(seed=seed).corpus(batch * 5).texts()
    batches = _batches.Batches(
        pretrain.pack(texts, tokenizer, BLOCK), tokenizer, "clm", 0.15, batch, seed
    )
    square = torch.randn(1024, 1024).bfloat16()
    with _precision.eager_attention(model):
        trainee = _precision.Trainee(model, _precision.supports_bf16())
        trainee.worker.train()
        optimisers = _precision.optimisers_of(model, "muon", 2 / width, (0.9, 0.98), 0.01)

        def loss() -> torch.Tensor:
            return _batches.loss_of(trainee.worker, batches(0), "clm", True)

        with FlopCounterMode(display=False) as counter:
            loss().backward()
        network = float(counter.get_total_flops())
        with FlopCounterMode(display=False) as counter:
            trainee.step(loss(), optimisers, 1.0)
        whole = float(counter.get_total_flops())

        def squares_warm() -> float:
            _ = square @ square  # a large step has driven it from the processor's memory
            return _seconds(lambda: [square @ square for _ in range(4)])

        took = [
            (_seconds(lambda: trainee.step(loss(), optimisers, 1.0)), squares_warm())
            for _ in range(2 + steps)
        ]
    step, squares = (median(column) for column in zip(*took[2:], strict=True))
    return Rates(whole / step, network / step, 4 * 2 * 1024**3 / squares)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def share_of_peak(steps: int = 12, width: int = 0, layers: int = 0) -> Line:
    """What share of the measured bf16 matrix rate the training of the ladder's largest model has.

    Args:
        steps: how many are timed.
        width: hidden units of another model than the ladder's largest.
        layers: its transformer blocks.
    """
    from tl_helpers import results

    if not (width and layers):
        rungs = results.studies()["scaling-ladder"].configuration
        width, layers = max((*rungs["sizes"], *rungs["held_out"]))
    found = training_rates(width, layers, steps)
    share = found.step / found.peak
    return Line(
        f"share of the bf16 matrix rate, {width} x {layers}", "of 1", share, SHARE, share / SHARE,
        f"{found.step / 1e9:.0f} of {found.peak / 1e9:.0f} billion operations a second (squares of "
        f"1,024), as in the ladder; without Muon's products {found.network / found.peak:.2f}",
    )  # fmt: skip
