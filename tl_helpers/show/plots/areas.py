"""Bars, dots and heat maps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tl_helpers.core.errors import BadValue
from tl_helpers.measure import tables
from tl_helpers.measure.evaluate import Interval
from tl_helpers.show.plots.house import (
    COLOURS,
    GREY,
    PALETTE,
    describe,
    label,
    looks,
    new,
    style,
)
from tl_helpers.show.plots.house import colour as colour_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def bars(
    values: Mapping[str, Interval | float] | pd.DataFrame,
    x: str | None = None,
    y: str | None = None,
    colour: str | None = None,
    *,
    dots: bool = False,
    xlabel: str | None = None,
    title: str | None = None,
    chance: float | None = None,
    reference: Mapping[str, float] | None = None,
    digits: int = 2,
) -> Figure:
    """Horizontal bars (so that names stay readable) with intervals and the value in figures.

    Args:
        values: a table of runs, or name -> interval, or a plain number where nothing was repeated.
        x: of a table: the column with the names.
        y: of a table: the column that was measured; known by itself where there is only one.
        colour: of a table: a further column; its values have colours, and bars of their own.
        dots: of a table: the value of each seed as a dot on its bar.
        xlabel: of the values.
        title: what one should see.
        chance: where a dotted line of that name stands.
        reference: name -> place of another such line.
        digits: decimals of the printed values.

    Raises:
        UnknownName: no such column.
        BadValue: nothing to draw, or a table with several rows a seed for one bar.

    Example:
        >>> figure = bars({"ours": 0.8, "other": 0.7}, xlabel="accuracy", chance=0.5)
        >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
        ['ours', 'other']
    """
    bar = _Bars.of(values, x, y, colour)
    if not bar.values:
        raise BadValue("There is nothing to draw: no values.", "Give at least one bar.")
    with style():
        figure, axes = new(height=1.3 + 0.52 * len(bar.values))
        for row, (name, value) in enumerate(bar.values.items()):
            axes.barh(row, _ends(value)[0], height=0.62, color=bar.colours[name], alpha=0.85)
            if dots:
                _dots(axes, row, bar.single[name], "#1A1A1A")
        _finish(figure, axes, bar, xlabel, title, chance, reference, digits)
        axes.axvline(0, color=GREY, linewidth=1)
    return figure


def dots(
    runs: pd.DataFrame,
    x: str,
    y: str | None = None,
    colour: str | None = None,
    *,
    xlabel: str | None = None,
    title: str | None = None,
    chance: float | None = None,
    reference: Mapping[str, float] | None = None,
    digits: int = 2,
) -> Figure:
    """Every run as a dot, a row for each condition, with the mean and its interval over seeds.

    For ten runs or fewer, and for runs that fall into groups, of which a mean alone shows neither.

    Args:
        runs: from ``experiment.run`` or a stored result; one value a seed in each row.
        x: the column with the names of the rows, such as ``"start"``.
        y: the column that was measured; known by itself where there is only one.
        colour: a further column; its values have colours, and rows of their own.
        xlabel: of the values; the name of the column unless given.
        title, chance, reference, digits: see :func:`bars`.

    Raises:
        UnknownName: no such column.
        BadValue: no rows, or several a seed for one condition.

    Example:
        >>> import pandas as pd
        >>> runs = pd.DataFrame({"start": ["a", "a"], "seed": [0, 1], "accuracy": [0.7, 0.8]})
        >>> dots(runs, x="start", y="accuracy", chance=0.5).axes[0].get_xlabel()
        'accuracy'
    """
    bar = _Bars.of(runs, x, y, colour)
    with style():
        figure, axes = new(height=1.3 + 0.52 * len(bar.values))
        for row, (name, value) in enumerate(bar.values.items()):
            _dots(axes, row, bar.single[name], bar.colours[name])
            axes.plot([_ends(value)[0]] * 2, [row - 0.28, row + 0.28], "-", color="#1A1A1A")
        _finish(figure, axes, bar, xlabel, title, chance, reference, digits)
        axes.set_ylim(len(bar.values) - 0.5, -0.5)
    return figure


def _one_hue(names: Iterable[str]) -> dict[str, str]:
    """Each row has its name beside it: a colour only for what has one through the whole course."""
    every = list(names)
    plain = GREY if PALETTE.keys() & set(every) else COLOURS[0]
    return {name: colour_of(name) if name in PALETTE else plain for name in every}


class _Bars(NamedTuple):
    """What is drawn in rows: name -> value, single values, colour; and what was measured."""

    values: Mapping[str, Interval | float]
    single: Mapping[str, Sequence[float]]
    colours: Mapping[str, str]
    measure: str

    @classmethod
    def of(cls, values: Any, x: str | None, y: str | None, colour: str | None) -> _Bars:
        if not hasattr(values, "columns"):
            return cls(values, {}, _one_hue(values), "accuracy")
        if x is None:
            raise BadValue("Which column has the names of the bars?", "Say x=...")
        by = [x, colour] if colour else [x]
        measure = tables.measure_of(values, y, by)
        rows = tables.intervals(values, by, measure)
        names = dict.fromkeys(str(keys[-1]) for keys in rows)
        known = {n: look[0] for n, look in looks(names).items()} if colour else _one_hue(names)
        return cls(
            {", ".join(map(str, keys)): one for keys, (one, _) in rows.items()},
            {", ".join(map(str, keys)): list(of.values()) for keys, (_, of) in rows.items()},
            {", ".join(map(str, keys)): known[str(keys[-1])] for keys in rows},
            measure,
        )


def _ends(value: Interval | float) -> tuple[float, float, float]:
    return (value.mean, value.low, value.high) if isinstance(value, Interval) else (value,) * 3


def _dots(axes: Axes, row: int, values: Sequence[float], colour: str) -> None:
    # Beside the interval, which would hide them.
    axes.plot(values, [row + 0.19] * len(values), "o", color=colour, alpha=0.55, markersize=6)


def _finish(
    figure: Figure,
    axes: Axes,
    bar: _Bars,
    xlabel: str | None,
    title: str | None,
    chance: float | None,
    reference: Mapping[str, float] | None,
    digits: int,
) -> None:
    """Intervals, values in figures, names, and lines of reference."""
    figures = {}
    for row, (name, value) in enumerate(bar.values.items()):
        mean, low, high = _ends(value)
        if high > low:
            axes.errorbar(
                mean,
                row,
                xerr=[[mean - low], [high - mean]],
                color="#1A1A1A",
                capsize=5,
                elinewidth=1.8,
                marker="",
                linestyle="",
            )
        figures[name] = f"{mean:.{digits}f}".replace("-", "−")
        below, far = mean < 0, [low, high, *bar.single.get(name, ())]
        axes.annotate(
            figures[name],
            (min(far) if below else max(far), row),
            (-6 if below else 6, 0),
            textcoords="offset points",
            va="center",
            ha="right" if below else "left",
            fontweight="bold",
            annotation_clip=False,
        )
    axes.set_yticks(range(len(bar.values)), list(bar.values))
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.12)
    left, right = axes.get_xlim()
    if left < 0:  # the printed value stands left of a negative bar: keep it off the names
        axes.set_xlim(left=left - 0.08 * (right - left))
    lines = {**({} if chance is None else {"chance": chance}), **(reference or {})}
    for name, place in lines.items():
        axes.axvline(place, color="#1A1A1A", linestyle=(0, (2, 2)), linewidth=1.6)
        axes.annotate(
            name,
            (place, 1),
            (0, 2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=GREY,
            fontsize=11.5,
        )
    label(axes, title, xlabel or bar.measure, "")
    if title and lines:
        axes.set_title(title, pad=24)
    said = [f"{name} {figure}" for name, figure in figures.items()]
    said += [f"{name} {place:.3g}" for name, place in lines.items()]
    describe(figure, title, xlabel or bar.measure, said)


def heatmap(
    table: Any,
    x: str | None = None,
    y: str | None = None,
    colour: str | None = None,
    *,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    xlabel: str = "",
    ylabel: str = "",
    title: str | None = None,
    signed: bool = False,
    digits: int = 2,
    unit: str = "",
    by_row: bool = False,
) -> Figure:
    """A matrix as coloured cells with the number in each.

    Args:
        table: a table of runs (with ``x`` and ``y``), or a DataFrame or array ``[rows, columns]``
            as it is drawn; NaN cells stay empty.
        x: of a table of runs: the column that goes to the right.
        y: of a table of runs: the column that goes down.
        colour: of a table of runs: the column that was measured, of which the mean over seeds is
            drawn; known by itself where there is only one.
        rows: names of the rows; a DataFrame brings its own.
        columns: names of the columns; likewise.
        xlabel: what the columns are.
        ylabel: what the rows are.
        title: what one should see.
        signed: colours diverge around zero (for differences).
        digits: decimals in the cells.
        unit: what the colours mean.
        by_row: each row has colours of its own, from its lowest to its highest number: for rows
            that cannot be compared, such as scores of tasks with other chances.

    Raises:
        UnknownName: no such column.
        BadValue: not two-dimensional, empty, or names that do not fit; runs with several rows a
            seed for one cell.

    Example:
        >>> [text.get_text() for text in heatmap([[0.5, 0.9]]).axes[0].texts]
        ['0.50', '0.90']
    """
    if x is not None and y is not None:
        measure = tables.measure_of(table, colour, [x, y])
        means = tables.summary(table, [y, x], measure)
        order = {name: list(dict.fromkeys(means[name])) for name in (y, x)}
        table = means.pivot(index=y, columns=x, values="mean").loc[order[y], order[x]]
        xlabel, ylabel, unit = xlabel or x, ylabel or y, unit or measure
    matrix = np.asarray(table, dtype=float)
    if matrix.ndim != 2 or not matrix.size:
        raise BadValue(f"A heat map needs rows and columns, not shape {matrix.shape}.", "")
    framed = hasattr(table, "columns")
    names = [
        list(map(str, (getattr(table, own) if framed else range(size)) if given is None else given))
        for given, own, size in (
            (rows, "index", matrix.shape[0]),
            (columns, "columns", matrix.shape[1]),
        )
    ]
    if [len(n) for n in names] != list(matrix.shape):
        raise BadValue(f"{[len(n) for n in names]} names for shape {matrix.shape}.", "")
    finite = matrix[np.isfinite(matrix)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    if signed:
        high = max(abs(low), abs(high)) or 1.0
        low = -high
    shades = matrix
    if by_row:
        least = np.nanmin(matrix, axis=1, keepdims=True)
        spread = np.nanmax(matrix, axis=1, keepdims=True) - least
        shades, low, high = (matrix - least) / np.where(spread > 0, spread, 1), 0.0, 1.0
    import matplotlib as mpl

    with style():
        # A picture wider than a page is shrunk to it, and its words with it: narrower cells then.
        cell = min(0.95, max(0.6, 7.0 / matrix.shape[1]))
        figure, axes = new(
            max(4.5, 2.6 + cell * matrix.shape[1]), max(2.6, 1.7 + 0.5 * matrix.shape[0])
        )
        # Few colours: the numbers are in the cells, and the PNG keeps each shade exactly.
        colours = mpl.colormaps["PuOr_r" if signed else "cividis"].resampled(33)
        image = axes.imshow(shades, cmap=colours, vmin=low, vmax=high, aspect="auto")
        axes.set_xticks(range(matrix.shape[1]), names[1])
        axes.set_yticks(range(matrix.shape[0]), names[0])
        if max(map(len, names[1])) > 9 * cell / 0.95:
            for tick in axes.get_xticklabels():
                tick.set(rotation=28, ha="right", rotation_mode="anchor")
        axes.grid(visible=False)
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        for (i, j), value in np.ndenumerate(matrix):
            if not np.isfinite(value):
                continue
            red, green, blue, _ = image.cmap(image.norm(shades[i, j]))
            dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
            number = f"{value:{'+' if signed else ''}.{digits}f}".replace("-", "−")
            axes.text(j, i, number, ha="center", va="center", color="white" if dark else "black")
        bar = figure.colorbar(image, ax=axes, label=unit, shrink=0.9)
        bar.outline.set_visible(False)
        if by_row:
            bar.set_ticks([0, 1], labels=["lowest\nof its row", "highest\nof its row"])
        label(axes, title, xlabel, ylabel)
    form = f"{'+' if signed else ''}.{digits}f"
    said = (
        f"{name}: " + ", ".join(f"{c} {v:{form}}" for c, v in zip(names[1], line, strict=True))
        for name, line in zip(names[0], matrix, strict=True)
    )
    describe(figure, title, unit or "values", said)
    return figure
