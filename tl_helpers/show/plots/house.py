"""The house style, and how a figure becomes a small PNG with alt text."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from tl_helpers.core import output
from tl_helpers.core.errors import BadValue

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL import Image

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F4F24")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
GREY = "#595959"
#: One look for each thing through the whole course: its place in COLOURS, MARKERS and LINES. Things
#: that no picture shows together may share one.
PALETTE = {
    **dict.fromkeys(("pre-trained", "masked words", "masked", "MiniLM", "town-mlm"), 0),
    **dict.fromkeys(("warm start", "town, warm start"), 0),
    **dict.fromkeys(("random weights", "random", "random vectors"), 1),
    **dict.fromkeys(("word counts", "static", "TF-IDF", "TF-IDF, words"), 2),
    **dict.fromkeys(("n-gram", "trigrams", "trigrams of subwords", "6-grams of characters"), 2),
    **dict.fromkeys(("labels", "replaced", "town-rtd"), 3),
    **dict.fromkeys(("causal", "next word", "town-clm", "transformer", "SmolLM2"), 4),
    **{"head only": 0, "biases": 1, "LoRA": 2, "adapters": 3, "everything": 4},
    **{"progressive": 0, "random columns": 1, "random encoder": 1},
    **dict.fromkeys(("translation", "town-mt", "TF-IDF, letters"), 5),
    **dict.fromkeys(("skip-gram", "neighbours"), 7),
    "masked less": 5,  # beside "masked", in a paler blue
    "static + town-mt": 6,
}
LARGEST = 60_000  # bytes of one PNG
_TITLE = "tl-title"  # marks the titles that are made to fit
# For words that only a screen reader should find.
HIDDEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"

_RC: dict[str, Any] = {
    "font.size": 13,
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same everywhere
    "axes.titlesize": 15,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.labelsize": 13,
    "axes.labelcolor": "#262626",
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "lines.linewidth": 2.4,
    "lines.markersize": 7,
    "legend.frameon": False,
    "figure.figsize": (7.6, 4.4),
    "figure.dpi": 110,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def style() -> Iterator[None]:
    """The house style for figures of your own: ``with plots.style(): fig, ax = plt.subplots()``.

    Example:
        >>> with style():
        ...     figure, axes = new()
    """
    import matplotlib as mpl
    from cycler import cycler

    cycle = cycler(color=COLOURS) + cycler(linestyle=LINES) + cycler(marker=MARKERS)
    with mpl.rc_context(_RC | {"axes.prop_cycle": cycle}):
        yield


def new(width: float = 7.6, height: float = 4.4) -> tuple[Figure, Axes]:
    """A figure with one pair of axes, in inches; call it inside :func:`style`.

    Example:
        >>> with style():
        ...     figure, axes = new(6, 3)
        >>> figure.get_size_inches().tolist()
        [6.0, 3.0]
    """
    # Not pyplot: its figures pile up, and the notebook would show them a second time.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def label(axes: Axes, title: str | None, xlabel: str, ylabel: str) -> None:
    """Axis labels and title; a title that is too long for the figure is drawn smaller.

    Example:
        >>> figure, axes = new()
        >>> label(axes, "Loss", "step", "nats a word")
        >>> axes.get_xlabel()
        'step'
    """
    axes.set(xlabel=xlabel, ylabel=ylabel)
    if title:
        axes.set_title(title, gid=_TITLE)


def looks(names: Iterable[str]) -> dict[str, tuple[str, str, Any]]:
    """Colour, marker and line of each name: those of the palette, for others the next that is free.

    Example:
        >>> looks(["pre-trained", "mine"])["pre-trained"]
        ('#0072B2', 'o', '-')
    """
    every = list(names)
    places: dict[str, int] = {}
    for name in every:
        if name in PALETTE and PALETTE[name] not in places.values():
            places[name] = PALETTE[name]
    free = [place for place in range(len(COLOURS)) if place not in places.values()]
    for number, name in enumerate(n for n in every if n not in places):
        places[name] = free[number % len(free)] if free else number % len(COLOURS)
    return {n: (COLOURS[places[n]], MARKERS[places[n]], LINES[places[n]]) for n in every}


def colour(name: str) -> str:
    """The colour of an entity through the whole course.

    Example:
        >>> colour("random weights")
        '#D55E00'
    """
    return looks([name])[name][0]


def describe(figure: Figure, title: str | None, what: str, parts: Iterable[str]) -> None:
    """Write down what a figure shows, as alt text for whoever does not write a better one.

    Example:
        >>> figure, _ = new()
        >>> describe(figure, "Loss", "A line", ["it falls"])
    """
    figure.tl_alt = f"{title}. " * bool(title) + f"{what}: {'; '.join(parts)}."


def alt_text(alt: str) -> str:
    """Alt text in one line.

    Raises:
        BadValue: it is empty.

    Example:
        >>> alt_text("One line,\\n  and another.")
        'One line, and another.'
    """
    words = " ".join(alt.split()) if isinstance(alt, str) else ""
    if not words:
        raise BadValue(
            "A picture without alt text is lost on readers who cannot see it.",
            'Say what one should see: plots.show(fig, alt="Accuracy rises from 0.55 at ...").',
        )
    return words


def _pixels(figure: Figure, dpi: int) -> Image.Image:
    """The figure as an RGB image on white."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    before, canvas = figure.dpi, figure.canvas
    try:
        figure.set_dpi(dpi)
        agg = FigureCanvasAgg(figure)
        agg.draw()
        if _fit_titles(figure):
            agg.draw()
        return Image.fromarray(np.asarray(agg.buffer_rgba())[..., :3])
    finally:
        figure.set_dpi(before)
        figure.set_canvas(canvas)


def _fit_titles(figure: Figure) -> bool:
    """Make titles that run over the right edge of the figure smaller; was there one?"""
    too_long = [
        (title, extent)
        for title in figure.findobj(lambda artist: artist.get_gid() == _TITLE)
        if (extent := title.get_window_extent()).x1 > figure.bbox.x1
    ]
    for title, extent in too_long:
        room = (figure.bbox.x1 - extent.x0) / extent.width
        title.set_fontsize(0.98 * room * title.get_fontsize())
    return bool(too_long)


def png(
    figure: Figure,
    *,
    dpi: int = 130,
    largest: int = LARGEST,
    colours: Sequence[int] = (255, 64),
    quick: bool = False,
) -> bytes:
    """The figure as PNG of at most ``largest`` bytes: fewer colours first, then fewer pixels.

    Args:
        figure: any matplotlib figure.
        dpi: resolution to begin with.
        largest: bytes that it may have.
        colours: sizes of the palette to try.
        quick: encode in a fifth of the time, with some bytes more.

    Raises:
        BadValue: it cannot be made that small.

    Example:
        >>> figure, _ = new()
        >>> png(figure)[1:4]
        b'PNG'
    """
    from PIL import Image

    for resolution in (dpi, 100, 80, 64):
        if resolution > dpi:
            continue
        image = _pixels(figure, resolution)
        # A palette renders lines, bands and text alike in a third of the bytes.
        for count in colours:
            small = io.BytesIO()
            method = Image.Quantize.FASTOCTREE if quick else Image.Quantize.MEDIANCUT
            reduced = image.quantize(count, method=method, dither=Image.Dither.NONE)
            reduced.save(small, "PNG", optimize=not quick)
            if small.tell() <= largest:
                return small.getvalue()
    raise BadValue(
        f"This picture needs more than {largest:,} bytes.",
        "Draw fewer points, or a smaller figure.",
    )


def image_html(data: bytes, alt: str, width: int | None = None, id: str = "") -> str:
    """PNG bytes as an HTML image with alt text, self-contained.

    Example:
        >>> image_html(b"...", "a picture")[:20]
        '<img alt="a picture"'
    """
    size = f' width="{width}"' if width else ""
    name = f' id="{escape(id)}"' if id else ""
    source = base64.b64encode(data).decode("ascii")
    return (
        f'<img{name} alt="{escape(alt)}"{size} style="max-width:100%;height:auto;background:#fff" '
        f'src="data:image/png;base64,{source}">'
    )


def width_on_screen(figure: Figure) -> int:
    """CSS pixels that the figure should take, whatever the resolution of its PNG.

    Example:
        >>> width_on_screen(new(5, 3)[0])
        480
    """
    return round(float(figure.get_figwidth()) * 96)


def close(figure: Figure) -> None:
    """Forget a pyplot figure, so that the notebook does not show it again.

    Example:
        >>> close(new()[0])
    """
    import sys

    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(figure)


@dataclass(frozen=True)
class Picture:
    """A figure drawn once and for all: PNG bytes with alt text.

    Attributes:
        data: the PNG.
        alt: what it shows.
        width: on the screen, in CSS pixels.
    """

    data: bytes
    alt: str
    width: int

    def _repr_html_(self) -> str:
        return image_html(self.data, self.alt, self.width)

    def __str__(self) -> str:
        return f"[Picture: {self.alt}]"


def picture(
    figure: Figure,
    alt: str,
    *,
    dpi: int = 110,
    largest: int = LARGEST,
    colours: Sequence[int] = (64,),
    quick: bool = False,
) -> Picture:
    """Draw a figure to keep it, for an explorer that shows it in several settings.

    Args:
        figure: any matplotlib figure.
        alt: what a reader who cannot see it should know.
        dpi, largest, colours, quick: see :func:`png`.

    Raises:
        BadValue: no alt text, or a picture that cannot be made small enough.

    Example:
        >>> picture(new()[0], "Empty axes.").alt
        'Empty axes.'
    """
    words = alt_text(alt)
    data = png(figure, dpi=dpi, largest=largest, colours=colours, quick=quick)
    close(figure)
    return Picture(data, words, width_on_screen(figure))


def show(figure: Figure, alt: str | None = None) -> None:
    """Put a figure into the notebook: PNG of at most 60 KB, with alt text.

    Args:
        figure: any matplotlib figure.
        alt: what a reader who cannot see it should know: the finding, not "a plot". The figures of
            this room say their numbers by themselves.

    Raises:
        BadValue: no alt text, or a picture that cannot be made small enough.

    Example:
        >>> show(figure, alt="Two curves that rise.")  # doctest: +SKIP
    """
    words = getattr(figure, "tl_alt", "") if alt is None else alt
    made = picture(figure, words, dpi=130, colours=(255, 64))
    bundle = {
        "text/html": made._repr_html_(),
        "image/png": base64.b64encode(made.data).decode("ascii"),
        "text/plain": str(made),
    }
    output.emit(bundle, {"image/png": {"alt": made.alt, "width": made.width}})
