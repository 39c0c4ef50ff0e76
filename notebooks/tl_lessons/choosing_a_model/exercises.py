"""What the exercises of ``42_choosing_a_model`` do; their words are in the TOML file."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from math import log

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.choosing_a_model import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- choosing-nce --------------------------------------------------------------------------------


def _answers(rng: np.random.Generator) -> list[tuple[list[str], list[str]]]:
    """Source classes that say something about the labels, of uneven frequency."""
    fixed = (["film", "film", "food", "food"], ["good", "good", "good", "bad"])
    cases = [fixed]
    for n in rng.integers(9, 14, 3):
        said = ["abc"[i] for i in rng.choice(3, int(n), p=[0.5, 0.3, 0.2])]
        labels = ["yes" if z == "a" or rng.random() < 0.3 else "no" for z in said]
        said += ["a", "a", "b", "c"]
        labels += ["yes", "no", "no", "yes"]
        cases.append((said, labels))
    return cases


@sheet.function("choosing-nce", cases=_answers, returns="one number, in nats, at most 0")
def nce(said, labels):
    """Zero would mean that the source class decides the label. The lowest that it can be is minus
    the entropy of the labels: then the source classes say nothing about them."""
    pairs = list(zip(said, labels, strict=True))
    shares = []
    for z, y in pairs:
        shares.append(pairs.count((z, y)) / list(said).count(z))
    return np.log(shares).mean()


@nce.also_right
def by_entropies(said, labels):
    def entropy(items):
        shares = np.array(list(Counter(items).values())) / len(items)
        return -(shares * np.log(shares)).sum()

    return entropy(said) - entropy(list(zip(said, labels, strict=True)))


@nce.also_right
def by_tables(said, labels):
    rows, columns = sorted(set(said)), sorted(set(labels))
    table = np.zeros((len(rows), len(columns)))
    for z, y in zip(said, labels, strict=True):
        table[rows.index(z), columns.index(y)] += 1
    given = table / table.sum(axis=1, keepdims=True)
    return float((table * np.log(np.where(table > 0, given, 1))).sum() / table.sum())


def _conditional(first, second):
    """Mean log probability of ``second``, given ``first``."""
    pairs, firsts = Counter(zip(first, second, strict=True)), Counter(first)
    logs = [log(pairs[a, b] / firsts[a]) for a, b in zip(first, second, strict=True)]
    return sum(logs) / len(logs)


@nce.wrong
def the_other_way_round(said, labels):
    """That is the probability of the *source class*, given the label. We know what the source
    classifier says, and ask about the label."""
    return _conditional(labels, said)


@nce.wrong
def without_the_source(said, labels):
    """That is how frequent each label is, whatever the source classifier says. Look at the texts
    of one source class alone, and count the labels among them."""
    return _conditional([""] * len(labels), labels)


@nce.wrong
def not_negative(said, labels):
    """That is the conditional entropy. The score is its negative, so that more is better."""
    return -_conditional(said, labels)


@nce.wrong
def joint(said, labels):
    """That is the probability of the *pair*. Divide by how often the source class occurs, not by
    the number of all texts."""
    return _conditional([""] * len(labels), list(zip(said, labels, strict=True)))


@nce.wrong
def in_bits(said, labels):
    """Right but for the unit: you took the logarithm to base 2, and the score is in nats."""
    return _conditional(said, labels) / log(2)


@nce.wrong
def the_sum(said, labels):
    """That is the sum over the texts. Take the mean, or the score grows with the number of
    texts."""
    return _conditional(said, labels) * len(labels)


# --- choosing-tau --------------------------------------------------------------------------------


def _orders(rng: np.random.Generator) -> list[tuple[list[float], list[float]]]:
    """Scores and accuracies; in some of them two members are level."""
    by_hand = ([1.0, 2.0, 3.0], [60.0, 80.0, 70.0]), ([1.0, 1.0, 2.0, 0.5], [7.0, 6.0, 9.0, 6.5])
    cases = [*by_hand]
    for n in rng.integers(5, 8, 3):
        accuracy = rng.choice(np.arange(50, 96), int(n), replace=False).astype(float)
        scores = (accuracy / 10 + rng.normal(0, 1.5, int(n))).round(2)
        scores[0] = scores[1]
        cases.append((scores.tolist(), accuracy.tolist()))
    return cases


@sheet.function("choosing-tau", cases=_orders, returns="one number between -1 and 1")
def tau(scores, accuracy):
    """There are variants for level scores; SciPy's takes them out of the number of pairs as well.
    Where no two are level, all of them agree."""
    agree = disagree = pairs = 0
    for i in range(len(scores)):
        for j in range(i):
            pairs += 1
            product = (scores[i] - scores[j]) * (accuracy[i] - accuracy[j])
            agree += product > 0
            disagree += product < 0
    return (agree - disagree) / pairs


@tau.also_right
def by_signs(scores, accuracy):
    signs = [
        np.sign(a - c) * np.sign(b - d)
        for (a, b), (c, d) in combinations(zip(scores, accuracy, strict=True), 2)
    ]
    return float(np.mean(signs))


@tau.also_right
def by_matrices(scores, accuracy):
    s, a = np.asarray(scores), np.asarray(accuracy)
    signs = np.sign(s[:, None] - s) * np.sign(a[:, None] - a)
    return float(signs.sum() / (len(s) * (len(s) - 1)))


def _signs(scores, accuracy):
    return [
        int(np.sign((a - c) * (b - d)))
        for (a, b), (c, d) in combinations(zip(scores, accuracy, strict=True), 2)
    ]


@tau.wrong
def share_that_agrees(scores, accuracy):
    """That is the share of pairs that agree: a coin would get one half. Take off those that
    disagree, so that a coin gets zero."""
    return float(np.mean([sign > 0 for sign in _signs(scores, accuracy)]))


@tau.wrong
def level_counts_as_agreement(scores, accuracy):
    """Pairs that are level in one of the lists have no order there: they neither agree nor
    disagree."""
    return float(np.mean([1 if sign >= 0 else -1 for sign in _signs(scores, accuracy)]))


@tau.wrong
def each_pair_twice(scores, accuracy):
    """You count each pair twice, or divide by half the number of pairs: n members have
    n(n - 1)/2 of them."""
    return 2 * float(np.mean(_signs(scores, accuracy)))


@tau.wrong
def by_members(scores, accuracy):
    """Divide by the number of *pairs*, not by the number of members."""
    return sum(_signs(scores, accuracy)) / len(scores)


@tau.wrong
def pearson(scores, accuracy):
    """That is the correlation of the numbers (Pearson). It asks for a straight line; Kendall's tau
    asks for the order alone."""
    return float(np.corrcoef(scores, accuracy)[0, 1])


@tau.wrong
def neighbours_only(scores, accuracy):
    """You compare each member with the next one in the list only. All pairs count."""
    signs = np.sign(np.diff(scores)) * np.sign(np.diff(accuracy))
    return float(signs.mean())


# --- choosing-shuffled ---------------------------------------------------------------------------


@sheet.outcome("choosing-shuffled")
def without_meaning(shuffled):
    """``shuffled``: a table with ``estimator``, ``labels`` (right or shuffled) and ``score``, or
    still ``...``."""
    if shuffled is ...:
        return "So far you have only said so: put the call in, and measure."
    means = shuffled.groupby(["estimator", "labels"]).score.mean()
    falls = []
    said = []
    for name in ("LogME", "H-score"):
        right, random = means[name, "right"], means[name, "shuffled"]
        said.append(f"{name} {right:.3f} with the right labels and {random:.3f} with shuffled ones")
        if right - random > 0.02:
            falls.append(name)
    option = {2: "both", 0: "neither"}.get(len(falls)) or falls[0]
    return f"Measured: {'; '.join(said)}.", option
