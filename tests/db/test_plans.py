"""Every statement on the way of a cancel finds its rows by an index, on both engines, at 100 000 orders.

Nothing is listed here: the desk does its work, and each statement that passes is explained before it runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import apsw
import asyncpg
import pytest

from tests import conftest
from tests.builders import NOW, cancel, check_in, desk, order
from traylane.access import keys
from traylane.access.actor import COMMAND_LINE
from traylane.db import connect, migrate
from traylane.db.database import Database, Row, Sql, Transaction, Work
from traylane.db.ids import new_id
from traylane.db.postgres import PostgresDatabase
from traylane.errors import Refused
from traylane.events import seal
from traylane.events.counting import count_cancels, count_moves, count_page
from traylane.orders import store
from traylane.orders.cancel import CANCEL
from traylane.orders.lookup import Kind, Ref
from traylane.orders.passed import stations_passed
from traylane.orders.verb import Verb
from traylane.orders.write import GuardedWrite
from traylane.policy.model import Policy, Station
from traylane.tracking import recall, trays
from traylane.tracking.checkin import CHECK_IN
from traylane.tracking.history import history
from traylane.tracking.work import work_in_process

T = TypeVar("T")
pytestmark = pytest.mark.slow

BIG = ("tray_events", "orders", "order_details", "scans", "events", "answers", "attempts")
ORDERS = 100_000

# An order in four is completed; trays for 20 000; a PO for two orders; three scans and one event an order.
FILL_POSTGRES = [
    """INSERT INTO orders (id, order_number, tray_number, tray_key, po_number, customer_number, status, scan_count)
    SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), n::text, n::text, CASE WHEN n <= 20000 THEN n END, 'PO' || n / 2,
        (n % 200)::text, CASE WHEN n % 4 = 0 AND n > 20000 THEN 'C' ELSE 'P' END, 3
    FROM generate_series(1, 100000) n""",
    "INSERT INTO order_details SELECT id, '{}' FROM orders",
    """INSERT INTO scans (order_id, seq, station, operator, at, non_cancel)
    SELECT id, s, 'S' || s, NULL, 5, false FROM orders, generate_series(1, 3) s""",
    """INSERT INTO events SELECT id, 1, id, 't', 5, 'a', '{}', row_number() OVER (ORDER BY id), '\\x00' FROM orders""",
    """INSERT INTO answers (integrator, key, fingerprint, order_id, at, answer)
    SELECT 'portal', order_number, '\\x00', id, 5, '' FROM orders""",
    "INSERT INTO attempts SELECT id, 'portal', 'x', 0, 1 FROM orders",
    "INSERT INTO tray_events SELECT tray_key, id, 1, true FROM orders WHERE tray_key IS NOT NULL",
    "INSERT INTO stations (code, description, non_cancel) SELECT 'S' || n, '', n > 5 FROM generate_series(1, 40) n",
    "ANALYZE",
]
FILL_SQLITE = [
    """WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 100000)
    INSERT INTO orders (id, order_number, tray_number, tray_key, po_number, customer_number, status, scan_count)
    SELECT unhex(printf('%032x', n)), n, n, CASE WHEN n <= 20000 THEN n END, 'PO' || (n / 2),
        n % 200, CASE WHEN n % 4 = 0 AND n > 20000 THEN 'C' ELSE 'P' END, 3 FROM series""",
    "INSERT INTO order_details SELECT id, '{}' FROM orders",
    """INSERT INTO scans (order_id, seq, station, operator, at, non_cancel)
    SELECT id, column1, 'S' || column1, NULL, 5, false FROM orders, (VALUES (1), (2), (3))""",
    "INSERT INTO events SELECT id, 1, id, 't', 5, 'a', '{}', row_number() OVER (ORDER BY id), x'00' FROM orders",
    """INSERT INTO answers (integrator, key, fingerprint, order_id, at, answer)
    SELECT 'portal', order_number, x'00', id, 5, x'' FROM orders""",
    "INSERT INTO attempts SELECT id, 'portal', 'x', 0, 1 FROM orders",
    "INSERT INTO tray_events SELECT tray_key, id, 1, true FROM orders WHERE tray_key IS NOT NULL",
    """WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 40)
    INSERT INTO stations (code, description, non_cancel) SELECT 'S' || n, '', n > 5 FROM series""",
]


async def fill_postgres(url: str) -> None:
    await migrate.upgrade(url)
    link = await asyncpg.connect(url)
    for statement in FILL_POSTGRES:
        await link.execute(statement)
    await link.close()


@pytest.fixture(scope="module")
def big_postgres_url(postgres_server_url: str) -> Iterator[str]:
    name = f"traylane_big_{secrets.token_hex(4)}"
    asyncio.run(conftest.execute(postgres_server_url, f"CREATE DATABASE {name}"))
    url = conftest.url_of(postgres_server_url, name)
    asyncio.run(fill_postgres(url))
    yield url
    asyncio.run(conftest.execute(postgres_server_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module")
def big_sqlite_url(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("big") / "lab.db"
    shutil.copyfile(sqlite_template, path)
    with contextlib.closing(apsw.Connection(str(path))) as link:
        link.execute("PRAGMA synchronous=OFF").fetchall()
        for statement in FILL_SQLITE:
            link.execute(statement).fetchall()
    return f"sqlite:///{path}"


class Explaining:
    """A transaction that asks for the plan of each statement, and then runs it."""

    def __init__(self, tx: Transaction, plans: dict[str, list[str]]) -> None:
        self._tx = tx
        self._plans = plans
        self.pick, self.append, self.others_wait = tx.pick, tx.append, tx.others_wait

    async def rows(self, sql: Sql, *parameters: Any) -> Sequence[Row]:
        await self._explain(sql, sql.postgres, parameters)
        return await self._tx.rows(sql, *parameters)

    async def each(self, sql: Sql, tuples: Sequence[tuple[Any, ...]], *common: Any) -> Sequence[Sequence[Row]]:
        many = len(tuples) > 1
        given = tuple(map(list, zip(*tuples, strict=True))) if many else tuples[0]
        text = sql.postgres_many if many else sql.postgres
        await self._explain(sql, text, self.pick(sqlite=tuples[0], postgres=(*given, *common)))
        return await self._tx.each(sql, tuples, *common)

    async def many(self, sql: Sql, tuples: Sequence[tuple[Any, ...]]) -> None:
        for first in tuples[:1]:
            await self._explain(sql, sql.postgres, first)
        await self._tx.many(sql, tuples)

    async def _explain(self, sql: Sql, postgres: str, parameters: Sequence[Any]) -> None:
        statement = self.pick(sqlite=sql.sqlite, postgres=postgres)
        explain = self.pick(sqlite="EXPLAIN QUERY PLAN ", postgres="EXPLAIN (FORMAT JSON) ") + statement
        rows = await self._tx.rows(Sql(explain, explain), *parameters)
        scans = self.pick(sqlite=scans_on_sqlite, postgres=scans_on_postgres)(rows)
        self._plans.setdefault(statement, []).extend(scans)


def scans_on_sqlite(rows: Sequence[Row]) -> list[str]:
    """The big tables that a plan reads from end to end."""
    aliases = {
        "hit": "orders",
        "d": "order_details",
        "n": "scans",
        "s": "scans",
        "e": "events",
        "a": "answers",
        "t": "tray_events",
        "o": "orders",
    }
    found = [re.match(r"SCAN (\w+)( USING .*)?", row[3]) for row in rows]
    tables = [(aliases.get(match[1], match[1]), match[2] or "") for match in found if match]
    # The head of the feed and what is not sealed yet are the ends of partial indexes.
    return [
        table
        for table, how in tables
        if table in BIG and not re.search("uq_events_position|ix_events_uns|ix_orders_taken", how)
    ]


def scans_on_postgres(rows: Sequence[Row]) -> list[str]:
    """The big tables that a plan reads from end to end, with or without an index."""
    [plan] = json.loads(rows[0][0])
    found: list[str] = []
    nodes = [plan["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        table, kind = node.get("Relation Name"), node["Node Type"]
        if table not in BIG or kind in {"ModifyTable", "Bitmap Heap Scan"}:
            continue
        end_of_a_partial_index = node.get("Index Name") in {
            "uq_events_position",
            "ix_events_unsealed",
            "ix_orders_taken_over_at",
        }
        if "Index Cond" not in node and not end_of_a_partial_index:
            found.append(table)
    return found


class ExplainedDatabase:
    """A database whose statements are explained."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.plans: dict[str, list[str]] = {}
        self.batches_in_flight = db.batches_in_flight
        self.seals_on_write = db.seals_on_write
        self.patience = db.patience
        self.reads_are_round_trips = db.reads_are_round_trips
        self.open, self.close, self.check_writable = db.open, db.close, db.check_writable

    async def read(self, work: Work[T]) -> T:
        return await self._db.read(self._explained(work))

    async def browse(self, work: Work[T]) -> T:
        return await self._db.browse(self._explained(work))

    async def write(self, work: Work[T]) -> T:
        return await self._db.write(self._explained(work))

    async def settle(self, work: Work[T]) -> T:
        return await self._db.settle(self._explained(work))

    async def settle_whole(self, work: Work[T]) -> T:
        return await self._db.settle_whole(self._explained(work))

    def _explained(self, work: Work[T]) -> Callable[[Transaction], Awaitable[T]]:
        return lambda tx: work(Explaining(tx, self.plans))


async def a_day(db: Database, offset: int) -> None:
    """What the desk is asked in a day, each way of asking once."""
    at_the_desk = desk(db)
    one, two, three = str(offset), str(offset + 1), str(offset + 2)
    await check_in(at_the_desk, one, "S1")
    await check_in(at_the_desk, one, "S6", key=one)
    await cancel(at_the_desk, two, by=Kind.TRAY)
    await cancel(at_the_desk, f"PO{(offset + 2) // 2}", customer=str((offset + 2) % 200), key=three)
    for given, customer in (("nope", None), ("nope", "5"), ("PO1", None), (one, None), (one, "5")):
        with contextlib.suppress(Refused):
            await cancel(at_the_desk, given, customer=customer)
    numbers = [str(offset + n) for n in range(3, 12)]
    await asyncio.gather(*[check_in(at_the_desk, n, "S1") for n in numbers])
    await asyncio.gather(
        *[cancel(at_the_desk, n, key=n if int(n) % 2 else None, integrator="other") for n in numbers],
        cancel(at_the_desk, "no"),
        return_exceptions=True,
    )
    await at_the_desk.history(Ref(one), COMMAND_LINE, limit=10, offset=0)
    await db.read(lambda tx: store.count_po(tx, Ref("PO7", customer="5"), completed=True))
    await db.read(lambda tx: store.find(tx, [Ref("5"), Ref("6", customer="7")], Policy(1)))
    await db.read(lambda tx: seal.follow(tx, after=ORDERS - 10, hash_=b"", limit=0))
    await db.read(seal.head)
    if not db.seals_on_write:
        await db.write(lambda tx: seal.seal_some(tx, new_id(NOW)))
        await db.write(lambda tx: tx.rows(Sql.same("DELETE FROM lease")))
    await at_the_desk.close()
    await db.read(keys.load)
    await on_the_floor(db, offset)


async def on_the_floor(db: Database, offset: int) -> None:
    """What the floor asks, each question once, for one order and for several."""
    policy = Policy(1, {"S1": Station("S1", "")}, station_verify=True)
    first, second = await order(db, str(offset)), await order(db, str(offset + 1))
    await db.read(lambda tx: stations_passed(tx, [first]))
    await db.read(lambda tx: stations_passed(tx, [first, second]))
    await db.read(lambda tx: history(tx, first.id, limit=10, offset=1))
    assert await work_in_process(db, policy, NOW, customer=str(offset % 200))
    await count_moves(db, policy.time_zone, date(2026, 10, 3), date(2026, 11, 2), None)
    await count_cancels(db, policy.time_zone, date(2026, 10, 3), date(2026, 11, 2), "7")
    await count_page(db)
    recalls = await recall.open_recalls(db, policy, customer=None)
    assert len(recalls) > 1
    await db.read(lambda tx: recall.with_evidence(tx, recalls[:1], customer=None))
    await db.read(lambda tx: recall.with_evidence(tx, recalls, customer=None))
    await db.read(lambda tx: trays.holdings(tx, offset, customer=None))
    await db.read(lambda tx: trays.holdings(tx, offset, customer="5"))


@contextlib.asynccontextmanager
async def explained(url: str) -> AsyncIterator[ExplainedDatabase]:
    db = connect.database(url)
    await db.open()
    try:
        yield ExplainedDatabase(db)
    finally:
        await db.close()


def scanned_tables(db: ExplainedDatabase) -> dict[str, list[str]]:
    return {statement: tables for statement, tables in db.plans.items() if tables}


async def test_plans_on_sqlite(big_sqlite_url: str) -> None:
    async with explained(big_sqlite_url) as db:
        await a_day(db, 1_000)

    assert scanned_tables(db) == {}
    assert len(db.plans) > 15


async def test_plans_on_sqlite_that_knows_its_statistics(big_sqlite_url: str, tmp_path: Path) -> None:
    analysed = tmp_path / "analysed.db"
    shutil.copyfile(big_sqlite_url.removeprefix("sqlite:///"), analysed)
    with contextlib.closing(apsw.Connection(str(analysed))) as link:
        link.execute("ANALYZE").fetchall()

    async with explained(f"sqlite:///{analysed}") as db:
        await a_day(db, 2_000)

    assert scanned_tables(db) == {}


@pytest.mark.parametrize(("offset", "plans"), [(1_000, "force_custom_plan"), (2_000, "force_generic_plan")])
async def test_plans_on_postgres(big_postgres_url: str, offset: int, plans: str) -> None:
    opened = PostgresDatabase(big_postgres_url, session={"plan_cache_mode": plans} | FREE_TO_SCAN)
    await opened.open()
    db = ExplainedDatabase(opened)
    await a_day(db, offset)
    await opened.close()

    assert scanned_tables(db) == {}
    assert len(db.plans) > 15


# The service's sessions forbid what is looked for here; an index that is missing has to show all the same.
FREE_TO_SCAN = {"enable_seqscan": "on", "enable_hashjoin": "on", "enable_mergejoin": "on"}
# Newer versions of PostgreSQL can skip through the customer's index for a PO, and the dates' for an order number.
INDEXES = [
    "uq_orders_order_number, ix_orders_date_wanted, ix_orders_date_ordered, ix_orders_customer_dates",
    "uq_orders_tray_key, ix_orders_tray, ix_orders_customer_tray",
    "ix_orders_po_number, ix_orders_customer_number",
]


@pytest.mark.parametrize("indexes", INDEXES)
async def test_without_an_index_it_would_show_on_sqlite(big_sqlite_url: str, tmp_path: Path, indexes: str) -> None:
    """The negative control."""
    without = tmp_path / "without.db"
    shutil.copyfile(big_sqlite_url.removeprefix("sqlite:///"), without)
    with contextlib.closing(apsw.Connection(str(without))) as link:
        for index in indexes.split(","):
            link.execute(f"DROP INDEX {index}").fetchall()

    async with explained(f"sqlite:///{without}") as db:
        await db.read(lambda tx: store.find(tx, [Ref("5")], Policy(1)))

    assert {*next(iter(db.plans.values()))} == {"orders"}


@pytest.mark.parametrize("indexes", INDEXES)
async def test_without_an_index_it_would_show_on_postgres(big_postgres_url: str, indexes: str) -> None:
    """The negative control; the index comes back with the roll-back."""

    class RolledBack(Exception):
        pass

    plans: dict[str, list[str]] = {}

    async def look(tx: Transaction) -> None:
        await tx.rows(Sql("", f"DROP INDEX {indexes}"))
        await store.find(Explaining(tx, plans), [Ref("5"), Ref("6")], Policy(1))
        raise RolledBack

    opened = PostgresDatabase(big_postgres_url, session=FREE_TO_SCAN)
    await opened.open()
    with pytest.raises(RolledBack):
        await opened.write(look)
    await opened.close()

    assert "orders" in next(iter(plans.values()))


async def test_a_plan_made_on_empty_tables_reads_none_of_them_whole(postgres: Database) -> None:
    plans: dict[str, list[str]] = {}

    async def look(tx: Transaction) -> list[str]:
        await store.find(Explaining(tx, plans), [Ref("5"), Ref("6")], Policy(1))
        return [row[0] for row in await tx.rows(Sql("", f"EXPLAIN {seal._UNSEALED.postgres}"), 1_000)]

    sealing = "\n".join(await postgres.read(look))

    assert next(iter(plans.values())) == []
    assert sealing.count("ix_events_unsealed") == 1
    assert sealing.count("pk_events") == 1


INDEXED = """
    SELECT DISTINCT a.attname FROM pg_depend d
    JOIN pg_index i ON i.indexrelid = d.objid AND d.classid = 'pg_class'::regclass
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE i.indrelid = 'orders'::regclass AND d.refobjid = i.indrelid"""


async def test_no_index_knows_a_column_that_a_cancel_or_a_scan_changes(postgres: Database) -> None:
    """So their new rows stay on the page of the old ones, and no index is written."""
    rows = await postgres.read(lambda tx: tx.rows(Sql("", INDEXED)))

    assert {row[0] for row in rows} == {
        "order_number",
        "tray_number",
        "tray_key",
        "po_number",
        "customer_number",
        "customer_job_id",
        "date_wanted",
        "date_ordered",
        "completed",
        "final_station",
        # a scan sets it to the null that it was; only the recall of a lost tray changes it
        "taken_over_at",
    }


@pytest.mark.parametrize("verb", [CANCEL, CHECK_IN])
async def test_a_batch_is_written_row_after_row_in_the_order_given(postgres: Database, verb: Verb[Any]) -> None:
    """So batches that are sorted by id lock in one order, and never deadlock."""
    write = GuardedWrite(columns=verb.columns, event=verb.event, scans=verb.scans, details=verb.details)
    nothing: list[list[Any]] = [[] for _ in range(write._width)]

    async def explain(tx: Transaction) -> str:
        text: str = (await tx.rows(Sql("", f"EXPLAIN (FORMAT JSON) {write._many.postgres}"), 1, *nothing))[0][0]
        return text

    [top] = json.loads(await postgres.read(explain))
    [update] = [node for node in top["Plan"]["Plans"] if node.get("Subplan Name") == "CTE u"]
    [once] = [node for node in update["Plans"] if node["Parent Relationship"] == "Outer"]
    [join] = once["Plans"]
    first, second = join["Plans"]

    assert (update["Node Type"], join["Node Type"]) == ("ModifyTable", "Nested Loop")
    assert (first["Node Type"], first["CTE Name"]) == ("CTE Scan", "i")
    assert (second["Node Type"], second["Index Name"]) == ("Index Scan", "pk_orders")
