"""What a training step costs, counted and timed."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from tl_helpers.train import precision
from tl_helpers.train.batches import Batches, loss_of

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


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
    model: PreTrainedModel, blocks: Batches, learning_rate: float, steps: int = 12
) -> Rates:
    """How fast a causal model trains with Muon, as :func:`tl_helpers.train.pretrain.fit` does it.

    Operations are counted by PyTorch while a step is taken: matrix products alone. Muon's own
    products are the same for any batch, so a larger one leaves more of a step to the network.

    Args:
        model: a causal model; it is trained on the way.
        blocks: its batches; only the first is used.
        learning_rate: of Muon.
        steps: how many are timed, after two that are not.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    batch = blocks(0)
    square = torch.randn(1024, 1024).bfloat16()
    with precision.eager_attention(model):
        trainee = precision.Trainee(model, precision.supports_bf16())
        trainee.worker.train()
        optimisers = precision.optimisers_of(model, "muon", learning_rate, (0.9, 0.98), 0.01)

        def loss() -> torch.Tensor:
            return loss_of(trainee.worker, batch, "clm", True)

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
