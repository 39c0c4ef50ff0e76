"""What the exercises of ``36_cross_lingual`` do; their words are in the TOML file."""

from __future__ import annotations

from typing import Any

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.cross_lingual import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- cross-weighted ------------------------------------------------------------------------------


def _clouds(rng: np.random.Generator) -> list[tuple[Any, Any, Any]]:
    """Points, the same points turned and disturbed, and weights that are far from equal."""
    cases = []
    for pairs, numbers in ((8, 2), (12, 3), (9, 4)):
        ours = rng.normal(size=(pairs, numbers))
        turn = np.linalg.qr(rng.normal(size=(numbers, numbers)))[0]
        theirs = ours @ turn + rng.normal(scale=0.6, size=ours.shape)
        weights = rng.permutation(np.geomspace(0.1, 9.0, pairs))
        cases.append((ours.round(3), theirs.round(3), weights.round(2)))
    return cases


def _map(together):
    u, _, v = np.linalg.svd(together)
    return u @ v


@sheet.function(
    "cross-weighted", cases=_clouds, tolerance=1e-4, returns="a matrix [numbers, numbers]"
)
def weighted_rotation(ours, theirs, weights):
    """The weights enter where the pairs are summed. All else stays: the answer is orthogonal
    whatever the weights are, so even a wrong lexicon cannot stretch or flatten a space."""
    together = (ours * weights[:, np.newaxis]).T @ theirs
    u, _, v = np.linalg.svd(together)
    return u @ v


@weighted_rotation.also_right
def by_roots(ours, theirs, weights):
    root = np.sqrt(weights)[:, None]
    return _map((ours * root).T @ (theirs * root))


@weighted_rotation.also_right
def by_scipy(ours, theirs, weights):
    from scipy.linalg import orthogonal_procrustes

    return orthogonal_procrustes(ours, theirs * np.asarray(weights)[:, None])[0]


@weighted_rotation.also_right
def by_a_sum(ours, theirs, weights):
    return _map(sum(w * np.outer(a, b) for a, b, w in zip(ours, theirs, weights))).tolist()


@weighted_rotation.wrong
def without_weights(ours, theirs, weights):
    """That is the map with all weights equal. Where do the weights come in?"""
    return _map(ours.T @ theirs)


@weighted_rotation.wrong
def weights_twice(ours, theirs, weights):
    """Both sides were multiplied by the weights, so each pair counts by the *square* of its weight.
    Multiply one side only (or both by the root)."""
    return _map((ours * weights[:, None]).T @ (theirs * weights[:, None]))


@weighted_rotation.wrong
def the_other_way(ours, theirs, weights):
    """This map turns *their* points onto ours. Which of the two stands on the left in
    `ours.T @ theirs`?"""
    return weighted_rotation(ours, theirs, weights).T


@weighted_rotation.wrong
def not_orthogonal(ours, theirs, weights):
    """That is least squares without the condition: the matrix stretches and shears. Leave the
    singular values out, and it only turns (and mirrors)."""
    root = np.sqrt(weights)[:, None]
    return np.linalg.lstsq(ours * root, theirs * root, rcond=None)[0]


@weighted_rotation.wrong
def with_singular_values(ours, theirs, weights):
    """That is `ours.T @ theirs` put together again, with its singular values. The map is `u @ v`
    alone."""
    return (ours * weights[:, None]).T @ theirs


# --- cross-five ----------------------------------------------------------------------------------


@sheet.outcome("cross-five")
def with_five_of_opinion(with_five):
    """``with_five``: a table of runs with a column ``some_opinion``; ``...`` until it is made."""
    if with_five is ...:
        return "So far you have only said so: put the call of `tl.experiment.run` in, and measure."
    runs = with_five[with_five.opinion == 5].some_opinion
    mean = runs.mean()
    towns = ", ".join(f"{value:.2f}" for value in runs)
    said = f"Measured: {mean:.2f} on average; the towns: {towns}."
    if mean < 0.4:
        return said, "upside down"
    if mean <= 0.6:
        return said, "chance"
    return said, "half way" if mean < 0.9 else "carried over"


# --- cross-fertility -----------------------------------------------------------------------------

_MARKS = ("[CLS]", "[SEP]")


def _cut_texts(rng: np.random.Generator) -> list[tuple[Any, Any]]:
    """Texts of very different length, and how a tokenizer might cut them."""
    cases = []
    for lengths in ((1, 5), (2, 3, 7), (6, 1)):
        pieces, texts = [], []
        for at, words in enumerate(lengths):
            inside, text = [], []
            for number in range(words):
                parts = int(rng.integers(1, 4)) if at else 3
                inside += [f"w{number}"] + [f"##{n}" for n in range(parts - 1)]
                text.append(f"w{number}" + "".join(str(n) for n in range(parts - 1)))
            pieces.append(["[CLS]", *inside, "[SEP]"])
            texts.append(" ".join(text))
        cases.append((pieces, texts))
    return cases


@sheet.function("cross-fertility", cases=_cut_texts, returns="one number, at least 1")
def fertility(pieces, texts):
    """A fertility of 1 means that the tokenizer knows every word whole. What is above is paid three
    times: in compute, in room (a window of 512 tokens holds fewer words), and on many a bill."""
    subwords = sum(len([p for p in row if p not in ("[CLS]", "[SEP]")]) for row in pieces)
    words = sum(len(text.split()) for text in texts)
    return subwords / words


@fertility.also_right
def two_less(pieces, texts):
    return (sum(map(len, pieces)) - 2 * len(pieces)) / len(" ".join(texts).split())


@fertility.wrong
def mean_of_ratios(pieces, texts):
    """That is the mean over texts, in which a text of one word counts as much as one of seven. Over
    all texts *together* is asked for: divide once."""
    return np.mean([(len(p) - 2) / len(t.split()) for p, t in zip(pieces, texts)])


@fertility.wrong
def marks_too(pieces, texts):
    """The marks at the beginning and the end were counted. They are not part of any word."""
    return sum(map(len, pieces)) / sum(len(t.split()) for t in texts)


@fertility.wrong
def turned_round(pieces, texts):
    """That is words per subword, below 1. Fertility is subwords per word."""
    return 1 / fertility(pieces, texts)


@fertility.wrong
def per_text(pieces, texts):
    """That is subwords per *text*. Divide by the number of words."""
    return (sum(map(len, pieces)) - 2 * len(pieces)) / len(texts)


@fertility.wrong
def per_letter(pieces, texts):
    """`len(text)` counts letters. How many words has a text?"""
    return (sum(map(len, pieces)) - 2 * len(pieces)) / sum(map(len, texts))
