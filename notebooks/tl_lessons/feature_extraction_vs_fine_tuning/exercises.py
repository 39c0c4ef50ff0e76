"""What the exercises of notebook 32 do; their words are in the TOML file."""

from __future__ import annotations

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.feature_extraction_vs_fine_tuning import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- tune-rest -----------------------------------------------------------------------------------


def _hills(rng: np.random.Generator) -> list[tuple[float, float, float, float]]:
    """Places that differ, neither of them zero, and two curvatures that differ."""
    cases = []
    for _ in range(4):
        start = round(float(rng.uniform(0.5, 1.5)), 2)
        wanted = round(start + float(rng.uniform(1.0, 3.0)), 2)
        steepness = round(float(rng.uniform(0.5, 2.0)), 2)
        cases.append((wanted, start, steepness, round(steepness * float(rng.uniform(2, 4)), 2)))
    return [*cases, (2.0, -1.0, 3.0, 0.5)]


@sheet.function("tune-rest", cases=_hills, returns="one number, where the weight comes to rest")
def rest(wanted, start, steepness, pull):
    """An average of the two places, weighted by how steep each of the two losses is. So a penalty
    moves a weight back the more, the less the *target* cares about it; and EWC, which sets the pull
    of each weight by how much the *old* task cares, leaves the others free. A pull that is large
    against both holds everything where it was: nothing is forgotten and nothing learned."""
    return (steepness * wanted + pull * start) / (steepness + pull)


@rest.also_right
def as_a_share(wanted, start, steepness, pull):
    share = pull / (steepness + pull)
    return wanted + share * (start - wanted)


@rest.wrong
def halfway(wanted, start, steepness, pull):
    """That is the middle, wherever the two losses are steeper. Set the derivative of their sum to
    zero: which of them pulls harder?"""
    return (wanted + start) / 2


@rest.wrong
def the_other_way(wanted, start, steepness, pull):
    """An average, but with the weights exchanged: a stronger pull should bring the weight nearer to
    `start`."""
    return (steepness * start + pull * wanted) / (steepness + pull)


@rest.wrong
def not_divided(wanted, start, steepness, pull):
    """That is the sum of the two products. What it has to be divided by follows from the
    derivative: collect the terms with w."""
    return steepness * wanted + pull * start


@rest.wrong
def pulled_to_zero(wanted, start, steepness, pull):
    """So it would be with *weight decay*, which pulls to zero. Here the weight is pulled back to
    `start`."""
    return steepness * wanted / (steepness + pull)


@rest.wrong
def where_the_target_wants_it(wanted, start, steepness, pull):
    """There the target's loss is least; but the penalty is on a slope there, and a small step
    towards `start` lowers the sum."""
    return wanted


@rest.wrong
def where_it_began(wanted, start, steepness, pull):
    """There the penalty is least; but the target's loss is on a slope there. The weight moves as
    long as that slope is the steeper one."""
    return start


# --- tune-ewc ------------------------------------------------------------------------------------


def _weights(rng: np.random.Generator) -> list[tuple]:
    """A few weights, where they were, and the gradients of a few texts, of both signs."""
    cases = []
    for texts, size in ((3, 2), (2, 5), (4, 3)):
        start = rng.normal(1, 0.5, size).round(2)
        now = (start + rng.choice([-1, 1], size) * rng.uniform(0.3, 1, size)).round(2)
        gradients = rng.normal(0, 1, (texts, size)).round(2)
        cases.append((now, start, gradients, round(float(rng.uniform(2, 9)), 1)))
    return cases


@sheet.function("tune-ewc", cases=_weights, tolerance=1e-5, returns="one number, the penalty")
def ewc_penalty(now, start, gradients, strength):
    """Squares first, then the mean: where the network fits the old texts, their gradients cancel in
    the *mean*, but each of them still says how sensitive the loss is to a weight. The mean of the
    squares is the diagonal of the (empirical) Fisher information."""
    importance = (gradients**2).mean(axis=0)  # one number a weight
    return strength / 2 * (importance * (now - start) ** 2).sum()


@ewc_penalty.also_right
def weight_by_weight(now, start, gradients, strength):
    total = 0.0
    for w, w0, column in zip(now, start, np.transpose(gradients)):
        total += np.mean(np.square(column)) * (w - w0) ** 2
    return strength * total / 2


@ewc_penalty.also_right
def text_by_text(now, start, gradients, strength):
    return strength / 2 * np.mean([np.sum((g * (now - start)) ** 2) for g in gradients])


@ewc_penalty.wrong
def mean_first(now, start, gradients, strength):
    """The mean was taken before the square. Gradients of single texts point both ways and cancel:
    a weight may matter to every text and have a mean gradient of zero."""
    return strength / 2 * (gradients.mean(axis=0) ** 2 * (now - start) ** 2).sum()


@ewc_penalty.wrong
def without_the_half(now, start, gradients, strength):
    """All is there but the half in front."""
    return 2 * ewc_penalty(now, start, gradients, strength)


@ewc_penalty.wrong
def all_alike(now, start, gradients, strength):
    """That is L2-SP: every weight is pulled alike. Where do the gradients come in?"""
    return strength / 2 * ((now - start) ** 2).sum()


@ewc_penalty.wrong
def summed(now, start, gradients, strength):
    """The squares of all texts were summed: with twice as many old texts the pull would be twice as
    strong. Take their mean."""
    return len(gradients) * ewc_penalty(now, start, gradients, strength)


@ewc_penalty.wrong
def from_zero(now, start, gradients, strength):
    """The distance was taken from zero. EWC pulls back to where the weights *were*."""
    return strength / 2 * ((gradients**2).mean(axis=0) * now**2).sum()


@ewc_penalty.wrong
def not_squared(now, start, gradients, strength):
    """The distance has to be squared: a weight that has moved down is as far away as one that has
    moved up, and the pull should grow with the distance."""
    return strength / 2 * ((gradients**2).mean(axis=0) * (now - start)).sum()


@ewc_penalty.wrong
def one_a_weight(now, start, gradients, strength):
    """That is a penalty for each weight. The loss is one number: sum over the weights."""
    return strength / 2 * (gradients**2).mean(axis=0) * (now - start) ** 2


# --- tune-strong ---------------------------------------------------------------------------------


@sheet.outcome("tune-strong")
def after_a_strong_pull(head, usual, strong):
    """``head``, ``usual``, ``strong``: what ``adapted`` returned for the head alone, and for L2-SP
    at the usual strength and at a hundred times that.

    ``strong`` is ``...`` as long as nobody has measured it.
    """
    if strong is ...:
        return "So far you have only said so: put the call of `adapted` in, and measure it."
    said = "; ".join(
        f"{name} {one['accuracy']:.2f} and {one['old_loss']:.2f} nats"
        for name, one in (
            ("strength 0.1", usual),
            ("strength 10", strong),
            ("the head alone", head),
        )
    )
    said = f"Measured (target accuracy, old loss): {said}."
    if not np.isfinite([strong["accuracy"], strong["old_loss"]]).all():
        return said, "infinite"
    to_head, to_usual = (abs(strong["accuracy"] - one["accuracy"]) for one in (head, usual))
    like_head, like_usual = (
        gap <= 0.05 and abs(strong["old_loss"] - one["old_loss"]) <= 0.25
        for gap, one in ((to_head, head), (to_usual, usual))
    )
    if like_head and (to_head < to_usual or not like_usual):
        return said, "head"
    gain = strong["accuracy"] - usual["accuracy"]
    if gain >= 0.02 and strong["old_loss"] <= usual["old_loss"]:
        return said, "better"
    return said, "same" if like_usual else "neither"
