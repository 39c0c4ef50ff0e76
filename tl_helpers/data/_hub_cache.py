"""What lies in the Hub's cache on this machine, and whether it is sound."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from tl_helpers.core import files
from tl_helpers.core.errors import BrokenFile, CourseError
from tl_helpers.data.registry import Entry


def cache() -> Path:
    """The folder in which the Hub's client keeps what it has downloaded."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


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
                allow_patterns=flat(patterns),
                local_files_only=True,
            )
        )
    except (OSError, ValueError):  # not there, or known to be incomplete
        return None
    complete = all(any(_there(folder, p) for p in need.split("|")) for need in patterns)
    return folder if complete else None


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
        if not _is(path, expected):
            raise BrokenFile(
                f"{path} was changed or damaged: its SHA-256 is {files.sha256(path)[:12]}..., "
                f"expected {expected[:12]}...",
                restore,
            )


def damaged(folder: Path) -> list[Path]:
    """The files of a folder of the Hub cache whose bytes are not what they should be.

    The cache stores a file under its hash, SHA-256 for a large one and git's own for the others,
    and links to it; so a file that was spoilt gives itself away. (On file systems without links it
    does not, and only the readers of the formats can tell.)
    """
    links = [path for path in sorted(folder.rglob("*")) if path.is_symlink() and path.exists()]
    # One step only: behind that, a store that several repositories share has names of its own.
    return [path for path in links if not _is(path, Path(os.readlink(path)).name)]


def put_away(paths: Sequence[Path]) -> None:
    """Remove damaged files from the cache, so that they are downloaded again.

    Raises:
        CourseError: no permission.
    """
    for path in paths:
        try:
            blob, stored = path.parent / os.readlink(path), path.resolve()
            for name in (stored, blob, path):
                name.unlink(missing_ok=True)
        except OSError as error:
            raise CourseError(
                f"{path} is damaged and cannot be removed: {error.strerror}.",
                "Remove it, or point the environment variable HF_HOME at a folder of your own.",
            ) from None


def _is(path: Path, expected: str) -> bool:
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


_verified: set[tuple[str, int, int, str]] = set()


def _there(folder: Path, pattern: str) -> bool:
    return any(path.exists() for path in folder.glob(pattern))


def flat(patterns: Sequence[str]) -> list[str]:
    """Each pattern by itself, those that are alternatives (``a|b``) as well."""
    return [option for pattern in patterns for option in pattern.split("|")]
