"""A corpus of the town as integers, and what the generator knows about each word.

For notebooks that learn vectors of words and ask afterwards whether the neighbours are right.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tl_helpers.core.errors import UnknownName
from tl_helpers.questions.reading import word_polarity
from tl_helpers.town.generate import ATTRIBUTE, ATTRIBUTE_COLUMNS, SLOT

if TYPE_CHECKING:
    from tl_helpers.town.corpus import Corpus

ONE_SIDED = 0.9  # a word of praise is one in this share of its opinions
AT_HOME = 0.8  # a word belongs to a topic if this share of it stands there


@dataclass(frozen=True)
class KnownWords:
    """The word types of a corpus, in a fixed order, and the truth about them.

    Attributes:
        words: ``[types]`` as they stand in mid-sentence.
        counts: ``[types]`` how often each occurs.
        ids: ``[tokens]`` index into ``words``: the corpus as integers.
        document: ``[tokens]`` number of the document that a token stands in.
        categories: names of the lists that the grammar draws from, such as ``"staff"``.
        drawn_from: ``[types, categories]`` bool: was the word ever drawn from this list?
        sentiment: ``[types]`` 1 praise, -1 blame, 0 neither (or now this, now that).
        topic: ``[types]`` the topic (0 to 27) that the word belongs to, -1 if to none.
    """

    words: np.ndarray
    counts: np.ndarray
    ids: np.ndarray
    document: np.ndarray
    categories: tuple[str, ...]
    drawn_from: np.ndarray
    sentiment: np.ndarray
    topic: np.ndarray

    def __len__(self) -> int:
        return len(self.words)

    def find(self, *words: str) -> np.ndarray:
        """``[words]`` their places in the order of types.

        Raises:
            UnknownName: a word that does not occur in the corpus.
        """
        place = {word: i for i, word in enumerate(self.words.tolist())}
        for word in words:
            if word not in place:
                # The closest ones only: a list of all would fill the screen.
                close = difflib.get_close_matches(word, place, 5, 0.0)
                raise UnknownName("word of this corpus", word, close)
        return np.array([place[word] for word in words])


def known_words(corpus: Corpus) -> KnownWords:
    """The words of a corpus and the truth about them.

    A *category* is a list that the grammar draws from to fill one kind of hole in its sentences
    (waiters and chefs; adjectives for rooms). Words that no list holds ("the", "was", ".") have
    none. Sentiment and topic are read off the gold annotation of where the word was used.

    Example:
        >>> from tl_helpers import town
        >>> known_words(town.Town(seed=0).corpus(20)).words[:3].tolist()
        ['awful', 'terrible', 'horrible']
    """
    d, e = corpus.draws, corpus.engine
    types, ids, counts = np.unique(d.token, return_inverse=True, return_counts=True)
    n = len(types)
    names = list(dict.fromkeys([*e.categories, *ATTRIBUTE_COLUMNS]))
    kind, arg = e.p_kind[d.place], e.p_arg[d.place]
    drawn_from = np.zeros((n, len(names)), bool)
    for holes, columns in ((SLOT, list(e.categories)), (ATTRIBUTE, ATTRIBUTE_COLUMNS)):
        here = kind == holes
        column = np.array([names.index(name) for name in columns])
        drawn_from[ids[here], column[arg[here]]] = True
    side = word_polarity(corpus)
    praise = np.bincount(ids[side > 0], minlength=n)
    blame = np.bincount(ids[side < 0], minlength=n)
    opinions = praise + blame
    sided = opinions > counts / 2
    sentiment = np.select(
        [sided & (praise >= ONE_SIDED * opinions), sided & (blame >= ONE_SIDED * opinions)], [1, -1]
    )
    document = d.doc[d.sentence]
    topics = 4 * d.domain.max(initial=0) + 4
    where = (4 * d.domain + d.topic)[document]
    table = np.bincount(ids * topics + where, minlength=n * topics).reshape(n, topics)
    topic = np.where(table.max(1) >= AT_HOME * counts, table.argmax(1), -1)
    return KnownWords(
        np.array(e.surfaces, dtype=object)[types],
        counts,
        ids,
        document,
        tuple(names),
        drawn_from,
        sentiment,
        topic,
    )
