"""Folders called anything: what the environment says, and what libraries take for patterns."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, Features, Value

import tl_helpers as tl
from tl_helpers import data, models
from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, BrokenFile
from tl_helpers.data import hub
from tl_helpers.exercises import record
from tl_helpers.press import kernels, notebooks
from tl_helpers.train import pretrain

ROOT = Path(__file__).resolve().parents[2]
NAMES = [
    "[2026] NLP",
    "a::b",
    "two  blanks",
    "\u00fcberm\u00fctig \U0001f600",
    "star*and?",
    "{braces} $HOME %20 #1",
    "file:",
]


@pytest.fixture(params=NAMES)
def odd(request, tmp_path, monkeypatch):
    folder = tmp_path / request.param
    folder.mkdir()
    monkeypatch.setattr("os.path.expandvars", lambda text: text)  # $HOME is a name here
    monkeypatch.setenv("TL_CACHE", str(folder))
    return folder


def measure(seed: int, labels: int) -> float:
    return float(seed * labels)


def test_everything_that_is_kept_is_found_again(odd):
    tokenizer = models.town_tokenizer(["good", "bad"])
    model, _ = models.new("tiny", tokenizer=tokenizer)
    saved = models.save(model, tokenizer, odd / "a model")
    again, _ = models.load(saved, task="masked-lm")
    assert models.load(str(saved), task="masked-lm").model.dtype == again.dtype
    for name, weight in model.state_dict().items():
        np.testing.assert_array_equal(weight, again.state_dict()[name])
    table = tl.experiment.run(measure, labels=[1, 2], seed=[0, 1])
    assert list((odd / "runs").rglob("*.json"))
    assert tl.experiment.run(measure, labels=[1, 2], seed=[0, 1]).equals(table)
    blocks = pretrain.pack(["good bad good"] * 40, tokenizer, 16)
    how = {"tokenizer": tokenizer, "steps": 2, "batch_size": 2, "checkpoint": odd / "a run"}
    first = pretrain.fit(models.new("tiny", tokenizer=tokenizer)[0], blocks, **how)
    second = pretrain.fit(models.new("tiny", tokenizer=tokenizer)[0], blocks, **how)
    assert second.loss == first.loss and second.seconds == first.seconds
    made = data.load("docstrings", libraries=["IPython"])
    assert list((odd / "docstrings").rglob("train.arrow"))
    assert data.load("docstrings", libraries=["IPython"])["test"][:] == made["test"][:]


def test_files_of_the_hub_are_read_by_their_names(odd, monkeypatch):
    (odd / "data").mkdir()
    for split in ("train", "validation"):
        Dataset.from_dict(
            {"idx": [0, 1], "sentence": ["a joy", "a bore"], "label": [1, 0]},
            features=Features(
                {"idx": Value("int32"), "sentence": Value("string"), "label": Value("int64")}
            ),
        ).to_parquet(open(odd / "data" / f"{split}-00000-of-00001.parquet", "wb"))
    monkeypatch.setattr(hub, "cached", lambda *_: odd)
    loaded = data.load("sst2")
    assert loaded.num_rows == {"train": 2, "validation": 2}
    assert loaded["train"].features["label"] == ClassLabel(names=["negative", "positive"])
    assert loaded["validation"][1]["text"] == "a bore"


def test_only_what_is_damaged_is_called_so(odd, monkeypatch):
    (odd / "data").mkdir()
    locked = odd / "data" / "train-00000-of-00001.parquet"
    locked.mkdir()  # cannot be opened, whoever asks
    monkeypatch.setattr(hub, "cached", lambda *_: odd)
    with pytest.raises(BrokenFile, match="cannot be read") as caught:
        data.load("sst2", split="train")
    assert "are damaged" not in str(caught.value) and "Remove" not in str(caught.value)


@pytest.mark.parametrize("variable", files.PLACES)
def test_a_variable_is_made_absolute(variable, monkeypatch, tmp_path):
    ask = {
        "TL_ROOT": files.root,
        "TL_DATA": files.data_dir,
        "TL_CACHE": files.cache_dir,
        "TL_PROGRESS": record.path,
    }[variable]
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for said in ("~/x", "$HOME/x", "${HOME}/x", '"~/x"', "'~/x'", " ~/x ", "x", "./x", "y/../x"):
        monkeypatch.setenv(variable, said)
        assert ask() == tmp_path / "x"
        if variable != "TL_ROOT":
            env = kernels.environment(offline_run=True, threads=1)
            assert env[variable] == str(tmp_path / "x")
    monkeypatch.delenv(variable)
    usual = ask()
    for said in ("", "  ", '""'):
        monkeypatch.setenv(variable, said)
        assert ask() == usual
    monkeypatch.setenv(variable, "~nobody-of-that-name/x")
    with pytest.raises(BadValue, match=f"{variable}=.*no such home folder"):
        ask()


def test_arguments_are_made_absolute(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    tokenizer = models.town_tokenizer(["good", "bad"])
    model, _ = models.new("tiny", tokenizer=tokenizer)
    assert models.save(model, tokenizer, "~/mine") == tmp_path / "mine"
    assert models.load("~/mine").model.config.hidden_size == 32
    (tmp_path / "rows.jsonl").write_text('{"text": "good"}\n')
    assert data.read_jsonl("~/rows.jsonl") == [{"text": "good"}]
    (tmp_path / "own.ipynb").write_text("{}")
    assert notebooks.find(["~/own.ipynb"]) == [tmp_path / "own.ipynb"]
    plan = pretrain.Plan(steps=1, checkpoint="~/run")
    assert plan.checkpoint == tmp_path / "run" and not os.path.exists("~")


def test_line_ends_that_git_has_changed_are_named(monkeypatch, tmp_path):
    good = b"one\ntwo\n"
    (tmp_path / "a.txt").write_bytes(good)
    monkeypatch.setenv("TL_DATA", str(tmp_path))
    files.write_checksums()
    assert files.shipped("a.txt").read_bytes() == good
    (tmp_path / "a.txt").write_bytes(good.replace(b"\n", b"\r\n"))
    with pytest.raises(BrokenFile, match="other line ends(.|\n)*core.autocrlf=false"):
        files.shipped("a.txt")
    (tmp_path / "a.txt").write_bytes(b"one\r\ntoo\r\n")
    with pytest.raises(BrokenFile, match="changed or damaged"):
        files.shipped("a.txt")
    listing = tmp_path / "SHA256SUMS"
    listing.write_bytes(listing.read_bytes().replace(b"\n", b"\r\n"))  # the list itself, too
    with pytest.raises(BrokenFile, match="changed or damaged"):
        files.shipped("a.txt")


def test_a_clone_has_the_very_bytes_whatever_git_is_told(tmp_path):
    """Of what git is told about attributes, so that it needs no clone of everything."""
    (tmp_path / "origin").mkdir()

    def git(*arguments: str, at: str = "origin") -> None:
        subprocess.run(
            ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments],
            cwd=tmp_path / at,
            check=True,
            capture_output=True,
        )

    git("init", "-q")
    content = {".gitattributes": (ROOT / ".gitattributes").read_bytes(), "a.jsonl": b"{}\n{}\n"}
    for name, text in content.items():
        (tmp_path / "origin" / name).write_bytes(text)
    git("add", ".")
    git("commit", "-q", "-m", "x")
    git("clone", "-q", "-c", "core.autocrlf=true", "origin", "clone", at=".")
    assert (tmp_path / "clone" / "a.jsonl").read_bytes() == content["a.jsonl"]


def test_a_folder_that_is_not_the_course_s_data_is_called_by_its_variable(monkeypatch, tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        monkeypatch.setenv("TL_DATA", str(folder))
        with pytest.raises(BrokenFile, match=r"TL_DATA=.*is not the folder(.|\n)*TL_DATA"):
            files.checksums()
