"""What a run came to: each notebook's job, and ``build/report.json``."""

from __future__ import annotations

import datetime
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_helpers.core import files, provenance

if TYPE_CHECKING:
    from tl_helpers.measure.claims import Claim

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
        status: ``"waiting"``, ``"ok"`` or ``"failed"``.
        seconds: wall time of the run.
        peak_mb: largest resident memory of the kernel with its children.
        error: what went wrong, ready to print.
    """

    path: Path
    notebook: Any
    parameters: dict[str, Any]
    status: str = "waiting"
    seconds: float = 0.0
    peak_mb: float = 0.0
    error: str = ""

    @property
    def name(self) -> str:
        """The notebook's name without ``.ipynb``."""
        return self.path.stem


@dataclass
class Report:
    """What a run came to.

    Attributes:
        profile: the profile of all notebooks.
        jobs: one for each notebook.
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
    claims: list[Claim] = field(default_factory=list)

    @property
    def failed(self) -> list[Job]:
        """The notebooks that did not run to their end."""
        return [job for job in self.jobs if job.status != "ok"]

    def copy_of(self, job: Job) -> Path:
        """Where the executed copy of a notebook is, or the partly run copy of one that failed."""
        ending = ".ipynb" if job.status == "ok" else ".failed.ipynb"
        return self.output / "notebooks" / f"{job.name}{ending}"

    def slower(self, job: Job) -> str:
        """What to say beside the numbers of a notebook that needed more than was planned.

        Example:
            ``report.slower(job) -> "slower than planned on this machine"``
        """
        if self.profile not in BUDGET:
            return ""
        said = [
            "slower than planned on this machine" * (job.seconds > BUDGET[self.profile]),
            f"more memory than the planned {MEMORY:.0f} MB" * (job.peak_mb > MEMORY),
        ]
        return "; ".join(filter(None, said))

    def over_budget(self, job: Job) -> bool:
        """Did this notebook take longer, or more memory, than it should at its profile?"""
        return bool(self.slower(job))  # at the hub profile it takes what it takes

    def write(self) -> None:
        """Write ``report.json``, which the site reads."""
        content = {
            "profile": self.profile,
            "seconds": self.seconds,
            "budget_seconds": BUDGET.get(self.profile),
            "side_by_side": self.side_by_side,
            "threads": self.threads,
            "environment": environment(),
            "notebooks": [
                {
                    "name": job.name,
                    "status": job.status,
                    "seconds": job.seconds,
                    "over_budget": self.over_budget(job),
                    "peak_mb": job.peak_mb,
                    "cells": len(job.notebook.cells),
                    "parameters": job.parameters,
                    "error": job.error or None,
                }
                for job in self.jobs
            ],
            "claims": [{"notebook": claim.notebook, **claim.to_dict()} for claim in self.claims],
        }
        text = json.dumps(content, indent=1, ensure_ascii=False)
        files.write_text(self.output / "report.json", text + "\n")


def environment() -> dict[str, Any]:
    """Where and when this was run: machine, versions, commit and date.

    Example:
        >>> import platform
        >>> environment()["python"] == platform.python_version()
        True
    """
    now = datetime.datetime.now(datetime.UTC)
    about = {"commit": commit(), "date": now.isoformat(timespec="seconds")}
    return provenance.environment() | about


def commit() -> str | None:
    """The commit of the course folder, with ``+`` if files were changed since; None without git.

    Example:
        >>> commit()  # doctest: +SKIP
        'fdd6dd9c0ffe+'
    """
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
            cwd=files.root(),
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
