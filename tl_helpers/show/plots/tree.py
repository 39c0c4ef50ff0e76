"""A tree drawn from data: a taxonomy is computed, not pasted. Use it as ``plots.tree``."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tl_helpers.core.errors import BadValue

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass
class _Node:
    name: str
    depth: int
    branch: int
    children: list[_Node] = field(default_factory=list)
    row: float = 0.0

    def walk(self) -> list[_Node]:
        return [self, *(node for child in self.children for node in child.walk())]


def nested(table: Any) -> dict[str, Any]:
    """A DataFrame (one column a level, one row a leaf) as nested dicts; empty cells end a path.

    Raises:
        BadValue: no rows or columns.

    Example:
        >>> import pandas as pd
        >>> nested(pd.DataFrame({"kind": ["red", "red"], "of": ["rose", "wine"]}))
        {'red': {'rose': {}, 'wine': {}}}
    """
    if not len(table) or not len(table.columns):
        raise BadValue("The table has no rows or no columns.", "Give one column for each level.")
    result: dict[str, Any] = {}
    for row in table.itertuples(index=False):
        level = result
        for cell in row:
            if cell is None or cell != cell or not str(cell).strip():  # None, NaN or blank
                break
            level = level.setdefault(str(cell), {})
    return result


def _grow(name: str, below: Any, depth: int, branch: int) -> _Node:
    node = _Node(str(name), depth, branch)
    if isinstance(below, Mapping):
        items = list(below.items())
    elif isinstance(below, (list, tuple, set)):
        items = [(item, None) for item in below]
    else:
        items = [] if below is None or below == "" else [(below, None)]
    for position, (child, rest) in enumerate(items):
        node.children.append(_grow(child, rest, depth + 1, position if depth == 0 else branch))
    return node


def tree(
    content: Any, *, root: str | None = None, title: str | None = None, wrap: int = 20
) -> Figure:
    """Draw a tree from left to right, one colour for each main branch.

    Args:
        content: nested dict (``{"transductive": {"domain adaptation": {}}}``; a list or a text
            ends a branch with leaves), or a DataFrame with one column a level.
        root: name of the root; needed unless ``content`` has exactly one top entry.
        title: what one should see.
        wrap: characters on a line within a box.

    Raises:
        BadValue: nothing to draw, or several roots and no name for the root.

    Example:
        >>> drawn = tree({"red": {"rose": {}, "wine": {}}}, root="colours")
        >>> [text.get_text() for text in drawn.axes[0].texts]
        ['colours', 'red', 'rose', 'wine']
    """
    if hasattr(content, "itertuples"):
        content = nested(content)
    if not isinstance(content, Mapping) or not content:
        raise BadValue("There is no tree to draw.", "Give a nested dict, or a table of levels.")
    if root is None:
        if len(content) != 1:
            roots = ", ".join(map(str, content))
            raise BadValue(f"{len(content)} roots: {roots}.", "Name the one above: root=...")
        root, content = next(iter(content.items()))
    top = _grow(root, content, 0, 0)
    return _draw(top, title, wrap)


def _draw(top: _Node, title: str | None, wrap: int) -> Figure:
    from matplotlib.patches import FancyBboxPatch, PathPatch
    from matplotlib.path import Path

    from tl_helpers.show.plots.house import COLOURS, GREY, new, style

    text = {id(node): textwrap.fill(node.name, wrap) for node in top.walk()}

    def tall(node: _Node) -> float:  # of its box, in inches
        return 0.16 + 0.2 * (text[id(node)].count("\n") + 1)

    def room(node: _Node) -> float:  # of its whole branch
        return max(tall(node) + 0.12, sum(map(room, node.children)))

    def place(node: _Node, start: float) -> None:
        node.row = start + room(node) / 2
        start += (room(node) - sum(map(room, node.children))) / 2
        for child in node.children:
            place(child, start)
            start += room(child)

    place(top, 0.0)
    depths = max(node.depth for node in top.walk()) + 1
    # Inches: the widest line of a level decides its column; a bold character takes 0.104.
    widths = [
        0.3
        + 0.104
        * max(
            len(line)
            for node in top.walk()
            if node.depth == depth
            for line in text[id(node)].split("\n")
        )
        for depth in range(depths)
    ]
    gap = 0.42
    lefts = [sum(widths[:d]) + gap * d for d in range(depths)]
    width = lefts[-1] + widths[-1]
    height = room(top)
    with style():
        figure, axes = new(width + 0.2, height + (0.6 if title else 0.2))
        axes.set(xlim=(-0.05, width + 0.05), ylim=(height + 0.02, -0.02))
        axes.axis("off")
        for node in top.walk():
            colour = GREY if node.depth == 0 else COLOURS[node.branch % len(COLOURS)]
            x, y, box = lefts[node.depth], node.row, widths[node.depth]
            axes.add_patch(
                FancyBboxPatch(
                    (x, y - tall(node) / 2),
                    box,
                    tall(node),
                    boxstyle="round,pad=0,rounding_size=0.09",
                    facecolor=colour if node.depth == 0 else (*_tint(colour), 1.0),
                    edgecolor=colour,
                    linewidth=1.8,
                )
            )
            axes.text(
                x + box / 2,
                y,
                text[id(node)],
                ha="center",
                va="center",
                fontsize=12,
                color="white" if node.depth == 0 else "#1A1A1A",
                linespacing=1.15,
                fontweight="bold" if node.children else "normal",
            )
            for child in node.children:
                start, end = (x + box, y), (lefts[child.depth], child.row)
                middle = (start[0] + end[0]) / 2
                curve = Path(
                    [start, (middle, start[1]), (middle, end[1]), end],
                    [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
                )
                edge = COLOURS[child.branch % len(COLOURS)]
                axes.add_patch(PathPatch(curve, facecolor="none", edgecolor=edge, linewidth=1.8))
        if title:
            axes.set_title(title)
    return figure


def _tint(colour: str) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    red, green, blue = (0.86 + 0.14 * part for part in to_rgb(colour))
    return red, green, blue
