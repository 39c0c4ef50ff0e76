"""Texts as batches: tokenised once, sorted by length, padded as little as possible.

Here stands, in one place, what a model asks of the numbers that it reads: how many of them fit,
which there are, and with what, and on which side, shorter ones are filled up.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tl_helpers.core.errors import BadValue
from tl_helpers.core.vocabulary import check_ids
from tl_helpers.train import precision

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_POOL = 8  # batches that are sorted by length together while training
_NO_LIMIT = 10**9  # transformers writes 1e30 where a tokenizer knows no limit
_PROBED = 5  # tokens of padding with which a model is tried


class Padding(NamedTuple):
    """How rows of different lengths become one batch.

    Attributes:
        id: what fills up.
        side: ``"right"``, ``"left"``, or ``"none"`` for a model whose answers change with any
            padding: it gets batches of rows of one length.
    """

    id: int
    side: str = "right"


def reader_of(model: PreTrainedModel) -> PreTrainedModel:
    """The part of a model that turns a text into states: its body, of a translator the encoder.

    Raises:
        BadValue: it is not a model of transformers.

    Example:
        >>> from tl_helpers.models import load
        >>> type(reader_of(load("town-mlm", task="masked-lm").model)).__name__
        'BertModel'
    """
    if not hasattr(model, "config") or not hasattr(model, "base_model"):
        raise BadValue(
            f"A {type(model).__name__} is not a model of transformers.",
            "Load one: model, tokenizer = tl.models.load(name).",
        )
    if getattr(model.config, "is_encoder_decoder", False):
        return model.get_encoder()
    return model.base_model


def encode(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], model: PreTrainedModel
) -> list[list[int]]:
    """Token ids of each text, cut to what the model can read; never an empty row.

    Raises:
        BadValue: the tokenizer is not that of the model.

    Example:
        >>> from tl_helpers import models
        >>> model, tokenizer = models.new("tiny")
        >>> encode(tokenizer, ["Fine."], model)
        [[2, 787, 7, 3]]
    """
    rows = tokens_of(tokenizer, model, texts)["input_ids"]
    filler = padding_id(tokenizer, model)
    if _reads_at_the_end(model):
        end, window = model.config.eos_token_id, window_of(tokenizer, model)
        most = None if window is None else window - 1
        rows = [[*[i for i in row if i != end][:most], end] for row in rows]
        check_ids(rows, model)
    return [row or [filler] for row in rows]


def tokens_of(
    tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, texts: Sequence[Any], **how: Any
) -> Any:
    """What the tokenizer makes of ``texts``, cut to what the model can read, every id known to it.

    Args:
        tokenizer: the one that belongs to the model.
        model: reads it.
        texts: strings, or with ``is_split_into_words=True`` lists of words.
        **how: further arguments of the tokenizer.

    Raises:
        BadValue: the tokenizer is not that of the model, or none at all.

    Example:
        >>> tokens_of(tokenizer, model, ["Fine."])["input_ids"]  # doctest: +SKIP
        [[2, 787, 7, 3]]
    """
    if not callable(tokenizer) or not hasattr(tokenizer, "all_special_ids"):
        raise BadValue(
            f"A {type(tokenizer).__name__} is not a tokenizer of transformers.",
            "Load it with its model: model, tokenizer = tl.models.load(name).",
        )
    window = window_of(tokenizer, model)
    marks = tokenizer.num_special_tokens_to_add()
    if window is not None and window <= marks:
        raise BadValue(
            f"This model reads {window} tokens, and {marks} of them are marks around the text.",
            "Use a model with a wider window.",
        )
    cut = {} if window is None else {"truncation": True, "max_length": window}
    encoded = tokenizer(list(texts), return_attention_mask=False, verbose=False, **cut, **how)
    check_ids(encoded["input_ids"], model)
    return encoded


def window_of(tokenizer: PreTrainedTokenizerBase | None, model: PreTrainedModel) -> int | None:
    """How many tokens the model and its tokenizer can read at once; None if neither has a limit.

    Where positions are counted from behind the padding id (RoBERTa and its kin), the table of
    positions is longer than that by as much.

    Example:
        >>> from tl_helpers import models
        >>> model, tokenizer = models.new("tiny")
        >>> window_of(tokenizer, model)
        128
    """
    limits = []
    said = getattr(tokenizer, "model_max_length", None)
    if said is not None and 0 < said < _NO_LIMIT:
        limits.append(int(said))
    positions = getattr(model.config, "max_position_embeddings", None)
    if _relative(model):
        positions = None
    if positions is not None and 0 < positions < _NO_LIMIT:
        first = first_position(model)
        limits.append(int(positions) - (0 if first is None else first + 1))
    return min(limits, default=None)


def _relative(model: PreTrainedModel) -> bool:
    """Whether positions are only told apart relatively, so that no table of them ends."""
    config = model.config
    if config.model_type in ("t5", "mt5", "umt5", "longt5", "bloom", "xlnet"):
        return True
    return config.model_type in ("deberta", "deberta-v2") and not config.position_biased_input


def first_position(model: PreTrainedModel) -> int | None:
    """The padding id behind which a model counts positions; None where it counts from zero.

    Example:
        >>> from tl_helpers import models
        >>> first_position(models.new("tiny")[0]) is None
        True
    """
    import torch

    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Embedding) and "position" in name.rpartition(".")[2]:
            if module.padding_idx is not None:
                return int(module.padding_idx)
    return None


def padding_id(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> int:
    """The id to pad with.

    That of the tokenizer; the end mark where it has no padding token, as GPT-2's. A model that
    counts positions from behind the padding id has to be padded with the one that it counts from.

    Raises:
        BadValue: the model has no vector for it.

    Example:
        >>> from tl_helpers import models
        >>> model, tokenizer = models.load("minilm")
        >>> padding_id(tokenizer, model)
        0
    """
    first = first_position(model)
    if first is not None:
        return first
    known = (tokenizer.pad_token_id, tokenizer.eos_token_id)
    filler = next((int(number) for number in known if number is not None), 0)
    check_ids([[filler]], model)
    return filler


def set_padding(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Tell a model which id pads (and ends a text), in the one place where this is done.

    A classifier on a decoder finds the end of a text by it; another id there, and the answer for a
    text would depend on the texts beside it.

    Example:
        >>> set_padding(network, tokenizer)  # doctest: +SKIP
    """
    filler, config = padding_id(tokenizer, model), model.config
    config.pad_token_id = config.get_text_config().pad_token_id = filler
    if _reads_at_the_end(model):
        ends = (tokenizer.eos_token_id, tokenizer.sep_token_id, config.eos_token_id)
        config.eos_token_id = next((end for end in ends if end is not None), None)
        if config.eos_token_id is None:
            raise BadValue(
                f"A {type(model).__name__} reads its answer off the mark that ends a text, and "
                "this tokenizer has none.",
                "Set its eos_token, or use an encoder.",
            )
        if getattr(config, "decoder_start_token_id", None) is None:
            config.decoder_start_token_id = filler


_SIDES: weakref.WeakKeyDictionary[Any, dict[int, str]] = weakref.WeakKeyDictionary()


def padding_of(
    tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, rows: Sequence[Sequence[int]]
) -> Padding:
    """How ``rows`` are to be padded for a model, found by trying it.

    Most models read a text alike whatever follows it behind the mask. Some do not: those that read
    their answer off the last place, mix neighbours, or have no mask at all.

    Args:
        tokenizer: the one that belongs to it.
        model: not its copy in 16 bits, whose rounding hides what padding changes.
        rows: token ids of texts.

    Example:
        >>> padding_of(tokenizer, model, [[2, 3], [2, 787, 3]])  # doctest: +SKIP
        Padding(id=0, side='right')
    """
    filler = padding_id(tokenizer, model)
    known = _SIDES.setdefault(model, {})
    if filler not in known:
        short = min(rows, key=len)
        longer = sorted({len(row) for row in rows if len(row) > len(short)})
        if not longer:
            return Padding(filler)
        wanted = next((n for n in longer if n >= len(short) + _PROBED), longer[-1])
        beside = next(row for row in rows if len(row) == wanted)
        sides = ("right", "left")
        exact = _exact(model)
        side = next((s for s in sides if _same(exact, short, beside, Padding(filler, s))), "none")
        if wanted < len(short) + _PROBED and side == "right":
            return Padding(filler)  # so little padding proves little
        known[filler] = side
    return Padding(filler, known[filler])


def _exact(model: PreTrainedModel) -> PreTrainedModel:
    """The model as it computes in 32 bits and without dropout.

    A copy borrows the table of word vectors, which is most of the weights of a multilingual model.
    """
    import torch

    class Looked(torch.nn.Module):
        weight = property(lambda self: table.weight)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return table(ids).float()

    whole = all(p.dtype == torch.float32 for p in model.parameters() if p.is_floating_point())
    if whole and not model.training:
        return model
    table = model.get_input_embeddings()
    return precision.copy_as(model, torch.float32, {id(table): Looked()}).eval()


def _same(
    model: PreTrainedModel, row: Sequence[int], longer: Sequence[int], padding: Padding
) -> bool:
    """Whether a model says the same of a row alone and beside a longer one."""
    import torch

    alone, padded = pad([row], padding), pad([row, longer], padding)
    answers = []
    with torch.inference_mode():
        for ids, mask in (alone, padded):
            out = call(model, ids.to(model.device), mask.to(model.device))
            if "logits" in out:
                answers.append(out["logits"][0].float())
            else:
                answers.append(out[0][0][mask[0].bool().to(model.device)].float())
    if answers[0].shape != answers[1].shape:
        return False
    size = float(answers[0].abs().max())
    return bool((answers[0] - answers[1]).abs().max() <= 1e-3 * size + 1e-6)


def call(
    model: PreTrainedModel, ids: torch.Tensor, mask: torch.Tensor, states: bool = False
) -> Any:
    """One forward pass; a model that has no mask for padding is not given one.

    Example:
        >>> call(model, ids, mask)[0].shape  # doctest: +SKIP
        torch.Size([2, 9, 128])
    """
    import inspect

    takes = inspect.signature(model.forward).parameters
    given: dict[str, Any] = {"input_ids": ids}
    if "attention_mask" in takes or any(p.kind is p.VAR_KEYWORD for p in takes.values()):
        given["attention_mask"] = mask
    if states:
        given["output_hidden_states"] = True
    return model(**given)


def _reads_at_the_end(model: PreTrainedModel) -> bool:
    """Whether it is a classifier on a translator, which reads its answer off the end mark."""
    classifies = type(model).__name__.endswith("ForSequenceClassification")
    return classifies and bool(getattr(model.config, "is_encoder_decoder", False))


def pad(rows: Sequence[Sequence[int]], padding: Padding) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and attention mask, both ``[rows, longest]``.

    Example:
        >>> ids, mask = pad([[5, 6], [7]], Padding(0))
        >>> ids.tolist(), mask.tolist()
        ([[5, 6], [7, 0]], [[1, 1], [1, 0]])
    """
    import torch

    lengths = np.array([len(row) for row in rows])
    mask = np.arange(lengths.max()) < lengths[:, None]
    if padding.side == "left":
        mask = mask[:, ::-1]
    ids = np.full(mask.shape, padding.id, dtype=np.int64)
    ids[mask] = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows])
    return torch.from_numpy(ids), torch.from_numpy(mask.astype(np.int64))


def by_length(
    rows: Sequence[Sequence[int]],
    batch_size: int,
    longest_first: bool = True,
    padding: Padding | None = None,
) -> Iterator[np.ndarray]:
    """Indices in batches of about equal length; the longest first show early if memory lacks.

    Args:
        rows: token ids.
        batch_size: most rows of a batch.
        longest_first: or the shortest.
        padding: where its side is ``"none"``, all rows of a batch are equally long.

    Example:
        >>> [batch.tolist() for batch in by_length([[1], [1, 2, 3], [1, 2]], batch_size=2)]
        [[1, 2], [0]]
    """
    sign = -1 if longest_first else 1
    lengths = np.array([len(row) for row in rows])
    order = np.argsort(sign * lengths, kind="stable")
    parts = [order]
    if padding is not None and padding.side == "none":
        parts = np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1)
    for part in parts:
        for start in range(0, len(part), batch_size):
            yield part[start : start + batch_size]


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
