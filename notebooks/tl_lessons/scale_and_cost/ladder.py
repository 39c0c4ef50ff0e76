"""The scaling ladder of notebook 15 and a slice of it at one budget: read once, judged on new text.

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

notebook = Cells("15_scale_and_cost")
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


@results.study("isoflop", width=[24, 32, 48, 64, 96])
def isoflop(seed: int, width: int, layers: int = 2, compute: float = 8e11) -> dict[str, Any]:
    """Every size of the ladder for the *same* 6 N D: the larger it is, the less it reads.

    Approach 2 of Hoffmann et al. (2022), one slice of it. Each run has a schedule of its own
    length; text, test documents and recipe are those of the ladder.

    Returns:
        ``parameters``, ``tokens`` (whole steps of them), ``compute`` (6 N D of these),
        ``loss`` (nats per word of held-out documents).
    """
    size = parameters(model_of(width, layers, seed)[0])
    step = BATCH * BLOCK
    tokens = round(compute / 6 / size / step) * step
    return {
        "parameters": size,
        "tokens": tokens,
        "compute": 6.0 * size * tokens,
        "loss": notebook.climb(width, layers, tokens, seed),
    }


def rates(width: int, layers: int, steps: int, seed: int = 0, batch: int = BATCH) -> Rates:
    """How fast a model of the ladder trains, with the ladder's recipe."""
    model, tokenizer = model_of(width, layers, seed)
    texts = town.Town(seed=seed).corpus(batch * 5).texts()
    blocks = Batches(pretrain.pack(texts, tokenizer, BLOCK), tokenizer, "clm", 0.15, batch, seed)
    return training_rates(model, blocks, 2 / width, steps)
