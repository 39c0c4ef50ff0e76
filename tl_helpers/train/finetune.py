"""Fine-tuning as an objective of the loop: labelled texts under a classification head.

It takes the same steps as ``transformers.Trainer`` on the same batches.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tl_helpers.core import output
from tl_helpers.core.errors import BadValue
from tl_helpers.train import precision
from tl_helpers.train.loop import History, Objective, Plan, run
from tl_helpers.train.texts import Padding, by_length, call, pad, padding_of, training_order

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SHORT = 128  # tokens, up to which plain attention is the faster one to train through


class Labelled(NamedTuple):
    """Texts as token ids, and the number of each one's class."""

    rows: list[list[int]]
    targets: np.ndarray


class TextBatches:
    """The batches of labelled texts: any step directly, each text once an epoch, little padding."""

    def __init__(self, texts: Labelled, padding: Padding, batch_size: int, seed: int) -> None:
        self.texts, self.padding, self.batch_size, self.seed = texts, padding, batch_size, seed
        self.lengths = np.array([len(row) for row in texts.rows])
        self.per_epoch = -(-len(texts.rows) // batch_size)
        self._epoch: tuple[int, list[np.ndarray]] = (-1, [])

    def _order(self, epoch: int) -> list[np.ndarray]:
        if self._epoch[0] != epoch:
            order = training_order(self.lengths, self.batch_size, self.seed, epoch)
            self._epoch = (epoch, order)
        return self._epoch[1]

    def __call__(self, step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Ids and attention mask, ``[batch, longest]``, and class numbers of ``step`` (0-based)."""
        import torch

        epoch, position = divmod(step, self.per_epoch)
        index = self._order(epoch)[position]
        ids, mask = pad([self.texts.rows[i] for i in index], self.padding)
        return ids, mask, torch.from_numpy(self.texts.targets[index])

    def tokens_by(self, step: int) -> int:
        """How many tokens, padding left out, have been read after so many steps."""
        epochs, rest = divmod(step, self.per_epoch)
        begun = [self.lengths[index].sum() for index in self._order(epochs)[:rest]]
        return int(epochs * self.lengths.sum() + sum(begun))


class Best:
    """Remembers the weights of the lowest validation loss, when asked to be patient."""

    def __init__(self, network: PreTrainedModel, patience: int | None) -> None:
        self.network, self.patience = network, patience
        self.loss, self.waited, self.step = float("inf"), 0, 0
        self.weights: dict[str, torch.Tensor] | None = None

    def gives_up(self, evaluation: dict[str, Any]) -> bool:
        """Note an evaluation; true when its loss has not fallen for ``patience`` times."""
        if self.patience is None:
            return False
        if evaluation["loss"] < self.loss:
            self.loss, self.step, self.waited = evaluation["loss"], evaluation["step"], 0
            self.weights = {k: v.clone() for k, v in self.network.state_dict().items()}
        else:
            self.waited += 1
        return self.waited >= self.patience

    def restore(self, last: int) -> int:
        """Put the best weights back; returns their step."""
        if self.weights is None:
            return last
        self.network.load_state_dict(self.weights)
        return self.step


def fine_tune(
    network: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Labelled,
    plan: Plan,
    *,
    class_weights: np.ndarray | None = None,
    validation: Labelled | None = None,
    patience: int | None = None,
) -> tuple[History, int]:
    """Train ``network`` in place to name the class of each text.

    Without weight decay only the word vectors in use are trained, see ``precision.rows_in_use``
    (with decay those of words that do not occur would shrink).

    Args:
        network: a classification model.
        tokenizer: the one that belongs to it.
        texts: to train on.
        plan: how; its ``evaluate`` and ``until`` are set here.
        class_weights: one per class, or None.
        validation: to look at every ``plan.evaluate_every`` steps.
        patience: stop after so many looks without a lower loss, and return the best weights.

    Returns:
        The history, and the step whose weights the network has now.

    Example:
        >>> fine_tune(network, tokenizer, texts, Plan(steps=9))[1]  # doctest: +SKIP
        9
    """
    import torch
    from torch.nn import functional

    device = network.device
    everything = texts.rows + (validation.rows if validation else [])
    padding = padding_for_training(
        tokenizer,
        network,
        everything,
        'Use mode="features", which reads texts of one length at a time, or another model.',
    )
    special = max([padding.id, *tokenizer.all_special_ids, *_ids_looked_for(network)])
    narrow = precision.rows_in_use(network, everything, special)
    weight = None
    if class_weights is not None:
        weight = torch.tensor(class_weights, dtype=torch.float32, device=device)

    def loss_of(worker: PreTrainedModel, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        ids, mask, truth = (part.to(device) for part in batch)
        logits = call(worker, ids, mask).logits
        return functional.cross_entropy(logits.float(), truth, weight=weight)

    with nullcontext(everything) if plan.weight_decay else narrow as rows:
        own, held_out = rows[: len(texts.rows)], rows[len(texts.rows) :]
        batches = TextBatches(Labelled(own, texts.targets), padding, plan.batch_size, plan.seed)
        best = Best(network, patience)
        if validation is not None:
            truth = validation.targets

            def evaluate(network: PreTrainedModel) -> dict[str, Any]:
                logits = logits_of(
                    precision.for_inference(network, plan.autocast), held_out, padding
                )
                return scores(softmax(logits), truth, class_weights)

            plan = replace(plan, evaluate=evaluate, until=best.gives_up)
        again = "The model you passed in is unchanged: run the same call to start again."
        history = run(network, objective_on(batches, loss_of, "fine-tuning", again), plan)
        return history, best.restore(len(history.loss))


def padding_for_training(
    tokenizer: PreTrainedTokenizerBase,
    network: PreTrainedModel,
    rows: list[list[int]],
    otherwise: str,
) -> Padding:
    """How rows of different length are padded in one batch; ``otherwise``: what to do if not.

    Raises:
        BadValue: the network answers otherwise when a text is padded.

    Example:
        >>> padding_for_training(tokenizer, network, rows, "Use another.").side  # doctest: +SKIP
        'right'
    """
    padding = padding_of(tokenizer, network, rows)
    if padding.side == "none":
        raise BadValue(
            f"A {type(network).__name__} answers otherwise when a text is padded, so texts of "
            "different lengths cannot be trained on together.",
            otherwise,
        )
    return padding


def objective_on(
    batches: TextBatches, loss_of: Callable[..., torch.Tensor], name: str, again: str
) -> Objective:
    """The objective of every training on batches of texts; ``again``: said after an interruption.

    Example:
        >>> objective_on(batches, loss_of, "fine-tuning", "Again.").name  # doctest: +SKIP
        'fine-tuning'
    """

    def loss(worker: PreTrainedModel, batch: Any) -> torch.Tensor:
        with precision.quick_dropout(worker.device):
            return loss_of(worker, batch)

    short = batches.lengths.max() <= SHORT
    return Objective(
        name=name,
        batch_of=batches,
        loss_of=loss,
        tokens_by=batches.tokens_by,
        attention=precision.eager_attention if short else nullcontext,
        looks_first=False,
        again=again,
    )


def _ids_looked_for(network: PreTrainedModel) -> list[int]:
    """Ids by which a model finds something in a row, whatever its tokenizer calls special."""
    names = ("pad_token_id", "eos_token_id", "bos_token_id", "sep_token_id", "cls_token_id")
    ids = [getattr(network.config, name, None) for name in names]
    ids.append(getattr(network.get_input_embeddings(), "padding_idx", None))
    known = len(network.get_input_embeddings().weight)
    return [i for i in ids if isinstance(i, int) and 0 <= i < known]


def scores(
    probabilities: np.ndarray, targets: np.ndarray, class_weights: np.ndarray | None = None
) -> dict[str, float]:
    """Cross-entropy (nats, weighted as in training) and accuracy of ``[n, classes]``.

    Example:
        >>> scores(np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([0, 1]))["accuracy"]
        1.0
    """
    of_truth = np.clip(probabilities[np.arange(len(targets)), targets], 1e-12, None)
    weights = None if class_weights is None else class_weights[targets]
    loss = np.average(-np.log(of_truth), weights=weights)
    return {"loss": float(loss), "accuracy": float(np.mean(probabilities.argmax(1) == targets))}


def logits_of(
    model: PreTrainedModel, rows: list[list[int]], padding: Padding, batch_size: int = 64
) -> np.ndarray:
    """``[rows, classes]`` logits, computed in batches of similar length, in the given order.

    Example:
        >>> from tl_helpers.models import load
        >>> network = load("town-mlm", task="classification", num_labels=2).model
        >>> logits_of(network.eval(), [[2, 787, 7, 3]], Padding(0)).shape
        (1, 2)
    """
    import torch

    logits = np.empty((len(rows), model.config.num_labels), dtype=np.float64)
    with torch.inference_mode(), output.Working(len(rows), "answering", "text") as work:
        for index in by_length(rows, batch_size, padding=padding):
            ids, mask = (x.to(model.device) for x in pad([rows[i] for i in index], padding))
            out = call(model, ids, mask).logits
            logits[index] = out.double().cpu().numpy()
            work.update(len(index))
    return logits


def softmax(logits: np.ndarray) -> np.ndarray:
    """Rows that sum to one.

    Example:
        >>> softmax(np.array([[0.0, 0.0]])).tolist()
        [[0.5, 0.5]]
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
