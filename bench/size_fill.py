"""Fill a database of either engine by itself, with as many orders as one likes: ten scans an order.

Every tenth order is completed, a PO is for one order, the newest orders hold the trays.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable

import apsw

from bench.data import SQLITE, TRAYLANE
from bench.postgres import Server

TRAYS = 2_000
"""As many of the newest orders hold a tray."""

ROWS = [
    """INSERT INTO orders (id, order_number, tray_number, tray_key, po_number, customer_number, status, scan_count,
        station, station_at)
    SELECT {id}, CAST(1000000 + n AS TEXT), CAST(n % {trays} AS TEXT),
        CASE WHEN n > {orders} - {trays} AND n % 10 > 0 THEN n % {trays} END,
        'PO-' || n, CAST(1000 + n % 500 AS TEXT), CASE WHEN n % 10 = 0 THEN 'C' ELSE 'P' END, 10, 'POL',
        1788000000000 + n
    FROM {numbers}""",
    """INSERT INTO order_details (order_id, data) SELECT {id}, '{{"frameName":"{filler}"}}' FROM {numbers}""",
    """INSERT INTO scans (order_id, seq, station, operator, at, non_cancel)
    SELECT {id}, s.column1, 'S' || s.column1, 'T01', 1788000000000 + n, false
    FROM {numbers} CROSS JOIN (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) s""",
]
STATIONS = "INSERT INTO stations (code, description, non_cancel) VALUES " + ", ".join(
    f"('S{n}', '', {'true' if n > 10 else 'false'})" for n in range(1, 21)
)
POSTGRES = {
    "numbers": "generate_series({first}, {last}) n",
    "id": "decode(lpad(to_hex(1788000000000 + n), 12, '0') || lpad(to_hex(n::bigint * 7919), 20, '0'), 'hex')",
}
SQLITE_ONES = {
    "numbers": "(WITH RECURSIVE i AS (SELECT {first} n UNION ALL SELECT n+1 FROM i WHERE n < {last}) SELECT * FROM i)",
    "id": "unhex(printf('%012x%020x', 1788000000000 + n, n * 7919))",
}
PART = 500_000
"""Orders in one statement."""


def fill_postgres(server: Server, name: str, orders: int) -> None:
    def run(statement: str) -> None:
        asyncio.run(server.execute(statement, database=name))

    asyncio.run(server.execute(f"CREATE DATABASE {name}"))
    migrate(server.url(name))
    for table in ("orders", "order_details", "scans"):
        run(f"ALTER TABLE {table} SET UNLOGGED")
    put(run, POSTGRES, name, orders)
    run("VACUUM (FREEZE, ANALYZE)")


def fill_sqlite(path: str, orders: int) -> None:
    migrate(SQLITE + path)
    connection = apsw.Connection(path)
    try:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-262144"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        put(connection.execute, SQLITE_ONES, path, orders)
        connection.execute("PRAGMA analysis_limit=1000; ANALYZE").fetchall()
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
    finally:
        connection.close()


def migrate(url: str) -> None:
    subprocess.run([TRAYLANE, "migrate", "--database", url], check=True, stdout=subprocess.DEVNULL)


def put(run: Callable[[str], object], dialect: dict[str, str], name: str, orders: int) -> None:
    run(STATIONS)
    for first in range(1, orders + 1, PART):
        began, last = time.monotonic(), min(first + PART - 1, orders)
        numbers = dialect["numbers"].format(first=first, last=last)
        for statement in ROWS:
            run(statement.format(id=dialect["id"], numbers=numbers, orders=orders, trays=TRAYS, filler="x" * 1200))
        print(f"{name}: {last} orders, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
