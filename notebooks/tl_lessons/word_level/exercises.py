"""What the exercises of ``24_word_level`` do; their words are in the TOML file."""

from __future__ import annotations

from typing import Any

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.word_level import lesson

sheet = Sheet(lesson.notebook, __file__)

Spans = list[tuple[int, int]]


def _spans(rng: np.random.Generator) -> list[tuple[Any, Spans, Spans]]:
    """Marks at both ends, words of one and of several subwords, spaces that subwords take along."""
    apart = [(0, 0), (0, 3), (3, 6), (7, 9), (0, 0)]
    with_spaces = [(0, 2), (2, 7), (7, 9), (9, 14), (14, 15)]
    across = [(0, 0), (0, 4), (4, 9), (9, 11), (0, 0)]
    return [
        (rng.normal(size=(5, 3)).round(2), apart, [(0, 6), (7, 9)]),
        (rng.normal(size=(5, 2)).round(2), with_spaces, [(0, 2), (3, 9), (10, 14), (14, 15)]),
        (rng.normal(size=(5, 4)).round(2), across, [(0, 6), (6, 9), (9, 11)]),
    ]


@sheet.function("word-spans", cases=_spans, tolerance=1e-6, returns="an array, a row for each word")
def pool_by_characters(vectors, subword_spans, word_spans):
    """This aligns any two ways to cut one text, whatever tools made them: words and subwords, or
    the subwords of two models. A fast tokenizer gives the spans with `return_offsets_mapping=True`.
    """
    rows = []
    for begin, end in word_spans:
        own = [i for i, (a, b) in enumerate(subword_spans) if a < end and begin < b and a < b]
        rows.append(vectors[own].mean(axis=0))
    return np.array(rows)


@pool_by_characters.also_right
def by_sets(vectors, subword_spans, word_spans):
    found = []
    for begin, end in word_spans:
        word = set(range(begin, end))
        own = [v for v, (a, b) in zip(vectors, subword_spans, strict=True) if word & {*range(a, b)}]
        found.append(np.mean(own, axis=0))
    return np.stack(found)


@pool_by_characters.also_right
def by_matrix(vectors, subword_spans, word_spans):
    share = np.array(
        [[max(0, min(b, d) - max(a, c)) > 0 for c, d in subword_spans] for a, b in word_spans]
    ).astype(float)
    return share @ vectors / share.sum(axis=1, keepdims=True)


@pool_by_characters.wrong
def only_inside(vectors, subword_spans, word_spans):
    """That takes only subwords that lie wholly inside the word. A subword that brings the space
    before it, or that reaches into the next word, shares a character with it all the same."""
    rows = []
    for begin, end in word_spans:
        own = [i for i, (a, b) in enumerate(subword_spans) if begin <= a < b <= end]
        rows.append(vectors[own].mean(axis=0) if own else 0 * vectors[0])
    return np.array(rows)


@pool_by_characters.wrong
def first_only(vectors, subword_spans, word_spans):
    """That is the *first* subword of each word. It is a choice that one can make, but asked for is
    the mean over all of them."""
    rows = []
    for begin, end in word_spans:
        own = [i for i, (a, b) in enumerate(subword_spans) if a < end and begin < b and a < b]
        rows.append(vectors[own[0]])
    return np.array(rows)


@pool_by_characters.wrong
def sums(vectors, subword_spans, word_spans):
    """Those are sums. A word of three subwords would have a vector three times as long: take the
    mean."""
    rows = []
    for begin, end in word_spans:
        own = [i for i, (a, b) in enumerate(subword_spans) if a < end and begin < b and a < b]
        rows.append(vectors[own].sum(axis=0))
    return np.array(rows)


@pool_by_characters.wrong
def touching(vectors, subword_spans, word_spans):
    """A span does not include its end: (0, 3) and (3, 6) touch, but share no character; and a mark
    with the span (0, 0) has no character to share. Is there a `<=` where a `<` should be?"""
    rows = []
    for begin, end in word_spans:
        own = [i for i, (a, b) in enumerate(subword_spans) if a <= end and begin <= b]
        rows.append(vectors[own].mean(axis=0))
    return np.array(rows)
