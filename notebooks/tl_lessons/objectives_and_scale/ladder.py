"""The scaling ladder of notebook 13: sizes x amounts of text, each read once, judged on new text.

The notebook has the same code in a cell; a test holds the two together.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tl_helpers import models, questions, town
from tl_helpers.measure import results
from tl_helpers.train import pretrain
from tl_helpers.train.batches import Batches
from tl_helpers.train.cost import Rates, training_rates

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

BATCH, BLOCK = 8, 128
TEST_DOCUMENTS = 400  # documents to judge by


def parameters(model: PreTrainedModel) -> int:
    """Weights that take part in a matrix product: all but the table of positions.

    The table of words counts once. It is also the output layer, where it is multiplied, so that
    6 x parameters x tokens is the arithmetic of training (without that of attention's own
    products).
    """
    return sum(p.numel() for name, p in model.named_parameters() if "wpe" not in name)


def model_of(width: int, layers: int, seed: int) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A causal model of the ladder, with random weights, and the town's tokenizer."""
    return models.new(
        "small",
        "clm",
        seed=seed,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=max(1, width // 32),
    )


def read_once(width: int, layers: int, tokens: int, seed: int) -> dict[str, Any]:
    """A causal model of this size that reads so many tokens, each once.

    Batch and rate are the same rule everywhere: small batches, and a rate that falls with the
    width. Each run has its own schedule down to zero, as long as the run (Hoffmann et al., 2022).

    Args:
        width: hidden units.
        layers: transformer blocks.
        tokens: to read.
        seed: of the town's text, the weights and the order.

    Returns:
        ``parameters``, ``tokens``, ``loss`` (nats per word of held-out documents, their ends
        included), ``truth`` (minus the true log-probability of the same, likewise), ``seconds`` of
        training (processor time).
    """
    model, tokenizer = model_of(width, layers, seed)
    blocks = pretrain.pack(town.Town(seed=seed).corpus(tokens // 40).texts(), tokenizer, BLOCK)
    started = time.process_time()
    pretrain.fit(
        model,
        blocks,
        tokenizer=tokenizer,
        objective="clm",
        steps=tokens // (BATCH * BLOCK),
        batch_size=BATCH,
        optimiser="muon",
        learning_rate=2 / width,
        seed=seed,
        progress=False,
    )
    seconds = time.process_time() - started
    test = town.Town().corpus(
        TEST_DOCUMENTS, start=questions.FIRST_UNSEEN_DOCUMENT
    )  # the same for all
    spent = questions.log_probabilities(model, tokenizer, test.texts())
    return {
        "width": width,
        "layers": layers,
        "parameters": parameters(model),
        "tokens": tokens,
        "loss": float(-spent.sum() / test.n_tokens),
        "truth": test.entropy_per_token(),
        "seconds": round(seconds, 2),
    }


@results.study(
    "scaling-ladder",
    seeds=range(5),
    sizes=((24, 2), (32, 2), (48, 2), (64, 2), (96, 2)),
    tokens=(131_072, 262_144, 524_288, 1_048_576),
    held_out=((128, 2), (256, 4)),
)
def scaling_ladder(
    seed: int,
    sizes: Sequence[tuple[int, int]],
    tokens: Sequence[int],
    held_out: Sequence[tuple[int, int]],
) -> list[dict[str, Any]]:
    """Every size reads every amount; the sizes that no law is fitted to read the largest only.

    Rows of the latter are marked ``"part": "held out"``.
    """
    plan = [("ladder", size, amount) for size in sizes for amount in tokens]
    plan += [("held out", size, tokens[-1]) for size in held_out]
    return [{"part": part, **read_once(*size, amount, seed)} for part, size, amount in plan]


def rates(width: int, layers: int, steps: int, seed: int = 0, batch: int = BATCH) -> Rates:
    """How fast a model of the ladder trains, with the ladder's recipe."""
    model, tokenizer = model_of(width, layers, seed)
    texts = town.Town(seed=seed).corpus(batch * 5).texts()
    blocks = Batches(pretrain.pack(texts, tokenizer, BLOCK), tokenizer, "clm", 0.15, batch, seed)
    return training_rates(model, blocks, 2 / width, steps)


@results.study(
    "utilisation",
    seeds=range(5),
    sizes=((32, 2), (64, 2), (128, 2), (256, 4)),
    batches=(BATCH, 8 * BATCH),
    steps=8,
)
def utilisation(
    seed: int, sizes: Sequence[tuple[int, int]], batches: Sequence[int], steps: int
) -> list[dict[str, Any]]:
    """What share of the machine's bf16 matrix rate a training step of the ladder reaches.

    ``share`` counts all matrix products of a step, those of Muon included; ``network`` those of the
    network alone. The ladder's batch, and one eight times as large. Squares and steps take turns.
    Measure on an idle machine, with all its cores.
    """
    rows = []
    for width, layers in sizes:
        for batch in batches:
            reached = rates(width, layers, steps, seed, batch)
            rows.append(
                {
                    "width": width,
                    "layers": layers,
                    "batch": batch,
                    "share": reached.step / reached.peak,
                    "network": reached.network / reached.peak,
                    "peak": reached.peak,
                }
            )
    return rows
