"""The training loop for objectives that read more than plain text: translations and labels.

The same steps as in :mod:`tl_helpers.pretrain` (private random numbers for each step, bfloat16 with
32-bit weights behind it, runs that can be killed and go on), with the batches and the loss given.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tl_helpers import _batches, _precision
from tl_helpers import _resume as resume
from tl_helpers._training import History, Stopped, check_finite, progress_bar
from tl_helpers.errors import BadValue

_LOOK = 25  # steps between looks at the loss: progress bar and check for NaN


@dataclass(frozen=True)
class Plan:
    """How to train; the arguments that all objectives share."""

    steps: int
    batch_size: int
    learning_rate: float
    warmup: float
    weight_decay: float
    schedule: str
    optimiser: str
    clip: float
    seed: int
    autocast: str | bool

    def check(self, blocks: np.ndarray) -> None:
        """Raise a BadValue for numbers that cannot work on these blocks."""
        if self.steps < 1 or self.batch_size < 1:
            raise BadValue(
                f"steps={self.steps}, batch_size={self.batch_size}.", "Both must be at least 1."
            )
        if len(blocks) < self.batch_size:
            raise BadValue(
                f"There are {len(blocks)} blocks, fewer than one batch of {self.batch_size}.",
                "Pass more text, or a smaller batch_size.",
            )
        if not 0 <= self.warmup <= 1 or not self.learning_rate > 0:
            raise BadValue(
                f"warmup={self.warmup}, learning_rate={self.learning_rate}.",
                "warmup lies between 0 and 1, and learning_rate is positive.",
            )
        _batches.learning_rate_at(0, 2, 0, self.schedule)


class Order:
    """Which blocks belong to which step: each epoch in a fresh order, drawn from the seed alone."""

    def __init__(self, n: int, batch_size: int, seed: int) -> None:
        self.n, self.batch_size, self.seed = n, batch_size, seed
        self._epoch: tuple[int, np.ndarray] = (-1, np.empty(0, dtype=np.int64))

    def __call__(self, step: int) -> np.ndarray:
        """``[batch_size]`` indices of the blocks of ``step`` (0-based)."""
        epoch, index = divmod(step, self.n // self.batch_size)
        if self._epoch[0] != epoch:
            rng = np.random.default_rng([self.seed, _batches._ORDER, epoch])
            self._epoch = (epoch, rng.permutation(self.n))
        return self._epoch[1][index * self.batch_size : (index + 1) * self.batch_size]


def run(
    model: Any,
    blocks: np.ndarray,
    loss_of: Callable[[Any, np.ndarray], Any],
    plan: Plan,
    *,
    words: str,
    settings: dict[str, Any],
    checkpoint: str | os.PathLike[str] | None,
    checkpoint_every: int,
    evaluate: Callable[[Any], dict[str, Any] | float] | None,
    evaluate_every: int | None,
    progress: bool | None,
    attention: Callable[[Any], Any] = _precision.eager_attention,
) -> History:
    """Train ``model`` in place; it is left in evaluation mode.

    Args:
        model: any module with ``config``, ``device`` and ``dtype``.
        blocks: ``[n, ...]`` whole numbers; a batch is some of its rows.
        loss_of: from the model and a batch ``[batch_size, ...]`` to the loss.
        plan: the numbers.
        words: what the progress bar says.
        settings: whatever else decides the run; a stored state must have the same.
        checkpoint: see ``pretrain.fit``, as for all that follow.
        checkpoint_every, evaluate, evaluate_every, progress: likewise.
        attention: switches the model to the attention that is fastest, and back.

    Raises:
        BadValue, CourseError, BrokenFile, Stopped: see ``pretrain.fit``.
    """
    import torch

    plan.check(blocks)
    warm = round(plan.warmup * plan.steps)
    rate = plan.learning_rate
    optimisers = _precision.optimisers_of(
        model, plan.optimiser, rate, (0.9, 0.98), plan.weight_decay
    )
    bf16 = _precision.use_bf16(plan.autocast, model.device)
    order = Order(len(blocks), plan.batch_size, plan.seed)
    folder = Path(checkpoint) if checkpoint is not None else None
    known = {**asdict(plan), **settings, "bf16": bf16}
    identity = resume.identity(model, blocks, known) if folder else {}
    losses, history = torch.zeros(plan.steps), History()
    devices = [model.device] if model.device.type == "cuda" else []
    done = saved = 0

    def assess(step: int) -> None:
        if evaluate is None:
            return
        model.eval()
        result = evaluate(model)
        found = result if isinstance(result, dict) else {"value": float(result)}
        at = {"step": step, "tokens": step * plan.batch_size * int(np.prod(blocks.shape[1:])),
              "seconds": round(history.seconds, 3)}  # fmt: skip
        history.evaluations.append({**at, **found})

    bar, trainee = None, None
    try:
        with torch.random.fork_rng(devices), attention(model):
            trainee = _precision.Trainee(model, bf16)
            stored = resume.load(folder, identity, model, optimisers, losses) if folder else None
            if stored:
                done = saved = stored["step"]
                history.seconds, history.evaluations = stored["seconds"], stored["evaluations"]
                trainee.pull()
            elif evaluate_every:
                assess(0)
            bar = progress_bar(plan.steps, done, progress, words)
            clock = time.perf_counter()
            while done < plan.steps:
                trainee.worker.train()
                torch.manual_seed(_batches.dropout_seed(plan.seed, done))
                loss = loss_of(trainee.worker, blocks[order(done)])
                now = rate * _batches.learning_rate_at(done, plan.steps, warm, plan.schedule)
                for group in (g for o in optimisers for g in o.param_groups):
                    group["lr"] = now
                trainee.step(loss, optimisers, plan.clip)
                losses[done] = loss.detach()
                done += 1
                bar.update()
                last = done == plan.steps
                if done % _LOOK == 0 or last:
                    check_finite(losses[:done], rate)
                    recent = losses[max(0, done - _LOOK) : done].mean()
                    bar.set_postfix(loss=f"{recent:.3f}", refresh=False)
                if last or (evaluate_every and done % evaluate_every == 0):
                    history.seconds += time.perf_counter() - clock
                    assess(done)
                    clock = time.perf_counter()
                if folder and (last or done % checkpoint_every == 0):
                    check_finite(losses[:done], rate)
                    history.seconds += time.perf_counter() - clock
                    state = {"step": done, "seconds": history.seconds,
                             "evaluations": history.evaluations}  # fmt: skip
                    resume.save(folder, identity, state, model, optimisers, losses[:done])
                    saved, clock = done, time.perf_counter()
    except KeyboardInterrupt:
        what = f"Stopped by Ctrl-C at step {done} of {plan.steps}"
        if folder is None:
            raise Stopped(
                f"{what}; the run had no checkpoint folder.",
                "Make the model again before you train it again; pass checkpoint=FOLDER to be "
                "able to go on where you stopped.",
            ) from None
        model._tl_started_as = identity["starting weights"]
        raise Stopped(
            f"{what}.",
            f"Run the same call again: it goes on from step {saved}, saved in {folder}.",
        ) from None
    finally:
        if bar is not None:
            bar.close()
        if trainee is not None:
            trainee.close()
    history.loss, history.steps = losses[:done].tolist(), list(range(1, done + 1))
    tokens = done * plan.batch_size * int(np.prod(blocks.shape[1:]))
    history.tokens_per_second = tokens / history.seconds if history.seconds else 0.0
    return history
