"""Domain adaptation on features: labels in one domain, none in the other.

Everything here takes tables of features, ``[texts, columns]``, whatever made them: word counts, the
mean of word vectors, a frozen encoder. The methods are those of the notebook
``33_domain_adaptation``, where they are written out; :func:`compare` tries them all on data of
one's own, if the target has at least a few labels to judge by.

Example:
    >>> rng = np.random.default_rng(0)
    >>> labels = np.repeat([0, 1], 50)
    >>> film = rng.normal(size=(100, 3)) + labels[:, None]
    >>> soup = rng.normal(size=(80, 3)) + 5.0
    >>> fit(film, labels, soup, "standardise").predict(soup).shape
    (80,)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tl_helpers.core import checks, output
from tl_helpers.core.errors import BadValue

#: Name of a method -> what it does.
METHODS = {
    "none": "standardised as the source is, nothing else",
    "median": "the same, with the threshold at the median of the target (two classes)",
    "standardise": "each domain standardised by its own mean and deviation",
    "coral": "standardised likewise, and the source gets the covariance of the target",
    "weights": "source texts that look like the target count more",
    "self-training": "standardised likewise; the surest answers of each class become labels",
}
FEWEST = 4  # rows of a domain: two to learn from and two to be judged on


def _features(rows: Any, name: str, fewest: int = 1) -> np.ndarray:
    """``[rows, columns]`` finite numbers as float64, at least ``fewest`` rows."""
    table = checks.features(rows, name)
    if len(table) == 0:
        raise BadValue(
            f"{name} has no rows.",
            "Pass unlabelled texts of that domain: there is nothing else to adapt by.",
        )
    if len(table) < fewest:
        raise BadValue(
            f"{name} has {len(table)} rows, and {fewest} are the least.",
            "Pass more texts of that domain.",
        )
    return table.astype(np.float64)


def _domains(source: Any, target: Any, fewest: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Both tables, of one width."""
    tables = _features(source, "source", fewest), _features(target, "target", fewest)
    _same_width(*tables, "target")
    return tables


def _same_width(source: np.ndarray, other: np.ndarray, name: str) -> None:
    if source.shape[1] != other.shape[1]:
        raise BadValue(
            f"The source has {source.shape[1]} columns, {name} has {other.shape[1]}.",
            "Make the features of all domains in the same way: one encoder, one vocabulary.",
        )


def _scale(rows: np.ndarray, of: np.ndarray) -> np.ndarray:
    """``rows`` by mean and standard deviation of ``of``; a column that never varies is centred."""
    deviation = of.std(axis=0)
    return (rows - of.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)


def standardise_each(source: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """Each domain by its own mean and standard deviation.

    Args:
        source: ``[texts, columns]``.
        target: ``[texts, columns]``; no labels are needed.

    Returns:
        Both, every column with mean 0 and deviation 1 in each domain (0 where it never varies).

    Raises:
        BadValue: no tables of finite numbers, no rows, or other columns.

    Example:
        >>> [x.ravel().tolist() for x in standardise_each([[1.0], [3.0]], [[10.0], [30.0]])]
        [[-1.0, 1.0], [-1.0, 1.0]]
    """
    first, second = _domains(source, target)
    return _scale(first, first), _scale(second, second)


def _power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """A power of a symmetric matrix without eigenvalues below zero."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * values**exponent) @ vectors.T


def coral(source: Any, target: Any, *, strength: float = 1.0, centre: bool = True) -> np.ndarray:
    """The source with the covariance of the target (CORAL; Sun, Feng and Saenko, 2016).

    Whitened by the inverse root of its own covariance, then re-coloured by the root of the
    target's: of all linear maps that give it the target's covariance (up to ``strength``), one that
    needs no labels. A classifier is then trained on the result and used on the target as it is.

    Args:
        source: ``[texts, columns]``, best standardised, so that ``strength`` has a meaning.
        target: ``[texts, columns]``; no labels are needed.
        strength: lambda, added to the diagonals of both covariances: near 0 the covariance of the
            target is met, and the noise of what varies least is blown up; with much more than the
            variances hardly anything changes.
        centre: also give it the mean of the target; otherwise it keeps its own.

    Returns:
        ``[texts, columns]``, the rows of the source.

    Raises:
        BadValue: no tables of finite numbers, fewer than two rows, other columns, or a strength
            that is not above 0.

    Example:
        >>> wide, narrow = np.array([[-4.0], [4.0]]), np.array([[1.0], [3.0]])
        >>> coral(wide, narrow, strength=1e-9).round(3).ravel().tolist()
        [1.0, 3.0]
    """
    first, second = _domains(source, target, fewest=2)
    strength, centre = checks.positive(strength, "strength"), checks.flag(centre, "centre")
    extra = strength * np.eye(first.shape[1])
    own, theirs = (np.atleast_2d(np.cov(x, rowvar=False)) + extra for x in (first, second))
    mean = first.mean(axis=0)
    moved = (first - mean) @ _power(own, -0.5) @ _power(theirs, 0.5)
    return moved + (second.mean(axis=0) if centre else mean)


def _regression(rows: np.ndarray, labels: np.ndarray, C: float, weights: Any = None) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=C, max_iter=2000).fit(rows, labels, weights)


def proxy_a_distance(source: Any, target: Any, *, C: float = 0.01, seed: int = 0) -> float:
    """How well a linear classifier tells two domains apart: 0 not at all, 2 perfectly.

    ``2 (1 - 2 error)``, with the error on texts that it was not trained on (Ben-David et al.,
    2007). As many rows of each domain are used; half of them train. A single value may fall a
    little below 0, when the error is above chance.

    Args:
        source: ``[texts, columns]``.
        target: ``[texts, columns]``.
        C: inverse strength of the penalty, on standardised columns.
        seed: which rows train.

    Raises:
        BadValue: no tables of finite numbers, fewer than four rows, or other columns.

    Example:
        >>> rows = np.random.default_rng(0).normal(size=(40, 2))
        >>> proxy_a_distance(rows, rows + 9.0)
        2.0
    """
    from sklearn.model_selection import train_test_split

    first, second = _domains(source, target, FEWEST)
    C, seed = checks.positive(C, "C"), checks.seed(seed)
    n = min(len(first), len(second))
    rng = np.random.default_rng(seed)
    first, second = (x if len(x) == n else x[rng.permutation(len(x))[:n]] for x in (first, second))
    trained, held_out, its_domain, truth = train_test_split(
        np.vstack([first, second]),
        np.repeat([0, 1], n),
        test_size=0.5,
        stratify=np.repeat([0, 1], n),
        random_state=seed,
    )
    classifier = _regression(_scale(trained, trained), its_domain, C)
    error = 1 - classifier.score(_scale(held_out, trained), truth)
    return float(2 * (1 - 2 * error))


def importance_weights(
    source: Any, target: Any, *, most: float = 10.0, C: float = 1e-4
) -> np.ndarray:
    """How much more likely each source text is in the target, by a domain classifier's odds.

    Args:
        source: ``[texts, columns]``, best standardised.
        target: ``[texts, columns]``.
        most: larger weights are cut down to this.
        C: inverse strength of the classifier's penalty; with a weak one, a few texts take all.

    Returns:
        ``[texts]`` weights; 1 where the two domains are equally likely.

    Raises:
        BadValue: no tables of finite numbers, other columns, or a number that cannot be.

    Example:
        >>> rows = np.arange(8.0)[:, None]
        >>> importance_weights(rows, rows).round(2).tolist()[:2]
        [1.0, 1.0]
    """
    first, second = _domains(source, target)
    most, C = checks.positive(most, "most"), checks.positive(C, "C")
    domain = np.repeat([0, 1], [len(first), len(second)])
    share = _regression(np.vstack([first, second]), domain, C).predict_proba(first)[:, 1]
    odds = share / (1 - share) * len(first) / len(second)
    return np.minimum(odds, most)


@dataclass(frozen=True)
class DomainClassifier:
    """A classifier for texts of the target.

    Attributes:
        classes: the labels, sorted; column ``i`` of the probabilities belongs to ``classes[i]``.
        method: how it was adapted.
        regression: the fitted ``LogisticRegression``.
        like: ``[texts, columns]`` by whose mean and deviation texts are standardised.
        threshold: what is taken off the log-odds of the second class, of two.
    """

    classes: np.ndarray
    method: str
    regression: Any
    like: np.ndarray
    threshold: float = 0.0

    def probabilities(self, features: Any) -> np.ndarray:
        """``[texts, classes]``; each row sums to one.

        Raises:
            BadValue: no table of finite numbers, or other columns.
        """
        rows = _features(features, "features")
        _same_width(self.like, rows, "features")
        shares = self.regression.predict_proba(_scale(rows, self.like))
        if self.threshold:
            odds = self.regression.decision_function(_scale(rows, self.like)) - self.threshold
            shares = np.stack([1 / (1 + np.exp(odds)), 1 / (1 + np.exp(-odds))], axis=1)
        return shares

    def predict(self, features: Any) -> np.ndarray:
        """The most probable label of each text.

        Example:
            ``classifier.predict(features) -> array(["blame"])``
        """
        return self.classes[self.probabilities(features).argmax(axis=1)]


def fit(
    source: Any,
    labels: Iterable[Any],
    target: Any,
    method: str = "coral",
    *,
    C: float = 0.01,
    strength: float = 1.0,
    rounds: int = 5,
) -> DomainClassifier:
    """A classifier for the target, from labels in the source and unlabelled texts of the target.

    The source is standardised by itself, and so is the target for the methods ``"standardise"``,
    ``"coral"`` and ``"self-training"``; for the others it is standardised as the source is.

    Args:
        source: ``[texts, columns]``.
        labels: ``[texts]``, of the source; two classes or more.
        target: ``[texts, columns]``, unlabelled.
        method: one of :data:`METHODS`.
        C: inverse strength of the L2 penalty.
        strength: lambda of CORAL.
        rounds: of self-training; in the last one every text of the target has a label.

    Raises:
        UnknownName: no such method.
        BadValue: tables that are none or do not fit, no unlabelled texts, not one label a row, one
            class only, or a number that cannot be.

    Example:
        >>> rows, labels = np.array([[0.0], [1.0], [2.0], [3.0]]), ["bad", "bad", "good", "good"]
        >>> fit(rows, labels, rows + 10, "standardise").predict([[10.0], [13.0]]).tolist()
        ['bad', 'good']
    """
    first, second = _domains(source, target, fewest=2)
    checks.known("method", method, METHODS)
    C, strength = checks.positive(C, "C"), checks.positive(strength, "strength")
    rounds = checks.at_least_one(rounds, "rounds")
    given = _labels(labels, len(first), "source")
    classes, numbers = np.unique(given, return_inverse=True)
    if len(classes) < 2:
        raise BadValue(
            f"All labels of the source are {classes.tolist()[0]!r}.",
            "A classifier needs examples of two classes.",
        )
    if method == "median" and len(classes) > 2:
        raise BadValue(
            f"The median is a threshold between two classes; there are {len(classes)}.",
            'Use method="standardise".',
        )
    like = second if method in ("standardise", "coral", "self-training") else first
    own, theirs = _scale(first, first), _scale(second, like)
    threshold, weights = 0.0, None
    if method == "coral":
        own = coral(own, theirs, strength=strength)
    elif method == "weights":
        weights = importance_weights(own, theirs)
    regression = _regression(own, numbers, C, weights)
    if method == "median":
        threshold = float(np.median(regression.decision_function(theirs)))
    elif method == "self-training":
        for turn in range(1, rounds + 1):
            chosen, guessed = _surest(regression.predict_proba(theirs), turn / rounds)
            together = np.vstack([own, theirs[chosen]])
            regression = _regression(together, np.concatenate([numbers, guessed]), C)
    return DomainClassifier(classes, method, regression, like, threshold)


def _surest(shares: np.ndarray, part: float) -> tuple[np.ndarray, np.ndarray]:
    """Rows and labels of the surest answers, as many of each class: ``part`` of all rows."""
    n, k = shares.shape
    each = max(1, int(len(shares) * part) // k)
    # A row that two classes claim belongs to the one that is surer of it.
    chosen: dict[int, int] = {}
    for label in range(k):
        for row in np.argsort(-shares[:, label], kind="stable")[:each]:
            if row not in chosen or shares[row, label] > shares[row, chosen[row]]:
                chosen[int(row)] = label
    return np.array(list(chosen)), np.array(list(chosen.values()))


def _labels(labels: Any, n: int, name: str) -> np.ndarray:
    given = checks.label_array(labels)
    if len(given) != n:
        raise BadValue(
            f"The {name} has {n} rows, but {len(given)} labels.", "Give one label for each row."
        )
    return given


def compare(
    source: Any,
    labels: Iterable[Any],
    target: Any,
    judged: Any,
    judged_labels: Iterable[Any],
    *,
    C: float = 0.01,
) -> list[dict[str, Any]]:
    """Every method on data of one's own, judged by labelled texts of the target.

    A few hundred judged texts tell differences of some points apart, fewer do not.

    Args:
        source: ``[texts, columns]``.
        labels: ``[texts]``, of the source.
        target: ``[texts, columns]``, unlabelled.
        judged: ``[texts, columns]`` of the target, other texts than ``target``.
        judged_labels: ``[texts]``, their labels, among those of the source.
        C: inverse strength of the L2 penalty.

    Returns:
        A dict for each method: ``method``, ``accuracy``, and ``auc`` where there are two classes.

    Raises:
        BadValue: as for :func:`fit`; or the two domains have no label in common, or a text of the
            target has one that the source has not.

    Example:
        >>> rows, labels = np.array([[0.0], [1.0], [2.0], [3.0]]), [0, 0, 1, 1]
        >>> compare(rows, labels, rows + 10, rows + 10, labels)[2]["accuracy"]
        1.0
    """
    from sklearn.metrics import roc_auc_score

    rows = _features(judged, "judged")
    truth = _labels(judged_labels, len(rows), "judged part")
    given = checks.label_array(labels)
    known, there = set(given.tolist()), set(truth.tolist())
    if not known & there:
        raise BadValue(
            f"The domains have no label in common: {checks.shown(sorted(known))} in the source, "
            f"{checks.shown(sorted(there))} in the target.",
            "Give the same class the same label in both; other classes are another task, and no "
            "domain adaptation.",
        )
    if extra := there - known:
        raise BadValue(
            f"The target has labels that the source has not: {checks.shown(sorted(extra))}.",
            "A classifier cannot learn a class without examples: leave these texts out.",
        )
    found = []
    methods = [method for method in METHODS if method != "median" or len(known) <= 2]
    with output.Working(len(methods), "comparing", "method") as work:
        for method in methods:
            classifier = fit(source, given, target, method, C=C)
            one: dict[str, Any] = {
                "method": method,
                "accuracy": float((classifier.predict(rows) == truth).mean()),
            }
            if len(known) == 2:
                shares = classifier.probabilities(rows)[:, 1]
                two = len(there) == 2
                one["auc"] = (
                    float(roc_auc_score(truth == classifier.classes[1], shares)) if two else None
                )
            found.append(one)
            work.update()
    return found
