"""The fine-tuning loop: the steps of ``transformers.Trainer`` without its bookkeeping."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tl_helpers.core.errors import BadValue
from tl_helpers.train import precision, texts
from tl_helpers.train.batches import dropout_seed
from tl_helpers.train.history import History, Stopped, check_finite, progress_bar

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

_LOOK = 10  # steps between looks at the loss: progress bar and check for NaN


@dataclass(frozen=True)
class Plan:
    """How to fine-tune; see ``adapt.fit``."""

    steps: int
    batch_size: int
    learning_rate: float
    schedule: str
    warmup: float
    weight_decay: float
    patience: int | None
    evaluate_every: int
    seed: int
    autocast: str | bool
    progress: bool | None


class _Best:
    """Remembers the weights of the lowest validation loss, when asked to be patient."""

    def __init__(self, network: PreTrainedModel, patience: int | None) -> None:
        self.network, self.patience = network, patience
        self.loss, self.waited, self.step = float("inf"), 0, 0
        self.weights: dict[str, torch.Tensor] | None = None

    def gives_up(self, step: int, loss: float) -> bool:
        """Note the loss at ``step``; true when it has not fallen for ``patience`` times."""
        if self.patience is None:
            return False
        if loss < self.loss:
            self.loss, self.step, self.waited = loss, step, 0
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
    rows: list[list[int]],
    targets: np.ndarray,
    weights: np.ndarray | None,
    held_out: tuple[list[list[int]], np.ndarray] | None,
    filler: int,
    special: int,
    plan: Plan,
) -> tuple[History, int]:
    """Train ``network`` in place on token ids and class numbers.

    Without weight decay only the word vectors in use are trained, see ``precision.rows_in_use``
    (with decay those of words that do not occur would shrink).

    Args:
        network: a classification model.
        rows: token ids of the texts.
        targets: ``[n]`` class numbers.
        weights: one per class, or None.
        held_out: token ids and classes to validate on, or None.
        filler: the id that pads.
        special: the highest id of a special token.
        plan: everything else.

    Returns:
        The history, and the step whose weights the network has now.
    """
    if plan.weight_decay:
        return _train(network, rows, targets, weights, held_out, filler, plan)
    seen = rows + (held_out[0] if held_out else [])
    with precision.rows_in_use(network, seen, special) as found:
        held = None if held_out is None else (found[len(rows) :], held_out[1])
        return _train(network, found[: len(rows)], targets, weights, held, filler, plan)


def _train(
    network: PreTrainedModel,
    rows: list[list[int]],
    targets: np.ndarray,
    weights: np.ndarray | None,
    held_out: tuple[list[list[int]], np.ndarray] | None,
    filler: int,
    plan: Plan,
) -> tuple[History, int]:
    import torch
    from torch.nn import functional
    from transformers import get_scheduler

    device = network.device
    lengths = np.array([len(row) for row in rows])
    weight = None if weights is None else torch.tensor(weights, dtype=torch.float32, device=device)
    trainee = precision.Trainee(network, precision.use_bf16(plan.autocast, device))
    (optimiser,) = precision.optimisers_of(
        network, "adamw", plan.learning_rate, (0.9, 0.999), plan.weight_decay
    )
    try:
        rates = get_scheduler(plan.schedule, optimiser, round(plan.warmup * plan.steps), plan.steps)
    except ValueError:
        raise BadValue(
            f"schedule={plan.schedule!r} is not known.",
            "transformers.get_scheduler knows linear, cosine, constant, constant_with_warmup ...",
        ) from None
    per_epoch = -(-len(rows) // plan.batch_size)
    losses, history, best = torch.zeros(plan.steps), History(), _Best(network, plan.patience)
    done = read = 0
    bar = progress_bar(plan.steps, 0, plan.progress, "fine-tuning")
    try:
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            clock = time.perf_counter()
            while done < plan.steps:
                epoch, position = divmod(done, per_epoch)
                if position == 0:
                    order = texts.training_order(lengths, plan.batch_size, plan.seed, epoch)
                index = order[position]
                ids, mask = (x.to(device) for x in texts.pad([rows[i] for i in index], filler))
                truth = torch.from_numpy(targets[index]).to(device)
                torch.manual_seed(dropout_seed(plan.seed, done))
                trainee.worker.train()
                logits = trainee.worker(input_ids=ids, attention_mask=mask).logits
                loss = functional.cross_entropy(logits.float(), truth, weight=weight)
                trainee.step(loss, [optimiser], clip=1.0)
                rates.step()
                losses[done] = loss.detach()
                done, read = done + 1, read + int(lengths[index].sum())
                bar.update()
                due = done % plan.evaluate_every == 0 or done == plan.steps
                if due or done % _LOOK == 0:
                    check_finite(losses[:done], plan.learning_rate)
                    bar.set_postfix(loss=f"{losses[max(0, done - _LOOK) : done].mean():.3f}")
                if due and held_out is not None:
                    history.seconds += time.perf_counter() - clock
                    found = softmax(logits_of(trainee.worker.eval(), held_out[0], filler))
                    result = {"step": done, **scores(found, held_out[1], weights)}
                    history.evaluations.append(result)
                    clock = time.perf_counter()
                    if best.gives_up(done, result["loss"]):
                        break
            history.seconds += time.perf_counter() - clock
    except KeyboardInterrupt:
        raise Stopped(
            f"Fine-tuning was stopped by Ctrl-C at step {done} of {plan.steps}.",
            "The model you passed in is unchanged: run the same call to start again.",
        ) from None
    finally:
        bar.close()
        trainee.close()
    history.loss, history.steps = losses[:done].tolist(), list(range(1, done + 1))
    history.tokens_per_second = read / history.seconds if history.seconds else 0.0
    return history, best.restore(done)


def scores(
    probabilities: np.ndarray, targets: np.ndarray, weights: np.ndarray | None
) -> dict[str, float]:
    """Cross-entropy (nats, weighted as in training) and accuracy of ``[n, classes]``."""
    chosen = np.clip(probabilities[np.arange(len(targets)), targets], 1e-12, None)
    loss = np.average(-np.log(chosen), weights=None if weights is None else weights[targets])
    return {"loss": float(loss), "accuracy": float(np.mean(probabilities.argmax(1) == targets))}


def logits_of(
    model: PreTrainedModel, rows: list[list[int]], filler: int, batch_size: int = 64
) -> np.ndarray:
    """``[rows, classes]`` logits, computed in batches of similar length, in the given order."""
    import torch

    out = np.empty((len(rows), model.config.num_labels), dtype=np.float64)
    with torch.inference_mode():
        for index in texts.by_length(rows, batch_size):
            ids, mask = texts.pad([rows[i] for i in index], filler)
            found = model(input_ids=ids.to(model.device), attention_mask=mask.to(model.device))
            out[index] = found.logits.double().cpu().numpy()
    return out


def softmax(logits: np.ndarray) -> np.ndarray:
    """Rows that sum to one."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
