"""How the runner runs a notebook: papermill, with a kernel that is certainly this interpreter.

Jupyter looks a kernel name up in several folders, and a ``python3`` kernel that some other
installation left in the learner's home can win. Here no folder is searched at all, so that
``python3`` means ``sys.executable``.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any

import psutil
import zmq
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import ERROR_MARKER_TAG
from papermill.log import logger

from tl_helpers.core import files
from tl_helpers.core.errors import CourseError
from tl_helpers.press import offline
from tl_helpers.press.jobs import Job

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_OWN_TAGS = {ERROR_MARKER_TAG, "injected-parameters"}


class ThisInterpreter(AsyncKernelManager):
    """A kernel manager for which ``python3`` is the interpreter that runs the runner."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.kernel_spec_manager = KernelSpecManager(kernel_dirs=[])
        if self.has_trait("transport_encryption") and zmq.has("curve"):
            self.transport_encryption = "auto"


class Kernels:
    """The kernels that run now, so that Ctrl-C can end them all."""

    def __init__(self) -> None:
        self.stopping = False
        self._lock = threading.Lock()
        self._running: dict[int, psutil.Process] = {}

    def add(self, pid: int) -> None:
        """A kernel has started; ends it at once if everything is being stopped."""
        with self._lock:
            if not self.stopping:
                self._running[pid] = psutil.Process(pid)
                return
        _kill(psutil.Process(pid))

    def remove(self, pid: int) -> None:
        """A kernel has ended."""
        with self._lock:
            self._running.pop(pid, None)

    def stop(self) -> None:
        """End every kernel, with its children, now and from now on."""
        with self._lock:
            self.stopping = True
            running = list(self._running.values())
        for process in running:
            _kill(process)


def _kill(process: psutil.Process) -> None:
    try:
        family = [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            pass


class _Memory(threading.Thread):
    """Samples the resident memory of a process and its children; ``peak`` is in bytes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._pid = pid
        self._done = threading.Event()

    def run(self) -> None:
        try:
            process = psutil.Process(self._pid)
            while not self._done.wait(0.3):
                family = [process, *process.children(recursive=True)]
                self.peak = max(self.peak, sum(p.memory_info().rss for p in family))
        except psutil.Error:  # it has ended
            pass

    def finish(self) -> int:
        self._done.set()
        self.join(timeout=1)
        return self.peak


class _Engine(Engine):
    @classmethod
    def execute_managed_notebook(  # type: ignore[override,unused-ignore]
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        job: Job,
        kernels: Kernels,
        environment: dict[str, str],
        folder: str,
        on_cell: Callable[[Job], None],
        skip: str,
        timeout: int | None,
        **_: Any,
    ) -> None:
        job.notebook = nb_man.nb
        complete = nb_man.cell_complete

        def cell_complete(cell: Any, **options: Any) -> None:
            complete(cell, **options)
            on_cell(job)

        nb_man.cell_complete = cell_complete
        log = logger.getChild(str(id(kernels)))
        # A kernel that Ctrl-C has ended is no news: nbclient would call it an error.
        log.addFilter(lambda _: not kernels.stopping)
        client = _Client(
            nb_man,
            kernel_manager_class=ThisInterpreter,
            kernel_name="python3",
            skip_cells_with_tag=skip,
            timeout=timeout,
            startup_timeout=120,
            shutdown_kernel="immediate",  # asked politely, it takes three seconds to free memory
            log=log,
        )
        client.watch(job, kernels)
        try:
            client.execute(env=environment, cwd=folder)
        finally:
            client.unwatch()


class _Client(PapermillNotebookClient):
    """papermill's client, which also tells which process it started."""

    def watch(self, job: Job, kernels: Kernels) -> None:
        self._job, self._kernels = job, kernels
        self._pid = 0
        self._memory: _Memory | None = None
        self._said = tempfile.TemporaryFile()

    def start_new_kernel(self, **options: Any) -> None:
        if self._kernels.stopping:
            raise CourseError("Stopped before it began.")
        super().start_new_kernel(stderr=self._said, **options)
        self._pid = self.km.provisioner.pid
        self._kernels.add(self._pid)
        self._memory = _Memory(self._pid)
        self._memory.start()

    def unwatch(self) -> None:
        if self._memory is not None:
            self._job.peak_mb = round(self._memory.finish() / 2**20, 1)
        self._kernels.remove(self._pid)
        self._said.seek(0)
        self._job.said = self._said.read().decode("utf-8", "replace")
        self._said.close()


papermill_engines.register("tl_helpers", _Engine)


def environment(*, offline_run: bool, threads: int, seeds: str | None = None) -> dict[str, str]:
    """The environment variables of a kernel."""
    env = dict(os.environ)
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
        paths.append(str(files.PACKAGE.parent))
    if existing := env.get("PYTHONPATH"):
        paths.append(existing)
    if paths:
        env["PYTHONPATH"] = os.pathsep.join(paths)
    return env


def execute(job: Job, **options: Any) -> None:
    """Run one notebook; fills in ``job``, raises nothing but what stops the whole run.

    Args:
        job: see :class:`Job`.
        **options: see ``_Engine.execute_managed_notebook``.
    """
    import papermill

    began = time.perf_counter()
    try:
        job.notebook = papermill.execute_notebook(
            job.notebook,
            None,
            parameters=job.parameters,
            engine_name="tl_helpers",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            job=job,
            **options,
        )
        job.status = "ok"
    except PapermillExecutionError as error:
        job.status, job.error = "failed", _cell_error(job, error)
    except Exception as error:  # a kernel that died, did not start or took too long
        stopped = options["kernels"].stopping
        job.status = "stopped" if stopped else "failed"
        job.error = f"{job.name}: {_last_line(str(error)) or type(error).__name__}"
        if not stopped:
            words = [f"    {line}" for line in job.said.strip().splitlines()[-10:]]
            silence = "    (a kernel that dies without a word has often run out of memory)"
            job.error = "\n".join([job.error, *(words or [silence])])
    finally:
        job.seconds = round(time.perf_counter() - began, 1)


def _last_line(text: str) -> str:
    lines = [line for line in _ANSI.sub("", text).splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def _cell_error(job: Job, error: PapermillExecutionError) -> str:
    frames = _ANSI.sub("", "\n".join(error.traceback)).strip().splitlines()
    first = next((line for line in error.source.splitlines() if line.strip()), "")
    shown = frames[-15:] or [f"{error.ename}: {error.evalue}"]
    number = 0  # as in the source: papermill has put cells of its own between
    for cell in job.notebook.cells:
        number += not _OWN_TAGS & set(cell.metadata.get("tags", []))
        if any(output.output_type == "error" for output in cell.get("outputs", [])):
            break
    return "\n".join(
        [
            f"{job.name}: cell {number} (In [{error.exec_count}]) failed: {error.ename}",
            f"    {first}",
            "",
            *(f"    {line}" for line in shown),
        ]
    )
