"""`traylane backup`, `restore` and `feed new-epoch`."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.builders import cancel, desk, execute, make_orders
from tests.cli.conftest import Traylane
from tests.db.test_migrations import on_alembics_connection, until
from tests.journeys.conftest import SetUp, set_up
from traylane.clock import system_clock
from traylane.db.database import Database, Sql
from traylane.events.feed import Cursor, CursorGone, Feed

__all__ = ["set_up"]

LOST = "77"


@pytest.fixture
def path(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The file of a database that the environment names."""
    monkeypatch.setenv("TRAYLANE_DATABASE", sqlite_url)
    return sqlite_url.removeprefix("sqlite:///")


async def three_cancels(db: Database) -> None:
    await make_orders(db, ["1", "2", "3", LOST])
    for number in ("1", "2", "3"):
        await cancel(desk(db), number)


async def one_more(db: Database) -> Cursor:
    await cancel(desk(db), LOST)
    return await Feed(db, system_clock).newest()


async def cancelled(db: Database) -> list[str]:
    rows = await execute(db, Sql.same("SELECT order_number FROM orders WHERE cancelled_at IS NOT NULL ORDER BY 1"))
    return [row[0] for row in rows]


def test_a_backup_comes_back_and_readers_are_told_what_is_lost(
    traylane: Traylane, path: str, sqlite_url: str, tmp_path: Path, set_up: SetUp
) -> None:
    set_up(sqlite_url, three_cancels)
    backup = tmp_path / "b.db"
    made = traylane("backup", str(backup), "--json", "--database", sqlite_url)
    assert (made.code, made.json) == (0, {"file": str(backup), "bytes": backup.stat().st_size, "events": 3})
    assert [file.name for file in tmp_path.iterdir()] == ["b.db"]
    read_to = set_up(sqlite_url, one_more)

    ended = traylane("restore", str(backup), "--force", "--json", "--database", sqlite_url)

    assert (ended.code, ended.json["events"]) == (0, 3)
    assert set_up(sqlite_url, cancelled) == ["1", "2", "3"]
    assert set_up(f"sqlite:///{ended.json['kept']}", cancelled) == ["1", "2", "3", LOST]
    assert set_up(sqlite_url, lambda db: _why_gone(db, read_to)) == "lost"
    assert set_up(sqlite_url, lambda db: _why_gone(db, Cursor(read_to.epoch, 3))) == ""
    assert traylane("verify", "--database", sqlite_url).code == 0


async def _why_gone(db: Database, cursor: Cursor) -> str:
    try:
        await Feed(db, system_clock).read(cursor, fits=lambda _: True)
    except CursorGone as gone:
        return str(gone.data["why"])
    return ""


def test_in_a_folder_a_backup_is_named_after_the_time(traylane: Traylane, path: str, tmp_path: Path) -> None:
    ended = traylane("backup", str(tmp_path), "--database", f"sqlite:///{path}")
    [made] = tmp_path.iterdir()
    assert made.name.startswith("traylane-2")
    assert ended.out == f"{made}: {made.stat().st_size / 1e6:.1f} MB, whole, with 0 events in one chain.\n"


def test_nothing_is_replaced_unasked(traylane: Traylane, path: str, sqlite_url: str, tmp_path: Path) -> None:
    backup = str(tmp_path / "b.db")
    said = [
        traylane(*words, "--database", sqlite_url).err
        for words in (
            ("backup", path, "--force"),
            ("backup", backup),
            ("backup", backup),
            ("restore", backup),
            ("restore", backup + "c"),
            ("restore", path, "--force"),
        )
    ]
    assert said == [
        f"{path} is the database itself: name another file\n",
        "",
        f"There is {backup} already: name another file, or give --force\n",
        f"There is a database at {path}: give --force to replace it; it is kept under another name\n",
        f"There is no {backup}c: name another file\n",
        f"{path} is the database itself: name another file\n",
    ]


def test_a_changed_backup_is_not_restored(
    traylane: Traylane, path: str, sqlite_url: str, tmp_path: Path, set_up: SetUp
) -> None:
    set_up(sqlite_url, three_cancels)
    backup = tmp_path / "b.db"
    traylane("backup", str(backup), "--database", sqlite_url)
    set_up(f"sqlite:///{backup}", _rewrite_history)
    ended = traylane("restore", str(backup), "--force", "--database", sqlite_url)
    assert ended.code == 1
    assert ended.err.startswith("The event chain is broken; the event at position 2 is not the one that was sealed")
    assert set_up(sqlite_url, cancelled) == ["1", "2", "3"]


async def _rewrite_history(db: Database) -> None:
    await execute(db, Sql.same("DROP TRIGGER events_keep"))
    await execute(db, Sql.same("UPDATE events SET actor = 'nobody' WHERE position = 2"))


def test_a_backup_of_an_older_schema_is_brought_up_to_date(
    traylane: Traylane, tmp_path: Path, runner: asyncio.Runner
) -> None:
    backup, old, target = (f"{tmp_path}/{name}.db" for name in ("b", "old", "new"))
    target = f"sqlite:///{target}"
    runner.run(on_alembics_connection(f"sqlite:///{old}", _as_of_0004))
    made = traylane("backup", str(backup), "--database", f"sqlite:///{old}")
    restored = traylane("restore", str(backup), "--database", target)
    assert (made.code, restored.code, restored.err) == (0, 0, "")
    assert traylane("verify", "--orders", "--database", target).code == 0


def _as_of_0004(connection: sa.Connection) -> None:
    until(connection, "0004")
    connection.commit()


def test_a_full_disk_leaves_no_half_backup(path: str, sqlite_url: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "traylane", "backup", str(tmp_path / "b.db"), "--database", sqlite_url],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (3, "", 1)
    assert f"The disk that holds {tmp_path}/b.db.part" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_postgresql_is_told_what_to_do(traylane: Traylane) -> None:
    ended = traylane("backup", "b.db", "--database", "postgresql://lab@host/name")
    assert (ended.code, ended.out) == (2, "")
    assert "PostgreSQL: back it up with pg_dump or pgBackRest" in ended.err


def test_a_new_epoch_is_begun_on_either_engine(traylane: Traylane, database_url: str, set_up: SetUp) -> None:
    before = set_up(database_url, lambda db: Feed(db, system_clock).newest())
    ended = traylane("feed", "new-epoch", "--json", "--database", database_url)
    after = set_up(database_url, lambda db: Feed(db, system_clock).newest())
    assert ended.json == {"cursor": str(after)}
    assert after.epoch > before.epoch
