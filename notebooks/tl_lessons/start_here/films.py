"""The first transfer once more, on sentences that people wrote and rated elsewhere."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tl_helpers import data, models
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results
from tl_helpers.train import adapt

notebook = Cells("00_start_here")  # the classifiers stand there
METHODS = ("pre-trained", "random weights", "word counts")


@functools.cache
def _sentences() -> Any:
    return data.load("ratings", domain="film", clear=True)


@functools.cache
def _word_counts() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    bag = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return bag.fit(_sentences()["train"]["text"][:])


@results.study(
    "ratings-first-transfer",
    method=list(METHODS),
    labels=[16, 64, 256, 1024],
    seeds=range(10),
    of_town=False,
)
def film_accuracy(seed: int, method: str, labels: int, judged: int = 500) -> dict[str, float]:
    """Frozen features of MiniLM and a linear classifier, on film sentences of ``ratings``.

    The method is that of the notebook's first experiment. Each seed draws its labelled sentences,
    the sentences that are judged, and the random weights. The data do not say which sentences
    come from one review, so some of one review may lie in both splits.

    Raises:
        NotHere: the ratings have not been fetched.
    """
    train, test = _sentences()["train"], _sentences()["test"]
    few = train.select(data.balanced(np.array(train["label"]), labels, seed))
    some = test.select(data.balanced(np.array(test["label"]), judged, seed))
    x_few, x_some = few["text"][:], some["text"][:]
    if method == "word counts":
        x_few, x_some = (_word_counts().transform(texts) for texts in (x_few, x_some))
    else:
        model, tokenizer = models.load(
            "minilm", random_weights=method == "random weights", seed=seed
        )
        x_few, x_some = (adapt.embed(model, tokenizer, texts) for texts in (x_few, x_some))
    classifier = notebook.new_classifier(method).fit(x_few, few["label"][:])
    right = classifier.predict(x_some) == np.array(some["label"])
    return {"accuracy": float(right.mean())}
