"""A notebook to run, and what a run came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BUDGET = {"quick": 15.0, "course": 60.0}
"""Profile -> seconds that a notebook should take; reported, never a reason to fail."""

MEMORY = 1500.0
"""Megabytes that a kernel should need at most; reported likewise."""


@dataclass
class Job:
    """One notebook to run, and what came of it.

    Attributes:
        path: the source notebook, which is only read.
        notebook: its content; after the run the executed copy.
        parameters: what to inject.
        cells: how many cells it has.
        status: ``"waiting"``, ``"ok"``, ``"failed"`` or ``"stopped"``.
        seconds: wall time of the run.
        peak_mb: largest resident memory of the kernel with its children.
        error: what went wrong, ready to print.
        said: what the kernel itself wrote to stderr, beside the outputs of cells.
    """

    path: Path
    notebook: Any
    parameters: dict[str, Any]
    cells: int
    status: str = "waiting"
    seconds: float = 0.0
    peak_mb: float = 0.0
    error: str = ""
    said: str = ""

    @property
    def name(self) -> str:
        """The notebook's name without ``.ipynb``."""
        return self.path.stem


@dataclass
class Report:
    """What a run came to.

    Attributes:
        profile: the profile of all notebooks.
        jobs: one :class:`~tl_helpers.press.kernels.Job` for each notebook.
        output: the folder with everything that was written.
        seconds: wall time of the whole run.
        threads: threads for each kernel.
        side_by_side: how many kernels ran at a time.
    """

    profile: str
    jobs: list[Job]
    output: Path
    seconds: float = 0.0
    threads: int = 1
    side_by_side: int = 1
    claims: list[Any] = field(default_factory=list)

    @property
    def failed(self) -> list[Job]:
        """The notebooks that did not run to their end."""
        return [job for job in self.jobs if job.status != "ok"]

    def executed(self) -> list[Path]:
        """The executed copies of the notebooks that ran to their end."""
        folder = self.output / "notebooks"
        return [folder / job.path.name for job in self.jobs if job.status == "ok"]

    def over_budget(self, job: Job) -> bool:
        """Did this notebook take longer, or more memory, than it should at its profile?"""
        if self.profile not in BUDGET:  # at the hub profile it takes what it takes
            return False
        return job.seconds > BUDGET[self.profile] or job.peak_mb > MEMORY
