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


def checked_texts(texts: Iterable[str], what: str = "texts") -> list[str]:
    """``texts`` as a list of strings.

    Raises:
        BadValue: one single string, an empty list, or something that is not a string.

    Example:
        >>> checked_texts(("a soup", "a film"))
        ['a soup', 'a film']
    """
    if isinstance(texts, str):
        raise BadValue(f"{what} is one string, not a list.", f"Pass a list: [{texts[:20]!r}, ...].")
    listed = list(texts)
    if not listed:
        raise BadValue(f"The list of {what} is empty.", "Pass at least one.")
    for index, text in enumerate(listed):
        if not isinstance(text, str):
            raise BadValue(
                f"{what}[{index}] is {type(text).__name__}, not a string.",
                "Pass plain strings, such as the column of a data set: data['text'].",
            )
    return listed


def encode(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], model: PreTrainedModel
) -> list[list[int]]:
    """Token ids of each text, cut to what the model can read; never an empty row.

    Example:
        >>> from tl_helpers import models
        >>> model, tokenizer = models.new("tiny")
        >>> encode(tokenizer, ["Fine."], model)
        [[2, 787, 7, 3]]
    """
    window = window_of(tokenizer, model)
    rows = tokenizer(list(texts), truncation=True, max_length=window, return_attention_mask=False)
    filler = padding_id(tokenizer)
    return [row or [filler] for row in rows["input_ids"]]


def window_of(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> int:
    """How many tokens the model and its tokenizer can read at once.

    Example:
        >>> from tl_helpers import models
        >>> model, tokenizer = models.new("tiny")
        >>> window_of(tokenizer, model)
        128
    """
    positions = getattr(model.config, "max_position_embeddings", None)
    return int(min(tokenizer.model_max_length, positions or tokenizer.model_max_length))


def padding_id(tokenizer: PreTrainedTokenizerBase) -> int:
    """The id to pad with; the end mark where a tokenizer has no padding token, as GPT-2's.

    Example:
        >>> from tl_helpers import models
        >>> padding_id(models.town_tokenizer())
        0
    """
    known = (tokenizer.pad_token_id, tokenizer.eos_token_id)
    return next((int(number) for number in known if number is not None), 0)


def pad(rows: Sequence[Sequence[int]], filler: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and attention mask, both ``[rows, longest]``.

    Example:
        >>> ids, mask = pad([[5, 6], [7]], filler=0)
        >>> ids.tolist(), mask.tolist()
        ([[5, 6], [7, 0]], [[1, 1], [1, 0]])
    """
    import torch

    lengths = np.array([len(row) for row in rows])
    mask = np.arange(lengths.max()) < lengths[:, None]
    ids = np.full(mask.shape, filler, dtype=np.int64)
    ids[mask] = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows])
    return torch.from_numpy(ids), torch.from_numpy(mask.astype(np.int64))


def by_length(
    rows: Sequence[Sequence[int]], batch_size: int, longest_first: bool = True
) -> Iterator[np.ndarray]:
    """Indices in batches of about equal length; the longest first show early if memory lacks.

    Example:
        >>> [batch.tolist() for batch in by_length([[1], [1, 2, 3], [1, 2]], batch_size=2)]
        [[1, 2], [0]]
    """
    sign = -1 if longest_first else 1
    order = np.argsort([sign * len(row) for row in rows], kind="stable")
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


def training_order(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """The batches of one epoch: random, but with texts of similar length together.

    The shuffled texts are taken ``8 * batch_size`` at a time, sorted by length, cut into batches,
    and the batches of the epoch are shuffled again. Each text occurs exactly once.

    Example:
        >>> order = training_order(np.array([3, 9, 4, 8]), batch_size=2, seed=0, epoch=0)
        >>> sorted(sorted(batch.tolist()) for batch in order)
        [[0, 2], [1, 3]]
    """
    rng = np.random.default_rng([seed, 4, epoch])
    shuffled = rng.permutation(len(lengths))
    batches: list[np.ndarray] = []
    for start in range(0, len(shuffled), batch_size * _POOL):
        pool = shuffled[start : start + batch_size * _POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[i : i + batch_size] for i in range(0, len(pool), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]
