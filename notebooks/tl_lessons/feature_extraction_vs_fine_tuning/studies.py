"""Fine-tuning, many times over: what takes longer than the notebook's minute."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tl_helpers import data, models
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results
from tl_helpers.train import adapt, probe

notebook = Cells("32_feature_extraction_vs_fine_tuning")  # the loop and the remedies stand there
HOWS = ("frozen features", "fine-tuning")
LABELS = (16, 64, 256, 1024)
RATES = (1e-4, 3e-4, 1e-3, 3e-3)
PEAK, HEAD = 1e-3, 3e-2  # of embeddings and layers, and of the head: the best with 128 labels

#: Ways to train, all at the same peak rate, and the plainest alternatives to them.
WAYS = (
    *("constant", "decay", "warm-up", "slanted", "discriminative", "unfreezing", "ULMFiT"),
    *("head first", "embeddings frozen"),
)
REMEDIES: dict[str, tuple[float, ...]] = {
    "L2-SP": (0.01, 0.1, 1.0),
    "EWC": (1000.0,),
    "replay": (0.1,),
}


@results.study(
    "freeze-or-train-rates",
    {"rate": RATES, "head": 1e-2},
    {"rate": RATES[1:3], "head": [3e-3, 3e-2]},
    labels=[16, 64, 128, 256, 1024],
    seeds=range(50, 53),
)
def freeze_or_train_rates(
    seed: int, rate: float, head: float, labels: int, steps: int = 100
) -> dict[str, float]:
    """Which learning rates, judged on sentences that neither train nor judge anything else.

    Args:
        seed: of the town, the labelled sentences, the head and the order.
        rate: of the embeddings and layers.
        head: the rate of the new head.
        labels: how many sentences are labelled.
        steps: of 32 sentences, or of all where there are fewer.
    """
    import torch

    model, tokenizer = models.load("town-mlm")
    torch.manual_seed(seed)
    network = notebook.Classifier(model, tokenizer)
    few, verdicts = notebook.few_opinions(seed, labels)
    batches = notebook.shuffled(labels, steps, seed)
    notebook.tune(network, few, verdicts, batches, lambda step: [rate, rate, rate, head])
    texts, truth, _ = notebook.opinions(seed)
    used = set(few)
    held = [i for i in range(len(texts) - notebook.TEST) if texts[i] not in used][-500:]
    with torch.no_grad():
        said = network([texts[i] for i in held]).argmax(dim=1).numpy()
    return {"validation": float((said == truth[held]).mean())}


@results.study(
    "freeze-or-train-edges",  # where the best of that grid lay at its edge
    {"rate": 3e-5, "head": [3e-3, 1e-2], "labels": 16},
    {"rate": 1e-4, "head": [3e-3, 3e-2], "labels": 16},
    {"rate": 1e-3, "head": 1e-1, "labels": [64, 128, 256]},
    seeds=range(50, 53),
)
def freeze_or_train_edges(seed: int, rate: float, head: float, labels: int) -> dict[str, float]:
    """The same for the rates beyond."""
    return freeze_or_train_rates(seed, rate, head, labels)


@results.study("freeze-or-train", how=HOWS, labels=LABELS)
def freeze_or_train(seed: int, how: str, labels: int) -> dict[str, float]:
    """Frozen features and fine-tuning over the number of labels, in the town.

    Fine-tuning with the two rates that were best on validation sentences for as many labels.
    """
    rate, head = results.best("freeze-or-train", "validation", ["rate", "head"], labels=labels)
    return {**notebook.freeze_or_train(how, labels, seed, rate, head), "rate": rate, "head": head}


@results.study(
    "forgetting",
    {"way": WAYS, "remedy": "none", "strength": PEAK},
    {"way": "constant", "remedy": "rate", "strength": [1e-4, 3e-4, 3e-3]},
    {"way": "constant", "remedy": "one rate", "strength": [3e-4, 1e-3]},
    {"way": "head alone", "remedy": "none", "strength": 3e-2},
    *({"way": "constant", "remedy": name, "strength": s} for name, s in REMEDIES.items()),
    {"way": "constant", "remedy": "LoRA", "strength": 1e-2},
    {"way": "constant", "remedy": "library", "strength": PEAK},
)
def forgetting(seed: int, way: str, remedy: str, strength: float) -> dict[str, float]:
    """Target and old loss after one way of fine-tuning, with one remedy.

    Args:
        seed: of the town, the labelled sentences, the head and the order.
        way: one that the notebook's function ``way`` knows.
        remedy: ``"none"``, ``"rate"`` (a constant rate other than the usual), ``"one rate"`` (the
            same for the head as for everything else), a name of ``REMEDIES``, ``"LoRA"``, or
            ``"library"`` (``tl.adapt.fit``, as in the first example).
        strength: what the penalty of a remedy is multiplied by; elsewhere the learning rate, of
            the head alone where nothing else is trained.
    """
    if remedy == "LoRA":
        return _with_lora(seed, strength)
    if remedy == "library":
        return _by_the_library(seed, strength)
    if remedy in REMEDIES:
        return notebook.adapted(notebook.way(way, PEAK, 100), seed, penalty_of(remedy, strength))
    head = strength if remedy == "one rate" or way == "head alone" else HEAD
    return notebook.adapted(notebook.way(way, strength, 100, head), seed)


def penalty_of(remedy: str, strength: float) -> Callable[..., Any] | None:
    """What is added to the loss, as the notebook defines it; None for nothing."""
    makers = {"L2-SP": notebook.l2_sp, "EWC": notebook.ewc, "replay": notebook.replay}
    return makers[remedy](strength) if remedy in makers else None


def _with_lora(seed: int, rate: float) -> dict[str, float]:
    """LoRA of rank 4 on queries and values, by ``peft``; the old loss with it in its place."""
    import torch
    from peft import LoraConfig, inject_adapter_in_model

    mlm, tokenizer = models.load("town-mlm", task="masked-lm")
    torch.manual_seed(seed)
    network = notebook.Classifier(mlm.bert, tokenizer)
    inject_adapter_in_model(
        LoraConfig(r=4, lora_alpha=8, target_modules=["query", "value"]), network.encoder
    )
    few, verdicts = notebook.few_opinions(seed, 128)
    batches = notebook.shuffled(128, 100, seed)
    notebook.tune(network, few, verdicts, batches, lambda step: [rate] * 4)
    found = notebook.judge(notebook.answer_of(network), seed)
    return {**found, "old_loss": notebook.old_loss(mlm, tokenizer)}


def _by_the_library(seed: int, rate: float) -> dict[str, float]:
    """The recipe of the first example: the head, dropout and schedule of ``transformers``."""
    mlm, tokenizer = models.load("town-mlm", task="masked-lm")
    few, verdicts = notebook.few_opinions(seed, 128)
    plan: dict[str, Any] = {"steps": 100, "batch_size": 32, "learning_rate": rate, "seed": seed}
    fitted = adapt.fit(mlm.bert, tokenizer, few, verdicts.tolist(), progress=False, **plan)
    found = notebook.judge(fitted.predict, seed)
    mlm.bert.load_state_dict(fitted.model.bert.state_dict(), strict=False)
    return {**found, "old_loss": notebook.old_loss(mlm, tokenizer)}


@results.study(
    "fine-tuning-stability",
    {"start": "decay", "correction": False},
    {"start": "warm-up", "correction": True},
    steps=[40, 120],
    seeds=range(10),
)
def stability(
    seed: int, steps: int, start: str, correction: bool, rate: float = PEAK, labels: int = 128
) -> dict[str, float]:
    """Few steps or more, with and without warm-up and the bias correction of Adam."""
    import torch

    model, tokenizer = models.load("town-mlm")
    torch.manual_seed(seed)
    network = notebook.Classifier(model, tokenizer)
    few, verdicts = notebook.few_opinions(seed, labels)
    rates = notebook.way(start, rate, steps, head=rate)  # one rate for all, as in the papers
    if not correction:
        rates = notebook.uncorrected(rates)
    notebook.tune(network, few, verdicts, notebook.shuffled(labels, steps, seed), rates)
    return notebook.judge(notebook.answer_of(network), seed)


@results.study(
    "scalar-mix",
    question=["pleased?", "about what?"],
    labels=[64, 256],
    of_town=False,
)
def scalar_mix(seed: int, question: str, labels: int) -> dict[str, float]:
    """One layer, the mean of all, or a learned mixture: MiniLM frozen, the written reviews."""
    return notebook.which_layer(question, labels, seed)


# --- real text -----------------------------------------------------------------------------------

REAL_STEPS = {64: 30, 256: 64, 1024: 96}
REAL_RATES = (3e-5, 1e-4, 3e-4, 1e-3)


@functools.cache
def _films() -> Any:
    return data.load("ratings", domain="film", clear=True)


@functools.cache
def _domains() -> tuple[list[str], np.ndarray]:
    """Sentences of four domains, and which: something else that an encoder knows."""
    everything = data.load("ratings")["test"]
    which = np.array(everything["domain"])
    rows = data.balanced(which, 400, 0)
    return [everything["text"][i] for i in rows], which[rows]


def _other_task(encoder: Any, tokenizer: Any) -> float:
    """How well a linear probe reads the domain of a sentence off an encoder's vectors."""
    texts, which = _domains()
    rows = adapt.embed(encoder, tokenizer, texts)
    half = len(rows) // 2
    return float(probe.linear(rows[:half], which[:half], 0.01).score(rows[half:], which[half:]))


@functools.cache
def _other_task_before() -> float:
    return _other_task(*models.load("minilm"))


@results.study("ratings-rates", rate=REAL_RATES, labels=64, seeds=range(50, 53), of_town=False)
def ratings_rates(seed: int, rate: float, labels: int) -> dict[str, float]:
    """Which rate for MiniLM, judged on training sentences that the run has not seen."""
    train = _films()["train"]
    truth = np.array(train["label"])
    rows = data.balanced(truth, labels, seed)
    others = np.setdiff1d(np.arange(len(truth)), rows)
    held = others[data.balanced(truth[others], 300, seed)]
    fitted = adapt.fit(
        *models.load("minilm"),
        [train["text"][i] for i in rows],
        truth[rows],
        steps=REAL_STEPS[labels],
        learning_rate=rate,
        seed=seed,
    )
    said = fitted.predict([train["text"][i] for i in held])
    return {"validation": float((said == truth[held]).mean())}


@results.study(
    "ratings-freeze-or-train", how=HOWS, labels=list(REAL_STEPS), seeds=range(5), of_town=False
)
def ratings_freeze_or_train(
    seed: int, how: str, labels: int, judged: int = 400
) -> dict[str, float]:
    """MiniLM on film sentences that people rated: frozen features and fine-tuning.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    train, test = _films()["train"], _films()["test"]
    few = train.select(data.balanced(np.array(train["label"]), labels, seed))
    some = test.select(data.balanced(np.array(test["label"]), judged, seed))
    if how == "frozen features":
        settings: dict[str, Any] = {"mode": "features", "C": "cv"}
    else:
        rate = results.best("ratings", "validation", labels=64)
        settings = {"steps": REAL_STEPS[labels], "learning_rate": rate, "batch_size": 16}
    encoder, tokenizer = models.load("minilm")
    fitted = adapt.fit(encoder, tokenizer, few["text"][:], few["label"][:], seed=seed, **settings)
    right = fitted.predict(some["text"]) == np.array(some["label"])
    if how == "frozen features":
        other = _other_task_before()
    else:
        other = _other_task(fitted.model.base_model, tokenizer)
    return {"accuracy": float(right.mean()), "other_task": other}
