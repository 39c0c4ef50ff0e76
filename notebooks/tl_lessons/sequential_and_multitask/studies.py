"""The stored experiments of ``34_sequential_and_multitask``; the methods stand in its cells."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tl_helpers import data, models
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results
from tl_helpers.train import adapt

notebook = Cells("34_sequential_and_multitask")
SOURCES = ("plain opinions", "domain", "noise labels")
TARGETS = ("plain opinions", "hard opinions", "domain")


@results.study(
    "intermediate-tasks",
    {"source": "none", "rate": 3e-4},  # no source has no rate
    {"source": list(SOURCES), "rate": 3e-4},
    {"source": "noise labels", "rate": 2e-3},
    target=list(TARGETS),
    labels=28,
    seeds=range(6),
)
def intermediate(seed: int, source: str, rate: float, target: str, labels: int) -> dict[str, float]:
    """Fine-tuned on a source task, then on a few labels of a target task, in the town."""
    return {"accuracy": notebook.on_target(source, target, labels, rate, seed)}


@results.study(
    "multi-task",
    {"second": "none", "mix": 0.0},
    {"second": list(SOURCES), "mix": [0.2, 0.5]},
    seeds=range(6),
)
def together(seed: int, second: str, mix: float) -> dict[str, float]:
    """Hard opinions with 64 labels, learned together with a second task, in the town."""
    return {"accuracy": notebook.with_second_task(second, mix, seed)}


# --- MiniLM ------------------------------------------------------------------------------------
REAL_SOURCES = ("rated opinions", "where it comes from", "noise labels")
SOURCE_TEXTS, JUDGED = 256, 160
GENTLE, USUAL = 1e-4, 3e-4  # rates on the source, and on the target (tuned in notebook 00)


@functools.cache
def _rated() -> Any:
    return data.load("ratings", clear=True)["train"].to_pandas()


def source_texts(source: str, seed: int) -> tuple[list[str], list[int]]:
    """``SOURCE_TEXTS`` rated sentences and their labels, as many of each class.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    table = _rated()
    rng = np.random.default_rng(seed)
    if source == "where it comes from":
        labels = table["domain"].to_numpy()
    else:
        table = table[table["domain"].isin(_numbers("film", "product"))]
        labels = table["label"].to_numpy()
    rows = data.balanced(labels, SOURCE_TEXTS, seed)
    answers = labels[rows] if source != "noise labels" else rng.integers(0, 2, len(rows))
    return table["text"].to_numpy()[rows].tolist(), answers.tolist()


def target_texts(seed: int, target: str = "reviews", labels: int = 16) -> tuple[Any, Any]:
    """A few labelled training texts, as many of each class, and the texts that judge."""
    texts = data.load(target)
    train, test = texts["train"], texts["test"]
    few = train.select(data.balanced(np.array(train["label"]), labels, seed))
    if len(test) > JUDGED:
        test = test.select(data.balanced(np.array(test["label"]), JUDGED, seed))
    return few, test


def _numbers(*domains: str) -> list[int]:
    names = data.load("ratings", clear=True)["train"].features["domain"].names
    return [names.index(domain) for domain in domains]


@functools.lru_cache(maxsize=2)
def _after(source: str, seed: int) -> models.Loaded:
    loaded = models.load("minilm")
    if source == "none":
        return loaded
    adapted = adapt.fit(
        *loaded,
        *source_texts(source, seed),
        epochs=2,
        learning_rate=GENTLE,
        seed=seed,
        progress=False,
    )
    return models.Loaded(adapted.model.base_model, loaded.tokenizer)


@results.study("intermediate-real", source=["none", *REAL_SOURCES], of_town=False)
def real_accuracy(
    seed: int, source: str, target: str = "reviews", labels: int = 16
) -> dict[str, float]:
    """MiniLM fine-tuned on rated sentences, then on a few texts that were written for this course.

    Each seed draws the texts of the source, the labelled texts of the target and the new heads.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    few, test = target_texts(seed, target, labels)
    body, tokenizer = _after(source, seed)
    how: dict[str, Any] = {"steps": 20, "learning_rate": USUAL, "progress": False}
    adapted = adapt.fit(body, tokenizer, few["text"], few["label"], seed=500 + seed, **how)
    return {"accuracy": float((adapted.predict(test["text"]) == np.array(test["label"])).mean())}


@results.study(
    "intermediate-frozen", labelled=["16 reviews", "256 rated sentences", "both"], of_town=False
)
def frozen_accuracy(seed: int, labelled: str) -> dict[str, float]:
    """Logistic regression on frozen MiniLM, given the labels of one kind of texts, or of both.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    return notebook.frozen(labelled, seed)
