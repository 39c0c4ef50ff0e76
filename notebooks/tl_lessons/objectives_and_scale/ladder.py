"""The scaling ladder of notebook 13: sizes x amounts of text, each read once, judged on new text.

A run is the function ``climb`` that the notebook defines in a cell.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tl_helpers import models, questions, town
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results
from tl_helpers.train import pretrain
from tl_helpers.train.batches import Batches
from tl_helpers.train.cost import Rates, training_rates

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

notebook = Cells("13_objectives_and_scale")
BATCH, BLOCK = 8, 128
TOKENS = (131_072, 262_144, 524_288, 1_048_576)
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


@results.study(
    "scaling-ladder",
    {"part": "ladder", "width": [24, 32, 48, 64, 96], "layers": 2, "tokens": TOKENS},
    {"part": "held out", "width": 128, "layers": 2, "tokens": TOKENS[-1]},
    {"part": "held out", "width": 256, "layers": 4, "tokens": TOKENS[-1]},
)
def scaling_ladder(seed: int, part: str, width: int, layers: int, tokens: int) -> dict[str, Any]:
    """Every size reads every amount; the sizes that no law is fitted to read the largest only.

    Rows of the latter are marked ``"part": "held out"``.

    Returns:
        ``parameters``, ``loss`` (nats per word of held-out documents, their ends included),
        ``truth`` (minus the true log-probability of the same, likewise), ``seconds`` (processor
        time of the run, its text and its judging included).
    """
    climb = notebook.climb
    began = time.process_time()
    loss = climb(width, layers, tokens, seed)
    spent = time.process_time() - began
    return {
        "parameters": parameters(model_of(width, layers, seed)[0]),
        "loss": loss,
        "truth": town.Town()
        .corpus(TEST_DOCUMENTS, start=questions.FIRST_UNSEEN_DOCUMENT)
        .entropy_per_token(),
        "seconds": round(spent, 2),
    }


def rates(width: int, layers: int, steps: int, seed: int = 0, batch: int = BATCH) -> Rates:
    """How fast a model of the ladder trains, with the ladder's recipe."""
    model, tokenizer = model_of(width, layers, seed)
    texts = town.Town(seed=seed).corpus(batch * 5).texts()
    blocks = Batches(pretrain.pack(texts, tokenizer, BLOCK), tokenizer, "clm", 0.15, batch, seed)
    return training_rates(model, blocks, 2 / width, steps)


@results.study(
    "utilisation",
    {"width": [32, 64, 128], "layers": 2},
    {"width": 256, "layers": 4},
    batch=[BATCH, 8 * BATCH],
)
def utilisation(seed: int, width: int, layers: int, batch: int, steps: int = 8) -> dict[str, float]:
    """What share of the machine's bf16 matrix rate a training step of the ladder reaches.

    ``share`` counts all matrix products of a step, those of Muon included; ``network`` those of the
    network alone. The ladder's batch, and one eight times as large. Squares and steps take turns.
    Measure on an idle machine, with all its cores.
    """
    reached = rates(width, layers, steps, seed, batch)
    return {
        "share": reached.step / reached.peak,
        "network": reached.network / reached.peak,
        "peak": reached.peak,
    }
