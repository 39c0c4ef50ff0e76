"""How far is a causal language model from the truth? In the town the truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tl_helpers.core import checks, output
from tl_helpers.core.errors import BadValue
from tl_helpers.core.vocabulary import check_ids
from tl_helpers.questions.polarity import FIRST_UNSEEN_DOCUMENT

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def log_probabilities(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    *,
    batch_size: int = 100,
) -> np.ndarray:
    """What a causal language model gives to whole texts, each by itself, its end included.

    Args:
        model: a causal language model.
        tokenizer: its tokenizer; one mark begins a text and ends the one before it, as in GPT-2.
        texts: each must fit into the model's window.

    Returns:
        ``[texts]`` natural logarithms.

    Raises:
        BadValue: the tokenizer has no such mark (a masked model), or a text is too long.

    Example:
        >>> log_probabilities(*load("town-clm"), ["the tea was hot ."]).shape  # doctest: +SKIP
        (1,)
    """
    import torch
    from torch.nn import functional

    mark = tokenizer.eos_token_id
    if mark is None or mark != tokenizer.bos_token_id:
        raise BadValue(
            "This tokenizer has no mark that ends a text.",
            'Use a causal model, such as models.load("town-clm", task="causal-lm").',
        )
    batch_size = checks.at_least_one(batch_size, "batch_size")
    rows = tokenizer(checks.texts(texts), add_special_tokens=False, verbose=False)["input_ids"]
    check_ids(rows, model)
    longest = max(map(len, rows), default=0) + 1
    window = getattr(model.config, "max_position_embeddings", None)
    if window and 0 < window < longest:
        raise BadValue(
            f"A text needs {longest} positions, the model has {window}.",
            "Pass shorter texts: cut ones would not be the texts you asked about.",
        )
    was_training = model.training
    model.eval()
    order = np.argsort([len(row) for row in rows], kind="stable")  # little padding
    logprob = np.empty(len(rows))
    with torch.inference_mode(), output.Working(len(rows), "reading", "text") as work:
        for i in range(0, len(rows), batch_size):
            chosen = order[i : i + batch_size]
            width = max(len(rows[j]) for j in chosen) + 1
            ids = torch.full((len(chosen), width), mark)
            targets = torch.full((len(chosen), width), -100)
            for k, j in enumerate(chosen):
                row = torch.tensor(rows[j])
                ids[k, 1 : len(row) + 1] = row[: width - 1]
                targets[k, : len(row)] = row
                targets[k, len(row)] = mark
            # A causal model looks back only, so what follows the end cannot matter.
            logits = model(input_ids=ids, use_cache=False).logits
            loss = functional.cross_entropy(logits.mT, targets, reduction="none")
            logprob[chosen] = -loss.sum(1).double().numpy()
            work.update(len(chosen))
    model.train(was_training)
    return logprob


def excess_bits(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, n: int = 300
) -> float:
    """Bits per word that a causal language model needs above the true entropy of the town.

    Both are charged for the same: all words and marks of held-out documents, in lower case, and the
    end of each document; both are divided by the number of words and marks. The difference
    estimates the Kullback-Leibler divergence of the model from the town, per word. No model has
    less than zero, but for the luck of the sample.

    Args:
        model: a causal language model with the town's tokenizer.
        n: documents to judge by.

    Raises:
        BadValue: see :func:`log_probabilities`.

    Example:
        >>> excess_bits(*models.load("town-clm")) < 0.08  # doctest: +SKIP
        True
    """
    from tl_helpers.town import Town

    corpus = Town().corpus(checks.at_least_one(n, "n"), start=FIRST_UNSEEN_DOCUMENT)
    theirs = log_probabilities(model, tokenizer, corpus.texts())
    return float((corpus.logprob() - theirs).sum() / corpus.n_tokens / np.log(2))
