"""A download from the Hub in a process of its own, which is ended when nothing arrives any more.

The client of the Hub waits and tries again by itself: up to minutes where a server is silent or
asks for patience, and without any limit while it lists files. No setting bounds all of that, but a
process can be watched, and ended. The watcher goes by the bytes that reach the disk, so that a slow
line may take the time it needs.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tl_helpers.core import files
from tl_helpers.data._hub_fetch import Item, Request

#: Seconds between two looks at the disk.
_BLINK = 0.1
#: Seconds that the child may take to begin; on a slow machine Python itself takes some.
_STARTING = 60.0


class Failure(Exception):
    """Why a download did not come to its end.

    Attributes:
        reason: in the words of whoever noticed.
        status: the Hub's last HTTP status, when that was the trouble.
        errno: of the disk, when that was the trouble.
        wait: seconds that the Hub asks to wait before the next attempt.
        silent: nothing had arrived for longer than the patience.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        errno: int | None = None,
        wait: float | None = None,
        silent: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason, self.status, self.errno = reason, status, errno
        self.wait, self.silent = wait, silent


def download(
    request: Request,
    patience: float,
    begin: Callable[[list[Item]], None],
    bar: bool = False,
) -> None:
    """Fetch the files of ``request`` into the cache; each appears there whole or not at all.

    Args:
        request: see :class:`Request`.
        patience: seconds without any new byte after which it is given up.
        begin: called once it is known what there is to fetch, before any of it is fetched.
        bar: show a progress bar.

    Raises:
        Failure: it did not work out; no part of a file is left behind.
    """
    with tempfile.TemporaryFile() as said, _child(request, said) as (process, reports):
        watch = _Watch(request.storage, patience)
        with contextlib.ExitStack() as stack:
            progress: Any = None
            while True:
                watch.look()
                if progress is not None:
                    progress.update(watch.most - progress.n)
                try:
                    report = reports.get(timeout=_BLINK)
                except queue.Empty:
                    watch.give_up_if_silent()
                    continue
                if "ready" in report:
                    watch.start_over()
                elif "plan" in report:
                    plan = [Item(*row) for row in report["plan"]]
                    begin(plan)
                    watch.start_over()
                    progress = stack.enter_context(_bar(plan, bar))
                elif "said" in report:
                    watch.hear(report["said"])
                elif "failed" in report:
                    raise Failure(**report["failed"])
                elif "done" in report:
                    return
                else:  # it ended without a word
                    process.wait()
                    said.seek(0)
                    words = said.read().decode("utf-8", "replace").strip().splitlines()
                    raise Failure(words[-1] if words else f"it ended with {process.returncode}")


class _Watch:
    """Sees whether bytes still arrive, and remembers what the client complained of last."""

    def __init__(self, folder: Path, patience: float) -> None:
        self.most = 0
        self._folder, self._patience = folder, patience
        self._status: int | None = None
        self._before = 0
        self.start_over()
        self._since += _STARTING

    def start_over(self) -> None:
        self._before, self.most = self._bytes(), 0
        self._since = time.monotonic()

    def look(self) -> None:
        arrived = self._bytes() - self._before
        if arrived > self.most:  # more than ever: a file that starts again and again is no progress
            self.most, self._since, self._status = arrived, time.monotonic(), None

    def hear(self, complaint: str) -> None:
        """Take in a warning of the client: it is the only one who sees the answers."""
        if found := re.search(r"HTTP Error (\d{3})", complaint):
            self._status = int(found[1])
        if found := re.search(r"Rate limited\. Waiting ([\d.]+) ?s", complaint):
            wait = float(found[1])
            if wait > self._patience:
                raise Failure("the Hub asks to wait", status=self._status or 429, wait=wait)

    def give_up_if_silent(self) -> None:
        if time.monotonic() - self._since > self._patience:
            reason = f"nothing has arrived for {self._patience:g} s"
            raise Failure(reason, status=self._status, silent=True)

    def _bytes(self) -> int:
        """Bytes of the repository on the disk, unfinished files included."""
        total = 0
        for folder in (self._folder / "blobs", self._folder / "snapshots"):
            for path in folder.rglob("*"):
                with contextlib.suppress(OSError):  # moved into place this very moment
                    if not path.is_symlink():
                        total += path.stat().st_size
        return total


@contextlib.contextmanager
def _child(request: Request, said: Any) -> Iterator[tuple[Any, queue.Queue[dict[str, Any]]]]:
    source = str(files.PACKAGE.parent)
    path = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH", "")]))
    environment = {
        # One protocol, plain HTTP: it can be resumed, and proxies and filters know it.
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        **os.environ,
        "PYTHONPATH": path,
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tl_helpers.data._hub_fetch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=said,
        text=True,
        encoding="utf-8",
        env=environment,
    )
    reports: queue.Queue[dict[str, Any]] = queue.Queue()
    listener = threading.Thread(target=_listen, args=(process.stdout, reports), daemon=True)
    listener.start()
    try:
        with contextlib.suppress(OSError):  # it is gone already: the reports will say so
            assert process.stdin is not None
            process.stdin.write(json.dumps(asdict(request)))
            process.stdin.close()
        yield process, reports
    finally:  # Ctrl-C included
        _end(process)
        listener.join(timeout=5)
        assert process.stdout is not None
        process.stdout.close()


def _listen(stream: Any, reports: queue.Queue[dict[str, Any]]) -> None:
    for line in stream:
        with contextlib.suppress(ValueError):
            reports.put(json.loads(line))
    reports.put({})


def _end(process: subprocess.Popen[str]) -> None:
    """End the child, and remove the unfinished files that it, and nobody else, was writing."""
    if process.poll() is not None:
        return
    import psutil

    unfinished: list[str] = []
    with contextlib.suppress(psutil.Error, OSError):
        opened = psutil.Process(process.pid).open_files()
        unfinished = [file.path for file in opened if file.path.endswith(".incomplete")]
    process.kill()
    process.wait()
    for name in unfinished:
        with contextlib.suppress(OSError):
            os.unlink(name)


def _bar(plan: list[Item], wanted: bool) -> Any:
    from tqdm.auto import tqdm

    total = sum(item.size for item in plan if not item.here)
    return tqdm(total=total, unit="B", unit_scale=True, leave=False, disable=not wanted)
