"""The cells that find or install the package, and begin: their text, and what they do.

Here pip is a stand-in that writes down what it is asked; test_colab.py has the real one.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from notebook_factory import code, text, write

from tl_helpers.core import packages
from tl_helpers.core.errors import BadValue
from tl_helpers.press import bootstrap, cli, notebooks

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PLACES = [
    "",
    "git+https://github.com/somebody/course@main",
    "git+https://example.org/a-long-name-of-somebody/with-a-long-name-of-a-course@a-branch#egg=x",
    "/a folder/with 'quotes' and \"more\"/caf\u00e9",
    "back\\slash",
]

PIP = """
import json, sys, time
from pathlib import Path
here = Path(__file__).parent
asked = here / "asked.json"
rows = json.loads(asked.read_text()) if asked.exists() else []
asked.write_text(json.dumps([*rows, sys.argv[1:]]))
if "/slow" in sys.argv:  # goes on only when somebody has read its first line
    print("Collecting torch", flush=True)
    wait = here / "read"
    while not wait.exists():
        time.sleep(0.01)
    sys.exit(1)
if "/good" not in sys.argv:
    print("what pip prints", flush=True)
    sys.exit("ERROR: what pip says about " + repr(sys.argv[2]))
print("Requirement already satisfied: click")
package = here.parent / "tl_helpers"
package.mkdir()
(package / "__init__.py").write_text("def start(*a, **k): print('started', a, k)")
(package / "__main__.py").write_text("import sys; print('tl', *sys.argv[1:]); sys.exit(1)")
(package / "data").mkdir()
(package / "data" / "__init__.py").write_text("")
(package / "data" / "shelf.py").write_text(
    "import os\\n"
    "def absent(names): return [n for n in names if n not in os.environ.get('HERE', '')]"
)
"""


class Kernel:
    """A Python without the package, with a pip that writes down what it is asked.

    An environment of its own, empty: neither this cell nor the programs that it starts can reach
    the packages of the tests, or the real pip.
    """

    def __init__(self, python: Path, base: Path) -> None:
        self.python = python
        self.site, self.folder = base / "site", base / "content"
        self.folder.mkdir(parents=True)
        (self.site / "pip").mkdir(parents=True)
        (self.site / "pip" / "__main__.py").write_text(PIP, "utf-8")

    def has(self, name: str, version: str) -> None:
        (self.site / name).mkdir()
        (self.site / name / "__init__.py").write_text("", "utf-8")
        info = self.site / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n", "utf-8")

    def run(self, cell: str, times: int = 1, **variables: str) -> tuple[int, str]:
        program = 'PROFILE, SEED, KNOB = "quick", 3, 0.5\n' + cell + "\n"
        program += f"exec({cell!r})\n" * (times - 1)
        done = subprocess.run(
            [str(self.python), "-c", program],
            cwd=self.folder,
            capture_output=True,
            text=True,
            env={"PYTHONPATH": str(self.site), "PIP_NO_INDEX": "1", **variables},
        )
        return done.returncode, done.stdout + done.stderr

    @property
    def asked(self) -> list:
        path = self.site / "pip" / "asked.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else []


@pytest.fixture(scope="module")
def empty_python(tmp_path_factory):
    folder = tmp_path_factory.mktemp("python") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    there = subprocess.run([str(python), "-c", "import pip"], capture_output=True, env={})
    assert there.returncode != 0, "the environment for tests must have no real pip"
    return python


@pytest.fixture
def kernel(empty_python, tmp_path):
    return Kernel(empty_python, tmp_path)


def opening(name: str, *knobs: str, place: str = "") -> str:
    """What a notebook of this name runs before anything else: both cells."""
    given = "".join(f"\n{knob} = 0" for knob in knobs)
    parameters = code(f'PROFILE = "course"\nSEED = 0{given}', "parameters")
    notebook = nbformat.v4.new_notebook(cells=[parameters])
    return f"{bootstrap.source(place)}\n{bootstrap.start(notebook, name)}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_every_notebook_has_the_two_cells(path):
    notebook = notebooks.read(path)
    assert bootstrap.problems(notebook, path.stem) == []
    (place,) = [
        n for n, c in enumerate(notebook.cells) if "bootstrap" in c.metadata.get("tags", [])
    ]
    folded, begin = notebook.cells[place : place + 2]
    assert folded.metadata["jupyter"]["source_hidden"] and folded.metadata["cellView"] == "form"
    assert begin.metadata["tags"] == ["start"] and "jupyter" not in begin.metadata
    lines = [line for line in begin.source.splitlines() if line]
    started = r"session = lesson\.start\(PROFILE, SEED(, (\w+)=\2)*\)"  # and knobs of its own
    assert len(lines) == 3 and re.fullmatch(started, lines[2])


def test_it_needs_the_standard_library_only():
    lines = bootstrap.source().splitlines()
    imports = [line.split()[1] for line in lines if line.startswith(("import ", "from "))]
    assert set(imports) <= sys.stdlib_module_names


@pytest.mark.parametrize("place", PLACES)
def test_the_linter_is_content_and_the_place_can_be_read_back(tmp_path, place):
    path = write(tmp_path, "one", code("", "bootstrap"), code("session.seed"))
    notebook = bootstrap.apply(notebooks.read(path), "one", place)
    notebooks.write(notebook, path)
    assert bootstrap.place_of(notebooks.read(path), "one") == place
    assert bootstrap.problems(notebook, "one") == []
    assert notebooks.warnings(path) == []  # folded: nobody reads its length
    config = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *config, str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("place", ["two\nlines", " blank", "bell\a"])
def test_a_place_that_no_cell_can_hold(place):
    with pytest.raises(BadValue, match="cannot be written"):
        bootstrap.source(place)


def test_an_installed_package_is_used_and_pip_is_not_asked(kernel):
    kernel.has("tl_helpers", "1")
    (kernel.site / "tl_helpers" / "__init__.py").write_text("def start(*a, **k): print(a, k)")
    status, said = kernel.run(opening("one", "KNOB"), TL_SOURCE="/good")
    assert (status, said) == (0, "('one', 'quick', 3) {'KNOB': 0.5}\n")
    assert kernel.asked == []


@pytest.mark.parametrize("depth", [".", "notebooks", "notebooks/student", "notebooks/a/b/c"])
@pytest.mark.parametrize("name", ["one", "00_start_here"])
def test_a_course_that_is_not_installed_is_used_and_pip_is_not_asked(kernel, name, depth):
    package = kernel.folder / "tl_helpers"
    package.mkdir()
    (package / "__init__.py").write_text("def start(*a, **k): print('above')")
    lesson = kernel.folder / "notebooks" / "tl_lessons" / "start_here"
    lesson.mkdir(parents=True)
    (lesson / "__init__.py").write_text("import tl_helpers as lesson")
    kernel.folder = kernel.folder / depth
    kernel.folder.mkdir(parents=True, exist_ok=True)
    assert kernel.run(opening(name), TL_SOURCE="/good") == (0, "above\n")
    assert kernel.asked == []


def test_a_folder_of_that_name_without_a_package_is_not_taken_for_it(kernel):
    (kernel.folder / "tl_helpers").mkdir()
    kernel.folder = kernel.folder / "notebooks"
    kernel.folder.mkdir()
    assert kernel.run(opening("one"), TL_SOURCE="/good")[0] == 0
    assert len(kernel.asked) == 1


def test_it_installs_once_and_pip_may_not_change_the_large_libraries(kernel):
    kernel.has("torch", "2.9.0+cu128")
    kernel.has("numpy", "2.1.0")
    status, said = kernel.run(opening("one", place="/good"), times=2)
    assert status == 0 and said.count("started ('one', 'quick', 3)") == 2
    assert said.count("Installing the course from '/good'") == 1
    assert kernel.asked == [["install", "/good", "torch==2.9.0+cu128", "numpy==2.1.0"]]
    assert "already satisfied" not in said  # hundreds of lines in Colab
    status, said = kernel.run(opening("one", place="/good"))
    assert status == 0 and "Installing" not in said


@pytest.mark.parametrize(
    "name, version, why, line",
    [
        ("transformers", "4.57.1", "masks", '"transformers>=5.4"'),
        ("numpy", "1.26.4", "pyarrow", '"numpy>=2.0"'),
        ("torch", "2.4.1+cpu", "Muon", '"torch>=2.9"'),
    ],
)
def test_a_library_that_is_too_old_is_named_before_anything_is_installed(
    kernel, name, version, why, line
):
    kernel.has("datasets", "4.8.5")
    kernel.has(name, version)
    status, said = kernel.run(opening("one", place="/good"))
    assert status == 1 and "Traceback" not in said and kernel.asked == []
    assert f"{name} {version} is too old" in said and why in said and "Nothing was" in said
    assert f"%pip install -U {line}" in said and "datasets" not in said


def test_the_oldest_versions_of_the_cell_are_those_of_the_project():
    text = bootstrap.source()
    for requirement in packages.requirements():
        if f'"{requirement.name}": ([' in text:
            (floor,) = [s.version for s in requirement.specifier]
            assert f'"{requirement.name}": ([{floor.replace(".", ", ")}], "' in text
    assert text.count('": ([') == 4


def test_what_a_notebook_needs_from_the_shelf_is_fetched_after_an_installation(kernel):
    cell = bootstrap.source("/good", ["ratings", "glove"])
    assert max(map(len, cell.splitlines())) <= 100
    status, said = kernel.run(cell)  # that it cannot be had fails nothing
    assert status == 0 and said.count("tl shelf fetch --try ratings glove\n") == 1
    assert "shelf" not in bootstrap.source("/good")
    # The next notebook finds the course; elsewhere than in Colab it leaves the network alone.
    assert kernel.run(cell) == (0, "")
    colab = {"COLAB_RELEASE_TAG": "release"}
    assert kernel.run(cell, **colab) == (0, "tl shelf fetch --try ratings glove\n")
    assert kernel.run(cell, HERE="glove", **colab) == (0, "tl shelf fetch --try ratings\n")
    assert kernel.run(cell, HERE="glove ratings", **colab) == (0, "")
    (kernel.site / "tl_helpers" / "data" / "shelf.py").unlink()  # an older course
    assert kernel.run(cell, **colab) == (0, "")
    assert len(kernel.asked) == 1


def test_what_is_fetched_is_told_as_it_comes(kernel):
    cell = bootstrap.source("/good", ["ratings"])
    kernel.run(cell)
    waits = (
        "import sys, time\nfrom pathlib import Path\nprint('first', flush=True)\n"
        f"while not Path({str(kernel.folder)!r}, 'read').exists(): time.sleep(0.01)\n"
    )
    (kernel.site / "tl_helpers" / "__main__.py").write_text(waits)
    with subprocess.Popen(
        [str(kernel.python), "-c", cell],
        cwd=kernel.folder,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(kernel.site), "COLAB_GPU": ""},
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "first\n"
        (kernel.folder / "read").touch()
    assert running.returncode == 0


def test_the_environment_names_another_place(kernel):
    assert kernel.run(opening("one", place="/bad"), TL_SOURCE="/good")[0] == 0
    assert kernel.asked[0][1] == "/good"


def test_a_notebook_that_knows_no_place_asks_for_one(kernel):
    status, said = kernel.run(opening("one"))
    assert status == 1 and "Traceback" not in said
    assert (
        "does not know where its course is" in said
        and "%env TL_SOURCE=git+https://HOST/OWNER/NAME" in said
    )
    assert kernel.asked == []
    status, _ = kernel.run(opening("one"), TL_SOURCE="/good")
    assert status == 0


def test_what_pip_says_is_shown_and_how_to_name_another_place(kernel):
    place = "/bad"
    status, said = kernel.run(opening("one", place=place))
    assert status == 1 and "Traceback" not in said
    assert f"what pip prints\nERROR: what pip says about {place!r}" in said
    assert f"could not be installed from {place!r}" in said and "%env TL_SOURCE=" in said
    status, _ = kernel.run(opening("one", place=place), TL_SOURCE="/good")
    assert status == 0


def test_what_pip_says_is_shown_while_it_is_at_work(kernel):
    program = 'PROFILE, SEED, KNOB = "quick", 3, 0.5\n' + opening("one", place="/slow")
    with subprocess.Popen(
        [str(kernel.python), "-c", program],
        cwd=kernel.folder,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(kernel.site)},
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("Installing the course")
        assert running.stdout.readline() == "Collecting torch\n"
        (kernel.site / "pip" / "read").touch()
    assert running.returncode == 1


def test_a_python_without_pip_says_so(kernel):
    (kernel.site / "pip" / "__main__.py").unlink()
    (kernel.site / "pip").rmdir()
    status, said = kernel.run(opening("one", place="/good"))
    assert status == 1 and "No module named pip" in said


@pytest.mark.parametrize("name", ["one", "00_start_here"])
def test_a_bare_kernel_in_the_course_folder_is_told_what_it_lacks(kernel, name):
    """The package is found above, but nothing that it builds on is installed."""
    cell = opening(name).replace("*Path.cwd().parents", f"Path({str(ROOT)!r})")
    status, said = kernel.run(cell)
    assert status == 1
    assert "This kernel lacks packages that the course needs" in said
    assert f'%pip install -e "{ROOT}"' in said
    assert kernel.asked == []


def test_whatever_stands_there_is_replaced_and_the_second_cell_added(tmp_path):
    path = write(tmp_path, "one", text("# T"), code("import os\nx = (", "bootstrap"), code("1"))
    before = notebooks.stamp(notebooks.read(path), 1)
    after = bootstrap.apply(before, "one")
    assert [c.source for c in after.cells[2:]] == [
        bootstrap.source(),
        'import tl_helpers as tl\n\nsession = tl.start("one", PROFILE, SEED, KNOB=KNOB, WORD=WORD)',
        "1",
    ]
    assert len(before.cells) == 4 and before.cells[2].source == "import os\nx = ("
    # What ran was another source: the outputs have to be made again.
    assert after.metadata["tl"]["source_sha256"] != notebooks.source_hash(after)
    assert bootstrap.apply(after, "one") == after
    notebooks.write(after, path)
    assert notebooks.read(path).cells == after.cells


def test_only_the_place_changes_and_the_stored_outputs_stay_valid(tmp_path):
    path = write(tmp_path, "one", code("", "bootstrap"))
    before = notebooks.stamp(bootstrap.apply(notebooks.read(path), "one", ""), 1)
    for place in PLACES:
        after = bootstrap.apply(before, "one", place)
        assert after.metadata["tl"]["source_sha256"] == notebooks.source_hash(after)
    before.metadata["tl"]["source_sha256"] = "of other sources"
    after = bootstrap.apply(before, "one", "elsewhere")
    assert after.metadata["tl"]["source_sha256"] == "of other sources"


def test_a_changed_cell_is_noticed(tmp_path):
    path = write(tmp_path, "one", code("", "bootstrap"))
    notebook = bootstrap.apply(notebooks.read(path), "one", "somewhere")
    assert bootstrap.problems(notebook, "one") == []
    assert "run: tl bootstrap two" in bootstrap.problems(notebook, "two")[0]
    for place, old, new in [
        (1, '"torch": ', '"tork": '),
        (1, "*as_it_is", ""),
        (1, "# @title", "#"),
        (2, "KNOB=KNOB, ", ""),
    ]:
        changed = bootstrap.apply(notebook, "one")
        assert old in changed.cells[place].source
        changed.cells[place].source = changed.cells[place].source.replace(old, new)
        assert bootstrap.problems(changed, "one") != []
        assert bootstrap.problems(bootstrap.apply(changed, "one"), "one") == []
    del changed.cells[1].metadata["jupyter"]  # in sight
    assert bootstrap.problems(changed, "one") != []


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([code("1")], "0 cells are tagged 'bootstrap'"),
        ([code("1", "bootstrap"), code("2", "bootstrap")], "2 cells are tagged 'bootstrap'"),
        (
            [code("1", "bootstrap"), code("2", "start"), code("3", "start")],
            "2 cells are tagged 'start'",
        ),
    ],
)
def test_cells_that_cannot_be_written(tmp_path, monkeypatch, capsys, cells, message):
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    good = write(tmp_path / "notebooks", "a", code("", "bootstrap"))
    bad = write(tmp_path / "notebooks", "b", *cells)
    before = good.read_bytes(), bad.read_bytes()
    with pytest.raises(SystemExit):
        cli.main(["bootstrap"])
    assert message in capsys.readouterr().err
    assert (good.read_bytes(), bad.read_bytes()) == before


def test_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    path = write(tmp_path / "notebooks", "one", code("", "bootstrap"))
    cli.main(["bootstrap", "--source", "/the/course"])
    assert "next: tl refresh one" in capsys.readouterr().out
    assert bootstrap.place_of(notebooks.read(path), "one") == "/the/course"
    cli.main(["bootstrap", "one"])
    assert capsys.readouterr().out.startswith("unchanged")
    assert bootstrap.place_of(notebooks.read(path), "one") == "/the/course"
    cli.main(["bootstrap", "one", "--source", ""])
    assert bootstrap.place_of(notebooks.read(path), "one") == ""
    monkeypatch.setattr("tl_helpers.press.badges.known_place", lambda: "git+https://a.example/b")
    cli.main(["bootstrap", "one"])
    assert bootstrap.place_of(notebooks.read(path), "one") == "git+https://a.example/b"
