"""The catalogue: complete, pinned, and refused when it is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tl_helpers.core import files
from tl_helpers.core.errors import BrokenFile, UnknownName
from tl_helpers.data import registry

SHIPPED = files.PACKAGE.parent / "data" / "catalogue.toml"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own, with the course's catalogue in it."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "catalogue.toml").write_bytes(SHIPPED.read_bytes())
    monkeypatch.setenv("TL_DATA", str(folder))
    files.write_checksums()
    return folder


def rewrite(shelf: Path, old: str, new: str) -> None:
    path = shelf / "catalogue.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    files.write_checksums()


def test_every_entry_says_what_it_is_and_where_it_comes_from(shelf: Path) -> None:
    for section in ("dataset", "model"):
        entries = registry.entries(section)
        assert len(entries) >= 8
        for name, entry in entries.items():
            assert name == entry.name
            assert entry.licence and entry.citation and len(entry.description) > 20
    assert {"town", "reviews", "sst2", "mnli", "conll2003", "wikitext"} <= set(
        registry.entries("dataset")
    )
    assert {
        "town-mlm",
        "minilm",
        "distilbert-base-uncased",
        "bert-base-uncased",
        "gpt2",
        "t5-small",
    } <= set(registry.entries("model"))


def test_every_reference_to_the_hub_is_pinned_to_a_commit(shelf: Path) -> None:
    pinned = [
        entry
        for section in ("dataset", "model")
        for entry in registry.entries(section).values()
        if entry.hub_id
    ]
    assert len(pinned) >= 12
    assert all(re.fullmatch("[0-9a-f]{40}", entry.revision) for entry in pinned)
    assert len({entry.revision for entry in pinned}) == len(pinned)


def test_what_needs_the_network_names_something_that_does_not(shelf: Path) -> None:
    for section in ("dataset", "model"):
        entries = registry.entries(section)
        for entry in entries.values():
            if entry.kind == "hub":
                assert entries[entry.offline].kind != "hub"
                assert entry.megabytes > 0


def test_an_unknown_name_is_refused_with_the_close_one(shelf: Path) -> None:
    with pytest.raises(UnknownName, match="Unknown data set 'reviws'") as caught:
        registry.find("dataset", "reviws")
    assert "Did you mean 'reviews'?" in str(caught.value)
    assert "sst2" in str(caught.value)
    with pytest.raises(UnknownName, match="Unknown model 'minilmm'(.|\n)*'minilm'"):
        registry.find("model", "minilmm")


def test_a_changed_catalogue_is_refused(shelf: Path) -> None:
    with (shelf / "catalogue.toml").open("a") as stream:
        stream.write("\n# a comment\n")
    with pytest.raises(BrokenFile, match="catalogue.toml was changed(.|\n)*git checkout"):
        registry.entries("model")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('revision = "8d51e7e4887a4caaa95b3fbebbf53c0490b58bbb"', 'revision = "main"', "'main'"),
        ('licence = "not stated by its authors"', 'licence = ""', "dataset 13 hub licence"),
        ('kind = "hub"', 'kind = "ftp"', "dataset 13.*'ftp'.*'written', 'hub'"),
        ('offline = "reviews"', "", "dataset 13 hub offline: Field required"),
        ('offline = "reviews"', "trust_remote_code = true", "dataset 13 hub (offline|trust_)"),
        ('kind = "written"', 'kind = "written"\ncolour = "red"', "dataset 2 written colour"),
        ("megabytes = 3.2", 'megabytes = "3.2"', "dataset 13 hub megabytes"),
        ('name = "imdb"', 'name = "sst2"', "the name 'sst2' stands there twice"),
        ("[[dataset]]", "[[dataset", "Expected ']]'"),
    ],
)
def test_an_incomplete_entry_is_refused(shelf: Path, old: str, new: str, message: str) -> None:
    rewrite(shelf, old, new)
    with pytest.raises(BrokenFile, match=rf"catalogue.toml, line \d+: .*{message}") as caught:
        registry.entries("dataset")
    assert caught.value.do


def test_the_line_is_that_of_the_mistake(shelf: Path) -> None:
    rewrite(shelf, "megabytes = 42", "megabytes = -42")
    lines = (shelf / "catalogue.toml").read_text("utf-8").splitlines()
    with pytest.raises(
        BrokenFile, match=f"line {lines.index('megabytes = -42') + 1}: dataset 14 hub"
    ):
        registry.entries("dataset")


def test_nothing_of_the_course_unpickles_or_runs_foreign_code() -> None:
    forbidden = re.compile(
        r"trust_remote_code\s*=\s*True|^\s*(?:import|from) (?:pickle|dill)|joblib\.load\(|"
        r"pickle\.loads?\(|from cloudpickle import|"
        r"from joblib import .*\bload\b|"
        r"torch\.load\(|use_safetensors\s*=\s*False|weights_only\s*=\s*False",
        re.MULTILINE,
    )
    sources = sorted(files.PACKAGE.rglob("*.py"))
    assert len(sources) > 10
    offences = {
        path.name: m.group() for path in sources if (m := forbidden.search(path.read_text()))
    }
    assert offences == {}
