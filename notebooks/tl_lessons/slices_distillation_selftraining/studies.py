"""The stored experiments of ``35_slices_distillation_selftraining``.

The networks, the loss, the loop and the remedies stand in the cells of the notebook; here is what
they are run over.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from tl_helpers import data, models
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results
from tl_helpers.train import adapt
from tl_helpers.train.precision import supports_bf16

SOFT = "soft answers, more text"
RULES = ("surest", "surest of each class", "surest, true labels")


notebook = Cells("35_slices_distillation_selftraining")


@functools.cache
def _town() -> Any:
    """The notebook's functions, with the words and the model of the town."""
    cells: Any = Cells(notebook.__name__.removesuffix(".ipynb"))  # words and a model of its own
    cells.body, cells.tokenizer = models.load("town-mlm")
    return cells


@functools.cache
def _film() -> Any:
    """The same functions with the subwords of MiniLM."""
    cells: Any = Cells(notebook.__name__.removesuffix(".ipynb"))  # words and a model of its own
    cells.body, cells.tokenizer = models.load("minilm")
    return cells


# --- distillation in the town --------------------------------------------------------------------
LABELS = {"sentiment": 16, "domain": 128}


@results.study(
    "distil-town",
    {"task": "sentiment", "student": ["bag of words", "small transformer"]},
    {"task": "domain", "student": "bag of words"},
)
def distil_town(seed: int, task: str, student: str) -> list[dict[str, Any]]:
    """A teacher's answers as a lecture: with and without more text, soft and hard, and shuffled.

    Each seed is another town, with other labels, weights and orders.
    """
    import torch

    cells = _town()
    teacher, few, free, test = cells.schooled(seed, LABELS[task], task)
    classes = teacher.head.out_features
    rows: list[dict[str, Any]] = []

    def judge(way: str, network: Any, sentences: int = 0, temperature: float = 2.0) -> None:
        right = cells.answers(network, test.texts).argmax(dim=1).numpy() == test.labels
        rows.append(
            {
                "way": way,
                "sentences": sentences,
                "temperature": temperature,
                "accuracy": float(right.mean()),
                "hard": float(right[test.hard].mean()),
            }
        )

    def learn(texts: list[str], targets: Any, temperature: float) -> Any:
        return cells.learned(student, seed, texts, targets, temperature, classes)

    judge("the teacher itself", teacher)
    for way in cells.WAYS:
        texts, targets, temperature = cells.lecture(way, teacher, few, free)
        judge(way, learn(texts, targets, temperature), len(texts))
    if student == "bag of words":  # a training of which takes no time
        logits = cells.answers(teacher, free.texts)
        for n in (100, 300, 1000):
            targets = cells.softened(logits[:n], 2)
            judge(SOFT, learn(free.texts[:n], targets, 2), n)
        for hot in (1, 5):
            targets = cells.softened(logits, hot)
            judge(SOFT, learn(free.texts, targets, hot), len(free.texts), float(hot))
    mixed = cells.scrambled(free.texts, seed)
    targets = torch.softmax(cells.answers(teacher, mixed) / 2, dim=1)
    judge("soft answers, scrambled text", learn(mixed, targets, 2), len(mixed))
    return rows


# --- distillation and self-training on films -----------------------------------------------------
class _Films(NamedTuple):
    """Film sentences and their labels."""

    texts: list[str]
    labels: np.ndarray


@functools.cache
def _films(split: str, sentences: int) -> _Films:
    """A fixed pool of film sentences: seeds draw from it what is labelled."""
    rated = data.load("ratings", split, domain="film", clear=True)
    some = rated.select(np.random.default_rng(35).permutation(len(rated))[:sentences])
    return _Films(some["text"][:], np.array(some["label"]))


@functools.cache
def _vectors(split: str, sentences: int, encoder: str = "minilm") -> np.ndarray:
    """What an encoder makes of them."""
    return adapt.embed(*models.load(encoder), _films(split, sentences).texts)


FROZEN = {"the teacher itself": "minilm", "minilm-l3, frozen": "minilm-l3"}


def _begin_at(head: Any, classifier: Any) -> None:
    """Give a linear head of two classes the weights of a fitted logistic regression."""
    import torch

    scaler, line = classifier[0], classifier[-1]
    weights = line.coef_[0] / scaler.scale_
    bias = line.intercept_[0] - weights @ scaler.mean_
    with torch.no_grad():
        head.weight.copy_(torch.tensor(np.stack([-weights, weights]) / 2))
        head.bias.copy_(torch.tensor([-bias, bias]) / 2)


@results.study(
    "distil-films",
    {"student": [*FROZEN, "word counts"], "way": "labels alone"},
    {"student": "bag of words", "way": ["labels alone", SOFT]},
    {"student": "minilm-l3", "way": ["labels alone", SOFT]},
    {"student": "small transformer", "way": ["labels alone", "hard answers, more text", SOFT]},
    of_town=False,
)
def film_student(
    seed: int, student: str, way: str, pool: int = 3000, labels: int = 256, judged: int = 1000
) -> dict[str, float]:
    """Film sentences: frozen MiniLM with a linear head as the teacher of three students.

    Rates and steps were chosen on draw 10, by film sentences that no student read. Each
    seed draws the labelled sentences of the pool, and the students' weights. The head of
    ``minilm-l3`` begins at a logistic regression on its frozen features.

    Raises:
        NotHere: the ratings, or ``minilm-l3``, have not been fetched.
    """
    import torch

    cells, films, test = _film(), _films("train", pool), _films("test", judged)
    few = data.balanced(films.labels, labels, seed)
    more = "more text" in way
    read = np.setdiff1d(np.arange(pool), few) if more else few
    texts = [films.texts[i] for i in read]
    if student == "word counts":
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        bag = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit(films.texts)
        counted = LogisticRegression(C=10).fit(bag.transform(texts), films.labels[few])
        score = counted.score(bag.transform(test.texts), test.labels)
        return {"accuracy": float(score), "weights": len(bag.vocabulary_)}

    def fitted(encoder: str) -> Any:
        return cells.new_classifier().fit(_vectors("train", pool, encoder)[few], films.labels[few])

    if student in FROZEN:
        encoder = FROZEN[student]
        score = fitted(encoder).score(_vectors("test", judged, encoder), test.labels)
        weights = models.count_parameters(models.load(encoder).model)
        return {"accuracy": float(score), "weights": weights}
    targets = cells.one_hot(films.labels[few])
    if way != "labels alone":
        told = fitted("minilm").predict_proba(_vectors("train", pool)[read])
        soft = torch.tensor(told, dtype=torch.float32)  # soft enough as it is: T = 1
        targets = soft if way == SOFT else cells.one_hot(told.argmax(axis=1))
    torch.manual_seed(seed)
    if student == "minilm-l3":
        network = cells.Reader(models.load("minilm-l3").model)
        _begin_at(network.head, fitted("minilm-l3"))
        network.body.embeddings.requires_grad_(False)
        steps, rate = (80, 1e-3) if more else (40, 3e-5)
    elif student == "bag of words":
        network = cells.BagOfWords(len(cells.tokenizer), width=32)
        steps, rate = 200, (1e-1 if more else 1e-2)
    else:
        small, _ = models.new(
            "tiny", seed=seed, tokenizer=cells.tokenizer, hidden_size=64, num_hidden_layers=2
        )
        network = cells.Reader(small.base_model)
        steps, rate = (200, 3e-3) if more else (60, 1e-3)
    half = student == "minilm-l3" and supports_bf16()
    # The cache would keep the first cast of every weight to the end of the block: no training.
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half, cache_enabled=False):
        cells.train(network, cells.ids_of(texts), targets, steps, rate)
        score = cells.accuracy(network, test.texts, test.labels)
    return {"accuracy": score, "weights": models.count_parameters(network)}


@results.study("self-training-films", rule=list(RULES), seeds=range(10), of_town=False)
def self_training_films(
    seed: int, rule: str, labels: int = 64, pool: int = 3000, judged: int = 1000
) -> list[dict[str, Any]]:
    """Eight rounds of self-training on film sentences; each seed draws the labelled ones.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    films, test = _films("train", pool), _films("test", judged)
    few = data.balanced(films.labels, labels, seed)
    rows: list[dict[str, Any]] = _film().rounds_of(
        rule, _vectors("train", pool), films.labels, few, _vectors("test", judged), test.labels
    )
    return rows


# --- ensembles, and the remedies -----------------------------------------------------------------
@results.study("ensemble-town")
def ensemble_town(seed: int) -> list[dict[str, Any]]:
    """Five fine-tunings, their mean, their soup, and the student of one and of all."""
    rows: list[dict[str, Any]] = _town().several(seed)
    return rows


@results.study(
    "slices-town",
    how=[
        "256 labels",
        "hard ones count 8 times",
        "group DRO",
        "64 more as they come",
        "64 more hard ones",
    ],
)
def slices_town(seed: int, how: str) -> dict[str, float]:
    """Accuracy by slice after each remedy; for the plain training also its clusters of errors."""
    cells = _town()
    network = cells.remedy(how, seed)
    _, validation, judged = cells.slice_task(seed)
    scores: dict[str, float] = cells.by_slice(network, judged)
    if how == "256 labels":
        pure, _, errors, _ = cells.error_clusters(
            network, validation.texts, validation.labels, 8, seed
        )
        scores |= {f"purity {way}": float(score) for way, score in pure.items()}
        scores["errors"] = len(errors)
    return scores


# --- slices of real text -------------------------------------------------------------------------
DOMAINS = ("film", "product", "news", "tweet")


class _Rated(NamedTuple):
    """Vectors of rated sentences with their labels and the number of their domain."""

    vectors: np.ndarray
    labels: np.ndarray
    domain: np.ndarray

    def some(self, rows: Any) -> _Rated:
        return _Rated(self.vectors[rows], self.labels[rows], self.domain[rows])


@functools.cache
def _rated(split: str, sentences: int) -> _Rated:
    """A fixed pool of rated sentences, in the share in which the domains come."""
    rated = data.load("ratings", split, clear=True)
    rows = np.random.default_rng(35).permutation(len(rated))
    place = np.array([DOMAINS.index(name) for name in rated.features["domain"].names])
    domain = place[np.array(rated["domain"])]
    if split == "test":  # equally many of each
        picks = [rows[domain[rows] == d][: sentences // 4] for d in range(4)]
        rows = np.concatenate(picks)
    part = rated.select(rows[:sentences])
    vectors = adapt.embed(*models.load("minilm"), part["text"][:])
    return _Rated(vectors, np.array(part["label"]), domain[rows[:sentences]])


def _linear(train: _Rated, combine: Any, steps: int = 200, penalty: float = 0.25) -> Any:
    """A logistic regression by gradient descent, so that any ``combine`` can be its loss.

    Returns:
        A function from vectors to the predicted labels.
    """
    import torch

    centre, scale = train.vectors.mean(axis=0), train.vectors.std(axis=0) + 1e-9
    x = torch.tensor((train.vectors - centre) / scale, dtype=torch.float32)
    y = torch.tensor(train.labels)
    layer = torch.nn.Linear(x.shape[1], 2)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    optimiser = torch.optim.Adam(layer.parameters(), lr=0.01)
    everybody = torch.arange(len(x))
    for _ in range(steps):
        losses = torch.nn.functional.cross_entropy(layer(x), y, reduction="none")
        loss = combine(losses, everybody) + penalty * layer.weight.square().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    def predict(vectors: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            rows = torch.tensor((vectors - centre) / scale, dtype=torch.float32)
            return layer(rows).argmax(dim=1).numpy()

    return predict


def _by_domain(predict: Any, judged: _Rated) -> dict[str, float]:
    right = predict(judged.vectors) == judged.labels
    return {name: float(right[judged.domain == d].mean()) for d, name in enumerate(DOMAINS)}


@results.study(
    "slices-ratings",
    how=[
        "400 labels",
        "equal weights",
        "group DRO",
        "100 more as they come",
        "100 more of the worst",
    ],
    of_town=False,
)
def slices_ratings(seed: int, how: str) -> dict[str, Any]:
    """Accuracy on each domain of the ratings, and on the worst of them, after each remedy.

    Each seed draws the labelled sentences of a fixed pool, and those that decide which domain is
    the worst.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    import torch

    cells = _town()
    pool, judged = _rated("train", 3000), _rated("test", 1600)
    few, more, validation = np.split(np.random.default_rng(seed).permutation(3000), [400, 1800])
    at_first = _by_domain(_linear(pool.some(few), cells.mean_loss), pool.some(validation))
    worst = min(at_first, key=lambda name: at_first[name])
    if how.startswith("100 more"):
        if "worst" in how:
            more = more[pool.domain[more] == DOMAINS.index(worst)]
        few = np.concatenate([few, more[:100]])
    train = pool.some(few)
    combine = cells.mean_loss
    domain = torch.tensor(train.domain)
    if how == "equal weights":
        combine = cells.weighted(1 / torch.bincount(domain).float()[domain])
    elif how == "group DRO":
        combine = cells.GroupDRO(domain, eta=0.1)
    scores = _by_domain(_linear(train, combine), judged)
    return {**scores, "worst": min(scores.values()), "worst at first": worst, "labels": len(few)}
