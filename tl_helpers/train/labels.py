"""Checks and conversions of what a learner passes to ``adapt.fit`` besides texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tl_helpers.core.errors import BadValue
from tl_helpers.train import texts as _texts


def classes_of(texts: list[str], labels: Iterable[Any]) -> tuple[np.ndarray, np.ndarray]:
    found = list(labels)
    if len(found) != len(texts):
        raise BadValue(
            f"There are {len(texts)} texts but {len(found)} labels.", "Pass one label per text."
        )
    whole = all(isinstance(x, int | np.integer) and not isinstance(x, bool) for x in found)
    if not whole and not all(isinstance(x, str) for x in found):
        kinds = ", ".join(sorted({type(x).__name__ for x in found}))
        raise BadValue(
            f"Labels must be all whole numbers or all strings, not {kinds}.",
            "Convert them first, for instance with [str(label) for label in labels].",
        )
    classes, targets = np.unique(np.array(found), return_inverse=True)
    if len(classes) < 2:
        raise BadValue(
            f"All labels are {classes.tolist()[0]!r}.", "A classifier needs at least two classes."
        )
    return classes, targets.astype(np.int64)


def held_out(
    validation: tuple[Iterable[str], Iterable[Any]] | None, classes: np.ndarray
) -> tuple[list[str], np.ndarray] | None:
    if validation is None:
        return None
    texts, labels = _texts.checked(validation[0], "validation texts"), list(validation[1])
    unknown = set(labels) - set(classes.tolist())
    if len(texts) != len(labels) or unknown:
        raise BadValue(
            f"The validation set has {len(texts)} texts, {len(labels)} labels, and labels that "
            f"are not trained on: {sorted(map(str, unknown)) or 'none'}.",
            "Pass one label per text, of the same classes as the training labels.",
        )
    return texts, np.searchsorted(classes, np.array(labels))


def class_weights(
    choice: str | Sequence[float] | np.ndarray | None, targets: np.ndarray, n: int
) -> np.ndarray | None:
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


def steps(n: int, batch_size: int, epochs: int | None, steps: int | None) -> int:
    if epochs is not None and steps is not None:
        raise BadValue("epochs and steps were both given.", "Pass one of them.")
    per_epoch = -(-n // max(1, batch_size))
    total = steps if steps is not None else (3 if epochs is None else epochs) * per_epoch
    if total < 1 or batch_size < 1:
        raise BadValue(
            f"epochs={epochs}, steps={steps}, batch_size={batch_size}.", "Use at least 1 of each."
        )
    return total
