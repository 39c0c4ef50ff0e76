"""What the exercises of ``14_objectives`` do; their words are in the TOML file."""

from __future__ import annotations

from typing import Any

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.objectives import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- obj-surprise --------------------------------------------------------------------------------


def _said(rng: np.random.Generator) -> list[tuple[Any, Any, Any]]:
    """Logits, some of them large, the right words, and where it is asked."""
    cases = []
    for length, words, share in ((5, 4, 0.5), (8, 10, 0.3), (3, 6, 1.0), (1, 3, 1.0)):
        asked = rng.random(length) < share
        asked[int(rng.integers(length))] = True
        logits = 3 * rng.normal(size=(length, words)) + 1
        cases.append((logits, rng.integers(0, words, length), asked))
    return cases


@sheet.function("obj-surprise", cases=_said, returns="one number, in nats")
def surprise(logits, ids, asked):
    """That is all the training that a language model gets: make this number smaller. What differs
    between the two objectives is what the network was shown, and where it is asked."""
    import numpy as np

    scores = np.exp(logits - logits.max(1, keepdims=True))
    p = scores / scores.sum(1, keepdims=True)
    right = p[np.arange(len(ids)), ids]
    return -np.log(right[asked]).mean()


@surprise.also_right
def by_log_sum(logits, ids, asked):
    total = np.log(np.exp(logits).sum(1))
    return float(np.mean([total[i] - logits[i, ids[i]] for i in range(len(ids)) if asked[i]]))


@surprise.wrong
def asked_everywhere(logits, ids, asked):
    """That is the mean over *all* places. A masked model is asked at the chosen ones only."""
    return surprise(logits, ids, np.full(len(ids), True))


@surprise.wrong
def no_softmax(logits, ids, asked):
    """The logits are no log-probabilities yet: normalise them, so that the probabilities of all
    words at a place sum to one."""
    return -logits[np.arange(len(ids)), ids][asked].mean()


@surprise.wrong
def over_places(logits, ids, asked):
    """You normalised over the places. At *each place* the probabilities of all words sum to one."""
    scores = np.exp(logits)
    return -np.log((scores / scores.sum(0))[np.arange(len(ids)), ids][asked]).mean()


@surprise.wrong
def in_bits(logits, ids, asked):
    """That is in bits. A nat is the natural logarithm."""
    return surprise(logits, ids, asked) / np.log(2)


@surprise.wrong
def the_sum(logits, ids, asked):
    """Asked for is the mean over the places, or a longer text would have a larger loss."""
    return surprise(logits, ids, asked) * np.sum(asked)


# --- obj-no-idea ---------------------------------------------------------------------------------


def _shares(rng: np.random.Generator) -> list[tuple[float]]:
    """Shares of replaced words: fewer than half, as a rule, and once more."""
    ranges = ((0.02, 0.1), (0.1, 0.2), (0.2, 0.35), (0.6, 0.9))
    return [(float(rng.uniform(*ends)),) for ends in ranges]


@sheet.function("obj-no-idea", cases=_shares, returns="one number, in nats")
def no_idea(share):
    """The best such probability is the share itself, and the loss is then the entropy of the
    labels. A detector whose loss is no lower may know how *often* words are replaced, but not
    which."""
    import numpy as np

    return -(share * np.log(share) + (1 - share) * np.log(1 - share))


@no_idea.also_right
def by_search(share):
    p = np.linspace(0.0001, 0.9999, 9999)
    return float((-(share * np.log(p) + (1 - share) * np.log(1 - p))).min())


@no_idea.also_right
def as_entropy(share):
    import math

    return sum(p * math.log(1 / p) for p in (share, 1 - share))


@no_idea.wrong
def one_half(share):
    """That is the loss of a detector that says one half of every word, as at the beginning. If few
    words are replaced, a lower probability is better. Which is the best?"""
    return np.log(2)


@no_idea.wrong
def replaced_only(share):
    """That counts the replaced words only. The detector answers at *every* word: the original ones
    have a loss, too."""
    return -share * np.log(share)


@no_idea.wrong
def original_only(share):
    """That counts the original words only. At the replaced ones, too, the detector has said
    something, and there its surprise is large."""
    return -(1 - share) * np.log(1 - share)


@no_idea.wrong
def one_word(share):
    """That is the surprise at *one* replaced word. Asked for is the mean over all words: this one
    comes at `share` of them, another at the rest."""
    return -np.log(share)


@no_idea.wrong
def wrong_way_round(share):
    """Here the two probabilities have changed places: a replaced word, of which there are `share`,
    is called replaced with the probability that you said, an original one with the rest."""
    return -(share * np.log(1 - share) + (1 - share) * np.log(share))


@no_idea.wrong
def how_often_wrong(share):
    """That is how *often* a detector is wrong that always takes the likelier label. The loss is the
    mean of -log p of the right label."""
    return min(share, 1 - share)


@no_idea.wrong
def in_base_two(share):
    """That is in bits. A nat is the natural logarithm."""
    return no_idea(share) / np.log(2)


@no_idea.wrong
def negative(share):
    """The sign: logarithms of probabilities are below zero, and a loss is the *minus* log."""
    return -no_idea(share)


@no_idea.wrong
def weighted(share):
    """The weight of 50 comes in when the losses of the two networks are added. Asked for is the
    detector's own."""
    return 50 * no_idea(share)


# --- obj-first -----------------------------------------------------------------------------------


NAMES = ["causal", "masked", "masked less", "replaced"]


def _race(rng: np.random.Generator) -> dict[str, Any]:
    """Four curves; the winner crosses first though another begins higher, and one may never."""
    names = rng.permutation(NAMES).tolist()
    x = np.linspace(0, 4, 9)
    shift = dict(zip(names, (1.0, 1.7, 2.4, 3.1)))
    others = rng.permutation([0.62, 0.59, 0.57])
    start = dict(zip(names, (0.55, *others)))
    rise = dict(zip(names, (0.3, 0.3, 0.3, rng.choice([0.3, 0.1]))))
    return {
        "level": 0.75,
        "curves": {
            name: (
                x.tolist(),
                (start[name] + rise[name] / (1 + np.exp(-4 * (x - shift[name])))).tolist(),
            )
            for name in sorted(names)
        },
    }


@sheet.reading("obj-first", seen=_race, form="the name of a line, or none", text=True)
def first(curves, level):
    """Read sideways, the picture says what an objective *costs*; read upwards, what it is worth at
    one price. The order of the curves need not be the same at every level."""
    crossing = {}
    for name, (compute, accuracy) in curves.items():
        above = [i for i, height in enumerate(accuracy) if height >= level]
        if above:  # it crosses the level between the first point above and the one before
            piece = slice(max(above[0] - 1, 0), above[0] + 1)
            crossing[name] = np.interp(level, accuracy[piece], compute[piece])
    return min(crossing, key=crossing.get) if crossing else "none"


def _crossing(curve, level):
    """Where the straight pieces between the points first reach the level; inf if nowhere."""
    compute, accuracy = (np.asarray(side, float) for side in curve)
    if not (accuracy >= level).any():
        return np.inf
    i = int(np.argmax(accuracy >= level))
    piece = slice(max(i - 1, 0), i + 1)
    return float(np.interp(level, accuracy[piece], compute[piece]))


@first.also_right
def as_good_as_first(curves, level):
    at = {name: _crossing(curve, level) for name, curve in curves.items()}
    return [name for name in at if np.isfinite(at[name]) and at[name] <= min(at.values()) * 1.05]


def _others(curves, level):
    """``(where it crosses, name)`` of each curve but those that are right, first come first."""
    right = as_good_as_first(curves, level)
    return sorted((_crossing(curves[name], level), name) for name in curves if name not in right)


@first.wrong
def last(curves, level):
    """That one is the *last* to get there. Less compute lies to the left."""
    at, name = _others(curves, level)[-1]
    return name if np.isfinite(at) else None


@first.wrong
def crosses_nowhere(curves, level):
    """That curve stays below the line to its very end: it does not cross it at all."""
    at, name = _others(curves, level)[-1]
    return None if np.isfinite(at) else name


def _second(curves, level):
    """Another that crosses, before the last."""
    others = _others(curves, level)
    return others[0][1] if len(others) > 1 and np.isfinite(others[0][0]) else None


def _highest_at_first(curves):
    return max(curves, key=lambda name: curves[name][1][1])


@first.wrong
def begins_highest(curves, level):
    """That curve is highest at the very left. But does it cross the line there? Follow the line
    from left to right until it meets the first curve."""
    second = _second(curves, level)
    return second if second == _highest_at_first(curves) else None


@first.wrong
def second(curves, level):
    """That one crosses the line, too, but another does so before it, with less compute."""
    name = _second(curves, level)
    return None if name == _highest_at_first(curves) else name


@first.wrong
def where_and_not_which(curves, level):
    """That is *where* the first curve crosses, in compute. Which curve is it?"""
    return min(_crossing(curve, level) for curve in curves.values())


@first.wrong
def random_weights(curves, level):
    """Random weights read nothing: they have no curve. Choose one of the four."""
    return "random"


# --- obj-rate ------------------------------------------------------------------------------------


@sheet.outcome("obj-rate")
def one_run_more(share, my_run):
    """``share``: of the words that were chosen; ``my_run``: the rows of the study's function.

    ``my_run`` is ``...`` as long as nobody has run it.
    """
    if my_run is ...:
        return "So far you have only said so: run it, and see where it ends."
    rows = [row for row in my_run if row["measure"] == "accuracy"]
    if not rows:
        return "`my_run` should hold what study.mask_rate returns."
    end = rows[-1]["value"]
    said = f"Measured: with {share:.0%} chosen, this run ends at {end:.2f}."
    bounds = {"chance": 0.6, "low": 0.7, "middle": 0.8, "high": 1.1}
    return said, next(option for option, bound in bounds.items() if end < bound)
