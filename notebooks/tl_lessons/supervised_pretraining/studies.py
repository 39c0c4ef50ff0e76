"""The stored experiment of ``14_supervised_pretraining``: four teachers, one encoder.

The notebook shows the same steps in its cells and runs a part of them again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

from tl_helpers import models, questions, town
from tl_helpers.measure import evaluate, results
from tl_helpers.town import compiled
from tl_helpers.train import (
    adapt,
    batches,
    precision,
    pretrain,
    supervised,
    translation,
)
from tl_lessons.start_here.studies import balanced

#: Where the labels of the supervised source come from, and what is judged: another domain.
SOURCE, TARGET = ("restaurant", "film", "hotel"), "book"
LABELS = (16, 64, 256)  # of a classification task, and labelled sentences of a tagging task:
SENTENCES = (8, 32, 128)
HELD_OUT = 500  # sentences that a classification is judged on
RECIPE: dict[str, Any] = {
    "batch_size": 32,
    "learning_rate": 8e-3,
    "optimiser": "muon",
    "progress": False,
}


class Home(NamedTuple):
    """The text of one seed: everybody reads ``town``; labels exist in ``labelled`` only."""

    town: town.Town
    labelled: town.Town
    target: town.Town


def home(seed: int) -> Home:
    """Three views of the town of one seed."""
    mixtures = ((*SOURCE, TARGET), SOURCE, (TARGET,))
    return Home(*(town.Town(seed=seed, mixture=dict.fromkeys(m, 1)) for m in mixtures))


# --- the four teachers -------------------------------------------------------------------------
def taught_by_gaps(seed: int, documents: int, steps: int | None = None) -> Any:
    """A masked language model's encoder; by default one pass over the documents."""
    model, tokenizer = models.new("small", seed=seed)
    blocks = pretrain.pack(home(seed).town.corpus(documents).texts(), tokenizer)
    steps = steps or max(1, len(blocks) // RECIPE["batch_size"])
    pretrain.fit(
        model, blocks, tokenizer=tokenizer, steps=steps, mask_rate=0.25, seed=seed, **RECIPE
    )
    return model.base_model


def taught_by_translation(seed: int, documents: int, steps: int | None = None) -> Any:
    """The encoder of a translation model; by default one pass over the documents' sentences."""
    translator = translation.new("small", seed=seed)
    pairs = home(seed).town.corpus(documents).parallel()
    rows = translation.pack(pairs, translator.source, translator.target)
    translation.fit(
        translator,
        rows,
        steps=steps or max(1, len(rows) // RECIPE["batch_size"]),
        seed=seed,
        **RECIPE,
    )
    return translator.model.encoder


def taught_by_labels(seed: int, documents: int, steps: int | None = None) -> Any:
    """The encoder of a sentiment classifier; by default one pass over the labelled documents."""
    model, tokenizer = models.new("small", seed=seed)
    corpus = home(seed).labelled.corpus(documents)
    packed = supervised.pack(corpus.texts(), corpus.draws.label, tokenizer)
    few = {**RECIPE, "batch_size": min(RECIPE["batch_size"], len(packed.rows))}
    supervised.fit(
        model,
        packed,
        tokenizer=tokenizer,
        seed=seed,
        steps=steps or max(1, len(packed.rows) // few["batch_size"]),
        **few,
    )
    return model.base_model


def untaught(seed: int, documents: int = 0, steps: int | None = None) -> Any:
    """Random weights."""
    return models.new("small", seed=seed)[0].base_model.eval()


TEACHERS: dict[str, Callable[..., Any]] = {
    "translation": taught_by_translation,
    "labels": taught_by_labels,
    "masked words": taught_by_gaps,
    "random": untaught,
}


# --- what a step costs ---------------------------------------------------------------------------
def flops_of_a_step(seed: int = 0) -> dict[str, float]:
    """Floating-point operations of one training step of each teacher, forwards and backwards.

    Counted by PyTorch on a real batch: matrix products only, two for each multiply-add.
    """
    from torch.utils.flop_counter import FlopCounterMode

    where, found = home(seed), {}
    corpus = where.town.corpus(400)
    model, tokenizer = models.new("small", seed=seed)
    blocks = pretrain.pack(corpus.texts(), tokenizer)
    gaps = batches.Batches(blocks, tokenizer, "mlm", 0.25, 32, seed)(0)
    translator = translation.new("small", seed=seed)
    rows = translation.pack(corpus.parallel(), translator.source, translator.target)[:32]
    marks = tuple((t.cls_token_id, t.pad_token_id) for t in translator[1:])
    lab = where.labelled.corpus(400)
    packed = supervised.pack(lab.texts(), lab.draws.label, tokenizer)
    reader = supervised.make_reader(model.base_model, 2, seed)
    losses: dict[str, Callable[[], Any]] = {
        "masked words": lambda: batches.loss_of(model, gaps, "mlm", True),
        "translation": lambda: translation.loss_of(translator.model, rows, marks),
        "labels": lambda: supervised.loss_of(reader, packed.rows[:32], *marks[0]),
    }
    for name, loss in losses.items():  # the fused attention would not be counted
        with precision.eager_attention(model), precision.eager_attention(translator.model):
            with FlopCounterMode(display=False) as counter:
                loss().backward()
        found[name] = float(counter.get_total_flops())
    return found


# --- the judge -----------------------------------------------------------------------------------
class Judged(NamedTuple):
    """Sentences with everything that is asked about them."""

    texts: list[str]
    labels: np.ndarray


def opinions(where: town.Town, n: int, column: str) -> Judged:
    """One opinion sentence of each held-out document, with its sentiment or its domain."""
    corpus = where.corpus(n, start=questions.HELD_OUT)
    sentiment = corpus.sentence_sentiment()
    keep = np.flatnonzero((sentiment < 2) & (corpus.draws.role == 1))
    keep = keep[np.unique(corpus.draws.doc[keep], return_index=True)[1]]
    sentences = corpus.sentences()
    labels = sentiment if column == "sentiment" else corpus.draws.domain[corpus.draws.doc]
    return Judged([sentences[i] for i in keep], labels[keep])


def classification(
    body: Any, task: Judged, seed: int, held_out: int = HELD_OUT
) -> dict[int, float]:
    """Accuracy of a logistic regression on frozen features, at each number of labels."""
    tokenizer = models.town_tokenizer()
    cut = len(task.texts) - held_out
    states = adapt.embed(body, tokenizer, task.texts)
    from tl_helpers.train import features

    out = {}
    for n in LABELS:
        chosen = balanced(task.labels[:cut], n, seed)
        fitted, _ = features.fit(states[chosen], task.labels[chosen], None, 0.01, seed)
        out[n] = float((fitted.predict(states[cut:]) == task.labels[cut:]).mean())
    return out


def word_states(body: Any, sentences: Sequence[str]) -> list[np.ndarray]:
    """The last layer's state of each word, ``[words, hidden]`` for each sentence."""
    import torch

    from tl_helpers.train import texts as _texts

    tokenizer = models.town_tokenizer()
    rows = _texts.encode(tokenizer, list(sentences), body)
    out: list[np.ndarray] = [np.empty(0)] * len(rows)
    with torch.inference_mode():
        for index in _texts.by_length(rows, 128):
            ids, mask = _texts.pad([rows[i] for i in index], tokenizer.pad_token_id)
            states = body(input_ids=ids, attention_mask=mask)[0].float().numpy()
            for i, found in zip(index, states, strict=True):
                out[i] = found[1 : len(rows[i]) - 1]  # without [CLS] and [SEP]
    return out


def linear(rows: np.ndarray, targets: np.ndarray, C: float = 0.1) -> Any:
    """A standardised logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=300)).fit(rows, targets)


def tagging(body: Any, where: town.Town, what: str, held_out: int = 300) -> dict[int, float]:
    """A linear tagger on frozen word states, at each number of labelled sentences.

    Accuracy for parts of speech; F1 of whole names for entities.
    """
    corpus = where.corpus(200, start=questions.HELD_OUT + 10_000)
    bounds = corpus.draws.t_start
    gold = corpus.pos() if what == "pos" else corpus.entities()
    chosen = np.random.default_rng(where.dials.seed).permutation(corpus.n_sentences)
    chosen = chosen[: SENTENCES[-1] + held_out]
    states = word_states(body, [corpus.sentences()[i] for i in chosen])
    tags = [gold[bounds[i] : bounds[i + 1]] for i in chosen]
    test = slice(SENTENCES[-1], None)
    out = {}
    for n in SENTENCES:
        tagger = linear(np.concatenate(states[:n]), np.concatenate(tags[:n]))
        guess = [tagger.predict(rows) for rows in states[test]]
        if what == "pos":
            right = np.concatenate(guess) == np.concatenate(tags[test])
            out[n] = float(right.mean())
        else:
            names = [
                [[compiled.ENTITIES[t] for t in row] for row in side]
                for side in (tags[test], guess)
            ]
            out[n] = evaluate.span_f1(*names)
    return out


def senses(body: Any, where: town.Town, n: int = 8) -> float:
    """Accuracy on the meaning of homonyms, from ``n`` labelled sentences of each meaning."""
    corpus = where.corpus(6000, start=questions.HELD_OUT + 20_000)
    found, d = corpus.homonyms(), corpus.draws
    sentence = d.sentence[found.position]
    wanted: list[tuple[int, int, int]] = []  # (sentence, position in it, label) by word, in order
    groups = []
    for word in sorted(set(found.word.tolist())):
        here = np.flatnonzero(found.word == word)
        by_label = [here[found.label[here] == label][: 2 * n] for label in (0, 1)]
        if min(map(len, by_label)) < 2 * n:
            continue
        rows = [i for pick in by_label for i in pick]
        groups.append(range(len(wanted), len(wanted) + len(rows)))
        wanted += [
            (sentence[i], found.position[i] - d.t_start[sentence[i]], found.label[i]) for i in rows
        ]
    texts = corpus.sentences()
    states = word_states(body, [texts[s] for s, _, _ in wanted])
    vectors = np.stack([rows[at] for rows, (_, at, _) in zip(states, wanted, strict=True)])
    labels = np.array([label for _, _, label in wanted])
    right = []
    for group in groups:
        rows = np.array(group)
        train = np.concatenate([rows[:n], rows[2 * n : 3 * n]])
        test = np.setdiff1d(rows, train)
        right.append(
            (linear(vectors[train], labels[train]).predict(vectors[test]) == labels[test]).mean()
        )
    return float(np.mean(right))


def judge(body: Any, seed: int, all_tasks: bool = True) -> list[dict[str, Any]]:
    """An encoder's tasks: rows with ``task``, ``n`` (labels) and ``score`` (0 to 1).

    Args:
        body: the encoder.
        seed: which town, and which of its sentences are labelled.
        all_tasks: not only sentiment.
    """
    where = home(seed)
    rows: list[dict[str, Any]] = []

    def note(task: str, scores: dict[int, float]) -> None:
        rows.extend({"task": task, "n": n, "score": score} for n, score in scores.items())

    sentiment = opinions(where.target, 950, "sentiment")
    note("sentiment", classification(body, sentiment, seed))
    if not all_tasks:
        return rows
    note("domain", classification(body, opinions(where.town, 950, "domain"), seed))
    note("parts of speech", tagging(body, where.town, "pos"))
    note("names", tagging(body, where.town, "entities"))
    note("meanings", {8: senses(body, where.town)})
    chosen = balanced(sentiment.labels[:-HELD_OUT], 64, seed)
    fitted = adapt.fit(
        body,
        models.town_tokenizer(),
        [sentiment.texts[i] for i in chosen],
        sentiment.labels[chosen],
        steps=60,
        learning_rate=5e-4,
        seed=seed,
        progress=False,
    )
    right = fitted.predict(sentiment.texts[-HELD_OUT:]) == sentiment.labels[-HELD_OUT:]
    note("sentiment, fine-tuned", {64: float(right.mean())})
    return rows


# --- the study -----------------------------------------------------------------------------------
@results.study(
    "supervised-pretraining",
    {"teacher": list(TEACHERS), "budget": ["examples", "compute"]},
    {"teacher": list(TEACHERS)[:3], "budget": "few", "documents": [100, 400, 1600]},
)
def supervised_pretraining(
    seed: int,
    teacher: str,
    budget: str,
    documents: int | None = None,
    steps: int = 200,
    few_steps: int = 40,
) -> list[dict[str, Any]]:
    """Encoders taught by translation, labels, masked words or nobody, on five tasks.

    ``compute``: each teacher may use as many operations as ``steps`` steps of the masked language
    model. ``examples``: each reads the documents that the translation model reads at that compute,
    once. ``few``: so many documents only, ``few_steps`` steps, judged on sentiment.
    """
    if budget == "few":
        body = TEACHERS[teacher](seed, documents, few_steps)
        return [{"steps": few_steps, **row} for row in judge(body, seed, all_tasks=False)]
    documents, steps = plan(steps)[teacher][budget]
    scores = taught_and_judged(teacher, seed, documents, steps)
    return [{"documents": documents, "steps": steps, **row} for row in scores]


@lru_cache(maxsize=1)  # one budget may be the other
def taught_and_judged(teacher: str, seed: int, documents: int, steps: int) -> list[dict[str, Any]]:
    """The scores of one encoder on all tasks: see :func:`judge`."""
    return judge(TEACHERS[teacher](seed, documents, steps), seed)


@cache
def plan(steps: int) -> dict[str, dict[str, tuple[int, int]]]:
    """Teacher -> budget -> (documents, steps): see :func:`supervised_pretraining`."""
    costs = flops_of_a_step()
    budget = steps * costs["masked words"]
    at = {name: max(2, round(budget / cost)) for name, cost in costs.items()}
    per_step = documents_per_step()
    examples = round(at["translation"] * per_step["translation"])
    found = {}
    for name in costs:
        once = max(2, round(examples / per_step[name]))
        found[name] = {
            "examples": (examples, at[name] if name == "translation" else once),
            "compute": (round(at[name] * per_step[name]), at[name]),
        }
    found["random"] = {"examples": (0, 0), "compute": (0, 0)}
    return found


def documents_per_step(n: int = 2000) -> dict[str, float]:
    """How many documents one step of each teacher reads."""
    where = home(0)
    corpus, lab = where.town.corpus(n), where.labelled.corpus(n)
    translator = translation.new("tiny")
    tokenizer = models.town_tokenizer()
    rows = {
        "masked words": len(pretrain.pack(corpus.texts(), tokenizer)),
        "translation": len(
            translation.pack(corpus.parallel(), translator.source, translator.target)
        ),
        "labels": len(supervised.pack(lab.texts(), lab.draws.label, tokenizer).rows),
    }
    return {name: n * RECIPE["batch_size"] / count for name, count in rows.items()}
