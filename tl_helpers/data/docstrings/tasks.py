"""Tasks whose labels nobody had to write: which library? Which body belongs to this summary?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tl_helpers.core.errors import BadValue

if TYPE_CHECKING:
    from datasets import Dataset

#: What would give the answer away, in the order in which it is looked for.
_NAMES = re.compile(
    r"\b(?:numpy|scipy|pandas|scikit-learn|sklearn|matplotlib|pyplot|pytorch|torch|ipython|jupyter"
    r"|hugging ?face(?:[_ ]hub)?|sentence[-_ ]?transformers?|transformers|np|pd|plt|hf"
    r"|datasets(?= library| package|\.))\b",
    re.I,
)
SOMETHING = "it"  # said in place of a library's name


def library_task(rows: Dataset, *, hide_names: bool = True, least_words: int = 6) -> Dataset:
    """Which library is a text about? Columns ``text``, ``label`` and ``module``.

    Args:
        rows: a split of the docstrings.
        hide_names: replace the names of the libraries in the text, which would be the answer.
        least_words: shorter texts are left out.

    Raises:
        BadValue: ``least_words`` leaves nothing.
    """
    from datasets import Dataset, Features, Value

    texts = [_hidden(text) if hide_names else text for text in rows["text"][:]]
    keep = [i for i, text in enumerate(texts) if len(text.split()) >= least_words]
    if not keep:
        raise BadValue(f"No text has {least_words} words.", "Use a smaller least_words.")
    labels, modules = rows["library"][:], rows["module"][:]
    columns = {
        "text": [texts[i] for i in keep],
        "label": [labels[i] for i in keep],
        "module": [modules[i] for i in keep],
    }
    features = Features(
        text=Value("string"), label=rows.features["library"], module=Value("string")
    )
    return Dataset.from_dict(columns, features=features)


def _hidden(text: str) -> str:
    return _NAMES.sub(SOMETHING, text)


def summary_body_task(
    rows: Dataset, *, negatives: int = 1, least_words: int = 8, seed: int = 0
) -> Dataset:
    """Does this summary belong to this body? Columns ``summary``, ``body``, ``label`` and more.

    Each summary comes once with its own body (``label`` 1) and ``negatives`` times with the body
    of another object of the same library (``label`` 0), of the same module where it has one
    (``same_module``): the topic alone does not give the answer. Each body, too, comes equally often
    with either label.

    Args:
        rows: a split of the docstrings.
        negatives: wrong bodies for each summary.
        least_words: objects with a shorter body are left out; so are repeated summaries.
        seed: another seed, other negatives.

    Raises:
        BadValue: ``negatives`` is not positive, or no library has enough objects.
    """
    import numpy as np
    from datasets import ClassLabel, Dataset, Features, Value

    if isinstance(negatives, bool) or not isinstance(negatives, (int, np.integer)) or negatives < 1:
        raise BadValue(f"negatives={negatives!r} makes no pairs.", "Use 1 or more.")
    rng = np.random.RandomState(seed)  # its stream is guaranteed never to change
    summary, body = rows["summary"][:], rows["body"][:]
    module, library = rows["module"][:], np.asarray(rows["library"][:])
    long = np.array([len(text.split()) >= least_words for text in body], bool)
    first = {text.lower(): i for i, text in reversed(list(enumerate(summary))) if long[i]}
    long &= np.isin(np.arange(len(long)), list(first.values()))  # else a wrong pair might be right
    pairs: list[tuple[int, int]] = []
    for one in np.unique(library[long]):
        ring = rng.permutation(np.flatnonzero(long & (library == one))).tolist()
        if len(ring) <= negatives:
            continue
        ring.sort(key=lambda i: module[i])  # neighbours in the ring share a module, if they can
        for shift in range(negatives + 1):
            pairs += [(i, ring[(k + shift) % len(ring)]) for k, i in enumerate(ring)]
    if not pairs:
        raise BadValue("No library has enough objects with a body.", "Use a smaller least_words.")
    order = rng.permutation(len(pairs))
    chosen = [pairs[k] for k in order]
    columns = {
        "summary": [summary[i] for i, _ in chosen],
        "body": [body[j] for _, j in chosen],
        "label": [int(i == j) for i, j in chosen],
        "same_module": [module[i] == module[j] for i, j in chosen],
        "library": [int(library[i]) for i, _ in chosen],
    }
    features = Features(
        summary=Value("string"),
        body=Value("string"),
        label=ClassLabel(names=["other", "same"]),
        same_module=Value("bool"),
        library=rows.features["library"],
    )
    return Dataset.from_dict(columns, features=features)
