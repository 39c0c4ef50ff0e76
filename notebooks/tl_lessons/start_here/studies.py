"""Experiments of the start notebook that take longer than its minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers import data, models, questions, town
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results
from tl_helpers.train import adapt, pretrain

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

notebook = Cells("00_start_here")  # the classifier and its training loop stand there
METHODS = ("pre-trained", "random weights")
RATES = (3e-5, 1e-4, 3e-4, 1e-3)
STEPS = {16: 20, 64: 20, 256: 80}  # of fine-tuning, for each number of labels


def tuned(
    method: str, labels: int, rate: float, steps: int, seed: int
) -> tuple[Any, PreTrainedTokenizerBase]:
    """MiniLM, or the same network from random weights, fine-tuned on a draw of the reviews."""
    import torch

    train = data.load("reviews")["train"]
    truth = np.array(train["label"])
    rows = data.balanced(truth, labels, seed)
    random_weights = method == "random weights"
    encoder, tokenizer = models.load("minilm", random_weights=random_weights, seed=seed)
    torch.manual_seed(seed)
    network = notebook.Classifier(encoder)
    texts = [train["text"][i] for i in rows]
    notebook.fine_tune(network, tokenizer, texts, torch.tensor(truth[rows]), rate, steps)
    return network, tokenizer


@results.study(
    "reviews-rates", method=METHODS, rate=RATES, labels=64, seeds=range(50, 55), of_town=False
)
def reviews_rates(
    seed: int, method: str, rate: float, labels: int, steps: Mapping[int, int] = STEPS
) -> dict[str, float]:
    """Which learning rate, judged on training reviews that the run has not seen.

    Test reviews play no part, and the seeds are others than those of the comparison.
    """
    network, tokenizer = tuned(method, labels, rate, steps[labels], seed)
    train = data.load("reviews")["train"]
    truth = np.array(train["label"])
    others = np.setdiff1d(np.arange(len(truth)), data.balanced(truth, max(steps), seed))[::2]
    texts = [train["text"][i] for i in others]
    return {"validation": notebook.accuracy_on(network, tokenizer, texts, truth[others])}


@results.study("reviews-fine-tuning", method=METHODS, labels=[16, 64, 256], of_town=False)
def reviews_fine_tuning(
    seed: int, method: str, labels: int, steps: Mapping[int, int] = STEPS
) -> dict[str, float]:
    """MiniLM fine-tuned on the written reviews, and the same network from random weights.

    Each of the two at the learning rate that was best for it on validation reviews.
    """
    rate = float(results.best("reviews", "validation", method=method))
    network, tokenizer = tuned(method, labels, rate, steps[labels], seed)
    test = data.load("reviews")["test"]
    right = notebook.accuracy_on(network, tokenizer, test["text"], np.array(test["label"]))
    return {"rate": rate, "accuracy": right}


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
        evaluate=lambda m: {"probe": questions.own_guesses(m, tokenizer)},
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
