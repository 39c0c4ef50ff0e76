"""What pre-training and adapting share: the history, the bar, Ctrl-C, a loss that is no number."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers.core.errors import CourseError

if TYPE_CHECKING:
    import torch


class Stopped(CourseError, KeyboardInterrupt):
    """Ctrl-C during training; says how to go on."""


@dataclass
class History:
    """What happened during training.

    Attributes:
        loss: mean cross-entropy in nats of each step's batch; for replaced-token detection the
            weighted sum of both losses.
        steps: the step numbers, from 1.
        evaluations: one dict per evaluation: ``step``, ``tokens``, ``seconds`` and what the
            callable returned.
        tokens_per_second: tokens read per second of training, evaluations left out.
        seconds: seconds of training, evaluations left out.
    """

    loss: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    evaluations: list[dict[str, Any]] = field(default_factory=list)
    tokens_per_second: float = 0.0
    seconds: float = 0.0

    def to_dict(self, points: int | None = None) -> dict[str, Any]:
        """A JSON-ready dict; with ``points`` the loss curve is averaged down to about so many."""
        whole = asdict(self)
        if points and len(self.loss) > points:
            cuts = np.linspace(0, len(self.loss), points + 1).round().astype(int)[1:]
            starts = np.concatenate([[0], cuts[:-1]])
            whole["loss"] = [
                round(float(np.mean(self.loss[a:b])), 4) for a, b in zip(starts, cuts, strict=True)
            ]
            whole["steps"] = [self.steps[b - 1] for b in cuts]
        return whole


def check_finite(losses: torch.Tensor, learning_rate: float) -> None:
    """Raise a :class:`CourseError` if any loss is NaN or infinite."""
    import torch

    good = torch.isfinite(losses)
    if not bool(good.all()):
        step = int((~good).nonzero()[0]) + 1
        raise CourseError(
            f"The loss is no longer a number (from step {step} on): training has diverged.",
            f"Make the model again and lower the learning rate (it was {learning_rate:g}), "
            "or lengthen the warm-up.",
        )


def progress_bar(steps: int, done: int, progress: bool | None, what: str) -> Any:
    """A bar with the time left; ``progress=None`` asks the environment (``TL_QUIET=1``)."""
    from tqdm.auto import tqdm

    quiet = os.environ.get("TL_QUIET") == "1" if progress is None else not progress
    return tqdm(total=steps, initial=done, desc=what, unit="step", disable=quiet)
