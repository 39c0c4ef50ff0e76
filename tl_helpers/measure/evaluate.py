"""How good is it, and how sure are we: metrics from libraries, intervals over seeds.

Metrics take ``(truth, predictions)`` in this order and return a share between 0 and 1; only BLEU
keeps the 0 to 100 scale on which it is always reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue

Metric = Callable[[Any, Any], float]


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval.

    Attributes:
        mean: the estimate.
        low: lower end.
        high: upper end.
        n: how many values it rests on: seeds, or test examples for a bootstrap.
        level: confidence level.
        method: ``"seeds"`` (t-interval over seeds) or ``"bootstrap"`` (over test examples).
        varies: what is another one in each value: ``"towns"``, ``"draws of labels"``, ``"seeds"``.
    """

    mean: float
    low: float
    high: float
    n: int
    level: float = 0.95
    method: str = "seeds"
    varies: str = "seeds"

    @property
    def ci(self) -> tuple[float, float]:
        """Both ends: ``(low, high)``."""
        return self.low, self.high

    def times(self, factor: float) -> Interval:
        """The same in another unit, such as ``.times(100)`` for percentage points."""
        low, high = sorted((self.low * factor, self.high * factor))
        return replace(self, mean=self.mean * factor, low=low, high=high)

    def __str__(self) -> str:
        return f"{self.mean:.3g} [{self.low:.3g}, {self.high:.3g}]"


def _same_length(truth: Sequence[Any], predictions: Sequence[Any]) -> None:
    if len(truth) != len(predictions):
        raise BadValue(
            f"{len(truth)} true values but {len(predictions)} predictions.",
            "Give one prediction for each example, in the same order.",
        )
    if len(truth) == 0:
        raise BadValue("There is nothing to score: no examples.", "Give at least one example.")


def accuracy(truth: Sequence[Any], predictions: Sequence[Any]) -> float:
    """Share of examples whose prediction is exactly right, 0 to 1.

    Raises:
        BadValue: no examples, or lengths that differ.
    """
    _same_length(truth, predictions)
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(truth, predictions))


def macro_f1(truth: Sequence[Any], predictions: Sequence[Any]) -> float:
    """F1 per class, then the plain mean: a rare class counts as much as a common one. 0 to 1.

    Raises:
        BadValue: no examples, or lengths that differ.
    """
    _same_length(truth, predictions)
    from sklearn.metrics import f1_score

    return float(f1_score(truth, predictions, average="macro", zero_division=0))


def span_f1(truth: Sequence[Sequence[str]], predictions: Sequence[Sequence[str]]) -> float:
    """F1 over whole entity spans (CoNLL-2003: a span counts if both ends and the type agree).

    Args:
        truth: one list of IOB2 tags per sentence, as in ``["B-PER", "I-PER", "O"]``.
        predictions: the same shape.

    Raises:
        BadValue: no sentences, or lengths that differ.
    """
    _same_length(truth, predictions)
    for number, (right, guess) in enumerate(zip(truth, predictions, strict=True)):
        if len(right) != len(guess):
            raise BadValue(
                f"Sentence {number} has {len(right)} tags but {len(guess)} predicted ones.",
                "Give one tag for each token.",
            )
    from seqeval.metrics import f1_score

    pair = [list(map(str, tags)) for tags in truth], [list(map(str, tags)) for tags in predictions]
    return float(f1_score(*pair, zero_division=0))


def bleu(truth: Sequence[str] | Sequence[Sequence[str]], predictions: Sequence[str]) -> float:
    """Corpus BLEU, 0 to 100, computed by sacreBLEU (Papineni et al. 2002; Post 2018).

    Args:
        truth: one reference per example, or a list of references per example.
        predictions: one text per example.

    Raises:
        BadValue: no examples, or lengths that differ.
    """
    _same_length(truth, predictions)
    import sacrebleu

    references = [[item] if isinstance(item, str) else list(item) for item in truth]
    most = max(map(len, references))
    streams = [[row[i] if i < len(row) else None for row in references] for i in range(most)]
    return float(sacrebleu.corpus_bleu(list(predictions), streams).score)  # type: ignore[arg-type]


def rouge(truth: Sequence[str], predictions: Sequence[str]) -> dict[str, float]:
    """ROUGE-1, ROUGE-2 and ROUGE-L as mean F-measures, 0 to 1 (Lin 2004).

    Raises:
        BadValue: no examples, or lengths that differ.
    """
    _same_length(truth, predictions)
    from rouge_score.rouge_scorer import RougeScorer

    kinds = ["rouge1", "rouge2", "rougeL"]
    scorer = RougeScorer(kinds, use_stemmer=True)
    scores = [scorer.score(a, b) for a, b in zip(truth, predictions, strict=True)]
    return {kind: float(np.mean([s[kind].fmeasure for s in scores])) for kind in kinds}


def _level(level: float) -> None:
    if not 0 < level < 1:
        raise BadValue(f"A confidence level of {level} makes no sense.", "Use 0.95, say.")


def _finite(values: npt.ArrayLike) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size < 2:
        raise BadValue(
            f"An interval needs a list of at least 2 values, not shape {array.shape}.",
            "Run at least two seeds (five or more for a claim): one value has no spread.",
        )
    if not np.isfinite(array).all():
        raise BadValue("Some values are not finite (NaN or infinity).", "Find the run that failed.")
    return array


def interval(values: npt.ArrayLike, level: float = 0.95, varies: str = "seeds") -> Interval:
    """Mean over seeds with Student's t-interval.

    It answers: between which bounds does the mean over *all* seeds lie? When every seed gives the
    same value the interval has no width: that says the spread was not seen, not that none exists.

    Args:
        values: one value per seed, at least two.
        level: confidence level.
        varies: what is another one with each seed, in words: ``"towns"``, ``"draws of labels"``.

    Raises:
        BadValue: fewer than two values, or some not finite.
    """
    array = _finite(values)
    _level(level)
    mean = float(array.mean())
    from scipy import stats

    spread = float(np.ptp(array))
    # Identical values differ by rounding only once averaged: scipy would return NaN for zero.
    if spread == 0:
        one = float(array[0])
        return Interval(one, one, one, array.size, level, varies=varies)
    # In units of the spread, because the squares of tiny deviations (1e-200) are zero.
    error = spread * float(stats.sem((array - mean) / spread))
    half = float(stats.t.ppf((1 + level) / 2, array.size - 1)) * error
    return Interval(mean, mean - half, mean + half, int(array.size), level, varies=varies)


def difference(
    a: npt.ArrayLike, b: npt.ArrayLike, level: float = 0.95, varies: str = "seeds"
) -> Interval:
    """Mean of ``a - b`` paired seed by seed, with its t-interval.

    Pairing removes what both share (the same split, the same labels), so it is sharper than
    comparing two separate intervals.

    Args:
        a: one value per seed.
        b: one value per seed, the same seeds in the same order.
        level: confidence level.
        varies: what is another one with each seed, in words.

    Raises:
        BadValue: lengths that differ, fewer than two seeds, values not finite.
    """
    left, right = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if left.shape != right.shape:
        raise BadValue(
            f"Pairs need equal lengths, not {left.shape} and {right.shape}.",
            "Run both sides on the same seeds, in the same order.",
        )
    return interval(left - right, level, varies)


def _objects(values: Sequence[Any]) -> np.ndarray:
    array: np.ndarray = np.empty(len(values), dtype=object)  # keeps lists of tags as lists
    array[:] = list(values)
    return array


def _codes(*columns: Sequence[Any]) -> tuple[np.ndarray, int]:
    """Columns of labels as integers, one row per example, and the number of classes."""
    number: dict[Any, int] = {}
    rows = [[number.setdefault(x, len(number)) for x in map(_plain, column)] for column in columns]
    return np.array(rows).T, len(number)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _macro_f1_of(weights: np.ndarray, truth: np.ndarray, guess: np.ndarray, k: int) -> np.ndarray:
    classes = np.arange(k)[:, None]
    hit = weights @ ((truth == classes) & (guess == classes)).T.astype(float)
    total = weights @ ((truth == classes).astype(float) + (guess == classes)).T
    # 2 tp / (2 tp + fp + fn); a class absent from this resample does not count, as in sklearn
    with np.errstate(invalid="ignore"):
        return np.nanmean(2 * hit / total, axis=1)


def paired_bootstrap(
    truth: Sequence[Any],
    predictions_a: Sequence[Any],
    predictions_b: Sequence[Any],
    metric: Metric = accuracy,
    resamples: int = 10_000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """``metric`` of A minus that of B, with a percentile interval over resampled test examples.

    Both systems are scored on the same resampled examples (Koehn 2004; Berg-Kirkpatrick et al.
    2012). For :func:`accuracy` and :func:`macro_f1` only the counts of the distinct (truth, A, B)
    rows matter, so they are drawn at once from a multinomial; another metric is called
    ``2 * resamples`` times.

    Args:
        truth: n true values.
        predictions_a: n predictions of system A.
        predictions_b: n predictions of system B.
        metric: ``metric(truth, predictions) -> float``.
        resamples: how many bootstrap samples.
        seed: of the resampling.
        level: confidence level.

    Raises:
        BadValue: no examples, lengths that differ, or too few resamples.
    """
    _same_length(truth, predictions_a)
    _same_length(truth, predictions_b)
    _level(level)
    if resamples < 100:
        raise BadValue(f"{resamples} resamples are too few.", "Use 1,000 or more.")
    rng, n = np.random.default_rng(checks.seed(seed)), len(truth)
    observed = metric(truth, predictions_a) - metric(truth, predictions_b)
    if metric in (accuracy, macro_f1):
        table, k = _codes(truth, predictions_a, predictions_b)
        rows, counts = np.unique(table, axis=0, return_counts=True)
        t, a, b = rows.T
        weights = rng.multinomial(n, counts / n, size=resamples).astype(np.float64)
        if metric is accuracy:
            drawn = weights @ ((a == t).astype(float) - (b == t)) / n
        else:
            drawn = _macro_f1_of(weights, t, a, k) - _macro_f1_of(weights, t, b, k)
    else:
        columns = [_objects(truth), _objects(predictions_a), _objects(predictions_b)]
        drawn = np.empty(resamples)
        for i in range(resamples):
            pick = rng.integers(0, n, n)  # one draw for all three: that is the pairing
            t_, a_, b_ = (column[pick].tolist() for column in columns)
            drawn[i] = metric(t_, a_) - metric(t_, b_)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(observed), float(low), float(high), n, level, "bootstrap")


def curve(values: Mapping[int, npt.ArrayLike], level: float = 0.95) -> dict[int, Interval]:
    """One interval per label count, ready for ``plots.learning_curve``.

    Args:
        values: label count -> one value per seed.
        level: confidence level.
    """
    return {int(count): interval(row, level) for count, row in sorted(values.items())}
