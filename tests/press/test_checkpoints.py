"""The shipped models and stored results: whole, loadable, rebuildable, and worth what they say."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tl_helpers import data, models, questions, town
from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, BrokenFile, UnknownName
from tl_helpers.measure import evaluate, results
from tl_helpers.press import checkpoints

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy_of_data(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    shutil.copytree(files.data_dir(), folder)
    monkeypatch.setenv("TL_DATA", str(folder))
    return folder


def test_every_shipped_file_is_listed_and_whole():
    base = files.data_dir()
    there = {p.relative_to(base).as_posix() for p in base.rglob("*") if p.is_file()}
    there = {p for p in there if p != "SHA256SUMS" and not p.startswith(".")}
    assert there == set(files.checksums())
    for name in there:
        files.shipped(name)
    assert not [name for name in there if name.endswith((".pkl", ".pt", ".bin", ".pickle"))]


def test_town_mlm_is_whole_and_knows_praise_from_blame():
    assert checkpoints.verify("town-mlm") >= 0.9


def test_town_clm_is_whole_and_near_the_truth():
    assert 0 < checkpoints.verify("town-clm") <= checkpoints.GAP.bound
    weights = files.data_dir() / "checkpoints" / "town-clm" / "model.safetensors"
    assert weights.stat().st_size < 6e6


def test_town_rtd_is_whole_and_finds_replaced_words():
    assert checkpoints.verify("town-rtd") >= checkpoints.DETECTION.bound
    weights = files.data_dir() / "checkpoints" / "town-rtd" / "model.safetensors"
    assert weights.stat().st_size < 4e6


def test_town_rtd_loads_with_transformers_alone():
    from transformers import AutoModel, AutoModelForPreTraining, AutoTokenizer

    folder = files.data_dir() / "checkpoints" / "town-rtd"
    model = AutoModelForPreTraining.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert model.config.vocab_size == len(tokenizer)
    assert questions.detection(model.eval(), tokenizer, n=50) > 0.9
    assert type(AutoModel.from_pretrained(folder)).__name__ == "ElectraModel"


@pytest.mark.parametrize("measure", [questions.suspicion, questions.detection])
def test_measures_of_a_detector_are_chance_for_random_weights_and_need_a_detector(measure):
    model, tokenizer = models.new("tiny", "rtd")
    assert 0.3 < measure(model, tokenizer, n=60) < 0.7 and model.training
    with pytest.raises(BadValue, match="town-rtd"):
        measure(*models.new("tiny"))


def test_town_clm_loads_with_transformers_alone():
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = files.data_dir() / "checkpoints" / "town-clm"
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert model.config.vocab_size == len(tokenizer)
    assert questions.excess_bits(model.eval(), tokenizer, n=60) < 2 * checkpoints.GAP.bound


def test_town_mlm_loads_with_transformers_alone():
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    folder = files.data_dir() / "checkpoints" / "town-mlm"
    model = AutoModelForMaskedLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert model.config.vocab_size == len(tokenizer)
    assert questions.own_guesses(model.eval(), tokenizer, n=200) > 0.85


@pytest.mark.parametrize("name", list(checkpoints.RECIPES))
def test_its_training_is_documented(name):
    training = models.training(name)
    recipe = checkpoints.recipe(name)
    demand = checkpoints.DEMANDS[recipe.objective]
    assert training["command"] == f"tl checkpoints build {name}"
    assert training["recipe"].items() >= dataclasses.asdict(recipe).items()
    looks = training["history"]["evaluations"]
    assert demand.met(looks[-1][demand.measure])
    assert not demand.met(looks[0][demand.measure])
    assert (files.data_dir() / "checkpoints" / f"{name}.md").exists()


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_one_changed_byte_names_the_file_and_how_to_restore_it(copy_of_data, name):
    path = copy_of_data / "checkpoints" / "town-mlm" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    advice = f"(?s){name}.*git checkout -- data/checkpoints/town-mlm"
    with pytest.raises(BrokenFile, match=advice) as e:
        models.load("town-mlm")
    assert e.value.__suppress_context__ or e.value.__context__ is None


def test_a_model_that_forgot_is_noticed(monkeypatch):
    forgot = dataclasses.replace(checkpoints.PROBE, of=lambda *_: 0.5)
    monkeypatch.setitem(checkpoints.DEMANDS, "mlm", forgot)
    with pytest.raises(BrokenFile, match="50%"):
        checkpoints.verify("town-mlm")


def test_a_causal_model_that_forgot_is_noticed(monkeypatch):
    forgot = dataclasses.replace(checkpoints.GAP, of=lambda *_: 1.5)
    monkeypatch.setitem(checkpoints.DEMANDS, "clm", forgot)
    with pytest.raises(BrokenFile, match="1.50 bits a word above the truth"):
        checkpoints.verify("town-clm")


def test_a_detector_that_forgot_is_noticed(monkeypatch):
    forgot = dataclasses.replace(checkpoints.DETECTION, of=lambda *_: 0.5)
    monkeypatch.setitem(checkpoints.DEMANDS, "rtd", forgot)
    with pytest.raises(BrokenFile, match="finds replaced words with an AUC of 0.50"):
        checkpoints.verify("town-rtd")


def test_unknown_model_to_build():
    with pytest.raises(UnknownName, match="town-mlm"):
        checkpoints.build("town-mln")


def test_build_makes_a_model_of_its_recipe(tmp_path, monkeypatch):
    short = dataclasses.replace(
        checkpoints.recipe("town-mlm"),
        size="tiny",
        documents=400,
        steps=4,
        batch_size=8,
        evaluate_every=2,
    )
    monkeypatch.setitem(checkpoints.RECIPES, "town-mlm", short)
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "cache"))
    before = (files.data_dir() / "SHA256SUMS").read_bytes()
    folder = checkpoints.build("town-mlm", tmp_path / "made")
    training = json.loads((folder / "training.json").read_text("utf-8"))
    assert training["recipe"]["steps"] == 4
    assert len(training["history"]["evaluations"]) == 3
    assert models.load(str(folder), task="masked-lm").model.config.num_hidden_layers == 1
    assert (files.data_dir() / "SHA256SUMS").read_bytes() == before


def test_a_minute_of_reading_pays_and_leaves_room():
    """After a minute of pre-training, 16 labels: above scratch, and below the ceiling."""
    stored = results.load("town-one-minute")

    def at(labels, start, mode):
        return stored.values("value", measure="accuracy", labels=labels, start=start, mode=mode)

    pretrained, scratch = at(16, "pre-trained", "features"), at(16, "random", "features")
    assert evaluate.difference(pretrained, scratch).low > 0
    assert pretrained.mean() - scratch.mean() > 0.15
    assert 0.48 <= scratch.mean() <= 0.65
    assert 0.75 <= pretrained.mean() <= 0.92
    assert at(1024, "pre-trained", "fine-tune").mean() > pretrained.mean() + 0.05
    # What the datasheet says of it.
    probes = [r for r in stored.rows if r["measure"] == "probe"]
    discovered = {r["seed"] for r in probes if r["value"] >= 0.9}
    said = " ".join((files.data_dir() / "town.md").read_text("utf-8").split())
    assert (
        f"before the minute is over in {len(discovered)} of {len(stored.meta['seeds'])} towns"
        in said
    )


def test_opinion_task():
    texts, labels, hard = questions.opinion_task(3, 600)
    again = questions.opinion_task(3, 600)
    assert texts == again.texts and len(texts) == len(labels) == len(hard) > 500
    assert 0.4 < labels.mean() < 0.6 and 0 < hard.mean() < 0.3
    assert questions.opinion_task(4, 600).texts != texts


def test_reviews_and_sampling_are_nested_and_balanced():
    train = data.load("reviews")["train"]
    few, more = data.sample(train, 16, seed=1), data.sample(train, 64, seed=1)
    assert set(few["id"]) <= set(more["id"])
    assert np.mean(more["label"]) == 0.5


@pytest.mark.parametrize("name", checkpoints.RECIPES)
def test_a_model_of_an_older_town_is_refused(name, monkeypatch):
    assert checkpoints.stale(name) == ""
    monkeypatch.setattr(town, "VERSION", town.VERSION + 1)
    with pytest.raises(BrokenFile, match=f"version(.|\n)*tl checkpoints build {name}"):
        checkpoints.verify(name)
