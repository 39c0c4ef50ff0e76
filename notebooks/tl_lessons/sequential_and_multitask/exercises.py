"""What the exercises of ``34_sequential_and_multitask`` do; their words are in the TOML file."""

from __future__ import annotations

from typing import Any

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.sequential_and_multitask import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- multi-order ---------------------------------------------------------------------------------


@sheet.outcome("multi-order")
def after_the_other_task(measured):
    """``measured``: accuracy of the old head, ``before`` and ``after``; empty until it is run."""
    if not measured:
        return "So far you have only said so: put `True` in for the second `...`, and measure."
    before, after = measured["before"], measured["after"]
    said = f"Measured: {before:.2f} before, {after:.2f} after."
    if after - before > 0.03:
        return said, "better"
    if after - before >= -0.03:
        return said, "same"
    return said, "chance" if after <= 0.65 else "lower"


# --- multi-mixing --------------------------------------------------------------------------------


def _sizes(rng: np.random.Generator) -> list[tuple[list[int], float]]:
    """Tasks of unlike size, and temperatures that are neither 1 nor very large, besides those."""
    cases = [([100, 400], 2.0), ([50, 50, 900], 1.0), ([7, 7], 3.0)]
    return [*cases, ([int(n) for n in rng.integers(20, 5000, 4)], float(rng.integers(2, 6)))]


@sheet.function("multi-mixing", cases=_sizes, tolerance=1e-6, returns="a list of shares")
def mixing(sizes, temperature):
    """With T = 1 the large tasks crowd out the small ones; with a large T the small ones are
    repeated until they are learned by heart. Most multilingual models were trained in between."""
    powers = [size ** (1 / temperature) for size in sizes]
    return [power / sum(powers) for power in powers]


@mixing.also_right
def by_numpy(sizes, temperature):
    weights = np.array(sizes, float) ** (1 / temperature)
    return weights / weights.sum()


@mixing.also_right
def by_logarithms(sizes, temperature):
    scores = np.log(sizes) / temperature
    return (np.exp(scores) / np.exp(scores).sum()).tolist()


@mixing.wrong
def by_size(sizes, temperature):
    """That is in proportion to the sizes, as if the temperature were 1. Where does it come in?"""
    return [size / sum(sizes) for size in sizes]


@mixing.wrong
def upside_down(sizes, temperature):
    """That is the power T, and not 1/T: a high temperature then makes the shares more unequal,
    where it should even them out."""
    powers = [size**temperature for size in sizes]
    return [power / sum(powers) for power in powers]


@mixing.wrong
def not_shares(sizes, temperature):
    """Those are the powers. Shares add up to one: what is still missing?"""
    return [size ** (1 / temperature) for size in sizes]


# --- multi-surgery -------------------------------------------------------------------------------


def _vectors(rng: np.random.Generator) -> list[tuple[Any, Any]]:
    """Pairs that conflict, pairs that do not, and one pair at a right angle."""
    cases = [(np.array([1.0, 0.0]), np.array([0.0, 2.0]))]
    for sign in (-1, 1, -1):
        own, other = rng.normal(size=(2, 5)).round(2)
        cases.append((own, other * sign * np.sign(own @ other)))
    return cases


@sheet.function("multi-surgery", cases=_vectors, tolerance=1e-6, returns="a vector")
def surgery(own, other):
    """The step no longer does the other task any harm, to first order. With several tasks PCGrad
    goes through the others in random order. Whether it helps has to be measured: a gradient is a
    fact about one step."""
    along = own @ other
    if along >= 0:
        return own
    return own - along / (other @ other) * other


@surgery.also_right
def with_minimum(own, other):
    return own - min(0.0, float(np.dot(own, other))) / np.dot(other, other) * other


@surgery.also_right
def by_unit_vector(own, other):
    unit = other / np.linalg.norm(other)
    return own - min(float(own @ unit), 0.0) * unit


@surgery.wrong
def always(own, other):
    """That removes the component also where the two agree, and throws away a part on which both
    tasks pull the same way. Operate only where the dot product is negative."""
    return own - (own @ other) / (other @ other) * other


@surgery.wrong
def without_length(own, other):
    """The component has to be divided by the *squared* length of `other`: otherwise the result
    depends on how long `other` is. Is your result orthogonal to it?"""
    return own - min(own @ other, 0.0) * other


@surgery.wrong
def the_other_one(own, other):
    """That changes `other`. It is `own` that is to be corrected here."""
    return other - min(own @ other, 0.0) / (own @ own) * own
