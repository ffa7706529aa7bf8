"""Measure the import against a bare loop that writes the same rows: `python -m bench import`, `--quick` for a minute.

The bare loop is `executemany` on SQLite (apsw, with the service's own pragmas) and `COPY` on PostgreSQL. It writes the
rows that an import left (orders, details, scans, trays, events) into the same tables with the same indexes, durably,
10 000 orders in a transaction; it has nothing to parse, to judge or to hash, and fetching the rows is not timed. The
import is the command as a person runs it, start of the process and reading of the file included. The two take turns.

Two ratios are shown, bare loop ÷ import. **By the clock** is what a person at the command waits, and what the goal is
held against: an import reads in one process and writes in another, so it may use two processors where the bare loop
uses one (on PostgreSQL both have the server's beside). **By processor time** is what both cost the machine: all
processes of the import, the one of the bare loop, on PostgreSQL with the server's in each; what waits for the disk or
for somebody else is not in it. On a busy machine, or one with a single processor, the clock says little.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import apsw
import asyncpg

from bench import report
from bench.data import SQLITE, TRAYLANE, insert
from bench.postgres import Server, server
from bench.processes import Broken, cpu_seconds, used_by
from traylane.cli import sample
from traylane.db import schema
from traylane.db.checkpointer import Checkpointer
from traylane.db.ids import NIL
from traylane.db.sqlite_file import connect

GOAL = 0.5
CHUNK = 10_000
MEGABYTE = 1024 * 1024
HEADS = [
    "engine",
    "bare loop, µs/order",
    "import, µs/order",
    "ratio by the clock",
    "lowest–highest",
    "goal",
    "bare loop, µs CPU/order",
    "import, µs CPU/order",
    "ratio by processor time",
    "lowest–highest",
    "import's memory, MiB",
]
TABLES = {
    "orders": "id",
    "order_details": "order_id",
    "scans": "order_id",
    "tray_events": "order_id",
    "events": "subject_id",
}
Part = tuple[str, list[str], list[tuple[Any, ...]]]


class Took(NamedTuple):
    """Seconds: by the clock, and of processors."""

    seconds: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s by the clock, {self.cpu:.2f} s of processors"


@dataclass(frozen=True)
class Round:
    """What the bare loop took and what the import took, for so many orders. `peak`: of both its processes, in bytes."""

    engine: str
    orders: int
    bare: Took
    ours: Took
    peak: int

    @property
    def ratio(self) -> float:
        """By the clock."""
        return self.bare.seconds / self.ours.seconds

    @property
    def ratio_of_cpu(self) -> float:
        return self.bare.cpu / self.ours.cpu


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench import", description=__doc__)
    parser.add_argument("--quick", action="store_true", default=os.environ.get("QUICK", "") not in ("", "0"))
    parser.add_argument("--orders", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument("--memory", action="store_true", help="the memory that 100 000 and 1 000 000 orders take")
    parser.add_argument("--work", type=Path, default=Path("var/bench-import"))
    given = parser.parse_args(arguments)
    orders, rounds = (30_000, 3) if given.quick else (200_000, 5)
    try:
        if given.memory:
            print(report.table(["orders in the file", "most memory, MiB"], memory(given.work)))
            return 0
        measured = measure(given.work, given.orders or orders, given.rounds or rounds, given.only)
    except (Broken, OSError, subprocess.CalledProcessError) as problem:
        print(f"bench import: {problem}", file=sys.stderr)
        return 1
    print(report.table(HEADS, rows(measured)))
    return 0 if all(median(r.ratio for r in mine) >= GOAL for mine in by_engine(measured)) else 1


def memory(folder: Path) -> Iterator[list[str]]:
    """The most memory that both processes of an import on SQLite have, for two lengths of the file."""
    for orders in (100_000, 1_000_000):
        file, setup = files(folder, orders)
        _, peak = imported(sqlite_file(folder / "memory.db")(setup), file, None)
        yield [f"{orders:,}".replace(",", " "), f"{peak / MEGABYTE:.0f}"]
    for left in folder.glob("memory.db*"):
        left.unlink()


def files(folder: Path, orders: int) -> tuple[Path, Path]:
    """A file of orders, and the set-up that they need."""
    folder.mkdir(parents=True, exist_ok=True)
    file, setup = folder / "orders.jsonl", folder / "setup.toml"
    setup.write_text(sample.setup_text())
    with file.open("wb") as lines:
        lines.writelines(sample.order_lines(orders))
    return file, setup


def measure(folder: Path, orders: int, rounds: int, only: str | None) -> list[Round]:
    file, setup = files(folder, orders)
    model = folder / "model.db"
    imported(sqlite_file(model)(setup), file, None)
    found: list[Round] = []
    with server(folder / "postgres", folder / "postgres.log") as postgres:
        engines = {"sqlite": sqlite_file(folder / "import.db"), "postgres": postgres_database(postgres)}
        for _ in range(rounds):
            for engine, fresh in engines.items():
                if only in (None, engine):
                    pid = postgres.pid if engine == "postgres" else None
                    bare = bare_loop(fresh(setup), model, pid)
                    ours, peak = imported(fresh(setup), file, pid)
                    found.append(Round(engine, orders, bare, ours, peak))
                    print(f"{engine}: bare {bare}, import {ours}", file=sys.stderr, flush=True)
    for left in folder.glob("*.db*"):
        left.unlink()
    return found


def by_engine(measured: list[Round]) -> list[list[Round]]:
    return [[r for r in measured if r.engine == engine] for engine in dict.fromkeys(r.engine for r in measured)]


def rows(measured: list[Round]) -> Iterator[list[str]]:
    for mine in by_engine(measured):
        yield [
            {"sqlite": "SQLite, `executemany`", "postgres": "PostgreSQL, `COPY`"}[mine[0].engine],
            micros(r.bare.seconds / r.orders for r in mine),
            micros(r.ours.seconds / r.orders for r in mine),
            *spread([r.ratio for r in mine]),
            f"≥ {GOAL:g}",
            micros(r.bare.cpu / r.orders for r in mine),
            micros(r.ours.cpu / r.orders for r in mine),
            *spread([r.ratio_of_cpu for r in mine]),
            f"{max(r.peak for r in mine) / MEGABYTE:.0f}",
        ]


def micros(seconds: Iterable[float]) -> str:
    return f"{median(seconds) * 1e6:.0f}"


def spread(ratios: list[float]) -> list[str]:
    return [f"{median(ratios):.2f}", f"{min(ratios):.2f}–{max(ratios):.2f}"]


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


def imported(url: str, file: Path, postgres: int | None) -> tuple[Took, int]:
    """What the command takes, and the most memory it has, in bytes. `postgres`: the server's process."""
    before = cpu_seconds(postgres) if postgres else 0.0
    used = used_by([TRAYLANE, "orders", "import", file, "--database", url])
    if used.code:
        raise Broken(f"the import ended with {used.code}")
    return Took(used.seconds, used.cpu + (cpu_seconds(postgres) if postgres else 0.0) - before), used.memory


def bare_loop(url: str, model: Path, postgres: int | None) -> Took:
    if url.startswith(SQLITE):
        return bare_sqlite(url.removeprefix(SQLITE), model)
    before = cpu_seconds(postgres) if postgres else 0.0
    took = asyncio.run(bare_postgres(url, model))
    return Took(took.seconds, took.cpu + (cpu_seconds(postgres) if postgres else 0.0) - before)


class Stopwatch:
    """Adds up what blocks take."""

    def __init__(self) -> None:
        self.took = Took(0.0, 0.0)

    @contextmanager
    def running(self) -> Iterator[None]:
        clock, cpu = time.perf_counter(), time.process_time()
        yield
        self.took = Took(self.took.seconds + time.perf_counter() - clock, self.took.cpu + time.process_time() - cpu)


def bare_sqlite(path: str, model: Path) -> Took:
    connection, watch = connect(path), Stopwatch()
    checkpointer = Checkpointer(path)

    def note(_connection: apsw.Connection, _name: str, pages: int) -> int:
        checkpointer.log_grew(pages)
        return 0

    connection.set_wal_hook(note)
    try:
        for parts in chunks(model, sealed=True):
            with watch.running(), connection:
                for table, columns, values in parts:
                    connection.executemany(insert(table, columns), values)
    finally:
        checkpointer.stop()
        connection.close()
    return watch.took


async def bare_postgres(url: str, model: Path) -> Took:
    connection, watch = await asyncpg.connect(url), Stopwatch()
    try:
        for parts in chunks(model, sealed=False):
            with watch.running():
                async with connection.transaction():
                    for table, columns, values in parts:
                        await connection.copy_records_to_table(table, columns=columns, records=values)
    finally:
        await connection.close()
    return watch.took


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
