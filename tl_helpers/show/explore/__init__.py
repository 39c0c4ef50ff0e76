"""Pictures that answer "what if": a pure function of a few controls, with or without a kernel.

::

    explore.explore(draw, labels=[8, 16, 32, 64], model=["pre-trained", "random weights"],
                    alt="Accuracy against label count.")

With a live kernel it shows ipywidgets; executed by a runner (or read on a code host, the site, a
slide) it shows the same picture with a slider over frames drawn beforehand, in plain HTML.
"""

from __future__ import annotations

from tl_helpers.show.explore.controls import Control
from tl_helpers.show.explore.explorer import LIMIT, Explorer, drive, explore

__all__ = ["LIMIT", "Control", "Explorer", "drive", "explore"]
