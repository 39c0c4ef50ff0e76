"""Progress of a run: bars over notebooks and cells in a terminal, plain lines in a log."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tl_helpers.press.jobs import Job, Report


class Progress:
    """Two bars with the time left, and a line for each notebook that is done."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._running: dict[str, int] = {}
        self._bars: list[Any] = []

    def __enter__(self) -> Progress:
        from tqdm.auto import tqdm

        jobs = self._report.jobs
        quiet = bool(os.environ.get("TL_QUIET")) or not sys.stderr.isatty()
        totals = ((len(jobs), "notebook", 0), (sum(job.cells for job in jobs), "cell", 1))
        self._bars = [
            tqdm(
                total=total,
                unit=unit,
                position=place,
                desc=f"{unit}s",
                leave=False,
                disable=quiet,
                dynamic_ncols=True,
            )
            for total, unit, place in totals
        ]
        return self

    def __exit__(self, *_: object) -> None:
        for bar in reversed(self._bars):
            bar.close()

    def cell(self, job: Job) -> None:
        """A cell is done (called from the threads that run notebooks)."""
        with self._lock:
            self._running[job.name] = self._running.get(job.name, 0) + 1
            self._bars[1].update()
            names = [f"{name} {done}" for name, done in self._running.items()]
            self._bars[0].set_postfix_str(", ".join(names))

    def notebook(self, job: Job) -> None:
        """A notebook is done."""
        from tqdm.auto import tqdm

        with self._lock:
            done = self._running.pop(job.name, 0)
            self._bars[1].update(job.cells - min(done, job.cells))
            self._bars[0].update()
        late = "  (over its budget)" if self._report.over_budget(job) else ""
        if not os.environ.get("TL_QUIET"):
            tqdm.write(
                f"{job.status:6} {job.name:32} {job.seconds:6.1f} s  {job.peak_mb:6.0f} MB{late}",
                file=sys.stdout,
            )
            sys.stdout.flush()
