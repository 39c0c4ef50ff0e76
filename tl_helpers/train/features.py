"""A linear classifier on frozen features, by scikit-learn."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from tl_helpers.core.errors import BadValue
from tl_helpers.train.history import History


def fit(
    rows: np.ndarray, targets: np.ndarray, weights: np.ndarray | None, C: float | str, seed: int
) -> tuple[Any, History]:
    """Standardise, then logistic regression.

    Args:
        rows: ``[n, hidden]`` features.
        targets: ``[n]`` class numbers.
        weights: one per class, or None.
        C: inverse strength of the L2 penalty, or ``"cv"``: the best of 1e-4 ... 10 in up to
            five-fold stratified cross-validation, by log loss.
        seed: decides the folds.

    Returns:
        The fitted pipeline, and a history with its training loss and time.

    Raises:
        BadValue: C is not positive, or a class is too small to be cross-validated.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    start = time.perf_counter()
    by_cv = C == "cv"
    if not by_cv and (isinstance(C, str) or not C > 0):
        raise BadValue(f"C={C!r} is not known.", 'Use a positive number, or "cv".')
    per_class = None if weights is None else dict(enumerate(weights))
    model = make_pipeline(
        StandardScaler(),
        LogisticRegression(C=1.0 if by_cv else float(C), class_weight=per_class, max_iter=2000),
    )
    if by_cv:
        folds = min(5, int(np.bincount(targets).min()))
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
    model.fit(rows, targets)
    history = History(loss=[float(log_loss(targets, model.predict_proba(rows)))], steps=[0])
    history.seconds = time.perf_counter() - start
    return model, history
