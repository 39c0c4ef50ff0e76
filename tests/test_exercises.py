"""Exercises: any right answer passes, typical wrong ones teach, garbage does no harm.

The tests with ``every`` in their name hold for each exercise of the course, found by itself.
"""

from __future__ import annotations

import copy
import itertools
import json
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from tl_helpers import exercises
from tl_helpers.core.errors import BadValue, UnknownName
from tl_helpers.exercises import (
    Choice,
    Exercise,
    Function,
    Matching,
    Mistake,
    Reading,
    Value,
    desk,
    model,
    record,
    safely,
)
from tl_helpers.exercises.readings import slips


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
                [
                    np.mean([g == c for t, g in zip(truth, guess, strict=True) if t == c])
                    for c in set(truth)
                ]
            ),
        ),
        mistakes=(
            Mistake(_accuracy, "That is accuracy."),
            Mistake(lambda t, g: macro_recall(g, t), "That is precision."),
            Mistake(lambda t, g: macro_recall(t, g) * len(set(t)), "A sum, not a mean."),
        ),
        hints=("For each class alone.",),
    ),
)
DEMO_LIST = Exercise(
    id="demo-list",
    notebook="10_demo",
    question="Order?",
    answer=Value(["a", "b"], kind="list"),
    solution='answer = ["a", "b"]',
    hints=("x",),
    mistakes=(
        Mistake(["b", "a"], "The other way."),
        Mistake([], "It is not empty."),
        Mistake("ab", "Several items."),
    ),
)
DEMO_READING = Exercise(
    id="demo-reading",
    notebook="10_demo",
    question="Which step has the lowest loss?",
    answer=Reading(
        lambda losses: losses.index(min(losses)),
        lambda rng: {"losses": [9.5, *rng.uniform(5, 6, 3).tolist(), 4.5, 7.5]},
        form="a step",
    ),
    solution="best = losses.index(min(losses))",
    hints=("Look for the lowest point.",),
    mistakes=(
        Mistake(lambda losses: min(losses), "That is the loss."),
        Mistake(lambda losses: losses.index(max(losses)), "That is the highest."),
        Mistake(lambda losses: len(losses) - 1, "The last is not the best."),
    ),
)
_real = exercises.everything()  # before the demonstration joins in
for _exercise in (*DEMO, DEMO_LIST, DEMO_READING):
    exercises.add(_exercise)
EVERY = [*_real.values(), *DEMO, DEMO_LIST, DEMO_READING]
READINGS = [e for e in EVERY if isinstance(e.answer, Reading)]
every_reading = pytest.mark.parametrize("exercise", READINGS, ids=lambda exercise: exercise.id)
every = pytest.mark.parametrize("exercise", EVERY, ids=lambda exercise: exercise.id)
FUNCTIONS = [e for e in EVERY if isinstance(e.answer, Function)]
every_function = pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda exercise: exercise.id)


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(desk, "_hints", {})
    return tmp_path / "cache" / "progress.json"


def measured(exercise, seed=0):
    """What a learner may have measured before the exercise."""
    if not isinstance(exercise.answer, Reading):
        return {}
    return exercise.answer.seen(np.random.default_rng(seed))


def _solve(exercise, seed=0):
    """Run the shown solution as a cell, and find what it made."""
    import tl_helpers

    space = {"np": np, "tl": tl_helpers, **measured(exercise, seed)}
    before = set(space)
    exec(exercise.solution, space)
    made = [v for k, v in space.items() if k not in before and not k.startswith("__")]
    return space["answer"] if "answer" in space else made[-1]


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


@every
def test_the_stub_of_every_exercise_is_not_attempted(exercise, own_progress):
    stubs = [None, ..., NotImplemented]
    if isinstance(exercise.answer, Function):
        stubs += [lambda *_: ..., lambda *_: None]
    for stub in stubs:
        feedback = exercises.check(exercise.id, stub, **measured(exercise))
        assert feedback.status == "not attempted" and not feedback
    assert exercises.check(exercise.id).status == "not attempted"
    assert not own_progress.exists()


@every
def test_typical_wrong_answers_to_every_exercise_get_their_own_feedback(exercise):
    assert len({mistake.says for mistake in exercise.mistakes}) == len(exercise.mistakes) >= 3
    reading = isinstance(exercise.answer, Reading)
    for mistake in exercise.mistakes:
        made = 0
        for seed, example in itertools.product(range(10 if reading else 1), mistake.examples):
            seen = measured(exercise, seed)
            for wrong in slips(example, seen) if reading else [example]:
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
    import tl_helpers

    source = exercise.cell()
    assert len(source.splitlines()) <= 6 and f'"{exercise.id}"' in source
    exec(source, {"tl": tl_helpers, **measured(exercise)})
    assert "Not attempted yet" in capsys.readouterr().out


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
    status, message = quick.answer.judge(quick, function, {})
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


def test_what_a_function_prints_is_shown_but_not_without_end(capsys):
    def talks(truth, guess):
        print("I was here")
        return macro_recall(truth, guess)

    def babbles(truth, guess):
        while True:
            print("again " * 50)

    assert exercises.check("demo-recall", talks)
    assert capsys.readouterr().out.count("I was here") == 5  # once for each input

    def chatters(truth, guess):
        print("hello" * 1000)
        return macro_recall(truth, guess)

    assert exercises.check("demo-recall", chatters)
    assert capsys.readouterr().out.count("hello") == 400  # over all inputs together
    quick = DEMO[2].__class__(**{**DEMO[2].__dict__, "seconds": 0.3})
    status, message = quick.answer.judge(quick, babbles, {})
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


def test_praise_may_quote_what_was_measured():
    def right(gap=None):
        return "So it is." if gap is None else f"So it is: {gap + 0:.1f}."

    quoting = DEMO[1].__class__(**{**DEMO[1].__dict__, "right": right})
    assert quoting.answer.judge(quoting, "b", {"gap": 2}) == ("right", "So it is: 2.0.")
    for odd in ({}, {"gap": "much"}, {"other": 3}):
        assert quoting.answer.judge(quoting, "b", odd) == ("right", "So it is.")


def test_a_solution_is_made_from_the_answer_where_that_says_it_all():
    left_out = {**DEMO[1].__dict__, "solution": ""}
    assert Exercise(**left_out).solution == "answer = 'b'"
    assert Exercise(**{**left_out, "answer": Value(0.25)}).solution == "answer = 0.25"
    pairs = Matching({"a": "x"}, options={"x": ()})
    assert Exercise(**{**left_out, "answer": pairs}).solution == "answer = {'a': 'x'}"
    with pytest.raises(BadValue, match="no solution"):
        exercises.add(Exercise(**{**DEMO[2].__dict__, "id": "new", "solution": ""}))


def test_the_example_of_the_documentation_is_complete(capsys):
    text = exercises.__doc__.split("A complete one::")[1].split("Then ``print")[0]
    import textwrap

    try:
        exec(textwrap.dedent(text), {})
        made = model._all["docs-setting"]
        assert exercises.check(made.id, "b")
        for mistake in made.mistakes:
            assert exercises.check(made.id, mistake.example).message == mistake.says
        exec(made.cell(), {"tl": __import__("tl_helpers")})
    finally:
        model._all.pop("docs-setting", None)
    assert "Not attempted yet" in capsys.readouterr().out


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


def test_progress_of_one_notebook():
    rows = exercises.progress("00_demo").rows
    assert {id for _, id, *_ in rows} == {"demo-chance", "demo-setting"}
    with pytest.raises(UnknownName, match="00_demo"):
        exercises.progress("00_demos")


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
