"""A model of the reader's own, from the catalogue, a folder, and a Hub on this machine."""

from __future__ import annotations

import pytest
from hub_server import Hub, ask

from tl_helpers import models
from tl_helpers.core.errors import BrokenFile, NoNetwork, UnknownName
from tl_helpers.data.registry import Entry
from tl_helpers.models import hub_model

COMMIT = "a" * 40
WORDS = "the food film was wonderful awful .".split()


@pytest.fixture
def files(tmp_path):
    tokenizer = models.town_tokenizer(WORDS)
    saved = models.save(*models.new("small", tokenizer=tokenizer), tmp_path / "model")
    return {path.name: path.read_bytes() for path in saved.iterdir()}


@pytest.fixture
def hub(files, tmp_path, monkeypatch):
    monkeypatch.setenv("TL_HUB_PATIENCE", "20")
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    pickled = {n: b for n, b in files.items() if not n.endswith("safetensors")}
    offered = {
        "someone/small": {**files, "pytorch_model.bin": b"a pickle"},
        "someone/pickled": {**pickled, "pytorch_model.bin": b"a pickle"},
    }
    with Hub() as server:
        for name, contents in offered.items():
            entry = Entry(
                name=name, kind="hub", licence="x", citation="x", description="x",
                hub_id=name, revision=COMMIT,
            )  # fmt: skip
            server.add(entry, contents)
        ask(server, monkeypatch, tmp_path / "hub")
        yield server


def test_a_model_of_the_hub_by_its_id(hub, capsys):
    model, tokenizer = models.own("someone/small", COMMIT)
    assert model.config.model_type == "bert" and tokenizer.tokenize("The film.")
    said = capsys.readouterr().out
    assert "Downloading 'someone/small' from the Hub, once" in said and COMMIT[:8] in said
    assert not hub.paths("pytorch_model.bin")


def test_a_pickle_is_refused(hub):
    with pytest.raises(BrokenFile, match=r"(?s)lacks model.safetensors.*code of its own"):
        models.own("someone/pickled", COMMIT)
    assert not hub.paths("pytorch_model.bin")


def test_an_id_that_nobody_has(hub):
    with pytest.raises(BrokenFile, match="no public model 'someone/else'"):
        models.own("someone/else", COMMIT)


def test_without_a_network(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(NoNetwork, match=r"(?s)'someone/small'.*folder"):
        models.own("someone/small")


def test_a_folder_and_a_name_of_the_catalogue(tmp_path):
    saved = models.save(*models.new("tiny"), tmp_path / "mine")
    assert models.own(saved).model.config.hidden_size == 32
    assert models.own(str(saved)).model.config.hidden_size == 32
    assert models.own("town-mlm").model.config.model_type == "bert"
    with pytest.raises(UnknownName, match="'minilmm'"):
        models.own("minilmm")


def test_what_may_be_an_id(tmp_path, monkeypatch):
    (tmp_path / "here" / "model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert hub_model.is_hub_id("owner/name-1.5")
    for other in ("minilm", "here/model", "./owner/name", "/owner/name", "a/b/c", tmp_path, 3):
        assert not hub_model.is_hub_id(other)
