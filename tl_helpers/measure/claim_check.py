"""Do the records agree with the promises? The rules behind ``claims.check``."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tl_helpers.measure.claims import Claim, Promise

MINIMUM_SEEDS = 5
MINIMUM_RESAMPLED = 50  # test items under a bootstrap: with fewer its interval is too narrow
LEVEL = 0.95  # of every claim: a narrower interval would make any effect look certain
DIRECTIONS = (">0", "<0")


def problems_of_promise(claim: Claim | Promise) -> list[str]:
    """What is wrong with id, direction, unit or minimum."""
    found = []
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", claim.id):
        found.append(f"id {claim.id!r} is not in kebab-case")
    if claim.direction not in DIRECTIONS:
        found.append(f"direction {claim.direction!r} is neither '>0' nor '<0'")
    if not claim.unit.strip():
        found.append("no unit")
    if not (math.isfinite(claim.minimum) and claim.minimum >= 0):
        found.append(f"minimum {claim.minimum} is not a size: give it without a sign")
    return found


def problems_of_shape(claim: Claim) -> list[str]:
    """What is wrong with one record by itself, whatever was promised."""
    found = problems_of_promise(claim)
    if not all(map(math.isfinite, (claim.effect, claim.low, claim.high))):
        found.append("effect or interval is not finite")
    elif claim.low > claim.high:
        found.append(f"the interval [{claim.low:g}, {claim.high:g}] is upside down")
    else:
        slack = 1e-9 * max(abs(claim.low), abs(claim.high))  # rounding, nothing more
        if not claim.low - slack <= claim.effect <= claim.high + slack:
            found.append(
                f"the interval [{claim.low:g}, {claim.high:g}] does not contain its effect "
                f"{claim.effect:g}"
            )
    if claim.method not in ("seeds", "bootstrap"):
        found.append(f"method {claim.method!r} is neither 'seeds' nor 'bootstrap'")
    if not 0 < claim.level < 1:
        found.append(f"confidence level {claim.level} is not between 0 and 1")
    if claim.n < 1:
        found.append(f"n = {claim.n}")
    return found


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
    """
    problems: list[str] = []
    ran = None if notebooks is None else {PurePath(name).stem for name in notebooks}
    times = Counter(claim.id for claim in recorded)
    for id, promise in registry.items():
        if id not in times and (ran is None or PurePath(promise.notebook).stem in ran):
            problems.append(f"{id}: missing: {promise.notebook} did not record it")
    for id, count in times.items():
        if count > 1:
            problems.append(f"{id}: recorded {count} times, once is right")
    for claim in recorded:
        problems += [f"{claim.id}: {line}" for line in _problems_of(claim, registry.get(claim.id))]
    return problems


def _problems_of(claim: Claim, promise: Promise | None) -> list[str]:
    found = problems_of_shape(claim)
    if promise is None:
        return [*found, "not listed in tests/claims.toml"]
    if claim.method != "bootstrap" and claim.n < MINIMUM_SEEDS:
        found.append(f"rests on {claim.n} seeds; {MINIMUM_SEEDS} or a bootstrap are needed")
    if claim.method == "bootstrap" and claim.n < MINIMUM_RESAMPLED:
        found.append(f"a bootstrap over {claim.n} items; at least {MINIMUM_RESAMPLED} are needed")
    if claim.level != LEVEL:
        found.append(f"its interval is one of {claim.level:.0%}, not of {LEVEL:.0%}")
    if claim.direction != promise.direction:
        found.append(f"records direction {claim.direction}, promised was {promise.direction}")
    if claim.minimum != promise.minimum:
        found.append(f"records minimum {claim.minimum:g}, promised was {promise.minimum:g}")
    if claim.unit != promise.unit:
        found.append(f"is measured in {claim.unit!r}, promised was {promise.unit!r}")
    if claim.sentence != promise.sentence:
        found.append(f"says {claim.sentence!r}, promised was {promise.sentence!r}")
    if claim.notebook and PurePath(promise.notebook).stem != claim.notebook:
        found.append(f"was recorded by {claim.notebook}, promised by {promise.notebook}")
    if claim.said and claim.said != claim.verdict:
        found.append(f"the card says {claim.said}, the numbers say {claim.verdict}")
    # Judged by what was promised: a notebook cannot lower its own bar.
    judged = replace(claim, direction=promise.direction, minimum=promise.minimum)
    sign = -1 if promise.direction == "<0" else 1
    if judged.verdict != "supported":
        found.append(
            f"{judged.verdict}: effect {claim.effect:g} {claim.unit}, interval "
            f"[{claim.low:g}, {claim.high:g}], promised {promise.direction}"
            + (f" by at least {promise.minimum:g}" if promise.minimum else "")
        )
    if claim.low <= 0 <= claim.high:
        found.append("the interval includes zero")
    elif sign * claim.effect < 0:
        found.append("the effect points the other way")
    if sign * claim.effect < promise.minimum:
        found.append(f"the effect is below the promised minimum of {promise.minimum:g}")
    return found
