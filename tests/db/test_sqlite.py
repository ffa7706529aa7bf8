"""SQLite's own traps: writers of several processes, and a write-ahead log that must not grow for ever."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import apsw
import pytest

from tests.builders import check_in, count, desk, execute, make_orders, make_station, order
from traylane.db import checkpointer, connect, sqlite_file
from traylane.db.database import Database, Sql, Transaction

BESIDE = """
import asyncio, json, sys
from tests import standstill
from traylane.db import connect
from traylane.db.database import Sql

WRITE = Sql.same("INSERT INTO customers (number, name) VALUES ($1, 'x')")

async def main(url):
    db = connect.database(url)
    await db.open()
    took = []
    for i in range(20):
        started = standstill.now()
        await db.write(lambda tx: tx.rows(WRITE, f"beside {i}"))
        took.append(standstill.since(started))
        await asyncio.sleep(0.02)
    await db.close()
    print(json.dumps(took))

asyncio.run(main(sys.argv[1]))
"""
BESIDE_WITHOUT_TURNS = """
import json, sys, time
import apsw

db = apsw.Connection(sys.argv[1].removeprefix("sqlite:///"))
db.set_busy_timeout(2500)
WRITE = "BEGIN IMMEDIATE; INSERT INTO customers (number, name) VALUES ('beside ' || ?, 'x'); COMMIT"
took = []
for i in range(100):
    started = time.monotonic()
    try:
        db.execute(WRITE, (i,)).fetchall()
    except apsw.BusyError:
        pass
    took.append(time.monotonic() - started)
    if took[-1] > 2:
        break
    time.sleep(0.02)
db.close()
print(json.dumps(took))
"""
INSIDE = """
import sys, time
from traylane.db.turnstile import Turnstile

Turnstile(sys.argv[1]).enter()
print("in", flush=True)
time.sleep(60)
"""


async def seconds_beside(url: str, program: str) -> list[float]:
    """What each of some writes of another process takes."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, url, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    said, _ = await asyncio.wait_for(child.communicate(), 100)
    assert child.returncode == 0
    took: list[float] = json.loads(said)
    return took


@asynccontextmanager
async def busy(db: Database) -> AsyncIterator[list[int]]:
    """A service whose writer never rests; the list counts its commits."""
    commits = [0]
    ending = False

    async def work(tx: Transaction) -> None:
        # As long as a large batch on a slow disk.
        await tx.rows(Sql.same("UPDATE config SET version = version + 1"))
        until = time.monotonic() + 0.015
        while time.monotonic() < until:
            pass

    async def client() -> None:
        while not ending:
            await db.write(work)
            commits[0] += 1

    clients = [asyncio.create_task(client()) for _ in range(16)]
    try:
        yield commits
    finally:
        ending = True
        await asyncio.gather(*clients)


@pytest.mark.slow
async def test_a_second_process_gets_through_beside_a_busy_writer(sqlite: Database, sqlite_url: str) -> None:
    async with busy(sqlite) as commits:
        took = await seconds_beside(sqlite_url, BESIDE)

    assert max(took) < 2.0
    assert commits[0] > 30


@pytest.mark.slow
async def test_without_the_turnstile_it_would_not(sqlite: Database, sqlite_url: str) -> None:
    """The negative control: SQLite's own waiting lets the busy one go first again and again."""
    async with busy(sqlite) as commits:
        took = await seconds_beside(sqlite_url, BESIDE_WITHOUT_TURNS)

    assert max(took) > 2.0
    assert commits[0] > 30


async def test_a_process_that_dies_inside_the_turnstile_frees_it(sqlite: Database, sqlite_url: str) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", INSIDE, sqlite_url.removeprefix("sqlite:///") + "-turn", stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    await child.stdout.readline()
    writing = asyncio.create_task(make_orders(sqlite, ["1"]))
    await asyncio.sleep(0.2)
    waited = not writing.done()

    child.send_signal(signal.SIGKILL)
    await child.wait()
    await asyncio.wait_for(writing, 20)

    assert waited
    assert await count(sqlite, "orders") == 1


async def test_what_another_process_writes_is_seen_at_once(sqlite: Database, sqlite_url: str) -> None:
    await make_orders(sqlite, ["1001"])
    assert (await order(sqlite)).on_hold is False

    other = apsw.Connection(sqlite_url.removeprefix("sqlite:///"))
    other.execute("UPDATE orders SET on_hold = true, revision = 2").fetchall()
    other.close()

    assert (await order(sqlite)).on_hold is True


async def written_log(url: str) -> int:
    """The largest size of the write-ahead log in bytes, while 50 MB go through it in 500 commits."""
    db = connect.database(url)
    await db.open()
    largest = 0
    for i in range(500):
        await execute(
            db, Sql.same("INSERT OR REPLACE INTO customers (number, name) VALUES ($1, $2)"), f"{i % 10}", "x" * 100_000
        )
        await asyncio.sleep(0.001)
        largest = max(largest, os.stat(url.removeprefix("sqlite:///") + "-wal").st_size)
    await db.close()
    return largest


async def test_checkpoints_keep_the_log_bounded(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpointer, "CHECKPOINT_PAGES", 250)
    monkeypatch.setattr(checkpointer, "RESTART_PAGES", 1_000)

    assert await written_log(sqlite_url) < 20_000_000


async def test_without_checkpoints_the_log_grows(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(checkpointer, "CHECKPOINT_PAGES", 1_000_000)

    assert await written_log(sqlite_url) > 45_000_000


async def test_a_reader_does_not_stop_the_checkpoints(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpointer, "CHECKPOINT_PAGES", 250)
    monkeypatch.setattr(checkpointer, "RESTART_PAGES", 1_000)
    db = connect.database(sqlite_url)
    await db.open()
    await make_station(db)
    await make_orders(db, ["1001"])

    async def scan() -> None:
        at_the_desk = desk(db)
        for _ in range(50):
            await check_in(at_the_desk)

    largest, _ = await asyncio.gather(written_log(sqlite_url), scan())
    await db.close()

    assert largest < 20_000_000


async def test_a_closed_database_leaves_no_log_behind(sqlite_url: str) -> None:
    db = connect.database(sqlite_url)
    await db.open()
    await make_orders(db, ["1"])
    await db.close()

    assert not os.path.exists(sqlite_url.removeprefix("sqlite:///") + "-wal")


async def test_closing_finishes_what_was_begun(sqlite_url: str) -> None:
    db = connect.database(sqlite_url)
    await db.open()
    writing = [asyncio.create_task(make_orders(db, [str(n)])) for n in range(20)]
    await asyncio.sleep(0)
    await db.close()

    assert await asyncio.gather(*writing) == [None] * 20


async def test_every_commit_is_on_disk(sqlite: Database) -> None:
    pragmas = {
        name: (await execute(sqlite, Sql.same(f"PRAGMA {name}")))[0][0]
        for name in ("journal_mode", "synchronous", "wal_autocheckpoint", "recursive_triggers", "trusted_schema")
    }

    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "wal_autocheckpoint": 0,
        "recursive_triggers": 1,
        "trusted_schema": 0,
    }


async def test_a_connection_keeps_no_more_of_the_database_than_it_may(tmp_path: Path) -> None:
    """A writer that has come past all of a large database would keep it in memory until the service ends."""
    path = str(tmp_path / "large.db")
    apsw.Connection(path).close()
    with closing(sqlite_file.connect(path)) as connection:
        connection.execute("CREATE TABLE pages (n INTEGER PRIMARY KEY, data BLOB)")
        for n in range(2 * sqlite_file.CACHE_KIB // 1024):
            connection.execute("INSERT INTO pages VALUES (?1, zeroblob(1024 * 1024))", (n,))
        used, _ = connection.status(apsw.SQLITE_DBSTATUS_CACHE_USED)
    assert 1024 * 1024 < used < 1.2 * 1024 * sqlite_file.CACHE_KIB <= 20 * 1024 * 1024


async def test_a_transaction_learns_that_another_process_waits(sqlite: Database, sqlite_url: str) -> None:
    """The other one is a database of its own, as in another process: it waits at the turnstile."""
    beside = connect.database(sqlite_url)
    await beside.open()
    inside, seen = threading.Event(), list[bool]()

    async def write(tx: Transaction) -> None:
        seen.append(await tx.others_wait())
        inside.set()
        for _ in range(500):
            if await tx.others_wait():
                break
            time.sleep(0.01)  # noqa: ASYNC251 in the writer thread
        seen.append(await tx.others_wait())

    first = asyncio.create_task(sqlite.write(write))
    await asyncio.to_thread(inside.wait, 20)
    await asyncio.gather(first, beside.write(_touch))
    await beside.close()
    assert seen == [False, True]


async def _touch(tx: Transaction) -> None:
    await tx.rows(Sql.same("UPDATE config SET version = version"))
