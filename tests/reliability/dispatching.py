"""A dispatcher that is killed: `python -m tests.reliability.dispatching DATABASE KILLS FAILPOINT`.

Forks one dispatcher after the other from a parent that has everything loaded; each kills itself with -9 at the
FAILPOINT, the n-th one at its n-th passing modulo five. At last one runs undisturbed until nothing is left to do.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from traylane.access.actor import COMMAND_LINE  # noqa: F401 (loaded before the fork)
from traylane.clock import system_clock
from traylane.db import connect
from traylane.events.feed import Feed
from traylane.webhooks import dispatch
from traylane.webhooks.dispatch import Dispatcher
from traylane.webhooks.model import Try
from traylane.webhooks.send import Sender

FAILPOINTS = ("before a message", "after a message", "before it is written down", "after it is written down")


def _killed_at(passing: int, work: Callable[..., Awaitable[Any]], *, before: bool) -> Callable[..., Awaitable[Any]]:
    left = passing

    async def wrapped(*arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if before and left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        done = await work(*arguments)
        if not before and left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    return wrapped


def _plant(failpoint: str, passing: int) -> None:
    place, name = (Sender, "send") if "message" in failpoint else (Dispatcher, "_write_down")
    setattr(place, name, _killed_at(passing, getattr(place, name), before=failpoint.startswith("before")))


def plant_written_down_first() -> None:
    """The fault for the control: what was not sent yet is written down as sent."""

    async def never_sends(_self: Any, _url: str, _headers: Any, _body: bytes) -> Any:
        return Try(at=system_clock(), ms=0, status=204)

    setattr(Sender, "send", never_sends)  # noqa: B010 (a planted fault, which types would refuse)


async def _here() -> frozenset[str]:
    return frozenset({"127.0.0.1"})


async def _work(url: str) -> None:
    dispatch.LEASE_MS = 250
    db = connect.database(url)
    await db.open()
    dispatcher = Dispatcher(db, Feed(db, system_clock), system_clock, allowed=_here)
    quiet = 0
    while quiet < 20:
        quiet = 0 if await dispatcher.turn() else quiet + 1
        await asyncio.sleep(0.03)
    await dispatcher.close()
    await db.close()


def _child(url: str, failpoint: str, passing: int) -> int:
    """Run one dispatcher; how it ended."""
    pid = os.fork()
    if pid == 0:
        if failpoint == "fault":
            plant_written_down_first()
        elif failpoint:
            _plant(failpoint, passing)
        asyncio.run(_work(url))
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return status


def main() -> None:
    """Kill, and at last finish. Prints how many were killed."""
    url, kills, failpoint = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    killed = sum(os.WIFSIGNALED(_child(url, failpoint, n % 5)) for n in range(kills))
    if failpoint == "fault":
        _child(url, "fault", 0)
    assert os.WIFEXITED(_child(url, "", 0))
    sys.stdout.write(f"{killed}\n")


if __name__ == "__main__":
    main()
