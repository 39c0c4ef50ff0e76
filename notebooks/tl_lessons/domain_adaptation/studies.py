"""Domain adaptation on sentences that people rated, and a language model that reads on."""

from __future__ import annotations

import functools
import itertools
from typing import Any, NamedTuple

import numpy as np

from tl_helpers import data, models
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results
from tl_helpers.train import adapt, domains

notebook = Cells("33_domain_adaptation")  # the methods stand there
DOMAINS = ("film", "product", "news", "tweet")
ENCODERS = ("glove", "minilm-l3", "minilm", "e5-multilingual")
METHODS = (
    "no adaptation",
    "median threshold",
    "own standardisation",
    "CORAL",
    "CORAL, strength 10",
    "importance weights",
    "self-training",
)
NETWORKS = ("network", "MMD", "DANN")
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)  # C of the classifier, to see what it decides
MOST = {"train": 1200, "test": 600}  # sentences of each domain that are encoded
SHARES = {"half": 0.5, "natural": None, "85 %": 0.85, "95 %": 0.95}


# --- sentences that people rated -----------------------------------------------------------------


def encoded(encoder: str, texts: list[str]) -> np.ndarray:
    """``[texts, columns]`` features of a frozen model."""
    if encoder == "glove":
        return models.vectors("glove").mean(texts)
    model, tokenizer = models.load(encoder)
    if encoder.startswith("e5"):  # as it was trained
        texts = [f"query: {text}" for text in texts]
    return adapt.embed(model, tokenizer, texts)


class Pool(NamedTuple):
    """Sentences of one domain and one split."""

    features: np.ndarray
    labels: np.ndarray


@functools.cache
def pools(encoder: str, most: tuple[int, ...] = tuple(MOST.values())) -> dict[Any, Pool]:
    """(domain, split) -> encoded sentences with a clear rating, drawn once for all seeds.

    Sentences of one article or product stay within one split; of films that is not known.

    Raises:
        NotHere: the ratings or the encoder have not been fetched.
    """
    chosen = {}
    for domain, (split, n) in itertools.product(DOMAINS, zip(MOST, most, strict=True)):
        rows = data.load("ratings", split, domain=domain, clear=True)
        some = np.random.default_rng(33).permutation(len(rows))[:n]
        chosen[domain, split] = rows.select(some)
    features = encoded(encoder, [text for rows in chosen.values() for text in rows["text"]])
    ends = np.cumsum([len(rows) for rows in chosen.values()])
    return {
        key: Pool(part, np.array(rows["label"]))
        for (key, rows), part in zip(chosen.items(), np.split(features, ends[:-1]), strict=True)
    }


def draw(labels: np.ndarray, n: int, share: float | None, rng: np.random.Generator) -> np.ndarray:
    """Up to ``n`` rows, a ``share`` of them positive; as many as come, if it is None."""
    order = rng.permutation(len(labels))
    if share is None:
        return order[:n]
    positive, negative = (order[labels[order] == value] for value in (1, 0))
    n = int(min(n, len(positive) / share, len(negative) / (1 - share)))
    k = round(n * share)
    return np.concatenate([positive[:k], negative[: n - k]])


class Drawn(NamedTuple):
    """What a seed draws of a domain: labelled, unlabelled and judged sentences."""

    source: Pool
    held_out: Pool
    target: Pool
    judged: Pool


def drawn(pool: dict[Any, Pool], balance: str, seed: int) -> dict[str, Drawn]:
    """For each domain 500 labelled sentences (half positive) and 500 more of the test split to
    judge them at home; as a target 700 unlabelled and 500 judged ones, in the chosen balance."""
    rng = np.random.default_rng(seed)
    made = {}
    for domain in DOMAINS:
        train, test = pool[domain, "train"], pool[domain, "test"]
        rows = {}
        for name, part, n, share in (
            ("source", train, 500, 0.5),
            ("held_out", test, 500, 0.5),
            ("target", train, 700, SHARES[balance]),
            ("judged", test, 500, SHARES[balance]),
        ):
            chosen = draw(part.labels, n, share, rng)
            rows[name] = Pool(part.features[chosen], part.labels[chosen])
        made[domain] = Drawn(**rows)
    return made


def measured(truth: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """Accuracy and AUC, in points."""
    from sklearn.metrics import roc_auc_score

    right = (scores > 0) == truth
    return {"accuracy": 100 * right.mean(), "AUC": 100 * roc_auc_score(truth, scores)}


def pair(
    here: Drawn, there: Drawn, methods: tuple[str, ...], seed: int
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """All methods on one pair of domains; and what can be measured without labels of the target."""
    source, held_out, target, judged = (
        part.features for part in (here.source, here.held_out, there.target, there.judged)
    )
    labels, truth = here.source.labels, there.judged.labels
    found = {
        method: measured(truth, notebook.scores_of(method, source, labels, target, judged))
        for method in methods
    }
    own = there.source.features
    ceiling = notebook.no_adaptation(own, there.source.labels, own, judged)
    found["500 labels of the target"] = measured(truth, ceiling)

    classifier = notebook.fit(notebook.scale(source, source), labels)
    at_home, away = (notebook.scale(x, source) for x in (held_out, judged))
    before, after = (classifier.predict_proba(x).max(axis=1).mean() for x in (at_home, away))
    n = min(len(source), len(target))
    facts = {
        "distance": notebook.proxy_a_distance(source[:n], target[:n], seed),
        "confidence": 100 * float(before - after),
        "loss": 100 * classifier.score(at_home, here.held_out.labels)
        - found["no adaptation"]["accuracy"],
    }
    return found, facts


def with_penalty(here: Drawn, there: Drawn, C: float) -> dict[str, dict[str, float]]:
    """Three methods with another penalty; and at home, where labels could choose the penalty."""
    truth, found = there.judged.labels, {}
    for name, method in (
        ("own standardisation", "standardise"),
        ("CORAL", "coral"),
        ("self-training", "self-training"),
    ):
        fitted = domains.fit(
            here.source.features, here.source.labels, there.target.features, method, C=C
        )
        shares = fitted.probabilities(there.judged.features)[:, 1]
        found[name] = measured(truth, shares - 0.5)
    at_home = domains.fit(
        here.source.features, here.source.labels, here.held_out.features, "none", C=C
    )
    shares = at_home.probabilities(here.held_out.features)[:, 1]
    found["at home"] = measured(here.held_out.labels, shares - 0.5)
    return found


@results.study(
    "domain-ratings",
    {"encoder": list(ENCODERS), "balance": "half"},
    {"encoder": ["minilm", "e5-multilingual"], "balance": ["natural", "85 %", "95 %"]},
    seeds=range(5),
    of_town=False,
)
def ratings_adapted(
    seed: int,
    encoder: str,
    balance: str,
    networks: tuple[str, ...] = ("minilm",),
    among: tuple[str, ...] = DOMAINS,
    most: tuple[int, ...] = tuple(MOST.values()),
) -> list[dict[str, Any]]:
    """Each domain as a source for each other: mean over the pairs, and what each pair loses.

    ``balance`` is that of the target, unlabelled and judged; the source is always half and half.
    For the encoders in ``networks``, half and half, the methods that train a network run as well,
    and three methods with other penalties of the classifier.

    Raises:
        NotHere: the ratings or the encoder have not been fetched.
    """
    made = drawn(pools(encoder, most), balance, seed)
    closer = encoder in networks and balance == "half"
    methods = METHODS + NETWORKS if closer else METHODS
    rows: list[dict[str, Any]] = []
    found: dict[str, list[dict[str, float]]] = {}
    penalised: dict[tuple[float, str], list[dict[str, float]]] = {}
    for source, target in itertools.permutations(among, 2):
        scores, facts = pair(made[source], made[target], methods, seed)
        for method, values in scores.items():
            found.setdefault(method, []).append(values)
        if balance == "half":
            shown = {name: round(value, 4) for name, value in facts.items()}
            rows.append({"kind": "pair", "source": source, "target": target, **shown})
        for C in PENALTIES if closer else ():
            for method, values in with_penalty(made[source], made[target], C).items():
                penalised.setdefault((C, method), []).append(values)
    for (C, method), several in penalised.items():
        means = {name: float(np.mean([one[name] for one in several])) for name in several[0]}
        rows.append({"kind": "penalty", "C": C, "method": method, **means})
    for method, several in found.items():
        means = {name: float(np.mean([one[name] for one in several])) for name in several[0]}
        rows.append({"kind": "method", "method": method, **means})
    return rows


# --- continued pre-training in the town ----------------------------------------------------------


@results.study(
    "domain-reading-on",
    {"read": "nothing", "steps": 0},
    {"read": "slang", "steps": [30, 100]},
    {"read": "English", "steps": 100},
    seeds=range(5),
)
def reading_on(seed: int, read: str, steps: int, documents: int = 4000) -> dict[str, float]:
    """The town's masked language model reads on, in a slang that it has never met, or in English.

    Each seed has its own town, labelled sentences, and random rows for the invented words; the
    model that reads on is the same one. The control reads the same reviews in ordinary English.
    """
    return notebook.reading_run(read, steps, seed, documents)
