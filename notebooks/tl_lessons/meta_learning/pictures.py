"""Drawings of ``43_meta_learning``; what they show is computed in its cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from tl_helpers.show import plots

COLOURS = plots.COLOURS


def valleys(tasks: Any, starts: dict[str, Any], losses: dict[str, float], rate: float) -> Figure:
    """The height lines of some valleys, and a step in each of them from each start."""
    with plots.style():
        figure = Figure(figsize=(7.6, 4.6), layout="constrained")
        axes = figure.subplots()
    x, y = np.meshgrid(np.linspace(-2.6, 3.4, 80), np.linspace(-2.2, 2.8, 80))
    for (hessian, best), colour in zip(tasks, COLOURS[4:], strict=False):
        (a, b), (_, c) = hessian
        u, v = x - best[0], y - best[1]
        height = 0.5 * (a * u * u + 2 * b * u * v + c * v * v)
        axes.contour(x, y, height, [0.2, 1.0], colors=[colour], linewidths=1)
        axes.plot(*best, "x", color=colour, markersize=8)
    for (name, begin), colour, mark in zip(starts.items(), COLOURS, "osD", strict=False):
        label = f"{name}: {losses[name]:.3f}"
        axes.plot(*begin, mark, color=colour, markersize=9, label=label)
        for hessian, best in tasks:
            end = begin - rate * np.array(hessian) @ (begin - best)
            axes.annotate("", end, begin, arrowprops={"arrowstyle": "->", "color": colour})
    axes.set(aspect="equal", xlabel="first weight", ylabel="second weight")
    axes.set_title(f"Three tasks, one step each, rate {rate}")
    axes.legend(title="start: mean loss after", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def adapted(
    support: tuple[torch.Tensor, torch.Tensor],
    wave: tuple[torch.Tensor, torch.Tensor],
    curves: dict[str, tuple[torch.Tensor, torch.Tensor]],
) -> Figure:
    """One wave, some of its points, and each network before and after adapting to them.

    Args:
        support: places and values of the points that are shown.
        wave: places, in rising order, and the true values.
        curves: by the name of the method, values before and after, in the places of ``wave``.
    """
    with plots.style():
        figure = Figure(figsize=(9.0, 3.6), layout="constrained")
        panels = figure.subplots(1, len(curves), sharey=True, squeeze=False)[0]
    for axes, (name, (before, after)), colour in zip(panels, curves.items(), COLOURS, strict=False):
        axes.plot(*wave, "-", marker="", color="#595959", linewidth=1.5, label="the wave")
        axes.plot(wave[0], before, "--", marker="", color=colour, label="before adapting")
        axes.plot(wave[0], after, "-", marker="", color=colour, label="after adapting")
        axes.plot(*support, "o", color="black", label="the points shown")
        axes.set(title=name, xlabel="place")
    panels[0].set_ylabel("value")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure
