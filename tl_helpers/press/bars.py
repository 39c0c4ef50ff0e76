"""Progress of a run: bars over notebooks and cells in a terminal, plain lines in a log."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tqdm.auto import tqdm

if TYPE_CHECKING:
    from tl_helpers.press.report import Job, Report


class Progress:
    """Two bars with the time left, and a line for each notebook that is done."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._quiet = bool(os.environ.get("TL_QUIET"))
        self._totals = {job.name: len(job.notebook.cells) for job in report.jobs}
        self._finished = 0

    def __enter__(self) -> Progress:
        hidden = self._quiet or not sys.stderr.isatty()
        self._notebooks, self._cells = (
            tqdm(
                total=total,
                unit=unit,
                desc=f"{unit}s",
                position=place,
                leave=False,
                disable=hidden,
                dynamic_ncols=True,
            )
            for place, (unit, total) in enumerate(
                {"notebook": len(self._totals), "cell": sum(self._totals.values())}.items()
            )
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._cells.close()
        self._notebooks.close()

    def running(self, cells: Mapping[str, int]) -> None:
        """So many cells of each notebook that runs now have begun."""
        self._notebooks.set_postfix_str(", ".join(f"{name} {n}" for name, n in cells.items()))
        self._cells.update(self._finished + sum(cells.values()) - self._cells.n)

    def finished(self, job: Job) -> None:
        """A notebook is done."""
        self._finished += self._totals[job.name]
        self._notebooks.update()
        slower = self._report.slower(job)
        late = f"  ({slower})" if slower else ""
        if not self._quiet:
            tqdm.write(
                f"{job.status:6} {job.name:32} {job.seconds:6.1f} s  {job.peak_mb:6.0f} MB{late}",
                file=sys.stdout,
            )
            sys.stdout.flush()
