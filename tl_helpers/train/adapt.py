"""Adapting a pre-trained model to a task: frozen features, or fine-tuning.

Both take the same texts and labels and give the same :class:`Adapted`, so that one word,
``mode``, switches between them (Peters et al., 2019, "To Tune or Not to Tune?").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue
from tl_helpers.train import (
    features as _features,
)
from tl_helpers.train import (
    finetune,
    heads,
    precision,
)
from tl_helpers.train import (
    labels as _labels,
)
from tl_helpers.train import (
    texts as _texts,
)
from tl_helpers.train.history import History

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
        classes: the labels, sorted; column ``i`` of the probabilities belongs to ``classes[i]``.
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
        """``[texts, classes]`` float64; each row sums to one."""
        checks.at_least_one(batch_size, "batch_size")
        if self.mode == "features":
            rows = embed(
                self.model, self.tokenizer, texts, batch_size=batch_size, **(self.features or {})
            )
            return self.classifier.predict_proba(rows)
        rows = _texts.encode(self.tokenizer, _texts.checked(texts), self.model)
        model = precision.for_inference(self.model)
        filler = _texts.padding_id(self.tokenizer)
        return finetune.softmax(finetune.logits_of(model, rows, filler, batch_size))

    def predict(self, texts: Iterable[str], batch_size: int = 64) -> np.ndarray:
        """The most probable label of each text, in the form in which labels were given."""
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
        model: any encoder or language model of transformers, with or without a head.
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
        BadValue: no texts, a text that is no string, an unknown layer or pooling, no batch size.
    """
    import torch

    checks.at_least_one(batch_size, "batch_size")
    rows = _texts.encode(tokenizer, _texts.checked(texts), model)
    if pooling not in POOLINGS:
        raise BadValue(f"pooling={pooling!r} is not known.", f"Use one of {', '.join(POOLINGS)}.")
    depth = model.config.num_hidden_layers
    whole = isinstance(layer, Integral) and not isinstance(layer, bool)
    if not whole or not -depth - 1 <= layer <= depth:
        raise BadValue(
            f"layer={layer!r} does not exist.", f"This model has 0 (embeddings) to {depth}, or -1."
        )
    body = precision.for_inference(model.base_model, autocast)
    top = layer in (-1, depth)
    filler = _texts.padding_id(tokenizer)
    out: np.ndarray | None = None
    with torch.inference_mode():
        for index in _texts.by_length(rows, batch_size):
            ids, mask = (x.to(body.device) for x in _texts.pad([rows[i] for i in index], filler))
            found = body(input_ids=ids, attention_mask=mask, output_hidden_states=not top)
            states = (found[0] if top else found.hidden_states[layer]).float()
            vectors = _pool(states, mask[:, :, None], pooling)
            if normalise:
                vectors = torch.nn.functional.normalize(vectors)
            if out is None:
                out = np.empty((len(rows), vectors.shape[1]), dtype=np.float32)
            out[index] = vectors.cpu().numpy()
    assert out is not None  # there is at least one text
    return out


def _pool(states: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    if pooling == "cls":
        return states[:, 0]
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
    learning_rate: float = 1e-4,
    batch_size: int = 16,
    schedule: str = "linear",
    warmup: float = 0.1,
    weight_decay: float = 0.0,
    freeze: str | int | Iterable[str | int] = (),
    class_weights: str | Sequence[float] | np.ndarray | None = None,
    validation: tuple[Iterable[str], Iterable[Any]] | None = None,
    patience: int | None = None,
    evaluate_every: int | None = None,
    layer: int = -1,
    pooling: str = "mean",
    C: float | str = 0.01,
    seed: int = 0,
    autocast: str | bool = "auto",
    progress: bool | None = None,
) -> Adapted:
    """Adapt ``model`` to labelled texts. The model that is passed in is not changed.

    ``mode="fine-tune"`` trains all weights (but for ``freeze``) under transformers' own
    classification head, with AdamW and the schedules of ``transformers.get_scheduler``; it takes
    the same steps as ``transformers.Trainer`` on the same batches. ``mode="features"`` leaves the
    encoder as it is and fits a standardised logistic regression on :func:`embed`.

    Args:
        model: a language model, an encoder, or a classification model of transformers. One that
            already has a head for as many classes keeps it.
        tokenizer: the one that belongs to it.
        texts: training texts.
        labels: one whole number or string per text; at least two different ones.
        mode: ``"fine-tune"`` or ``"features"``.
        epochs: passes over the texts (3 if neither ``epochs`` nor ``steps`` is given).
        steps: optimiser steps, instead of ``epochs``.
        learning_rate: peak of the schedule.
        batch_size: texts per step.
        schedule: a name that ``transformers.get_scheduler`` knows.
        warmup: share of the steps in which the rate rises from zero.
        weight_decay: decay of weight matrices.
        freeze: ``"embeddings"``, ``"encoder"``, layer numbers, glob patterns of parameter names,
            or several of them.
        class_weights: ``"balanced"`` (each class counts the same in sum), or one weight for each
            class in sorted order.
        validation: ``(texts, labels)``; loss and accuracy on it are recorded.
        patience: stop after so many evaluations without a lower validation loss, and return the
            best weights.
        evaluate_every: steps between evaluations; by default one epoch.
        layer: for features, see :func:`embed`.
        pooling: for features, see :func:`embed`.
        C: for features, inverse strength of the regularisation (with hundreds of standardised
            features and few labels it has to be strong), or ``"cv"`` to choose it by
            cross-validation.
        seed: decides the head's first weights, the order of the texts, and dropout.
        autocast: see :func:`embed`.
        progress: show a bar; by default yes, unless the environment says ``TL_QUIET=1``.

    Returns:
        The adapted model, ready to predict.

    Raises:
        BadValue: texts, labels or settings that cannot work; says which.
        CourseError: the loss became NaN.
        Stopped: Ctrl-C.
    """
    seed = checks.seed(seed)
    texts = _texts.checked(texts)
    classes, targets = _labels.classes_of(texts, labels)
    weights = _labels.class_weights(class_weights, targets, len(classes))
    if mode not in MODES:
        raise BadValue(f"mode={mode!r} is not known.", f"Use one of: {', '.join(MODES)}.")
    held_out = _labels.held_out(validation, classes)
    if patience is not None and (held_out is None or patience < 1):
        raise BadValue(
            f"patience={patience} needs a validation set and at least 1.",
            "Pass validation=(texts, labels), texts that are not trained on.",
        )
    if mode == "features":
        if any(x is not None for x in (epochs, steps, patience, evaluate_every)) or freeze != ():
            raise BadValue(
                'mode="features" trains no network: epochs, steps, freeze and patience mean '
                "nothing to it.",
                'Leave them out, or use mode="fine-tune".',
            )
        chosen: dict[str, Any] = {"layer": layer, "pooling": pooling, "autocast": autocast}
        fitted, history = _features.fit(
            embed(model, tokenizer, texts, **chosen), targets, weights, C, seed
        )
        adapted = Adapted(
            mode,
            model,
            tokenizer,
            classes,
            history,
            0,
            classifier=fitted,
            features=chosen,
            frozen=tuple(name for name, _ in model.named_parameters()),
        )
        if held_out is not None:
            found = adapted.probabilities(held_out[0])
            history.evaluations.append({"step": 0, **finetune.scores(found, held_out[1], weights)})
        return adapted
    total = _labels.steps(len(texts), batch_size, epochs, steps)
    if not learning_rate > 0 or not 0 <= warmup <= 1:
        raise BadValue(
            f"learning_rate={learning_rate}, warmup={warmup}.",
            "learning_rate is positive, warmup lies between 0 and 1.",
        )
    network = heads.classifier(model, tokenizer, [str(c) for c in classes], seed)
    frozen = heads.freeze(network, freeze)
    rows = _texts.encode(tokenizer, texts, network)
    held_rows = None
    if held_out is not None:
        held_rows = (_texts.encode(tokenizer, held_out[0], network), held_out[1])
    per_epoch = -(-len(rows) // batch_size)
    plan = finetune.Plan(
        total,
        batch_size,
        learning_rate,
        schedule,
        warmup,
        weight_decay,
        patience,
        evaluate_every or per_epoch,
        seed,
        autocast,
        progress,
    )
    filler = _texts.padding_id(tokenizer)
    special = max([filler, *tokenizer.all_special_ids])
    history, best = finetune.fine_tune(
        network, rows, targets, weights, held_rows, filler, special, plan
    )
    return Adapted(mode, network, tokenizer, classes, history, best, frozen=tuple(frozen))
