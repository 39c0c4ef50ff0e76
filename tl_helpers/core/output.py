"""What a cell shows: one place that knows whether anybody is looking, and how.

Cards, pictures and explorers go through :func:`emit`. In a notebook it publishes a MIME bundle; in
a plain Python session it prints the text form, so that a script shows the same facts.
"""

from __future__ import annotations

import os
from typing import Any

Bundle = dict[str, Any]


def on(variable: str) -> bool:
    """Is a switch of the environment, such as ``TL_QUIET=1``, set?

    Example:
        >>> on("TL_NO_SUCH_SWITCH")
        False
    """
    return os.environ.get(variable, "").strip().lower() not in ("", "0", "false", "no")


def quiet() -> bool:
    """True when a runner executes the notebook (``TL_QUIET=1``): no progress bars.

    Example:
        >>> quiet() == on("TL_QUIET")
        True
    """
    return on("TL_QUIET")


def static() -> bool:
    """True when only forms that survive without a kernel may be shown.

    Example:
        >>> static() or not quiet()
        True
    """
    return quiet() or on("TL_STATIC")


def shell() -> Any | None:
    """The running IPython shell, or None in plain Python.

    Example:
        >>> shell() is None
        True
    """
    import sys

    if "IPython" not in sys.modules:  # nobody imported it, so we do not run inside it
        return None
    from IPython import get_ipython

    return get_ipython()


def live() -> bool:
    """True when a Jupyter kernel with somebody in front of it can run widgets.

    Programs that execute a notebook (``tl run``, ``jupyter nbconvert --execute``, papermill) let no
    cell ask for input, and people's front ends do: that is how they are told apart. ``TL_STATIC=0``
    wants widgets all the same.

    Example:
        >>> live()
        False
    """
    import sys

    running = shell()
    if running is None or not hasattr(running, "kernel") or static():
        return False
    if os.environ.get("TL_STATIC", "").strip() or "google.colab" in sys.modules:
        return True
    return bool(getattr(running.kernel, "_allow_stdin", True))


def emit(bundle: Bundle, metadata: Bundle | None = None) -> None:
    """Show a MIME bundle in the cell, or print its ``text/plain`` outside a notebook.

    Args:
        bundle: MIME type -> content; ``text/plain`` must be there.
        metadata: MIME type -> metadata, as in the notebook format.

    Example:
        >>> emit({"text/plain": "a number: 3"})
        a number: 3
    """
    if shell() is None:
        print(bundle["text/plain"])
        return
    from IPython.display import display

    display(bundle, raw=True, metadata=metadata or {})


def _cell() -> object:
    running = shell()
    return None if running is None else running.execution_count


class Shown:
    """Something that shows itself when it is made, once, wherever it stands in the cell.

    A call that already showed its result must not show it again because it happens to be the last
    line of the cell; looked at later (``claim`` in a cell of its own) it appears again.
    """

    _shown_in: object = None

    def bundle(self) -> tuple[Bundle, Bundle]:
        """MIME bundle and metadata for a second look (without machine-readable records)."""
        raise NotImplementedError

    def show(self, bundle: tuple[Bundle, Bundle] | None = None) -> None:
        """Show it now."""
        object.__setattr__(self, "_shown_in", _cell())  # frozen dataclasses use this class too
        emit(*(bundle or self.bundle()))

    def _ipython_display_(self) -> None:
        if self._shown_in is None or self._shown_in != _cell():
            self.show()
