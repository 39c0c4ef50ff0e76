"""The one way to the Hub: pinned to a commit, announced before it downloads, clear when it fails.

``huggingface_hub`` lists, downloads, tries again and resumes. Added here are a sentence before a
download and one for each way in which it can fail, a limit on its waiting (by itself it waits for
a silent listing without end, and for a busy Hub as long as that asks), and a check of what lies in
its cache that needs no network.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError, NoNetwork
from tl_helpers.data.registry import Entry

#: Seconds to wait for a connection before the network counts as absent.
CONNECT = 3.0
#: Bytes that are written at once; the client's own ten megabytes would be lost at every cut.
CHUNK = 1 << 18
#: Times that a file may start from nothing, where the server cannot go on in the middle.
RESTARTS = 5
#: What a disk says when it cannot store: at a write, and (with a file's name) at an opening.
_WRITE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
_OPEN_ERRORS = {*_WRITE_ERRORS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST}

_absent_until = 0.0
_verified: set[tuple[str, int, int, str]] = set()


def patience() -> float:
    """Seconds to wait for the Hub's next byte, at each of six attempts: ``TL_HUB_PATIENCE``, or 10.

    Raises:
        BadValue: ``TL_HUB_PATIENCE`` is not a positive number.

    Example:
        >>> patience() > 0
        True
    """
    text = os.environ.get("TL_HUB_PATIENCE", "10")
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise BadValue(
            f"TL_HUB_PATIENCE={text!r} is not a number of seconds.", "Use 10, for example."
        )
    return seconds


def offline_by_choice() -> bool:
    """Whether ``HF_HUB_OFFLINE`` says that only the Hub's cache may be used.

    Example:
        >>> offline_by_choice() in (True, False)
        True
    """
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "TRUE", "YES", "ON"}:
        return True
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def reachable() -> bool:
    """Whether the Hub answers within a few seconds.

    Asked before any download, because the client itself retries for half a minute when there is
    no network. A "no" holds for a minute, so that a notebook is not slowed down by asking again.

    Example:
        >>> reachable()  # doctest: +SKIP
        False
    """
    global _absent_until
    if offline_by_choice():
        return False
    from huggingface_hub import constants

    if any(os.environ.get(k) or os.environ.get(k.lower()) for k in ("HTTPS_PROXY", "ALL_PROXY")):
        return True  # only the proxy can tell
    if time.monotonic() < _absent_until:
        return False
    url = urlsplit(constants.ENDPOINT)
    port = url.port or (443 if url.scheme == "https" else 80)
    wait = min(CONNECT, patience())
    try:
        socket.create_connection((url.hostname or "", port), timeout=wait).close()
    except Exception:  # no name service, no route, refused, or sockets forbidden altogether
        _absent_until = time.monotonic() + 60
        return False
    return True


def cache() -> Path:
    """The folder in which the Hub's client keeps what it has downloaded.

    Example:
        >>> isinstance(cache(), Path)
        True
    """
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def cached(entry: Entry, patterns: Sequence[str], repo_type: str = "model") -> Path | None:
    """The folder of ``entry`` in the local Hub cache when it is complete, else None.

    Args:
        entry: a catalogue entry with ``hub_id`` and ``revision``.
        patterns: the files that are needed, as patterns; each must be there (``a|b``: either).
        repo_type: ``model`` or ``dataset``.

    Example:
        >>> cached(registry.find("model", "gpt2"), ["*.json"], "model") is None  # doctest: +SKIP
        True
    """
    from huggingface_hub import snapshot_download

    commit = {"repo_id": entry.hub_id, "repo_type": repo_type, "revision": entry.revision}
    try:
        path = snapshot_download(allow_patterns=_each(patterns), local_files_only=True, **commit)
    except (OSError, ValueError):  # not there, or known to be incomplete
        return None
    folder = Path(path)
    names = [p.relative_to(folder) for p in folder.rglob("*") if p.exists()]
    return folder if _complete(names, patterns) else None


def verify(folder: Path, entry: Entry, restore: str, only: Callable[[str], bool] = bool) -> None:
    """Check the files of ``folder`` against the SHA-256 in the catalogue, once per change.

    Raises:
        BrokenFile: a file is missing or its bytes are not the expected ones.

    Example:
        >>> verify(folder, registry.find("model", "minilm"), "Install it again.")  # doctest: +SKIP
    """
    for name, expected in entry.sha256.items():
        if not only(name):
            continue
        path = folder / name
        if not path.exists():
            raise BrokenFile(f"{path} is missing.", restore)
        if not _has_hash(path, expected):
            raise BrokenFile(
                f"{path} was changed or damaged: its SHA-256 is {files.sha256(path)[:12]}..., "
                f"expected {expected[:12]}...",
                restore,
            )


def damaged(folder: Path) -> list[Path]:
    """The files of a folder of the Hub cache whose bytes are not what they should be.

    The cache stores a file under its hash, SHA-256 for a large one and git's own for the others,
    and links to it; so a file that was spoilt gives itself away. (On file systems without links it
    does not, and only the readers of the formats can tell. The client's own check asks the Hub.)

    Example:
        >>> damaged(folder)  # doctest: +SKIP
        []
    """
    links = [path for path in sorted(folder.rglob("*")) if path.is_symlink() and path.exists()]
    # One step only: behind that, a store that several repositories share has names of its own.
    return [path for path in links if not _has_hash(path, Path(os.readlink(path)).name)]


def _has_hash(path: Path, expected: str) -> bool:
    """Whether a file has this hash; a name that is no hash says nothing against it."""
    real = path.resolve()
    status = real.stat()
    key = (str(real), status.st_mtime_ns, status.st_size, expected)
    if key in _verified:
        return True
    if re.fullmatch("[0-9a-f]{64}", expected):
        good = files.sha256(real) == expected
    elif re.fullmatch("[0-9a-f]{40}", expected):
        content = real.read_bytes()
        good = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest() == expected
    else:
        return True
    if good:
        _verified.add(key)
    return good


def folder(
    entry: Entry,
    patterns: Sequence[str],
    repo_type: str = "model",
    optional: Sequence[str] = (),
    instead: str = "",
) -> Path:
    """A local folder with the files of ``entry`` at its pinned commit, downloaded when needed.

    What lies in the cache is checked against its hash. A damaged file is put away, and downloaded
    again.

    Args:
        entry: a catalogue entry with ``hub_id`` and ``revision``.
        patterns: the files that are needed (``a|b``: either).
        repo_type: ``model`` or ``dataset``.
        optional: further files that are taken when they exist.
        instead: what to use without a network; by default named from ``entry.offline``.

    Raises:
        NoNetwork: the Hub cannot be reached, is busy, says nothing, or broke off.
        BrokenFile: the pinned commit has not got what the catalogue promises.
        CourseError: disk full, or no permission to write the cache.

    Example:
        >>> folder(registry.find("model", "gpt2"), ["*.json"], "model").is_dir()  # doctest: +SKIP
        True
    """
    here = cached(entry, patterns, repo_type)
    spoilt = damaged(here) if here is not None else []
    if here is not None and not spoilt:
        return here
    call = "tl.data.load" if repo_type == "dataset" else "tl.models.load"
    offline = instead or f"{call}({entry.offline!r}) works without a network."
    lost = _put_away(spoilt)
    if not reachable():
        raise NoNetwork(
            f"{entry.name!r} has to be downloaded from the Hub ({entry.megabytes:g} MB), "
            f"which cannot be reached.{lost}",
            f"Connect to the network (and unset HF_HUB_OFFLINE) and run this again. {offline}",
        )
    try:
        with _bounded():
            _download(entry, patterns, repo_type, optional, offline, lost)
    except CourseError:
        raise
    except Exception as error:
        raise _translate(error, entry, offline) from None
    here = cached(entry, patterns, repo_type)
    if here is None:
        raise _lacks(entry, patterns, offline)
    if spoilt := damaged(here):
        _put_away(spoilt)
        raise BrokenFile(
            f"{spoilt[0].name} of {entry.name!r} arrived from the Hub with other bytes than it "
            f"promised, and was thrown away.",
            "Run this again; if that does not help, something between the Hub and this machine "
            f"changes what passes (a proxy, a virus scanner). {offline}",
        )
    return here


def _download(
    entry: Entry,
    patterns: Sequence[str],
    repo_type: str,
    optional: Sequence[str],
    offline: str,
    lost: str,
) -> None:
    """Say what is missing and how large it is, then fetch it, file after file.

    ``snapshot_download(dry_run=True)`` would say it too, but from threads that do not hear Ctrl-C.
    """
    from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache, utils

    commit = {"repo_id": entry.hub_id, "repo_type": repo_type, "revision": entry.revision}
    tree = HfApi().list_repo_tree(recursive=True, **commit)
    sizes = {item.path: item.size for item in tree if hasattr(item, "size")}  # a folder has none
    wanted = list(utils.filter_repo_objects(sizes, allow_patterns=_each([*patterns, *optional])))
    if not _complete([Path(name) for name in wanted], patterns):
        raise _lacks(entry, patterns, offline)
    here = {x for x in wanted if isinstance(try_to_load_from_cache(filename=x, **commit), str)}
    missing = sorted((name for name in wanted if name not in here), key=lambda name: sizes[name])
    size, count = sum(sizes[name] for name in missing), len(missing)
    disk = next((place for place in (cache(), *cache().parents) if place.is_dir()), Path("/"))
    if (free := shutil.disk_usage(disk).free) < size:  # of this the client only warns
        raise CourseError(
            f"{entry.name!r} needs {in_words(size)} in {cache()}, where {in_words(free)} are "
            "free. Nothing was downloaded.",
            _make_room(size, offline),
        )
    rest = f", the rest of {len(wanted)}" if here else ""
    print(
        f"Downloading {entry.name!r} from the Hub, once: {entry.hub_id} at commit "
        f"{entry.revision[:8]}, {count} file{'s' * (count != 1)}{rest}, {in_words(size)}, "
        f"to {cache()}.{lost}",
        flush=True,
    )
    for name in missing:
        hf_hub_download(filename=name, **commit)


@contextmanager
def _bounded() -> Iterator[None]:
    """The Hub's own client, kept from waiting without end, and silent about its attempts."""
    from huggingface_hub import constants
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils import _http, logging

    # What makes its HTTP clients; maybe a learner's own, for a proxy or a certificate.
    factory = getattr(_http, "_GLOBAL_CLIENT_FACTORY", None)
    if factory is None:  # before version 1.0, which some environments have: its own limits
        yield
        return
    wait, restarts = patience(), 0

    def ask(request: Any) -> None:
        # By itself a listing waits for ever, and the second look at a file a minute, six times.
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), wait)

    def hear(response: Any) -> None:
        nonlocal restarts
        if response.status_code >= 400 and _asks_to_wait(response) > wait:
            raise HfHubHTTPError("The Hub asks to wait.", response=response)
        restarts += response.status_code == 200 and "range" in response.request.headers
        if restarts > RESTARTS:
            raise ConnectionError("It is cut again and again, and starts from nothing each time.")

    def client() -> Any:
        made = factory()
        hooks = made.event_hooks
        made.event_hooks = {
            "request": [*hooks["request"], ask],
            "response": [*hooks["response"], hear],
        }
        return made

    level = logging.get_verbosity()
    before = constants.HF_HUB_DISABLE_XET, constants.DOWNLOAD_CHUNK_SIZE
    _http.set_client_factory(client)
    logging.set_verbosity_error()
    # One protocol, plain HTTP: it can be resumed, and proxies and filters know it.
    constants.HF_HUB_DISABLE_XET, constants.DOWNLOAD_CHUNK_SIZE = True, CHUNK
    try:
        yield
    finally:
        _http.set_client_factory(factory)
        logging.set_verbosity(level)
        constants.HF_HUB_DISABLE_XET, constants.DOWNLOAD_CHUNK_SIZE = before


def _asks_to_wait(response: Any) -> float:
    """Seconds that the Hub asks a client to wait before its next attempt; 0 when it does not."""
    limit = re.search(r"\br=0;t=(\d+)", response.headers.get("RateLimit", ""))
    seconds = limit[1] if limit else response.headers.get("Retry-After", "")
    return float(seconds) if seconds.isdigit() else 0.0


def _put_away(paths: Sequence[Path]) -> str:
    """Remove damaged files from the cache, so that they are downloaded again; says so."""
    for path in paths:
        try:
            for name in (path.resolve(), path.parent / os.readlink(path), path):
                name.unlink(missing_ok=True)
        except OSError as error:
            raise CourseError(
                f"{path} is damaged and cannot be removed: {error.strerror}.",
                "Remove it, or point the environment variable HF_HOME at a folder of your own.",
            ) from None
    return f" ({paths[0].name} in the Hub cache was damaged.)" if paths else ""


def _each(patterns: Sequence[str]) -> list[str]:
    """Each pattern by itself, those that are alternatives (``a|b``) as well."""
    return [option for pattern in patterns for option in pattern.split("|")]


def _complete(names: Sequence[Path], patterns: Sequence[str]) -> bool:
    """Whether each pattern (``a|b``: either) has a file."""
    return all(any(x.match(p) for x in names for p in _each([pattern])) for pattern in patterns)


def in_words(size: float) -> str:
    """A number of bytes for a reader.

    Example:
        >>> in_words(12_300), in_words(3_210_000), in_words(3_539_000_000)
        ('12 kB', '3.2 MB', '3.5 GB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:.{int(size < 10 * unit)}f} {name}"
    return f"{max(1, round(size / 1e3))} kB"


def _lacks(entry: Entry, patterns: Sequence[str], offline: str) -> BrokenFile:
    return BrokenFile(
        f"{entry.hub_id} at commit {entry.revision} lacks one of: {', '.join(patterns)}.",
        f"Report it to the authors of the course. {offline}",
    )


def _make_room(size: float, offline: str) -> str:
    return (
        f"Free {in_words(size)} there, or point the environment variable HF_HOME at a folder "
        f"that you can write. {offline}"
    )


def _translate(error: BaseException, entry: Entry, offline: str) -> CourseError:
    """Whatever happened on the way, as one clear error."""
    from huggingface_hub import get_token

    chain = [error]  # the error, and those that it was wrapped around
    while (inner := chain[-1].__cause__ or chain[-1].__context__) and inner not in chain:
        chain.append(inner)
    for one in chain:
        disk = _OPEN_ERRORS if getattr(one, "filename", None) else _WRITE_ERRORS
        if isinstance(one, OSError) and one.errno in disk:
            return CourseError(
                f"{entry.name!r} could not be stored in {cache()}: {os.strerror(one.errno)}.",
                _make_room(entry.megabytes * 1e6, offline),
            )
    answers = [getattr(one, "response", None) for one in chain]
    answer = next((one for one in answers if one is not None), None)
    status = 0 if answer is None else answer.status_code
    lost, again = f"{entry.name!r} could not be downloaded", "files that have arrived are kept"
    if status == 429:
        seconds = _asks_to_wait(answer)
        what = f"The Hub is asked too often just now (status 429), so {lost}."
        do = f"Wait {f'{seconds:.0f} seconds' if seconds else 'some minutes'} and run this again."
    elif status == 401 and get_token():
        what = f"The Hub does not accept the access token of this machine (status 401), so {lost}."
        do = "The course needs no token: unset HF_TOKEN, or run `hf auth logout`, and try again."
    elif status in (401, 403, 404, 410, 451):
        return BrokenFile(
            f"The Hub no longer gives out {entry.hub_id} at commit {entry.revision} "
            f"(status {status}).",
            f"Report it to the authors of the course. {offline}",
        )
    elif status >= 500:
        what = f"The Hub has trouble of its own just now (status {status}), so {lost}."
        do = f"Wait a few minutes. Run this again; {again}."
    elif any("Timeout" in type(one).__name__ for one in chain):
        what = (
            f"The download of {entry.name!r} was given up: several times in a row, nothing arrived "
            f"for {patience():g} s."
        )
        do = f"Check the network. Run this again; {again}. (TL_HUB_PATIENCE sets the seconds.)"
    else:
        reason = " ".join(str(chain[-1]).split())[:160] or type(chain[-1]).__name__
        what = f"The download of {entry.name!r} from the Hub broke off: {reason}"
        do = f"Check the network. Run this again; {again}."
    return NoNetwork(what, f"{do} {offline}")
