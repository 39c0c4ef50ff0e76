"""The exercises of ``00_start_here`` from the first card on; the others are in ``start``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tl_helpers.exercises.answers import Choice
from tl_helpers.exercises.functions import Function
from tl_helpers.exercises.model import Exercise, Mistake, add
from tl_helpers.measure.evaluate import Interval
from tl_lessons.start_here.exercises import NOTEBOOK

# --- start-gain ----------------------------------------------------------------------------------

Scores = Sequence[float]


def gain(pretrained: Scores, scratch: Scores) -> float:
    """Mean paired gain over seeds, in accuracy points (0-100).

    Args:
        pretrained: accuracies between 0 and 1, one per seed.
        scratch: the same seeds, in the same order.
    """
    return float(100 * _by_seed(pretrained, scratch).mean())


def _by_seed(pretrained: Scores, scratch: Scores) -> np.ndarray:
    return np.asarray(pretrained, dtype=float) - np.asarray(scratch, dtype=float)


def _runs(rng: np.random.Generator) -> list[tuple[Any, Any]]:
    """Accuracies of a few seeds, as lists, tuples and arrays; now and then transfer hurts."""
    cases = []
    for kind in (list, tuple, np.array, list):
        n = int(rng.integers(4, 7))
        scratch, better = rng.uniform(0.5, 0.7, n), rng.uniform(0.02, 0.25, n)
        cases.append((scratch + better, scratch, kind))
    worse = rng.uniform(0.6, 0.8, 4)
    cases.append((worse - rng.uniform(0.02, 0.2, 4), worse, list))
    # Spelled out, because drawn ones could leave two misconceptions with the same result.
    cases.append((np.array([0.804, 0.751, 0.913]), np.array([0.618, 0.655, 0.507]), list))
    return [(kind(a.round(3).tolist()), kind(b.round(3).tolist())) for a, b, kind in cases]


add(
    Exercise(
        id="start-gain",
        notebook=NOTEBOOK,
        question=(
            "Write gain(pretrained, scratch): the mean paired gain over seeds, in accuracy points."
        ),
        answer=Function(gain, _runs, tolerance=1e-4, returns="one number, in accuracy points"),
        solution=(
            "def gain(pretrained, scratch):\n"
            "    differences = [p - s for p, s in zip(pretrained, scratch)]\n"
            "    return 100 * sum(differences) / len(differences)"
        ),
        right=(
            "The mean of the paired differences equals the difference of the means; it is the "
            "*interval* that pairing makes narrower, because luck with the labels cancels."
        ),
        also_right=(
            gain,
            lambda p, s: 100 * (np.mean(p) - np.mean(s)),
            lambda p, s: sum(100 * a - 100 * b for a, b in zip(p, s, strict=True)) / len(p),
            lambda p, s: (np.array(p, np.float32) - np.array(s, np.float32)).mean() * 100,
        ),
        mistakes=(
            Mistake(
                lambda p, s: _by_seed(p, s).mean(),
                "The difference is right, but as a share between 0 and 1. Accuracy *points* go "
                "from 0 to 100: 0.80 against 0.70 is a gain of 10 points.",
            ),
            Mistake(
                lambda p, s: -gain(p, s),
                "The sign is reversed: a gain is positive when the *pre-trained* start is the "
                "better one. What is subtracted from what?",
                also=(lambda p, s: -gain(p, s) / 100,),
            ),
            Mistake(
                lambda p, s: abs(gain(p, s)),
                "A gain may be negative: sometimes transfer hurts (negative transfer). Without "
                "the sign, harm would look like success.",
                also=(
                    lambda p, s: max(0.0, gain(p, s)),
                    lambda p, s: 100 * np.abs(_by_seed(p, s)).mean(),
                    lambda p, s: abs(gain(p, s)) / 100,
                ),
            ),
            Mistake(
                lambda p, s: 100 * (np.mean(p) / np.mean(s) - 1),
                "That is a *relative* gain, a ratio. From 0.50 to 0.60 is 20 percent, but 10 "
                "accuracy *points*. Ratios flatter whoever starts low; points are a difference.",
                also=(
                    lambda p, s: np.mean(p) / np.mean(s),
                    lambda p, s: 100 * np.mean(p) / np.mean(s),
                    lambda p, s: np.mean(p) / np.mean(s) - 1,
                    lambda p, s: np.mean(np.divide(p, s)),
                    lambda p, s: 100 * np.mean(np.divide(p, s)),
                    lambda p, s: np.mean(np.divide(p, s)) - 1,
                    lambda p, s: 100 * (np.mean(np.divide(p, s)) - 1),
                ),
            ),
            Mistake(
                lambda p, s: 100 * (max(p) - max(s)),
                "Only the best seed counts there. The best of several runs is luck that nobody "
                "can repeat; what one may expect of the next run is the mean over all seeds.",
                also=(
                    lambda p, s: 100 * _by_seed(p, s).max(),
                    lambda p, s: max(p) - max(s),
                    lambda p, s: _by_seed(p, s).max(),
                ),
            ),
            Mistake(
                lambda p, s: 100 * (p[0] - s[0]),
                "Only one seed is used. With few labels two seeds can differ by more than two "
                "methods do: use every pair, then take the mean.",
                also=(
                    lambda p, s: p[0] - s[0],
                    lambda p, s: 100 * (p[-1] - s[-1]),
                    lambda p, s: p[-1] - s[-1],
                ),
            ),
            Mistake(
                lambda p, s: round(gain(p, s)),
                "Right but for the rounding. Keep every digit while you compute, and round only "
                "when you print: a gain of 0.4 points is not nothing.",
                also=(
                    lambda p, s: int(gain(p, s)),
                    lambda p, s: round(gain(p, s), 1),
                    lambda p, s: round(gain(p, s), 2),
                ),
            ),
            Mistake(
                lambda p, s: (100 * _by_seed(p, s)).tolist(),
                "That is one difference for each seed, a good start. One number is asked for: "
                "their mean.",
                also=(lambda p, s: _by_seed(p, s).tolist(),),
            ),
            Mistake(
                lambda p, s: 100 * _by_seed(p, s).sum(),
                "That is the sum over the seeds: with twice as many seeds it would be twice as "
                "large, though transfer is no better. Divide by their number.",
                also=(lambda p, s: _by_seed(p, s).sum(),),
            ),
            Mistake(
                lambda p, s: 100 * float(np.median(_by_seed(p, s))),
                "That is the median. It is a sound choice against outliers, but another question: "
                "the card on top of this exercise shows the mean.",
                also=(
                    lambda p, s: 100 * float(np.median(p) - np.median(s)),
                    lambda p, s: float(np.median(_by_seed(p, s))),
                ),
            ),
            Mistake(
                lambda p, s: 100 * (p - s).mean(),
                "One list cannot be subtracted from another. Go through both with "
                "zip(pretrained, scratch), or turn them into arrays first: np.array(pretrained).",
            ),
        ),
        hints=(
            "By hand first: seed 0 has 0.80 against 0.70, seed 1 has 0.90 against 0.60. How many "
            "points is each seed's gain, and what is their mean? (10 and 30; 20.)",
            "zip(pretrained, scratch) gives the pairs, seed by seed.",
            "Three steps: pretrained minus scratch for each pair; the mean; times 100.",
        ),
    )
)

# --- start-predict -------------------------------------------------------------------------------


def it_shrinks(gaps: Mapping[int, Interval] | None = None) -> str:
    """What to say about the right prediction, with what was measured.

    Args:
        gaps: labels -> the advantage in accuracy points.
    """
    why = (
        "Labels replace what reading had taught, while the leading curve nears its ceiling. On the "
        "written reviews the gap did not narrow, up to 256 labels: there both curves still rise. "
        "That they meet in the end, with very many labels, He et al. (2019) saw for images."
    )
    if not gaps:
        return why
    first, last = min((n for n in gaps if n >= 256), default=min(gaps)), max(gaps)
    said = (
        f"Above: {gaps[first].mean:.0f} points at {first:,} labels, {gaps[last].mean:.0f} at "
        f"{last:,}."
    )
    if gaps[last].mean >= gaps[first].mean:
        said += " So in this run it has not begun to; five seeds can differ that much."
    elif gaps[last].high > gaps[first].low:
        said += " (The intervals overlap: five seeds suggest it, they do not prove it.)"
    return f"{said} {why}"


add(
    Exercise(
        id="start-predict",
        notebook=NOTEBOOK,
        question=(
            "In the town, from 256 labels to 1,024: what happens to the advantage of the "
            "pre-trained start?"
        ),
        answer=Choice(
            {
                "shrinks": "it becomes smaller, towards zero",
                "stays": "it stays as large as it is",
                "grows": "it becomes larger and larger",
                "reverses at once": "the random start takes the lead straight away",
            },
            right="shrinks",
        ),
        solution=(
            'prediction = "shrinks"\n'
            "# What pre-training knows already, labels can teach as well, if there are enough of\n"
            "# them: the lower curve still rises, while the leading one is near its ceiling."
        ),
        right=it_shrinks,
        also_right=("Shrinks", " shrinks ", "it becomes smaller, towards zero"),
        mistakes=(
            Mistake(
                "stays",
                "That would be so if labels and pre-training taught different things. But what the "
                "one knows from reading, the other can learn from labels, given enough of them; "
                "and the leading curve has a ceiling. What does that do to the gap?",
            ),
            Mistake(
                "grows",
                "A fair guess: on the written reviews it grows, up to 256 labels. In the town look "
                "at the picture of frozen features: where is the leading curve at 64 labels, how "
                "far can it still rise, and how far the other?",
            ),
            Mistake(
                "reverses at once",
                "A reversal is possible, where source and target fit badly or where labels abound "
                "(Hernandez et al. 2021), but then it comes late and is small. To overtake, the "
                "other start must first catch up. What do we see on the way there?",
            ),
        ),
        hints=(
            "Imagine a million labels. What could reading beforehand still tell the model that the "
            "labels do not?",
            "Accuracy has a ceiling. Which of the two curves is nearer to it, and which has more "
            "room left to rise?",
        ),
    )
)
