"""What overload is tried with: work for the load generator, a newcomer beside it, and what the service says of it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import psutil

from tests import standstill
from tests.journeys.server import Server
from tests.reliability import raw
from tests.reliability.storm import Seen, quantiles

FASTEST = 12_000
"""Changes a second that no service here makes."""
BETWEEN = 0.1


class Work:
    """Changes of orders that were never asked for before: a cancel and a check-in in turn."""

    def __init__(self, orders: int) -> None:
        self._next, self._orders = 1, orders

    def some(self, count: int) -> list[str]:
        """The next so many, or as many as there are."""
        return [_change(number) for number in range(self._next, min(self._next + count, self._orders))]

    def used(self, count: int) -> None:
        """They were asked for."""
        self._next += count


def _change(number: int) -> str:
    if number % 2:
        return f"DELETE /api/v2/orders/{number}?deleteReason=CUS"
    return f'POST /api/v2/job_track/stations/RCV\t{{"orderIdentifier":"{number}"}}'


async def storm(
    server: Server, key: str, work: Work, *, clients: int, seconds: float, settle: float, ramp: float = 0.0
) -> Seen:
    """What so many clients get, in a process of their own."""
    options = {"port": server.port, "pid": server.pid, "key": key, "clients": clients}
    options |= {"seconds": seconds, "settle": settle, "ramp": ramp}
    command = [sys.executable, "-m", "tests.reliability.storm"]
    command += [word for name, value in options.items() for word in (f"--{name}", str(value))]
    process = await asyncio.create_subprocess_exec(*command, stdin=-1, stdout=-1, stderr=-1)
    given = "\n".join(work.some(int((seconds + settle) * FASTEST)))
    said, wrong = await process.communicate(given.encode())
    assert process.returncode == 0, wrong.decode()
    seen = msgspec.json.decode(said, type=Seen)
    work.used(seen.taken)
    return seen


class Newcomer:
    """Asks for a check-in ten times a second, each time on a new connection. `wrong`: what else was answered."""

    def __init__(self, server: Server, key: str) -> None:
        self._port, self._request = server.port, raw.scan("1", key, "RCV")
        self._watch = standstill.Watch(server.pid)
        self.refused: list[float] = []
        self.wrong: list[bytes] = []

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[Newcomer]:
        """Meanwhile it asks."""
        asking = asyncio.create_task(self._ask_forever())
        try:
            yield self
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    def most_ms(self) -> float:
        """In what time 99 of 100 refusals came."""
        return quantiles(self.refused)[1]

    async def is_served_within(self, seconds: float) -> bool:
        """Whether it is served again so soon."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (await self._ask())[0][9:12] in SERVED:
                return True
        return False

    async def _ask_forever(self) -> None:
        while True:
            await asyncio.sleep(BETWEEN)
            head, seconds = await self._ask()
            if head[9:12] == b"503" and b"retry-after: " in head:
                self.refused.append(seconds)
            elif head[9:12] not in SERVED:
                self.wrong.append(head)

    async def _ask(self) -> tuple[bytes, float]:
        """The head of the answer, and its seconds since the request was sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        began = self._watch.now()
        writer.write(self._request)
        try:
            head, _ = await raw.answer(reader)
            return head, self._watch.since(began)
        finally:
            writer.close()


SERVED = (b"200", b"400")
"""400: the order is cancelled."""


def refusals_ms(server: Server) -> float:
    """In what time 99 of 100 refusals were made, as the service has written it down."""
    lines = [line for line in server.log.splitlines() if '"status":503' in line]
    return quantiles([json.loads(line)["ms"] / 1e3 for line in lines])[1]


async def come_down(server: Server, descriptors: int, *, seconds: float) -> bool:
    """Whether the service has no more descriptors open than so many, so soon after its clients have gone."""
    process, end = psutil.Process(server.pid), time.monotonic() + seconds
    while process.num_fds() > descriptors and time.monotonic() < end:  # noqa: ASYNC110 (another process is looked at)
        await asyncio.sleep(0.1)
    return bool(process.num_fds() <= descriptors)
