"""What one setting of an explorer shows: a picture, a table, a text, or several of them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

from tl_helpers.core import output
from tl_helpers.show.plots.house import Picture, picture

# Inside a widget neither JupyterLab nor the site styles a table.
_TABLE = (
    "<style>.tl-table{border-collapse:collapse;margin:.4em 0}.tl-table th,.tl-table td{"
    "padding:.15em .8em;text-align:left;border-bottom:1px solid rgba(128,128,128,.45)}</style>"
)
Key = tuple[int, ...]  # position of each control


@dataclass(frozen=True)
class Frame:
    """One setting, drawn.

    Attributes:
        alt: what it shows, in words.
        parts: HTML of each part, one below the other.
        plain: the same for a screen that shows text only.
        first: the first picture in it, if there is one.
    """

    alt: str
    parts: tuple[str, ...]
    plain: str
    first: Picture | None = None

    @property
    def bare(self) -> bool:
        """There is nothing but a picture."""
        return self.first is not None and len(self.parts) == 1

    @cached_property
    def html(self) -> str:
        """All of it."""
        if self.bare:
            return self.parts[0]
        # A wide table scrolls by itself on a phone instead of stretching the page.
        return (
            f'<div role="region" tabindex="0" aria-label="{escape(self.label)}" '
            f'style="overflow-x:auto">{"".join(self.parts)}</div>'
        )

    @property
    def label(self) -> str:
        """Name of the region: what it shows, unless a picture in it says that."""
        return self.alt if self.first is None else "What it shows"

    def still(self) -> tuple[output.Bundle, output.Bundle]:
        """The frame without controls, as MIME bundle and metadata."""
        bundle: output.Bundle = {"text/html": self.html, "text/plain": self.plain}
        if self.first is None:
            return bundle, {}
        bundle["image/png"] = base64.b64encode(self.first.data).decode("ascii")
        about = {"alt": self.first.alt, "width": self.first.width}
        return bundle, {"image/png": about}


def frame(made: Any, alt: str, *, largest: int, dpi: int, quick: bool = False) -> Frame:
    """Make a frame of what the author's function returned.

    Args:
        made: a matplotlib figure, a ``plots.Picture``, anything with an HTML form, a text, or a
            list of these, which then stand below one another.
        alt: what it shows, in words.
        largest: most bytes of a picture.
        dpi: its resolution.
        quick: encoded in a fifth of the time, some bytes larger: somebody is waiting.

    Raises:
        TypeError: it returned nothing.

    Example:
        >>> frame("some text", "Some text.", largest=60_000, dpi=110).alt
        'Some text.'
    """
    parts, plain, first = [], [], None
    listed = list(made) if isinstance(made, (list, tuple)) else [made]
    for part in listed or [None]:
        if part is None:
            raise TypeError("the function returned None; let it return a figure, a table or a text")
        if hasattr(part, "savefig"):
            part = picture(part, alt, dpi=dpi, largest=largest, colours=(64,), quick=quick)
        if isinstance(part, Picture):
            first = first or part
        parts.append(_html(part))
        plain.append(str(part))
    return Frame(alt, tuple(parts), "\n".join(plain), first)


def _html(part: Any) -> str:
    if hasattr(part, "to_html") and hasattr(part, "columns"):  # a pandas table
        return _TABLE + part.to_html(border=0, classes="tl-table", max_rows=60, max_cols=20)
    rich = getattr(part, "_repr_html_", None)
    text = rich() if rich is not None else None
    return text if text is not None else f"<pre>{escape(str(part))}</pre>"
