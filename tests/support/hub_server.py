"""A Hub on this machine, for the real clients, with the faults that real networks have.

It speaks the part of the protocol by which ``huggingface_hub``, ``datasets`` and ``transformers``
read: the listing of a repository in pages, information on a revision and on paths, and files by
``HEAD`` and ``GET``, with ranges. Large files are redirected to another host, as to a CDN, and go
by their SHA-256; small ones go by the hash that git gives them.

Every repository also has a branch ``main`` with other content than the pinned commit, so that
whoever asks for it gets something that a test notices.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

LARGE = (".safetensors", ".parquet", ".bin")
MAIN = "f" * 40
PAGE = 3  # files in one page of a listing, so that there are several


@dataclass
class Fault:
    """Something that goes wrong with the requests that it fits.

    Attributes:
        kind: ``status``; ``silent`` (takes the request, and says nothing); ``stall`` (headers and
            half of the body, then nothing); ``cut`` (closes the connection after ``after`` bytes);
            ``spoil`` (the right length, wrong bytes); ``short`` (half of it, and says that is all);
            ``slow`` (pauses between pieces, and gets there).
        where: a part of the path that the request must contain.
        method: ``HEAD`` or ``GET`` only.
        times: how often it happens.
        status, headers: of the answer, for ``status``.
        after: bytes of the body before a ``cut``; half of it without.
    """

    kind: str
    where: str = ""
    method: str = ""
    times: float = float("inf")
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    after: int | None = None


@dataclass(frozen=True)
class Asked:
    """A request that came in."""

    method: str
    path: str
    range: str
    authorised: bool


class Hub(ThreadingHTTPServer):
    """The server; use it in a ``with`` block. ``url`` is what ``HF_ENDPOINT`` has to be."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, *, ranges: bool = True) -> None:
        self.ranges = ranges
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._contents: dict[str, dict[str, dict[str, bytes]]] = {}
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.cdn = f"http://localhost:{self.server_port}/cdn"

    def add(self, entry: Any, contents: Mapping[str, bytes], repo_type: str = "model") -> None:
        """Serve ``contents`` as the repository of a catalogue entry at its pinned commit."""
        name = f"{repo_type}s/{entry.hub_id}"
        moved = {path: b"moved on" for path in contents}
        self._contents[name] = {entry.revision: dict(contents), MAIN: moved}

    def commits(self, repository: str) -> dict[str, dict[str, bytes]] | None:
        """Commit -> path -> content, for a repository such as ``models/google-bert/bert``."""
        return self._contents.get(repository)

    def blob(self, sha: str) -> bytes | None:
        """The large file with this SHA-256."""
        every = (c for commits in self._contents.values() for c in commits.values())
        return next((b for c in every for b in c.values() if _sha256(b) == sha), None)

    def paths(self, part: str = "") -> list[str]:
        """The paths that were asked for, those that contain ``part``."""
        return [asked.path for asked in self.asked if part in asked.path]

    def fault_for(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets."""
        with self._lock:
            for fault in self.faults:
                if fault.times > 0 and fault.where in path and fault.method in ("", method):
                    fault.times -= 1
                    return fault
        return None

    def __enter__(self) -> Hub:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the door: from now on connections are refused."""
        self.closing.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """A client that went away is none of our business."""


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._route()

    def do_GET(self) -> None:
        self._route()

    def do_POST(self) -> None:
        self._body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._route()

    def _route(self) -> None:
        url = urlsplit(self.path)
        path = unquote(url.path).strip("/")
        self.server.asked.append(
            Asked(
                self.command,
                path,
                self.headers.get("Range", ""),
                "Authorization" in self.headers,
            )
        )
        self._fault = self.server.fault_for(self.command, path)
        if self._fault and self._fault.kind == "silent":
            self.server.closing.wait(60)
            self.close_connection = True
            return
        if self._fault and self._fault.kind == "status":
            return self._send(self._fault.status, b"{}", **self._fault.headers)
        if path.startswith("cdn/"):
            content = self.server.blob(path.removeprefix("cdn/"))
            return self._file(content) if content else self._send(404)
        if path.startswith("api/"):
            return self._api(path.removeprefix("api/").split("/"), parse_qs(url.query))
        return self._resolve(path)

    def _find(self, repository: str, revision: str) -> tuple[str, dict[str, bytes]] | None:
        commits = self.server.commits(repository)
        if commits is None:
            self._send(404, b"{}", X_Error_Code="RepoNotFound")
            return None
        commit = MAIN if revision == "main" else revision
        if commit not in commits:
            self._send(404, b"{}", X_Error_Code="RevisionNotFound")
            return None
        return commit, commits[commit]

    def _api(self, parts: list[str], query: dict[str, list[str]]) -> None:
        """``/api/models/owner/name[/(revision|tree|paths-info)/COMMIT[/folder]]``"""
        repository, rest = "/".join(parts[:3]), parts[3:]
        what, revision = rest[0] if rest else "revision", rest[1] if len(rest) > 1 else "main"
        commit_and_files = self._find(repository, revision)
        if commit_and_files is None:
            return
        commit, contents = commit_and_files
        if what == "revision":
            siblings = [{"rfilename": name} for name in contents]
            about = {
                "_id": "0",
                "id": "/".join(parts[1:3]),
                "sha": commit,
                "siblings": siblings,
                "private": False,
                "gated": False,
                "disabled": False,
                "downloads": 0,
                "likes": 0,
                "tags": [],
                "lastModified": "2024-01-01T00:00:00.000Z",
                "createdAt": "2024-01-01T00:00:00.000Z",
            }
            return self._json(about)
        if what == "paths-info":
            wanted = parse_qs(self._body.decode()).get("paths", [])
            tree = _tree(contents, recursive=True)
            return self._json([row for row in tree if row["path"] in wanted])
        if what == "tree":
            below = "/".join(rest[2:])
            recursive = query.get("recursive", [""])[0].lower() in ("true", "1")
            tree = [
                row
                for row in _tree(contents, recursive=recursive, below=below)
                if not below or row["path"].startswith(f"{below}/")
            ]
            if below and not tree:
                return self._send(404, b"{}", X_Error_Code="EntryNotFound")
            first = int(query.get("cursor", ["0"])[0])
            more = {}
            if first + PAGE < len(tree):
                here = f"{self.server.url}{urlsplit(self.path).path}"
                again = f"{here}?recursive={recursive}&cursor={first + PAGE}"
                more = {"Link": f'<{again}>; rel="next"'}
            return self._json(tree[first : first + PAGE], **more)
        return self._send(404, b"{}")

    def _resolve(self, path: str) -> None:
        """``/[datasets/]owner/name/resolve/COMMIT/file``"""
        repository, _, rest = path.partition("/resolve/")
        if not repository.startswith("datasets/"):
            repository = f"models/{repository}"
        revision, _, name = rest.partition("/")
        commit_and_files = self._find(repository, revision)
        if commit_and_files is None:
            return
        commit, contents = commit_and_files
        content = contents.get(name)
        if content is None:
            return self._send(404, b"{}", X_Error_Code="EntryNotFound", X_Repo_Commit=commit)
        if not name.endswith(LARGE):
            return self._file(content, ETag=f'"{_git(content)}"', X_Repo_Commit=commit)
        sha = _sha256(content)
        return self._send(
            302,
            Location=f"{self.server.cdn}/{sha}",
            X_Repo_Commit=commit,
            X_Linked_Etag=f'"{sha}"',
            X_Linked_Size=str(len(content)),
            # As on the Hub; the course goes by plain HTTP all the same.
            X_Xet_Hash=sha,
            Link=f'<{self.server.url}/xet-auth>; rel="xet-auth"',
        )

    def _file(self, content: bytes, **headers: str) -> None:
        kind = self._fault.kind if self._fault else ""
        if kind == "spoil":
            content = bytes(b ^ 255 for b in content)
        if kind == "short":
            content = content[: len(content) // 2]
        headers.setdefault("ETag", f'"{_sha256(content)}"')
        wanted = self.headers.get("Range", "")
        if self.server.ranges and wanted.startswith("bytes="):
            low, _, high = wanted.removeprefix("bytes=").partition("-")
            first, last = int(low), int(high) if high else len(content) - 1
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
            return self._send(206, content[first : last + 1], Accept_Ranges="bytes", **headers)
        return self._send(200, content, Accept_Ranges="bytes", **headers)

    def _json(self, value: Any, **headers: str) -> None:
        self._send(200, json.dumps(value).encode(), Content_Type="application/json", **headers)

    def _send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        kind = self._fault.kind if self._fault else ""
        if kind == "cut":
            assert self._fault is not None
            half = len(body) // 2 if self._fault.after is None else self._fault.after
            self.wfile.write(body[:half])
            self.close_connection = True
        elif kind == "stall":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.server.closing.wait(60)
            self.close_connection = True
        elif kind == "slow":
            pieces = 9
            step = -(-len(body) // pieces)
            for start in range(0, len(body), step):
                self.wfile.write(body[start : start + step])
                self.wfile.flush()
                self.server.closing.wait(0.6)
        else:
            self.wfile.write(body)


def _tree(
    contents: Mapping[str, bytes], *, recursive: bool, below: str = ""
) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for path, content in sorted(contents.items()):
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            rows[folder] = {"type": "directory", "path": folder, "size": 0, "oid": "0" * 40}
        rows[path] = {"type": "file", "path": path, "size": len(content), "oid": _git(content)}
        if path.endswith(LARGE):
            sha = _sha256(content)
            rows[path]["lfs"] = {"oid": sha, "size": len(content), "pointerSize": 130}
            rows[path]["xetHash"] = sha
    depth = below.count("/") + 1 if below else 0
    return [row for row in rows.values() if recursive or row["path"].count("/") == depth]


@cache
def _git(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@cache
def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def ask(server: Hub, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """Let the clients in this process ask this server, and keep what they get in ``cache``."""
    from huggingface_hub import constants

    from tl_helpers.data import hub

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    address = f"{server.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(hub, "_absent_until", 0.0)
