"""Experiments of the start notebook that take longer than its minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tl_helpers import data, models, questions, town
from tl_helpers.measure import results
from tl_helpers.train import adapt, pretrain

STEPS = {16: 40, 64: 80, 256: 120}  # of fine-tuning, for each number of labels


@results.study(
    "reviews-fine-tuning",
    {"start": "pre-trained", "learning_rate": 1e-4},
    {"start": "random", "learning_rate": [1e-4, 5e-4]},
    labels=[16, 64, 256],
    of_town=False,
)
def reviews_fine_tuning(
    seed: int,
    labels: int,
    start: str,
    learning_rate: float,
    steps: Mapping[int, int] = STEPS,
    batch_size: int = 16,
) -> dict[str, float]:
    """MiniLM fine-tuned on the written reviews, and the same network from random weights.

    The random start gets two learning rates; a fair reader takes the better one.
    """
    reviews = data.load("reviews")
    test = reviews["test"]
    train = data.sample(reviews["train"], labels, seed=seed)
    model, tokenizer = models.load("minilm", random_weights=start == "random", seed=seed)
    fitted = adapt.fit(
        model,
        tokenizer,
        train["text"],
        train["label"],
        steps=steps[labels],
        learning_rate=learning_rate,
        batch_size=batch_size,
        seed=seed,
        progress=False,
    )
    right = fitted.predict(test["text"]) == np.array(test["label"])
    hard = np.array([len(t) > 0 for t in test["traits"]])
    return {"accuracy": right.mean(), "accuracy_hard": right[hard].mean()}


@results.study("town-one-minute")
def town_one_minute(
    seed: int,
    steps: int = 1200,
    batch_size: int = 32,
    block: int = 128,
    documents: int = 100_000,
    labels: Sequence[int] = (16, 64, 256, 1024),
) -> list[dict[str, Any]]:
    """A minute of masked-language-model pre-training on the town, judged on one-sentence opinions.

    Each seed has its own town text, weights, masks, labelled sample and test set.
    """
    texts, truth, hard = questions.opinion_task(seed)
    cut = len(texts) - 700
    train_texts, train_truth = texts[:cut], truth[:cut]
    test_texts, test_truth, test_hard = texts[cut:], truth[cut:], hard[cut:]
    pretrained, tokenizer = models.new("small", seed=seed)
    scratch, _ = models.new("small", seed=seed)
    blocks = pretrain.pack(town.Town(seed=seed).corpus(documents).texts(), tokenizer, block)
    history = pretrain.fit(
        pretrained,
        blocks,
        tokenizer=tokenizer,
        steps=steps,
        batch_size=batch_size,
        seed=seed,
        evaluate=lambda m: {"probe": questions.probe(m, tokenizer)},
        evaluate_every=steps // 12,
        **pretrain.SMALL,
    )
    rows: list[dict[str, Any]] = [
        {"measure": "probe", "step": e["step"], "value": e["probe"]} for e in history.evaluations
    ]
    for n in labels:
        chosen = data.balanced(train_truth, n, seed)
        for start, model in (("pre-trained", pretrained), ("random", scratch)):
            for mode in ("features", "fine-tune"):
                settings: dict[str, Any] = (
                    {"steps": 60 if n < 256 else 150, "learning_rate": 5e-4}
                    if mode == "fine-tune"
                    else {}
                )
                fitted = adapt.fit(
                    model,
                    tokenizer,
                    [train_texts[i] for i in chosen],
                    train_truth[chosen],
                    mode=mode,
                    seed=seed,
                    progress=False,
                    **settings,
                )
                right = fitted.predict(test_texts) == test_truth
                rows.append(
                    {
                        "measure": "accuracy",
                        "labels": n,
                        "start": start,
                        "mode": mode,
                        "value": right.mean(),
                        "hard": right[test_hard].mean(),
                    }
                )
    return rows
