"""Memory that is free already, but not for anybody else."""

from __future__ import annotations

import ctypes
import gc


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
