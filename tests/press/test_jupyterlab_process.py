"""The JupyterLab that the tests start does not outlive them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import lab
import psutil
import pytest

pytestmark = pytest.mark.slow

OWNER = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
import lab
with lab.serve(Path({folder!r})) as server:
    print(server.port, server.token, flush=True)
    sys.stdin.read()
"""


def is_kernel(process: psutil.Process) -> bool:
    """Is this the process of a kernel?"""
    try:
        return "ipykernel_launcher" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def gone(processes: list[psutil.Process], seconds: float = 30) -> bool:
    """Do all of them end within the time?"""
    return not psutil.wait_procs(processes, timeout=seconds)[1]


def test_the_server_and_its_kernels_go_with_whoever_started_them(tmp_path):
    code = OWNER.format(here=str(Path(lab.__file__).parent), folder=str(tmp_path))
    owner = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    family: list[psutil.Process] = []
    try:
        port, token = owner.stdout.readline().split()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/kernels?token={token}", data=b"{}", method="POST"
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer)["name"] == "python3"
        deadline = time.monotonic() + 30
        while not any(map(is_kernel, family)) and time.monotonic() < deadline:
            family = psutil.Process(owner.pid).children(recursive=True)
        assert any(map(is_kernel, family)) and len(family) >= 2
        owner.kill()  # nothing that the owner could tidy up
        owner.wait(10)
        assert gone(family)
    finally:
        for process in family:
            if process.is_running():
                process.kill()
        owner.kill()
        owner.communicate()


def test_a_server_that_cannot_start_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(lab, "LIFELINE", "import sys; sys.exit('no such lab')")
    with pytest.raises(RuntimeError, match="(?s)did not start .exit status 1.*no such lab"):
        with lab.serve(tmp_path):
            pass
