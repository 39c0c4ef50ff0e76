"""A real JupyterLab for tests: own settings, own folder, this interpreter's kernel, no network."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tl_helpers.core import files
from tl_helpers.press import offline

ROOT = Path(__file__).resolve().parents[2]

# The server lives as long as the pipe to it: however the tests end, it goes with them, and its
# kernels go with it.
LIFELINE = """
import os, signal, sys, threading
def wait():
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL) if os.getpgrp() == os.getpid() else os._exit(1)
threading.Thread(target=wait, daemon=True).start()
from jupyterlab.labapp import main
sys.exit(main())
"""

# Every cell in the page at once, so that a test finds what a learner finds by scrolling.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "docmanager-extension/plugin": {"autosave": False},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


# Jupyter's and the course's own folders, so that nothing of the person at this machine is touched.
FOLDERS = (
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "IPYTHONDIR",
    "TL_CACHE",
)


@dataclass(frozen=True)
class Lab:
    """A running server.

    Attributes:
        folder: what it serves, a copy.
        port: on 127.0.0.1.
        token: of this run.
        log: file with what the server said.
    """

    folder: Path
    port: int
    token: str
    log: Path

    def url(self, notebook: str, workspace: str = "tests") -> str:
        """Address of a notebook, opened on its own workspace."""
        return (
            f"http://127.0.0.1:{self.port}/lab/workspaces/{workspace}/tree/{notebook}"
            f"?reset&token={self.token}"
        )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _environment(folder: Path) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
    for name in ("TL_QUIET", "TL_STATIC", "TL_SEEDS", "TL_ROOT"):
        env.pop(name, None)
    home = folder / "home"
    for variable in FOLDERS:
        place = home / variable.lower()
        place.mkdir(parents=True)
        env[variable] = str(place)
    env.update(
        offline.SWITCHES,
        HOME=str(home),
        JUPYTER_PREFER_ENV_PATH="1",
        TL_OFFLINE="1",
        PYTHONPATH=os.pathsep.join([str(files.PACKAGE / "press" / "_offline"), str(ROOT)]),
    )
    return env


@contextmanager
def serve(folder: Path, settings: dict[str, dict[str, object]] | None = None) -> Iterator[Lab]:
    """Start JupyterLab on a copy of the notebooks, and end it whatever happens.

    Args:
        folder: an empty folder for the copy and for everything that Jupyter writes.
        settings: JupyterLab's settings, ``{"notebook-extension/tracker": {...}}``.

    Raises:
        RuntimeError: it did not start within a minute; with what it said.
    """
    course = folder / "course"
    shutil.copytree(ROOT / "notebooks", course / "notebooks")
    env = _environment(folder)
    for plugin, values in (SETTINGS | (settings or {})).items():
        place = Path(env["JUPYTERLAB_SETTINGS_DIR"]) / "@jupyterlab"
        path = place / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), "utf-8")
    lab = Lab(course, _free_port(), secrets.token_hex(16), folder / "server.log")
    with open(lab.log, "wb") as log:
        server = subprocess.Popen(
            [
                sys.executable,
                "-c",
                LIFELINE,
                "--no-browser",
                "--allow-root",
                "--ServerApp.ip=127.0.0.1",
                f"--ServerApp.port={lab.port}",
                "--ServerApp.port_retries=0",
                f"--IdentityProvider.token={lab.token}",
                f"--ServerApp.root_dir={course}",
                "--LabApp.extension_manager=readonly",
                "--LabApp.expose_app_in_browser=True",  # so that a test can read the model
            ],
            cwd=course,
            env=env,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait(server, lab)
        yield lab
    finally:
        _end(server)


def _wait(server: subprocess.Popen[bytes], lab: Lab, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    address = f"http://127.0.0.1:{lab.port}/api/status?token={lab.token}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with opener.open(address, timeout=5):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    said = lab.log.read_text("utf-8", "replace")[-3000:]
    raise RuntimeError(f"JupyterLab did not start (exit status {server.poll()}):\n{said}")


def _end(server: subprocess.Popen[bytes]) -> None:
    """SIGTERM lets the server end its kernels; after that, the whole family."""
    try:
        server.terminate()
        server.wait(10)
    except subprocess.TimeoutExpired:
        pass
    finally:
        try:
            os.killpg(server.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        server.wait(10)
        if server.stdin:
            server.stdin.close()
