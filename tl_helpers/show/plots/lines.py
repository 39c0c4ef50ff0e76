"""Lines: a score over label counts, a loss over steps. Names stand beside the lines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tl_helpers.core.errors import BadValue
from tl_helpers.measure.evaluate import Interval, interval
from tl_helpers.show.plots.house import COLOURS, GREY, LINES, MARKERS, label, new, style

if TYPE_CHECKING:
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


def learning_curve(
    curves: Mapping[str, Mapping[int, Interval]],
    *,
    chance: float | None = None,
    ceiling: float | None = None,
    reference: Mapping[str, float] | None = None,
    title: str | None = None,
    xlabel: str = "labelled examples",
    ylabel: str = "accuracy",
    log: bool = True,
    single: Mapping[str, Sequence[Mapping[int, float]]] | None = None,
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
        for i, (name, curve) in enumerate(curves.items()):
            xs = sorted(curve)
            mean, low, high = (
                [getattr(curve[x], end) for x in xs] for end in ("mean", "low", "high")
            )
            if share:  # an interval of few seeds may reach beyond what is possible
                low, high = np.maximum(low, 0.0), np.minimum(high, 1.0)
            colour = COLOURS[i % len(COLOURS)]
            for run in single.get(name, ()):
                places = sorted(run)
                axes.plot(
                    places,
                    [run[x] for x in places],
                    color=colour,
                    linewidth=0.9,
                    alpha=0.55,
                    marker="",
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
                linestyle=LINES[i % len(LINES)],
                marker=MARKERS[i % len(MARKERS)],
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
    return figure


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
    """
    if not series:
        raise BadValue("There is nothing to draw: no series.", "Give at least one.")
    with style():
        figure, axes = new()
        ends: dict[str, tuple[float, float, str]] = {}
        for i, (name, (x, y)) in enumerate(series.items()):
            xs, ys = np.asarray(x, float), np.asarray(y, float)
            if xs.shape != ys.shape[-1:] or ys.ndim > 2 or not ys.size:
                raise BadValue(
                    f"{name!r} has x of shape {xs.shape} and y of shape {ys.shape}.",
                    "Give two lists of the same length.",
                )
            if log and xs.min() <= 0:
                raise BadValue(f"{xs.min():g} has no place on a log axis.", "Start above 0.")
            # About eight markers on a line: enough to tell lines apart, too few to hide them.
            colour, every = COLOURS[i % len(COLOURS)], max(1, len(xs) // 8)
            if ys.ndim == 2:
                found = [interval(column).ci for column in ys.T]
                axes.fill_between(xs, *np.transpose(found), color=colour, alpha=0.16, linewidth=0)
                ys = ys.mean(axis=0)
            axes.plot(
                xs,
                ys,
                color=colour,
                linestyle=LINES[i % len(LINES)],
                label=name,
                marker=MARKERS[i % len(MARKERS)],
                markevery=every,
            )
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
    return figure


def _whole_numbers(axes: Axes) -> None:
    """Marks on x for things that are counted: no halves, and 100,000 with a comma."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def rank_frequency(
    counts: Mapping[str, npt.ArrayLike], *, title: str | None = None, height: float = 3.4
) -> Figure:
    """How often the most frequent word occurs, the second most frequent, and so on; log-log.

    Args:
        counts: name of the line -> how often each word occurs, in any order; zeros are left out.
        title: what one should see.
        height: of the figure, in inches.

    Raises:
        BadValue: no counts.
    """
    sorted_counts = {name: np.sort(np.asarray(c, float))[::-1] for name, c in counts.items()}
    if not counts or not all(c.size and c[0] > 0 for c in sorted_counts.values()):
        raise BadValue("There is nothing to draw: no word counts.", "Give at least one.")
    from matplotlib.ticker import NullLocator

    with style():
        figure, axes = new(height=height)
        for i, (name, values) in enumerate(sorted_counts.items()):
            share = values[values > 0] / values.sum() * 1000
            rank = np.arange(1, len(share) + 1)
            keep = np.unique(np.geomspace(1, len(share), 60).astype(int)) - 1
            colour = COLOURS[i % len(COLOURS)]
            axes.plot(
                rank[keep],
                share[keep],
                color=colour,
                linestyle=LINES[i % len(LINES)],
                marker="",
                label=name,
            )
        axes.set(xscale="log", yscale="log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter("{x:,g}")
            axis.set_minor_locator(NullLocator())
        axes.legend(loc="lower left")
        label(axes, title, "rank of the word", "per 1,000 words")
    return figure
