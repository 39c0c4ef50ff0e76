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
L3_RATE = 1e-4  # of 1e-4 and 3e-4, on other draws


@functools.cache
def _town() -> Any:
    """The notebook's functions, with the words and the model of the town."""
    cells = Cells("35_slices_distillation_selftraining")
    cells.body, cells.tokenizer = models.load("town-mlm")
    return cells


@functools.cache
def _film() -> Any:
    """The same functions with the subwords of MiniLM."""
    cells = Cells("35_slices_distillation_selftraining")
    cells.body, cells.tokenizer = models.load("minilm")
    return cells


# --- distillation in the town --------------------------------------------------------------------
LABELS = {"sentiment": 16, "domain": 128}


@results.study("distil-town", task=list(LABELS), student=["bag of words", "small transformer"])
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

    def learn(way: str, texts: list[str], targets: Any, temperature: float) -> Any:
        network, rate = cells.new_student(student, seed, classes)
        cells.train(
            network, cells.ids_of(texts), targets, 300, rate, temperature=temperature or 1.0
        )
        return network

    judge("the teacher itself", teacher)
    for way in cells.WAYS:
        texts, targets, temperature = cells.lecture(way, teacher, few, free)
        judge(way, learn(way, texts, targets, temperature), len(texts))
    logits = cells.answers(teacher, free.texts)
    for n in (100, 300, 1000):
        targets = cells.softened(logits[:n], 2)
        judge(SOFT, learn(SOFT, free.texts[:n], targets, 2), n)
    for hot in (1, 5):
        judge(SOFT, learn(SOFT, free.texts, cells.softened(logits, hot), hot), 3000, float(hot))
    mixed = cells.scrambled(free.texts, seed)
    targets = torch.softmax(cells.answers(teacher, mixed) / 2, dim=1)
    judge("soft answers, scrambled text", learn(SOFT, mixed, targets, 2), len(mixed))
    return rows


# --- distillation on films -----------------------------------------------------------------------
class _Draw(NamedTuple):
    """One draw of film sentences, and what the teacher says of them."""

    few: list[str]
    few_labels: np.ndarray
    free: list[str]
    told: np.ndarray  # the teacher's probabilities for `free`
    test: list[str]
    test_labels: np.ndarray
    teacher: float  # its accuracy on `test`


@functools.lru_cache(maxsize=2)
def _draw(seed: int, unlabelled: int, labels: int, judged: int) -> _Draw:
    train, test = (data.load("ratings", s, domain="film", clear=True) for s in ("train", "test"))
    truth, test_truth = np.array(train["label"]), np.array(test["label"])
    rows = data.balanced(truth, labels, seed)
    rest = np.random.default_rng(seed).permutation(np.setdiff1d(np.arange(len(truth)), rows))
    free = rest[:unlabelled]
    some = data.balanced(test_truth, judged, seed)
    texts = [
        [train[int(i)]["text"] for i in rows],
        [train[int(i)]["text"] for i in free],
        [test[int(i)]["text"] for i in some],
    ]
    encoder, tokenizer = models.load("minilm")
    vectors = [adapt.embed(encoder, tokenizer, part) for part in texts]
    teacher = _film().new_classifier().fit(vectors[0], truth[rows])
    right = teacher.predict(vectors[2]) == test_truth[some]
    return _Draw(
        texts[0],
        truth[rows],
        texts[1],
        teacher.predict_proba(vectors[1]),
        texts[2],
        test_truth[some],
        float(right.mean()),
    )


@results.study(
    "distil-films",
    {"student": "the teacher itself", "way": "labels alone"},
    {"student": "word counts", "way": "labels alone"},
    {
        "student": ["bag of words", "small transformer", "minilm-l3"],
        "way": ["labels alone", "hard answers, more text", SOFT],
    },
    {"student": "bag of words", "way": SOFT, "unlabelled": 750},
    of_town=False,
)
def film_student(
    seed: int, student: str, way: str, unlabelled: int = 3000, labels: int = 256, judged: int = 1000
) -> dict[str, float]:
    """Film sentences: frozen MiniLM with a linear head as the teacher of three students.

    Each seed draws the labelled, the unlabelled and the test sentences, and the students' weights.

    Raises:
        NotHere: the ratings, or ``minilm-l3``, have not been fetched.
    """
    import torch

    cells, draw = _film(), _draw(seed, unlabelled, labels, judged)
    if student == "the teacher itself":
        return {"accuracy": draw.teacher, "weights": models.count_parameters(cells.body)}
    if student == "word counts":
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        bag = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit(draw.few + draw.free)
        counted = LogisticRegression(C=10).fit(bag.transform(draw.few), draw.few_labels)
        right = counted.predict(bag.transform(draw.test)) == draw.test_labels
        return {"accuracy": float(right.mean()), "weights": len(bag.vocabulary_)}
    alone = way == "labels alone"
    texts = draw.few if alone else draw.free
    targets = cells.one_hot(draw.few_labels)
    if way == SOFT:
        targets = torch.tensor(draw.told, dtype=torch.float32)  # soft enough as it is: T = 1
    elif not alone:
        targets = cells.one_hot(draw.told.argmax(axis=1))
    torch.manual_seed(seed)
    if student == "minilm-l3":
        network = cells.Reader(models.load("minilm-l3").model)
        network.body.embeddings.requires_grad_(False)
        steps, rate = (48 if alone else 94), L3_RATE
    elif student == "bag of words":
        network, rate = cells.BagOfWords(len(cells.tokenizer), width=32), 1e-2
        steps = 100 if alone else 400
    else:
        small, _ = models.new(
            "tiny", seed=seed, tokenizer=cells.tokenizer, hidden_size=64, num_hidden_layers=2
        )
        network, rate = cells.Reader(small.base_model), 1e-3
        steps = 60 if alone else 300
    half = student == "minilm-l3"
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half and supports_bf16()):
        cells.train(network, cells.ids_of(texts), targets, steps, rate)
        score = cells.accuracy(network, draw.test, draw.test_labels)
    return {"accuracy": score, "weights": models.count_parameters(network)}


# --- self-training on films ----------------------------------------------------------------------
@functools.cache
def _film_vectors(pool: int, judged: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """MiniLM's vectors and the labels of a fixed pool of film sentences, and of test sentences."""
    encoder, tokenizer = models.load("minilm")
    found: list[np.ndarray] = []
    for split, n in (("train", pool), ("test", judged)):
        rated = data.load("ratings", split, domain="film", clear=True)
        rows = np.random.default_rng(35).permutation(len(rated))[:n]
        some = rated.select(rows)
        found += [adapt.embed(encoder, tokenizer, some["text"][:]), np.array(some["label"])]
    return found[0], found[1], found[2], found[3]


@results.study(
    "self-training-films",
    rule=["surest", "surest of each class", "surest, true labels"],
    seeds=range(10),
    of_town=False,
)
def self_training_films(
    seed: int, rule: str, labels: int = 64, pool: int = 3000, judged: int = 1500
) -> list[dict[str, Any]]:
    """Eight rounds of self-training on film sentences; each seed draws the labelled ones.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    x, truth, x_test, test_truth = _film_vectors(pool, judged)
    few = data.balanced(truth, labels, seed)
    rows: list[dict[str, Any]] = _film().rounds_of(rule, x, truth, few, x_test, test_truth)
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
        "hard ones count 3 times",
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


@functools.lru_cache(maxsize=1)
def _four_domains(seed: int, judged: int = 400) -> tuple[_Rated, _Rated]:
    """4,000 training sentences in the share in which they come; test sentences, equally many."""
    encoder, tokenizer = models.load("minilm")
    rng = np.random.default_rng(seed)

    def read(split: str, rows_of: Any) -> _Rated:
        rated = data.load("ratings", split, clear=True)
        domain = np.array([DOMAINS.index(name) for name in rated.features["domain"].names])
        domain = domain[np.array(rated["domain"])]
        rows = rows_of(domain)
        part = rated.select(rows)
        vectors = adapt.embed(encoder, tokenizer, part["text"][:])
        return _Rated(vectors, np.array(part["label"]), domain[rows])

    def as_they_come(domain: np.ndarray) -> np.ndarray:
        return rng.permutation(len(domain))[:2500]

    def equally_many(domain: np.ndarray) -> np.ndarray:
        picks = [rng.permutation(np.flatnonzero(domain == d))[:judged] for d in range(4)]
        return np.concatenate(picks)

    return read("train", as_they_come), read("test", equally_many)


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

    Each seed draws all sentences. Which domain is the worst is decided on validation sentences.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    import torch

    cells = _town()
    pool, judged = _four_domains(seed)
    few, more, validation = np.arange(400), np.arange(400, 1500), np.arange(1500, 2500)
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
