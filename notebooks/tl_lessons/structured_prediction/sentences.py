"""Sentences with names and trees, and a vector for each of their words."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tl_helpers import data, town
from tl_helpers.core.errors import BadValue
from tl_helpers.town.compiled import ENTITIES

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SHORTEST = 4  # words; shorter ones ("Dear Frances,") are always the same


class Sentences(NamedTuple):
    """Sentences as lists of words, with a tag, a head and a relation for each word."""

    words: list[list[str]]
    tags: list[list[str]]  # BIO: "O", "B-PER", "I-PER" ...
    heads: list[list[int]]  # 1 is the first word, 0 the root
    relations: list[list[str]]  # Universal Dependencies

    def some(self, chosen: Sequence[int] | np.ndarray) -> Sentences:
        """Only these sentences, in this order (of what was annotated).

        Example:
            ``sentences.some([2, 0]).words[1]`` is ``sentences.words[0]``
        """
        rows = [int(i) for i in chosen]

        def taken(part: list[Any]) -> list[Any]:
            return [part[i] for i in rows] if part else []

        return Sentences(
            taken(self.words), taken(self.tags), taken(self.heads), taken(self.relations)
        )


def checked(words: Sequence[Sequence[str]], tags: Sequence[Sequence[str]]) -> None:
    """Refuse sentences whose tags do not fit them.

    Args:
        words: ``[sentences][words]``.
        tags: as many, by the scheme BIO: a name begins with ``B-`` and goes on with ``I-`` of the
            same type; all other words are ``O``.

    Raises:
        BadValue: another number of tags than of words, a tag that is none, or an ``I-`` that goes
            on with a name that has not begun; says where.

    Example:
        >>> checked([["Old", "Town"]], [["B-LOC", "I-LOC"]])
    """
    if len(words) != len(tags):
        raise BadValue(
            f"{len(words)} sentences, but tags for {len(tags)}.",
            "Give one list of tags for each sentence.",
        )
    for number, (sentence, row) in enumerate(zip(words, tags, strict=True)):
        if isinstance(sentence, str) or isinstance(row, str):
            raise BadValue(
                f"Sentence {number} is a string.", "Give lists: one word, and one tag, an item."
            )
        if len(sentence) != len(row):
            raise BadValue(
                f"Sentence {number} has {len(sentence)} words but {len(row)} tags: "
                f"{' '.join(map(str, sentence))!r:.60}.",
                "Give one tag for each word, punctuation marks included.",
            )
        before = "O"
        for place, tag in enumerate(row):
            if not isinstance(tag, str) or not re.fullmatch(r"O|[BI]-\w+", tag):
                raise BadValue(
                    f"Tag {place} of sentence {number} is {tag!r}.",
                    'A tag is "O", or "B-" or "I-" and the type of the name, such as "B-LOC".',
                )
            if tag.startswith("I-") and before[1:] != tag[1:]:
                raise BadValue(
                    f"Sentence {number}: {tag} at word {place} ({sentence[place]!r}) goes on with "
                    f"a name that has not begun (before it: {before}).",
                    f"Begin the name with B{tag[1:]}, or turn IOB1 or IO tags into BIO first.",
                )
            before = tag


class Town(NamedTuple):
    """Sentences of a town, and the rule of the grammar that each of them follows."""

    sentences: Sentences
    rule: np.ndarray


@functools.cache
def of_town(seed: int, documents: int) -> Town:
    """Sentences of at least four words, with gold names and gold trees.

    Example:
        >>> of_town(0, 5).sentences.words[0][:3]
        ['the', 'lonely', 'christening']
    """
    corpus = town.Town(seed=seed).corpus(documents)
    d, engine = corpus.draws, corpus.engine
    rule = np.array([pattern.family for pattern in engine.patterns])[d.pattern]

    def cut(values: np.ndarray) -> list[list]:
        return [part.tolist() for part in np.split(values, d.t_start[1:-1])]

    every = Sentences(
        cut(np.char.lower(corpus.words().astype(str))),
        cut(np.array(ENTITIES)[corpus.entities()]),
        cut(corpus.heads() + 1),
        cut(np.array(engine.relations)[corpus.relations()]),
    )
    chosen = np.flatnonzero(np.diff(d.t_start) >= SHORTEST)
    return Town(every.some(chosen), rule[chosen])


@functools.cache
def written() -> dict[str, Sentences]:
    """The sentences that were written for this course, by split; they have names but no trees.

    Example:
        >>> {split: len(rows.words) for split, rows in written().items()}
        {'train': 150, 'validation': 45, 'test': 105}
    """
    every, found = data.load("tagged"), {}
    for split in ("train", "validation", "test"):
        rows = every[split]
        names = rows.features["ner"].feature.names
        tags = [[names[tag] for tag in row] for row in rows["ner"]]
        words = [list(row) for row in rows["tokens"]]
        checked(words, tags)
        found[split] = Sentences(words, tags, [], [])
    return found


def word_vectors(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    sentences: Sequence[Sequence[str]],
    layer: int = -1,
    batch_size: int = 64,
) -> list[torch.Tensor]:
    """One vector for each word, from a frozen encoder; the subwords of a word are averaged.

    Args:
        model: an encoder of transformers.
        tokenizer: its own, a fast one.
        sentences: lists of words.
        layer: 0 is the embedding layer, -1 the last.
        batch_size: sentences at a time.

    Returns:
        For each sentence ``[words, hidden]``.

    Raises:
        BadValue: a word of which the tokenizer leaves nothing (an empty string, a lone zero-width
            space), or that lies beyond the window of the model; names it.

    Example:
        >>> from tl_helpers import models
        >>> model, tokenizer = models.new("tiny")
        >>> word_vectors(model, tokenizer, [["A", "good", "soup", "."]])[0].shape
        torch.Size([4, 32])
    """
    import torch

    body, found = model.base_model.eval(), []
    for first in range(0, len(sentences), batch_size):
        some = [list(words) for words in sentences[first : first + batch_size]]
        batch = tokenizer(
            some, is_split_into_words=True, padding=True, truncation=True, return_tensors="pt"
        )
        with torch.inference_mode():
            states = body(**batch, output_hidden_states=True).hidden_states[layer].float()
        for row, words in enumerate(some):
            owner = torch.tensor([-1 if w is None else w for w in batch.word_ids(row)])
            count = torch.bincount(owner[owner >= 0], minlength=len(words))
            if (lost := torch.nonzero(count == 0).flatten().tolist()) or not words:
                word = f"{words[lost[0]]!r} (word {lost[0]})" if lost else "every word"
                raise BadValue(
                    f"The tokenizer leaves nothing of {word} in sentence {first + row}, so there "
                    "is no vector for its tag.",
                    "Take the word and its tag out, or shorten the sentence to the model's window.",
                )
            total = torch.zeros(len(words), states.shape[-1])
            total.index_add_(0, owner[owner >= 0], states[row, owner >= 0])
            found.append((total / count[:, None]).clone())
    return found


def word_forms(sentences: Sequence[Sequence[str]]) -> list[torch.Tensor]:
    """What taggers looked at before there were encoders: forms of the word and of its neighbours.

    The word, its first three letters, its last two and three, its shape ("Xx", "0-0") and whether
    it is the first; of both neighbours word and shape. One column each, 1 if it is so.

    Returns:
        For each sentence ``[words, columns]``; columns that occur once in all are left out.

    Example:
        >>> word_forms([["Old", "Town"], ["Old", "Tom"]])[0].shape[0]
        2
    """
    import torch
    from sklearn.feature_extraction import DictVectorizer

    rows, ends = [], np.cumsum([len(words) for words in sentences])
    for words in sentences:
        around = ["#", *words, "#"]
        for place, word in enumerate(words):
            low = word.lower()
            row = {f"word={low}", f"first3={low[:3]}", f"last3={low[-3:]}", f"last2={low[-2:]}"}
            row |= {f"shape={_shape(word)}", f"first={place == 0}"}
            for side, other in (("before", around[place]), ("after", around[place + 2])):
                row |= {f"{side}={other.lower()}", f"{side} shape={_shape(other)}"}
            rows.append(dict.fromkeys(sorted(row), 1))
    table = DictVectorizer(sparse=False, dtype=np.float32).fit_transform(rows)
    table = table[:, table.sum(axis=0) > 1]
    return [torch.tensor(part) for part in np.split(table, ends[:-1])]


def _shape(word: str) -> str:
    """Old -> Xx, 24-hour -> 0-x."""
    kinds = re.sub(r"\d", "0", re.sub(r"[^\W\d_]", lambda m: "X" if m[0].isupper() else "x", word))
    return re.sub(r"(.)\1+", r"\1", kinds)
