"""The start notebook as Colab would run it: nothing but the ``.ipynb``, in somebody else's Python.

These tests need the package registry that pip is configured for, because the cell that they test
calls pip. Everything else stays offline: the kernel refuses connections, as everywhere in tests.

The environment has numpy, transformers and datasets of its own, really installed, in other
versions than those of the course. What is not under test is not installed a second time: a folder
of links to the packages of this very interpreter is put on its path (torch among them, with its
metadata). pip sees those as installed, outside of the environment, and so never removes them.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from packaging.requirements import Requirement

from tl_helpers.core import cells, lessons, packages
from tl_helpers.press import bootstrap

ROOT = Path(__file__).resolve().parents[2]
NAME = "00_start_here"
SOURCE = nbformat.read(str(ROOT / "notebooks" / f"{NAME}.ipynb"), as_version=4)
START = bootstrap.start(SOURCE, NAME)
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("colab")]

# In our ranges, and a major version away from what the course is tested with where there is one.
OTHER = {
    "numpy": "2.2.6",
    "transformers": "5.4.0",
    "tokenizers": "0.22.2",
    "huggingface-hub": "1.5.0",
    "datasets": "4.8.5",
}
# Not there at first, as in Colab: the package, and something that it needs.
ABSENT = {"tl-helpers", "sacrebleu", "sentence-transformers"}

GUARD = """
import runpy, sys
if "pip" not in " ".join(sys.orig_argv[1:3]):  # pip alone may use the network
    runpy.run_path({offline!r})["refuse_network"]()
"""

PROBE = """
encoder, tokenizer = tl.models.load("minilm")
texts, labels = reviews["train"]["text"][:8], [0, 1] * 4
assert tl.adapt.embed(encoder, tokenizer, texts).shape == (8, 384)
assert len(tl.adapt.fit(encoder, tokenizer, texts, labels, steps=1).predict(texts)) == 8
town_model, town_tokenizer = tl.models.load("town-mlm")
assert len(tl.adapt.embed(town_model, town_tokenizer, tl.town.Town(seed=0).corpus(4).texts())) == 4
assert len(tl.results.load("reviews-fine-tuning").table) > 10
assert lesson.check("start-one-draw", lambda gains: tl.results.prediction(gains).ci)
assert lesson.notebook == "00_start_here"
from sentence_transformers import SentenceTransformer
library = SentenceTransformer(str(tl.models.folder("minilm")), device="cpu")
assert library.encode(texts).shape == (8, 384)
"""
EXPLORER = """
tl.explore.explore(lambda words: "town " * words, words=[1, 2, 3], title="How many?",
                   alt=lambda words: f"The word town, {words} times.")
"""
FACTS = """
import json
from importlib import metadata
print("FACTS", json.dumps({
    "file": tl.__file__, "data": str(tl.files.data_dir()), "numpy": np.__version__,
    "url": json.loads(metadata.distribution("tl-helpers").read_text("direct_url.json"))["url"],
    "colab": bool(__import__("google.colab")),
}))
"""


def environ(**more: str) -> dict[str, str]:
    """The environment of a learner: nothing of the course, nothing of this test run."""
    # (For options that begin with "no", pip wants the value that says no: this is --no-compile.)
    mine = ("TL_", "HF_", "PYTHON", "TRANSFORMERS_", "MPL", "VIRTUAL_ENV")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(mine)}
    return kept | {"OMP_NUM_THREADS": "1", "PIP_NO_COMPILE": "0", "PIP_NO_INPUT": "1", **more}


def pip(python: Path | str, *arguments: str) -> str:
    done = subprocess.run(
        [str(python), "-m", "pip", *arguments], env=environ(), capture_output=True, text=True
    )
    assert done.returncode == 0, (
        f"pip {' '.join(arguments)} failed; these tests need the package registry that pip is "
        f"configured for:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    )
    return done.stdout


def links(folder: Path) -> None:
    """Links to this interpreter's packages, but for those under test."""
    left_out = {packages.normal(name) for name in (*OTHER, *ABSENT)}
    folder.mkdir()
    for place in dict.fromkeys(sys.path):
        if Path(place).name not in ("site-packages", "dist-packages"):
            continue
        skip = {"__pycache__", "sitecustomize.py"}
        for distribution in metadata.distributions(path=[place]):
            if packages.normal(distribution.metadata["Name"]) in left_out:
                skip |= {file.parts[0] for file in distribution.files or ()}
        for entry in Path(place).iterdir():
            if entry.name not in skip and entry.suffix != ".pth":
                if not os.path.lexists(folder / entry.name):
                    (folder / entry.name).symlink_to(entry)


@dataclasses.dataclass
class Colab:
    """A Python with other versions, and an empty folder with the notebook alone."""

    folder: Path
    python: Path
    wheel: Path

    def installed(self) -> dict[str, str]:
        rows = json.loads(pip(self.python, "list", "--format=json"))
        return {packages.normal(row["name"]): row["version"] for row in rows}

    def cell(self, **variables: str) -> tuple[int, str]:
        """Run the opening cells alone, as a script; the exit status and all that they said."""
        code = f'PROFILE, SEED = "quick", 0\n{bootstrap.source()}\n{START}'
        done = subprocess.run(
            [str(self.python), "-c", code],
            cwd=self.folder,
            env=environ(**variables),
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    def run(self, notebook: Any) -> list[str]:
        """Run a notebook in a kernel of that Python, steered from here; what each cell said."""
        kernel = AsyncKernelManager()
        command = [str(self.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        command.append("--IPKernelApp.exec_lines=import google.colab")  # as Colab's kernel does
        kernel._kernel_spec = KernelSpec(argv=command, language="python", display_name="Colab")
        home = str(self.folder.parent / "home")
        variables = environ(TL_CACHE=f"{home}/cache", HF_HOME=f"{home}/hf")
        NotebookClient(notebook, km=kernel, timeout=300).execute(
            env=variables, cwd=str(self.folder)
        )
        return [
            "".join(o.get("text", "") or str(o.get("data", "")) for o in cell.get("outputs", []))
            for cell in notebook.cells
        ]


@pytest.fixture(scope="module")
def colab(tmp_path_factory: pytest.TempPathFactory) -> Colab:
    base = tmp_path_factory.mktemp("colab")
    pip(sys.executable, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(base), str(ROOT))
    (wheel,) = base.glob("tl_helpers-*.whl")
    inside = zipfile.ZipFile(wheel).namelist()
    assert {name for name in inside if name.endswith(".ipynb")} == {
        f"tl_lessons/{value.__name__}"
        for module in lessons.modules(lambda name: not name.startswith("exercises"))
        for value in vars(module).values()
        if isinstance(value, cells.Cells)
    }
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(base / "env")], check=True)
    python = base / "env" / "bin" / "python"
    (packages,) = (base / "env" / "lib").glob("python*/site-packages")
    links(base / "packages")
    (packages / "packages.pth").write_text(f"{base / 'packages'}\n", "utf-8")
    guard = GUARD.format(offline=str(ROOT / "tl_helpers" / "press" / "offline.py"))
    (packages / "sitecustomize.py").write_text(guard, "utf-8")
    (packages / "google" / "colab").mkdir(parents=True)
    (packages / "google" / "colab" / "__init__.py").write_text("", "utf-8")
    pins = [f"{name}=={version}" for name, version in OTHER.items()]
    pip(python, "install", "--quiet", "--no-deps", *pins)
    (base / "content").mkdir()
    return Colab(base / "content", python, wheel)


def other_course(folder: Path, requires: str) -> Path:
    """A wheel with the name of the package and one requirement."""
    info = "tl_helpers-0.1.0.dist-info"
    path = folder / "tl_helpers-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tl_helpers/__init__.py", "")
        about = f"Name: tl-helpers\nVersion: 0.1.0\nRequires-Dist: {requires}\n"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\n{about}")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def test_the_versions_are_others_and_in_our_ranges() -> None:
    stated = {packages.normal(r.name): r for r in packages.requirements()}
    for name, version in OTHER.items():
        assert metadata.version(name) != version
        assert stated[name].specifier.contains(version)
    assert ABSENT - {"tl-helpers"} <= stated.keys()
    assert isinstance(stated["sacrebleu"], Requirement)


def test_a_wrong_place_shows_what_pip_says_and_changes_nothing(colab: Colab, tmp_path) -> None:
    before = colab.installed()
    assert "tl-helpers" not in before and before.items() >= OTHER.items()
    for place, reason in {
        "/no/such/folder": "File '/no/such/folder' does not exist",
        "git+file:///no/such/repository": "does not appear to be a git repository",
        "": "does not know where its course is",
        str(other_course(tmp_path, "numpy<2")): f"The user requested numpy=={OTHER['numpy']}",
    }.items():
        status, said = colab.cell(TL_SOURCE=place)
        assert status == 1 and "Traceback" not in said
        assert reason in said and "%env TL_SOURCE" in said
    assert colab.installed() == before


def test_the_notebook_alone_installs_the_course_and_runs(colab: Colab) -> None:
    before = colab.installed()
    notebook = bootstrap.apply(SOURCE, NAME, str(colab.wheel))
    # All of its cells up to the first data; then a short form of what the others do.
    last = next(i for i, cell in enumerate(notebook.cells) if "tl.data.load(" in cell.source)
    again = f"{bootstrap.source('/no/longer/there')}\n{START}"
    more = [PROBE, EXPLORER, FACTS, again]
    notebook.cells = notebook.cells[: last + 1] + [nbformat.v4.new_code_cell(c) for c in more]
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace('PROFILE = "course"', 'PROFILE = "quick"')
    path = colab.folder / f"{NAME}.ipynb"
    nbformat.write(notebook, str(path))
    assert [p.name for p in colab.folder.iterdir()] == [path.name]

    said = colab.run(nbformat.read(str(path), as_version=4))

    first = next(text for text in said if "Installing the course" in text)
    begun = said[said.index(first) + 1]
    assert str(colab.wheel) in first and "profile quick" in begun
    assert f"transformers {OTHER['transformers']}" in begun
    facts = json.loads(said[-2].partition("FACTS")[2])
    assert Path(facts["file"]).is_relative_to(colab.python.parent.parent)
    assert facts["data"] == str(Path(facts["file"]).parent / "_data")
    assert facts["url"] == colab.wheel.as_uri()
    assert facts["numpy"] == OTHER["numpy"] and facts["colab"]
    assert "widget-view" in said[-3]  # the explorer is live
    assert "Installing" not in said[-1] and "profile quick" in said[-1]  # the second run
    assert [p.name for p in colab.folder.iterdir()] == [path.name]

    after = colab.installed()
    held = {"torch", *OTHER} - {"tokenizers", "huggingface-hub"}
    assert {n: after[n] for n in held} == {n: before[n] for n in held}
    assert after.keys() - before.keys() >= ABSENT


def test_once_installed_it_needs_neither_the_place_nor_a_registry(colab: Colab) -> None:
    """Comes after the installation: the group keeps the order of this file."""
    status, said = colab.cell(TL_SOURCE="/no/longer/there", PIP_NO_INDEX="1")
    assert status == 0 and "Installing" not in said and "profile quick" in said
