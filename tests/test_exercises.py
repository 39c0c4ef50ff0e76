"""Exercises: any right answer passes, typical wrong ones teach, garbage does no harm.

The tests with ``every`` in their name hold for each exercise of the course, found by itself.
"""

from __future__ import annotations

import copy
import itertools
import json
import sys
import threading
import time

import numpy as np
import pytest

from tl_helpers import exercises
from tl_helpers.errors import BadValue, UnknownName
from tl_helpers.exercises import Choice, Exercise, Function, Mistake, Value, desk, model, safely


def macro_recall(truth, guess):
    """A demonstration: mean of the recall of each class."""
    return sum(
        sum(t == g == c for t, g in zip(truth, guess, strict=True)) / truth.count(c)
        for c in set(truth)
    ) / len(set(truth))


def _cases(rng):
    classes = [*"aabbbc", *"abc"]
    drawn = [
        (rng.permutation(classes).tolist(), [*"abc", *rng.choice([*"abc"], 6).tolist()])
        for _ in range(4)
    ]
    # One draw in a hundred leaves accuracy, recall and precision equal in all four.
    return [*drawn, ([*"aabbbc"], [*"aaabcc"])]


def _accuracy(truth, guess):
    return sum(t == g for t, g in zip(truth, guess, strict=True)) / len(truth)


DEMO = (
    Exercise(
        id="demo-chance",
        notebook="00_demo",
        question="What accuracy does guessing reach on four equally frequent classes?",
        answer=Value(0.25, tolerance=0.005),
        solution="answer = 1 / 4",
        right="One in four guesses hits.",
        also_right=(0.251, np.float64(0.25), np.array([0.25])),
        mistakes=(
            Mistake(0.5, "That is chance for two classes."),
            Mistake(25, "A share, not a percentage.", when=lambda value: value > 1),
            Mistake(0.0, "A guess is sometimes right by luck."),
        ),
        hints=("Think of a die with four sides.", "Divide 1 by the number of classes."),
    ),
    Exercise(
        id="demo-setting",
        notebook="00_demo",
        question="Film reviews with labels, gadget reviews without: which setting?",
        answer=Choice({"a": "inductive", "b": "transductive", "c": "none", "d": "both"}, right="b"),
        solution='answer = "b"',
        also_right=("B", " transductive "),
        mistakes=(
            Mistake("a", "The task stays the same here."),
            Mistake("c", "Something is carried over."),
            Mistake("d", "Is the target task another one?"),
        ),
        hints=("What changes: the task or the domain?",),
    ),
    Exercise(
        id="demo-recall",
        notebook="10_demo",
        question="Write macro_recall(truth, guess).",
        answer=Function(macro_recall, _cases, returns="a number between 0 and 1"),
        solution=(
            "def macro_recall(truth, guess):\n"
            "    recalls = []\n"
            "    for c in set(truth):\n"
            "        hits = [g == c for t, g in zip(truth, guess) if t == c]\n"
            "        recalls.append(sum(hits) / len(hits))\n"
            "    return sum(recalls) / len(recalls)\n"
        ),
        also_right=(
            lambda truth, guess: np.mean(
                [np.mean([g == c for t, g in zip(truth, guess, strict=True) if t == c])
                 for c in set(truth)]),
        ),
        mistakes=(
            Mistake(_accuracy, "That is accuracy."),
            Mistake(lambda t, g: macro_recall(g, t), "That is precision."),
            Mistake(lambda t, g: macro_recall(t, g) * len(set(t)), "A sum, not a mean."),
        ),
        hints=("For each class alone.",),
    ),
)  # fmt: skip
DEMO_LIST = Exercise(
    id="demo-list", notebook="10_demo", question="Order?", answer=Value(["a", "b"], kind="list"),
    solution='answer = ["a", "b"]', hints=("x",),
    mistakes=(Mistake(["b", "a"], "The other way."), Mistake([], "It is not empty."),
              Mistake("ab", "Several items.")),
)  # fmt: skip
_real = exercises.everything()  # before the demonstration joins in
for _exercise in (*DEMO, DEMO_LIST):
    exercises.add(_exercise)
EVERY = [*_real.values(), *DEMO, DEMO_LIST]
every = pytest.mark.parametrize("exercise", EVERY, ids=lambda exercise: exercise.id)
FUNCTIONS = [e for e in EVERY if isinstance(e.answer, Function)]
every_function = pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda exercise: exercise.id)


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(desk, "_hints", {})
    return tmp_path / "cache" / "progress.json"


def _solve(exercise):
    """Run the shown solution as a cell, and find what it made."""
    import tl_helpers

    space = {"np": np, "tl": tl_helpers}
    before = set(space)
    exec(exercise.solution, space)
    made = [v for k, v in space.items() if k not in before and not k.startswith("__")]
    return space["answer"] if "answer" in space else made[-1]


@every
def test_the_solution_of_every_exercise_passes(exercise):
    for _ in range(3):
        feedback = exercises.check(exercise.id, _solve(exercise))
        assert feedback and feedback.status == "right", feedback.message


@every
def test_other_right_answers_to_every_exercise_pass(exercise):
    for answer in exercise.also_right:
        assert exercises.check(exercise.id, answer), answer


@every
def test_the_stub_of_every_exercise_is_not_attempted(exercise, own_progress):
    stubs = [None, ..., NotImplemented]
    if isinstance(exercise.answer, Function):
        stubs += [lambda *_: ..., lambda *_: None]
    for stub in stubs:
        feedback = exercises.check(exercise.id, stub)
        assert feedback.status == "not attempted" and not feedback
    assert exercises.check(exercise.id).status == "not attempted"
    assert not own_progress.exists()


@every
def test_typical_wrong_answers_to_every_exercise_get_their_own_feedback(exercise):
    assert len({mistake.says for mistake in exercise.mistakes}) == len(exercise.mistakes) >= 3
    for mistake in exercise.mistakes:
        for example in mistake.examples:
            feedback = exercises.check(exercise.id, example)
            assert feedback.status == "wrong" and feedback.message.startswith(mistake.says)


class Hostile:
    def __eq__(self, other):
        raise RuntimeError("compared")

    def __repr__(self):
        raise RuntimeError("shown")

    __hash__ = None


@every
def test_garbage_yields_a_message_in_every_exercise(exercise):
    for garbage in ("nonsense", b"x", [], [[1], [2, 3]], {}, object(), Hostile(), float("nan"),
                    1j, True, np.zeros((2, 2)), int):  # fmt: skip
        feedback = exercises.check(exercise.id, garbage)
        assert feedback.status == "wrong" and len(feedback.message) > 10


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

    functions = [(exercise.answer.reference, "")]
    functions += [(e, m.says) for m in exercise.mistakes for e in m.examples if callable(e)]
    for seed in range(150):
        cases = exercise.answer.cases(np.random.default_rng(seed))
        made = [([outcome(f, case) for case in cases], says) for f, says in functions]
        for (one, a), (two, b) in itertools.combinations(made, 2):
            assert a == b or not all(map(exercise.answer._same, one, two)), f"{a!r} or {b!r}?"


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
    before = set(threading.enumerate())
    seconds = 0.3 if "loop" in word else 10.0
    quick = exercise.__class__(**{**exercise.__dict__, "seconds": seconds})
    status, message = quick.answer.judge(quick, function)
    assert status == "wrong" and word in message, message
    assert not set(threading.enumerate()) - before


def test_the_time_limit_works_outside_the_main_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(safely.run(endless, 0.2)))
    thread.start()
    thread.join(10)
    assert found and found[0].timed_out and not found[0].runs_on


def test_what_cannot_be_stopped_is_left_behind_and_said():
    began = time.perf_counter()
    outcome = safely.run(lambda: time.sleep(4), 0.1)
    assert outcome.timed_out and outcome.runs_on and time.perf_counter() - began < 3


def test_ctrl_c_while_waiting_stops_the_learners_code(monkeypatch):
    real, before = threading.Thread.join, set(threading.enumerate())
    waited = []

    def interrupted(self, timeout=None):
        waited.append(timeout)
        if timeout == 9:
            raise KeyboardInterrupt
        return real(self, timeout)

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        safely.run(endless, 9)
    assert waited[0] == 9 and not set(threading.enumerate()) - before


def test_the_learners_code_is_interrupted_nowhere_else(monkeypatch, capfd):
    """Ctrl-C right after the start must not hit ``threading`` on its way into the code."""
    real, before = threading.Thread.join, set(threading.enumerate())

    def interrupted(self, timeout=None):
        if timeout == 9:
            raise KeyboardInterrupt
        return real(self, timeout)

    done = threading.Event()

    def busy():
        while not done.is_set():
            sum(range(100))

    others = [threading.Thread(target=busy, daemon=True) for _ in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for other in others:
            other.start()
        monkeypatch.setattr(threading.Thread, "join", interrupted)
        for _ in range(40):
            with pytest.raises(KeyboardInterrupt):
                safely.run(endless, 9)
    finally:
        sys.setswitchinterval(interval)
        done.set()
        monkeypatch.undo()
        for other in others:
            other.join(10)
    assert not set(threading.enumerate()) - before and capfd.readouterr().err == ""


def test_a_function_that_changes_its_input_is_judged_fairly():
    def with_pop(truth, guess):
        result = macro_recall(list(truth), list(guess))
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
    assert "no finite number" in exercises.check("demo-chance", float("nan")).message


def test_same_compares_what_learners_return():
    assert safely.same([1, 2.0], np.array([1, 2])) and safely.same({"a": [1]}, {"a": (1.0,)})
    assert not safely.same([1, 2], [1, 2, 3]) and not safely.same({"a": 1}, {"b": 1})
    assert not safely.same("a", 1) and not safely.same(1, Hostile())
    assert safely.same(["a", "b"], ("a", "b")) and safely.same({1}, {1})


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


def test_damaged_progress_does_not_stop_anybody(own_progress):
    own_progress.parent.mkdir()
    for text in ("{", "[1]", '{"demo-chance": 3}', '{"demo-chance": {"tries": null}}'):
        own_progress.write_text(text)
        assert exercises.progress().done == 0
        assert exercises.check("demo-chance", 0.25)


def test_feedback_comes_even_where_progress_cannot_be_saved(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "file" / "below"))
    feedback = exercises.check("demo-chance", 0.25)
    assert feedback and "Progress was not saved" in feedback.message


def test_unknown_exercises_are_named_with_a_suggestion():
    for call in (exercises.check, exercises.hint, exercises.solution):
        with pytest.raises(UnknownName, match="demo-chance"):
            call("demo-chanse")


def test_incomplete_exercises_are_refused():
    def made(**change):
        return Exercise(**{**DEMO[0].__dict__, "id": "new", **change})

    for change in ({"id": "No Kebab"}, {"hints": ()}, {"mistakes": DEMO[0].mistakes[:2]}):
        with pytest.raises(BadValue):
            exercises.add(made(**change))
    with pytest.raises(BadValue, match="two exercises"):
        exercises.add(made(id="demo-chance", question="Another?"))
    assert "new" not in model._all


def test_cards_escape_what_learners_write():
    card = exercises.check("demo-chance", "<script>").bundle()[0]["text/html"]
    assert "<script>" not in card and 'role="status"' in card


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("ends with `return`.", "ends with <code>return</code>."),
        ("it may *grow*: see", "it may <em>grow</em>: see"),
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
