"""How a claim looks: a small card, a line of text, a row of a table.

The card uses inline styles only, with JupyterLab's and the site's colour variables and fall-backs,
so that it reads well in a light and in a dark theme, and no script.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tl_helpers.core.errors import UnknownName

if TYPE_CHECKING:
    from tl_helpers.measure.claims import Claim


class Look(NamedTuple):
    """How a verdict is shown: in words, and in colours that can be read in light and dark."""

    word: str
    mark: str
    ground: str
    ink: str
    line: str  # at least 3:1 on white and on #111

    def __str__(self) -> str:
        """``✓ Supported``."""
        return f"{self.mark} {self.word}"


LOOKS = {
    "supported": Look("Supported", "✓", "#006B52", "#FFFFFF", "#0E9A76"),
    "inconclusive": Look("Not settled", "?", "#F0B429", "#1A1A1A", "#A8761A"),
    "contradicted": Look("Contradicted", "✗", "#A83C00", "#FFFFFF", "#D55E00"),
}
"""Verdict -> how it is shown."""

_TEXT = "var(--jp-ui-font-color1,var(--pst-color-text-base,currentColor))"
_MUTED = "var(--jp-ui-font-color2,var(--pst-color-text-muted,currentColor))"
_EDGE = "var(--jp-border-color2,var(--pst-color-border,rgba(128,128,128,.45)))"
_GROUND = "var(--jp-layout-color1,var(--pst-color-surface,transparent))"


HUGE = 1e6
"""From here on a number is written with a power of ten."""
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, scale: float, sign: bool = True) -> str:
    """``value`` with as many decimals as a spread of ``scale`` deserves, and a real minus sign.

    Example:
        >>> number(-3.14159, scale=2.5), number(6.8056e37, scale=1e38)
        ('−3.1', '+6.8 × 10³⁷')
    """
    if HUGE <= abs(value) < math.inf:
        digits, _, exponent = f"{value:{'+' if sign else ''}.1e}".partition("e+")
        return f"{digits} × 10{exponent.lstrip('0').translate(_RAISED)}".replace("-", "−")
    decimals = 1 if scale <= 0 else max(0, min(6, 1 - math.floor(math.log10(scale))))
    while decimals < 6 and value and float(f"{value:.{decimals}f}") == 0:
        decimals += 1  # never print 0.0 for an end that lies on one side of zero
    text = f"{value:+.{decimals}f}" if sign and value else f"{value:.{decimals}f}"
    return text.replace("-", "−")


def _plain(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def numbers(claim: Claim) -> tuple[str, str, str]:
    """Lower end, effect and upper end, with the decimals that the interval deserves.

    Example:
        >>> numbers(claim)  # doctest: +SKIP
        ('+9', '+14', '+20')
    """
    scale = claim.high - claim.low
    low, effect, high = (
        number(x, scale, claim.signed) for x in (claim.low, claim.effect, claim.high)
    )
    return low, effect, high


def _basis(claim: Claim) -> str:
    if claim.method == "bootstrap":
        return f"{claim.n:,} test examples (bootstrap)"
    return f"{claim.n} {claim.varies if claim.n != 1 else claim.varies.removesuffix('s')}"


def evidence(claim: Claim) -> str:
    """What the numbers say, in one or two sentences that fit the verdict.

    Example:
        >>> evidence(claim)[:29]  # doctest: +SKIP
        'Measured: +14 accuracy points'
    """
    low, effect, high = numbers(claim)
    measured = f"Measured: {effect} {claim.unit}, between {low} and {high}."
    if claim.direction == "about":
        return f"{measured} {_near(claim)}{_first_look(claim)}"
    up = claim.direction == ">0"
    side, other = ("above", "below") if up else ("below", "above")
    least = _plain(claim.minimum if up else -claim.minimum)
    past_zero = claim.low > 0 if up else claim.high < 0
    wrong_way = claim.high < 0 if up else claim.low > 0
    if claim.verdict == "supported":
        bar = f"the promised {least}" if claim.minimum else "zero"
        says = f"The whole interval lies {side} {bar}."
    elif claim.verdict == "contradicted" and wrong_way:
        says = f"The whole interval lies {other} zero: here the effect points the other way."
    elif claim.verdict == "contradicted" and past_zero:
        says = f"There is an effect, but it is smaller than the promised {least}."
    elif claim.verdict == "contradicted":
        says = (
            f"Whatever effect there is, it is smaller than the promised {least}."
            if claim.minimum
            else "No effect of the promised kind fits these numbers."
        )
    elif past_zero:
        says = f"The interval lies {side} zero, but part of it falls short of the promised {least}."
    else:
        says = "The interval includes zero, so this run cannot tell; more seeds may."
    return f"{measured} {says}{_first_look(claim)}"


def promise(claim: Claim) -> str:
    """Where the whole interval has to lie for the claim to be supported, in a few words.

    Example:
        >>> promise(claim)  # doctest: +SKIP
        'above 5'
    """
    if claim.direction == "about":
        return f"within {_plain(claim.margin)} of {_plain(claim.about)}"
    up = claim.direction == ">0"
    return f"{'above' if up else 'below'} {_plain(claim.minimum if up else -claim.minimum or 0)}"


def _near(claim: Claim) -> str:
    """How an interval lies to the margin around a promised value."""
    place = f"{_plain(claim.margin)} of the promised {_plain(claim.about)}"
    return {
        "supported": f"The whole interval lies within {place}.",
        "contradicted": f"No part of the interval lies within {place}.",
        "inconclusive": f"Only part of the interval lies within {place}.",
    }[claim.verdict]


def _first_look(claim: Claim) -> str:
    if claim.method == "bootstrap" or claim.n >= 5:
        return ""
    return f" With {claim.n} {claim.varies} this is a first look: a claim needs five."


def _lead(claim: Claim) -> str:
    """The words before the promise, so that it never reads as a fact when it is none."""
    return "" if claim.verdict == "supported" else "We expected: "


def _foot(claim: Claim) -> str:
    where = f", from the stored result “{claim.stored}”" if claim.stored else ""
    rings = ", each a ring" if claim.values else ""
    return f"{100 * claim.level:g} % interval, {_basis(claim)}{rings}{where}, claim “{claim.id}”"


def result(claim: Claim) -> str:
    """Effect and interval in a few words, as in ``+14 accuracy points (+9 to +20)``.

    Example:
        >>> result(claim)  # doctest: +SKIP
        '+14 accuracy points (+9 to +20)'
    """
    low, effect, high = numbers(claim)
    return f"{effect} {claim.unit} ({low} to {high})"


def text(claim: Claim) -> str:
    """The card in plain text.

    Example:
        >>> text(claim).startswith("[✓ Supported]")  # doctest: +SKIP
        True
    """
    return (
        f"[{LOOKS[claim.verdict]}] {_lead(claim)}{claim.sentence}\n"
        f"    {evidence(claim)}\n    ({_foot(claim)})"
    )


def drawing(claim: Claim) -> str:
    """The interval as an inline SVG, against zero and the promised minimum, or the margin.

    Where the values are few, each is a small ring above the interval: two groups stay two groups.

    Example:
        >>> drawing(claim).startswith('<svg role="img"')  # doctest: +SKIP
        True
    """
    line = LOOKS[claim.verdict].line
    if claim.direction == "about":
        ends = (claim.about, claim.about - claim.margin, claim.about + claim.margin)
        marks = {end: _plain(end) for end in ends}
        named = f"the margin of {_plain(claim.margin)} around {_plain(claim.about)} is marked"
    else:
        goal = claim.minimum if claim.direction == ">0" else -claim.minimum
        marks = {0.0: "0", goal: f"promised {_plain(goal)}" if goal else "0"}
        named = f"zero and the promised {_plain(goal)} are marked" if goal else "zero is marked"
    points = (*marks, *claim.values, claim.low, claim.high, claim.effect)
    left, right = min(points), max(points)
    span = (right - left) or 1.0
    width, edge = 560.0, 46.0

    def place(value: float) -> float:
        return edge + (value - left) / span * (width - 2 * edge)

    def x(value: float) -> str:
        return f"{place(value):.1f}"

    low, effect, high = numbers(claim)
    says = f"Interval from {low} to {high} {claim.unit} around {effect}; {named}."
    if claim.values:
        one_by_one = ", ".join(
            number(value, claim.high - claim.low, claim.signed) for value in claim.values
        )
        says += f" One by one: {one_by_one}."
    drawn = ""
    taken: list[float] = []
    for value, words in reversed(marks.items()):  # where labels would print over each other, the
        solid = value == (claim.about if claim.direction == "about" else 0.0)  # promise stays
        dashes = "" if solid else ' stroke-dasharray="4 3"'
        drawn += (
            f'<line x1="{x(value)}" y1="12" x2="{x(value)}" y2="46" stroke="currentColor" '
            f'stroke-width="2"{dashes}/>'
        )
        if all(abs(place(value) - other) >= 90 for other in taken):
            drawn += f'<text x="{x(value)}" y="60" text-anchor="middle">{words}</text>'
            taken.append(place(value))
    rings = "".join(
        f'<circle cx="{x(value)}" cy="14" r="3.5" fill="none" stroke="{line}" stroke-width="2"/>'
        for value in claim.values
    )
    return (
        f'<svg role="img" aria-label="{escape(says)}" viewBox="0 0 560 66" width="560" '
        'style="display:block;max-width:100%;height:auto;margin:.35em 0 .1em;overflow:visible" '
        'font-size="13" font-family="inherit" fill="currentColor">'
        f'<line x1="8" y1="29" x2="552" y2="29" stroke="currentColor" stroke-opacity=".25"/>'
        f"{drawn}"
        f'<line x1="{x(claim.low)}" y1="29" x2="{x(claim.high)}" y2="29" stroke="{line}" '
        'stroke-width="9" stroke-linecap="round" stroke-opacity=".75"/>'
        f"{rings}"
        f'<circle cx="{x(claim.effect)}" cy="29" r="7.5" fill="{line}" stroke="currentColor" '
        'stroke-width="1.5"/></svg>'
    )


def html(claim: Claim) -> str:
    """The card for a notebook: chip with the verdict, promise, picture, numbers.

    Example:
        >>> "Claim: Supported" in html(claim)  # doctest: +SKIP
        True
    """
    look = LOOKS[claim.verdict]
    lead = f'<span style="font-weight:400">{_lead(claim)}</span>' if _lead(claim) else ""
    return (
        f'<div role="group" aria-label="Claim: {escape(look.word)}" style="max-width:600px;'
        f"box-sizing:border-box;margin:.6em 0;padding:.75em 1em .7em;border:1px solid {_EDGE};"
        f"border-left:6px solid {look.line};border-radius:8px;background:{_GROUND};color:{_TEXT};"
        'font-family:inherit;font-size:14px;line-height:1.45">'
        f'<div style="margin-bottom:.35em"><span style="display:inline-block;padding:.1em .6em;'
        f"border-radius:1em;background:{look.ground};color:{look.ink};font-size:12.5px;font-weight:600;"
        f'white-space:nowrap">{look}</span></div>'
        f'<div style="font-size:15.5px;font-weight:600">{lead}{escape(claim.sentence)}</div>'
        f"{drawing(claim)}"
        f"<div>{escape(evidence(claim))}</div>"
        f'<div style="margin-top:.25em;font-size:12.5px;color:{_MUTED}">{escape(_foot(claim))}'
        "</div></div>"
    )


_HEAD = ("Notebook", "Claim", "Effect", "Interval", "Unit", "Rests on", "Verdict")


def _row(claim: Claim) -> tuple[str, ...]:
    low, effect, high = numbers(claim)
    promised = claim.sentence or claim.id
    interval = f"{low} to {high}"
    verdict = str(LOOKS[claim.verdict])
    return claim.notebook, promised, effect, interval, claim.unit, _basis(claim), verdict


def table(
    records: Sequence[Claim],
    form: Literal["markdown", "html", "json"] = "markdown",
    **context: Any,
) -> str:
    """All claims in one table.

    Args:
        records: from ``claims.collect``.
        form: ``"markdown"``, ``"html"`` or ``"json"``.
        context: what the JSON says beside the claims, such as ``commit``, ``date``,
            ``environment``.

    Raises:
        UnknownName: another form.

    Example:
        >>> table(claims.collect(paths))[:20]  # doctest: +SKIP
        '| Notebook | Claim | '
    """
    if form == "json":
        rows = [{"notebook": claim.notebook, **claim.to_dict()} for claim in records]
        return json.dumps({**context, "claims": rows}, indent=1, ensure_ascii=False) + "\n"
    if form == "markdown":
        lines = [" | ".join(_HEAD), " | ".join("---" for _ in _HEAD)]
        cells = [[cell.replace("|", "\\|") for cell in _row(claim)] for claim in records]
        return "".join(f"| {line} |\n" for line in [*lines, *map(" | ".join, cells)])
    if form == "html":
        head = "".join(f'<th scope="col">{name}</th>' for name in _HEAD)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _row(claim)) + "</tr>\n"
            for claim in records
        )
        return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"
    raise UnknownName("form of table", form, ("markdown", "html", "json"))
