"""Experiments are tables: a function, run over every combination of its arguments, seed by seed.

::

    def accuracy(start, labels, seed):
        ...
    runs = tl.experiment.run(accuracy, start=["pre-trained", "random weights"], labels=[8, 64],
                             seed=session.seeds(5))
    tl.plots.curve(runs, x="labels", y="accuracy", colour="start")
    tl.experiment.compare(runs, "pre-trained", "random weights", labels=64)

A finished run is kept on the disk at once, under a fingerprint of the code and of all that it is
given (see :mod:`tl_helpers.measure.fingerprint`): called again, or after having been killed, only
what is missing is run. Runs are computed by joblib: one after the other in this process, or with
``joblib.parallel_config(backend="loky", n_jobs=4)`` (or ``backend="dask"``) around the call on all
cores, or on a cluster.
"""

from __future__ import annotations

import contextlib
import copy
import copyreg
import functools
import hashlib
import inspect
import itertools
import json
import math
import multiprocessing
import os
import random
import shutil
import sys
import threading
import time
import traceback
import uuid
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tl_helpers.core import checks, files, output
from tl_helpers.core.errors import BadValue, CourseError, Stopped
from tl_helpers.core.provenance import cpu_count
from tl_helpers.measure import fingerprint
from tl_helpers.measure.tables import compare, select, summary

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["backend", "compare", "plan", "run", "select", "summary"]

Row = dict[str, Any]
Grid = Mapping[str, Any]

_EXTRA = 'pip install "tl-helpers[cluster]"'
_BACKENDS = ("loky", "dask")
_TURN = threading.RLock()  # runs set the random numbers of the whole process, so they take turns
_DEATHS = 3  # in a row, without any run being finished
_PATIENCE = 60  # seconds for the first worker of a cluster to come


class RunFailed(CourseError):
    """A run raised an error, or its process died; the finished ones are kept."""

    def _render_traceback_(self) -> list[str]:
        """In a notebook: where in the reader's own function it happened, then the message."""
        cause = self.__cause__
        lines = traceback.format_exception(cause) if cause is not None else []
        return ["".join(lines)] * bool(lines) + super()._render_traceback_()


class NoTable(BadValue):
    """What a function returned has no place in a table."""


class Finished(NamedTuple):
    """What the runs of an experiment have given.

    Attributes:
        rows: with ``seed``, the arguments and what was measured; in the order of the plan.
        measures: the columns that were measured.
        seconds: that the runs took, those of earlier calls included.
    """

    rows: list[Row]
    measures: list[str]
    seconds: float


def run(
    fn: Callable[..., Any],
    *grids: Grid,
    seed: Iterable[int] | int,
    fresh: bool = False,
    **grid: Any,
) -> pd.DataFrame:
    """Call ``fn`` with every combination of arguments and every seed; one row for each run.

    Before each run the random numbers of Python, NumPy and torch begin at its seed, so a run gives
    the same whether it is computed alone, in another order or in another process. (But a Dask
    worker itself draws from Python's ``random`` now and then: use NumPy's or torch's.)

    Args:
        fn: returns a number, a dict of numbers and words (a column each), or a list of such dicts
            (a row each).
        *grids: further combinations where not all go with all, each a dict like ``grid``.
        seed: all different.
        fresh: run everything anew, whatever is kept. So does ``TL_FRESH=1`` in the environment.
        **grid: argument -> its values, or a single one.

    Returns:
        A table with the columns ``seed``, one for each argument, and what was measured.

    Raises:
        BadValue: no values, one twice, or arguments that ``fn`` does not take.
        NoTable: ``fn`` returned something else; names the run's arguments.
        RunFailed: a run raised an error; names its arguments, and is chained to the error.
        Stopped: by ■ or Ctrl-C; the finished runs are kept.

    Example:
        >>> def area(width, height, seed):
        ...     return width * height
        >>> run(area, width=[2, 3], height=4, seed=0)["area"].tolist()  # doctest: +SKIP
        [8, 12]
    """
    import pandas as pd

    made = finish(fn, plan(*grids, **grid), seed, fresh=fresh)
    table = pd.DataFrame(made.rows)
    table.attrs["measures"] = made.measures
    return table


def plan(*grids: Grid, **grid: Any) -> list[Row]:
    """The combinations of arguments that :func:`run` takes for each seed.

    Raises:
        BadValue: an argument without values.

    Example:
        >>> plan({"a": [1, 2]}, {"b": 3}, c="x")
        [{'a': 1, 'c': 'x'}, {'a': 2, 'c': 'x'}, {'b': 3, 'c': 'x'}]
    """
    combinations: list[Row] = []
    for some in grids or ({},):
        values = {name: _values(name, given) for name, given in {**some, **grid}.items()}
        for chosen in itertools.product(*values.values()):
            combinations.append(dict(zip(values, chosen, strict=True)))
    return combinations


def _values(name: str, given: Any) -> list[Any]:
    if name == "seed":
        raise BadValue("The seeds stand in a dict of arguments.", "Give them as seed=range(5).")
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        return [_plain(given)]
    values = [_plain(value) for value in given]
    if not values:
        raise BadValue(f"{name} has no values: there is nothing to run.", "Give at least one.")
    return values


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _said(arguments: Row) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())


def finish(
    fn: Callable[..., Any],
    combinations: Sequence[Row],
    seeds: Iterable[int] | int,
    *,
    fresh: bool = False,
    name: str = "",
) -> Finished:
    """Do the runs that are not kept yet, keep them, and give all: what :func:`run` stands on.

    Args:
        fn: see :func:`run`.
        combinations: of arguments, as from :func:`plan`.
        seeds: all different.
        fresh: run everything anew.
        name: what the runs are kept under; that of the function unless given.

    Example:
        >>> finish(lambda seed: seed / 2, plan(), [0, 1]).rows  # doctest: +SKIP
        [{'seed': 0, 'value': 0.0}, {'seed': 1, 'value': 0.5}]
    """
    name = name or fingerprint.name_of(fn)
    every, fresh = checks.seeds(seeds), checks.flag(fresh, "fresh")
    todo = [{**one, "seed": s} for s in every for one in combinations]
    _check_arguments(fn, name, todo)
    paths = _places(fn, name, todo)
    if twice := [one for n, one in enumerate(todo) if paths[n] and paths[n] in paths[:n]]:
        raise BadValue(f"{name}({_said(twice[0])}) is there twice.", "Name each value once.")
    again = fresh or output.on("TL_FRESH")
    parts = [None if again else _read(path) for path in paths]
    missing = [number for number, part in enumerate(parts) if part is None]
    from tqdm.auto import tqdm

    done, still, lost = len(todo) - len(missing), output.quiet() or not missing, False
    with (
        _asked_for() if missing else contextlib.nullcontext(),
        _stoppable(name, paths, parts),
        tqdm(total=len(todo), initial=done, desc=name, unit="run", disable=still) as bar,
        contextlib.closing(_computed(fn, name, {n: todo[n] for n in missing})) as coming,
    ):
        for number, part in coming:
            if isinstance(part, NoTable):
                raise part
            if isinstance(part, Exception):
                what, do = getattr(part, "what", part), getattr(part, "do", "Mend it.")
                raise RunFailed(
                    f"{name}({_said(todo[number])}) did not finish: {type(part).__name__}: {what}",
                    f"{do} Then call again: the runs that were finished are kept.",
                ) from part
            if why := _write(paths[number], part):
                if not lost:
                    warnings.warn(
                        f"The finished runs of {name} cannot be kept, so another call has to make "
                        f"them again. This one goes on.\n  {why}",
                        stacklevel=3,
                    )
                lost = True
            parts[number] = part
            bar.update()
    rows: list[Row] = []
    measures: dict[str, None] = {}
    for arguments, kept in zip(todo, parts, strict=True):
        assert kept is not None
        rows += [{"seed": arguments["seed"], **arguments, **row} for row in kept.rows]
        measures |= dict.fromkeys(column for row in kept.rows for column in row)
    return Finished(rows, list(measures), sum(part.seconds for part in parts if part))


@contextlib.contextmanager
def _stoppable(
    name: str, paths: Sequence[Path | None], parts: Sequence[_Part | None]
) -> Iterator[None]:
    """In the place of KeyboardInterrupt: how far the runs are, and how they go on."""
    try:
        yield
    except KeyboardInterrupt:
        done = [path for path, part in zip(paths, parts, strict=True) if part is not None]
        lost = not all(path is not None and path.exists() for path in done)
        raise Stopped(
            f"Stopped after {len(done)} of {len(parts)} runs ({name}).",
            "The finished runs could not be kept: the same call begins anew."
            if lost
            else "Run the same call again: it goes on with the runs that are missing.",
        ) from None


def _check_arguments(fn: Callable[..., Any], name: str, todo: Sequence[Row]) -> None:
    signature = inspect.signature(fn)
    for arguments in todo:
        try:
            signature.bind(**arguments)
        except TypeError as error:
            takes = ", ".join(signature.parameters)
            raise BadValue(
                f"{name} cannot be called with {', '.join(arguments)}: {error}.",
                f"It takes ({takes}); each run gives it a seed.",
            ) from None


# --- one run -------------------------------------------------------------------------------------
class _Part(NamedTuple):
    """What one run has given."""

    rows: list[Row]
    seconds: float


def _rows(value: Any, name: str, arguments: Row) -> list[Row]:
    """What a function returned, as rows of plain values."""
    called = f"{name}({_said(arguments)})"
    several = value if isinstance(value, list) else [value]
    if not several:
        raise NoTable(f"{called} measured nothing.", "Let it return at least one row.")
    rows = []
    for one in several:
        if hasattr(one, "item") and getattr(one, "shape", None) == ():
            one = one.item()  # a number of NumPy or of torch
        if not isinstance(one, Mapping):
            if isinstance(value, list) or not isinstance(one, (bool, int, float)):
                raise NoTable(
                    f"{called} returned {one!r:.80}.",
                    "Let it return a number, a dict of columns, or a list of such dicts.",
                )
            one = {name: one}
        for column, inside in one.items():
            if column in arguments and inside != arguments[column]:
                raise NoTable(
                    f"{called} returned a column {column!r}, which is reserved for its argument.",
                    "Give what it measures another name.",
                )
        rows.append({str(k): storable(v, k, called) for k, v in one.items() if k not in arguments})
    return rows


def storable(value: Any, key: Any, called: str) -> Any:
    """A value as a table and JSON hold it: finite numbers, words, lists and dicts of them.

    Raises:
        NoTable: it is nothing of the kind.

    Example:
        >>> storable((np.float64(0.5), None), "loss", "run")
        [0.5, None]
    """
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, (tuple, list, range)):
        return [storable(item, key, called) for item in value]
    if isinstance(value, Mapping):
        return {str(k): storable(v, key, called) for k, v in value.items()}
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise NoTable(
        f"{called}: {key}={value!r} has no place in a table.",
        "Return finite numbers, words, lists and dicts; None for what did not happen.",
    )


@contextlib.contextmanager
def _beginning_at(seed: int) -> Iterator[None]:
    """Set the random numbers of the process for one run, and put them back."""
    import torch

    before = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(before[0])
            np.random.set_state(before[1])


def _one(
    work: Callable[..., Any] | _Parcel, name: str, number: int, arguments: Row
) -> tuple[int, _Part | Exception]:
    """One run, in this process or in a worker's."""
    remote = isinstance(work, _Parcel)
    if remote and multiprocessing.current_process().name != "MainProcess":
        os.environ.setdefault("TL_QUIET", "1")  # a worker has no terminal of its own for bars
    try:
        fn = work.fn if isinstance(work, _Parcel) else work
        with _TURN, _beginning_at(arguments["seed"]):
            began = time.perf_counter()
            value = fn(**arguments)
            return number, _Part(_rows(value, name, arguments), time.perf_counter() - began)
    except KeyboardInterrupt:  # also one that says how to go on, which counts as an error as well
        raise KeyboardInterrupt from None
    except Exception as error:
        return number, _that_travels(error) if remote else error


class _Parcel:
    """A function on its way to the workers, those of a notebook with all their code.

    joblib packs and unpacks it. A worker keeps the first that arrives of a kind, so that what the
    function caches in one run is there in the next.

    Args:
        fn: the function.
        kind: the same for functions that do the same; one of its own unless given.
    """

    def __init__(self, fn: Callable[..., Any], kind: str = "") -> None:
        self.fn, self.kind = fn, kind or uuid.uuid4().hex

    @classmethod
    def of(cls, fn: Callable[..., Any]) -> _Parcel:
        try:
            return cls(fn, fingerprint.of(fn))
        except Exception:  # _places has warned that it cannot be compared
            return cls(fn)

    def __reduce__(self) -> tuple[Callable[..., _Parcel], tuple[Any, str]]:
        import joblib

        return _arrived, (joblib.wrap_non_picklable_objects(self.fn), self.kind)


_CACHED: Any = functools._lru_cache_wrapper  # the type of what functools.cache makes
_PARCELS: dict[str, _Parcel] = {}  # that have arrived in this worker
_MOST = 4


def _arrived(fn: Callable[..., Any], kind: str) -> _Parcel:
    copyreg.pickle(_CACHED, _cache_in_parts)  # a worker hands it on to the next
    if kind not in _PARCELS:
        while len(_PARCELS) >= _MOST:
            del _PARCELS[next(iter(_PARCELS))]
        _PARCELS[kind] = _Parcel(fn, kind)
    return _PARCELS[kind]


@contextlib.contextmanager
def _caches_travel() -> Iterator[None]:
    """Let ``functools.cache`` of a notebook travel with its function, not by a name.

    For a while only: what others pickle in this process is none of our business.
    """
    before = copyreg.dispatch_table.get(_CACHED)
    copyreg.pickle(_CACHED, _cache_in_parts)
    try:
        yield
    finally:
        if before is None:
            copyreg.dispatch_table.pop(_CACHED, None)


def _cache_in_parts(cached: Any) -> str | tuple[Callable[..., Any], tuple[Any, ...]]:
    here: Any = sys.modules.get(cached.__module__) if cached.__module__ != "__main__" else None
    for part in cached.__qualname__.split("."):
        here = getattr(here, part, None)
    if here is cached:  # and not a cache around what has this name, as functools.cache(tl....)
        return str(cached.__qualname__)
    return _cached, (cached.__wrapped__, cached.cache_parameters())


def _cached(fn: Callable[..., Any], how: dict[str, Any]) -> Callable[..., Any]:
    return functools.lru_cache(**how)(fn)


def _that_travels(error: Exception) -> Exception:
    """An error that arrives in another process, with its traceback as a note."""
    error.add_note("In the worker:\n" + "".join(traceback.format_exception(error)))
    import cloudpickle

    try:
        cloudpickle.dumps(error)
        copy.deepcopy(error)  # which makes it again from its parts, as its arrival will
    except Exception:
        notes = error.__notes__
        error = RuntimeError(f"{type(error).__name__}: {error}")
        error.__notes__ = notes
    return error


# --- where runs are computed ---------------------------------------------------------------------
def _computed(
    fn: Callable[..., Any], name: str, todo: Mapping[int, Row]
) -> Generator[tuple[int, _Part | Exception]]:
    """Numbers of runs with what they gave, as they come in."""
    import joblib
    from joblib.parallel import get_active_backend

    column, waiting, deaths = fingerprint.name_of(fn), dict(todo), 0
    client = getattr(get_active_backend()[0], "client", None)
    here = client is None and joblib.effective_n_jobs(None) == 1
    work = fn if here else _Parcel.of(fn)
    with contextlib.nullcontext() if here else _caches_travel():
        while waiting:
            runs = [(work, column, number, arguments) for number, arguments in waiting.items()]
            if client is not None:
                coming = _on_dask(client, runs)
            else:
                # No arrays in shared memory: a function may write to its own.
                parallel = joblib.Parallel(
                    return_as="generator_unordered", batch_size=1, max_nbytes=None
                )
                coming = parallel(joblib.delayed(_one)(*each) for each in runs)
            try:
                for number, part in coming:
                    del waiting[number]
                    deaths = 0
                    yield number, part
            except BrokenExecutor as error:  # a worker was killed; what it was at is run again
                deaths += 1
                if deaths == _DEATHS:
                    raise RunFailed(
                        f"{name}: worker processes died {deaths} times, at one of "
                        f"{'; '.join(_said(one) for one in list(waiting.values())[:4])} ({error})",
                        "Is the memory enough? Use fewer jobs. Finished runs are kept.",
                    ) from error
            finally:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # that runs are given up is what is wanted
                    coming.close()


def _on_dask(client: Any, runs: Sequence[tuple[Any, ...]]) -> Generator[tuple[int, Any]]:
    """The runs on a Dask cluster.

    By its own client and not by joblib's backend, which waits for ever for a run whose workers have
    died, and computes in this process where the cluster has one worker.
    """
    from distributed import as_completed

    try:
        client.submit(int, pure=False).result(timeout=_PATIENCE)  # adaptive clusters grow on it
    except TimeoutError:
        where = client.scheduler.address
        raise CourseError(
            f"The Dask scheduler at {where} has had no worker for {_PATIENCE} seconds.",
            f"Start some: dask worker {where} --nworkers 4 --nthreads 1",
        ) from None
    # A task of its own, so that it is made again where the worker that holds it has died.
    work = client.submit(_same, runs[0][0], pure=False)
    numbers = {  # in their order, which Dask keeps for what comes within a moment only if told
        client.submit(_one, work, *rest, pure=False, priority=-place): rest[1]
        for place, (_, *rest) in enumerate(runs)
    }
    try:
        for future in as_completed(list(numbers)):
            number = numbers.pop(future)
            yield (number, future.exception()) if future.status == "error" else future.result()
    finally:
        client.cancel(list(numbers))


def _same(work: _Parcel) -> _Parcel:
    return work


@contextlib.contextmanager
def backend(name: str = "", jobs: int | None = None, address: str = "") -> Iterator[None]:
    """Compute the runs inside elsewhere: in worker processes, or on a Dask cluster.

    Args:
        name: ``"loky"`` (processes of this machine), ``"dask"``, or nothing: here, one by one.
        jobs: how many processes; as many as processors unless given.
        address: of a running Dask scheduler, such as ``"tcp://10.0.0.1:8786"``. Without one a
            cluster of ``jobs`` processes is started on this machine, and ended afterwards.

    Raises:
        UnknownName: another name.
        BadValue: arguments that do not go together.
        CourseError: Dask is not installed, or no scheduler answers.

    Example:
        >>> with backend("loky", 2):  # doctest: +SKIP
        ...     runs = run(area, width=[2, 3], height=4, seed=range(100))
    """
    import joblib

    if not isinstance(name, str) or name:
        checks.known("backend", name, _BACKENDS)
    if jobs is not None:
        jobs = checks.at_least_one(jobs, "jobs")
    if (address and name != "dask") or (jobs and (address or not name)):
        raise BadValue(
            f"backend {name!r} with jobs={jobs} and address={address!r}.",
            "Give jobs to loky, or to dask without an address; an address to dask alone.",
        )
    with contextlib.ExitStack() as stack:
        if name == "dask":
            stack.enter_context(_cluster(jobs or cpu_count(), address))
        if name:
            stack.enter_context(joblib.parallel_config(name, n_jobs=jobs or cpu_count()))
        yield


def _asked_for() -> contextlib.AbstractContextManager[None]:
    """The cluster of ``TL_DASK`` (``tl claims --address``), unless the caller named another."""
    import joblib
    from joblib.parallel import get_active_backend

    address = os.environ.get("TL_DASK", "")
    theirs = getattr(get_active_backend()[0], "client", None) or joblib.effective_n_jobs(None) != 1
    return backend("dask", address=address) if address and not theirs else contextlib.nullcontext()


@contextlib.contextmanager
def _cluster(jobs: int, address: str) -> Iterator[None]:
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise CourseError(f"Dask is not installed ({error}).", f"Install it: {_EXTRA}") from None
    with contextlib.ExitStack() as stack:
        if not address:
            # Workers hold no run but the one they are at: Dask blames all for a worker's death.
            stack.enter_context(dask.config.set({"distributed.scheduler.worker-saturation": 1.0}))
            address = stack.enter_context(
                LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=None)
            ).scheduler_address
        try:
            stack.enter_context(Client(address, timeout=10))
        except (OSError, ValueError) as error:
            raise CourseError(
                f"No Dask scheduler answers at {address} ({error}).",
                "Start one (dask scheduler), or leave the address out to use this machine.",
            ) from None
        yield


# --- what is kept --------------------------------------------------------------------------------
def _places(fn: Callable[..., Any], name: str, todo: Sequence[Row]) -> list[Path | None]:
    """The file of each run, in the folder of this very function; None if they cannot be kept."""
    try:
        folder = files.cache_dir() / "runs" / f"{name}-{fingerprint.of(fn)[:20]}"
        return [folder / f"{fingerprint.of(one)[:20]}.json" for one in todo]
    except Exception as error:
        warnings.warn(
            f"The runs of {name} are not kept, because what it refers to cannot be compared with "
            f"what it was ({error}). Make it inside the function, or pass it as an argument.",
            stacklevel=4,
        )
        return [None] * len(todo)


def _sum(rows: Sequence[Row]) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def _read(path: Path | None) -> _Part | None:
    """What a run has given; None if it was not finished, or the file is not as it was written."""
    if path is None:
        return None
    try:
        kept = json.loads(path.read_text("utf-8"))
        whole = _sum(kept["rows"]) == kept["sum"]
        return _Part(kept["rows"], float(kept["seconds"])) if whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path | None, part: _Part) -> str:
    """Keep what a run has given; if it cannot be written, say why: the experiment goes on."""
    if path is not None:
        try:
            files.write_text(path, json.dumps({**part._asdict(), "sum": _sum(part.rows)}))
        except CourseError as error:
            return str(error)
    return ""


def forget(name: str) -> None:
    """Delete what is kept under a name, also that of earlier code.

    Example:
        >>> forget("accuracy")  # doctest: +SKIP
    """
    for folder in (files.cache_dir() / "runs").glob(f"{name}-*"):
        if folder.name[: -len("-0123456789abcdef0123")] == name:
            shutil.rmtree(folder, ignore_errors=True)
