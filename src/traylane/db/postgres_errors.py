"""What PostgreSQL and the way to it say, in the service's words."""

from __future__ import annotations

import asyncpg

from traylane.db.database import Collision, ConnectionLost
from traylane.errors import Fault, Unavailable

LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # a connection that died while it was idle, and whose last words are still being read
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    OSError,
    TimeoutError,
)
_NOT_PASSED_ON = ("query_wait_timeout", "server login has been failing")
"""What PgBouncer says when it has no connection for a statement, which therefore has not been sent."""
_PASSING = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
TRANSLATED = (
    *LOST,
    *_PASSING,
    asyncpg.UniqueViolationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DiskFullError,
)


def translation(error: BaseException) -> Exception:
    """What a request gets for one of TRANSLATED."""
    match error:
        case asyncpg.UniqueViolationError():
            return Collision("unique", error.table_name or "")
        case asyncpg.LockNotAvailableError():
            return Collision("lock", "answers" if "answers" in (error.context or "") else "")
        case asyncpg.SerializationError() | asyncpg.DeadlockDetectedError():
            return Collision("serialization")
        case asyncpg.QueryCanceledError():
            return Unavailable("The database took too long; nothing was done; try again")
        case asyncpg.ReadOnlySQLTransactionError():
            return Unavailable("The database is read-only just now; nothing was done; try again", retry_after=5)
        case asyncpg.DiskFullError():
            return Unavailable("The database's disk is full; nothing was done", retry_after=30)
        case asyncpg.PostgresConnectionError() if any(said in str(error) for said in _NOT_PASSED_ON):
            return Unavailable("The database does not answer; nothing was done; try again")
        case _:
            return ConnectionLost(str(error))


def fault(error: BaseException) -> Fault:
    """What the person who runs the server should know about an error of PostgreSQL at the start."""
    match error:
        case asyncpg.InvalidCatalogNameError():
            return Fault("PostgreSQL has no such database: create it with `createdb`, then run `traylane migrate`")
        case asyncpg.InvalidAuthorizationSpecificationError() | asyncpg.InvalidPasswordError():
            return Fault(
                "PostgreSQL does not let this user in: check user and password in --database or PGPASSFILE (mode 0600)"
            )
        case asyncpg.TooManyConnectionsError():
            return Fault("PostgreSQL has no connection left: raise max_connections or start fewer workers")
        case asyncpg.CannotConnectNowError():
            return Fault("PostgreSQL is starting up or shutting down: try again in a moment")
        case _:
            return Fault("PostgreSQL does not answer: check that it runs, and the address in --database")
