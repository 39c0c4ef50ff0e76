"""The runner behind ``tl run``, ``tl refresh`` and ``tl claims``.

Notebooks are only read: the executed copies go to ``build/notebooks/``, a page of each to
``build/html/``, and what was measured to ``build/report.json``. Only :func:`refresh` writes to
``notebooks/``, because that is what it is for.
"""

from __future__ import annotations

import importlib
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, CourseError
from tl_helpers.core.provenance import cpu_count
from tl_helpers.core.seeds import parse_seeds
from tl_helpers.press import notebooks
from tl_helpers.press.jobs import Job, Report
from tl_helpers.session import check_profile, require_network

if TYPE_CHECKING:
    from tl_helpers.press.jobs import Job
    from tl_helpers.press.kernels import Kernels

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
    pages: bool = True,
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
        pages: also write a readable HTML page of each.

    Returns:
        The report; a failed notebook is in it, not an exception.

    Raises:
        UnknownName: no such notebook, profile or parameter.
        BadValue: a parameter of the wrong type, or jobs below 1.
        NoNetwork: the hub profile without a network.
        KeyboardInterrupt: Ctrl-C; all kernels are ended, nothing was written for them.
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
    _require(["nbformat", "papermill", "ipykernel", *(["nbconvert", "latex2mathml"] * pages)])
    target = _output(output, paths)
    waiting = _jobs(paths, given, profile)
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
    report.claims = _claims(report)
    from tl_helpers.press import report as html

    html.write_report(report)
    if pages:
        html.write_pages(report)
    return report


def refresh(names: Sequence[str | os.PathLike[str]], jobs: int | None = None) -> Report:
    """Run notebooks at the course profile and store their outputs in ``notebooks/`` itself.

    Either all of them are stored or, if one fails, none.

    Args:
        names: notebooks by name or path; all without any.
        jobs: side by side. One by default, because the time is stored too.

    Returns:
        The report.
    """
    with tempfile.TemporaryDirectory(prefix="tl-refresh-") as folder:
        report = run(names, jobs=jobs or 1, output=folder, pages=False)
        if report.failed:
            # The partly run copies would vanish with the folder: keep them where a run keeps them.
            for job in report.failed:
                notebooks.write(
                    notebooks.tidy(job.notebook),
                    files.root() / "build" / "notebooks" / _failed_name(job),
                )
            report.output = files.root() / "build"
            return report
    for job in report.jobs:
        notebooks.write(notebooks.stamp(job.notebook, job.seconds), job.path)
    return report


def failed_copy(report: Report, job: Job) -> Path:
    """Where the partly run copy of a failed notebook is."""
    return report.output / "notebooks" / _failed_name(job)


def _failed_name(job: Job) -> str:
    return f"{job.name}.failed.ipynb"


def _output(output: str | os.PathLike[str] | None, paths: Sequence[Path]) -> Path:
    target = Path(output) if output is not None else files.root() / "build"
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


def _require(packages: Sequence[str]) -> None:
    for package in packages:
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            raise CourseError(
                f"Notebooks cannot be run here: the package {error.name} is not installed.",
                "Install what the runner needs: make course, or pip install 'tl-helpers[course]'",
            ) from None


def _jobs(paths: Sequence[Path], given: dict[str, Any], profile: str) -> list[Job]:
    contents = {path: notebooks.read(path) for path in paths}
    injected = {
        path: notebooks.check_parameters(notebook, path.stem, given, profile)
        for path, notebook in contents.items()
    }
    names = [path.stem for path in paths]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadValue(f"Two notebooks have the name {twice[0]!r}.", "Run them one at a time.")
    return [Job(path, contents[path], injected[path], len(contents[path].cells)) for path in paths]


def _claims(report: Report) -> list[Any]:
    from tl_helpers.measure import claims

    return list(claims.collect(report.executed()))


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
    from tl_helpers.press.bars import Progress
    from tl_helpers.press.kernels import Kernels, environment

    kernels = Kernels()
    env = environment(offline_run=offline, threads=report.threads, seeds=seeds)
    with _terminate_as_interrupt(), Progress(report) as progress:
        pool = ThreadPoolExecutor(report.side_by_side, thread_name_prefix="notebook")
        try:
            pending = {
                pool.submit(_run_one, job, report, kernels, env, progress.cell)
                for job in report.jobs
            }
            while pending:
                # With a time-out, or Ctrl-C would not be noticed on every platform.
                done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    _finish(future, report, progress.notebook)
        except BaseException:
            kernels.stop()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _run_one(
    job: Job,
    report: Report,
    kernels: Kernels,
    env: dict[str, str],
    on_cell: Callable[[Job], None],
) -> Job:
    from tl_helpers.press.kernels import execute

    if kernels.stopping:
        return job
    # A folder of its own, thrown away: whatever a cell writes by a relative path stays out of the
    # source tree.
    with tempfile.TemporaryDirectory(prefix="tl-run-", ignore_cleanup_errors=True) as folder:
        execute(
            job,
            kernels=kernels,
            # What a learner has solved is neither shown in the copy nor touched by the run.
            environment=env | {"TL_PROGRESS": os.path.join(folder, "progress.json")},
            folder=folder,
            on_cell=on_cell,
            skip="hub-only" if report.profile != "hub" else "",
            timeout=_TIMEOUT.get(report.profile),
        )
    return job


def _finish(future: Future[Job], report: Report, tell: Callable[[Job], None]) -> None:
    job = future.result()
    good, bad = report.output / "notebooks" / job.path.name, failed_copy(report, job)
    keep, drop = (good, bad) if job.status == "ok" else (bad, good)
    notebooks.write(notebooks.tidy(job.notebook), keep)
    drop.unlink(missing_ok=True)  # of an earlier run
    tell(job)
