"""The exercises of ``00_start_here``.

Their stubs, as they stand in the notebook::

    taxonomy_answer = {"a": ..., "b": ..., "c": ..., "d": ...}

    def gain(pretrained, scratch):
        ...

    prediction = ...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tl_helpers.exercises.answers import Choice, Function, Matching
from tl_helpers.exercises.model import Exercise, Mistake, add

NOTEBOOK = "00_start_here"

# --- start-taxonomy ------------------------------------------------------------------------------

KINDS = {
    kind: tuple(f"{kind} {word}" for word in ("learning", "transfer", "transfer learning"))
    for kind in ("domain adaptation", "cross-lingual", "multi-task", "sequential")
}
SITUATIONS = {
    "a": "domain adaptation",  # film reviews -> restaurant reviews, same labels wanted
    "b": "cross-lingual",  # English labels, Finnish texts
    "c": "multi-task",  # one network trained on tagging and parsing at the same time
    "d": "sequential",  # language model first, then question answering
}
_CONFUSIONS = {
    ("a", "cross-lingual"): (
        "a: Film and restaurant reviews are written in one language. Cross-lingual transfer needs "
        "two. What differs here is what the texts are about."
    ),
    ("a", "multi-task"): (
        "a: Count the tasks. Pleased or not, that is asked of both kinds of review: one task. "
        "Multi-task learning needs several. What differs here, if not the task?"
    ),
    ("a", "sequential"): (
        "a: In time, one does follow the other. But sequential transfer (Ruder 2019) goes on to "
        "another task, with labels of its own. Here the labels stay and only the texts change."
    ),
    ("b", "domain adaptation"): (
        "b: The task stays and the texts change, so you are on the right branch of the tree. But "
        "this is more than another subject: hardly a word is shared. The tree has a leaf for it."
    ),
    ("b", "multi-task"): (
        "b: Two languages are not two tasks: the labels that are wanted are the same for both. "
        "Ask what differs between the source texts and the target texts."
    ),
    ("b", "sequential"): (
        "b: Sequential transfer goes on to another task. Here the task stays, and no Finnish text "
        "has a label; go back to the first fork of the tree: same task, or another one?"
    ),
    ("c", "domain adaptation"): (
        "c: Domain adaptation keeps the task and changes the texts. Tags and parse trees are "
        "different labels, and they may even belong to the same sentences."
    ),
    ("c", "cross-lingual"): (
        "c: Nothing is said about a second language. What there are two of is tasks: tags and "
        "trees."
    ),
    ("c", "sequential"): (
        "c: Two tasks, yes. Are they learned one after the other, or at the same time? In "
        "sequential transfer the first is over before the second begins (Ruder 2019)."
    ),
    ("d", "domain adaptation"): (
        "d: The texts may change too, but look at what is predicted: first the next word, then an "
        "answer. Domain adaptation would keep the task."
    ),
    ("d", "cross-lingual"): (
        "d: Nothing is said about a second language. What changes is the task: first predicting "
        "words, then answering questions."
    ),
    ("d", "multi-task"): (
        "d: Two tasks, yes. But in multi-task learning both are learned at the same time and share "
        "what they find (Ruder 2019). Here the word 'first' tells you something."
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
            '    "a": "domain adaptation",  # same task and language, other texts\n'
            '    "b": "cross-lingual",      # same task, another language\n'
            '    "c": "multi-task",         # several tasks, at the same time\n'
            '    "d": "sequential",         # several tasks, one after the other\n'
            "}"
        ),
        right=(
            "Two questions are enough: is the task the same, and if not, are the tasks learned "
            "together or in turn? Real projects mix the kinds; the words help to say where."
        ),
        also_right=(
            {"D": "Sequential transfer learning", "C": "multitask", "B": "Cross lingual",
             "A": " domain-adaptation "},
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
)  # fmt: skip

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
)  # fmt: skip

# --- start-predict -------------------------------------------------------------------------------

add(
    Exercise(
        id="start-predict",
        notebook=NOTEBOOK,
        question=(
            "What happens to the advantage of starting from a pre-trained model as labels become "
            "plentiful, thousands and more?"
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
            "# them. So the two curves meet in the end, at the ceiling that the model and the\n"
            "# noise in the labels allow."
        ),
        right=(
            "Labels replace what pre-training knew, and both curves near the same ceiling (He et "
            "al. 2019 saw it for images). With very few labels it may first *grow*: at 8 labels "
            "neither start can find the boundary, so there is little to be ahead by."
        ),
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
                "At the left end of a curve you can see that: at 8 labels neither start can find "
                "the boundary, and by 64 one of them can. The question is about the right end, "
                "thousands of labels. How far can the leading curve still rise, and how far the "
                "other?",
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
