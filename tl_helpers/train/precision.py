"""How a model is computed: in which precision, with which attention, under which optimiser."""

from __future__ import annotations

import copy
import functools
import re
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers.core import checks

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

    Optimisers = list[torch.optim.Optimizer]

CHOICES = ("auto", "bf16", "float32", True, False)  # of precision
OPTIMISERS = ("adamw", "muon")
# Tables of words and positions, and what maps to words or classes: no work for Muon.
_OUTER = re.compile(
    r"embed|wte|wpe|lm_head|decoder\.(?:weight|bias)|vocab_projector|classifier|score"
    r"|dense_prediction"
)


def supports_bf16() -> bool:
    """Whether this CPU multiplies bfloat16 matrices natively (AVX512-BF16 or AMX).

    Example:
        >>> supports_bf16() in (True, False)
        True
    """
    import torch

    return any(
        bool(getattr(torch.cpu, name, lambda: False)())
        for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )


def use_bf16(choice: str | bool, device: torch.device) -> bool:
    """Turn ``"auto" | "bf16" | "float32" | True | False`` into a decision for this machine.

    Example:
        >>> import torch
        >>> use_bf16("float32", torch.device("cpu"))
        False
    """
    import torch

    checks.one_of(choice, CHOICES, "autocast")
    if choice == "auto":
        return torch.cuda.is_bf16_supported() if device.type == "cuda" else supports_bf16()
    return choice in (True, "bf16")


def say_if_not_32_bits(model: Any) -> bool:
    """Whether a model has other floating-point weights than 32-bit ones; then a note says so.

    Example:
        >>> import torch
        >>> say_if_not_32_bits(torch.nn.Linear(2, 2))
        False
    """
    import torch

    kinds = {p.dtype for p in model.parameters() if p.is_floating_point()}
    others = sorted(str(kind).removeprefix("torch.") for kind in kinds - {torch.float32})
    if others:
        print(
            f"Note: {type(model).__name__} came with weights in {', '.join(others)}; it is trained "
            "with 32-bit weights, because small updates would be lost in others."
        )
    return bool(others)


def copy_as(
    model: PreTrainedModel, kind: torch.dtype, instead: Mapping[int, Any] | None = None
) -> PreTrainedModel:
    """A copy with weights of another kind. Each is cast on the way, so that there never is a whole
    copy of the kind that was there before.

    Args:
        model: stays as it is.
        kind: of the copy's floating-point weights.
        instead: what stands in the copy for a part of the model, by the part's ``id``.

    Example:
        >>> import torch
        >>> from tl_helpers import models
        >>> copy_as(models.new("tiny")[0], torch.bfloat16).dtype
        torch.bfloat16
    """
    import torch

    def cast(weight: torch.Tensor) -> torch.Tensor:
        new = weight.detach().to(kind if weight.is_floating_point() else weight.dtype, copy=True)
        trained = isinstance(weight, torch.nn.Parameter)
        return torch.nn.Parameter(new, weight.requires_grad) if trained else new

    parts = dict(instead or {})
    used = {
        id(weight): weight
        for module in model.modules()
        if id(module) not in parts
        for weight in (*module.parameters(recurse=False), *module.buffers(recurse=False))
    }
    return copy.deepcopy(model, parts | {key: cast(weight) for key, weight in used.items()})


class Trainee:
    """The model as it is trained: 32-bit weights, and a bfloat16 copy that does the arithmetic.

    Casting the weights once per step into a standing copy is faster than autocast, which casts at
    every operation, forwards and backwards. The optimiser only ever sees 32-bit weights, so small
    updates are not lost (Micikevicius et al., 2018).

    Attributes:
        worker: what to call for a forward pass; the model itself when it computes in 32 bits.
    """

    def __init__(self, model: PreTrainedModel, bf16: bool) -> None:
        import torch

        self.model, self.bf16 = model, bf16
        self.worker = copy_as(model, torch.bfloat16) if bf16 else model
        self.masters = [p for p in model.parameters() if p.requires_grad]
        self.copies = [p for p in self.worker.parameters() if p.requires_grad]

    def pull(self) -> None:
        """Copy the 32-bit weights into the working copy."""
        import torch

        if self.bf16:
            with torch.no_grad():
                torch._foreach_copy_(self.copies, self.masters)

    def step(self, loss: torch.Tensor, optimisers: Optimisers, clip: float) -> None:
        """One update: gradients of ``loss``, clipped to the norm ``clip``, and the optimisers."""
        import torch

        loss.backward()
        if self.bf16:
            with torch.no_grad():
                for master, working in zip(self.masters, self.copies, strict=True):
                    if working.grad is None:  # a parameter that this loss does not reach
                        master.grad = torch.zeros_like(master)
                    else:
                        master.grad = working.grad.float()
                        working.grad = None
        torch.nn.utils.clip_grad_norm_(self.masters, clip, foreach=True)
        for optimiser in optimisers:
            optimiser.step()
        self.pull()
        for parameter in self.masters:  # not kept: the next forward pass needs the memory
            parameter.grad = None

    def close(self) -> None:
        """Drop the gradients and leave the model in evaluation mode."""
        for parameter in self.model.parameters():
            parameter.grad = None
        self.model.eval()


def optimisers_of(
    model: PreTrainedModel, name: str, rate: float, betas: tuple[float, float], decay: float
) -> Optimisers:
    """``"adamw"``: one fused AdamW, without decay of biases and norms. ``"muon"``: the matrices
    inside the network by ``torch.optim.Muon``, at AdamW's scale (computed in 32 bits where bfloat16
    is slow); all else by AdamW.

    Raises:
        BadValue: another name.

    Example:
        >>> from tl_helpers import models
        >>> optimisers = optimisers_of(models.new("tiny")[0], "muon", 0.01, (0.9, 0.98), 0.0)
        >>> [type(optimiser).__name__ for optimiser in optimisers]
        ['AdamW', 'Muon']
    """
    import torch

    checks.one_of(name, OPTIMISERS, "optimiser")
    inner, matrices, vectors = [], [], []
    for key, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        if parameter.ndim < 2:
            vectors.append(parameter)
        elif name == "muon" and parameter.ndim == 2 and not _OUTER.search(key):
            inner.append(parameter)
        else:
            matrices.append(parameter)
    groups = [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]
    adamw = torch.optim.AdamW(groups, lr=rate, betas=betas, fused=True)
    if not inner:
        return [adamw]
    settings: dict[str, Any] = {"weight_decay": decay, "adjust_lr_fn": "match_rms_adamw"}
    if use_bf16("auto", inner[0].device):
        return [adamw, torch.optim.Muon(inner, lr=rate, **settings)]
    from tl_helpers.train.muon import Muon

    return [adamw, Muon(inner, lr=rate, **settings)]


# Model -> the copies that predict for it, and what it was built like then. Goes when it goes.
_PREDICTING: weakref.WeakKeyDictionary[Any, dict[bool, tuple[Any, Any]]]
_PREDICTING = weakref.WeakKeyDictionary()
_ONE_AT_A_TIME = threading.Lock()


def for_inference(model: PreTrainedModel, choice: str | bool = "auto") -> PreTrainedModel:
    """``model`` as it predicts: no dropout, bfloat16 where that is faster.

    A model in evaluation mode that is of the right kind predicts itself. Otherwise a copy predicts.
    It is made once and kept as long as the model lives (in bfloat16 it takes half the memory of the
    model); each call writes the weights of the moment into it, which is a small fraction of the
    time that a copy takes. Several threads may predict at once, as long as
    none of them trains the model. To be called under ``torch.inference_mode()``, or with no need of
    gradients.

    Example:
        >>> from tl_helpers import models
        >>> for_inference(models.new("tiny")[0], False).dtype
        torch.float32
    """
    import torch

    bf16 = use_bf16(choice, model.device)
    modules = list(model.modules())
    kind = torch.bfloat16 if bf16 else torch.float32
    ready = all(p.dtype == kind for p in model.parameters() if p.is_floating_point())
    if ready and not any(module.training for module in modules):
        return model
    weights = [*model.parameters(), *model.buffers()]
    built = (
        dict(vars(model.config)),
        [(type(m), *m._forward_hooks, *m._forward_pre_hooks) for m in modules],
        [(w.shape, w.dtype, w.device) for w in weights],
    )
    with _ONE_AT_A_TIME, torch.inference_mode(False), torch.no_grad():
        copies = _PREDICTING.setdefault(model, {})
        if bf16 not in copies or copies[bf16][0] != built:
            new = copy_as(model, kind)
            copies[bf16] = built, new.eval().requires_grad_(False)
        else:
            kept = copies[bf16][1]
            torch._foreach_copy_([*kept.parameters(), *kept.buffers()], weights)
        return copies[bf16][1]


@contextmanager
def rows_in_use(
    model: PreTrainedModel, texts: Sequence[Sequence[int]], special: int
) -> Iterator[list[list[int]]]:
    """Train with a table of word vectors that holds only the words of ``texts``.

    A word that does not occur has no gradient, and AdamW without decay does not move what has
    none: the result is the same, number by number, as with the whole table. In a small encoder the
    table is half of all weights, so this saves up to half of the optimiser's work.

    Args:
        model: any model; one whose word vectors are frozen, or shared with another layer, is left
            as it is.
        texts: rows of token ids; all that the model will see inside.
        special: the highest id of a special token. Ids up to it keep their numbers, because some
            models find padding or the end of a text by them.

    Yields:
        ``texts`` with the numbers that their tokens have in the smaller table. At the end the
        trained vectors are back in the model's own table.

    Example:
        >>> from tl_helpers import models
        >>> encoder = models.new("tiny")[0].base_model
        >>> with rows_in_use(encoder, [[2, 787, 7, 3]], special=4) as texts:
        ...     texts, len(encoder.get_input_embeddings().weight)
        ([[2, 6, 5, 3]], 7)
    """
    import torch

    table = model.get_input_embeddings()
    shared = sum(getattr(m, "weight", None) is table.weight for m in model.modules()) > 1
    used = np.unique(np.concatenate([np.arange(special + 1), *texts]).astype(np.int64))
    if shared or not table.weight.requires_grad or len(used) > len(table.weight) // 2:
        yield [list(row) for row in texts]
        return
    rows = torch.from_numpy(used).to(table.weight.device)
    small = torch.nn.Embedding.from_pretrained(
        table.weight.detach()[rows], freeze=False, padding_idx=table.padding_idx
    )
    model.set_input_embeddings(small)
    try:
        yield [np.searchsorted(used, row).tolist() for row in texts]
    finally:
        with torch.no_grad():
            table.weight[rows] = small.weight
        model.set_input_embeddings(table)


@contextmanager
def eager_attention(model: PreTrainedModel) -> Iterator[None]:
    """Switch ``model`` to transformers' plain "eager" attention, and back at the end.

    Below a few hundred tokens PyTorch's fused CPU kernel is the slower one, mostly in its backward
    pass: at 64 tokens a whole training step takes about 1.6 times as long with it.

    Example:
        >>> from tl_helpers import models
        >>> model = models.new("tiny")[0]
        >>> with eager_attention(model):
        ...     model.config._attn_implementation
        'eager'
    """
    before = model.config._attn_implementation
    try:
        model.set_attn_implementation("eager")
        yield
    finally:
        model.set_attn_implementation(before)


def quick_dropout(device: torch.device) -> AbstractContextManager[Any]:
    """Inside, whatever a model drops out on a CPU is drawn by :func:`dropout`.

    Example:
        >>> import torch
        >>> with quick_dropout(torch.device("cpu")):
        ...     torch.nn.Dropout(0.5)(torch.ones(2, 9)).shape
        torch.Size([2, 9])
    """
    return _quick()() if device.type == "cpu" else nullcontext()


@functools.cache
def _quick() -> Any:
    from torch.nn import functional
    from torch.overrides import TorchFunctionMode

    class Quick(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):  # type: ignore
            if function is functional.dropout:
                function = dropout
            return function(*args, **(kwargs or {}))

    return Quick


def dropout(
    input: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> torch.Tensor:
    """``torch.nn.functional.dropout`` from 16 random bits a number, about six times as fast.

    PyTorch draws one number after another on processors that are not Intel's, which takes a tenth
    of the time of fine-tuning. Here ``p`` is rounded to a multiple of 1/65536.

    Args:
        input: any shape.
        p: how probably a number becomes zero; the others are divided by ``1 - p``.
        training: or nothing happens.
        inplace: as there; a new tensor is given all the same.

    Example:
        >>> import torch
        >>> sorted(set(dropout(torch.ones(1000), 0.5).tolist()))
        [0.0, 2.0]
    """
    import torch

    if not training or p == 0:
        return input
    if p == 1:
        return input * 0
    words = torch.empty(-(-input.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    drawn = words.view(torch.int16)[: input.numel()].view(input.shape)
    kept = torch.empty(input.shape, dtype=input.dtype)
    torch.ge(drawn, min(round(p * 2**16), 2**16 - 1) - 2**15, out=kept)
    return input * kept.mul_(1 / (1 - p))
