"""The page "What to try first": its words fit the course, and its numbers are the stored ones."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tl_helpers.core.errors import BrokenFile
from tl_helpers.measure import evaluate, results
from tl_helpers.press.site import content, decide

WORDS = """
[[question]]
id = "labels"
ask = "Labelled texts"
answers = ["few", "many"]
numbers = [16, 64]
usual = "many"

[[question]]
id = "time"
ask = "Time"
answers = ["seconds", "minutes"]
usual = "seconds"

[[advice]]
id = "frozen"
do = "Freeze & look."
why = "It is quick."
claims = ["start-films-64"]

[[advice.measured]]
study = "ratings-first-transfer"
what = "accuracy"
value = "accuracy"
where = {method = "pre-trained"}
at = ["labels"]

[[advice]]
id = "tuned"
do = "Fine-tune."
why = "It takes longer."
claims = ["start-fine-tuning-64"]
when = {time = ["minutes"]}
"""


@pytest.fixture
def words(tmp_path, monkeypatch):
    """A guide of its own; returns a function that stores other words and reads them."""

    def store(text=WORDS):
        (tmp_path / "decide.toml").write_text(text, "utf-8")
        monkeypatch.setattr(decide, "path", lambda: tmp_path / "decide.toml")
        return decide.guide()

    return store


def test_advice_follows_from_the_case(words):
    guide = words()
    assert len(guide.cases()) == 4
    found = [advice.id for advice in guide.for_case({"labels": "few", "time": "minutes"})]
    assert found == ["frozen", "tuned"]
    assert [a.id for a in guide.for_case({"labels": "few", "time": "seconds"})] == ["frozen"]


def test_numbers_are_those_of_the_stored_result(words):
    guide = words()
    line = guide.advice[0].measured[0]
    table = results.load("ratings-first-transfer").table
    for answer, labels in (("few", 16), ("many", 64)):
        rows = table[(table.method == "pre-trained") & (table.labels == labels)]
        expected = evaluate.interval(rows.accuracy.to_numpy())
        assert decide.numbers(guide, line, {"labels": answer}) == expected
    said = decide.answer(guide, {"labels": "many", "time": "minutes"}, {"start-films-64": "True."})
    assert f"<strong>{expected.mean:.2f}</strong>" in said.text
    assert 'href="claims.html#claim-start-films-64">True.</a>' in said.text
    assert "start-fine-tuning-64" not in said.text  # nobody has recorded it
    assert "Freeze &amp; look." in said.text and str(said) == "Freeze & look.\nFine-tune."


def test_a_number_that_nobody_measured_is_left_out(words):
    guide = words(WORDS.replace("numbers = [16, 64]", "numbers = [16, 65]"))
    line = guide.advice[0].measured[0]
    assert decide.numbers(guide, line, {"labels": "many"}) is None
    said = decide.answer(guide, {"labels": "many", "time": "seconds"}, {})
    assert "accuracy:" not in said.text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('usual = "many"', 'usual = "some"', "usual answer to 'labels'"),
        ("numbers = [16, 64]", "numbers = [16]", "one number for each answer"),
        ('{time = ["minutes"]}', '{tome = ["minutes"]}', "depends on 'tome'"),
        ('{time = ["minutes"]}', '{time = ["hours"]}', "'hours' is no answer to 'time'"),
        ('["start-films-64"]', '["start-films-65"]', "which is no claim"),
        ('at = ["labels"]', 'at = ["lables"]', "measured at 'lables'"),
        ('claims = ["start-films-64"]', 'claims = ["start-films-64"]\nwhen = {time = ["minutes"]}',
         "no advice fits"),
        ('id = "frozen"', 'id = "frozen"\nwhy_not = "x"', "line"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(words, old, new, message):
    assert old in WORDS
    with pytest.raises(BrokenFile, match=message):
        words(WORDS.replace(old, new, 1))


def test_advice_that_is_never_given_is_refused(words):
    idle = WORDS + "".join(
        f'[[advice]]\nid = "n{n}"\ndo = "x"\nwhy = "y"\nclaims = ["start-films-64"]\n'
        for n in range(3)
    )
    with pytest.raises(BrokenFile, match="'n2' is never among the first"):
        words(idle)


def test_a_column_that_is_not_there(words):
    guide = words(WORDS.replace('value = "accuracy"', 'value = "acuracy"'))
    with pytest.raises(BrokenFile, match="no column 'acuracy'"):
        decide.numbers(guide, guide.advice[0].measured[0], {"labels": "few"})


# --- the guide of the course ---------------------------------------------------------------------


def test_every_measurement_of_the_course_is_shown_for_some_case():
    guide = decide.guide()
    for advice in guide.advice:
        cases = [case for case in guide.cases() if advice.fits(case)]
        for line in advice.measured:
            found = [decide.numbers(guide, line, case) for case in cases]
            assert any(found), (advice.id, line.what)
            assert all(np.isfinite(one.mean) for one in found if one)


def test_the_page_has_all_advice_and_an_explorer_without_a_network():
    site, _ = content.collect(decide.files.root() / "no-run")
    recorded = [claim for page in site for claim in page.claims]
    text = decide.page(recorded)
    guide = decide.guide()
    assert all(f"### {advice.do}" in text for advice in guide.advice)
    ids = {claim.id for claim in recorded}
    assert {id for advice in guide.advice for id in advice.claims} <= ids
    assert text.count("<script>") == 1 and not re.search(r"src=.?https?:", text)
