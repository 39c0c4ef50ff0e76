"""The runner behind ``tl run``, ``tl refresh`` and ``tl claims``.

Notebooks are only read: the executed copies go to ``build/notebooks/``, and what was measured to
``build/report.json``; the site makes pages of both. Only :func:`refresh` writes to ``notebooks/``,
because that is what it is for.
"""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tl_helpers.core import files
from tl_helpers.core.errors import BadValue
from tl_helpers.core.provenance import cpu_count
from tl_helpers.core.seeds import parse_seeds
from tl_helpers.measure import claims
from tl_helpers.press import notebooks
from tl_helpers.press.report import Job, Report
from tl_helpers.session import check_profile, require_network

# A cell that is still at it after this long hangs. At the hub profile hours are normal.
_TIMEOUT = {"quick": 900, "course": 1800}


def run(
    names: Sequence[str | os.PathLike[str]] = (),
    *,
    profile: str = "course",
    parameters: dict[str, Any] | None = None,
    jobs: int | None = None,
    output: str | os.PathLike[str] | None = None,
    offline: bool | None = None,
    seeds: str | None = None,
) -> Report:
    """Run notebooks; everything that can be wrong with the request is said before anything runs.

    Args:
        names: notebooks by name or path; all of ``notebooks/`` without any.
        profile: see ``session.PROFILES``.
        parameters: to inject, such as ``{"SEED": 3}``.
        jobs: notebooks side by side; by default as many as there are processors.
        output: folder to write to; ``build/`` by default.
        offline: refuse the network; by default at every profile but ``hub``.
        seeds: such as ``"100:105"``: the seeds of the claims, see ``Session.seeds``.

    Returns:
        The report; a failed notebook is in it, not an exception.

    Raises:
        UnknownName: no such notebook, profile or parameter.
        BadValue: a parameter of the wrong type, or jobs below 1.
        NoNetwork: the hub profile without a network.
        KeyboardInterrupt: Ctrl-C; all kernels are ended, nothing was written for them.

    Example:
        >>> run(["00_start_here"], profile="quick").failed  # doctest: +SKIP
        []
    """
    check_profile(profile)
    if jobs is not None and jobs < 1:
        raise BadValue(f"--jobs {jobs} runs nothing.", "Use 1 or more, or leave it out.")
    given = dict(parameters or {})
    if "PROFILE" in given:
        profile = check_profile(given.pop("PROFILE"))
    if seeds:
        given.setdefault("SEED", parse_seeds(seeds)[0])
    paths = notebooks.find(names)
    waiting = _jobs(paths, given, profile)
    target = _output(output, paths)
    offline = profile != "hub" if offline is None else offline
    if profile == "hub" and not offline:
        from tl_helpers.data import hub_plan

        print(hub_plan.say(require_network(paths)), flush=True)
    side_by_side = min(jobs or cpu_count(), len(waiting))
    report = Report(profile, waiting, target, side_by_side=side_by_side)
    report.threads = max(1, cpu_count() // side_by_side)
    began = time.perf_counter()
    _run_all(report, offline, seeds)
    report.seconds = round(time.perf_counter() - began, 1)
    for job in report.jobs:
        if job.status == "ok":
            report.claims += claims.of_notebook(job.notebook, job.path)
    report.write()
    return report


def refresh(names: Sequence[str | os.PathLike[str]], jobs: int | None = None) -> Report:
    """Run notebooks at the course profile and store their outputs in ``notebooks/`` itself.

    Either all of them are stored or, if one fails, none.

    Args:
        names: notebooks by name or path; all without any.
        jobs: side by side. One by default, because the time is stored too.

    Returns:
        The report.

    Example:
        >>> refresh(["00_start_here"]).failed  # doctest: +SKIP
        []
    """
    with tempfile.TemporaryDirectory(prefix="tl-refresh-") as folder:
        report = run(names, jobs=jobs or 1, output=folder)
    # The partly run copies went with the folder: they are kept where a run keeps them.
    report.output = files.root() / "build"
    for job in report.failed:
        notebooks.write(notebooks.tidy(job.notebook), report.copy_of(job))
    if not report.failed:
        for job in report.jobs:
            notebooks.write(notebooks.stamp(job.notebook, job.seconds), job.path)
    return report


def _output(output: str | os.PathLike[str] | None, paths: Sequence[Path]) -> Path:
    target = files.place(output, "output") if output is not None else files.root() / "build"
    for path in paths:
        if (target / "notebooks").resolve() == path.parent.resolve():
            raise BadValue(
                f"--output {target} would write over the notebooks in {path.parent}.",
                "Choose another folder, such as build; `tl refresh` is the command that stores "
                "outputs in the notebooks themselves.",
            )
    with files.atomic_file(target / "notebooks" / ".writable"):
        pass  # a folder that cannot be written is noticed now, not after the run
    (target / "notebooks" / ".writable").unlink(missing_ok=True)
    return target


def _jobs(paths: Sequence[Path], given: dict[str, Any], profile: str) -> list[Job]:
    names = [path.stem for path in paths]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadValue(f"Two notebooks have the name {twice[0]!r}.", "Run them one at a time.")
    jobs = []
    for path in paths:
        notebook = notebooks.read(path)
        injected = notebooks.check_parameters(notebook, path.stem, given, profile)
        jobs.append(Job(path, notebooks.inject(notebook, injected), injected))
    return jobs


@contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does, so that no kernel outlives the runner."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run_all(report: Report, offline: bool, seeds: str | None) -> None:
    from joblib.externals.loky import ProcessPoolExecutor

    from tl_helpers.press import kernels
    from tl_helpers.press.bars import Progress

    env = kernels.environment(offline_run=offline, threads=report.threads, seeds=seeds)
    skip = "hub-only" if report.profile != "hub" else ""
    timeout = _TIMEOUT.get(report.profile)
    scratch = tempfile.TemporaryDirectory(prefix="tl-run-", ignore_cleanup_errors=True)
    with _terminate_as_interrupt(), scratch, Progress(report) as progress:
        folders = {job.name: Path(scratch.name) / str(n) for n, job in enumerate(report.jobs)}
        # A pool of its own: the one that loky shares would take joblib's workers away. They never
        # idle out (timeout=None): of those that loky starts again it misses a sudden end.
        pool = ProcessPoolExecutor(report.side_by_side, timeout=None, initializer=kernels.calm)
        try:
            pending: dict[Future[Job], int] = {
                pool.submit(kernels.execute, job, env, folders[job.name], skip, timeout): place
                for place, job in enumerate(report.jobs)
            }
            while pending:
                done, _ = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    place = pending.pop(future)
                    report.jobs[place] = _finished(future, report.jobs[place])
                    _keep(report, report.jobs[place])
                    progress.finished(report.jobs[place])
                names = [report.jobs[place].name for place in pending.values()]
                logs = {name: folders[name] / "cells" for name in names}
                progress.running({n: log.stat().st_size for n, log in logs.items() if log.exists()})
        except BaseException:
            pool.shutdown(kill_workers=True)  # with their kernels
            raise
        pool.shutdown()


def _finished(future: Future[Job], job: Job) -> Job:
    try:
        return future.result()
    except Exception as error:  # the worker itself was killed, and took its notebook along
        reason = str(error).partition("\n")[0]
        job.status, job.error = "failed", f"{job.name}: its worker process ended: {reason}"
        return job


def _keep(report: Report, job: Job) -> None:
    """Write the executed copy, or the partly run one; the other kind, of an earlier run, goes."""
    notebooks.write(notebooks.tidy(job.notebook), report.copy_of(job))
    ending = ".failed.ipynb" if job.status == "ok" else ".ipynb"
    (report.output / "notebooks" / f"{job.name}{ending}").unlink(missing_ok=True)
