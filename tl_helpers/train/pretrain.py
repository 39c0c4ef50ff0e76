"""Pre-training a language model from scratch, as fast as two CPU cores allow.

The loop trains any masked or causal language model of ``transformers``, and pairs that detect
replaced tokens (ELECTRA). It does nothing exotic: what makes it fast is that it leaves out work
that is not needed.

* text is packed: every position of every batch holds a real token, and all shapes are fixed;
* logits are computed at the masked positions only;
* matrices are multiplied in bfloat16 where the CPU can, with 32-bit weights behind them;
* plain attention instead of the fused kernel, which is slower at these lengths;
* one fused optimiser call, and no reading of the loss back at every step.

``python -m tl_helpers bench`` measures it against ``transformers.Trainer``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue, CourseError
from tl_helpers.core.vocabulary import check_ids
from tl_helpers.train import batches, precision
from tl_helpers.train.loop import History, Objective, Plan, Stopped, run
from tl_helpers.train.texts import first_position, reader_of, window_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["History", "Plan", "Stopped", "fit", "pack", "reading_order"]
OBJECTIVES = ("mlm", "clm", "rtd")
#: How the studies of the course train a small masked language model, unless that is their question.
SMALL: dict[str, Any] = {
    "learning_rate": 8e-3,
    "optimiser": "muon",
    "mask_rate": 0.25,
    "progress": False,
}


def pack(texts: Iterable[str], tokenizer: PreTrainedTokenizerBase, length: int = 128) -> np.ndarray:
    """Tokenise documents and cut them, end to end, into blocks without padding.

    Each document is encoded as the tokenizer does it for a task later on, ``[CLS] ... [SEP]``
    (GPT-2: the end-of-text mark in front). A document may go on in the next block. :func:`fit`
    hides documents that share a block from each other.

    The length matters more than it seems. A cut document hides its first half from its second,
    and where meaning lies in what sentences have in common, that is the signal itself: with blocks
    about as long as the town's documents, a small model discovers sentiment late or not at all.

    Args:
        texts: documents.
        tokenizer: a tokenizer of transformers.
        length: tokens per block; best several times that of a document.

    Returns:
        ``[blocks, length]`` int32; the last incomplete block is dropped.

    Raises:
        BadValue: no texts, one that is no string, or too few for one block.

    Example:
        >>> from tl_helpers import models
        >>> pack(["The soup was good."] * 100, models.town_tokenizer(), length=64).shape
        (10, 64)
    """
    texts, length = checks.texts(texts), checks.whole(length, "length", 2)
    rows = _encode(texts, tokenizer)
    first, end = batches.marks(tokenizer)
    if tokenizer.num_special_tokens_to_add() == 0:
        rows = [[first, *row] if end == first else [first, *row, end] for row in rows]
    stream = np.concatenate([np.asarray(row, dtype=np.int32) for row in rows])
    n = len(stream) // length
    if n == 0:
        raise BadValue(
            f"The texts have {len(stream)} tokens, fewer than one block of {length}.",
            "Pass more text, or a smaller length.",
        )
    return stream[: n * length].reshape(n, length)


def reading_order(n_blocks: int, batch_size: int, steps: int, seed: int = 0) -> np.ndarray:
    """Which blocks :func:`fit` reads at which step, for whoever wants to read them likewise.

    Every epoch has a fresh order; a last incomplete batch of an epoch is left out.

    Args:
        n_blocks: how many there are.
        batch_size: blocks per step.
        steps: how many.
        seed: that of ``fit``.

    Returns:
        ``[steps, batch_size]`` indices of blocks.

    Raises:
        BadValue: a number below one, fewer blocks than a batch needs, or no seed.

    Example:
        >>> reading_order(n_blocks=4, batch_size=2, steps=3).shape
        (3, 2)
    """
    n_blocks = checks.at_least_one(n_blocks, "n_blocks")
    batch_size = checks.at_least_one(batch_size, "batch_size")
    steps = checks.at_least_one(steps, "steps")
    order = batches.Order(n_blocks, batch_size, checks.seed(seed))
    return np.stack([order(step) for step in range(steps)])


def _encode(texts: list[str], tokenizer: PreTrainedTokenizerBase) -> list[list[int]]:
    if not getattr(tokenizer, "is_fast", False):
        return tokenizer(texts, return_attention_mask=False, verbose=False)["input_ids"]
    # The tokenizer's Rust core directly: ids only, a third less time. An earlier call may have left
    # it cutting and padding; transformers sets both anew at each of its own calls.
    core = tokenizer.backend_tokenizer
    core.no_truncation()
    core.no_padding()
    return [encoding.ids for encoding in core.encode_batch_fast(texts)]


def fit(
    model: PreTrainedModel,
    blocks: np.ndarray,
    *,
    tokenizer: PreTrainedTokenizerBase,
    objective: str = "mlm",
    mask_rate: float = 0.15,
    generator: PreTrainedModel | None = None,
    discriminator_weight: float = 50.0,
    separate_documents: bool = True,
    **plan: Any,
) -> History:
    """Pre-train ``model`` in place (it is left in evaluation mode).

    Masked language modelling follows Devlin et al. (2019), with a fixed number of masked tokens
    per block; causal language modelling predicts each next token of the same document;
    replaced-token detection (Clark et al., 2020) trains ``model`` to find the words that a small
    generator, trained along with it, has put in place of others (:mod:`tl_helpers.train.electra`).

    Same seed, same machine, same number of threads: same result, also when the run was killed and
    resumed. The global random state is left as it was.

    Args:
        model: a masked ("mlm") or causal ("clm") language model, or an
            ``ElectraForPreTraining`` ("rtd").
        blocks: ``[n, length]`` token ids from :func:`pack`; at least ``batch_size`` of them.
        tokenizer: the one that made the blocks.
        objective: ``"mlm"``, ``"clm"`` or ``"rtd"``.
        mask_rate: share of positions to predict ("mlm") or to fill anew ("rtd").
        generator: for "rtd", trained in place as well; by default ``electra.new_generator(model,
            seed=seed)``, half as wide as the model.
        discriminator_weight: for "rtd", what the discriminator's loss counts against that of the
            generator (50 in the paper).
        separate_documents: hide documents that share a block from each other.
        **plan: see :class:`~tl_helpers.train.loop.Plan`: ``steps`` (always to be said),
            ``batch_size`` (32), ``learning_rate`` (1e-3), ``schedule`` ("linear"), ``warmup``
            (0.1), ``optimiser`` ("adamw"), ``betas``, ``weight_decay`` (0.01), ``clip``, ``seed``
            (of order, masks and dropout), ``evaluate``, ``evaluate_every``, ``until``,
            ``checkpoint`` (a folder to go on from), ``checkpoint_every``, ``autocast`` and
            ``progress``.

    Returns:
        The history of loss, evaluations and speed.

    Raises:
        BadValue: blocks, objective or numbers that cannot work.
        UnknownName: a setting that no plan has.
        CourseError: the loss became NaN; ``checkpoint`` holds a run with other settings; or the
            model cannot read such blocks, or sees what it is to predict.
        BrokenFile: the saved state is damaged.
        Stopped: by ■ or Ctrl-C; says where the run will go on.

    Example:
        >>> from tl_helpers import models
        >>> model, tokenizer = models.new("tiny")
        >>> blocks = pack(["The soup was good."] * 200, tokenizer, length=64)
        >>> history = fit(model, blocks, tokenizer=tokenizer, steps=9, batch_size=8, progress=False)
        >>> len(history.loss)
        9
    """
    how = Plan.of(plan)
    mask_rate = checks.share(mask_rate, "mask_rate", inside=True)
    discriminator_weight = checks.not_negative(discriminator_weight, "discriminator_weight")
    separate_documents = checks.flag(separate_documents, "separate_documents")
    try:
        blocks = np.ascontiguousarray(blocks)
    except (TypeError, ValueError):  # rows of different lengths
        blocks = np.empty(0)
    _check(model, blocks, tokenizer, objective)
    if generator is not None and objective != "rtd":
        raise BadValue(f"A generator means nothing to {objective!r}.", 'It belongs to "rtd" only.')
    trained: Any = model
    loss_of: Any = None
    if objective != "rtd":
        causal = _tried(model, blocks, objective, separate_documents)
        loss_of = _guarded(
            partial(
                batches.loss_of, objective=objective, separate=separate_documents, causal=causal
            )
        )
    settings: dict[str, Any] = {
        "objective": objective,
        "mask_rate": mask_rate,
        "separate_documents": separate_documents,
    }
    if objective == "rtd":
        from tl_helpers.train import electra

        trained = electra.Pair(model, generator, how.seed)
        loss_of = partial(electra.loss_of, separate=separate_documents, weight=discriminator_weight)
        settings["discriminator_weight"] = discriminator_weight
    read = batches.Batches(blocks, tokenizer, objective, mask_rate, how.batch_size, how.seed)
    learned = Objective(
        name="pre-training",
        batch_of=read,
        loss_of=loss_of,
        tokens_by=lambda step: step * how.batch_size * blocks.shape[1],
        data=blocks,
        settings=settings,
    )
    return run(trained, learned, how, owner=model)


def _tried(model: PreTrainedModel, blocks: np.ndarray, objective: str, separate: bool) -> bool:
    """Whether a model hides later words by itself; found, like all that cannot work, by trying."""
    # In every place another token; but what a model counts its positions by stays where it is.
    row, still = blocks[0], first_position(model)
    known = np.array([i for i in np.unique(blocks[:2]) if i != still] or [row[0]])
    next_one = known[(np.searchsorted(known, row) + 1) % len(known)]
    rows = np.stack([row, np.where(row == still, row, next_one) if still is not None else next_one])
    kind = type(model).__name__

    def probe(separate: bool, causal: bool) -> tuple[bool, bool]:
        with precision.eager_attention(model):
            return batches.probe(model, rows, objective, separate, causal)

    def works(separate: bool, causal: bool) -> bool:
        try:
            ahead, beside = probe(separate, causal)
        except Exception:
            return False
        return not (separate and beside) and not (objective == "clm" and ahead)

    if not separate and works(False, True):
        return True
    try:
        ahead, beside = probe(separate, False)
    except Exception as error:  # whatever a library raises for a mask that it does not expect
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
        raise CourseError(
            f"A {kind} cannot be trained by {objective!r} on these blocks ({said}).", _else(works)
        ) from error
    if objective == "clm" and ahead:
        raise CourseError(
            f"A {kind} lets words see later ones, whatever the mask says: there would be nothing "
            "to predict.",
            'Use a decoder such as GPT-2, or objective="mlm".',
        )
    if separate and beside:
        raise CourseError(
            f"A {kind} lets documents that share a block see each other, whatever the mask says.",
            _else(works),
        )
    return False


def _guarded(loss_of: Callable[..., Any]) -> Callable[..., Any]:
    """The same, with a word on what a model cannot do in the precision that it is trained in."""

    def guarded(worker: PreTrainedModel, batch: batches.Batch) -> Any:
        try:
            return loss_of(worker, batch)
        except RuntimeError as error:
            if "dtype" not in str(error):
                raise
            raise CourseError(
                f"A {type(worker).__name__} does not compute in {worker.dtype} "
                f"({' '.join(str(error).split())[:160]}).",
                'Pass autocast="float32".',
            ) from error

    return guarded


def _else(works: Callable[[bool, bool], bool]) -> str:
    """What to do with a model that cannot be trained as it was asked to be."""
    if works(False, True):
        return "Pass separate_documents=False."
    return "This family is not supported: use one such as BERT, RoBERTa or GPT-2."


def _check(
    model: PreTrainedModel,
    blocks: np.ndarray,
    tokenizer: PreTrainedTokenizerBase,
    objective: str,
) -> None:
    checks.one_of(objective, OBJECTIVES, "objective")
    reader_of(model)  # it is a model at all
    if getattr(model.config, "is_encoder_decoder", False):
        raise BadValue(
            f"A {type(model).__name__} reads one text and writes another.",
            "Use an encoder or a decoder; a translator learns by translation.fit.",
        )
    if objective != "rtd" and model.get_output_embeddings() is None:
        raise BadValue(
            f"A {type(model).__name__} has no head that names words, as {objective!r} needs one.",
            'Load it with task="masked-lm" or "causal-lm"; a discriminator learns by "rtd".',
        )
    if blocks.ndim != 2 or blocks.size == 0 or blocks.dtype.kind not in "iu":
        raise BadValue(
            f"blocks must be whole numbers of shape [n, length], not {blocks.dtype} "
            f"{list(blocks.shape)}.",
            "Make them with pretrain.pack(texts, tokenizer).",
        )
    window = window_of(None, model)
    if blocks.shape[1] < 2 or (window and blocks.shape[1] > window):
        raise BadValue(
            f"Blocks of {blocks.shape[1]} tokens do not fit this model (2 to {window}).",
            "Pack again with another length.",
        )
    check_ids(blocks, model)
    if int(blocks.max()) >= len(tokenizer):
        raise BadValue(
            f"The blocks hold token {blocks.max()}, the tokenizer knows 0 to {len(tokenizer) - 1}.",
            "Pack with the tokenizer that belongs to the model.",
        )
    if objective != "clm" and tokenizer.mask_token_id is None:
        raise BadValue("The tokenizer has no mask token.", 'Use objective="clm".')
