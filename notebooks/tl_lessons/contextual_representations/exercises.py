"""The exercises of ``12_contextual_representations``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from tl_helpers.exercises.answers import Choice
from tl_helpers.exercises.functions import Function
from tl_helpers.exercises.model import Exercise, Mistake, add
from tl_helpers.exercises.readings import Reading
from tl_helpers.measure.evaluate import Interval

NOTEBOOK = "12_contextual_representations"

# --- ctx-layer -----------------------------------------------------------------------------------

LINE = "relation"
Curves = Mapping[str, Mapping[int, Interval]]


def best_layers(curves: Curves) -> list[int]:
    """The layer with the highest accuracy; nobody reads a picture more exactly than to a point."""
    line = curves[LINE]
    top = max(at.mean for at in line.values())
    return [layer for layer, at in line.items() if at.mean >= top - 0.005]


def _height(curves: Curves) -> float:
    return round(max(at.mean for at in curves[LINE].values()), 2)


def _lowest(curves: Curves) -> int | None:
    worst = min(curves[LINE], key=lambda layer: curves[LINE][layer].mean)
    return None if worst in best_layers(curves) else worst


def _another(curves: Curves) -> list[int]:
    return [x for x in curves[LINE] if x not in best_layers(curves) and x != _lowest(curves)]


def _some_layers(rng: np.random.Generator) -> dict[str, Curves]:
    """Four lines over three layers; the relation is best somewhere above the first."""
    best = int(rng.integers(1, 3))
    heights = {
        name: np.sort(rng.uniform(0.5, 0.98, 3))
        for name in ("part of speech", "entity", "sentiment")
    }
    line = rng.uniform(0.7, 0.85, 3)
    line[0], line[best] = rng.uniform(0.5, 0.65), rng.uniform(0.9, 0.97)
    heights[LINE] = line
    return {
        "curves": {
            name: {
                i: Interval(float(y), float(y) - 0.01, float(y) + 0.01, 5) for i, y in enumerate(ys)
            }
            for name, ys in heights.items()
        }
    }


add(
    Exercise(
        id="ctx-layer",
        notebook=NOTEBOOK,
        question="In which layer of town-mlm can the relation be read off best?",
        answer=Reading(best_layers, _some_layers, form="the number of a layer"),
        solution=(
            'line = curves["relation"]\nbest_layer = max(line, key=lambda layer: line[layer].mean)'
        ),
        right=(
            "Layer 0 knows the word and where it stands, but not what it does in this sentence: "
            "that is told by the neighbours. Which layer serves a task best differs between "
            "networks and tasks: in larger ones it is often one in the middle (Tenney et al. "
            "2019), as you can see in section 5."
        ),
        mistakes=(
            Mistake(
                _height,
                "That is a height on the vertical axis. The question is about the layer, which is "
                "on the *horizontal* one.",
            ),
            Mistake(
                _lowest,
                "There it is *hardest* to read off: a static vector does not know what the word "
                "does in this sentence. Look for the highest point of the line *relation*.",
            ),
            Mistake(
                _another,
                "At that layer the line *relation* is below its highest point. Did you follow "
                "another line?",
            ),
        ),
        hints=(
            "Find the name *relation* at the right end, and follow its line to the left.",
            "Where is it highest? Read the number below that point.",
        ),
    )
)

# --- ctx-lookup ----------------------------------------------------------------------------------


def lookup(
    train_words: Sequence[str], train_labels: Sequence[int], test_words: Sequence[str]
) -> list[int]:
    """The most frequent label of each word in training; for new words, that of all words.

    Args:
        train_words: words whose label is known.
        train_labels: their labels.
        test_words: words to be labelled.
    """
    seen: dict[str, Counter[int]] = {}
    for word, label in zip(train_words, train_labels, strict=True):
        seen.setdefault(word, Counter())[label] += 1
    default = Counter(train_labels).most_common(1)[0][0]
    return [seen[w].most_common(1)[0][0] if w in seen else default for w in test_words]


_WORDS = ("row", "soup", "the", "was", "great", "ring", "bank", "we")


def _labelled(rng: np.random.Generator) -> list[tuple[list[str], list[int], list[str]]]:
    """Words with two labels each, of which the rarer comes first and last, and words never seen."""
    cases = []
    for _ in range(5):
        *known, loud = (str(w) for w in rng.permutation(_WORDS)[:5])
        pairs: list[tuple[str, int]] = [(loud, 7)] * 60  # the most frequent label of all
        edges: list[tuple[str, int]] = []
        for i, word in enumerate(known):
            often = 1 if i < 2 else int(rng.integers(2, 5))  # the most frequent label of types
            edges.append((word, often + int(rng.integers(1, 3))))
            pairs += [(word, often)] * (4 + i)
        order = edges + [pairs[i] for i in rng.permutation(len(pairs))] + edges
        words, labels = zip(*order, strict=True)
        again = [str(w) for w in rng.permutation(known)[:3]]
        cases.append((list(words), list(labels), [*known, loud, "xylophone", *again]))
    return cases


def _first_label(words: Sequence[str], labels: Sequence[int], tests: Sequence[str]) -> list[int]:
    table: dict[str, int] = {}
    for word, label in zip(words, labels, strict=True):
        table.setdefault(word, label)
    default = Counter(labels).most_common(1)[0][0]
    return [table.get(word, default) for word in tests]


def _by_type(words: Sequence[str], labels: Sequence[int], tests: Sequence[str]) -> list[int]:
    kinds = dict(zip(words, lookup(words, labels, list(words)), strict=True))
    default = Counter(kinds.values()).most_common(1)[0][0]
    return [kinds.get(word, default) for word in tests]


def _one_for_all(words: Sequence[str], labels: Sequence[int], tests: Sequence[str]) -> list[int]:
    return [Counter(labels).most_common(1)[0][0]] * len(tests)


def _nothing_for_new(
    words: Sequence[str], labels: Sequence[int], tests: Sequence[str]
) -> list[int | None]:
    return [
        found if word in set(words) else None
        for word, found in zip(tests, lookup(words, labels, tests), strict=True)
    ]


def _fails_for_new(words: Sequence[str], labels: Sequence[int], tests: Sequence[str]) -> list[int]:
    table = dict(zip(words, lookup(words, labels, list(words)), strict=True))
    return [table[word] for word in tests]


add(
    Exercise(
        id="ctx-lookup",
        notebook=NOTEBOOK,
        question=(
            "Write lookup(train_words, train_labels, test_words): for each test word the label "
            "that it had most often in training; for a new word the most frequent label of all."
        ),
        answer=Function(lookup, _labelled, returns="a list with one label for each test word"),
        solution=(
            "from collections import Counter, defaultdict\n"
            "def lookup(train_words, train_labels, test_words):\n"
            "    seen = defaultdict(Counter)\n"
            "    for word, label in zip(train_words, train_labels):\n"
            "        seen[word][label] += 1\n"
            "    default = Counter(train_labels).most_common(1)[0][0]\n"
            "    return [seen[w].most_common(1)[0][0] if w in seen else default\n"
            "            for w in test_words]"
        ),
        right=(
            "That is all that memory can do, without any network. A probe is interesting as far as "
            "it does better, above all on words that may be this or that, and on new ones."
        ),
        also_right=(
            lookup,
            lambda words, labels, tests: [
                max(
                    set(labels),
                    key=lambda y: (
                        sum(a == w and b == y for a, b in zip(words, labels, strict=True)),
                        labels.count(y),
                    ),
                )
                for w in tests
            ],
        ),
        mistakes=(
            Mistake(
                _first_label,
                "A word may have several labels in training. You take one that happened to come "
                "first (or last); the question is which came *most often*.",
                also=(
                    lambda a, b, c: [
                        dict(zip(a, b, strict=True)).get(w, Counter(b).most_common(1)[0][0])
                        for w in c
                    ],
                ),
            ),
            Mistake(
                _one_for_all,
                "That is the most frequent label for *every* word: the baseline below this one. "
                "Words that were seen should get their own.",
            ),
            Mistake(
                _nothing_for_new,
                "A word that was not seen in training still needs an answer: the label that is "
                "most frequent of all.",
                also=(_fails_for_new,),
            ),
            Mistake(
                _by_type,
                "For new words you count each word *type* once. Count tokens: the most frequent "
                "label among all training examples.",
            ),
        ),
        hints=(
            "A Counter for each word: how often did it have which label?",
            "Counter(...).most_common(1)[0][0] is the most frequent key.",
            "And one Counter of all labels, for words that are in none of the others.",
        ),
    )
)

# --- ctx-order -----------------------------------------------------------------------------------

OPTIONS = ("part of speech", "relation", "sense", "own guess")


def _when(steps: Sequence[int | None]) -> str:
    """At which step on average, and in how many runs if not in all."""
    came = [step for step in steps if step is not None]
    if not came:
        return "in no run"
    said = f"at step {np.mean(came):.0f}"
    if len(came) == len(steps):
        return said
    return f"{said} in {len(came)} of {len(steps)} runs and not at all in the others"


def what_came_when(half_way: Mapping[str, Sequence[int | None]] | None = None) -> str:
    """What to say about the right prediction, with what was stored.

    Args:
        half_way: what was learned -> for each seed the step at which half of the way was done,
            None where that did not come within the run.
    """
    why = (
        "Which words stand beside which is in every sentence. Which side an opinion is on can be "
        "told from *other sentences* only, and is of use for a few words. In a lucky run all comes "
        "nearly at once; in others the side does not come at all."
    )
    if not half_way:
        return why
    said = "; ".join(f"{name} {_when(half_way[name])}" for name in OPTIONS)
    return f"Half of the way was done, on average: {said}. {why}"


add(
    Exercise(
        id="ctx-order",
        notebook=NOTEBOOK,
        question="A masked language model reads from random weights. What does it learn last?",
        answer=Choice(dict(zip("abcd", OPTIONS, strict=True)), right="d"),
        solution=(
            'prediction = "own guess"\n'
            "# It needs word vectors in which the sides differ, and layers that carry the side\n"
            "# from one sentence to another; neither is of use without the other."
        ),
        right=what_came_when,
        also_right=("own guess", "D", " Own Guess "),
        mistakes=(
            Mistake(
                "a",
                "To fill a gap at all one has to know what kind of word fits. Is there anything "
                "that would be of use *before* that?",
            ),
            Mistake(
                "b",
                "Relations are a matter of the next few words, and every gap asks for them. Which "
                "of the four needs words that are far away?",
            ),
            Mistake(
                "c",
                "Senses follow from the topic, and the topic is in nearly every noun around. Which "
                "of the four is written in few words of a text, and far from the gap?",
            ),
        ),
        hints=(
            "Ask of each: from how far away must the evidence come?",
            "And: for how many of the hidden words is it of any use?",
        ),
    )
)
