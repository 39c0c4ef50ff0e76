"""What the exercises of ``23_structured_prediction`` do; their words are in the TOML file."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from tl_helpers.exercises import Sheet
from tl_lessons.structured_prediction import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- struct-backward -----------------------------------------------------------------------------


def _chains(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Sentences of several lengths, also of one word; transitions that are not symmetric."""
    return [
        (rng.normal(size=(words, tags)), rng.normal(size=(tags + 1, tags)))
        for words, tags in [(4, 3), (6, 2), (1, 3), (3, 5)]
    ]


@sheet.function("struct-backward", cases=_chains, returns="an array [words, tags]")
def backward(scores, transitions):
    """Forward and backward together say how sure the model is of each tag of each word: a section
    headed *Deeper* gets the same numbers from the gradient of log Z."""
    beta = [np.zeros(scores.shape[1])]
    for following in scores[:0:-1]:
        ways = transitions[:-1] + following + beta[0]
        beta.insert(0, np.logaddexp.reduce(ways, axis=1))
    return np.array(beta)


@backward.also_right
def by_loops(scores, transitions):
    words, tags = scores.shape
    beta = np.zeros((words, tags))
    for t in range(words - 2, -1, -1):
        for tag in range(tags):
            ways = [transitions[tag, n] + scores[t + 1, n] + beta[t + 1, n] for n in range(tags)]
            beta[t, tag] = np.logaddexp.reduce(ways)
    return beta


@backward.also_right
def by_matrices(scores, transitions):
    beta = [[0.0] * scores.shape[1]]
    for t in reversed(range(1, len(scores))):
        beta.append(np.log(np.exp(transitions[:-1]) @ np.exp(scores[t] + beta[-1])).tolist())
    return beta[::-1]


def _sweep(scores, transitions, join=logsumexp, own=False, axis=1):
    beta = np.zeros_like(scores)
    for t in range(len(scores) - 2, -1, -1):
        ways = (transitions[:-1] if axis == 1 else transitions[:-1].T) + scores[t + 1] + beta[t + 1]
        beta[t] = join(ways, axis=1)
    return beta + scores if own else beta


@backward.wrong
def with_its_own_score(scores, transitions):
    """The word's own score is counted in here. `forward` has it already; with both, it would count
    twice."""
    return _sweep(scores, transitions, own=True)


@backward.wrong
def the_best_way(scores, transitions):
    """That is the *best* way to go on: the maximum, as Viterbi has it. Asked for is the log of the
    sum over all ways."""
    return _sweep(scores, transitions, join=np.max)


@backward.wrong
def turned(scores, transitions):
    """Rows and columns of `transitions` are exchanged: the row is the tag *before*, here the tag of
    the word itself, the column the tag after it."""
    return _sweep(scores, transitions, axis=0)


@backward.wrong
def forward_again(scores, transitions):
    """That is the forward algorithm: it sums over what comes before each word."""
    alpha = [transitions[-1] + scores[0]]
    for here in scores[1:]:
        alpha.append(logsumexp(alpha[-1][:, None] + transitions[:-1], axis=0) + here)
    return np.array(alpha)


@backward.wrong
def in_the_wrong_order(scores, transitions):
    """The rows come last word first. Row 0 belongs to the first word; the zeros are those of the
    last."""
    return _sweep(scores, transitions)[::-1]


@backward.wrong
def without_the_next_score(scores, transitions):
    """What the *next* word's score says is missing: going on means a transition, the score of the
    next word, and what comes after it."""
    beta = np.zeros_like(scores)
    for t in range(len(scores) - 2, -1, -1):
        beta[t] = logsumexp(transitions[:-1] + beta[t + 1], axis=1)
    return beta


# --- struct-tree ---------------------------------------------------------------------------------


def _heads(rng: np.random.Generator) -> list[tuple[list[int]]]:
    """Trees, circles of one, two and three words, two roots, none, and random choices."""
    fixed = [
        [2, 0, 2],
        [0],
        [0, 1, 2, 3],
        [2, 1, 0],
        [0, 0, 2],
        [0, 2],
        [0, 3, 4, 2],
        [2, 3, 1],
        [0, 1, 1, 5, 4],
        [5, 1, 1, 2, 0],
    ]
    drawn = [[int(h) for h in rng.integers(0, 5, 4)] for _ in range(8)]
    return [(heads,) for heads in fixed + drawn]


@sheet.function("struct-tree", cases=_heads, returns="True or False")
def is_tree(heads):
    """One root, and from every word a way to it: that is all. With n words and n arcs, no circle
    and every word connected are the same thing."""
    if list(heads).count(0) != 1:
        return False
    for word in range(1, len(heads) + 1):
        steps = 0
        while word != 0:
            word = heads[word - 1]
            steps += 1
            if steps > len(heads):
                return False
    return True


@is_tree.also_right
def from_the_root(heads):
    reached = {0}
    for _ in heads:
        reached |= {word for word, head in enumerate(heads, start=1) if head in reached}
    return len(reached) == len(heads) + 1 and sum(head == 0 for head in heads) == 1


@is_tree.also_right
def by_matrix(heads):
    n = len(heads)
    step = np.zeros((n + 1, n + 1), int)
    step[0, 0] = 1
    step[np.arange(1, n + 1), heads] = 1
    return bool(np.linalg.matrix_power(step, n)[:, 0].all() and np.sum(np.array(heads) == 0) == 1)


@is_tree.wrong
def only_one_root(heads):
    """That checks the root only. Two other words may still hang on each other, far from it."""
    return list(heads).count(0) == 1


@is_tree.wrong
def no_circle(heads):
    """That finds circles, but lets two words hang on the root."""
    return from_the_root([*heads]) or (
        len({0} | _reached(heads)) == len(heads) + 1 and list(heads).count(0) > 1
    )


def _reached(heads):
    reached = {0}
    for _ in heads:
        reached |= {word for word, head in enumerate(heads, start=1) if head in reached}
    return reached


@is_tree.wrong
def nobody_its_own_head(heads):
    """A word that is its own head is a circle of one. There are larger ones: two words that hang on
    each other."""
    own = any(head == word for word, head in enumerate(heads, start=1))
    return list(heads).count(0) == 1 and not own


@is_tree.wrong
def no_two_on_each_other(heads):
    """Circles of one and two words are found, larger ones are not: follow the heads until you are
    at the root, or have gone more steps than there are words."""
    full = [0, *heads]
    circle = any(full[full[word]] == word for word in range(1, len(full)))
    return list(heads).count(0) == 1 and not circle


@is_tree.wrong
def words_counted_from_zero(heads):
    """`heads[i]` is the head of word i + 1, and words are counted from 1: the head of word 3 is
    `heads[2]`."""
    if list(heads).count(0) != 1:
        return False
    for start in range(len(heads)):
        at, steps = start, 0
        while at != 0:
            at, steps = heads[at] if at < len(heads) else 0, steps + 1
            if steps > len(heads):
                return False
    return True


# --- struct-scheme -------------------------------------------------------------------------------


@sheet.outcome("struct-scheme")
def with_another_scheme(schemes):
    """``schemes``: a table of runs with ``scheme`` and ``F1``; ``...`` until it is made."""
    if schemes is ...:
        return "So far you have only said so: put the call of `tl.experiment.run` in, and measure."
    means = schemes.groupby("scheme").F1.mean()
    said = f"Measured: F1 {means['BIO']:.1f} with BIO, {means['IO']:.1f} with IO."
    if means["IO"] < means["BIO"] + 1:
        said += " So in this run it did not gain a point; other draws may end otherwise."
    return said
