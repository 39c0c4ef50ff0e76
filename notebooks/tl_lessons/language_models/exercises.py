"""What the exercises of ``11_language_models`` do; their words are in the TOML file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.language_models import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- lm-divergence -------------------------------------------------------------------------------


def _pairs_of_distributions(rng: np.random.Generator) -> list[tuple[Any, Any]]:
    """Random ones, equal ones, and ones with zeros in either."""
    cases: list[tuple[Any, Any]] = []
    for kind, n in ((list, 4), (np.array, 6), (list, 16)):
        p, q = rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(n))
        cases.append((kind(p.tolist()), kind(q.tolist())))
    zero = [0.5, 0.0, 0.25, 0.25]
    cases += [(zero, [0.25, 0.25, 0.25, 0.25]), (zero, [0.5, 0.0, 0.3, 0.2]), (zero, zero)]
    return [*cases, ([0.5, 0.5], [1.0, 0.0]), ([0.2, 0.8], [0.6, 0.4]), ([1.0, 0.0], [0.5, 0.5])]


@sheet.function(
    "lm-divergence", cases=_pairs_of_distributions, tolerance=1e-5, returns="one number, in bits"
)
def divergence(p, q):
    """It is zero only for p = q, and never below. It is not a distance: what p calls frequent
    weighs most, so the two directions differ."""
    total = 0.0
    for a, b in zip(p, q, strict=True):
        if a == 0:
            continue  # what never happens adds nothing
        if b == 0:
            return float("inf")  # it happens, and the model says never
        total += a * np.log2(a / b)
    return total


@divergence.also_right
def by_arrays(p, q):
    p, q = _a(p), _a(q)
    there = p > 0
    with np.errstate(divide="ignore"):
        return float((p[there] * np.log2(p[there] / q[there])).sum())


@divergence.also_right
def by_cross_entropy(p, q):
    p, q = _a(p), _a(q)
    there = p > 0
    with np.errstate(divide="ignore"):
        crossed = -(p[there] * np.log2(q[there])).sum()
    return float(crossed + (p[there] * np.log2(p[there])).sum())


@divergence.wrong
def turned_round(p, q):
    """That is the other direction, KL(q || p): weighted by what the *model* says. The texts come
    from p, so the surprise is weighted by p."""
    return divergence(q, p)


@divergence.wrong
def in_nats_of_p(p, q):
    """Right in nats. In bits the logarithm has the base 2: divide by log 2, or take math.log2."""
    return divergence(p, q) * math.log(2)


@divergence.wrong
def the_cross_entropy(p, q):
    """That is the cross-entropy. The entropy of p is still in it, which no model can help: subtract
    it."""
    p, q = _a(p), _a(q)
    with np.errstate(divide="ignore"):
        return float(-(p[p > 0] * np.log2(q[p > 0])).sum())


@divergence.wrong
def negative(p, q):
    """The sign: a divergence is never below zero. It is log of p over q, not of q over p."""
    return -divergence(p, q)


@divergence.wrong
def without_weights(p, q):
    """You added up the logarithms of the ratios. Weight each by how often the thing happens: by
    p."""
    return sum(math.log2(a / b) for a, b in zip(p, q, strict=True) if a > 0 and b > 0)


@divergence.wrong(
    also=[
        lambda p, q: sum(a * math.log2(a / b) for a, b in zip(p, q, strict=True)),
        lambda p, q: sum(a * math.log2(a / b) for a, b in zip(p, q, strict=True) if a > 0),
    ]
)
def zeros_break_it(p, q):
    """Right as long as nothing is zero. What never happens (p = 0) adds nothing, although its
    logarithm is minus infinity; and a q of zero where p is not makes the divergence infinite."""
    p, q = _a(p), _a(q)
    with np.errstate(all="ignore"):
        return float(np.sum(p * np.log2(p / q)))


@divergence.wrong
def leaves_out_the_impossible(p, q):
    """You left out what q says never happens. But it does happen: then the surprise is without
    bound, and the divergence is infinite."""
    return sum(a * math.log2(a / b) for a, b in zip(p, q, strict=True) if a > 0 and b > 0)


@divergence.wrong
def total_variation(p, q):
    """That is the total variation, half of the summed differences. The divergence weighs the
    *logarithms* of the ratios by p."""
    return float(np.abs(_a(p) - _a(q)).sum() / 2)


# --- lm-sum --------------------------------------------------------------------------------------


@sheet.outcome("lm-sum")
def it_grows(sums):
    """``sums``: of all strings of four words, before training and as it goes on."""
    said = f"It went from {sums[0]:.2f} to {sums[-1]:.2f}."
    if sums[-1] > 1.05:
        return said, "grows beyond one"
    if sums[-1] < 0.95:
        return said, "falls below one"
    return said, "rises towards one" if sums[0] < 0.95 else "stays at one"


# --- lm-agree ------------------------------------------------------------------------------------


@sheet.outcome("lm-agree")
def without_dependence(sums_by):
    """``sums_by``: agreement -> the sum of the pseudo-probabilities of trained models."""
    before, now = sums_by[0.95], sums_by[0.5]
    said = f"It was {before:.2f} at an agreement of 0.95, and is {now:.2f} at 0.5."
    return said, "half the time" if 0.9 < now < 1 + (before - 1) / 2 else "no such number"


# --- lm-order ------------------------------------------------------------------------------------


def _some_bits(rng: np.random.Generator) -> dict[str, Mapping[int, Mapping[int, float]]]:
    """Curves over the orders 1 to 5 that fall to order 4 and rise a little after it."""
    shape = np.array([4.0, 0.9, 0.2, 0.0, 0.1]) + rng.uniform(0, 0.03, 5)
    return {
        "bits": {
            n: dict(zip(range(1, 6), (base + shape * rng.uniform(0.9, 1.1)).tolist(), strict=True))
            for n, base in zip((10_000, 50_000, 200_000), (4.5, 3.9, 3.4), strict=True)
        }
    }


@sheet.reading("lm-order", seen=_some_bits, form="an order, 1 to 5")
def best_order(bits):
    """Beyond it a longer context is nearly always a new one: the model falls back on the shorter
    ones, a little worse than if it had never asked. More text moves the best order up, slowly."""
    most = max(bits)
    return min(bits[most], key=bits[most].get)


@best_order.also_right
def to_the_last_digit_shown(bits):
    last = bits[max(bits)]
    return [order for order in last if round(last[order], 2) <= round(min(last.values()), 2)]


@best_order.wrong
def too_long(bits):
    """The longest context knows the most *when it was seen before*. How often was a sequence of so
    many words seen before? Compare its number in the table with the one above it."""
    return [n for n in bits[max(bits)] if n > max(to_the_last_digit_shown(bits))]


@best_order.wrong
def no_context(bits):
    """An n-gram of order 1 has no context at all: it counts words. Lower is better in this picture,
    for these are bits of surprise."""
    return 1


@best_order.wrong
def one_word_of_context(bits):
    """One word of context is a great help, the steepest step in the picture. Does a second one help
    further? Look at the curve for the most text."""
    return 2


@best_order.wrong
def one_too_short(bits):
    """A longer context still helps there. The curve is flat, so read the table: is the number in
    the next row smaller?"""
    good = to_the_last_digit_shown(bits)
    return [n for n in bits[max(bits)] if 2 < n < min(good)]


@best_order.wrong
def height(bits):
    """That is the height of the lowest point, in bits. The question is where on the *horizontal*
    axis it lies."""
    return float(min(bits[max(bits)].values()))


# --- lm-bits -------------------------------------------------------------------------------------


def _a(values: Any) -> np.ndarray:
    return np.asarray(values, dtype=float)


def _documents(rng: np.random.Generator) -> list[tuple[Any, Any]]:
    cases = []
    for kind in (list, tuple, np.array, list):
        n = int(rng.integers(3, 7))
        words = rng.integers(4, 80, n)
        logs = -(words * rng.uniform(1.2, 2.6, n))
        cases.append((kind(logs.round(3).tolist()), kind(words.tolist())))
    cases.append(([-10.0, -300.0, -45.5], [5, 100, 31]))
    # A text as long as a short chapter: its probability is too small for any computer.
    cases.append(([-2000.0, -1.5], [560, 1]))
    return cases


@sheet.function("lm-bits", cases=_documents, tolerance=1e-5, returns="one number, a perplexity")
def perplexity(logprobs, words):
    """All bits over all predictions, then two to the power of it. The base does not matter as long
    as it is the same: e to the power of the nats per prediction is the same number."""
    bits = -sum(logprobs) / np.log(2)
    predictions = sum(words) + len(words)  # each document has an end, too
    return 2 ** (bits / predictions)


def _predictions(words: Any) -> float:
    return float(_a(words).sum() + len(words))


@perplexity.also_right
def by_nats(logprobs, words):
    return float(np.exp(-_a(logprobs).sum() / (_a(words) + 1).sum()))


@perplexity.also_right
def bits_of_each_document(logprobs, words):
    bits = sum(-log / np.log(2) for log in logprobs)
    return 2 ** (bits / sum(n + 1 for n in words))


@perplexity.wrong
def without_the_ends(logprobs, words):
    """You divided by the words alone. The end of each document is a prediction, too, and its
    surprise is in the logarithms: one more for each document."""
    return float(np.exp(-_a(logprobs).sum() / _a(words).sum()))


@perplexity.wrong(also=[lambda logs, words: float(-_a(logs).sum() / _a(words).sum() / np.log(2))])
def only_the_bits(logprobs, words):
    """Those are bits. The perplexity is two to the power of the bits *per prediction*."""
    return float(-_a(logprobs).sum() / np.log(2) / _predictions(words))


@perplexity.wrong(also=[lambda logs, words: float(-_a(logs).sum() / _a(words).sum())])
def only_the_nats(logprobs, words):
    """Those are nats. Divide them by np.log(2) to have bits; the perplexity is two to the power of
    the bits per prediction."""
    return float(-_a(logprobs).sum() / _predictions(words))


@perplexity.wrong(also=[lambda logs, words: float(2 ** (-_a(logs).sum() / _a(words).sum()))])
def two_to_the_nats(logprobs, words):
    """You took two to the power of *nats*: the logarithms are natural ones. Divide them by
    np.log(2) first, or take e to the power of the nats."""
    return float(2 ** (-_a(logprobs).sum() / _predictions(words)))


@perplexity.wrong
def e_to_the_bits(logprobs, words):
    """You took e to the power of *bits*. Two to the power of bits, or e to the power of nats."""
    return float(np.exp(-_a(logprobs).sum() / np.log(2) / _predictions(words)))


@perplexity.wrong
def times_log_two(logprobs, words):
    """Nats to bits goes the other way: a bit is only 0.69 nats, so there are *more* bits than
    nats."""
    return float(2 ** (-_a(logprobs).sum() * np.log(2) / _predictions(words)))


def _of_each(logprobs: Any, words: Any) -> np.ndarray:
    return -_a(logprobs) / (_a(words) + 1)


@perplexity.wrong(
    also=[
        lambda logs, words: float(np.exp(_of_each(logs, words).mean())),
        lambda logs, words: float(np.exp(-_a(logs) / _a(words)).mean()),
        lambda logs, words: float(np.exp((-_a(logs) / _a(words)).mean())),
    ]
)
def mean_of_means(logprobs, words):
    """That is a mean over the documents: a word in a short document counts more than one in a long
    one. Add all logarithms, count all predictions, then divide once."""
    return float(np.exp(_of_each(logprobs, words)).mean())


@perplexity.wrong(also=[lambda logs, words: float(np.exp(_a(logs).sum() / _a(words).sum()))])
def without_minus(logprobs, words):
    """The sign: probabilities are below one, so their logarithms are negative, and surprise is
    *minus* the logarithm. No perplexity is below one."""
    return float(np.exp(_a(logprobs).sum() / _predictions(words)))


@perplexity.wrong(
    also=[lambda logs, words: math.exp(sum(logs)) ** (-1 / (sum(words) + len(words)))]
)
def by_the_probability(logprobs, words):
    """Right for short texts. The probability of a long one is smaller than any number that a
    computer can hold, e to the power of -745, so it becomes zero. That is why one works with
    logarithms: add them, and leave them only at the end."""
    with np.errstate(divide="ignore"):
        return float(np.exp(_a(logprobs).sum()) ** (-1 / _predictions(words)))


@perplexity.wrong
def per_document(logprobs, words):
    """You divided by the number of documents. It is a perplexity *per prediction*: divide by how
    many words and ends there are."""
    with np.errstate(over="ignore"):
        return float(np.exp(-_a(logprobs).mean()))


# --- lm-nucleus ----------------------------------------------------------------------------------


def _distributions(rng: np.random.Generator) -> list[tuple[Any, float]]:
    cases: list[tuple[Any, float]] = []
    for kind, top_p in ((list, 0.9), (np.array, 0.7), (list, 0.5), (list, 0.95)):
        p = np.sort(rng.dirichlet(np.full(8, 0.7)) + 1e-4)[rng.permutation(8)]
        cases.append((kind((p / p.sum()).tolist()), top_p))
    # Spelled out: the best word alone reaches it; and the word that crosses the line belongs in.
    cases += [([0.05, 0.8, 0.15], 0.7), ([0.1, 0.46, 0.44], 0.5), ([0.3, 0.1, 0.6], 0.85)]
    # The sum *equals* top_p (in halves, quarters, ... no rounding hides it); all words; only one.
    halves = [0.09375, 0.5, 0.15625, 0.25]
    return [*cases, (halves, 0.75), (halves, 0.5), (halves, 1.0), ([1.0], 0.9)]


def _likeliest(p: Any, many: int) -> set[int]:
    return {int(i) for i in np.argsort(-_a(p))[:many]}


@sheet.function("lm-nucleus", cases=_distributions, returns="a set of positions in p")
def nucleus(p, top_p):
    """The set is wide where the model hesitates and narrow where it is sure; a fixed top-k cannot
    be both (Holtzman et al. 2020)."""
    kept, total = set(), 0.0
    for i in np.argsort(p)[::-1]:
        kept.add(int(i))
        total += p[i]
        if total >= top_p:
            break
    return kept


@nucleus.also_right
def by_searching(p, top_p):
    order = np.argsort(-_a(p))
    reached = int(np.searchsorted(np.cumsum(_a(p)[order]), top_p - 1e-12)) + 1
    return {int(i) for i in order[:reached]}


@nucleus.also_right
def by_what_is_likelier(p, top_p):
    return {int(i) for i in range(len(p)) if sum(x for x in p if x > p[i]) < top_p}


@nucleus.wrong
def only_when_exceeded(p, top_p):
    """Nearly: where the sum *equals* top_p, you go on. It is enough there: the question says
    *reaches*."""
    order = np.argsort(-_a(p))
    return {int(i) for i in order[: int((np.cumsum(_a(p)[order]) <= top_p).sum()) + 1]}


@nucleus.wrong
def one_too_few(p, top_p):
    """The word that *crosses* the line belongs to the set: without it the sum is below top_p, and
    where one word alone is enough, nothing would be left."""
    return _likeliest(p, len(nucleus(p, top_p)) - 1)


@nucleus.wrong
def one_too_many(p, top_p):
    """One word too many: stop as soon as the sum has *reached* top_p."""
    return _likeliest(p, len(nucleus(p, top_p)) + 1)


@nucleus.wrong(also=[lambda p, top_p: {i for i, x in enumerate(p) if x >= 1 - top_p}])
def by_a_threshold(p, top_p):
    """top_p is not a threshold for a single word, but for the *sum* of the words that are kept, the
    likeliest first."""
    return {i for i, x in enumerate(p) if x >= top_p}


@nucleus.wrong
def unsorted(p, top_p):
    """You went through the words as they stand. Sort them first, the likeliest in front, and
    remember where each came from."""
    return {i for i in range(len(p)) if i == 0 or np.cumsum(_a(p))[i - 1] < top_p}


@nucleus.wrong
def places_when_sorted(p, top_p):
    """The number of words is right, but those are places in the *sorted* list. Give the positions
    in p: np.argsort knows them."""
    return set(range(len(nucleus(p, top_p))))
