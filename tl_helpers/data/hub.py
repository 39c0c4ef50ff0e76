"""The one way to the Hub: pinned to a commit, announced before it downloads, and clear when it
fails."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tl_helpers.core.errors import BadValue, BrokenFile, CourseError, NoNetwork
from tl_helpers.data._hub_cache import cache, cached, damaged, flat, put_away, verify
from tl_helpers.data.registry import Entry

if TYPE_CHECKING:
    from tl_helpers.data._hub_download import Failure
    from tl_helpers.data._hub_fetch import Item

__all__ = [
    "cache",
    "cached",
    "damaged",
    "folder",
    "in_words",
    "offline_by_choice",
    "patience",
    "reachable",
    "verify",
]

#: Seconds to wait for a connection before the network counts as absent.
CONNECT = 3.0
_absent_until = 0.0


def patience() -> float:
    """Seconds without a new byte after which a download is given up: ``TL_HUB_PATIENCE``, or 30.

    Raises:
        BadValue: ``TL_HUB_PATIENCE`` is not a positive number.
    """
    text = os.environ.get("TL_HUB_PATIENCE", "30")
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise BadValue(f"TL_HUB_PATIENCE={text!r} is no number of seconds.", "Use 30, for example.")
    return seconds


def offline_by_choice() -> bool:
    """Whether ``HF_HUB_OFFLINE`` says that only the Hub's cache may be used."""
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "TRUE", "YES", "ON"}:
        return True
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


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
    """
    found = cached(entry, patterns, repo_type)
    spoilt = damaged(found) if found is not None else []
    if found is not None and not spoilt:
        return found
    call = "tl.data.load" if repo_type == "dataset" else "tl.models.load"
    offline = instead or f"{call}({entry.offline!r}) works without a network."
    lost = ""
    if spoilt:
        lost = f" ({spoilt[0].name} in the Hub cache was damaged.)"
        put_away(spoilt)
    if not reachable():
        raise NoNetwork(
            f"{entry.name!r} has to be downloaded from the Hub ({entry.megabytes:g} MB), "
            f"which cannot be reached.{lost}",
            f"Connect to the network (and unset HF_HUB_OFFLINE) and run this again. {offline}",
        )
    _download(entry, patterns, repo_type, [*patterns, *optional], offline, lost)
    found = cached(entry, patterns, repo_type)
    if found is None:
        raise _lacks(entry, patterns, offline)
    if spoilt := damaged(found):
        put_away(spoilt)
        raise BrokenFile(
            f"{spoilt[0].name} of {entry.name!r} arrived from the Hub with other bytes than it "
            f"promised, and was thrown away.",
            "Run this again; if that does not help, something between the Hub and this machine "
            f"changes what passes (a proxy, a virus scanner). {offline}",
        )
    return found


def _download(
    entry: Entry,
    patterns: Sequence[str],
    repo_type: str,
    wanted: Sequence[str],
    offline: str,
    lost: str,
) -> None:
    from huggingface_hub import constants

    from tl_helpers.core.output import quiet
    from tl_helpers.data import _hub_download

    request = _hub_download.Request(
        entry.hub_id, repo_type, entry.revision, flat(wanted), constants.ENDPOINT, str(cache())
    )

    def begin(plan: list[Item]) -> None:
        names = [Path(item.path) for item in plan]
        if not all(
            any(name.match(p) for name in names for p in need.split("|")) for need in patterns
        ):
            raise _lacks(entry, patterns, offline)
        missing = [item for item in plan if not item.here]
        size, count = sum(item.size for item in missing), len(missing)
        _require_space(entry, size, offline)
        rest = f", the rest of {len(plan)}" if count < len(plan) else ""
        print(
            f"Downloading {entry.name!r} from the Hub, once: {entry.hub_id} at commit "
            f"{entry.revision[:8]}, {count} file{'s' * (count != 1)}{rest}, {in_words(size)}, "
            f"to {cache()}.{lost}",
            flush=True,
        )

    bar = not (quiet() or constants.HF_HUB_DISABLE_PROGRESS_BARS)
    try:
        _hub_download.download(request, patience(), begin, bar=bar)
    except _hub_download.Failure as failure:
        raise _translate(failure, entry, offline) from None


def in_words(size: float) -> str:
    """A number of bytes for a reader: ``"12 kB"``, ``"3.2 MB"``, ``"268 MB"``, ``"3.5 GB"``."""
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{size / unit:.{int(size < 10 * unit)}f} {name}"
    return f"{max(1, round(size / 1e3))} kB"


def _lacks(entry: Entry, patterns: Sequence[str], offline: str) -> BrokenFile:
    return BrokenFile(
        f"{entry.hub_id} at commit {entry.revision} lacks one of: {', '.join(patterns)}.",
        f"Report it to the authors of the course. {offline}",
    )


def _require_space(entry: Entry, size: int, offline: str) -> None:
    place = next((p for p in (cache(), *cache().parents) if p.is_dir()), None)
    if place is None:
        return
    free = shutil.disk_usage(place).free
    if free < size:
        raise CourseError(
            f"{entry.name!r} needs {in_words(size)} in {cache()}, where {in_words(free)} are "
            "free. Nothing was downloaded.",
            _make_room(size, offline),
        )


def _make_room(size: float, offline: str) -> str:
    return (
        f"Free {in_words(size)} there, or point the environment variable HF_HOME at a folder "
        f"that you can write. {offline}"
    )


def _translate(failure: Failure, entry: Entry, offline: str) -> CourseError:
    """Whatever happened on the way, as one clear error."""
    name, status = entry.name, failure.status
    if failure.errno is not None:
        return CourseError(
            f"{name!r} could not be stored in {cache()}: {os.strerror(failure.errno)}.",
            _make_room(entry.megabytes * 1e6, offline),
        )
    if status == 429:
        wait = "a few minutes" if failure.wait is None else f"{failure.wait:.0f} seconds"
        return NoNetwork(
            f"The Hub is asked too often just now (status 429), so {name!r} could not be "
            "downloaded.",
            f"Wait {wait} and run this again. {offline}",
        )
    if status == 401 and _token():
        return NoNetwork(
            f"The Hub does not accept the access token of this machine (status 401), so {name!r} "
            "could not be downloaded.",
            "The course needs no token: unset HF_TOKEN, or run `hf auth logout`, and try again. "
            f"{offline}",
        )
    if status in (401, 403, 404, 410, 451):
        return BrokenFile(
            f"The Hub no longer gives out {entry.hub_id} at commit {entry.revision} "
            f"(status {status}).",
            f"Report it to the authors of the course. {offline}",
        )
    again = "Run this again; files that have arrived are kept."
    if status is not None and status >= 500:
        return NoNetwork(
            f"The Hub has trouble of its own just now (status {status}), so {name!r} could not be "
            "downloaded.",
            f"Wait a few minutes. {again} {offline}",
        )
    if failure.silent:
        return NoNetwork(
            f"The download of {name!r} was given up: {failure.reason}.",
            f"Check the network. {again} (TL_HUB_PATIENCE sets the seconds to wait.) {offline}",
        )
    return NoNetwork(
        f"The download of {name!r} from the Hub broke off: {failure.reason[:160]}",
        f"Check the network. {again} {offline}",
    )


def _token() -> bool:
    from huggingface_hub import constants

    return bool(os.environ.get("HF_TOKEN")) or Path(constants.HF_TOKEN_PATH).exists()


def reachable() -> bool:
    """Whether the Hub answers within a few seconds.

    Asked before any download, because the client itself retries for half a minute when there is
    no network. A "no" holds for a minute, so that a notebook is not slowed down by asking again.
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
