"""The explorer: draws a frame for each setting, and shows it live or as static HTML."""

from __future__ import annotations

import itertools
import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, Literal

from tl_helpers.core import output
from tl_helpers.core.errors import BadValue, CourseError
from tl_helpers.show.explore.controls import Control, control
from tl_helpers.show.explore.frames import Frame, Key, frame
from tl_helpers.show.plots.house import alt_text

LIMIT = 36  # frames of a static explorer
FRAME = 24_000  # bytes of one picture in a static frame; most have 10 to 16 thousand
DPI = 96  # of those: a pixel for each of the page
KEPT = 200  # frames a live explorer remembers


class Explorer(output.Shown):
    """A function with controls. Made by :func:`explore`; driven in tests by :func:`drive`."""

    def __init__(
        self,
        fn: Callable[..., Any],
        controls: dict[str, Control],
        alt: str | Callable[..., str],
        title: str = "",
        limit: int = LIMIT,
    ) -> None:
        self.fn, self.controls, self.alt, self.title, self.limit = fn, controls, alt, title, limit
        if self.size > self.limit:
            counts = " x ".join(f"{len(c.values)} {c.label}" for c in self.controls.values())
            raise BadValue(
                f"This explorer has {self.size} settings ({counts}); a static page draws at most "
                f"{self.limit}.",
                "Offer fewer values or fewer controls, or raise limit=...",
            )
        self._frames: OrderedDict[Key, Frame] = OrderedDict()
        self.widget: Any = None  # the live form, once shown

    @property
    def default(self) -> Key:
        """Positions of all defaults."""
        return tuple(c.start for c in self.controls.values())

    @property
    def size(self) -> int:
        """How many settings there are."""
        return math.prod(len(c.values) for c in self.controls.values())

    def keys(self) -> Iterator[Key]:
        """Every setting, the last control turning fastest."""
        return itertools.product(*(range(len(c.values)) for c in self.controls.values()))

    def settings(self, key: Key) -> dict[str, Any]:
        """Control values at these positions."""
        return {name: c.values[i] for (name, c), i in zip(self.controls.items(), key, strict=True)}

    def words(self, key: Key) -> str:
        """The setting in words, as in ``"labels 64, model random weights"``."""
        pairs = zip(self.controls.values(), key, strict=True)
        return ", ".join(f"{c.label} {c.names[i]}" for c, i in pairs)

    def draw(self, key: Key, largest: int = 60_000, dpi: int = 110, quick: bool = False) -> Frame:
        """One frame, remembered. Errors of the function come through as they are."""
        if key not in self._frames:
            settings = self.settings(key)
            made = self.fn(**settings)
            alt = (
                alt_text(self.alt(**settings))
                if callable(self.alt)
                else (f"{alt_text(self.alt)} ({self.words(key)})")
            )
            self._frames[key] = frame(made, alt, largest=largest, dpi=dpi, quick=quick)
            while len(self._frames) > max(KEPT, self.limit):
                self._frames.popitem(last=False)
        return self._frames[key]

    def bundle(self) -> tuple[output.Bundle, output.Bundle]:
        """Static form of all settings, and the default as PNG with alt text.

        Raises:
            CourseError: the function failed on a setting.
        """
        from tl_helpers.show.explore.page import page

        frames = {}
        for key in self.keys():
            try:
                frames[key] = self.draw(key, largest=FRAME, dpi=DPI)
            except Exception as error:
                raise CourseError(
                    f"The explorer failed at {self.words(key)}: {type(error).__name__}: {error}",
                    "Mend the function that draws it; it must work for every value offered.",
                ) from error
        bundle, metadata = frames[self.default].still()
        return bundle | {"text/html": page(self, frames)}, metadata

    def show(self, bundle: tuple[output.Bundle, output.Bundle] | None = None) -> None:
        """Show it: widgets with a live kernel, the static form otherwise."""
        if bundle is None and output.live():
            from tl_helpers.show.explore.live import live_bundle

            bundle = live_bundle(self)
        super().show(bundle)


def explore(
    fn: Callable[..., Any],
    *,
    alt: str | Callable[..., str],
    title: str = "",
    limit: int = LIMIT,
    mode: Literal["auto", "live", "static"] = "auto",
    **controls: Any,
) -> Explorer:
    """Let the learner turn the arguments of ``fn``.

    Args:
        fn: pure function of the control values; returns a matplotlib figure, a table (anything
            with an HTML form), a text, or a list of these.
        alt: what the picture shows, for those who cannot see it; or a function of the control
            values that says it for each setting.
        title: a line above the controls.
        limit: most settings that the static form may draw.
        mode: ``"auto"`` shows widgets when a kernel is live and nobody asked for static output
            (``TL_QUIET``, ``TL_STATIC``).
        controls: list, range, dict ``{name: value}`` or :class:`Control`, by argument name.

    Raises:
        BadValue: no alt text, no controls, a control without values, too many settings.
        CourseError: in static form, ``fn`` failed for a setting; names the setting.

    Example:
        >>> explore("town ".__mul__, words=[1, 2, 3], alt="The word town.")  # doctest: +SKIP
    """
    if not controls:
        raise BadValue("An explorer without controls is a picture.", "Use plots.show instead.")
    if not callable(alt):
        alt_text(alt)
    made = {name: control(name, given) for name, given in controls.items()}
    explorer = Explorer(fn, made, alt, title, limit)
    if mode == "live":
        from tl_helpers.show.explore.live import live_bundle

        explorer.show(live_bundle(explorer))
    elif mode == "static":
        explorer.show(explorer.bundle())
    elif mode == "auto":
        explorer.show()
    else:
        raise BadValue(f"mode={mode!r} is not known.", "Use auto, live or static.")
    return explorer


def drive(explorer: Explorer, limit: int = 1000) -> int:
    """Draw every setting of an explorer (for tests); the widgets too when they are live.

    Args:
        explorer: what :func:`explore` returned.
        limit: beyond so many settings, each control is turned alone, the others at default.

    Returns:
        How many settings were drawn.

    Raises:
        CourseError: the function failed; names the setting.

    Example:
        >>> drive(explorer)  # doctest: +SKIP
        3
    """
    keys = list(explorer.keys()) if explorer.size <= limit else _one_by_one(explorer)
    for key in keys:
        try:
            explorer.draw(key)
        except Exception as error:
            raise CourseError(
                f"The explorer failed at {explorer.words(key)}: {type(error).__name__}: {error}", ""
            ) from error
        if explorer.widget is not None:
            explorer.widget.turn(key)
    return len(keys)


def _one_by_one(explorer: Explorer) -> list[Key]:
    keys = [explorer.default]
    for place, c in enumerate(explorer.controls.values()):
        for i in range(len(c.values)):
            key = (*explorer.default[:place], i, *explorer.default[place + 1 :])
            if key not in keys:
                keys.append(key)
    return keys
