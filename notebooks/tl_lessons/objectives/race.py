"""What to predict, at equal compute, and how much to hide: the stored studies of notebook 14."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers import models, questions, town
from tl_helpers.data import balanced
from tl_helpers.measure import results
from tl_helpers.train import adapt, batches, pretrain, probe
from tl_helpers.train.cost import flops_of
from tl_helpers.train.word_vectors import word_vectors

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

RECIPE: dict[str, Any] = {"optimiser": "muon", "progress": False}
#: The detector's was lowered after seed 0 had shown that its vectors become all alike at 8e-3, and
#: chosen from three settings on seed 100, which is in no study. The others' were never tuned here.
RATES = {"clm": 8e-3, "mlm": 8e-3, "rtd": 2e-3}
#: Restaurant reviews without small talk and with fewer rare words: a part of the town that a small
#: model sees through after a few hundred thousand words instead of a few million.
PART: dict[str, Any] = {"mixture": {"restaurant": 1}, "zipf": 1.8, "neutral": 0.0, "distance": 0.2}
WORDS_PER_DOCUMENT = 46  # fewer than there are, so that nothing is read twice
TEST = 700  # opinions that are never trained on


def step_flops(objective: str, batch_size: int, mask_rate: float, block: int = 128) -> int:
    """Floating-point operations of one training step: every matrix product, forward and back.

    Counted by PyTorch while a step is taken. Output layers are included, and for replaced-token
    detection the generator; the optimiser's own work is not.

    Args:
        objective: ``"mlm"``, ``"clm"`` or ``"rtd"``.
        batch_size: blocks per step.
        mask_rate: share of positions that are hidden.
        block: tokens per block.
    """
    model, tokenizer = models.new("small", objective)
    texts = town.Town(seed=0).corpus(batch_size * block // 20).texts()
    blocks = pretrain.pack(texts, tokenizer, block)
    batch = batches.Batches(blocks, tokenizer, objective, mask_rate, batch_size, 0)(0)
    if objective == "rtd":
        from tl_helpers.train import electra

        pair = electra.Pair(model, None)
        return flops_of(lambda: electra.loss_of(pair, batch, separate=True), pair)
    return flops_of(lambda: batches.loss_of(model, batch, objective, separate=True), model)


def read(
    objective: str,
    seed: int,
    steps: int,
    batch_size: int,
    mask_rate: float,
    evaluate: Callable[[PreTrainedModel, PreTrainedTokenizerBase], dict[str, Any]],
    every: int,
    until: Callable[[dict[str, Any]], bool] | None = None,
    rate: float | None = None,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, pretrain.History]:
    """Pre-train a small model on fresh text of its seed's town; look at it ``every`` few steps.

    ``rate`` is the learning rate, if it is not that of ``RATES``.
    """
    model, tokenizer = models.new("small", objective, seed=seed)
    documents = steps * batch_size * 128 // WORDS_PER_DOCUMENT + batch_size
    texts = town.Town(seed=seed, **PART).corpus(documents).texts()
    blocks = pretrain.pack(texts, tokenizer, 128)
    history = pretrain.fit(
        model,
        blocks,
        tokenizer=tokenizer,
        objective=objective,
        steps=steps,
        batch_size=batch_size,
        mask_rate=mask_rate,
        seed=seed,
        learning_rate=rate or RATES[objective],
        evaluate=lambda m: evaluate(m, tokenizer),
        evaluate_every=every,
        until=until,
        **RECIPE,
    )
    return model, tokenizer, history


class Opinions:
    """One-sentence opinions, some with labels to learn from, 700 to be judged on."""

    def __init__(self, seed: int) -> None:
        texts, labels, _ = questions.opinion_task(seed, 1800, **PART)
        self.seed, cut = seed, len(texts) - TEST
        self.texts, self.labels = texts[:cut], labels[:cut]
        self.test, self.truth = texts[cut:], labels[cut:]

    def accuracy(self, model: Any, tokenizer: Any, labels: int, **how: Any) -> float:
        """Share of right answers after ``labels`` examples; ``how`` goes to ``adapt.fit``."""
        chosen = balanced(self.labels, labels, self.seed)
        fitted = adapt.fit(
            model,
            tokenizer,
            [self.texts[i] for i in chosen],
            self.labels[chosen],
            seed=self.seed,
            progress=False,
            **how,
        )
        return float((fitted.predict(self.test) == self.truth).mean())


class Tagged:
    """Sentences with a tag for each word, one from each document of a town of its own.

    Args:
        seed: which town.
        sentences: how many to learn from; 200 more are for the test.
        tags: ``"pos"`` (parts of speech) or ``"relations"`` (what the word is to its head).
    """

    def __init__(self, seed: int, sentences: int, tags: str) -> None:
        corpus = town.Town(seed=30_000 + seed, **PART).corpus(sentences + 200)
        words, gold, bounds = corpus.words(), getattr(corpus, tags)(), corpus.draws.t_start
        first = np.unique(corpus.draws.doc, return_index=True)[1]
        rng = np.random.default_rng(seed)  # which of its sentences
        last = np.append(first[1:], len(corpus.draws.doc))
        chosen = rng.integers(first, last)
        self.words = [words[bounds[i] : bounds[i + 1]].tolist() for i in chosen]
        self.tags = [gold[bounds[i] : bounds[i + 1]] for i in chosen]
        self.cut = sentences

    def accuracy(self, model: Any, tokenizer: Any) -> float:
        """Share of words with the right tag, by a linear classifier on their vectors."""
        vectors = word_vectors(model, tokenizer, self.words)
        tags = [tag[: len(v)] for tag, v in zip(self.tags, vectors, strict=True)]
        known, asked = slice(self.cut), slice(self.cut, None)
        tagger = probe.linear(np.concatenate(vectors[known]), np.concatenate(tags[known]), C=0.1)
        right = tagger.predict(np.concatenate(vectors[asked])) == np.concatenate(tags[asked])
        return float(right.mean())


@cache
def runs_of(budget: float, batch_size: int, mask_rate: float) -> dict[str, tuple[int, int]]:
    """Objective -> steps that the budget (in 10^12 operations) pays for, operations of a step."""
    each = {o: step_flops(o, batch_size, mask_rate) for o in ("clm", "mlm", "rtd")}
    return {o: (round(budget * 1e12 / flops), flops) for o, flops in each.items()}


def raced(
    seed: int,
    objective: str,
    mask_rate: float,
    rate: float | None,
    budget: float,
    batch_size: int,
    looks: int,
    labels: Iterable[int],
    tuned: Iterable[tuple[int, int]],
    tagged: int,
) -> list[dict[str, Any]]:
    """One run of the race, on the way and judged at the end: see :func:`objectives`."""
    opinions = Opinions(seed)
    tags = {kind: Tagged(seed, tagged, kind) for kind in ("pos", "relations")}
    rows: list[dict[str, Any]] = []

    def note(measure: str, value: float, **more: Any) -> None:
        rows.append({"measure": measure, "value": value, **more})

    def look(model: Any, tokenizer: Any) -> dict[str, Any]:
        return {"value": opinions.accuracy(model, tokenizer, 64, mode="features")}

    if objective == "random":
        model, tokenizer = models.new("small", seed=seed)
    else:
        steps, flops = runs_of(budget, batch_size, mask_rate)[objective]
        began = time.process_time()
        model, tokenizer, history = read(
            objective, seed, steps, batch_size, mask_rate, look, -(-steps // looks), rate=rate
        )
        seconds = time.process_time() - began
        for e in history.evaluations:
            spent = round(e["step"] * flops / 1e12, 4)
            note("on the way", e["value"], step=e["step"], tokens=e["tokens"], compute=spent)
        note(
            "cost",
            round(seconds, 2),
            step=steps,
            tokens=steps * batch_size * 128,
            compute=round(steps * flops / 1e12, 4),
        )
    for n in labels:
        right = opinions.accuracy(model, tokenizer, n, mode="features")
        note("opinions", right, labels=n, mode="features")
    for n, steps in tuned:
        right = opinions.accuracy(model, tokenizer, n, steps=steps, learning_rate=5e-4)
        note("opinions", right, labels=n, mode="fine-tune")
    for kind, task in tags.items():
        note(kind, task.accuracy(model, tokenizer), labels=tagged)
    return rows


@results.study("objectives", objective=["clm", "mlm", "rtd", "random"])
def objectives(
    seed: int,
    objective: str,
    budget: float = 1.4,
    batch_size: int = 8,
    mask_rate: float = 0.25,
    looks: int = 7,
    labels: Iterable[int] = (16, 64, 256),
    tuned: Iterable[tuple[int, int]] = ((64, 40),),
    tagged: int = 32,
    part: Any = PART,
    learning_rates: Any = RATES,
) -> list[dict[str, Any]]:
    """Causal, masked and replaced-token pre-training at equal compute, and what each is good for.

    Compute is what :func:`step_flops` counts. Judged on one-sentence opinions (frozen features and
    fine-tuning), on parts of speech and on syntactic relations (linear on frozen word vectors).
    Each seed has its own town text, weights, labelled examples and tests. ``random`` is the masked
    model before training. Measures: ``on the way`` (frozen features, 64 labels, while it reads),
    ``opinions``, ``pos``, ``relations``, and ``cost`` (processor seconds of
    pre-training, its looks included).
    """
    return raced(seed, objective, mask_rate, None, budget, batch_size, looks, labels, tuned, tagged)


@results.study("race-forty", objective=["mlm"])
def race_forty(
    seed: int,
    objective: str,
    rate: float = RATES["mlm"],
    budget: float = 1.4,
    batch_size: int = 8,
    mask_rate: float = 0.4,
    looks: int = 7,
    labels: Iterable[int] = (16, 64, 256),
    tuned: Iterable[tuple[int, int]] = ((64, 40),),
    tagged: int = 32,
    part: Any = PART,
) -> list[dict[str, Any]]:
    """The masked model of :func:`objectives` with 40 % masked instead of 25 %.

    Same budget, text, labels and judges, seed by seed, so its rows stand beside those of the race.
    """
    return raced(seed, objective, mask_rate, rate, budget, batch_size, looks, labels, tuned, tagged)


@results.study("mask-rate", rate=[0.05, 0.15, 0.25, 0.4, 0.6])
def mask_rate(
    seed: int,
    rate: float,
    steps: int = 480,
    batch_size: int = 8,
    looks: int = 8,
    discovered: float = 0.8,
    labels: int = 64,
    part: Any = PART,
) -> list[dict[str, Any]]:
    """How much to hide: masked language models that read the same text with other shares masked.

    ``discovery`` is the first evaluation at which frozen features and ``labels`` examples reach
    ``discovered``; a run that never does counts as one evaluation after the end.
    """
    opinions = Opinions(seed)
    every = -(-steps // looks)
    _, _, history = read(
        "mlm",
        seed,
        steps,
        batch_size,
        rate,
        lambda m, t: {"value": opinions.accuracy(m, t, labels, mode="features")},
        every,
    )
    values = {e["step"]: e["value"] for e in history.evaluations}
    reached = [step for step, value in values.items() if value >= discovered]
    return [
        *({"measure": "on the way", "step": step, "value": v} for step, v in values.items()),
        {
            "measure": "discovery",
            "happened": bool(reached),
            "value": reached[0] if reached else steps + every,
        },
        {"measure": "accuracy", "value": list(values.values())[-1]},
    ]
