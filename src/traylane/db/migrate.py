"""Bring a database's schema to HEAD with Alembic, on the standard drivers, before the store opens.

Imported only when an upgrade is due: Alembic and SQLAlchemy take longer to load than the service takes to start.
"""

from __future__ import annotations

import asyncio
import os
from importlib import resources

import asyncpg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from traylane.db import connect
from traylane.db.postgres import ACQUIRE_WAIT
from traylane.db.schema import HEAD
from traylane.errors import Fault


async def upgrade(url: str) -> tuple[str | None, str]:
    """Create the database if it is an SQLite file that does not exist, and upgrade it to HEAD.

    Returns the revision before and after. Raises errors.Fault when it cannot be done.
    """
    path = connect.sqlite_path(url)
    if path is not None and not os.path.exists(path):
        _create(path)
    before = await connect.revision(url)
    if before == HEAD:
        return before, HEAD
    if before is not None and before not in connect.KNOWN_REVISIONS:
        raise Fault("The database is newer than this version of Traylane: install the version that it was migrated for")
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
    except OSError as error:
        raise Fault(f"Cannot create {path}: {error.strerror}") from error


def _run(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files("traylane.db") / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _upgrade_sqlite(path: str) -> None:
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
        async_creator=lambda: asyncpg.connect(connect.dsn(url), timeout=ACQUIRE_WAIT),
        poolclass=NullPool,
    )
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_run)
    except (sa.exc.DBAPIError, OSError) as error:
        # Another process may have been quicker.
        if await connect.revision(url) != HEAD:
            raise Fault(f"The database could not be migrated: {error}") from error
    finally:
        await engine.dispose()
