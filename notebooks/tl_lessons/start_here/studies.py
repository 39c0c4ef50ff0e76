"""Experiments of the start notebook that take longer than its minute."""

from __future__ import annotations

from typing import Any

import numpy as np

from tl_helpers import data, models, questions, town
from tl_helpers.measure import results
from tl_helpers.train import adapt, pretrain


@results.study(
    "reviews-fine-tuning",
    seeds=range(5),
    of_town=False,
    labels=(16, 64, 256),
    steps=(40, 80, 120),
    learning_rates={"pre-trained": [1e-4], "random": [1e-4, 5e-4]},
    batch_size=16,
)
def reviews_fine_tuning(
    seed: int,
    labels: tuple[int, ...],
    steps: tuple[int, ...],
    learning_rates: dict[str, list[float]],
    batch_size: int,
) -> list[dict[str, Any]]:
    """MiniLM fine-tuned on the written reviews, and the same network from random weights.

    The random start gets two learning rates; a fair reader takes the better one.
    """
    reviews = data.load("reviews")
    test = reviews["test"]
    rows = []
    for n, budget in zip(labels, steps, strict=True):
        train = data.sample(reviews["train"], n, seed=seed)
        for start, rates in learning_rates.items():
            for rate in rates:
                model, tokenizer = models.load(
                    "minilm", random_weights=start == "random", seed=seed
                )
                fitted = adapt.fit(
                    model,
                    tokenizer,
                    train["text"],
                    train["label"],
                    steps=budget,
                    learning_rate=rate,
                    batch_size=batch_size,
                    seed=seed,
                    progress=False,
                )
                right = fitted.predict(test["text"]) == np.array(test["label"])
                hard = np.array([len(t) > 0 for t in test["traits"]])
                rows.append(
                    {
                        "labels": n,
                        "start": start,
                        "learning_rate": rate,
                        "accuracy": right.mean(),
                        "accuracy_hard": right[hard].mean(),
                    }
                )
    return rows


@results.study(
    "town-one-minute",
    seeds=range(5),
    steps=1200,
    batch_size=32,
    block=128,
    documents=100_000,
    labels=(16, 64, 256, 1024),
)
def town_one_minute(
    seed: int, steps: int, batch_size: int, block: int, documents: int, labels: tuple[int, ...]
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
        learning_rate=8e-3,
        optimiser="muon",
        mask_rate=0.25,
        seed=seed,
        progress=False,
        evaluate=lambda m: {"probe": questions.probe(m, tokenizer)},
        evaluate_every=steps // 12,
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
