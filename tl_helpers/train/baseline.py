"""The baseline that every reader knows: ``transformers.Trainer`` as it comes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers.train.loop import History

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def train(
    model: PreTrainedModel,
    examples: Sequence[dict[str, Any]],
    collator: Any,
    *,
    evaluate: Callable[[PreTrainedModel], dict[str, Any]] | None = None,
    due: Callable[[int], bool] = lambda step: True,
    until: Callable[[dict[str, Any]], bool] = lambda evaluation: False,
    in_order: bool = False,
    **arguments: Any,
) -> History:
    """Train ``model`` in place by ``transformers.Trainer``: in 32 bits, on the processor.

    Args:
        model: any model of transformers.
        examples: dicts with ``input_ids`` and whatever else the model takes.
        collator: makes a batch of some of them, such as ``DataCollatorForLanguageModeling``.
        evaluate: called with the model in evaluation mode, returns a dict.
        due: from a step (from 1) to whether to evaluate after it.
        until: called with each evaluation; training ends early when it returns true.
        in_order: read the examples as they stand, not shuffled.
        **arguments: of ``transformers.TrainingArguments``, such as ``max_steps``,
            ``learning_rate`` and ``per_device_train_batch_size``. With ``logging_strategy="steps"``
            and ``logging_steps=1`` the history has the loss of each step.

    Returns:
        The history; evaluations are left out of its seconds.

    Example:
        >>> train(model, examples, collator, max_steps=20).evaluations[-1]["step"]  # doctest: +SKIP
        20
    """
    from torch.utils.data import SequentialSampler
    from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

    history = History()
    length = np.mean([len(example["input_ids"]) for example in examples])

    class Reader(Trainer):
        def _get_train_sampler(self, *given: Any) -> Any:
            if in_order:
                return SequentialSampler(self.train_dataset)
            return super()._get_train_sampler(*given)

    class Clock(TrainerCallback):
        since = 0.0

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.since = time.perf_counter()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            history.seconds += time.perf_counter() - self.since
            if due(state.global_step):
                tokens = int(state.global_step * args.per_device_train_batch_size * length)
                at = {"step": state.global_step, "tokens": tokens, "seconds": history.seconds}
                result = evaluate(model.eval()) if evaluate else {}
                history.evaluations.append({**at, **result})
                model.train()
                control.should_training_stop |= until(history.evaluations[-1])
            self.since = time.perf_counter()

    quiet = {"report_to": "none", "save_strategy": "no", "logging_strategy": "no"}
    with tempfile.TemporaryDirectory() as folder:
        settings = {"output_dir": folder, "use_cpu": True, "disable_tqdm": True, **quiet}
        trainer = Reader(
            model,
            TrainingArguments(**{**settings, **arguments}),
            train_dataset=examples,
            data_collator=collator,
            callbacks=[Clock()],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    logged = [entry for entry in trainer.state.log_history if "loss" in entry]
    history.loss = [entry["loss"] for entry in logged]
    history.steps = [entry["step"] for entry in logged]
    model.eval()
    return history
