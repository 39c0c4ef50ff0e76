"""How good is it, and how sure are we: metrics from libraries, intervals over seeds.

Metrics take ``(truth, predictions)`` in this order and return a share between 0 and 1; only BLEU
keeps the 0 to 100 scale on which it is always reported.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tl_helpers.core import checks, scripts
from tl_helpers.core.errors import BadValue

Metric = Callable[[Any, Any], float]
FEW = 10  # values that are shown one by one beside their interval


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
        values: the values themselves, where they are few enough to be looked at (ten at most).
    """

    mean: float
    low: float
    high: float
    n: int
    level: float = 0.95
    method: str = "seeds"
    varies: str = "seeds"
    values: tuple[float, ...] = field(default=(), repr=False, compare=False)

    @property
    def ci(self) -> tuple[float, float]:
        """Both ends: ``(low, high)``."""
        return self.low, self.high

    def times(self, factor: float) -> Interval:
        """The same in another unit, such as ``.times(100)`` for percentage points."""
        factor = checks.number(factor, "factor")
        low, high = sorted((self.low * factor, self.high * factor))
        values = tuple(value * factor for value in self.values)
        return replace(self, mean=self.mean * factor, low=low, high=high, values=values)

    def __str__(self) -> str:
        return f"{self.mean:.3g} [{self.low:.3g}, {self.high:.3g}]"


def _pairs(
    truth: Any, predictions: Any, names: tuple[str, str] = ("truth", "predictions")
) -> tuple[list[Any], list[Any]]:
    """Both sides as lists of the same length."""
    left = checks.listed(truth, names[0])
    right = checks.listed(predictions, names[1])
    if len(left) != len(right):
        raise BadValue(
            f"{len(left)} true values but {len(right)} predictions.",
            "Give one prediction for each example, in the same order.",
        )
    if len(left) == 0:
        raise BadValue("There is nothing to score: no examples.", "Give at least one example.")
    return left, right


def _labelled(truth: Any, predictions: Any) -> tuple[list[Any], list[Any]]:
    """Both sides as labels of one kind: whole numbers, or strings."""
    left, right = _pairs(truth, predictions)
    left, right = _classes(left, "truth"), _classes(right, "predictions")
    if type(left[0]) is not type(right[0]):
        raise BadValue(
            f"truth has {type(left[0]).__name__}, such as {checks.shown(left[0])}, but predictions "
            f"{type(right[0]).__name__}, such as {checks.shown(right[0])}: none would ever agree.",
            "Write both as whole numbers, or both as names.",
        )
    return left, right


def _numbered(truth: Any, predictions: Any) -> np.ndarray:
    """The same as ``[2, n]`` numbers of the sorted classes, which scikit-learn takes exactly."""
    left, right = _labelled(truth, predictions)
    number = {label: place for place, label in enumerate(sorted({*left, *right}))}
    return np.array([[number[label] for label in side] for side in (left, right)])


def _classes(values: list[Any], name: str) -> list[int] | list[str]:
    """Labels as they are; true and false as 1 and 0, and 2.0 as 2."""
    kinds = {type(value) for value in values}
    if all(issubclass(kind, (bool, np.bool_)) for kind in kinds):
        return [int(value) for value in values]
    if all(issubclass(kind, (float, np.floating)) for kind in kinds) and not any(
        map(checks.missing, values)
    ):
        odd = next((i for i, v in enumerate(values) if not float(v).is_integer()), None)
        if odd is not None:
            raise BadValue(
                f"{name}[{odd}] is {checks.shown(values[odd])}, which is not a class.",
                "Give classes: of probabilities the most probable, such as p.argmax(axis=1).",
            )
        return checks.labels([int(value) for value in values], name)
    return checks.labels(values, name)


def accuracy(truth: Iterable[Any], predictions: Iterable[Any]) -> float:
    """Share of examples whose prediction is exactly right, 0 to 1.

    Raises:
        BadValue: no examples, lengths that differ, a label that is missing or none, or names on
            one side and numbers on the other.

    Example:
        >>> accuracy(["good", "bad", "bad", "bad"], ["good", "bad", "good", "bad"])
        0.75
    """
    left, right = _numbered(truth, predictions)
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(left, right))


def macro_f1(truth: Iterable[Any], predictions: Iterable[Any]) -> float:
    """F1 per class, then the plain mean: a rare class counts as much as a common one. 0 to 1.

    Raises:
        BadValue: see :func:`accuracy`.

    Example:
        >>> macro_f1([0, 0, 0, 1], [0, 0, 0, 0])  # accuracy would say 0.75
        0.42857142857142855
    """
    left, right = _numbered(truth, predictions)
    from sklearn.metrics import f1_score

    return float(f1_score(left, right, average="macro", zero_division=0))


_TAG = re.compile(r"O|[BI]-\S.*", re.DOTALL)


def span_f1(truth: Iterable[Iterable[str]], predictions: Iterable[Iterable[str]]) -> float:
    """F1 over whole entity spans (CoNLL-2003: a span counts if both ends and the type agree).

    Args:
        truth: one list of IOB2 tags per sentence, as in ``["B-PER", "I-PER", "O"]``.
        predictions: the same shape.

    Raises:
        BadValue: no sentences, lengths that differ, something that is no such tag, or no span on
            either side.

    Example:
        >>> span_f1([["B-PER", "I-PER", "O", "B-LOC"]], [["B-PER", "O", "O", "B-LOC"]])
        0.5
    """
    left, right = _pairs(truth, predictions)
    tags = [_tags(side, name) for side, name in ((left, "truth"), (right, "predictions"))]
    for number, (expected, guess) in enumerate(zip(*tags, strict=True)):
        if len(expected) != len(guess):
            raise BadValue(
                f"Sentence {number} has {len(expected)} tags but {len(guess)} predicted ones.",
                "Give one tag for each token.",
            )
    if all(tag == "O" for side in tags for row in side for tag in row):
        raise BadValue(
            "Neither truth nor predictions have a span, so there is no F1 of spans.",
            "Score more sentences, some with spans; of single tags: accuracy.",
        )
    from seqeval.metrics import f1_score

    return float(f1_score(*tags, zero_division=0))


def _other_tag(tag: Any) -> str:
    """What to do with a tag of another kind."""
    if isinstance(tag, str) and tag != tag.strip():
        return "Take the blanks away: [tag.strip() for tag in row]."
    if isinstance(tag, str) and re.match(r"[ESLUM]-\S", tag):
        return (
            "These are tags of BIOES or BILOU, and scored are those of IOB2: write B- for S- and "
            'U-, and I- for E-, L- and M-, such as "B" + tag[1:] if tag[0] in "SU".'
        )
    return (
        "Give the names: of numbers, [names[i] for i in row], where a data set keeps them in "
        'features["tags"].feature.names; leave positions with -100 out.'
    )


def _tags(sentences: list[Any], name: str) -> list[list[str]]:
    rows = []
    for number, sentence in enumerate(sentences):
        tags = checks.listed(sentence, f"{name}[{number}]", "tag")
        for place, tag in enumerate(tags):
            if not isinstance(tag, str) or tag != tag.strip() or not _TAG.fullmatch(tag):
                raise BadValue(
                    f"{name}[{number}][{place}] is {checks.shown(tag)}, which is not a tag such as "
                    "O, B-PER or I-PER.",
                    _other_tag(tag),
                )
        rows.append([str.__str__(tag) for tag in tags])
    return rows


def bleu(truth: Iterable[str] | Iterable[Iterable[str]], predictions: Iterable[str]) -> float:
    """Corpus BLEU, 0 to 100, computed by sacreBLEU (Papineni et al. 2002; Post 2018).

    Words are those of sacreBLEU's ``13a``. In scripts without blanks between words (Chinese,
    Japanese, Thai ...) each letter counts as one, as in its tokenizer for Chinese; marks that end a
    sentence in other scripts are cut off, as its full stop is.

    Args:
        truth: one reference per example, or a list of references per example.
        predictions: one text per example; an empty one is the worst.

    Raises:
        BadValue: no examples, lengths that differ, something that is no text, an empty reference,
            or nothing that has the four words that BLEU counts.

    Example:
        >>> round(bleu(["the cat sat on the mat"], ["the cat sat on the mat"]))
        100
    """
    left, right = _pairs(truth, predictions)
    references = [_references(item, f"truth[{place}]") for place, item in enumerate(left)]
    guesses = checks.texts(right, "predictions")
    from sacrebleu.metrics import BLEU

    most = max(map(len, references))
    streams = [
        [scripts.parts(row[i]) if i < len(row) else None for row in references] for i in range(most)
    ]
    score = BLEU().corpus_score([scripts.parts(text) for text in guesses], streams)  # type: ignore[arg-type]
    if score.totals[-1] == 0 and not _four_words(references):
        raise BadValue(
            "No reference has four words, and BLEU counts groups of four.",
            "Use chrf, which counts letters, or accuracy.",
        )
    return float(score.score)


def _references(item: Any, name: str) -> list[str]:
    references = checks.texts([item] if isinstance(item, str) else item, name)
    for place, text in enumerate(references):
        if not text.strip():
            which = name if isinstance(item, str) else f"{name}[{place}]"
            raise BadValue(
                f"The reference {which} is empty: nothing could be right.",
                "Leave the example out, its prediction too.",
            )
    return references


def _four_words(references: list[list[str]]) -> bool:
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

    cut = Tokenizer13a()
    return any(len(cut(scripts.parts(text)).split()) >= 4 for row in references for text in row)


def chrf(truth: Iterable[str] | Iterable[Iterable[str]], predictions: Iterable[str]) -> float:
    """Corpus chrF, 0 to 1: F-score of groups of 1 to 6 letters, by sacreBLEU (Popović 2015).

    It needs no words, so that it is fair to languages with long ones and to scripts without blanks.

    Args:
        truth: one reference per example, or a list of references per example.
        predictions: one text per example.

    Raises:
        BadValue: no examples, lengths that differ, something that is no text, or an empty
            reference.

    Example:
        >>> chrf(["a cat"], ["a cat"])
        1.0
    """
    left, right = _pairs(truth, predictions)
    references = [_references(item, f"truth[{place}]") for place, item in enumerate(left)]
    guesses = checks.texts(right, "predictions")
    from sacrebleu.metrics import CHRF

    most = max(map(len, references))
    streams = [
        [_composed(row[i]) if i < len(row) else None for row in references] for i in range(most)
    ]
    score = CHRF().corpus_score([_composed(text) for text in guesses], streams)  # type: ignore[arg-type]
    return float(score.score) / 100


def _composed(text: str) -> str:
    """Letters with their accents as one character each, however they came."""
    return unicodedata.normalize("NFC", text)


class _Words:
    """The tokenizer of ROUGE, for every alphabet: of ASCII text its own words and stems."""

    def __init__(self) -> None:
        from rouge_score.tokenizers import DefaultTokenizer

        self.english = DefaultTokenizer(use_stemmer=True).tokenize

    def tokenize(self, text: str) -> list[str]:
        """The words of a text, stems of English ones."""
        if text.isascii():
            return self.english(text)
        cut = ([word] if not word.isascii() else self.english(word) for word in scripts.words(text))
        return [word for words in cut for word in words]


def rouge(truth: Iterable[str], predictions: Iterable[str]) -> dict[str, float]:
    """ROUGE-1, ROUGE-2 and ROUGE-L as mean F-measures, 0 to 1 (Lin 2004).

    Words are compared in lower case and without punctuation marks, English ones by their stems. In
    scripts without blanks between words each letter counts as one, and so does each emoji.

    Args:
        truth: one reference per example.
        predictions: one text per example; an empty one is the worst.

    Raises:
        BadValue: no examples, lengths that differ, something that is no text, or a reference
            without any word.

    Example:
        >>> round(rouge(["the tea was hot"], ["hot tea"])["rouge1"], 2)
        0.67
    """
    left, right = _pairs(truth, predictions)
    references, guesses = checks.texts(left, "truth"), checks.texts(right, "predictions")
    for place, text in enumerate(references):
        if not scripts.words(text):
            raise BadValue(
                f"truth[{place}], {checks.shown(text)}, has no word: nothing could be right.",
                "Leave the example out, its prediction too.",
            )
    from rouge_score.rouge_scorer import RougeScorer

    kinds = ["rouge1", "rouge2", "rougeL"]
    scorer = RougeScorer(kinds, tokenizer=_Words())
    scores = [scorer.score(a, b) for a, b in zip(references, guesses, strict=True)]
    return {kind: float(np.mean([s[kind].fmeasure for s in scores])) for kind in kinds}


def _level(level: Any) -> float:
    try:
        return checks.share(level, "level", inside=True)
    except BadValue as error:
        raise BadValue(
            f"A confidence level of {checks.shown(level)} makes no sense.", error.do
        ) from None


def _finite(values: Any, name: str = "values") -> np.ndarray:
    array = checks.numbers(values, name)
    if array.size < 2:
        raise BadValue(
            f"An interval needs a list of at least 2 values, not {array.size}.",
            "Run at least two seeds (five or more for a claim): one value has no spread.",
        )
    return array


def _refuse_overflow(*numbers: float) -> None:
    if not np.isfinite(numbers).all():
        raise BadValue(
            "The values are too large to be averaged.",
            "Divide them all by the same number first.",
        )


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

    Example:
        >>> print(interval([0.70, 0.72, 0.74]))
        0.72 [0.67, 0.77]
    """
    array, level = _finite(values), _level(level)
    from scipy import stats

    with np.errstate(over="ignore"):
        mean, spread = float(array.mean()), float(np.ptp(array))
    _refuse_overflow(mean, spread)
    few = tuple(array.tolist()) if array.size <= FEW else ()
    # Identical values differ by rounding only once averaged: scipy would return NaN for zero.
    if spread == 0:
        one = float(array[0])
        return Interval(one, one, one, array.size, level, varies=varies, values=few)
    # In units of the spread, because the squares of tiny deviations (1e-200) are zero.
    error = spread * float(stats.sem((array - mean) / spread))
    half = float(stats.t.ppf((1 + level) / 2, array.size - 1)) * error
    _refuse_overflow(mean - half, mean + half)
    ends = mean - half, mean + half
    return Interval(mean, *ends, int(array.size), level, varies=varies, values=few)


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

    Example:
        >>> print(difference([0.80, 0.85, 0.90], [0.70, 0.74, 0.81]).times(100))
        10 [7.52, 12.5]
    """
    left, right = checks.numbers(a, "a"), checks.numbers(b, "b")
    if left.shape != right.shape:
        raise BadValue(
            f"Pairs need equal lengths, not {left.shape} and {right.shape}.",
            "Run both sides on the same seeds, in the same order.",
        )
    return interval(left - right, level, varies)


def _objects(values: Sequence[Any]) -> np.ndarray:
    array: np.ndarray = np.empty(len(values), dtype=object)  # keeps lists of tags as lists
    for place, value in enumerate(values):
        array[place] = value
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


_MOST = 100_000  # resamples: more would fill the memory, and change no digit that is shown


def _score(metric: Metric, truth: Any, predictions: Any) -> float:
    """What ``metric`` says of all examples, if it is a number."""
    said: Any = metric(truth, predictions)
    number = checks.finite(said)
    if number is None:
        name = getattr(metric, "__name__", checks.shown(metric))
        do = "Pass a function that returns one number."
        if isinstance(said, Mapping) and said:
            do = f"Pick one, such as metric=lambda t, p: {name}(t, p)[{[*said][-1]!r}]."
        raise BadValue(f"metric={name} gives {checks.shown(said)}, which is no number.", do)
    return number


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
        BadValue: no examples, lengths that differ, too few or too many resamples, or a metric that
            gives no number.

    Example:
        >>> print(paired_bootstrap([0, 1] * 50, [0, 1] * 50, [0] * 100).times(100))
        50 [40, 60]
    """
    gold, one = _pairs(truth, predictions_a, ("truth", "predictions_a"))
    gold, other = _pairs(gold, predictions_b, ("truth", "predictions_b"))
    level, resamples = _level(level), checks.whole(resamples, "resamples", 100, _MOST)
    if not callable(metric):
        raise BadValue(f"metric={checks.shown(metric)}.", "Pass a function, such as accuracy.")
    # Not scipy.stats.bootstrap: it draws every example of every resample (10,000 times n numbers)
    # and calls macro-F1 on each, where the counts below need one draw and one matrix product; and
    # its argument for the seed has another name in each half of the versions that we allow.
    rng, n = np.random.default_rng(checks.seed(seed)), len(gold)
    observed = _score(metric, gold, one) - _score(metric, gold, other)
    if metric in (accuracy, macro_f1):
        table, k = _codes(gold, one, other)
        rows, counts = np.unique(table, axis=0, return_counts=True)
        t, a, b = rows.T
        weights = rng.multinomial(n, counts / n, size=resamples).astype(np.float64)
        if metric is accuracy:
            drawn = weights @ ((a == t).astype(float) - (b == t)) / n
        else:
            drawn = _macro_f1_of(weights, t, a, k) - _macro_f1_of(weights, t, b, k)
    else:
        columns = [_objects(gold), _objects(one), _objects(other)]
        drawn = np.empty(resamples)
        for i in range(resamples):
            pick = rng.integers(0, n, n)  # one draw for all three: that is the pairing
            t_, a_, b_ = (column[pick].tolist() for column in columns)
            try:
                found = checks.finite(metric(t_, a_)), checks.finite(metric(t_, b_))
            except BadValue:
                found = None, None
            # Without a number there was nothing to score in this resample, such as no span at all.
            drawn[i] = np.nan if found[0] is None or found[1] is None else found[0] - found[1]
        if not np.isfinite(drawn).any():
            raise BadValue(
                f"metric={checks.shown(metric)} gave no number for any resample.",
                "Score more examples, or use another metric.",
            )
    low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(observed), float(low), float(high), n, level, "bootstrap")


def curve(values: Mapping[int, npt.ArrayLike], level: float = 0.95) -> dict[int, Interval]:
    """One interval per label count, ready for ``plots.learning_curve``.

    Args:
        values: label count -> one value per seed.
        level: confidence level.

    Example:
        >>> print(curve({8: [0.5, 0.6], 64: [0.7, 0.9]})[64])
        0.8 [-0.471, 2.07]
    """
    if not isinstance(values, Mapping):
        raise BadValue(
            f"values={checks.shown(values)} is not a mapping.",
            "Pass {8: [0.7, 0.8], 16: [0.9, 0.9]}: label count and one value per seed.",
        )
    counts = {checks.whole(count, "a count of labels", 0): row for count, row in values.items()}
    return {count: interval(row, level) for count, row in sorted(counts.items())}
