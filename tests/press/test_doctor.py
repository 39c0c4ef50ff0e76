"""The doctor tells what is missing and how to get it, and never falls over."""

from __future__ import annotations

from importlib import metadata

import pytest

from tl_helpers.core import packages
from tl_helpers.core.errors import BrokenFile
from tl_helpers.press import doctor


@pytest.fixture
def examined(monkeypatch):
    """Findings by what they are about, without the slow looks."""

    def examine(**looks):
        monkeypatch.setattr(doctor, "_LOOKS", list(looks.items()))
        return {finding.about: finding for finding in doctor.examine()}

    return examine


def test_each_direct_requirement_is_looked_at(examined):
    findings = examined()
    assert findings["Python"].status == "ok"
    assert findings["torch"].status == "ok" and findings["torch"].detail.startswith("2.13.0")
    assert {r.name for r in packages.requirements("course")} <= set(findings)


def test_missing_old_and_other_versions(examined, monkeypatch):
    real = metadata.version

    def version(name):
        if name == "papermill":
            raise metadata.PackageNotFoundError(name)
        return {"torch": "1.0", "numpy": "99.0"}.get(name) or real(name)

    monkeypatch.setattr(doctor.metadata, "version", version)
    findings = examined()
    assert findings["papermill"].status == "missing" and "make course" in findings["papermill"].do
    assert findings["torch"].status == "missing" and "needs >=2" in findings["torch"].detail
    assert findings["numpy"].status == "note" and "tested with" in findings["numpy"].detail
    # Without the course's folder around it (Colab), the runner is not needed.
    monkeypatch.setattr(doctor, "_in_checkout", lambda: False)
    assert examined()["papermill"].status == "note"


def test_whatever_a_look_raises_becomes_a_finding(examined):
    def broken():
        raise BrokenFile("x.safetensors was changed.", "Restore it with: git checkout")

    def absent():
        raise ImportError("No module named 'torch'")

    def surprise():
        raise RuntimeError("odd\nand long")

    findings = examined(broken=broken, absent=absent, surprise=surprise)
    assert findings["broken"].detail == "x.safetensors was changed."
    assert findings["broken"].do == "Restore it with: git checkout"
    assert findings["surprise"].detail == "RuntimeError: odd"
    assert {findings[name].status for name in ("broken", "absent", "surprise")} == {"missing"}
    assert "MISSING" in str(findings["broken"]) and "-> Restore" in str(findings["broken"])


def test_constraints_are_those_of_this_python(tmp_path):
    path = tmp_path / "constraints.txt"
    path.write_text(
        "# comment\nA_b.c==1.0\nold==1 ; python_version < '3'\nnew==2 ; python_version >= '3'\n"
    )
    assert doctor.constraints(path) == {"a-b-c": "1.0", "new": "2"}
    assert doctor.constraints(tmp_path / "none.txt") == {}


def test_cache_that_cannot_be_written(examined, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TL_CACHE", str(tmp_path / "file"))
    finding = examined(cache=doctor._cache)["cache"]
    assert finding.status == "missing" and "could not be written" in finding.detail
