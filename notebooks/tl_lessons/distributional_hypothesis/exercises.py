"""The exercises of ``10_distributional_hypothesis`` up to the window."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from tl_helpers.exercises.answers import Choice
from tl_helpers.exercises.functions import Function
from tl_helpers.exercises.model import Exercise, Mistake, add
from tl_helpers.measure.evaluate import Interval

NOTEBOOK = "10_distributional_hypothesis"

# --- dist-pmi ------------------------------------------------------------------------------------


def pmi(together: float, word: float, context: float, total: float) -> float:
    """Pointwise mutual information in nats.

    Args:
        together: how many pairs are this word with this context.
        word: how many pairs have this word.
        context: how many pairs have this context.
        total: how many pairs there are.
    """
    return math.log(together * total / (word * context))


def _counts(rng: np.random.Generator) -> list[tuple[int, int, int, int]]:
    """Some pairs that attract and some that avoid each other."""
    cases = [(30, 200, 500, 10_000), (2, 400, 900, 10_000)]
    for _ in range(4):
        word, context = (int(x) for x in rng.integers(100, 900, 2))
        total = int(rng.integers(5_000, 50_000))
        cases.append((int(rng.integers(1, 60)), word, context, total))
    return cases


add(
    Exercise(
        id="dist-pmi",
        notebook=NOTEBOOK,
        question=(
            "Write pmi(together, word, context, total): the pointwise mutual information of a word "
            "and a context from four counts of pairs, with the natural logarithm."
        ),
        answer=Function(pmi, _counts, returns="one number, in nats"),
        solution=(
            "def pmi(together, word, context, total):\n"
            "    by_chance = (word / total) * (context / total)  # were the two independent\n"
            "    return np.log((together / total) / by_chance)"
        ),
        right=(
            "Zero means: together exactly as often as chance would have it. Below zero means they "
            "avoid each other; PPMI forgets that side, since it takes much text to be sure of it."
        ),
        also_right=(
            pmi,
            lambda t, w, c, n: np.log(t) + np.log(n) - np.log(w) - np.log(c),
            lambda t, w, c, n: math.log((t / w) / (c / n)),
        ),
        mistakes=(
            Mistake(
                lambda t, w, c, n: max(0.0, pmi(t, w, c, n)),
                "That is PPMI: the negative side is cut off. The exercise asks for PMI itself, "
                "which is below zero when two words meet *less* often than by chance.",
            ),
            Mistake(
                lambda t, w, c, n: t * n / (w * c),
                "That is the ratio of the two probabilities. PMI is its logarithm, so that chance "
                "is at 0 and not at 1.",
            ),
            Mistake(
                lambda t, w, c, n: math.log2(t * n / (w * c)),
                "Right in bits: that is the logarithm to base 2. The notebook uses the natural "
                "one (np.log), which will matter for log k.",
                also=(lambda t, w, c, n: math.log10(t * n / (w * c)),),
            ),
            Mistake(
                lambda t, w, c, n: -pmi(t, w, c, n),
                "The sign is reversed: chance stands above the line there. What one *saw* is "
                "divided by what one would expect.",
            ),
            Mistake(
                lambda t, w, c, n: math.log(t / (w * c)),
                "The counts are not yet probabilities: each of the three is divided by total, "
                "which leaves one total over. Without it the value falls as the text grows.",
                also=(lambda t, w, c, n: math.log(t / n / (w * c)),),
            ),
            Mistake(
                lambda t, w, c, n: math.log(t / w),
                "That is log P(context | word). The context's own share is missing: *the* follows "
                "every word often, and that is just what PMI should not be impressed by.",
                also=(lambda t, w, c, n: math.log(t / c), lambda t, w, c, n: math.log(t / n)),
            ),
        ),
        hints=(
            "Turn the counts into probabilities first: P(w, c) = together / total, and likewise "
            "P(w) and P(c).",
            "If the two were independent, P(w, c) would be P(w) times P(c). Compare what was seen "
            "with that.",
            "np.log(seen / expected).",
        ),
    )
)

# --- dist-window ---------------------------------------------------------------------------------

Curves = Mapping[str, Mapping[int, Interval]]


def narrow_and_wide(curves: Curves | None = None) -> str:
    """What to say about the right prediction, with what was measured.

    Args:
        curves: name of the line -> window -> precision at 10.
    """
    why = (
        "The next word tells what could stand here; twenty words tell what is being talked about. "
        "The three lines are three meanings of 'similar'."
    )
    if not curves:
        return why
    said = []
    for name in ("same category", "same topic"):
        line = curves[name]
        said.append(f"{name} {line[min(line)].mean:.2f} to {line[max(line)].mean:.2f}")
    return f"Above, from the narrowest window to the widest: {', '.join(said)}. {why}"


add(
    Exercise(
        id="dist-window",
        notebook=NOTEBOOK,
        question="The window grows from 1 to 20 words: what happens to the ten nearest neighbours?",
        answer=Choice(
            {
                "a": "same category falls, same topic rises",
                "b": "same category rises, same topic falls",
                "c": "both rise",
                "d": "both stay",
            },
            right="a",
        ),
        solution=(
            'prediction = "a"\n'
            "# Next door stand the words that grammar asks for: the same for all of a category.\n"
            "# Far away stand the words of the same story: the same for all of a topic."
        ),
        right=narrow_and_wide,
        also_right=("A", " a ", "a)", "(a)", "same category falls, same topic rises"),
        mistakes=(
            Mistake(
                "b",
                "Think of *waiter*. Which words stand right beside it, and which stand beside "
                "*mechanic*? And which words stand twenty places away from the one, and from the "
                "other?",
            ),
            Mistake(
                "c",
                "More context is more information, but of another kind, and a vector of a given "
                "size has to choose. What do words far away know about which words could *replace* "
                "this one?",
            ),
            Mistake(
                "d",
                "If far words were only noise, both lines would fall. But a text stays with its "
                "subject: what do twenty words around *chowder* have in common?",
            ),
        ),
        hints=(
            "Write down the two neighbours of *chef* in three sentences; then do it for *umpire*.",
            "Then write down everything within twenty words. Which list tells the two apart?",
        ),
    )
)
