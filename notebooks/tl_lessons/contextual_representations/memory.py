"""What memory of words can do without a network: the baseline that exercise 4 asks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def word_list(
    train_words: Sequence[str], train_labels: Sequence[int], test_words: Sequence[str]
) -> np.ndarray:
    """``[test words]`` the label that each word had most often; of new words, that of all tokens.

    Args:
        train_words: words with a label.
        train_labels: their labels.
        test_words: words to be labelled.

    Example:
        >>> word_list(["row", "row", "soup"], [1, 1, 0], ["soup", "tea"]).tolist()
        [0, 1]
    """
    known = pd.Series(np.asarray(train_labels), index=np.asarray(train_words))
    often = known.groupby(level=0).agg(lambda labels: labels.value_counts().index[0])
    default = known.value_counts().index[0]
    return often.reindex(np.asarray(test_words)).fillna(default).to_numpy().astype(int)
