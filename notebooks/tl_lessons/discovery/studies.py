"""The stored experiments of ``13_discovery``: when meaning is discovered, and why.

What a run begins with stands in the cells of the notebook; which words are asked, their vectors,
the probe, and how a sense is told in those of notebook 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers import models, questions, town
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results
from tl_helpers.questions.annotated import annotated
from tl_helpers.train import pretrain

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

notebook, probing = Cells("13_discovery"), Cells("12_contextual_representations")
#: What a run may begin with.
STARTS = ("random weights", "word vectors", "layers", "counted, window 20", "counted, window 1")


class Examination:
    """Everything that a model is asked on the way, from a town of its own seed (30,000 + seed)."""

    def __init__(
        self,
        seed: int,
        documents: int,
        tokens: int,
        senses: int,
        tokenizer: PreTrainedTokenizerBase,
    ) -> None:
        self.tokenizer = tokenizer
        known = annotated(town.Town(seed=30_000 + seed).corpus(documents))
        self.known = known
        self.tasks = probing.questions_about(known, tokens, seed)
        self.senses = questions.sense_task(seed, senses)

    def vectors(self, model: PreTrainedModel, documents: Sequence[Sequence[str]]) -> np.ndarray:
        """``[words, hidden]``: the top layer's vector of each word of the documents."""
        return probing.states(model, self.tokenizer, documents)[-1]  # type: ignore[no-any-return]

    def homonyms(self, model: PreTrainedModel, part: questions.SenseExamples) -> np.ndarray:
        """``[examples, hidden]``: the top layer's vector of each homonym in its document."""
        starts = np.cumsum([0, *map(len, part.words)])[:-1]
        return self.vectors(model, part.words)[starts + part.position]

    def __call__(self, model: PreTrainedModel) -> dict[str, float]:
        """Accuracy of the probe for each task, and of nearest senses, all in the top layer."""
        vectors, row = self.vectors(model, self.known.documents), {}
        for task, (train, test) in self.tasks.items():
            truth, names = self.known.labels[task], self.known.classes[task]
            guess = probing.fit_probe(vectors[train], truth[train], len(names))(vectors[test])
            right = guess == truth[test]
            row[task] = float(right.mean())
            if task == "part of speech":
                new = ~np.isin(self.known.words[test], self.known.words[train])
                row["part of speech, new words"] = float(right[new].mean())
        train, test = (self.homonyms(model, part) for part in self.senses)
        right = probing.nearest_sense(train, test, self.senses.train, self.senses.test)
        row["sense"] = float(right.mean())
        return row


@lru_cache(maxsize=2)
def _held_out(seed: int, documents: int) -> tuple[str, ...]:
    return tuple(
        town.Town(seed=seed).corpus(documents, start=questions.FIRST_UNSEEN_DOCUMENT).texts()
    )


@lru_cache(maxsize=1)
def _blocks(seed: int, documents: int, block: int) -> np.ndarray:
    texts = town.Town(seed=seed).corpus(documents).texts()
    return pretrain.pack(texts, models.town_tokenizer(), block)


def masked_loss(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    mask_rate: float = 0.25,
) -> float:
    """Nats for each hidden word of held-out texts; always the same words are hidden."""
    import torch

    batch = tokenizer(list(texts), padding=True, return_tensors="pt")
    ids = batch["input_ids"]
    chance = torch.from_numpy(np.random.default_rng(0).random(tuple(ids.shape)))
    special = torch.isin(ids, torch.tensor(tokenizer.all_special_ids))
    hidden = (chance < mask_rate) & ~special
    batch["input_ids"] = ids.masked_fill(hidden, tokenizer.mask_token_id)
    model.eval()
    with torch.inference_mode():
        logits = model(**batch).logits[hidden]
        return float(torch.nn.functional.cross_entropy(logits, ids[hidden]))


def read(
    seed: int,
    start: str,
    steps: int,
    every: int,
    ask: Examination | None,
    *,
    total: int = 1200,
    batch_size: int = 32,
    block: int = 128,
    documents: int = 100_000,
    goal: float = 2.0,
    after: int = 0,
) -> list[dict[str, Any]]:
    """Read a town, and be examined on the way.

    Args:
        seed: of the town's text, the weights and the masks.
        start: what is given: see ``begin`` in the notebook.
        steps: how many to take.
        every: steps between examinations.
        ask: the examination; only loss and own guesses if None.
        total: steps that the learning rate is planned for.
        batch_size: blocks in a step.
        block: words in a block.
        documents: that the town has; as in ``town-one-minute``.
        goal: share of right own guesses at which it is enough; above 1: read on to the end.
        after: examinations that still follow then.

    Returns:
        Rows with ``step``, what was asked, ``loss`` and ``guess`` (:func:`questions.own_guesses`).
    """
    model, tokenizer = notebook.begin(seed, start)
    rows: list[dict[str, Any]] = []
    guesses: list[float] = []

    def look(trained: PreTrainedModel) -> dict[str, Any]:
        own = {
            "loss": masked_loss(trained, tokenizer, _held_out(seed, 200)),
            "guess": questions.own_guesses(trained, tokenizer),
        }
        answers = ask(trained) if ask else {}
        rows.append({"step": len(guesses) * every, **answers, **own})
        guesses.append(own["guess"])
        return own

    def done(e: dict[str, Any]) -> bool:
        return e["step"] >= steps or any(g >= goal for g in guesses[: len(guesses) - after])

    pretrain.fit(
        model,
        _blocks(seed, documents, block),
        tokenizer=tokenizer,
        steps=total,
        batch_size=batch_size,
        seed=seed,
        evaluate=look,
        evaluate_every=every,
        until=done,
        **pretrain.SMALL,
    )
    return rows


@results.study("discovery")
def discovery(
    seed: int,
    steps: int = 1200,
    every: int = 100,
    documents: int = 400,
    tokens: int = 2500,
    senses: int = 4,
) -> list[dict[str, Any]]:
    """Probes, loss and own guesses while a small masked language model reads a town.

    A run ends 200 steps after the model's own guesses reached 0.9, at the latest after ``steps``.
    """
    ask = Examination(seed, documents, tokens, senses, models.town_tokenizer())
    return read(seed, "random weights", steps, every, ask, goal=0.9, after=2)


@results.study("discovery-causes", start=STARTS[1:])
def discovery_causes(
    seed: int, start: str, steps: int = 600, every: int = 50, documents: int = 100_000
) -> list[dict[str, Any]]:
    """The same reading as in ``discovery``, with a head start, until the model has jumped.

    A run ends when three of four own guesses are right, at the latest after ``steps``.
    """
    return read(seed, start, steps, every, None, documents=documents, goal=0.75)
