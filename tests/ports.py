"""Ports for the servers that tests start."""

from __future__ import annotations

import itertools
import os
import socket

_FIRST, _LAST = 10_000, 32_000
"""Below the ports that the kernel gives to outgoing connections, which would take one while its server is down."""

_APART = 997
"""Neighbouring processes begin this far apart: they do not hand out the same port at once."""

_span = _LAST - _FIRST
_next = itertools.count(os.getpid() * _APART % _span)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and that this process does not give out again soon."""
    for number in itertools.islice(_next, _span):
        port = _FIRST + number % _span
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("every port is taken")
