"""Refuse the network, with a message that says why.

An audit hook sees every connection and every DNS look-up that goes through Python's sockets,
whichever library asks. Loopback and Unix sockets stay open (a Jupyter kernel lives on them).
Compiled code that brings its own network stack is out of its sight, so the runner also sets the
libraries' own offline switches: :data:`SWITCHES`.

Only the standard library is used here: it runs at the start of each kernel.
"""

from __future__ import annotations

import sys
from typing import Any

SWITCHES = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
"""Environment variables that keep the libraries from asking for the network at all."""

_LOCAL_NAMES = {"", "localhost", "localhost.localdomain", "0.0.0.0", "::", "ip6-localhost"}
_ADDRESS_EVENTS = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getnameinfo"}
_NAME_EVENTS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}

_installed = False


class Refused(ConnectionRefusedError):
    """A connection that this offline run did not allow."""


def is_local(host: object) -> bool:
    """Is this host this very machine?

    Example:
        >>> is_local("127.0.0.1"), is_local("example.org")
        (True, False)
    """
    import ipaddress
    import socket

    if host is None:
        return True
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "replace")
    name = str(host).rstrip(".").lower()
    if name in _LOCAL_NAMES or name == socket.gethostname().lower():
        return True
    try:
        return ipaddress.ip_address(name.split("%")[0]).is_loopback
    except ValueError:
        return False


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event in _NAME_EVENTS:
        host = arguments[0]
    elif event in _ADDRESS_EVENTS:
        # connect, sendto and sendmsg carry (socket, address); getnameinfo (address,).
        address = arguments[-1]
        if not isinstance(address, tuple):  # a Unix socket, or a datagram on a connected one
            return
        host = address[0]
    else:
        return
    if not is_local(host):
        raise Refused(
            f"This run is offline: the connection to {host!s} was refused. "
            "The course needs no network at the profiles quick and course; "
            "`tl run --online`, or the profile hub, allows it."
        )


def refuse_network() -> None:
    """Refuse every connection and look-up beyond this machine, until the process ends.

    Example:
        >>> refuse_network()  # doctest: +SKIP
    """
    global _installed
    if not _installed:
        _installed = True
        sys.addaudithook(_audit)
