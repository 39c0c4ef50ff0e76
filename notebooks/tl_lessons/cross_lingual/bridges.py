"""Two bridges that take minutes: a masked model of both languages, and translators."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tl_helpers import models, questions, town
from tl_helpers.core.cells import Cells
from tl_helpers.measure import evaluate, results
from tl_helpers.train import adapt, translation

notebook = Cells("36_cross_lingual")  # what the models read, and how they are judged
DOMAINS = ("restaurant", "film")
BRIDGES = ("separate words", "shared words", "lexicon", "translations")
WAYS = ("Ondalese labels", "translate-train", "translate-test")


# --- one model for both languages ----------------------------------------------------------------
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


@results.study("cross-lingual-joint", bridge=list(BRIDGES))
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


# --- the way back --------------------------------------------------------------------------------
@functools.lru_cache(maxsize=1)
def _translator_back(seed: int, documents: int, steps: int) -> translation.Translator:
    """From Ondalese to English; it reads none of the sentences that are judged."""
    english, ondalese = (models.town_tokenizer(language=name) for name in ("english", "ondalese"))
    made = translation.new("small", seed=seed, source=ondalese, target=english)
    pairs = town.Town(seed=seed).corpus(documents, start=2_000_000).parallel()
    rows = translation.pack([(p.target, p.source) for p in pairs], made.source, made.target)
    translation.fit(made, rows, steps=steps, seed=seed, progress=False)
    return made


@results.study("cross-lingual-translation", way=list(WAYS))
def translation_accuracy(
    seed: int, way: str, documents: int = 3000, steps: int = 60
) -> dict[str, float | None]:
    """Praise or blame in Ondalese, with 300 labelled sentences: by translators, or labelled there.

    ``translate-train`` uses ``town-mt``. Only ``translate-test`` needs a translator back, trained
    for so many steps; ``bleu`` is that of its translations of the sentences that are judged.
    """
    pairs, truth = _opinions(seed)
    found: list[str] = []

    def there(texts: list[str]) -> list[str]:
        return translation.translate(translation.load("town-mt"), texts)

    def back(texts: list[str]) -> list[str]:
        found.extend(translation.translate(_translator_back(seed, documents, steps), texts))
        return found

    accuracy = notebook.by_translation(way, pairs, truth, there, back)
    right = [pair.source.lower() for pair in pairs[len(pairs) - len(found) :]]
    return {"accuracy": accuracy, "bleu": evaluate.bleu(right, found) if found else None}


def _opinions(seed: int, documents: int = 1500) -> tuple[list[Any], np.ndarray]:
    """Pairs of sentences that praise or blame plainly, with their labels; as in the notebook."""
    corpus = town.Town(seed=10_000 + seed, hard=0).corpus(documents)
    chosen, pairs = questions.opinion_sentences(corpus), corpus.parallel()
    return [pairs[i] for i in chosen], corpus.sentence_sentiment()[chosen]
