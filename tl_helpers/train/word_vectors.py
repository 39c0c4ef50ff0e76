"""Vectors of words in their sentences, from a frozen network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tl_helpers.core import checks, output
from tl_helpers.core.errors import BadValue
from tl_helpers.train import precision
from tl_helpers.train.texts import (
    by_length,
    call,
    pad,
    padding_of,
    reader_of,
    tokens_of,
    window_of,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def word_vectors(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[Sequence[str]],
    *,
    batch_size: int = 64,
    longest_first: bool = True,
    autocast: str | bool = "auto",
) -> list[np.ndarray]:
    """Top-layer vectors of the words of each text; the tokens of a word are averaged.

    Args:
        model: an encoder or language model of transformers, with or without a head.
        tokenizer: the one that belongs to it, a fast one.
        texts: each a list of words and punctuation marks, not a string.
        batch_size: texts at a time, sorted by length.
        longest_first: or the shortest; it decides which texts share a batch, and so the padding,
            which the last bits of a vector depend on.
        autocast: see ``adapt.embed``.

    Returns:
        ``[words, hidden]`` float32 for each text; fewer words where a text is longer than the
        model's window.

    Raises:
        BadValue: no texts, one that is a string and no list of words, a word that the tokenizer
            drops (an invisible character, an empty string), or no batch size.

    Example:
        >>> from tl_helpers import models
        >>> model, tokenizer = models.new("tiny")
        >>> word_vectors(model, tokenizer, [["A", "good", "soup", "."]])[0].shape
        (4, 32)
    """
    import torch

    batch_size = checks.at_least_one(batch_size, "batch_size")
    longest_first = checks.flag(longest_first, "longest_first")
    sentences = checks.listed(texts, "texts", "text")
    if not sentences or any(isinstance(text, str) for text in sentences):
        raise BadValue("word_vectors() needs lists of words.", 'Pass [["A", "film"], ...].')
    listed = [
        checks.texts(words, f"texts[{place}]", empty=True) for place, words in enumerate(sentences)
    ]
    reader = reader_of(model)
    if not getattr(tokenizer, "is_fast", False):
        raise BadValue(
            f"A {type(tokenizer).__name__} does not say which word a token is from.",
            "Use a fast tokenizer, such as AutoTokenizer gives.",
        )
    encoded = tokens_of(tokenizer, model, listed, is_split_into_words=True)
    rows = encoded["input_ids"]
    window = window_of(tokenizer, reader)
    for place, words in enumerate(listed):
        was_cut = window is not None and len(rows[place]) >= window
        _refuse_dropped(words, encoded.word_ids(place), place, was_cut)
    body = precision.for_inference(reader, autocast)
    padding = padding_of(tokenizer, reader, rows)
    vectors: list[np.ndarray] = [np.empty(0)] * len(rows)
    with torch.inference_mode(), output.Working(len(rows), "embedding", "text") as work:
        for index in by_length(rows, batch_size, longest_first, padding):
            ids, mask = pad([rows[i] for i in index], padding)
            states = call(body, ids.to(body.device), mask.to(body.device))[0].float()
            for i, state, real in zip(index, states.cpu().numpy(), mask.numpy(), strict=True):
                vectors[i] = _of_words(state[real == 1], encoded.word_ids(int(i)))
            work.update(len(index))
    return vectors


def _refuse_dropped(
    words: Sequence[str], word_ids: Sequence[int | None], place: int, was_cut: bool
) -> None:
    """A word without a token would have no vector, and those after it one of another word."""
    there = {number for number in word_ids if number is not None}
    expected = max(there, default=-1) + 1 if was_cut else len(words)
    lost = next((number for number in range(expected) if number not in there), None)
    if lost is not None:
        raise BadValue(
            f"The tokenizer dropped a word of texts[{place}]: word {lost}, {words[lost]!r}.",
            "Take it out of the text, and its label out of the labels.",
        )


def _of_words(states: np.ndarray, word_ids: Sequence[int | None]) -> np.ndarray:
    """The mean state of the tokens of each word; marks and padding belong to none."""
    word = np.array([-1 if number is None else number for number in word_ids])
    token = np.flatnonzero(word >= 0)
    many = np.bincount(word[token])
    sums = np.zeros((len(many), states.shape[1]), dtype=np.float32)
    np.add.at(sums, word[token], states[token])
    return sums / many[:, None].astype(np.float32)
