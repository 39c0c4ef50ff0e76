"""Importing the package is quick, because it imports next to nothing; its examples are true."""

import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "transformers", "datasets", "pandas", "matplotlib", "numpy", "scipy", "sklearn")


def test_import_loads_no_large_library():
    code = f"import sys, tl_helpers; print([m for m in {HEAVY!r} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_rooms_load_when_first_used():
    code = (
        "import sys, tl_helpers as tl\n"
        "assert 'tl_helpers.core.errors' not in sys.modules\n"
        "assert tl.errors.CourseError is tl.CourseError\n"
        "import tl_helpers.session\n"
        "assert callable(tl.start) and tl.start is tl_helpers.session.start\n"
        "assert 'town' in dir(tl)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_room_is_an_attribute_error():
    import tl_helpers

    with pytest.raises(AttributeError, match="no attribute 'citty'"):
        tl_helpers.citty  # noqa: B018


def test_the_citation_is_that_of_the_readme():
    yaml = pytest.importorskip("yaml")
    import tl_helpers

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    cited = citation["preferred-citation"]
    assert citation["cff-version"] == "1.2.0" and citation["version"] == tl_helpers.__version__
    assert all(citation[key] == cited[key] for key in ("title", "version", "type", "authors"))
    line = f"> {cited['title']}. Version {cited['version']}, {cited['year']}. "
    assert line + cited["authors"][0]["name"] + "." in (ROOT / "README.md").read_text("utf-8")


def with_examples() -> list[str]:
    files = [
        p for p in sorted((ROOT / "tl_helpers").rglob("*.py")) if ">>> " in p.read_text("utf-8")
    ]
    dotted = [".".join(p.relative_to(ROOT).with_suffix("").parts) for p in files]
    return [name.removesuffix(".__init__") for name in dotted]


@pytest.mark.parametrize("name", with_examples())
def test_the_examples_of_functions_are_true(name):
    """Those in a module's own docstring are a tour, without what it prints."""
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner()
    for example in doctest.DocTestFinder().find(module):
        if example.name != name:
            runner.run(example)
    assert runner.summarize(verbose=False).failed == 0
