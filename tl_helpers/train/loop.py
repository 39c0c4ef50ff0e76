"""The training loop that all objectives of pre-training share.

Steps with private random numbers, bfloat16 with 32-bit weights behind it, runs that can be killed
and go on. What a batch is, and what its loss, the objective says: see
:mod:`tl_helpers.train.pretrain`, :mod:`tl_helpers.train.supervised` and
:mod:`tl_helpers.train.translation`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue
from tl_helpers.train import batches, precision, resume
from tl_helpers.train.history import History, Stopped, check_finite, progress_bar

if TYPE_CHECKING:
    import torch

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
    betas: tuple[float, float] = (0.9, 0.98)

    def check(self, blocks: np.ndarray) -> None:
        """Raise a BadValue for numbers that cannot work on these blocks."""
        if self.steps < 1 or self.batch_size < 1:
            raise BadValue(
                f"steps={self.steps}, batch_size={self.batch_size}.", "Both must be at least 1."
            )
        checks.seed(self.seed)
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
        batches.learning_rate_at(0, 2, 0, self.schedule)  # an unknown name fails before any work

    def rate_at(self, step: int) -> float:
        """The learning rate of ``step`` (0-based)."""
        warm = round(self.warmup * self.steps)
        return self.learning_rate * batches.learning_rate_at(step, self.steps, warm, self.schedule)


@dataclass(frozen=True)
class Upkeep:
    """What goes on around the steps; see ``pretrain.fit``, whose arguments these are."""

    checkpoint: str | os.PathLike[str] | None = None
    checkpoint_every: int = 200
    evaluate: Callable[[Any], dict[str, Any] | float] | None = None
    evaluate_every: int | None = None
    until: Callable[[dict[str, Any]], bool] | None = None
    progress: bool | None = None


def run(
    trained: Any,
    blocks: np.ndarray,
    batch_of: Callable[[int], Any],
    loss_of: Callable[[Any, Any], torch.Tensor],
    plan: Plan,
    upkeep: Upkeep,
    *,
    words: str,
    settings: dict[str, Any],
    owner: Any = None,
    attention: Callable[[Any], AbstractContextManager[None]] = precision.eager_attention,
) -> History:
    """Train in place; the model is left in evaluation mode.

    Args:
        trained: any module with ``config``, ``device`` and ``dtype``.
        blocks: ``[n, ...]`` whole numbers, from which the batches are.
        batch_of: from a step (0-based) to its batch.
        loss_of: from the model and a batch to the loss.
        plan: the numbers.
        upkeep: where to store, when to evaluate.
        words: what the progress bar says.
        settings: whatever else decides the run; a stored state must have the same.
        owner: the model that the caller holds, if it is only a part of what is trained. It is
            what ``evaluate`` gets.
        attention: switches the model to the attention that is fastest, and back.

    Raises:
        BadValue, CourseError, BrokenFile, Stopped: see ``pretrain.fit``.
    """
    import torch

    plan.check(blocks)
    owner = trained if owner is None else owner
    optimisers = precision.optimisers_of(
        trained, plan.optimiser, plan.learning_rate, plan.betas, plan.weight_decay
    )
    bf16 = precision.use_bf16(plan.autocast, trained.device)
    tokens = plan.batch_size * int(np.prod(blocks.shape[1:]))  # of one step
    folder = Path(upkeep.checkpoint) if upkeep.checkpoint is not None else None
    known = {**asdict(plan), "betas": list(plan.betas), **settings, "bf16": bf16}
    del known["autocast"]  # bf16 is what came of it
    began_as = owner.__dict__.get(resume.BEGAN_AS, "")
    identity = resume.identity(trained, blocks, known, began_as) if folder else {}
    losses, history = torch.zeros(plan.steps), History()
    devices = [trained.device] if trained.device.type == "cuda" else []
    done = saved = 0

    def assess(step: int) -> bool:
        if upkeep.evaluate is None:
            return False
        owner.eval()
        result = upkeep.evaluate(owner)
        found = result if isinstance(result, dict) else {"value": float(result)}
        at = {"step": step, "tokens": step * tokens, "seconds": round(history.seconds, 3)}
        history.evaluations.append({**at, **found})
        return bool(upkeep.until is not None and upkeep.until(history.evaluations[-1]))

    stopped, bar, trainee = False, None, None
    try:
        with torch.random.fork_rng(devices), attention(trained):
            trainee = precision.Trainee(trained, bf16)
            found = resume.load(folder, identity, trained, optimisers, losses) if folder else None
            owner.__dict__.pop(resume.BEGAN_AS, None)  # from here on its weights are others
            if found:
                done = saved = found["step"]
                history.seconds, history.evaluations = found["seconds"], found["evaluations"]
                stopped = found["stopped"]
                trainee.pull()
            elif upkeep.evaluate_every:
                stopped = assess(0)
            bar = progress_bar(plan.steps, done, upkeep.progress, words)
            clock = time.perf_counter()
            while done < plan.steps and not stopped:
                trainee.worker.train()
                torch.manual_seed(batches.dropout_seed(plan.seed, done))
                loss = loss_of(trainee.worker, batch_of(done))
                for group in (g for o in optimisers for g in o.param_groups):
                    group["lr"] = plan.rate_at(done)
                trainee.step(loss, optimisers, plan.clip)
                losses[done] = loss.detach()
                done += 1
                bar.update()
                last = done == plan.steps
                if done % _LOOK == 0 or last:
                    check_finite(losses[:done], plan.learning_rate)
                    recent = losses[max(0, done - _LOOK) : done].mean()
                    bar.set_postfix(loss=f"{recent:.3f}", refresh=False)
                if last or (upkeep.evaluate_every and done % upkeep.evaluate_every == 0):
                    history.seconds += time.perf_counter() - clock
                    stopped = assess(done)
                    clock = time.perf_counter()
                if last or stopped or done % upkeep.checkpoint_every == 0:
                    history.seconds += time.perf_counter() - clock
                    if folder:
                        check_finite(losses[:done], plan.learning_rate)
                        state = {
                            "step": done,
                            "seconds": history.seconds,
                            "evaluations": history.evaluations,
                            "stopped": stopped,
                        }
                        resume.save(folder, identity, state, trained, optimisers, losses[:done])
                    saved, clock = done, time.perf_counter()
    except KeyboardInterrupt:
        what = f"Stopped by Ctrl-C at step {done} of {plan.steps}"
        if folder is None or (done and not saved):
            missing = "had no checkpoint folder" if folder is None else "had stored nothing yet"
            raise Stopped(
                f"{what}; the run {missing}.",
                "Make the model again before you train it again; pass checkpoint=FOLDER (and a "
                "smaller checkpoint_every) to be able to go on where you stopped.",
            ) from None
        owner.__dict__[resume.BEGAN_AS] = identity["starting weights"]
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
    history.tokens_per_second = done * tokens / history.seconds if history.seconds else 0.0
    return history
