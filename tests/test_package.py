"""Importing the package is quick, because it imports next to nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

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

    root = Path(__file__).resolve().parent.parent
    found = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    cited = found["preferred-citation"]
    assert found["cff-version"] == "1.2.0" and found["version"] == tl_helpers.__version__
    assert all(found[key] == cited[key] for key in ("title", "version", "type", "authors"))
    line = f"> {cited['title']}. Version {cited['version']}, {cited['year']}. "
    assert line + cited["authors"][0]["name"] + "." in (root / "README.md").read_text("utf-8")
