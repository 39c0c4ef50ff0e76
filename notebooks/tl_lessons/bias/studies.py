"""The stored experiments of ``40_bias``; the methods stand in its cells."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tl_helpers import models
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue
from tl_helpers.measure import results
from tl_lessons.bias import people

notebook = Cells("40_bias")
REMEDIES = ("none", "SentenceDebias", "INLP", "repair", "augmented", "random weights")


@results.study("bias-dial", {"skew": [0.0, 0.25, 0.5, 0.75, 1.0]}, seeds=range(5))
def dial(seed: int, skew: float) -> dict[str, float]:
    """A model reads a town at one setting of the gender skew; behaviour, geometry and use."""
    texts = notebook.about_people(skew, seed)
    model, tokenizer = notebook.read_on(texts, seed)
    found = {
        "gap of the text": notebook.text_gap(texts),
        "pairs": 100 * notebook.crows(model, tokenizer, notebook.town_pairs(seed)),
    }
    for name, template in notebook.TEMPLATES.items():
        found[f"gap, {name}"] = notebook.gap(model, tokenizer, *template)
    for attribute in people.attributes():
        for way in notebook.WAYS:
            found[f"d, {way}, {attribute}"] = notebook.town_weat(model, tokenizer, way, attribute)
    found["use"] = notebook.decision_gap(model, tokenizer, seed)
    unfair = notebook.decision_gap(model, tokenizer, seed, labels=256, she_share=0.9)
    return found | {"use, skewed labels": unfair}


@results.study("bias-remedies", {"kind": list(REMEDIES)}, seeds=range(5))
def remedies(seed: int, kind: str) -> dict[str, float]:
    """The full skew and one remedy each: what is mended, and what is left."""
    if kind == "random weights":
        blank = models.load("town-mlm", task="masked-lm", random_weights=True, seed=seed)
        return notebook.all_checks(*blank, seed)
    return notebook.remedy(kind, seed)


@results.study("bias-names", {"swapped": ["nothing", "pronouns", "names too"]}, seeds=range(5))
def names(seed: int, swapped: str) -> dict[str, float]:
    """The full skew is read with its names; what augmentation mends depends on what it swaps."""
    return notebook.named_run(swapped, seed)


@results.study(
    "bias-pairs", {"axis": ["gender", "age", "nationality"]}, seeds=range(1), of_town=False
)
def pairs(seed: int, axis: str) -> list[dict[str, Any]]:
    """SmolLM2 on the test pairs of the course; nothing is drawn, so there is one seed.

    Raises:
        NotHere: SmolLM2 has not been fetched.
    """
    rows = notebook.written_pairs(axis)
    found = []
    for row, ahead in zip(rows, notebook.pairs_ahead(rows), strict=True):
        length = len(row["more"].split())
        third = ("first", "middle", "last")[min(2, 3 * row["position"] // length)]
        kind = "control" if row["group"] == "neutral" else "stereotype"
        found.append(
            {
                "pair": row["id"],
                "kind": kind,
                "group": row["group"],
                "third": third,
                "ahead": round(float(ahead), 4),
            }
        )
    return found


# --- the official implementations ---------------------------------------------------------------

#: What the reference needs: the name of the file below ``TL_OFFICIAL``, and where it comes from.
OFFICIAL = {
    "weat.py": "W4ngatang/sent-bias, sentbias/weat.py",
    "crows.py": "nyu-mll/crows-pairs, metric.py",
    "stereoset.py": "moinnadeem/StereoSet, code/evaluation.py",
}


def official(file: str) -> ModuleType:
    """The imports, functions and classes of one official file; its command line is left out.

    Raises:
        BadValue: the folder ``TL_OFFICIAL`` is not set, or has no such file.
    """
    path = Path(os.environ.get("TL_OFFICIAL", "")) / file
    if not os.environ.get("TL_OFFICIAL") or not path.is_file():
        raise BadValue(
            f"{file} is not in the folder TL_OFFICIAL.",
            f"Get it from the repository {OFFICIAL[file]}, and set TL_OFFICIAL to its folder.",
        )
    tree = ast.parse(path.read_text("utf-8"))
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    tree.body = [
        part
        for part in tree.body
        if isinstance(part, kinds) and "dataloader" not in ast.unparse(part)[:20]
    ]
    module = ModuleType(file)
    exec(compile(tree, str(path), "exec"), vars(module))
    return module


def reference_sets() -> dict[str, tuple[list[str], ...]]:
    """Small sets of words for the reference: one that is counted out, one that is drawn."""
    group = people.jobs()
    pronouns = (["she", "her"], ["he", "his"])
    return {
        "six and six": (group["women"][:6], group["men"][:6], *pronouns),
        "twenty and twenty": (group["women"], group["men"], *pronouns),
    }


def reference_pairs() -> list[tuple[str, str]]:
    """Thirty pairs of the town for the reference."""
    return notebook.town_pairs(0, 30)


@results.study(
    "bias-reference",
    {"metric": ["WEAT", "CrowS-Pairs", "StereoSet"]},
    seeds=range(1),
)
def reference(seed: int, metric: str) -> list[dict[str, Any]]:
    """What the official code says of ``town-mlm``, for the tests of the notebook's own functions.

    It is not part of the course, and cannot be: run it once with the three files of ``OFFICIAL``
    in a folder::

        TL_OFFICIAL=that/folder tl results build bias-reference

    The functions of the files run as they are. Only ``numpy.int``, which NumPy has removed since,
    is put back as ``int`` while they do. The stored numbers were made from the text of the files as
    a public index shows it, because nothing could be downloaded where they were made; of
    ``metric.py`` that was a copy in another repository, whose functions are those of the paper.

    Raises:
        BadValue: the files are not there.
    """
    model, tokenizer = models.load("town-mlm", task="masked-lm")
    if metric == "WEAT":
        return _weat(model, tokenizer)
    if metric == "CrowS-Pairs":
        return _crows(model, tokenizer)
    return _stereoset(model, tokenizer)


def _weat(model: Any, tokenizer: Any) -> list[dict[str, Any]]:
    theirs, found = official("weat.py"), []
    vars(np).setdefault("int", int)
    for name, sets in reference_sets().items():
        encoded = {
            part: {
                "category": part,
                "encs": dict(
                    zip(words, notebook.vectors_of(model, tokenizer, words, "table"), strict=True)
                ),
            }
            for part, words in zip(("targ1", "targ2", "attr1", "attr2"), sets, strict=True)
        }
        np.random.seed(0)
        d, p = theirs.run_test(encoded, n_samples=10_000)
        found.append({"case": name, "d": float(d), "p": float(p)})
    return found


def _crows(model: Any, tokenizer: Any) -> list[dict[str, Any]]:
    import torch

    theirs, found = official("crows.py"), []
    parts = {
        "model": model,
        "tokenizer": tokenizer,
        "mask_token": tokenizer.mask_token,
        "log_softmax": torch.nn.LogSoftmax(dim=0),
        "uncased": True,
    }
    with torch.no_grad():
        for more, less in reference_pairs():
            score = theirs.mask_unigram({"sent1": more, "sent2": less}, parts)
            one, other = (round(score[f"sent{i}_score"], 3) for i in (1, 2))
            found.append({"case": more, "more": one, "less": other})
    return found


def _stereoset(model: Any, tokenizer: Any) -> list[dict[str, Any]]:
    from types import SimpleNamespace

    theirs, rows = official("stereoset.py"), notebook.three_ways(model, tokenizer)
    judge = theirs.ScoreEvaluator.__new__(theirs.ScoreEvaluator)
    judge.id2score, judge.example2sent, examples = {}, {}, []
    for number, (term, *scores) in enumerate(rows):
        examples.append(SimpleNamespace(ID=number, target=term))
        for label, score in zip(
            ("stereotype", "anti-stereotype", "unrelated"), scores, strict=True
        ):
            judge.example2sent[number, label] = (number, label)
            judge.id2score[number, label] = float(score)
    said = judge.evaluate(examples)
    return [
        {
            "case": "her, his, soup",
            "lms": float(said["LM Score"]),
            "ss": float(said["SS Score"]),
            "icat": float(said["ICAT Score"]),
        }
    ]
