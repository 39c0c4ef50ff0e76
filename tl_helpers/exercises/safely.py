"""Run a learner's function so that nothing it does takes the notebook down."""

from __future__ import annotations

import builtins
import ctypes
import io
import reprlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

SCREENFUL = 2000  # characters that a learner's function may print in one check


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
        printed: characters that were shown.
    """

    value: Any = None
    error: BaseException | None = None
    timed_out: bool = False
    runs_on: bool = False
    printed: int = 0


def run(call: Callable[[], Any], seconds: float, most: int = SCREENFUL) -> Outcome:
    """Call it in a thread, with a time limit; at most a screenful of what it prints is shown.

    A thread, because alarms exist neither on Windows nor outside the main thread, and another
    process could not reach what the learner defined in the notebook. Once the time is up, an
    exception is raised inside the thread; that stops any Python loop.

    Args:
        call: without arguments.
        seconds: the limit.
        most: characters of its output that are shown.
    """
    box: dict[str, Any] = {}
    door, said = _Door(), _Said(most)

    def work() -> None:
        try:
            door.enter()
            try:
                box["value"] = call()
            except BaseException as error:  # SystemExit too: exit() must not end the kernel
                box["error"] = error
        except _TimeUp:  # the second of two, which met the first on its way out
            pass
        door.leave()

    thread = threading.Thread(target=work, daemon=True, name="learner")
    with redirect_stdout(said), redirect_stderr(said), _nobody_types():
        thread.start()
        try:
            thread.join(seconds)
            timed_out = thread.is_alive()
        finally:  # Ctrl-C while waiting stops the learner's code as well
            runs_on = not _stop(thread, door)
    said.show()
    if timed_out:
        return Outcome(timed_out=True, runs_on=runs_on, printed=most - said.room)
    if "error" in box:
        return Outcome(error=box["error"], printed=most - said.room)
    return Outcome(value=box.get("value"), printed=most - said.room)


class _Said(io.StringIO):
    """Keeps what the learner's code prints, and no more than a screenful of it.

    It is shown by the thread that runs the cell: what another thread writes can end up in another
    cell, and a loop that prints without end would drown the page.
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


class _Door:
    """Knows whether the thread is in the learner's code: only there may it be interrupted.

    Raised a moment earlier or later, the exception would hit ``threading`` itself, which then
    prints a stack of its own and may count the thread as running for ever.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside: int | None = None

    def enter(self) -> None:
        with self.lock:
            self.inside = threading.get_ident()

    def leave(self) -> None:
        while True:
            try:
                with self.lock:
                    self.inside = None
                _raise_in(threading.get_ident(), None)  # one that is still on its way
                return
            except _TimeUp:  # it arrived
                continue

    def interrupt(self) -> None:
        with self.lock:
            if self.inside is not None:
                _raise_in(self.inside, _TimeUp)


def _raise_in(ident: int, kind: type[BaseException] | None) -> None:
    """Let a thread raise as soon as it runs Python again; None takes that back."""
    what = ctypes.c_void_p(0) if kind is None else ctypes.py_object(kind)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), what)


def _stop(thread: threading.Thread, door: _Door) -> bool:
    """Interrupt until the thread gives up; a bare ``except:`` may catch it a few times."""
    for _ in range(20):
        if not thread.is_alive():
            return True
        door.interrupt()
        thread.join(0.05)
    return not thread.is_alive()


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
    """``repr`` that never fails, takes no time and never fills the screen."""
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
    """Do two answers agree? Numbers and arrays within a tolerance, containers item by item."""
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
        return bool(np.all(left == right))
    except Exception:  # ragged, of another world, or with an == that fails
        try:
            return bool(a == b)
        except Exception:
            return False
