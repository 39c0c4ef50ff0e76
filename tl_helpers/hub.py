"""The one way to the Hub: pinned to a commit, announced before it downloads, and clear when it
fails."""

from __future__ import annotations

import errno
import os
import re
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tl_helpers import files
from tl_helpers.catalogue import Entry
from tl_helpers.errors import BrokenFile, CourseError, NoNetwork

#: Seconds to wait for an answer before the network counts as absent.
PATIENCE = 3.0
_absent_until = 0.0


def cached(entry: Entry, patterns: Sequence[str], repo_type: str = "model") -> Path | None:
    """The folder of ``entry`` in the local Hub cache when it is complete, else None.

    Args:
        entry: a catalogue entry with ``hub_id`` and ``revision``.
        patterns: the files that are needed, as patterns; each must be there (``a|b``: either).
        repo_type: ``model`` or ``dataset``.
    """
    from huggingface_hub import snapshot_download

    try:
        folder = Path(
            snapshot_download(
                entry.hub_id,
                repo_type=repo_type,
                revision=entry.revision,
                allow_patterns=_flat(patterns),
                local_files_only=True,
            )
        )
    except (OSError, ValueError):  # not there, or known to be incomplete
        return None
    complete = all(any(any(folder.glob(p)) for p in need.split("|")) for need in patterns)
    return folder if complete else None


def folder(
    entry: Entry,
    patterns: Sequence[str],
    repo_type: str = "model",
    optional: Sequence[str] = (),
    instead: str = "",
) -> Path:
    """A local folder with the files of ``entry`` at its pinned commit, downloaded when needed.

    Args:
        entry: a catalogue entry with ``hub_id`` and ``revision``.
        patterns: the files that are needed (``a|b``: either).
        repo_type: ``model`` or ``dataset``.
        optional: further files that are taken when they exist.
        instead: what to use without a network; by default named from ``entry.offline``.

    Raises:
        NoNetwork: the Hub cannot be reached, is busy, or broke off.
        BrokenFile: the pinned commit has not got what the catalogue promises.
        CourseError: disk full, or no permission to write the cache.
    """
    found = cached(entry, patterns, repo_type)
    if found is not None:
        return _sound(found)
    call = "tl.data.load" if repo_type == "dataset" else "tl.models.load"
    offline = instead or f"{call}({entry.offline!r}) works without a network."
    if not reachable():
        raise NoNetwork(
            f"{entry.name!r} has to be downloaded from the Hub ({entry.megabytes:g} MB), "
            "which cannot be reached.",
            f"Connect to the network (and unset HF_HUB_OFFLINE) and run this again. {offline}",
        )
    print(
        f"Downloading {entry.name!r} from the Hub: {entry.hub_id}, {entry.megabytes:g} MB, once.",
        flush=True,
    )
    from huggingface_hub import snapshot_download

    with explained(entry, offline):
        snapshot_download(
            entry.hub_id,
            repo_type=repo_type,
            revision=entry.revision,
            allow_patterns=_flat([*patterns, *optional]),
        )
    found = cached(entry, patterns, repo_type)
    if found is None:
        raise BrokenFile(
            f"{entry.hub_id} at commit {entry.revision} lacks one of: {', '.join(patterns)}.",
            f"Report it to the authors of the course. {offline}",
        )
    return _sound(found)


class explained:
    """Turn whatever a library raises on its way to the Hub into one clear error."""

    def __init__(self, entry: Entry, offline: str) -> None:
        self.entry, self.offline = entry, offline

    def __enter__(self) -> None:
        from huggingface_hub import logging

        self._verbosity = logging.get_verbosity()
        logging.set_verbosity_error()  # the client tells of every retry

    def __exit__(self, kind: type | None, error: BaseException | None, _trace: object) -> None:
        from huggingface_hub import logging

        logging.set_verbosity(self._verbosity)
        if not isinstance(error, Exception) or isinstance(error, CourseError):
            return  # nothing wrong, Ctrl-C, or already clear
        raise self._translate(error) from None

    def _translate(self, error: Exception) -> CourseError:
        name, hub_id = self.entry.name, self.entry.hub_id
        if isinstance(error, OSError) and error.errno in (
            errno.ENOSPC,
            errno.EACCES,
            errno.EROFS,
            errno.EPERM,
        ):
            from huggingface_hub import constants

            return CourseError(
                f"{name!r} could not be stored in {constants.HF_HUB_CACHE}: {error.strerror}.",
                f"Free {self.entry.megabytes:g} MB there, or point the environment variable "
                f"HF_HOME at a folder that you can write. {self.offline}",
            )
        status = _status(error)
        if status == 429:
            return NoNetwork(
                f"The Hub is asked too often just now, so {name!r} could not be downloaded.",
                f"Wait a few minutes and run this again. {self.offline}",
            )
        if status in (401, 403, 404):
            return BrokenFile(
                f"The Hub no longer gives out {hub_id} at commit {self.entry.revision} "
                f"(status {status}).",
                f"Report it to the authors of the course. {self.offline}",
            )
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        return NoNetwork(
            f"The download of {name!r} from the Hub broke off: {reason}",
            f"Check the network and run this again; it goes on where it stopped. {self.offline}",
        )


def reachable() -> bool:
    """Whether the Hub answers within a few seconds.

    Asked before any download, because the client itself retries for half a minute when there is
    no network. A "no" holds for a minute, so that a notebook is not slowed down by asking again.
    """
    global _absent_until
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "TRUE", "YES", "ON"}:
        return False
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    if any(os.environ.get(k) or os.environ.get(k.lower()) for k in ("HTTPS_PROXY", "ALL_PROXY")):
        return True  # only the proxy can tell
    if time.monotonic() < _absent_until:
        return False
    url = urlsplit(constants.ENDPOINT)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        socket.create_connection((url.hostname or "", port), timeout=PATIENCE).close()
    except Exception:  # no name service, no route, refused, or sockets forbidden altogether
        _absent_until = time.monotonic() + 60
        return False
    return True


def verify(folder: Path, entry: Entry, restore: str, only: Callable[[str], bool] = bool) -> None:
    """Check the files of ``folder`` against the SHA-256 in the catalogue, once per change.

    Raises:
        BrokenFile: a file is missing or its bytes are not the expected ones.
    """
    for name, expected in entry.sha256.items():
        if not only(name):
            continue
        path = folder / name
        if not path.exists():
            raise BrokenFile(f"{path} is missing.", restore)
        _check(path, expected, restore)


def _sound(folder: Path) -> Path:
    """``folder`` of the Hub cache, after a check of its large files.

    The cache stores those under their SHA-256, so a download that was spoilt gives itself away.
    """
    for path in folder.rglob("*"):
        if _SHA256.fullmatch(name := path.resolve().name) and path.is_file():
            repository = folder.parents[1]
            _check(path, name, f"Remove {repository} and run this again.")
    return folder


def _check(path: Path, expected: str, restore: str) -> None:
    real = path.resolve()
    status = real.stat()
    key = (str(real), status.st_mtime_ns, status.st_size, expected)
    if key in _verified:
        return
    if (digest := files.sha256(real)) != expected:
        raise BrokenFile(
            f"{path} was changed or damaged: its SHA-256 is {digest[:12]}..., "
            f"expected {expected[:12]}...",
            restore,
        )
    _verified.add(key)


_verified: set[tuple[str, int, int, str]] = set()
_SHA256 = re.compile("[0-9a-f]{64}")


def _status(error: BaseException | None) -> int | None:
    """The HTTP status behind an error: the client wraps one error in another."""
    while error is not None:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status is not None:
            return int(status)
        error = error.__cause__
    return None


def _flat(patterns: Sequence[str]) -> list[str]:
    return [option for pattern in patterns for option in pattern.split("|")]
