"""From a database URL to an open database, once its schema is known to fit."""

from __future__ import annotations

import os
import re
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import apsw
import asyncpg

from traylane.db import postgres, postgres_errors, sqlite_file
from traylane.db.database import Database
from traylane.db.revision import HEAD
from traylane.db.sqlite import SqliteDatabase
from traylane.errors import Fault

KNOWN_REVISIONS = tuple(f"{number:04}" for number in range(1, int(HEAD) + 1))
"""Oldest first; the last one is HEAD."""
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(:[0-9]{1,5})?")
_BAD_ADDRESS = "The address in --database cannot be read; write postgresql://user@host:port/name"
_NEWER = "The database is newer than this version of Traylane: install the version that it was migrated for"


def sqlite_path(url: str) -> str | None:
    """The file that an `sqlite:///…` URL names, or None for another engine.

    Raises errors.Fault for a URL that is neither SQLite's nor PostgreSQL's.
    """
    if url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        return url.removeprefix("sqlite:///")
    if url.startswith(("postgresql://", "postgres://")):
        return None
    shown = url.rpartition("@")[2]
    raise Fault(f"Not a database URL: {shown!r}; write sqlite:///lab.db or postgresql://user@host/name")


def database(url: str) -> Database:
    """A database, not open yet. `?statement_cache=0` on a PostgreSQL URL is for PgBouncer."""
    path = sqlite_path(url)
    if path is not None:
        return SqliteDatabase(path)
    driver = dsn(url)
    cache = parse_qs(urlsplit(url).query).get("statement_cache", ["200"])[0]
    if not cache.isdecimal():
        raise Fault("statement_cache in --database must be a whole number; 0 is for PgBouncer")
    return postgres.PostgresDatabase(driver, statement_cache=int(cache))


async def revision(url: str) -> str | None:
    """The schema revision of the database, None when it has none yet.

    Raises errors.Fault when there is no database at all.
    """
    return await _asked(url, "SELECT version_num FROM alembic_version")


async def _asked(url: str, question: str) -> str | None:
    """The one value of a question, None when there is no table for it. Raises as `revision`."""
    path = sqlite_path(url)
    if path is None:
        return await _postgres_asked(url, question)
    if not os.path.exists(path):
        raise Fault(f"No database at {path}: create it with `traylane migrate --database {url}`")
    with closing(sqlite_file.connect(path)) as connection:
        try:
            row = connection.execute(question).fetchone()
        except apsw.SQLError:
            return None
        except apsw.Error as error:
            raise sqlite_file.fault(error, path) from error
        return row[0] if row else None


async def postgres_link(url: str) -> asyncpg.Connection:
    """A connection for a few questions. Raises what the driver does."""
    # A prepared statement's name may be taken on the connection that PgBouncer has for us.
    return await asyncpg.connect(
        dsn(url), timeout=postgres.CONNECT_WAIT, command_timeout=postgres.STATEMENT_WAIT, statement_cache_size=0
    )


async def _postgres_asked(url: str, question: str) -> str | None:
    try:
        link = await postgres_link(url)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise postgres_errors.fault(error) from error
    try:
        value: str | None = await link.fetchval(question)
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
        return None
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise postgres_errors.fault(error) from error
    finally:
        await link.close()
    return value


async def require_usable(url: str) -> str:
    """The revision of a schema that this code reads and writes: its own, or a newer one that only has more.

    Raises errors.Fault for any other.
    """
    found = await revision(url)
    if found == HEAD:
        return found
    if found is None or found in KNOWN_REVISIONS:
        raise Fault("The database's schema is behind this version of Traylane: run `traylane migrate` first")
    # What this code does not know says itself whom it can serve.
    if (await _asked(url, "SELECT usable_from FROM config") or found) > HEAD:
        raise Fault(_NEWER)
    return found


async def require_known(url: str) -> None:
    """Raises errors.Fault unless the schema is one that this code can use, or bring up to date."""
    found = await revision(url)
    if found is None:
        raise Fault("This is no database of Traylane's: it has no schema")
    if found not in KNOWN_REVISIONS:
        await require_usable(url)


def dsn(url: str) -> str:
    """A PostgreSQL URL without the parameters that are ours and not the driver's.

    Raises errors.Fault for one whose address nobody could read.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Fault(_BAD_ADDRESS) from error
    if not all(_ADDRESS.fullmatch(host) for host in parts.netloc.rpartition("@")[2].split(",")):
        raise Fault(_BAD_ADDRESS)
    kept = "&".join(p for p in parts.query.split("&") if p and not p.startswith("statement_cache="))
    return parts._replace(query=kept).geturl()
