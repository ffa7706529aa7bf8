"""What a look and a cancel touch in a large laboratory: `python -m bench.plans` (5 000 000 orders, 50 000 000 scans).

The same look-ups run on two databases of PostgreSQL, a small and a large one, both made by the server itself. Blocks of
tables and indexes are counted where the server counts them, for whatever the service really does. Exit code 1 when the
large one needs more than GOAL times as much. Takes a while, and some 15 GB.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.contestants import ROOT
from bench.data import TRAYLANE
from bench.postgres import Server, server
from traylane.access.actor import COMMAND_LINE
from traylane.clock import system_clock
from traylane.db.database import Sql, Transaction
from traylane.db.postgres import PostgresDatabase
from traylane.orders.cancel import CANCEL
from traylane.orders.cancel_rules import CancelRequest
from traylane.orders.desk import Desk
from traylane.orders.lookup import BY, Ref
from traylane.orders.verb import Request

GOAL = 1.25
SMALL = 10_000
LARGE = 5_000_000
SAMPLE = 500
"""How many orders are looked for, and cancelled, in each way."""
TRAYS = 2_000
"""As many of the newest orders hold a tray."""

# Ten scans an order; every tenth order is completed, a PO is for one order.
FILL = [
    "ALTER TABLE orders SET UNLOGGED",
    "ALTER TABLE order_details SET UNLOGGED",
    "ALTER TABLE scans SET UNLOGGED",
    """INSERT INTO orders (id, order_number, tray_number, tray_key, po_number, customer_number, status, scan_count,
        station, station_at)
    SELECT {id}, (1000000 + n)::text, (n % {trays})::text,
        CASE WHEN n > {orders} - {trays} AND n % 10 > 0 THEN n % {trays} END,
        'PO-' || n, (1000 + n % 500)::text, CASE WHEN n % 10 = 0 THEN 'C' ELSE 'P' END, 10, 'POL', 1788000000000 + n
    FROM generate_series(1, {orders}) n""",
    """INSERT INTO order_details SELECT {id}, '{{"frameName":"' || repeat('x', 1200) || '"}}'
    FROM generate_series(1, {orders}) n""",
    """INSERT INTO scans (order_id, seq, station, operator, at, non_cancel)
    SELECT {id}, s, 'S' || s, 'T01', 1788000000000 + n, false
    FROM generate_series(1, {orders}) n, generate_series(1, 10) s""",
    "INSERT INTO stations (code, description, non_cancel) SELECT 'S' || n, '', n > 10 FROM generate_series(1, 20) n",
    "VACUUM (FREEZE, ANALYZE)",
]
_ID = "decode(lpad(to_hex(1788000000000 + n), 12, '0') || md5(n::text), 'hex')"
ID = f"substring({_ID} FOR 16)"
TOUCHED = """
    SELECT (SELECT coalesce(sum(heap_blks_hit + heap_blks_read), 0) FROM pg_statio_user_tables)
        + (SELECT coalesce(sum(idx_blks_hit + idx_blks_read), 0) FROM pg_statio_user_indexes)"""
SAY = Sql("", "SELECT pg_stat_force_next_flush()")
PID = Sql("", "SELECT pg_backend_pid()")


@dataclass(frozen=True)
class Cost:
    """Of one request: blocks touched, and the processor time of its session in µs."""

    blocks: float
    cpu_us: float


def fill(server: Server, name: str, orders: int) -> None:
    asyncio.run(server.execute(f"CREATE DATABASE {name}"))
    migrate = [TRAYLANE, "migrate", "--database", server.url(name)]
    subprocess.run([str(part) for part in migrate], check=True, stdout=subprocess.DEVNULL)
    for statement in FILL:
        print(f"{name}: {statement.split('(', maxsplit=1)[0].strip()}", file=sys.stderr, flush=True)
        asyncio.run(server.execute(statement.format(orders=orders, trays=TRAYS, id=ID), database=name))


def given(by: str, place: int, orders: int) -> str:
    """What an order is asked for by: another one at each place, scattered over the table, none of them completed."""
    if by == "tray":
        return str((orders - TRAYS + place // 9 * 10 + 1 + place % 9) % TRAYS)
    tens = (orders - TRAYS) // 10
    at = place * 7919 % tens * 10 + 1 + place // tens
    return str(1_000_000 + at) if by == "order" else f"PO-{at}"


async def cost(server: Server, name: str, db: PostgresDatabase, ask: Callable[[int], Awaitable[object]]) -> Cost:
    async def pid(tx: Transaction) -> int:
        await tx.rows(SAY)
        found: int = (await tx.rows(PID))[0][0]
        return found

    async def touched() -> int:
        return int((await server.fetch(TOUCHED, database=name))[0][0])

    for place in range(20):  # statements get prepared, catalogues are read
        await ask(place)
    session = psutil.Process(await db.read(pid))
    before, since = await touched(), sum(session.cpu_times()[:2])
    for place in range(20, 20 + SAMPLE):
        await ask(place)
    spent = sum(session.cpu_times()[:2]) - since
    await db.read(pid)
    return Cost((await touched() - before) / SAMPLE, spent / SAMPLE * 1e6)


async def costs(server: Server, name: str, orders: int) -> dict[str, Cost]:
    db = PostgresDatabase(server.url(name))
    await db.open()
    desk = Desk(db=db, clock=system_clock, verbs=[CANCEL])
    found = {}
    for start, by in enumerate(BY):

        async def fetch(place: int, by: str = by) -> object:
            return await desk.find(Ref(given(by, place, orders), BY[by]), COMMAND_LINE)

        async def cancel(place: int, by: str = by, start: int = start) -> object:
            ref = Ref(given(by, place + start * 2 * SAMPLE, orders), BY[by])
            request = Request(ref=ref, asked=CancelRequest("CUS"), actor=COMMAND_LINE, now=system_clock())
            return await desk.change(CANCEL, request)

        found[f"fetch by {by}"] = await cost(server, name, db, fetch)
        found[f"cancel by {by}"] = await cost(server, name, db, cancel)
    await desk.close()
    await db.close()
    return found


def report(small: dict[str, Cost], large: dict[str, Cost]) -> bool:
    """Print the table; whether every ratio of blocks is within the goal."""
    print(f"{'':18}{'blocks':>20}{'ratio':>8}{'µs':>16}{'ratio':>8}")
    for name, few in small.items():
        many = large[name]
        print(
            f"{name:18}{few.blocks:9.1f} → {many.blocks:8.1f}{many.blocks / few.blocks:8.2f}"
            f"{few.cpu_us:7.0f} → {many.cpu_us:6.0f}{many.cpu_us / few.cpu_us:8.2f}"
        )
    return all(large[name].blocks <= GOAL * few.blocks for name, few in small.items())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.plans", description=__doc__)
    parser.add_argument("--orders", type=int, default=LARGE, help="in the large database")
    parser.add_argument("--work", type=Path, default=ROOT / "var" / "plans")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    with server(asked.work / "postgres", asked.work / "postgres.log") as running:
        fill(running, "small", SMALL)
        fill(running, "large", asked.orders)
        small = asyncio.run(costs(running, "small", SMALL))
        large = asyncio.run(costs(running, "large", asked.orders))
    return 0 if report(small, large) else 1


if __name__ == "__main__":
    sys.exit(main())
