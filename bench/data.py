"""Fill an empty database of either engine with orders; both get the same rows.

`python -m bench.data --database URL --orders N` fills one by hand.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import asyncpg
import sqlalchemy as sa

from bench import orders
from traylane.db import schema

CHUNK = 5_000
SQLITE = "sqlite:///"
TRAYLANE = Path(sys.executable).with_name("traylane")

SETUP: list[tuple[sa.Table, list[dict[str, Any]]]] = [
    (schema.config, [{"one": 1, "version": 1}]),
    (
        schema.settings,
        [
            {"name": "Modules:Job Tracker", "value": "true"},
            {"name": "Orders1:Enter reason code when deleting order", "value": "true"},
        ],
    ),
    (schema.reasons, [{"code": "CUS", "description": "Customer request", "active": True}]),
    (
        schema.stations,
        [
            {"code": code, "description": what, "customer_description": said, "sequence": at, "non_cancel": final}
            for code, what, said, at, final in orders.STATIONS
        ],
    ),
    (schema.customers, [{"number": "1001", "name": "Sample Optics"}]),
]


def fill(url: str, total: int, *, migrate: bool) -> None:
    """Tables, the laboratory's set-up and `total` orders; `migrate`: by the service's own command."""
    if migrate:
        subprocess.run([TRAYLANE, "migrate", "--database", url], check=True, stdout=subprocess.DEVNULL)
    if url.startswith(SQLITE):
        fill_sqlite(url.removeprefix(SQLITE), total, create=not migrate)
    else:
        asyncio.run(fill_postgres(url, total, create=not migrate))


def tables(url: str) -> list[str]:
    """The statements that make the tables, from the same metadata that the migrations are held against."""
    statements: list[str] = []

    def collect(statement: sa.Executable, *_: Any, **__: Any) -> None:
        statements.append(str(statement.compile(dialect=engine.dialect)))  # type: ignore[attr-defined]

    engine = sa.create_mock_engine(url, collect)
    schema.metadata.create_all(engine, checkfirst=False)
    return statements


def setup_statements() -> Iterator[str]:
    """The set-up as plain statements; rows that a migration has put there are replaced."""
    for table, rows in SETUP:
        key = next(iter(table.primary_key)).name
        for row in rows:
            values = ", ".join(literal(value) for value in row.values())
            yield f"DELETE FROM {table.name} WHERE {key} = {literal(row[key])}"
            yield f"INSERT INTO {table.name} ({', '.join(row)}) VALUES ({values})"


def literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def chunks(total: int) -> Iterator[list[orders.Rows]]:
    rows = orders.generate(total)
    while chunk := list(itertools.islice(rows, CHUNK)):
        yield chunk


async def fill_postgres(url: str, total: int, *, create: bool) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in itertools.chain(tables("postgresql://") if create else (), setup_statements()):
            await connection.execute(statement)
        for chunk in chunks(total):
            for table, columns, records in (
                ("orders", orders.ORDER_COLUMNS, [row.order for row in chunk]),
                ("order_details", orders.DETAIL_COLUMNS, [row.details for row in chunk]),
                ("scans", orders.SCAN_COLUMNS, [scan for row in chunk for scan in row.scans]),
            ):
                await connection.copy_records_to_table(table, columns=columns, records=records)
        await connection.execute("VACUUM (FREEZE, ANALYZE)")
    finally:
        await connection.close()


def fill_sqlite(path: str, total: int, *, create: bool) -> None:
    connection = apsw.Connection(path)
    try:
        connection.pragma("journal_mode", "wal")
        with connection:
            for statement in itertools.chain(tables("sqlite://") if create else (), setup_statements()):
                connection.execute(statement)
            for chunk in chunks(total):
                connection.executemany(insert("orders", orders.ORDER_COLUMNS), [row.order for row in chunk])
                connection.executemany(insert("order_details", orders.DETAIL_COLUMNS), [row.details for row in chunk])
                scans = [scan for row in chunk for scan in row.scans]
                connection.executemany(insert("scans", orders.SCAN_COLUMNS), scans)
        connection.execute("ANALYZE")
        connection.pragma("wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def insert(table: str, columns: list[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def create_key(url: str) -> str:
    """A key for the load generator, made as a user would make it."""
    scopes = "orders:read,orders:cancel,tracking:write,reports:read"
    command = [str(TRAYLANE), "keys", "create", "--name", "bench", "--scopes", scopes, "--json", "--database", url]
    made = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return str(json.loads(made)["key"])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.data", description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--orders", type=int, default=60_000)
    parser.add_argument("--migrate", action="store_true", help="tables by `traylane migrate`, else from the metadata")
    given = parser.parse_args()
    fill(given.database, given.orders, migrate=given.migrate)


if __name__ == "__main__":
    main()
