"""How fast the course is, measured side by side: ``python -m tl_helpers bench``.

Rivals take turns within one run, so that a busy machine slows both down and the ratio still holds.
The rival of the fast loop is ``transformers.Trainer`` as it comes: 32-bit, logits at every
position, the library's own collator. For the tokens per second, model, blocks, batch size, learning
rate and number of steps are the same. For the time to a probe value each side has the settings that
serve it best (Muon and a quarter of the positions here, AdamW and 15 % there), one run each.
"""

from __future__ import annotations

import functools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tl_helpers import questions
from tl_helpers.core import files

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

BATCH, LENGTH = 32, 128
RATE = 2e-3  # AdamW's best for this model; the Trainer's own default, 5e-5, would never get there
MUON_RATE, MUON_MASKS = 8e-3, 0.25
NATIVE, ELSEWHERE = 2.5, 1.5  # times the Trainer's speed: with native bfloat16, and without
TARGET = 0.8  # of the probe: 0.5 is chance
COURSE = 720.0  # seconds for all notebooks and the site
GOAL, TIMES = 30.0, 5.0  # time to transfer: seconds, and how many times sooner than the Trainer
SHARE = 0.45  # of the peak rate of matrix products
SAME, DEFAULTS = 2.0, 4.0  # times sooner fine-tuned than by the Trainer: same recipe, its defaults
FEW, JUDGED = 256, 500  # film sentences that MiniLM is fine-tuned on, and judged on


@dataclass
class Line:
    """One line of the table.

    Attributes:
        what: what was measured.
        unit: of both values.
        value: ours, the median of the repetitions.
        rival: theirs, or None if there is none.
        ratio: how many times better ours is, the median over repetitions.
        note: what else to know.
        repetitions: each value of ours, and of the rival's.
    """

    what: str
    unit: str
    value: float | None
    rival: float | None = None
    ratio: float | None = None
    note: str = ""
    repetitions: list[list[float]] = field(default_factory=list)


def train_fast(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    blocks: np.ndarray,
    steps: int,
    **how: Any,
) -> list[dict[str, Any]]:
    """Pre-train by the fast loop; returns its evaluations (tokens and seconds of training).

    Example:
        >>> train_fast(model, tokenizer, blocks, 30)[-1]["tokens"]  # doctest: +SKIP
        122880
    """
    from tl_helpers.train import pretrain

    settings = {"learning_rate": RATE, "evaluate": lambda m: {}, "evaluate_every": 1, **how}
    settings |= {"steps": steps, "batch_size": BATCH, "progress": False}
    return pretrain.fit(model, blocks, tokenizer=tokenizer, **settings).evaluations


def train_plain(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    blocks: np.ndarray,
    steps: int,
    *,
    evaluate: Callable[[PreTrainedModel], dict[str, Any]] = lambda m: {},
    evaluate_every: int = 1,
    until: Callable[[dict[str, Any]], bool] = lambda e: False,
) -> list[dict[str, Any]]:
    """The same by ``transformers.Trainer`` with its defaults.

    Example:
        >>> train_plain(model, tokenizer, blocks, 30)[-1]["step"]  # doctest: +SKIP
        30
    """
    from transformers import DataCollatorForLanguageModeling

    from tl_helpers.train import baseline

    return baseline.train(
        model,
        [{"input_ids": row.tolist()} for row in blocks],
        DataCollatorForLanguageModeling(tokenizer),
        evaluate=evaluate,
        due=lambda step: step % evaluate_every == 0,
        until=until,
        max_steps=steps,
        per_device_train_batch_size=BATCH,
        learning_rate=RATE,
        warmup_steps=steps // 10,
    ).evaluations


def _speed(evaluations: Sequence[dict[str, Any]], skip: int = 3) -> float:
    """Tokens per second, without the first steps, in which memory is fetched for the first time."""
    first, last = evaluations[skip], evaluations[-1]
    return (last["tokens"] - first["tokens"]) / max(1e-9, last["seconds"] - first["seconds"])


def tokens_per_second(repetitions: int, steps: int, documents: int = 6000) -> Line:
    """Reading speed of both loops, taking turns.

    Example:
        >>> tokens_per_second(3, 6).unit  # doctest: +SKIP
        'tokens/s'
    """
    from tl_helpers import models, town
    from tl_helpers.train import precision, pretrain

    tokenizer = models.town_tokenizer()
    blocks = pretrain.pack(town.Town(seed=0).corpus(documents).texts(), tokenizer, LENGTH)
    pairs = []
    for seed in range(repetitions):
        fast = train_fast(models.new(seed=seed)[0], tokenizer, blocks, 4 * steps)
        plain = train_plain(models.new(seed=seed)[0], tokenizer, blocks, steps)
        pairs.append([_speed(fast), _speed(plain)])
    asked = (
        f"{NATIVE:g} times"
        if precision.supports_bf16()
        else (
            f"only {ELSEWHERE:g} times, as this processor does not multiply bfloat16 natively "
            f"({NATIVE:g} where it does)"
        )
    )
    return Line(
        "pre-training: fast loop against transformers.Trainer",
        "tokens/s",
        median(a for a, _ in pairs),
        median(b for _, b in pairs),
        median(a / b for a, b in pairs),
        f"model small, batch {BATCH} x {LENGTH}, {len(tokenizer)} words; asked for: {asked}",
        pairs,
    )


def time_to_probe(steps: int, ours: float, theirs: float, documents: int = 40_000) -> Line:
    """Seconds of training until the probe for sentiment first reaches ``TARGET``.

    Both read the easier part of the town that notebook 14 compares objectives on: in the whole town
    this seed's models discover sentiment after minutes, which makes a poor yardstick.

    Args:
        steps: length of the learning-rate schedule.
        ours: give up after so many seconds.
        theirs: the same for the Trainer.
        documents: of the town.

    Example:
        >>> time_to_probe(400, 90.0, 90.0).unit  # doctest: +SKIP
        's'
    """
    from tl_helpers import models, town
    from tl_helpers.train import pretrain
    from tl_lessons.objectives.race import PART

    tokenizer, part = models.town_tokenizer(), town.Town(seed=0, **PART)
    blocks = pretrain.pack(part.corpus(documents).texts(), tokenizer, LENGTH)

    def evaluate(model: PreTrainedModel) -> dict[str, Any]:
        return {"probe": questions.own_guesses(model, tokenizer)}

    def until(limit: float) -> Callable[[dict[str, Any]], bool]:
        return lambda e: e["probe"] >= TARGET or e["seconds"] >= limit

    fast = train_fast(
        models.new()[0],
        tokenizer,
        blocks,
        steps,
        evaluate=evaluate,
        evaluate_every=25,
        until=until(ours),
        optimiser="muon",
        learning_rate=MUON_RATE,
        mask_rate=MUON_MASKS,
    )
    plain = train_plain(
        models.new()[0],
        tokenizer,
        blocks,
        steps,
        evaluate=evaluate,
        evaluate_every=25,
        until=until(theirs),
    )
    (a, reached_a, text_a), (b, reached_b, text_b) = map(_outcome, (fast, plain))
    note = (
        f"fast loop: {text_a}; Trainer: {text_b}. Not the same recipe: Muon, rate {MUON_RATE:g}, "
        f"{MUON_MASKS:.0%} masked here; AdamW, rate {RATE:g} (its default is 5e-05), 15% masked "
        "there. Both read an easier part of the town, not the whole"
    )
    ratio = b / a if reached_a and b > a else None
    what = f"time to probe {TARGET:g}" + (" (at least)" if ratio and not reached_b else "")
    return Line(what, "s", a if reached_a else None, b, ratio, note)


def _outcome(evaluations: list[dict[str, Any]]) -> tuple[float, bool, str]:
    last = evaluations[-1]
    reached = last["probe"] >= TARGET
    verb = "reached" if reached else "stopped at"
    text = f"{verb} {last['probe']:.2f}, step {last['step']}, {last['seconds']:.0f} s"
    return last["seconds"], reached, text


def town_speed(repetitions: int, documents: int = 20_000) -> Line:
    """Sentences per second of the town's generator, one process, texts included.

    Example:
        >>> town_speed(3).unit  # doctest: +SKIP
        'sentences/s'
    """
    from tl_helpers import town

    speeds = []
    for seed in range(repetitions):
        place, start = town.Town(seed=seed), time.perf_counter()
        corpus = place.corpus(documents)
        corpus.texts()
        speeds.append(corpus.n_sentences / (time.perf_counter() - start))
    return Line(
        "town: generated text",
        "sentences/s",
        median(speeds),
        20_000,
        median(speeds) / 20_000,
        "against the 20,000 that were asked for",
        [[x] for x in speeds],
    )


def import_time(repetitions: int) -> Line:
    """Seconds of ``import tl_helpers`` in a fresh interpreter.

    Example:
        >>> import_time(3).rival  # doctest: +SKIP
        0.3
    """
    program = (
        "import time; start = time.perf_counter(); import tl_helpers; "
        "print(time.perf_counter() - start)"
    )
    seconds = []
    for _ in range(repetitions):
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            cwd=files.PACKAGE.parent,
        )
        seconds.append(float(done.stdout))
    return Line(
        "import tl_helpers",
        "s",
        median(seconds),
        0.3,
        0.3 / median(seconds),
        "against the 0.3 s that were asked for",
        [[x] for x in seconds],
    )


# The first and the last cell of a notebook whose explorers are timed.
_WATCH = """
import os
from tl_helpers.show import explore
del os.environ["TL_QUIET"]
os.environ["TL_STATIC"] = "0"  # widgets, as for a learner
MADE, PLAIN = [], explore.explore
def watched(*given, **named):
    MADE.append(PLAIN(*given, **named))
    return MADE[-1]
explore.explore = watched
"""
_TURN = """
import json, time
steps = []
for explorer in MADE:
    for key in explorer.keys():
        began = time.perf_counter()
        explorer.widget.turn(key)
        steps.append(time.perf_counter() - began)
print(json.dumps(steps))
"""


def explorer_step(notebook: str = "00_start_here") -> Line:
    """Seconds until the widgets of an explorer hold their new picture, in the notebook's kernel.

    Example:
        >>> explorer_step().rival  # doctest: +SKIP
        0.2
    """
    from statistics import quantiles

    from nbformat.v4 import new_code_cell

    from tl_helpers.press import notebooks, run

    watched = notebooks.read(notebooks.find([notebook])[0])
    watched.cells = [new_code_cell(_WATCH), *watched.cells, new_code_cell(_TURN)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{notebook}.ipynb"
        notebooks.write(watched, path)
        (job,) = run.run([path], profile="quick", output=Path(folder) / "build").jobs
    if job.error:
        return Line("explorer: one step", "s", None, note=job.error.partition("\n")[0])
    steps = sorted(json.loads(job.notebook.cells[-1].outputs[0].text))
    slow = quantiles(steps, n=10)[-1]
    return Line(
        "explorer: one step",
        "s",
        slow,
        0.2,
        0.2 / slow,
        f"nine in ten of {len(steps)} steps in {notebook} are faster; median {median(steps):.3f}, "
        f"slowest {steps[-1]:.3f}; against 0.2 s; without the way to the browser",
        [[s] for s in steps],
    )


def course_time() -> Line:
    """Wall time of ``make course``, packages installed: every notebook and the site.

    Example:
        >>> course_time().rival  # doctest: +SKIP
        300.0
    """
    what, makefile = "make course", files.root() / "Makefile"
    if not makefile.exists():
        return Line(what, "s", None, note=f"there is no {makefile}")
    start = time.perf_counter()
    done = subprocess.run(
        ["make", "--silent", "course"], cwd=makefile.parent, capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        return Line(what, "s", None, note=f"make course failed: {last}")
    return Line(
        f"{what}, all notebooks and the site",
        "s",
        seconds,
        COURSE,
        COURSE / seconds,
        f"packages installed; against the {COURSE:g} s that were asked for",
    )


def table(lines: Sequence[Line]) -> str:
    """The lines as aligned text.

    Example:
        >>> print(table([import_time(3)]))  # doctest: +SKIP
    """
    rows = [("what", "ours", "rival or goal", "unit", "times better")]
    for line in lines:
        ratio = "-" if line.ratio is None else f"{line.ratio:.2f}"
        rows.append((line.what, _number(line.value), _number(line.rival), line.unit, ratio))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    out = []
    for n, row in enumerate(rows):
        cells = [
            row[0].ljust(widths[0]),
            *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
        ]
        out.append("  ".join(cells))
        if n and lines[n - 1].note:
            out.append(f"    {lines[n - 1].note}")
    return "\n".join(out)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


@functools.cache
def _films(seed: int) -> tuple[list[str], list[int], list[str], list[int]]:
    """Sentences to train on with their labels, and others to judge by."""
    import numpy as np

    from tl_helpers import data

    films = data.load("ratings", domain="film", clear=True)
    parts: list[Any] = []
    for split, count in (("train", FEW), ("test", JUDGED)):
        rows = films[split]
        some = rows.select(data.balanced(np.array(rows["label"]), count, seed))
        parts += [some["text"][:], some["label"][:]]
    return tuple(parts)  # type: ignore[return-value]


def _fine_tuned(how: str, seed: int) -> tuple[float, float]:
    """Seconds from texts to a fine-tuned MiniLM, and its accuracy."""
    import numpy as np
    from transformers import DataCollatorWithPadding

    from tl_helpers import models
    from tl_helpers.train import adapt, baseline, finetune, texts

    x, y, others, truth = _films(seed)
    encoder, tokenizer = models.load("minilm", task="classification", seed=seed)
    start = time.perf_counter()
    if how == "ours":
        network: Any = adapt.fit(encoder, tokenizer, x, y, seed=seed, progress=False).model
    else:
        recipe: dict[str, Any] = {"num_train_epochs": 3, "seed": seed}
        if how == "same recipe":
            recipe |= {"per_device_train_batch_size": 16, "learning_rate": 1e-4, "bf16": True}
            recipe |= {"warmup_steps": round(0.1 * 3 * FEW / 16)}
        examples = [
            {"input_ids": ids, "label": label}
            for ids, label in zip(tokenizer(x)["input_ids"], y, strict=True)
        ]
        collator = DataCollatorWithPadding(tokenizer)
        baseline.train(encoder, examples, collator, due=lambda step: False, **recipe)
        network = encoder
    seconds = time.perf_counter() - start
    rows = texts.encode(tokenizer, others, network)
    padding = texts.padding_of(tokenizer, network, rows)
    answers = finetune.logits_of(network.eval(), rows, padding).argmax(axis=1)
    return seconds, float(np.mean(answers == np.array(truth)))


@functools.cache
def _turns(repetitions: int) -> dict[str, list[tuple[float, float]]]:
    """Ours, the Trainer with our recipe, and the Trainer as it comes, taking turns."""
    ways = ("ours", "same recipe", "defaults")
    for way in ways:  # not timed: the first one in a process pays for what all of them load
        _fine_tuned(way, repetitions)
    turns = [{way: _fine_tuned(way, seed) for way in ways} for seed in range(repetitions)]
    return {way: [turn[way] for turn in turns] for way in ways}


def _seconds(what: str, pairs: list[list[float]], note: str) -> Line:
    """A line of seconds, from pairs of ours and theirs that took turns."""
    ours, theirs = (median(side) for side in zip(*pairs, strict=True))
    return Line(what, "s", ours, theirs, median(b / a for a, b in pairs), note, pairs)


def time_to_fine_tune(against: str, repetitions: int) -> Line:
    """Seconds to fine-tune MiniLM on 256 labelled sentences, three times over them.

    Args:
        against: ``"same recipe"`` (batches of 16, the same rate and schedule, bfloat16) or
            ``"defaults"``, which the Trainer has without being told.
        repetitions: draws of sentences.

    Example:
        >>> time_to_fine_tune("defaults", 3).unit  # doctest: +SKIP
        's'
    """
    from tl_helpers.core.errors import NotHere

    what = f"fine-tuning MiniLM, {FEW} labels; Trainer: {against}"
    try:
        turns = _turns(repetitions)
    except NotHere as absent:
        return Line(what, "s", None, note=str(absent).partition("\n")[0])
    ours, theirs = turns["ours"], turns[against]
    asked = SAME if against == "same recipe" else DEFAULTS
    right = [sum(accuracy for _, accuracy in turn) / repetitions for turn in (ours, theirs)]
    pairs = [[a, b] for (a, _), (b, _) in zip(ours, theirs, strict=True)]
    note = f"asked for: {asked:g} times; mean accuracy {right[0]:.3f} against {right[1]:.3f}"
    return _seconds(what, pairs, note)


def lora_step(repetitions: int, steps: int = 8) -> Line:
    """Seconds of a training step of MiniLM with LoRA, and with all of its weights.

    Example:
        >>> lora_step(3).unit  # doctest: +SKIP
        's'
    """
    import numpy as np

    from tl_helpers import models
    from tl_helpers.core.errors import NotHere
    from tl_helpers.train import finetune, lora, texts
    from tl_helpers.train.loop import Plan

    what = "a step of MiniLM: LoRA against all weights"
    layers = ["query", "key", "value", "intermediate.dense", "output.dense"]
    plan = Plan(steps=steps, batch_size=16, learning_rate=1e-4, weight_decay=0.0, progress=False)
    pairs = []
    for seed in range(repetitions):
        try:
            x, y, _, _ = _films(seed)
        except NotHere as absent:
            return Line(what, "s", None, note=str(absent).partition("\n")[0])
        pair = []
        for way in ("LoRA", "everything"):
            network, tokenizer = models.load("minilm", task="classification", seed=seed)
            labelled = finetune.Labelled(texts.encode(tokenizer, x, network), np.array(y))
            trained: Any = network
            if way == "LoRA":
                trained = lora.add(network, layers, rank=8, whole=["classifier"], seed=seed)
            history, _ = finetune.fine_tune(trained, tokenizer, labelled, plan)
            pair.append(history.seconds / steps)
        pairs.append(pair)
    return _seconds(what, pairs, "asked for: no slower; rank 8 in all matrices of a block")


def main(*, quick: bool = False, patient: bool = False) -> None:
    """Measure everything, print the table, write ``build/bench.json``.

    Args:
        quick: fewer turns, and no time to the probe.
        patient: wait until the Trainer has reached the probe value, too.

    Example:
        >>> main(quick=True)  # doctest: +SKIP
    """
    import torch
    import transformers

    if os.environ.get("TL_THREADS", "").isdigit():
        torch.set_num_threads(int(os.environ["TL_THREADS"]))
    start = time.perf_counter()
    few = 2 if quick else 5
    jobs: list[Callable[[], Line]] = [
        lambda: import_time(few),
        lambda: town_speed(few),
        lambda: tokens_per_second(few, 5 if quick else 12),
    ]

    jobs.append(share_of_peak)
    jobs.append(lambda: lora_step(few))
    jobs += [
        functools.partial(time_to_fine_tune, against, 1 if quick else 3)
        for against in ("same recipe", "defaults")
    ]
    if not quick:
        jobs.append(time_to_transfer)
        far = 3600.0
        jobs.append(lambda: time_to_probe(400, *((far, far) if patient else (90.0, 90.0))))
    jobs += [explorer_step] if quick else [explorer_step, course_time]
    lines = []
    for job in jobs:
        lines.append(job())
        print(f"{time.perf_counter() - start:5.0f} s  {lines[-1].what}", file=sys.stderr)
    print(table(lines))
    report = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "seconds": round(time.perf_counter() - start, 1),
        "lines": [asdict(x) for x in lines],
    }
    path = files.root() / "build" / "bench.json"
    files.write_text(path, json.dumps(report, indent=1) + "\n")
    print(f"\nMedians of {few} turns (one run for the probe). Written to {path}")


def time_to_transfer(seeds: int = 3, patience: float | None = None) -> Line:
    """Seconds from a fresh process to 0.85 with 16 labels; the Trainer's defaults beside it.

    Args:
        seeds: runs of ours, one after the other.
        patience: processor seconds after which the Trainer is given up; by default as many as make
            it ``TIMES`` times later by the clock, with every core at work.

    Example:
        >>> time_to_transfer().unit  # doctest: +SKIP
        's'
    """
    from tl_lessons.scale_and_cost import transfer

    ours = [transfer.one("fast", seed) for seed in range(seeds)]
    middle = median(r["seconds"] for r in ours)
    enough = 1.05 * TIMES * middle * (os.cpu_count() or 1)
    plain = "Trainer, its defaults"
    recipe = transfer.RIVALS[plain]
    rival = transfer.one(plain, 0, patience or enough)
    reached = all(r["reached"] for r in ours)
    verb = "reached" if rival["reached"] else "stopped at"
    note = (
        f"fresh process to accuracy {transfer.TARGET}, worst of {seeds} "
        f"{min(r['accuracy'] for r in ours):.2f}; Trainer {verb} {rival['accuracy']:.2f} after "
        f"{rival['steps']} steps; asked for: {GOAL:g} s and {TIMES:g} times sooner. Not the same "
        "recipe: counts as a head start, Muon, 25% masked here; AdamW, rate "
        f"{recipe['rate']:g}, batches of {recipe['batch']}, 15% masked there"
    )
    return Line(
        "time to transfer, 16 labels" + ("" if rival["reached"] else " (at least)"),
        "s",
        middle if reached else None,
        rival["seconds"],
        rival["seconds"] / middle if reached else None,
        note,
        [[r["seconds"]] for r in ours],
    )


def share_of_peak(steps: int = 12, width: int = 0, layers: int = 0) -> Line:
    """What share of the measured bf16 matrix rate the training of the ladder's largest model has.

    Args:
        steps: how many are timed.
        width: hidden units of another model than the ladder's largest.
        layers: its transformer blocks.

    Example:
        >>> share_of_peak().rival  # doctest: +SKIP
        0.45
    """
    from tl_helpers.measure import results
    from tl_lessons.scale_and_cost import ladder

    if not (width and layers):
        rungs = results.studies()["scaling-ladder"].plan()
        width, layers = max((rung["width"], rung["layers"]) for rung in rungs)
    rates = ladder.rates(width, layers, steps)
    share = rates.step / rates.peak
    return Line(
        f"share of the bf16 matrix rate, {width} x {layers}",
        "of 1",
        share,
        SHARE,
        share / SHARE,
        f"{rates.step / 1e9:.0f} of {rates.peak / 1e9:.0f} billion operations a second (squares of "
        f"1,024), as in the ladder; without Muon's products {rates.network / rates.peak:.2f}",
    )
