"""Publishing: links, places, wheel and site fit together, and nothing is pushed."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest
from command_line import caller
from notebook_factory import code, text, write

from tl_helpers.core.errors import CourseError
from tl_helpers.press import badges, bootstrap, notebooks, publish
from tl_helpers.press.site import Built

WHERE = badges.Home("some-body", "course", "main", "https://some-body.github.io/course/{name}.html")
PROJECT = '[project]\nname = "tl-helpers"\nversion = "0.1.0"\n'
ABOUT = "tl_helpers-0.1.0.dist-info"


def git(folder: Path, *arguments: str) -> None:
    mine = ["-c", "user.name=t", "-c", "user.email=t@e.invalid"]
    subprocess.run(["git", *mine, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A small course that is published as WHERE says."""
    root = tmp_path / "course"
    monkeypatch.setenv("TL_ROOT", str(root))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    path = write(root / "notebooks", "one", code("", "bootstrap"))
    notebook = bootstrap.apply(notebooks.read(path), "one")
    notebook.cells.insert(0, text("# The title"))
    notebook = badges.apply(notebook, "notebooks/one.ipynb", WHERE)
    notebooks.write(notebooks.stamp(notebook, 1), path)
    for name, content in {
        "pyproject.toml": PROJECT,
        "environment.yml": "name: x\n",
        "tl_helpers/__init__.py": "__version__ = '0.1.0'\n",
        "tl_helpers/__pycache__/x.pyc": "",
        "data/words.txt": "soup\n",
        "notebooks/tl_lessons/course.toml": "theme = []\n",
        "notebooks/tl_lessons/one/studies.py": 'notebook = Cells("one")\n',
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, "utf-8")
    (root / ".gitignore").write_text("build/\n__pycache__/\n", "utf-8")
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "all")
    return root


def wheel_of(course: Path, **changes: str | None) -> Path:
    """The wheel as hatchling would build it, but for changes: name -> content, or None."""
    inside = {
        "tl_helpers/__init__.py": (course / "tl_helpers/__init__.py").read_text("utf-8"),
        "tl_helpers/_data/words.txt": (course / "data/words.txt").read_text("utf-8"),
        "tl_lessons/course.toml": "theme = []\n",
        "tl_lessons/one/studies.py": 'notebook = Cells("one")\n',
        "tl_lessons/one.ipynb": (course / "notebooks/one.ipynb").read_text("utf-8"),
        f"{ABOUT}/METADATA": "Metadata-Version: 2.4\nName: tl-helpers\nVersion: 0.1.0\n",
        f"{ABOUT}/entry_points.txt": "[console_scripts]\ntl = tl_helpers.press.cli:main\n",
    } | changes
    path = course / "build" / "publish" / "tl_helpers-0.1.0-py3-none-any.whl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in inside.items():
            if content is not None:
                archive.writestr(name, content)
    return path


@pytest.fixture
def built(course, monkeypatch):
    """Stand-ins for the two builds."""

    def site(output):
        output.mkdir(parents=True, exist_ok=True)
        for page in ("index", "one"):
            (output / f"{page}.html").write_text("", "utf-8")
        return Built(output, [])

    monkeypatch.setattr(publish, "build_wheel", lambda folder: wheel_of(course))
    monkeypatch.setattr("tl_helpers.press.site.build", site)


@pytest.fixture
def tl(capsys):
    return caller(capsys)


ASKED = ("publish", "--check", "--repo", "some-body/course", "--site", WHERE.site)


def test_what_fits_together_says_what_to_push_where(course, built, tl):
    before = {
        p: p.read_bytes() for p in course.rglob("*") if p.is_file() and "build" not in p.parts
    }
    status, out, err = tl(*ASKED)
    assert status == 0, out + err
    assert out.count("\nok ") == 5 and "PROBLEM" not in out
    steps = out.partition("What to push where:\n")[2].splitlines()
    assert "git push https://github.com/some-body/course main" in steps[0]
    assert str(course / "build/publish/site") in steps[1]
    assert "https://some-body.github.io/course/" in steps[1] and "{name}" not in steps[1]
    assert "git tag v0.1.0" in steps[2] and "tl_helpers-0.1.0-py3-none-any.whl" in steps[3]
    assert all(path.read_bytes() == content for path, content in before.items())


def test_each_thing_that_does_not_fit_is_a_problem_with_its_remedy(course, built, tl):
    status, out, _ = tl(
        "publish", "--check", "--repo", "other/course", "--site", "https://a.io/b.html"
    )
    said = " ".join(out.split())
    assert (
        status == 1
        and "one installs from git+https://github.com/some-body/course@main, not" in said
    )
    assert "run: tl badges --repo other/course --branch main --site https://a.io/b.html" in said
    assert "Nothing is pushed" in out and "What to push where" not in out
    (course / "notebooks" / "new.txt").write_text("x", "utf-8")
    status, out, _ = tl(*ASKED, "--branch", "other")
    said = " ".join(out.split())
    assert status == 1 and "1 file changed since the last commit" in said
    assert "show the branch other, but this is main" in said
    git(course, "checkout", "--quiet", "--", ".")


def test_links_that_lead_elsewhere(course):
    assert publish.of_notebooks(WHERE) == []
    moved = badges.Home("some-body", "course", "main", "https://elsewhere.example/")
    [said] = publish.of_notebooks(moved)
    assert "one: its links lead elsewhere" in said and "--site https://elsewhere.example/" in said
    path = course / "notebooks" / "one.ipynb"
    notebook = notebooks.read(path)
    notebook.cells.append(code("1 + 1"))
    notebooks.write(notebook, path)
    assert any("tl refresh one" in said for said in publish.of_notebooks(WHERE))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tl_helpers/_data/words.txt": None}, "lacks tl_helpers/_data/words.txt"),
        ({"tl_lessons/one.ipynb": None}, "lacks tl_lessons/one.ipynb"),
        ({"tl_helpers/_data/words.txt": "old"}, "has another tl_helpers/_data/words.txt than"),
        ({"tests/secret.txt": ""}, "has tests/secret.txt, which is no file of the course"),
        ({f"{ABOUT}/entry_points.txt": None}, "has no command tl"),
        ({f"{ABOUT}/METADATA": "Version: 0.2.0\n"}, "calls itself version 0.2.0"),
    ],
)
def test_a_wheel_that_is_not_of_this_course(course, changes, says):
    assert publish.of_wheel(wheel_of(course)) == []
    [said] = publish.of_wheel(wheel_of(course, **changes))
    assert says in said and said.startswith("tl_helpers-0.1.0-py3-none-any.whl")


@pytest.mark.parametrize(
    ("site", "fits"),
    [
        ("https://some-body.github.io/course/{name}.html", True),
        ("https://some-body.github.io/{name}.html#top", True),
        ("https://some-body.github.io/a/b/{name}", True),  # hosts add .html by themselves
        ("https://some-body.github.io/course/", True),
        ("", True),
        ("https://some-body.github.io/course/{name}.htm", False),
        ("https://some-body.github.io/course/{name}/", False),
        ("https://some-body.github.io/course/x-{name}.html", False),
    ],
)
def test_addresses_of_the_site(course, tmp_path, site, fits):
    folder = tmp_path / "site"
    folder.mkdir()
    where = badges.Home("some-body", "course", "main", site)
    assert "no index.html" in publish.of_site(where, folder)[0]
    for page in ("index", "one"):
        (folder / f"{page}.html").write_text("", "utf-8")
    said = publish.of_site(where, folder)
    assert (said == []) == fits
    if not fits:
        assert "that of one is one.html" in said[0]


def test_metadata_and_git(course):
    assert publish.of_metadata(WHERE) == [] == publish.of_git(WHERE)
    urls = '[project.urls]\nRepository = "https://github.com/other/course"\n'
    (course / "pyproject.toml").write_text(PROJECT + urls, "utf-8")
    (course / "CITATION.cff").write_text('version: "0.0.9"\n', "utf-8")
    first, second = publish.of_metadata(WHERE)
    assert "names the repository other/course, not some-body/course" in first
    assert "cites version 0.0.9, but pyproject.toml has 0.1.0" in second
    (course / "environment.yml").unlink()
    assert "environment.yml is missing" in publish.of_git(WHERE)[0]
    (course / "environment.yml").write_text("", "utf-8")
    (course / ".git").rename(course / "no-git")
    assert "no git repository" in publish.of_git(WHERE)[0]


def test_without_a_repository_or_the_flag(course, built, tl):
    status, _, err = tl("publish", "--check")
    assert status == 1 and "Say where the course is published" in err
    assert tl("publish")[0] == 2


def test_a_wheel_that_cannot_be_built_says_so(course, tmp_path, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "Collecting\nERROR: no hatchling")
    monkeypatch.setattr(publish.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(CourseError, match=r"ERROR: no hatchling(.|\n)*needs a network"):
        publish.build_wheel(tmp_path)


@pytest.mark.slow
def test_the_wheel_of_this_course_has_what_it_must(tmp_path):
    """Needs the package registry that pip is configured for, as the tests of Colab do."""
    assert publish.of_wheel(publish.build_wheel(tmp_path)) == []
