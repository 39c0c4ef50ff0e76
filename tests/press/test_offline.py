"""Nothing leaves this machine in an offline run, and what stays on it works."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tl_helpers.press import offline

SITE = Path(offline.__file__).parent / "_offline"


def attempts():
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    return {
        "connect": lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
        "connect_ex": lambda: socket.socket().connect_ex(("192.0.2.1", 80)),
        "sendto": lambda: udp.sendto(b"x", ("192.0.2.1", 53)),
        "sendmsg": lambda: udp.sendmsg([b"x"], [], 0, ("192.0.2.1", 53)),
        "getaddrinfo": lambda: socket.getaddrinfo("example.org", 80),
        "gethostbyname": lambda: socket.gethostbyname("example.org"),
        "bytes": lambda: socket.getaddrinfo(b"example.org", 80),
        "IPv6": lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 80)),
    }


@pytest.mark.parametrize("how", sorted(attempts()))
def test_refused(how):
    with pytest.raises(ConnectionRefusedError, match="This run is offline: .* was refused"):
        attempts()[how]()


def test_asyncio_is_refused_too():
    import asyncio

    with pytest.raises(ConnectionRefusedError, match="offline"):
        asyncio.run(asyncio.open_connection("example.org", 443))


def test_loopback_works():
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=lambda: server.accept()[0].sendall(b"hello"), daemon=True).start()
    with socket.create_connection(("localhost", server.getsockname()[1]), timeout=5) as client:
        assert client.recv(5) == b"hello"
    server.close()


@pytest.mark.parametrize(
    "host", [None, "", "localhost", "127.8.9.1", "::1", b"localhost", "LOCALHOST."]
)
def test_local_hosts(host):
    assert offline.is_local(host)


@pytest.mark.parametrize("host", ["example.org", "8.8.8.8", "10.0.0.1", "127.0.0.1.example.org"])
def test_other_hosts(host):
    assert not offline.is_local(host)


def python(code, **variables):
    env = {k: v for k, v in os.environ.items() if k not in ("TL_OFFLINE", "PYTHONPATH")}
    env.update(variables)
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)


CONNECT = "import socket; socket.getaddrinfo('nowhere.invalid', 1)"


def test_a_program_started_with_the_switch_is_offline():
    said = python(CONNECT, PYTHONPATH=str(SITE), TL_OFFLINE="1").stderr
    assert "This run is offline: the connection to nowhere.invalid was refused" in said
    said = python(CONNECT, PYTHONPATH=str(SITE)).stderr  # without the switch: an ordinary look-up
    assert "gaierror" in said and "offline" not in said


def test_the_machines_own_start_file_still_runs(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("print('mine too')", "utf-8")
    both = os.pathsep.join([str(SITE), str(tmp_path)])
    assert "mine too" in python("", PYTHONPATH=both, TL_OFFLINE="1").stdout
