"""Checks and conversions of what a learner passes to ``adapt.fit`` besides texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue


def classes_of(texts: list[str], labels: Iterable[Any]) -> tuple[np.ndarray, np.ndarray]:
    """The classes, sorted, and the number of each text's class.

    Raises:
        BadValue: not one label per text, labels of mixed or other kinds, or one class only.

    Example:
        >>> [array.tolist() for array in classes_of(["a soup", "a film"], ["good", "bad"])]
        [['bad', 'good'], [1, 0]]
    """
    given = checks.label_array(checks.labels(labels))
    if len(given) != len(texts):
        raise BadValue(
            f"There are {len(texts)} texts but {len(given)} labels.", "Pass one label per text."
        )
    classes, targets = np.unique(given, return_inverse=True)
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
    if not isinstance(validation, Sequence) or isinstance(validation, str) or len(validation) != 2:
        raise BadValue(
            f"validation={checks.shown(validation)} is not a pair.",
            "Pass validation=(texts, labels), texts that are not trained on.",
        )
    texts = checks.texts(validation[0], "validation texts")
    labels = checks.labels(validation[1], "validation labels")
    unknown = set(labels) - set(classes.tolist())
    if len(texts) != len(labels) or unknown:
        raise BadValue(
            f"The validation set has {len(texts)} texts, {len(labels)} labels, and labels that "
            f"are not trained on: {sorted(map(str, unknown)) or 'none'}.",
            "Pass one label per text, of the same classes as the training labels.",
        )
    return texts, np.searchsorted(classes, checks.label_array(labels))


def weights_of_classes(
    choice: str | Sequence[float] | Mapping[Any, float] | np.ndarray | None,
    targets: np.ndarray,
    classes: Sequence[Any] | np.ndarray,
) -> np.ndarray | None:
    """``[classes]`` weights, or None where each text counts the same.

    Raises:
        BadValue: neither ``"balanced"`` nor one number for each class.

    Example:
        >>> weights = weights_of_classes("balanced", np.array([0, 1, 1, 1]), ["bad", "good"])
        >>> weights.round(2).tolist()
        [2.0, 0.67]
    """
    if choice is None:
        return None
    n, names = len(classes), [c.item() if isinstance(c, np.generic) else c for c in classes]
    if isinstance(choice, str):
        if choice != "balanced":
            raise BadValue(f"class_weights={choice!r} is not known.", 'Use "balanced" or numbers.')
        from sklearn.utils.class_weight import compute_class_weight

        return compute_class_weight("balanced", classes=np.arange(n), y=targets)
    if isinstance(choice, Mapping):
        if set(choice) != set(names):
            raise BadValue(
                f"class_weights={checks.shown(choice)} does not fit the classes "
                f"{checks.shown(names)}.",
                "Give each class its weight, by the name that it has among the labels.",
            )
        choice = [choice[name] for name in names]
    weights = checks.numbers(choice, "class_weights")
    if weights.shape != (n,) or not np.all(weights > 0):
        raise BadValue(
            f"class_weights={checks.shown(choice)} does not fit {n} classes.",
            "Pass one number above zero per class, in sorted order of the labels.",
        )
    return weights
