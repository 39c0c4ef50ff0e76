"""The gates: whatever comes in, the result is right, or an error says what, where and what to do.

First each gate alone, with anything that Hypothesis thinks of; then every public function that
takes texts, labels, references or settings. Those are found by looking: a parameter that has no
gate here, or a function that is not called here, fails the first test of the second part.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
from collections.abc import Callable, Iterator
from enum import Enum, StrEnum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value
from hypothesis import given, settings
from hypothesis import strategies as st

import tl_helpers as tl
from tl_helpers import models
from tl_helpers.core import checks, files
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError
from tl_helpers.measure import evaluate, results
from tl_helpers.train import distil, loop, probe, word_vectors

HALF = "good \ud83d"  # half an emoji, as a cut in the middle of one leaves it


class Kind(StrEnum):
    """Strings of another type."""

    GOOD = "good"
    BAD = "bad"


# Each gate alone ---------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=()), max_size=6)  # halves of characters, too
SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.floats().map(np.float32),
    st.integers(-5, 5).map(np.int64),
    st.complex_numbers(),
    st.fractions(),
    st.decimals(),
    st.dates(),
    st.binary(max_size=3),
    TEXT,
    st.sampled_from(
        [pd.NA, pd.NaT, np.nan, np.bool_(True), np.array(3), Kind.GOOD, 10**400, object()]
    ),
)
ANYTHING = st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=2), inner, max_size=2),
        st.lists(st.integers(0, 3), max_size=3).map(set),
        st.lists(st.floats(), max_size=3).map(np.array),
        st.lists(TEXT, max_size=3).map(lambda texts: pd.Series(texts, dtype=object)),
    ),
    max_leaves=4,
)


def through(gate: Callable[..., Any], value: Any, *more: Any) -> Any:
    """What a gate gives, or None if it refused: by name, in one line, and with advice."""
    try:
        return gate(value, "it", *more)
    except BadValue as error:
        assert "it" in error.what.casefold() and error.do and "\n" not in error.what, error.what
        str(error).encode("utf-8")  # can be printed
        return None


@given(ANYTHING)
def test_the_gate_of_texts(value):
    found = through(checks.texts, value)
    if found is not None:
        assert found and all(
            type(text) is str and text.encode("utf-8") is not None for text in found
        )
        assert found == [str.__str__(text) for text in value]


@given(ANYTHING)
def test_the_gate_of_labels(value):
    found = through(checks.labels, value)
    if found:
        assert {type(label) for label in found} in ({int}, {str})
        assert all(label >= 0 if isinstance(label, int) else label.strip() for label in found)
        assert found == [x.value if isinstance(x, Enum) else x for x in value]


@given(ANYTHING)
def test_the_gates_of_numbers(value):
    gates: list[tuple[Callable[..., Any], type, Callable[[Any], bool]]] = [
        (checks.seed, int, lambda x: 0 <= x < 2**32),
        (checks.whole, int, lambda x: x >= 1),
        (checks.at_least_one, int, lambda x: x >= 1),
        (checks.number, float, np.isfinite),
        (checks.positive, float, lambda x: 0 < x < np.inf),
        (checks.not_negative, float, lambda x: 0 <= x < np.inf),
        (checks.share, float, lambda x: 0 <= x <= 1),
        (checks.flag, bool, lambda x: True),
    ]
    for gate, kind, fits in gates:
        found = through(gate, value)
        if found is not None:
            assert type(found) is kind and fits(found) and found == kind(value)
            assert not isinstance(value, str | bytes) and (kind is bool) == isinstance(
                value, bool | np.bool_
            )


@given(ANYTHING)
def test_the_gates_of_lists_of_numbers_and_of_names(value):
    found = through(checks.numbers, value)
    if found is not None:
        assert found.dtype == np.float64 and found.ndim == 1 and np.isfinite(found).all()
    try:
        assert checks.one_of(value, ("mean", "max", True), "it") in ("mean", "max", True)
    except BadValue as error:
        assert "it=" in str(error)
    try:
        assert checks.known("thing", value, ("mean", "max")) in ("mean", "max")
    except CourseError as error:
        assert "thing" in str(error)


@given(st.one_of(ANYTHING, st.lists(st.lists(SCALAR, max_size=3), max_size=3)))
def test_the_gate_of_tables_of_features(value):
    found = through(checks.features, value)
    if found is not None:
        assert found.ndim == 2 and found.shape[1] > 0 and np.isfinite(found).all()
        assert found.astype(np.float64).shape == found.shape


@given(ANYTHING)
def test_the_gate_of_paths(value):
    try:
        found = files.place(value, "it")
    except BadValue as error:
        assert "it=" in error.what and error.do
    else:
        assert isinstance(value, str | os.PathLike) and found.is_absolute()


def test_what_the_gates_let_through():
    table = pd.DataFrame({"text": ["good", "bad"], "label": [1, 0]})
    rows = Dataset.from_pandas(table)
    for texts in (
        ["good", "bad"],
        ("good", "bad"),
        (t for t in ["good", "bad"]),
        {1: "good", 2: "bad"}.values(),
        {"good": 1, "bad": 2}.keys(),
        np.array(["good", "bad"]),
        np.array(["good", "bad"], dtype=object),
        pd.Series(["good", "bad"], index=[7, 9]),
        pd.Index(["good", "bad"]),
        pd.Series(["good", "bad"], dtype="string"),
        table["text"],
        rows["text"],
        [Kind.GOOD, Kind.BAD],
    ):
        found = checks.texts(texts)
        assert found == ["good", "bad"] and {type(t) for t in found} == {str}
    for labels in ([1, 0], np.array([1, 0], np.int8), table["label"], rows["label"], (1, 0)):
        assert checks.labels(labels) == [1, 0]
    assert checks.whole(3.0, "n") == checks.whole(np.float32(3), "n") == 3
    assert checks.positive(Fraction(1, 2), "x") == 0.5 and checks.share(np.float64(1), "x") == 1.0


def test_the_place_in_it_is_named():
    with pytest.raises(BadValue, match=r"mine\[1\] is NoneType(.|\n)*Leave such rows out"):
        checks.texts(["a", None], "mine")
    with pytest.raises(BadValue, match=r"mine\[1\].*half a character.*place 5(.|\n)*surrogatepass"):
        checks.texts(["a", HALF], "mine")
    mended = HALF.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert checks.texts([mended]) == ["good \ufffd"]
    with pytest.raises(BadValue, match=r'whole table(.|\n)*data\["text"\]'):
        checks.texts(pd.DataFrame({"text": ["a"]}))
    with pytest.raises(
        BadValue, match=r"2 of 4 have no label; the first is labels\[1\](.|\n)*Leave"
    ):
        checks.labels([0, -1, 1, -1])
    with pytest.raises(BadValue, match="learning_rate='2e-5'(.|\n)*Without quotation marks"):
        checks.positive("2e-5", "learning_rate")


# Every public function ---------------------------------------------------------------------------

#: Rooms in which nothing is read, learned or measured: pictures, exercises, the start.
ELSEWHERE = {"diagrams", "plots", "explore", "errors", "exercises", "lessons", "claims", "session"}
#: Modules besides the rooms that lessons call.
FURTHER = {"probe": "train.probe", "word_vectors": "train.word_vectors"}

TABLE = pd.DataFrame({"text": ["good", "bad"], "label": [1, 0]})
BAD: dict[str, list[Any]] = {
    "texts": [
        "one string",
        b"bytes",
        {"text": ["a", "b"]},
        TABLE,
        TABLE[["text"]],
        Dataset.from_pandas(TABLE),
        DatasetDict(train=Dataset.from_pandas(TABLE)),
        {"good", "bad"},
        3,
        object(),
        [],
        ["good", None],
        ["good", float("nan")],
        ["good", pd.NA],
        ["good", HALF],
        ["\udc00", "bad"],
        ["good", b"bad"],
        ["good", ["bad"]],
        ["good", 3],
        [{"text": "good"}, {"text": "bad"}],
        np.array("good"),
        np.array([["good"], ["bad"]]),
    ],
    "labels": [
        "01",
        {0: 1, 1: 0},
        TABLE,
        TABLE[["label"]],
        {0, 1},
        None,
        3,
        [-1, 0],
        [0, -100],
        np.array([0, -1]),
        [None, 1],
        [float("nan"), 1.0],
        pd.Series([1, None]),
        pd.Series([1, None], dtype="Int64"),
        ["", "a"],
        [" ", "a"],
        ["nan", "a"],
        [str(None), "a"],
        [str(pd.NA), "a"],
        [1, "a"],
        [0.5, 1.0],
        [[0], [1]],
        [{"label": 0}, {"label": 1}],
        ["a\0", "a"],
        [HALF, "a"],
    ],
    "whole": [
        "3",
        "three",
        2.5,
        True,
        float("nan"),
        float("inf"),
        -7,
        [3],
        (3,),
        {},
        3j,
        np.array([1, 2]),
    ],
    "seed": ["0", 1.5, True, -1, 2**32, float("nan"), [1], {}, None],
    "number": ["1", "x", float("nan"), float("inf"), None, True, [1.0], 10**400],
    "positive": ["1e-3", 0, -0.1, True, float("nan"), float("inf"), None, [1.0], 10**400],
    "not negative": ["0.1", -0.1, True, float("nan"), float("inf"), [1.0], 10**400],
    "share": ["0.1", -0.1, 1.5, True, float("nan"), [0.1], {}, None],
    "inside": ["0.1", -0.1, 0, 1, 1.5, True, float("nan"), [0.1], {}, None],
    "flag": ["False", "no", 2, None, [True], {}],
    "name": ["nonsense", 3.5, ["mean"], np.array(["mean", "max"]), {}],
    "path": ["", " ", 3, b"x", "a\0b", "~nobody-of-that-name/x", ["x"]],
    "numbers": [
        "12",
        {1: 2},
        TABLE,
        3,
        None,
        [1.0, float("nan")],
        [1.0, None],
        ["1", "2"],
        [[1.0, 2.0]] * 2,
    ],
    "truth": ["ab", {0: 1, 1: 2}, TABLE, {0, 1}, None, 3, [], [0], [[0], [1]], [None, None]],
}
#: Parameters that are no texts, labels, references or settings, but what a function works on.
THINGS = set(
    "model student tokenizer source target discriminator generator pair batch translator marks "
    "corpus runs fn grids grid dials options settings config plan packed reader body columns "
    "dataset rows entry error vectors metric difference interval combinations rng value key called "
    "where blocks meta sizes of_town varies column by".split()
)
#: A name of something that is looked up; what is not there is an error of its own.
LOOKED_UP = set(
    "name level mode pooling split label task kind objective language first second unit "
    "one other cue word address documents module variable busy text notebook revision".split()
)


@cache
def material() -> dict[str, Any]:
    """Small things to call functions with, made once."""
    tokenizer = models.town_tokenizer(["good", "bad", "soup", "the", "was", "very"])
    model, _ = models.new("tiny", tokenizer=tokenizer)
    reader = tl.models.town_tokenizer(["good", "bad"], objective="clm")
    rows = Dataset.from_dict(
        {"text": ["good", "bad"] * 4, "label": [1, 0] * 4},
        features=Features(text=Value("string"), label=ClassLabel(names=["no", "yes"])),
    )
    return {
        "tokenizer": tokenizer,
        "model": model,
        "causal": models.new("tiny", "clm", tokenizer=reader)[0],
        "reader": reader,
        "detector": models.new("tiny", "rtd")[0],
        "blocks": tl.pretrain.pack(["the soup was very good"] * 40, tokenizer, 16),
        "packed": tl.supervised.pack(["good", "bad"] * 40, [1, 0] * 40, tokenizer, 16),
        "translator": tl.translation.new("tiny", source=tokenizer, target=tokenizer),
        "rows": rows,
        "runs": pd.DataFrame(
            {"seed": [0, 1] * 2, "start": ["a", "a", "b", "b"], "f1": [0.1, 0.2, 0.3, 0.5]}
        ),
        "town": tl.town.Town(),
        "words": models.town_tokenizer(),
        "mlm": models.new("tiny")[0],
        "teacher": tl.adapt.fit(model, tokenizer, ["good", "bad"], [1, 0], steps=1),
    }


def m(name: str) -> Any:
    return material()[name]


def measure(seed: int, labels: int = 1) -> float:
    return float(seed)


PLAN = {
    "steps": "whole",
    "batch_size": "whole",
    "learning_rate": "positive",
    "schedule": "name",
    "warmup": "share",
    "optimiser": "name",
    "weight_decay": "not negative",
    "clip": "positive",
    "seed": "seed",
    "autocast": "name",
    "evaluate_every": "whole",
}
#: Function -> how to call it rightly, and which of its arguments come through which gate.
#: What is not in the signature belongs to ``**plan`` and the like.
CALLS: dict[str, tuple[Callable[..., Any], Callable[[], dict[str, Any]], dict[str, str]]] = {}


def calls(
    name: str, fn: Callable[..., Any], right: Callable[[], dict[str, Any]], /, **gates: str
) -> None:
    CALLS[name] = (fn, right, gates)


def known_model() -> dict[str, Any]:
    return {"model": m("model"), "tokenizer": m("tokenizer")}


TWO = {"texts": ["good", "bad"], "labels": [1, 0]}
calls(
    "adapt.embed",
    tl.adapt.embed,
    lambda: known_model() | {"texts": TWO["texts"]},
    texts="texts",
    layer="layer",
    pooling="name",
    normalise="flag",
    batch_size="whole",
    autocast="name",
)
calls(
    "adapt.fit",
    tl.adapt.fit,
    lambda: known_model() | TWO | {"steps": 1},
    texts="texts",
    labels="labels",
    mode="name",
    freeze="freeze",
    class_weights="weights",
    validation="validation",
    patience="whole",
    **(PLAN),
)
calls(
    "adapt.fit, features",
    lambda **how: tl.adapt.fit(**known_model(), **TWO, **{"mode": "features", **how}),
    dict,
    layer="layer",
    pooling="name",
    C="strength",
)
calls(
    "adapt.fit, epochs",
    lambda **how: tl.adapt.fit(**known_model(), **TWO, **{"epochs": 1, **how}),
    dict,
    epochs="whole",
)
calls(
    "adapt.Adapted.probabilities",
    lambda **how: tl.adapt.fit(**known_model(), **TWO, steps=1).probabilities(**how),
    lambda: {"texts": TWO["texts"]},
    texts="texts",
    batch_size="whole",
)
calls(
    "adapt.Adapted.predict",
    lambda **how: tl.adapt.fit(**known_model(), **TWO, mode="features").predict(**how),
    lambda: {"texts": TWO["texts"]},
    texts="texts",
    batch_size="whole",
)
calls(
    "word_vectors.word_vectors",
    word_vectors.word_vectors,
    lambda: known_model() | {"texts": [["good", "soup"], ["bad"]]},
    texts="words",
    batch_size="whole",
    longest_first="flag",
    autocast="name",
)
calls(
    "probe.linear",
    probe.linear,
    lambda: {"rows": np.eye(4), "labels": np.array([0, 0, 1, 1])},
    labels="labels",
    class_weights="some numbers",
    C="strength",
    seed="seed",
)
OWN = {"texts": [f"{x} number {i}" for x in ("soup", "film") for i in range(8)]}
OWN["labels"] = ["food"] * 8 + ["art"] * 8
calls("own.read_csv", tl.own.read_csv, lambda: {"path": _csv()}, path="path")
calls("own.clean", tl.own.clean, OWN.copy, texts="texts", labels="texts")
calls(
    "own.near_copies",
    tl.own.near_copies,
    lambda: {"texts": TWO["texts"]},
    texts="texts",
    alike="share",
)
calls(
    "data.balanced",
    tl.data.balanced,
    lambda: {"labels": [0, 1], "n": 2},
    labels="labels",
    n="whole",
    seed="seed",
)
calls(
    "data.draw",
    tl.data.draw,
    lambda: {"labels": [0, 1], "n": 2, "rng": np.random.default_rng(0)},
    labels="labels",
    n="whole",
    mixed="flag",
)
calls(
    "data.sample",
    tl.data.sample,
    lambda: {"dataset": m("rows"), "n": 2},
    n="whole",
    seed="seed",
    label="name",
)
calls(
    "data.load",
    tl.data.load,
    lambda: {"name": "town", "split": "test", "n_test": 2},
    name="name",
    split="name",
    n="whole",
    n_test="whole",
    level="name",
    language="name",
    seed="whole number",
    zipf="share of two",
    noise="share of two",
)
calls(
    "data.read_jsonl", tl.data.read_jsonl, lambda: {"path": _jsonl()}, path="path", fields="names"
)
calls(
    "docstrings.load",
    tl.docstrings.load,
    lambda: {"libraries": ["IPython"]},
    raw="flag",
    libraries="names",
)
calls("docstrings.installed", tl.docstrings.installed, lambda: {"names": ["numpy"]}, names="names")
calls(
    "docstrings.library_task",
    tl.docstrings.library_task,
    lambda: {
        "rows": Dataset.from_dict(
            {"text": ["one two"], "library": [0], "module": ["m"]},
            features=Features(
                text=Value("string"), library=ClassLabel(names=["a"]), module=Value("string")
            ),
        ),
        "least_words": 1,
    },
    hide_names="flag",
    least_words="whole",
)
calls(
    "distil.fit",
    distil.fit,
    lambda: {
        "teacher": m("teacher"),
        "student": m("model"),
        "tokenizer": m("tokenizer"),
        "texts": TWO["texts"],
        "steps": 1,
    },
    teacher="teacher",
    texts="texts",
    temperature="positive",
    hard="flag",
    **{name: gate for name, gate in PLAN.items() if name != "evaluate_every"},
)
calls(
    "distil.fit, epochs",
    lambda **how: distil.fit(
        m("teacher"), m("model"), m("tokenizer"), TWO["texts"], **{"epochs": 1, **how}
    ),
    dict,
    epochs="whole",
)
calls(
    "distil.soften",
    distil.soften,
    lambda: {"probabilities": [[0.9, 0.1]], "temperature": 2},
    probabilities="probabilities",
    temperature="positive",
)
calls(
    "electra.new_generator",
    tl.electra.new_generator,
    lambda: {"discriminator": m("detector")},
    hidden_size="whole",
    seed="seed",
    share="flag",
)
PLANE = np.random.default_rng(0).normal(size=(8, 2))
calls(
    "domains.standardise_each",
    tl.domains.standardise_each,
    lambda: {"source": PLANE, "target": PLANE},
)
calls(
    "domains.coral",
    tl.domains.coral,
    lambda: {"source": PLANE, "target": PLANE},
    strength="positive",
    centre="flag",
)
calls(
    "domains.proxy_a_distance",
    tl.domains.proxy_a_distance,
    lambda: {"source": PLANE, "target": PLANE},
    C="positive",
    seed="seed",
)
calls(
    "domains.importance_weights",
    tl.domains.importance_weights,
    lambda: {"source": PLANE, "target": PLANE},
    most="positive",
    C="positive",
)
calls(
    "domains.fit",
    tl.domains.fit,
    lambda: {"source": PLANE, "labels": [0, 1] * 4, "target": PLANE},
    labels="labels",
    method="name",
    C="positive",
    strength="positive",
    rounds="whole",
)
calls(
    "domains.compare",
    tl.domains.compare,
    lambda: {
        "source": PLANE,
        "labels": [0, 1] * 4,
        "target": PLANE,
        "judged": PLANE,
        "judged_labels": [0, 1] * 4,
    },
    labels="labels",
    judged="features",
    judged_labels="labels",
    C="positive",
)
for metric in ("accuracy", "macro_f1"):
    calls(
        f"evaluate.{metric}",
        getattr(evaluate, metric),
        lambda: {"truth": [0, 1], "predictions": [1, 1]},
        truth="classes",
        predictions="classes",
    )
calls(
    "evaluate.span_f1",
    evaluate.span_f1,
    lambda: {"truth": [["B-A"], ["O"]], "predictions": [["B-A"], ["O"]]},
    truth="tags",
    predictions="tags",
)
LINES = ["the soup was very good", "it was not so bad"]
for metric in ("bleu", "rouge", "chrf"):
    calls(
        f"evaluate.{metric}",
        getattr(evaluate, metric),
        lambda: {"truth": LINES, "predictions": LINES},
        truth="references",
        predictions="texts",
    )
calls(
    "evaluate.interval",
    evaluate.interval,
    lambda: {"values": [1.0, 2.0]},
    values="numbers",
    level="inside",
)
calls(
    "evaluate.difference",
    evaluate.difference,
    lambda: {"a": [1.0, 2.0], "b": [1.0, 3.0]},
    a="numbers",
    b="numbers",
    level="inside",
)
calls(
    "evaluate.curve",
    evaluate.curve,
    lambda: {"values": {8: [1.0, 2.0]}},
    values="curves",
    level="inside",
)
calls(
    "evaluate.paired_bootstrap",
    evaluate.paired_bootstrap,
    lambda: {"truth": [0, 1], "predictions_a": [1, 1], "predictions_b": [0, 1], "resamples": 100},
    truth="classes",
    predictions_a="classes",
    predictions_b="classes",
    resamples="whole",
    seed="seed",
    level="inside",
)
calls(
    "experiment.compare",
    tl.experiment.compare,
    lambda: {"runs": m("runs"), "a": "a", "b": "b"},
    level="inside",
    value="name",
    a="condition",
    b="condition",
    column="name",
)
calls(
    "experiment.summary",
    tl.experiment.summary,
    lambda: {"runs": m("runs"), "by": ["start"]},
    level="inside",
    value="name",
)
calls(
    "experiment.run",
    tl.experiment.run,
    lambda: {"fn": measure, "seed": [0]},
    seed="seeds",
    fresh="flag",
)
calls(
    "experiment.finish",
    tl.experiment.finish,
    lambda: {"fn": measure, "combinations": [{}], "seeds": [0]},
    seeds="seeds",
    fresh="flag",
)
calls(
    "experiment.backend",
    lambda **how: tl.experiment.backend(**how).__enter__(),
    dict,
    name="name",
    jobs="whole",
)
calls(
    "head_start.document_vectors",
    tl.head_start.document_vectors,
    lambda: {"blocks": m("blocks"), "tokenizer": m("tokenizer"), "size": 2},
    size="whole",
    smoothing="positive",
    seed="seed",
)
calls(
    "head_start.head_start",
    tl.head_start.head_start,
    lambda: {
        "model": models.new("tiny", tokenizer=m("tokenizer"))[0],
        "vectors": np.ones((len(m("tokenizer")), 2), np.float32),
    },
    strength="positive",
)
calls(
    "models.new",
    models.new,
    lambda: {"size": "tiny", "tokenizer": m("tokenizer")},
    size="name",
    objective="name",
    seed="seed",
    hidden_size="width",
    num_hidden_layers="width",
)
calls(
    "models.town_tokenizer",
    models.town_tokenizer,
    lambda: {"vocabulary": ["good"]},
    vocabulary="texts",
    objective="name",
    language="name",
)
calls(
    "models.train_tokenizer",
    models.train_tokenizer,
    lambda: {"texts": LINES, "vocab_size": 300},
    texts="text or texts",
    vocab_size="whole",
    kind="name",
    objective="name",
    lowercase="flag",
)
calls(
    "models.load",
    models.load,
    lambda: {"name": "town-mlm"},
    name="name",
    task="name",
    num_labels="whole",
    random_weights="flag",
    seed="seed",
    dtype="name",
)
calls(
    "lora.add",
    tl.lora.add,
    lambda: {"model": models.new("tiny")[0], "modules": ["query"], "rank": 2},
    modules="texts",
    rank="whole",
    alpha="positive",
    whole="names",
    seed="seed",
)
calls(
    "lora.save",
    tl.lora.save,
    lambda: {
        "model": tl.lora.add(models.new("tiny")[0], ["query"], rank=2),
        "folder": files.cache_dir() / "adapter",
    },
    folder="path",
)
calls(
    "lora.load",
    tl.lora.load,
    lambda: {"model": models.new("tiny")[0], "folder": _adapter()},
    folder="path",
    name="no name",
)
calls("lora.merge", tl.lora.merge, lambda: {"model": tl.lora.add(models.new("tiny")[0], ["query"])})
calls(
    "models.save",
    models.save,
    lambda: known_model() | {"folder": files.cache_dir() / "saved"},
    folder="path",
)
calls(
    "models.count_parameters",
    models.count_parameters,
    lambda: {"model": m("model")},
    trainable_only="flag",
)
calls("models.folder", models.folder, lambda: {"name": "town-mlm"}, name="name", weights="flag")
calls("models.offline", models.offline, lambda: {"name": "town-mlm"}, name="name")
calls("models.training", models.training, lambda: {"name": "town-mlm"})
calls(
    "pretrain.pack",
    tl.pretrain.pack,
    lambda: {"texts": LINES * 9, "tokenizer": m("tokenizer"), "length": 8},
    texts="texts",
    length="whole",
)
calls(
    "pretrain.reading_order",
    tl.pretrain.reading_order,
    lambda: {"n_blocks": 4, "batch_size": 2, "steps": 2},
    n_blocks="whole",
    batch_size="whole",
    steps="whole",
    seed="seed",
)
calls(
    "pretrain.fit",
    tl.pretrain.fit,
    lambda: {
        "model": models.new("tiny", tokenizer=m("tokenizer"))[0],
        "blocks": m("blocks"),
        "tokenizer": m("tokenizer"),
        "steps": 1,
        "batch_size": 2,
    },
    objective="name",
    mask_rate="inside",
    discriminator_weight="not negative",
    separate_documents="flag",
    blocks="blocks",
    checkpoint="path",
    checkpoint_every="whole",
    **PLAN,
)
calls(
    "pretrain.Plan",
    loop.Plan,
    lambda: {"steps": 1},
    betas="betas",
    progress="flag or not",
    evaluate="function",
    until="function",
    checkpoint="path or not",
    checkpoint_every="whole",
    **PLAN,
)
calls(
    "questions.excess_bits",
    tl.questions.excess_bits,
    lambda: {"model": m("causal"), "tokenizer": m("reader"), "n": 1},
    n="whole",
)
calls(
    "questions.log_probabilities",
    tl.questions.log_probabilities,
    lambda: {"model": m("causal"), "tokenizer": m("reader"), "texts": ["good", "bad"]},
    texts="texts",
    batch_size="whole",
)
calls(
    "questions.detection",
    tl.questions.detection,
    lambda: {"model": m("detector"), "tokenizer": m("words"), "n": 2},
    n="whole",
    share="inside",
)
calls(
    "questions.own_guesses",
    tl.questions.own_guesses,
    lambda: {"model": m("mlm"), "tokenizer": m("words"), "n": 2},
    n="whole",
    batch_size="whole",
)
calls(
    "questions.suspicion",
    tl.questions.suspicion,
    lambda: {"model": m("detector"), "tokenizer": m("words"), "n": 2},
    n="whole",
    draws="whole",
)
calls(
    "questions.opinion_task",
    tl.questions.opinion_task,
    lambda: {"seed": 0, "n_documents": 9},
    seed="seed",
    n_documents="whole",
    zipf="share of two",
)
calls(
    "questions.sense_task",
    tl.questions.sense_task,
    lambda: {"seed": 0, "n": 1, "words": ["bass"]},
    seed="seed",
    n="whole",
    level="name",
    words="names",
)
calls(
    "results.prediction",
    tl.results.prediction,
    lambda: {"stored_values": [1.0, 2.0]},
    stored_values="numbers",
    level="inside",
)
calls(
    "results.agrees",
    tl.results.agrees,
    lambda: {"stored_values": [1.0, 2.0], "live_value": 1.0},
    stored_values="numbers",
    live_value="number or none",
    level="inside",
)
calls(
    "results.build",
    tl.results.build,
    lambda: {"name": _study()},
    name="name",
    seeds="seeds",
    keep="flag",
)
calls(
    "results.study", tl.results.study, lambda: {"name": "of-gates"}, seeds="seeds", of_town="flag"
)
calls(
    "results.best",
    tl.results.best,
    lambda: {"name": "class", "measure": "validation", "of": ["rate"]},
    measure="name",
    of="names",
)
calls("results.load", tl.results.load, lambda: {"name": "objectives"}, name="name")
calls(
    "say.compare",
    tl.say.compare,
    lambda: {"difference": evaluate.Interval(1, 0, 2, 3), "first": "a", "second": "b"},
    digits="whole",
)
calls(
    "say.against",
    tl.say.against,
    lambda: {"interval": evaluate.Interval(1, 0, 2, 3), "level": 0.5, "name": "chance"},
    level="number",
)
calls(
    "supervised.pack",
    tl.supervised.pack,
    lambda: TWO | {"tokenizer": m("tokenizer")},
    texts="texts",
    labels="labels",
    length="whole",
)
calls(
    "supervised.fit",
    tl.supervised.fit,
    lambda: {
        "model": models.new("tiny", tokenizer=m("tokenizer"))[0],
        "packed": m("packed"),
        "tokenizer": m("tokenizer"),
        "steps": 1,
        "batch_size": 2,
    },
    packed="packed",
    **PLAN,
)
calls(
    "town.Town",
    tl.town.Town,
    dict,
    seed="whole number",
    zipf="share of two",
    gender_skew="share of two",
    mixture="mixture",
)
calls(
    "town.Town.corpus",
    lambda **how: m("town").corpus(**how),
    lambda: {"n_documents": 1},
    n_documents="whole",
    start="whole",
)
calls("translation.new", tl.translation.new, lambda: {"size": "tiny"}, size="name", seed="seed")
calls("translation.load", tl.translation.load, dict, name="name")
calls(
    "translation.held_out_bleu",
    lambda **how: tl.translation.held_out_bleu(*tl.translation.load()[:2], **how),
    lambda: {"documents": 1},
    documents="whole",
)
calls(
    "translation.pack",
    tl.translation.pack,
    lambda: {
        "pairs": [("good", "bad")],
        "source": m("tokenizer"),
        "target": m("tokenizer"),
        "length": 16,
    },
    pairs="pairs",
    length="whole",
)
calls(
    "translation.fit",
    tl.translation.fit,
    lambda: {
        "translator": m("translator"),
        "rows": tl.translation.pack([("good", "bad")] * 9, m("tokenizer"), m("tokenizer"), 8),
        "steps": 1,
        "batch_size": 2,
    },
    **PLAN,
)
calls(
    "translation.translate",
    tl.translation.translate,
    lambda: {"translator": m("translator"), "texts": ["good"]},
    texts="texts",
    batch_size="whole",
    longest="whole",
    num_beams="beams",
)


def _adapter() -> Path:
    adapted = tl.lora.add(models.new("tiny")[0], ["query"], rank=2)
    return tl.lora.save(adapted, files.cache_dir() / "stored")


#: Gates of single functions.
WORDS_BAD = [value for value in BAD["texts"] if not isinstance(value, list) or len(value) > 1]
BAD |= {
    "number or none": ["1", "x", float("inf"), None, True, [1.0], 10**400],
    "some numbers": ["12", {1: 2}, [1.0, float("nan")], ["1", "2"], 3],
    "layer": ["last", 1.5, True, 99, -99, float("nan"), [1]],
    "freeze": ["nonsense", 1.5, None, {"a": 1}, 99, [None], object()],
    "weights": [
        "equal",
        [1.0],
        ["1", "2"],
        [1.0, float("nan")],
        {0: 1},
        {"0": 1, "1": 2},
        [0, 0],
        [-1, 1],
        3,
    ],
    "validation": [
        3,
        "ab",
        ["good"],
        (["good"], [5]),
        (["good"], [None]),
        (["good"], [0, 1]),
        TABLE,
        ([HALF], [1]),
    ],
    "strength": ["strong", "1", 0, -1, True, float("nan"), None, [1.0]],
    "words": [
        "one string",
        None,
        3,
        [],
        ["a text"],
        [["good", None]],
        [["good", HALF]],
        [3],
        TABLE,
        {"a": ["b"]},
    ],
    "names": [3, {"text": 1}, [None], [3], [HALF], TABLE],
    "no name": [3, None, HALF, [1], {"a": 1}],
    "whole number": ["0", 1.5, True, float("nan"), None, [1]],
    "share of two": ["0.1", -0.1, 2.5, True, float("nan"), float("inf"), 10**400, [0.1], None],
    "classes": [
        *BAD["truth"],
        [0.5, 1.0],
        [-1, 0],
        [float("nan"), 1.0],
        ["a", "b"] + [None],
        [1, "a"],
        [[0.1, 0.9], [0.2, 0.8]],
    ],
    "tags": [
        *BAD["truth"],
        ["B-A", "O"],
        [[1], [0]],
        [["B-A"], [None]],
        [["A"], ["O"]],
        [["B"], ["O"]],
        [["B-"], ["O"]],
        [["b-A"], ["O"]],
        [["U-A"], ["O"]],
        [["-100"], ["O"]],
    ],
    "references": [v for v in BAD["texts"] if not isinstance(v, (list, np.ndarray))]
    + [
        ["good", None],
        ["good", HALF],
        [[], ["a"]],
        [[None], ["a"]],
        ["good", ""],
        ["good", " "],
        [],
    ],
    "curves": [[1.0, 2.0], None, {8: "ab"}, {8: [1.0]}, {"eight": [1.0, 2.0]}, {8: {1: 2}}],
    "seeds": ["01", "0", [], [0, 0], ["0"], [1.5], [True], -1, None, {0: 1}, {0, 1}],
    "condition": ["nowhere", 3],
    "width": ["64", 1.5, 0, -3, float("nan"), None, [64], True],
    "text or texts": [v for v in BAD["texts"] if not isinstance(v, str)],
    "blocks": [None, "ab", 3, [], [[1, 2], [3]], [[0.5, 1.0]], [[-1, 2]], [[10**6, 2]], {"a": 1}],
    "packed": [None, 3, "ab", (np.zeros((2, 2)), [0, 1]), ([1, 2], [0, 1])],
    "betas": ["ab", 3, None, [0.9], [0.9, 1.0], ["0.9", "0.98"], [0.9, float("nan")], {0.9: 1}],
    "flag or not": ["False", 2, [True]],
    "path or not": ["", 3, "a\0b", b"x"],
    "function": ["f", 3, [len]],
    "mixture": ["film", ["film"], {"film": "1"}, {"film": -1}, {}, {"flim": 1}, 3],
    "pairs": [
        "ab",
        [],
        None,
        3,
        ["ab"],
        [("a",)],
        [("a", None)],
        [("a", HALF)],
        TABLE,
        {"a": "b"},
        [{"source": "a", "target": "b"}],
        [3],
    ],
    "beams": ["4", -1, 1.5, [2]],
    "features": [None, "ab", 3, [], [1.0, 2.0], [["a", "b"]], [[1.0, float("nan")]], [[1.0]], {}],
    "teacher": [None, 3, "teacher", [], [None], {}, object()],
    "probabilities": [
        *("ab", None, 3, [], {0: 1}, [0.5, 0.5], [[0.5]], [["a", "b"]], [[0.9, 0.3]]),
        *([[-0.5, 1.5]], [[float("nan"), 1.0]], [[0.5, 0.5], [1.0]], [[True, False]], TABLE),
    ],
}


def _study() -> str:
    tl.results.study("of-gates", of_town=False)(measure)
    return "of-gates"


@pytest.fixture(autouse=True)
def no_study_is_left() -> Iterator[None]:
    yield
    results.STUDIES.pop("of-gates", None)


def _csv() -> Path:
    path = files.cache_dir() / "mine.csv"
    rows = zip(OWN["texts"], OWN["labels"], strict=True)
    files.write_text(path, "\n".join(["text,label", *(",".join(row) for row in rows)]))
    return path


def _jsonl() -> Path:
    path = files.cache_dir() / "mine.jsonl"
    files.write_text(path, json.dumps({"text": "good"}))
    return path


def public() -> dict[str, Any]:
    """The public functions of the rooms, and constructors and methods of their classes."""
    found = {}
    for room, place in {**tl._ROOMS, **FURTHER}.items():
        if room in ELSEWHERE or room == "files":
            continue
        module = importlib.import_module(f"tl_helpers.{place}")
        for name, thing in vars(module).items():
            if name.startswith("_") or not (inspect.isfunction(thing) or inspect.isclass(thing)):
                continue
            inside = thing.__module__ == module.__name__ or (
                hasattr(module, "__path__") and thing.__module__.startswith(module.__name__ + ".")
            )
            if not inside and name not in getattr(module, "__all__", ()):
                continue
            if inspect.isfunction(thing):
                found[f"{room}.{name}"] = thing
    return found


#: Functions of the engine: they get what other functions have looked at.
ENGINE = {
    "results.where",
    "results.ran_on",
    "distil.loss_of",
    "electra.loss_of",
    "supervised.loss_of",
    "supervised.make_reader",
    "translation.loss_of",
}


def test_every_public_function_stands_here_with_every_argument():
    missing = []
    for name, fn in public().items():
        if name in ENGINE:
            continue
        gated = {
            gate
            for call, (_, _, gates) in CALLS.items()
            if call.split(",")[0] == name
            for gate in gates
        }
        names = [
            p.name
            for p in inspect.signature(fn).parameters.values()
            if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
        ]
        missing += [
            f"{name}({argument})"
            for argument in names
            if argument not in gated | THINGS and not (argument in LOOKED_UP or name in ENGINE)
        ]
    assert not missing, f"Send these through a gate, and say so in CALLS: {missing}"
    assert ENGINE <= set(public())


CASES = [
    pytest.param(name, argument, gate, id=f"{name}({argument})")
    for name, (_, _, gates) in CALLS.items()
    for argument, gate in gates.items()
]


@pytest.mark.parametrize("name", [name for name in CALLS if name != "results.build"])  # it stores
def test_the_right_call_works(name):
    fn, right, _ = CALLS[name]
    fn(**right())


@pytest.mark.parametrize(("name", "argument", "gate"), CASES)
def test_what_no_gate_lets_through(name, argument, gate):
    fn, right, _ = CALLS[name]
    for bad in BAD[gate]:
        arguments = right() | {argument: bad}
        if bad is None and _may_be_none(fn, argument):
            continue
        try:
            fn(**arguments)
        except CourseError as error:
            assert getattr(error, "do", "") and "\n" not in error.what, (bad, error)
            str(error).encode("utf-8")
        else:
            pytest.fail(f"{name}({argument}={bad!r}) was taken without a word")


def _may_be_none(fn: Callable[..., Any], argument: str) -> bool:
    parameter = inspect.signature(fn).parameters.get(argument)
    return parameter is not None and parameter.default is None


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        p.values[:2]
        for p in CASES
        if p.values[2] in ("texts", "labels", "classes", "references", "tags")
    ],
)
def test_any_series_does_as_well_as_a_list(name, argument):
    fn, right, _ = CALLS[name]
    plain = right()
    value = plain[argument]
    forms = [tuple(value), dict(enumerate(value)).values(), (x for x in value), pd.Series(value)]
    if not isinstance(value[0], list):
        forms.append(np.array(value))
    expected = fn(**plain)
    for form in forms:
        found = fn(**right() | {argument: form})
        if isinstance(expected, np.ndarray | float | dict):
            assert np.all(found == expected) if isinstance(found, np.ndarray) else found == expected


def test_half_a_character_in_a_file_is_named_with_its_line(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text('{"text": "whole \\ud83d\\ude00"}\n{"text": ["x", "good \\ud83d"]}\n', "utf-8")
    with pytest.raises(
        BrokenFile, match=r"line 2: the field 'text'.*half a character(.|\n)*surrog"
    ):
        tl.data.read_jsonl(path)


def test_tensors_of_labels_are_told_how_to_become_lists():
    for labels in (torch.tensor([0, 1]), list(torch.tensor([0, 1]))):
        with pytest.raises(BadValue, match=r"Tensor(.|\n)*labels\.tolist\(\)"):
            checks.labels(labels)


def test_a_name_that_is_too_long_for_any_disk(tmp_path):
    long = tmp_path / ("x" * 256)
    for call in (
        lambda: models.save(m("model"), m("tokenizer"), long),
        lambda: models.load(long),
        lambda: loop.Plan(steps=1, checkpoint=long / "run"),
        lambda: tl.data.read_jsonl(str(long)),
    ):
        with pytest.raises(BadValue, match=r"so long a name(.|\n)*255 bytes"):
            call()
    assert files.place(tmp_path / ("x" * 255)).parent == tmp_path
    with pytest.raises(CourseError, match="too long"):  # with what is added while it is written
        models.save(m("model"), m("tokenizer"), tmp_path / ("x" * 255))


def test_class_weights_by_the_name_of_the_class():
    texts, labels = ["good", "bad", "very good"], ["p", "n", "p"]
    how = {**known_model(), "texts": texts, "labels": labels, "mode": "features"}
    by_name = tl.adapt.fit(**how, class_weights={"p": 1, "n": 3}).probabilities(texts)
    np.testing.assert_array_equal(
        by_name, tl.adapt.fit(**how, class_weights=[3, 1]).probabilities(texts)
    )


@settings(max_examples=20, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=4))
def test_any_text_is_embedded_or_refused(texts):
    try:
        vectors = tl.adapt.embed(m("model"), m("tokenizer"), texts)
    except BadValue as error:
        assert "half a character" in str(error)
    else:
        assert vectors.shape == (len(texts), 32) and np.isfinite(vectors).all()
