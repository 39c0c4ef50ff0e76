"""Run a learner's function so that nothing it does takes the notebook down."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class _TimeUp(BaseException):
    """Raised inside the learner's code; no ``except Exception`` of theirs catches it."""


@dataclass(frozen=True)
class Outcome:
    """What a call did.

    Attributes:
        value: what it returned.
        error: what it raised.
        timed_out: it did not come back in time.
        runs_on: it could not be stopped either (it hangs in compiled code).
    """

    value: Any = None
    error: BaseException | None = None
    timed_out: bool = False
    runs_on: bool = False


def run(call: Callable[[], Any], seconds: float) -> Outcome:
    """Call it in a thread, with a time limit.

    A thread, because alarms exist neither on Windows nor outside the main thread, and another
    process could not reach what the learner defined in the notebook. Once the time is up, an
    exception is raised inside the thread; that stops any Python loop.

    Args:
        call: without arguments.
        seconds: the limit.
    """
    box: dict[str, Any] = {}

    def work() -> None:
        try:
            try:
                box["value"] = call()
            except BaseException as error:  # SystemExit too: exit() must not end the kernel
                box["error"] = error
        except _TimeUp:  # the second of two, which met the first on its way out
            pass

    thread = threading.Thread(target=work, daemon=True, name="learner")
    thread.start()
    try:
        thread.join(seconds)
        timed_out = thread.is_alive()
    finally:  # Ctrl-C while waiting stops the learner's code as well
        runs_on = not _stop(thread)
    if timed_out:
        return Outcome(timed_out=True, runs_on=runs_on)
    if "error" in box:
        return Outcome(error=box["error"])
    return Outcome(value=box.get("value"))


def _stop(thread: threading.Thread) -> bool:
    """Raise in the thread until it gives up; a bare ``except:`` may catch it a few times."""
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    for _ in range(20):
        if not thread.is_alive() or thread.ident is None:
            return True
        raise_in(ctypes.c_ulong(thread.ident), ctypes.py_object(_TimeUp))
        thread.join(0.05)
    return not thread.is_alive()


def short(value: Any, most: int = 70) -> str:
    """``repr`` that never fails and never fills the screen."""
    try:
        text = " ".join(repr(value).split())
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= most else text[: most - 3] + "..."


def same(a: Any, b: Any, tolerance: float = 1e-6) -> bool:
    """Do two answers agree? Numbers and arrays within a tolerance, containers item by item."""
    import numpy as np

    try:
        if isinstance(a, dict) and isinstance(b, dict):
            return a.keys() == b.keys() and all(same(a[k], b[k], tolerance) for k in a)
        if isinstance(a, (str, bytes, set, frozenset, bool)) or b is None:
            return bool(a == b)
        left, right = np.asarray(a), np.asarray(b)  # tensors and lists of numbers too
        if left.shape != right.shape:
            return False
        if left.dtype.kind in "biufc" and right.dtype.kind in "biufc":
            return bool(np.allclose(left, right, rtol=tolerance, atol=tolerance, equal_nan=True))
        return bool(np.all(left == right))
    except Exception:  # ragged, of another world, or with an == that fails
        try:
            return bool(a == b)
        except Exception:
            return False
