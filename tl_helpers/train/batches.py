"""What pre-training feeds on: blocks in a random order, masks, and the loss of a language model.

Everything random is drawn from ``(seed, purpose, step)``, never from a running stream. A run that
was killed therefore needs no generator state to go on: step 812 draws the same masks either way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tl_helpers.core.errors import BadValue

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_ORDER, _MASKS, _DROPOUT = 1, 2, 3  # purposes of the private random numbers


class Batch(NamedTuple):
    """One training batch; every shape is the same at every step."""

    inputs: np.ndarray  # [batch, length] int64, masked for "mlm" and "rtd"
    picked: np.ndarray  # [batch * k] int64: flat positions at which logits are needed
    targets: np.ndarray  # [batch * k] int64, -100 where nothing is to be predicted
    documents: np.ndarray  # [batch, length] int64: which document of the block a token is from


class Order:
    """Which blocks belong to which step: each epoch in a fresh order, drawn from the seed alone.

    A last incomplete batch of an epoch is left out.

    Raises:
        BadValue: fewer blocks than one batch needs.

    Example:
        >>> order = Order(n=4, batch_size=2, seed=0)
        >>> sorted([*order(0).tolist(), *order(1).tolist()])  # one epoch
        [0, 1, 2, 3]
    """

    def __init__(self, n: int, batch_size: int, seed: int) -> None:
        if n < batch_size:
            raise BadValue(
                f"There are {n} blocks, fewer than one batch of {batch_size}.",
                "Pass more text, or a smaller batch_size.",
            )
        self.n, self.batch_size, self.seed = n, batch_size, seed
        self._epoch: tuple[int, np.ndarray] = (-1, np.empty(0, dtype=np.int64))

    @property
    def per_epoch(self) -> int:
        """Steps in which every block is read once."""
        return self.n // self.batch_size

    def __call__(self, step: int) -> np.ndarray:
        """``[batch_size]`` indices of the blocks of ``step`` (0-based)."""
        epoch, index = divmod(step, self.per_epoch)
        if self._epoch[0] != epoch:
            rng = np.random.default_rng([self.seed, _ORDER, epoch])
            self._epoch = (epoch, rng.permutation(self.n))
        return self._epoch[1][index * self.batch_size : (index + 1) * self.batch_size]


class Rows:
    """The batches of packed rows that are read as they are, in the order of :class:`Order`."""

    def __init__(self, rows: np.ndarray, batch_size: int, seed: int) -> None:
        self.rows, self.order = rows, Order(len(rows), batch_size, seed)

    def __call__(self, step: int) -> np.ndarray:
        """``[batch_size, ...]`` rows of ``step`` (0-based)."""
        return self.rows[self.order(step)]


class Batches:
    """Makes the batch of any step directly, without walking through the earlier ones.

    Args:
        blocks: ``[n, length]`` token ids, visited in the order of :class:`Order`.
        tokenizer: says which ids are special (never masked, never drawn) and which is the mask.
        objective: ``"mlm"`` (Devlin et al., 2019: of the chosen tokens 80 % become the mask, 10 %
            a random token, 10 % stay), ``"rtd"`` (as before, but all become the mask, as in
            Clark et al., 2020) or ``"clm"`` (predict the next token, at every position).
        mask_rate: share of positions to predict, the same number in every block.
        batch_size: blocks per step.
        seed: the private seed.
    """

    def __init__(
        self,
        blocks: np.ndarray,
        tokenizer: PreTrainedTokenizerBase,
        objective: str,
        mask_rate: float,
        batch_size: int,
        seed: int,
    ) -> None:
        self.blocks, self.objective = blocks, objective
        self.seed, self.order = seed, Order(len(blocks), batch_size, seed)
        length = blocks.shape[1]
        self.picks = max(1, round(mask_rate * length))
        vocabulary = len(tokenizer)
        self.special = np.zeros(vocabulary, dtype=bool)
        self.special[[i for i in tokenizer.all_special_ids if i < vocabulary]] = True
        self.ordinary = np.flatnonzero(~self.special)
        self.mask_id = tokenizer.mask_token_id
        # A block holds pieces of several documents; each begins at this mark. Where one mark both
        # ends a text and begins the next (GPT-2), it is to be predicted all the same.
        self.first_id = marks(tokenizer)[0]
        self.predict_first = self.first_id == tokenizer.eos_token_id
        self._rows = (np.arange(batch_size) * length)[:, None]

    def __call__(self, step: int) -> Batch:
        """The batch of ``step`` (0-based)."""
        ids = self.blocks[self.order(step)].astype(np.int64)
        documents = np.cumsum(ids == self.first_id, axis=1)
        if self.objective == "clm":
            targets = np.full_like(ids, -100)
            inside = ids[:, 1:] != self.first_id
            targets[:, :-1] = np.where(inside | self.predict_first, ids[:, 1:], -100)
            return Batch(ids, np.empty(0, dtype=np.int64), targets.reshape(-1), documents)
        rng = np.random.default_rng([self.seed, _MASKS, step])
        special = self.special[ids]
        keys = rng.random(ids.shape, dtype=np.float32) + 2.0 * special
        columns = np.argpartition(keys, self.picks - 1, axis=1)[:, : self.picks]
        picked = (columns + self._rows).reshape(-1)
        flat = ids.reshape(-1)
        truth = flat[picked]
        usable = ~special.reshape(-1)[picked]  # false only in a block of too few ordinary tokens
        if self.objective == "rtd":
            flat[picked] = np.where(usable, self.mask_id, truth)
            return Batch(ids, picked, np.where(usable, truth, -100), documents)
        draw = rng.random(len(picked), dtype=np.float32)
        random_ids = self.ordinary[rng.integers(0, len(self.ordinary), len(picked))]
        shown = np.where(draw < 0.8, self.mask_id, np.where(draw < 0.9, random_ids, truth))
        flat[picked] = np.where(usable, shown, truth)
        return Batch(ids, picked, np.where(usable, truth, -100), documents)


def marks(tokenizer: PreTrainedTokenizerBase) -> tuple[int, int]:
    """The ids that begin and end a document: ``[CLS]`` and ``[SEP]``, or the end-of-text mark.

    Raises:
        BadValue: the tokenizer has neither.

    Example:
        >>> from tl_helpers import models
        >>> marks(models.town_tokenizer())
        (2, 3)
    """
    t = tokenizer
    first = next((i for i in (t.cls_token_id, t.bos_token_id, t.eos_token_id) if i is not None), -1)
    end = next((i for i in (t.eos_token_id, t.sep_token_id) if i is not None), first)
    if first < 0:
        raise BadValue(
            "The tokenizer has no mark that begins a text.", "Set its cls_token or bos_token."
        )
    return first, end


def dropout_seed(seed: int, step: int) -> int:
    """The seed of the dropout masks of one step.

    Example:
        >>> dropout_seed(0, 1) == dropout_seed(0, 1) != dropout_seed(0, 2)
        True
    """
    return int(np.random.SeedSequence([seed, _DROPOUT, step]).generate_state(1, np.uint32)[0])


def head_of(model: PreTrainedModel) -> Callable[[torch.Tensor], torch.Tensor] | None:
    """The function from hidden states to logits, or None if this architecture hides it.

    Having it apart is what allows logits at the masked positions only: with a vocabulary of
    thousands of words and 15 % of positions masked, that is most of the work of a small model.

    Example:
        >>> import torch
        >>> from tl_helpers import models
        >>> head_of(models.new("tiny")[0])(torch.zeros(1, 32)).shape
        torch.Size([1, 2478])
    """
    for name in ("cls", "lm_head"):
        if hasattr(model, name):
            return getattr(model, name)
    if hasattr(model, "generator_lm_head"):  # ELECTRA's generator
        return lambda h: model.generator_lm_head(model.generator_predictions(h))
    if hasattr(model, "vocab_projector"):  # DistilBERT
        return lambda h: model.vocab_projector(
            model.vocab_layer_norm(model.activation(model.vocab_transform(h)))
        )
    if hasattr(model, "head") and hasattr(model, "decoder"):  # ModernBERT
        return lambda h: model.decoder(model.head(h))
    return None


def attention_mask(documents: torch.Tensor, causal: bool, dtype: torch.dtype) -> torch.Tensor:
    """``[batch, 1, length, length]``, 0 within a document and very negative across documents.

    Example:
        >>> import torch
        >>> attention_mask(torch.tensor([[1, 1, 2]]), causal=True, dtype=torch.float32)[0, 0] == 0
        tensor([[ True, False, False],
                [ True,  True, False],
                [False, False,  True]])
    """
    import torch

    allowed = documents[:, None, :, None] == documents[:, None, None, :]
    if causal:
        allowed = (
            allowed
            & torch.ones(allowed.shape[-2:], dtype=torch.bool, device=documents.device).tril()
        )
    return torch.where(allowed, 0.0, torch.finfo(dtype).min).to(dtype)


def mask_for(
    model: PreTrainedModel, documents: torch.Tensor, objective: str, separate: bool, causal: bool
) -> torch.Tensor | None:
    """What hides the later words, and other documents, from a model; None if nothing is to be.

    Args:
        model: says in which precision.
        documents: ``[batch, length]``, which document each token is from.
        objective: ``"mlm"`` or ``"clm"``.
        separate: whether documents that share a block are hidden from each other.
        causal: whether the model hides later words by itself.

    Example:
        >>> mask_for(model, documents, "mlm", separate=False, causal=False)  # doctest: +SKIP
    """
    hides = objective == "clm"
    if not separate:
        if not hides or causal:
            return None
        documents = documents.new_zeros(documents.shape)
    return attention_mask(documents, hides, model.dtype)


def scores_of(
    model: PreTrainedModel, inputs: torch.Tensor, mask: torch.Tensor | None, objective: str
) -> torch.Tensor:
    """What goes into the head, ``[batch, length, width]``; the logits where a model hides its head.

    Example:
        >>> scores_of(model, ids, None, "mlm").shape  # doctest: +SKIP
        torch.Size([32, 128, 128])
    """
    given: dict[str, Any] = {"input_ids": inputs}
    if mask is not None:
        given["attention_mask"] = mask
    if objective == "clm":
        given["use_cache"] = False
    return model(**given).logits if head_of(model) is None else model.base_model(**given)[0]


def probe(
    model: PreTrainedModel, rows: np.ndarray, objective: str, separate: bool, causal: bool
) -> tuple[bool, bool]:
    """Whether words hear of later ones, and documents of others, with the mask that they get.

    The second half of a block is exchanged, and then the first: the other half, which must not see
    it, has to answer as before. Dropout is off, and no random number is drawn that anyone misses.

    Args:
        model: to be trained.
        rows: ``[2, length]`` token ids.
        objective: ``"mlm"`` or ``"clm"``.
        separate: as in :func:`loss_of`; each half is a document then.
        causal: see :func:`mask_for`.

    Returns:
        Whether later words are seen, and whether those of another document are.

    Raises:
        Exception: whatever the model raises that cannot read such a batch.

    Example:
        >>> from tl_helpers import models
        >>> model, _ = models.new("tiny", "clm")
        >>> probe(model, np.array([[2, 9, 9, 9], [2, 8, 8, 8]]), "clm", True, False)
        (False, False)
    """
    import torch

    half = rows.shape[1] // 2
    later, earlier = rows[:1].copy(), rows[:1].copy()
    later[:, half:], earlier[:, :half] = rows[1, half:], rows[1, :half]
    inputs = torch.from_numpy(np.concatenate([rows[:1], later, earlier]).astype(np.int64))
    documents = torch.zeros_like(inputs)
    documents[:, half:] = 1
    inputs, documents = inputs.to(model.device), documents.to(model.device)
    training, devices = model.training, [model.device] if model.device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices), torch.no_grad():
            mask = mask_for(model.eval(), documents, objective, separate, causal)
            found = scores_of(model, inputs, mask, objective).float()
    finally:
        model.train(training)
    near = (1e-4 if model.dtype == torch.float32 else 1e-2) * float(found.abs().max())
    ahead = bool((found[1, :half] - found[0, :half]).abs().max() > near)
    behind = bool((found[2, half:] - found[0, half:]).abs().max() > near)
    return ahead, ahead or behind


def loss_of(
    model: PreTrainedModel, batch: Batch, objective: str, separate: bool, causal: bool = False
) -> torch.Tensor:
    """Mean cross-entropy (nats) over the predicted positions of one batch.

    Args:
        model: any masked or causal language model of transformers.
        batch: from :class:`Batches`.
        objective: ``"mlm"`` or ``"clm"``.
        separate: whether documents that share a block are hidden from each other.
        causal: whether the model hides later words by itself, so that it needs no mask for "clm".

    Example:
        >>> loss_of(model, batch, "mlm", True).ndim  # doctest: +SKIP
        0
    """
    import torch
    from torch.nn import functional

    device, head = model.device, head_of(model)
    inputs = torch.from_numpy(batch.inputs).to(device)
    documents = torch.from_numpy(batch.documents).to(device)
    mask = mask_for(model, documents, objective, separate, causal)
    picked = scores_of(model, inputs, mask, objective).flatten(0, 1)
    if objective == "mlm":
        picked = picked.index_select(0, torch.from_numpy(batch.picked).to(device))
    logits = picked if head is None else head(picked)
    # The softmax over thousands of words is the one place where bfloat16 would lose too much.
    return functional.cross_entropy(logits.float(), torch.from_numpy(batch.targets).to(device))
