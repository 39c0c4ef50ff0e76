"""Pictures of ideas: what flows where, what is frozen, what is trained.

One set of pieces for the whole course, so that a box means the same in every notebook: a **frozen**
part is pale and hatched, a **trained** part is filled, a **vector** is a row of cells, a text is a
sheet, an **area** or a **bar** is as large as what it stands for. Colours are those of the entities
in :mod:`tl_helpers.show.plots`. It does not lay anything out: pieces stand where they are put, in
inches from the lower left corner.

Example:
    >>> d = Diagram(6, 1.6)
    >>> text, body = d.text(0.9, 0.8, "A fine film."), d.box(3, 0.8, "encoder", kind="frozen")
    >>> d.arrow(text, body)
    >>> plots.show(d.figure, alt="A text goes through a frozen encoder.")   # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tl_helpers.core.errors import UnknownName
from tl_helpers.show.plots.house import GREY, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Kind = Literal["frozen", "trained", "plain"]
#: Kind -> (share of the colour in the fill, hatch, text colour)
_KINDS: dict[str, tuple[float, str, str]] = {
    "frozen": (0.14, "////", "#1A1A1A"),
    "trained": (1.0, "", "#FFFFFF"),
    "plain": (0.0, "", "#1A1A1A"),
}
INK = "#1A1A1A"
Stroke = Literal["solid", "dashed", "dotted"]
_STROKES = {"solid": "-", "dashed": "--", "dotted": ":"}


def _paler(colour: str, share: float) -> tuple[float, ...]:
    """A colour of which only a share is left; the rest is white."""
    from matplotlib.colors import to_rgb

    return tuple(share * part + (1 - share) for part in to_rgb(colour))


@dataclass(frozen=True)
class Piece:
    """Where a piece stands: its centre and its size, in inches."""

    x: float
    y: float
    width: float
    height: float

    def edge(self, towards: Piece) -> tuple[float, float]:
        """The middle of the side that looks towards another piece.

        Example:
            ``Piece(1, 1, 1, 1).edge(Piece(3, 1, 1, 1))`` -> ``(1.5, 1)``
        """
        across, up = towards.x - self.x, towards.y - self.y
        if abs(across) * self.height >= abs(up) * self.width:
            return self.x + (self.width / 2) * (1 if across > 0 else -1), self.y
        return self.x, self.y + (self.height / 2) * (1 if up > 0 else -1)


class Diagram:
    """An empty sheet of so many inches; methods put pieces on it and return where they stand.

    Attributes:
        figure: the matplotlib figure, for ``plots.show(d.figure, alt=...)``.
    """

    def __init__(self, width: float, height: float) -> None:
        from matplotlib.figure import Figure

        with style():
            self.figure: Figure = Figure(figsize=(width, height))
            self._axes = self.figure.add_axes((0, 0, 1, 1))
        self._axes.set(xlim=(0, width), ylim=(0, height), aspect="equal")
        self._axes.axis("off")

    def box(
        self,
        x: float,
        y: float,
        text: str,
        *,
        kind: Kind = "plain",
        colour: str = "#0072B2",
        width: float = 1.5,
        height: float = 0.7,
        size: float = 11,
    ) -> Piece:
        """A part of a network, or a step.

        Args:
            x: centre, in inches from the left.
            y: centre, in inches from below.
            text: what stands in it; may have several lines.
            kind: ``"frozen"`` (hatched), ``"trained"`` (filled) or ``"plain"``.
            colour: of the entity, as ``plots.colour("pre-trained")`` gives it.
            width: in inches.
            height: in inches.
            size: of the letters, in points.

        Raises:
            UnknownName: no such kind.
        """
        from matplotlib.colors import to_rgb
        from matplotlib.patches import FancyBboxPatch

        if kind not in _KINDS:
            raise UnknownName("kind of box", kind, _KINDS)
        share, hatch, ink = _KINDS[kind]
        fill = _paler(colour, share)
        edge = GREY if kind == "plain" else colour
        left, low = x - width / 2, y - height / 2
        shape = dict(boxstyle="round,pad=0,rounding_size=0.08", linewidth=1.4)
        if hatch:  # the hatch in a paler line of its own, so that the letters stay readable
            self._axes.add_patch(
                FancyBboxPatch(
                    (left, low),
                    width,
                    height,
                    facecolor=fill,
                    edgecolor=(*to_rgb(colour), 0.25),
                    hatch=hatch,
                    **shape,
                )
            )
        self._axes.add_patch(
            FancyBboxPatch(
                (left, low),
                width,
                height,
                facecolor="none" if hatch else fill,
                edgecolor=edge,
                **shape,
            )
        )
        paper = dict(facecolor=fill, edgecolor="none", pad=1.5) if hatch else None
        self._axes.text(x, y, text, ha="center", va="center", color=ink, size=size, bbox=paper)
        return Piece(x, y, width, height)

    def text(
        self, x: float, y: float, text: str, *, width: float = 1.7, size: float = 10.5
    ) -> Piece:
        """A text as a sheet of paper, in italics."""
        from matplotlib.patches import Rectangle

        height = 0.24 + 0.2 * (text.count("\n") + 1)
        self._axes.add_patch(
            Rectangle(
                (x - width / 2, y - height / 2),
                width,
                height,
                facecolor="#FBF8EF",
                edgecolor=GREY,
                linewidth=1.0,
            )
        )
        self._axes.text(x, y, text, ha="center", va="center", size=size, style="italic", color=INK)
        return Piece(x, y, width, height)

    def tokens(
        self, x: float, y: float, tokens: Sequence[str], *, colour: str = GREY, size: float = 10
    ) -> list[Piece]:
        """Subwords in a row, from ``x`` (the left end) on; one piece each."""
        from matplotlib.patches import Rectangle

        pieces, left = [], x
        for token in tokens:
            width = 0.2 + 0.088 * len(token) * size / 10
            self._axes.add_patch(
                Rectangle(
                    (left, y - 0.16),
                    width,
                    0.32,
                    facecolor="white",
                    edgecolor=colour,
                    linewidth=1.1,
                )
            )
            self._axes.text(
                left + width / 2,
                y,
                token,
                ha="center",
                va="center",
                size=size,
                color=INK,
                family="DejaVu Sans Mono",
            )
            pieces.append(Piece(left + width / 2, y, width, 0.32))
            left += width + 0.08
        return pieces

    def vector(
        self,
        x: float,
        y: float,
        values: Sequence[float] | int = 6,
        *,
        colour: str = "#0072B2",
        upright: bool = False,
        cell: float = 0.17,
    ) -> Piece:
        """A vector as a row of cells, or upright; the shades are its values, if it has some.

        Args:
            x: centre, in inches.
            y: centre, in inches.
            values: numbers to shade by (0 is white), or how many cells.
            colour: of the entity.
            upright: as a column.
            cell: side of a cell, in inches.
        """
        from matplotlib.patches import Rectangle

        numbers = [0.35] * values if isinstance(values, int) else [abs(v) for v in values]
        largest = max(max(numbers), 1e-9)
        n = len(numbers)
        width, height = (cell, n * cell) if upright else (n * cell, cell)
        for i, number in enumerate(numbers):
            depth = number if isinstance(values, int) else number / largest
            fill = _paler(colour, depth)
            left = x - width / 2 + (0 if upright else i * cell)
            low = y + height / 2 - (i + 1) * cell if upright else y - height / 2
            self._axes.add_patch(
                Rectangle((left, low), cell, cell, facecolor=fill, edgecolor=colour, linewidth=0.8)
            )
        return Piece(x, y, width, height)

    def area(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        colour: str = "#0072B2",
        shade: float = 0.35,
    ) -> Piece:
        """A rectangle that is as large as what it stands for, such as a cost.

        Args:
            x: centre, in inches.
            y: centre, in inches.
            width: in inches.
            height: in inches.
            colour: of the entity.
            shade: share of the colour in the fill; 0 is white.
        """
        from matplotlib.patches import Rectangle

        fill = _paler(colour, shade)
        corner = (x - width / 2, y - height / 2)
        self._axes.add_patch(
            Rectangle(corner, width, height, facecolor=fill, edgecolor=colour, linewidth=1.5)
        )
        return Piece(x, y, width, height)

    def bar(
        self,
        x: float,
        y: float,
        length: float,
        *,
        colour: str = "#0072B2",
        filled: bool = True,
        thickness: float = 0.2,
    ) -> Piece:
        """A bar that begins at ``x`` and is as long as what it stands for.

        Args:
            x: its left end, in inches.
            y: centre, in inches.
            length: in inches.
            colour: of the entity.
            filled: with the colour, or only framed by it.
            thickness: in inches.
        """
        shade = 1.0 if filled else 0.0
        return self.area(x + length / 2, y, length, thickness, colour=colour, shade=shade)

    def line(
        self,
        points: Sequence[tuple[float, float]],
        *,
        colour: str = INK,
        stroke: Stroke = "solid",
        width: float = 1.4,
        shade: float = 1.0,
        behind: bool = False,
    ) -> None:
        """A line through points, without a head: a cut, a weight, the way that something takes.

        Args:
            points: (x, y) of each, in inches.
            colour: of the line.
            stroke: ``"solid"``, ``"dashed"`` or ``"dotted"``.
            width: in points.
            shade: share of the colour; the rest is white.
            behind: under the boxes, and not over them.

        Raises:
            UnknownName: no such stroke.
        """
        if stroke not in _STROKES:
            raise UnknownName("stroke of a line", stroke, _STROKES)
        across, up = zip(*points, strict=True)
        self._axes.plot(
            across,
            up,
            color=_paler(colour, shade),
            linestyle=_STROKES[stroke],
            linewidth=width,
            marker="",
            zorder=0 if behind else 2,
        )

    def arrow(
        self, start: Piece, end: Piece, text: str = "", *, colour: str = INK, dashed: bool = False
    ) -> None:
        """An arrow between two pieces, with a word above it; dashed for what only compares."""
        begin, finish = start.edge(end), end.edge(start)
        self._axes.annotate(
            "",
            finish,
            begin,
            arrowprops=dict(
                arrowstyle="-|>",
                color=colour,
                linewidth=1.4,
                shrinkA=2,
                shrinkB=2,
                linestyle="--" if dashed else "-",
            ),
        )
        if text:
            self.note((begin[0] + finish[0]) / 2, (begin[1] + finish[1]) / 2 + 0.14, text, size=9.5)

    def note(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 10.5,
        colour: str = INK,
        bold: bool = False,
        align: Literal["center", "left", "right"] = "center",
    ) -> Piece:
        """Words on the sheet, without a frame."""
        self._axes.text(
            x,
            y,
            text,
            ha=align,
            va="center",
            size=size,
            color=colour,
            weight="bold" if bold else "normal",
        )
        return Piece(x, y, 0.09 * max(map(len, text.split("\n"))), 0.2 * (text.count("\n") + 1))

    def legend(self, x: float, y: float, *, colour: str = GREY) -> None:
        """What hatched and filled mean, in one line that begins at ``x``."""
        self.box(x + 0.17, y, "", kind="frozen", colour=colour, width=0.34, height=0.22)
        self.note(x + 0.42, y, "frozen", size=9.5, align="left")
        self.box(x + 1.35, y, "", kind="trained", colour=colour, width=0.34, height=0.22)
        self.note(x + 1.6, y, "trained", size=9.5, align="left")
