"""Notebook 42: its estimators by hand and against others, what they refuse, and its exercises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tl_helpers import exercises
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue, UnknownName
from tl_helpers.measure import results
from tl_lessons.choosing_a_model import zoo


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    return Cells("42_choosing_a_model")


def table(n, d, classes=2, seed=0):
    """Features of which the first column tells the label, in part."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, d)) * np.linspace(2, 0.2, d)
    labels = np.digitize(rows[:, 0] + rng.normal(size=n), np.linspace(-1, 1, classes + 1)[1:-1])
    return rows, labels


# --- LogME ---------------------------------------------------------------------------------------

#: What the authors' code says (thuml/LogME at 3a089508; its two solvers, without numba) of the same
#: tables, after their at most eleven rounds: the first solver, the default one.
REFERENCE = {
    (40, 384, 2): (-1.093522, 28.647055),
    (64, 128, 7): (-0.249096, 4.049710),
    (96, 50, 2): (-1.022585, -1.022543),
    (200, 30, 3): (-0.668526, -0.668264),
}


@pytest.mark.parametrize(("shape", "said"), REFERENCE.items())
def test_logme_is_that_of_the_authors_where_theirs_is_right(cells, shape, said):
    rows, labels = table(*shape)
    first, default = said
    assert np.isclose(cells.log_me(rows, labels, rounds=11), first, atol=1e-2)
    more_texts = shape[0] > shape[1]
    assert np.isclose(cells.log_me(rows, labels, rounds=11), default, atol=1e-2) == more_texts


@pytest.mark.parametrize("shape", REFERENCE)
def test_logme_is_the_evidence_of_scikit_learn(cells, shape):
    rows, labels = table(*shape)
    assert np.isclose(cells.log_me(rows, labels, rounds=300), cells.by_sklearn(rows, labels))


def test_the_slip_is_what_the_default_solver_leaves_out(cells):
    for shape, (_, default) in REFERENCE.items():
        found = cells.without_the_idle(*table(*shape), rounds=11)
        assert np.isclose(found, default, rtol=2e-2, atol=1e-2)


def test_the_evidence_by_brute_force(cells):
    """Labels with weights averaged out are normal: covariance I / beta + F F' / alpha."""
    from scipy.optimize import minimize
    from scipy.stats import multivariate_normal

    rows, labels = table(12, 3)
    y = (labels == 0).astype(float)

    def minus(logs):
        alpha, beta = np.exp(logs)
        covariance = np.eye(12) / beta + rows @ rows.T / alpha
        return -multivariate_normal.logpdf(y, cov=covariance)

    best = -minimize(minus, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-8}).fun
    u, s, _ = np.linalg.svd(rows, full_matrices=False)
    along = (u.T @ y) ** 2
    found = cells.evidence(s**2, along, y @ y - along.sum(), 12, rounds=2000)
    assert np.isclose(found, best, atol=1e-3)


def test_small_weights_are_better(cells):
    wide, narrow = cells.toy(2.0, 0.4), cells.toy(0.4, 2.0)
    assert np.isclose(cells.linear_probe(*wide), cells.linear_probe(*narrow))
    assert cells.log_me(*wide) > cells.log_me(*narrow) + 0.1


# --- LEEP, NCE, H-score, neighbours --------------------------------------------------------------


def test_leep_by_hand(cells):
    source = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    labels = ["good", "good", "good", "bad"]
    assert np.isclose(cells.leep(source, labels), 0.5 * np.log(0.5))
    half = np.full((4, 2), 0.5)  # says nothing: the entropy of the labels is left
    assert np.isclose(cells.leep(half, labels), 0.75 * np.log(0.75) + 0.25 * np.log(0.25))


def test_leep_ignores_source_classes_that_are_never_named(cells):
    source = np.random.default_rng(0).dirichlet(np.ones(3), size=20)
    padded = np.hstack([source, np.zeros((20, 2))])
    labels = np.arange(20) % 3
    assert np.isclose(cells.leep(source, labels), cells.leep(padded, labels))


def test_nce_is_the_solution_of_its_exercise(cells):
    space: dict = {"np": np}
    exec(exercises.find("choosing-nce").solution, space)
    source = np.random.default_rng(1).dirichlet(np.ones(4), size=30)
    labels = np.arange(30) % 3
    said = source.argmax(axis=1).tolist()
    assert np.isclose(cells.by_nce(source, labels), space["nce"](said, labels.tolist()))


def test_the_plain_h_score_is_blind_with_more_columns_than_texts(cells):
    rows, labels = table(40, 100, classes=3)
    for given in (labels, np.random.default_rng(0).permutation(labels)):
        assert np.isclose(cells.h_score(rows, given), 2.0)
    shuffled = np.random.default_rng(0).permutation(labels)
    assert cells.shrunk_h_score(rows, labels) != pytest.approx(
        cells.shrunk_h_score(rows, shuffled), abs=1e-3
    )


def test_the_h_score_by_hand(cells):
    """One column, standardised: the share of its variance that lies between the classes."""
    rows, labels = np.array([[0.0], [2.0], [4.0], [6.0]]), [0, 0, 1, 1]
    assert np.isclose(cells.h_score(rows, labels), 4 / 5)


def test_neighbours_by_hand(cells):
    rows = [[1.0, 0.0], [1.0, 0.1], [1.0, 0.2], [0.0, 1.0], [0.1, 1.0], [0.2, 1.0]]
    assert cells.neighbours(rows, list("aaabbb"), k=2) == 1.0
    assert cells.neighbours(rows, list("ababab"), k=1) < 0.5


def test_estimates_has_a_number_and_its_seconds_for_each(cells):
    found = cells.estimates(*table(64, 20))
    assert set(found) == {n for e in cells.ESTIMATORS for n in (e, f"seconds of {e}")}
    assert all(np.isfinite(value) for value in found.values())


# --- agreement -----------------------------------------------------------------------------------


def test_agreement_by_hand(cells):
    same = cells.agreement([1.0, 2.0, 3.0], [60.0, 70.0, 80.0])
    assert same == pytest.approx({"tau": 1.0, "weighted tau": 1.0, "regret": 0.0})
    turned = cells.agreement([3.0, 2.0, 1.0], [60.0, 70.0, 80.0])
    assert turned["tau"] == pytest.approx(-1.0) and turned["regret"] == 20.0
    level = cells.agreement([1.0, 1.0 + 1e-12, 1.0], [60.0, 70.0, 80.0])  # level but for rounding
    assert level == pytest.approx({"tau": 0.0, "weighted tau": 0.0, "regret": 10.0})


def test_the_solution_for_tau_is_that_of_scipy_where_nothing_is_level():
    from scipy.stats import kendalltau

    space: dict = {}
    exec(exercises.find("choosing-tau").solution, space)
    a, b = np.random.default_rng(3).normal(size=(2, 9))
    assert np.isclose(space["tau"](a, b), kendalltau(a, b).statistic)


def test_a_price_and_a_condition(cells):
    known = pd.DataFrame(
        {
            "member": ["fast", "good"],
            "accuracy": [70.0, 80.0],
            "languages": [1, 100],
            "seconds per 1,000 texts": [0.1, 10.0],
            "megabytes": [50, 50],
            "last trained": [2014, 2023],
        }
    )
    first = lambda **how: cells.weigh(known, **how).member.iloc[0]  # noqa: E731
    assert first(speed=0, size=0, languages=1, since=0) == "good"
    assert first(speed=6, size=0, languages=1, since=0) == "fast"  # two tens: 12 points
    assert first(speed=6, size=0, languages=2, since=0) == "good"
    assert first(speed=6, size=0, languages=1, since=2020) == "good"


# --- what they refuse ----------------------------------------------------------------------------


def test_bad_input_is_refused(cells):
    rows, labels = table(20, 5)
    with pytest.raises(BadValue, match=r"shape \(20, 5\) for 19 labels(.|\n)*-> Give one row"):
        cells.log_me(rows, labels[:-1])
    with pytest.raises(BadValue, match=r"shape \(20,\) for 20 labels"):
        cells.h_score(rows[:, 0], labels)
    with pytest.raises(BadValue, match=r"not numbers(.|\n)*-> Encode again"):
        cells.shrunk_h_score(np.where(rows > 1, np.nan, rows), labels)
    with pytest.raises(BadValue, match=r"all labels are the same(.|\n)*-> Label two classes"):
        cells.neighbours(rows, np.zeros(20))
    with pytest.raises(BadValue, match=r"1 labelled texts, too few for 5 folds(.|\n)*-> Label 5"):
        cells.linear_probe(rows, [0] * 19 + [1])
    with pytest.raises(BadValue, match="the source classifier: features of shape"):
        cells.leep(rows[:5], labels)


def test_members_of_unlike_width_are_refused(cells):
    rows, labels = table(20, 5)
    with pytest.raises(BadValue, match=r"5 columns to learn from, but 4 to judge(.|\n)*same mem"):
        cells.frozen_accuracy(rows, labels, rows[:, :4], labels)


def test_unknown_members_and_targets_are_named():
    with pytest.raises(UnknownName, match="town-mlm"):
        zoo.town_member("town-mml")
    with pytest.raises(UnknownName, match="hard opinions"):
        zoo.town_task("hard opinion", 0)


# --- the zoo -------------------------------------------------------------------------------------


def test_what_is_labelled_does_not_judge():
    for target in zoo.TARGETS:
        task = zoo.town_task(target, 3)
        assert len(task.texts) == len(task.labels) == 64 and len(task.judged) == 300
        assert not set(task.texts) & set(task.judged)
    assert len(np.unique(zoo.town_task("domain", 3).labels)) == 7


def test_hard_opinions_are_hard():
    texts = zoo.town_task("hard opinions", 3).texts
    plain = zoo.town_task("opinions", 3).texts
    marks = ("not", "n't", "never", "hardly", "although", "but", "anything", "far from", "no ")
    told = [sum(any(m in text.lower() for m in marks) for text in some) for some in (texts, plain)]
    assert told[0] > told[1] + 20


def test_every_member_with_a_name_in_the_table_has_facts():
    assert set(zoo.FACTS) == set(zoo.REAL) - {"random minilm"}


@pytest.mark.shelf("ratings")
def test_what_chooses_a_rate_neither_trains_nor_judges():
    task = zoo.real_task("e5-multilingual", "film", 3, 96, validation=True)
    known = zoo.pool("film")
    assert len(task.texts) == 96 and len(task.judged) == len(task.truth) == 104
    assert not set(task.texts) & set(task.judged)
    assert all(text.startswith("query: ") for text in task.texts + task.judged)
    assert not {f"query: {text}" for text in known.others} & set(task.judged)
    judges = zoo.real_task("minilm", "film", 3, 96)
    assert judges.judged == known.others and (judges.truth == known.truth).all()


@pytest.mark.parametrize("member", zoo.TUNED)
def test_the_best_rate_of_a_real_member_lies_inside_its_grid(member):
    table = results.load("choosing-tuned-rates").table
    grid = sorted(table[table.member == member].rate.unique())
    assert grid[0] < results.best("choosing-tuned", "validation", member=member) < grid[-1]


# --- the cards -----------------------------------------------------------------------------------


def test_a_card_says_what_is_missing_and_takes_any_wording():
    card = exercises.find("choosing-card")
    whole = dict(card.kind.right)
    assert (
        card.judge({**whole, "results": "76.5 (71 - 82) percent on unseen texts"}, {})[0] == "right"
    )
    assert card.judge({k.upper().replace("_", " "): v for k, v in whole.items()}, {})[0] == "right"
    status, said = card.judge({**whole, "results": "It works very well indeed."}, {})
    assert status == "wrong" and said.startswith("results: There is no number.")
    status, said = card.judge({**whole, "limits": "none"}, {})
    assert status == "wrong" and "too little for a reader" in said
    status, said = card.judge({"details": whole["details"]}, {})
    assert status == "wrong" and "So far so good" in said and "still open: use" in said
    status, said = card.judge({**whole, "colour": "blue"}, {})
    assert status == "wrong" and "dict with keys" in said
    assert card.judge(dict.fromkeys(whole, ...), {})[0] == "not attempted"
    assert card.judge("a good model", {})[0] == "wrong"


@pytest.mark.parametrize("id", ["choosing-card", "choosing-sheet"])
def test_nothing_strange_breaks_a_form(id):
    form = exercises.find(id)
    for odd in (b"bytes", 3, object(), [], [None], {}, float("nan"), {"x": 1}):
        for answer in (odd, dict.fromkeys(form.kind.right, odd)):
            status, said = form.judge(answer, {})
            assert status in ("wrong", "not attempted") and said
