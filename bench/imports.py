"""Measure the import against a bare loop that writes the same rows: `python -m bench import`, `--quick` for a minute.

The bare loop is `executemany` on SQLite (apsw, with the service's own pragmas) and `COPY` on PostgreSQL. It writes the
rows that an import left (orders, details, scans, events) into the same tables with the same indexes, durably, 10 000
orders in a transaction; it has nothing to parse, to judge or to hash, and fetching the rows is not timed. The import is
the command as a person runs it, start of the process and reading of the file included. The two take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import apsw
import asyncpg

from bench import report
from bench.data import SQLITE, TRAYLANE, insert
from bench.postgres import Server, server
from bench.processes import Broken
from traylane.cli import sample
from traylane.db import schema
from traylane.db.ids import NIL
from traylane.db.sqlite import Checkpointer, connect

GOAL = 0.5
CHUNK = 10_000
MEGABYTE = 1024 * 1024
HEADS = ["engine", "bare loop, orders/s", "import, orders/s", "ratio", "lowest–highest", "goal", "import's memory, MiB"]
TABLES = {"orders": "id", "order_details": "order_id", "scans": "order_id", "events": "subject_id"}
Part = tuple[str, list[str], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Round:
    """Orders a second, and the most memory that the import had."""

    engine: str
    bare: float
    ours: float
    peak: int

    @property
    def ratio(self) -> float:
        return self.ours / self.bare


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench import", description=__doc__)
    parser.add_argument("--quick", action="store_true", default=os.environ.get("QUICK", "") not in ("", "0"))
    parser.add_argument("--orders", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument("--work", type=Path, default=Path("var/bench-import"))
    given = parser.parse_args(arguments)
    orders, rounds = (30_000, 3) if given.quick else (200_000, 5)
    try:
        measured = measure(given.work, given.orders or orders, given.rounds or rounds, given.only)
    except (Broken, OSError, subprocess.CalledProcessError) as problem:
        print(f"bench import: {problem}", file=sys.stderr)
        return 1
    print(report.table(HEADS, rows(measured)))
    return 0 if all(median(r.ratio for r in mine) >= GOAL for mine in by_engine(measured)) else 1


def measure(folder: Path, orders: int, rounds: int, only: str | None) -> list[Round]:
    folder.mkdir(parents=True, exist_ok=True)
    file, model, setup = folder / "orders.jsonl", folder / "model.db", folder / "setup.toml"
    setup.write_text(sample.setup_text())
    with file.open("wb") as lines:
        lines.writelines(sample.order_lines(orders))
    import_seconds(sqlite_file(model)(setup), file)
    found: list[Round] = []
    with server(folder / "postgres", folder / "postgres.log") as postgres:
        engines = {"sqlite": sqlite_file(folder / "import.db"), "postgres": postgres_database(postgres)}
        for _ in range(rounds):
            for engine, fresh in engines.items():
                if only in (None, engine):
                    bare = orders / bare_seconds(fresh(setup), model)
                    seconds, peak = import_seconds(fresh(setup), file)
                    found.append(Round(engine, bare, orders / seconds, peak))
                    print(f"{engine}: {bare:.0f} bare, {orders / seconds:.0f} imported", file=sys.stderr, flush=True)
    for left in folder.glob("*.db*"):
        left.unlink()
    return found


def by_engine(measured: list[Round]) -> list[list[Round]]:
    return [[r for r in measured if r.engine == engine] for engine in dict.fromkeys(r.engine for r in measured)]


def rows(measured: list[Round]) -> Iterator[list[str]]:
    for mine in by_engine(measured):
        ratios = [r.ratio for r in mine]
        yield [
            {"sqlite": "SQLite, `executemany`", "postgres": "PostgreSQL, `COPY`"}[mine[0].engine],
            f"{median(r.bare for r in mine):.0f}",
            f"{median(r.ours for r in mine):.0f}",
            f"{median(ratios):.2f}",
            f"{min(ratios):.2f}–{max(ratios):.2f}",
            f"≥ {GOAL:g}",
            f"{max(r.peak for r in mine) / MEGABYTE:.0f}",
        ]


def sqlite_file(file: Path) -> Callable[[Path], str]:
    def fresh(setup: Path) -> str:
        for left in file.parent.glob(f"{file.name}*"):
            left.unlink()
        return set_up(f"{SQLITE}{file}", setup)

    return fresh


def postgres_database(postgres: Server) -> Callable[[Path], str]:
    def fresh(setup: Path) -> str:
        async def empty() -> None:
            await postgres.drop("import")
            await postgres.execute('CREATE DATABASE "import"', "CHECKPOINT")

        asyncio.run(empty())
        return set_up(postgres.url("import"), setup)

    return fresh


def set_up(url: str, setup: Path) -> str:
    for command in (["migrate"], ["setup", "apply", setup]):
        subprocess.run([TRAYLANE, *command, "--database", url], check=True, capture_output=True)
    return url


def import_seconds(url: str, file: Path) -> tuple[float, int]:
    """How long the command takes, and the most memory it has, in bytes."""
    began = time.perf_counter()
    process = subprocess.Popen([TRAYLANE, "orders", "import", file, "--database", url], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Broken(f"the import ended with {process.returncode}")
    return seconds, used.ru_maxrss * 1024


def bare_seconds(url: str, model: Path) -> float:
    if url.startswith(SQLITE):
        return bare_sqlite(url.removeprefix(SQLITE), model)
    return asyncio.run(bare_postgres(url, model))


def bare_sqlite(path: str, model: Path) -> float:
    connection, seconds = connect(path), 0.0
    checkpointer = Checkpointer(path)

    def note(_connection: apsw.Connection, _name: str, pages: int) -> int:
        checkpointer.log_grew(pages)
        return 0

    connection.set_wal_hook(note)
    try:
        for parts in chunks(model, sealed=True):
            began = time.perf_counter()
            with connection:
                for table, columns, values in parts:
                    connection.executemany(insert(table, columns), values)
            seconds += time.perf_counter() - began
    finally:
        checkpointer.stop()
        connection.close()
    return seconds


async def bare_postgres(url: str, model: Path) -> float:
    connection, seconds = await asyncpg.connect(url), 0.0
    try:
        for parts in chunks(model, sealed=False):
            began = time.perf_counter()
            async with connection.transaction():
                for table, columns, values in parts:
                    await connection.copy_records_to_table(table, columns=columns, records=values)
            seconds += time.perf_counter() - began
    finally:
        await connection.close()
    return seconds


def chunks(model: Path, *, sealed: bool) -> Iterator[list[Part]]:
    """The rows of CHUNK orders after the other, as they lie in the database `model`."""
    connection = apsw.Connection(str(model), flags=apsw.SQLITE_OPEN_READONLY)
    after: Any = NIL
    ids = "SELECT max(id) FROM (SELECT id FROM orders WHERE id > ? ORDER BY id LIMIT ?)"
    while (until := connection.execute(ids, (after, CHUNK)).get) is not None:
        yield [part(connection, table, key, after, until, sealed=sealed) for table, key in TABLES.items()]
        after = until
    connection.close()


def part(connection: apsw.Connection, table: str, key: str, after: Any, until: Any, *, sealed: bool) -> Part:
    columns = [column for column in schema.metadata.tables[table].columns if not column.computed]
    if not sealed:
        columns = [column for column in columns if column.name not in ("position", "hash")]
    names = [column.name for column in columns]
    found = connection.execute(
        f"SELECT {', '.join(names)} FROM {table} WHERE {key} > ? AND {key} <= ? ORDER BY {key}", (after, until)
    ).fetchall()
    flags = {place for place, column in enumerate(columns) if column.type.python_type is bool}
    return table, names, [tuple(bool(v) if i in flags else v for i, v in enumerate(row)) for row in found]
