"""Ports for servers that tests start: no two test processes beside each other look for them in the same place."""

import contextlib
import os
import socket
from itertools import count

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
_ports = count(20_000 + 1_500 * _WORKER + os.getpid() % 1_000)


def free_port() -> int:
    """A port below those that the system gives to clients: a client of a dead server cannot get it by chance."""
    for port in _ports:
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("unreachable: the counter has no end")
