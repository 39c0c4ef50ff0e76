"""Lines: a score over label counts, a loss over steps. Names stand beside the lines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tl_helpers.core.errors import BadValue
from tl_helpers.measure import tables
from tl_helpers.measure.evaluate import Interval, interval
from tl_helpers.show.plots.house import GREY, describe, label, looks, new, style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def _spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions near ``wanted`` (any order) that lie at least ``gap`` apart within the bounds."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    gap = min(gap, (high - low) / max(1, len(wanted) - 1)) if len(wanted) > 1 else gap
    blocks: list[list[float]] = []  # [sum of targets, members]: touching labels move as one
    for place in (wanted[i] for i in order):
        blocks.append([place, 1])
        while len(blocks) > 1:
            (s1, n1), (s0, n0) = blocks[-1], blocks[-2]
            if s1 / n1 - s0 / n0 >= gap * (n0 + n1) / 2:
                break
            blocks[-2:] = [[s0 + s1, n0 + n1]]
    places: list[float] = []
    for total, members in blocks:
        start = total / members - gap * (members - 1) / 2
        places += [start + gap * k for k in range(int(members))]
    for i in range(len(places)):  # push up from the floor, then down from the ceiling
        places[i] = max(places[i], low + gap * i)
    for i in reversed(range(len(places))):
        places[i] = min(places[i], high - gap * (len(places) - 1 - i))
    result = [0.0] * len(places)
    for rank, i in enumerate(order):
        result[i] = places[rank]
    return result


def _name_lines(axes: Axes, ends: Mapping[str, tuple[float, float, str]]) -> None:
    """Write each line's name beside its last point, without overlaps."""
    figure = axes.figure
    low, high = axes.get_ylim()
    height = figure.bbox.height / figure.dpi * 0.74 * 72  # points that the axes will have, about
    places = _spread([y for _, y, _ in ends.values()], 16 / height * (high - low), low, high)
    right = axes.get_xlim()[1]
    for (name, (x, y, colour)), place in zip(ends.items(), places, strict=True):
        if x < right or abs(place - y) > 1e-9 * (high - low):
            axes.plot(
                [min(x, right), right],
                [y, place],
                color=colour,
                linewidth=0.9,
                alpha=0.6,
                linestyle="-",
                marker="",
                scalex=False,
                scaley=False,
                clip_on=False,
            )
        axes.annotate(
            name,
            (right, place),
            (5, 0),
            textcoords="offset points",
            va="center",
            ha="left",
            color=colour,
            fontweight="bold",
            fontsize=12.5,
            annotation_clip=False,
        )


def _reference_line(axes: Axes, value: float) -> tuple[float, float, str]:
    """A dotted line across; returns where its name belongs."""
    axes.axhline(value, color=GREY, linestyle=(0, (2, 2)), linewidth=1.4, marker="")
    return math.inf, value, GREY


def curve(
    runs: pd.DataFrame,
    x: str,
    y: str | None = None,
    colour: str | None = None,
    *,
    dots: bool | Sequence[str] = False,
    chance: float | None = None,
    ceiling: float | None = None,
    reference: Mapping[str, float] | None = None,
    title: str | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
    log: bool | None = None,
) -> Figure:
    """A table of runs as lines: the mean over seeds with its 95 % interval, names beside the lines.

    Args:
        runs: from ``experiment.run`` or a stored result; one value a seed at each point.
        x: the column of numbers that goes to the right, such as ``"labels"``.
        y: the column that was measured; known by itself where there is only one.
        colour: the column that tells the lines apart, such as ``"start"``.
        dots: draw the single runs instead of the interval, for all lines or for those named here.
            For ten runs or fewer, and for runs that fall into groups.
        chance, ceiling, reference, title: see :func:`learning_curve`.
        xlabel, ylabel: the names of the columns unless given.
        log: a log2 axis for x; where x is above zero and spans a factor of eight unless given.

    Raises:
        UnknownName: no such column.
        BadValue: no rows, or several a seed at one point; names the columns in which they differ.

    Example:
        >>> import pandas as pd
        >>> runs = pd.DataFrame({"labels": [8, 8, 64, 64], "seed": [0, 1] * 2})
        >>> figure = curve(runs.assign(accuracy=[0.5, 0.6, 0.7, 0.8]), x="labels", y="accuracy")
        >>> figure.axes[0].get_xlabel()
        'labels'
    """
    measure = tables.measure_of(runs, y, [x] if colour is None else [x, colour])
    points = tables.intervals(runs, [colour, x] if colour else [x], measure)
    lines: dict[str, dict[float, Interval]] = {}
    single: dict[str, dict[Any, dict[float, float]]] = {}
    for keys, (mean, values) in points.items():
        name, place = str(keys[0]) if colour else measure, _number(keys[-1], x)
        lines.setdefault(name, {})[place] = mean
        for seed, value in values.items():
            single.setdefault(name, {}).setdefault(seed, {})[place] = value
    places = [place for line in lines.values() for place in line]
    if log is None:
        log = min(places) > 0 and max(places) / min(places) >= 8
    chosen = list(lines) if dots is True else list(dots or [])
    return learning_curve(
        lines,
        chance=chance,
        ceiling=ceiling,
        reference=reference,
        title=title,
        xlabel=xlabel or x,
        ylabel=ylabel or measure,
        log=log,
        single={name: list(single.get(name, {}).values()) for name in chosen},
    )


def _number(place: Any, column: str) -> float:
    """A place on the axis; whole numbers stay whole, though a table may hold them as decimals."""
    if isinstance(place, str) or not np.isreal(place):
        raise BadValue(
            f"{column!r} holds {place!r}, which has no place on an axis of numbers.",
            "Use plots.bars or plots.dots, or another column for x.",
        )
    return int(place) if float(place).is_integer() else float(place)


def learning_curve(
    curves: Mapping[str, Mapping[Any, Interval]],
    *,
    chance: float | None = None,
    ceiling: float | None = None,
    reference: Mapping[str, float] | None = None,
    title: str | None = None,
    xlabel: str = "labelled examples",
    ylabel: str = "accuracy",
    log: bool = True,
    single: Mapping[str, Sequence[Mapping[Any, float]]] | None = None,
) -> Figure:
    """Score against label count (log2 axis), a band for each interval, names beside the lines.

    Args:
        curves: name of the line -> label count -> interval, as from ``evaluate.curve``.
        chance: score of guessing, drawn as a dotted line.
        ceiling: best possible score, drawn likewise.
        reference: name -> height of another such line.
        title: what one should see; leave it out if the text says it.
        xlabel: of the counts.
        ylabel: of the score.
        log: a log2 axis; false for layers or steps, which may start at 0 or below.
        single: name of a line -> its runs one by one (count -> score), drawn thin instead of the
            band. For runs that fall into groups, of which a mean and a band show neither.

    Raises:
        BadValue: no points, a count that has no place on a log axis, or runs of no line.

    Example:
        >>> from tl_helpers.measure import evaluate
        >>> scores = evaluate.curve({8: [0.5, 0.6], 64: [0.7, 0.9]})
        >>> learning_curve({"ours": scores}, chance=0.5).axes[0].get_xlabel()
        'labelled examples'
    """
    if not curves or not all(curves.values()):
        raise BadValue("There is nothing to draw: a curve has no points.", "Give at least one.")
    counts = sorted({count for curve in curves.values() for count in curve})
    if log and counts[0] <= 0:
        raise BadValue(f"{counts[0]} labels have no place on a log axis.", "Start at 1 or more.")
    single = single or {}
    if unknown := [name for name in single if name not in curves]:
        raise BadValue(f"Single runs of {unknown[0]!r}: no such line.", f"Use {list(curves)}.")
    from matplotlib.ticker import NullLocator

    points = [point for curve in curves.values() for point in curve.values()]
    share = all(0 <= p.mean <= 1 for p in points) and not reference
    with style():
        figure, axes = new()
        ends: dict[str, tuple[float, float, str]] = {}
        seen = looks(curves)
        for name, curve in curves.items():
            xs = sorted(curve)
            mean, low, high = (
                [getattr(curve[x], end) for x in xs] for end in ("mean", "low", "high")
            )
            if share:  # an interval of few seeds may reach beyond what is possible
                low, high = np.maximum(low, 0.0), np.minimum(high, 1.0)
            colour, marker, line = seen[name]
            for run in single.get(name, ()):
                places = sorted(run)
                axes.plot(
                    places,
                    [run[x] for x in places],
                    color=colour,
                    linewidth=0.9,
                    alpha=0.55,
                    marker=".",
                    linestyle="-",
                )
            if name in single:
                low = high = mean
            axes.fill_between(xs, low, high, color=colour, alpha=0.16, linewidth=0)
            # Whiskers too: bands alone vanish on a projector, and where a curve has one point.
            axes.errorbar(
                xs,
                mean,
                [np.subtract(mean, low), np.subtract(high, mean)],
                color=colour,
                linestyle=line,
                marker=marker,
                capsize=3,
                elinewidth=1.2,
                label=name,
            )
            ends[name] = (xs[-1], mean[-1], colour)
        if log:
            axes.set_xscale("log", base=2)
        shown = counts if log or len(counts) < 9 else counts[::2]
        axes.set_xticks(shown, [f"{count:,}" for count in shown])
        axes.xaxis.set_minor_locator(NullLocator())
        edge = 0.03 * (counts[-1] - counts[0]) or 0.5
        left, right = (
            (counts[0] * 0.85, counts[-1] * 1.15) if log else (counts[0] - edge, counts[-1] + edge)
        )
        axes.set_xlim(left, right)
        lines = {"chance": chance, "ceiling": ceiling, **(reference or {})}
        for word, height in lines.items():
            if height is not None:
                ends[word] = _reference_line(axes, height)
        if share:
            low, high = axes.get_ylim()
            axes.set_ylim(max(low, -0.02), min(high, 1.02))
        label(axes, title, xlabel, ylabel)
        _name_lines(axes, ends)
    drawn = {name: {x: point.mean for x, point in curve.items()} for name, curve in curves.items()}
    _describe(figure, title, f"{ylabel} over {xlabel}", drawn, lines)
    return figure


def _describe(
    figure: Figure,
    title: str | None,
    what: str,
    drawn: Mapping[str, Mapping[Any, float]],
    lines: Mapping[str, float | None],
) -> None:
    """Alt text: of each line its ends, and the points between if they are few."""
    parts = []
    for name, points in drawn.items():
        places = sorted(points)
        if len(places) > 6:
            top, bottom = (choose(places, key=lambda x: points[x]) for choose in (max, min))
            places = sorted({places[0], places[-1], top, bottom})
        parts.append(f"{name} " + ", ".join(f"{points[x]:.3g} at {x:,}" for x in places))
    parts += [f"{name} {height:.3g}" for name, height in lines.items() if height is not None]
    describe(figure, title, what, parts)


def curves(
    series: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]],
    *,
    xlabel: str = "step",
    ylabel: str = "loss",
    title: str | None = None,
    reference: Mapping[str, float] | None = None,
    log: bool = False,
) -> Figure:
    """Plain lines, such as a loss over steps, with names beside them.

    Args:
        series: name -> (x values, y values), two lists of one length; or y values ``[seeds, x]``,
            of which the mean and its 95 % interval are drawn.
        xlabel: of x.
        ylabel: of y.
        title: what one should see.
        reference: name -> height of a dotted line.
        log: a log10 axis for x.

    Raises:
        BadValue: no points, lengths that differ, a single seed, or an x that has no place on a
            log axis.

    Example:
        >>> curves({"loss": ([1, 2, 3], [0.9, 0.5, 0.4])}).axes[0].get_xlabel()
        'step'
    """
    if not series:
        raise BadValue("There is nothing to draw: no series.", "Give at least one.")
    with style():
        figure, axes = new()
        ends: dict[str, tuple[float, float, str]] = {}
        seen = looks(series)
        drawn: dict[str, dict[float, float]] = {}
        for name, (x, y) in series.items():
            xs, ys = np.asarray(x, float), np.asarray(y, float)
            if xs.shape != ys.shape[-1:] or ys.ndim > 2 or not ys.size:
                raise BadValue(
                    f"{name!r} has x of shape {xs.shape} and y of shape {ys.shape}.",
                    "Give two lists of the same length.",
                )
            if log and xs.min() <= 0:
                raise BadValue(f"{xs.min():g} has no place on a log axis.", "Start above 0.")
            # About eight markers on a line: enough to tell lines apart, too few to hide them.
            (colour, marker, line), every = seen[name], max(1, len(xs) // 8)
            if ys.ndim == 2:
                band = np.transpose([interval(column).ci for column in ys.T])
                axes.fill_between(xs, *band, color=colour, alpha=0.16, linewidth=0)
                ys = ys.mean(axis=0)
            axes.plot(
                xs,
                ys,
                color=colour,
                linestyle=line,
                label=name,
                marker=marker,
                markevery=every,
            )
            drawn[name] = {_number(a, xlabel): b for a, b in zip(xs, ys.tolist(), strict=True)}
            ends[name] = (float(xs[-1]), float(ys[-1]), colour)
        axes.margins(x=0.03)
        if log:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
        elif all(float(x).is_integer() for xs, _ in series.values() for x in np.ravel(xs)):
            _whole_numbers(axes)
        for name, value in (reference or {}).items():
            ends[name] = _reference_line(axes, value)
        label(axes, title, xlabel, ylabel)
        _name_lines(axes, ends)
    _describe(figure, title, f"{ylabel} over {xlabel}", drawn, reference or {})
    return figure


def _whole_numbers(axes: Axes) -> None:
    """Marks on x for things that are counted: no halves, and 100,000 with a comma."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
