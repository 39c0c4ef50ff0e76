"""The exercises on the site: the page's script says what the notebook says, to every answer."""

from __future__ import annotations

import base64
import json
import shutil

import pytest
import site_factory
from bs4 import BeautifulSoup
from notebook_factory import code
from notebook_factory import text as prose

from tl_helpers import exercises
from tl_helpers.exercises import Choice, Form, Function, Matching, Reading, Value, key
from tl_helpers.exercises.answers import number_in
from tl_helpers.press.site import ask

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NAMES = {path.stem for path in (site_factory.ROOT / "notebooks").glob("*.ipynb")}
EVERY = {  # other tests make up lessons of their own
    id: exercise for id, exercise in exercises.everything().items() if exercise.notebook in NAMES
}
SCRIPT = site_factory.ROOT / "notebooks" / "site" / "static" / "ask.js"


def measured(exercise):
    """What a learner may have measured before the exercise."""
    import numpy as np

    return (
        exercise.kind.seen(np.random.default_rng(0)) if isinstance(exercise.kind, Reading) else {}
    )


def key_of(exercise):
    return key.key(exercise, key.measured(exercise, measured(exercise)))


# ------------------------------------------------------------------------------------- the key


def test_all_but_functions_can_be_judged_without_python():
    for id, exercise in EVERY.items():
        made = key_of(exercise)
        assert (made is None) == isinstance(exercise.kind, Function), id
        json.dumps(made, allow_nan=False)
    reading = EVERY["dist-reading"]
    assert key.measured(reading, {}) is None and key.key(reading) is None


def test_what_came_out_in_the_run_stands_in_the_key():
    exercise = EVERY["start-rate"]
    usual = key.key(exercise)
    assert key.measured(exercise, {}) is None
    told = key.key(exercise, {"said": "So it was.", "right": usual["right"]})
    assert told["praise"] == f"So it was. {usual['praise']}" and told["after"] == ""
    other = key.key(exercise, {"said": "No.", "right": "same"})
    assert (other["right"], other["praise"], other["after"]) == ("same", "No.", "No.")


def test_the_untouched_check_stores_what_was_measured(monkeypatch):
    shown = []
    monkeypatch.setattr(exercises.Feedback, "show", lambda self, bundle=None: shown.append(bundle))
    exercise = EVERY["dist-reading"]
    seen = measured(exercise)
    exercises.check(exercise, ..., **seen)
    assert shown[-1][0][key.MIME]["right"] == key.measured(exercise, seen)["right"]
    exercises.check(exercise, "never", **seen)  # a learner's answer stores nothing
    exercises.check("start-pool", ...)
    assert all(key.MIME not in bundle[0] for bundle in shown[1:])


def test_patterns_for_the_browser():
    assert key.javascript(r"[\w.]+\d") == r"[\p{L}\p{N}_.]+[\p{Nd}]"
    assert key.javascript(r"\bto\b").count("(?<!") == 2
    assert key.javascript(r"\[\s*[.\d]") == r"\[\s*[.\p{Nd}]"


# ------------------------------------------------------------------------------------- the form


def form(source, run=None):
    """The form that the site makes of a cell, and the cell's tags."""
    from nbformat.v4 import new_output

    cell = code(source, "exercise")
    data = {"text/plain": "○ Exercise 1. Not attempted yet: replace the ...", "text/html": "x"}
    cell.outputs = [new_output("display_data", data | ({key.MIME: run} if run else {}))]
    tags = ask.tags(cell)
    ask.put_form(cell, "00_start_here", {"Colab": "https://colab", "site": "x"})
    (output,) = cell.outputs
    return BeautifulSoup(output.data["text/html"], "html.parser").div, tags


def test_the_form_hides_its_answer_and_works_without_a_script():
    box, tags = form('answer = ...\n\nlesson.check("dist-shift", answer)\n# Stuck?')
    assert tags == {"tl-ask-dist-shift", "hide-input"}
    assert box["data-what"] == "check" and "0.69" not in str(box)
    assert json.loads(base64.b64decode(box["data-key"]))["right"] == [
        EVERY["dist-shift"].kind.right
    ]
    said = box.get_text()
    assert f"{EVERY['dist-shift'].label}." in said and "the notebook always does" in said
    ways = {a.get_text(): a["href"] for a in box.select("a")}
    assert ways == {"Download the notebook": "files/00_start_here.ipynb", "Colab": "https://colab"}


def test_code_and_readings_without_a_run_are_for_the_notebook():
    box, tags = form('def pool(a):\n    ...\n\nlesson.check("start-pool", pool)')
    assert box["data-what"] == "code" and tags == {"tl-ask-start-pool"}
    assert set(json.loads(base64.b64decode(box["data-key"]))) == {
        "kind",
        "hints",
        "solution",
        "about",
    }
    stub = 'a = ...\n\nlesson.check("dist-reading", a, curves=curves)'
    assert "numbers of your own run" in form(stub)[0].get_text()
    run = key.measured(EVERY["dist-reading"], measured(EVERY["dist-reading"]))
    box, tags = form(stub, run)
    assert box["data-what"] == "check" and "hide-input" in tags


def test_what_is_more_than_an_answer_stays_in_sight():
    source = 'half = ...  # town_run()\n\nlesson.check("pair-artefact", guess, half=half)'
    assert "hide-input" not in form(source)[1]
    assert "hide-input" in form('x = {"a": ...}\nlesson.check("pair-choose", x)')[1]
    assert "tl-predict" in form('x = ...\nlesson.predict("pair-artefact", x)')[1]
    cell = code("show(1)", "exercise")
    ask.put_form(cell, "00_start_here", {})
    assert ask.tags(cell) == set() and cell.outputs == []


def stub(call, id, *outputs):
    from nbformat.v4 import new_output

    cell = code(f'x = ...\n\nlesson.{call}("{id}", x)', "exercise")
    later = new_output("display_data", {"text/plain": "○ Exercise 1. Not attempted yet: replace."})
    cell.outputs = [*outputs, later]
    return cell


def test_a_prediction_that_nothing_answers_has_one_form():
    from nbformat.v4 import new_output

    shown = new_output("stream", text="0.9")
    guess, check = stub("predict", "start-rate"), stub("check", "start-rate")
    end, told = prose("## Next"), code("show(1)")
    told.outputs = [shown]
    assert ask.at_once([guess, check, end, told]) == {"start-rate": "predict"}
    next_one = prose("**Exercise 3.** Now")
    assert ask.at_once([guess, check, next_one, told]) == {"start-rate": "predict"}
    assert ask.at_once([guess, told, check]) == {}
    assert ask.at_once([guess, stub("check", "start-rate", shown), end]) == {}
    alone = stub("check", "gen-sampling")
    assert ask.at_once([alone]) == {"gen-sampling": "check"}
    assert ask.at_once([stub("predict", "gen-sampling"), told, alone]) == {}
    assert ask.at_once([stub("check", "start-taxonomy")]) == {}
    found = ask.at_once([guess, check])
    assert "tl-predict" not in ask.tags(guess, found) and "tl-predict" in ask.tags(guess)
    for cell in (guess, check):
        ask.put_form(cell, "00_start_here", {}, found)
    assert 'data-what="guess"' in guess.outputs[0].data["text/html"] and check.outputs == []


# ----------------------------------------------------------------- the script, against the engine


NUMBERS = r"""
7|0|-3|+4|0.5|.5|5.|-.5|1,5|1.5|50%|50 %|1e-3|2E4|1e999|104,768|104 768|1,04|1,000,000.5|12,34
window 10|4-gram|5 or 10|n = 4|n == 4|layer one|two|not one|no two|one of two|minus 3|- 3|\u22123
\u2212 0.69|-0.69 nats|log 2|log(2)|1/2|2*3|2^3|np.log(2)|exp 1|0.69.|x|never|"10"|'10'|10 words
about 10|10\u00b2|\u00bd|\uff13|1\u202f000|1_000|1 2|1.2.3|--1|-|.|1-2|5-|e5|1e|1e+|one-two|Ten
ELEVEN|thirteen|4 = n|a = b|4 words, 5 letters|#4|$4|(4)|4)|~0.7|\u2248 0.7|0,7|-0,7|1 000 000
10 000 words|2nd|B2|2B|\u00a05|5\u00a0
0x10|inf|nan|\u0661\u0662|1 000,5|1.000,5|3 %|0.5 %|.|1..2|0,693|12,345|1,2345|0,5,7|5 nats|k = 10
"""
OTHERS = ("\u0661\u0662", "1e999")  # left to the notebook: other digits, what is not finite


def typed():
    """What people type into a field for a number."""
    text = NUMBERS.encode().decode("unicode_escape")
    return [word for line in text.splitlines() for word in line.split("|") if word.strip()]


@pytest.fixture(scope="module")
def page():
    """A page with the script and its rules, and nothing else."""
    if CHROMIUM is None:
        pytest.skip("needs chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as runner:
        browser = runner.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.add_script_tag(content=f"window.TL_RULES = {json.dumps(key.rules())};")
        page.add_script_tag(content=SCRIPT.read_text("utf-8"))
        yield page
        browser.close()


def judged(page, made, given):
    return page.evaluate("([key, all]) => all.map((one) => tlJudge(key, one))", [made, given])


slow = pytest.mark.slow


@slow
def test_the_script_reads_numbers_as_the_engine_does(page):
    assert len(typed()) > 90
    for text in typed():
        value = number_in(text)
        right = {
            "kind": "value",
            "tolerance": 0.0,
            "slips": [],
            "praise": "",
            "else": "",
            "wanted": "x",
        }
        (probe,) = judged(page, right | {"right": [value], "words": False}, [text])
        read = probe[0] == "right"
        if value is None:
            assert probe[1].startswith("The answer should be"), text
        else:
            assert read or text in OTHERS, text


def answers_for(exercise):
    """Right ones, each mistake, other ones, and nothing, as a form gives them."""
    kind = exercise.kind
    if isinstance(kind, Choice):
        return [*kind.options, ""]
    if isinstance(kind, (Value, Reading)):
        seen = measured(exercise)
        slips = [slip for m in exercise.mistakes for slip in kind.slips(m, seen)]
        rights = (
            kind.rights(seen) if isinstance(kind, Reading) else [kind.right, *exercise.also_right]
        )
        return [*map(str, (*rights, *slips)), *typed(), "", " "]
    slips = [slip for m in exercise.mistakes for slip in kind.slips(m, {})]
    empty = dict.fromkeys(kind.right, "")
    some = [dict(kind.right), empty, *slips]
    some += [empty | {name: value} for name, value in kind.right.items()]
    if isinstance(kind, Matching):
        some += [dict.fromkeys(kind.right, option) for option in kind.options]
    else:
        some += [dict.fromkeys(kind.right, text) for text in ("no", "Nothing is known about it.")]
    return some


def for_python(exercise, given):
    if isinstance(exercise.kind, (Matching, Form)):
        return {name: text if text.strip() else ... for name, text in given.items()}
    return given if given.strip() else ...


@slow
def test_the_script_judges_as_the_engine_does(page):
    """Status, and the words: but for how an answer is quoted, and its type, which Python says."""

    tried = 0
    for id, exercise in EVERY.items():
        made = key_of(exercise)
        if made is None:
            continue
        given = answers_for(exercise)
        for answer, (status, said, *slip) in zip(given, judged(page, made, given), strict=True):
            expected, message = exercise.judge(for_python(exercise, answer), measured(exercise))
            where = f"{id}: {answer!r}: {said} | {message}"
            if answer in OTHERS:
                continue
            assert status == expected, where
            if status == "wrong":
                assert (slip[0] or "") == exercise.slip(message), where
                if slip[0] or isinstance(exercise.kind, (Choice, Matching)):
                    assert said == message, where
                else:
                    assert said[:5] == message[:5] or "not it" in said or "should be" in said, where
            elif status == "right":
                assert said == message, where
            tried += 1
    assert tried > 1000


@slow
def test_marked_up_words_look_as_in_the_notebook(page):
    from tl_helpers.exercises import desk

    texts = {
        text for e in EVERY.values() for text in (*e.hints, e.praise, *(m.says for m in e.mistakes))
    }
    every = sorted(texts)
    made = page.evaluate("(all) => all.map((text) => tlMarkedUp(text))", every)
    for text, html in zip(every, made, strict=True):
        theirs = desk._marked_up(text).replace("&#x27;", "'").replace("&quot;", '"')
        assert html == theirs, text
