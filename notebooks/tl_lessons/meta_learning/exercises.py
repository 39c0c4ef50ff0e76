"""What the exercises of ``43_meta_learning`` do; their words are in the TOML file."""

from __future__ import annotations

from typing import Any

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.meta_learning import lesson

sheet = Sheet(lesson.notebook, __file__)


def _episodes(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Two and three classes, vectors of unlike length, examples in mixed order."""
    cases = []
    for labels in ([0, 1, 1, 0], [2, 0, 1, 0, 1, 2], [1, 0, 0]):
        vectors = rng.normal(size=(len(labels), 3)) * rng.uniform(0.5, 3, (len(labels), 1))
        cases.append((vectors.round(2), labels, rng.normal(size=3).round(2), 3.0))
    return cases


def _cosines(support, query):
    return support @ query / np.linalg.norm(support, axis=1) / np.linalg.norm(query)


@sheet.function("meta-matching", cases=_episodes, tolerance=1e-6, returns="a list of numbers")
def matching(support, labels, query, sharpness=10.0):
    """Attention over the examples. Sharp, it is the nearest neighbour; blunt, it is the share of
    examples that each class has. A prototype stands between the two."""
    cosines = support @ query / np.linalg.norm(support, axis=1) / np.linalg.norm(query)
    weights = np.exp(sharpness * cosines)
    weights = weights / weights.sum()
    labels = np.array(labels)
    return [float(weights[labels == c].sum()) for c in range(labels.max() + 1)]


@matching.also_right
def by_loop(support, labels, query, sharpness=10.0):
    found = [0.0] * (max(labels) + 1)
    total = 0.0
    for row, c in zip(support, labels, strict=True):
        cosine = sum(a * b for a, b in zip(row, query, strict=True)) / (
            sum(a * a for a in row) ** 0.5 * sum(b * b for b in query) ** 0.5
        )
        found[c] += 2.718281828459045 ** (sharpness * cosine)
        total += 2.718281828459045 ** (sharpness * cosine)
    return [x / total for x in found]


@matching.also_right
def by_matrix(support, labels, query, sharpness=10.0):
    scores = sharpness * _cosines(support, query)
    weights = np.exp(scores - scores.max())
    return (weights / weights.sum()) @ np.eye(max(labels) + 1)[list(labels)]


@matching.wrong
def not_cosines(support, labels, query, sharpness=10.0):
    """Those are weights of plain products: a long vector wins by its length. The cosine divides by
    both lengths."""
    weights = np.exp(sharpness * support @ query)
    return (weights / weights.sum()) @ np.eye(max(labels) + 1)[list(labels)]


@matching.wrong
def means_of_classes(support, labels, query, sharpness=10.0):
    """That takes the *mean* weight of a class. The probabilities would not sum to one: add the
    weights up."""
    weights = np.exp(sharpness * _cosines(support, query))
    weights = weights / weights.sum()
    return [float(weights[np.array(labels) == c].mean()) for c in range(max(labels) + 1)]


@matching.wrong
def by_prototypes(support, labels, query, sharpness=10.0):
    """That is a softmax over the means of the classes: a prototypical network with cosines. Here
    each example has a weight of its own."""
    labels = np.array(labels)
    means = np.array([support[labels == c].mean(axis=0) for c in range(labels.max() + 1)])
    weights = np.exp(sharpness * _cosines(means, query))
    return list(weights / weights.sum())


@matching.wrong
def in_order(support, labels, query, sharpness=10.0):
    """Those are the weights of the *examples*, in their order. The question was the classes: add up
    the weights of the examples of each."""
    weights = np.exp(sharpness * _cosines(support, query))
    return list(weights / weights.sum())


# --- the gradient through the step ---------------------------------------------------------------


def _valleys(rng: np.random.Generator) -> list[tuple[float, ...]]:
    """Steep and flat tasks, queries elsewhere, one step and several."""
    return [
        (2.0, 0.5, -1.0, 1.5, 0.5, 0.4, 1),
        (0.0, 3.0, 1.0, 2.0, -1.0, 0.2, 1),
        (1.0, 1.0, 0.0, 1.0, 2.0, 0.25, 3),
        (-1.0, 4.0, 2.0, 0.5, 1.0, 0.1, 2),
    ]


def _led_to(w, h, a, rate, steps):
    for _ in range(steps):
        w = w - rate * h * (w - a)
    return w


@sheet.function("meta-through", cases=_valleys, tolerance=1e-6, returns="one number")
def through_the_step(w, h, a, g, b, rate, steps=1):
    """Each step multiplies by 1 - rate * h what a change of the start is worth after it. FOMAML
    takes that factor for one."""
    factor = 1.0
    for _ in range(steps):
        w = w - rate * h * (w - a)
        factor = factor * (1 - rate * h)
    return factor * g * (w - b)


@through_the_step.also_right
def in_one_line(w, h, a, g, b, rate, steps=1):
    shrink = (1 - rate * h) ** steps
    return shrink * g * (a + shrink * (w - a) - b)


@through_the_step.also_right
def by_differences(w, h, a, g, b, rate, steps=1):
    def loss(start):
        return 0.5 * g * (_led_to(start, h, a, rate, steps) - b) ** 2

    return (loss(w + 1e-4) - loss(w - 1e-4)) / 2e-4


@through_the_step.wrong
def first_order(w, h, a, g, b, rate, steps=1):
    """That is FOMAML: the derivative *at* the adapted weight. How much does the adapted weight move
    when the start moves by one?"""
    return g * (_led_to(w, h, a, rate, steps) - b)


@through_the_step.wrong
def at_the_start(w, h, a, g, b, rate, steps=1):
    """The derivative of the query loss has to be taken at the *adapted* weight, not at the
    start."""
    return (1 - rate * h) ** steps * g * (w - b)


@through_the_step.wrong
def wrong_hessian(w, h, a, g, b, rate, steps=1):
    """The factor has the second derivative of the loss that the step goes down, which is that of
    the *support*: h, not g."""
    return (1 - rate * g) ** steps * g * (_led_to(w, h, a, rate, steps) - b)


@through_the_step.wrong
def one_factor(w, h, a, g, b, rate, steps=1):
    """That is right for one step. With several, each of them brings in its own factor."""
    return (1 - rate * h) * g * (_led_to(w, h, a, rate, steps) - b)


# --- shuffled labels -----------------------------------------------------------------------------


@sheet.outcome("meta-shuffle")
def with_shuffled_labels(points):
    """``points``: accuracy of ``frozen``, ``true`` and ``shuffled`` labels, or still ``...``."""
    if points is ...:
        return "So far you have only said so: call `measure()`, and see."
    frozen, true, shuffled = (points[name] for name in ("frozen", "true", "shuffled"))
    said = (
        f"Measured with five shots: frozen {frozen:.1f}, true labels {true:.1f}, shuffled labels "
        f"{shuffled:.1f} points."
    )
    if abs(shuffled - true) <= 2:
        return said, "same"
    if abs(shuffled - frozen) <= 2:
        return said, "frozen"
    if shuffled > true:
        return said, "above"
    return said, "between" if shuffled > frozen else "below"
