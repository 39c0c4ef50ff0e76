"""The two zoos of ``42_choosing_a_model``: who is in them, and what they are asked."""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tl_helpers import data, models, questions
from tl_helpers.core import checks
from tl_helpers.town import Town
from tl_helpers.train import adapt, pretrain, probe, supervised

BATCH = 16
HOME = 4200  # the town that the members read; nobody is judged there
JUDGED = 300  # texts that judge a member


class Task(NamedTuple):
    """Some labelled texts, and others that judge."""

    texts: list[str]
    labels: np.ndarray
    judged: list[str]
    truth: np.ndarray


# --- the town's zoo ------------------------------------------------------------------------------
SHIPPED = ("town-mlm", "town-clm", "town-rtd", "town-mt")
TAUGHT = ("domain", "topic", "restaurants")  # source tasks with labels
TOWN = (
    "random weights",
    "masked words, 60 steps",
    *SHIPPED,
    *(f"labels: {task}" for task in TAUGHT),
)
TARGETS = ("opinions", "hard opinions", "domain")


@functools.cache
def read_masked(steps: int) -> Any:
    """A small encoder that has guessed masked words of the town for a number of steps."""
    model, tokenizer = models.new("small", seed=HOME)
    blocks = pretrain.pack(Town(seed=HOME).corpus(3000).texts(), tokenizer)
    how: dict[str, Any] = {"steps": steps, "batch_size": BATCH, "seed": HOME}
    pretrain.fit(model, blocks, tokenizer=tokenizer, **how, **pretrain.SMALL)
    return model.base_model.eval()


def source_labels(task: str, n: int = 4000) -> tuple[list[str], np.ndarray]:
    """Documents of the home town and their labels in a source task."""
    mixture = {"restaurant": 1, "hotel": 1} if task == "restaurants" else None
    corpus = Town(seed=HOME, mixture=mixture).corpus(n, start=20_000)
    draws = corpus.draws
    labels = {
        "domain": draws.domain,
        "topic": draws.domain * 4 + draws.topic,
        "restaurants": draws.label,
    }[task]
    return corpus.texts(), labels


@functools.cache
def read_labels(task: str, steps: int = 60) -> Any:
    """A small encoder that has learned one source task, from random weights."""
    model, tokenizer = models.new("small", seed=HOME)
    packed = supervised.pack(*source_labels(task), tokenizer)
    how: dict[str, Any] = {"steps": steps, "batch_size": BATCH, "seed": HOME, "progress": False}
    supervised.fit(model, packed, tokenizer=tokenizer, **how)
    return model.base_model.eval()


def town_member(name: str) -> models.Loaded:
    """A member of the town's zoo with its tokenizer: always the same weights.

    Raises:
        UnknownName: there is no such member.
    """
    checks.known("member of the town's zoo", name, TOWN)
    if name in SHIPPED:
        return models.load(name)
    if name.startswith("labels: "):
        model = read_labels(name.removeprefix("labels: "))
    elif name == "random weights":
        model = models.new("small", seed=HOME)[0].base_model.eval()
    else:
        model = read_masked(int(name.split()[2]))
    return models.Loaded(model, models.town_tokenizer())


@functools.cache
def source_head(name: str) -> Any:
    """What a member that was taught by labels says: a linear head for its own source task."""
    texts, labels = source_labels(name.removeprefix("labels: "), 600)
    return probe.linear(adapt.embed(*town_member(name), texts), labels, 0.01)


def town_task(target: str, seed: int, labels: int = 64) -> Task:
    """Sentences of a town that no member has read, some of them labelled.

    Raises:
        UnknownName: there is no such target.
    """
    checks.known("target in the town", target, TARGETS)
    where: dict[str, Any] = {"hard": 0.9} if target == "hard opinions" else {}
    corpus = Town(seed=10_000 + seed, **where).corpus(1600)
    chosen, draws = questions.opinion_sentences(corpus), corpus.draws
    if target == "hard opinions":
        chosen = chosen[corpus.is_hard()[chosen]]
    answers = corpus.sentence_sentiment()[chosen]
    if target == "domain":
        answers = draws.domain[draws.doc[chosen]]
    texts = [corpus.sentences()[i] for i in chosen]
    return dealt(texts, answers, texts, answers, labels, seed)


def dealt(
    texts: Sequence[str],
    labels: np.ndarray,
    others: Sequence[str],
    truth: np.ndarray,
    n: int,
    seed: int,
) -> Task:
    """``n`` labelled texts, as many of each class; and up to 300 others, none of them labelled."""
    rows = data.balanced(labels, n, seed)
    used = {texts[i] for i in rows}
    order = np.random.default_rng(seed).permutation(len(others))
    judged = [i for i in order if others[i] not in used][:JUDGED]
    return Task([texts[i] for i in rows], labels[rows], [others[i] for i in judged], truth[judged])


# --- the real zoo --------------------------------------------------------------------------------
REAL = ("glove", "minilm-l3", "minilm", "e5-multilingual", "smollm2", "random minilm")
REAL_TARGETS = ("film", "tweet", "questions")
POOL = 200  # sentences of each domain to label, and as many that judge


def loaded(name: str) -> models.Loaded:
    """A transformer of the real zoo, and its tokenizer.

    Raises:
        NotHere: it has not been fetched.
    """
    if name == "random minilm":
        return models.load("minilm", random_weights=True, seed=HOME)
    return models.load(name)


def features(name: str, texts: Sequence[str]) -> np.ndarray:
    """``[texts, columns]`` what a frozen member of the real zoo makes of texts.

    Raises:
        NotHere: it has not been fetched.
    """
    if name == "glove":
        return models.vectors("glove").mean(texts)
    return adapt.embed(*loaded(name), as_read(name, texts))


def as_read(name: str, texts: Sequence[str]) -> list[str]:
    """E5 wants a word in front of each text, as it was trained."""
    return [f"query: {text}" for text in texts] if name.startswith("e5") else list(texts)


class Pool(NamedTuple):
    """The texts of a real target, to label and to judge."""

    texts: list[str]
    labels: np.ndarray
    others: list[str]
    truth: np.ndarray


@functools.cache
def pool(target: str) -> Pool:
    """Texts of one real target, drawn once for all seeds.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    parts: list[Any] = []
    for split in ("train", "test"):
        if target == "questions":
            rows = data.load("questions", split)
        else:
            rows = data.load("ratings", split, domain=target, clear=True)
            rows = rows.select(data.balanced(np.array(rows["label"]), POOL, 42))
        parts += [list(rows["text"]), np.array(rows["label"])]
    return Pool(*parts)


@functools.cache
def encoded(name: str, target: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Features of a pool: to label, to judge; and the CPU seconds that a text took."""
    texts = pool(target)
    features(name, texts.texts[:4])  # what is done once, such as opening a file, is not counted
    begun = time.process_time()
    both = features(name, texts.texts + texts.others)
    seconds = (time.process_time() - begun) / len(both)
    return both[: len(texts.texts)], both[len(texts.texts) :], seconds


class Facts(NamedTuple):
    """What the authors of a model say of it."""

    languages: int
    year: int  # of the texts that were read last, or of its publication
    millions: float  # of weights


FACTS = {
    "glove": Facts(1, 2014, 20.0),
    "minilm-l3": Facts(1, 2021, 17.2),
    "minilm": Facts(1, 2021, 22.7),
    "e5-multilingual": Facts(100, 2023, 117.5),
    "smollm2": Facts(1, 2024, 134.5),
}

# --- fine-tuning ---------------------------------------------------------------------------------
STEPS = 40


TUNABLE = ("minilm-l3", "minilm", "e5-multilingual")  # the real members that can be fine-tuned
TUNED = TUNABLE[:2]  # E5 takes half a minute of computing for each draw: see the study of the rates
TUNED_TARGETS = ("film", "questions")
REAL_STEPS = 30  # of 16 texts: five times through 96


def real_task(name: str, target: str, seed: int, labels: int, validation: bool = False) -> Task:
    """Labelled texts of a real target, as a member reads them, and those that judge.

    With ``validation``, those judge that are in the same pool and got no label in this draw.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    known = pool(target)
    chosen = data.balanced(known.labels, labels, seed)
    others, truth = known.others, known.truth
    if validation:
        rest = np.setdiff1d(np.arange(len(known.texts)), chosen)
        others, truth = [known.texts[i] for i in rest], known.labels[rest]
    texts = as_read(name, [known.texts[i] for i in chosen])
    return Task(texts, known.labels[chosen], as_read(name, others), truth)


def tuned(member: models.Loaded, task: Task, rate: float, seed: int, steps: int = STEPS) -> float:
    """Accuracy, in points, of a member that was fine-tuned on the labelled texts."""
    how: dict[str, Any] = {"steps": steps, "learning_rate": rate, "seed": seed, "progress": False}
    fitted = adapt.fit(*member, task.texts, task.labels, **how)
    return 100 * float((fitted.predict(task.judged) == task.truth).mean())
