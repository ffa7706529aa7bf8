"""Every list finds its orders by an index, on both engines, at 100 000 orders, with every filter and every sort."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar, cast

import apsw
import asyncpg
import pytest

from tests import conftest
from tests.builders import NOW
from tests.db.test_plans import FILL_POSTGRES, FILL_SQLITE
from traylane.db import connect, migrate
from traylane.db.database import Database, Row, Sql, Transaction, Work
from traylane.db.postgres import PostgresDatabase
from traylane.orders import list_store
from traylane.orders.list_filters import SORTS, Filters, Sort
from traylane.orders.list_store import Key
from traylane.policy.model import Policy
from traylane.tracking.work import at_stations, count_open

T = TypeVar("T")

pytestmark = pytest.mark.slow

# Ten orders a day, wanted a week later; a station of forty; all but 20 000 are completed, one in twenty of
# those is cancelled.
DATES = """
    UPDATE orders SET date_ordered = {ordered}, date_wanted = {wanted}, customer_job_id = 'J' || order_number,
        station = 'S' || ({n} % 40), station_at = 5, status = CASE WHEN {n} > 20000 THEN 'C' ELSE 'P' END,
        cancelled_at = CASE WHEN {n} <= 20000 AND {n} % 20 = 1 THEN 5 END"""
FILLED_POSTGRES = [
    FILL_POSTGRES[0],
    DATES.format(
        n="order_number::int",
        ordered="(date '2000-01-01' + order_number::int / 10)::text",
        wanted="(date '2000-01-08' + order_number::int / 10)::text",
    ),
    "VACUUM ANALYZE orders",
]
FILLED_SQLITE = [
    FILL_SQLITE[0],
    DATES.format(
        n="CAST(order_number AS INTEGER)",
        ordered="date('2000-01-01', (order_number / 10) || ' days')",
        wanted="date('2000-01-08', (order_number / 10) || ' days')",
    ),
]
WEEK = ("2010-03-01", "2010-03-07")
# Each narrows a list to what one index holds together.
NARROW: dict[str, Filters] = {
    "customer": Filters(customer="7"),
    "customer, status": Filters(customer="7", status="P"),
    "customer, station, not cancelled": Filters(customer="7", station="S7", cancelled=False),
    "customer, days": Filters(customer="7", wanted=WEEK, ordered=WEEK),
    "station": Filters(station="S7"),
    "station, days": Filters(station="S7", ordered=WEEK),
    "status": Filters(status="P"),
    "on hold": Filters(status="W"),
    "cancelled": Filters(cancelled=True),
    "status, not cancelled, days": Filters(status="P", cancelled=False, wanted=WEEK),
    "days wanted": Filters(wanted=WEEK),
    "days ordered": Filters(ordered=WEEK),
    "days wanted, completed": Filters(wanted=WEEK, status="C"),
    "days ordered, not cancelled": Filters(ordered=WEEK, cancelled=False),
    "search": Filters(search="1234"),
    "search, status": Filters(search="1234", status="P", cancelled=False),
    "search, customer": Filters(search="1234", customer="7"),
}
# Nearly all orders fit: a list walks along its sort's index and ends at its limit.
WIDE: dict[str, Filters] = {
    "all": Filters(),
    "completed": Filters(status="C"),
    "not cancelled": Filters(cancelled=False),
}
WALKS = {
    "order_number": "uq_orders_order_number",
    "date_wanted": "ix_orders_date_wanted",
    "date_ordered": "ix_orders_date_ordered",
}
SMALL = {"ix_orders_open", "ix_orders_tray", "ix_orders_customer_tray"}
"""Indexes that hold the few orders that are open: they may be read from end to end."""


@pytest.fixture(scope="module")
def lists_postgres_url(postgres_server_url: str) -> Iterator[str]:
    name = f"traylane_lists_{secrets.token_hex(4)}"
    url = conftest.url_of(postgres_server_url, name)

    async def fill() -> None:
        await conftest.execute(postgres_server_url, f"CREATE DATABASE {name}")
        await migrate.upgrade(url)
        link = await asyncpg.connect(url)
        for statement in FILLED_POSTGRES:
            await link.execute(statement)
        await link.close()

    asyncio.run(fill())
    yield url
    asyncio.run(conftest.execute(postgres_server_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module")
def lists_sqlite_url(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("lists") / "lab.db"
    shutil.copyfile(sqlite_template, path)
    with contextlib.closing(apsw.Connection(str(path))) as link:
        link.execute("PRAGMA synchronous=OFF").fetchall()
        for statement in FILLED_SQLITE:
            link.execute(statement).fetchall()
    return f"sqlite:///{path}"


class Watched:
    """A transaction that keeps which indexes each statement reads from end to end; "" is the table itself."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.pick = tx.pick
        self.each, self.many, self.append, self.others_wait = tx.each, tx.many, tx.append, tx.others_wait
        self.walked: set[str] = set()

    async def rows(self, sql: Sql, *parameters: object) -> Sequence[Row]:
        explain = self.pick(sqlite=f"EXPLAIN QUERY PLAN {sql.sqlite}", postgres=f"EXPLAIN (FORMAT JSON) {sql.postgres}")
        plan = await self._tx.rows(Sql(explain, explain), *parameters)
        self.walked |= self.pick(sqlite=walked_on_sqlite, postgres=walked_on_postgres)(plan)
        return await self._tx.rows(sql, *parameters)


def walked_on_sqlite(plan: Sequence[Row]) -> set[str]:
    found = [re.match(r"SCAN orders(?: USING (?:COVERING )?INDEX (\w+))?", row[3]) for row in plan]
    return {match[1] or "" for match in found if match}


def walked_on_postgres(plan: Sequence[Row]) -> set[str]:
    nodes, found = [json.loads(plan[0][0])[0]["Plan"]], set()
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        reads = node["Node Type"] in {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan"}
        if reads and "Index Cond" not in node:
            found.add(node.get("Index Name", ""))
    return found


async def walked(db: Database, filters: Filters, sort: Sort) -> set[str]:
    """What the first page of a list and a page behind it read from end to end."""

    async def look(tx: Transaction) -> set[str]:
        watched = Watched(tx)
        for after, offset in ((None, 0), (None, 10), (Key("2010-03-02", "40000"), 0)):
            await list_store.keys(watched, filters, sort, after=after, limit=500, offset=offset)
        return watched.walked

    return await db.browse(look)


async def counted(db: Database, filters: Filters) -> set[str]:
    async def look(tx: Transaction) -> set[str]:
        watched = Watched(tx)
        await list_store.count(watched, filters)
        return watched.walked

    return await db.browse(look)


async def all_walked(db: Database) -> list[tuple[str, str, set[str]]]:
    """Which lists read more than they may."""
    wrong = []
    for name, filters in NARROW.items():
        found = [(sort, await walked(db, filters, SORTS[sort])) for sort in SORTS]
        wrong += [(name, sort, walks - SMALL) for sort, walks in [*found, ("count", await counted(db, filters))]]
    for name, filters in WIDE.items():
        for sort in SORTS:
            walks = await walked(db, filters, SORTS[sort])
            wrong.append((name, sort, walks - SMALL - {WALKS[SORTS[sort].column]}))
    return [one for one in wrong if one[2]]


async def open_walked(db: Database) -> list[set[str]]:
    """What the board of work in process and the count of what is open read from end to end."""

    class Watching:
        async def browse(self, work: Work[T]) -> T:
            async def watched(tx: Transaction) -> T:
                watch = Watched(tx)
                found.append(watch.walked)
                return await work(watch)

            return await db.browse(watched)

    found: list[set[str]] = []
    watching = cast(Database, Watching())
    assert await count_open(watching, None) == 19_000
    assert await count_open(watching, "7") > 0
    assert await at_stations(watching, Policy(1), NOW)
    return found


async def test_lists_on_sqlite(lists_sqlite_url: str) -> None:
    db = connect.database(lists_sqlite_url)
    await db.open()
    found = await all_walked(db)
    by_open = await open_walked(db)
    await db.close()

    assert found == []
    assert all(walks <= SMALL for walks in by_open)


@pytest.mark.parametrize("plans", ["force_custom_plan", "force_generic_plan"])
async def test_lists_on_postgres(lists_postgres_url: str, plans: str) -> None:
    db = PostgresDatabase(lists_postgres_url, session={"plan_cache_mode": plans})
    await db.open()
    found = await all_walked(db)
    by_open = await open_walked(db)
    await db.close()

    assert found == []
    assert all(walks <= SMALL for walks in by_open)


async def test_counts_of_nearly_all_orders_touch_indexes_only(lists_postgres_url: str) -> None:
    db = PostgresDatabase(lists_postgres_url)
    await db.open()
    found = [await counted(db, filters) for filters in WIDE.values()]
    await db.close()

    assert all("" not in walks for walks in found)
