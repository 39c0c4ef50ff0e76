"""A head start from counting: which words share documents, put into a model's table of words.

A small transformer needs many steps before it discovers what words of a document have in common
(its topic, its sentiment). Counting finds that in a second (Deerwester et al., 1990; Levy and
Goldberg, 2014): so let the table of words begin with it, and let the network learn the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue
from tl_helpers.train import batches

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def document_vectors(
    blocks: np.ndarray,
    tokenizer: PreTrainedTokenizerBase,
    size: int = 12,
    *,
    smoothing: float = 5.0,
    seed: int = 0,
) -> np.ndarray:
    """One vector per word of the vocabulary, from counting which words share documents.

    The logarithm of how much more often than by chance two words share a document, both counts
    raised by ``smoothing`` so that rare pairs say little, and of that matrix the leading singular
    vectors. Few are best: what documents have in common lies in the first handful.

    Args:
        blocks: ``[n, length]`` token ids from ``pretrain.pack``.
        tokenizer: the one that made them.
        size: of the vectors.
        smoothing: documents added to the seen and the expected count of every pair.
        seed: of the randomised decomposition.

    Returns:
        ``[vocabulary, size]`` float32; zeros for special marks and words that do not occur.

    Raises:
        BadValue: a size that the vocabulary does not have, or smoothing that is not positive.

    Example:
        >>> from tl_helpers import models
        >>> tokenizer = models.town_tokenizer()
        >>> blocks = np.random.default_rng(0).integers(5, 500, (40, 128))
        >>> document_vectors(blocks, tokenizer, size=12).shape[1]
        12
    """
    from scipy import sparse
    from sklearn.utils.extmath import randomized_svd

    words = len(tokenizer)
    size = checks.whole(size, "size", high=words - 1)
    smoothing, seed = checks.positive(smoothing, "smoothing"), checks.seed(seed)
    ids = np.asarray(blocks).ravel()
    document = np.cumsum(ids == batches.marks(tokenizer)[0])
    seen = sparse.csr_matrix(
        (np.ones(len(ids), np.float32), (document, ids)), shape=(document[-1] + 1, words)
    )
    seen.data[:] = 1  # in a document or not, however often
    pairs = (seen.T @ seen).toarray()
    special = [i for i in tokenizer.all_special_ids if i < words]
    pairs[special] = pairs[:, special] = 0
    np.fill_diagonal(pairs, 0)
    totals = pairs.sum(axis=1)
    expected = np.outer(totals, totals) / max(1.0, totals.sum())
    association = np.log((pairs + smoothing) / (expected + smoothing))
    u, s, _ = randomized_svd(association, size, n_iter=2, random_state=seed)
    return (u * np.sqrt(s)).astype(np.float32)


def head_start(model: PreTrainedModel, vectors: np.ndarray, strength: float = 40.0) -> None:
    """Write ``vectors`` into the first columns of the model's table of words.

    The other columns stay as they are. The table is shared with the output layer where the model
    ties the two. Train with a modest learning rate afterwards, or freeze the table for the first
    steps: a high rate rubs out what was written.

    Args:
        model: any model of transformers.
        vectors: ``[vocabulary, size]`` from :func:`document_vectors`.
        strength: how many times larger they are than the other columns, which are random and
            would drown them in an average over words. Too small, and the first steps of training
            rub the counts out; in the town, 40 was more reliable than 4, 10 and 20.

    Raises:
        BadValue: shapes that do not fit, or a strength that is not positive.

    Example:
        >>> head_start(model, document_vectors(blocks, tokenizer))  # doctest: +SKIP
    """
    import torch

    table = model.get_input_embeddings().weight
    if vectors.ndim != 2 or len(vectors) != len(table) or vectors.shape[1] > table.shape[1]:
        raise BadValue(
            f"Vectors of shape {list(vectors.shape)} do not fit a table of {list(table.shape)}.",
            "Count with the model's own tokenizer, and to no more columns than it has.",
        )
    strength = checks.positive(strength, "strength")
    spread = float(vectors.std()) or 1.0
    with torch.no_grad():
        scaled = torch.from_numpy(vectors) * (strength * table.std() / spread)
        table[:, : vectors.shape[1]] = scaled.to(table.dtype)
