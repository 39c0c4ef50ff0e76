"""Time to transfer: from a fresh process to a model that needs 16 labels, against the Trainer.

Seconds are told twice: by the clock, and those of the processor, which a busy machine hardly moves.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib.externals.loky import ProcessPoolExecutor

from tl_helpers import questions

if TYPE_CHECKING:
    from collections.abc import Callable

    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DOCUMENTS, LABELS, DRAWS, TEST, TARGET = 40_000, 16, 25, 700, 0.85
SHARED = 12  # columns of the table of words that begin with counts


def judge_of(
    seed: int, tokenizer: PreTrainedTokenizerBase
) -> Callable[[PreTrainedModel], dict[str, float]]:
    """A function: accuracy of frozen features on new one-sentence opinions, given 16 labels.

    The mean over 25 draws of the labels, so that no lucky draw ends a race. The opinions come
    from a town of another seed.
    """
    from tl_helpers.data import balanced
    from tl_helpers.train import adapt, probe

    texts, labels, _ = questions.opinion_task(seed)
    pool, test = slice(0, 400), slice(len(texts) - TEST, None)
    chosen, truth = texts[pool] + texts[test], labels[test]
    draws = [balanced(labels[pool], LABELS, seed=100 * seed + k) for k in range(DRAWS)]

    def judge(model: PreTrainedModel) -> dict[str, float]:
        rows = adapt.embed(model, tokenizer, chosen)
        right = []
        for draw in draws:
            fitted = probe.linear(rows[draw], labels[pool][draw], C=0.01)
            right.append(fitted.predict(rows[400:]) == truth)
        return {"accuracy": float(np.mean(right))}

    return judge


def fast(seed: int, limit: float) -> dict[str, Any]:
    """The course's way: counts as a head start, and a masked language model where that falls short.

    It looks before the first step: what reaches the goal by counting alone need not read.
    """
    from tl_helpers import models, town
    from tl_helpers.train import head_start, pretrain

    model, tokenizer = models.new("small", seed=seed)
    texts = town.Town(seed=seed).corpus(DOCUMENTS).texts()
    blocks = pretrain.pack(texts, tokenizer)
    head_start.head_start(model, head_start.document_vectors(blocks, tokenizer, SHARED, seed=seed))
    table = model.get_input_embeddings().weight.requires_grad_(False)
    judge = judge_of(seed, tokenizer)
    history = pretrain.fit(
        model,
        blocks,
        tokenizer=tokenizer,
        steps=120,
        batch_size=16,
        seed=seed,
        evaluate=judge,
        evaluate_every=20,
        until=lambda e: e["accuracy"] >= TARGET or time.process_time() > limit,
        **pretrain.SMALL,
    )
    table.requires_grad_(True)
    last = history.evaluations[-1]
    return {
        "steps": last["step"],
        "tokens": last["tokens"],
        "accuracy": last["accuracy"],
        "counts_only": history.evaluations[0]["accuracy"],
    }


def plain(seed: int, limit: float, rate: float, batch: int) -> dict[str, Any]:
    """``transformers.Trainer`` on the same model and text, one document a row."""
    from transformers import DataCollatorForLanguageModeling

    from tl_helpers import models, town
    from tl_helpers.train import baseline

    model, tokenizer = models.new("small", seed=seed)
    texts = town.Town(seed=seed).corpus(DOCUMENTS).texts()
    rows = tokenizer(texts, truncation=True, return_attention_mask=False)["input_ids"]

    def late() -> bool:
        return time.process_time() > limit

    history = baseline.train(
        model,
        [{"input_ids": row} for row in rows],
        DataCollatorForLanguageModeling(tokenizer),
        evaluate=judge_of(seed, tokenizer),
        due=lambda step: step % 100 == 0 or late(),
        until=lambda e: e["accuracy"] >= TARGET or late(),
        learning_rate=rate,
        per_device_train_batch_size=batch,
        seed=seed,
    )
    last = history.evaluations[-1] if history.evaluations else {}
    return {
        "accuracy": last.get("accuracy", 0.0),
        "steps": last.get("step", 0),
        "tokens": last.get("tokens", 0),
    }


RIVALS: dict[str, dict[str, Any]] = {
    "Trainer, its defaults": {"rate": 5e-5, "batch": 8},
    "Trainer, rate 2e-3, batch 32": {"rate": 2e-3, "batch": 32},
}


def one(way: str, seed: int, limit: float = 600.0) -> dict[str, Any]:
    """Start a fresh process that goes one way, and wait for its report.

    Args:
        way: ``"fast"`` or a key of ``RIVALS``.
        seed: of the town, the weights and the labels.
        limit: give up after so many processor seconds.

    Returns:
        ``seconds`` from starting the process, ``processor_seconds``, ``steps``, ``tokens``,
        ``accuracy``, ``reached``; of our way also ``counts_only``, the accuracy before any step.
    """
    began = time.time()
    with ProcessPoolExecutor(max_workers=1) as fresh:  # a new interpreter, not a fork of this one
        report = fresh.submit(_go, way, seed, limit).result()
    return {"way": way, "seconds": round(time.time() - began, 2), **report}


def _go(way: str, seed: int, limit: float) -> dict[str, Any]:
    """In the fresh process: go one way, and say how it went."""
    report = fast(seed, limit) if way == "fast" else plain(seed, limit, **RIVALS[way])
    reached = report["accuracy"] >= TARGET
    spent = round(time.process_time(), 2)
    return {**report, "reached": reached, "processor_seconds": spent}
