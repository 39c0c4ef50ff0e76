"""The texts and waves of ``43_meta_learning`` and their vectors; its methods stand in its cells."""

from __future__ import annotations

import collections
import functools
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from tl_helpers import data, models
from tl_helpers.core.errors import BadValue
from tl_helpers.town import Town
from tl_helpers.town.lexicon import DOMAINS, TOPICS

Points = tuple[torch.Tensor, torch.Tensor]


class Task(NamedTuple):
    """Sentences with classes, many of which have labels enough to learn from, and some hardly."""

    ids: torch.Tensor  # [sentences, subwords] padded
    mask: torch.Tensor  # of the same form, 1 where there is a subword
    labels: np.ndarray  # [sentences] the number of the class
    support: np.ndarray  # [sentences] bool: may be shown as an example; the others are asked
    base: np.ndarray  # classes with many labels
    new: np.ndarray  # classes with few
    names: list[str]
    texts: list[str]


def _task(texts: list[str], tokenizer: Any, **rest: Any) -> Task:
    made = tokenizer(texts, padding=True, truncation=True, max_length=64, return_tensors="pt")
    return Task(made["input_ids"], made["attention_mask"], texts=texts, **rest)


def too_large(name: str, shots: int, queries: int, shown: int, asked: int) -> BadValue:
    """The error of an episode that asks for more than a class has."""
    return BadValue(
        f"The episode is larger than the class {name!r}: {shots} shots and {queries} queries, "
        f"but it has {shown} sentences to show and {asked} to ask.",
        f"Ask for at most {shown} shots and {asked} queries, or leave the class out.",
    )


def load(name: str, seed: int | None = None) -> tuple[Any, Any]:
    """A network without dropout and its tokenizer; with a seed, with random weights."""
    network, tokenizer = models.load(name, random_weights=seed is not None, seed=seed or 0)
    return network.eval(), tokenizer


def encode(network: Any, task: Task, rows: Any) -> torch.Tensor:
    """The mean of the last layer over the subwords of each sentence, [rows, size]."""
    mask = task.mask[rows]
    longest = int(mask.sum(dim=1).max())
    states = network(input_ids=task.ids[rows, :longest], attention_mask=mask[:, :longest])[0]
    weights = mask[:, :longest, None]
    found: torch.Tensor = (states * weights).sum(dim=1) / weights.sum(dim=1)
    return found


@torch.no_grad()
def encode_all(network: Any, task: Task) -> np.ndarray:
    """The vectors of all sentences of a task, [sentences, size]."""
    parts = torch.arange(len(task.texts)).split(256)
    vectors: np.ndarray = torch.cat([encode(network, task, part) for part in parts]).numpy()
    return vectors


@functools.lru_cache(maxsize=8)
def town_task(seed: int, documents: int = 3000) -> Task:
    """The longest sentence of each document of a town; the topics of two domains are new."""
    corpus = Town(seed=60_000 + seed).corpus(documents)
    draws = corpus.draws
    length = np.where(draws.role == 1, np.diff(draws.t_start), 0)  # no greeting, no ending
    begins, ends = draws.s_start[:-1], draws.s_start[1:]
    chosen = [a + int(length[a:b].argmax()) for a, b in zip(begins, ends, strict=True)]
    rng = np.random.default_rng(seed)
    domains = rng.permutation(len(DOMAINS))
    new = np.concatenate([4 * d + np.arange(4) for d in domains[:2]])
    sentences = corpus.sentences()
    return _task(
        [sentences[i] for i in chosen],
        load("town-mlm")[1],
        labels=4 * draws.domain + draws.topic,
        support=rng.random(documents) < 0.5,
        base=np.setdiff1d(np.arange(28), new),
        new=new,
        names=[f"{domain}: {topic}" for domain in DOMAINS for topic in TOPICS[domain]],
    )


@functools.cache
def intent_sentences(most: int = 40) -> pd.DataFrame:
    """Intents with five templates and 25 sentences or more; at most 40 sentences of each."""
    found = collections.defaultdict(list)
    for part in data.load("intents", language="en", n=5).values():
        names = part.features["intent"].names
        for row in part:
            found[names[row["intent"]]].append((row["id"][-1], row["template"], row["text"]))
    rows = []
    for name, own in sorted(found.items()):
        if len({template for _, template, _ in own}) >= 5 and len(own) >= 25:
            rows += [(name, *row[1:]) for row in sorted(own)[:most]]  # one of each template first
    return pd.DataFrame(rows, columns=["intent", "template", "text"])


def intent_task(seed: int, tokenizer: Any) -> Task:
    """Ten intents are new; queries come from other templates than their support."""
    sentences, rng = intent_sentences(), np.random.default_rng(seed)
    labels, names = pd.factorize(sentences.intent)
    dealt, support = rng.permutation(len(names)), np.zeros(len(labels), bool)
    for number in range(len(names)):
        codes = rng.permutation(sentences.template[labels == number].unique())
        shown = codes[: (len(codes) + 1) // 2]
        support |= (labels == number) & sentences.template.isin(shown).to_numpy()
    return _task(
        list(sentences.text),
        tokenizer,
        labels=labels,
        support=support,
        base=np.sort(dealt[10:]),
        new=np.sort(dealt[:10]),
        names=list(names),
    )


def wave_network() -> torch.nn.Sequential:
    """A small network from one number to one number."""
    layers = [torch.nn.Linear(1, 40), torch.nn.ReLU(), torch.nn.Linear(40, 40)]
    return torch.nn.Sequential(*layers, torch.nn.ReLU(), torch.nn.Linear(40, 1))


def waves(tasks: int, shots: int, asked: int, generator: torch.Generator) -> tuple[Points, Points]:
    """Support (x, y) and queries (x, y) of some sine waves, each [tasks, points, 1]."""
    height = 0.1 + 4.9 * torch.rand(tasks, 1, 1, generator=generator)
    phase = torch.pi * torch.rand(tasks, 1, 1, generator=generator)
    x = 10 * torch.rand(tasks, shots + asked, 1, generator=generator) - 5
    y = height * torch.sin(x + phase)
    return (x[:, :shots], y[:, :shots]), (x[:, shots:], y[:, shots:])
