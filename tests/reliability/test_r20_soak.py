"""R20, soak: mixed work for as long as it takes; the service needs no more memory at the end, and no more descriptors.

The memory is looked at ten times a second. What counts is the middle of the looks in the second quarter of the time and
in the last one: the first quarter fills caches, whose size does not depend on how long it goes on. The negative control
is a service that keeps what it answered.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from pathlib import Path
from statistics import median

import psutil
import pytest

from tests.builders import make_key, make_reason, make_station
from tests.journeys.server import Server
from tests.reliability import raw
from tests.reliability.many_orders import fill
from tests.reliability.promised import Tried, engine, is_full, size
from traylane.db.database import Database
from traylane.db.postgres import POOL_SIZE

pytestmark = [pytest.mark.slow, pytest.mark.promise("R20"), pytest.mark.timeout(900 if is_full() else 300)]

SECONDS = size(3, 3_600)
CLIENTS = 8
EACH = 500
"""Orders of each client; when it has been through all of them it begins anew."""
WARM_SECONDS = 20.0 if is_full() else 1.5
WARM_ANSWERS = 500
"""A machine that is slow gives so many all the same before it is looked at, and twice as many while it is."""
KEEPING_SECONDS = 15.0 if is_full() else 2.0
BETWEEN = 0.1
MOST_GROWTH = 1.05 if is_full() else 1.15
"""In a few seconds caches are not full yet."""
SCOPES = ("orders:cancel", "orders:restore", "orders:read", "tracking:write")
KEEPING = ("-m", "tests.reliability.keeping")


async def laboratory(db: Database) -> str:
    await make_station(db, "RCV")
    await make_reason(db, "CUS")
    await fill(db, CLIENTS * EACH)
    return (await make_key(db, scopes=SCOPES))[1]


def asked(number: int, key: str) -> list[bytes]:
    """What is asked about one order; at the end it is what it was, and has a scan and three events more."""
    order = f"/api/v2/orders/{number}"
    return [
        raw.scan(str(number), key, "RCV"),
        raw.request(f"GET {order}", key),
        raw.request("GET /api/v2/orders?customerNumber=1001&limit=10", key),
        raw.request(f"DELETE {order}?deleteReason=CUS", key),
        raw.request(f"GET {order}/status", key),
        raw.request(f"DELETE {order}?deleteReason=CUS", key),
        raw.request(f"POST {order}/restore", key),
    ]


HEARD = [b"200", b"200", b"200", b"200", b"200", b"400", b"200"]
"""The second cancel is refused."""


class Working:
    """Clients that work until they are told to stop. `wrong`: answers that were none of those that are expected."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key
        self.answered = 0
        self.wrong: list[bytes] = []
        self.going_on = True
        self.gone = 0

    def is_short_of(self, answers: int) -> bool:
        """Whether they have yet to get so many answers, and are all at it."""
        return self.answered < answers and not self.gone

    async def one(self, place: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        numbers = itertools.cycle(range(1 + place * EACH, 1 + (place + 1) * EACH))
        try:
            while self.going_on:
                for request, expected in zip(asked(next(numbers), self._key), HEARD, strict=True):
                    writer.write(request)
                    head, _ = await raw.answer(reader)
                    self.answered += 1
                    if head[9:12] != expected:
                        self.wrong.append(head)
        finally:
            self.gone += 1
            writer.close()
            await writer.wait_closed()


async def soaked(server: Server, key: str, seconds: float) -> tuple[Working, float, int, int]:
    """The clients, how much more memory there was at the end, and the descriptors at the beginning and at the end."""
    process, clients = psutil.Process(server.pid), Working(server.port, key)
    working = [asyncio.create_task(clients.one(place)) for place in range(CLIENTS)]
    await asyncio.sleep(WARM_SECONDS)
    while clients.is_short_of(WARM_ANSWERS):  # noqa: ASYNC110 (they tell nobody)
        await asyncio.sleep(BETWEEN)
    descriptors, memory, end = process.num_fds(), list[int](), time.monotonic() + seconds
    while time.monotonic() < end or clients.is_short_of(3 * WARM_ANSWERS):
        memory.append(process.memory_info().rss)
        await asyncio.sleep(BETWEEN)
    at_the_end = process.num_fds()
    clients.going_on = False
    await asyncio.gather(*working)
    quarter = len(memory) // 4
    growth = median(memory[-quarter:]) / median(memory[quarter : 2 * quarter])
    return clients, growth, descriptors, at_the_end


async def test_as_long_as_it_goes_on_it_needs_no_more(
    db: Database, database_url: str, tmp_path: Path, tried: Tried
) -> None:
    key = await laboratory(db)
    with Server(database_url, tmp_path) as server:
        clients, growth, at_first, at_last = await soaked(server, key, SECONDS)
    assert clients.wrong == []
    assert growth < MOST_GROWTH
    assert at_last <= at_first + (0 if engine(db) == "SQLite" else POOL_SIZE)
    tried(
        f"{engine(db)}: {SECONDS} s of mixed work, {clients.answered} requests, {clients.answered // 7 * 3} events: "
        f"memory {growth - 1:+.1%}, descriptors {at_first} at first and {at_last} at last"
    )


@pytest.mark.control
async def test_a_service_that_keeps_something_of_each_request_is_found_out(
    sqlite: Database, sqlite_url: str, tmp_path: Path
) -> None:
    key = await laboratory(sqlite)
    with Server(sqlite_url, tmp_path, program=KEEPING) as server:
        _, growth, at_first, at_last = await soaked(server, key, KEEPING_SECONDS)
    assert growth > MOST_GROWTH
    assert at_last > at_first
