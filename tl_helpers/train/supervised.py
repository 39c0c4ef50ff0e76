"""Labels as pre-training: an encoder that learns one task from many labelled texts.

What is left when the head is thrown away is an encoder that has been taught by that task alone.
The loop is that of :mod:`tl_helpers.train.pretrain`: texts packed into rows, each hidden from the
others.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue
from tl_helpers.core.vocabulary import check_ids
from tl_helpers.train import batches, precision
from tl_helpers.train.labels import classes_of
from tl_helpers.train.loop import History, Objective, Plan, run
from tl_helpers.train.texts import reader_of, window_of

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["Packed", "fit", "pack"]


class Packed(NamedTuple):
    """Labelled texts in rows.

    Attributes:
        rows: ``[n, 2, length]`` int32: token ids; and for each the class of its text, -1 padding.
        classes: the labels, sorted; a class is a place in this array.
    """

    rows: np.ndarray
    classes: np.ndarray


def pack(
    texts: Iterable[str],
    labels: Iterable[int] | Iterable[str],
    tokenizer: PreTrainedTokenizerBase,
    length: int = 128,
) -> Packed:
    """Tokenise labelled texts and fill rows with as many whole ones as fit.

    Longer texts are cut to the row. The last row, which may not be full, is kept.

    Args:
        texts: documents or sentences.
        labels: one whole number or string per text; at least two different ones.
        tokenizer: one with a mark that begins a text.
        length: tokens per row.

    Raises:
        BadValue: texts or labels that cannot work; a tokenizer without [CLS] or padding.

    Example:
        >>> from tl_helpers import models
        >>> texts, labels = ["Good.", "Bad."] * 50, [1, 0] * 50
        >>> pack(texts, labels, models.town_tokenizer(), length=64).rows.shape
        (7, 2, 64)
    """
    listed, length = checks.texts(texts), checks.whole(length, "length", 3)
    classes, targets = classes_of(listed, labels)
    if None in (tokenizer.cls_token_id, tokenizer.pad_token_id):
        raise BadValue("The tokenizer has no [CLS] or no padding.", "Use models.town_tokenizer().")
    ids = tokenizer(
        listed, truncation=True, max_length=length, return_attention_mask=False, verbose=False
    )["input_ids"]
    sizes = [len(one) for one in ids]
    row, used, where = 0, 0, []
    for size in sizes:
        if used + size > length:
            row, used = row + 1, 0
        where.append((row, used))
        used += size
    out = np.empty((row + 1, 2, length), dtype=np.int32)
    out[:, 0], out[:, 1] = tokenizer.pad_token_id, -1
    for one, target, size, (r, at) in zip(ids, targets, sizes, where, strict=True):
        out[r, 0, at : at + size] = one
        out[r, 1, at : at + size] = target
    return Packed(out, classes)


def fit(
    model: PreTrainedModel,
    packed: Packed,
    *,
    tokenizer: PreTrainedTokenizerBase,
    **plan: Any,
) -> History:
    """Train the body of ``model`` in place to name the class of each text; the head is not kept.

    The head is linear, on the mean of the last layer's states of the text (the same reading as that
    of ``adapt.embed``).

    Args:
        model: an encoder of transformers with or without a head; its body is trained.
        packed: from :func:`pack`, at least ``batch_size`` rows.
        tokenizer: the one that packed.
        **plan: see :class:`~tl_helpers.train.loop.Plan` and ``pretrain.fit``; here the optimiser
            is "muon" and the learning rate 8e-3 unless you say otherwise. ``seed`` decides the
            head's first weights and the order; ``evaluate`` is called with the body.

    Returns:
        The history; its tokens count the rows, padding included.

    Raises:
        BadValue, UnknownName, CourseError, BrokenFile, Stopped: see ``pretrain.fit``.

    Example:
        >>> from tl_helpers import models
        >>> model, tokenizer = models.new("tiny")
        >>> packed = pack(["Good.", "Bad."] * 90, [1, 0] * 90, tokenizer, length=64)
        >>> history = fit(model, packed, tokenizer=tokenizer, steps=9, batch_size=8, progress=False)
        >>> len(history.loss)
        9
    """
    if not isinstance(packed, tuple) or len(packed) != 2:
        raise BadValue(
            f"packed={checks.shown(packed)} is not what pack() gives.",
            "Make it with supervised.pack(texts, labels, tokenizer).",
        )
    rows, classes = packed
    body = reader_of(model)
    if not isinstance(rows, np.ndarray) or rows.ndim != 3 or rows.shape[1] != 2 or rows.size == 0:
        raise BadValue(
            f"rows must have the shape [n, 2, length], not {list(np.shape(rows))}.",
            "Make them with supervised.pack(texts, labels, tokenizer).",
        )
    window = window_of(None, body) or rows.shape[2]
    if rows.shape[2] > window:
        raise BadValue(
            f"Rows of length {rows.shape[2]} do not fit the model, which reads {window} tokens.",
            "Pack shorter rows.",
        )
    check_ids(rows[:, 0], body)
    how = Plan.of(plan, optimiser="muon", learning_rate=8e-3)
    learned = Objective.of_rows(
        rows,
        how,
        name="learning from labels",
        loss_of=partial(loss_of, first=tokenizer.cls_token_id, pad=tokenizer.pad_token_id),
        settings={"objective": "labels", "classes": len(classes)},
        attention=_eager_body,
    )
    history = run(make_reader(body, len(classes), how.seed), learned, how, owner=body)
    model.eval()
    return history


def _eager_body(reader: Any) -> AbstractContextManager[None]:
    return precision.eager_attention(reader.body)


def make_reader(body: PreTrainedModel, classes: int, seed: int) -> torch.nn.Module:
    """A body under a linear head, with what the loop asks of a model.

    Example:
        >>> from tl_helpers import models
        >>> make_reader(models.new("tiny")[0].base_model, classes=2, seed=0).score
        Linear(in_features=32, out_features=2, bias=True)
    """
    import torch

    class Reader(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.config = body, body.config
            self.score = torch.nn.Linear(body.config.hidden_size, classes)

        device = property(lambda self: self.body.device)
        dtype = property(lambda self: self.body.dtype)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(checks.seed(seed))
        return Reader().to(body.device)


def loss_of(reader: Any, batch: np.ndarray, first: int, pad: int) -> torch.Tensor:
    """Mean cross-entropy (nats) of the class of each text, from the mean of its states.

    Args:
        reader: from :func:`make_reader`.
        batch: ``[batch, 2, length]`` rows from :func:`pack`.
        first: the id that begins a text.
        pad: the id that fills a row.

    Example:
        >>> loss_of(reader, packed.rows[:32], first=2, pad=0).ndim  # doctest: +SKIP
        0
    """
    import torch
    from torch.nn import functional

    ids, target = (torch.from_numpy(batch[:, i].astype(np.int64)).to(reader.device) for i in (0, 1))
    which = (ids == first).cumsum(1) * (ids != pad)
    states = reader.body(
        input_ids=ids, attention_mask=batches.attention_mask(which, False, reader.dtype)
    )[0]
    real = which > 0
    number = (ids == first).reshape(-1).cumsum(0).reshape(ids.shape) - 1
    texts = int(number.max()) + 1
    sums = states.new_zeros(texts, states.shape[-1], dtype=torch.float32)
    sums = sums.index_add(0, number[real], states[real].float())
    counts = torch.bincount(number[real], minlength=texts)[:, None]
    logits = reader.score((sums / counts).to(reader.dtype))
    return functional.cross_entropy(logits.float(), target[ids == first])
