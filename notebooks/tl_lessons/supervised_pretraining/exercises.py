"""The exercises of ``14_supervised_pretraining``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tl_helpers.exercises.answers import Choice
from tl_helpers.exercises.functions import Function
from tl_helpers.exercises.model import Exercise, Mistake, add
from tl_helpers.exercises.readings import Reading

NOTEBOOK = "14_supervised_pretraining"
Words = Sequence[str]

# --- sup-clip ------------------------------------------------------------------------------------


def _grams(words: Words, n: int) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def matches(candidate: Words, reference: Words, n: int) -> int:
    """How many n-grams of the candidate are in the reference, none more often than there.

    Args:
        candidate: words of the translation.
        reference: words of what it should be.
        n: length of an n-gram.
    """
    return sum((Counter(_grams(candidate, n)) & Counter(_grams(reference, n))).values())


def _sentences(rng: np.random.Generator) -> list[tuple[Any, Any, int]]:
    words = np.array(["na", "tun", "lukol", "sol", "mu", "ka"])
    cases: list[tuple[Any, Any, int]] = []
    for n in (1, 1, 2, 2, 3):
        reference = rng.choice(words, rng.integers(6, 10)).tolist()
        candidate = [*reference[2:], *rng.choice(words, 4).tolist()]
        cases.append((candidate, reference, n))
    # Spelled out: a word too often; order counts from two words on; nothing in common.
    repeated = ["mu", "mu", "mu", "mu"]
    return [
        *cases,
        (repeated, ["na", "mu", "sol", "mu", "ka"], 1),
        (["sol", "tun", "sol", "tun"], ["tun", "sol", "ka"], 2),
        (["lukol", "ka"], ["na", "sol"], 1),
    ]


def _by_position(candidate: Words, reference: Words, n: int) -> int:
    pairs = zip(_grams(candidate, n), _grams(reference, n), strict=False)
    return sum(a == b for a, b in pairs)


add(
    Exercise(
        id="sup-clip",
        notebook=NOTEBOOK,
        question=(
            "Write matches(candidate, reference, n): how many n-grams of the candidate are also in "
            "the reference, where none counts more often than the reference has it."
        ),
        answer=Function(matches, _sentences, returns="one whole number"),
        solution=(
            "from collections import Counter\n\n"
            "def matches(candidate, reference, n):\n"
            "    def grams(words):\n"
            "        return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))\n"
            "    return sum((grams(candidate) & grams(reference)).values())"
        ),
        right=(
            "Counter & Counter keeps the smaller count of each. Without that clip, 'mu mu mu mu' "
            "would be a perfect translation of anything that contains mu once."
        ),
        also_right=(
            matches,
            lambda c, r, n: sum(
                min(_grams(c, n).count(g), _grams(r, n).count(g)) for g in set(_grams(c, n))
            ),
        ),
        mistakes=(
            Mistake(
                lambda c, r, n: sum(g in set(_grams(r, n)) for g in _grams(c, n)),
                "A word that the candidate repeats counts each time here, however rarely the "
                "reference has it. Then 'mu mu mu mu' beats every honest translation. Take the "
                "smaller of the two counts.",
            ),
            Mistake(
                lambda c, r, n: len(set(_grams(c, n)) & set(_grams(r, n))),
                "A set forgets how often: an n-gram that both have twice counts twice. Use a "
                "Counter instead of a set.",
            ),
            Mistake(
                lambda c, r, n: sum((Counter(c) & Counter(r)).values()),
                "That counts single words whatever n is. From n = 2 on, neighbours belong "
                "together: tuple(words[i : i + n]).",
            ),
            Mistake(
                _by_position,
                "You compare place by place. One extra word in front would cost everything: BLEU "
                "asks whether an n-gram occurs, not where.",
            ),
            Mistake(
                lambda c, r, n: matches(c, r, n) / max(1, len(_grams(c, n))),
                "That is already the precision. Return the number alone: BLEU adds the numbers of "
                "all sentences before it divides.",
            ),
        ),
        hints=(
            "By hand: candidate 'mu mu mu', reference 'na mu sol mu': the reference has two mu, "
            "so two of three count.",
            "collections.Counter counts tuples as well as words, and a & b keeps the smaller "
            "count of each.",
        ),
    )
)

# --- sup-teacher ---------------------------------------------------------------------------------


def praise_teacher(scores: Mapping[str, float] | None = None) -> str:
    """What to say about the right prediction, with what was measured.

    Args:
        scores: teacher -> mean accuracy in the stored study.
    """
    why = (
        "A label says at once which words are praise and which are blame. Translation never needs "
        "to know that: a word has a word of its own over there, whatever it means. And the masked "
        "words come to it late: first which words are frequent, then grammar, then meaning."
    )
    if not scores:
        return why
    told = ", ".join(f"{name} {score:.0%}" for name, score in scores.items())
    return f"{told}. {why}"


add(
    Exercise(
        id="sup-teacher",
        notebook=NOTEBOOK,
        question=(
            "Four encoders read as many examples. Which one's features are best for praise or "
            "blame in a domain of which nobody saw a label?"
        ),
        answer=Choice(
            {
                "translation": "the encoder of the translator",
                "labels": "the encoder that learned praise and blame in other domains",
                "masked words": "the encoder that filled in gaps",
                "random": "the encoder that learned nothing",
            },
            right="labels",
        ),
        solution='prediction = "labels"\n# The task is the same; only the domain is another one.',
        right=praise_teacher,
        also_right=("Labels", "the encoder that learned praise and blame in other domains"),
        mistakes=(
            Mistake(
                "translation",
                "To translate 'delightful', the encoder must know *which* word it is. Must it also "
                "know that 'lovely' is a friend of it and 'dreadful' is not?",
            ),
            Mistake(
                "masked words",
                "In the end, yes: the shipped town-mlm is good at this. But it comes to meaning "
                "late (notebook 12). How much has it read here, with as many examples as the "
                "others?",
            ),
            Mistake(
                "random",
                "Random features are a serious opponent for tasks about single words, less so "
                "here: which word is praise has to be learned from somewhere, and 16 labels show "
                "few of the words.",
            ),
        ),
        hints=(
            "Ask of each teacher: which mistakes does it punish? Is one of them to take praise for "
            "blame?",
            "Half of the words of praise are the same in all domains of the town.",
        ),
    )
)

# --- sup-enough ----------------------------------------------------------------------------------

Few = Mapping[int, float]  # labelled documents -> mean accuracy


def enough(few: Few) -> list[int]:
    """The smallest number of labelled documents within five points of the best, by eye."""
    best = max(few.values())
    found = [n for n in sorted(few) if few[n] >= best - 0.05]
    close = [n for n in sorted(few) if abs(few[n] - (best - 0.05)) < 0.005]
    return sorted({found[0], *close})


def _some_few(rng: np.random.Generator) -> dict[str, Few]:
    steps = np.array([0.62, 0.74, 0.87, 0.9]) + rng.uniform(0, 0.01, 4)
    return {"few": dict(zip((100, 400, 1600, 6400), steps.tolist(), strict=True))}


add(
    Exercise(
        id="sup-enough",
        notebook=NOTEBOOK,
        question=(
            "What is the smallest number of labelled documents whose encoder comes within five "
            "points of the best in the picture?"
        ),
        answer=Reading(enough, _some_few, form="a number of documents"),
        solution=(
            "best = max(few.values())\n"
            "documents = min(n for n, score in few.items() if score >= best - 0.05)"
        ),
        right=(
            "Below it the encoder knows its few documents by heart; above it more labels bring "
            "little, for the distinction is learned. What more labels of one kind never bring is "
            "another distinction."
        ),
        mistakes=(
            Mistake(
                lambda few: max(few) if max(few) not in enough(few) else None,
                "That is the best one itself. Five points below it there is a horizontal line: "
                "which is the first point above?",
            ),
            Mistake(
                lambda few: min(few) if min(few) not in enough(few) else None,
                "The fewest documents are the cheapest, and the worst. How far below the best is "
                "that point?",
            ),
            Mistake(
                lambda few: float(max(few.values())),
                "That is a height, an accuracy. The question is where on the *horizontal* axis "
                "the point lies: a number of documents.",
                also=(lambda few: max(few.values()) - 0.05,),
            ),
        ),
        hints=(
            "Find the highest point and subtract five points (0.05).",
            "Go from left to right; take the first point that is not below that line.",
        ),
    )
)
