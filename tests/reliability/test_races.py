"""R1: a cancel against a scan at a non-cancel station, tied: exactly one wins, never both, never neither."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import pytest

from tests.builders import NOW, cancel, check_in, desk, execute, make_orders, make_station
from tests.reliability.promised import Tried, seed, size
from traylane.db import connect
from traylane.db.database import Database, Sql
from traylane.errors import Refused
from traylane.orders.cancel_rules import ThroughNonCancelStation
from traylane.orders.change import Done
from traylane.orders.desk import Desk
from traylane.tracking.checkin_rules import OrderCancelled

pytestmark = [pytest.mark.slow, pytest.mark.promise("R1")]

RACES = size(5_000, 100_000)
IN_BATCHES = RACES * 3 // 5
SEED = seed(20261102)
Side = Callable[[str], Awaitable[object]]


@dataclass
class Result:
    """What the database says after the races."""

    both: int
    neither: int
    cancelled: int
    scanned: int
    doubled: int


async def in_the_database(db: Database) -> Result:
    rows = await execute(
        db,
        Sql.same("""
            SELECT count(*) FILTER (WHERE cancelled AND scans > 0),
                count(*) FILTER (WHERE NOT cancelled AND scans = 0),
                count(*) FILTER (WHERE cancelled),
                count(*) FILTER (WHERE scans > 0),
                count(*) FILTER (WHERE events <> 1)
            FROM (SELECT cancelled_at IS NOT NULL AS cancelled,
                    (SELECT count(*) FROM scans s WHERE s.order_id = o.id) AS scans,
                    (SELECT count(*) FROM events e WHERE e.subject_id = o.id) AS events FROM orders o) AS o"""),
    )
    return Result(*rows[0])


async def race(numbers: list[str], one: Side, other: Side, *, at_once: int) -> Counter[tuple[str, str]]:
    """Both sides start on each order at a barrier, and meet its row at a random moment of the next milliseconds."""
    rng = random.Random(SEED)
    lanes = asyncio.Semaphore(at_once)
    outcomes: Counter[tuple[str, str]] = Counter()

    async def start(side: Side, number: str, barrier: asyncio.Barrier, pause: float) -> str:
        await barrier.wait()
        await asyncio.sleep(pause)
        try:
            outcome = await side(number)
        except Refused as refusal:
            return type(refusal).__name__
        return type(outcome).__name__

    async def tied(number: str) -> None:
        async with lanes:
            barrier, width = asyncio.Barrier(2), rng.choice((0.0, 0.001, 0.004))
            sides = [(one, 0), (other, 1)]
            rng.shuffle(sides)
            starts = [(start(side, number, barrier, rng.uniform(0, width)), place) for side, place in sides]
            said = await asyncio.gather(*[coroutine for coroutine, _ in starts])
            places = [place for _, place in starts]
            outcomes[said[places.index(0)], said[places.index(1)]] += 1

    await asyncio.gather(*map(tied, numbers))
    return outcomes


@asynccontextmanager
async def two_services(url: str) -> AsyncIterator[tuple[Desk, Desk]]:
    """Two services on one database, each with a pool and lanes of its own."""
    services = [connect.database(url) for _ in range(2)]
    for service in services:
        await service.open()
    try:
        yield desk(services[0]), desk(services[1])
    finally:
        for service in services:
            await service.close()


@pytest.mark.parametrize(
    ("at_once", "part"), [(48, IN_BATCHES), (2, RACES - IN_BATCHES)], ids=["in batches", "one by one"]
)
async def test_never_both_and_never_neither(
    postgres: Database, postgres_url: str, at_once: int, part: int, tried: Tried
) -> None:
    numbers = [str(n) for n in range(part)]
    await make_orders(postgres, numbers)
    await make_station(postgres, "GEN", non_cancel=True)

    async with two_services(postgres_url) as (one, other):
        outcomes = await race(numbers, lambda n: cancel(one, n), lambda n: check_in(other, n, "GEN"), at_once=at_once)

    found = await in_the_database(postgres)
    cancelled = outcomes[Done.__name__, OrderCancelled.__name__]
    scanned = outcomes[ThroughNonCancelStation.__name__, Done.__name__]
    assert cancelled + scanned == part
    assert found == Result(both=0, neither=0, cancelled=cancelled, scanned=scanned, doubled=0)
    assert 0.2 * part <= cancelled <= 0.8 * part
    tried(f"{part} races, {at_once} at once, seed {SEED}: {cancelled} cancelled, {scanned} scanned, 0 both, 0 neither")


@pytest.mark.control
async def test_looking_and_then_writing_would_be_caught(postgres: Database, postgres_url: str) -> None:
    """The negative control: the textbook version, each side in a transaction of its own."""
    numbers = [str(n) for n in range(200)]
    await make_orders(postgres, numbers)
    pool = await asyncpg.create_pool(postgres_url, min_size=8, max_size=8)

    async def textbook_cancel(number: str) -> object:
        async with pool.acquire() as link, link.transaction():
            row = await link.fetchrow("SELECT id, cancelled_at FROM orders WHERE order_number = $1", number)
            if row[1] or await link.fetchval("SELECT 1 FROM scans WHERE order_id = $1 AND non_cancel", row[0]):
                return None
            await link.execute("UPDATE orders SET cancelled_at = $2 WHERE id = $1", row[0], NOW)
            return row

    async def textbook_scan(number: str) -> object:
        async with pool.acquire() as link, link.transaction():
            row = await link.fetchrow("SELECT id, cancelled_at FROM orders WHERE order_number = $1", number)
            if row[1]:
                return None
            await link.execute("INSERT INTO scans VALUES ($1, 1, 'GEN', NULL, $2, true)", row[0], NOW)
            return row

    await race(numbers, textbook_cancel, textbook_scan, at_once=2)
    await pool.close()

    assert (await in_the_database(postgres)).both > 10
