"""Memory that is free already, but not for anybody else."""

from __future__ import annotations

import ctypes
import gc

from tl_helpers.core import output

_MUCH = 2**26  # bytes; giving back takes a third of a second


def give_back() -> bool:
    """Hand freed memory back to the system; returns whether there was a way to do so.

    The C library of Linux keeps what a model that is gone has used, in pieces between blocks that
    are still in use. A notebook that loads one model after the other grows by that.

    Example:
        >>> give_back() in (True, False)
        True
    """
    gc.collect()  # a network may hold itself in a circle
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # macOS, musl, Windows
        return False
    trim(0)
    return True


def share() -> None:
    """From now on, give freed memory back after each cell that has left this kernel larger.

    For a machine on which many kernels run, and most of them wait for somebody who reads: with
    ``TL_SHARED=1`` in the environment every notebook begins with this. Nothing else changes.

    Example:
        >>> share()  # in plain Python there are no cells
    """
    running = output.shell()
    if running is None or getattr(running, "_tl_shares", False):
        return
    running._tl_shares = True
    after = _size()

    def tidy(*_: object) -> None:
        nonlocal after
        if _size() > after + _MUCH:
            give_back()
            after = _size()

    running.events.register("post_run_cell", tidy)


def _size() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)
