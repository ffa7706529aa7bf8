"""A service that is killed: `python -m tests.reliability.killed DATABASE KILLS SEED [fault]`.

Forks one service after the other from a parent that has everything loaded, all on one listening socket; kills each with
-9 some milliseconds after it is ready. Prints the port, and then how many were killed; the last one serves until
standard input ends.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from traylane.api.protocol import Protocol
from traylane.app import App
from traylane.cli import main as everything  # noqa: F401 (loaded before the fork)
from traylane.config import Config
from traylane.db.database import Transaction
from traylane.db.sqlite import SqliteDatabase, SqliteTransaction, run_now

LONGEST_LIFE = 0.6
"""Of the time that its start took: about what a few cancels need, on a busy machine too."""
TOGETHER = 8


class _Server(uvicorn.Server):
    """Says on a pipe that it is ready."""

    def __init__(self, config: uvicorn.Config, ready: int) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        os.write(self._ready, b"1")


def _serve(url: str, listening: socket.socket, ready: int) -> None:
    app = App(Config(database=url, drain=0, dispatch=False))
    config = uvicorn.Config(app, http=Protocol, ws="none", access_log=False, log_config=None, lifespan="on")
    asyncio.run(_Server(config, ready).serve(sockets=[listening]))


def plant_answers_before_the_commit() -> None:
    """The fault for the control: several changes share a commit, and are answered before it."""
    answered = 0

    def careless(database: SqliteDatabase, work: Callable[[Transaction], Awaitable[Any]]) -> Any:
        nonlocal answered
        if not database._writer.in_transaction:
            database._begin()
        result = run_now(work(SqliteTransaction(database._writer)))
        answered += 1
        if answered % TOGETHER == 0:
            database._writer.execute("COMMIT")
        return result

    setattr(SqliteDatabase, "_transact", careless)  # noqa: B010 (a planted fault, which types would refuse)


def _started(url: str, listening: socket.socket) -> int:
    """Start a service and wait until it is ready; its process id."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _serve(url, listening, writing)
        os._exit(0)
    os.close(writing)
    assert os.read(reading, 1), "the service did not start"
    os.close(reading)
    return pid


def main() -> None:
    """Kill, and at last let one serve."""
    url, kills, chance = sys.argv[1], int(sys.argv[2]), random.Random(int(sys.argv[3]))
    if sys.argv[4:] == ["fault"]:
        plant_answers_before_the_commit()
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    listening.set_inheritable(True)
    print(listening.getsockname()[1], flush=True)  # noqa: T201 (whoever started it reads it)
    gc.freeze()
    for _ in range(kills):
        began = time.monotonic()
        pid = _started(url, listening)
        time.sleep(chance.uniform(0, LONGEST_LIFE) * (time.monotonic() - began))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    pid = _started(url, listening)
    print(kills, flush=True)  # noqa: T201
    sys.stdin.read()
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
