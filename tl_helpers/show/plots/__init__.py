"""Pictures in one house style: readable at the back of a room, in grey, and by a screen reader.

Every function returns a matplotlib ``Figure``; :func:`show` puts it into the notebook as a small
PNG whose alt text says what one should see. Colours are those of Okabe and Ito (2008), which
people with colour-blindness can tell apart; markers and line styles differ too. What occurs again
and again has one colour through the whole course (:data:`PALETTE`).

:func:`curve`, :func:`bars`, :func:`dots` and :func:`heatmap` take a table of runs, as
``experiment.run`` and stored results give it, and say which column goes where.
"""

from __future__ import annotations

from tl_helpers.show.plots.areas import bars, dots, heatmap
from tl_helpers.show.plots.frame import table
from tl_helpers.show.plots.house import (
    COLOURS,
    GREY,
    LINES,
    MARKERS,
    PALETTE,
    Picture,
    alt_text,
    colour,
    image_html,
    looks,
    picture,
    png,
    show,
    style,
)
from tl_helpers.show.plots.lines import curve, curves, learning_curve
from tl_helpers.show.plots.tree import tree

__all__ = [
    "COLOURS",
    "GREY",
    "LINES",
    "MARKERS",
    "PALETTE",
    "Picture",
    "alt_text",
    "bars",
    "colour",
    "curve",
    "curves",
    "dots",
    "heatmap",
    "image_html",
    "learning_curve",
    "looks",
    "picture",
    "png",
    "show",
    "style",
    "table",
    "tree",
]
