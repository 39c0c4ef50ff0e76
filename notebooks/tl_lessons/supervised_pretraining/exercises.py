"""What the exercises of ``16_supervised_pretraining`` do; their words are in the TOML file."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.supervised_pretraining import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- sup-loss ------------------------------------------------------------------------------------


def _labelled_states(rng: np.random.Generator) -> list[tuple[Any, Any, Any, Any]]:
    """States of padded batches, one text of each the longest, a layer, and the right classes."""
    import torch

    cases = []
    for texts, words, size, classes in ((2, 4, 3, 2), (3, 5, 4, 3), (4, 6, 2, 2)):
        lengths = rng.integers(1, words, texts)
        lengths[0] = words
        real = torch.tensor(np.arange(words) < lengths[:, None]).long()
        layer = torch.nn.Linear(size, classes, dtype=torch.float64).requires_grad_(False)
        layer.weight.copy_(torch.tensor(rng.normal(size=(classes, size))))
        layer.bias.copy_(torch.tensor(rng.normal(size=classes)))
        states = torch.tensor(rng.normal(size=(texts, words, size)) + 1)
        cases.append((states, real, layer, torch.tensor(rng.integers(0, classes, texts))))
    return cases


NO_GRADIENT = (
    "The number is right, but its gradient does not reach the states. Return the loss as the "
    "tensor that PyTorch has computed from them, without `.item()`, `float()`, `.detach()` or "
    "NumPy on the way: the loop below calls `loss.backward()`, and that is how the encoder learns."
)


def _without_gradient(label_loss):
    """What a loss with the right value may lack: a way back to the states."""
    import torch

    states, *others = _labelled_states(np.random.default_rng(0))[0]
    states.requires_grad_()
    try:
        loss = label_loss(1 * states, *others)  # a result, as the states of an encoder are
        gradient = torch.autograd.grad(loss, states, allow_unused=True)[0]
    except (RuntimeError, TypeError, AttributeError):  # NumPy on the way, or no tensor at the end
        return NO_GRADIENT
    return "" if gradient is not None and gradient.abs().sum() > 0 else NO_GRADIENT


@sheet.function(
    "sup-loss",
    cases=_labelled_states,
    returns="one number, a tensor, in nats",
    lacks=_without_gradient,
)
def label_loss(states, real, layer, labels):
    """Mean pooling, a linear layer, and the surprise at the label: that is all of the teacher. Its
    gradient goes through the mean to the state of every word, and so into the encoder."""
    import torch

    real = real[:, :, None]  # 0 at the padding
    pooled = (states * real).sum(1) / real.sum(1)  # the mean over the words of each text
    return torch.nn.functional.cross_entropy(layer(pooled), labels)


@label_loss.also_right
def without_a_library(states, real, layer, labels):
    losses = []
    for text, marks, label in zip(states, real, labels, strict=True):
        scores = layer(text[marks == 1].mean(0))
        losses.append(scores.exp().sum().log() - scores[label])
    return sum(losses) / len(losses)


@label_loss.also_right
def scores_before_the_mean(states, real, layer, labels):
    share = real / real.sum(1)[:, None]
    logs = (layer(states) * share[:, :, None]).sum(1).log_softmax(1)
    return -logs[range(len(labels)), labels].mean()


def _surprise(scores, labels, **how):
    import torch

    return torch.nn.functional.cross_entropy(scores, labels, **how)


def _pooled(states, real):
    return (states * real[:, :, None]).sum(1) / real.sum(1)[:, None]


@label_loss.wrong
def loss_with_the_padding(states, real, layer, labels):
    """That pools over all places, padding included: the loss of a short text then depends on how
    long the *others* in its batch are. Use `real`."""
    return _surprise(layer(states.mean(1)), labels)


@label_loss.wrong
def loss_divided_by_all(states, real, layer, labels):
    """The padding is out of the sum, but you divide by the length of the row. Divide by the number
    of words of each text."""
    return _surprise(layer((states * real[:, :, None]).mean(1)), labels)


@label_loss.wrong
def loss_of_a_sum(states, real, layer, labels):
    """That pools by the sum over the words. Asked for is their mean, or a long text has a long
    vector, and large scores."""
    return _surprise(layer((states * real[:, :, None]).sum(1)), labels)


@label_loss.wrong
def loss_at_the_first_word(states, real, layer, labels):
    """That reads the first state alone, as BERT's classifier does. This teacher takes the mean over
    the words."""
    return _surprise(layer(states[:, 0]), labels)


@label_loss.wrong
def softmax_twice(states, real, layer, labels):
    """You hand probabilities over where scores are asked for: `cross_entropy` takes the softmax
    itself, so here it is taken twice, and the loss can never come near zero."""
    return _surprise(layer(_pooled(states, real)).softmax(1), labels)


@label_loss.wrong
def summed_over_the_texts(states, real, layer, labels):
    """That is the sum over the texts. Asked for is the mean, or the step of the optimiser depends
    on how many texts a batch has."""
    return _surprise(layer(_pooled(states, real)), labels, reduction="sum")


# --- sup-swap ------------------------------------------------------------------------------------


@sheet.outcome("sup-swap")
def with_the_halves_changed(joined, swapped):
    """``joined`` and ``swapped``: which of the joined sentences were right, in either order.

    ``swapped`` is ``...`` as long as nobody has measured it.
    """
    if swapped is ...:
        return "So far you have only said so: join the pairs the other way round, and measure it."
    before, now = (list(side) for side in (joined, swapped))
    if len(before) != len(now):
        return f"You measured {len(now)} of {len(before)} pairs: hand over one answer for each."
    share = float(np.mean(now))
    said = (
        f"Measured: {np.mean(before):.0%} right as they were, {share:.0%} with the halves changed."
    )
    if share == 0:
        return said, "none"
    return said, "most" if share > 0.7 else "half" if share > 0.3 else "few"


# --- sup-clip ------------------------------------------------------------------------------------


def _sentences(rng: np.random.Generator) -> list[tuple[Any, Any, int]]:
    words = np.array(["na", "tun", "lukol", "sol", "mu", "ka"])
    cases: list[tuple[Any, Any, int]] = []
    for n in (1, 1, 2, 2, 3):
        reference = rng.choice(words, rng.integers(6, 10)).tolist()
        candidate = [*reference[2:], *rng.choice(words, 4).tolist()]
        cases.append((candidate, reference, n))
    # Spelled out: a word too often; order counts from two words on; nothing in common.
    repeated = ["mu", "mu", "mu", "mu"]
    return [
        *cases,
        (repeated, ["na", "mu", "sol", "mu", "ka"], 1),
        (["sol", "tun", "sol", "tun"], ["tun", "sol", "ka"], 2),
        (["lukol", "ka"], ["na", "sol"], 1),
        # A pair of words too often, as for BLEU; a pair that both have twice; and four words.
        (["na", "tun", "na", "tun", "na"], ["na", "tun", "sol", "na"], 2),
        (["na", "tun", "na", "tun"], ["na", "tun", "ka", "na", "tun"], 2),
        (["mu"] * 6, ["ka", "mu", "mu", "mu", "mu", "sol"], 4),
    ]


def _grams(words, n):
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


@sheet.function("sup-clip", cases=_sentences, returns="one whole number")
def matches(candidate, reference, n):
    """Counter & Counter keeps the smaller count of each. Without that clip, 'mu mu mu mu' would be
    a perfect translation of anything that contains mu once."""
    from collections import Counter

    def grams(words):
        return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))

    return sum((grams(candidate) & grams(reference)).values())


@matches.also_right
def the_smaller_of_two_counts(candidate, reference, n):
    ours, theirs = _grams(candidate, n), _grams(reference, n)
    return sum(min(ours.count(gram), theirs.count(gram)) for gram in set(ours))


@matches.wrong
def not_clipped(candidate, reference, n):
    """A word that the candidate repeats counts each time here, however rarely the reference has it.
    Then 'mu mu mu mu' beats every honest translation. Take the smaller of the two counts."""
    known = set(_grams(reference, n))
    return sum(gram in known for gram in _grams(candidate, n))


@matches.wrong
def clipped_for_words_alone(candidate, reference, n):
    """Single words are clipped, longer n-grams are not: a pair of words that the candidate repeats
    counts each time. Take the smaller of the two counts for every n."""
    return matches(candidate, reference, n) if n == 1 else not_clipped(candidate, reference, n)


@matches.wrong
def three_words_at_most(candidate, reference, n):
    """For n = 4 you return nothing found. BLEU asks for n-grams from one word to four; write it for
    any n."""
    return matches(candidate, reference, n) if n < 4 else 0


@matches.wrong
def with_sets(candidate, reference, n):
    """A set forgets how often: an n-gram that both have twice counts twice. Use a Counter instead
    of a set."""
    return len(set(_grams(candidate, n)) & set(_grams(reference, n)))


@matches.wrong
def single_words(candidate, reference, n):
    """That counts single words whatever n is. From n = 2 on, neighbours belong together:
    tuple(words[i : i + n])."""
    return sum((Counter(candidate) & Counter(reference)).values())


@matches.wrong
def place_by_place(candidate, reference, n):
    """You compare place by place. One extra word in front would cost everything: BLEU asks whether
    an n-gram occurs, not where."""
    return sum(ours == theirs for ours, theirs in zip(_grams(candidate, n), _grams(reference, n)))


@matches.wrong
def precision(candidate, reference, n):
    """That is already the precision. Return the number alone: BLEU adds the numbers of all
    sentences before it divides."""
    return matches(candidate, reference, n) / max(1, len(_grams(candidate, n)))


# --- sup-concat ----------------------------------------------------------------------------------


def _batches(rng: np.random.Generator) -> list[tuple[Any, Any, Any, Any]]:
    """A table, and padded batches: one text is longest, another has a word or two."""
    cases = []
    for texts, words, a, b in ((2, 4, 2, 3), (3, 5, 4, 2), (1, 3, 2, 2), (4, 6, 3, 5)):
        lengths = rng.integers(1, words, texts)
        lengths[0] = words
        real = (np.arange(words) < lengths[:, None]).astype(int)
        ids = rng.integers(1, 9, (texts, words)) * real
        cases.append((rng.normal(size=(9, a)), ids, rng.normal(size=(texts, words, b)), real))
    return cases


@sheet.function("sup-concat", cases=_batches, returns="an array [texts, a + b]")
def cove(table, ids, states, real):
    """Static vector and state, one after the other, and mean pooling: all that a classifier of
    sentences needs. The label teacher takes the same mean, and the gradient goes through it."""
    import numpy as np

    words = np.concatenate([table[ids], states], axis=-1)
    return (words * real[:, :, None]).sum(1) / real.sum(1, keepdims=True)


@cove.also_right
def text_by_text(table, ids, states, real):
    rows = []
    for i in range(len(ids)):
        some = real[i] == 1
        rows.append(np.hstack([table[ids[i][some]].mean(0), states[i][some].mean(0)]))
    return np.array(rows)


@cove.also_right
def each_part_alone(table, ids, states, real):
    share = real / real.sum(1)[:, None]
    return np.hstack([np.einsum("tw,twd->td", share, part) for part in (table[ids], states)])


@cove.wrong
def with_the_padding(table, ids, states, real):
    """That is the mean over all places, padding included: the vector of a short text depends on how
    long the *others* in its batch are. Use `real`."""
    return np.concatenate([table[ids], states], axis=-1).mean(1)


@cove.wrong
def divided_by_all(table, ids, states, real):
    """The padding is out of the sum, but you divide by the length of the row. Divide by the number
    of words of each text, or short texts get short vectors."""
    return cove(table, ids, states, real) * real.mean(1)[:, None]


@cove.wrong
def a_sum(table, ids, states, real):
    """That is the sum over the words. Asked for is their mean, or a long text has a long vector."""
    return cove(table, ids, states, real) * real.sum(1)[:, None]


@cove.wrong
def states_first(table, ids, states, real):
    """The static vectors come first, [GloVe(w); CoVe(w)], and then the states."""
    made = cove(table, ids, states, real)
    return np.hstack([made[:, table.shape[1] :], made[:, : table.shape[1]]])


@cove.wrong
def states_alone(table, ids, states, real):
    """Those are the states alone. CoVe is never used alone: static vectors stand before them."""
    return cove(table, ids, states, real)[:, table.shape[1] :]


# --- sup-teacher ---------------------------------------------------------------------------------


@sheet.outcome("sup-teacher")
def by_teacher(scores):
    """``scores``: teacher -> accuracy at tagging, with everything equal."""
    said = ", ".join(f"{name} {score:.0%}" for name, score in scores.items()) + "."
    return said, max(scores, key=scores.get)


# --- sup-enough ----------------------------------------------------------------------------------


def _some_few(rng: np.random.Generator) -> dict[str, dict[int, float]]:
    steps = np.array([0.62, 0.74, 0.87, 0.9]) + rng.uniform(0, 0.01, 4)
    return {"few": dict(zip((100, 400, 1600, 6400), steps.tolist(), strict=True))}


@sheet.reading("sup-enough", seen=_some_few, form="a number of documents")
def documents(few):
    """From there on, further labels of this kind bring little on this task. The picture does not
    say why, and nothing about any other task."""
    best = max(few.values())
    return min(n for n, score in few.items() if score >= best - 0.05)


@documents.also_right
def to_half_a_point(few):
    best = max(few.values())
    return [n for n, score in few.items() if abs(score - (best - 0.05)) < 0.005]


def _unless_right(few, n):
    return None if n in [documents(few), *to_half_a_point(few)] else n


@documents.wrong
def most(few):
    """That is the best one itself. Five points below it there is a horizontal line: which is the
    first point above?"""
    return _unless_right(few, max(few))


@documents.wrong
def fewest(few):
    """The fewest documents are the cheapest, and the worst. How far below the best is that
    point?"""
    return _unless_right(few, min(few))


@documents.wrong(also=[lambda few: max(few.values()) - 0.05])
def height(few):
    """That is a height, an accuracy. The question is where on the *horizontal* axis the point lies:
    a number of documents."""
    return float(max(few.values()))


# --- sup-updates ---------------------------------------------------------------------------------


@sheet.outcome("sup-updates")
def with_fewer_updates(by_updates):
    """``by_updates``: 10 and 40 updates -> accuracy on books; ``...`` while nobody has measured."""
    if by_updates is ...:
        return "So far you have only said so: teach both encoders, and measure them."
    if not isinstance(by_updates, dict) or not {10, 40} <= set(by_updates):
        return "Hand over both accuracies by their number of updates: {10: ..., 40: ...}."
    few, many = (float(by_updates[updates]) for updates in (10, 40))
    said = f"Measured in one town: {few:.0%} after 10 updates, {many:.0%} after 40."
    if few <= 0.5:
        return said, "coin"
    gain = few - many
    return said, "better" if gain > 0.05 else "worse" if gain < -0.05 else "same"
