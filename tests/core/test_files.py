"""Files are written whole or not at all, whatever happens in between."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tl_helpers.core import files
from tl_helpers.core.errors import BrokenFile, CourseError


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_folder_is_replaced_whole(tmp_path):
    for content in ("old", "new"):
        with files.atomic_folder(tmp_path / "made") as folder:
            (folder / f"{content}.txt").write_text(content)
    assert names(tmp_path) == ["made"] and names(tmp_path / "made") == ["new.txt"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_folder_that_was_not_finished_leaves_the_old_one(tmp_path, error):
    with files.atomic_folder(tmp_path / "made") as folder:
        (folder / "old.txt").write_text("old")
    with pytest.raises(error), files.atomic_folder(tmp_path / "made") as folder:
        (folder / "new.txt").write_text("new")
        raise error
    assert names(tmp_path) == ["made"] and names(tmp_path / "made") == ["old.txt"]


def test_a_folder_that_cannot_take_its_place_leaves_the_old_one(tmp_path, monkeypatch):
    with files.atomic_folder(tmp_path / "made") as folder:
        (folder / "old.txt").write_text("old")
    replace = os.replace

    def fails(source, target):
        if Path(source).suffix == ".part":
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(CourseError, match="disk is full"), files.atomic_folder(tmp_path / "made"):
        pass
    assert names(tmp_path) == ["made"] and names(tmp_path / "made") == ["old.txt"]


def test_a_file_that_was_not_finished_leaves_the_old_one(tmp_path):
    files.write_text(tmp_path / "a.txt", "old\n")
    with pytest.raises(KeyboardInterrupt), files.atomic_file(tmp_path / "a.txt") as path:
        path.write_text("half")
        raise KeyboardInterrupt
    assert names(tmp_path) == ["a.txt"] and (tmp_path / "a.txt").read_text() == "old\n"


def test_who_waits_for_a_lock_and_who_comes_later_are_never_both_in(tmp_path):
    fcntl = pytest.importorskip("fcntl")
    from filelock import FileLock, Timeout

    beside = tmp_path / "made.lock"
    with files.only_one(tmp_path / "made"):
        waiting = os.open(beside, os.O_RDWR)  # before the release, as filelock does when it waits
    try:
        fcntl.flock(waiting, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(Timeout):
            FileLock(beside, timeout=0.1).acquire()
    finally:
        os.close(waiting)
    with files.only_one(tmp_path / "made"):
        pass
    assert names(tmp_path) == ["made.lock"] and beside.stat().st_size == 0


@pytest.mark.parametrize("line", ["garbage", "0123  a.txt", "z" * 64 + "  a.txt", "a" * 64, "\xff"])
def test_a_list_of_checksums_that_is_damaged(tmp_path, monkeypatch, line):
    monkeypatch.setenv("TL_DATA", str(tmp_path))
    (tmp_path / "a.txt").write_text("a")
    files.write_checksums()
    good = (tmp_path / "SHA256SUMS").read_bytes()
    (tmp_path / "SHA256SUMS").write_bytes(good + b"\n" + line.encode("latin-1") + b"\n")
    with pytest.raises(BrokenFile, match="SHA256SUMS, line 3(.|\n)*git checkout -- data/SHA256"):
        files.shipped("a.txt")
    (tmp_path / "SHA256SUMS").write_bytes(good.replace(b"  ", b" *"))  # sha256sum --binary
    assert files.shipped("a.txt") == tmp_path / "a.txt"


def test_a_disk_that_speaks_through_a_library_in_rust():
    behind = files.disk_error(RuntimeError("I/O error: anything (os error 28)"))
    assert isinstance(behind, OSError) and behind.errno == errno.ENOSPC and behind.strerror
    for other in (RuntimeError("no such thing"), OSError(errno.EIO, "(os error 28)")):
        assert files.disk_error(other) is other
