"""Pictures in one house style: readable at the back of a room, in grey, and by a screen reader.

Every function returns a matplotlib ``Figure``; :func:`show` puts it into the notebook as a small
PNG whose alt text says what one should see. Colours are those of Okabe and Ito (2008), which
people with colour-blindness can tell apart; markers and line styles differ too.
"""

from __future__ import annotations

from tl_helpers.show.plots.areas import bars, heatmap, histogram
from tl_helpers.show.plots.frame import table
from tl_helpers.show.plots.house import (
    COLOURS,
    GREY,
    LINES,
    MARKERS,
    Picture,
    alt_text,
    image_html,
    picture,
    png,
    show,
    style,
)
from tl_helpers.show.plots.lines import curves, learning_curve, rank_frequency
from tl_helpers.show.plots.tree import tree

__all__ = [
    "COLOURS",
    "GREY",
    "LINES",
    "MARKERS",
    "Picture",
    "alt_text",
    "bars",
    "curves",
    "heatmap",
    "histogram",
    "image_html",
    "learning_curve",
    "picture",
    "png",
    "rank_frequency",
    "show",
    "style",
    "table",
    "tree",
]
