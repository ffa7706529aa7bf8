"""Copies of an SQLite database: of one moment, without holding anybody up, and never put where somebody works."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw
import pytest

from tests import standstill
from tests.builders import make_order, make_orders
from traylane.db import backup, checkpointer
from traylane.db.database import Database
from traylane.db.sqlite import SqliteDatabase
from traylane.errors import Fault

COUNT = "SELECT count(*) FROM orders"


def path_of(url: str) -> str:
    return url.removeprefix("sqlite:///")


def orders_in(path: str | Path) -> int:
    with closing(apsw.Connection(str(path))) as connection:
        return int(str(connection.execute(COUNT).fetchall()[0][0]))


@contextmanager
def a_snapshot(path: str) -> Iterator[None]:
    """Somebody reads for long."""
    with closing(apsw.Connection(path)) as reader:
        reader.execute(f"BEGIN; {COUNT}").fetchall()
        yield


async def test_a_copy_is_of_one_moment_whatever_is_written_meanwhile(
    sqlite: Database, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "PAGES_AT_ONCE", 1)
    await make_orders(sqlite, [f"A{n}" for n in range(500)])
    loop, target, slowest = asyncio.get_running_loop(), tmp_path / "copy.db", 0.0
    written = 0

    def write(_share: float) -> None:
        nonlocal written, slowest
        began = standstill.now()
        asyncio.run_coroutine_threadsafe(make_order(sqlite, f"B{written}"), loop).result(30)
        slowest = max(slowest, standstill.since(began))
        written += 1

    await asyncio.to_thread(backup.copy, path_of(sqlite_url), str(target), write)

    assert written > 50
    assert slowest < 1.0
    assert orders_in(target) == 500
    assert target.stat().st_mode & 0o777 == 0o600


async def test_whoever_reads_for_long_holds_no_writer_up(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpointer, "CHECKPOINT_PAGES", 10)
    monkeypatch.setattr(checkpointer, "RESTART_PAGES", 20)
    database, slowest = SqliteDatabase(path_of(sqlite_url)), 0.0
    await database.open()
    with a_snapshot(path_of(sqlite_url)):
        for number in range(100):
            began = standstill.now()
            await make_order(database, str(number))
            slowest = max(slowest, standstill.since(began))
    await database.close()
    assert slowest < 1.0


def test_a_damaged_page_is_noticed(sqlite_url: str) -> None:
    backup.require_intact(sqlite_url)
    with open(path_of(sqlite_url), "r+b") as file:
        file.seek(4096 * 5)
        file.write(os.urandom(4096))
    with pytest.raises(Fault, match="is damaged"):
        backup.require_intact(sqlite_url)


def test_what_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear laboratory, " * 1_000)
    with pytest.raises(Fault, match=r"letter\.txt is not an SQLite database"):
        backup.copy(str(tmp_path / "letter.txt"), str(tmp_path / "copy.db"))


def test_a_copy_that_is_not_finished_leaves_nothing(sqlite_url: str, tmp_path: Path) -> None:
    def interrupted(_share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), backup.partial(str(tmp_path / "copy.db")) as part:
        backup.copy(path_of(sqlite_url), part, interrupted)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_another_process_has_open_stays_where_it_is(sqlite_url: str) -> None:
    path = path_of(sqlite_url)
    holding = (
        f"import apsw; c = apsw.Connection({path!r}); c.execute({COUNT!r}).fetchall(); print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(Fault, match="is open: stop the service first"):
            backup.put_aside(path, path + ".old")
        other.communicate("\n", 10)
    backup.put_aside(path, path + ".old")
    assert not os.path.exists(path)
    assert orders_in(path + ".old") == 0


def test_a_log_that_was_left_behind_does_not_get_into_the_next_database(sqlite_url: str) -> None:
    path = path_of(sqlite_url)
    Path(path + "-wal").write_bytes(b"old")
    os.unlink(path)
    backup.put_aside(path, path + ".old")
    assert Path(path + ".old-wal").read_bytes() == b"old"
    assert not os.path.exists(path + "-wal")
