"""A JupyterHub with simulated learners, who log in as people do and work through its web API."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import requests
import websocket

MB = 2**20
PASSWORD = "eight letters"


class Hub:
    """The hub of ``jupyterhub_config.py``, in a folder of its own, until ``stop``."""

    def __init__(self, folder: Path, config: Path, names: list[str], port: int) -> None:
        self.url, self.folder = f"http://127.0.0.1:{port}", folder
        (folder / "learners.txt").write_text("\n".join(names) + "\n", "utf-8")
        text = config.read_text("utf-8").replace("PORT = 8000", f"PORT = {port}")
        text = text.replace('"http://:{PORT}"', '"http://127.0.0.1:{PORT}"')
        hub, api = port + 1, port + 2
        text += f"\nc.JupyterHub.hub_port = {hub}\n"
        text += f"c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:{api}'\n"
        if os.geteuid() == 0:  # in a container; nobody should start a real class like this
            text += "c.Spawner.args.append('--allow-root')\n"
        (folder / "jupyterhub_config.py").write_text(text, "utf-8")
        self.log = open(folder / "hub.log", "wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", "jupyterhub_config.py"],
            cwd=folder,
            env={**os.environ, "TL_CLASS_PASSWORD": PASSWORD},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        wait(lambda: self._answers(), 60, "the hub")

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "hub.log").read_text("utf-8")
        try:
            return requests.get(f"{self.url}/hub/login", timeout=5).ok
        except requests.ConnectionError:
            return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


class Learner:
    """Somebody who logs in, starts the server, and runs cells in kernels."""

    def __init__(self, hub: Hub, name: str) -> None:
        self.hub, self.name, self.web = hub, name, requests.Session()
        self.home = hub.folder / "homes" / name
        self.last = ""  # the kernel of the last notebook
        self._sockets: dict[str, websocket.WebSocket] = {}

    def log_in(self, password: str = PASSWORD) -> int:
        """The status of the page after the login."""
        page = f"{self.hub.url}/hub/login"
        self.web.get(page, timeout=30)
        form = {"username": self.name, "password": password, "_xsrf": self.web.cookies["_xsrf"]}
        return self.web.post(page, data=form, timeout=60, allow_redirects=False).status_code

    def start(self) -> None:
        """Start the server, as the button does, and wait until JupyterLab answers."""
        self.web.get(f"{self.hub.url}/hub/spawn", timeout=60)
        base = f"{self.hub.url}/user/{self.name}"

        def ready() -> bool:
            page = self.web.get(f"{base}/lab", timeout=60)
            return page.ok and page.url.startswith(f"{base}/lab")

        wait(ready, 240, f"the server of {self.name}")

    def api(self, method: str, what: str, **body: Any) -> requests.Response:
        token = next(
            k.value for k in self.web.cookies if k.name == "_xsrf" and f"/{self.name}/" in k.path
        )
        return self.web.request(
            method,
            f"{self.hub.url}/user/{self.name}/api/{what}",
            headers={"X-XSRFToken": token},
            json=body or None,
            timeout=120,
        )

    def kernel(self) -> str:
        """A new kernel in the folder of the notebooks."""
        answer = self.api("POST", "kernels", name="python3", path="transfer-learning")
        answer.raise_for_status()
        return str(answer.json()["id"])

    def run(self, kernel: str, code: str, timeout: float = 600) -> dict[str, Any]:
        """Run a cell: what it printed, and its error, if there was one."""
        if kernel not in self._sockets:
            where = f"{self.hub.url}/user/{self.name}/api/kernels/{kernel}/channels"
            said = "; ".join(f"{k.name}={k.value}" for k in self._cookies(where))
            self._sockets[kernel] = websocket.create_connection(
                where.replace("http", "ws", 1), cookie=said, timeout=timeout, origin=self.hub.url
            )
        socket, number = self._sockets[kernel], uuid.uuid4().hex
        socket.settimeout(timeout)
        content = {"code": code, "silent": False, "allow_stdin": False, "stop_on_error": False}
        header = {"msg_id": number, "msg_type": "execute_request", "username": "", "session": "s"}
        header |= {"version": "5.3", "date": "2026-01-01T00:00:00Z"}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        socket.send(json.dumps({**message, "channel": "shell", "buffers": []}))
        printed, error = "", None
        while True:
            said = json.loads(socket.recv())
            kind = said["header"]["msg_type"]
            if said["parent_header"].get("msg_id") != number:
                if said["content"].get("execution_state") in ("restarting", "dead"):
                    return {"printed": printed, "error": "the kernel died"}
                continue
            if kind == "stream":
                printed += said["content"]["text"]
            elif kind == "error":
                error = f"{said['content']['ename']}: {said['content']['evalue']}"
            elif kind == "status" and said["content"]["execution_state"] == "idle":
                return {"printed": printed, "error": error}

    def _cookies(self, where: str) -> list[Any]:
        ask = requests.Request("GET", where)
        header = self.web.prepare_request(ask).headers["Cookie"]
        pairs = [pair.split("=", 1) for pair in header.split("; ")]
        return [type("Cookie", (), {"name": n, "value": v}) for n, v in pairs]

    def run_notebook(self, name: str, profile: str) -> list[str]:
        """Run the learner's own copy from top to bottom; the errors of its cells."""
        content = self.api("GET", f"contents/transfer-learning/{name}.ipynb").json()["content"]
        kernel, errors = self.kernel(), []
        for cell in content["cells"]:
            if cell["cell_type"] != "code":
                continue
            code = "".join(cell["source"])
            if "parameters" in cell["metadata"].get("tags", []):
                code = re.sub('PROFILE = "course"', f'PROFILE = "{profile}"', code)
            if error := self.run(kernel, code)["error"]:
                errors.append(f"{cell.get('id')}: {error}")
        self.last = kernel
        return errors

    def stop(self) -> None:
        for socket in self._sockets.values():
            socket.close()
        answer = self.web.delete(
            f"{self.hub.url}/hub/api/users/{self.name}/server",
            headers={"X-XSRFToken": self.web.cookies.get("_xsrf", path="/hub/") or ""},
            timeout=120,
        )
        assert answer.status_code in (202, 204), (answer.status_code, answer.text)


class Memory(threading.Thread):
    """Looks again and again at the memory of each learner: proportional (PSS), private, data."""

    def __init__(self, every: float = 1.0) -> None:
        super().__init__(daemon=True)
        self.every, self.on = every, True
        self.peak: dict[str, dict[str, int]] = {}
        self.now: dict[str, dict[str, int]] = {}
        self.most = 0  # of all together, proportional

    def run(self) -> None:
        while self.on:
            self.look()
            time.sleep(self.every)

    def look(self) -> None:
        """Add up what each learner's processes have at the moment."""
        now: dict[str, dict[str, int]] = {}
        for process in Path("/proc").iterdir():
            if not process.name.isdigit():
                continue
            try:
                owner = re.search(
                    rb"(?:^|\0)JUPYTERHUB_USER=([^\0]+)", (process / "environ").read_bytes()
                )
                if owner is None:
                    continue
                lines = (process / "smaps_rollup").read_text() + (process / "status").read_text()
            except OSError:  # it is gone
                continue
            sizes = {k: int(v) // 1024 for k, v in re.findall(r"^(\w+):\s+(\d+) kB", lines, re.M)}
            mine = now.setdefault(owner[1].decode(), dict.fromkeys(("pss", "private", "data"), 0))
            mine["pss"] += sizes.get("Pss", 0)
            mine["private"] += sizes.get("Private_Clean", 0) + sizes.get("Private_Dirty", 0)
            mine["data"] = max(mine["data"], sizes.get("VmData", 0))
        self.now = now
        self.most = max(self.most, sum(mine["pss"] for mine in now.values()))
        for name, mine in now.items():
            old = self.peak.setdefault(name, dict(mine))
            self.peak[name] = {key: max(old[key], mine[key]) for key in mine}


def wait(done: Any, seconds: float, what: str) -> None:
    """Ask until it is so."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"{what} did not come within {seconds} s"
        time.sleep(0.5)
