"""Run a learner's function so that nothing it does takes the notebook down."""

from __future__ import annotations

import builtins
import io
import reprlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from types import FrameType
from typing import Any

SCREENFUL = 2000  # characters that a learner's function may print in one check
_AGAIN = 0.05  # seconds between two attempts to stop what does not want to stop


class _TimeUp(BaseException):
    """Raised inside the learner's code; no ``except Exception`` of theirs catches it."""


@dataclass(frozen=True)
class Outcome:
    """What a call did.

    Attributes:
        value: what it returned.
        error: what it raised.
        timed_out: it did not come back in time.
        printed: characters that were shown.
    """

    value: Any = None
    error: BaseException | None = None
    timed_out: bool = False
    printed: int = 0


def run(call: Callable[[], Any], seconds: float, most: int = SCREENFUL) -> Outcome:
    """Call it with a time limit; at most a screenful of what it prints is shown.

    Once the time is up, an alarm raises an exception inside the learner's code, which ends loops
    and ``time.sleep`` alike. Alarms reach the main thread alone, and Windows has none: elsewhere
    the call runs without a limit, and that is said once. Ctrl-C passes through.

    Args:
        call: without arguments.
        seconds: the limit.
        most: characters of its output that are shown.

    Example:
        >>> run(lambda: 1 + 1, seconds=5).value
        2
    """
    said, alarm = _Said(most), _Alarm(seconds if _has_alarm() else None)
    error, value, timed_out = None, None, False
    with redirect_stdout(said), redirect_stderr(said), _nobody_types(), alarm:
        try:
            try:
                alarm.rings = True
                value = call()
            finally:
                alarm.rings = False
        except _TimeUp:
            timed_out = True
        except KeyboardInterrupt:
            raise
        except BaseException as raised:  # SystemExit too: exit() must not end the kernel
            error = raised
    said.show()
    return Outcome(value, error, timed_out, most - said.room)


class _Alarm:
    """Raises :class:`_TimeUp` where the program is when the time is up, as long as it ``rings``.

    Args:
        seconds: until then; None for never.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds, self.rings, self.again = seconds, False, False

    def __enter__(self) -> None:
        if self.seconds is not None:
            self.tracer = sys.gettrace()
            self.handler = signal.signal(signal.SIGALRM, self._ring)
            self.timer = signal.setitimer(signal.ITIMER_REAL, self.seconds, _AGAIN)

    def __exit__(self, *_: Any) -> None:
        if self.seconds is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self.handler)
            signal.setitimer(signal.ITIMER_REAL, *self.timer)  # of whoever had one before
            if self.again:
                sys.settrace(self.tracer)

    def _ring(self, _: int, frame: FrameType | None) -> None:
        if not self.rings:
            return
        if self.again:  # a bare ``except:`` caught the first: raise in the lines after it as well
            sys.settrace(lambda *_: None)
            while frame is not None and frame.f_code is not run.__code__:
                frame.f_trace = self._leave
                frame = frame.f_back
        self.again = True
        raise _TimeUp

    def _leave(self, _: FrameType, event: str, __: Any) -> Any:
        if event == "line" and self.rings:
            raise _TimeUp
        return self._leave


_said_so = False


def _has_alarm() -> bool:
    """Whether a function can be stopped here; if not, say so once."""
    global _said_so
    here = threading.current_thread() is threading.main_thread()
    if here and hasattr(signal, "setitimer"):
        return True
    if not _said_so:
        _said_so = True
        print(
            "There is no alarm here that could stop a function, so it runs without a time limit. "
            "If it does not come back, interrupt the kernel."
        )
    return False


class _Said(io.StringIO):
    """Keeps what the learner's code prints, and no more than a screenful of it.

    A loop that prints without end would drown the page.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.room, self.lost = most, 0

    def write(self, text: str) -> int:
        kept = text[: self.room]
        self.room -= len(kept)
        self.lost += len(text) - len(kept)
        super().write(kept)
        return len(text)

    def show(self) -> None:
        """Print it now."""
        text = self.getvalue()
        if self.lost and text:
            text += f"\n... ({self.lost:,} more characters are left out)"
        if text.strip():
            print(text.rstrip("\n"))


@contextmanager
def _nobody_types() -> Iterator[None]:
    """``input()`` in the learner's function would wait for ever, or steal the kernel's channel."""

    def refuse(*_: Any) -> str:
        raise RuntimeError("input() cannot be used here: work with the arguments of the function")

    before, builtins.input = builtins.input, refuse
    try:
        yield
    finally:
        builtins.input = before


class _Repr(reprlib.Repr):
    """Looks at the beginning of a long list or text, not at all of it."""

    def repr_float(self, value: float, level: int) -> str:
        """18.12 rather than 18.119999999999997."""
        text = f"{value:.10g}"
        return text if set(text) & set(".en") else f"{text}.0"

    repr_float64 = repr_float32 = repr_float  # those of NumPy


_REPR = _Repr()
_REPR.maxlevel = 4
_REPR.maxlist = _REPR.maxtuple = _REPR.maxset = _REPR.maxfrozenset = _REPR.maxdict = 20
_REPR.maxstring = _REPR.maxother = 400


def short(value: Any, most: int = 70) -> str:
    """``repr`` that never fails, takes no time and never fills the screen.

    Example:
        >>> short("x" * 500, most=20)
        "'xxxxxxxxxxxxxxxx..."
    """
    try:
        text = " ".join(_REPR.repr(value).split())
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= most else text[: most - 3] + "..."


def _length(value: Any) -> int | None:
    try:
        return len(value)
    except TypeError:  # a number, or an array without axes
        return None


def same(a: Any, b: Any, tolerance: float = 1e-6) -> bool:
    """Do two answers agree? Numbers and arrays within a tolerance, containers item by item.

    Example:
        >>> same([0.1 + 0.2, "b"], [0.3, "b"])
        True
    """
    import numpy as np

    try:
        if isinstance(a, dict) and isinstance(b, dict):
            return a.keys() == b.keys() and all(same(a[k], b[k], tolerance) for k in a)
        if isinstance(a, (str, bytes, set, frozenset, bool)) or b is None:
            return bool(a == b)
        if _length(a) != _length(b):  # before range(10**9) is made into an array
            return False
        left, right = np.asarray(a), np.asarray(b)  # tensors and lists of numbers too
        if left.shape != right.shape:
            return False
        if left.dtype.kind in "biufc" and right.dtype.kind in "biufc":
            return bool(np.allclose(left, right, rtol=tolerance, atol=tolerance, equal_nan=True))
        if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):  # not numbers alone
            return all(same(x, y, tolerance) for x, y in zip(a, b, strict=True))
        return bool(np.all(left == right))
    except Exception:  # ragged, of another world, or with an == that fails
        try:
            return bool(a == b)
        except Exception:
            return False
