"""Bars, heat maps and histograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tl_helpers.core.errors import BadValue
from tl_helpers.measure.evaluate import Interval
from tl_helpers.show.plots.house import COLOURS, GREY, LINES, label, new, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def bars(
    values: Mapping[str, Interval | float],
    *,
    xlabel: str = "accuracy",
    title: str | None = None,
    chance: float | None = None,
    reference: Mapping[str, float] | None = None,
    digits: int = 2,
) -> Figure:
    """Horizontal bars (so that names stay readable) with intervals and the value in figures.

    Args:
        values: name -> interval, or a plain number where nothing was repeated.
        xlabel: of the values.
        title: what one should see.
        chance: where a dotted line of that name stands.
        reference: name -> place of another such line.
        digits: decimals of the printed values.

    Raises:
        BadValue: nothing to draw.
    """
    if not values:
        raise BadValue("There is nothing to draw: no values.", "Give at least one bar.")
    with style():
        figure, axes = new(height=1.3 + 0.52 * len(values))
        names = list(values)
        for row, name in enumerate(names):
            value = values[name]
            mean, low, high = (
                (value.mean, value.low, value.high) if isinstance(value, Interval) else [value] * 3
            )
            axes.barh(row, mean, height=0.62, color=COLOURS[row % len(COLOURS)], alpha=0.85)
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
            below = mean < 0
            axes.annotate(
                f"{mean:.{digits}f}".replace("-", "−"),
                (low if below else high, row),
                (-6 if below else 6, 0),
                textcoords="offset points",
                va="center",
                ha="right" if below else "left",
                fontweight="bold",
                annotation_clip=False,
            )
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.axvline(0, color=GREY, linewidth=1)
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
        label(axes, title, xlabel, "")
        if title and lines:
            axes.set_title(title, pad=24)
    return figure


def heatmap(
    table: Any,
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
        table: DataFrame or array ``[rows, columns]``; NaN cells stay empty.
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
        BadValue: not two-dimensional, empty, or names that do not fit.
    """
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
    return figure


def histogram(
    values: npt.ArrayLike | Mapping[str, npt.ArrayLike],
    *,
    bins: int | Sequence[float] | str = "auto",
    xlabel: str = "",
    ylabel: str = "share",
    title: str | None = None,
    mark: Mapping[str, float] | None = None,
) -> Figure:
    """Distributions over common bins, as shares, so that groups of any size compare.

    Args:
        values: one list of numbers, or name -> list.
        bins: as in ``numpy.histogram_bin_edges``, computed on all values together.
        xlabel: of the values.
        ylabel: of the heights.
        title: what one should see.
        mark: name -> place of a vertical line, such as an observed statistic.

    Raises:
        BadValue: no values, or some not finite.
    """
    groups = values if isinstance(values, Mapping) else {"": values}
    arrays = {name: np.asarray(group, float).ravel() for name, group in groups.items()}
    if not arrays or not all(a.size and np.isfinite(a).all() for a in arrays.values()):
        raise BadValue("A histogram needs finite values in every group.", "Look for NaN.")
    marks = dict(mark or {})
    edges = np.histogram_bin_edges(np.concatenate(list(arrays.values())), bins=bins)
    with style():
        figure, axes = new()
        for i, (name, array) in enumerate(arrays.items()):
            colour = COLOURS[i % len(COLOURS)]
            shares = np.histogram(array, edges)[0] / array.size
            axes.stairs(shares, edges, fill=True, color=colour, alpha=0.3)
            axes.stairs(
                shares,
                edges,
                color=colour,
                linewidth=2,
                linestyle=LINES[i % len(LINES)],
                label=name or None,
            )
        for place in marks.values():
            axes.axvline(place, color="#1A1A1A", linewidth=2, linestyle="-", marker="")
        low, high = axes.get_xlim()
        for name, place in marks.items():
            right = place > (low + high) / 2
            axes.annotate(
                name,
                (place, 1),
                (-6 if right else 6, -4),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                va="top",
                ha="right" if right else "left",
                fontweight="bold",
                bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.5},
            )
        if any(arrays) and len(arrays) > 1:
            figure.legend(loc="outside lower center", ncols=min(4, len(arrays)))
        axes.set_ylim(bottom=0)
        label(axes, title, xlabel, ylabel)
    return figure
