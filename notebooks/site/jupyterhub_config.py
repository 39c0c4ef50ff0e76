"""A class on one machine: JupyterHub for the course.

The page "A class on one machine" of the site says what to do. Copy this file into a folder of its
own, change what stands under "The class", and start the hub there:

    COURSE/.venv/bin/jupyterhub -f jupyterhub_config.py
"""

import os
import sys
from pathlib import Path

from tl_helpers.core import files
from tl_helpers.data import shelf

# The class
SPAWNER = "simple"  # to try it under your own account; "systemd" for a class
LEARNERS = Path("learners.txt")  # who may log in, one name a line
PASSWORD = os.environ.get("TL_CLASS_PASSWORD", "")  # of everybody, with "simple" only
PORT = 8000
MEMORY_GB = 2.0  # of a learner; "systemd" alone holds this limit, and the next
CORES = 1.0
IDLE_MINUTES = 60  # after which the server of somebody who has left is stopped

# What all share, and nobody but you writes to: the environment, the course, the shelf.
COURSE, SHELF = files.root(), shelf.place()
COMMANDS = Path(sys.executable).parent

c = get_config()  # type: ignore[name-defined]  # noqa: F821  # JupyterHub gives it
if not LEARNERS.exists():
    sys.exit(f"{LEARNERS.resolve()} is missing. Write into it who may log in, one name a line.")
names = {line.strip().lower() for line in LEARNERS.read_text("utf-8").splitlines() if line.strip()}
c.Authenticator.allowed_users = names
c.JupyterHub.bind_url = f"http://:{PORT}"
c.JupyterHub.active_server_limit = len(names)
c.JupyterHub.concurrent_spawn_limit = 10
c.ConfigurableHTTPProxy.command = [str(COMMANDS / "configurable-http-proxy")]

# Each learner's server: begins with copies of the notebooks, made by the learner in the learner's
# own home, never over anybody's work. Progress and cache lie in that home as well.
copies = f"'{COMMANDS}/tl' student --output transfer-learning"
# One process may ask for so much (in KiB); a kernel asks for about twice what it uses.
limit = f"ulimit -d {int(2 * MEMORY_GB * 2**20)}" if SPAWNER == "simple" else ":"
serve = f"exec '{COMMANDS}/jupyterhub-singleuser' \"$@\""
c.Spawner.cmd = ["/bin/sh", "-c", f"{copies}; {limit} && {serve}", "learner"]
c.Spawner.args = [
    "--MappingKernelManager.cull_idle_timeout=1200",  # seconds; of kernels whose tab is closed
    "--MappingKernelManager.cull_interval=60",
]
c.Spawner.default_url = "/lab/tree/transfer-learning/00_start_here.ipynb"
c.Spawner.start_timeout = c.Spawner.http_timeout = 180
c.Spawner.mem_limit, c.Spawner.cpu_limit = f"{MEMORY_GB}G", CORES
c.Spawner.environment = {
    "TL_SHELF": str(SHELF or "none"),
    "TL_SHARED": "1",  # kernels give memory back after each cell
    "TL_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "JUPYTER_PREFER_ENV_PATH": "1",
    "PATH": f"{COMMANDS}:{os.environ.get('PATH', os.defpath)}",  # so that a terminal has tl
}

if not names:
    sys.exit(f"{LEARNERS.resolve()} is empty. Write into it who may log in, one name a line.")
if SPAWNER == "simple" and len(PASSWORD) < 8:
    sys.exit("There is no password. Begin the line with TL_CLASS_PASSWORD='eight letters or more'")
if SPAWNER == "simple":  # everybody is you: for a trial among people who trust each other
    c.JupyterHub.spawner_class = "simple"
    c.SimpleLocalProcessSpawner.home_dir_template = str(Path("homes").resolve() / "{username}")
    c.JupyterHub.authenticator_class = "shared-password"
    c.SharedPasswordAuthenticator.user_password = PASSWORD  # eight letters or more
elif SPAWNER == "systemd":  # accounts of the machine, limits that hold; the hub runs as root
    c.JupyterHub.spawner_class = "systemdspawner.SystemdSpawner"
    c.JupyterHub.authenticator_class = "pam"
    c.SystemdSpawner.isolate_tmp = True
    c.SystemdSpawner.readonly_paths = [str(path) for path in (COURSE, SHELF) if path]
    c.SystemdSpawner.unit_extra_properties = {"TasksMax": "400"}
else:
    sys.exit(f'SPAWNER = {SPAWNER!r} is none. Write "simple" or "systemd".')

c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [
            sys.executable,
            "-m",
            "jupyterhub_idle_culler",
            f"--timeout={60 * IDLE_MINUTES}",
        ],
    }
]
