"""What a cell shows: one place that knows whether anybody is looking, and how.

Cards, pictures and explorers go through :func:`emit`. In a notebook it publishes a MIME bundle; in
a plain Python session it prints the text form, so that a script shows the same facts.
"""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import Any

from tl_helpers.core.errors import Stopped

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


class Working:
    """Goes around a loop that may take a while: a bar with the time left, and a word when stopped.

    The bar appears after a second, so that what is quick stays silent; never where
    ``TL_QUIET=1``. Stopped by the button ■ of Jupyter or by Ctrl-C, the loop says in two lines how
    far it was and what to do.

    Args:
        total: how many there are.
        what: the work, as the bar calls it: ``"embedding"``.
        unit: one of them: ``"text"``.
        again: what to do after a stop.

    Raises:
        Stopped: in the place of KeyboardInterrupt.

    Example:
        >>> with Working(3, "counting", "number") as work:
        ...     for number in range(3):
        ...         work.update()
        >>> work.done
        3
    """

    DELAY = 1.0  # seconds

    def __init__(
        self,
        total: int,
        what: str,
        unit: str,
        again: str = "Nothing of it was kept: run it again, perhaps on less.",
    ) -> None:
        self.total, self.what, self.unit, self.again = total, what, unit, again
        self.done = 0
        self._bar: Any = None
        self._began = time.monotonic()

    def __enter__(self) -> Working:
        return self

    def update(self, n: int = 1) -> None:
        """So many more are done."""
        self.done += n
        if self._bar is not None:
            self._bar.update(n)
        elif self.done < self.total and time.monotonic() - self._began > self.DELAY and not quiet():
            from tqdm.auto import tqdm

            self._bar = tqdm(
                total=self.total, initial=self.done, desc=self.what, unit=self.unit, leave=False
            )
            # It is not counted from zero: the time left follows from what is done and the time.
            self._bar.initial, self._bar.start_t = (
                0,
                self._bar.start_t - (time.monotonic() - self._began),
            )
            self._bar.refresh()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        if isinstance(error, KeyboardInterrupt) and not isinstance(error, Stopped):
            told = f"Stopped after {self.done:,} of {self.total:,} {self.unit}s ({self.what})."
            raise Stopped(told, self.again) from None
