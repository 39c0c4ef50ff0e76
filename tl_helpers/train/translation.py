"""Translation as pre-training: an encoder-decoder made of two small BERTs, and its fast loop.

The encoder reads a sentence of one language, the decoder writes it in another and looks at what the
encoder has made of each word. What is left when the decoder is thrown away is an encoder that has
been taught by translation alone (CoVe: McCann et al., 2017).

* pairs are packed: several to a row, each hidden from the others, nearly no padding;
* every sentence counts its positions from zero, as it will when it is translated alone;
* otherwise the loop is that of :mod:`tl_helpers.train.pretrain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tl_helpers import questions
from tl_helpers.core import checks, output
from tl_helpers.core.errors import BadValue
from tl_helpers.core.vocabulary import vocabulary_of
from tl_helpers.models import small
from tl_helpers.train import batches, precision
from tl_helpers.train.loop import History, Objective, Plan, run
from tl_helpers.train.texts import Padding, by_length, encode, pad

if TYPE_CHECKING:
    import torch
    from transformers import EncoderDecoderModel, PreTrainedTokenizerBase

__all__ = ["Translator", "fit", "held_out_bleu", "load", "new", "pack", "translate"]


class Translator(NamedTuple):
    """A model and what turns both its languages into numbers."""

    model: EncoderDecoderModel
    source: PreTrainedTokenizerBase
    target: PreTrainedTokenizerBase


def new(
    size: str = "small",
    seed: int = 0,
    *,
    source: PreTrainedTokenizerBase | None = None,
    target: PreTrainedTokenizerBase | None = None,
) -> Translator:
    """An encoder-decoder of ``transformers`` with random weights.

    The encoder has the architecture of ``models.new(size, "mlm")``; the decoder is as wide and as
    deep, with cross-attention, and its output layer shares the weights of its word table.

    Args:
        size: a key of ``models.SIZES``.
        seed: seed of the weights; torch's global random state is left as it was.
        source: tokenizer of the language to read; by default the town's English.
        target: tokenizer of the language to write; by default Ondalese.

    Raises:
        UnknownName: no such size.
        BadValue: a tokenizer without [CLS], [SEP] or padding.

    Example:
        >>> new("tiny").model.config.encoder.hidden_size
        32
    """
    import torch
    from transformers import BertConfig, BertLMHeadModel, BertModel, EncoderDecoderModel

    checks.known("size", size, small.SIZES)
    source = source or small.town_tokenizer()
    target = target or small.town_tokenizer(language="ondalese")
    for tokenizer in (source, target):
        _check_marks(tokenizer)
    reader = BertConfig(**small.bert(size, source, {}))
    writer = BertConfig(
        **small.bert(size, target, {"is_decoder": True, "add_cross_attention": True})
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(checks.seed(seed))
        model = EncoderDecoderModel(
            encoder=BertModel(reader, add_pooling_layer=False), decoder=BertLMHeadModel(writer)
        )
    model.config.decoder_start_token_id = target.cls_token_id
    model.config.eos_token_id = target.sep_token_id
    model.config.pad_token_id = target.pad_token_id
    g = model.generation_config
    g.decoder_start_token_id, g.bos_token_id = target.cls_token_id, target.cls_token_id
    g.eos_token_id, g.pad_token_id = target.sep_token_id, target.pad_token_id
    g.max_length = small.MAX_LENGTH // 2
    return Translator(model.train(), source, target)


def load(name: str = "town-mt") -> Translator:
    """A shipped translator, from English to Ondalese, in evaluation mode.

    Raises:
        UnknownName: there is no such model. BrokenFile: a file is missing or changed.
        BadValue: it is no translator.

    Example:
        >>> translate(load(), ["I loved it."])
        ['na tun naumol.']
    """
    from tl_helpers import models
    from tl_helpers.models import saved

    model, source = models.load(name, task="seq2seq-lm")
    target = saved.read_tokenizer(models.folder(name) / "target")
    return Translator(model, source, target)


def held_out_bleu(model: Any, source: Any, documents: int = 60) -> float:
    """BLEU (0 to 100, sacreBLEU) on sentences of the town that nothing was trained on.

    Args:
        model: a translator from English to Ondalese.
        source: its tokenizer of English.
        documents: how many held-out documents the sentences are from (5 or 6 each).

    Example:
        >>> held_out_bleu(*load()[:2]) > 90  # doctest: +SKIP
        True
    """
    from tl_helpers import town
    from tl_helpers.measure import evaluate

    documents = checks.at_least_one(documents, "documents")
    pairs = town.Town(seed=0).corpus(documents, start=questions.FIRST_UNSEEN_DOCUMENT).parallel()
    translator = Translator(model, source, small.town_tokenizer(language="ondalese"))
    translations = translate(translator, [pair.source for pair in pairs])
    return evaluate.bleu([pair.target.lower() for pair in pairs], translations)


def pack(
    pairs: Iterable[Sequence[Any]],
    source: PreTrainedTokenizerBase,
    target: PreTrainedTokenizerBase,
    length: int = 64,
) -> np.ndarray:
    """Tokenise sentence pairs and fill rows with as many as fit on both sides.

    A pair is never cut: one that does not fit into a row of its own is left out. The last row,
    which may not be full, is kept.

    Args:
        pairs: each begins with the source text and the target text, such as
            ``town.Town().corpus(1000).parallel()``.
        source: tokenizer of the source.
        target: tokenizer of the target.
        length: tokens per row, of each language.

    Returns:
        ``[rows, 2, length]`` int32: source and target, ``[CLS] ... [SEP]`` each, padded.

    Raises:
        BadValue: no pairs, or none that fits.

    Example:
        >>> young = new("tiny")
        >>> pack([("I loved it.", "Na tun naumol.")] * 40, young.source, young.target).shape
        (4, 2, 64)
    """
    length = checks.whole(length, "length", 3)
    listed = checks.listed(pairs, "pairs", "pair")
    odd = [
        place
        for place, pair in enumerate(listed)
        if isinstance(pair, str) or not isinstance(pair, Sequence | np.ndarray) or len(pair) < 2
    ]
    if not listed or odd:
        where = f": pairs[{odd[0]}] is {checks.shown(listed[odd[0]])}" if odd else ""
        raise BadValue(
            f"pack() needs pairs of texts{where}.", "Pass [(source, target), ...], at least one."
        )
    sides = []
    for i, tokenizer in enumerate((source, target)):
        _check_marks(tokenizer)
        texts = checks.texts([pair[i] for pair in listed], "pairs")
        sides.append(tokenizer(texts, return_attention_mask=False, verbose=False)["input_ids"])
    rows: list[list[list[int]]] = []
    room = [0, 0]
    for ids in zip(*sides, strict=True):
        if max(map(len, ids)) > length:
            continue
        if any(len(one) > free for one, free in zip(ids, room, strict=True)):
            rows.append([[], []])
            room = [length, length]
        for i, one in enumerate(ids):
            rows[-1][i] += one
            room[i] -= len(one)
    if not rows:
        raise BadValue(f"No pair fits into {length} tokens.", "Pass a larger length.")
    out = np.empty((len(rows), 2, length), dtype=np.int32)
    for i, tokenizer in enumerate((source, target)):
        out[:, i] = tokenizer.pad_token_id
    for row, pair in zip(out, rows, strict=True):
        for line, side in zip(row, pair, strict=True):
            line[: len(side)] = side
    return out


def fit(translator: Translator, rows: np.ndarray, **plan: Any) -> History:
    """Train a translator in place to predict each next word of the target; left in evaluation mode.

    Args:
        translator: from :func:`new`.
        rows: ``[n, 2, length]`` from :func:`pack`, at least ``batch_size`` of them.
        **plan: see :class:`~tl_helpers.train.loop.Plan` and ``pretrain.fit``; here the optimiser
            is "muon" and the learning rate 8e-3 unless you say otherwise.

    Returns:
        The history; its tokens are those of both languages, padding included.

    Raises:
        BadValue, UnknownName, CourseError, BrokenFile, Stopped: see ``pretrain.fit``.

    Example:
        >>> fit(translator, rows, steps=100).loss[-1] < 2  # doctest: +SKIP
        True
    """
    model, source, target = translator
    for tokenizer in (source, target):
        _check_marks(tokenizer)
    if not isinstance(rows, np.ndarray) or rows.ndim != 3 or rows.shape[1] != 2 or rows.size == 0:
        raise BadValue(
            f"rows must have the shape [n, 2, length], not {list(np.shape(rows))}.",
            "Make them with translation.pack(pairs, source, target).",
        )
    for i, side in enumerate((model.encoder, model.decoder)):
        known = vocabulary_of(side) or 0
        if rows[:, i].min() < 0 or rows[:, i].max() >= known:
            raise BadValue(
                f"The rows hold token {rows[:, i].max()}, the model knows 0 to {known - 1}.",
                "Pack with the tokenizers that belong to the model.",
            )
    how = Plan.of(plan, optimiser="muon", learning_rate=8e-3)
    learned = Objective.of_rows(
        rows,
        how,
        name="learning to translate",
        loss_of=partial(loss_of, marks=marks_of(translator)),
        settings={"objective": "translation"},
    )
    return run(model, learned, how)


def marks_of(translator: Translator) -> tuple[tuple[int, int], ...]:
    """For source and target, the ids that begin a text and that fill a row.

    Example:
        >>> marks_of(new("tiny"))
        ((2, 0), (2, 0))
    """
    return tuple((t.cls_token_id, t.pad_token_id) for t in (translator.source, translator.target))


def loss_of(
    model: EncoderDecoderModel, batch: np.ndarray, marks: tuple[tuple[int, int], ...]
) -> torch.Tensor:
    """Mean cross-entropy (nats) of each next target word, given the source and the words before.

    Args:
        model: the encoder-decoder.
        batch: ``[batch, 2, length]`` from :func:`pack`.
        marks: from :func:`marks_of`.

    Example:
        >>> loss_of(model, rows[:32], marks_of(translator)).ndim  # doctest: +SKIP
        0
    """
    import torch
    from torch.nn import functional

    dtype = model.dtype
    ids = [torch.from_numpy(batch[:, i].astype(np.int64)).to(model.device) for i in (0, 1)]
    pair = [_which(x, first, pad) for x, (first, pad) in zip(ids, marks, strict=True)]
    states = model.encoder(
        input_ids=ids[0],
        position_ids=_positions(pair[0]),
        attention_mask=batches.attention_mask(pair[0], False, dtype),
    )[0]
    across = pair[1][:, None, :, None] == pair[0][:, None, None, :]
    written = model.decoder.bert(
        input_ids=ids[1],
        position_ids=_positions(pair[1]),
        attention_mask=batches.attention_mask(pair[1], True, dtype),
        encoder_hidden_states=states,
        encoder_attention_mask=torch.where(across, 0.0, torch.finfo(dtype).min).to(dtype),
        use_cache=False,
    )[0]
    goes_on = (pair[1][:, 1:] == pair[1][:, :-1]) & (pair[1][:, 1:] > 0)
    logits = model.decoder.cls(written[:, :-1][goes_on])
    return functional.cross_entropy(logits.float(), ids[1][:, 1:][goes_on])


def _which(ids: torch.Tensor, first: int, pad: int) -> torch.Tensor:
    """``[batch, length]``: which pair of the row a token is from, from 1; 0 is padding."""
    return (ids == first).cumsum(1) * (ids != pad)


def _positions(which: torch.Tensor) -> torch.Tensor:
    """``[batch, length]``: the place of each token in its own text, from 0."""
    import torch

    at = torch.arange(which.shape[1], device=which.device).expand_as(which)
    begins = torch.ones_like(which, dtype=torch.bool)
    begins[:, 1:] = which[:, 1:] != which[:, :-1]
    return at - torch.where(begins, at, 0).cummax(1).values


def translate(
    translator: Translator,
    texts: Iterable[str],
    *,
    batch_size: int = 100,
    longest: int = 40,
    **settings: Any,
) -> list[str]:
    """Translate sentences with ``model.generate``; greedy unless ``settings`` say otherwise.

    Args:
        translator: model and tokenizers.
        texts: sentences of the source language.
        batch_size: how many at a time; sorted by length, and given back in order.
        longest: the longest translation, in tokens, the mark that begins it included.
        **settings: anything that ``generate`` takes, such as ``num_beams=4``.

    Returns:
        One text for each, in lower case as the tokenizer's words are.

    Raises:
        BadValue: no texts, or one that is no string.

    Example:
        >>> translate(load(), ["I loved it."])
        ['na tun naumol.']
    """
    import torch

    model, source, target = translator
    batch_size = checks.at_least_one(batch_size, "batch_size")
    longest = checks.whole(longest, "longest", 2)
    rows = encode(source, checks.texts(texts), model.encoder)
    padding = Padding(source.pad_token_id)
    translations = [""] * len(rows)
    was_training = model.training
    model.eval()
    work = output.Working(len(rows), "translating", "text")
    with torch.inference_mode(), precision.eager_attention(model), work:
        for index in by_length(rows, batch_size):
            ids, mask = (x.to(model.device) for x in pad([rows[i] for i in index], padding))
            try:
                written = model.generate(
                    input_ids=ids,
                    attention_mask=mask,
                    max_length=longest,
                    **{"do_sample": False, **settings},
                )
            except (TypeError, ValueError, AttributeError, RuntimeError) as error:
                if not settings:
                    raise
                raise BadValue(
                    f"generate() does not take {checks.shown(settings)}: "
                    f"{str(error).strip().splitlines()[0]}",
                    "Its settings are those of transformers.GenerationConfig.",
                ) from None
            decoded = target.batch_decode(written, skip_special_tokens=True)
            for i, text in zip(index, decoded, strict=True):
                translations[i] = text
            work.update(len(index))
    model.train(was_training)
    return translations


def _check_marks(tokenizer: PreTrainedTokenizerBase) -> None:
    if None in (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id):
        raise BadValue(
            "A translator needs tokenizers with [CLS], [SEP] and padding.",
            "Make them with models.town_tokenizer(language=...).",
        )
