"""What the exercises of ``22_generation`` do; their words are in the TOML file."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.generation import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- gen-beam ------------------------------------------------------------------------------------


def _beams(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """A beam in which the best continuation is no child of the best beginning, and random ones."""
    cases: list[tuple[Any, ...]] = [
        (
            [(-0.4, "was"), (-0.6, "made")],
            [{"good": -2.0, "lovely": -2.2, "bad": -2.5}, {"us": -0.1, "me": -1.5, "it": -4.0}],
            2,
        )
    ]
    for width, kept in ((2, 3), (3, 2), (2, 2)):
        totals = sorted(rng.uniform(-6, -1, kept).round(3).tolist(), reverse=True)
        running = [(total, f"we word{n}") for n, total in enumerate(totals)]
        words = ["saw", "met", "had", "ate"]
        scores = [
            dict(zip(words, rng.uniform(-5, -0.1, 4).round(3).tolist(), strict=True))
            for _ in running
        ]
        cases.append((running, scores, width))
    return cases


@sheet.function("gen-beam", cases=_beams, tolerance=1e-6, returns="a list of pairs")
def extend(running, scores, width):
    """A beginning that was only second best may lead to the best text: that is all that a beam of
    two has over greedy decoding. With a width of one it *is* greedy decoding."""
    further = []
    for (total, words), row in zip(running, scores, strict=True):
        for word, score in row.items():
            further.append((total + score, words + " " + word))
    return sorted(further, key=lambda pair: pair[0], reverse=True)[:width]


@extend.also_right
def by_heap(running, scores, width):
    further = (
        (total + score, f"{words} {word}")
        for (total, words), row in zip(running, scores, strict=True)
        for word, score in row.items()
    )
    return heapq.nlargest(width, further, key=lambda pair: pair[0])


@extend.wrong
def one_child_each(running, scores, width):
    """That keeps one continuation of each beginning. They all compete: two may come from the same
    beginning, and none from another."""
    further = []
    for (total, words), row in zip(running, scores, strict=True):
        word = max(row, key=row.get)
        further.append((total + row[word], words + " " + word))
    return sorted(further, key=lambda pair: pair[0], reverse=True)[:width]


@extend.wrong
def forgets_the_past(running, scores, width):
    """That ranks by the last word alone. The probability of a text is the product of all of its
    words, so the logarithm of the next word is *added* to the total."""
    further = []
    for (_, words), row in zip(running, scores, strict=True):
        for word, score in row.items():
            further.append((score, words + " " + word))
    return sorted(further, key=lambda pair: pair[0], reverse=True)[:width]


@extend.wrong
def the_worst(running, scores, width):
    """Those are the least likely ones. Logarithms of probabilities are negative: the best is the
    one nearest to zero, thus the largest."""
    further = []
    for (total, words), row in zip(running, scores, strict=True):
        for word, score in row.items():
            further.append((total + score, words + " " + word))
    return sorted(further, key=lambda pair: pair[0])[:width]


@extend.wrong
def all_of_them(running, scores, width):
    """In the right order, but all of them. A beam that is never cut grows with every step, by a
    factor as large as the vocabulary."""
    further = []
    for (total, words), row in zip(running, scores, strict=True):
        for word, score in row.items():
            further.append((total + score, words + " " + word))
    return sorted(further, key=lambda pair: pair[0], reverse=True)


# --- gen-unsupported -----------------------------------------------------------------------------
_FIRST, _SECOND = ["copper", "golden", "blue", "old"], ["kettle", "lion", "spoon", "anchor"]
_NAMES = [[a, b] for a in _FIRST for b in _SECOND]


def _headlines(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Names that the source has, that it lacks, and that it has in parts only."""
    source = "we visited the copper kettle . an old spoon lay on the blue table .".split()
    cases: list[tuple[Any, ...]] = [
        ("good tea at the copper kettle .".split(), source, _NAMES),
        ("good tea at the golden lion .".split(), source, _NAMES),
        ("copper spoon : good tea .".split(), source, _NAMES),
        ("old spoon and copper kettle : a kettle of copper .".split(), source, _NAMES),
    ]
    first, second = str(rng.choice(_FIRST)), str(rng.choice(_SECOND))
    return [*cases, (f"{first} {second} : bad tea .".split(), source, _NAMES)]


@sheet.function("gen-unsupported", cases=_headlines, returns="a whole number")
def unsupported(headline, source, names):
    """That is a count without any reference headline: it needs the source alone, which one always
    has. It finds names that were made up, and nothing else; a turned verdict passes."""
    stated = list(zip(headline, headline[1:], strict=False))
    known = list(zip(source, source[1:], strict=False))
    count = 0
    for first, second in names:
        if (first, second) in stated and (first, second) not in known:
            count += 1
    return count


@unsupported.also_right
def by_sets(headline, source, names):
    made_up = set(zip(headline, headline[1:], strict=False)) - set(
        zip(source, source[1:], strict=False)
    )
    return len(made_up & {tuple(name) for name in names})


@unsupported.wrong
def word_by_word(headline, source, names):
    """That looks for the two words anywhere. A source with *copper* in one place and *spoon* in
    another does not speak of the Copper Spoon."""
    return sum(
        a in headline and b in headline and not (a in source and b in source) for a, b in names
    )


@unsupported.wrong
def all_stated(headline, source, names):
    """That counts every name in the headline, also those that the source bears out."""
    stated = list(zip(headline, headline[1:], strict=False))
    return sum((a, b) in stated for a, b in names)


@unsupported.wrong
def missing(headline, source, names):
    """The other way round: those are the names of the source that the headline leaves out. To
    leave something out is no lie."""
    stated = list(zip(headline, headline[1:], strict=False))
    known = list(zip(source, source[1:], strict=False))
    return sum((a, b) in known and (a, b) not in stated for a, b in names)
