"""Session kits are complete, their plan adds up, and what they refer to is there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_output
from notebook_factory import code, text, write

from tl_helpers import exercises
from tl_helpers.core import lessons
from tl_helpers.core.errors import BrokenFile, CourseError, UnknownName
from tl_helpers.measure import claims
from tl_helpers.press import cli, kits, notebooks, slides

ROOT = Path(__file__).resolve().parents[2]
KITS = kits.find()

PLAN = """---
session:
  theme: Start
  blocks:
    Presentation:
      - {minutes: 20, cells: [a, b], do: "Show | tell."}
      - {minutes: 5, cells: [c], do: "Stop."}
    Questions: [{minutes: 15, do: "Answer."}]
    Break: [{minutes: 10, do: "Rest."}]
    Discussion: [{minutes: 20, do: "Discuss."}]
    Chat: [{minutes: 20, cells: [c], do: "Chat."}]
---

# Session: Start

See [the notebook](../00_start_here.ipynb).
"""


def parts(count, body="Words. *Listen for* this."):
    return "\n".join(f"### Part {n}\n\n{body}\n" for n in range(count))


def whole():
    """A complete kit with empty places."""
    sections = [f"## {name}\n\n- ☐ Words.\n\n{parts(n)}" for name, n in kits.SECTIONS.items()]
    places = [f"<!-- tl:begin {p} -->\n<!-- tl:end {p} -->\n" for p in kits.PLACES]
    return "\n".join([PLAN, *sections, *places])


@pytest.fixture
def kit(tmp_path, monkeypatch):
    """A course with one notebook; returns a function that stores a kit and reads it."""
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    card = {
        "id": "first",
        "effect": 14.0,
        "low": 9.0,
        "high": 19.0,
        "n": 5,
        "direction": ">0",
        "unit": "accuracy points",
        "minimum": 5.0,
        "sentence": "It helps.",
        "method": "seeds",
        "level": 0.95,
        "verdict": "supported",
    }
    cells = [
        text("# T\n\nYou will be able to\n\n- say it;\n- do it.\n\n*You need* time."),
        text("## 1 First\n\nx"),
        code("claim()", "claim"),
    ]
    for id, kind, cell in zip("abc", ("slide", "slide", "subslide"), cells, strict=True):
        cell.id, cell.metadata["slideshow"] = id, {"slide_type": kind}
    cells[2].execution_count = 7
    cells[2].outputs = [new_output("display_data", {claims.MIME: card, "text/html": "<p>card</p>"})]
    write(tmp_path / "notebooks", "00_start_here", *cells)

    def store(content=None, name="start"):
        path = tmp_path / "notebooks" / "sessions" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(whole() if content is None else content, "utf-8")
        return path

    return store


def test_places_are_filled_from_the_notebook(kit):
    filled = kits.fill(kits.read(kit()))
    assert "- say it;\n- do it.\n<!-- tl:end objectives -->" in filled
    rows = [line for line in filled.splitlines() if line.startswith("|")]
    assert "| **0:00** | **25** | **Presentation** | | |" in rows
    assert "| 0:00 | 20 | Show \\| tell. | 1–2 | title; section 1 |" in rows
    assert "| 0:20 | 5 | Stop. | 3 | section 1, [7] |" in rows
    assert "| **0:40** | **10** | **Break** | | |" in rows
    assert "| **1:30** | | **End** | | |" in rows
    assert "| It helps. | above 5 | +14 accuracy points (+9 to +19) | supported |" in rows
    assert "`start-taxonomy`" in filled and "*A typical slip:*" in filled


def test_a_run_sheet_says_what_to_drop(kit):
    hurried = whole().replace('do: "Stop."', 'do: "Stop.", late: "Skip | it."')
    filled = kits.fill(kits.read(kit(hurried)))
    rows = [line for line in filled.splitlines() if line.startswith("|")]
    assert "| Clock | Min | What | If late | Slides | In the notebook |" in rows
    assert "|---|---|---|---|---|---|" in rows
    assert "| **0:00** | **25** | **Presentation** | | | |" in rows
    assert "| 0:00 | 20 | Show \\| tell. |  | 1–2 | title; section 1 |" in rows
    assert "| 0:20 | 5 | Stop. | Skip \\| it. | 3 | section 1 [7] |" in rows
    assert "| **1:30** | | **End** | | | |" in rows


def test_filling_twice_changes_nothing_and_keeps_what_was_written(kit):
    path = kit()
    once = kits.fill(kits.read(path))
    path.write_text(once, "utf-8")
    assert kits.fill(kits.read(path)) == once
    empty = re.sub(r"(<!-- tl:begin \w+ -->\n).*?(<!-- tl:end)", r"\1\2", once, flags=re.S)
    assert empty == whole()


def test_a_kit_is_brought_up_to_date(kit):
    path = kit()
    with pytest.raises(BrokenFile, match="Out of date: start.md(.|\n)*tl kits"):
        kits.update(check=True)
    assert path.read_text("utf-8") == whole()
    assert kits.update() == [path]
    assert kits.update(["start"], check=True) == [path]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (("minutes: 5,", "minutes: 6,"), BrokenFile, "Presentation take 26 minutes, not 25"),
        (('    Break: [{minutes: 10, do: "Rest."}]\n', ""), BrokenFile, "Break take 0 minutes"),
        (("minutes: 5,", "minutes: five,"), BrokenFile, "no readable plan"),
        (('do: "Stop."', 'say: "Stop."'), BrokenFile, "no readable plan"),
        (('do: "Stop."', 'do: " "'), BrokenFile, "no readable plan"),
        (('do: "Stop."', 'do: "Stop.", late: ""'), BrokenFile, "no readable plan"),
        (("  theme: Start\n", ""), BrokenFile, "no readable plan"),
        (("theme: Start", "theme: [Start"), BrokenFile, "no readable plan"),
        (("theme: Start", "theme: Stars"), UnknownName, "Unknown theme 'Stars'"),
        (("theme: Start", "theme: Adaptation"), BrokenFile, "is about Adaptation"),
        (("    Chat:", "    Chats:"), UnknownName, "block of a session: 'Chats'"),
    ],
)
def test_plans_that_cannot_be(kit, change, error, message):
    assert change[0] in PLAN
    path = kit(whole().replace(*change, 1))
    with pytest.raises(error, match=message):
        kits.read(path)


def test_a_plan_without_time_for_all_slides_has_a_deck_of_its_own(kit, tmp_path):
    """The numbers in the plan are those of that deck, and it ends with the prompts."""
    path = kit(whole().replace("cells: [a, b]", "cells: [b]"))
    plan = kits.fill(kits.read(path))
    assert "| 0:00 | 20 | Show \\| tell. | 1 | section 1 |" in plan
    assert "| 0:20 | 5 | Stop. | 2 | section 1, [7] |" in plan
    decks = kits.with_sessions(slides.choose(["start"]))
    assert [(d.name, d.title, len(d.slides)) for d in decks] == [
        ("start", "Theme: Start", 3),
        ("start-session", "Session: Start", 3),
    ]
    _, session = slides.write(decks)
    page = BeautifulSoup(session.read_text("utf-8"), "html.parser")
    columns = page.select("div.slides > section")
    assert [c["data-cells"] for c in columns] == ["b", "c", ""]  # in one row
    assert [p.get_text() for p in columns[2].select("li")] == [f"Part {n}" for n in range(4)]
    assert "Listen for" in columns[2].find("aside").get_text()
    assert "start-session.html" in (session.parent / "index.html").read_text("utf-8")
    kit(whole().replace("minutes: 5,", "minutes: 6,"))
    with pytest.raises(BrokenFile, match="26 minutes"):
        kits.with_sessions(slides.choose(["start"]))


def two_notebooks(folder):
    """A theme of two: a copy of the first, and one with a single slide."""
    second = text("## 4 Late\n\nx")
    second.id, second.metadata["slideshow"] = "z", {"slide_type": "slide"}
    ran = code("1")
    ran.execution_count = 1
    write(folder / "notebooks", "21_sentence_pairs", second, ran)
    first = folder / "notebooks" / "00_start_here.ipynb"
    shutil.copy(first, first.with_name("20_classification.ipynb"))


def test_of_several_notebooks_the_plan_says_which(kit, tmp_path):
    two_notebooks(tmp_path)
    plan = whole().replace("theme: Start", "theme: Target tasks").replace("[a, b]", "[b, z]", 1)
    filled = kits.fill(kits.read(kit(plan, "target-tasks")))
    # The first slide of such a deck asks the questions of its notebooks.
    assert "| 2, 4 | 20, section 1; 21, section 4 |" in filled
    assert "*Classification*\n\n- say it;" in filled and "*Sentence pairs*" not in filled
    decks = kits.with_sessions(slides.choose(["Target tasks"]))
    assert [(deck.name, len(deck.slides)) for deck in decks] == [
        ("target-tasks", 5),
        ("target-tasks-session", 5),
    ]


def test_a_theme_of_several_sessions_has_a_kit_and_a_deck_for_each(kit, tmp_path):
    two_notebooks(tmp_path)
    plan = whole().replace("theme: Start", "theme: Target tasks\n  notebooks: [20_classification]")
    late = plan.replace("20_classification", "21_sentence_pairs").replace("[a, b]", "[z]")
    late = late.replace("cells: [c]", "cells: [z]")
    made = [kit(plan, "target-tasks-1"), kit(late, "target-tasks-2")]
    assert kits.find() == made and kits.read(made[1]).title == "Target tasks, session 2"
    assert [path.stem for path in kits.read(made[1]).notebooks] == ["21_sentence_pairs"]
    assert "| 0:00 | 20 | Show \\| tell. | 2 | section 4 |" in kits.fill(kits.read(made[1]))
    decks = kits.with_sessions(slides.choose(["Target tasks"]))
    assert [(deck.name, deck.title) for deck in decks] == [
        ("target-tasks", "Theme: Target tasks"),
        ("target-tasks-1-session", "Session: Target tasks, session 1"),
        ("target-tasks-2-session", "Session: Target tasks, session 2"),
    ]
    with pytest.raises(UnknownName, match="notebook in target-tasks-2.md '22_generation'"):
        kits.read(kit(late.replace("21_sentence_pairs", "22_generation"), "target-tasks-2"))
    with pytest.raises(BrokenFile, match=r"must have a number and name its notebooks(.|\n)*-1\.md"):
        kits.read(kit(plan, "target-tasks"))


def test_the_slides_of_a_plan_have_its_minutes(kit):
    path = kit()
    (deck,) = kits.with_sessions(slides.choose(["start"]))
    # Twenty minutes for the first two, and five for the third.
    assert [slide.seconds for slide in deck.slides] == [600, 600, 300]
    assert [slide.seconds for slide in slides.choose(["start"])[0].slides] == [0, 0, 0]
    kit(whole().replace("cells: [a, b]", "cells: [a]"))
    longer, short = kits.with_sessions(slides.choose(["start"]))
    assert [slide.seconds for slide in longer.slides] == [0, 0, 0]
    assert [slide.seconds for slide in short.slides] == [1200, 300, 0]  # the last one: the prompts
    assert path.exists()


def test_participants_get_a_sheet_without_answers(kit):
    bets = "1. *Who wins?* A or\n   B.\n2. *By how much?*\n"
    told = f"### Two weeks before\n\nAll run it.\n\n{bets}\nThe answer is A.\n"
    path = kit(whole().replace("## Preparation\n", "## Preparation\n\n" + told))
    path.write_text(kits.fill(kits.read(path)), "utf-8")
    sheet = kits.sheet(kits.read(path))
    assert sheet.startswith("# Start: sheet for participants\n")
    assert "- [00, Start here](../00_start_here.ipynb)" in sheet
    assert bets in sheet and "is A" not in sheet
    assert "- say it;\n- do it." in sheet
    assert "1. Part 0\n2. Part 1" in sheet and "Listen for" not in sheet
    assert "## Your bets" not in kits.sheet(kits.read(kit()))


def test_a_cell_that_is_not_there(kit):
    with pytest.raises(UnknownName, match="cell in the plan of start.md: 'cc'"):
        kits.fill(kits.read(kit(whole().replace("cells: [c]", "cells: [cc]", 1))))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("## Preparation", "## Before"), "no section “Preparation”"),
        (("## If the room is ahead\n\n- ☐ Words.\n", "## If the room is ahead\n"), "is ahead”"),
        (("### Part 5\n", ""), "“Likely questions” has 5 parts (###), at least 6"),
        (("### Part 0\n\nWords. *Listen for* this.", "### Part 0\n"), "nothing under “Part 0”"),
        (("<!-- tl:begin plan -->\n<!-- tl:end plan -->", ""), "no place for plan"),
        (("tl:begin plan -->\n<!-- tl:end plan", "tl:begin x -->\n<!-- tl:end x"), "place, x"),
    ],
)
def test_incomplete_kits_are_not_filled(kit, change, message):
    assert change[0] in whole()
    path = kit(whole().replace(*change, 1))
    assert any(message in line for line in kits.problems(kits.read(path)))
    before = path.read_text("utf-8")
    with pytest.raises(BrokenFile, match="incomplete"):
        kits.update()
    assert path.read_text("utf-8") == before


def test_a_prompt_says_what_to_listen_for(kit):
    before, after = whole().split("## Discussion prompts")
    deaf = before + "## Discussion prompts" + after.replace("*Listen for* this.", "", 1)
    assert kits.problems(kits.read(kit(deaf))) == [
        "start.md: “Discussion prompts”: “Part 0” does not say what to *Listen for*"
    ]


def test_no_kit_without_a_notebook(kit):
    path = kit(whole().replace("theme: Start", "theme: Adaptation"), "adaptation")
    with pytest.raises(CourseError, match="Adaptation has no notebook yet"):
        kits.read(path)


def test_a_kit_with_another_name_is_not_overlooked(kit):
    kit(name="strat")
    with pytest.raises(BrokenFile, match="Call it start.md"):
        kits.update()
    kit("# An overview of all sessions\n", "index")
    assert [path.stem for path in kits.find()] == ["strat"]


def test_the_command(kit, tmp_path, capsys):
    with pytest.raises(SystemExit):
        cli.main(["kits"])
    assert "There are no session kits" in capsys.readouterr().err
    kit()
    cli.main(["kits", "start"])
    path = tmp_path / "notebooks" / "sessions" / "start.md"
    assert f"wrote {path}" in capsys.readouterr().out
    cli.main(["kits", "--check"])
    assert "is up to date" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["kits", "adaptation"])
    assert "Unknown session kit 'adaptation'" in capsys.readouterr().err


# --- the kits of the course ----------------------------------------------------------------------


def test_the_start_has_a_kit_and_no_theme_an_empty_one():
    assert "start" in [path.stem for path in KITS]
    for path in (ROOT / "notebooks" / "sessions").glob("*.md"):
        kit = kits.read(path) if path in KITS else None
        assert kit is None or kit.notebooks, path


@pytest.mark.parametrize("path", KITS, ids=lambda path: path.stem)
def test_kits_are_complete_and_up_to_date(path):
    kit = kits.read(path)
    assert kits.problems(kit) == []
    assert sum(step.minutes for steps in kit.blocks.values() for step in steps) == 90
    assert kits.fill(kit) == kit.text, "run: tl kits"
    for name in re.findall(r"\]\(\.\./([^)]+)\)", kit.text):
        assert (ROOT / "notebooks" / name).exists(), name
    for name in re.findall(r"notebook (\d\d)\b", kit.text, re.I):
        assert name in [row.number for row in lessons.rows()], name
    cells = {cell.id for path in kit.notebooks for cell in notebooks.read(path).cells}
    for id in re.findall(r"`([a-z]+-\d\d[a-z]?)`", kit.text):
        assert id in cells, id


@pytest.mark.parametrize("path", KITS, ids=lambda path: path.stem)
def test_a_sheet_asks_everything_and_answers_nothing(path):
    kit = kits.read(path)
    sheet = kits.sheet(kit)
    asked = [e for p in kit.notebooks for e in exercises.of(p.stem).values()]
    assert asked and all(one.question in sheet for one in asked)
    assert not any(one.solution.strip() in sheet for one in asked if len(one.solution) > 40)
    assert not any(one.praise in sheet for one in asked)
    assert ("## Your bets" in sheet) == (kit.theme != "Start")


@pytest.mark.parametrize("path", KITS, ids=lambda path: path.stem)
def test_the_presentation_goes_through_the_deck_from_front_to_back(path):
    kit = kits.read(path)
    deck = [s for p in kit.notebooks for s in slides.deck(p, ROOT / "no-run").slides]
    order = [c.id for p in kit.notebooks for c in notebooks.read(p).cells]
    shown = [id for step in kit.blocks["Presentation"] for id in step.cells]
    assert shown == sorted(set(shown), key=order.index)
    there = {id for slide in deck for id in slide.cells}
    assert all(there & set(step.cells) for step in kit.blocks["Presentation"])
    assert set(shown) <= there  # the plan is a choice of slides: a cell without one was renumbered
    # Ten, besides the title, which stands there before anybody speaks, and the prompts at the end.
    titles = [["start-00"], []]
    assert len([s for s in kits.presented(kit, deck) if s.cells not in titles]) == 10


def test_a_kit_travels_with_its_notebook(tmp_path, monkeypatch):
    """What is stored does not depend on the folder, the date or a run that happens to be there."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    assert kits.update(check=True)
