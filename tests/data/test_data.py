"""One door for data: features, splits, samples, and one clear error for each fault."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Sequence, Value

from tl_helpers import data, town
from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, BrokenFile, NoNetwork, UnknownName
from tl_helpers.data import hub

SHIPPED = files.PACKAGE.parent / "data" / "catalogue.toml"


def review(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "id": f"film-{number:03d}",
        "domain": ("film", "book")[number % 2],
        "text": f"Film number {number} is not bad.",
        "label": ("positive", "negative")[number // 2 % 2],
        "traits": ["negation"] if number % 4 == 0 else [],
        "style": "plain",
        "split": "test" if number % 4 == 3 else "train",
    }
    return {**row, **changes}


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder and a cache of its own; no network."""
    folder = tmp_path / "data"
    (folder / "written").mkdir(parents=True)
    (folder / "catalogue.toml").write_bytes(SHIPPED.read_bytes())
    monkeypatch.setenv("TL_DATA", str(folder))
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    put(folder, [review(i) for i in range(16)])
    return folder


def put(folder: Path, rows: list[dict[str, Any]] | str) -> Path:
    path = folder / "written" / "reviews.jsonl"
    text = rows if isinstance(rows, str) else "\n".join(json.dumps(row) for row in rows) + "\n"
    path.write_text(text, "utf-8")
    files.write_checksums()
    return path


# ---------------------------------------------------------------------------------- written data


def test_written_reviews_have_splits_and_named_classes() -> None:
    reviews = data.load("reviews")
    assert isinstance(reviews, DatasetDict)
    assert reviews.num_rows == {"train": 12, "test": 4}
    features = reviews["train"].features
    assert features["label"] == ClassLabel(names=["negative", "positive"])
    assert features["domain"].names == ["film", "restaurant", "book", "gadget"]
    assert features["traits"] == Sequence(ClassLabel(names=["negation", "contrast", "irony"]))
    assert features["text"] == Value("string")
    first = reviews["train"][0]
    assert features["label"].int2str(first["label"]) == "positive"
    assert first["traits"] == [0] and reviews["train"][1]["traits"] == []


def test_the_shipped_reviews_fit_their_catalogue(shelf: Path) -> None:
    put(shelf, (SHIPPED.parent / "written" / "reviews.jsonl").read_text("utf-8"))
    reviews = data.load("reviews")
    assert set(reviews) == {"train", "test"} and sum(reviews.num_rows.values()) >= 480
    assert set(reviews["train"]["domain"][:]) == {0, 1, 2, 3}
    eight = data.sample(data.load("reviews", split="train", domain="book"), 8, seed=1)
    assert sorted(eight["label"][:]) == [0] * 4 + [1] * 4


def test_one_split_and_one_domain() -> None:
    books = data.load("reviews", split="train", domain="book")
    assert isinstance(books, Dataset)
    assert str(books.split) == "train"
    assert {books.features["domain"].int2str(d) for d in books["domain"]} == {"book"}
    assert len(books) == 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.load("reveiws"), "Unknown data set 'reveiws'(.|\n)*Did you mean 'reviews'"),
        (lambda: data.load("reviews", split="dev"), "Unknown split 'dev'(.|\n)*test, train"),
        (lambda: data.load("reviews", domain="films"), "Unknown domain 'films'(.|\n)*'film'"),
        (lambda: data.load("reviews", domian="film"), "Unknown column.*'domian'(.|\n)*'domain'"),
        (lambda: data.load("reviews", traits="ironic"), "Unknown traits 'ironic'(.|\n)*'irony'"),
        (lambda: data.load("reviews", traits=["ironic"]), "Unknown traits 'ironic'"),
        (lambda: data.load("reviews", split="dev", id="nope"), "Unknown split 'dev'(.|\n)*train"),
        (lambda: data.load(["reviews"]), r"Unknown data set \['reviews'\](.|\n)*reviews"),
        (lambda: data.load("sst2", seed=1), "Unknown option of 'sst2': 'seed'"),
        (lambda: data.load("sst2", split="test"), "Unknown split 'test'"),
    ],
)
def test_unknown_names_are_refused_with_a_hint(call: Any, message: str) -> None:
    with pytest.raises(UnknownName, match=message):
        call()


def test_a_trait_keeps_the_rows_that_have_it(shelf: Path) -> None:
    traits = [[], ["irony"], ["negation"], ["contrast", "irony"], ["irony"]]
    put(shelf, [review(i, traits=own) for i, own in enumerate(traits)])
    ironic = data.load("reviews", traits="irony")
    assert {split: rows["id"][:] for split, rows in ironic.items()} == {
        "train": ["film-001", "film-004"],
        "test": ["film-003"],
    }
    alone = data.load("reviews", traits=["irony"])
    assert {split: rows["id"][:] for split, rows in alone.items()} == {
        "train": ["film-001", "film-004"]
    }
    assert data.load("reviews", traits=[])["train"]["id"][:] == ["film-000"]
    assert data.load("reviews", traits="irony", domain="film").num_rows == {"train": 1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"id": "nope"}, "No row of 'reviews' has id='nope'"),
        ({"split": "train", "id": "nope"}, "'reviews' in the split 'train' has id='nope'"),
        ({"split": "train", "id": "film-003"}, "in the split 'train' has id='film-003'"),
        ({"traits": "irony"}, "has traits='irony'"),
        ({"domain": "film", "style": "oblique"}, "has domain='film' and style='oblique'"),
    ],
)
def test_what_no_row_has_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadValue, match=message):
        data.load("reviews", **options)


def test_a_changed_byte_is_noticed(shelf: Path) -> None:
    path = shelf / "written" / "reviews.jsonl"
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(BrokenFile, match="reviews.jsonl was changed or damaged") as caught:
        data.load("reviews")
    assert "git checkout -- data/written/reviews.jsonl" in str(caught.value)


def test_a_missing_file_is_named(shelf: Path) -> None:
    (shelf / "written" / "reviews.jsonl").unlink()
    with pytest.raises(BrokenFile, match="reviews.jsonl is missing"):
        data.load("reviews")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "reviews.jsonl is empty"),
        (" \n\n", "reviews.jsonl is empty"),
        (json.dumps(review(0)) + '\n\n{"id": "film-001", "te\n', "line 3: not valid JSON"),
        (json.dumps(review(0)) + "\n[1, 2]\n", "line 2: list instead of an object"),
        (json.dumps(review(0)) + "\n" + "[" * 200_000, "line 2: not valid JSON .too many brackets"),
        ('{"id": ' + "9" * 5000 + "}", "line 1: not valid JSON .a number with too many digits"),
        (json.dumps({"id": "a"}), "line 1: no field 'domain', 'text', 'label'"),
        (json.dumps(review(0, label="great")), "does not fit its column.*great"),
        (json.dumps(review(0, traits=["sarcasm"])), "does not fit its column.*sarcasm"),
    ],
)
def test_malformed_lines_are_named(shelf: Path, content: str, message: str) -> None:
    put(shelf, content)
    with pytest.raises(BrokenFile, match=message) as caught:
        data.load("reviews")
    assert caught.value.do
    assert caught.value.__cause__ is None


def test_a_mistyped_split_is_not_dropped_in_silence(shelf):
    put(shelf, [review(0), review(1, split="tset")])
    with pytest.raises(BrokenFile, match="'tset'"):
        data.load("reviews")


def test_read_jsonl_takes_what_people_write(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes('\ufeff{"text": "caf\u00e9\u2028!"}\r\n\r\n{"text": "b"}'.encode())
    assert data.read_jsonl(path) == [{"text": "caf\u00e9\u2028!"}, {"text": "b"}]


def test_read_jsonl_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    with pytest.raises(BrokenFile, match="mine.jsonl does not exist"):
        data.read_jsonl(path)
    path.write_bytes(b'{"text": "a"}\n{"text": "caf\xe9"}\n')
    with pytest.raises(BrokenFile, match="line 2: not UTF-8"):
        data.read_jsonl(path)
    path.write_text('{"text": "a", "label": 1}\n{"text": "b"}\n')
    with pytest.raises(BrokenFile, match="line 2: no field 'label'"):
        data.read_jsonl(path, fields=["text", "label"])
    with pytest.raises(BrokenFile, match="cannot be read"):
        data.read_jsonl(tmp_path)


# --------------------------------------------------------------------------------------- the town


def test_the_town_comes_in_splits_that_share_nothing() -> None:
    splits = data.load("town", n=40, n_test=20, seed=3)
    assert splits.num_rows == {"train": 40, "test": 20}
    texts = {split: splits[split]["text"][:] for split in splits}
    assert not set(texts["train"]) & set(texts["test"])
    assert splits["train"].features["label"].names == ["negative", "positive"]


def test_the_town_is_the_same_text_each_time_and_a_longer_corpus_begins_with_a_shorter() -> None:
    first = data.load("town", split="train", n=30, seed=1)["text"][:]
    assert data.load("town", split="train", n=30, seed=1)["text"][:] == first
    assert data.load("town", split="train", n=31, seed=1)["text"][:30] == first
    assert data.load("town", split="train", n=30, seed=2)["text"][:] != first
    assert first == town.Town(seed=1).corpus(30).texts()
    assert len(data.load("town", split="train", n=30, seed=1, level="sentence")) > 30


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n": 0}, BadValue, "n=0(.|\n)*1 to 5,000,000"),
        ({"n": 2.5}, BadValue, "n=2.5"),
        ({"n": True}, BadValue, "n=True"),
        ({"n": 10**9}, BadValue, "n=1000000000"),
        ({"level": "paragraph"}, UnknownName, "level 'paragraph'"),
        ({"split": "dev"}, UnknownName, "split 'dev'"),
        ({"n_test": 0}, BadValue, "n_test=0"),
        ({"zipff": 1.0}, UnknownName, "zipff(.|\n)*'zipf'"),
        ({"n_tset": 5}, UnknownName, "n_tset(.|\n)*'n_test'"),
        ({"zipf": -3.0}, BadValue, "zipf"),
    ],
)
def test_bad_options_of_the_town(options: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        data.load("town", **{"split": "train", "n": 5, **options})


# ---------------------------------------------------------------------------------------- the Hub


@pytest.fixture
def sst2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """SST-2 as it lies in the Hub cache after a download (two rows of it)."""
    folder = tmp_path / "hub" / "datasets--stanfordnlp--sst2" / "snapshots" / "8d51"
    (folder / "data").mkdir(parents=True)
    for split in ("train", "validation"):
        table = Dataset.from_dict(
            {"idx": [0, 1], "sentence": ["a joy", "a bore"], "label": [1, 0]},
            features=Features(
                {"idx": Value("int32"), "sentence": Value("string"), "label": Value("int64")}
            ),
        )
        table.to_parquet(folder / "data" / f"{split}-00000-of-00001.parquet")
    monkeypatch.setattr(hub, "cached", lambda *_: folder)
    return folder


def test_data_from_the_hub_gets_the_names_of_the_course(sst2: Path) -> None:
    loaded = data.load("sst2")
    assert loaded.num_rows == {"train": 2, "validation": 2}
    one = data.load("sst2", split="validation")
    assert one.column_names == ["idx", "text", "label"]
    assert one.features["label"] == ClassLabel(names=["negative", "positive"])
    assert one[0] == {"idx": 0, "text": "a joy", "label": 1}


def test_damaged_files_of_the_hub_cache(sst2: Path) -> None:
    path = sst2 / "data" / "train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(BrokenFile, match="'sst2'.*damaged(.|\n)*Remove") as caught:
        data.load("sst2", split="train")
    assert caught.value.__suppress_context__


def test_without_a_network_the_offline_choice_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "cached", lambda *_: None)
    with pytest.raises(NoNetwork, match="'sst2'.*3.2 MB.*cannot be reached") as caught:
        data.load("sst2", split="train")
    assert "tl.data.load('reviews') works without a network" in str(caught.value)


# ---------------------------------------------------------------------------------------- samples


def toy(counts: dict[int, int]) -> Dataset:
    labels = [label for label, count in counts.items() for _ in range(count)]
    return Dataset.from_dict({"text": [str(i) for i in range(len(labels))], "label": labels})


def test_samples_are_balanced_nested_and_repeatable() -> None:
    rows = toy({0: 300, 1: 40, 2: 100})
    sixteen = data.sample(rows, 16, seed=5)
    assert sorted(Counter(sixteen["label"][:]).values()) == [5, 5, 6]
    for n in (1, 3, 8, 15):
        assert data.sample(rows, n, seed=5)["text"][:] == sixteen["text"][:n]
    assert len(set(sixteen["text"][:])) == 16
    assert data.sample(rows, 16, seed=6)["text"][:] != sixteen["text"][:]
    every = data.sample(rows, 120, seed=0)
    assert Counter(every["label"][:]) == {0: 40, 1: 40, 2: 40}


def test_a_sample_is_the_same_on_every_machine() -> None:
    expected = ["18", "31", "1", "21", "19", "38"]
    assert data.sample(toy({0: 20, 1: 20}), 6, seed=0)["text"][:] == expected


def test_over_seeds_every_row_is_drawn() -> None:
    rows = toy({0: 6, 1: 6})
    seen = {text for seed in range(40) for text in data.sample(rows, 2, seed)["text"][:]}
    assert len(seen) == 12


@pytest.mark.parametrize("n", [13, 0, -1, 2.5, True, 10**6])
def test_a_sample_that_is_not_there(n: Any) -> None:
    with pytest.raises(BadValue, match=r"at most 8|Use a whole number from 1"):
        data.sample(toy({0: 30, 1: 4}), n)


@pytest.mark.parametrize("seed", [-1, 2**32, "0", 1.5, None])
def test_a_sample_needs_a_seed(seed: Any) -> None:
    with pytest.raises(BadValue, match="is not a seed"):
        data.sample(toy({0: 2, 1: 2}), 2, seed=seed)


def test_a_sample_needs_its_column() -> None:
    with pytest.raises(UnknownName, match="Unknown column 'lable'(.|\n)*'label'"):
        data.sample(toy({0: 2, 1: 2}), 2, label="lable")


def test_balanced_draws_are_nested_balanced_and_say_what_is_missing():
    """And they are the draws that every stored study was made with."""
    labels = np.array([0, 1, 1, 0, 2, 2, 0, 1, 2, 0])
    nine = data.balanced(labels, 9, seed=3)
    assert len(set(nine.tolist())) == 9 and np.bincount(labels[nine]).tolist() == [3, 3, 3]
    for n in (3, 6):
        assert data.balanced(labels, n, seed=3).tolist() == nine[:n].tolist()
    rng = np.random.default_rng(3)
    orders = [rng.permutation(np.flatnonzero(labels == c)) for c in range(3)]
    assert nine.tolist() == np.stack([order[:3] for order in orders], 1).ravel().tolist()
    assert data.balanced(labels, 9, seed=4).tolist() != nine.tolist()
    for n, says in ((11, "smallest has 3"), (0, "n=0"), (2.5, "n=2.5")):
        with pytest.raises(BadValue, match=says):
            data.balanced(labels, n)


def test_a_sample_of_what_is_no_data_set_says_how_to_make_one() -> None:
    rows = Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]})
    for other, advice in (
        (rows.to_pandas(), "Dataset.from_pandas"),
        ([{"text": "a", "label": 0}], "Dataset.from_list"),
        ({"label": [0, 1]}, "Dataset.from_dict"),
        (rows.to_iterable_dataset(), "dataset.take"),
        (DatasetDict(train=rows), r"dataset\['train'\]"),
        (None, "data.load"),
    ):
        with pytest.raises(BadValue, match=f"dataset is a {type(other).__name__}(.|\n)*{advice}"):
            data.sample(other, 2)
