"""The page "What to try first": questions about a reader's case, advice, and what was measured.

The words stand in ``notebooks/site/decide.toml``; every number on the page comes from a stored
result or from a claim::

    [[question]]
    id = "labels"
    ask = "Labelled texts of your task"
    answers = ["none", "about 64"]
    numbers = [0, 64]            # what a column of that name says, where a result has one
    usual = "about 64"

    [[advice]]
    id = "frozen"
    do = "Train a linear classifier on frozen features."
    why = "It takes seconds."
    claims = ["start-films-64"]
    when = {labels = ["about 64"]}           # a question that is not named: any answer

    [[advice.measured]]
    study = "ratings-first-transfer"
    what = "film sentences, accuracy"
    value = "accuracy"
    where = {method = "pre-trained"}         # a list of values: their mean
    at = ["labels"]                          # and the row of the answer that was given

Where several pieces of advice fit, they stand in the order of the file, the strongest first.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, BrokenFile
from tl_helpers.core.records import Record, Text, read
from tl_helpers.measure import cards, claims, evaluate, results
from tl_helpers.press import templates
from tl_helpers.show.explore.controls import Control
from tl_helpers.show.explore.explorer import Explorer
from tl_helpers.show.explore.page import page as static_page

if TYPE_CHECKING:
    import pandas as pd

TEMPLATE = Path(__file__).parent / "templates" / "decide.md.j2"
SHOWN = 3  # pieces of advice for one case


class Question(Record):
    """Something that a reader knows of their own case."""

    id: Text
    ask: Text
    answers: list[Text] = Field(min_length=2)
    usual: Text
    numbers: list[float] = []


class Measured(Record):
    """A column of a stored result, averaged over its seeds."""

    study: Text
    what: Text
    value: Text
    where: dict[str, Any] = {}
    at: list[Text] = []
    times: float = 1.0
    digits: int = Field(default=2, ge=0, le=4)


class Advice(Record):
    """What to try, when, and which claims carry it."""

    id: Text
    do: Text
    why: Text
    claims: list[Text] = Field(min_length=1)
    when: dict[str, list[Text]] = {}
    measured: list[Measured] = []

    def fits(self, case: Mapping[str, str]) -> bool:
        """Whether it is meant for this case: question -> answer.

        Example:
            ``Advice(..., when={"labels": ["none"]}).fits({"labels": "none"})`` -> ``True``
        """
        return all(case[question] in answers for question, answers in self.when.items())


class Guide(Record):
    """The whole file."""

    question: list[Question] = Field(min_length=1)
    advice: list[Advice] = Field(min_length=1)

    def cases(self) -> list[dict[str, str]]:
        """Every combination of answers.

        Example:
            >>> len(guide().cases()) >= 2
            True
        """
        answers = itertools.product(*(question.answers for question in self.question))
        return [dict(zip((q.id for q in self.question), row, strict=True)) for row in answers]

    def for_case(self, case: Mapping[str, str]) -> list[Advice]:
        """The advice that fits a case, the strongest first.

        Example:
            >>> some = guide()
            >>> all(some.for_case(case) for case in some.cases())
            True
        """
        return [advice for advice in self.advice if advice.fits(case)][:SHOWN]


def path() -> Path:
    """The file.

    Example:
        >>> path().name
        'decide.toml'
    """
    return files.root() / "notebooks" / "site" / "decide.toml"


def guide() -> Guide:
    """Read the file, and hold it against the course.

    Raises:
        BrokenFile: it is no such file; it speaks of a question, an answer or a claim that does not
            exist; a case has no advice, or a piece of advice fits none.

    Example:
        >>> [question.id for question in guide().question][0]
        'labels'
    """
    made = read(path(), Guide)
    questions = {question.id: question for question in made.question}
    promised = set(claims.registry())
    for question in made.question:
        if question.usual not in question.answers:
            _refuse(f"the usual answer to {question.id!r} is none of its answers")
        if question.numbers and len(question.numbers) != len(question.answers):
            _refuse(f"{question.id!r} needs one number for each answer")
    for advice in made.advice:
        for name, answers in advice.when.items():
            if name not in questions:
                _refuse(f"advice {advice.id!r} depends on {name!r}, which is no question")
            if wrong := set(answers) - set(questions[name].answers):
                _refuse(f"advice {advice.id!r}: {sorted(wrong)[0]!r} is no answer to {name!r}")
        if unknown := set(advice.claims) - promised:
            _refuse(f"advice {advice.id!r} rests on {sorted(unknown)[0]!r}, which is no claim")
        for line in advice.measured:
            if strange := [name for name in line.at if name not in questions]:
                _refuse(f"advice {advice.id!r} is measured at {strange[0]!r}, which is no question")
    used = set()
    for case in made.cases():
        if not (found := made.for_case(case)):
            _refuse(f"no advice fits {case}")
        used |= {advice.id for advice in found}
    if idle := [advice.id for advice in made.advice if advice.id not in used]:
        _refuse(f"advice {idle[0]!r} is never among the first {SHOWN} of any case")
    return made


def _refuse(what: str) -> None:
    raise BrokenFile(f"{path()}: {what}.", "Mend it; help(tl_helpers.press.site.decide) says how.")


def numbers(guide: Guide, line: Measured, case: Mapping[str, str]) -> evaluate.Interval | None:
    """The mean of a measurement over its seeds, with an interval, for one case.

    Returns:
        None where the study was not run at the number that the case asks for.

    Raises:
        BrokenFile: the study lacks the column, or has fewer than two seeds there.

    Example:
        >>> numbers(guide(), line, case)  # doctest: +SKIP
        Interval(mean=0.74, low=0.72, high=0.76, n=10)
    """
    table = _table(line.study)
    asked = {question.id: question for question in guide.question}
    where = dict(line.where)
    for name in line.at:
        answers = asked[name]
        where[name] = answers.numbers[answers.answers.index(case[name])]
    if missing := [name for name in (*where, line.value) if name not in table]:
        _refuse(f"result {line.study!r} has no column {missing[0]!r}")
    for name, value in where.items():
        table = table[table[name].isin(value if isinstance(value, list) else [value])]
    if table.empty:
        return None
    by_seed = table.groupby("seed")[line.value].mean()
    try:
        return evaluate.interval(by_seed.to_numpy()).times(line.times)
    except BadValue as error:
        _refuse(f"result {line.study!r} at {where}: {error.what}")
        raise


@functools.cache
def _table(study: str) -> pd.DataFrame:
    """A stored table, read once for all cases of a page."""
    return results.load(study).table


@dataclass(frozen=True)
class Answer:
    """What is said to one case, as HTML that a page may hold as it is."""

    text: str
    plain: str

    def _repr_html_(self) -> str:
        return self.text

    def __str__(self) -> str:
        return self.plain


def answer(guide: Guide, case: Mapping[str, str], verdicts: Mapping[str, str]) -> Answer:
    """The advice for one case, with its numbers and the claims that carry it.

    Args:
        guide: from :func:`guide`.
        case: question -> answer.
        verdicts: claim -> its result in words; claims that no notebook has recorded are left out.

    Example:
        >>> some = guide()
        >>> answer(some, some.cases()[0], {}).text.startswith("<ol")
        True
    """
    items, plain = [], []
    for advice in guide.for_case(case):
        lines = []
        for line in advice.measured:
            found = numbers(guide, line, case)
            if found is not None:
                form = f"{{:.{line.digits}f}}"
                value, low, high = (form.format(x) for x in (found.mean, found.low, found.high))
                lines.append(f"{escape(line.what)}: <strong>{value}</strong> [{low}, {high}]")
        proof = [
            f'<a href="claims.html#claim-{escape(id)}">{escape(verdicts[id])}</a>'
            for id in advice.claims
            if id in verdicts
        ]
        measured = "".join(f"<br>{line}" for line in lines)
        shown = f"<br><small>Claim: {'; '.join(proof)}</small>" if proof else ""
        items.append(
            f"<li style='margin:.5em 0'><strong>{escape(advice.do)}</strong> {escape(advice.why)}"
            f"{measured}{shown}</li>"
        )
        plain.append(advice.do)
    return Answer(f"<ol class='tl-advice'>{''.join(items)}</ol>", "\n".join(plain))


def page(recorded: Sequence[claims.Claim]) -> str:
    """The page in Markdown, with an explorer that needs no network and no kernel.

    Args:
        recorded: the claims that the notebooks have recorded.

    Raises:
        BrokenFile: see :func:`guide`.

    Example:
        >>> "# What to try first" in page([])
        True
    """
    made = guide()
    _table.cache_clear()  # it may have been built again since the last page
    known = {claim.id: claim for claim in recorded}
    verdicts = {
        id: f"{claim.sentence} {cards.result(claim)}, {cards.LOOKS[claim.verdict].word.lower()}"
        for id, claim in known.items()
    }
    controls = {
        question.id: Control(question.answers, question.ask, question.usual)
        for question in made.question
    }

    def alt(**case: str) -> str:
        return "Try first: " + " Then: ".join(advice.do for advice in made.for_case(case))

    explorer = Explorer(
        lambda **case: answer(made, case, verdicts), controls, alt, "Your case", limit=10_000
    )
    frames = {key: explorer.draw(key) for key in explorer.keys()}
    return templates.render(
        TEMPLATE,
        explorer=static_page(explorer, frames),
        guide=made,
        claims=known,
        result=lambda claim: f"{cards.result(claim)}, {cards.LOOKS[claim.verdict].word.lower()}",
    )
