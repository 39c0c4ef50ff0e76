"""The targets of theme 2 in one form, so that one program can try every source on each of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tl_helpers import data, questions, town
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue
from tl_helpers.town.compiled import ENTITIES, UPOS

pairs_of_notebook = Cells("21_sentence_pairs")  # what makes the town's pairs stands there
UNSEEN = questions.FIRST_UNSEEN_DOCUMENT
FURTHEST = 4  # words to a head that are told apart; one further away counts as that far
KINDS = ("text", "pair", "word", "word in two texts")


class Target(NamedTuple):
    """Questions about sentences, with their answers.

    Attributes:
        kind: one of :data:`KINDS`.
        sentences: everything that is to be read, as lists of words.
        items: ``[questions, columns]``: of a text the number of its sentence; of a pair those of
            both; of a word its sentence and its place; of a word in two texts both, twice.
        labels: one for each question: names of classes, or numbers.
        group: ``[questions]``: questions of one group never part; labels are counted in groups.
        few, many: groups to learn from.
        score: ``"accuracy"``, ``"F1 of names"`` or ``"rank correlation"``.
        chance: what somebody gets who does not look at the texts.
    """

    kind: str
    sentences: list[list[str]]
    items: np.ndarray
    labels: np.ndarray
    group: np.ndarray
    few: int
    many: int
    score: str = "accuracy"
    chance: float = 0.0


class Deal(NamedTuple):
    """Questions to learn from, to choose settings with, and to be judged by."""

    learn: np.ndarray
    choose: np.ndarray
    judge: np.ndarray


def words_of(text: str) -> list[str]:
    """A text as words and punctuation marks.

    Example:
        >>> words_of("It's good.")
        ["It's", 'good', '.']
    """
    return re.findall(r"[\w'-]+|[^\w\s]", text)


def deal(target: Target, n: int, seed: int, held: float = 0.15) -> Deal:
    """Deal the groups of a target anew.

    Args:
        target: whose questions.
        n: groups to learn from: ``target.few`` or ``target.many``, or another number.
        seed: of the order. With another ``n`` the same groups choose and judge.
        held: share of all groups to choose settings with.

    Raises:
        BadValue: fewer groups than that needs.

    Example:
        ``len(set(target.group[deal(target, 16, seed=0).learn])) -> 16``
    """
    groups = np.unique(target.group)
    order = np.random.default_rng([seed, 25]).permutation(groups)
    most = max(target.many, n)
    choose = max(4, round(held * len(groups)))
    if len(groups) < most + choose + 4:
        raise BadValue(
            f"{len(groups)} groups are too few to learn from {most} of them.",
            f"Learn from {max(0, len(groups) - choose - 4)} at most, or bring more.",
        )
    parts = order[:n], order[most : most + choose], order[most + choose :]
    return Deal(*(np.flatnonzero(np.isin(target.group, part)) for part in parts))


def of_texts(
    texts: Sequence[str] | Sequence[list[str]],
    labels: Any,
    few: int = 16,
    many: int = 128,
    **more: Any,
) -> Target:
    """One question about each text.

    Example:
        >>> of_texts(["Good.", "Bad."], ["praise", "blame"]).items.tolist()
        [[0], [1]]
    """
    listed = [words_of(t) if isinstance(t, str) else list(t) for t in texts]
    rows = np.arange(len(listed))
    labels = np.asarray(labels)
    chance = 0.0 if labels.dtype.kind in "fc" else _majority(labels)
    return Target("text", listed, rows[:, None], labels, rows, few, many, chance=chance, **more)


def of_pairs(
    first: Sequence[str], second: Sequence[str], labels: Any, few: int, many: int
) -> Target:
    """One question about each pair of texts.

    Example:
        >>> of_pairs(["Good."], ["Fine."], ["same"], few=1, many=1).items.tolist()
        [[0, 1]]
    """
    n = len(first)
    rows, labels = np.arange(n), np.asarray(labels)
    sentences = [words_of(text) for text in (*first, *second)]
    items = np.stack([rows, rows + n], axis=1)
    return Target("pair", sentences, items, labels, rows, few, many, chance=_majority(labels))


def of_words(
    sentences: Sequence[Sequence[str]],
    tags: Sequence[Sequence[Any]],
    few: int = 8,
    many: int = 64,
    score: str = "accuracy",
) -> Target:
    """One question about each word of each sentence; labels are counted in sentences.

    Example:
        >>> of_words([["Good", "soup"]], [["ADJ", "NOUN"]]).items.tolist()
        [[0, 0], [0, 1]]
    """
    items = [(s, w) for s, words in enumerate(sentences) for w in range(len(words))]
    labels = np.array([tag for row in tags for tag in row])
    at = np.array(items)
    chance = _majority(labels) if score == "accuracy" else 0.0
    return Target(
        "word",
        [list(words) for words in sentences],
        at,
        labels,
        at[:, 0],
        few,
        many,
        score,
        chance,
    )


def _majority(labels: np.ndarray) -> float:
    """The share of the most frequent label."""
    return float(np.unique(labels, return_counts=True)[1].max() / len(labels))


# --- the town ------------------------------------------------------------------------------------
@functools.lru_cache(maxsize=1)  # of the town that everybody is tried on
def town_verdict(seed: int, n: int = 350) -> Target:
    """Praise or blame in one sentence about a book; no label of a book is in any source."""
    books = town.Town(seed=seed, mixture={"book": 1})
    corpus = books.corpus(n + 50, start=UNSEEN)
    chosen = questions.opinion_sentences(corpus)[:n]
    sentences = corpus.sentences()
    names = np.array(["blame", "praise"])[corpus.sentence_sentiment()[chosen]]
    return of_texts([sentences[i].lower() for i in chosen], names)


@functools.lru_cache(maxsize=1)  # of the town that everybody is tried on
def town_grade(seed: int, n: int = 350) -> Target:
    """How much of a whole text is praise: from 0 to 1, in texts that praise and blame."""
    corpus = town.Town(seed=seed, agreement=0.6).corpus(n, start=UNSEEN)
    said = corpus.sentence_sentiment()
    owner = corpus.draws.doc
    opinions = said < 2
    praise = np.bincount(owner[opinions], said[opinions], minlength=n)
    count = np.bincount(owner[opinions], minlength=n)
    kept = np.flatnonzero(count >= 2)
    texts = corpus.texts()
    return of_texts(
        [texts[i].lower() for i in kept], praise[kept] / count[kept], score="rank correlation"
    )


@functools.lru_cache(maxsize=1)  # of the town that everybody is tried on
def town_pairs(seed: int, n: int = 480) -> Target:
    """Does the second sentence follow from the first, contradict it, or neither?"""
    table = pairs_of_notebook.town_pairs(n, 70_000 + seed, 1, 0.0, 0)
    first = [text.lower() for text in table["premise"]]
    second = [text.lower() for text in table["hypothesis"]]
    return of_pairs(first, second, table.label.to_numpy(str), few=32, many=256)


@functools.cache
def _tagged(seed: int, n: int) -> tuple[list[list[str]], Any, list[slice]]:
    """Sentences of a town as words, what they were taken from, and where each stands in it."""
    corpus = town.Town(seed=seed).corpus(150, start=UNSEEN + 10_000)
    bounds = corpus.draws.t_start
    places = [slice(a, b) for a, b in zip(bounds[:-1], bounds[1:], strict=True) if b - a >= 4]
    words = np.char.lower(corpus.words().astype(str))
    chosen = [places[i] for i in np.random.default_rng(seed).permutation(len(places))[:n]]
    return [words[at].tolist() for at in chosen], corpus, chosen


@functools.lru_cache(maxsize=1)  # of the town that everybody is tried on
def town_parts_of_speech(seed: int, n: int = 250) -> Target:
    """The part of speech of each word."""
    sentences, corpus, places = _tagged(seed, n)
    tags = np.array(UPOS)[corpus.pos()]
    return of_words(sentences, [tags[at].tolist() for at in places])


@functools.lru_cache(maxsize=1)  # of the town that everybody is tried on
def town_names(seed: int, n: int = 250) -> Target:
    """Names, by a BIO tag for each word; a name counts if it is found whole."""
    sentences, corpus, places = _tagged(seed, n)
    tags = np.array(ENTITIES)[corpus.entities()]
    rows = [tags[at].tolist() for at in places]
    return of_words(sentences, rows, few=32, many=128, score="F1 of names")


@functools.lru_cache(maxsize=1)  # of the town that everybody is tried on
def town_heads(seed: int, n: int = 250) -> Target:
    """How many words to the right (left, if below zero) the head of each word stands."""
    sentences, corpus, places = _tagged(seed, n)
    heads, rows = corpus.heads(), []
    for at in places:
        own = heads[at]
        away = np.clip(own - np.arange(len(own)), -FURTHEST, FURTHEST)
        rows.append(["root" if head < 0 else f"{k:+d}" for head, k in zip(own, away, strict=True)])
    return of_words(sentences, rows)


@functools.lru_cache(maxsize=1)  # of the town that everybody is tried on
def town_senses(seed: int, n: int = 14) -> Target:
    """Which of its two meanings a word has in its text; six words."""
    task = questions.sense_task(
        seed, n=n, words=["bank", "bass", "case", "fans", "matches", "punch"]
    )
    sentences = [[word.lower() for word in words] for part in task for words in part.words]
    places = np.concatenate([part.position for part in task])
    items = np.stack([np.arange(len(sentences)), places], axis=1)
    labels = np.concatenate([np.char.add(np.char.add(p.word, ": "), p.sense) for p in task])
    rows = np.arange(len(items))
    return Target("word", sentences, items, labels, rows, few=24, many=144, chance=0.5)


# --- texts that people wrote ---------------------------------------------------------------------
def _written(name: str) -> list[dict[str, Any]]:
    return [row for part in data.load(name).values() for row in part]


def _names_of(name: str, column: str) -> list[str]:
    kind = data.load(name)["test"].features[column]
    return list(getattr(kind, "feature", kind).names)


@functools.cache
def _reviews(n: int = 400) -> list[dict[str, Any]]:
    rows = _written("reviews")
    return [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[:n]]


def real_types() -> Target:
    """What kind of answer a question wants: six kinds."""
    rows, names = _written("questions"), _names_of("questions", "label")
    return of_texts([row["text"] for row in rows], [names[row["label"]] for row in rows])


def real_verdict() -> Target:
    """Praise or blame in a review."""
    names = _names_of("reviews", "label")
    return of_texts([r["text"] for r in _reviews()], [names[r["label"]] for r in _reviews()])


def real_topic() -> Target:
    """What a review is about: film, restaurant, book or gadget."""
    names = _names_of("reviews", "domain")
    return of_texts([r["text"] for r in _reviews()], [names[r["domain"]] for r in _reviews()])


def real_grade(n: int = 400) -> Target:
    """The mean rating that people gave a sentence about a film, from -4 to 4."""
    rows = data.load("ratings", "train").filter(lambda domain: domain == 0, input_columns="domain")
    rows = rows.select(np.random.default_rng(0).permutation(len(rows))[:n])
    return of_texts(rows["text"], np.array(rows["rating"]), score="rank correlation")


def real_pairs() -> Target:
    """Does the second sentence follow from the first, contradict it, or neither?"""
    rows, names = _written("pairs"), _names_of("pairs", "label")
    first, second = [row["premise"] for row in rows], [row["hypothesis"] for row in rows]
    return of_pairs(first, second, [names[row["label"]] for row in rows], few=32, many=256)


def real_parts_of_speech() -> Target:
    """The part of speech of each word."""
    rows, names = _written("tagged"), _names_of("tagged", "upos")
    return of_words([r["tokens"] for r in rows], [[names[t] for t in r["upos"]] for r in rows])


def real_names() -> Target:
    """Names, by a BIO tag for each word; a name counts if it is found whole."""
    rows, names = _written("tagged"), _names_of("tagged", "ner")
    tags = [[names[t] for t in r["ner"]] for r in rows]
    return of_words([r["tokens"] for r in rows], tags, few=32, many=128, score="F1 of names")


#: Name -> what makes the target from the seed of a town.
TOWN = {
    "verdict": town_verdict,
    "grade": town_grade,
    "pairs": town_pairs,
    "parts of speech": town_parts_of_speech,
    "names": town_names,
    "heads": town_heads,
    "senses": town_senses,
}
#: Name -> what makes the target from texts that people wrote.
REAL = {
    "question type": real_types,
    "verdict": real_verdict,
    "topic": real_topic,
    "grade": real_grade,
    "pairs": real_pairs,
    "parts of speech": real_parts_of_speech,
    "names": real_names,
}
