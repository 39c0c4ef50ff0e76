"""The stored study of notebook 12: its measures of written sentences, for a larger real encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tl_helpers import data, models
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

notebook = Cells("12_contextual_representations")


class Prefixed:
    """A tokenizer that puts a word before each text and does not count it as one of its words.

    Args:
        tokenizer: of ``transformers``, a fast one.
        word: what is put before each text.

    Example:
        ``Prefixed(tokenizer, "query:")([["A", "film"]], is_split_into_words=True)``
    """

    def __init__(self, tokenizer: Any, word: str) -> None:
        self.tokenizer, self.word = tokenizer, word

    def __call__(self, documents: Sequence[Sequence[str]], **how: Any) -> Any:
        """What the tokenizer makes of lists of words; ``word_ids`` leave the word in front out."""
        batch = self.tokenizer([[self.word, *words] for words in documents], **how)
        with_it = batch.word_ids

        def word_ids(row: int = 0) -> list[int | None]:
            return [None if not word else word - 1 for word in with_it(row)]

        batch.word_ids = word_ids
        return batch


@results.study("written-e5", of_town=False)
def written_e5(seed: int, sentences: int = 200, every: int = 2) -> list[dict[str, Any]]:
    """Parts of speech and meanings of written sentences in every second layer of E5.

    The measures are the notebook's own. Each seed draws ``sentences`` of the written sentences in
    another order, of which the first three fifths train the probe, and other classes for the
    control task. The sentences with two meanings are the same for every seed. Before each text
    stands ``query:``, as in E5's own training.

    Returns:
        For each layer ``part of speech`` and ``control task`` (accuracies), ``same meaning`` (how
        many of the ``words`` are nearer to the same meaning), ``word list`` (accuracy without any
        network).
    """
    model, tokenizer = models.load("e5-multilingual")
    model.eval()
    asked = Prefixed(tokenizer, "query:")
    written = data.load("tagged")
    every_one = [*written["train"], *written["test"]]
    order = np.random.default_rng(seed).permutation(len(every_one))[:sentences]
    found, by_list = notebook.part_of_speech_probes(
        [every_one[i] for i in order], model, asked, every=every, seed=seed
    )
    nearer = notebook.same_meaning(data.load("word-senses")["test"], model, asked)
    return [
        {
            "layer": layer,
            "part of speech": float(real),
            "control task": float(random),
            "word list": float(by_list),
            "same meaning": int(nearer[layer].sum()),
            "words": nearer.shape[1],
        }
        for layer, (real, random) in found.items()
    ]
