"""Bring a database's schema to HEAD with Alembic, on the standard drivers, before the store opens.

Imported only when an upgrade is due: Alembic and SQLAlchemy take longer to load than the service takes to start.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from importlib import resources

import asyncpg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from traylane.db import connect
from traylane.db.postgres import CONNECT_WAIT
from traylane.db.revision import HEAD
from traylane.db.turnstile import Turnstile
from traylane.errors import Fault

LOCK_WAIT_MS = 500
PATIENCE_SECONDS = 600.0
"""Somebody else's upgrade of a large laboratory may hold what ours needs."""
_LOCKED = (asyncpg.LockNotAvailableError.sqlstate, asyncpg.DeadlockDetectedError.sqlstate)
_ALONE = 7_231_962_015
"""The advisory lock of an upgrade: any number that nobody else's is likely to be."""


async def upgrade(url: str) -> tuple[str | None, str]:
    """Create the database if it is an SQLite file that does not exist, and upgrade it to HEAD.

    On PostgreSQL it waits half a second for a table that others use, lets them go on, and tries again, for ten minutes.
    A newer schema that this code can use stays as it is. Returns the revision before and after. Raises errors.Fault
    when it cannot be done.
    """
    path = connect.sqlite_path(url)
    if path is not None and not os.path.exists(path):
        _create(path)
    before = await connect.revision(url)
    if before == HEAD:
        return before, HEAD
    if before is not None and before not in connect.KNOWN_REVISIONS:
        return before, await connect.require_usable(url)
    if path is not None:
        await asyncio.to_thread(_upgrade_sqlite, path)
    else:
        await _upgrade_postgres(url)
    return before, HEAD


def _create(path: str) -> None:
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise Fault(f"No folder {folder}: create it first")
    try:
        # Orders are about patients: nobody but the service's user reads the file.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        pass  # another upgrade was quicker
    except OSError as error:
        raise Fault(f"Cannot create {path}: {error.strerror}") from error


def _run(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files("traylane.db") / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _upgrade_sqlite(path: str) -> None:
    alone = Turnstile(f"{path}-upgrade")
    try:
        alone.enter()
        _migrate_sqlite(path)
        # Whoever waits for it finds everything done.
        with suppress(OSError):
            os.unlink(f"{path}-upgrade")
    finally:
        alone.close()


def _migrate_sqlite(path: str) -> None:
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
            connection.commit()
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            _run(connection)
            connection.commit()
    except sa.exc.DBAPIError as error:
        raise Fault(f"The database {path} could not be migrated: {error.orig}") from error
    finally:
        engine.dispose()


async def _upgrade_postgres(url: str) -> None:
    # The driver reads the DSN itself, so that its options (host=, sslmode=, …) mean the same as to the store.
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: asyncpg.connect(
            connect.dsn(url), timeout=CONNECT_WAIT, server_settings={"lock_timeout": str(LOCK_WAIT_MS)}
        ),
        poolclass=NullPool,
    )
    try:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not await _has_upgraded(engine, give_up):  # noqa: ASYNC110 (another process is waited for)
            await asyncio.sleep(1)
    finally:
        await engine.dispose()


async def _has_upgraded(engine: AsyncEngine, give_up: float) -> bool:
    """False when somebody holds a table: while an upgrade waits for it, everybody else waits behind the upgrade.

    What was done until then is kept, and the next try goes on from there.
    """
    try:
        async with engine.connect() as connection:
            # One upgrade at a time; the next one to come finds everything done.
            await connection.exec_driver_sql(f"SELECT pg_advisory_lock({_ALONE})")
            await connection.commit()
            await connection.run_sync(_run)
    except (sa.exc.DBAPIError, OSError) as error:
        if time.monotonic() < give_up and getattr(getattr(error, "orig", None), "sqlstate", "") in _LOCKED:
            return False
        raise Fault(f"The database could not be migrated: {error}") from error
    return True
