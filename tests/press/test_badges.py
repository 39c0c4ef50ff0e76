"""The links to Colab, Binder and the site; and that no owner is named that does not exist."""

from __future__ import annotations

import re
import subprocess
from email.message import Message
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from command_line import caller
from notebook_factory import code, text, write

from tl_helpers.core.errors import BadValue
from tl_helpers.press import badges, bootstrap, notebooks

ROOT = Path(__file__).resolve().parents[2]
# What an owner's name would stand behind.
NAMED = re.compile(
    r"(?:github\.com[/:]|githubusercontent\.com/|mybinder\.org/v2/gh/"
    r"|colab\.research\.google\.com/github/)([\w.-]+/[\w.-]+)",
    re.I,
)


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    return done.stdout.strip()


def with_remote(folder: Path, url: str) -> None:
    git(folder, "init", "--quiet")
    git(folder, "remote", "remove", "origin")
    git(folder, "remote", "add", "origin", url)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course folder with one notebook whose stored outputs are valid."""
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    path = write(tmp_path / "notebooks", "one", code("", "bootstrap"))
    notebook = bootstrap.apply(notebooks.read(path), "one")
    notebook.cells.insert(0, text("# The title\n\nThe first words."))
    notebooks.write(notebooks.stamp(notebook, 1), path)
    return tmp_path


@pytest.fixture
def tl(capsys):
    return caller(capsys)


def first(course: Path) -> str:
    return str(notebooks.read(course / "notebooks" / "one.ipynb").cells[0].source)


def valid(course: Path) -> bool:
    notebook = notebooks.read(course / "notebooks" / "one.ipynb")
    return bool(notebook.metadata["tl"]["source_sha256"] == notebooks.source_hash(notebook))


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/some-body/my.course.git",
        "https://github.com/some-body/my.course",
        "https://github.com/some-body/my.course/",
        "https://www.github.com/some-body/my.course",
        "https://user:ghp_secret@github.com/some-body/my.course.git",
        "git@github.com:some-body/my.course.git",
        "git@github.com:some-body/my.course",
        "github.com:some-body/my.course.git",
        "ssh://git@github.com/some-body/my.course.git",
        "ssh://git@ssh.github.com:443/some-body/my.course.git",
        "git://github.com/some-body/my.course.git",
    ],
)
def test_remotes_on_github(course, url):
    with_remote(course, url)
    assert badges.home() == badges.Home("some-body", "my.course")


@pytest.mark.parametrize(
    "url",
    [
        "https://gitlab.com/somebody/course.git",
        "https://notgithub.com/somebody/course",
        "https://github.com.example.org/somebody/course",
        "https://example.org/github.com/somebody/course",
        "https://github.com/somebody",
        "https://github.com/somebody/course/tree/main",
        "/srv/git/course.git",
        "https://user:ghp_secret@example.org/somebody/course",
    ],
)
def test_other_remotes_are_one_clear_error(course, tl, url):
    with_remote(course, url)
    before = (course / "notebooks" / "one.ipynb").read_bytes()
    status, _, err = tl("badges")
    assert status == 1 and "Neither the package nor the git remote 'origin' names" in err
    assert "tl badges --repo owner/name" in err and "Traceback" not in err
    assert "ghp_secret" not in err
    assert (course / "notebooks" / "one.ipynb").read_bytes() == before


def test_no_remote_no_git_and_no_repository(course, tl, monkeypatch):
    def refused():
        status, _, err = tl("badges")
        return status == 1 and "names a repository" in err and "--repo owner/name" in err

    assert refused()
    git(course, "init", "--quiet")
    assert refused()
    monkeypatch.setenv("PATH", "")
    assert refused()
    assert tl("badges", "--repo", "somebody/course")[0] == 0

    def never(*_, **__):
        raise subprocess.TimeoutExpired("git", 20)

    monkeypatch.setattr(badges.subprocess, "run", never)
    assert refused()


def test_the_package_knows_where_it_is_published(course, monkeypatch):
    about = Message()
    about["Project-URL"] = "Documentation, https://example.org"
    about["Project-URL"] = "Repository, https://github.com/some-body/my.course"
    monkeypatch.setattr(badges.metadata, "metadata", lambda _: about)
    with_remote(course, "git@github.com:another/lessons.git")
    assert badges.home() == badges.Home("some-body", "my.course")


def test_the_links_and_the_place(course, tl):
    status, out, _ = tl("badges", "--repo", "somebody/course")
    assert status == 0 and "somebody/course, branch main" in out
    said = first(course)
    assert said.startswith("# The title\n\n<!-- links -->\n\n**Open this notebook:** [Colab](")
    assert said.endswith("<!-- /links -->\n\nThe first words.")
    path = "notebooks/one.ipynb"
    assert f"(https://colab.research.google.com/github/somebody/course/blob/main/{path})" in said
    binder = re.search(r"\[Binder\]\((.*?)\)", said)[1]
    assert urlsplit(binder).path == "/v2/gh/somebody/course/main"
    assert parse_qs(urlsplit(binder).query) == {"labpath": [path]}
    assert "site" not in said and "<img" not in said and "![" not in said
    notebook = notebooks.read(course / path)
    assert bootstrap.place_of(notebook, "one") == "git+https://github.com/somebody/course@main"
    assert valid(course) and bootstrap.problems(notebook, "one") == []


def test_twice_is_once_another_owner_replaces_the_row_and_it_can_be_taken_out(course, tl):
    path = course / "notebooks" / "one.ipynb"
    before = path.read_bytes()
    tl("badges", "--repo", "somebody/course")
    once, stamp = path.read_bytes(), path.stat().st_mtime_ns
    assert "unchanged" in tl("badges", "--repo", "somebody/course")[1]
    assert path.read_bytes() == once and path.stat().st_mtime_ns == stamp
    with_remote(course, "git@github.com:another/lessons.git")
    assert "written" in tl("badges", "one", "--branch", "next/one")[1]
    said = path.read_text("utf-8")
    assert "somebody" not in said and said.count(badges.BEGIN) == 1
    assert "/github/another/lessons/blob/next/one/notebooks/" in said
    assert "/v2/gh/another/lessons/next%2Fone?" in said
    assert "github.com/another/lessons@next/one" in said and valid(course)
    assert "written" in tl("badges", "--remove")[1]
    assert path.read_bytes() == before


def test_the_site(course, tl):
    tl("badges", "--repo", "a/b", "--site", "https://example.org/course/{name}.html")
    assert "[the course's site](https://example.org/course/one.html)" in first(course)
    tl("badges", "--repo", "a/b", "--site", "https://example.org/")
    assert "(https://example.org/)" in first(course)
    tl("badges", "--repo", "a/b")
    assert "example.org" not in first(course)


def test_stale_outputs_stay_stale(course, tl):
    path = course / "notebooks" / "one.ipynb"
    notebook = notebooks.read(path)
    notebook.cells[1].source += "\n# later"
    notebooks.write(notebook, path)
    assert not valid(course)
    tl("badges", "--repo", "a/b")
    assert not valid(course)


@pytest.mark.parametrize(
    "options",
    [
        {"repo": "somebody"},
        {"repo": ""},
        {"repo": "some body/course"},
        {"repo": "a/b/c"},
        {"repo": "-a/b"},
        {"repo": "a/.."},
        {"repo": "https://gitlab.com/a/b"},
        {"repo": "a/b", "branch": ""},
        {"repo": "a/b", "branch": "../x"},
        {"repo": "a/b", "branch": "a b"},
        {"repo": "a/b", "branch": "-x"},
        {"repo": "a/b", "site": "example.org"},
        {"repo": "a/b", "site": "javascript:alert(1)"},
        {"repo": "a/b", "site": "https://a.b/) [x](y"},
    ],
)
def test_bad_options(course, options):
    with pytest.raises(BadValue):
        badges.home(**options)


def test_a_repository_may_be_given_as_an_address(course):
    assert badges.home("https://github.com/a/b.git") == badges.Home("a", "b")


def test_nothing_is_written_if_one_notebook_has_no_place_for_it(course, tl):
    path = course / "notebooks" / "one.ipynb"
    before = path.read_bytes()
    two = write(course / "notebooks", "two", code("", "bootstrap"))
    status, _, err = tl("badges", "--repo", "a/b")
    assert status == 1 and "Run: tl bootstrap two" in err
    notebooks.write(bootstrap.apply(notebooks.read(two), "two"), two)
    status, _, err = tl("badges", "--repo", "a/b")
    assert status == 1 and "two: the first cell does not begin with a heading" in err
    assert path.read_bytes() == before


def test_a_notebook_outside_the_course(course, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "one.ipynb"
    outside.write_bytes((course / "notebooks" / "one.ipynb").read_bytes())
    with pytest.raises(BadValue, match="is not in the course folder"):
        badges.write([outside], badges.Home("a", "b"))


def test_nothing_names_an_owner_that_does_not_exist():
    """An address of this course may stand in it only if it is the one it is published at."""
    url = git(ROOT, "remote", "get-url", "origin")
    own = NAMED.search(url)
    allowed = {"owner/name", own[1].lower().removesuffix(".git") if own else ""}
    allowed |= {"nyu-mll/crows-pairs", "moinnadeem/stereoset"}  # data that 40 says where to find
    texts = [
        *(ROOT / "notebooks").glob("*.ipynb"),
        ROOT / "README.md",
        ROOT / "environment.yml",
        ROOT / "pyproject.toml",
    ]
    for path in texts:
        named = {m.lower().removesuffix(".git") for m in NAMED.findall(path.read_text("utf-8"))}
        assert named <= allowed, path
    for path in texts[:-3]:
        place = bootstrap.place_of(notebooks.read(path), path.stem)
        assert place == "" or NAMED.search(place)


def test_the_search_for_owners_finds_them():
    row = badges.Home("a", "b").row("notebooks/x.ipynb") + badges.Home("a", "b").place
    assert NAMED.findall(row) == ["a/b", "a/b", "a/b"]


def test_where_the_links_of_a_notebook_lead(course, tl):
    path = course / "notebooks" / "one.ipynb"
    assert badges.of_notebook(notebooks.read(path)) is None
    tl("badges", "--repo", "a/b", "--branch", "next/two")
    shown = notebooks.read(path)
    where = badges.of_notebook(shown)
    assert where == badges.Home("a", "b", "next/two")
    assert where.issues == "https://github.com/a/b/issues/new"
    assert badges.without(shown.cells[0].source) == "# The title\n\nThe first words."


def test_where_nothing_tells_nothing_is_known(course, monkeypatch):
    monkeypatch.setattr(badges, "_published", lambda: "")
    assert badges.known() is None and badges.known_place() == ""
    monkeypatch.setattr(badges, "_published", lambda: "https://github.com/a/b.git")
    assert badges.known() == badges.Home("a", "b")
