"""The stored experiments of ``16_supervised_pretraining``: four or five teachers, one encoder.

``supervised-pretraining`` gives the teachers as much compute (and fresh text), or one pass over the
same documents, whatever updates that makes. ``supervised-equal`` gives all of them the same
documents, the same number of updates and the same compute, so that only the question differs.

How an encoder is judged on sentences (``few_and_many``, by a logistic regression) stands
in the cells of the notebook, which takes the teachers from here and runs a part of this again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

from tl_helpers import models, questions, town
from tl_helpers.core.cells import Cells
from tl_helpers.data import balanced
from tl_helpers.measure import evaluate, results
from tl_helpers.town import compiled
from tl_helpers.train import adapt, batches, pretrain, supervised, translation
from tl_helpers.train.cost import flops_of
from tl_helpers.train.word_vectors import word_vectors

notebook = Cells("16_supervised_pretraining")
#: Where the labels of the supervised source come from, and what is judged: another domain.
SOURCE, TARGET = ("restaurant", "film", "hotel"), "book"
LABELS = (16, 64, 256)  # of a classification task, and labelled sentences of a tagging task:
SENTENCES = (8, 32, 128)
TEST_SENTENCES = 500  # sentences that a classification is judged on
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
def taught_by_gaps(seed: int, documents: int, steps: int | None = None, **other: Any) -> Any:
    """A masked language model's encoder; by default one pass over the documents."""
    model, tokenizer = models.new("small", seed=seed)
    blocks = pretrain.pack(home(seed).town.corpus(documents).texts(), tokenizer)
    steps = steps or max(1, len(blocks) // RECIPE["batch_size"])
    how = {**RECIPE, **other}
    pretrain.fit(model, blocks, tokenizer=tokenizer, steps=steps, mask_rate=0.25, seed=seed, **how)
    return model.base_model


def taught_by_next_words(seed: int, documents: int, steps: int, **other: Any) -> Any:
    """The body of a causal language model, which has heard a word's left neighbours only."""
    model, tokenizer = models.new("small", "clm", seed=seed)
    blocks = pretrain.pack(home(seed).town.corpus(documents).texts(), tokenizer)
    how = {**RECIPE, **other, "objective": "clm"}
    pretrain.fit(model, blocks, tokenizer=tokenizer, steps=steps, seed=seed, **how)
    return model.base_model


def taught_by_translation(seed: int, documents: int, steps: int | None = None, **other: Any) -> Any:
    """The encoder of a translation model; by default one pass over the documents' sentences."""
    translator = translation.new("small", seed=seed)
    pairs = home(seed).town.corpus(documents).parallel()
    rows = translation.pack(pairs, translator.source, translator.target)
    translation.fit(
        translator,
        rows,
        steps=steps or max(1, len(rows) // RECIPE["batch_size"]),
        seed=seed,
        **{**RECIPE, **other},
    )
    return translator.model.encoder


def taught_by_labels(seed: int, documents: int, steps: int | None = None, **other: Any) -> Any:
    """The encoder of a sentiment classifier; by default one pass over the labelled documents."""
    model, tokenizer = models.new("small", seed=seed)
    corpus = home(seed).labelled.corpus(documents)
    packed = supervised.pack(corpus.texts(), corpus.draws.label, tokenizer)
    how = {**RECIPE, **other}
    few = {**how, "batch_size": min(how["batch_size"], len(packed.rows))}
    supervised.fit(
        model,
        packed,
        tokenizer=tokenizer,
        seed=seed,
        steps=steps or max(1, len(packed.rows) // few["batch_size"]),
        **few,
    )
    return model.base_model


def untaught(seed: int, documents: int = 0, steps: int | None = None, **other: Any) -> Any:
    """Random weights."""
    return models.new("small", seed=seed)[0].base_model.eval()


TEACHERS: dict[str, Callable[..., Any]] = {
    "translation": taught_by_translation,
    "labels": taught_by_labels,
    "masked words": taught_by_gaps,
    "random": untaught,
}


# --- what a step costs ---------------------------------------------------------------------------
#: Rows in a batch that cost as much as 32 of translation (a test counts the operations again).
EQUAL_ROWS = {"translation": 32, "labels": 49, "masked words": 42, "next word": 29}


def flops_of_a_step(seed: int = 0) -> dict[str, float]:
    """Floating-point operations of one training step of each teacher, forwards and backwards.

    Counted by PyTorch on a real batch: matrix products only, two for each multiply-add.
    """
    where = home(seed)
    corpus = where.town.corpus(400)
    model, tokenizer = models.new("small", seed=seed)
    blocks = pretrain.pack(corpus.texts(), tokenizer)
    gaps = batches.Batches(blocks, tokenizer, "mlm", 0.25, 32, seed)(0)
    translator = translation.new("small", seed=seed)
    rows = translation.pack(corpus.parallel(), translator.source, translator.target)[:32]
    marks = translation.marks_of(translator)
    lab = where.labelled.corpus(400)
    packed = supervised.pack(lab.texts(), lab.draws.label, tokenizer)
    reader = supervised.make_reader(model.base_model, 2, seed)
    losses: dict[str, Callable[[], Any]] = {
        "masked words": lambda: batches.loss_of(model, gaps, "mlm", True),
        "translation": lambda: translation.loss_of(translator.model, rows, marks),
        "labels": lambda: supervised.loss_of(reader, packed.rows[:32], *marks[0]),
    }
    both = model, translator.model
    return {teacher: float(flops_of(loss, *both)) for teacher, loss in losses.items()}


def flops_of_a_step_of_next_words(rows: int = 32) -> float:
    """Likewise for a causal language model, whose loss asks for every word of the row."""
    model, tokenizer = models.new("small", "clm")
    blocks = pretrain.pack(home(0).town.corpus(400).texts(), tokenizer)
    batch = batches.Batches(blocks, tokenizer, "clm", 0.25, rows, 0)(0)
    return float(flops_of(lambda: batches.loss_of(model, batch, "clm", True), model))


# --- the judge -----------------------------------------------------------------------------------
class Judged(NamedTuple):
    """Sentences with everything that is asked about them."""

    texts: list[str]
    labels: np.ndarray


def opinions(where: town.Town, n: int, column: str) -> Judged:
    """One opinion sentence of each held-out document, with its sentiment or its domain."""
    corpus = where.corpus(n, start=questions.FIRST_UNSEEN_DOCUMENT)
    chosen, sentences = questions.opinion_sentences(corpus), corpus.sentences()
    sentiment, domain = corpus.sentence_sentiment(), corpus.draws.domain[corpus.draws.doc]
    labels = sentiment if column == "sentiment" else domain
    return Judged([sentences[i] for i in chosen], labels[chosen])


def classification(body: Any, task: Judged, seed: int) -> dict[int, float]:
    """Accuracy of a logistic regression on frozen features, at each number of labels."""
    states = adapt.embed(body, models.town_tokenizer(), task.texts)
    scores: dict[int, float] = notebook.few_and_many(states, task.labels, LABELS, seed)
    return scores


def word_states(body: Any, sentences: Sequence[Sequence[str]]) -> list[np.ndarray]:
    """The last layer's state of each word, ``[words, hidden]`` for each sentence."""
    tokenizer = models.town_tokenizer()
    return word_vectors(body, tokenizer, sentences, batch_size=128, autocast="float32")


class Tagged(NamedTuple):
    """Sentences in words, the first :data:`SENTENCES` of them to learn from, with their tags."""

    words: list[list[str]]
    tags: list[np.ndarray]


def tagged(where: town.Town, what: str, held_out: int = 300) -> Tagged:
    """Sentences that nobody has read, with parts of speech (``"pos"``) or names."""
    corpus = where.corpus(200, start=questions.FIRST_UNSEEN_DOCUMENT + 10_000)
    words, bounds = corpus.words(), corpus.draws.t_start
    gold = corpus.pos() if what == "pos" else corpus.entities()
    chosen = np.random.default_rng(where.dials.seed).permutation(corpus.n_sentences)
    places = [slice(bounds[i], bounds[i + 1]) for i in chosen[: SENTENCES[-1] + held_out]]
    return Tagged([words[at].tolist() for at in places], [gold[at] for at in places])


def tagging(body: Any, where: town.Town, what: str, held_out: int = 300) -> dict[int, float]:
    """A linear tagger on frozen word states, at each number of labelled sentences.

    Accuracy for parts of speech; F1 of whole names for entities.
    """
    sentences, tags = tagged(where, what, held_out)
    states = word_states(body, sentences)
    test = slice(SENTENCES[-1], None)
    out = {}
    for n in SENTENCES:
        tagger = notebook.learn(np.concatenate(states[:n]), np.concatenate(tags[:n]), C=0.1)
        ends = np.cumsum([len(rows) for rows in states[test]])[:-1]
        guess = np.split(tagger.predict(np.concatenate(states[test])), ends)
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
    corpus = where.corpus(6000, start=questions.FIRST_UNSEEN_DOCUMENT + 20_000)
    homonyms, d, words = corpus.homonyms(), corpus.draws, corpus.words()
    sentence = d.sentence[homonyms.position]
    examples: list[int] = []  # of each word with enough of them, one meaning after the other
    groups = []
    for word in sorted(set(homonyms.word.tolist())):
        here = np.flatnonzero(homonyms.word == word)
        by_label = [here[homonyms.label[here] == label][: 2 * n] for label in (0, 1)]
        if min(map(len, by_label)) < 2 * n:
            continue
        groups.append(np.arange(len(examples), len(examples) + 4 * n))
        examples += np.concatenate(by_label).tolist()
    begins = d.t_start[sentence[examples]]
    ends = d.t_start[sentence[examples] + 1]
    texts = [words[a:b].tolist() for a, b in zip(begins, ends, strict=True)]
    places = homonyms.position[examples] - begins
    states = word_states(body, texts)
    vectors = np.stack([rows[at] for rows, at in zip(states, places, strict=True)])
    labels = homonyms.label[examples]
    right = []
    for rows in groups:
        train = np.concatenate([rows[:n], rows[2 * n : 3 * n]])
        test = np.setdiff1d(rows, train)
        fitted = notebook.learn(vectors[train], labels[train], C=0.1)
        right.append((fitted.predict(vectors[test]) == labels[test]).mean())
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
    chosen = balanced(sentiment.labels[:-TEST_SENTENCES], 64, seed)
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
    right = fitted.predict(sentiment.texts[-TEST_SENTENCES:]) == sentiment.labels[-TEST_SENTENCES:]
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


@results.study("supervised-equal", teacher=[*EQUAL_ROWS, "random"])
def supervised_equal(
    seed: int, teacher: str, documents: int = 2500, steps: int = 80
) -> list[dict[str, Any]]:
    """Encoders that were taught by the same documents, with as many updates of the same price.

    An update costs as many operations with each teacher, because the batches have as many rows as
    that allows (:data:`EQUAL_ROWS`). Translation then reads the documents once; the others, whose
    rows hold more documents or are cheaper, two to four times.
    """
    if teacher == "random":
        return judge(untaught(seed), seed)
    teach = {**TEACHERS, "next word": taught_by_next_words}[teacher]
    return judge(teach(seed, documents, steps, batch_size=EQUAL_ROWS[teacher]), seed)


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
    budgets = {}
    for name in costs:
        once = max(2, round(examples / per_step[name]))
        budgets[name] = {
            "examples": (examples, at[name] if name == "translation" else once),
            "compute": (round(at[name] * per_step[name]), at[name]),
        }
    budgets["random"] = {"examples": (0, 0), "compute": (0, 0)}
    return budgets


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
