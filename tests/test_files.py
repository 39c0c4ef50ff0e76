"""Files are written whole or not at all, whatever happens in between."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tl_helpers import files
from tl_helpers.errors import CourseError


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
