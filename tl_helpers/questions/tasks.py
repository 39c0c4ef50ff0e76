"""Labelled tasks cut from the town's documents."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue
from tl_helpers.town.homonyms import HOMONYMS

if TYPE_CHECKING:
    from tl_helpers.town import Town
    from tl_helpers.town.corpus import Corpus

MOST_EXAMPLES = 500  # of one sense, in training and test each
LEVELS = ("document", "sentence")
_CHUNK = 10_000  # documents drawn at a time in search of homonyms


class Opinions(NamedTuple):
    """One-sentence opinions; every sentence comes from another document."""

    texts: list[str]
    labels: np.ndarray  # 0 blame, 1 praise
    hard: np.ndarray  # said by negation, contrast or irony


def opinion_sentences(corpus: Corpus) -> np.ndarray:
    """Which sentences of a corpus hold an opinion: the first such sentence of each document.

    Example:
        >>> from tl_helpers import town
        >>> opinion_sentences(town.Town().corpus(3)).tolist()
        [1, 7, 12]
    """
    opinion = (corpus.sentence_sentiment() < 2) & (corpus.draws.role == 1)
    sentences = np.flatnonzero(opinion)
    return sentences[np.unique(corpus.draws.doc[sentences], return_index=True)[1]]


def opinion_task(seed: int, n_documents: int = 3000, **dials: Any) -> Opinions:
    """Sentences that hold an opinion, from a town of their own seed (10,000 + ``seed``).

    Args:
        seed: which town.
        n_documents: how many documents to cut from; each gives at most one sentence.
        **dials: of :class:`tl_helpers.town.Town`.

    Example:
        >>> opinion_task(0, 20).texts[0]
        'The new job seemed dreadful, so I was crestfallen.'
    """
    from tl_helpers.town import Town

    seed = checks.seed(seed)
    corpus = Town(seed=10_000 + seed, **dials).corpus(n_documents)
    chosen, sentences = opinion_sentences(corpus), corpus.sentences()
    return Opinions(
        [sentences[i] for i in chosen],
        corpus.sentence_sentiment()[chosen],
        corpus.is_hard()[chosen],
    )


class SenseExamples(NamedTuple):
    """Homonyms in their context and what they mean there; arrays are ``[examples]``."""

    texts: list[str]  # documents or sentences
    words: list[list[str]]  # the same, cut into words and punctuation marks
    position: np.ndarray  # which of ``words`` is the homonym
    word: np.ndarray  # key of ``HOMONYMS``
    sense: np.ndarray  # key of ``HOMONYMS[word]``
    label: np.ndarray  # the same as a number: which of the word's senses, from 0
    document: np.ndarray  # running number of the document


class SenseTask(NamedTuple):
    """Two lots of examples that share no document."""

    train: SenseExamples
    test: SenseExamples


def sense_task(
    seed: int, n: int = 20, *, level: str = "document", words: Iterable[str] | None = None
) -> SenseTask:
    """Which meaning of a homonym is meant? From a town of its own seed (20,000 + ``seed``).

    Balanced: ``n`` examples of each sense of each word in training, as many in test, in the order
    of the documents. Documents with an even number are for training, those with an odd one for
    test; no document gives two examples of one word. The sense is not always to be told from a
    sentence alone ("The bass was good."); in a document it nearly always is.

    Args:
        seed: which town.
        n: examples of each sense in each part, from 1 to 500.
        level: ``"document"`` or ``"sentence"``, the context that is given with the word.
        words: some of ``HOMONYMS``; all of them if left out.

    Raises:
        BadValue: ``n`` or ``level`` out of range, or no words.
        UnknownName: a word that is not among the homonyms.

    Example:
        >>> sense_task(0, n=1, words=["bass"]).train.sense  # doctest: +SKIP
        ['fish', 'sound']
    """
    seed, n = checks.seed(seed), checks.whole(n, "n", high=MOST_EXAMPLES)
    checks.one_of(level, LEVELS, "level")
    given = list(HOMONYMS) if words is None else checks.texts(words, "words", empty=True)
    chosen = [*dict.fromkeys(given)]
    for word in chosen:
        checks.known("homonym of the town", word, HOMONYMS)
    if not chosen:
        raise BadValue("No homonyms were chosen.", "Leave `words` out to use all of them.")
    missing = {
        (part, word, label): n
        for part in (0, 1)
        for word in chosen
        for label in range(len(HOMONYMS[word]))
    }
    rows: list[tuple] = []
    start = 0
    while any(missing.values()):
        corpus = _documents(20_000 + seed, start)
        d, homonyms = corpus.draws, corpus.homonyms()
        bounds = d.t_start if level == "sentence" else d.t_start[d.s_start]
        texts = corpus.sentences() if level == "sentence" else corpus.texts()
        tokens = corpus.words()
        taken: set[tuple[int, str]] = set()
        for at, word, sense, label in zip(*(x.tolist() for x in homonyms), strict=True):
            unit = int(d.sentence[at])
            owner = int(d.doc[unit])
            number = start + owner
            if not missing.get((number % 2, word, label)) or (owner, word) in taken:
                continue
            taken.add((owner, word))
            missing[number % 2, word, label] -= 1
            if level == "document":
                unit = owner
            a, b = bounds[unit : unit + 2]
            rows.append((number, texts[unit], tokens[a:b].tolist(), at - a, word, sense, label))
        start += _CHUNK
    return SenseTask(*(_examples([r for r in rows if r[0] % 2 == part]) for part in (0, 1)))


# The same town is asked again and again: for fewer words, in sentences and in whole texts.
@lru_cache(maxsize=1)
def _town(seed: int) -> Town:
    from tl_helpers.town import Town

    return Town(seed=seed)


@lru_cache(maxsize=3)
def _documents(seed: int, start: int) -> Corpus:
    return _town(seed).corpus(_CHUNK, start=start)


def _examples(rows: list[tuple]) -> SenseExamples:
    number, texts, words, position, word, sense, label = zip(*rows, strict=True)
    return SenseExamples(
        list(texts),
        list(words),
        np.array(position),
        np.array(word),
        np.array(sense),
        np.array(label),
        np.array(number),
    )
