"""The migration chain makes exactly the tables that the code declares, on both engines."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import apsw
import asyncpg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

import traylane.db.migrations
from tests import postgres_server
from tests.builders import execute
from traylane.db import connect, migrate
from traylane.db.database import Database, Sql
from traylane.db.migrations import online
from traylane.db.revision import HEAD
from traylane.db.schema import metadata
from traylane.errors import Fault

T = TypeVar("T")


async def on_alembics_connection(url: str, work: Callable[[sa.Connection], T]) -> T:
    if url.startswith("sqlite"):
        with contextlib.closing(sa.create_engine(url, poolclass=sa.pool.NullPool).connect()) as connection:
            return work(connection)
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    try:
        async with engine.connect() as link:
            found = await link.run_sync(work)
            await link.commit()
            return found
    finally:
        await engine.dispose()


def chain() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(traylane.db.migrations.__path__[0])))
    return ScriptDirectory.from_config(config)


def test_head_is_the_chains_head() -> None:
    assert chain().get_heads() == [HEAD]


def test_the_known_revisions_are_the_chain() -> None:
    assert tuple(script.revision for script in chain().walk_revisions())[::-1] == connect.KNOWN_REVISIONS


async def test_the_migrated_schema_is_the_declared_one(database_url: str) -> None:
    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert await on_alembics_connection(database_url, differences) == []


async def test_a_difference_would_show(database_url: str) -> None:
    """The negative control."""

    def differences(connection: sa.Connection) -> list[object]:
        connection.execute(sa.text("ALTER TABLE orders ADD COLUMN colour TEXT"))
        connection.execute(sa.text("DROP INDEX ix_orders_po_number"))
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert len(await on_alembics_connection(database_url, differences)) == 2


def declare(connection: sa.Connection) -> None:
    metadata.create_all(connection)
    connection.commit()


def clauses(sql: object) -> list[str]:
    """The clauses of a statement; constraints may come in any order."""
    return sorted(part.strip(" )(") for part in re.sub(r"[\s\"]+", " ", str(sql)).replace(") WITHOUT", ",").split(","))


SQLITE_PICTURE = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name <> 'alembic_version' AND type <> 'trigger'"


async def test_migrated_and_declared_are_the_same_to_the_last_check_on_sqlite(sqlite_url: str, tmp_path: Path) -> None:
    declared = tmp_path / "declared.db"
    await on_alembics_connection(f"sqlite:///{declared}", declare)

    pictures = []
    for path in (sqlite_url.removeprefix("sqlite:///"), str(declared)):
        link = apsw.Connection(path)
        rows = link.execute(SQLITE_PICTURE).fetchall()
        link.close()
        pictures.append(sorted((kind, name, clauses(sql)) for kind, name, sql in rows))

    assert pictures[0] == pictures[1]
    assert len(pictures[0]) > 20


POSTGRES_PICTURE = """
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND contype <> 'n'
    UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'column', table_name, column_name,
        concat_ws(' ', data_type, is_nullable, column_default, generation_expression)
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'options', relname, '', reloptions::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL"""


async def test_migrated_and_declared_are_the_same_to_the_last_check_on_postgres(
    postgres_url: str, empty_postgres_url: str
) -> None:
    await on_alembics_connection(empty_postgres_url, metadata.create_all)

    pictures = []
    for url in (postgres_url, empty_postgres_url):
        link = await asyncpg.connect(url)
        rows = await link.fetch(POSTGRES_PICTURE)
        await link.close()
        pictures.append(sorted(tuple(map(str, row)) for row in rows if row[1] != "alembic_version"))

    assert pictures[0] == pictures[1]
    assert len(pictures[0]) > 100


async def test_upgrading_says_from_where_to_where(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/lab.db"

    assert await migrate.upgrade(url) == (None, HEAD)
    assert await migrate.upgrade(url) == (HEAD, HEAD)
    assert await connect.revision(url) == HEAD


async def test_an_empty_postgres_database_is_upgraded(empty_postgres_url: str) -> None:
    assert await connect.revision(empty_postgres_url) is None

    assert await migrate.upgrade(empty_postgres_url) == (None, HEAD)

    assert await connect.revision(empty_postgres_url) == HEAD


async def test_a_new_database_is_at_version_1_of_its_configuration(db: Database) -> None:
    assert [tuple(row) for row in await execute(db, Sql.same("SELECT one, version FROM config"))] == [(1, 1)]


async def test_a_parameter_of_the_driver_means_the_same_to_the_migration_and_to_the_store(
    empty_postgres_url: str,
) -> None:
    url = f"{empty_postgres_url}?statement_cache=0&application_name=upgrade&search_path=elsewhere"
    link = await asyncpg.connect(empty_postgres_url)
    await link.execute("CREATE SCHEMA elsewhere")

    await migrate.upgrade(url)

    tables = await link.fetch("SELECT schemaname FROM pg_tables WHERE tablename = 'orders'")
    await link.close()
    assert [row[0] for row in tables] == ["elsewhere"]
    assert await connect.revision(url) == HEAD


@pytest.fixture
def socket_url() -> Iterator[str]:
    """A server that listens on a socket alone."""
    with tempfile.TemporaryDirectory(prefix="tl-") as name:
        folder = Path(name)
        try:
            yield postgres_server.start(folder, socket=True)
        finally:
            postgres_server.stop(folder)


@pytest.mark.slow
def test_a_server_on_a_socket_is_migrated_and_used(socket_url: str) -> None:
    async def use() -> int:
        await migrate.upgrade(socket_url)
        db = connect.database(socket_url)
        await db.open()
        rows = await execute(db, Sql.same("SELECT version FROM config"))
        await db.close()
        version: int = rows[0][0]
        return version

    assert asyncio.run(use()) == 1


def until(connection: sa.Connection, revision: str) -> None:
    """Migrate as far as a revision."""
    config = Config()
    config.set_main_option("script_location", str(Path(traylane.db.migrations.__path__[0])))
    config.attributes["connection"] = connection
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    command.upgrade(config, revision)


OLD_ORDERS = [
    """INSERT INTO orders (id, order_number, customer_number, status, station) VALUES ('{0}1', '1', '7', 'C', 'SHP')""",
    """INSERT INTO orders (id, order_number, customer_number, status, station) VALUES ('{0}2', '2', '7', 'P', 'GEN')""",
    """INSERT INTO order_details VALUES ('{0}1', '{{"customerJobId":"J-1","dateWanted":"2026-11-09"}}')""",
    "INSERT INTO order_details VALUES ('{0}2', '{{}}')",
]


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_columns_for_lists_are_filled_from_the_documents(
    engine: str, empty_postgres_url: str, tmp_path: Path
) -> None:
    url = {"sqlite": f"sqlite:///{tmp_path}/lab.db", "postgres": empty_postgres_url}[engine]

    def as_it_was(connection: sa.Connection) -> None:
        until(connection, "0004")
        for statement in OLD_ORDERS:
            connection.execute(sa.text(statement.format("0" * 15).replace(":", r"\:")))
        connection.commit()

    await on_alembics_connection(url, as_it_was)
    assert await migrate.upgrade(url) == ("0004", HEAD)

    found = "SELECT customer_job_id, date_wanted, date_ordered, final_station FROM orders ORDER BY order_number"
    rows = await on_alembics_connection(url, lambda link: link.execute(sa.text(found)).all())
    assert [tuple(row) for row in rows] == [("J-1", "2026-11-09", "", "SHP"), ("", "", "", None)]


WAITING = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE NOT granted AND datname = current_database()"""


async def test_an_upgrade_that_has_to_wait_lets_everybody_else_go_on(empty_postgres_url: str) -> None:
    """A long read holds the table; whoever comes later must not wait until it ends."""
    await on_alembics_connection(empty_postgres_url, lambda link: until(link, "0005"))
    reader = await asyncpg.connect(empty_postgres_url)
    another = await asyncpg.connect(empty_postgres_url)
    await reader.execute("BEGIN; SELECT count(*) FROM orders")
    upgrading = asyncio.create_task(migrate.upgrade(empty_postgres_url))
    async with asyncio.timeout(20):
        while not await another.fetchval(WAITING):  # noqa: ASYNC110 (only the server knows)
            await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        assert await another.fetchval("SELECT count(*) FROM orders") == 0
    assert not upgrading.done()

    await reader.close()
    assert await upgrading == ("0005", HEAD)
    await another.close()


async def test_an_upgrade_that_never_gets_its_turn_gives_up(
    empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(online, "BESIDE_WAIT_MS", 20)
    monkeypatch.setattr(migrate, "LOCK_WAIT_MS", 20)
    await on_alembics_connection(empty_postgres_url, lambda link: until(link, "0004"))
    reader = await asyncpg.connect(empty_postgres_url)
    await reader.execute("BEGIN; SELECT count(*) FROM orders")
    with pytest.raises(Fault, match="lock timeout"):
        await migrate.upgrade(empty_postgres_url)
    await reader.close()
    assert await connect.revision(empty_postgres_url) == "0004"


UPGRADE = """
import asyncio, sys
from traylane.db import migrate

sys.stdin.readline()
asyncio.run(migrate.upgrade(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_two_that_upgrade_at_once_both_end_at_head(engine: str, empty_postgres_url: str, tmp_path: Path) -> None:
    url = {"sqlite": f"sqlite:///{tmp_path}/lab.db", "postgres": empty_postgres_url}[engine]
    both = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", UPGRADE, url, stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]

    said = await asyncio.gather(*[child.communicate(b"go\n") for child in both])

    assert [(child.returncode, err[-300:]) for child, (_, err) in zip(both, said, strict=True)] == [(0, b"")] * 2
    assert await connect.revision(url) == HEAD


def test_a_copy_of_the_file_is_a_whole_database(sqlite_url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copyfile(sqlite_url.removeprefix("sqlite:///"), copy)

    assert asyncio.run(connect.revision(f"sqlite:///{copy}")) == HEAD
