"""The live form: ipywidgets with labels, and the default as a picture for when they are gone."""

from __future__ import annotations

import traceback
from html import escape
from typing import TYPE_CHECKING, Any

from tl_helpers.core import output
from tl_helpers.show.plots.house import HIDDEN

if TYPE_CHECKING:
    from tl_helpers.show.explore.explorer import Explorer
    from tl_helpers.show.explore.frames import Frame, Key

VIEW = "application/vnd.jupyter.widget-view+json"


def trouble(explorer: Explorer, key: Key, error: BaseException) -> str:
    """An error of the function, where the picture would be.

    Example:
        >>> "no such town" in trouble(explorer, key, ValueError("no such town"))  # doctest: +SKIP
        True
    """
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" (line {last[0].lineno} of {last[0].name})" if last else ""
    return (
        '<div role="alert" style="border-left:6px solid #D55E00;padding:.6em 1em;margin:.4em 0">'
        f"<b>{escape(type(error).__name__)}</b> at {escape(explorer.words(key))}{escape(where)}:"
        f"<br>{escape(str(error) or 'no message')}</div>"
    )


class Panel:
    """Controls and picture as widgets.

    Attributes:
        box: the widget to show.
        errors: what the function raised so far, newest last.
    """

    def __init__(self, explorer: Explorer) -> None:
        import ipywidgets as widgets

        self.explorer = explorer
        self.errors: list[BaseException] = []
        self.view, self.said = widgets.HTML(), widgets.HTML()
        self.drawn = False
        self.fields: list[Any] = []
        for control in explorer.controls.values():
            kind = widgets.SelectionSlider if control.is_slider else widgets.Dropdown
            field = kind(
                options=list(zip(control.names, range(len(control.values)), strict=True)),
                value=control.start,
                description=control.label,
                style={"description_width": "initial"},
                # A slider's track gets what label and value leave of the width.
                layout={
                    "width": "26em" if control.is_slider else "auto",
                    "min_width": "18em",
                    "max_width": "100%",
                },
            )
            field.observe(lambda _: self.update(), names="value")
            self.fields.append(field)
        row = widgets.HBox(self.fields, layout={"flex_flow": "row wrap", "grid_gap": "0 1.5em"})
        title = [widgets.HTML(f"<b>{escape(explorer.title)}</b>")] if explorer.title else []
        self.box = widgets.VBox([*title, row, self.view, self.said])
        self.update()

    @property
    def key(self) -> Key:
        """Position of each control now."""
        return tuple(field.value for field in self.fields)

    def update(self) -> None:
        """Draw what the controls say; an error stands where the picture would be."""
        key = self.key
        try:
            self._say(self.explorer.draw(key, quick=True))
        except Exception as error:  # shown to the learner: a widget would swallow it
            self.errors.append(error)
            self.view.value = trouble(self.explorer, key, error)

    def _say(self, frame: Frame) -> None:
        """The picture, and for a screen reader what has changed."""
        self.view.value = frame.html
        said = f'<div role="status" style="{HIDDEN}">{escape(frame.alt)}</div>'
        self.said.value = said if self.drawn else ""
        self.drawn = True

    def turn(self, key: Key) -> None:
        """Set all controls as a learner would.

        Raises:
            Exception: what the function raised on the way.
        """
        before = len(self.errors)
        for field, position in zip(self.fields, key, strict=True):
            field.value = position
        if len(self.errors) > before:
            raise self.errors[-1]


def live_bundle(explorer: Explorer) -> tuple[output.Bundle, output.Bundle]:
    """Widget view, with the default frame behind it for readers without a kernel.

    The widget's state is not stored in the notebook, so that a saved copy falls back to the frame.

    Example:
        >>> "application/vnd.jupyter.widget-view+json" in live_bundle(explorer)[0]  # doctest: +SKIP
        True
    """
    panel = Panel(explorer)
    explorer.widget = panel
    bundle: output.Bundle = {"text/plain": explorer.words(explorer.default)}
    metadata: output.Bundle = {}
    if not panel.errors:
        bundle, metadata = explorer.draw(explorer.default).still()
    else:
        bundle["text/html"] = panel.view.value
    view = {"version_major": 2, "version_minor": 0, "model_id": panel.box.model_id}
    return bundle | {VIEW: view}, metadata
