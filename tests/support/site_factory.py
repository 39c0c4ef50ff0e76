"""A small course, already run, to build sites from."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import nbformat
from nbformat.v4 import new_output
from notebook_factory import code, text, write

from tl_helpers.exercises import key
from tl_helpers.measure import claims
from tl_helpers.press import badges, notebooks
from tl_helpers.press.site import Built, build
from tl_helpers.show.explore.controls import control
from tl_helpers.show.explore.explorer import Explorer

ROOT = Path(__file__).resolve().parents[2]
HOME = badges.Home("somebody", "course")

FIRST = (
    f"# Start here: a small lesson\n\n{HOME.row('notebooks/00_start_here.ipynb')}"
    r"""

Transfer learning moves from a source to a target (Pan and Yang 2010; Ruder 2019). The target may
lie in another domain. Devlin et al. (2019) pre-trained a language model; see notebook 11, and
notebook 12 for more.

*You need:* nothing. *Time:* about a minute to run on two cores; 45 minutes for the core path, ten
more for the section headed *Deeper*. *Place on the map:* the start.

Inline $P(Y \mid X)$ and a display:

$$H = -\sum_i p_i \log p_i$$
"""
)
DEEPER = """## A result

### Deeper: who wants more

Only some want this; see notebook 11.
"""
LAST = """## To take home

Fine-tuning helps, and `Ruder (1066)` in code is no citation.

**References**

- Devlin, J., Chang, M.-W., Lee, K. and Toutanova, K. (2019). BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding. NAACL.
- Ruder, S. (2017). Transfer Learning - Machine Learning's Next Frontier. Blog post.
"""  # noqa: E501
SESSION = """# Session: the start

Show {doc}`Start here <../00_start_here>` first. Rusu et al. (2016) froze whole columns.
Then leave the prompts on.
"""


def figure(value: float) -> object:
    """A small picture that depends on a value."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(3, 2))
    drawn.subplots().plot([0, 1], [0, value])
    return drawn


def explorer() -> Explorer:
    """Two controls over pictures."""
    controls = {"slope": control("slope", [1, 2, 3]), "kind": control("kind", ["plain", "odd"])}
    return Explorer(
        lambda slope, kind: figure(slope + (kind == "odd")),
        controls,
        lambda slope, kind: f"A {kind} line of slope {slope}.",
        "How steep?",
    )


def png() -> str:
    """A picture as base64."""
    stream = io.BytesIO()
    figure(1).savefig(stream, format="png")  # type: ignore[attr-defined]
    return base64.b64encode(stream.getvalue()).decode()


def claim(id: str = "it-helps", effect: float = 5.0) -> claims.Claim:
    """A claim about 2 points."""
    return claims.Claim(
        id, effect, effect - 1, effect + 1, 5, "accuracy points", minimum=2.0, sentence="It helps."
    )


# A unit as long as none of the course's, with a word that no line holds.
LONG_UNIT = f"percent of the rise in old loss, counted per {'_'.join(['parameter'] * 8)}"


def long_claim() -> claims.Claim:
    """A claim that did not come out, in a very long unit."""
    return replace(claim("long-unit", 0.5), unit=LONG_UNIT, sentence="It helps a lot.")


def shown() -> list[object]:
    """Cells with every kind of output that a notebook of the course holds."""
    first, _ = claim().bundle()
    turned, _ = explorer().bundle()
    table = "<table class='dataframe'><tr><th>a</th></tr><tr><td>1</td></tr></table>"
    widget = {notebooks.WIDGET_VIEW: {"model_id": "x"}, "text/plain": "HBox(...)"}
    outputs = [
        [new_output("stream", text="A long line. " * 20)],
        [new_output("display_data", {**first, claims.MIME: claim().to_dict()})],
        [new_output("display_data", turned)],
        [
            new_output(
                "display_data",
                {"image/png": png(), "text/plain": "<Figure>"},
                metadata={"image/png": {"alt": "a rising line"}},
            )
        ],
        [new_output("display_data", widget)],
        [new_output("execute_result", {"text/html": table, "text/plain": "a"}, execution_count=6)],
        [new_output("execute_result", {"text/latex": r"$\frac{a}{b}$"}, execution_count=7)],
        [new_output("display_data", {"text/markdown": "It rises by **5** points."})],
    ]
    cells = []
    for number, output in enumerate(outputs, 1):
        cell = code(f"show({number})", *(["exercise"] if number == 1 else []))
        cell.outputs, cell.execution_count = output, number
        cells.append(cell)
    return cells


EXERCISES = """## Two guesses

**Exercise 1 (prediction).** What do they sum to?
"""
ASKED = {  # a cell for each kind of exercise
    "lm-sum": 'x = ...\n\nlesson.predict("lm-sum", x)',
    "lm-sum again": 'lesson.check("lm-sum", x, sums=sums)',
    "dist-shift": 'x = ...\n\nlesson.check("dist-shift", x)',
    "dist-reading": 'x = ...\n\nlesson.check("dist-reading", x, curves=curves)',
    "start-taxonomy": 'x = {"a": ...}\n\nlesson.check("start-taxonomy", x)',
    "choosing-card": 'x = {"details": ...}\n\nlesson.check("choosing-card", x)',
    "gen-sampling": 'x = ...\n\nlesson.check("gen-sampling", x)',
    "lm-nucleus": 'def nucleus(p, top_p):\n    ...\n\nlesson.check("lm-nucleus", nucleus)',
}
MEASURED = {"right": [10.0], "slips": [[0.83], [1.0, 2.0], [20.0], ["never"]]}
DISCUSSION = """## Questions

**For the discussion** *(what to listen for)*

1. What is a *tokenizer* good for? *(It cuts; ask `where`.)*
2. And what for nothing?
"""


def exercises() -> list[object]:
    """Cells with exercises of every kind, untouched, and questions for a discussion."""
    asked = []
    for name, source in ASKED.items():
        data = {"text/plain": "○ Exercise 1. Not attempted yet: replace the ... with it."}
        if name == "dist-reading":
            data[key.MIME] = MEASURED
        asked.append(code(source, "exercise"))
        asked[-1].outputs = [new_output("display_data", data)]
    first, again, *others = asked
    again.outputs.insert(0, new_output("stream", text="the sum: 3.2"))  # it answers the prediction
    answer = text("So the sum is far beyond one.")
    return [text(EXERCISES), first, again, answer, text("## More"), *others, text(DISCUSSION)]


def small_course(place: Path) -> Path:
    """Write the course into an empty folder, as ``tl run`` leaves it."""
    folder = place / "notebooks"
    cells = [
        text(FIRST),
        code("import tl_helpers", "bootstrap"),
        *shown(),
        text(DEEPER),
        text(LAST),
    ]
    first = write(folder, "00_start_here", *cells)
    second, _ = long_claim().bundle()
    recorded = code("show(9)")
    recorded.outputs = [new_output("display_data", {**second, claims.MIME: long_claim().to_dict()})]
    write(
        folder,
        "11_language_models",
        text("# Language models\n\nA tokenizer cuts text."),
        recorded,
        *exercises(),
    )
    shutil.copytree(ROOT / "notebooks" / "site", folder / "site")
    changes = folder / "site" / "changes.md"  # it leads to notebooks that are not here
    changes.write_text(changes.read_text("utf-8").partition("\n")[0] + "\n", "utf-8")
    shutil.copy(ROOT / "CITATION.cff", place)
    (folder / "sessions").mkdir()
    (folder / "sessions" / "start.md").write_text(SESSION, "utf-8")
    build_folder = place / "build"
    ran = nbformat.read(str(first), as_version=4)
    ran.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    (build_folder / "notebooks").mkdir(parents=True)
    nbformat.write(ran, str(build_folder / "notebooks" / first.name))
    row = {"name": "00_start_here", "status": "ok", "seconds": 42.4}
    about = {"date": "2026-01-02T03:04:05+00:00", "commit": "abc123"}
    report = {"profile": "course", "threads": 2, "environment": about, "notebooks": [row]}
    (build_folder / "report.json").write_text(json.dumps(report), "utf-8")
    (build_folder / "slides").mkdir()
    (build_folder / "slides" / "00_start_here.html").write_text("<p>A deck.</p>", "utf-8")
    return place


def few_pages(folder: Path) -> None:
    """The least that a site needs beside notebooks."""
    folder.mkdir(parents=True)
    term = "# Glossary\n\n```{glossary}\nprobe\n  A small classifier.\n\ntask\n  Labels.\n```\n"
    entry = "@misc{ruder2017, author = {Ruder, S.}, title = {Next}, year = {2017}}\n"
    (folder / "index.md").write_text("# The course\n\nA probe.\n", "utf-8")
    (folder / "glossary.md").write_text(term, "utf-8")
    (folder / "references.bib").write_text(entry, "utf-8")
    (folder / "bibliography.md").write_text(
        "# Bibliography\n\n```{bibliography}\n:all:\n```\n", "utf-8"
    )
    shutil.copy(ROOT / "notebooks" / "site" / "conf.py", folder)
    shutil.copytree(ROOT / "notebooks" / "site" / "static", folder / "static")


@contextmanager
def course_folder(place: Path) -> Iterator[None]:
    """Work in this course folder."""
    before = os.environ.get("TL_ROOT")
    os.environ["TL_ROOT"] = str(place)
    try:
        yield
    finally:
        os.environ.pop("TL_ROOT")
        if before is not None:
            os.environ["TL_ROOT"] = before


@cache
def small_site(base: Path) -> Built:
    """The site of the small course; built once, however many modules look at it."""
    place = small_course(base / "small-course")
    with course_folder(place):
        return build()


@cache
def whole_site(base: Path) -> Built:
    """The site of the course itself, with the outputs stored in its notebooks; built once."""
    return build(base / "whole-site", base / "no-run")
