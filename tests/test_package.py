"""Importing the package is quick, because it imports next to nothing; its examples are true."""

import ast
import doctest
import importlib
import re
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


@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("0", "0"), ("", "")])
def test_large_pages_are_asked_for_unless_somebody_chose(monkeypatch, before, after):
    monkeypatch.delenv("THP_MEM_ALLOC_ENABLE", raising=False)
    if before is not None:
        monkeypatch.setenv("THP_MEM_ALLOC_ENABLE", before)
    code = "import os, tl_helpers; print(os.environ['THP_MEM_ALLOC_ENABLE'])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == after


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


def modules() -> dict[str, Path]:
    """Dotted name -> file, of the package."""
    files = {}
    for path in sorted((ROOT / "tl_helpers").rglob("*.py")):
        if path.name not in ("sitecustomize.py", "__main__.py"):
            dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            files[dotted.removesuffix(".__init__")] = path
    return files


def public_functions(source: str) -> list[ast.FunctionDef]:
    """Those of a module; a command of the command line is its own example."""
    return [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and not any(
            re.match(r"\w+\.(command|group)\(", ast.unparse(d)) or ast.unparse(d) == "click.group"
            for d in node.decorator_list
        )
    ]


def without_example(source: str) -> list[str]:
    return [
        node.name
        for node in public_functions(source)
        if not re.search(r"^Example:\n    >>> ", ast.get_docstring(node) or "", re.M)
    ]


def test_every_public_function_has_an_example():
    lacking = [
        f"{name}.{function}"
        for name, path in modules().items()
        for function in without_example(path.read_text("utf-8"))
    ]
    assert not lacking, "\n".join(lacking)


def test_a_function_without_an_example_would_be_seen():
    source = (
        'def shown():\n    """Yes.\n\n    Example:\n        >>> shown()\n    """\n'
        'def told():\n    """No: ``>>> told()``."""\ndef silent(): ...\ndef _own(): ...\n'
        "@cli.command()\ndef command(): ...\n"
    )
    assert without_example(source) == ["told", "silent"]


def with_examples() -> list[str]:
    return [name for name, path in modules().items() if ">>> " in path.read_text("utf-8")]


@pytest.mark.parametrize("name", with_examples())
def test_the_examples_of_functions_are_true(name, monkeypatch):
    """Those in a module's own docstring are a tour, without what it prints."""
    monkeypatch.setenv("TL_QUIET", "1")
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner()
    for example in doctest.DocTestFinder().find(module):
        if example.name != name:
            runner.run(example)
    assert runner.summarize(verbose=False).failed == 0
