"""Which labelled examples to take, as many of each class: one point of a learning curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue

if TYPE_CHECKING:
    import numpy as np


def balanced(labels: Any, n: int, seed: int = 0) -> np.ndarray:
    """Indices of ``n`` examples, as balanced over the classes as ``n`` allows.

    The draws of one seed are nested: the first 8 of 16 are the 8, so a curve adds labels.
    Take this one where there are arrays (features, labels) to be indexed. For a data set with a
    column of classes there is :func:`tl_helpers.data.sample`, which gives the rows themselves; with
    the same seed it draws *other* rows (it has NumPy's ``RandomState`` and mixes the classes, this
    one ``default_rng`` and the classes in order). Within one comparison use one of them.

    Args:
        labels: ``[examples]``, one label each.
        n: how many to draw.
        seed: another seed, another draw.

    Raises:
        BadValue: ``n`` is not positive, some class has not enough examples, a label is missing,
            or no seed.

    Example:
        >>> import numpy as np
        >>> labels = np.array([0, 0, 0, 1, 1, 1])
        >>> labels[balanced(labels, 4)].tolist()
        [0, 1, 0, 1]
    """
    import numpy as np

    return draw(labels, n, np.random.default_rng(checks.seed(seed)))


def draw(labels: Any, n: int, rng: Any, *, mixed: bool = False) -> np.ndarray:
    """The same with a generator of random numbers at hand.

    Args:
        labels: see :func:`balanced`.
        n: see :func:`balanced`.
        rng: with ``permutation``, of NumPy.
        mixed: give the classes a new order in each round, so that no class always comes first.

    Raises:
        BadValue: see :func:`balanced`.

    Example:
        >>> import numpy as np
        >>> draw(np.array([0, 1]), 2, np.random.default_rng(0)).tolist()
        [0, 1]
    """
    import numpy as np

    n, mixed = checks.whole(n, "n"), checks.flag(mixed, "mixed")
    values = checks.label_array(labels)
    classes = [rng.permutation(np.flatnonzero(values == value)) for value in np.unique(values)]
    smallest = min(map(len, classes), default=0)
    # Round after round, one row of each class: so every beginning is balanced, too.
    rounds = min(-(-int(n) // max(len(classes), 1)), smallest + 1)
    plain = range(len(classes))
    orders = [rng.permutation(len(classes)) if mixed else plain for _ in range(rounds)]
    picks = [(c, turn) for turn, order in enumerate(orders) for c in order][: int(n)]
    if len(picks) < n or any(turn >= len(classes[c]) for c, turn in picks):
        raise BadValue(
            f"A balanced sample of {n} rows is not there: {len(values)} rows in {len(classes)} "
            f"classes, of which the smallest has {smallest}.",
            f"Ask for at most {smallest * len(classes)}.",
        )
    return np.array([classes[c][turn] for c, turn in picks])
