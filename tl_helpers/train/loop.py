"""The one training loop: steps with private random numbers, runs that can be killed and go on.

All training of the course goes through :func:`run`: masked, causal and replaced-token
pre-training, labels, translation and fine-tuning. What a batch is, and what its loss, an
:class:`Objective` says; how long and how fast, a :class:`Plan`. Matrices are multiplied in bfloat16
where the processor can, with 32-bit weights behind them (:mod:`tl_helpers.train.precision`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers.core import checks, files, output
from tl_helpers.core.errors import BadValue, CourseError, Stopped, UnknownName
from tl_helpers.train import batches, precision, resume

if TYPE_CHECKING:
    import torch

_LOOK = 10  # steps between looks at the loss: progress bar and check for NaN


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
        """A JSON-ready dict; with ``points`` the loss curve is averaged down to about so many.

        Example:
            >>> History(loss=[4.0, 2.0, 1.0, 1.0], steps=[1, 2, 3, 4]).to_dict(points=2)["loss"]
            [3.0, 1.0]
        """
        whole = asdict(self)
        if points and len(self.loss) > points:
            cuts = np.linspace(0, len(self.loss), points + 1).round().astype(int)[1:]
            starts = np.concatenate([[0], cuts[:-1]])
            whole["loss"] = [
                round(float(np.mean(self.loss[a:b])), 4) for a, b in zip(starts, cuts, strict=True)
            ]
            whole["steps"] = [self.steps[b - 1] for b in cuts]
        return whole


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How to train, whatever the objective. Each ``fit`` takes these as keywords.

    The defaults are those of ``pretrain.fit``; where another ``fit`` has its own, it says so.

    Attributes:
        steps: optimiser steps in all.
        batch_size: blocks, rows or texts per step.
        learning_rate: peak of the schedule.
        schedule: a name that ``transformers.get_scheduler`` knows: ``"linear"`` and ``"cosine"``
            fall to zero after the warm-up, ``"constant_with_warmup"`` does not fall, ``"constant"``
            has no warm-up either.
        warmup: share of the steps in which the rate rises from zero.
        optimiser: ``"adamw"`` (Loshchilov and Hutter, 2019) or ``"muon"`` (Jordan et al., 2024),
            which needs fewer steps in a small model.
        betas: averaging of AdamW.
        weight_decay: decay of weight matrices.
        clip: largest norm of the gradient.
        seed: decides the order, the masks and dropout.
        autocast: precision of the matrix products: ``"auto"`` (bfloat16 where the processor
            multiplies it natively), ``"bf16"`` or ``"float32"``.
        evaluate: called with the model in evaluation mode; returns a dict or one number.
        evaluate_every: steps between evaluations; also evaluated before the first step and at the
            end.
        until: called with each evaluation; training ends early when it returns true.
        checkpoint: folder; the run saves its state there and goes on from it when called again.
        checkpoint_every: steps between saves.
        progress: show a bar; by default yes, unless the environment says ``TL_QUIET=1``.

    Raises:
        BadValue: a value that cannot work; says which.

    Example:
        >>> [Plan(steps=4, learning_rate=1.0, warmup=0.5).rate_at(step) for step in range(4)]
        [0.0, 0.5, 1.0, 0.5]
    """

    steps: int
    batch_size: int = 32
    learning_rate: float = 1e-3
    schedule: str = "linear"
    warmup: float = 0.1
    optimiser: str = "adamw"
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 0.01
    clip: float = 1.0
    seed: int = 0
    autocast: str | bool = "auto"
    evaluate: Callable[[Any], dict[str, Any] | float] | None = None
    evaluate_every: int | None = None
    until: Callable[[dict[str, Any]], bool] | None = None
    checkpoint: str | os.PathLike[str] | None = None
    checkpoint_every: int = 200
    progress: bool | None = None

    def __post_init__(self) -> None:
        count = {n: getattr(self, n) for n in ("steps", "batch_size", "checkpoint_every")}
        clean: dict[str, Any] = {n: checks.at_least_one(value, n) for n, value in count.items()}
        if self.evaluate_every is not None:
            clean["evaluate_every"] = checks.at_least_one(self.evaluate_every, "evaluate_every")
        clean["learning_rate"] = checks.positive(self.learning_rate, "learning_rate")
        clean["warmup"] = checks.share(self.warmup, "warmup")
        clean["weight_decay"] = checks.not_negative(self.weight_decay, "weight_decay")
        clean["clip"] = checks.positive(self.clip, "clip")
        clean["betas"] = _betas(self.betas)
        clean["seed"] = checks.seed(self.seed)
        if self.checkpoint is not None:
            clean["checkpoint"] = files.place(self.checkpoint, "checkpoint")
        if self.progress is not None:
            clean["progress"] = checks.flag(self.progress, "progress")
        for name in ("evaluate", "until"):
            if (given := getattr(self, name)) is not None and not callable(given):
                raise BadValue(f"{name}={checks.shown(given)}.", "Pass a function.")
        for name, value in clean.items():  # plain numbers, which a stored state can hold
            object.__setattr__(self, name, value)
        checks.one_of(self.optimiser, precision.OPTIMISERS, "optimiser")
        checks.one_of(self.autocast, precision.CHOICES, "autocast")
        _ = self._factor  # an unknown schedule fails before any work

    @classmethod
    def of(cls, said: Mapping[str, Any], **own: Any) -> Plan:
        """A plan from what the caller of a ``fit`` said; for the rest the ``fit``'s own defaults.

        Raises:
            UnknownName: a setting that no plan has.
            BadValue: the steps are missing, or a value cannot work.

        Example:
            >>> Plan.of({"steps": 9}, batch_size=16).batch_size
            16
        """
        settings = {**own, **said}
        known = [each.name for each in fields(cls)]
        for name in settings:
            if name not in known:
                raise UnknownName("setting of training", name, known)
        if "steps" not in settings:
            raise BadValue("How long to train was not said.", "Pass steps=..., such as steps=100.")
        return cls(**settings)

    @cached_property
    def _factor(self) -> Callable[[int], float]:
        """From a step to what the peak rate is multiplied by, as ``transformers`` has it."""
        import torch
        from transformers import get_scheduler

        nothing = torch.optim.SGD([torch.zeros(1)], lr=self.learning_rate)
        warm = round(self.warmup * self.steps)
        try:
            return get_scheduler(self.schedule, nothing, warm, self.steps).lr_lambdas[0]
        except (ValueError, TypeError, AttributeError):  # the last two: it needs more than a name
            raise BadValue(
                f"schedule={self.schedule!r} is not known.",
                "Use linear, cosine, constant_with_warmup, constant, or another name that "
                "transformers.get_scheduler knows and that needs no settings of its own.",
            ) from None

    def rate_at(self, step: int) -> float:
        """The learning rate of ``step`` (0-based)."""
        return self.learning_rate * self._factor(step)

    def identity(self) -> dict[str, Any]:
        """What decides the numbers of a run; a stored state must have the same."""
        names = "steps batch_size learning_rate warmup weight_decay schedule optimiser clip seed"
        known: dict[str, Any] = {name: getattr(self, name) for name in names.split()}
        return {**known, "betas": list(self.betas)}


def _betas(given: Any) -> tuple[float, float]:
    pair = checks.listed(given, "betas", "number")
    if len(pair) != 2:
        raise BadValue(f"betas={checks.shown(given)}.", "Use two numbers, such as (0.9, 0.98).")
    for beta in pair:
        if checks.share(beta, "betas") == 1:
            raise BadValue(f"betas={checks.shown(given)}.", "Both have to be below 1.")
    return float(pair[0]), float(pair[1])


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What is learned, and from what.

    Attributes:
        name: what the progress bar says.
        batch_of: from a step (0-based) to its batch, drawn from the seed and the step alone.
        loss_of: from the model and a batch to the loss.
        tokens_by: how many tokens have been read after so many steps.
        data: ``[n, ...]`` whole numbers that the batches are cut from; None if the run cannot be
            stored.
        settings: whatever else decides the numbers; a stored state must have the same.
        attention: switches the model to the attention that is fastest, and back.
        looks_first: whether to evaluate before the first step, too.
        again: after a stop, what to do where no state can be stored.
    """

    name: str
    batch_of: Callable[[int], Any]
    loss_of: Callable[[Any, Any], torch.Tensor]
    tokens_by: Callable[[int], int]
    data: np.ndarray | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    attention: Callable[[Any], AbstractContextManager[None]] = precision.eager_attention
    looks_first: bool = True
    again: str = (
        "Make the model again before you train it again; pass checkpoint=FOLDER (and a smaller "
        "checkpoint_every) to be able to go on where you stopped."
    )

    @classmethod
    def of_rows(cls, rows: np.ndarray, plan: Plan, **more: Any) -> Objective:
        """Rows that are read whole, in the order of the plan's seed; each of their tokens counts.

        Args:
            rows: ``[n, ...]`` token ids.
            plan: says how many rows are a batch.
            **more: ``name``, ``loss_of`` and the other attributes.
        """
        rows = np.ascontiguousarray(rows)
        batch_of = batches.Rows(rows, plan.batch_size, plan.seed)
        in_a_step = plan.batch_size * rows[0].size
        return cls(batch_of=batch_of, tokens_by=in_a_step.__mul__, data=rows, **more)


def run(trained: Any, objective: Objective, plan: Plan, owner: Any = None) -> History:
    """Train in place; the model is left in evaluation mode.

    Same seed, same machine, same number of threads: same result, also when the run was killed and
    resumed. The global random state is left as it was.

    Args:
        trained: any module with ``config``, ``device`` and ``dtype``.
        objective: what it learns.
        plan: how.
        owner: the model that the caller holds, if it is only a part of what is trained. It is
            what ``plan.evaluate`` gets.

    Returns:
        The history of loss, evaluations and speed.

    Raises:
        BadValue: numbers that cannot work.
        CourseError: the loss became NaN; or ``checkpoint`` holds a run with other settings.
        BrokenFile: the saved state is damaged.
        Stopped: by ■ or Ctrl-C; says where the run will go on.

    Example:
        >>> run(model, objective, Plan(steps=100)).loss[-1] < 4  # doctest: +SKIP
        True
    """
    import torch

    going = _Run(trained, objective, plan, trained if owner is None else owner)
    devices = [trained.device] if trained.device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices), objective.attention(trained):
            going.begin()
            while going.done < plan.steps and not going.ended:
                going.step()
    except KeyboardInterrupt:
        raise going.interrupted() from None
    finally:
        going.close()
    return going.report()


class _Run:
    """A run on its way: what has been done, and what is needed to do more."""

    def __init__(self, trained: Any, objective: Objective, plan: Plan, owner: Any) -> None:
        import torch

        self.trained, self.objective, self.plan, self.owner = trained, objective, plan, owner
        if precision.say_if_not_32_bits(trained):
            trained.float()
        self.bf16 = precision.use_bf16(plan.autocast, trained.device)
        self.optimisers = precision.optimisers_of(
            trained, plan.optimiser, plan.learning_rate, plan.betas, plan.weight_decay
        )
        self.folder = None if plan.checkpoint is None else Path(plan.checkpoint)
        self.identity = self._identity() if self.folder else {}
        self.losses, self.history = torch.zeros(plan.steps), History()
        self.done = self.saved = 0
        self.ended = False  # by ``until``, before the last step
        self.trainee: precision.Trainee | None = None
        self.bar: Any = None

    def _identity(self) -> dict[str, Any]:
        assert self.objective.data is not None, "an objective without data cannot be stored"
        known = {**self.plan.identity(), **self.objective.settings, "bf16": self.bf16}
        began_as = self.owner.__dict__.get(resume.BEGAN_AS, "")
        return resume.identity(self.trained, self.objective.data, known, began_as)

    def begin(self) -> None:
        """Take up what is stored, or look at the model as it is."""
        self.trainee = precision.Trainee(self.trained, self.bf16)
        stored = None
        if self.folder:
            stored = resume.load(
                self.folder, self.identity, self.trained, self.optimisers, self.losses
            )
        self.owner.__dict__.pop(resume.BEGAN_AS, None)  # from here on its weights are others
        if stored:
            self.done = self.saved = stored["step"]
            self.history.seconds = stored["seconds"]
            self.history.evaluations = stored["evaluations"]
            self.ended = stored["stopped"]
            self.trainee.pull()
        elif self.plan.evaluate_every and self.objective.looks_first:
            self._evaluate()
        self.bar = progress_bar(self.plan.steps, self.done, self.plan.progress, self.objective.name)

    def step(self) -> None:
        """One optimiser step, and what is due after it."""
        self._learn()
        plan, last = self.plan, self.done == self.plan.steps
        look = last or bool(plan.evaluate_every and self.done % plan.evaluate_every == 0)
        if look or self.done % _LOOK == 0:
            check_finite(self.losses[: self.done], plan.learning_rate)
            recent = self.losses[max(0, self.done - _LOOK) : self.done].mean()
            self.bar.set_postfix(loss=f"{recent:.3f}", refresh=False)
        if look:
            self._evaluate()
        if last or self.ended or self.done % plan.checkpoint_every == 0:
            self._store()

    def _learn(self) -> None:
        import torch

        assert self.trainee is not None
        started = time.perf_counter()
        worker = self.trainee.worker.train()
        batch = self.objective.batch_of(self.done)
        torch.manual_seed(batches.dropout_seed(self.plan.seed, self.done))
        loss = self.objective.loss_of(worker, batch)
        for group in (group for each in self.optimisers for group in each.param_groups):
            group["lr"] = self.plan.rate_at(self.done)
        self.trainee.step(loss, self.optimisers, self.plan.clip)
        self.losses[self.done] = loss.detach()
        self.done += 1
        self.history.seconds += time.perf_counter() - started
        self.bar.update()

    def _evaluate(self) -> None:
        if self.plan.evaluate is None:
            return
        self.owner.eval()
        result = self.plan.evaluate(self.owner)
        evaluation = {
            "step": self.done,
            "tokens": self.objective.tokens_by(self.done),
            "seconds": round(self.history.seconds, 3),
            **(result if isinstance(result, dict) else {"value": self._value(result)}),
        }
        self.history.evaluations.append(evaluation)
        self.ended = bool(self.plan.until is not None and self.plan.until(evaluation))

    @staticmethod
    def _value(result: Any) -> float:
        try:
            value = float("nan" if isinstance(result, (str, bytes)) else result)
        except (TypeError, ValueError):
            value = float("nan")
        if not np.isfinite(value):
            raise BadValue(
                f"evaluate gave {checks.shown(result)}, which is not a finite number.",
                "Return a number, or a dictionary of numbers.",
            )
        return value

    def _store(self) -> None:
        if self.folder:
            check_finite(self.losses[: self.done], self.plan.learning_rate)
            state = {
                "step": self.done,
                "seconds": self.history.seconds,
                "evaluations": self.history.evaluations,
                "stopped": self.ended,
            }
            losses = self.losses[: self.done]
            resume.save(self.folder, self.identity, state, self.trained, self.optimisers, losses)
        self.saved = self.done

    def interrupted(self) -> Stopped:
        """What to say when the learner has stopped it."""
        what = f"Stopped at step {self.done} of {self.plan.steps}"
        if self.objective.data is None:
            return Stopped(f"{what}.", self.objective.again)
        if self.folder is None:
            return Stopped(f"{what}; the run had no checkpoint folder.", self.objective.again)
        if self.done and not self.saved:
            return Stopped(f"{what}; the run had stored nothing yet.", self.objective.again)
        self.owner.__dict__[resume.BEGAN_AS] = self.identity["starting weights"]
        return Stopped(
            f"{what}.",
            f"Run the same call again: it goes on from step {self.saved}, saved in {self.folder}.",
        )

    def close(self) -> None:
        """Drop gradients and the bar; leave the model in evaluation mode."""
        if self.bar is not None:
            self.bar.close()
        if self.trainee is not None:
            self.trainee.close()

    def report(self) -> History:
        """The history, complete."""
        history = self.history
        history.loss = self.losses[: self.done].tolist()
        history.steps = list(range(1, self.done + 1))
        if history.seconds:
            history.tokens_per_second = self.objective.tokens_by(self.done) / history.seconds
        return history


def check_finite(losses: torch.Tensor, learning_rate: float) -> None:
    """Raise a :class:`CourseError` if any loss is NaN or infinite.

    Example:
        >>> import torch
        >>> check_finite(torch.tensor([2.0, 1.5]), 0.1)
    """
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
    """A bar with the time left; ``progress=None`` asks the environment (``TL_QUIET=1``).

    Example:
        >>> progress_bar(10, done=0, progress=False, what="reading").update()
    """
    from tqdm.auto import tqdm

    quiet = output.quiet() if progress is None else not progress
    return tqdm(total=steps, initial=done, desc=what, unit="step", disable=quiet)
