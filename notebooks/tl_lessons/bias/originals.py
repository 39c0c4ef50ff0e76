"""The original sets, CrowS-Pairs and StereoSet, read from files that the learner has fetched.

They are not part of the course: their sentences are harsh, and the authors of CrowS-Pairs say
themselves, after Blodgett et al. (2021), that it may not be a good indicator of bias.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd

from tl_helpers.core.errors import BadValue
from tl_lessons.bias import sets

_GITHUB = "https://raw.githubusercontent.com"
CROWS = (
    f"{_GITHUB}/nyu-mll/crows-pairs/14e313b53e578b6794addfacbf42d4895ddd7680"
    "/data/crows_pairs_anonymized.csv"
)
STEREOSET = f"{_GITHUB}/moinnadeem/StereoSet/c860b58cf99e8fe1809c05469999ab0865e2bb6e/data/dev.json"
LICENCE = "CC BY-SA 4.0"


def where() -> str:
    """Where the two files are, each at one commit, and under which licence.

    Example:
        >>> where().splitlines()[0].split(":")[0]
        'CROWS_FILE'
    """
    return f"CROWS_FILE: {CROWS}\nSTEREOSET_FILE: {STEREOSET}\nBoth are under {LICENCE}."


def crows(path: str | Path) -> pd.DataFrame:
    """The pairs of ``crows_pairs_anonymized.csv``.

    Returns:
        Columns ``more`` (the sentence of the disadvantaged group), ``less``, ``about`` (nine kinds)
        and ``one word``: whether the sentences differ in one word only.

    Raises:
        BadValue: there is no such file, or it is another one.

    Example:
        ``crows("crows_pairs_anonymized.csv").shape -> (1508, 4)``
    """
    rows = list(csv.DictReader(io.StringIO(_text(path, CROWS), newline="")))
    if not rows or not {"sent_more", "sent_less", "bias_type"} <= set(rows[0]):
        raise BadValue(
            f"{path} has no columns sent_more, sent_less and bias_type.",
            f"It should be the file {CROWS}",
        )
    return pd.DataFrame(
        {
            "more": [row["sent_more"] for row in rows],
            "less": [row["sent_less"] for row in rows],
            "about": [row["bias_type"] for row in rows],
            "one word": [_one_word(row["sent_more"], row["sent_less"]) for row in rows],
        }
    )


def stereoset(path: str | Path) -> pd.DataFrame:
    """The intrasentence part of ``dev.json``.

    Returns:
        Columns ``term``, ``about`` (four kinds), and the sentences ``expected``, ``other`` and
        ``senseless``.

    Raises:
        BadValue: there is no such file, it is another one, or an example lacks one of its three
            sentences.

    Example:
        ``stereoset("dev.json").loc[0, "senseless"] -> "..."``
    """
    try:
        examples = json.loads(_text(path, STEREOSET))["data"]["intrasentence"]
        rows = [_three(example) for example in examples]
    except (ValueError, KeyError, TypeError) as error:
        raise BadValue(
            f"{path} is not StereoSet ({type(error).__name__}: {error}).",
            f"It should be the file {STEREOSET}",
        ) from None
    return pd.DataFrame(rows, columns=["term", "about", "expected", "other", "senseless"])


def _text(path: str | Path, address: str) -> str:
    try:
        return Path(path).expanduser().read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadValue(
            f"{path} cannot be read ({type(error).__name__}).", f"Fetch it first: {address}"
        ) from None


def _one_word(more: str, less: str) -> bool:
    try:
        sets.one_word_apart(more, less)
    except BadValue:
        return False
    return True


def _three(example: dict[str, Any]) -> list[str]:
    by_label = {one["gold_label"]: one["sentence"] for one in example["sentences"]}
    labels = ("stereotype", "anti-stereotype", "unrelated")
    return [example["target"], example["bias_type"], *(by_label[label] for label in labels)]
