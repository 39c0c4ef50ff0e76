"""Exercises: any right answer passes, typical wrong ones teach, garbage does no harm.

The tests with ``every`` in their name hold for each exercise of the course, found by itself.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import importlib.util
import itertools
import json
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
from demo_lesson import exercises as demo
from scipy import stats

import tl_helpers
from tl_helpers import exercises
from tl_helpers.core import records
from tl_helpers.core.errors import BadValue, BrokenFile, UnknownName
from tl_helpers.exercises import Function, Reading, desk, record, safely, sheet
from tl_helpers.exercises.answers import Choice, plain_number
from tl_helpers.measure.evaluate import Interval

ROOT = Path(__file__).resolve().parents[2]
REAL = exercises.everything()  # before the demonstration joins in
sheet._sheets["00_demo"] = demo.sheet
EVERY = list(exercises.everything().values())
DEMO = demo.sheet.exercises
every = pytest.mark.parametrize("exercise", EVERY, ids=lambda exercise: exercise.id)
every_real = pytest.mark.parametrize("exercise", REAL.values(), ids=lambda exercise: exercise.id)
READINGS = [e for e in EVERY if isinstance(e.kind, Reading)]
every_reading = pytest.mark.parametrize("exercise", READINGS, ids=lambda exercise: exercise.id)
FUNCTIONS = [e for e in EVERY if isinstance(e.kind, Function)]
every_function = pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda exercise: exercise.id)


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(desk, "_hints", {})
    return tmp_path / "cache" / "progress.json"


def measured(exercise, seed=0):
    """What a learner may have measured before the exercise."""
    if not isinstance(exercise.kind, Reading):
        return {}
    return exercise.kind.seen(np.random.default_rng(seed))


def quick(exercise, seconds=0.3):
    """The same exercise with another time limit."""
    return dataclasses.replace(exercise, kind=dataclasses.replace(exercise.kind, seconds=seconds))


def _solve(exercise, seed=0):
    """Run the shown solution as a cell, and take what the notebook's cell would check."""
    space = {"np": np, "stats": stats, "tl": tl_helpers, **measured(exercise, seed)}
    exec(exercise.solution, space)
    return space[exercise.name]


@every
def test_the_solution_of_every_exercise_passes(exercise):
    for seed in range(3):
        answer = _solve(exercise, seed)
        feedback = exercises.check(exercise.id, answer, **measured(exercise, seed))
        assert feedback and feedback.status == "right", feedback.message


@every
def test_other_right_answers_to_every_exercise_pass(exercise):
    for answer in exercise.also_right:
        assert exercises.check(exercise.id, answer, **measured(exercise)), answer


@every_reading
def test_what_an_eye_could_read_passes(exercise):
    for seed in range(10):
        seen = measured(exercise, seed)
        for answer in exercise.kind.by_eye(**seen) if exercise.kind.by_eye else ():
            assert exercises.check(exercise.id, answer, **seen), answer


@every
def test_the_stub_of_every_exercise_is_not_attempted(exercise, own_progress):
    stubs = [None, ..., NotImplemented]
    if isinstance(exercise.kind, Function):
        stubs += [lambda *_: ..., lambda *_: None]
    for stub in stubs:
        feedback = exercises.check(exercise.id, stub, **measured(exercise))
        assert feedback.status == "not attempted" and not feedback
    assert exercises.check(exercise.id).status == "not attempted"
    assert not own_progress.exists()


@every
def test_typical_wrong_answers_to_every_exercise_get_their_own_feedback(exercise):
    assert len({mistake.says for mistake in exercise.mistakes}) == len(exercise.mistakes) >= 3
    seeds = 10 if isinstance(exercise.kind, Reading) else 1
    for mistake in exercise.mistakes:
        made = 0
        for seed in range(seeds):
            seen = measured(exercise, seed)
            for wrong in exercise.kind.slips(mistake, seen):
                feedback = exercises.check(exercise.id, wrong, **seen)
                assert feedback.status == "wrong" and feedback.message.startswith(mistake.says)
                made += 1
        assert made, f"no example of: {mistake.says}"


class Hostile:
    def __eq__(self, other):
        raise RuntimeError("compared")

    def __repr__(self):
        raise RuntimeError("shown")

    __hash__ = None


@every
def test_garbage_yields_a_message_in_every_exercise(exercise):
    for garbage in (
        "nonsense",
        b"x",
        [],
        [[1], [2, 3]],
        {},
        object(),
        Hostile(),
        float("nan"),
        1j,
        True,
        np.zeros((2, 2)),
        int,
        itertools.count(),
        "x" * 10**7,
        range(10**9),
    ):
        feedback = exercises.check(exercise.id, garbage, **measured(exercise))
        assert len(feedback.message) < 700
        assert feedback.status == "wrong" and len(feedback.message) > 10


@every_reading
def test_a_reading_without_what_was_measured_says_what_to_hand_over(exercise, own_progress):
    seen = measured(exercise)
    for given in ({}, dict.fromkeys(seen, 3), dict.fromkeys(seen)):
        feedback = exercises.check(exercise.id, 3, **given)
        assert feedback.status == "not attempted" and next(iter(seen)) in feedback.message
    assert not own_progress.exists()
    # What else a notebook hands over is no harm.
    assert exercises.check(exercise.id, _solve(exercise), **seen, other=1)


@every
def test_the_cell_of_every_exercise_is_a_stub_that_runs(exercise, capsys):
    source = exercise.cell()
    assert len(source.splitlines()) <= 6 and f'"{exercise.id}"' in source
    measured_too = dict.fromkeys(re.findall(r"(\w+)=\1", source))
    exec(source, {**measured_too, "lesson": exercises, **measured(exercise)})
    assert "Not attempted yet" in capsys.readouterr().out


def _cells(notebook):
    return nbformat.read(str(ROOT / "notebooks" / f"{notebook}.ipynb"), as_version=4).cells


def _calls(cell, name):
    """Exercise id -> what is handed over besides, of each call of a method of the lesson."""
    if cell.cell_type != "code":
        return {}
    calls = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
    return {
        call.args[0].value: [ast.unparse(a) for a in [*call.args[1:], *call.keywords]]
        for call in calls
        if ast.unparse(call.func) == f"lesson.{name}"
    }


@every_real
def test_the_notebook_asks_every_exercise_in_its_own_words(exercise):
    """The question word for word, then the cell of the exercise, with the measured values."""
    cells = _cells(exercise.notebook)
    (asked,) = [
        i
        for i, cell in enumerate(cells)
        if cell.cell_type == "markdown" and exercise.question in cell.source
    ]
    (at,) = [i for i, cell in enumerate(cells) if exercise.id in _calls(cell, "check")]
    predicted = [i for i, cell in enumerate(cells) if exercise.id in _calls(cell, "predict")]
    for place in [at, *predicted]:
        assert asked < place <= at and "exercise" in cells[place].metadata.tags
    *_, check, help = exercise.cell().splitlines()
    assert help in cells[at].source
    wanted = ast.parse(check).body[0].value
    name, *seen = _calls(cells[at], "check")[exercise.id]
    assert name == ast.unparse(wanted.args[1])
    assert [given.partition("=")[0] for given in seen] == [k.arg for k in wanted.keywords]
    stub = cells[(predicted or [at])[0]].source
    assert exercise.cell().partition("\n\n")[0] in stub


@pytest.mark.parametrize("notebook", sorted({e.notebook for e in REAL.values()}))
def test_the_order_of_the_exercises_is_that_of_the_notebook(notebook):
    cells = [id for cell in _cells(notebook) for id in _calls(cell, "check")]
    assert cells == list(exercises.of(notebook))


def endless(*_):
    while True:
        pass


def stubborn(*_):
    while True:
        try:
            while True:
                pass
        except Exception:
            pass


def fails(*_):
    raise KeyError("word")


def bottomless(*_):
    return bottomless(*_)


def leaves(*_):
    raise SystemExit(1)


@every_function
def test_fresh_inputs_tell_the_wrong_functions_of_every_exercise_apart(exercise):
    """Whatever is drawn: otherwise one learner in a hundred gets another's feedback."""

    def outcome(function, case):
        try:
            return function(*copy.deepcopy(case))
        except Exception as error:
            return repr(error)

    functions = [(exercise.kind.reference, "")]
    functions += [(e, m.says) for m in exercise.mistakes for e in m.examples]
    for seed in range(150):
        cases = exercise.kind.cases(np.random.default_rng(seed))
        made = [([outcome(f, case) for case in cases], says) for f, says in functions]
        for (one, a), (two, b) in itertools.combinations(made, 2):
            assert a == b or not all(map(exercise.kind.agree, one, two)), f"{a!r} or {b!r}?"


@every_function
@pytest.mark.parametrize(
    ("function", "word"),
    [
        (endless, "loop that never ends"),
        (stubborn, "loop that never ends"),
        (fails, "KeyError: \"'word'\" (line"),
        (bottomless, "without end"),
        (leaves, "exit()"),
        (lambda: 1, "TypeError"),
    ],
)
def test_functions_that_break_are_explained_in_every_exercise(exercise, function, word):
    status, message = quick(exercise, 0.3 if "loop" in word else 10.0).judge(function, {})
    assert status == "wrong" and word in message, message


@every_function
def test_the_reference_of_every_exercise_runs_once_in_a_check(exercise):
    calls = []

    def counted(*arguments):
        calls.append(arguments)
        return exercise.kind.reference(*arguments)

    cases = exercise.kind.cases(np.random.default_rng(0))
    kind = dataclasses.replace(exercise.kind, reference=counted)
    watched = dataclasses.replace(exercise, kind=kind, mistakes=())
    for answer in (lambda *_: None, lambda *_: 7, exercise.kind.reference):
        calls.clear()
        watched.judge(answer, {})
        assert len(calls) == len(cases)


# --- the time limit ------------------------------------------------------------------------------


@pytest.fixture
def alarm_as_before():
    """No alarm is left behind, and whoever had one gets it back."""
    handler, tracer = signal.getsignal(signal.SIGALRM), sys.gettrace()
    yield
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is handler and sys.gettrace() is tracer


def catches_all(*_):
    while True:
        try:
            while True:
                pass
        except:  # noqa: E722
            pass


def catches_all_and_sleeps(*_):
    while True:
        try:
            time.sleep(60)
        except BaseException:
            try:
                time.sleep(60)
            except BaseException:
                pass


@pytest.mark.parametrize(
    "call", [endless, stubborn, lambda: time.sleep(60), catches_all, catches_all_and_sleeps]
)
def test_what_does_not_come_back_is_ended(call, alarm_as_before):
    began = time.perf_counter()
    outcome = safely.run(call, 0.1)
    assert outcome.timed_out and outcome.error is None and time.perf_counter() - began < 5
    assert safely.run(lambda: 3, 0.1) == safely.Outcome(3)


@pytest.fixture
def not_said_yet(monkeypatch):
    monkeypatch.setattr(safely, "_said_so", False)


def test_where_there_are_no_alarms_it_is_said_once_and_run(monkeypatch, capsys, not_said_yet):
    monkeypatch.delattr(signal, "setitimer")
    for _ in range(3):
        assert exercises.check("demo-recall", demo.macro_recall)
    assert capsys.readouterr().out.count("without a time limit") == 1


def test_another_thread_runs_without_a_limit(capsys, not_said_yet):
    results = []
    work = [lambda: time.sleep(0.3) or "done", lambda: 1 / 0]
    thread = threading.Thread(target=lambda: results.extend(safely.run(w, 0.1) for w in work))
    thread.start()
    thread.join(10)
    assert results[0] == safely.Outcome("done")
    assert isinstance(results[1].error, ZeroDivisionError)
    assert capsys.readouterr().out.count("without a time limit") == 1


@pytest.mark.parametrize("call", [endless, catches_all])
def test_ctrl_c_stops_the_learners_code(call, alarm_as_before):
    def interrupted():
        signal.raise_signal(signal.SIGINT)
        call()

    out, reader = sys.stdout, input
    with pytest.raises(KeyboardInterrupt):
        safely.run(interrupted, 9)
    assert sys.stdout is out and input is reader


def test_an_alarm_that_rings_at_the_last_moment_does_no_harm(alarm_as_before):
    """The function comes back just as the time is up: either way is right, a stack is not."""
    ends = set()
    for tenths in range(300):
        until = time.perf_counter() + 0.001 + tenths % 30 / 1e5

        def busy(until=until):
            while time.perf_counter() < until:
                pass

        outcome = safely.run(busy, 0.0025 - tenths % 7 / 1e4)
        assert outcome.error is None
        ends.add(outcome.timed_out)
    assert False in ends


def test_an_alarm_of_somebody_else_rings_all_the_same():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        assert safely.run(lambda: 3, 5).value == 3
        deadline = time.perf_counter() + 5
        while not rung and time.perf_counter() < deadline:
            time.sleep(0.01)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert rung


def test_what_a_function_prints_is_shown_but_not_without_end(capsys):
    def talks(truth, guess):
        print("I was here")
        return demo.macro_recall(truth, guess)

    def babbles(truth, guess):
        while True:
            print("again " * 50)

    assert exercises.check("demo-recall", talks)
    assert capsys.readouterr().out.count("I was here") == 5  # once for each input

    def chatters(truth, guess):
        print("hello" * 1000)
        return demo.macro_recall(truth, guess)

    assert exercises.check("demo-recall", chatters)
    assert capsys.readouterr().out.count("hello") == 400  # over all inputs together
    status, message = quick(DEMO["demo-recall"]).judge(babbles, {})
    said = capsys.readouterr()
    assert status == "wrong" and "never ends" in message
    assert len(said.out) < 2200 and "characters are left out" in said.out and said.err == ""
    assert sys.stdout is not None and "_Said" not in type(sys.stdout).__name__


def test_a_function_that_asks_for_input_is_told_not_to():
    before = input
    message = exercises.check("demo-recall", lambda truth, guess: input("?")).message
    assert "input() cannot be used here" in message and input is before


def test_numbers_are_shown_as_people_write_them():
    shown = safely.short([18.119999999999997, 1.0, 1e-9, float("nan"), np.float64(0.5), 3])
    assert shown == "[18.12, 1.0, 1e-09, nan, 0.5, 3]"


def test_huge_values_are_shown_by_their_beginning():
    began = time.perf_counter()
    for value in ("x" * 10**8, [0] * 10**7, {i: i for i in range(10**5)}, 10**5000, [[[[[[1]]]]]]):
        assert 0 < len(safely.short(value)) <= 70
    feedback = exercises.check("demo-recall", lambda truth, guess: [0] * 10**6)
    assert feedback.status == "wrong" and len(feedback.message) < 500
    assert time.perf_counter() - began < 5


def test_a_prediction_is_noted_before_and_judged_after(own_progress):
    assert exercises.predict("demo-setting", ...).status == "not attempted"
    assert not own_progress.exists()
    bad = exercises.predict("demo-setting", "maybe")
    assert bad.status == "wrong" and "Choose one of the options" in bad.message
    noted = exercises.predict("demo-setting", "A")
    assert noted.status == "noted" and "inductive" in noted.message and not noted
    assert "task stays" not in noted.message  # nothing is given away
    entry = json.loads(own_progress.read_text())["demo-setting"]
    assert entry["prediction"] == "a" and entry["tries"] == 0 and not entry["done"]
    assert exercises.check("demo-setting", "b")
    with pytest.raises(BadValue, match="not a prediction"):
        exercises.predict("demo-chance", 0.5)


def test_an_option_is_known_by_words_in_their_order():
    rising = Choice(
        {
            "a": "same category falls, same topic rises",
            "b": "same category rises, same topic falls",
            "next word": "the encoder that continued texts",
        },
        "a",
    )
    for answer in ("a", "(A)", "category falls, topic rises", "a: same category falls"):
        assert rising.key(answer) == "a", answer
    for answer in ("the next word", "Next words", "encoder that continued texts"):
        assert rising.key(answer) == "next word", answer
    for answer in ("a: same category rises, same topic falls", "not the next word", "it", "topic"):
        assert rising.key(answer) is None, answer


def test_praise_follows_what_came_out():
    exercise = DEMO["demo-setting"]
    assert exercise.judge("b", {"gap": 2}) == ("right", "The gap is 2.0. So it is.")
    for odd in ({}, {"gap": "much"}, {"other": 3}):
        assert exercise.judge("b", odd) == ("right", "So it is.")


def test_the_learners_own_run_may_decide_which_option_is_right():
    exercise = DEMO["demo-setting"]
    other = next(key for key in exercise.kind.options if key != exercise.kind.right)

    def decided(gap):
        return f"The gap is {gap}.", other if gap < 0 else exercise.kind.right

    exercise = dataclasses.replace(exercise, outcome=decided)
    assert exercise.judge("b", {"gap": 2}) == ("right", "The gap is 2. So it is.")
    assert exercise.judge(other, {"gap": -1}) == ("right", "The gap is -1.")
    status, message = exercise.judge("b", {"gap": -1})
    assert status == "wrong" and message.endswith("not here. The gap is -1.")
    assert exercise.judge(other, {})[0] == "wrong"  # nothing measured: the usual outcome


def test_a_solution_is_made_from_the_answer_where_that_says_it_all():
    assert DEMO["demo-list"].solution == "answer = ['a', 'b']"
    assert DEMO["demo-pairs"].solution == "answer = {'a': 'x', 'b': 'y'}"
    assert 'answer = {"a": ..., "b": ...}\n' in DEMO["demo-pairs"].cell()


def test_a_solution_is_the_source_of_its_function():
    function, cell = DEMO["demo-recall"].solution, DEMO["demo-reading"].solution
    assert function.startswith("def macro_recall(truth, guess):\n    recalls = []\n    for c in")
    assert function.endswith("    return sum(recalls) / len(recalls)")
    assert cell == "low = min(losses)\nbest = losses.index(low)"


def test_a_function_that_changes_its_input_is_judged_fairly():
    def with_pop(truth, guess):
        result = demo.macro_recall(list(truth), list(guess))
        while truth:
            truth.pop()
        return result

    assert exercises.check("demo-recall", with_pop)


def test_a_wrong_function_sees_a_counterexample():
    feedback = exercises.check("demo-recall", lambda truth, guess: 7)
    assert "it returns 7 where 0." in feedback.message
    assert "It should return a number between 0 and 1." in feedback.message


def test_an_answer_of_the_wrong_kind_is_told_which_is_right():
    assert "should be a number" in exercises.check("demo-chance", "a quarter").message
    assert "Choose one of the options" in exercises.check("demo-setting", 3).message
    assert "function itself" in exercises.check("demo-recall", 0.5).message
    assert "should be a list" in exercises.check("demo-list", {"a", "b"}).message
    assert "not a finite number" in exercises.check("demo-chance", float("nan")).message


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        *[(text, 10) for text in ("10", " 10 ", "window 10", "10 words", "10.", "1e1", "10-gram")],
        *[(one, 10) for one in ([10], (10,), {10}, np.int64(10), np.array([10]), 10.0)],
        ("104,768", 104768),
        ("175 584 tokens", 175584),
        *[(text, -0.69) for text in ("-0.69", "\u22120.69 nats", "- 0.69", "minus 0.69")],
        *[(text, 0.693) for text in ("0,693", "0,6930")],
        *[(text, number) for text, number in (("12,5", 12.5), ("12,345", 12345))],
        (Interval(0.4, 0.3, 0.5, 5), 0.4),
        *[(text, 10) for text in ("ten", "Ten words", "window = 10", "n=10", "layer ten")],
        *[(text, None) for text in ("no one", "one of two", "a == 4", "about half")],
        *[(text, None) for text in ("5 or 10", "", "log 2", "-np.log(2)", "2**3", "1,5,7")],
        *[(one, None) for one in (True, [True], [], [1, 2], {"a": 1}, None, b"10", "9" * 10**6)],
    ],
)
def test_a_number_passes_in_any_form_in_which_people_write_it(answer, number):
    assert plain_number(answer) == number


def test_a_choice_passes_in_any_words_that_are_its_own_alone():
    kind = exercises.Choice({"a": "it rises above one", "b": "it falls", "c": "both"}, right="a")
    for answer in ("a", "A)", "a: it rises above one", "It rises above 1.", "rises", "above one"):
        assert kind.key(answer) == kind.key([answer]) == kind.key((answer,)) == "a", answer
    assert kind.key("b, it falls") == kind.key("falls") == "b"
    bracketed = exercises.Choice({"d": "sentiment (of the text)", "e": "sense"}, right="d")
    for answer in ("the sentiment of the text", "Sentiment of text", "sentiment"):
        assert bracketed.key(answer) == "d", answer
    for answer in ("", "it", "a: it falls", "rises and falls", "d", "both of them rise", 3, None):
        assert kind.key(answer) is None, answer
    assert kind.key([]) is kind.key(["a", "b"]) is None


def test_containers_pass_where_nothing_but_the_container_differs():
    def judged(right, wrong):
        kind = Function(lambda n: right, lambda rng: [(1,)])
        return kind.judge(wrong, [], {})[0]

    for given in ({0, 2}, [2, 0], (0, 2), np.array([0, 2]), frozenset({0, 2})):
        assert judged({0, 2}, lambda n, given=given: given) == "right", given
    assert judged({0, 2}, lambda n: (i for i in (0, 2))) == "right"
    for given in ([0, 2, 2], [0], {0: 1, 2: 1}, "02", {0, 1}):
        assert judged({0, 2}, lambda n, given=given: given) == "wrong", given
    assert judged([2, 0], lambda n: (i for i in (2, 0))) == "right"
    for given in ([0, 2], {0, 2}):  # a set has no order
        assert judged([2, 0], lambda n, given=given: given) == "wrong"
    assert judged({0, 2}, lambda n: itertools.count()) == "wrong"
    listed = exercises.find("demo-list")
    assert listed.judge("a, b", {})[0] == listed.judge("a and b", {})[0] == "right"
    assert listed.judge("b, a", {})[1] == "The other way."
    pairs = exercises.find("demo-pairs")
    assert pairs.judge({"a": ("the", "x"), "b": "y"}, {})[0] == "right"
    assert pairs.judge({"a": ("x", "y"), "b": "y"}, {})[0] == "wrong"


def test_printing_instead_of_returning_is_recognised(capsys):
    feedback = exercises.check("demo-recall", lambda truth, guess: print(0.5))
    assert feedback.status == "wrong" and "prints and returns nothing" in feedback.message
    assert "0.5" in capsys.readouterr().out
    assert exercises.check("demo-recall", lambda truth, guess: None).status == "not attempted"

    def forgets(truth, guess):
        if truth != guess and len(truth) > 0 and truth[0] == guess[0]:
            return demo.macro_recall(truth, guess)

    always = [((["a", "b"], ["b", "b"]),), ((["a", "b"], ["a", "a"]),)]
    kind = Function(lambda pair: demo.macro_recall(*pair), lambda rng: always)
    assert "returns nothing (None)" in kind.judge(lambda pair: forgets(*pair), [], {})[1]


def test_a_search_for_a_flat_optimum_is_judged_by_its_depth():
    exercise = exercises.find("scale-optimal")
    kind = exercise.kind

    def grid(points):
        def search(A, a, B, b, compute):
            sizes = np.logspace(3, 16, points)
            return float(sizes[np.argmin(A / sizes**a + B / (compute / 6 / sizes) ** b)])

        return search

    for _ in range(5):
        assert exercise.judge(grid(700), {})[0] == exercise.judge(grid(5000), {})[0] == "right"
        assert exercise.judge(grid(12), {})[0] == "wrong"
    for seed in range(50):  # nobody's misconception is flat enough to pass
        for case in kind.cases(np.random.default_rng(seed)):
            best = kind.reference(*case)
            assert kind._as_deep(case, best, best * 1.02)
            assert not kind._as_deep(case, best, best * 3)
        for mistake in exercise.mistakes:
            assert exercise.judge(mistake.examples[0], {}) == ("wrong", mistake.says)


def test_counts_that_are_clipped_for_single_words_alone_are_wrong():
    exercise = exercises.find("sup-clip")

    def partly(clips):
        def matches(candidate, reference, n):
            mine, known = (
                [tuple(w[i : i + n]) for i in range(len(w) - n + 1)] for w in (candidate, reference)
            )
            if clips(n):
                return sum(min(mine.count(g), known.count(g)) for g in set(mine))
            return sum(g in set(known) for g in mine)

        return matches

    assert exercise.judge(partly(lambda n: True), {})[0] == "right"
    for some in (lambda n: n == 1, lambda n: n < 3, lambda n: n < 4):
        for _ in range(10):
            assert exercise.judge(partly(some), {})[0] == "wrong"


def test_a_rounded_number_is_told_to_be_nothing_else():
    kind = Function(lambda n: n / 3, lambda rng: [(1,), (2,)])
    for digits in (1, 2, 3):
        status, message = kind.judge(lambda n, d=digits: round(n / 3, d), [], {})
        assert status == "wrong" and "rounding" in message
    assert "rounding" not in kind.judge(lambda n: n / 3 + 0.001, [], {})[1]
    assert "rounding" not in kind.judge(lambda n: 0, [], {})[1]


def test_same_compares_what_learners_return():
    assert safely.same([1, 2.0], np.array([1, 2])) and safely.same({"a": [1]}, {"a": (1.0,)})
    assert not safely.same([1, 2], [1, 2, 3]) and not safely.same({"a": 1}, {"b": 1})
    assert not safely.same("a", 1) and not safely.same(1, Hostile())
    assert safely.same(["a", "b"], ("a", "b")) and safely.same({1}, {1})
    assert safely.same([("a", 0.1 + 0.2)], [("a", 0.3)]) and not safely.same(["a", 1], ["b", 1])


def test_hints_come_one_at_a_time():
    first, second, third = (exercises.hint("demo-chance").message for _ in range(3))
    assert first == "Think of a die with four sides. (1 more: call hint again)"
    assert second == third == "Divide 1 by the number of classes. (that was the last hint)"


def test_solution_shows_code_and_is_noted(own_progress, capsys):
    shown = exercises.solution("demo-chance")
    assert shown.code == "answer = 1 / 4" and "answer = 1 / 4" in capsys.readouterr().out
    assert json.loads(own_progress.read_text())["demo-chance"]["solution seen"] is True


def test_progress_counts_what_is_done(capsys):
    exercises.check("demo-chance", 0.5)
    exercises.check("demo-chance", 0.25)
    exercises.check("demo-setting", "a")
    progress = exercises.progress()
    states = {id: state for _, id, _, state in progress.rows}
    assert states["demo-chance"] == "✓ done" and states["demo-setting"] == "✗ tried 1×"
    assert states["demo-recall"] == "○ open" and progress.done == 1
    assert "1 of" in capsys.readouterr().out
    exercises.check("demo-chance", 0.5)  # a later slip does not undo it
    assert exercises.progress().done == 1


def test_progress_of_one_notebook():
    assert [id for _, id, *_ in exercises.progress("00_demo").rows] == list(DEMO)
    with pytest.raises(UnknownName, match="00_demo"):
        exercises.progress("00_demos")


def test_what_learners_did_before_still_counts(own_progress):
    """The ids of the first edition, but for one that was replaced, and a file that it wrote."""
    ids = """start-taxonomy start-reading start-predict dist-pmi dist-window dist-reading
        dist-shift lm-sum lm-order lm-bits lm-nucleus ctx-layer ctx-lookup ctx-order
        obj-first scale-trick scale-budget scale-optimal scale-hours sup-clip sup-teacher
        sup-enough""".split()
    assert set(ids) <= set(REAL)
    own_progress.parent.mkdir()
    done = {"done": True, "prediction": "a", "solution seen": True, "tries": 2}
    tried = {"done": False, "solution seen": False, "tries": 3}
    own_progress.write_text(json.dumps({"dist-window": done, "dist-pmi": tried}))
    states = {id: state for _, id, _, state in exercises.progress().rows}
    assert states["dist-window"] == "✓ done, solution seen" and states["dist-pmi"] == "✗ tried 3×"


def test_damaged_progress_is_laid_aside_and_stops_nobody(own_progress):
    own_progress.parent.mkdir()
    aside = own_progress.with_suffix(".damaged.json")
    for text in ("{", "[1]", '{"demo-chance": 3}', "\x00"):
        own_progress.write_text(text)
        assert exercises.progress().done == 0
        feedback = exercises.check("demo-chance", 0.25)
        assert feedback and "could not be read" in feedback.message
        assert aside.read_text() == text and exercises.progress().done == 1
    own_progress.write_text('{"demo-chance": {"tries": null}, "from-the-future": {"x": 1}}')
    assert "could not" not in exercises.check("demo-chance", 0.25).message
    assert json.loads(own_progress.read_text())["from-the-future"]["x"] == 1


def test_two_kernels_at_once_lose_nothing(own_progress, tmp_path):
    """Several processes note something, again and again, in one file."""
    code = (
        "import sys; from tl_helpers.exercises import record\n"
        "for i in range(25): assert record.note(f'{sys.argv[1]}-{i}', tries=1) == ''\n"
        "for i in range(25): assert record.note('shared', tries=1) == ''"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, f"k{n}"]) for n in range(3)]
    assert [p.wait(120) for p in running] == [0, 0, 0]
    entries = record.read()
    assert len(entries) == 76 and entries["shared"]["tries"] == 75
    left = {p.name for p in own_progress.parent.iterdir()}
    assert left <= {"progress.json", "progress.json.lock"}


def test_progress_is_the_learners_own_and_not_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TL_PROGRESS", str(tmp_path / "mine" / "p.json"))
    assert exercises.check("demo-chance", 0.25)
    assert (tmp_path / "mine" / "p.json").exists()
    monkeypatch.delenv("TL_PROGRESS")
    monkeypatch.delenv("TL_CACHE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert record.path().name == "progress.json" and "cache" not in record.path().parts[-2]
    assert record.path().parent != __import__("tl_helpers").files.cache_dir()


def test_a_folder_that_cannot_be_written_costs_the_record_and_nothing_else(monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(record.files, "write_text", refuse)
    feedback = exercises.check("demo-chance", 0.25)
    assert feedback and "Progress was not saved: Permission denied" in feedback.message


def test_feedback_comes_even_where_progress_cannot_be_saved(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "file" / "below"))
    feedback = exercises.check("demo-chance", 0.25)
    assert feedback and "Progress was not saved" in feedback.message


# --- finding them, and what can be wrong with them -----------------------------------------------


def test_unknown_exercises_are_named_with_a_suggestion():
    for call in (exercises.check, exercises.hint, exercises.solution, exercises.predict):
        with pytest.raises(UnknownName, match="demo-chance"):
            call("demo-chanse")


def test_a_lesson_names_its_own_exercises_and_loads_no_other():
    code = """
import sys
from tl_lessons.distributional_hypothesis import lesson
assert lesson.predict("dist-window", "a").status == "noted"
assert lesson.hint("dist-pmi") is not None and lesson.progress().done == 0
assert lesson.check("dist-shift", -0.693) and lesson.solution("dist-pmi").code
for id in ("dist-pmy", "lm-bits"):
    try:
        lesson.check(id, 1)
    except Exception as error:
        said = str(error)
    assert "dist-pmi" in said and "lm-sum" not in said, said
from tl_helpers import exercises
ours = lambda name: name.startswith("tl_lessons.") and name.endswith(".exercises")
loaded = lambda: list(filter(ours, sys.modules))
assert loaded() == ["tl_lessons.distributional_hypothesis.exercises"], loaded()
assert exercises.hint("lm-bits") is not None and len(loaded()) > 1
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


GOOD = (ROOT / "tests" / "support" / "demo_lesson" / "exercises.toml").read_text("utf-8")
CODE = (ROOT / "tests" / "support" / "demo_lesson" / "exercises.py").read_text("utf-8")


def load(folder, words=GOOD, code=CODE):
    """The exercises of a folder with these two files."""
    (folder / "exercises.toml").write_text(words, "utf-8")
    (folder / "exercises.py").write_text(code, "utf-8")
    spec = importlib.util.spec_from_file_location("an_example", folder / "exercises.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.sheet.exercises


def line(text, start):
    """The number of the last line that begins like this."""
    return max(n for n, line in enumerate(text.splitlines(), 1) if line.strip().startswith(start))


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("[demo-list]", "[demo-chance]", "[demo-chance]", "Cannot declare"),
        ("[demo-list]", "[demo list]", "[demo list]", "xpected"),
        ("[demo-list]", "[Demo-List]", "[Demo-List]", "should match pattern"),
        ('kind = "choice"', 'kind = "chioce"', "[demo-setting]", "'choice'"),
        ('right = "b"', 'right = "e"', "[demo-setting]", "each option but the right one"),
        ('right = "b"\n', "", "[demo-setting]", "right: Field required"),
        ('c = "Something', 'e = "Something', "[demo-setting]", "each option but the right one"),
        ("tolerance = 0.005", 'tolerance = "small"', "tolerance", "Input should be a valid number"),
        ("    { answers = [0.0], s", "    # ", "[demo-chance]", "needs three mistakes"),
        ('hints = ["x"]', "hints = []", "hints = []", "at least 1 item"),
        ('hints = ["x"]', 'hints = ["x"]\nhint = "y"', "hint =", "Extra inputs"),
        ("mistakes.b = { x", "mistakes.b = { w", "[demo-pairs]", "no item or option 'w'"),
        ("mistakes.b = { x", "mistakes.c = { x", "[demo-pairs]", "no item or option 'c'"),
    ],
)
def test_a_malformed_file_of_words_is_named_with_its_line(tmp_path, old, new, at, says):
    assert GOOD.count(old) == 1
    words = GOOD.replace(old, new)
    with pytest.raises(BrokenFile, match=rf"exercises.toml, line {line(words, at)}: .*{says}"):
        load(tmp_path, words=words)


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ('"demo-recall"', '"demo-recal"', "@sheet.function", "'demo-recal'.\n.*'demo-recall'"),
        ('"demo-recall"', '"demo-list"', "@sheet.function", "'demo-list'"),
        ('outcome("demo-setting")', 'outcome("demo-recall")', "@sheet.outcome", "'demo-recall'"),
        ('"demo-reading",', '"demo-recall",', "@sheet.reading", "'demo-recall'"),
        ('    """That is accuracy."""\n', "", "@macro_recall.wrong\ndef acc", "no docstring"),
        ("@best.wrong\ndef last", "def last", "@sheet.reading", "three wrong functions"),
        ("index(low)", "index(low)\n    low += 1", "@sheet.reading", "must end with its return"),
    ],
)
def test_malformed_functions_are_named_with_their_line(tmp_path, old, new, at, says):
    assert CODE.count(old) == 1
    code = CODE.replace(old, new)
    number = code[: code.index(at)].count("\n") + 1
    with pytest.raises((BadValue, UnknownName), match=rf"exercises.py, line {number}\b.*{says}"):
        load(tmp_path, code=code)


def test_words_without_functions_and_functions_twice_are_named(tmp_path):
    empty = "from tl_helpers.exercises import Sheet\n\nsheet = Sheet('00_demo', __file__)\n"
    with pytest.raises(
        BrokenFile, match=rf"line {line(GOOD, '[demo-recall]')}: demo-recall has no"
    ):
        load(tmp_path, code=empty)
    twice = CODE + CODE[CODE.index("@sheet.outcome") : CODE.index("@sheet.reading")]
    number = line(twice, "@sheet.outcome")
    with pytest.raises(BadValue, match=f"line {number}: there are two exercises 'demo-setting'"):
        load(tmp_path, code=twice)


def test_one_id_in_two_lessons_is_named_with_both(tmp_path, monkeypatch):
    other = sheet.Sheet("99_demo", ROOT / "tests" / "support" / "demo_lesson" / "exercises.py")
    other.__dict__["exercises"] = {"demo-list": DEMO["demo-list"]}
    monkeypatch.setitem(sheet._sheets, "99_demo", other)
    with pytest.raises(BadValue, match="'demo-list' is in 00_demo and in 99_demo"):
        exercises.everything()


@pytest.mark.parametrize(
    ("text", "place", "line"),
    [
        ('[a]\nx = 1\n[a.b]\n"c d" = 2\n[e.b]\n"c d" = 3', ("e", "kind", "b", "c d"), 6),
        ("[a]\nx = 1\n[a.b]\nc = 2", ("a", "kind", "y"), 1),
        ("[[a.m]]\nx = 1\n[[a.m]]\n y= 2", ("a", "kind", "m", 1, "y"), 4),
        ('[a."b c"]\nx = 1', ("a", "b c", "x"), 2),
    ],
)
def test_where_a_key_stands_below_another(text, place, line):
    assert records.line_of(text, place) == line


def test_the_example_of_the_documentation_is_complete(tmp_path, capsys):
    words, code = re.findall(r"(?s)::\n\n((?:    .*?\n|\n)+)(?=\S)", exercises.__doc__)[1:]
    more = "\n".join(
        f'@share.wrong\ndef w{n}(hits, total):\n    """No {n}."""\n    return {n}\n' for n in (7, 8)
    )
    head = "from tl_helpers.exercises import Sheet\n\nsheet = Sheet('00_docs', __file__)\n"
    made = load(tmp_path, textwrap.dedent(words), head + textwrap.dedent(code) + more)["docs-share"]
    assert made.solution == "def share(hits, total):\n    return hits / total"
    assert made.judge(lambda a, b: a / b, {})[0] == "right"
    for mistake in made.mistakes:
        assert made.judge(mistake.examples[0], {}) == ("wrong", mistake.says)
    assert 'lesson.check("docs-share", share)' in made.cell()


# --- cards ---------------------------------------------------------------------------------------


def test_cards_escape_what_learners_write():
    card = exercises.check("demo-chance", "<script>").bundle()[0]["text/html"]
    assert "<script>" not in card and 'role="status"' in card


def test_cards_and_the_list_say_the_number_that_the_notebook_says(capsys):
    numbers = {id: number for number, id in enumerate(DEMO, start=1)}
    id = "demo-chance"
    says = f"Exercise {numbers[id]}. "
    assert exercises.find(id).label == says[:-2]
    for card in (
        exercises.check(id, 0.25),
        exercises.check(id),
        exercises.hint(id),
        exercises.solution(id),
        exercises.predict("demo-setting", "a"),
        exercises.predict("demo-setting", "neither of them"),
    ):
        says = f"Exercise {numbers[card.id]}. "
        html, plain = card.bundle()[0].values()
        assert f" {says}" in html and plain.partition(" ")[2].startswith(says)
    capsys.readouterr()
    exercises.progress("00_demo")
    said = capsys.readouterr().out
    assert all(f"00_demo  {number}. {id}" in said for id, number in numbers.items())


@every_real
def test_the_notebook_numbers_its_exercises(exercise):
    cells = _cells(exercise.notebook)
    text = " ".join(" ".join(c.source.split()) for c in cells if c.cell_type == "markdown")
    before = text[: text.index(exercise.question)]
    assert before.rpartition("**Exercise ")[2].startswith(str(exercise.number))


def test_solutions_wrap_between_words():
    card = exercises.Feedback("demo-chance", "solution", "", "answer = 1").bundle()[0]["text/html"]
    assert "white-space:pre-wrap;word-break:normal" in card


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("ends with `return`.", "ends with <code>return</code>."),
        ("it may *grow*: see", "it may <em>grow</em>: see"),
        ("a **wide interval**, *one*", "a <strong>wide interval</strong>, <em>one</em>"),
        ("2 ** 3 ** 2 is 512", "2 ** 3 ** 2 is 512"),
        ("for *two* classes, *not* four", "for <em>two</em> classes, <em>not</em> four"),
        ("100 * (p - s) * 2", "100 * (p - s) * 2"),
        ("a*b*c and *args, **kwargs", "a*b*c and *args, **kwargs"),
        ("`2 * x * *y*` < 3", "<code>2 * x * *y*</code> &lt; 3"),
        ("a lone ` and a lone *star", "a lone ` and a lone *star"),
    ],
)
def test_marks_in_a_message_are_shown_as_they_are_meant(said, shown):
    bundle, _ = exercises.Feedback("demo-chance", "wrong", said).bundle()
    assert f"</b>{shown}</div>" in bundle["text/html"]
    assert said in bundle["text/plain"]
