"""The program that downloads from the Hub: a request comes in as JSON, reports go out, one a line.

``{"ready": true}`` comes before the first question to the Hub, ``{"plan": ...}`` says what there is
to fetch, ``{"said": ...}`` what the client complains of; the last one is ``{"done": true}`` or
``{"failed": ...}``. :mod:`tl_helpers.data._hub_download` starts it.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

#: What a disk says when it cannot, or may not, store anything.
DISK_ERRORS = frozenset(
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST")
    if hasattr(errno, name)
)
#: Those of them that come with no file name: a write, not an opening.
_WRITE_ERRORS = DISK_ERRORS - {errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST}


@dataclass(frozen=True)
class Request:
    """What to fetch, and where to.

    Attributes:
        repo_id, repo_type, revision: the repository, ``model`` or ``dataset``, and the commit.
        patterns: the files that are wanted.
        endpoint: address of the Hub.
        cache: folder of the Hub's cache.
    """

    repo_id: str
    repo_type: str
    revision: str
    patterns: Sequence[str]
    endpoint: str
    cache: str

    @property
    def storage(self) -> Path:
        """The repository's folder in the cache."""
        return Path(self.cache) / "--".join([f"{self.repo_type}s", *self.repo_id.split("/")])


class Item(NamedTuple):
    """A file that is wanted: its path, its bytes, and whether it is here already."""

    path: str
    size: int
    here: bool


def _main() -> None:
    request = Request(**json.load(sys.stdin))
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is no report

    def tell(**report: Any) -> None:
        out.write(json.dumps(report) + "\n")
        out.flush()

    try:
        _fetch(request, tell)
    except Exception as error:  # the parent makes a message of it, whatever it is
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        tell(failed={"reason": reason, "status": _status(error), "errno": _disk_errno(error)})
    else:
        tell(done=True)


def _fetch(request: Request, tell: Callable[..., None]) -> None:
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.utils import filter_repo_objects

    class Complaints(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            tell(said=record.getMessage())

    logger = logging.getLogger("huggingface_hub")
    logger.handlers, logger.propagate = [Complaints()], False
    # Written to the disk as it comes, so that the watcher sees it, and so that an attempt after a
    # cut goes on where the last one stopped. By default, only every ten megabytes.
    constants.DOWNLOAD_CHUNK_SIZE = 1 << 18

    tell(ready=True)
    common: dict[str, Any] = {"repo_type": request.repo_type, "revision": request.revision}
    api = HfApi(endpoint=request.endpoint)
    listed = api.list_repo_tree(request.repo_id, recursive=True, **common)
    sizes = {entry.path: entry.size for entry in listed if hasattr(entry, "size")}
    wanted = filter_repo_objects(sorted(sizes), allow_patterns=list(request.patterns))
    snapshot = request.storage / "snapshots" / request.revision
    tell(plan=[Item(name, sizes[name], (snapshot / name).exists()) for name in wanted])
    snapshot_download(
        request.repo_id,
        allow_patterns=list(request.patterns),
        cache_dir=request.cache,
        endpoint=request.endpoint,
        **common,
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and those that it was wrapped around."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int | None:
    for one in _chain(error):
        status = getattr(getattr(one, "response", None), "status_code", None)
        if status is not None:
            return int(status)
    return None


def _disk_errno(error: BaseException) -> int | None:
    for one in _chain(error):
        if isinstance(one, OSError) and one.errno in DISK_ERRORS and one.filename is not None:
            return one.errno
        if isinstance(one, OSError) and one.errno in _WRITE_ERRORS:  # these come without a name
            return one.errno
    return None


if __name__ == "__main__":
    _main()
