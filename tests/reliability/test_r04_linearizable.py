"""R4: what clients are told of an order, under kills and stalls, could have happened one after the other.

Two workers on PostgreSQL; workers are killed and stopped for a moment, and the database hangs up. The negative control
is a service whose writes are not guarded.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from tests.builders import make_key, make_orders, make_station
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server
from tests.reliability import raw
from tests.reliability.linear import NEVER, Done, is_linear
from tests.reliability.promised import Tried, is_full, seed, size
from tests.reliability.worker_processes import workers
from traylane.db.database import Database

pytestmark = [pytest.mark.slow, pytest.mark.promise("R4"), pytest.mark.timeout(1_500 if is_full() else 900)]

OPERATIONS = size(20_000, 1_000_000)
CONTROL_OPERATIONS = 3_000
CLIENTS = 3
EACH = 2
LANES = 6
TROUBLES = 16
"""So many there are at least, however soon all is done; on a machine that takes its time there are more."""
SEED = seed(20_261_102)
WHAT = ("cancel", "cancel", "scan", "restore", "look")

Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def laboratory(db: Database, orders: int) -> str:
    await make_station(db, "GEN", non_cancel=True)
    await make_orders(db, [str(number) for number in range(orders)])
    return (await make_key(db, scopes=("admin",)))[1]


class Client:
    """One connection, opened anew when it breaks."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._key = key
        self._link: Link | None = None

    async def do(self, what: str, order: str) -> Done:
        """Ask once. 503 and a broken connection are no answer."""
        asked = time.monotonic()
        try:
            self._link = self._link or await asyncio.open_connection("127.0.0.1", self._port)
            self._link[1].write(_request(what, order, self._key))
            head, body = await raw.answer(self._link[0])
        except (OSError, EOFError):
            self.close()
            await asyncio.sleep(0.01)
            return Done(asked, NEVER, what, "")
        if head.startswith(b"HTTP/1.1 503 "):
            return Done(asked, NEVER, what, "")
        good = b'"allowed":true' in body if what == "look" else head.startswith(b"HTTP/1.1 200 ")
        assert good or head.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 400 ", b"HTTP/1.1 409 ")), head + body
        return Done(asked, time.monotonic(), what, "yes" if good else "no")

    def close(self) -> None:
        if self._link is not None:
            self._link[1].close()
            self._link = None


def _request(what: str, order: str, key: str) -> bytes:
    line, body = {
        "cancel": (f"DELETE /api/v2/orders/{order}", ""),
        "look": (f"DELETE /api/v2/orders/{order}?dryRun=true", ""),
        "restore": (f"POST /api/v2/orders/{order}/restore", ""),
        "scan": ("POST /api/v2/job_track/stations/GEN", f'{{"orderIdentifier":"{order}"}}'),
    }[what]
    return raw.request(line, key, body)


async def histories(port: int, key: str, orders: int, found: list[list[Done]]) -> None:
    """Some clients at once do something with one order after the other; what they found."""
    chance, numbers = random.Random(SEED), iter(range(orders))

    async def several(client: Client, order: str, history: list[Done]) -> None:
        for _ in range(EACH):
            done = await client.do(chance.choice(WHAT), order)
            history.append(done)

    async def lane() -> None:
        clients = [Client(port, key) for _ in range(CLIENTS)]
        for number in numbers:
            history = list[Done]()
            await asyncio.gather(*(several(client, str(number), history) for client in clients))
            found.append(history)
        for client in clients:
            client.close()

    await asyncio.gather(*(lane() for _ in range(LANES)))


@asynccontextmanager
async def disturbed(server: Server, url: str, done: Counter[str], found: list[list[Done]]) -> AsyncIterator[None]:
    """Now and then a worker is killed, or stands still, or the database hangs up on somebody."""
    disturbing = asyncio.create_task(_disturb(server, url, done, found))
    yield
    disturbing.cancel()
    with suppress(asyncio.CancelledError):
        await disturbing


async def _disturb(server: Server, url: str, done: Counter[str], found: list[list[Done]]) -> None:
    chance = random.Random(SEED)
    # In turn, not by chance: a quick run meets each of them, too.
    for what in itertools.cycle(("worker stopped", "database hung up", "worker killed", "database hung up")):
        await _pause(chance.uniform(0.2, 0.6), found)
        if what == "database hung up":
            link = await asyncpg.connect(url)
            await link.execute(_HANG_UP)
            await link.close()
        else:
            while len(alive := workers(server)) < 2:  # noqa: ASYNC110 (other processes are looked at)
                await asyncio.sleep(0.05)
            await _upset(chance.choice(alive), what)
        done[what] += 1


async def _pause(seconds: float, found: list[list[Done]]) -> None:
    """So long, or until some orders more are done: a machine that is quick meets every trouble more than once."""
    end, enough = time.monotonic() + seconds, len(found) + OPERATIONS // (CLIENTS * EACH) // TROUBLES
    while time.monotonic() < end and len(found) < enough:  # noqa: ASYNC110 (nobody tells the time)
        await asyncio.sleep(0.01)


async def _upset(worker: psutil.Process, what: str) -> None:
    with suppress(ProcessLookupError):
        if what == "worker killed":
            os.kill(worker.pid, signal.SIGKILL)
            return
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(0.2)
        finally:
            os.kill(worker.pid, signal.SIGCONT)


_HANG_UP = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'traylane' ORDER BY random() LIMIT 1"""


def test_every_history_under_kills_and_stalls_is_linearizable(
    postgres_url: str, tmp_path: Path, set_up: SetUp, runner: asyncio.Runner, tried: Tried
) -> None:
    orders, done, found = OPERATIONS // (CLIENTS * EACH), Counter[str](), list[list[Done]]()
    key = set_up(postgres_url, lambda db: laboratory(db, orders))

    async def run(server: Server) -> None:
        async with disturbed(server, postgres_url, done, found):
            await histories(server.port, key, orders, found)

    with Server(postgres_url, tmp_path, "--workers", "2") as server:
        runner.run(run(server))
    unknown = sum(one.said == "" for history in found for one in history)
    assert [history for history in found if not is_linear(history)] == []
    assert len(found) == orders
    assert all(done[what] for what in ("worker killed", "worker stopped", "database hung up"))
    assert 0 < unknown < OPERATIONS / 5
    troubles = ", ".join(f"{what} {times} times" for what, times in sorted(done.items()))
    operations = orders * CLIENTS * EACH
    tried(f"{operations} operations on {orders} orders, seed {SEED}, {unknown} without an answer; {troubles}")


@pytest.mark.control
def test_without_the_guard_a_history_is_not_linearizable(
    postgres_url: str, tmp_path: Path, set_up: SetUp, runner: asyncio.Runner
) -> None:
    orders, found = CONTROL_OPERATIONS // (CLIENTS * EACH), list[list[Done]]()
    key = set_up(postgres_url, lambda db: laboratory(db, orders))
    careless = ("-m", "tests.reliability.unguarded")
    with Server(postgres_url, tmp_path, "--workers", "2", program=careless) as server:
        runner.run(histories(server.port, key, orders, found))
    assert not all(map(is_linear, found))


ACCEPTED = {
    "one after the other": [Done(0, 1, "scan", "yes"), Done(2, 3, "cancel", "no")],
    "at once, either first": [Done(0, 3, "cancel", "yes"), Done(1, 2, "scan", "no")],
    "no answer, and done later": [Done(0, NEVER, "cancel", ""), Done(1, 2, "look", "yes"), Done(3, 4, "scan", "no")],
    "no answer, never done": [Done(0, NEVER, "cancel", ""), Done(1, 2, "scan", "yes"), Done(3, 4, "cancel", "no")],
    "cancelled and restored": [Done(0, 1, "cancel", "yes"), Done(2, 3, "restore", "yes"), Done(4, 5, "look", "yes")],
}
REFUSED = {
    "both win": [Done(0, 2, "cancel", "yes"), Done(1, 3, "scan", "yes")],
    "a scan after the cancel": [Done(0, 1, "cancel", "yes"), Done(2, 3, "scan", "yes")],
    "a stale look": [Done(0, 1, "cancel", "yes"), Done(2, 3, "look", "yes")],
    "cancelled twice": [Done(0, 2, "cancel", "yes"), Done(1, 3, "cancel", "yes")],
    "refused for nothing": [Done(0, 1, "cancel", "no")],
}


@pytest.mark.parametrize("history", list(ACCEPTED.values()), ids=list(ACCEPTED))
def test_what_can_have_been_is_accepted(history: list[Done]) -> None:
    assert is_linear(history)


@pytest.mark.parametrize("history", list(REFUSED.values()), ids=list(REFUSED))
def test_what_cannot_have_been_is_not(history: list[Done]) -> None:
    assert not is_linear(history)
