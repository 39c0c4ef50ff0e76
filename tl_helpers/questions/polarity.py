"""Does a model know the town? Questions whose answer the generator knows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tl_helpers.core import checks, output
from tl_helpers.core.errors import BadValue
from tl_helpers.core.vocabulary import check_ids
from tl_helpers.town import lexicon

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

FIRST_UNSEEN_DOCUMENT = 50_000_000  # documents from here on are never trained on


def evaluative_words() -> dict[str, frozenset[str]]:
    """Polarity -> the evaluative adjectives of the lexicon that have no other.

    Example:
        >>> sorted(evaluative_words())
        ['negative', 'positive']
    """
    sides = {
        p: {w.lower() for d in ("any", *lexicon.DOMAINS) for w in lexicon.words("eval", d, p)}
        for p in lexicon.POLARITIES
    }
    both = sides["negative"] & sides["positive"]
    return {p: frozenset(words - both) for p, words in sides.items()}


def questions(n: int, seed: int = 0) -> tuple[list[list[str]], np.ndarray, np.ndarray]:
    """``n`` held-out documents as word lists, a masked adjective's position, and its polarity.

    The adjective stands in a sentence without negation, contrast or irony, and its polarity is that
    of the document, so the other sentences tell which polarity it must have.

    Raises:
        BadValue: ``n`` is no number of questions, or ``seed`` no seed.

    Example:
        >>> documents, places, polarity = questions(3)
        >>> documents[0][places[0]]
        'pleasant'
    """
    return _questions(checks.at_least_one(n, "n"), checks.seed(seed))


@lru_cache(maxsize=4)
def _questions(n: int, seed: int) -> tuple[list[list[str]], np.ndarray, np.ndarray]:
    from tl_helpers.town import Town

    corpus = Town(seed=seed).corpus(n * 3, start=FIRST_UNSEEN_DOCUMENT)
    d, words = corpus.draws, corpus.words()
    cues = corpus.cue_positions("eval")
    sentence = d.sentence[cues]
    agrees = d.polarity[sentence] == d.sentiment[d.doc[sentence]]
    cues = cues[agrees]
    docs, first = np.unique(d.doc[d.sentence[cues]], return_index=True)
    docs, cues = docs[:n], cues[first][:n]
    starts = d.t_start[d.s_start]
    texts = [words[starts[i] : starts[i + 1]].tolist() for i in docs]
    return texts, cues - starts[docs], d.sentiment[docs].astype(np.int64)


def own_guesses(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    *,
    n: int = 400,
    batch_size: int = 100,
) -> float:
    """Has a masked language model discovered sentiment? 0.5 is chance.

    One evaluative adjective per document is masked; the answer counts as right when the model puts
    more probability on the adjectives of the document's polarity than on those of the other.

    Args:
        model: a masked language model with the town's tokenizer.
        n: number of questions; the standard error is at most ``0.5 / sqrt(n)``.

    Returns:
        The share of right answers.

    Raises:
        BadValue: the tokenizer has no mask token (a causal model).

    Example:
        >>> own_guesses(*models.load("town-mlm")) > 0.9  # doctest: +SKIP
        True
    """
    import torch

    if tokenizer.mask_token_id is None:
        raise BadValue(
            "own_guesses() needs a masked language model.", "Use one with a [MASK] token."
        )
    n, batch_size = checks.at_least_one(n, "n"), checks.at_least_one(batch_size, "batch_size")
    texts, positions, truth = questions(n)
    ids = {
        p: torch.tensor(sorted(tokenizer.convert_tokens_to_ids(sorted(words))))
        for p, words in evaluative_words().items()
    }
    was_training = model.training
    model.eval()
    right = []
    with torch.inference_mode(), output.Working(n, "asking", "question") as work:
        for i in range(0, n, batch_size):
            rows = []
            batch_of = slice(i, i + batch_size)
            for words, at in zip(texts[batch_of], positions[batch_of], strict=True):
                masked = [*words[:at], tokenizer.mask_token, *words[at + 1 :]]
                rows.append(" ".join(masked))
            batch = tokenizer(rows, padding=True, truncation=True, return_tensors="pt")
            check_ids(batch["input_ids"].numpy(), model)
            where = (batch["input_ids"] == tokenizer.mask_token_id).int().argmax(1)
            logits = model(**batch).logits[torch.arange(len(rows)), where]
            positive = logits[:, ids["positive"]].logsumexp(1)
            negative = logits[:, ids["negative"]].logsumexp(1)
            right.append((positive > negative).numpy())
            work.update(len(rows))
    model.train(was_training)
    return float((np.concatenate(right) == truth).mean())


def suspicion(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, n: int = 200, draws: int = 3
) -> float:
    """The same question for a model that detects replaced words. 0.5 is chance.

    The evaluative adjective of each document is replaced, ``draws`` times by one of its own
    polarity and as often by one of the other. The answer counts as right when the model finds those
    of the other, on average, the more suspicious.

    Args:
        model: a discriminator (``ElectraForPreTraining``) with the town's tokenizer.
        n: number of questions; the standard error is at most ``0.5 / sqrt(n)``.
        draws: adjectives of each polarity that are tried.

    Returns:
        The share of right answers.

    Raises:
        BadValue: another kind of model.

    Example:
        >>> 0 <= suspicion(*models.load("town-rtd")) <= 1  # doctest: +SKIP
        True
    """
    import torch

    _needs_detector(model)
    n, draws = checks.at_least_one(n, "n"), checks.at_least_one(draws, "draws")
    texts, positions, truth = questions(n)
    rng = np.random.default_rng(0)
    lists = [sorted(evaluative_words()[p]) for p in ("negative", "positive")]
    was_training = model.training
    model.eval()
    wrong_side = np.empty(n)
    with torch.inference_mode(), output.Working(n, "asking", "question") as work:
        for i, (words, at, side) in enumerate(zip(texts, positions, truth, strict=True)):
            tried = [*rng.choice(lists[side], draws), *rng.choice(lists[1 - side], draws)]
            rows = [" ".join([*words[:at], word, *words[at + 1 :]]) for word in tried]
            batch = tokenizer(rows, truncation=True, return_tensors="pt")
            check_ids(batch["input_ids"].numpy(), model)
            logits = model(**batch).logits[:, at + 1]
            wrong_side[i] = float(logits[draws:].mean() - logits[:draws].mean())
            work.update()
    model.train(was_training)
    return float((wrong_side > 0).mean())


def detection(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, n: int = 200, share: float = 0.15
) -> float:
    """How well a discriminator finds words that do not belong where they stand. 0.5 is chance.

    In ``n`` documents that nobody trains on, a ``share`` of the words is replaced by words drawn
    from the same documents, as often as they occur there. The forger knows no context, so most
    forgeries break the grammar or the topic: this asks for less than :func:`suspicion` does.

    Args:
        model: a discriminator (``ElectraForPreTraining``) with the town's tokenizer.
        n: number of documents.
        share: of the words that are replaced.

    Returns:
        The area under the ROC curve, over all words.

    Raises:
        BadValue: another kind of model.

    Example:
        >>> detection(*models.load("town-rtd")) > 0.9  # doctest: +SKIP
        True
    """
    import torch
    from sklearn.metrics import roc_auc_score

    from tl_helpers.town import Town

    _needs_detector(model)
    n, share = checks.at_least_one(n, "n"), checks.share(share, "share", inside=True)
    texts = Town().corpus(n, start=FIRST_UNSEEN_DOCUMENT).texts()
    rows = [tokenizer(text, truncation=True)["input_ids"] for text in texts]
    check_ids(rows, model)
    rng = np.random.default_rng(0)
    words = np.concatenate([row[1:-1] for row in rows])
    was_training = model.training
    model.eval()
    forged, doubts = [], []
    with torch.inference_mode(), output.Working(n, "reading", "text") as work:
        for row in rows:
            ids = np.array(row)
            chosen = rng.random(len(ids)) < share
            chosen[[0, -1]] = False
            ids[chosen] = rng.choice(words, chosen.sum())
            doubts.append(model(input_ids=torch.from_numpy(ids)[None]).logits[0, 1:-1].numpy())
            forged.append((ids != row)[1:-1])
            work.update()
    model.train(was_training)
    return float(roc_auc_score(np.concatenate(forged), np.concatenate(doubts)))


def _needs_detector(model: PreTrainedModel) -> None:
    if not hasattr(model, "discriminator_predictions"):
        raise BadValue(
            f"A {type(model).__name__} says of no word whether it was replaced.",
            'Use a discriminator, such as models.load("town-rtd", task="replaced-tokens").',
        )
