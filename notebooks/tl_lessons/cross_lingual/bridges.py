"""A bridge between languages: one masked model that reads both."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tl_helpers import questions, town
from tl_helpers.core.cells import Cells
from tl_helpers.train import adapt

notebook = Cells("36_cross_lingual")  # what the models read, and how they are judged
DOMAINS = ("restaurant", "film")
BRIDGES = ("separate words", "shared words", "lexicon", "translations")


def _home(seed: int) -> town.Town:
    return town.Town(seed=seed, mixture=dict.fromkeys(DOMAINS, 1), hard=0, neutral=0)


@functools.lru_cache(maxsize=1)
def _texts(seed: int, documents: int) -> tuple[list[list[str]], list[list[str]], list[list[str]]]:
    """Documents of each language, none a translation of another; and sentence pairs as one text."""
    home = _home(seed)
    pairs = home.corpus(documents // 2, start=2_000_000).parallel()
    english = home.corpus(documents).texts()
    ondalese = home.corpus(documents, start=1_000_000).translations()
    both = [f"{pair.source} {pair.target}" for pair in pairs]
    parts = [[notebook.words_of(text) for text in texts] for texts in (english, ondalese, both)]
    return parts[0], parts[1], parts[2]


@functools.lru_cache(maxsize=1)
def _lexicon(seed: int, size: int) -> dict[str, str]:
    """The most frequent words that are spelled differently, with their translations."""
    found = notebook.lexicon_of(_home(seed).corpus(1000, start=3_000_000).parallel())
    differ = [(a, b) for a, b in found.items() if a != b]
    return dict(differ[:size])


def joint_model(
    seed: int, bridge: str, documents: int = 2500, lexicon: int = 50, steps: int = 60
) -> list[dict[str, Any]]:
    """A masked model of both languages; English labels for Ondalese sentences.

    ``task``: sentiment, or which of two domains. ``english``: accuracy on other English sentences;
    ``accuracy``: on Ondalese ones.
    """
    english, ondalese, pairs = _texts(seed, documents)
    matter = notebook.reading_matter(
        bridge, english, ondalese, pairs, _lexicon(seed, lexicon), np.random.default_rng(seed)
    )
    model, tokenizer = notebook.joint_model(matter, seed, steps)
    corpus = _home(10_000 + seed).corpus(1600)
    chosen = questions.opinion_sentences(corpus)[:1200]
    every = corpus.parallel()
    judged = [every[i] for i in chosen]
    sides = [[notebook.words_of(getattr(p, side)) for p in judged] for side in ("source", "target")]
    if bridge == "separate words":
        sides[1] = [notebook.renamed(words) for words in sides[1]]
    vectors = [adapt.embed(model, tokenizer, [" ".join(w) for w in texts]) for texts in sides]
    labels = {
        "sentiment": corpus.sentence_sentiment()[chosen],
        "domain": corpus.draws.domain[corpus.draws.doc[chosen]],
    }
    rows = []
    for task, truth in labels.items():
        own, other = notebook.carried_over(*vectors, truth)
        rows.append({"task": task, "english": own, "accuracy": other})
    return rows
