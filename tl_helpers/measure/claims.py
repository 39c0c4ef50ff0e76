"""Every statement about transfer is a claim with an interval, and a claim can fail.

A notebook records what it measured with :func:`record`; ``tests/claims.toml`` says what was
promised; :func:`check` lists where the two disagree. The verdict follows from the numbers alone.
For ``direction=">0"`` and a minimum of ``m`` (mirrored for ``"<0"``, where ``m`` is a size too):

* **supported**: the whole interval lies above zero, and the effect is at least ``m``;
* **contradicted**: the whole interval lies below ``m`` (below zero if ``m`` is 0), so the
  promised effect is out of reach, be it because it is smaller or because it points the other way;
* **inconclusive**: anything else.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tl_helpers.core.errors import BadValue, BrokenFile
from tl_helpers.core.files import data_dir, root
from tl_helpers.core.output import Bundle, Shown
from tl_helpers.measure.cards import table
from tl_helpers.measure.claim_check import (
    DIRECTIONS,
    MINIMUM_SEEDS,
    check,
    problems_of_promise,
    problems_of_shape,
)

if TYPE_CHECKING:
    from tl_helpers.measure.evaluate import Interval

MIME = "application/vnd.tl-claim+json"
Verdict = Literal["supported", "inconclusive", "contradicted"]

__all__ = [
    "DIRECTIONS",
    "MIME",
    "MINIMUM_SEEDS",
    "Claim",
    "Promise",
    "check",
    "collect",
    "record",
    "registry",
    "table",
]


@dataclass(frozen=True)
class Claim(Shown):
    """What one experiment found, in numbers.

    Attributes:
        id: name in kebab-case, as in ``tests/claims.toml``.
        effect: the measured difference, in ``unit``.
        low: lower end of its confidence interval.
        high: upper end.
        n: seeds, or test examples when ``method`` is ``"bootstrap"``.
        unit: such as ``"accuracy points"``.
        direction: ``">0"`` or ``"<0"``: what was promised.
        minimum: the promised size, never negative, in ``unit``.
        sentence: the promise in words, true if the claim is supported.
        method: ``"seeds"`` or ``"bootstrap"``.
        varies: what is another one with each seed, such as ``"towns"``.
        level: confidence level.
        stored: the stored result that it rests on; empty if it was measured in the notebook.
        notebook: where it was recorded; filled in by :func:`collect`.
        said: the verdict that the card showed; filled in by :func:`collect`.
    """

    id: str
    effect: float
    low: float
    high: float
    n: int
    unit: str
    direction: str = ">0"
    minimum: float = 0.0
    sentence: str = ""
    method: str = "seeds"
    level: float = 0.95
    stored: str = ""
    notebook: str = ""
    said: str = ""
    varies: str = "seeds"

    @property
    def verdict(self) -> Verdict:
        """``"supported"``, ``"inconclusive"`` or ``"contradicted"``: see the module."""
        sign = -1.0 if self.direction == "<0" else 1.0
        effect = sign * self.effect
        low, high = sorted((sign * self.low, sign * self.high))
        if low > 0 and effect >= self.minimum:
            return "supported"
        if high < self.minimum:
            return "contradicted"
        return "inconclusive"

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON values, with its verdict."""
        record = {k: v for k, v in asdict(self).items() if k not in ("notebook", "said")}
        return record | {"verdict": self.verdict}

    def bundle(self) -> tuple[Bundle, Bundle]:
        """The card alone, without the record: looking twice does not record twice."""
        from tl_helpers.measure import cards

        return {"text/html": cards.html(self), "text/plain": cards.text(self)}, {}


@dataclass(frozen=True)
class Promise:
    """One row of ``tests/claims.toml``: the fields mean what they mean in :class:`Claim`."""

    id: str
    notebook: str
    sentence: str
    direction: str
    minimum: float
    unit: str


def record(
    id: str,
    *,
    effect: float | Interval,
    ci: tuple[float, float] | Interval | None = None,
    n: int | None = None,
    unit: str,
    direction: str = ">0",
    minimum: float = 0.0,
    sentence: str | None = None,
    method: str | None = None,
    stored: str = "",
) -> Claim:
    """Show the card of a claim, and leave its record in the notebook for the tests.

    Args:
        id: name in kebab-case, listed in ``tests/claims.toml``.
        effect: measured effect in ``unit``, or an ``Interval`` that brings ``ci`` and ``n`` along.
        ci: ``(low, high)`` or an ``Interval``.
        n: how many seeds (or test examples, for a bootstrap).
        unit: such as ``"accuracy points"``.
        direction: ``">0"`` or ``"<0"``.
        minimum: promised size of the effect, not negative.
        sentence: the promise in words; taken from ``tests/claims.toml`` when left out.
        method: ``"seeds"`` or ``"bootstrap"``; known when an ``Interval`` is given.
        stored: the stored result it rests on, as in ``results.load(...)``; other seeds of the
            notebook do not change it.

    Raises:
        BadValue: a number that cannot be, such as an interval that does not contain its effect.
    """
    from tl_helpers.measure.evaluate import Interval

    source = effect if isinstance(effect, Interval) else ci if isinstance(ci, Interval) else None
    if source is not None:
        n, method = source.n if n is None else n, method or source.method
        ends = source.ci if ci is None or isinstance(ci, Interval) else ci
    else:
        ends = ci  # type: ignore[assignment]
    if ends is None or n is None:
        raise BadValue(
            f"Claim {id!r} has no interval or no n.",
            "Give ci=(low, high) and n=..., or effect=evaluate.difference(a, b).",
        )
    claim = Claim(
        id=id,
        effect=float(effect.mean if isinstance(effect, Interval) else effect),
        low=float(ends[0]),
        high=float(ends[1]),
        n=int(n),
        unit=unit,
        direction=direction,
        minimum=float(minimum),
        sentence=sentence or _known_sentence(id),
        method=method or "seeds",
        level=source.level if source is not None else 0.95,
        stored=stored,
        varies=source.varies if source is not None else "seeds",
    )
    if problems := problems_of_shape(claim):
        raise BadValue(f"Claim {id!r}: {'; '.join(problems)}.", "Mend the call of claims.record.")
    bundle, metadata = claim.bundle()
    claim.show((bundle | {MIME: claim.to_dict()}, metadata))
    return claim


def _known_sentence(id: str) -> str:
    """The registered promise; without the tests at hand (Colab) the id in plain words."""
    promises = listing()
    if promises.exists() and (known := registry(promises).get(id)):
        return known.sentence
    words = id.replace("-", " ")
    return f"{words[:1].upper()}{words[1:]}."


def listing() -> Path:
    """Where the promises stand: ``tests/claims.toml``, or what a wheel carries of it."""
    here, packed = root() / "tests" / "claims.toml", data_dir() / "claims.toml"
    return packed if packed.exists() and not here.exists() else here  # a wheel carries the list


def registry(path: str | Path | None = None) -> dict[str, Promise]:
    """All promises of the course, by id, from ``tests/claims.toml``.

    Args:
        path: another file of the same form.

    Raises:
        BrokenFile: missing, not TOML, or a row that is incomplete, unknown or there twice.
    """
    source = Path(path) if path is not None else listing()
    mend = "Mend it, or restore it with: git checkout -- tests/claims.toml"
    try:
        content = tomllib.loads(source.read_text("utf-8"))
    except FileNotFoundError:
        raise BrokenFile(f"The list of claims {source} is missing.", mend) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenFile(f"{source} is not valid TOML: {error}.", mend) from None
    promises: dict[str, Promise] = {}
    expected = {field.name for field in fields(Promise)}
    for number, row in enumerate(content.get("claim", []), start=1):
        where = f"{source}, claim {number} ({row.get('id', 'without id')})"
        if set(row) != expected:
            missing, extra = sorted(expected - set(row)), sorted(set(row) - expected)
            raise BrokenFile(f"{where}: missing {missing}, unknown {extra}.", mend)
        try:
            promise = Promise(**(row | {"minimum": float(row["minimum"])}))
            problems = problems_of_promise(promise)
        except (TypeError, ValueError, AttributeError) as error:
            problems = [str(error)]
        if problems or promise.id in promises:
            raise BrokenFile(f"{where}: {'; '.join(problems) or 'listed twice'}.", mend)
        promises[promise.id] = promise
    return promises


def collect(notebooks: Iterable[str | Path]) -> list[Claim]:
    """Read the recorded claims out of executed notebooks, in order.

    Args:
        notebooks: paths of ``.ipynb`` files.

    Raises:
        BrokenFile: a file that is no notebook, or a record that is no claim.
    """
    import nbformat

    found = []
    for path in map(Path, notebooks):
        try:
            notebook = nbformat.read(str(path), as_version=4)
        except Exception as error:  # nbformat raises many kinds, all with the same remedy
            what = f"{path} cannot be read as a notebook: {error}"
            raise BrokenFile(what, "Run it again.") from None
        found += of_notebook(notebook, path)
    return found


def of_notebook(notebook: Any, path: str | Path) -> list[Claim]:
    """The recorded claims of one executed notebook, in order.

    Args:
        notebook: read by ``nbformat``.
        path: its path or name.

    Raises:
        BrokenFile: a record that is no claim.
    """
    return [
        _from_dict(shown["data"][MIME], Path(path), number)
        for number, cell in enumerate(notebook.cells)
        for shown in cell.get("outputs", [])
        if MIME in shown.get("data", {})
    ]


def _from_dict(record: Any, path: Path, cell: int) -> Claim:
    try:
        values = dict(json.loads(record) if isinstance(record, str) else record)
        said = str(values.pop("verdict", ""))
        for name in ("effect", "low", "high", "minimum", "level"):
            values[name] = float(values[name])
        values["n"] = int(values["n"])
        for name in ("id", "unit", "direction", "sentence", "method"):
            if not isinstance(values[name], str):
                raise TypeError(f"{name} is no text")
        return replace(Claim(**values), notebook=path.stem, said=said)
    except (TypeError, ValueError, KeyError) as error:
        raise BrokenFile(
            f"{path}, cell {cell}: the recorded claim is malformed ({error}).", "Run it again."
        ) from None
