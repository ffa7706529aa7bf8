"""A database that cannot be used says so in one sentence that tells what to do."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import pytest

from tests.builders import cancel, desk, execute, make_newer, make_order
from tests.db import outside
from traylane.db import connect, migrate, sqlite_file
from traylane.db.database import Database, Sql
from traylane.db.revision import HEAD
from traylane.errors import Fault, Unavailable


async def the_fault(url: str) -> str:
    """What somebody reads who starts the service with this database."""
    with pytest.raises(Fault) as fault:
        await connect.require_usable(url)
    return str(fault.value)


def path_of(url: str) -> str:
    return url.removeprefix("sqlite:///")


# --- SQLite ---


async def test_a_file_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"

    said = await the_fault(f"sqlite:///{path}")

    assert said == f"No database at {path}: create it with `traylane migrate --database sqlite:///{path}`"
    assert not path.exists()


async def test_a_file_that_is_missing_is_not_created_by_opening_it(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"

    with pytest.raises(Fault, match="No database at"):
        await connect.database(f"sqlite:///{path}").open()

    assert not path.exists()


async def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=f"No folder {tmp_path}/nowhere: create it first"):
        await migrate.upgrade(f"sqlite:///{tmp_path}/nowhere/lab.db")


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"
    path.write_text("order,tray\n" * 1000)

    said = await the_fault(f"sqlite:///{path}")

    assert said == f"{path} is not an SQLite database: name another file with --database"
    assert path.read_text() == "order,tray\n" * 1000


async def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    said = await the_fault(f"sqlite:///{tmp_path}")

    assert said == f"The database {tmp_path} cannot be opened: give the service's user access to it and its folder"


async def test_an_empty_file_is_a_database_without_a_schema(tmp_path: Path) -> None:
    path = tmp_path / "lab.db"
    path.touch()

    said = await the_fault(f"sqlite:///{path}")

    assert said == "The database's schema is behind this version of Traylane: run `traylane migrate` first"


async def test_a_damaged_file(sqlite_url: str) -> None:
    path = Path(path_of(sqlite_url))
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))

    assert await the_fault(sqlite_url) == f"The database {path} is damaged: restore the last backup"


async def test_a_file_that_another_program_has_locked(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "LOCK_WAIT", 0.2)
    other = apsw.Connection(path_of(sqlite_url))
    other.execute("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE").fetchall()

    said = await the_fault(sqlite_url)
    other.close()

    assert said == (
        f"The database {path_of(sqlite_url)} is locked by another program: stop that program, or wait for it"
    )


async def test_a_writer_that_another_program_keeps_out(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "LOCK_WAIT", 0.2)
    async with opened(sqlite_url) as db:
        await make_order(db)
        other = apsw.Connection(path_of(sqlite_url))
        other.execute("BEGIN IMMEDIATE").fetchall()
        with pytest.raises(Unavailable) as refused:
            await cancel(desk(db))
        with pytest.raises(Fault, match="is locked by another program"):
            await db.check_writable()
        other.close()
        await cancel(desk(db))

    assert "is locked by another program" in str(refused.value.__cause__)


async def test_a_disk_that_is_full(sqlite: Database) -> None:
    filler = Sql.same("INSERT INTO settings (name, value) VALUES ($1, $2)")
    pages = (await execute(sqlite, Sql.same("PRAGMA page_count")))[0][0]
    await execute(sqlite, Sql.same(f"PRAGMA max_page_count = {pages}"))

    with pytest.raises(Unavailable) as refused:
        await execute(sqlite, filler, "x", "x" * 100_000)

    assert str(refused.value.__cause__).endswith("lab.db is full: free some space")
    assert str(refused.value) == "Service unavailable; Nothing was done; try again"


AS_NOBODY = """
import asyncio, concurrent.futures.thread, os, sys
from traylane.db import connect
from traylane.errors import Fault

async def main(url):
    try:
        await connect.require_usable(url)
        db = connect.database(url)
        await db.open()
        try:
            await db.check_writable()
        finally:
            await db.close()
    except Fault as fault:
        print(fault)

if os.geteuid() == 0:
    os.setegid(65534)
    os.seteuid(65534)
asyncio.run(main(sys.argv[1]))
"""


def as_nobody(url: str) -> str:
    """What a user reads who is not root."""
    ended = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, url], capture_output=True, text=True, timeout=30, check=False
    )
    return ended.stdout.strip() or ended.stderr


@pytest.fixture
def readable(sqlite_template: Path) -> Iterator[Path]:
    """A database that other users can reach but not write."""
    with tempfile.TemporaryDirectory(prefix="traylane-") as folder:
        path = Path(folder) / "lab.db"
        shutil.copyfile(sqlite_template, path)
        path.chmod(0o444)
        path.parent.chmod(0o755)
        yield path
        path.parent.chmod(0o700)


def test_a_file_and_a_folder_that_are_read_only(readable: Path) -> None:
    readable.parent.chmod(0o555)

    said = as_nobody(f"sqlite:///{readable}")

    assert said == f"The database {readable} is read-only: give the service's user write access to it"


def test_a_file_that_is_read_only(readable: Path) -> None:
    readable.parent.chmod(0o777)

    said = as_nobody(f"sqlite:///{readable}")

    assert said == f"The database {readable} is read-only: give the service's user write access to it"


def test_a_file_that_nobody_else_may_read(readable: Path) -> None:
    readable.chmod(0o000)

    said = as_nobody(f"sqlite:///{readable}")

    assert said == f"The database {readable} cannot be opened: give the service's user access to it and its folder"


async def test_a_new_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    await migrate.upgrade(f"sqlite:///{tmp_path}/lab.db")

    assert (tmp_path / "lab.db").stat().st_mode & 0o777 == 0o600


# --- both engines ---


async def test_a_database_that_is_newer(database_url: str) -> None:
    async with opened(database_url) as db:
        await make_newer(db)

    said = await the_fault(database_url)
    with pytest.raises(Fault) as upgraded:
        await migrate.upgrade(database_url)

    assert said == "The database is newer than this version of Traylane: install the version that it was migrated for"
    assert str(upgraded.value) == said


async def test_a_newer_database_that_says_so_can_be_used_and_is_left_as_it_is(database_url: str) -> None:
    async with opened(database_url) as db:
        await make_newer(db, usable_from=HEAD)

    assert await connect.require_usable(database_url) == "9999"
    assert await migrate.upgrade(database_url) == ("9999", "9999")


async def test_a_closed_database_says_so(database_url: str) -> None:
    db = connect.database(database_url)
    await db.open()
    await db.close()

    for work in (db.read, db.write, db.settle):
        with pytest.raises(Unavailable, match="The database is closed"):
            await work(lambda tx: tx.rows(Sql.same("SELECT 1")))
    await db.close()


@pytest.mark.parametrize("address", ["h:bad:", "h:port", "[::1", "a,b:x", "[::1]x"])
def test_an_address_that_nobody_could_read_is_said_without_its_password(address: str) -> None:
    with pytest.raises(Fault, match="The address in --database cannot be read") as fault:
        connect.database(f"postgresql://traylane:hidden@{address}/x")
    assert "hidden" not in str(fault.value)


@pytest.mark.parametrize("address", ["", "h", "h:5432", "[::1]:5432", "a:1,b:2", "127.0.0.1"])
def test_an_address_may_be_left_out_or_be_several(address: str) -> None:
    connect.database(f"postgresql://traylane@{address}/x?host=/run/postgresql")


@pytest.mark.parametrize("url", ["", "lab.db", "sqlite://", "sqlite:///", "mysql://u:secret@h/d", "http://x"])
def test_what_is_no_database_url(url: str) -> None:
    with pytest.raises(Fault, match="Not a database URL") as fault:
        connect.database(url)

    assert "write sqlite:///lab.db or postgresql://user@host/name" in str(fault.value)
    assert "secret" not in str(fault.value)


# --- PostgreSQL ---


async def test_a_server_that_is_not_there() -> None:
    url = "postgresql://u@127.0.0.1:1/lab"
    expected = "PostgreSQL does not answer: check that it runs, and the address in --database"

    assert await the_fault(url) == expected
    with pytest.raises(Fault, match="PostgreSQL does not answer"):
        await connect.database(url).open()
    with pytest.raises(Fault, match="PostgreSQL does not answer"):
        await migrate.upgrade(url)


async def test_a_database_that_the_server_does_not_have(postgres_url: str) -> None:
    said = await the_fault(postgres_url + "_nowhere")

    assert said == "PostgreSQL has no such database: create it with `createdb`, then run `traylane migrate`"


async def test_a_password_that_is_wrong(postgres_url: str) -> None:
    user = postgres_url.partition("://")[2].partition(":")[0]

    said = await the_fault(f"postgresql://{user}:wrong@{postgres_url.rpartition('@')[2]}")

    assert said == (
        "PostgreSQL does not let this user in: check user and password in --database or PGPASSFILE (mode 0600)"
    )


async def test_a_postgres_database_without_a_schema(empty_postgres_url: str) -> None:
    said = await the_fault(empty_postgres_url)

    assert said == "The database's schema is behind this version of Traylane: run `traylane migrate` first"


async def test_a_server_that_is_read_only(postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    await outside.execute(postgres_url, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')

    async with opened(postgres_url) as db:
        with pytest.raises(Fault) as fault:
            await db.check_writable()

    assert str(fault.value) == "PostgreSQL is read-only (a standby?): point --database at the primary"


async def test_a_writable_database_passes(db: Database) -> None:
    await db.check_writable()
    assert (await execute(db, Sql.same("SELECT version FROM config")))[0][0] == 1


@pytest.mark.slow
async def test_waiting_for_a_connection_ends(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """All connections are taken: whoever comes then is told to come again, in seconds."""
    taken, release = asyncio.Semaphore(0), asyncio.Event()

    async def hold(tx: object) -> None:
        taken.release()
        await release.wait()

    holding = [asyncio.create_task(postgres.read(hold)) for _ in range(12)]
    for _ in holding:
        await taken.acquire()
    monkeypatch.setattr("traylane.db.postgres.ACQUIRE_WAIT", 0.8)
    with pytest.raises(Unavailable, match="The database does not answer; nothing was done; try again"):
        await execute(postgres, Sql.same("SELECT 1"))
    release.set()
    await asyncio.gather(*holding)

    assert (await execute(postgres, Sql.same("SELECT 1")))[0][0] == 1


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    db = connect.database(url)
    await db.open()
    try:
        yield db
    finally:
        await db.close()
