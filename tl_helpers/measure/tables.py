"""What a table of runs says: rows by their values, means with intervals, paired comparisons.

A table has one value a seed for each condition. Whatever would mix several, and so count one
experiment as many, is refused, with the columns that tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue
from tl_helpers.measure.evaluate import Interval, difference, interval

if TYPE_CHECKING:
    import pandas as pd


def select(runs: pd.DataFrame, **where: Any) -> pd.DataFrame:
    """The rows whose columns have these values.

    Raises:
        UnknownName: no such column.
        BadValue: no row has such a value; names those that there are.

    Example:
        >>> import pandas as pd
        >>> runs = pd.DataFrame({"start": ["a", "b"], "seed": [0, 0], "accuracy": [0.7, 0.5]})
        >>> select(runs, start="b")["accuracy"].tolist()
        [0.5]
    """
    for name, value in where.items():
        _column(runs, name)
        kept = runs[_has(runs[name], value)]
        if kept.empty:
            there = ", ".join(dict.fromkeys(runs[name].dropna().map(repr)))
            raise BadValue(f"No run has {name}={value!r}.", f"There are: {there}.")
        runs = kept
    return runs


def _column(runs: pd.DataFrame, name: str) -> None:
    checks.known("column", name, map(str, runs.columns))


def _has(column: pd.Series, value: Any) -> pd.Series:
    return column.map(lambda inside: bool(inside == value)).astype(bool)


def _measured(runs: pd.DataFrame) -> list[str]:
    """The columns that were measured; in a table that does not say so, all decimal numbers."""
    known = runs.attrs.get("measures") or runs.select_dtypes("float").columns
    return [str(c) for c in known if c in runs.columns and c != "seed"]


def measure_of(runs: pd.DataFrame, value: str | None, others: Iterable[str] = ()) -> str:
    """The column that was measured: ``value``, or the only number that can be meant.

    Raises:
        UnknownName: no such column.
        BadValue: several could be meant; names them.

    Example:
        >>> import pandas as pd
        >>> runs = pd.DataFrame({"seed": [0], "labels": [8], "loss": [0.5]})
        >>> measure_of(runs, None, ["labels"])
        'loss'
    """
    if value is not None:
        _column(runs, value)
        return value
    numbers = runs.select_dtypes(["number", "bool"]).columns
    able = [c for c in _measured(runs) if c in numbers and c not in others]
    if len(able) != 1:
        names = ", ".join(map(repr, able)) or "none"
        raise BadValue(f"Which column was measured? Possible: {names}.", "Say value=...")
    return able[0]


def by_seed(runs: pd.DataFrame, value: str, given: str) -> pd.Series:
    """One value a seed, in the order of the seeds.

    Args:
        runs: the rows of one condition.
        value: which column.
        given: the condition, in words.

    Raises:
        UnknownName: no such column, or none of seeds.
        BadValue: a seed has several rows; names the columns in which they differ.

    Example:
        >>> import pandas as pd
        >>> runs = pd.DataFrame({"seed": [1, 0], "loss": [0.5, 0.7]})
        >>> by_seed(runs, "loss", "all").tolist()
        [0.7, 0.5]
    """
    _column(runs, "seed")
    rows = runs.dropna(subset=[value])
    seed = rows["seed"][rows["seed"].duplicated()].head(1)
    if len(seed):
        one = rows[rows["seed"] == seed.iloc[0]]
        differing = {
            c: dict.fromkeys(one[c].map(repr))
            for c in one.columns
            if c not in (*_measured(runs), value) and one[c].map(repr).nunique() > 1
        }
        options = "; ".join(f"{c} = {' or '.join(values)}" for c, values in differing.items())
        raise BadValue(
            f"{given}: {len(one)} values of {value!r} for seed {seed.iloc[0]}, where there should "
            "be one.",
            f"Say which: {options}." if options else "Take their mean first, by groupby.",
        )
    return rows.set_index("seed")[value].sort_index()


def compare(
    runs: pd.DataFrame,
    a: Any,
    b: Any,
    *,
    column: str | None = None,
    value: str | None = None,
    level: float = 0.95,
    varies: str = "seeds",
    **where: Any,
) -> Interval:
    """How far ``a`` is ahead of ``b``, paired seed by seed.

    Args:
        runs: a table of :func:`run`, or of a stored result.
        a: a value of ``column``, such as ``"pre-trained"``.
        b: another.
        column: which; known by itself where only one column has both.
        value: the column that was measured; known by itself where there is only one.
        level: confidence level.
        varies: what is another one with each seed, in words: ``"towns"``, ``"draws of labels"``.
        **where: which rows, such as ``labels=64``.

    Returns:
        The mean of ``a - b`` over seeds with its t-interval.

    Raises:
        UnknownName: no such column.
        BadValue: values that are not there, seeds that only one side has, or several rows a seed;
            names what there is.

    Example:
        >>> import pandas as pd
        >>> rows = [(start, seed) for start in "ab" for seed in range(3)]
        >>> runs = pd.DataFrame(rows, columns=["start", "seed"])
        >>> print(compare(runs.assign(accuracy=[0.7, 0.8, 0.9, 0.5, 0.7, 0.7]), "a", "b"))
        0.167 [0.0232, 0.31]
    """
    rows = select(runs, **where)
    if column is None:
        free = [c for c in rows.columns if c not in ("seed", *_measured(rows), *where)]
        able = [c for c in free if _has(rows[c], a).any() and _has(rows[c], b).any()]
        if len(able) != 1:
            there = (f"{c}: {', '.join(dict.fromkeys(rows[c].dropna().map(repr)))}" for c in free)
            raise BadValue(
                f"{len(able) or 'No'} columns have both {a!r} and {b!r}.",
                f"Say column=..., one of {able}." if able else f"There are {'; '.join(there)}.",
            )
        column = str(able[0])
    _column(rows, column)
    measured = measure_of(rows, value, [column, *where])
    sides = [by_seed(select(rows, **{column: x}), measured, f"{column}={x!r}") for x in (a, b)]
    if alone := sorted(set(sides[0].index) ^ set(sides[1].index)):
        raise BadValue(
            f"Only one of {a!r} and {b!r} has seed {', '.join(map(str, alone))}.",
            "Run both on the same seeds.",
        )
    return difference(sides[0].to_numpy(), sides[1].to_numpy(), level, varies)


def summary(
    runs: pd.DataFrame, by: Sequence[str], value: str | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Mean, interval and number of seeds for each combination of some columns.

    Args:
        runs: a table of :func:`run`, or of a stored result.
        by: which columns, such as ``["start", "labels"]``.
        value: the column that was measured; known by itself where there is only one.
        level: confidence level.

    Returns:
        A table with the columns of ``by``, then ``n``, ``mean``, ``low`` and ``high`` (the ends of
        the t-interval over seeds; with a single seed both are the mean).

    Raises:
        UnknownName: no such column.
        BadValue: several rows a seed; names the columns in which they differ.

    Example:
        >>> import pandas as pd
        >>> runs = pd.DataFrame({"start": ["a", "a"], "seed": [0, 1], "accuracy": [0.7, 0.9]})
        >>> summary(runs, ["start"], "accuracy")[["start", "mean", "n"]].values.tolist()
        [['a', 0.8, 2]]
    """
    import pandas as pd

    measured = measure_of(runs, value, by)
    rows = [
        {
            **dict(zip(by, keys, strict=True)),
            "n": one.n,
            "mean": one.mean,
            "low": one.low,
            "high": one.high,
        }
        for keys, (one, _) in intervals(runs, by, measured, level).items()
    ]
    return pd.DataFrame(rows, columns=[*by, "n", "mean", "low", "high"])


def intervals(
    runs: pd.DataFrame, by: Sequence[str], value: str, level: float = 0.95
) -> dict[tuple[Any, ...], tuple[Interval, dict[int, float]]]:
    """For each combination of some columns the interval over seeds, and the value of each seed.

    Raises:
        UnknownName: no such column.
        BadValue: no rows, or several a seed; names the columns in which they differ.

    Example:
        >>> import pandas as pd
        >>> runs = pd.DataFrame({"start": ["a", "a"], "seed": [0, 1], "accuracy": [0.75, 0.5]})
        >>> intervals(runs, ["start"], "accuracy")[("a",)][1]
        {0: 0.75, 1: 0.5}
    """
    for name in (*by, value):
        _column(runs, name)
    conditions = {}
    for keys, some in runs.dropna(subset=[value]).groupby(list(by), sort=False):
        values = by_seed(
            some, value, ", ".join(f"{n}={k!r}" for n, k in zip(by, keys, strict=True))
        ).astype(float)
        if len(values) > 1:
            one = interval(values.to_numpy(), level)
        else:  # one seed has no spread to be seen
            alone = float(values.iloc[0])
            one = Interval(alone, alone, alone, 1, level)
        conditions[keys] = (one, values.to_dict())
    if not conditions:
        raise BadValue(f"There are no runs with {', '.join(by)} and {value}.", "Look at the table.")
    return conditions
