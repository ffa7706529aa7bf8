"""R15: every schema since the first is upgraded with its orders, and nobody waits for long.

The negative control holds the table for as long as a careless migration would.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from tests import standstill
from tests.builders import cancel, desk, execute
from tests.db import outside
from tests.journeys.server import run
from tests.reliability.cancelling import look
from tests.reliability.many_orders import as_of, orders
from tests.reliability.promised import Tried, engine, size
from traylane.db import connect
from traylane.db.database import Sql
from traylane.db.revision import HEAD

pytestmark = [pytest.mark.slow, pytest.mark.promise("R15")]

ORDERS = size(5_000, 100_000)
CANCELS = [str(number) for number in range(1, 21)]
MOST_SECONDS = 1.0
OLDER = connect.KNOWN_REVISIONS[:-1]


Change = Callable[[], Awaitable[object]]
_CHANGE = "UPDATE orders SET po_number = 'P' WHERE order_number = '5000'"


@asynccontextmanager
async def changing(url: str) -> AsyncIterator[Change]:
    """One change of one order, on a connection that waits as long as it must, or on SQLite as the service does."""
    if engine(url) == "SQLite":
        database = connect.database(url)
        await database.open()
        try:
            yield lambda: execute(database, Sql.same(_CHANGE))
        finally:
            await database.close()
    else:
        link = await asyncpg.connect(url)
        try:
            yield lambda: link.execute(_CHANGE)
        finally:
            await link.close()


async def longest_wait(url: str, first: asyncio.Event, over: asyncio.Event) -> float:
    """How long a change took at the most, until it is over. `first`: one has been made."""
    longest, watch = 0.0, standstill.Watch()
    async with changing(url) as change:
        while not over.is_set():
            began = watch.now()
            await change()
            longest = max(longest, watch.since(began))
            first.set()
            await asyncio.sleep(0.002)
    return longest


@pytest.mark.parametrize("revision", OLDER)
@pytest.mark.parametrize("on", ["sqlite", "postgres"])
async def test_each_schema_is_upgraded_with_its_orders_and_goes_on(
    on: str, revision: str, empty_postgres_url: str, tmp_path: Path, tried: Tried
) -> None:
    url = {"sqlite": f"sqlite:///{tmp_path}/lab.db", "postgres": empty_postgres_url}[on]
    await as_of(url, revision, ORDERS)
    first, over = asyncio.Event(), asyncio.Event()
    waiting = asyncio.create_task(longest_wait(url, first, over))
    await first.wait()
    began = time.monotonic()
    ended = await asyncio.to_thread(run, "migrate", "--json", "--database", url)
    assert (ended.stdout, ended.stderr) == (b'{"before":"%b","after":"%b"}\n' % (revision.encode(), HEAD.encode()), b"")
    seconds = time.monotonic() - began
    over.set()
    longest = await waiting

    database = connect.database(url)
    await database.open()
    at_the_desk = desk(database)
    for number in CANCELS:
        await cancel(at_the_desk, number)
    found = await look(database)
    await database.close()
    assert (found.cancelled, found.wrong, found.events) == (set(CANCELS), [], len(CANCELS))
    assert longest < MOST_SECONDS
    waited = f"a change beside it took at most {longest:.2f} s"
    tried(f"{engine(url)}: {revision} to {HEAD} with {ORDERS} orders in {seconds:.1f} s; {waited}")


@pytest.mark.control
async def test_a_migration_that_holds_the_table_is_found_out(postgres_url: str) -> None:
    await outside.execute(postgres_url, orders("PostgreSQL", ORDERS))
    first, over = asyncio.Event(), asyncio.Event()
    waiting = asyncio.create_task(longest_wait(postgres_url, first, over))
    await first.wait()
    async with outside.transaction(postgres_url, "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE"):
        began = standstill.now()
        while standstill.since(began) < MOST_SECONDS + 0.3:  # noqa: ASYNC110 (nobody tells the time)
            await asyncio.sleep(0.1)
    over.set()
    assert await waiting > MOST_SECONDS
