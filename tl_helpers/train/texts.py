"""Texts as batches: tokenised once, sorted by length, padded as little as possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tl_helpers.core.errors import BadValue

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_POOL = 8  # batches that are sorted by length together while training


def checked(texts: Iterable[str], what: str = "texts") -> list[str]:
    """``texts`` as a list of strings.

    Raises:
        BadValue: one single string, an empty list, or something that is not a string.
    """
    if isinstance(texts, str):
        raise BadValue(f"{what} is one string, not a list.", f"Pass a list: [{texts[:20]!r}, ...].")
    found = list(texts)
    if not found:
        raise BadValue(f"The list of {what} is empty.", "Pass at least one.")
    for index, text in enumerate(found):
        if not isinstance(text, str):
            raise BadValue(
                f"{what}[{index}] is {type(text).__name__}, not a string.",
                "Pass plain strings, such as the column of a data set: data['text'].",
            )
    return found


def encode(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], model: PreTrainedModel
) -> list[list[int]]:
    """Token ids of each text, cut to what the model can read; never an empty row."""
    window = min(
        tokenizer.model_max_length,
        getattr(model.config, "max_position_embeddings", None) or tokenizer.model_max_length,
    )
    rows = tokenizer(
        list(texts), truncation=True, max_length=int(window), return_attention_mask=False
    )["input_ids"]
    filler = padding_id(tokenizer)
    return [row or [filler] for row in rows]


def padding_id(tokenizer: PreTrainedTokenizerBase) -> int:
    """The id to pad with; the end mark where a tokenizer has no padding token, as GPT-2's."""
    for found in (tokenizer.pad_token_id, tokenizer.eos_token_id):
        if found is not None:
            return int(found)
    return 0


def pad(rows: Sequence[Sequence[int]], filler: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and attention mask, both ``[rows, longest]``."""
    import torch

    lengths = np.array([len(row) for row in rows])
    mask = np.arange(lengths.max()) < lengths[:, None]
    ids = np.full(mask.shape, filler, dtype=np.int64)
    ids[mask] = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows])
    return torch.from_numpy(ids), torch.from_numpy(mask.astype(np.int64))


def by_length(rows: Sequence[Sequence[int]], batch_size: int) -> Iterator[np.ndarray]:
    """Indices in batches of about equal length, the longest first."""
    order = np.argsort([-len(row) for row in rows], kind="stable")
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


def training_order(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """The batches of one epoch: random, but with texts of similar length together.

    The shuffled texts are taken ``8 * batch_size`` at a time, sorted by length, cut into batches,
    and the batches of the epoch are shuffled again. Each text occurs exactly once.
    """
    rng = np.random.default_rng([seed, 4, epoch])
    shuffled = rng.permutation(len(lengths))
    batches: list[np.ndarray] = []
    for start in range(0, len(shuffled), batch_size * _POOL):
        pool = shuffled[start : start + batch_size * _POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[i : i + batch_size] for i in range(0, len(pool), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]
