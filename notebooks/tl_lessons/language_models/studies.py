"""The stored studies of notebook 11: counting against a network; temperature; a real model."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tl_helpers import data, models, questions, town
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results
from tl_helpers.train import pretrain

notebook = Cells("11_language_models")

END = "[end]"
_WORD = re.compile(r"[.,!?;:]|[^\s.,!?;:]+")
Context = tuple[str, ...]
Table = dict[Context, Counter[str]]


def words(text: str) -> list[str]:
    """A text of the town as the town's tokenizer cuts it: lower case, marks by themselves."""
    return _WORD.findall(text.lower())


class KneserNey:
    """Interpolated Kneser-Ney with one discount (Kneser and Ney 1995; Chen and Goodman 1999).

    Args:
        documents: lists of words.
        order: words in an n-gram.
        vocabulary: how many words there are, the end of a text included.
        discount: taken from every count, for what was not seen.
    """

    def __init__(
        self,
        documents: Iterable[Sequence[str]],
        order: int,
        vocabulary: int,
        discount: float = 0.75,
    ) -> None:
        self.order, self.vocabulary, self.discount = order, vocabulary, discount
        self.tables: list[Table] = [defaultdict(Counter) for _ in range(order)]
        for document in documents:
            for context, word in self.windows(document):
                self.tables[-1][context][word] += 1
        for n in range(order - 1, 0, -1):  # below the top: in how many contexts a word follows
            for context, followers in self.tables[n].items():
                for word in followers:
                    self.tables[n - 1][context[1:]][word] += 1
        self.totals = [{c: sum(f.values()) for c, f in table.items()} for table in self.tables]

    def windows(self, document: Sequence[str]) -> Iterable[tuple[Context, str]]:
        """Every word with the words before it, and the end with the last words."""
        n = self.order - 1
        padded = [END] * n + list(document) + [END]
        for i in range(n, len(padded)):
            yield tuple(padded[i - n : i]), padded[i]

    def __call__(self, context: Context, word: str) -> float:
        """Probability of ``word`` after ``context`` (``order - 1`` words)."""
        p = 1 / self.vocabulary
        for n, (table, total) in enumerate(zip(self.tables, self.totals, strict=True)):
            short = context[len(context) - n :]
            if short not in table:
                break
            seen = table[short]
            kept = max(seen.get(word, 0) - self.discount, 0)
            p = (kept + self.discount * len(seen) * p) / total[short]
        return p

    def bits(self, documents: Sequence[Sequence[str]]) -> float:
        """Bits for whole documents, their ends included, for each word."""
        total = sum(math.log2(self(c, w)) for doc in documents for c, w in self.windows(doc))
        return -total / sum(map(len, documents))


@results.study("town-language-models", seeds=range(10))
def town_language_models(
    seed: int,
    steps: int = 200,
    every: int = 25,
    batch_size: int = 32,
    block: int = 128,
    documents: int = 18_000,
    order: int = 4,
    held_out: int = 200,
) -> list[dict[str, Any]]:
    """Bits per word on held-out documents, while a causal transformer reads a town once.

    Beside it, Kneser-Ney n-grams that have counted as many words. Each seed has its own town text
    and weights.
    """
    home = town.Town(seed=seed)
    corpus, test = (
        home.corpus(documents),
        home.corpus(held_out, start=questions.FIRST_UNSEEN_DOCUMENT),
    )
    model, tokenizer = models.new("small", "clm", seed=seed)
    blocks = pretrain.pack(corpus.texts(), tokenizer, block)

    def bits(logprob: np.ndarray) -> float:
        return float(-logprob.sum() / test.n_tokens / math.log(2))

    history = pretrain.fit(
        model,
        blocks,
        tokenizer=tokenizer,
        objective="clm",
        steps=steps,
        batch_size=batch_size,
        learning_rate=8e-3,
        optimiser="muon",
        seed=seed,
        progress=False,
        evaluate_every=every,
        evaluate=lambda m: bits(questions.log_probabilities(m, tokenizer, test.texts())),
    )
    rows: list[dict[str, Any]] = [
        {"model": "transformer", "words": e["tokens"], "bits": e["value"]}
        for e in history.evaluations
    ]
    texts, held = [words(t) for t in corpus.texts()], [words(t) for t in test.texts()]
    ends = np.cumsum([len(t) + 1 for t in texts])
    for count in [e["tokens"] for e in history.evaluations[1:]]:
        read = texts[: int(np.searchsorted(ends, count)) + 1]
        model_of_counts = KneserNey(read, order, len(town.vocabulary()) + 1)
        rows.append({"model": "n-gram", "words": count, "bits": model_of_counts.bits(held)})
    rows.append({"model": "truth", "words": 0, "bits": bits(test.logprob())})
    return rows


@results.study("little-text-again", passes=[4])
def little_text_again(
    seed: int,
    passes: int,
    little: int = 102_400,
    batch_size: int = 32,
    block: int = 128,
    documents: int = 3000,
    order: int = 4,
    held_out: int = 200,
) -> dict[str, float]:
    """The first point of :func:`town_language_models`, with a schedule that ends there.

    A causal transformer reads so ``little`` text ``passes`` times; n-grams count it once,
    since they would learn nothing from it again.

    Returns:
        ``bits`` (per held-out word, of the transformer), ``counted`` (of the n-grams).
    """
    home = town.Town(seed=seed)
    texts = home.corpus(documents).texts()
    test = home.corpus(held_out, start=questions.FIRST_UNSEEN_DOCUMENT)
    model, tokenizer = models.new("small", "clm", seed=seed)
    blocks = pretrain.pack(texts, tokenizer, block)[: little // block]
    pretrain.fit(
        model,
        blocks,
        tokenizer=tokenizer,
        objective="clm",
        steps=passes * (len(blocks) // batch_size),
        batch_size=batch_size,
        learning_rate=8e-3,
        optimiser="muon",
        seed=seed,
        progress=False,
    )
    spent = questions.log_probabilities(model, tokenizer, test.texts())
    read = [words(text) for text in texts]
    ends = np.cumsum([len(text) + 1 for text in read])
    counts = KneserNey(
        read[: int(np.searchsorted(ends, little)) + 1], order, len(town.vocabulary()) + 1
    )
    return {
        "bits": float(-spent.sum() / test.n_tokens / math.log(2)),
        "counted": counts.bits([words(text) for text in test.texts()]),
    }


@results.study("temperature", temperature=[0.3, 0.5, 0.7, 1.0, 1.5])
def temperatures(seed: int, temperature: float, texts: int = 256) -> dict[str, float | None]:
    """What the judge of the town says of texts that ``town-clm`` writes, no word cut off.

    Each seed is another draw of ``texts`` texts from the same model, by the notebook's ``sample``
    and ``examine``.
    """
    model, tokenizer = models.load("town-clm", task="causal-lm")
    written = notebook.sample(model, tokenizer, texts, seed, temperature=temperature)
    return notebook.examine(written, town.Judge())


@results.study("docstrings-smollm2")
def docstrings_smollm2(seed: int, read: int = 1500, judged: int = 100) -> dict[str, float]:
    """Bits per byte of docstrings, their ends included: SmolLM2, and trigrams of 4,000 subwords.

    Each seed is another draw of ``read`` docstrings that the trigrams count, and of ``judged``
    ones that both are asked about, in lower case. The texts and the n-grams are those of the
    notebook. SmolLM2 is not trained any further; each text stands between two of its marks for
    the end of a turn, which were the best for it of three kinds on another draw (seed 10).
    """
    documentation = data.load("docstrings")
    texts = notebook.choose(documentation["train"]["text"][:], read, seed)
    asked = notebook.choose(documentation["test"]["text"][:], judged, seed)
    size = sum(len(text.encode()) for text in asked)
    order, tokenise = notebook.tokenizers_of(texts)["4,000 subwords"]
    counted, _ = notebook.ngram_bits(texts, asked, order, tokenise)
    model, tokenizer = models.load("smollm2", task="causal-lm", dtype="bfloat16")
    rows = tokenizer(asked, add_special_tokens=False)["input_ids"]
    nats = -notebook.log_probabilities(model, rows, tokenizer.eos_token_id, batch_size=4).sum()
    return {"SmolLM2": float(nats / math.log(2) / size), "trigrams": float(counted / size)}
