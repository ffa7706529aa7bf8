"""From a database URL to an open database, once its schema is known to fit."""

from __future__ import annotations

import os
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import apsw
import asyncpg

from traylane.db import postgres, sqlite
from traylane.db.database import Database
from traylane.db.schema import HEAD
from traylane.errors import Fault

KNOWN_REVISIONS = tuple(f"{number:04}" for number in range(1, int(HEAD) + 1))
"""Oldest first; the last one is HEAD."""


def sqlite_path(url: str) -> str | None:
    """The file that an `sqlite:///…` URL names, or None for another engine.

    Raises errors.Fault for a URL that is neither SQLite's nor PostgreSQL's.
    """
    if url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        return url.removeprefix("sqlite:///")
    if url.startswith(("postgresql://", "postgres://")):
        return None
    shown = url.partition("@")[2] or url
    raise Fault(f"Not a database URL: {shown!r}; write sqlite:///lab.db or postgresql://user@host/name")


def database(url: str) -> Database:
    """A database, not open yet. `?statement_cache=0` on a PostgreSQL URL is for PgBouncer."""
    path = sqlite_path(url)
    if path is not None:
        return sqlite.SqliteDatabase(path)
    cache = parse_qs(urlsplit(url).query).get("statement_cache", ["200"])[0]
    if not cache.isdecimal():
        raise Fault("statement_cache in --database must be a whole number; 0 is for PgBouncer")
    return postgres.PostgresDatabase(dsn(url), statement_cache=int(cache))


async def revision(url: str) -> str | None:
    """The schema revision of the database, None when it has none yet.

    Raises errors.Fault when there is no database at all.
    """
    path = sqlite_path(url)
    if path is not None:
        if not os.path.exists(path):
            raise Fault(f"No database at {path}: create it with `traylane migrate --database {url}`")
        with closing(sqlite.connect(path)) as connection:
            try:
                row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            except apsw.SQLError:
                return None
            except apsw.Error as error:
                raise sqlite.fault(error, path) from error
            return row[0] if row else None
    return await _postgres_revision(url)


async def _postgres_revision(url: str) -> str | None:
    try:
        link = await asyncpg.connect(dsn(url), timeout=postgres.ACQUIRE_WAIT, command_timeout=postgres.STATEMENT_WAIT)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise postgres.fault(error) from error
    try:
        value: str | None = await link.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise postgres.fault(error) from error
    finally:
        await link.close()
    return value


async def require_head(url: str) -> None:
    """Raises errors.Fault unless the schema is the one that this code reads and writes."""
    found = await revision(url)
    if found == HEAD:
        return
    if found is None or found in KNOWN_REVISIONS:
        raise Fault("The database's schema is behind this version of Traylane: run `traylane migrate` first")
    raise Fault("The database is newer than this version of Traylane: install the version that it was migrated for")


def dsn(url: str) -> str:
    """A PostgreSQL URL without the parameters that are ours and not the driver's."""
    parts = urlsplit(url)
    kept = "&".join(p for p in parts.query.split("&") if p and not p.startswith("statement_cache="))
    return parts._replace(query=kept).geturl()
