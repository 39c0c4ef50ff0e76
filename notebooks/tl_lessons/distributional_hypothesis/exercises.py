"""What the exercises of ``10_distributional_hypothesis`` do; their words are in the TOML file."""

from __future__ import annotations

import math

import numpy as np

from tl_helpers.exercises import Sheet
from tl_helpers.measure.evaluate import Interval
from tl_lessons.distributional_hypothesis import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- dist-pmi ------------------------------------------------------------------------------------


def _counts(rng: np.random.Generator) -> list[tuple[int, int, int, int]]:
    """Some pairs that attract and some that avoid each other."""
    cases = [(30, 200, 500, 10_000), (2, 400, 900, 10_000)]
    for _ in range(4):
        word, context = (int(x) for x in rng.integers(100, 900, 2))
        total = int(rng.integers(5_000, 50_000))
        cases.append((int(rng.integers(1, 60)), word, context, total))
    return cases


@sheet.function("dist-pmi", cases=_counts, returns="one number, in nats")
def pmi(together, word, context, total):
    """Zero means: together exactly as often as chance would have it. Below zero means they avoid
    each other; PPMI forgets that side, since it takes much text to be sure of it."""
    by_chance = (word / total) * (context / total)  # were the two independent
    return np.log((together / total) / by_chance)


@pmi.also_right
def in_one_fraction(together, word, context, total):
    return math.log(together * total / (word * context))


@pmi.also_right
def as_a_sum(together, word, context, total):
    return np.log(together) + np.log(total) - np.log(word) - np.log(context)


@pmi.also_right
def by_conditional_probability(together, word, context, total):
    return math.log((together / word) / (context / total))


@pmi.wrong
def clipped(together, word, context, total):
    """That is PPMI: the negative side is cut off. The exercise asks for PMI itself, which is below
    zero when two words meet *less* often than by chance."""
    return max(0.0, pmi(together, word, context, total))


@pmi.wrong
def without_logarithm(together, word, context, total):
    """That is the ratio of the two probabilities. PMI is its logarithm, so that chance is at 0 and
    not at 1."""
    return together * total / (word * context)


@pmi.wrong(also=[lambda t, w, c, n: math.log10(t * n / (w * c))])
def in_bits(together, word, context, total):
    """Right in bits: that is the logarithm to base 2. The notebook uses the natural one (np.log),
    which will matter for log k."""
    return math.log2(together * total / (word * context))


@pmi.wrong
def weighted(together, word, context, total):
    """Nearly: you multiplied by P(w, c) as well. That is this pair's share of the *mutual
    information* of all pairs, their mean PMI. PMI is the logarithm alone."""
    return together / total * pmi(together, word, context, total)


@pmi.wrong
def one_added(together, word, context, total):
    """You added something to the counts. Smoothing helps where a count may be zero; here it never
    is, and the exercise asks for none."""
    return math.log((together + 1) * total / (word * context))


@pmi.wrong
def a_slip_of_the_sign(together, word, context, total):
    """One of the two shares has the wrong sign: *both* are divided by, so both logarithms are
    subtracted."""
    return math.log(together / word) + math.log(context / total)


@pmi.wrong
def upside_down(together, word, context, total):
    """The sign is reversed: chance stands above the line there. What one *saw* is divided by what
    one would expect."""
    return -pmi(together, word, context, total)


@pmi.wrong(also=[lambda t, w, c, n: math.log(t / n / (w * c))])
def without_total(together, word, context, total):
    """The counts are not yet probabilities: each of the three is divided by total, which leaves one
    total over. Without it the value falls as the text grows."""
    return math.log(together / (word * context))


@pmi.wrong(also=[lambda t, w, c, n: math.log(t / c), lambda t, w, c, n: math.log(t / n)])
def without_the_context(together, word, context, total):
    """That is log P(context | word). The context's own share is missing: *the* follows every word
    often, and that is just what PMI should not be impressed by."""
    return math.log(together / word)


# --- dist-window ---------------------------------------------------------------------------------


@sheet.outcome("dist-window")
def narrow_and_wide(curves):
    said, change = [], []
    for name in ("same category", "same topic"):
        line = curves[name]
        first, last = line[min(line)].mean, line[max(line)].mean
        said.append(f"{name} {first:.2f} to {last:.2f}")
        change.append(0 if abs(last - first) < 0.02 else 1 if last > first else -1)
    words = f"Above, from the narrowest window to the widest: {', '.join(said)}."
    option = {(-1, 1): "a", (1, -1): "b", (1, 1): "c", (0, 0): "d"}.get((change[0], change[1]))
    return (words, option) if option else words


# --- dist-reading --------------------------------------------------------------------------------

LINE = "same sentiment"


def _some_curves(rng: np.random.Generator) -> dict[str, dict[str, dict[int, Interval]]]:
    """Three lines in which sentiment passes four fifths somewhere in the middle."""
    windows = [1, 2, 5, 10, 20]
    at = int(rng.integers(1, 4))
    low = np.sort(rng.uniform(0.48, 0.77, at))
    high = np.sort(rng.uniform(0.83, 0.96, 5 - at))
    heights = {
        "same category": np.sort(rng.uniform(0.3, 0.95, 5))[::-1],
        LINE: np.concatenate([low, high]),
        "same topic": np.sort(rng.uniform(0.2, 1.0, 5)),
    }
    return {
        "curves": {
            name: {
                w: Interval(float(y), float(y) - 0.02, float(y) + 0.02, 5)
                for w, y in zip(windows, ys, strict=True)
            }
            for name, ys in heights.items()
        }
    }


@sheet.reading("dist-reading", seen=_some_curves, form='a window, or "never"', text=True)
def window_needed(curves):
    """Below that window a neighbour of a word of praise may well be a word of blame: they stand in
    the same places. What separates them is the rest of the text."""
    line = curves["same sentiment"]
    enough = [window for window, at in line.items() if at.mean >= 0.80]
    return min(enough) if enough else "never"


@window_needed.also_right
def to_a_point(curves):
    line = curves[LINE]
    return [
        min((window for window in line if line[window].mean >= height), default="never")
        for height in (0.79, 0.81)
    ]


@window_needed.wrong
def height(curves):
    """That is a height on the vertical axis. The question is about the window, which is on the
    *horizontal* one."""
    return round(curves[LINE][window_needed(curves)].mean, 2)


@window_needed.wrong
def too_small(curves):
    """At that window the line *same sentiment* is still below 0.80. Did you follow another line? Go
    further right."""
    right = window_needed(curves)
    return [window for window in curves[LINE] if right == "never" or window < right]


@window_needed.wrong
def too_large(curves):
    """That is enough, but not the *smallest*: the line was above 0.80 before."""
    return [window for window in curves[LINE] if window > window_needed(curves)]


@window_needed.wrong
def never(curves):
    """It is reached within the picture. Which of the three lines did you follow? The names stand
    beside their right ends."""
    return None if "never" in [window_needed(curves), *to_a_point(curves)] else "never"


# --- dist-shuffle --------------------------------------------------------------------------------


@sheet.outcome("dist-shuffle")
def without_order(found):
    """``found``: precision of the real text, of the shuffled one, and of random vectors."""
    real, mixed = found["real text"], found["shuffled text"]
    said = [f"same {what} {real[what]:.2f} to {mixed[what]:.2f}" for what in ("category", "topic")]
    change = [
        0 if abs(mixed[what] - real[what]) < 0.02 else 1 if mixed[what] > real[what] else -1
        for what in ("category", "topic")
    ]
    words = f"Above, from real to shuffled text: {', '.join(said)}."
    option = {(0, 0): "a", (-1, 1): "b", (-1, -1): "c", (1, 1): "d"}.get((change[0], change[1]))
    return (words, option) if option else words


# --- dist-softmax --------------------------------------------------------------------------------


def _vectors(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray, int]]:
    """Few and many contexts; products so large that their exponentials overflow."""
    cases = []
    for types, size, scale in ((5, 3, 1.0), (40, 8, 0.7), (6, 4, 1.5), (7, 2, 40.0)):
        w, contexts = scale * rng.standard_normal(size), scale * rng.standard_normal((types, size))
        cases.append((w, contexts, int(rng.integers(types))))
    contexts[0] = 1000 * w / (w @ w)  # in the last case at least one product is beyond e^710
    return cases


def _probabilities(w: np.ndarray, contexts: np.ndarray) -> np.ndarray:
    products = np.asarray(contexts) @ np.asarray(w)
    weights = np.exp(products - products.max())
    return weights / weights.sum()


@sheet.function("dist-softmax", cases=_vectors, returns="an array as long as w")
def softmax_gradient(w, contexts, j):
    """All contexts take the place of the negatives, each as far as the model believes in it. So a
    pair costs as much as the vocabulary is large, and that is why one samples."""
    products = contexts @ w
    p = np.exp(products - products.max())  # minus the largest: e^710 is too large for a computer
    p = p / p.sum()
    return contexts[j] - p @ contexts


@softmax_gradient.also_right
def with_a_loop(w, contexts, j):
    p = _probabilities(w, contexts)
    gradient = np.array(contexts[j], dtype=float)
    for share, context in zip(p, contexts, strict=True):
        gradient = gradient - share * context
    return gradient


@softmax_gradient.also_right
def as_one_product(w, contexts, j):
    return (np.eye(len(contexts))[j] - _probabilities(w, contexts)) @ contexts


@softmax_gradient.also_right
def as_a_list(w, contexts, j):
    return list(contexts[j] - _probabilities(w, contexts) @ contexts)


@softmax_gradient.wrong
def overflowing(w, contexts, j):
    """Right for small products. The exponential of a large one is too large for a computer, and
    infinity divided by infinity is not a number. Subtract the largest product first: the softmax
    stays what it is."""
    with np.errstate(all="ignore"):
        weights = np.exp(contexts @ w)
        return contexts[j] - weights / weights.sum() @ contexts


@softmax_gradient.wrong
def without_the_true_context(w, contexts, j):
    """That is only the part that pushes away. The context that was seen pulls: its vector is
    added."""
    return -_probabilities(w, contexts) @ contexts


@softmax_gradient.wrong
def turned_round(w, contexts, j):
    """The sign is reversed: that is the gradient of the *loss*, minus log P. The exercise asks for
    the gradient of log P, which points uphill."""
    return -softmax_gradient(w, contexts, j)


@softmax_gradient.wrong
def weighted_by_sigmoid(w, contexts, j):
    """You weighted each context by a sigmoid, as negative sampling does. In a softmax the contexts
    compete: divide the exponentials by their sum, so that the weights add up to one."""
    with np.errstate(over="ignore"):
        return contexts[j] - (1 / (1 + np.exp(-(contexts @ w)))) @ contexts


@softmax_gradient.wrong
def plain_mean(w, contexts, j):
    """That subtracts the plain mean of all contexts. Each counts as far as the model believes in
    it: weight them by their probabilities."""
    return contexts[j] - np.mean(contexts, axis=0)


@softmax_gradient.wrong
def pulled_by_doubt_only(w, contexts, j):
    """The pull of the true context is right. But the others push: subtract each of them, weighted
    by its probability."""
    return (1 - _probabilities(w, contexts)[j]) * contexts[j]
