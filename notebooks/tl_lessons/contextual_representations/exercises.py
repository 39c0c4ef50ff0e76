"""What the exercises of ``12_contextual_representations`` do; their words are in the TOML file."""

from __future__ import annotations

from collections import Counter

import numpy as np

from tl_helpers.exercises import Sheet
from tl_helpers.measure.evaluate import Interval
from tl_lessons.contextual_representations import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- ctx-causal ----------------------------------------------------------------------------------


def _heads(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Queries, keys and values of some words; numbers large enough that the scale matters."""
    shapes = ((1, 4), (3, 4), (5, 9), (6, 16))
    return [
        tuple(2 * rng.normal(size=shape) for _ in range(3))  # type: ignore[misc]
        for shape in shapes
    ]


@sheet.function("ctx-causal", cases=_heads, returns="an array [words, size]")
def causal_attention(q, k, v):
    """The first word can only look at itself, so its new vector is its own value; the last one sees
    all. That one line, the mask, is the whole difference between BERT and GPT in how they read."""
    import numpy as np

    scores = q @ k.T / np.sqrt(q.shape[1])
    scores = np.where(np.triu(np.ones(scores.shape), 1) == 1, -np.inf, scores)
    shares = np.exp(scores - scores.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True) @ v


@causal_attention.also_right
def word_by_word(q, k, v):
    rows = []
    for i in range(len(q)):
        weights = np.exp(q[i] @ k[: i + 1].T / len(q[i]) ** 0.5)
        rows.append(weights / weights.sum() @ v[: i + 1])
    return np.array(rows)


@causal_attention.also_right
def by_einsum(q, k, v):
    scores = np.einsum("is,js->ij", q, k) / q.shape[-1] ** 0.5
    shares = np.tril(np.exp(scores))
    return np.einsum("ij,js->is", shares / shares.sum(1)[:, None], v)


def _attended(scores, v):
    shares = np.exp(scores - scores.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True) @ v


@causal_attention.wrong
def to_both_sides(q, k, v):
    """That is attention to both sides, as in `town-mlm`: here each word also takes from the words
    to its right. Give those a score of minus infinity before the softmax."""
    return _attended(q @ k.T / np.sqrt(q.shape[1]), v)


@causal_attention.wrong
def not_scaled(q, k, v):
    """The mask is right, the scale is missing: divide the scores by the square root of the size, or
    the softmax takes nearly all from one word."""
    return causal_attention(q * np.sqrt(q.shape[1]), k, v)


@causal_attention.wrong
def left_without_itself(q, k, v):
    """Here a word does not see itself. It may: only the words to its *right* are hidden (and the
    first word would have nobody to look at)."""
    scores = q @ k.T / np.sqrt(q.shape[1])
    hidden = np.triu(np.ones(scores.shape)) == 1
    hidden[0, 0] = False
    return _attended(np.where(hidden, -np.inf, scores), v)


@causal_attention.wrong
def to_the_right(q, k, v):
    """The mask is the wrong way round: each word sees itself and what stands to its right."""
    return causal_attention(q[::-1], k[::-1], v[::-1])[::-1]


@causal_attention.wrong
def masked_with_zero(q, k, v):
    """You set the scores of the hidden words to 0. The softmax gives a score of 0 a share as well,
    exp(0) = 1: take minus infinity instead."""
    return _attended(np.tril(q @ k.T / np.sqrt(q.shape[1])), v)


# --- ctx-shuffle ---------------------------------------------------------------------------------


@sheet.outcome("ctx-shuffle")
def in_another_order(before, after):
    """``before`` and ``after``: share of right meanings as written, and shuffled.

    ``after`` is ``...`` as long as nobody has measured it.
    """
    if after is ...:
        return "So far you have only said so: shuffle the words, and measure it."
    if not isinstance(after, float | int) or not 0 <= after <= 1:
        return f"`after` should be a share from 0 to 1, as senses_when gives it, not {after!r}."
    said = f"Measured: {before:.0%} right as written, {after:.0%} with the words shuffled."
    if after < 0.55:
        return said, "chance"
    if after > before + 0.05:
        return said, "rises"
    return said, "stays" if after > before - 0.05 else "falls"


# --- ctx-lookup ----------------------------------------------------------------------------------

_WORDS = ("row", "soup", "the", "was", "great", "ring", "bank", "we")


def _labelled(rng: np.random.Generator) -> list[tuple[list[str], list[int], list[str]]]:
    """Words with two labels each, of which the rarer comes first and last, and words never seen."""
    cases = []
    for _ in range(5):
        *known, loud = (str(w) for w in rng.permutation(_WORDS)[:5])
        pairs: list[tuple[str, int]] = [(loud, 7)] * 60  # the most frequent label of all
        edges: list[tuple[str, int]] = []
        for i, word in enumerate(known):
            often = 1 if i < 2 else int(rng.integers(2, 5))  # the most frequent label of types
            edges.append((word, often + int(rng.integers(1, 3))))
            pairs += [(word, often)] * (4 + i)
        order = edges + [pairs[i] for i in rng.permutation(len(pairs))] + edges
        words, labels = zip(*order, strict=True)
        again = [str(w) for w in rng.permutation(known)[:3]]
        cases.append((list(words), list(labels), [*known, loud, "xylophone", *again]))
    return cases


def _most_frequent(labels):
    return Counter(labels).most_common(1)[0][0]


@sheet.function("ctx-lookup", cases=_labelled, returns="a list with one label for each test word")
def lookup(train_words, train_labels, test_words):
    """That is all that memory can do, without any network. A probe is interesting as far as it does
    better, above all on words that may be this or that, and on new ones."""
    from collections import Counter, defaultdict

    seen = defaultdict(Counter)
    for word, label in zip(train_words, train_labels):
        seen[word][label] += 1
    default = Counter(train_labels).most_common(1)[0][0]
    return [seen[w].most_common(1)[0][0] if w in seen else default for w in test_words]


@lookup.also_right
def by_counting_again(train_words, train_labels, test_words):
    def votes(word, label):
        pairs = zip(train_words, train_labels)
        return sum(pair == (word, label) for pair in pairs), train_labels.count(label)

    labels = set(train_labels)
    return [max(labels, key=lambda label, w=w: votes(w, label)) for w in test_words]


@lookup.wrong(
    also=[
        lambda words, labels, tests: [
            dict(zip(words, labels)).get(word, _most_frequent(labels)) for word in tests
        ]
    ]
)
def first_label(train_words, train_labels, test_words):
    """A word may have several labels in training. You take one that happened to come first (or
    last); the question is which came *most often*."""
    table = {}
    for word, label in zip(train_words, train_labels):
        table.setdefault(word, label)
    return [table.get(word, _most_frequent(train_labels)) for word in test_words]


@lookup.wrong
def one_for_all(train_words, train_labels, test_words):
    """That is the most frequent label for *every* word: the baseline below this one. Words that
    were seen should get their own."""
    return [_most_frequent(train_labels)] * len(test_words)


def _fails_for_new(train_words, train_labels, test_words):
    table = dict(zip(train_words, lookup(train_words, train_labels, train_words)))
    return [table[word] for word in test_words]


@lookup.wrong(also=[_fails_for_new])
def nothing_for_new(train_words, train_labels, test_words):
    """A word that was not seen in training still needs an answer: the label that is most frequent
    of all."""
    labels = lookup(train_words, train_labels, test_words)
    return [label if word in train_words else None for word, label in zip(test_words, labels)]


@lookup.wrong
def default_by_type(train_words, train_labels, test_words):
    """For new words you count each word *type* once. Count tokens: the most frequent label among
    all training examples."""
    types = dict(zip(train_words, lookup(train_words, train_labels, train_words)))
    return [types.get(word, _most_frequent(types.values())) for word in test_words]


# --- ctx-layer -----------------------------------------------------------------------------------

LINE = "relation"


def _some_layers(rng: np.random.Generator) -> dict[str, dict[str, dict[int, Interval]]]:
    """Four lines over three layers; the relation is best somewhere above the first."""
    best = int(rng.integers(1, 3))
    heights = {
        name: np.sort(rng.uniform(0.5, 0.98, 3))
        for name in ("part of speech", "entity", "sentiment")
    }
    line = rng.uniform(0.7, 0.85, 3)
    line[0], line[best] = rng.uniform(0.5, 0.65), rng.uniform(0.9, 0.97)
    heights[LINE] = line
    return {
        "curves": {
            name: {
                i: Interval(float(y), float(y) - 0.01, float(y) + 0.01, 5) for i, y in enumerate(ys)
            }
            for name, ys in heights.items()
        }
    }


@sheet.reading("ctx-layer", seen=_some_layers, form="the number of a layer")
def best_layer(curves):
    """Layer 0 knows the word and where it stands, but not what it does in this sentence: that is
    told by the neighbours. Which layer serves a task best differs between networks and tasks: in
    larger ones it is often one in the middle (Tenney et al. 2019a), as you can see in section 5.
    (The highest mean was asked for. Where the bands of two layers overlap, compare them seed by
    seed before you call one of them better.)"""
    line = curves["relation"]
    return max(line, key=lambda layer: line[layer].mean)


@best_layer.also_right
def to_half_a_point(curves):
    line = curves[LINE]
    top = max(at.mean for at in line.values())
    return [layer for layer, at in line.items() if at.mean >= top - 0.005]


@best_layer.wrong
def height(curves):
    """That is a height on the vertical axis. The question is about the layer, which is on the
    *horizontal* one."""
    return round(max(at.mean for at in curves[LINE].values()), 2)


@best_layer.wrong
def lowest(curves):
    """There it is *hardest* to read off: a static vector does not know what the word does in this
    sentence. Look for the highest point of the line *relation*."""
    worst = min(curves[LINE], key=lambda layer: curves[LINE][layer].mean)
    return None if worst in to_half_a_point(curves) else worst


@best_layer.wrong
def another(curves):
    """At that layer the line *relation* is below its highest point, even if the bands of the two
    overlap. Did you follow another line?"""
    known = [*to_half_a_point(curves), lowest(curves)]
    return [layer for layer in curves[LINE] if layer not in known]
