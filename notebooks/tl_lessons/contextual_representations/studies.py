"""The stored experiments of ``12_contextual_representations``: when meaning is discovered, and why.

Which words are asked, their vectors, the probe, and how a sense is told are functions that stand in
the notebook's cells.
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
from tl_helpers.questions.words import known_words
from tl_helpers.train import pretrain

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

notebook = Cells("12_contextual_representations")
#: What a run may begin with.
STARTS = ("random weights", "word vectors", "layers", "counted, window 20", "counted, window 1")
_VECTORS = "bert.embeddings.word_embeddings.weight"
_TIED = (_VECTORS, "cls.predictions.decoder.weight")  # words are read and guessed by one table


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
        self.tasks = notebook.questions_about(known, tokens, seed)
        self.senses = questions.sense_task(seed, senses)

    def vectors(self, model: PreTrainedModel, documents: Sequence[Sequence[str]]) -> np.ndarray:
        """``[words, hidden]``: the top layer's vector of each word of the documents."""
        return notebook.states(model, self.tokenizer, documents)[-1]  # type: ignore[no-any-return]

    def homonyms(self, model: PreTrainedModel, part: questions.SenseExamples) -> np.ndarray:
        """``[examples, hidden]``: the top layer's vector of each homonym in its document."""
        starts = np.cumsum([0, *map(len, part.words)])[:-1]
        return self.vectors(model, part.words)[starts + part.position]

    def __call__(self, model: PreTrainedModel) -> dict[str, float]:
        """Accuracy of the probe for each task, and of nearest senses, all in the top layer."""
        vectors, row = self.vectors(model, self.known.documents), {}
        for task, (train, test) in self.tasks.items():
            truth, names = self.known.labels[task], self.known.classes[task]
            guess = notebook.fit_probe(vectors[train], truth[train], len(names))(vectors[test])
            right = guess == truth[test]
            row[task] = float(right.mean())
            if task == "part of speech":
                new = ~np.isin(self.known.words[test], self.known.words[train])
                row["part of speech, new words"] = float(right[new].mean())
        train, test = (self.homonyms(model, part) for part in self.senses)
        right = notebook.nearest_sense(train, test, self.senses.train, self.senses.test)
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


def begin(seed: int, start: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A small model with random weights, some of them replaced.

    Args:
        seed: of the random weights. With a head start they are those of seed 1,000 + ``seed``:
            ``town-mlm`` grew from the weights of seed 0, and its layers would know its vectors.
        start: ``"random weights"``: nothing is replaced; ``"word vectors"``: those are, by those of
            ``town-mlm``, and with them the scores of the words, since a word is read and guessed by
            one table; ``"layers"``: everything else is; ``"counted, window 20"`` and ``"counted,
            window 1"``: the word vectors are, by :func:`counted`.
    """
    import torch

    model, tokenizer = models.new("small", seed=seed + 1000 * (start != "random weights"))
    if start.startswith("counted"):
        window = int(start.rpartition(" ")[2])
        words, vectors = counted(seed, model.config.hidden_size, window=window)
        table = model.get_input_embeddings().weight
        with torch.no_grad():
            table[tokenizer.convert_tokens_to_ids(words)] = torch.from_numpy(vectors)
    elif start != "random weights":
        given = models.load("town-mlm", task="masked-lm").model.state_dict()
        given = {k: v for k, v in given.items() if (k in _TIED) == (start == "word vectors")}
        model.load_state_dict(given, strict=False)
    return model, tokenizer


def counted(
    seed: int, size: int, documents: int = 8000, window: int = 20
) -> tuple[list[str], np.ndarray]:
    """Words of a town, and vectors of length one from counting neighbours (PPMI, then SVD).

    Args:
        seed: of the town.
        size: of the vectors.
        documents: how many are counted.
        window: how far away a neighbour may be.
    """
    from sklearn.decomposition import TruncatedSVD

    known = known_words(town.Town(seed=seed).corpus(documents))
    types = len(known)
    counts = np.zeros((types, types))
    for step in range(1, window + 1):
        same = known.document[:-step] == known.document[step:]
        flat = known.ids[:-step][same] * types + known.ids[step:][same]
        counts += np.bincount(flat, minlength=types * types).reshape(types, types)
    counts += counts.T
    context = counts.sum(0) ** 0.75
    given = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    with np.errstate(divide="ignore"):
        ppmi = np.maximum(np.log(given / np.maximum(context / context.sum(), 1e-12)), 0)
    svd = TruncatedSVD(size, random_state=seed).fit(ppmi)
    vectors = svd.transform(ppmi) / np.sqrt(svd.singular_values_)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return [str(word).lower() for word in known.words], vectors.astype(np.float32)


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
        start: see :func:`begin`.
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
        Rows with ``step``, what was asked, ``loss`` and ``guess`` (:func:`questions.probe`).
    """
    model, tokenizer = begin(seed, start)
    rows: list[dict[str, Any]] = []
    guesses: list[float] = []

    def look(trained: PreTrainedModel) -> dict[str, Any]:
        own = {
            "loss": masked_loss(trained, tokenizer, _held_out(seed, 200)),
            "guess": questions.probe(trained, tokenizer),
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
