"""The linear probe: what can be read off frozen vectors by a straight cut."""

from __future__ import annotations

from typing import Any

import numpy as np

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue


def linear(
    rows: np.ndarray,
    labels: np.ndarray,
    C: float | str = 1.0,
    *,
    class_weights: np.ndarray | None = None,
    seed: int = 0,
) -> Any:
    """Standardise, then logistic regression, by scikit-learn.

    Args:
        rows: ``[n, hidden]`` features.
        labels: ``[n]``.
        C: inverse strength of the L2 penalty, or ``"cv"``: the best of 1e-4 ... 10 in up to
            five-fold stratified cross-validation, by log loss.
        class_weights: one for each class, if the labels are class numbers from 0.
        seed: decides the folds.

    Returns:
        The fitted pipeline, with ``predict`` and ``predict_proba``.

    Raises:
        BadValue: C is not positive, rows are not finite numbers or not as many as labels, there is
            one class only, or a class is too small to be cross-validated.

    Example:
        >>> linear(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])).predict([[9.0]])
        array([1])
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    by_cv = isinstance(C, str) and C == "cv"
    strength = 1.0 if by_cv else _strength(C)
    labels = checks.label_array(labels)
    if labels.dtype == object:
        raise BadValue(
            f"A label such as {max(labels)} has more than 64 bits, which scikit-learn cannot keep.",
            "Pass names: labels=[str(label) for label in labels].",
        )
    if class_weights is not None:
        class_weights = checks.numbers(class_weights, "class_weights")
    seed = checks.seed(seed)
    rows = checks.features(rows, "rows")
    if len(rows) != len(labels):
        raise BadValue(
            f"{len(rows)} rows, but {len(labels)} labels.", "Give one label for each row."
        )
    n_classes = len(np.unique(labels))
    if n_classes < 2:
        raise BadValue("All labels are the same.", "A classifier needs examples of two classes.")
    if class_weights is not None and (len(class_weights) < n_classes or min(class_weights) < 0):
        raise BadValue(
            f"class_weights={checks.shown(class_weights)} for {n_classes} classes.",
            "Give one weight for each class, none below 0.",
        )
    per_class = None if class_weights is None else dict(enumerate(class_weights))
    model = make_pipeline(
        StandardScaler(),
        LogisticRegression(C=strength, class_weight=per_class, max_iter=2000),
    )
    if by_cv:
        folds = min(5, int(np.unique(labels, return_counts=True)[1].min()))
        if folds < 2:
            raise BadValue(
                "A class has a single text: nothing to cross-validate.", "Pass a number as C."
            )
        model = GridSearchCV(
            model,
            {"logisticregression__C": np.logspace(-4, 1, 6)},
            scoring="neg_log_loss",
            cv=StratifiedKFold(folds, shuffle=True, random_state=seed),
        )
    return model.fit(rows, labels)


def _strength(C: Any) -> float:
    if isinstance(C, str):
        raise BadValue(f"C={C!r} is not known.", 'Use a positive number, or "cv".')
    return checks.positive(C, "C")
