"""Every statement about transfer is a claim with an interval, and a claim can fail.

A lesson promises (``[[claim]]`` in its ``lesson.toml``), its notebook measures (``lesson.claim``),
and :func:`check` lists where the two disagree. The verdict follows from the numbers alone.
For ``direction=">0"`` and a minimum of ``m`` (mirrored for ``"<0"``, where ``m`` is a size too):

* **supported**: the whole interval lies above zero, and no part of it below ``m``;
* **contradicted**: the whole interval lies below ``m`` (below zero if ``m`` is 0), so the
  promised effect is out of reach, be it because it is smaller or because it points the other way;
* **inconclusive**: anything else.

``direction="about"`` promises that an effect is *near* a value (an equivalence test): supported if
the whole interval lies within the margin on both sides, contradicted if the whole interval lies
beyond it, inconclusive otherwise.

A promise also says which verdict the course reports (``outcome``), because what came out against
the expectation is worth a claim as well; :func:`check` wants that verdict, not a green one.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter, ValidationError

from tl_helpers.core import lessons, records
from tl_helpers.core.errors import BadValue, BrokenFile
from tl_helpers.core.lessons import Promise
from tl_helpers.core.output import Bundle, Shown
from tl_helpers.measure.cards import table

if TYPE_CHECKING:
    from tl_helpers.measure.evaluate import Interval

MIME = "application/vnd.tl-claim+json"
Verdict = Literal["supported", "inconclusive", "contradicted"]

MINIMUM_SEEDS = 5
MINIMUM_RESAMPLED = 50  # test items under a bootstrap: with fewer its interval is too narrow
BAR = ("unit", "direction", "minimum", "about", "margin")
"""What a promise and its claim must have in common, beside the sentence."""
LEVEL = 0.95  # of every claim: a narrower interval would make any effect look certain

__all__ = [
    "BAR",
    "MIME",
    "MINIMUM_SEEDS",
    "Claim",
    "Promise",
    "check",
    "collect",
    "of_notebook",
    "record",
    "registry",
    "table",
]


@dataclass(frozen=True)
class Claim(Shown):
    """What one experiment found, in numbers.

    Attributes:
        id: name in kebab-case, as in its lesson's file.
        effect: the measured difference, in ``unit``.
        low: lower end of its confidence interval.
        high: upper end.
        n: seeds, or test examples when ``method`` is ``"bootstrap"``.
        unit: such as ``"accuracy points"``.
        signed: whether it is a difference, and shown with its sign.
        direction: ``">0"``, ``"<0"`` or ``"about"``: what was promised.
        minimum: the promised size, never negative, in ``unit``.
        about: the promised value, if the direction is ``"about"``.
        margin: how far from there it may be.
        sentence: the promise in words, true if the claim is supported.
        method: ``"seeds"`` or ``"bootstrap"``.
        varies: what is another one with each seed, such as ``"towns"``.
        values: what each seed gave, where there are ten or fewer.
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
    about: float = 0.0
    margin: float = 0.0
    values: tuple[float, ...] = ()
    signed: bool = True

    @property
    def verdict(self) -> Verdict:
        """``"supported"``, ``"inconclusive"`` or ``"contradicted"``: see the module."""
        if self.direction == "about":
            floor, ceiling = self.about - self.margin, self.about + self.margin
            if floor <= self.low and self.high <= ceiling:
                return "supported"
            return "contradicted" if self.high < floor or ceiling < self.low else "inconclusive"
        sign = -1.0 if self.direction == "<0" else 1.0
        low, high = sorted((sign * self.low, sign * self.high))
        if low > 0 and low >= self.minimum:
            return "supported"
        if high < self.minimum:
            return "contradicted"
        return "inconclusive"

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON values, with its verdict."""
        record = {k: v for k, v in asdict(self).items() if k not in ("notebook", "said")}
        return record | {"values": [*self.values], "verdict": self.verdict}

    def bundle(self) -> tuple[Bundle, Bundle]:
        """The card alone, without the record: looking twice does not record twice."""
        from tl_helpers.measure import cards

        return {"text/html": cards.html(self), "text/plain": cards.text(self)}, {}


def record(
    promise: Promise,
    effect: float | Interval,
    *,
    ci: tuple[float, float] | Interval | None = None,
    n: int | None = None,
    method: str | None = None,
    stored: str = "",
) -> Claim:
    """Show the card of a claim, and leave its record in the notebook for the tests.

    Args:
        promise: what was promised.
        effect: measured effect in the promise's unit, or an ``Interval`` that brings ``ci`` and
            ``n`` along.
        ci: ``(low, high)`` or an ``Interval``.
        n: how many seeds (or test examples, for a bootstrap).
        method: ``"seeds"`` or ``"bootstrap"``; known when an ``Interval`` is given.
        stored: the stored result it rests on, as in ``results.load(...)``; other seeds of the
            notebook do not change it.

    Raises:
        BadValue: a number that cannot be, such as an interval that does not contain its effect.

    Example:
        >>> record(promise, 12.0, ci=(9.0, 15.0), n=5).verdict  # doctest: +SKIP
        'supported'
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
            f"Claim {promise.id!r} has no interval or no n.",
            "Give ci=(low, high) and n=..., or effect=evaluate.difference(a, b).",
        )
    claim = Claim(
        id=promise.id,
        effect=float(effect.mean if isinstance(effect, Interval) else effect),
        low=float(ends[0]),
        high=float(ends[1]),
        n=int(n),
        unit=promise.unit,
        signed=promise.signed,
        direction=promise.direction,
        minimum=promise.minimum,
        about=promise.about,
        margin=promise.margin,
        sentence=promise.sentence,
        method=method or "seeds",
        level=source.level if source is not None else LEVEL,
        stored=stored,
        varies=source.varies if source is not None else "seeds",
        values=source.values if source is not None else (),
    )
    if problems := _problems_of_shape(claim):
        raise BadValue(f"Claim {promise.id!r}: {'; '.join(problems)}.", "Mend the call.")
    bundle, metadata = claim.bundle()
    claim.show((bundle | {MIME: claim.to_dict()}, metadata))
    return claim


def registry() -> dict[str, Promise]:
    """All promises of the course, by id, in the order of the map.

    Raises:
        BrokenFile: a lesson's file that cannot be read, or an id that is there twice.

    Example:
        >>> registry()["start-town-16"].minimum
        15.0
    """
    promises: dict[str, Promise] = {}
    for facts in lessons.every().values():
        for promise in facts.promises:
            if promise.id in promises:
                both = (promises[promise.id].notebook, promise.notebook)
                places = [str(lessons.path_of(notebook)) for notebook in both]
                raise BrokenFile(
                    f"The claim {promise.id!r} stands twice: in {' and in '.join(places)}.",
                    "Give one of them another id.",
                )
            promises[promise.id] = promise
    return promises


def collect(notebooks: Iterable[str | Path]) -> list[Claim]:
    """Read the recorded claims out of executed notebooks, in order.

    Args:
        notebooks: paths of ``.ipynb`` files.

    Raises:
        BrokenFile: a file that is no notebook, or a record that is no claim.

    Example:
        >>> collect([lessons.home().parent / "00_start_here.ipynb"])[0].id
        'start-encoder-64'
    """
    import nbformat

    recorded = []
    for path in map(Path, notebooks):
        try:
            notebook = nbformat.read(str(path), as_version=4)
        except Exception as error:  # nbformat raises many kinds, all with the same remedy
            what = f"{path} cannot be read as a notebook: {error}"
            raise BrokenFile(what, "Run it again.") from None
        recorded += of_notebook(notebook, path)
    return recorded


def of_notebook(notebook: Any, path: str | Path) -> list[Claim]:
    """The recorded claims of one executed notebook, in order.

    Args:
        notebook: read by ``nbformat``.
        path: its path or name.

    Raises:
        BrokenFile: a record that is no claim.

    Example:
        >>> of_notebook(nbformat.read(path, 4), path)[0].id  # doctest: +SKIP
        'start-encoder-64'
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
        values |= {"notebook": path.stem, "said": values.pop("verdict", "")}
        return _adapter().validate_python(values)
    except (TypeError, ValueError) as error:
        why = records.reason(error) if isinstance(error, ValidationError) else error
        raise BrokenFile(
            f"{path}, cell {cell}: the recorded claim is malformed ({why}).", "Run it again."
        ) from None


@cache
def _adapter() -> TypeAdapter[Claim]:
    return TypeAdapter(Claim)


def check(
    recorded: Sequence[Claim],
    registry: Mapping[str, Promise],
    notebooks: Iterable[str] | None = None,
) -> list[str]:
    """Where the records and the promises disagree; an empty list means that all claims hold.

    Args:
        recorded: from :func:`collect`.
        registry: from :func:`registry`.
        notebooks: names of the notebooks that were run; promises of others are not missed.
            Default: every promise must have been recorded.

    Returns:
        One line for each problem, starting with the claim's id.

    Example:
        >>> check([], registry())[0].partition(":")[2]
        ' missing: 00_start_here did not record it'
    """
    problems: list[str] = []
    ran = None if notebooks is None else {PurePath(name).stem for name in notebooks}
    times = Counter(claim.id for claim in recorded)
    for id, promise in registry.items():
        if id not in times and (ran is None or promise.notebook in ran):
            problems.append(f"{id}: missing: {promise.notebook} did not record it")
    for id, count in times.items():
        if count > 1:
            problems.append(f"{id}: recorded {count} times, once is right")
    for claim in recorded:
        problems += [f"{claim.id}: {line}" for line in _problems_of(claim, registry.get(claim.id))]
    return problems


def _problems_of(claim: Claim, promise: Promise | None) -> list[str]:
    problems = _problems_of_shape(claim)
    if promise is None:
        return [*problems, "no lesson.toml lists it"]
    if claim.method != "bootstrap" and claim.n < MINIMUM_SEEDS:
        problems.append(f"rests on {claim.n} seeds; {MINIMUM_SEEDS} or a bootstrap are needed")
    if claim.method == "bootstrap" and claim.n < MINIMUM_RESAMPLED:
        problems.append(
            f"a bootstrap over {claim.n} items; at least {MINIMUM_RESAMPLED} are needed"
        )
    if claim.level != LEVEL:
        problems.append(f"its interval is one of {claim.level:.0%}, not of {LEVEL:.0%}")
    if any(getattr(claim, name) != getattr(promise, name) for name in ("sentence", *BAR)):
        problems.append("its card shows another promise than lesson.toml; run the notebook again")
    if claim.notebook and promise.notebook != claim.notebook:
        problems.append(f"was recorded by {claim.notebook}, promised by {promise.notebook}")
    if claim.said and claim.said != claim.verdict:
        problems.append(f"the card says {claim.said}, the numbers say {claim.verdict}")
    # Judged by what is promised, whatever the card shows.
    judged = replace(claim, **{name: getattr(promise, name) for name in BAR})
    sign = -1 if promise.direction == "<0" else 1
    if judged.verdict != promise.outcome:
        problems.append(
            f"{judged.verdict}: effect {claim.effect:g} {claim.unit}, interval "
            f"[{claim.low:g}, {claim.high:g}], promised {promise.direction}"
            + (f" by at least {promise.minimum:g}" if promise.minimum else "")
            + (f" {promise.about:g} +- {promise.margin:g}" if promise.margin else "")
            + (f"; {promise.outcome} was reported" if promise.outcome != "supported" else "")
        )
    if promise.outcome != "supported" or promise.direction == "about":
        return problems
    if claim.low <= 0 <= claim.high:
        problems.append("the interval includes zero")
    elif sign * claim.effect < 0:
        problems.append("the effect points the other way")
    if sign * claim.effect < promise.minimum:
        problems.append(f"the effect is below the promised minimum of {promise.minimum:g}")
    return problems


def _problems_of_shape(claim: Claim) -> list[str]:
    """What is wrong with one record by itself, whatever was promised."""
    problems = []
    interval = f"the interval [{claim.low:g}, {claim.high:g}]"
    if not all(map(math.isfinite, (claim.effect, claim.low, claim.high))):
        problems.append("effect or interval is not finite")
    elif claim.low > claim.high:
        problems.append(f"{interval} is upside down")
    else:
        slack = 1e-9 * max(abs(claim.low), abs(claim.high))  # rounding, nothing more
        if not claim.low - slack <= claim.effect <= claim.high + slack:
            problems.append(f"{interval} does not contain its effect {claim.effect:g}")
    if claim.method not in ("seeds", "bootstrap"):
        problems.append(f"method {claim.method!r} is neither 'seeds' nor 'bootstrap'")
    if not 0 < claim.level < 1:
        problems.append(f"confidence level {claim.level} is not between 0 and 1")
    if claim.n < 1:
        problems.append(f"n = {claim.n}")
    return problems
