"""Two bridges that take minutes: a masked model of both languages, and a translator back."""

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
STAGES = ("counts alone", "trained")
WAYS = ("Ondalese labels", "translate-train", "word for word", "translate-test")


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


@functools.lru_cache(maxsize=1)
def _judged(seed: int) -> tuple[list[list[str]], list[list[str]], dict[str, np.ndarray]]:
    """Sentences with a plain opinion in English and in Ondalese, and their labels by task."""
    corpus = _home(10_000 + seed).corpus(1600)
    chosen = questions.opinion_sentences(corpus)[:1200]
    every = corpus.parallel()
    english, ondalese = (
        [notebook.words_of(getattr(every[i], side)) for i in chosen]
        for side in ("source", "target")
    )
    domain = corpus.draws.domain[corpus.draws.doc[chosen]]
    return english, ondalese, {"sentiment": corpus.sentence_sentiment()[chosen], "domain": domain}


@results.study("cross-lingual-joint", bridge=list(BRIDGES))
def joint_model(
    seed: int, bridge: str, documents: int = 2000, lexicon: int = 50, steps: int = 300
) -> list[dict[str, Any]]:
    """A masked model of both languages; English labels for Ondalese sentences.

    ``stage``: ``counts alone`` (the head start, no step of training) or ``trained``. ``task``:
    sentiment, or which of two domains. ``english``: accuracy on other English sentences;
    ``accuracy``: on Ondalese ones.
    """
    english, ondalese, pairs = _texts(seed, documents)
    matter = notebook.reading_matter(
        bridge, english, ondalese, pairs, _lexicon(seed, lexicon), np.random.default_rng(seed)
    )
    own, other, labels = _judged(seed)
    if bridge == "separate words":
        other = [notebook.renamed(words) for words in other]
    model, tokenizer, blocks = notebook.counted_model(matter, seed)
    rows = []
    for stage in STAGES:
        if stage == "trained":
            notebook.read_on(model, tokenizer, blocks, seed, steps)
        vectors = [adapt.embed(model, tokenizer, [" ".join(w) for w in t]) for t in (own, other)]
        for task, truth in labels.items():
            here, there = notebook.carried_over(*vectors, truth)
            rows.append({"stage": stage, "task": task, "english": here, "accuracy": there})
    return rows


# --- the way back --------------------------------------------------------------------------------
@functools.lru_cache(maxsize=1)
def _pairs(seed: int, documents: int) -> list[Any]:
    return town.Town(seed=seed).corpus(documents, start=2_000_000).parallel()


def _translator_back(seed: int, documents: int, steps: int) -> translation.Translator:
    """From Ondalese to English; the sentences that are judged are those of another town."""
    english, ondalese = (models.town_tokenizer(language=name) for name in ("english", "ondalese"))
    made = translation.new("small", seed=seed, source=ondalese, target=english)
    pairs = [(p.target, p.source) for p in _pairs(seed, documents)]
    rows = translation.pack(pairs, made.source, made.target)
    translation.fit(made, rows, steps=steps, seed=seed, progress=False)
    return made


def _word_for_word(seed: int, documents: int, texts: list[str]) -> list[str]:
    """Each word by a dictionary read off the very same pairs; a word that is not in it stays."""
    listed = notebook.lexicon_of(_pairs(seed, documents))
    back = {b: a for a, b in reversed(listed.items())}  # the most frequent English word wins
    return [" ".join(back.get(word, word) for word in notebook.words_of(text)) for text in texts]


@results.study("cross-lingual-translation", way=list(WAYS))
def translation_accuracy(
    seed: int, way: str, documents: int = 2000, steps: int = 100
) -> dict[str, float | None]:
    """Praise or blame in Ondalese, with 300 labelled sentences: translated, or labelled there.

    ``translate-train`` uses ``town-mt``. Only ``translate-test`` needs a translator back, trained
    for so many steps on the sentence pairs of so many documents; ``word for word`` goes back with
    a dictionary from the same pairs. ``bleu``: of what is judged in English.
    """
    corpus = town.Town(seed=10_000 + seed, hard=0).corpus(1500)
    chosen, every = questions.opinion_sentences(corpus), corpus.parallel()
    pairs, truth = [every[i] for i in chosen], corpus.sentence_sentiment()[chosen]
    found: list[str] = []

    def there(texts: list[str]) -> list[str]:
        return translation.translate(translation.load("town-mt"), texts)

    def back(texts: list[str]) -> list[str]:
        if way == "word for word":
            found.extend(_word_for_word(seed, documents, texts))
        else:
            found.extend(translation.translate(_translator_back(seed, documents, steps), texts))
        return found

    method = "translate-test" if way == "word for word" else way  # another way back, no more
    accuracy = notebook.by_translation(method, pairs, truth, there, back)
    right = [pair.source.lower() for pair in pairs[len(pairs) - len(found) :]]
    return {"accuracy": accuracy, "bleu": evaluate.bleu(right, found) if found else None}
