"""Where things are, and how they are written: all or nothing.

No function here leaves a half-written file behind: content goes to a temporary file beside the
target and is moved into place by one atomic rename.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError

PACKAGE = Path(__file__).resolve().parents[1]
_LONGEST = 255  # bytes of the name of a file, on every common disk
#: The variables that name a place; programs that are started elsewhere get them made absolute.
PLACES = ("TL_ROOT", "TL_DATA", "TL_CACHE", "TL_PROGRESS")


def place(path: str | os.PathLike[str], name: str = "path") -> Path:
    """``path`` as an absolute path: the gate through which every path comes in.

    ``~`` is the home folder, and a relative path counts from the folder of the moment. Nothing else
    means anything: brackets, blanks and two colons are letters like others.

    Raises:
        BadValue: no text or path, an empty one, or one that no file can have.

    Example:
        >>> place("~/models") == Path.home() / "models"
        True
    """
    if not isinstance(path, (str, os.PathLike)) or isinstance(path, bytes):
        raise BadValue(f"{name}={checks.shown(path)} is not a path.", f'Use text: {name}="folder".')
    text = os.fspath(path)
    if isinstance(text, bytes):
        text = os.fsdecode(text)
    if not text.strip() or "\0" in text:
        raise BadValue(f"{name}={text!r} is not a path.", f'Name it: {name}="folder".')
    try:
        if any(len(os.fsencode(part)) > _LONGEST for part in Path(text).parts):
            raise BadValue(
                f"{name}={checks.shown(text)}: no file can have so long a name.",
                f"Use one of at most {_LONGEST} bytes.",
            )
        return Path(os.path.abspath(Path(text).expanduser()))
    except RuntimeError:
        raise BadValue(
            f"{name}={text!r}: there is no such home folder.", "Write the path out, from / on."
        ) from None
    except UnicodeEncodeError:
        raise BadValue(
            f"{name}={text!r} is not valid Unicode: no file can be called so.", "Rename it."
        ) from None


def place_from(variable: str) -> Path | None:
    """The path that an environment variable names; None if it is not set, or blank.

    Besides what :func:`place` does, other variables in it are filled in (``$HOME/cache``), and
    quotation marks around the whole are dropped: ``%env`` would keep them.

    Raises:
        BadValue: see :func:`place`; names the variable.

    Example:
        >>> place_from("TL_NOT_SET") is None
        True
    """
    text = os.environ.get(variable, "").strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return place(os.path.expandvars(text), variable) if text else None


def root() -> Path:
    """The course folder: the one that holds ``notebooks/`` and ``data/``.

    ``TL_ROOT`` overrides it. Falls back to the current folder when the package was installed
    without the course around it (Colab).

    Example:
        >>> (root() / "notebooks").is_dir()
        True
    """
    if override := place_from("TL_ROOT"):
        return override
    checkout = PACKAGE.parent
    return checkout if (checkout / "data" / "SHA256SUMS").exists() else Path.cwd()


def data_dir() -> Path:
    """The folder of shipped data: ``data/`` in a checkout, ``tl_helpers/_data`` in a wheel.

    Example:
        >>> (data_dir() / "catalogue.toml").exists()
        True
    """
    if override := place_from("TL_DATA"):
        return override
    packed = PACKAGE / "_data"
    return packed if packed.exists() else PACKAGE.parent / "data"


def cache_dir() -> Path:
    """The folder for everything that can be made again. ``TL_CACHE`` overrides it.

    Example:
        >>> isinstance(cache_dir(), Path)
        True
    """
    if override := place_from("TL_CACHE"):
        return override
    import platformdirs

    return Path(platformdirs.user_cache_dir("tl_helpers"))


def explained(error: OSError, path: Path) -> CourseError:
    """An error of the disk in words: what could not be written, and what to do.

    Example:
        >>> print(explained(OSError(errno.ENOSPC, "..."), Path("a.txt")).what)
        The disk is full: a.txt could not be written.
    """
    if error.errno == errno.ENOSPC:
        return CourseError(
            f"The disk is full: {path} could not be written.",
            "Free some space, or use another disk: set the environment variable TL_CACHE (cache) "
            "or --output (notebooks). "
            "Nothing half-written was left behind.",
        )
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return CourseError(
            f"No permission to write {path}.",
            "Use a folder you own: set the environment variable TL_CACHE (cache) "
            "or --output (notebooks).",
        )
    return CourseError(
        f"{path} could not be written: {error.strerror or error}.",
        "Choose a folder that exists on your own disk (TL_CACHE for the cache, --output for runs).",
    )


def disk_error(error: Exception) -> Exception:
    """The ``OSError`` behind an error of a library written in Rust; any other error as it is.

    ``safetensors`` and ``tokenizers`` have errors of their own, in which the number of the system's
    error is only to be read.

    Example:
        >>> disk_error(RuntimeError("no luck (os error 28)")).errno == errno.ENOSPC
        True
    """
    said = re.search(r"\(os error (\d+)\)", str(error))
    if isinstance(error, OSError) or said is None:
        return error
    return OSError(int(said[1]), os.strerror(int(said[1])))


@contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path; on success it becomes ``path``, on any error (Ctrl-C too) it goes.

    Raises:
        CourseError: disk full, or no permission; says what to do.

    Example:
        >>> with atomic_file("a.txt") as path:  # doctest: +SKIP
        ...     path.write_text("all of it")
    """

    def make(**where: Any) -> str:
        handle, name = tempfile.mkstemp(**where)
        os.close(handle)
        return name

    target = Path(path)
    with _beside(target, make, lambda part: part.unlink(missing_ok=True)) as temporary:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        os.replace(temporary, target)


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """The same for a whole folder: it appears complete, or not at all.

    Example:
        >>> with atomic_folder("model") as path:  # doctest: +SKIP
        ...     model.save_pretrained(path)
    """
    target = Path(path)
    remove = partial(shutil.rmtree, ignore_errors=True)
    with _beside(target, tempfile.mkdtemp, remove) as temporary:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        aside = temporary.with_suffix(".old")
        if target.exists():  # out of the way by renaming: a kill in between loses no byte of it
            os.replace(target, aside)
        try:
            os.replace(temporary, target)
        except BaseException:
            if aside.exists():
                os.replace(aside, target)
            raise
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _beside(
    target: Path, make: Callable[..., str], remove: Callable[[Path], object]
) -> Iterator[Path]:
    """A temporary path in the target's folder, gone in the end; errors of the disk explained."""
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        name = make(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        temporary = Path(name)
        yield temporary
    except Exception as error:
        cause = disk_error(error)
        if not isinstance(cause, OSError):
            raise
        raise explained(cause, target) from error
    finally:
        if temporary is not None:
            remove(temporary)


def _umask() -> int:
    """The permissions that new files do not get; to be read, it has to be set."""
    umask = os.umask(0)
    os.umask(umask)
    return umask


@contextmanager
def only_one(path: str | os.PathLike[str], busy: str = "") -> Iterator[None]:
    """Let one process make ``path`` while the others wait for it.

    The empty file ``path.lock`` beside it stays.

    Args:
        path: what is made.
        busy: do not wait, but say this if another process is at it.

    Raises:
        CourseError: another process is at it; disk full, or no permission; says what to do.

    Example:
        >>> with only_one(folder):  # doctest: +SKIP
        ...     make(folder)
    """
    from filelock import FileLock, Timeout

    target = Path(path)
    beside = target.with_name(f"{target.name}.lock")
    lock = FileLock(beside, timeout=0 if busy else -1)
    try:
        beside.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise CourseError(
            f"{busy} by another process.", "Wait for it, or end it; nothing was changed."
        ) from None
    except OSError as error:
        raise explained(error, beside.parent) from None
    try:
        yield
    finally:
        # The file is not removed, neither before the release nor after it: a process that waits
        # could then lock the file that is gone, while a third makes the name anew and locks that
        # one. Both would be in, and the older versions of filelock do not notice.
        lock.release()


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` (UTF-8, newline ``\\n``) to ``path``, all or nothing.

    Example:
        >>> write_text("build/a.txt", "all of it")  # doctest: +SKIP
    """
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def sha256(path: str | os.PathLike[str]) -> str:
    """Hex SHA-256 of a file.

    Example:
        >>> sha256(shipped("written/reviews.jsonl")) == checksums()["written/reviews.jsonl"]
        True
    """
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


_RESTORE_SUMS = "Restore it with: git checkout -- data/SHA256SUMS"


@cache
def _checksums(listing: Path, _stamp: int) -> dict[str, str]:
    rows = {}
    lines = listing.read_bytes().decode("utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = re.fullmatch(r"([0-9a-f]{64})[ \t]+\*?(\S.*)", line.rstrip())
        if row is None:
            raise BrokenFile(
                f"{listing}, line {number}: not a checksum and the name of a file.", _RESTORE_SUMS
            )
        rows[row[2]] = row[1]
    return rows


def checksums() -> dict[str, str]:
    """Path below ``data/`` -> SHA-256, from ``data/SHA256SUMS`` (the ``sha256sum`` format).

    Raises:
        BrokenFile: the list is missing, or a line of it is malformed.

    Example:
        >>> "written/reviews.jsonl" in checksums()
        True
    """
    listing = data_dir() / "SHA256SUMS"
    if not listing.exists() and place_from("TL_DATA") == listing.parent:
        raise BrokenFile(
            f"TL_DATA={str(listing.parent)!r} is not the folder of the course's data: there is no "
            "SHA256SUMS in it.",
            "Remove the environment variable TL_DATA, or set it to the folder data/ of the course.",
        )
    if not listing.exists():
        raise BrokenFile(f"{listing} is missing, so no shipped file can be trusted.", _RESTORE_SUMS)
    return _checksums(listing, listing.stat().st_mtime_ns)


def only_line_ends(path: Path, expected: str) -> bool:
    """Whether a file would have the SHA-256 ``expected`` if its lines ended as on Linux.

    Example:
        >>> only_line_ends(Path("checked-out-on-windows.csv"), "87428fc5...")  # doctest: +SKIP
        True
    """
    content = path.read_bytes()
    return (
        b"\r\n" in content
        and hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest() == expected
    )


_verified: set[tuple[str, int, int]] = set()


def shipped(name: str) -> Path:
    """The path of a shipped file, after checking its SHA-256 (once per change of the file).

    Args:
        name: path below ``data/`` with forward slashes, as in ``written/reviews.jsonl``.

    Raises:
        BrokenFile: the file is missing, not listed, or its bytes are not the shipped ones.

    Example:
        >>> shipped("written/reviews.jsonl").read_text("utf-8")[:6]
        '{"id":'
    """
    path = data_dir() / name
    restore = f"Restore it with: git checkout -- data/{name}   (or install the course again)"
    expected = checksums().get(name)
    if expected is None:
        raise BrokenFile(f"data/{name} is not listed in data/SHA256SUMS.", "Run: tl doctor")
    if not path.exists():
        raise BrokenFile(f"The shipped file {path} is missing.", restore)
    status = path.stat()
    key = (str(path), status.st_mtime_ns, status.st_size)
    if key not in _verified:
        actual = sha256(path)
        if actual != expected:
            if only_line_ends(path, expected):
                raise BrokenFile(
                    f"{path} has other line ends than it was shipped with: git has changed them "
                    "on the way here (core.autocrlf).",
                    "Clone again, without that: git clone -c core.autocrlf=false ...",
                )
            raise BrokenFile(
                f"The shipped file {path} was changed or damaged: its SHA-256 is {actual[:12]}..., "
                f"expected {expected[:12]}...",
                restore,
            )
        _verified.add(key)
    return path


def write_checksums(only: str | None = None) -> int:
    """Rewrite ``data/SHA256SUMS`` from what lies in ``data/`` now.

    Args:
        only: a file or folder below ``data/`` that was just made anew. All others keep the
            checksum that they have, so a file that was damaged before stays known as damaged.

    Returns:
        How many files are listed.

    Example:
        >>> write_checksums("written/reviews.jsonl")  # doctest: +SKIP
    """
    base = data_dir()
    known = checksums() if only and (base / "SHA256SUMS").exists() else {}
    files = sorted(
        p
        for p in base.rglob("*")
        if p.is_file()
        and p.name != "SHA256SUMS"
        and not any(
            part.startswith(".") or part == "__pycache__" for part in p.parts[len(base.parts) :]
        )
    )
    names = {p.relative_to(base).as_posix(): p for p in files}
    lines = [
        f"{digest}  {name}"
        for name, path in names.items()
        if (digest := sha256(path) if _within(name, only) else known.get(name))
    ]
    write_text(base / "SHA256SUMS", "\n".join(lines) + "\n")
    return len(lines)


def _within(name: str, only: str | None) -> bool:
    return only is None or name == only or name.startswith(only.rstrip("/") + "/")
