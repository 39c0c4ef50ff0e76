"""Checks and conversions of what a learner passes to ``adapt.fit`` besides texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tl_helpers.core.errors import BadValue
from tl_helpers.train.texts import checked_texts


def classes_of(texts: list[str], labels: Iterable[Any]) -> tuple[np.ndarray, np.ndarray]:
    """The classes, sorted, and the number of each text's class.

    Raises:
        BadValue: not one label per text, labels of mixed or other kinds, or one class only.

    Example:
        >>> [array.tolist() for array in classes_of(["a soup", "a film"], ["good", "bad"])]
        [['bad', 'good'], [1, 0]]
    """
    given = list(labels)
    if len(given) != len(texts):
        raise BadValue(
            f"There are {len(texts)} texts but {len(given)} labels.", "Pass one label per text."
        )
    whole = all(isinstance(x, int | np.integer) and not isinstance(x, bool) for x in given)
    if not whole and not all(isinstance(x, str) for x in given):
        kinds = ", ".join(sorted({type(x).__name__ for x in given}))
        raise BadValue(
            f"Labels must be all whole numbers or all strings, not {kinds}.",
            "Convert them first, for instance with [str(label) for label in labels].",
        )
    classes, targets = np.unique(np.array(given), return_inverse=True)
    if len(classes) < 2:
        raise BadValue(
            f"All labels are {classes.tolist()[0]!r}.", "A classifier needs at least two classes."
        )
    return classes, targets.astype(np.int64)


def validation_of(
    validation: tuple[Iterable[str], Iterable[Any]], classes: np.ndarray
) -> tuple[list[str], np.ndarray]:
    """Texts to validate on, and the number of each one's class.

    Raises:
        BadValue: no texts, not one label per text, or a class that is not trained on.

    Example:
        >>> validation_of((["a pie"], ["good"]), np.array(["bad", "good"]))
        (['a pie'], array([1]))
    """
    texts, labels = checked_texts(validation[0], "validation texts"), list(validation[1])
    unknown = set(labels) - set(classes.tolist())
    if len(texts) != len(labels) or unknown:
        raise BadValue(
            f"The validation set has {len(texts)} texts, {len(labels)} labels, and labels that "
            f"are not trained on: {sorted(map(str, unknown)) or 'none'}.",
            "Pass one label per text, of the same classes as the training labels.",
        )
    return texts, np.searchsorted(classes, np.array(labels))


def weights_of_classes(
    choice: str | Sequence[float] | np.ndarray | None, targets: np.ndarray, n: int
) -> np.ndarray | None:
    """``[n]`` weights of ``n`` classes, or None where each text counts the same.

    Raises:
        BadValue: neither ``"balanced"`` nor one number for each class.

    Example:
        >>> weights_of_classes("balanced", np.array([0, 1, 1, 1]), 2).round(2).tolist()
        [2.0, 0.67]
    """
    if choice is None:
        return None
    if isinstance(choice, str):
        if choice != "balanced":
            raise BadValue(f"class_weights={choice!r} is not known.", 'Use "balanced" or numbers.')
        from sklearn.utils.class_weight import compute_class_weight

        return compute_class_weight("balanced", classes=np.arange(n), y=targets)
    weights = np.asarray(choice, dtype=np.float64)
    if weights.shape != (n,) or not np.all(weights >= 0) or not weights.any():
        raise BadValue(
            f"class_weights={choice!r} does not fit {n} classes.",
            "Pass one non-negative number per class, in sorted order of the labels.",
        )
    return weights
