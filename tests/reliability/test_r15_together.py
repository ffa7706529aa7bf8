"""R15: the next version's schema comes while this version serves; then the next serves beside it, and this one again.

The next version is this code with one more migration. That of the negative control takes away what this code writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.builders import count, make_key, make_orders, make_station
from tests.journeys.server import Server, run
from tests.reliability import next_version
from tests.reliability.balancer import balancing
from tests.reliability.many_orders import fill
from tests.reliability.promised import Tried, engine, size
from tests.reliability.scanning import CLIENTS, Clients
from traylane.db import connect
from traylane.db.database import Database
from traylane.db.revision import HEAD

pytestmark = [pytest.mark.slow, pytest.mark.promise("R15"), pytest.mark.timeout(600)]

ORDERS = size(5_000, 100_000)
MOST_SECONDS = 1.0
DRAIN = ("--drain", "2")

EXPANDS = """
    op.add_column("orders", sa.Column("held_since", sa.Text(), nullable=False, server_default=""))
    fill("orders", "UPDATE orders SET held_since = customer_number WHERE held_since = ''")
    create_indexes("orders", [("ix_orders_held_since", ["held_since"], None)])
"""
TAKES_AWAY = """op.execute("ALTER TABLE scans RENAME COLUMN device_at TO terminal_at")"""


async def laboratory(db: Database) -> str:
    await make_station(db, "RCV")
    await make_orders(db, [str(number) for number in range(CLIENTS)])
    await fill(db, 1_000 + ORDERS, first=1_001)
    return (await make_key(db, scopes=("tracking:write",)))[1]


async def migrated(url: str, program: tuple[str, ...]) -> None:
    ended = await asyncio.to_thread(run, "migrate", "--database", url, program=program)
    assert ended.returncode == 0, ended.stderr
    assert await connect.revision(url) == next_version.NEXT


@asynccontextmanager
async def served_meanwhile(
    url: str, key: str, folder: Path, program: tuple[str, ...]
) -> AsyncIterator[tuple[Server, Clients]]:
    """A service, and its clients, that were at work while the database was migrated."""
    server = Server(url, folder)
    await asyncio.to_thread(server.start)
    clients = Clients(server.port, key)
    clients.watch.processes.add(server.pid)
    try:
        async with clients.at_work():
            await migrated(url, program)
        yield server, clients
    finally:
        await asyncio.to_thread(server.stop)


async def test_old_and_new_serve_together_and_the_old_one_comes_back(
    postgres: Database, postgres_url: str, tmp_path: Path, tried: Tried
) -> None:
    key, program = await laboratory(postgres), next_version.program(tmp_path, EXPANDS)
    news: list[Callable[[], Server]] = [
        lambda: Server(postgres_url, tmp_path, *DRAIN, program=program),
        lambda: Server(postgres_url, tmp_path, *DRAIN),
    ]
    async with balancing() as balancer:
        serving = news[1]()
        await asyncio.to_thread(serving.start)
        await balancer.add(serving.port)
        clients = Clients(balancer.port, key)
        clients.watch.processes.add(serving.pid)
        try:
            async with clients.at_work():
                await migrated(postgres_url, program)
                for new in news:
                    leaving, serving = serving, new()
                    await asyncio.to_thread(serving.start)
                    clients.watch.processes.add(serving.pid)
                    await balancer.add(serving.port)
                    await asyncio.sleep(0.5)
                    assert await asyncio.to_thread(leaving.stop) == 0
                    balancer.remove(leaving.port)
        finally:
            await asyncio.to_thread(serving.stop)
    assert clients.failed == []
    assert clients.slowest < MOST_SECONDS
    assert await count(postgres, "scans") == clients.scanned
    tried(
        f"PostgreSQL: {HEAD} to {next_version.NEXT} with {ORDERS} orders, then its service beside this one, then this "
        f"one again: {clients.scanned} requests, 0 failed, the slowest took {clients.slowest:.2f} s"
    )


async def test_the_next_schema_comes_beside_the_service_and_serves_it(
    database_url: str, db: Database, tmp_path: Path, tried: Tried
) -> None:
    key, program = await laboratory(db), next_version.program(tmp_path, EXPANDS)
    async with served_meanwhile(database_url, key, tmp_path, program) as (server, clients):
        assert await asyncio.to_thread(server.stop) == 0
        await asyncio.to_thread(server.start)
    assert clients.failed == []
    assert clients.slowest < MOST_SECONDS
    assert await count(db, "scans") == clients.scanned
    tried(
        f"{engine(db)}: {HEAD} to {next_version.NEXT} with {ORDERS} orders beside this service: {clients.scanned} "
        f"requests, 0 failed, the slowest took {clients.slowest:.2f} s"
    )


@pytest.mark.control
async def test_a_migration_that_takes_something_away_is_found_out(
    database_url: str, db: Database, tmp_path: Path
) -> None:
    key, program = await laboratory(db), next_version.program(tmp_path, TAKES_AWAY)
    async with served_meanwhile(database_url, key, tmp_path, program) as (_, clients):
        pass
    assert clients.failed
