"""The exercises of ``13_objectives_and_scale`` on what to predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tl_helpers.exercises.functions import Function
from tl_helpers.exercises.model import Exercise, Mistake, add
from tl_helpers.exercises.readings import Reading

NOTEBOOK = "13_objectives_and_scale"

# --- obj-labels ----------------------------------------------------------------------------------

Words = Sequence[str]


def detection_labels(original: Words, shown: Words, chosen: Sequence[int]) -> list[int]:
    """1 where the word that is shown is not the author's, else 0.

    Args:
        original: what the author wrote.
        shown: the same, with the generator's words at the chosen places.
        chosen: those places.
    """
    return [int(a != b) for a, b in zip(original, shown, strict=True)]


def _filled(rng: np.random.Generator) -> list[tuple[Any, Any, Any]]:
    """Texts in which some chosen words were drawn right and others wrong."""
    words = ["the", "soup", "was", "great", "and", "we", "came", "back", "awful", "film"]
    cases = []
    for _ in range(5):
        n = int(rng.integers(7, 11))
        original = rng.choice(words, n).tolist()
        chosen = sorted(rng.choice(n, 4, replace=False).tolist())
        shown = list(original)
        for place in chosen[: int(rng.integers(1, 3))]:  # these are wrong, the others are right
            shown[place] = str(rng.choice([w for w in words if w != original[place]]))
        cases.append((original, shown, chosen))
    return [*cases, (["a", "b", "c", "d"], ["a", "x", "c", "d"], [1, 2])]


def _at_chosen(original: Words, shown: Words, chosen: Sequence[int]) -> list[int]:
    return [int(i in set(chosen)) for i in range(len(original))]


add(
    Exercise(
        id="obj-labels",
        notebook=NOTEBOOK,
        question=(
            "Write detection_labels(original, shown, chosen): for every word of the text, 1 if the "
            "discriminator should call it replaced, 0 if it should call it original. The generator "
            "was asked at the places in `chosen`."
        ),
        answer=Function(detection_labels, _filled, returns="a list of 0 and 1, one for each word"),
        solution=(
            "def detection_labels(original, shown, chosen):\n"
            "    return [int(a != b) for a, b in zip(original, shown)]"
        ),
        right=(
            "The places are not even needed. Where the generator happened to draw the author's own "
            "word, nothing was replaced, and nobody could tell (Clark et al. 2020, section 2)."
        ),
        also_right=(
            detection_labels,
            lambda original, shown, chosen: [
                1 if i in chosen and original[i] != shown[i] else 0 for i in range(len(shown))
            ],
            lambda original, shown, chosen: [*map(int, np.array(original) != np.array(shown))],
        ),
        mistakes=(
            Mistake(
                _at_chosen,
                "That is 1 wherever the generator was *asked*. But a good generator often draws "
                "the word that stood there. Is that word replaced? Could anybody see it?",
            ),
            Mistake(
                lambda original, shown, chosen: [
                    int(a == b) for a, b in zip(original, shown, strict=True)
                ],
                "The other way round: 1 stands for *replaced*, as in transformers.",
            ),
            Mistake(
                lambda original, shown, chosen: [int(original[i] != shown[i]) for i in chosen],
                "Those are labels for the chosen places only. The discriminator is asked about "
                "*every* word, and that is the point: every position teaches something.",
                also=(lambda original, shown, chosen: [1 for _ in chosen],),
            ),
            Mistake(
                lambda original, shown, chosen: [
                    i for i, (a, b) in enumerate(zip(original, shown, strict=True)) if a != b
                ],
                "Those are the *places* of the replaced words. Asked for is one label, 0 or 1, for "
                "each word of the text.",
            ),
        ),
        hints=(
            "By hand: the author wrote a b c d, the generator was asked at 1 and 2 and drew x and "
            "c. The labels are 0 1 0 0. Why is the third one 0?",
            "A word is replaced where what is shown differs from what was written.",
        ),
    )
)

# --- obj-first -----------------------------------------------------------------------------------

Curves = Mapping[str, tuple[Sequence[float], Sequence[float]]]  # objective -> compute, accuracy


def first_to_reach(curves: Curves, level: float) -> list[str]:
    """The objective whose curve reaches ``level`` with the least compute (all that tie)."""
    at = {name: _crossing(curve, level) for name, curve in curves.items()}
    best = min(at.values())
    if np.isinf(best):
        return ["none"]
    return [name for name, value in at.items() if value <= best * 1.05]


def _crossing(curve: tuple[Sequence[float], Sequence[float]], level: float) -> float:
    """Where the straight pieces between the points first reach the level; inf if nowhere."""
    x, y = (np.asarray(side, float) for side in curve)
    for i in range(len(x)):
        if y[i] >= level:
            if i == 0:
                return float(x[0])
            return float(x[i - 1] + (level - y[i - 1]) / (y[i] - y[i - 1]) * (x[i] - x[i - 1]))
    return float("inf")


def _order(curves: Curves, level: float) -> list[tuple[float, str]]:
    """``(where it crosses, name)`` of each curve but those that are right, first come first."""
    right = first_to_reach(curves, level)
    return sorted((_crossing(c, level), name) for name, c in curves.items() if name not in right)


def _last(curves: Curves, level: float, never: bool = False) -> str | None:
    """The last to cross; ``never``: it, if it does not cross at all."""
    order = _order(curves, level)
    return order[-1][1] if order and never == (order[-1][0] == float("inf")) else None


def _second(curves: Curves, level: float, high: bool = False) -> str | None:
    """Another that crosses before the last; ``high``: one that is highest at the first look."""
    order = _order(curves, level)
    if len(order) < 2 or order[0][0] == float("inf"):
        return None
    name = order[0][1]
    return name if high == (name == max(curves, key=lambda n: curves[n][1][1])) else None


def _race(rng: np.random.Generator) -> dict[str, Any]:
    """Three curves; the winner crosses first though another begins higher, and one may never."""
    names = ["causal", "masked", "replaced"]
    rng.shuffle(names)
    x = np.linspace(0, 4, 9)
    shift = dict(zip(names, (1.2, 2.0, 2.9), strict=True))
    others = rng.permutation([0.62, 0.57])
    start = dict(zip(names, (0.55, *others), strict=True))
    rise = dict(zip(names, (0.3, 0.3, rng.choice([0.3, 0.1])), strict=True))
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


add(
    Exercise(
        id="obj-first",
        notebook=NOTEBOOK,
        question=(
            "Draw a horizontal line at the level. Which curve crosses it with the least compute? "
            'Write "causal", "masked" or "replaced" ("none" if no curve gets there).'
        ),
        answer=Reading(
            first_to_reach, _race, form='"causal", "masked", "replaced" or "none"', text=True
        ),
        solution=(
            "reached = {}\n"
            "for name, (compute, accuracy) in curves.items():\n"
            "    reached[name] = min((c for c, a in zip(compute, accuracy) if a >= level),\n"
            "                        default=float('inf'))\n"
            "first = min(reached, key=reached.get)\n"
            "first = first if reached[first] < float('inf') else 'none'"
        ),
        right=(
            "Read sideways, the picture says what an objective *costs*; read upwards, what it is "
            "worth at one price. The order of the curves need not be the same at every level."
        ),
        mistakes=(
            Mistake(
                _last,
                "That one is the *last* to get there. Less compute lies to the left.",
            ),
            Mistake(
                partial(_last, never=True),
                "That curve stays below the line to its very end: it does not cross it at all.",
            ),
            Mistake(
                partial(_second, high=True),
                "That curve is highest at the very left. But does it cross the line there? Follow "
                "the line from left to right until it meets the first curve.",
            ),
            Mistake(
                _second,
                "That one crosses the line, too, but another does so before it, with less compute.",
            ),
            Mistake(
                lambda curves, level: float(
                    min(_crossing(curve, level) for curve in curves.values())
                ),
                "That is *where* the first curve crosses, in compute. Which curve is it?",
            ),
            Mistake(
                lambda curves, level: "random",
                "Random weights read nothing: they have no curve. Choose one of the three.",
            ),
        ),
        hints=(
            "Go along the line at the level, from the left, until you meet a curve.",
            "Each curve has one crossing, or none. The leftmost of them decides.",
        ),
    )
)
