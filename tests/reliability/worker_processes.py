"""The worker processes of a service."""

from __future__ import annotations

from contextlib import suppress

import psutil

from tests.journeys.server import Server


def workers(server: Server) -> list[psutil.Process]:
    """Those that are alive; Python's own helper is none of them."""
    found = []
    for process in psutil.Process(server.pid).children():
        with suppress(psutil.NoSuchProcess):  # a zombie is none, either
            if "resource_tracker" not in " ".join(process.cmdline()):
                found.append(process)
    return found
