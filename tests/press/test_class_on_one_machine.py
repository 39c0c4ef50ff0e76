"""A JupyterHub for a class: what its configuration says, and, when asked for, how it does.

The trial takes about two minutes of computing for each learner. It needs the packages that the
page "A class on one machine" names, and is asked for by the number of learners:

    TL_CLASS=2 python -m pytest -s tests/press/test_class_on_one_machine.py
"""

from __future__ import annotations

import importlib.util
import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tl_helpers.core import files
from tl_helpers.data import shelf

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "notebooks" / "site"
CONFIG = SITE / "jupyterhub_config.py"
ASKED = int(os.environ.get("TL_CLASS", "0"))
PROFILE = os.environ.get("TL_CLASS_PROFILE", "course")


class Section(SimpleNamespace):
    """Stands for traitlets' Config: sections appear when they are first named."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        setattr(self, name, Section())
        return getattr(self, name)


@pytest.fixture
def read(tmp_path, monkeypatch):
    """The configuration as JupyterHub reads it, in the folder of a class."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TL_CLASS_PASSWORD", "eight letters")
    (tmp_path / "learners.txt").write_text("Ada\n\n ben \n", "utf-8")

    def load(**changes: str) -> Any:
        text, c = CONFIG.read_text("utf-8"), Section()
        for name, value in changes.items():
            text, n = re.subn(rf"^{name} = \S+", f"{name} = {value}", text, flags=re.M)
            assert n == 1, name
        exec(compile(text, str(CONFIG), "exec"), {"get_config": lambda: c})
        return c

    return load


def test_a_trial_is_everybody_under_your_account(read, tmp_path):
    c = read(MEMORY_GB="1.5", PORT="8123")
    assert c.JupyterHub.spawner_class == "simple"
    assert c.JupyterHub.bind_url == "http://:8123"
    assert c.Authenticator.allowed_users == {"ada", "ben"}  # JupyterHub's names are small
    assert c.JupyterHub.active_server_limit == 2
    assert c.SharedPasswordAuthenticator.user_password == "eight letters"
    homes = c.SimpleLocalProcessSpawner.home_dir_template
    assert homes == str(tmp_path / "homes" / "{username}")
    assert f"ulimit -d {3 * 2**20} &&" in c.Spawner.cmd[2]


def test_a_class_has_accounts_and_limits_that_hold(read):
    c = read(SPAWNER='"systemd"', MEMORY_GB="1.75", CORES="0.5")
    assert c.JupyterHub.spawner_class == "systemdspawner.SystemdSpawner"
    assert c.JupyterHub.authenticator_class == "pam"
    assert (c.Spawner.mem_limit, c.Spawner.cpu_limit) == ("1.75G", 0.5)
    assert "ulimit" not in c.Spawner.cmd[2]
    assert c.SystemdSpawner.readonly_paths == [str(files.root()), str(shelf.place())]
    assert vars(c.SharedPasswordAuthenticator) == {}  # no password for all


def test_what_is_shared_and_what_is_each_learners_own(read):
    c = read()
    given = c.Spawner.environment
    assert given["TL_SHELF"] == str(shelf.place())
    assert given["OMP_NUM_THREADS"] == given["TL_THREADS"] == given["TL_SHARED"] == "1"
    assert not {"TL_CACHE", "TL_PROGRESS", "HOME"} & set(given)  # they lie in the learner's home
    assert " student --output transfer-learning;" in c.Spawner.cmd[2]
    assert c.Spawner.default_url.endswith("/transfer-learning/00_start_here.ipynb")
    assert any("cull_idle_timeout" in argument for argument in c.Spawner.args)


def test_who_has_left_is_stopped(read):
    c = read(IDLE_MINUTES="30")
    [service], [role] = c.JupyterHub.services, c.JupyterHub.load_roles
    assert role["services"] == [service["name"]] and "--timeout=1800" in service["command"]
    assert "delete:servers" in role["scopes"]


def test_what_is_missing_or_wrong_is_said(read, tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match='Write "simple" or "systemd"'):
        read(SPAWNER='"docker"')
    monkeypatch.setenv("TL_CLASS_PASSWORD", "short")
    with pytest.raises(SystemExit, match="no password. Begin the line with TL_CLASS_PASSWORD="):
        read()
    assert read(SPAWNER='"systemd"')  # which asks for that of the account
    (tmp_path / "learners.txt").write_text(" \n", "utf-8")
    with pytest.raises(SystemExit, match="learners.txt is empty. Write into it who may log in"):
        read()
    (tmp_path / "learners.txt").unlink()
    with pytest.raises(SystemExit, match="learners.txt is missing. Write into it who may log in"):
        read()


def test_the_shell_starts_the_server_whatever_becomes_of_the_copies(read, tmp_path):
    """With stand-ins for the two commands: arguments, limit and order."""
    c = read()
    command = c.Spawner.cmd[2].replace(str(Path(sys.executable).parent), str(tmp_path))
    for name, body in {
        "tl": "echo tl $*; exit 1",
        "jupyterhub-singleuser": 'echo "$#" "$1"; ulimit -d',
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        [*c.Spawner.cmd[:2], command, c.Spawner.cmd[3], "--a=1 2", "--b"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "tl student --output transfer-learning",
        "2 --a=1 2",
        str(4 * 2**20),
    ]


def test_the_page_names_what_the_file_has():
    page, text = (SITE / "one_machine.md").read_text("utf-8"), CONFIG.read_text("utf-8")
    assert "{download}`jupyterhub_config.py`" in page
    for setting in re.findall(r"^([A-Z_]+) = ", text.partition("# What all share")[0], re.M):
        assert f"`{setting}`" in page, setting
    for package in ("jupyterhub", "jupyterhub-idle-culler", "configurable-http-proxy"):
        assert package in page


# ------------------------------------------------------------------- when asked for: a real one

trial = pytest.mark.skipif(
    not ASKED or importlib.util.find_spec("jupyterhub") is None,
    reason="TL_CLASS=N with jupyterhub installed tries a class of N",
)


def _three_ports() -> int:
    for port in range(18100, 18900, 10):
        with socket.socket() as first:
            if first.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("no port is free")


@trial
@pytest.mark.skipif(not importlib.util.find_spec("systemdspawner"), reason="no systemdspawner")
def test_systemd_is_asked_for_the_limits(read, tmp_path, monkeypatch):
    """What would be said to systemd-run: here no systemd has to run."""
    import asyncio
    import getpass

    from systemdspawner import SystemdSpawner, systemd
    from traitlets.config import Config

    asked = {}

    async def note(unit, **how):
        asked.update(how)

    async def no(unit):
        return False

    monkeypatch.setattr(systemd, "start_transient_service", note)
    monkeypatch.setattr(systemd, "service_running", no)
    monkeypatch.setattr(systemd, "service_failed", no)
    c = read(SPAWNER='"systemd"')
    own = {k: v for k, v in {**vars(c.Spawner), **vars(c.SystemdSpawner)}.items()}
    user = SimpleNamespace(name=getpass.getuser(), id=1, url="/user/x/", server=None, settings={})
    spawner = SystemdSpawner(config=Config({"SystemdSpawner": own}), user=user, start_timeout=0)
    spawner.get_env = lambda: {}
    spawner.get_args = lambda: ["--port=1"]
    asyncio.run(spawner.start())
    said = asked["properties"]
    assert said["MemoryMax"] == 2 * 2**30 and said["CPUQuota"] == "100%"
    assert said["TasksMax"] == "400" and str(files.root()) in said["ReadOnlyDirectories"]
    assert asked["cmd"][0] == "/bin/sh" and "jupyterhub-singleuser" in asked["cmd"][2]


@trial
def test_a_class_at_work(tmp_path):
    """Learners run the start notebook; one loops for ever, one asks for all memory."""
    from hub import Hub, Learner, Memory

    names = [f"learner{number}" for number in range(1, ASKED + 1)]
    hub, memory = Hub(tmp_path, CONFIG, [*names, "looper", "hog"], _three_ports()), Memory()
    try:
        memory.start()
        assert Learner(hub, "mallory").log_in() == 403
        assert Learner(hub, names[0]).log_in("another password") == 403
        learners = [Learner(hub, name) for name in names]
        looper, hog = Learner(hub, "looper"), Learner(hub, "hog")
        for learner in [*learners, looper, hog]:
            assert learner.log_in() == 302
            learner.start()
        memory.look()
        servers = dict(memory.now)

        endless = looper.kernel()
        runaway = threading.Thread(target=looper.run, args=(endless, "while True: pass"))
        runaway.start()
        assert learners[0].run_notebook("00_start_here", "quick") == []  # as if nobody looped
        assert runaway.is_alive()
        looper.api("POST", f"kernels/{endless}/interrupt").raise_for_status()
        runaway.join(60)
        assert not runaway.is_alive()
        learners[0].api("DELETE", f"kernels/{learners[0].last}").raise_for_status()

        greedy = hog.kernel()
        much = "held = []\nwhile True: held.append(b'x' * 2**27)"
        assert "MemoryError" in hog.run(greedy, much)["error"]
        assert hog.run(greedy, "held.clear(); print('goes on')")["printed"] == "goes on\n"
        went_wrong: dict[str, list[str]] = {}

        def work(learner: Learner) -> None:
            went_wrong[learner.name] = learner.run_notebook("00_start_here", PROFILE)
            learner.run(learner.last, "lesson.check('start-pool', print)")  # a wrong answer

        for start in range(0, len(learners), 2):  # two at a time; all kernels stay
            pair = [threading.Thread(target=work, args=(x,)) for x in learners[start : start + 2]]
            for thread in pair:
                thread.start()
            for thread in pair:
                thread.join()
        memory.look()
        assert went_wrong == {name: [] for name in names}

        for learner in learners:
            [progress] = learner.home.rglob("progress.json")
            assert '"start-pool"' in progress.read_text("utf-8")
        assert not list(hog.home.rglob("progress.json"))
        for name in names:
            print(
                f"{name}: server {servers[name]}, at most {memory.peak[name]}, in the end "
                f"{memory.now[name]} MB"
            )
        print(f"all together at most {memory.most} MB; hog at most {memory.peak['hog']}")
        for learner in [*learners, looper, hog]:
            learner.stop()
    finally:
        memory.on = False
        hub.stop()
