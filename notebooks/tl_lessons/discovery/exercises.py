"""What the exercises of ``13_discovery`` do; their words are in the TOML file."""

from __future__ import annotations

from typing import Any

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.discovery import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- ctx-order -----------------------------------------------------------------------------------


def _when(steps):
    """At which step on average, and in how many runs if not in all."""
    came = [step for step in steps if step is not None]
    if not came:
        return "in no run"
    said = f"at step {np.mean(came):.0f}"
    if len(came) == len(steps):
        return said
    return f"{said} in {len(came)} of {len(steps)} runs and not at all in the others"


@sheet.outcome("ctx-order")
def what_came_when(half_way):
    """``half_way``: what was learned -> the step at which half of the way was done, seed by
    seed."""
    order = ("part of speech", "relation", "sense", "sentiment")
    said = "; ".join(f"{name} {_when(half_way[name])}" for name in order)
    return (
        f"Half of the way was done, on average: {said}. The network's own guess of a hidden "
        f"adjective, which no probe helps: {_when(half_way['own guess'])}."
    )


# --- disc-half -----------------------------------------------------------------------------------


@sheet.outcome("disc-half")
def what_brought_the_jump(waits, mine):
    """``waits``: a column for each start: the step of the jump, run by run, or nan.

    ``mine``: what was given in the learner's own run, ``...`` as long as nothing was chosen, and
    its last evaluation.
    """
    n = len(waits)
    said = ", ".join(
        f"{start} {int((waits[start] <= 200).sum())}"
        for start in waits
        if start != "random weights"
    )
    said = f"Of {n} runs each had jumped within 200 steps: {said}."
    start, end = mine
    if start is ...:
        return f"{said} So far you have only said so: choose `my_start`, and run it."
    step, value = end["step"], end["value"]
    came = f"jumped by step {step}" if value >= 0.75 else f"not jumped by step {step}"
    before = int((waits[start] <= step).sum())
    return (
        f"Your run, given {start}, had {came} ({value:.0%} right); of the stored ones {before} of "
        f"{n} had jumped by then. {said}"
    )


# --- disc-without --------------------------------------------------------------------------------


def _clouds(rng: np.random.Generator) -> list[tuple[Any, Any, Any]]:
    """Some vectors, a direction of length one, and a centre that is not the origin."""
    cases = []
    for n, size in ((4, 2), (6, 3), (1, 5), (8, 4)):
        direction = rng.normal(size=size)
        cases.append(
            (
                rng.normal(size=(n, size)) + 3,
                direction / np.linalg.norm(direction),
                rng.normal(size=size),
            )
        )
    return cases


@sheet.function("disc-without", cases=_clouds, returns="an array [n, size]")
def without(vectors, direction, centre):
    """What is left is as long as before in every other direction. A linear probe along this one now
    finds nothing; whether the network misses it is another question, and the experiment's."""
    along = (vectors - centre) @ direction  # how far each lies along the direction
    return vectors - along[:, None] * direction


@without.also_right
def with_outer(vectors, direction, centre):
    return vectors - np.outer((vectors - centre) @ direction, direction)


@without.also_right
def by_a_projection(vectors, direction, centre):
    keep = np.eye(len(direction)) - np.outer(direction, direction)
    return centre + (vectors - centre) @ keep


@without.wrong
def from_the_origin(vectors, direction, centre):
    """That measures from the origin, so all vectors also move to where the origin lies along the
    direction: the network sees vectors that it never met. Measure from `centre`."""
    return vectors - (vectors @ direction)[:, None] * direction


@without.wrong
def moved_to_the_centre(vectors, direction, centre):
    """The direction is gone, and so is the centre: the result lies around zero. Take the part along
    the direction from the vectors themselves."""
    moved = vectors - centre
    return moved - (moved @ direction)[:, None] * direction


@without.wrong
def what_is_taken_away(vectors, direction, centre):
    """That is the part along the direction. Asked for is what is *left* without it."""
    return ((vectors - centre) @ direction)[:, None] * direction


@without.wrong
def to_the_other_side(vectors, direction, centre):
    """You take it away twice, which turns praise into blame and blame into praise: a mirror."""
    return vectors - 2 * ((vectors - centre) @ direction)[:, None] * direction
