"""What makes a step cheap, one thing at a time: what each costs when it is left out, or added.

Work is counted in processor seconds per token of text, single-threaded. The variants take turns, a
few steps each, so that a busy machine slows all of them down and the ratios still hold.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers import models, town
from tl_helpers.measure import results
from tl_helpers.train import precision, pretrain
from tl_helpers.train.batches import Batches, attention_mask, head_of

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    Step = Callable[[int], None]

BATCH, LENGTH, MASKS = 16, 128, 0.25
VARIANTS = (
    "as it is",
    "32-bit instead of bfloat16",
    "bfloat16 by autocast",
    "logits at every position",
    "padding instead of packing",
    "fused attention (sdpa)",
    "optimiser in a Python loop",
    "Muon instead of AdamW",
    "blocks of 32 tokens",
    "blocks of 512 tokens",
    "ModernBERT's blocks",
    "four seeds together (vmap)",
    "none of the tricks",
    "torch.compile",
)
TOGETHER = 4  # models in one, for "four seeds together"


def material(seed: int, length: int = LENGTH) -> tuple[PreTrainedTokenizerBase, np.ndarray]:
    """The town's tokenizer and enough packed text for a few dozen steps."""
    tokenizer = models.town_tokenizer()
    texts = town.Town(seed=seed).corpus(1500).texts()
    return tokenizer, pretrain.pack(texts, tokenizer, length)


def padded(seed: int) -> tuple[np.ndarray, float]:
    """One document a row, filled up with padding, and the share of real tokens in it."""
    tokenizer = models.town_tokenizer()
    texts = town.Town(seed=seed).corpus(800).texts()
    rows = tokenizer(texts, padding="max_length", truncation=True, max_length=LENGTH)["input_ids"]
    blocks = np.array(rows, dtype=np.int32)
    return blocks, float((blocks != tokenizer.pad_token_id).mean())


def stepper(
    model: PreTrainedModel,
    batches: Batches,
    *,
    bf16: bool | None = None,
    autocast: bool = False,
    everywhere: bool = False,
    eager: bool = True,
    optimiser: str = "adamw",
    loop: bool = False,
    compiled: bool = False,
) -> Step:
    """A function that takes training step ``i``; the defaults are those of ``pretrain.fit``.

    Args:
        model: a masked language model.
        batches: what it reads.
        bf16: matrices are multiplied in bfloat16, in a working copy of the model; None: where the
            CPU does so natively.
        autocast: bfloat16 by ``torch.autocast`` instead of a working copy.
        everywhere: logits at every position and not only at the masked ones.
        eager: plain attention; otherwise PyTorch's fused kernel ("sdpa").
        optimiser: ``"adamw"`` or ``"muon"``.
        loop: AdamW by a Python loop over the parameters, not in one fused call.
        compiled: the forward pass through ``torch.compile``.
    """
    import torch
    from torch.nn import functional

    native = precision.supports_bf16() if bf16 is None else bf16
    trainee = precision.Trainee(model, native and not autocast)
    worker = trainee.worker
    for part in (model, worker):
        part.set_attn_implementation("eager" if eager else "sdpa")
    worker.train()
    optimisers = precision.optimisers_of(model, optimiser, 1e-3, (0.9, 0.98), 0.01)
    if loop:
        optimisers = [torch.optim.AdamW(model.parameters(), lr=1e-3, foreach=False, fused=False)]
    body: Any = worker.base_model
    if compiled:
        import torch._inductor.config as compiler

        compiler.force_disable_caches = True  # what compiling costs must be seen every time
        body = torch.compile(body)
    head = head_of(worker)
    assert head is not None

    def step(i: int) -> None:
        batch = batches(i)
        mask = attention_mask(torch.from_numpy(batch.documents), False, worker.dtype)
        picked = torch.from_numpy(batch.picked)
        with ExitStack() as stack:
            if autocast:
                stack.enter_context(torch.autocast("cpu", torch.bfloat16))
            states = body(torch.from_numpy(batch.inputs), attention_mask=mask)[0].flatten(0, 1)
            if everywhere:
                targets = torch.full((len(states),), -100)
                targets[picked] = torch.from_numpy(batch.targets)
            else:
                states = states.index_select(0, picked)
                targets = torch.from_numpy(batch.targets)
            logits = head(states)
        trainee.step(functional.cross_entropy(logits.float(), targets), optimisers, 1.0)

    return step


def together(seed: int, batches: Batches, many: int = TOGETHER) -> Step:
    """Several seeds of one model in one step, by ``torch.func.vmap`` over their weights."""
    import torch
    from torch.func import functional_call, stack_module_state, vmap
    from torch.nn import functional

    networks = [models.new(seed=seed + i)[0].to(torch.bfloat16) for i in range(many)]
    for network in networks:
        network.set_attn_implementation("eager")
    weights, buffers = stack_module_state(networks)
    base = networks[0]
    masters = {name: w.detach().float().requires_grad_() for name, w in weights.items()}
    optimiser = torch.optim.AdamW(masters.values(), lr=1e-3, fused=True)

    def one(own: Any, fixed: Any, ids: Any, mask: Any, picked: Any, targets: Any) -> torch.Tensor:
        class Whole(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.net = base

            def forward(self) -> torch.Tensor:
                states = self.net.base_model(ids, attention_mask=mask)[0].flatten(0, 1)
                return self.net.cls(states.index_select(0, picked))

        named = {f"net.{k}": v for k, v in (own | fixed).items()}
        logits = functional_call(Whole(), named, ())
        return functional.cross_entropy(logits.float(), targets)

    def step(i: int) -> None:
        drawn = [batches(i * many + k) for k in range(many)]
        masks = [
            attention_mask(torch.from_numpy(b.documents), False, torch.bfloat16) for b in drawn
        ]
        stack = [
            torch.from_numpy(np.stack([getattr(b, f) for b in drawn]))
            for f in ("inputs", "picked", "targets")
        ]
        working = {name: w.to(torch.bfloat16) for name, w in masters.items()}
        losses = vmap(one)(working, buffers, stack[0], torch.stack(masks), stack[1], stack[2])
        losses.sum().backward()
        torch.nn.utils.clip_grad_norm_(masters.values(), 1.0 * many, foreach=True)
        optimiser.step()
        optimiser.zero_grad()

    return step


def modern(tokenizer: PreTrainedTokenizerBase, seed: int) -> PreTrainedModel:
    """A masked model of ModernBERT's blocks (pre-norm, rotary positions, gated units), as large."""
    import torch
    from transformers import AutoModelForMaskedLM, ModernBertConfig

    special = {f"{k}_token_id": getattr(tokenizer, f"{k}_token_id") for k in ("pad", "cls", "sep")}
    config = ModernBertConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=344,
        global_attn_every_n_layers=1,
        max_position_embeddings=LENGTH,
        bos_token_id=special["cls_token_id"],
        eos_token_id=special["sep_token_id"],
        initializer_range=128**-0.5,
        **special,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return AutoModelForMaskedLM.from_config(config)


def speed_variants(seed: int, only: Iterable[str] | None = None) -> dict[str, tuple[Step, float]]:
    """Name -> (step, real tokens in it), all of them or ``only`` some."""
    tokenizer, blocks = material(seed)
    batches = Batches(blocks, tokenizer, "mlm", MASKS, BATCH, seed)
    tokens = BATCH * LENGTH
    rows, share = padded(seed)
    filled = Batches(rows, tokenizer, "mlm", MASKS * share, BATCH, seed)

    def small(read: Batches = batches, longest: int = LENGTH, **how: Any) -> Step:
        return stepper(models.new(seed=seed, max_position_embeddings=longest)[0], read, **how)

    def of_length(n: int) -> Step:
        read = Batches(material(seed, n)[1], tokenizer, "mlm", MASKS, tokens // n, seed)
        return small(read, max(n, LENGTH))

    plain = {"bf16": False, "everywhere": True, "eager": False, "loop": True}
    known: dict[str, tuple[Callable[[], Step], float]] = {
        "as it is": (small, tokens),
        "32-bit instead of bfloat16": (lambda: small(bf16=False), tokens),
        "bfloat16 by autocast": (lambda: small(autocast=True), tokens),
        "logits at every position": (lambda: small(everywhere=True), tokens),
        "padding instead of packing": (lambda: small(filled), tokens * share),
        "fused attention (sdpa)": (lambda: small(eager=False), tokens),
        "optimiser in a Python loop": (lambda: small(loop=True), tokens),
        "Muon instead of AdamW": (lambda: small(optimiser="muon"), tokens),
        "blocks of 32 tokens": (lambda: of_length(32), tokens),
        "blocks of 512 tokens": (lambda: of_length(512), tokens),
        "ModernBERT's blocks": (lambda: stepper(modern(tokenizer, seed), batches), tokens),
        "four seeds together (vmap)": (lambda: together(seed, batches), tokens * TOGETHER),
        "none of the tricks": (lambda: small(filled, **plain), tokens * share),
        "torch.compile": (lambda: small(compiled=True), tokens),
    }
    wanted = set(known if only is None else only)
    return {name: (make(), n) for name, (make, n) in known.items() if name in wanted}


def take_turns(
    variants: dict[str, tuple[Step, float]], rounds: int, steps: int
) -> Iterable[dict[str, Any]]:
    """Processor seconds for a million real tokens, each variant ``steps`` steps in each round."""
    for name, (step, _) in variants.items():
        started = time.process_time()
        step(0)  # memory is fetched, and torch.compile compiles
        yield {"part": "first step", "variant": name, "seconds": time.process_time() - started}
    for turn in range(rounds):
        for name, (step, tokens) in variants.items():
            started = time.process_time()
            for i in range(steps):
                step(1 + turn * steps + i)
            cost = (time.process_time() - started) / steps / tokens * 1e6
            yield {"part": "speed", "variant": name, "round": turn, "seconds_per_million": cost}


@results.study("pretraining-tricks")
def pretraining_tricks(seed: int, rounds: int = 3, steps: int = 2) -> list[dict[str, Any]]:
    """Every trick by itself: processor time for a token of text.

    All variants are timed in turns, in one run. ``torch.compile`` needs a C++ compiler. Measure on
    an idle machine.
    """
    return list(take_turns(speed_variants(seed), rounds, steps))
