"""The shipped models of the town: how each was made, and the command that makes it again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tl_helpers import questions
from tl_helpers.core import files
from tl_helpers.core.errors import BrokenFile, UnknownName


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a shipped model."""

    objective: str
    size: str
    documents: int
    block: int
    steps: int
    batch_size: int
    learning_rate: float
    optimiser: str
    mask_rate: float
    seed: int
    evaluate_every: int


RECIPES = {
    "town-mlm": Recipe("mlm", "small", 200_000, 128, 3000, 32, 8e-3, "muon", 0.25, 0, 100),
    "town-clm": Recipe("clm", "small", 200_000, 128, 2400, 32, 8e-3, "muon", 0.25, 0, 100),
    "town-rtd": Recipe("rtd", "small", 200_000, 128, 3000, 32, 2e-3, "muon", 0.25, 0, 100),
    "town-mt": Recipe("mt", "small", 30_000, 64, 900, 32, 8e-3, "muon", 0.0, 0, 150),
}


@dataclass(frozen=True)
class Demand:
    """What ``tl checkpoints verify`` demands of a model: a measure, and how good is good enough.

    Attributes:
        measure: its name, as it is stored with the checkpoint.
        of: measure a model: a function of model and tokenizer.
        bound: the worst value that passes.
        higher: whether more is better.
        task: the head that the measure needs.
        words: the measure in a sentence, with ``{}`` for the value.
    """

    measure: str
    bound: float
    higher: bool
    task: str
    words: str
    of: Callable[[Any, Any], float]

    def met(self, value: float) -> bool:
        """Whether that is good enough."""
        return value >= self.bound if self.higher else value <= self.bound


def _bleu(model: Any, tokenizer: Any) -> float:
    from tl_helpers.train import translation

    return translation.held_out_bleu(model, tokenizer)


PROBE = Demand(
    "probe",
    0.9,
    True,
    "masked-lm",
    "answers {:.0%} of the probe's questions",
    questions.own_guesses,
)
GAP = Demand(
    "excess_bits",
    0.08,
    False,
    "causal-lm",
    "needs {:.2f} bits a word above the truth",
    questions.excess_bits,
)
DETECTION = Demand(
    "detection",
    0.9,
    True,
    "replaced-tokens",
    "finds replaced words with an AUC of {:.2f}",
    questions.detection,
)
BLEU = Demand("held_out_bleu", 60.0, True, "seq2seq-lm", "translates at {:.1f} BLEU", _bleu)
DEMANDS = {"mlm": PROBE, "clm": GAP, "rtd": DETECTION, "mt": BLEU}  # by objective


def recipe(name: str) -> Recipe:
    """The recipe of a shipped model.

    Raises:
        UnknownName: there is no such model.

    Example:
        >>> recipe("town-mlm").steps
        3000
    """
    if name not in RECIPES:
        raise UnknownName("shipped model", name, RECIPES)
    return RECIPES[name]


def build(name: str, folder: Path | None = None) -> Path:
    """Train a shipped model again (minutes), store it, and list it in ``data/SHA256SUMS``.

    The run goes on where it stopped when it is called again. Same machine and thread number: same
    bytes; elsewhere rounding differs and so do the last digits of the weights.

    Args:
        name: of the model.
        folder: where to, instead of ``data/checkpoints/NAME``.

    Raises:
        UnknownName: there is no such model.

    Example:
        >>> build("town-mlm").name  # doctest: +SKIP
        'town-mlm'
    """
    from tl_helpers import models, town
    from tl_helpers.measure import results

    r = recipe(name)
    halfway = files.cache_dir() / "building" / name
    corpus = town.Town(seed=r.seed).corpus(r.documents)
    train = _translate if r.objective == "mt" else _read
    model, tokenizer, history = train(
        r,
        corpus,
        {
            "steps": r.steps,
            "batch_size": r.batch_size,
            "learning_rate": r.learning_rate,
            "optimiser": r.optimiser,
            "seed": r.seed,
            "evaluate_every": r.evaluate_every,
            "checkpoint": halfway,
            "checkpoint_every": 500,
        },
    )
    meta: dict[str, Any] = {
        "command": f"tl checkpoints build {name}",
        "recipe": asdict(r),
        "town": {"version": town.VERSION, **town.Dials(seed=r.seed).to_dict()},
        "parameters": models.count_parameters(model),
        "environment": results.environment(),
        "history": history.to_dict(points=200),
    }
    target = folder or files.data_dir() / "checkpoints" / name
    models.save(model, tokenizer, target, meta)
    if r.objective == "mt":  # the language that it writes
        models.town_tokenizer(language="ondalese").save_pretrained(target / "target")
    shutil.rmtree(halfway, ignore_errors=True)  # the next build begins anew
    if folder is None:
        files.write_checksums(f"checkpoints/{name}")
    return target


def _read(r: Recipe, corpus: Any, settings: dict[str, Any]) -> tuple[Any, Any, Any]:
    """A language model that reads the corpus."""
    from tl_helpers import models
    from tl_helpers.train import pretrain

    measures = {DEMANDS[r.objective].measure: DEMANDS[r.objective].of}
    if r.objective == "rtd":  # what it is trained to find, and whether it sees sentiment
        measures["suspicion"] = questions.suspicion
    model, tokenizer = models.new(r.size, r.objective, seed=r.seed)
    history = pretrain.fit(
        model,
        pretrain.pack(corpus.texts(), tokenizer, r.block),
        tokenizer=tokenizer,
        objective=r.objective,
        mask_rate=r.mask_rate,
        evaluate=lambda m: {name: of(m, tokenizer) for name, of in measures.items()},
        **settings,
    )
    return model, tokenizer, history


def _translate(r: Recipe, corpus: Any, settings: dict[str, Any]) -> tuple[Any, Any, Any]:
    """A translator that reads the corpus in both languages; stored in half precision."""
    from tl_helpers.train import translation

    demand = DEMANDS[r.objective]
    translator = translation.new(r.size, r.seed)
    model, source, target = translator
    history = translation.fit(
        translator,
        translation.pack(corpus.parallel(), source, target, r.block),
        evaluate=lambda m: {demand.measure: demand.of(m, source)},
        **settings,
    )
    return model.half(), source, history


def stale(name: str) -> str:
    """Why a shipped model is out of date; empty if it is not.

    Example:
        >>> stale("town-mlm")
        ''
    """
    from tl_helpers import models, town

    version = models.training(name)["town"]["version"]
    if version == town.VERSION:
        return ""
    return f"{name} was trained on version {version} of the town, which is at {town.VERSION}"


def verify(name: str) -> float:
    """Check bytes, loading, and that the model still knows what it should.

    Returns:
        The value of its measure, see ``DEMANDS``.

    Raises:
        UnknownName: there is no such model.
        BrokenFile: a file is damaged, or the model is not as good as it should be.

    Example:
        >>> verify("town-mlm") >= 0.9  # doctest: +SKIP
        True
    """
    from tl_helpers import models

    if old := stale(name):
        raise BrokenFile(f"{old}.", f"Train it again: tl checkpoints build {name}")
    demand = DEMANDS[recipe(name).objective]
    value = demand.of(*models.load(name, task=demand.task))
    if not demand.met(value):
        raise BrokenFile(
            f"{name} {demand.words.format(value)}; the bound is {demand.bound:g}.",
            f"Restore it (git checkout -- data/checkpoints/{name}) or run: "
            f"tl checkpoints build {name}",
        )
    return value
