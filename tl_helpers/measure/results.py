"""Stored results: experiments that take too long to run live, made by a command, and checked live.

A study is a function of a seed and of what varies, as :func:`tl_helpers.measure.experiment.run`
takes it, with the combinations that it is run over::

    @results.study("encoder-over-seeds", seeds=range(10), start=["minilm", "random"], labels=[64])
    def encoder_over_seeds(seed: int, start: str, labels: int, steps: int = 60) -> dict:
        ...
        return {"accuracy": 0.81}

``tl results build encoder-over-seeds`` runs it over all of them, here or on a cluster, and writes
``data/results/encoder-over-seeds.json``: the table, with everything that one needs to judge it.
Killed, it goes on with the runs that are missing. The studies of the course stand in the folders of
their lessons.
"""

from __future__ import annotations

import datetime
import inspect
import json
import math
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tl_helpers.core import checks, files, lessons
from tl_helpers.core.errors import BadValue, BrokenFile, UnknownName
from tl_helpers.core.provenance import environment
from tl_helpers.measure import experiment
from tl_helpers.measure.evaluate import Interval
from tl_helpers.measure.experiment import Grid, Row, storable

if TYPE_CHECKING:
    import pandas as pd

META = ("command", "configuration", "seeds", "environment", "seconds", "date")


@dataclass(frozen=True)
class Study:
    """An experiment with a name.

    Attributes:
        name: of the file.
        run: the function: see :func:`tl_helpers.measure.experiment.run`.
        seeds: what it runs over unless told otherwise.
        grids: the arguments that vary, and their values.
        of_town: does it use text of the town?
    """

    name: str
    run: Callable[..., Any]
    seeds: tuple[int, ...]
    grids: tuple[Grid, ...] = ()
    of_town: bool = True

    def plan(self) -> list[Row]:
        """The combinations of arguments that it is run over for each seed."""
        return experiment.plan(*self.grids)

    @property
    def configuration(self) -> dict[str, Any]:
        """What decides its numbers, as it is stored: ``grid``, and the function's own defaults."""
        varied = {"seed", *(name for grid in self.grids for name in grid)}
        parameters = inspect.signature(self.run).parameters.items()
        fixed = {k: p.default for k, p in parameters if k not in varied}
        whole = {**fixed, "grid": [dict(grid) for grid in self.grids]}
        return {k: storable(v, k, self.name) for k, v in whole.items()}


@dataclass(frozen=True)
class Result:
    """A stored study.

    Attributes:
        name: of the study.
        rows: one dict for each measurement; each has its ``seed``.
        meta: command, configuration, seeds, environment, seconds, date.
    """

    name: str
    rows: list[Row]
    meta: dict[str, Any]

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows as a table."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    def values(self, column: str, **where: Any) -> np.ndarray:
        """One column of the rows that match, such as ``values("accuracy", labels=64)``.

        Returns:
            Array ``[rows]`` in the order of the seeds.

        Raises:
            UnknownName: no row has such a column.
            BadValue: no row matches.
        """
        known = {name for row in self.rows for name in row}
        for name in (column, *where):
            if name not in known:
                raise UnknownName(f"column of result {self.name!r}", name, known)
        rows = [row for row in self.rows if all(row.get(k) == v for k, v in where.items())]
        if not rows:
            raise BadValue(
                f"No row of result {self.name!r} has {where}.",
                "Look at what there is: results.load(...).table",
            )
        return np.array([row[column] for row in rows])


STUDIES: dict[str, Study] = {}


def study(
    name: str,
    *grids: Grid,
    seeds: Iterable[int] = range(5),
    of_town: bool = True,
    **grid: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a study.

    Args:
        name: lower-case words with dashes; the file is ``data/results/NAME.json``.
        *grids: the arguments that vary, where not all go with all: see ``experiment.run``.
        seeds: what it runs over unless told otherwise.
        of_town: it uses text of the town, and is out of date when ``town.VERSION`` goes up.
        **grid: argument -> its values. Whatever does not vary is a default of the function.

    Raises:
        BadValue: a name that is no file name, or taken by another function.

    Example:
        >>> @study("an-example", width=[2, 3], seeds=range(2))
        ... def area(width, seed):
        ...     return width**2
        >>> STUDIES.pop("an-example").seeds
        (0, 1)
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise BadValue(f"{name!r} is not the name of a study.", "Use lower-case words with dashes.")
    chosen, of_town = tuple(checks.seeds(seeds)), checks.flag(of_town, "of_town")
    every = tuple({**some, **grid} for some in grids or ([{}] if grid else []))

    def register(run: Callable[..., Any]) -> Callable[..., Any]:
        taken = STUDIES.get(name)
        home = (run.__module__, run.__qualname__)
        if taken is not None and (taken.run.__module__, taken.run.__qualname__) != home:
            raise BadValue(f"There are two studies named {name!r}.", "Rename one of them.")
        STUDIES[name] = Study(name, run, chosen, every, of_town)
        return run

    return register


def studies() -> dict[str, Study]:
    """All registered studies by name, those of ``tl_lessons`` included.

    Example:
        >>> "reviews-fine-tuning" in studies()
        True
    """
    list(lessons.modules(lambda name: not name.startswith("exercises")))
    return dict(sorted(STUDIES.items()))


def build(name: str, seeds: Iterable[int] | None = None, *, keep: bool = False) -> Result:
    """Run a study, store its table, and list it in ``data/SHA256SUMS``.

    With other seeds than the study's own the shipped result stays: theirs goes to
    ``build/results/``, where :func:`load` finds it while ``TL_SEEDS`` names the same seeds, as
    ``tl claims --seeds`` does. With ``keep`` it goes to ``data/results/unseen/`` instead, and is
    shipped too: the tables behind what the site says of unseen seeds.

    Nothing is stored before the last run has finished, so an interrupted build leaves the stored
    result as it was. Called again, it takes what was finished from the cache, as long as the code
    is the same. Inside ``experiment.backend("dask")`` or ``joblib.parallel_config(...)`` the runs
    are computed there.

    Args:
        name: a registered study.
        seeds: others than the study's own.
        keep: ship what other seeds say.

    Raises:
        UnknownName: no such study.
        BadValue: repeated or no seeds, nothing but the study's own to keep, or rows that a table
            cannot hold.
        CourseError: another process builds the same study, or a run failed.

    Example:
        >>> build("reviews-fine-tuning").meta["command"]  # doctest: +SKIP
        'tl results build reviews-fine-tuning'
    """
    known = studies()
    one = known[checks.known("study", name, known)]
    numbers = checks.seeds(one.seeds if seeds is None else seeds)
    checks.flag(keep, "keep")
    if keep and tuple(numbers) == one.seeds:
        raise BadValue(
            "These are the study's own seeds; their table is kept in any case.",
            "Name others, such as 700:705, or leave --keep out.",
        )
    with files.only_one(
        files.cache_dir() / "runs" / name, busy=f"The study {name!r} is being built"
    ):
        made = experiment.finish(one.run, one.plan(), numbers, name=name)
        span = "" if seeds is None else f" --seeds {','.join(map(str, numbers))}"
        span += " --keep" * keep
        meta = {
            "command": f"tl results build {name}{span}",
            "configuration": one.configuration,
            "seeds": numbers,
            "environment": environment(),
            "seconds": round(made.seconds, 1),
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        }
        if one.of_town:
            from tl_helpers import town

            meta["town"] = town.VERSION
        _store(where(name, numbers, keep=keep), name, meta, made.rows)
        experiment.forget(name)
    return Result(name, made.rows, meta)


def _store(path: Path, name: str, meta: dict[str, Any], rows: Sequence[Row]) -> None:
    # One row a line: a rebuilt result then shows in a diff what changed.
    lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)
    head = json.dumps({"name": name, **meta}, ensure_ascii=False, indent=1)[:-2]
    files.write_text(path, f'{head},\n "rows": [\n{lines}\n ]\n}}\n')
    if path.is_relative_to(files.data_dir()):
        with files.only_one(files.cache_dir() / "checksums"):  # another study may end just now
            files.write_checksums(path.relative_to(files.data_dir()).as_posix())


def where(name: str, seeds: Sequence[int] | None = None, *, keep: bool = False) -> Path:
    """Where :func:`build` stores a study: the shipped seeds under data/, others under build/.

    Others that are kept are under data/, too.

    Example:
        >>> where("reviews-fine-tuning").name
        'reviews-fine-tuning.json'
    """
    if seeds is None or tuple(seeds) == studies()[name].seeds:
        return files.data_dir() / "results" / f"{name}.json"
    return _elsewhere(name)[keep]


def _elsewhere(name: str) -> tuple[Path, Path]:
    """The table of other seeds: the last that was built here, and the one that is shipped."""
    built, shipped = files.root() / "build" / "results", files.data_dir() / "results" / "unseen"
    return built / f"{name}.json", shipped / f"{name}.json"


def ran_on(name: str, seeds: Sequence[int]) -> bool:
    """Whether :func:`build` was run on just these seeds, other than the shipped ones.

    Example:
        >>> ran_on("reviews-fine-tuning", range(100, 105))  # doctest: +SKIP
        False
    """
    return _other(name, seeds) is not None


def _other(name: str, seeds: Sequence[int]) -> Result | None:
    for path in _elsewhere(name):
        if not path.exists():
            continue
        if path.is_relative_to(files.data_dir()):
            files.shipped(path.relative_to(files.data_dir()).as_posix())
        result = _parsed(name, path)
        # What was run on an older town says nothing of this one.
        if result.meta["seeds"] == list(seeds) and not _outdated(result):
            return result
    return None


def stale(name: str) -> str:
    """Why a stored result is out of date; empty if it is not, or does not depend on the town.

    Example:
        >>> stale("reviews-fine-tuning")
        ''
    """
    return _outdated(load(name))


def _outdated(result: Result) -> str:
    from tl_helpers import town

    version = result.meta.get("town", town.VERSION)
    if version == town.VERSION:
        return ""
    return f"{result.name} was made with version {version} of the town, which is at {town.VERSION}"


def load(name: str) -> Result:
    """A stored result, after checking its SHA-256.

    While ``TL_SEEDS`` asks for seeds on which :func:`build` was run too, it is that result.

    Raises:
        UnknownName: nothing is stored under this name.
        BrokenFile: the file was changed, or is no result.

    Example:
        >>> load("reviews-fine-tuning").meta["command"]
        'tl results build reviews-fine-tuning'
    """
    file = f"results/{name}.json"
    if file not in files.checksums() and not (files.data_dir() / file).exists():
        stored = [p.stem for p in (files.data_dir() / "results").glob("*.json")]
        raise UnknownName("stored result", name, stored)
    path = files.shipped(file)
    if asked := os.environ.get("TL_SEEDS"):
        from tl_helpers.core.seeds import parse_seeds

        if other := _other(name, parse_seeds(asked)):
            return other
    return _parsed(name, path)


def _parsed(name: str, path: Path) -> Result:
    try:
        content = json.loads(path.read_text("utf-8"))
        meta = {key: content[key] for key in META}
        meta |= {"town": content["town"]} if "town" in content else {}
        rows = content["rows"]
        if content["name"] != name or not all("seed" in dict(row) for row in rows):
            raise KeyError("name or seed")
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenFile(
            f"{path} is no stored result ({error}).", f"Build it again: tl results build {name}"
        ) from None
    return Result(name, rows, meta)


def best(name: str, measure: str, of: str | Sequence[str] = "rate", **where: Any) -> Any:
    """The setting that was best in the study ``NAME-rates``, by the mean over its seeds.

    Where the best of that grid lay at its edge, a study ``NAME-edges`` goes on beyond it: if it is
    stored, its rows count like the others.

    Args:
        name: of the study that uses the setting.
        measure: the column that is to be high.
        of: the setting, or several that were varied together.
        **where: only rows that match; a study without such a column matches.

    Returns:
        The value of the setting, or a tuple of values where ``of`` names several.

    Raises:
        UnknownName: there is no such study, or neither has such a column.
        BadValue: no row matches.

    Example:
        >>> float(best("generation-warm", "facts", initialisation="warm start"))
        0.001
    """
    import pandas as pd

    settings = [of] if isinstance(of, str) else checks.texts(of, "of")
    stored = [f"{name}-{kind}" for kind in ("rates", "edges")]
    tables = [load(stored[0]).table]
    if f"results/{stored[1]}.json" in files.checksums():
        tables.append(load(stored[1]).table)
    for column in (measure, *settings, *where):
        checks.known("column", column, {known for table in tables for known in table})
    for i, table in enumerate(tables):
        for column in set(where) & set(table):
            table = table[table[column] == where[column]]
        tables[i] = table
    rows = pd.concat(tables)
    if rows.empty:
        raise BadValue(
            f"No row of {' and '.join(stored)} has {where}.",
            f"Look at what there is: results.load({stored[0]!r}).table",
        )
    return rows.groupby(of if isinstance(of, str) else settings)[measure].mean().idxmax()


def prediction(stored_values: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Where one further run should fall, given the stored ones (t prediction interval).

    Wider than a confidence interval of the mean: ``mean +- t(n-1) * s * sqrt(1 + 1/n)``.

    Args:
        stored_values: one value per seed, at least two.
        level: the share of further runs that fall inside.

    Raises:
        BadValue: fewer than two values, or some not finite.

    Example:
        >>> print(prediction([0.70, 0.72, 0.74]))
        0.72 [0.621, 0.819]
    """
    from tl_helpers.measure.evaluate import interval

    mean = interval(stored_values, level)
    half = (mean.high - mean.mean) * math.sqrt(mean.n + 1)  # s/sqrt(n) -> s*sqrt(1 + 1/n)
    return Interval(mean.mean, mean.mean - half, mean.mean + half, mean.n, level, "prediction")


def agrees(stored_values: npt.ArrayLike, live_value: float, level: float = 0.95) -> bool:
    """Does one live run fit the stored ones?

    At level 0.95 one honest run in twenty does not: a text that uses it must read well then too.

    Args:
        stored_values: one value per seed, at least two.
        live_value: the same measurement, made now.
        level: of the prediction interval.

    Raises:
        BadValue: fewer than two stored values, or some not finite.

    Example:
        >>> agrees([0.70, 0.72, 0.74], 0.75), agrees([0.70, 0.72, 0.74], 0.95)
        (True, False)
    """
    bounds = prediction(stored_values, level)
    if checks.missing(live_value) and live_value is not None:
        return False  # a run that came to nothing agrees with none
    live_value = checks.number(live_value, "live_value")
    slack = 1e-9 * max(abs(bounds.low), abs(bounds.high))  # rounding only
    return bool(bounds.low - slack <= live_value <= bounds.high + slack)
