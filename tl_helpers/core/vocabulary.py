"""The gate of token ids: a model has a vector for each, or its tokenizer is another one's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers.core.errors import BadValue

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def check_ids(rows: Any, model: PreTrainedModel) -> None:
    """Nothing, if the model has a vector for each token id in ``rows``.

    Args:
        rows: lists of ids, or an array.
        model: has, or should have, their vectors.

    Raises:
        BadValue: it has not; says how tokenizer and model come to belong together again.

    Example:
        >>> check_ids([[2, 787, 7, 3]], model)  # doctest: +SKIP
    """
    known = vocabulary_of(model)
    if isinstance(rows, np.ndarray):
        ends = [int(rows.min()), int(rows.max())] if rows.size else []
    else:
        ends = [int(end(row)) for row in rows if len(row) for end in (min, max)]
    if known is None or not ends:
        return
    if max(ends) >= known or min(ends) < 0:
        strange = max(ends) if max(ends) >= known else min(ends)
        raise BadValue(
            f"The tokenizer gives the token {strange}, the model knows 0 to {known - 1}: the two "
            "do not belong together.",
            "Use the tokenizer that the model was loaded with; after adding tokens to it: "
            "model.resize_token_embeddings(len(tokenizer)).",
        )


def vocabulary_of(model: PreTrainedModel) -> int | None:
    """How many tokens a model has vectors for; None where it has no table of them.

    Example:
        >>> vocabulary_of(model)  # doctest: +SKIP
        30522
    """
    try:
        return len(model.get_input_embeddings().weight)
    except (NotImplementedError, AttributeError, TypeError):
        return getattr(model.config, "vocab_size", None)
