"""The exercises of ``00_start_here`` up to the first picture; the others are in ``start_more``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tl_helpers.exercises.matching import Matching
from tl_helpers.exercises.model import Exercise, Mistake, add
from tl_helpers.exercises.readings import Reading
from tl_helpers.measure.evaluate import Interval

NOTEBOOK = "00_start_here"

# --- start-taxonomy ------------------------------------------------------------------------------

KINDS = {
    kind: tuple(f"{kind} {word}" for word in ("learning", "transfer", "transfer learning"))
    for kind in ("domain adaptation", "cross-lingual", "multi-task", "sequential")
}
SITUATIONS = {
    "a": "sequential",  # translation first, then names, with labels
    "b": "cross-lingual",  # English labels, Swahili texts
    "c": "multi-task",  # names and questions in one training run
    "d": "domain adaptation",  # e-mails -> text messages, same labels wanted
}
_CONFUSIONS = {
    ("a", "domain adaptation"): (
        "a: Look at what is predicted: first a translation, then names. Domain adaptation would "
        "keep the task and change the texts."
    ),
    ("a", "cross-lingual"): (
        "a: German is what the first task puts out; in the target all is English. Cross-lingual "
        "transfer keeps the task and changes the language of the texts. What changes here?"
    ),
    ("a", "multi-task"): (
        "a: Two tasks, yes. But in multi-task learning both are learned at the same time and share "
        "what they find (Ruder 2019). Here the word 'then' tells you something."
    ),
    ("b", "domain adaptation"): (
        "b: The task stays and the texts change, so you are on the right branch of the tree. But "
        "this is more than another subject: hardly a word is shared. The tree has a leaf for it."
    ),
    ("b", "multi-task"): (
        "b: Two languages are not two tasks: the departments to choose from are the same for both. "
        "Ask what differs between the source texts and the target texts."
    ),
    ("b", "sequential"): (
        "b: Sequential transfer goes on to another task. Here the task stays, and no Swahili "
        "question is marked; go back to the first fork of the tree: same task, or another one?"
    ),
    ("c", "domain adaptation"): (
        "c: Domain adaptation keeps the task and changes the texts. Which words are names, and "
        "whether it is a question: that can be asked of one and the same sentence."
    ),
    ("c", "cross-lingual"): (
        "c: Nothing is said about a second language. What there are two of is tasks: the names, "
        "and question or not."
    ),
    ("c", "sequential"): (
        "c: Two tasks, yes. Are they learned one after the other, or at the same time? In "
        "sequential transfer the first is over before the second begins (Ruder 2019)."
    ),
    ("d", "cross-lingual"): (
        "d: E-mails and text messages are in one language here. Cross-lingual transfer needs two. "
        "What differs is how and for what people write."
    ),
    ("d", "multi-task"): (
        "d: Count the tasks. Spam or not, that is asked of both kinds of message: one task. "
        "Multi-task learning needs several. What differs here, if not the task?"
    ),
    ("d", "sequential"): (
        "d: In time, one does follow the other. But sequential transfer (Ruder 2019) goes on to "
        "another task, with labels of its own. Here the labels stay and only the texts change."
    ),
}


def _chosen(key: str, kind: str) -> Callable[[Any], bool]:
    return lambda answer: answer.get(key) == kind


add(
    Exercise(
        id="start-taxonomy",
        notebook=NOTEBOOK,
        question="Which kind of transfer is each of the four situations?",
        answer=Matching(SITUATIONS, options=KINDS),
        solution=(
            "taxonomy_answer = {\n"
            '    "a": "sequential",         # several tasks, one after the other\n'
            '    "b": "cross-lingual",      # same task, another language\n'
            '    "c": "multi-task",         # several tasks, at the same time\n'
            '    "d": "domain adaptation",  # same task and language, other texts\n'
            "}"
        ),
        right=(
            "Two questions are enough: is the task the same, and if not, are the tasks learned "
            "together or in turn? Real projects mix the kinds; the words help to say where."
        ),
        also_right=(
            {
                "A": "Sequential transfer learning",
                "C": "multitask",
                "B": "Cross lingual",
                "D": " domain-adaptation ",
            },
        ),
        mistakes=tuple(
            Mistake({**SITUATIONS, key: kind}, says, when=_chosen(key, kind))
            for (key, kind), says in _CONFUSIONS.items()
        ),
        hints=(
            "Ask of each: is the target's task the same as the source's? Two of the four keep it.",
            "Same task: does the subject of the texts change, or their language? Another task: are "
            "the two learned at the same time, or one after the other?",
            "Let the notebook answer: kind_of_transfer(same_task=..., same_language=..., "
            "at_the_same_time=...) takes exactly these questions.",
        ),
    )
)

# --- start-reading -------------------------------------------------------------------------------

Curves = Mapping[str, Mapping[int, Interval]]
FEW = 16  # labels of the pre-trained start
OURS, THEIRS, NEVER = "pre-trained", "word counts", "never"


def _first(curve: Mapping[int, Interval], height: float) -> int | str:
    """The fewest labels with which a curve is at least so high."""
    return next((n for n in sorted(curve) if curve[n].mean >= height), NEVER)


def as_good_as(curves: Curves) -> list[int | str]:
    """Labels that word counts need; nobody reads a picture more exactly than to a point."""
    height = curves[OURS][FEW].mean
    found = [_first(curves[THEIRS], height + shift) for shift in (0.0, -0.01, 0.01)]
    return list(dict.fromkeys(found))


def _too_early(curves: Curves) -> list[int]:
    first = _index(curves, as_good_as(curves)[0])
    return [n for n in sorted(curves[THEIRS])[:first] if n != FEW]


def _too_late(curves: Curves) -> list[int]:
    return sorted(curves[THEIRS])[_index(curves, as_good_as(curves)[0]) + 1 :]


def _index(curves: Curves, count: int | str) -> int:
    counts = sorted(curves[THEIRS])
    return counts.index(count) if isinstance(count, int) else len(counts)


def _heights(curves: Curves) -> list[float]:
    """The accuracy instead of the count; as a percentage, unless that looks like a count."""
    share = curves[OURS][FEW].mean
    looks = any(abs(100 * share - n) < 1 for n in curves[THEIRS])
    return [share] if looks else [share, 100 * share]


def _ratio(curves: Curves) -> float | None:
    first = as_good_as(curves)[0]
    ratio = first / FEW if isinstance(first, int) else None
    return None if ratio in curves[THEIRS] else ratio


def _never(curves: Curves) -> str | None:
    return None if NEVER in as_good_as(curves) else NEVER


def _some_curves(rng: np.random.Generator) -> dict[str, Curves]:
    """Three rising curves in which word counts catch up somewhere to the right of 16 labels."""
    counts = [8, 16, 32, 64, 128, 256]
    theirs = 0.5 + np.cumsum(rng.uniform(0.025, 0.045, 6))
    catches_up = int(rng.integers(3, 5))
    height = theirs[catches_up] - 0.0125  # more than a point from both neighbours
    heights = {
        OURS: height + np.cumsum(rng.uniform(0.02, 0.04, 6)),
        THEIRS: theirs,
        "random weights": np.minimum(theirs, height) - rng.uniform(0.02, 0.03, 6),
    }
    heights[OURS] -= heights[OURS][1] - height
    return {
        "curves": {
            name: {
                n: Interval(float(y), float(y) - 0.03, float(y) + 0.03, 5)
                for n, y in zip(counts, ys, strict=True)
            }
            for name, ys in heights.items()
        }
    }


add(
    Exercise(
        id="start-reading",
        notebook=NOTEBOOK,
        question=(
            f"With {FEW} labels the pre-trained start reaches a certain accuracy. How many labels "
            'do word counts need for the same? (A count on the axis, or "never" if the picture '
            "ends before.)"
        ),
        answer=Reading(as_good_as, _some_curves, form='a label count, or "never"', text=True),
        solution=(
            f'height = curves["pre-trained"][{FEW}].mean\n'
            'enough = [n for n, at in curves["word counts"].items() if at.mean >= height]\n'
            'labels_needed = min(enough) if enough else "never"'
        ),
        right=(
            "Read sideways, a learning curve tells what pre-training is worth in labels, that is, "
            "in somebody's working hours. Read upwards, it tells points of accuracy. Both are "
            "true; the first is often what a project wants to know."
        ),
        mistakes=(
            Mistake(
                FEW,
                "That is where the *pre-trained* curve has that height. Now go sideways from "
                "there, to the right: where does the curve of the word counts get as high?",
            ),
            Mistake(
                _heights,
                "That is the accuracy itself, the height to look for. The question is about "
                "labels, which are on the *horizontal* axis.",
            ),
            Mistake(
                _too_early,
                "There the curve of the word counts is still below the height you look for. Lay a "
                "ruler across the picture and go further right.",
            ),
            Mistake(
                _never,
                "It is reached within the picture. Did you follow the curve of the *random "
                "weights*? The one of the word counts is another colour, and its points are "
                "triangles.",
            ),
            Mistake(
                _too_late,
                "That is enough, but not the *fewest*: the curve of the word counts was as high "
                "before. Go left as long as it stays above the ruler.",
            ),
            Mistake(
                _ratio,
                "That may be how many *times* as many they need, a good way to put it. Here the "
                "count itself is asked for.",
            ),
        ),
        hints=(
            f"Find the pre-trained point above {FEW} and remember its height.",
            "Lay a ruler (or the edge of a sheet) across the picture at that height. Which curve "
            "crosses it further right, and above which count is it first on or over the ruler?",
        ),
    )
)
