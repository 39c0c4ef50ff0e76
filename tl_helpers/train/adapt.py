"""Adapting a pre-trained model to a task: frozen features, or fine-tuning.

Both take the same texts and labels and give the same :class:`Adapted`, so that one word,
``mode``, switches between them (Peters et al., 2019, "To Tune or Not to Tune?").
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers.core import checks, output
from tl_helpers.core.errors import BadValue, CourseError
from tl_helpers.train import heads, precision, probe
from tl_helpers.train.finetune import Labelled, fine_tune, logits_of, scores, softmax
from tl_helpers.train.labels import classes_of, validation_of, weights_of_classes
from tl_helpers.train.loop import History, Plan
from tl_helpers.train.texts import by_length, call, encode, pad, padding_of, reader_of

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MODES = ("fine-tune", "features")
POOLINGS = ("mean", "cls", "max")


@dataclass
class Adapted:
    """A model adapted to a task.

    Attributes:
        mode: ``"fine-tune"`` or ``"features"``.
        model: the fine-tuned classification model (loads with
            ``AutoModelForSequenceClassification`` once saved), or the frozen encoder.
        tokenizer: the one that belongs to it.
        classes: the labels, sorted, or in the order of a head that was kept; column ``i`` of the
            probabilities belongs to ``classes[i]``.
        history: loss of each step, evaluations on the validation set, speed.
        best_step: the step whose weights were kept.
        classifier: the scikit-learn pipeline on the features, or None.
        frozen: names of the parameters that were not trained.
    """

    mode: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    classes: np.ndarray
    history: History
    best_step: int
    classifier: Any = None
    frozen: tuple[str, ...] = ()
    features: dict[str, Any] | None = None

    def probabilities(self, texts: Iterable[str], batch_size: int = 64) -> np.ndarray:
        """``[texts, classes]`` float64; each row sums to one.

        Raises a CourseError if the model's answer is no number.

        Where the processor multiplies bfloat16, the first call keeps a copy of the model in it,
        which takes half as much memory as the model; see ``precision.for_inference``.
        """
        batch_size = checks.at_least_one(batch_size, "batch_size")
        if self.mode == "features":
            rows = embed(
                self.model, self.tokenizer, texts, batch_size=batch_size, **(self.features or {})
            )
            return self.classifier.predict_proba(rows)
        rows = encode(self.tokenizer, checks.texts(texts), self.model)
        model = precision.for_inference(self.model)
        padding = padding_of(self.tokenizer, self.model, rows)
        logits = logits_of(model, rows, padding, batch_size)
        _refuse_nan(logits, "answer to")
        return softmax(logits)

    def predict(self, texts: Iterable[str], batch_size: int = 64) -> np.ndarray:
        """The most probable label of each text, in the form in which labels were given.

        Example:
            ``adapted.predict(["The soup was cold."]) -> array(["blame"])``
        """
        return self.classes[self.probabilities(texts, batch_size).argmax(axis=1)]


def embed(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Iterable[str],
    *,
    layer: int = -1,
    pooling: str = "mean",
    normalise: bool = False,
    batch_size: int = 64,
    autocast: str | bool = "auto",
) -> np.ndarray:
    """One vector per text, from a frozen model.

    Texts are sorted by length into batches, and put back into their order. Mean pooling averages
    over the real tokens, ``[CLS]`` and ``[SEP]`` included (Reimers and Gurevych, 2019).

    Args:
        model: any encoder or language model of transformers, with or without a head; of one that
            translates, the encoder is used.
        tokenizer: the one that belongs to it.
        texts: strings; longer ones are cut to the model's window.
        layer: 0 is the embedding layer, 1 the first block, -1 the last.
        pooling: ``"mean"``, ``"max"`` or ``"cls"`` (the first token).
        normalise: scale each vector to length one.
        batch_size: texts per batch.
        autocast: ``"auto"`` (bfloat16 where the CPU multiplies it natively), ``"bf16"`` or
            ``"float32"``.

    Returns:
        ``[texts, hidden]`` float32.

    Raises:
        BadValue: no texts, a text that is no string, an unknown layer or pooling, no batch size;
            a tokenizer that is not the model's; or a vector that is no number.
        Stopped: by ■ or Ctrl-C.

    Example:
        >>> from tl_helpers import models
        >>> model, tokenizer = models.new("tiny")
        >>> embed(model, tokenizer, ["A good soup.", "A film."]).shape
        (2, 32)
    """
    import torch

    batch_size = checks.at_least_one(batch_size, "batch_size")
    checks.one_of(pooling, POOLINGS, "pooling")
    normalise = checks.flag(normalise, "normalise")
    layer = checks.whole(layer, "layer", low=None)
    reader = reader_of(model)
    rows = encode(tokenizer, checks.texts(texts), reader)
    depth = reader.config.num_hidden_layers
    if not -depth - 1 <= layer <= depth:
        raise BadValue(
            f"layer={layer!r} does not exist.", f"This model has 0 (embeddings) to {depth}, or -1."
        )
    body = precision.for_inference(reader, autocast)
    top, padding = layer in (-1, depth), padding_of(tokenizer, reader, rows)
    vectors: np.ndarray | None = None
    with torch.inference_mode(), output.Working(len(rows), "embedding", "text") as work:
        for index in by_length(rows, batch_size, padding=padding):
            ids, mask = (x.to(body.device) for x in pad([rows[i] for i in index], padding))
            out = call(body, ids, mask, states=not top)
            states = (out[0] if top else out.hidden_states[layer]).float()
            pooled = _pool(states, mask[:, :, None], pooling)
            if normalise:
                pooled = torch.nn.functional.normalize(pooled)
            if vectors is None:
                vectors = np.empty((len(rows), pooled.shape[1]), dtype=np.float32)
            vectors[index] = pooled.cpu().numpy()
            work.update(len(index))
    assert vectors is not None  # there is at least one text
    _refuse_nan(vectors, "vector of")
    return vectors


def _refuse_nan(rows: np.ndarray, what: str) -> None:
    good = np.isfinite(rows).all(axis=1)
    if not good.all():
        raise CourseError(
            f"The {what} texts[{int(np.argmin(good))}] is not finite: the model gives no numbers.",
            "Load the model again; see whether its training diverged.",
        )


def _pool(states: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    import torch

    if pooling == "cls":
        first = mask[:, :, 0].argmax(dim=1)  # 0, but where padding comes first
        return states[torch.arange(len(states), device=states.device), first]
    if pooling == "max":
        return states.masked_fill(mask == 0, float("-inf")).amax(dim=1)
    return (states * mask).sum(dim=1) / mask.sum(dim=1)


def fit(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Iterable[str],
    labels: Iterable[int] | Iterable[str],
    *,
    mode: str = "fine-tune",
    epochs: int | None = None,
    steps: int | None = None,
    freeze: str | int | Iterable[str | int] = (),
    class_weights: str | Sequence[float] | Mapping[Any, float] | np.ndarray | None = None,
    validation: tuple[Iterable[str], Iterable[Any]] | None = None,
    patience: int | None = None,
    layer: int = -1,
    pooling: str = "mean",
    C: float | str = 0.01,
    **plan: Any,
) -> Adapted:
    """Adapt ``model`` to labelled texts. The model that is passed in is not changed.

    ``mode="fine-tune"`` trains all weights (but for ``freeze``) under transformers' own
    classification head; it takes the same steps as ``transformers.Trainer`` on the same batches.
    ``mode="features"`` leaves the encoder as it is and fits a standardised logistic regression on
    :func:`embed`.

    Args:
        model: a language model, an encoder, or a classification model of transformers. One that
            already has a head for these classes keeps it. Whatever precision its weights have,
            what is trained has 32-bit ones; a note says so.
        tokenizer: the one that belongs to it.
        texts: training texts.
        labels: one whole number or string per text; at least two different ones.
        mode: ``"fine-tune"`` or ``"features"``.
        epochs: passes over the texts (3 if neither ``epochs`` nor ``steps`` is given).
        steps: optimiser steps, instead of ``epochs``.
        freeze: ``"embeddings"``, ``"encoder"``, layer numbers, glob patterns of parameter names,
            or several of them.
        class_weights: ``"balanced"`` (each class counts the same in sum), or one weight for each
            class: a list in sorted order, or a mapping from the class.
        validation: ``(texts, labels)``; loss and accuracy on it are recorded.
        patience: stop after so many evaluations without a lower validation loss, and return the
            best weights.
        layer: for features, see :func:`embed`.
        pooling: for features, see :func:`embed`.
        C: for features, inverse strength of the regularisation (with hundreds of standardised
            features and few labels it has to be strong), or ``"cv"`` to choose it by
            cross-validation.
        **plan: see :class:`~tl_helpers.train.loop.Plan`: ``learning_rate`` (here 1e-4),
            ``batch_size`` (16), ``schedule``, ``warmup``, ``optimiser``, ``betas`` ((0.9, 0.999)),
            ``weight_decay`` (0), ``clip``, ``evaluate_every`` (one epoch), ``seed`` (of the head's
            first weights, the order of the texts, and dropout), ``autocast`` and ``progress``.
            Only the last three mean something to features.

    Returns:
        The adapted model, ready to predict.

    Raises:
        BadValue: texts, labels or settings that cannot work; says which.
        UnknownName: a setting that no plan has.
        CourseError: the loss became NaN.
        Stopped: by ■ or Ctrl-C.

    Example:
        >>> from tl_helpers import models
        >>> model, tokenizer = models.new("tiny")
        >>> some = ["good", "bad"] * 4, [1, 0] * 4
        >>> adapted = fit(model, tokenizer, *some, steps=60, learning_rate=0.01, progress=False)
        >>> adapted.predict(["good", "bad"]).tolist()
        [1, 0]
    """
    from sklearn.metrics import log_loss

    checks.one_of(mode, MODES, "mode")
    texts = checks.texts(texts)
    classes, targets = classes_of(texts, labels)
    weights = weights_of_classes(class_weights, targets, classes)
    held_out = None if validation is None else validation_of(validation, classes)
    if patience is not None:
        patience = checks.at_least_one(patience, "patience")
        if held_out is None:
            raise BadValue(
                f"patience={patience} needs a validation set.",
                "Pass validation=(texts, labels), texts that are not trained on.",
            )
    how = _plan(len(texts), epochs, steps, plan)
    if mode == "features":
        frozen_too = None if isinstance(freeze, tuple) and not freeze else freeze
        _refuse_training(plan, epochs=epochs, steps=steps, patience=patience, freeze=frozen_too)
        chosen: dict[str, Any] = {"layer": layer, "pooling": pooling, "autocast": how.autocast}
        rows = embed(model, tokenizer, texts, **chosen)
        started = time.perf_counter()
        classifier = probe.linear(rows, targets, C, class_weights=weights, seed=how.seed)
        loss = float(log_loss(targets, classifier.predict_proba(rows)))
        history = History([loss], [0], seconds=time.perf_counter() - started)
        frozen = tuple(name for name, _ in model.named_parameters())
        adapted = Adapted(
            mode, model, tokenizer, classes, history, 0, classifier, frozen, features=chosen
        )
        if held_out is not None:
            known = scores(adapted.probabilities(held_out[0]), held_out[1], weights)
            history.evaluations.append({"step": 0, **known})
        return adapted
    useless = {"layer": (layer, -1), "pooling": (pooling, "mean"), "C": (C, 0.01)}
    if said := [name for name, (value, default) in useless.items() if not _same(value, default)]:
        raise BadValue(
            f'mode="fine-tune" reads no features: {", ".join(said)} would mean nothing to it.',
            'Leave that out, or use mode="features".',
        )
    network = heads.classifier(model, tokenizer, [str(c) for c in classes], how.seed)
    place = np.array(heads.places(network, [str(c) for c in classes]))
    order = np.argsort(place)  # a kept head has an order of its own
    classes, targets = classes[order], place[targets]
    weights = None if weights is None else weights[order]
    frozen = tuple(heads.freeze(network, freeze))
    held_rows = None
    if held_out is not None:
        held_rows = Labelled(encode(tokenizer, held_out[0], network), place[held_out[1]])
    history, best = fine_tune(
        network,
        tokenizer,
        Labelled(encode(tokenizer, texts, network), targets),
        how,
        class_weights=weights,
        validation=held_rows,
        patience=patience,
    )
    return Adapted(mode, network, tokenizer, classes, history, best, frozen=frozen)


def _plan(n: int, epochs: int | None, steps: int | None, said: Mapping[str, Any]) -> Plan:
    """The plan of ``fit`` for ``n`` texts."""
    if epochs is not None and steps is not None:
        raise BadValue("epochs and steps were both given.", "Pass one of them.")
    for name in ("evaluate", "until", "checkpoint", "checkpoint_every"):
        if name in said:
            raise BadValue(
                f"{name} means nothing to adapt.fit.",
                "Pass validation=(texts, labels) and patience=... to look at it on the way.",
            )
    own = {"learning_rate": 1e-4, "batch_size": 16, "weight_decay": 0.0, "betas": (0.9, 0.999)}
    plan = Plan.of({**said, "steps": 1 if steps is None else steps}, **own)
    per_epoch = -(-n // plan.batch_size)
    passes = 3 if epochs is None else checks.at_least_one(epochs, "epochs")
    return replace(
        plan,
        steps=passes * per_epoch if steps is None else plan.steps,
        evaluate_every=plan.evaluate_every or per_epoch,
    )


def _same(value: Any, default: Any) -> bool:
    return isinstance(value, str | int | float) and value == default


def _refuse_training(plan: Mapping[str, Any], **given: Any) -> None:
    """Raise a BadValue for what only fine-tuning understands."""
    used = {**given, **plan}
    kept = ("seed", "autocast", "progress")
    useless = [name for name, value in used.items() if value is not None and name not in kept]
    if useless:
        raise BadValue(
            f'mode="features" trains no network: {", ".join(useless)} would mean nothing to it.',
            'Leave that out, or use mode="fine-tune".',
        )
