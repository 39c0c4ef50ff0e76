"""Lint and types, notebooks included."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def check(*command: str) -> None:
    pytest.importorskip(command[0])
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff():
    check("ruff", "check", "--no-cache", "tl_helpers", "tests", "notebooks")


@pytest.mark.slow
def test_types(tmp_path):
    check("mypy", "--cache-dir", str(tmp_path))
