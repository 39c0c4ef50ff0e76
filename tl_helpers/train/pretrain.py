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

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue
from tl_helpers.train import batches, loop
from tl_helpers.train import texts as _texts
from tl_helpers.train.history import History, Stopped

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["History", "Stopped", "fit", "pack", "reading_order"]


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
    """
    texts = _texts.checked(texts)
    if length < 2:
        raise BadValue(f"length={length} is too short.", "Use at least 2 tokens per block.")
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
    """
    for name, value in (("n_blocks", n_blocks), ("batch_size", batch_size), ("steps", steps)):
        if value < 1:
            raise BadValue(f"{name} = {value!r}.", "Use a whole number from 1.")
    if n_blocks < batch_size:
        raise BadValue(f"{n_blocks} blocks for a batch of {batch_size}.", "Use a smaller batch.")
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
    return [found.ids for found in core.encode_batch_fast(texts)]


def fit(
    model: PreTrainedModel,
    blocks: np.ndarray,
    *,
    tokenizer: PreTrainedTokenizerBase,
    objective: str = "mlm",
    steps: int,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    mask_rate: float = 0.15,
    generator: PreTrainedModel | None = None,
    discriminator_weight: float = 50.0,
    warmup: float = 0.1,
    weight_decay: float = 0.01,
    schedule: str = "linear",
    optimiser: str = "adamw",
    betas: tuple[float, float] = (0.9, 0.98),
    clip: float = 1.0,
    separate_documents: bool = True,
    seed: int = 0,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int = 200,
    evaluate: Callable[[PreTrainedModel], dict[str, Any] | float] | None = None,
    evaluate_every: int | None = None,
    until: Callable[[dict[str, Any]], bool] | None = None,
    autocast: str | bool = "auto",
    progress: bool | None = None,
) -> History:
    """Pre-train ``model`` in place (it is left in evaluation mode).

    Masked language modelling follows Devlin et al. (2019), with a fixed number of masked tokens
    per block; causal language modelling predicts each next token of the same document;
    replaced-token detection (Clark et al., 2020) trains ``model`` to find the words that a small
    generator, trained along with it, has put in place of others (:mod:`tl_helpers.train.electra`).
    Optimisers: AdamW (Loshchilov and Hutter, 2019), and Muon (Jordan et al., 2024) as an option,
    which needs fewer steps in a small model.

    Same seed, same machine, same number of threads: same result, also when the run was killed and
    resumed. The global random state is left as it was.

    Args:
        model: a masked ("mlm") or causal ("clm") language model, or an
            ``ElectraForPreTraining`` ("rtd").
        blocks: ``[n, length]`` token ids from :func:`pack`; at least ``batch_size`` of them.
        tokenizer: the one that made the blocks.
        objective: ``"mlm"``, ``"clm"`` or ``"rtd"``.
        steps: optimiser steps in all.
        batch_size: blocks per step.
        learning_rate: peak of the schedule.
        mask_rate: share of positions to predict ("mlm") or to fill anew ("rtd").
        generator: for "rtd", trained in place as well; by default ``electra.new_generator(model,
            seed=seed)``, half as wide as the model.
        discriminator_weight: for "rtd", what the discriminator's loss counts against that of the
            generator (50 in the paper).
        warmup: share of the steps in which the rate rises from zero.
        weight_decay: decay of weight matrices.
        schedule: ``"linear"``, ``"cosine"`` or ``"constant"`` after the warm-up.
        optimiser: ``"adamw"`` or ``"muon"``.
        betas: averaging of AdamW.
        clip: largest norm of the gradient.
        separate_documents: hide documents that share a block from each other.
        seed: decides order, masks and dropout.
        checkpoint: folder; the run saves its state there and goes on from it when called again.
        checkpoint_every: steps between saves.
        evaluate: called with the model (in evaluation mode); returns a dict or one number.
        evaluate_every: steps between evaluations; also evaluated before the first step and at
            the end.
        until: called with each evaluation; training ends early when it returns true.
        autocast: ``"auto"`` (bfloat16 where the CPU multiplies it natively), ``"bf16"`` or
            ``"float32"``.
        progress: show a bar; by default yes, unless the environment says ``TL_QUIET=1``.

    Returns:
        The history of loss, evaluations and speed.

    Raises:
        BadValue: blocks, objective or numbers that cannot work.
        CourseError: the loss became NaN; or ``checkpoint`` holds a run with other settings.
        BrokenFile: the saved state is damaged.
        Stopped: Ctrl-C; says where the run will go on.
    """
    blocks = np.ascontiguousarray(blocks) if isinstance(blocks, np.ndarray) else np.array(blocks)
    plan = loop.Plan(
        steps,
        batch_size,
        learning_rate,
        warmup,
        weight_decay,
        schedule,
        optimiser,
        clip,
        seed,
        autocast,
        betas,
    )
    _check(model, blocks, tokenizer, objective, plan, mask_rate)
    if generator is not None and objective != "rtd":
        raise BadValue(f"A generator means nothing to {objective!r}.", 'It belongs to "rtd" only.')
    trained: Any = model
    loss_of = partial(batches.loss_of, objective=objective, separate=separate_documents)
    settings = {
        "objective": objective,
        "mask_rate": mask_rate,
        "separate_documents": separate_documents,
    }
    if objective == "rtd":
        from tl_helpers.train import electra

        trained = electra.Pair(model, generator, seed)
        loss_of = partial(electra.loss_of, separate=separate_documents, weight=discriminator_weight)
        settings["discriminator_weight"] = discriminator_weight
    return loop.run(
        trained,
        blocks,
        batches.Batches(blocks, tokenizer, objective, mask_rate, batch_size, seed),
        loss_of,
        plan,
        loop.Upkeep(checkpoint, checkpoint_every, evaluate, evaluate_every, until, progress),
        words="pre-training",
        settings=settings,
        owner=model,
    )


def _check(
    model: PreTrainedModel,
    blocks: np.ndarray,
    tokenizer: PreTrainedTokenizerBase,
    objective: str,
    plan: loop.Plan,
    mask_rate: float,
) -> None:
    if objective not in ("mlm", "clm", "rtd"):
        raise BadValue(f"objective={objective!r} is not known.", 'Use "mlm", "clm" or "rtd".')
    if blocks.ndim != 2 or blocks.size == 0 or blocks.dtype.kind not in "iu":
        raise BadValue(
            f"blocks must be whole numbers of shape [n, length], not {blocks.dtype} "
            f"{list(blocks.shape)}.",
            "Make them with pretrain.pack(texts, tokenizer).",
        )
    plan.check(blocks)
    window = getattr(model.config, "max_position_embeddings", None)
    if blocks.shape[1] < 2 or (window and blocks.shape[1] > window):
        raise BadValue(
            f"Blocks of {blocks.shape[1]} tokens do not fit this model (2 to {window}).",
            "Pack again with another length.",
        )
    largest = int(blocks.max())
    if int(blocks.min()) < 0 or largest >= model.config.vocab_size or largest >= len(tokenizer):
        raise BadValue(
            f"The blocks hold token {largest}, the model knows 0 to {model.config.vocab_size - 1}.",
            "Pack with the tokenizer that belongs to the model.",
        )
    if objective != "clm" and tokenizer.mask_token_id is None:
        raise BadValue("The tokenizer has no mask token.", 'Use objective="clm".')
    if not 0 < mask_rate < 1:
        raise BadValue(f"mask_rate={mask_rate}.", "It lies between 0 and 1.")
