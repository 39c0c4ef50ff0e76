"""The exercises of ``10_distributional_hypothesis`` from the picture on."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from tl_helpers.exercises.answers import Value
from tl_helpers.exercises.model import Exercise, Mistake, add
from tl_helpers.exercises.readings import Reading
from tl_helpers.measure.evaluate import Interval
from tl_lessons.distributional_hypothesis.exercises import NOTEBOOK, Curves

# --- dist-reading --------------------------------------------------------------------------------

LINE, HEIGHT, NEVER = "same sentiment", 0.75, "never"


def _first(line: Mapping[int, Interval], height: float) -> int | str:
    return next((w for w in sorted(line) if line[w].mean >= height), NEVER)


def window_needed(curves: Curves) -> list[int | str]:
    """The smallest window; nobody reads a picture more exactly than to a point."""
    found = [_first(curves[LINE], HEIGHT + shift) for shift in (0.0, -0.01, 0.01)]
    return list(dict.fromkeys(found))


def _too_small(curves: Curves) -> list[int]:
    first = window_needed(curves)[0]
    return [w for w in sorted(curves[LINE]) if first == NEVER or w < int(first)]


def _too_large(curves: Curves) -> list[int]:
    first = window_needed(curves)[0]
    return [] if first == NEVER else [w for w in sorted(curves[LINE]) if w > int(first)]


def _height(curves: Curves) -> float | None:
    first = window_needed(curves)[0]
    return None if first == NEVER else round(curves[LINE][int(first)].mean, 2)


def _never(curves: Curves) -> str | None:
    return None if NEVER in window_needed(curves) else NEVER


def _some_curves(rng: np.random.Generator) -> dict[str, Curves]:
    """Three lines in which sentiment passes three quarters somewhere in the middle."""
    windows = [1, 2, 5, 10, 20]
    at = int(rng.integers(1, 4))
    low = np.sort(rng.uniform(0.48, 0.72, at))
    high = np.sort(rng.uniform(0.78, 0.96, 5 - at))
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


add(
    Exercise(
        id="dist-reading",
        notebook=NOTEBOOK,
        question=(
            "What is the smallest window at which at least three quarters of an opinion word's "
            'neighbours are on its own side? (A window on the axis, or "never".)'
        ),
        answer=Reading(window_needed, _some_curves, form='a window, or "never"', text=True),
        solution=(
            'line = curves["same sentiment"]\n'
            "enough = [window for window, at in line.items() if at.mean >= 0.75]\n"
            'window_needed = min(enough) if enough else "never"'
        ),
        right=(
            "Below that window a neighbour of a word of praise may well be a word of blame: they "
            "stand in the same places. What separates them is the rest of the text."
        ),
        mistakes=(
            Mistake(
                _height,
                "That is a height on the vertical axis. The question is about the window, which is "
                "on the *horizontal* one.",
            ),
            Mistake(
                _too_small,
                "At that window the line *same sentiment* is still below 0.75. Did you follow "
                "another line? Go further right.",
            ),
            Mistake(
                _too_large,
                "That is enough, but not the *smallest*: the line was above 0.75 before.",
            ),
            Mistake(
                _never,
                "It is reached within the picture. Which of the three lines did you follow? The "
                "names stand beside their right ends.",
            ),
        ),
        hints=(
            "Find 0.75 on the vertical axis, and lay a ruler across the picture.",
            "Follow the line *same sentiment* from the left until it is above the ruler; then read "
            "the window below it.",
        ),
    )
)

# --- dist-shift ----------------------------------------------------------------------------------

add(
    Exercise(
        id="dist-shift",
        notebook=NOTEBOOK,
        question=(
            "From k = 5 to k = 10 negatives: by how much does the optimal product of every pair "
            "change (new minus old, natural logarithm)?"
        ),
        answer=Value(-math.log(2), tolerance=0.006),
        solution="change = -np.log(10) + np.log(5)  # = -log 2: PMI stays, the shift grows",
        right=(
            "PMI - log 10 against PMI - log 5: whatever the pair, the difference is -log 2. The "
            "order of the products stays as it was; what moves is where the classifier says yes."
        ),
        also_right=(-0.693, np.log(0.5), -0.69),
        mistakes=(
            Mistake(
                math.log(2),
                "The size is right. The sign: with more negatives, is the classifier more or less "
                "ready to say that a pair is true?",
                when=lambda x: abs(x - math.log(2)) < 0.01,
            ),
            Mistake(
                -math.log(10),
                "That is the shift at k = 10 itself. By how much does it *change* from k = 5?",
                when=lambda x: abs(abs(x) - math.log(10)) < 0.01,
            ),
            Mistake(
                -1.0,
                "With base 2 that would be right, in bits. Here the logarithm is the natural one.",
                when=lambda x: abs(abs(x) - 1) < 0.01,
            ),
            Mistake(
                -math.log(5),
                "That is log 5: the shift at k = 5, or the logarithm of 10 minus 5. The difference "
                "of two logarithms is the logarithm of the *ratio*.",
                when=lambda x: abs(abs(x) - math.log(5)) < 0.01,
            ),
            Mistake(
                0.0,
                "The *order* of the products does not change, true. But each of them does: look "
                "at the formula above the picture, and at the distance of the lines.",
                when=lambda x: abs(x) < 0.01,
            ),
        ),
        hints=(
            "The optimum is PMI - log k. PMI is counted, and does not know k.",
            "(PMI - log 10) - (PMI - log 5) = ?",
        ),
    )
)
