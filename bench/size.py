"""What a fetch and a cancel touch in a large laboratory: `python -m bench size` (5 000 000 orders, 50 000 000 scans).

The same look-ups run on a small and a large database of each engine, in turns. Counted are blocks of tables and
indexes, where PostgreSQL counts them for whatever the service really does, and pages that SQLite asks its cache for.
Processor time is that of the session of PostgreSQL, or of the whole desk on SQLite; the least of the passes, as others
use the machine. Exit code 1 when the large one needs more than GOAL times as much. 5 000 000 orders take a while and
some 15 GB for each engine; `--only` builds one of them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import apsw

from bench.contestants import ROOT
from bench.data import SQLITE
from bench.goals import Figure
from bench.postgres import Server, server
from bench.report import machine, table
from bench.size_fill import TRAYS, fill_postgres, fill_sqlite
from traylane.access.actor import COMMAND_LINE
from traylane.clock import system_clock
from traylane.db import connect
from traylane.db.database import Database, Sql, Transaction
from traylane.orders.cancel import CANCEL
from traylane.orders.cancel_rules import CancelRequest
from traylane.orders.desk import Desk
from traylane.orders.lookup import BY, Ref
from traylane.orders.verb import Request

GOAL = 1.25
SMALL = 10_000
LARGE = 5_000_000
PASSES = 6
"""Every other one counts what is touched, the others take the time."""
EACH = 80
"""Orders that are looked for, or cancelled, in one pass in one way."""
WARM_UP = 10
"""Of them, that nobody counts: statements get prepared, catalogues are read."""
UNQUIET = """
**The machine was not quiet: what is touched counts, the processor times do not.**
"""
HEADS = ["", "blocks or pages", "ratio", "µs of processor", "ratio", "goal", ""]
TOUCHED = """
    SELECT (SELECT coalesce(sum(heap_blks_hit + heap_blks_read), 0) FROM pg_statio_user_tables)
        + (SELECT coalesce(sum(idx_blks_hit + idx_blks_read), 0) FROM pg_statio_user_indexes)"""
SAY = Sql("", "SELECT pg_stat_force_next_flush()")
PID = Sql("", "SELECT pg_backend_pid()")
PAGE = ROOT / "docs" / "reference" / "size.md"
HOME = ROOT / "var" / "size"

Touch = Callable[[], Awaitable[int]]
Ask = Callable[[int], Awaitable[object]]


@dataclass
class Cost:
    """Of one request, a value for each pass: what it touched, and processor time in µs."""

    touched: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Side:
    """One database, with a desk of its own. `touched` counts up; `cpu` is seconds so far.

    `count`: whether it is touches or processor time that is wanted from now on.
    """

    orders: int
    desk: Desk
    touched: Touch
    cpu: Callable[[], float]
    count: Callable[[bool], object] = bool
    costs: dict[str, Cost] = field(default_factory=dict)

    def ways(self, pass_: int) -> Iterator[tuple[str, Ask]]:
        for kind, by in enumerate(BY):

            async def fetch(place: int, by: str = by) -> object:
                return await self.desk.find(Ref(given(by, place, self.orders), BY[by]), COMMAND_LINE)

            async def cancel(place: int, by: str = by, first: int = (pass_ * len(BY) + kind) * EACH) -> object:
                ref = Ref(given(by, first + place, self.orders), BY[by])
                request = Request(ref=ref, asked=CancelRequest("CUS"), actor=COMMAND_LINE, now=system_clock())
                return await self.desk.change(CANCEL, request)

            yield f"fetch by {by}", fetch
            yield f"cancel by {by}", cancel

    async def measure(self, name: str, ask: Ask, *, counting: bool) -> None:
        self.count(counting)
        for place in range(WARM_UP):
            await ask(place)
        before, since = await self.touched(), self.cpu()
        for place in range(WARM_UP, EACH):
            await ask(place)
        spent, counted = self.cpu() - since, await self.touched() - before
        cost = self.costs.setdefault(name, Cost())
        if counting:
            cost.touched.append(counted / (EACH - WARM_UP))
        else:
            cost.cpu_us.append(spent / (EACH - WARM_UP) * 1e6)


def given(by: str, place: int, orders: int) -> str:
    """What an order is asked for by: another one at each place, scattered over the table, none of them completed."""
    if by == "tray":
        return str((orders - TRAYS + place // 9 * 10 + 1 + place % 9) % TRAYS)
    tens = (orders - TRAYS) // 10
    at = place * 7919 % tens * 10 + 1 + place // tens
    return str(1_000_000 + at) if by == "order" else f"PO-{at}"


def desk_on(db: Database) -> Desk:
    return Desk(db=db, clock=system_clock, verbs=[CANCEL])


@asynccontextmanager
async def on_postgres(running: Server, name: str, orders: int) -> AsyncIterator[Side]:
    db = connect.database(running.url(name))

    async def session(tx: Transaction) -> int:
        await tx.rows(SAY)
        found: int = (await tx.rows(PID))[0][0]
        return found

    async def touched() -> int:
        await db.read(session)
        return int((await running.fetch(TOUCHED, database=name))[0][0])

    await db.open()
    desk = desk_on(db)
    schedule = Path(f"/proc/{await db.read(session)}/schedstat")
    yield Side(orders, desk, touched, lambda: int(schedule.read_text().split()[0]) / 1e9)
    await desk.close()
    await db.close()


@contextmanager
def connections() -> Iterator[list[apsw.Connection]]:
    """Those that this thread makes meanwhile; the checkpointer makes its own."""
    made: list[apsw.Connection] = []

    def note(connection: apsw.Connection) -> None:
        if threading.current_thread() is threading.main_thread():
            made.append(connection)

    apsw.connection_hooks.append(note)
    try:
        yield made
    finally:
        apsw.connection_hooks.remove(note)


@asynccontextmanager
async def on_sqlite(path: str, orders: int) -> AsyncIterator[Side]:
    db = connect.database(SQLITE + path)
    with connections() as made:
        await db.open()

    async def touched() -> int:
        counted = (apsw.SQLITE_DBSTATUS_CACHE_HIT, apsw.SQLITE_DBSTATUS_CACHE_MISS)
        return sum(connection.status(what)[0] for connection in made for what in counted)

    mapped = made[0].execute("PRAGMA mmap_size").get

    def count(counting: bool) -> None:
        for connection in made:
            # pages of a mapped file are asked of no cache, and so are not counted
            connection.execute(f"PRAGMA mmap_size={0 if counting else mapped}").fetchall()

    desk = desk_on(db)
    yield Side(orders, desk, touched, time.process_time, count)
    await desk.close()
    await db.close()


async def compare(
    small: AbstractAsyncContextManager[Side], large: AbstractAsyncContextManager[Side]
) -> list[list[str]]:
    """Rows of the table, for two sides that are not open yet."""
    async with small as few, large as many:
        for pass_ in range(PASSES):
            for (name, ask), (_, ask_many) in zip(few.ways(pass_), many.ways(pass_), strict=True):
                await few.measure(name, ask, counting=pass_ % 2 == 0)
                await many.measure(name, ask_many, counting=pass_ % 2 == 0)
        return [row(name, few.costs[name], many.costs[name]) for name in few.costs]


def row(name: str, few: Cost, many: Cost) -> list[str]:
    touched = median(few.touched), median(many.touched)
    cpu = min(few.cpu_us), min(many.cpu_us)
    ratios = touched[1] / touched[0], cpu[1] / cpu[0]
    verdict = Figure(name, [max(ratios)], GOAL, at_most=True).verdict
    return [
        name,
        f"{touched[0]:.1f} → {touched[1]:.1f}",
        f"{ratios[0]:.2f}",
        f"{cpu[0]:.0f} → {cpu[1]:.0f}",
        f"{ratios[1]:.2f}",
        f"≤ {GOAL:g}",
        verdict,
    ]


def sqlite_rows(folder: Path, orders: int) -> list[list[str]]:
    files = [folder / "small.db", folder / "large.db"]
    for file, many in zip(files, (SMALL, orders), strict=True):
        for old in folder.glob(f"{file.name}*"):
            old.unlink()
        fill_sqlite(str(file), many)
    rows = asyncio.run(compare(on_sqlite(str(files[0]), SMALL), on_sqlite(str(files[1]), orders)))
    for left in folder.glob("*.db*"):
        left.unlink()
    return [["SQLite, " + row[0], *row[1:]] for row in rows]


def postgres_rows(folder: Path, orders: int) -> tuple[list[list[str]], str]:
    with server(folder / "postgres", folder / "postgres.log") as running:
        fill_postgres(running, "small", SMALL)
        fill_postgres(running, "large", orders)
        rows = asyncio.run(compare(on_postgres(running, "small", SMALL), on_postgres(running, "large", orders)))
        version = asyncio.run(running.fetch("SHOW server_version"))[0][0]
    return [["PostgreSQL, " + row[0], *row[1:]] for row in rows], version


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench size", description=__doc__)
    parser.add_argument("--orders", type=int, default=LARGE, help="in the large database")
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument("--work", type=Path, default=HOME)
    asked = parser.parse_args(arguments)
    asked.work.mkdir(parents=True, exist_ok=True)
    rows: list[list[str]] = []
    version = ""
    if asked.only != "sqlite":
        rows, version = postgres_rows(asked.work, asked.orders)
    if asked.only != "postgres":
        rows += sqlite_rows(asked.work, asked.orders)
    shown = table(HEADS, iter(rows))
    print(shown)
    if asked.only is None and asked.work == HOME:
        PAGE.write_text(page(shown, asked.orders, version))
    return 1 if any(row[-1] == "FAIL" for row in rows) else 0


def page(shown: str, orders: int, version: str) -> str:
    return f"""# Size

Made by `python -m bench size --orders {orders}`: what one fetch and one cancel touch among {SMALL} orders and among
{orders}, ten scans each. Blocks of tables and indexes on PostgreSQL, pages asked of the cache on SQLite (median of
{PASSES // 2} passes); processor time of PostgreSQL's session, or of the whole desk on SQLite (the least of
{PASSES // 2} passes).

{shown}
{UNQUIET if os.getloadavg()[2] > 2 * (os.cpu_count() or 1) else ""}
{machine(version)}
"""
