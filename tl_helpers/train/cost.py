"""What a training step costs, counted and timed."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from tl_helpers.train import precision
from tl_helpers.train.batches import Batches, loss_of

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


def flops_of(loss: Callable[[], torch.Tensor], *models: Any) -> int:
    """Floating-point operations of a loss and its gradients: two for each multiply-add.

    Counted by PyTorch while they are computed: matrix products only, in plain attention (the fused
    kernel would not be counted). The optimiser's own work is not included; torch's random state is
    left as it was.

    Args:
        loss: computes the loss of one batch, and has gradients.
        *models: what it computes with; switched to plain attention, and back.

    Example:
        >>> import torch
        >>> from tl_helpers import models
        >>> model = models.new("tiny")[0]
        >>> words = torch.ones(2, 8, dtype=torch.long)
        >>> flops_of(lambda: model(words).logits.sum(), model)
        8939520
    """
    import torch

    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(devices=[]))
        for model in models:
            stack.enter_context(precision.eager_attention(model))
        return _counted(lambda: loss().backward())


def _counted(work: Callable[[], object]) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        work()
    return int(counter.get_total_flops())


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

    Example:
        >>> training_rates(model, blocks, 0.01).step > 0  # doctest: +SKIP
        True
    """
    import torch

    batch = blocks(0)
    kind = torch.bfloat16 if precision.supports_bf16() else torch.float32
    square = torch.randn(1024, 1024, dtype=kind)
    with precision.eager_attention(model):
        trainee = precision.Trainee(model, precision.supports_bf16())
        trainee.worker.train()
        optimisers = precision.optimisers_of(model, "muon", learning_rate, (0.9, 0.98), 0.01)

        def loss() -> torch.Tensor:
            return loss_of(trainee.worker, batch, "clm", True)

        network = flops_of(loss)
        whole = _counted(lambda: trainee.step(loss(), optimisers, 1.0))

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
