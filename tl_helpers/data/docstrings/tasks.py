"""A task whose labels nobody had to write: which library is a text about?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tl_helpers.core import checks
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

    Example:
        >>> library_task(corpus["train"])[0]["text"]  # doctest: +SKIP
        'Return the mean of it arrays.'
    """
    from datasets import Dataset, Features, Value

    hide_names = checks.flag(hide_names, "hide_names")
    least_words = checks.whole(least_words, "least_words", 0)
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
