"""English labels for other languages, with real encoders: intents in ten languages, and reviews."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tl_helpers import data, models
from tl_helpers.core import checks
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue
from tl_helpers.measure import results
from tl_helpers.train import adapt
from tl_helpers.train.precision import supports_bf16

notebook = Cells("36_cross_lingual")  # the classifiers stand there
SOURCE = "en"
TARGETS = ("de", "nl", "fr", "es", "pl", "ru", "fi", "el", "ar", "zh-CN")
METHODS = ("e5-multilingual", "MiniLM", "random weights", "character n-grams")
#: The intents that all eleven languages have most templates of, judged by the scarcest one.
INTENTS = (
    "HassDecreaseTimer",
    "HassGetState",
    "HassIncreaseTimer",
    "HassStartTimer",
    "HassLightSet",
    "HassTurnOn",
    "HassTurnOff",
    "HassTimerStatus",
    "HassCancelTimer",
    "HassClimateGetTemperature",
    "HassMediaNext",
    "HassMediaPrevious",
    "HassPauseTimer",
    "HassUnpauseTimer",
    "HassSetPosition",
)
POOL = 30  # sentences of an intent in a language: what the splits of all seeds are cut from
TRAIN, TEST = 20, 10  # of an intent, at most
FEW = (4, 8)  # labelled sentences of an intent in the target language


class Pool(NamedTuple):
    """Sentences of one language; the templates say which are variants of each other."""

    texts: list[str]
    intent: np.ndarray  # [sentences] place in ``INTENTS``
    template: np.ndarray  # [sentences]


@functools.cache
def pool(language: str) -> Pool:
    """Up to :data:`POOL` sentences of each intent, one template after the other.

    Raises:
        UnknownName: a language that has no intents; lists those that do.
        BadValue: one that has not all of the chosen intents; says which are missing.
        NotHere: the intents have not been fetched.
    """
    rows: dict[str, dict[str, list[str]]] = {}
    for part in data.load("intents", language=language, n=5).values():
        names = part.features["intent"].names
        for text, intent, template in zip(
            part["text"], part["intent"], part["template"], strict=True
        ):
            rows.setdefault(names[intent], {}).setdefault(template, []).append(text)
    wanted = INTENTS
    if missing := [name for name in wanted if len(rows.get(name, ())) < 2]:
        raise BadValue(
            f"{language!r} has fewer than two templates of {', '.join(missing)}.",
            f"Use one of: {', '.join((SOURCE, *TARGETS))}.",
        )
    texts, intent, template = [], [], []
    for number, name in enumerate(wanted):
        turns = [
            (place, code, said)
            for code, variants in rows[name].items()
            for place, said in enumerate(variants)
        ]
        turns.sort(key=lambda turn: turn[0])  # one of each template before a second of any
        for _, code, said in turns[:POOL]:
            texts.append(said)
            intent.append(number)
            template.append(code)
    return Pool(texts, np.array(intent), np.array(template))


class Split(NamedTuple):
    """Rows of a pool; no test sentence is a variant of one in training."""

    train: np.ndarray
    test: np.ndarray


def split(language: str, seed: int) -> Split:
    """Half of the templates of each intent for training, the others for testing; at random."""
    some = pool(language)
    rng = np.random.default_rng([seed, (SOURCE, *TARGETS).index(language)])
    train, test = [], []
    for intent in range(len(INTENTS)):
        rows = np.flatnonzero(some.intent == intent)
        codes = rng.permutation(np.unique(some.template[rows]))
        first = np.isin(some.template[rows], codes[: (len(codes) + 1) // 2])
        train.append(rng.permutation(rows[first])[:TRAIN])
        test.append(rng.permutation(rows[~first])[:TEST])
    return Split(np.concatenate(train), np.concatenate(test))


@functools.cache
def _fixed(method: str, language: str) -> np.ndarray:
    name = {"MiniLM": "minilm"}.get(method, method)
    return adapt.embed(*encoder(name), pool(language).texts)


@functools.lru_cache(maxsize=2)
def encoder(name: str, seed: int | None = None) -> models.Loaded:
    """A model of the shelf, to predict with, the last two of them kept; with a seed its random
    weights.

    Raises:
        NotHere: it has not been fetched.

    Example:
        >>> encoder("minilm").model.config.hidden_size
        384
    """
    fast = "bfloat16" if seed is None and supports_bf16() else "float32"
    return models.load(name, random_weights=seed is not None, seed=seed or 0, dtype=fast)


def vectors(method: str, language: str, rows: np.ndarray, seed: int) -> Any:
    """Vectors of some rows of a pool; for character n-grams those that English training has."""
    if method == "random weights":
        return adapt.embed(*encoder("minilm", seed), [pool(language).texts[i] for i in rows])
    if method == "character n-grams":
        known = [pool(SOURCE).texts[i] for i in split(SOURCE, seed).train]
        counted = notebook.character_ngrams().fit(known)
        return counted.transform([pool(language).texts[i] for i in rows])
    return _fixed(method, language)[rows]


def _few(labels: np.ndarray, each: int) -> np.ndarray:
    """The first ``each`` places of every class."""
    return np.concatenate([np.flatnonzero(labels == y)[:each] for y in np.unique(labels)])


def _joined(parts: Sequence[Any]) -> Any:
    from scipy import sparse

    return sparse.vstack(parts) if sparse.issparse(parts[0]) else np.concatenate(parts)


@results.study(
    "cross-lingual-intents",
    method=list(METHODS),
    language=[SOURCE, *TARGETS],
    of_town=False,
)
def intents_accuracy(seed: int, method: str, language: str) -> list[dict[str, Any]]:
    """15 intents, trained on English sentences and judged on those of another language.

    Each seed splits the templates anew, and draws the random weights. Settings: ``zero-shot``;
    ``standardised`` (each language by its own mean and spread, which takes unlabelled sentences
    only); so many ``target`` sentences an intent alone, or together with the English ones;
    ``own`` (all training sentences of the language itself).

    Raises:
        NotHere: the intents or the encoder have not been fetched.
    """
    source, target = split(SOURCE, seed), split(language, seed)
    y_source = pool(SOURCE).intent[source.train]
    y_train, y_test = (pool(language).intent[rows] for rows in target)
    x_source = vectors(method, SOURCE, source.train, seed)
    x_train, x_test = (vectors(method, language, rows, seed) for rows in target)

    def judged(setting: str, x: Any, y: np.ndarray, test: Any) -> dict[str, Any]:
        fitted = notebook.intent_classifier(method).fit(x, y)
        return {"setting": setting, "accuracy": float((fitted.predict(test) == y_test).mean())}

    rows = [judged("zero-shot", x_source, y_source, x_test)]
    if method == "e5-multilingual":
        mean, spread = x_train.mean(0), x_train.std(0)
        own = (x_test - mean) / spread * x_source.std(0) + x_source.mean(0)
        rows.append(judged("standardised", x_source, y_source, own))
        for each in FEW:
            few = _few(y_train, each)
            both = _joined([x_source, x_train[few]]), np.concatenate([y_source, y_train[few]])
            rows.append(judged(f"{each} target", x_train[few], y_train[few], x_test))
            rows.append(judged(f"English + {each}", *both, x_test))
    if method in ("e5-multilingual", "MiniLM"):
        rows.append(judged("own", x_train, y_train, x_test))
    return rows


# --- reviews -------------------------------------------------------------------------------------
REVIEW_METHODS = ("e5-multilingual", "MiniLM", "character n-grams")
REVIEWS = ("English", "translated de", "translated es", "German", "Spanish")


@functools.cache
def reviews(which: str) -> tuple[list[str], np.ndarray]:
    """Texts and labels: English ``"train"``, or one of :data:`REVIEWS`.

    ``English`` are the 120 test reviews that were translated, in the order of the translations.

    Raises:
        UnknownName: there are no such reviews; lists those that there are.
    """
    checks.known("kind of reviews", which, ("train", *REVIEWS))
    if which == "train":
        rows = data.load("reviews", "train")
        return rows["text"][:], np.array(rows["label"])
    if which in ("German", "Spanish"):
        parts = data.load({"German": "reviews-de", "Spanish": "reviews-es"}[which])
        some = [parts[part] for part in ("train", "test")]
        return (
            [text for part in some for text in part["text"]],
            np.concatenate([np.array(part["label"]) for part in some]),
        )
    language = "de" if which == "English" else which[-2:]
    translated = data.load("reviews-translated", "test", language=language)
    if which != "English":
        return translated["text"][:], np.array(translated["label"])
    test = data.load("reviews", "test")
    place = {code: i for i, code in enumerate(test["id"])}
    chosen = test.select([place[code] for code in translated["source"]])
    return chosen["text"][:], np.array(chosen["label"])


@functools.cache
def _review_vectors(method: str, which: str) -> np.ndarray:
    name = {"MiniLM": "minilm"}.get(method, method)
    return adapt.embed(*encoder(name), reviews(which)[0])


@results.study("cross-lingual-reviews", method=list(REVIEW_METHODS), labels=256, of_town=False)
def reviews_accuracy(seed: int, method: str, labels: int) -> list[dict[str, Any]]:
    """Praise or blame, learned from so many English reviews, in three languages.

    Each seed draws the labelled reviews. ``English`` and both ``translated`` are the same 120
    reviews; ``German`` and ``Spanish`` are other ones, written in these languages.

    Raises:
        NotHere: the encoder has not been fetched.
    """
    texts, truth = reviews("train")
    chosen = data.balanced(truth, labels, seed)
    few = [texts[i] for i in chosen]
    counted = notebook.character_ngrams().fit(few)
    grams = method == "character n-grams"
    x = counted.transform(few) if grams else _review_vectors(method, "train")[chosen]
    fitted = notebook.intent_classifier(method).fit(x, truth[chosen])
    rows = []
    for which in REVIEWS:
        judged, right = reviews(which)
        test = counted.transform(judged) if grams else _review_vectors(method, which)
        accuracy = float((fitted.predict(test) == right).mean())
        rows.append({"reviews": which, "accuracy": accuracy})
    return rows
