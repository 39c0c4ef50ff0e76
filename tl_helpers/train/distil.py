"""Distillation: a student learns to answer as its teacher does, on texts without labels.

The teacher's probabilities are the targets (Hinton, Vinyals and Dean, 2015, "Distilling the
Knowledge in a Neural Network"). The loop is that of every other training here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue
from tl_helpers.train import heads, precision
from tl_helpers.train.adapt import Adapted
from tl_helpers.train.finetune import (
    Labelled,
    TextBatches,
    objective_on,
    padding_for_training,
)
from tl_helpers.train.loop import Plan, run
from tl_helpers.train.texts import call, encode

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_LEAST = 1e-9  # of a probability, before its logarithm is taken


class Teacher(Protocol):
    """Whatever answers with probabilities: what ``adapt.fit`` and :func:`fit` return does."""

    classes: np.ndarray

    def probabilities(self, texts: Iterable[str]) -> np.ndarray:
        """``[texts, classes]``; each row sums to one."""
        ...


def soften(probabilities: Any, temperature: float) -> np.ndarray:
    """The softmax at a temperature: what a teacher with these answers would say at it.

    Dividing the logits by ``temperature`` and taking the softmax is the same as raising the
    probabilities to the power ``1 / temperature`` and scaling each row to one.

    Args:
        probabilities: ``[texts, classes]``, each row sums to one.
        temperature: above zero; 1 changes nothing, more evens out.

    Returns:
        ``[texts, classes]`` float64.

    Raises:
        BadValue: no table of probabilities, or no temperature.

    Example:
        >>> soften([[0.9, 0.1]], temperature=2).round(2).tolist()
        [[0.75, 0.25]]
    """
    temperature = checks.positive(temperature, "temperature")
    rows = _probabilities(probabilities)
    powers = np.clip(rows, _LEAST, None) ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


def loss_of(logits: torch.Tensor, targets: torch.Tensor, temperature: float) -> torch.Tensor:
    """Mean Kullback-Leibler divergence from the student's softened answers to the teacher's.

    It is multiplied by the square of the temperature, so that its gradient keeps its size whatever
    the temperature is (Hinton et al., 2015, section 2.1).

    Args:
        logits: ``[texts, classes]`` of the student.
        targets: ``[texts, classes]`` probabilities of the teacher, softened already.
        temperature: what the student's logits are divided by.

    Example:
        >>> import torch
        >>> float(loss_of(torch.zeros(1, 2), torch.tensor([[0.5, 0.5]]), 2.0))
        0.0
    """
    from torch.nn import functional

    logs = functional.log_softmax(logits.float() / temperature, dim=1)
    return functional.kl_div(logs, targets, reduction="batchmean") * temperature**2


def fit(
    teacher: Teacher | Sequence[Teacher],
    student: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Iterable[str],
    *,
    temperature: float = 2.0,
    hard: bool = False,
    epochs: int | None = None,
    steps: int | None = None,
    **plan: Any,
) -> Adapted:
    """Train a copy of ``student`` to answer as ``teacher`` does on ``texts``; no label is needed.

    Args:
        teacher: what ``adapt.fit`` gives, or anything with ``classes`` and ``probabilities``;
            several of them are an ensemble, whose mean is the target.
        student: an encoder or language model of transformers; it gets a new head. A classification
            model keeps its head, which has to have the teacher's labels.
        tokenizer: the student's.
        texts: without labels; the teacher reads each of them once.
        temperature: of the teacher's targets and of the student's answers while it learns.
        hard: learn from the teacher's most probable label alone.
        epochs: passes over the texts (3 if neither ``epochs`` nor ``steps`` is given).
        steps: optimiser steps, instead of ``epochs``.
        **plan: see :class:`~tl_helpers.train.loop.Plan`: ``learning_rate`` (here 1e-3),
            ``batch_size`` (32), ``weight_decay`` (0), ``seed`` (of a new head's weights and of the
            order) and the others.

    Returns:
        The student, ready to predict; its classes are the teacher's.

    Raises:
        BadValue: no texts, a teacher that gives no probabilities, teachers or a student with other
            labels, or settings that cannot work; says which.
        UnknownName: a setting that no plan has.
        CourseError: the loss became NaN.

    Example:
        >>> from tl_helpers import models
        >>> from tl_helpers.train import adapt
        >>> model, tokenizer = models.new("tiny")
        >>> some = ["good", "bad"] * 4, [1, 0] * 4
        >>> teacher = adapt.fit(model, tokenizer, *some, steps=60, learning_rate=0.01)
        >>> small, words = models.new("tiny", seed=1, hidden_size=16)
        >>> student = fit(teacher, small, words, ["good", "bad"] * 9, steps=60, learning_rate=0.01)
        >>> student.predict(["good", "bad"]).tolist()
        [1, 0]
    """
    temperature, hard = checks.positive(temperature, "temperature"), checks.flag(hard, "hard")
    listed = checks.listed(texts, "texts", "text")
    if not listed:
        raise BadValue(
            "There are no texts to distil on: the list of unlabelled texts is empty.",
            "Pass texts of the student's task; they need no labels, the teacher answers them.",
        )
    listed = checks.texts(listed)
    how = _plan(len(listed), epochs, steps, plan)
    teachers = _teachers(teacher)
    classes = teachers[0].classes
    names = [str(name) for name in np.asarray(classes).tolist()]
    _refuse_other_labels(student, names)
    answers = np.mean([_answers(each, listed, len(names)) for each in teachers], axis=0)
    targets = np.eye(len(names))[answers.argmax(axis=1)] if hard else soften(answers, temperature)

    network = heads.classifier(student, tokenizer, names, how.seed)
    place = np.array(heads.places(network, names))
    order = np.argsort(place)  # a kept head has an order of its own
    classes, targets = np.asarray(classes)[order], targets[:, order]
    rows = encode(tokenizer, listed, network)
    padding = padding_for_training(tokenizer, network, rows, "Use another model as the student.")

    def loss_of_batch(worker: PreTrainedModel, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        ids, mask, target = (part.to(network.device) for part in batch)
        return loss_of(call(worker, ids, mask).logits, target, temperature)

    special = max([padding.id, *tokenizer.all_special_ids])
    narrow = precision.rows_in_use(network, rows, special)
    with nullcontext(rows) if how.weight_decay else narrow as own:
        batches = TextBatches(
            Labelled(own, targets.astype(np.float32)), padding, how.batch_size, how.seed
        )
        again = "The student you passed in is unchanged: run the same call to start again."
        history = run(network, objective_on(batches, loss_of_batch, "distillation", again), how)
    return Adapted("fine-tune", network, tokenizer, classes, history, len(history.loss))


def _plan(n: int, epochs: int | None, steps: int | None, said: dict[str, Any]) -> Plan:
    if epochs is not None and steps is not None:
        raise BadValue("epochs and steps were both given.", "Pass one of them.")
    for name in ("evaluate", "evaluate_every", "until", "checkpoint", "checkpoint_every"):
        if name in said:
            raise BadValue(
                f"{name} means nothing to distil.fit.", "Leave it out; look at the student after."
            )
    own = {"learning_rate": 1e-3, "batch_size": 32, "weight_decay": 0.0, "betas": (0.9, 0.999)}
    plan = Plan.of({**said, "steps": 1 if steps is None else steps}, **own)
    passes = 3 if epochs is None else checks.at_least_one(epochs, "epochs")
    return replace(plan, steps=passes * -(-n // plan.batch_size)) if steps is None else plan


def _teachers(given: Any) -> list[Any]:
    """The teachers, all of whom have the same labels."""
    alone = hasattr(given, "probabilities") or not isinstance(given, Sequence)
    several = [given] if alone or isinstance(given, str) else list(given)
    if not several:
        raise BadValue("There is no teacher.", "Pass what adapt.fit gives, or a list of that.")
    for each in several:
        if not hasattr(each, "probabilities") or not hasattr(each, "classes"):
            raise BadValue(
                f"A {type(each).__name__} is no teacher: it gives no probabilities of classes.",
                "Pass what adapt.fit gives, or an object with `classes` and `probabilities`.",
            )
        mine, first = (list(np.asarray(one.classes).tolist()) for one in (each, several[0]))
        if mine != first:
            raise BadValue(
                f"The teachers have different labels: {checks.shown(first)} and "
                f"{checks.shown(mine)}.",
                "Train all of them on the same labels.",
            )
    return several


def _refuse_other_labels(student: Any, names: list[str]) -> None:
    """A student that can already classify has to know the teacher's labels."""
    if not type(student).__name__.endswith("ForSequenceClassification"):
        return
    own = [str(name) for _, name in sorted(student.config.id2label.items())]
    unnamed = own == [f"LABEL_{number}" for number in range(len(own))]
    numbers = [str(number) for number in range(len(own))]
    if len(own) != len(names) or not (unnamed or set(own) == set(names) or names == numbers):
        raise BadValue(
            f"Teacher and student have different labels: the teacher tells "
            f"{', '.join(map(repr, names))} apart, the student {', '.join(map(repr, own))}.",
            "Pass the student without its head (tl.models.load(name), or student.base_model), and "
            "it gets one for the teacher's labels.",
        )


def _answers(teacher: Any, texts: list[str], classes: int) -> np.ndarray:
    rows = _probabilities(teacher.probabilities(texts))
    if rows.shape != (len(texts), classes):
        raise BadValue(
            f"The teacher's probabilities have the shape {list(rows.shape)}, for {len(texts)} "
            f"texts and {classes} classes.",
            "Let it give one row for each text and one column for each class.",
        )
    return rows


def _probabilities(given: Any) -> np.ndarray:
    """``[n, classes]`` float64 rows that sum to one."""
    try:
        rows = np.asarray(given)
        if rows.dtype.kind not in "fiu":
            raise TypeError
        rows = rows.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        rows = np.empty(0)
    good = rows.ndim == 2 and rows.size > 0 and bool(np.isfinite(rows).all())
    if not good or rows.min() < 0 or not np.allclose(rows.sum(axis=1), 1, atol=1e-3):
        raise BadValue(
            f"probabilities={checks.shown(given)} are no probabilities of classes.",
            "Pass a table [texts, classes] of numbers from 0 to 1; each row sums to one.",
        )
    return rows
