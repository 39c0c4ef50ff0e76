"""How the runner runs a notebook: nbclient in a worker process, and a kernel of this interpreter.

A worker does nothing else, so that ending it, with its children, ends the kernel too.

Jupyter looks a kernel name up in several folders, and a ``python3`` kernel that some other
installation left in the learner's home can win. Here no folder is searched at all, so that
``python3`` means ``sys.executable``.
"""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import zmq
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from tl_helpers.core import files
from tl_helpers.press import notebooks, offline
from tl_helpers.press.report import Job

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_SILENCE = "(a kernel that dies without a word has often run out of memory)"


class ThisInterpreter(AsyncKernelManager):
    """A kernel manager for which ``python3`` is the interpreter that runs the runner."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.kernel_spec_manager = KernelSpecManager(kernel_dirs=[])
        if self.has_trait("transport_encryption") and zmq.has("curve"):
            self.transport_encryption = "auto"


def environment(*, offline_run: bool, threads: int, seeds: str | None = None) -> dict[str, str]:
    """The environment variables of a kernel.

    Example:
        >>> environment(offline_run=True, threads=2)["TL_OFFLINE"]
        '1'
    """
    env = dict(os.environ)
    for variable in files.PLACES:  # kernels start in other folders
        if place := files.place_from(variable):
            env[variable] = str(place)
    for library in ("OMP", "MKL", "NUMEXPR"):  # of OpenBLAS, tl.start takes care
        env[f"{library}_NUM_THREADS"] = str(threads)
    env.update(
        TL_THREADS=str(threads),
        TL_QUIET="1",
        TL_FRESH="1",  # what is run here is to be measured here
        TL_STATIC="1",
        TL_ROOT=str(files.root().resolve()),
        TOKENIZERS_PARALLELISM="false",
        HF_HUB_DISABLE_PROGRESS_BARS="1",
        HF_DATASETS_DISABLE_PROGRESS_BARS="1",
        PYDEVD_DISABLE_FILE_VALIDATION="1",
    )
    if seeds:
        env["TL_SEEDS"] = seeds
    env.pop("TL_OFFLINE", None)
    paths = []
    if offline_run:
        env.update(offline.SWITCHES, TL_OFFLINE="1")
        paths.append(str(files.PACKAGE / "press" / "_offline"))
    if (files.PACKAGE.parent / "pyproject.toml").exists():  # a checkout, perhaps not installed
        paths += [str(files.PACKAGE.parent), str(files.PACKAGE.parent / "notebooks")]
    if existing := env.get("PYTHONPATH"):
        paths.append(existing)
    if paths:
        env["PYTHONPATH"] = os.pathsep.join(paths)
    return env


def calm() -> None:
    """Ctrl-C in a terminal reaches the workers as well: the runner ends them, in its own order.

    Example:
        >>> calm()  # doctest: +SKIP
    """
    signal.signal(signal.SIGINT, lambda *_: None)


def execute(
    job: Job, env: dict[str, str], scratch: Path, skip: str = "", timeout: int | None = None
) -> Job:
    """Run one notebook; called in a worker process.

    Args:
        job: what to run; parameters are in it already.
        env: environment variables of the kernel.
        scratch: an empty folder, thrown away later. The kernel works in ``work/``, so that whatever
            a cell writes by a relative path stays out of the source tree; ``cells`` grows by one
            byte with each cell that begins.
        skip: tag of cells that are left out.
        timeout: seconds for one cell.

    Returns:
        The job with what came of it; whatever goes wrong in the notebook is in it, too.

    Example:
        >>> pool.submit(execute, job, env, scratch).result().status  # doctest: +SKIP
        'ok'
    """
    began, at = time.perf_counter(), 0

    def begins(cell: Any, cell_index: int) -> None:
        nonlocal at
        at = cell_index
        with open(scratch / "cells", "ab") as cells:
            cells.write(b".")

    left: list[int] = []  # cells that asked Jupyter to end the kernel, as exit() does

    def ends(cell: Any, cell_index: int, execute_reply: Any) -> None:
        asked = (execute_reply or {}).get("content", {}).get("payload", ())
        left.extend(cell_index for one in asked if one.get("source") == "ask_exit")

    client = NotebookClient(
        job.notebook,
        kernel_manager_class=ThisInterpreter,
        kernel_name="python3",
        skip_cells_with_tag=skip,
        timeout=timeout,
        startup_timeout=120,
        # Asked politely, it takes three seconds to free memory; and to say which lines it ran.
        shutdown_kernel="graceful" if "COVERAGE_PROCESS_CONFIG" in env else "immediate",
        raise_on_iopub_timeout=True,
        record_timing=False,
        store_widget_state=False,
        on_cell_start=begins,
        on_cell_executed=ends,
    )
    # What a learner has solved is neither shown in the copy nor touched by the run.
    env = env | {"TL_PROGRESS": str(scratch / "progress.json")}
    (scratch / "work").mkdir(parents=True)
    with open(scratch / "said", "w+b") as said, _Watch() as watch:
        try:
            client.execute(env=env, cwd=str(scratch / "work"), stderr=said)
            job.error = _ended_early(job, skip, left)
            job.status = "failed" if job.error else "ok"
        except Exception as error:  # of a cell; or the kernel died, did not start, took too long
            said.seek(0)
            words = said.read().decode("utf-8", "replace")
            job.status, job.error = "failed", _explained(job, at, error, words)
    job.peak_mb = round(watch.peak / 2**20, 1)
    job.seconds = round(time.perf_counter() - began, 1)
    return job


class _Watch:
    """Looks around while a notebook runs: how much memory this process's children have together
    (``peak``, in bytes), and whether the runner is still there; if not, this process ends too.
    """

    def __enter__(self) -> _Watch:
        self.peak = 0
        self._runner = os.getppid()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.3):
            if os.getppid() != self._runner:  # it was killed; the kernel notices our end by itself
                os._exit(1)
            try:
                family = psutil.Process().children(recursive=True)
                self.peak = max(self.peak, sum(p.memory_info().rss for p in family))
            except psutil.Error:  # one of them has just ended
                pass


def _ended_early(job: Job, skip: str, left: list[int]) -> str:
    """What to say of a notebook whose kernel was left on the way, as by ``exit()``; or nothing.

    The runner's client goes on after that, but a learner's Jupyter does not.
    """
    code = [
        (place, cell)
        for place, cell in enumerate(job.notebook.cells)
        if cell.cell_type == "code"
        and cell.source.strip()
        and not (skip and skip in cell.metadata.get("tags", []))
    ]
    never = [place for place, cell in code if cell.execution_count is None]
    if never:
        left = [max((place for place, _ in code if place < never[0]), default=never[0])]
    rest = sum(place > left[0] for place, _ in code) if left else 0
    if not rest:
        return ""
    first = next(line for line in job.notebook.cells[left[0]].source.splitlines() if line.strip())
    return (
        f"{_where(job, left[0])} ends the kernel: the {rest} code cell{'s' * (rest > 1)} "
        f"after it {'do' if rest > 1 else 'does'} not count\n    {first}"
    )


def _where(job: Job, at: int) -> str:
    """Which cell, counted as in the source."""
    number = sum(not notebooks.is_injected(c) for c in job.notebook.cells[: at + 1])
    return f"{job.name}: cell {number}"


def _explained(job: Job, at: int, error: Exception, said: str) -> str:
    """What went wrong in which cell."""
    cell, where = job.notebook.cells[at], _where(job, at)
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    if isinstance(error, CellExecutionError):
        head = f"{where} (In [{cell.execution_count}]) failed: {error.ename}"
        lines = _ANSI.sub("", error.traceback).strip().splitlines()[-15:]
        lines = lines or [f"{error.ename}: {error.evalue}"]
    else:
        reason = next((line for line in str(error).splitlines() if line.strip()), "")
        head = f"{where}: {reason or type(error).__name__}"
        lines = said.strip().splitlines()[-10:]
        if not lines and isinstance(error, DeadKernelError):
            lines = [_SILENCE]
    return "\n".join([head, f"    {first}", "", *(f"    {line}" for line in lines)])
