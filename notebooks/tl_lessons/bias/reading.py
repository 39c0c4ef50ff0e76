"""What ``40_bias`` reads off a model: sentence vectors, and the likelihood of a sentence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch


@torch.inference_mode()
def sentence_vectors(model: Any, tokenizer: Any, sentences: Sequence[str]) -> np.ndarray:
    """``[sentences, size]`` the mean of the last layer over each sentence.

    Example:
        ``sentence_vectors(model, tokenizer, ["the tea was hot ."]).shape -> (1, 128)``
    """
    parts = []
    for begin in range(0, len(sentences), 200):
        some = list(sentences[begin : begin + 200])
        batch = tokenizer(some, padding=True, return_tensors="pt")
        states, mask = model.base_model(**batch).last_hidden_state, batch["attention_mask"]
        parts.append((states * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True))
    return torch.cat(parts).double().numpy()


@contextlib.contextmanager
def projected(model: Any, projection: np.ndarray) -> Iterator[Any]:
    """The model, while every state of its last layer is multiplied by a matrix.

    Example:
        ``with projected(model, matrix): sentence_vectors(model, tokenizer, texts)``
    """
    matrix = torch.tensor(projection, dtype=torch.float32)

    def multiply(module: Any, inputs: Any, output: Any) -> Any:
        output.last_hidden_state = output.last_hidden_state @ matrix
        return output

    hook = model.base_model.register_forward_hook(multiply)
    try:
        yield model
    finally:
        hook.remove()


@torch.inference_mode()
def log_likelihoods(
    model: Any, tokenizer: Any, sentences: Sequence[str], batch_size: int = 32
) -> np.ndarray:
    """``[sentences]`` the log-probability of all tokens, from left to right, after the first mark.

    Example:
        ``log_likelihoods(model, tokenizer, ["the tea was hot ."]) -> array([-31.2])``
    """
    rows = [[tokenizer.bos_token_id, *tokenizer(text)["input_ids"]] for text in sentences]
    found = np.empty(len(rows))
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))  # little padding
    for begin in range(0, len(rows), batch_size):
        some = order[begin : begin + batch_size]
        width = len(rows[some[-1]])
        ids = torch.tensor(
            [rows[i] + [tokenizer.eos_token_id] * (width - len(rows[i])) for i in some]
        )
        real_one = torch.arange(1, width) < torch.tensor([len(rows[i]) for i in some])[:, None]
        logits = model(input_ids=ids, use_cache=False).logits[:, :-1][real_one].float()
        each = logits.log_softmax(dim=1).gather(1, ids[:, 1:][real_one][:, None])[:, 0]
        sums = torch.zeros(real_one.shape).masked_scatter_(real_one, each).sum(dim=1)
        found[some] = sums.numpy()
    return found
