"""PostgreSQL through asyncpg: a small pool, one round trip a step, every wait bounded."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar

import asyncpg

from traylane.db.database import Collision, ConnectionLost, Row, Sql, Transaction, Work
from traylane.db.postgres_errors import LOST, TRANSLATED, fault, translation
from traylane.errors import Fault, Unavailable

T = TypeVar("T")

POOL_SIZE = 12
MOST_KEPT = 4
"""Connections that stay out of the pool between two uses; the others are there for whoever else needs one."""
MOST_BROWSING = 4
"""Connections that lists may have at a time: the others are for the desk."""
CONNECT_WAIT = 2.0
ACQUIRE_WAIT = 0.8
"""Whoever asks while the database is away hears so within a second."""
PATIENCE = 0.7
"""As soon hears who waits behind a commit that does not end. A disk that is slow for a moment is quicker than that."""
STATEMENT_WAIT = 5.0
LOCK_WAIT_MS = 200
TRIES = 8

SESSION = {
    "application_name": "traylane",
    "lock_timeout": str(LOCK_WAIT_MS),
    "statement_timeout": str(int(STATEMENT_WAIT * 1000)),
    "idle_in_transaction_session_timeout": "15000",
    "jit": "off",
    # Every statement is a handful of index look-ups, whatever its parameters. A plan is made once for each connection,
    # perhaps while the tables are still empty, and must not come to read all of a table that has grown since.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "timezone": "UTC",
}


class _Connection(asyncpg.Connection):
    def get_reset_query(self) -> str:
        """Nothing to reset: sessions of the service never change their settings."""
        return ""


class PostgresTransaction:
    """Statements on one connection, each committed by itself unless the connection is in a transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: Sql, *parameters: Any) -> Sequence[Row]:
        return await self.fetch(sql.postgres, *parameters)

    async def each(self, sql: Sql, tuples: Sequence[tuple[Any, ...]], *common: Any) -> Sequence[Sequence[Row]]:
        if len(tuples) == 1:
            return [list(await self.fetch(sql.postgres, *tuples[0], *common))]
        grouped: list[list[Row]] = [[] for _ in tuples]
        for row in await self.fetch(sql.postgres_many, *map(list, zip(*tuples, strict=True)), *common):
            grouped[row[0] - 1].append(row[1:])
        return grouped

    async def many(self, sql: Sql, tuples: Sequence[tuple[Any, ...]]) -> None:
        with _in_time(self._connection):
            await self._connection.executemany(sql.postgres, tuples)

    async def append(self, table: str, columns: Sequence[str], tuples: Sequence[tuple[Any, ...]]) -> None:
        with _in_time(self._connection):
            await self._connection.copy_records_to_table(table, columns=columns, records=tuples)

    async def others_wait(self) -> bool:
        return bool((await self.fetch(_OTHERS_WRITE))[0][0])

    async def fetch(self, statement: str, *parameters: Any) -> Sequence[Row]:
        """The rows of a statement in PostgreSQL's dialect."""
        with _in_time(self._connection):
            rows: Sequence[Row] = await self._connection.fetch(statement, *parameters)
        return rows

    def pick(self, *, sqlite: T, postgres: T) -> T:
        return postgres


class PostgresDatabase:
    """A pool of connections to one server."""

    batches_in_flight = 2
    reads_are_round_trips = True
    seals_on_write = False
    patience = PATIENCE

    def __init__(self, dsn: str, *, statement_cache: int = 200, session: dict[str, str] | None = None) -> None:
        self._dsn = dsn
        self._statement_cache = statement_cache
        self._session = SESSION | (session or {})
        self._pool: asyncpg.Pool | None = None
        self._kept: list[asyncpg.Connection] = []
        self._browsing = asyncio.Semaphore(MOST_BROWSING)

    async def open(self) -> None:
        try:
            self._pool = await asyncpg.create_pool(
                self._dsn,
                min_size=1,
                max_size=POOL_SIZE,
                connection_class=_Connection,
                statement_cache_size=self._statement_cache,
                max_inactive_connection_lifetime=300,
                timeout=CONNECT_WAIT,
                server_settings=self._session,
            )
        except (*LOST, asyncpg.PostgresError) as error:
            raise fault(error) from error

    async def close(self) -> None:
        if self._pool is not None:
            await self._give_back()
            try:
                await asyncio.wait_for(self._pool.close(), STATEMENT_WAIT)
            except TimeoutError:
                self._pool.terminate()
            self._pool = None

    async def read(self, work: Work[T]) -> T:
        was_lost = False
        for attempt in range(TRIES):
            try:
                async with self._connected() as connection:
                    return await work(PostgresTransaction(connection))
            except Collision as error:
                if attempt == TRIES - 1:
                    raise Unavailable from error
                await _pause(attempt)
            except ConnectionLost as error:
                # A pooled connection may have died while it was idle: the next one is fresh.
                if was_lost:
                    raise Unavailable from error
                was_lost = True
                await self._give_back()
        raise AssertionError("unreachable")

    async def browse(self, work: Work[T]) -> T:
        async with self._browsing:
            return await self.read(work)

    async def write(self, work: Work[T]) -> T:
        for attempt in range(TRIES):
            try:
                async with self._connected() as connection:
                    return await _in_transaction(connection, work)
            except Collision as error:
                if error.cause == "unique" or attempt == TRIES - 1:
                    raise
            except ConnectionLost as error:
                raise Unavailable("The outcome is unknown; look before you try again") from error
            await _pause(attempt)
        raise AssertionError("unreachable")

    async def settle(self, work: Work[T]) -> T:
        async with self._connected() as connection:
            return await work(PostgresTransaction(connection))

    async def settle_whole(self, work: Work[T]) -> T:
        async with self._connected() as connection:
            return await _in_transaction(connection, work)

    async def _give_back(self) -> None:
        while self._kept:
            await self._release(self._kept.pop())

    async def _kept_or_new(self) -> asyncpg.Connection:
        while self._kept:
            connection = self._kept.pop()
            # The pool takes back by itself what the server has closed, and then it is not ours to ask.
            with suppress(asyncpg.InterfaceError):
                if not connection.is_closed():
                    return connection
                await self._release(connection)
        return await self._acquire()

    async def check_writable(self) -> None:
        async def ask(tx: Transaction) -> bool:
            return bool((await tx.rows(_WRITABLE))[0][0])

        if not await self.read(ask):
            raise Fault("PostgreSQL is read-only (a standby?): point --database at the primary")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[asyncpg.Connection]:
        # Batches follow each other without a pause: a connection that did its work is kept for the next.
        connection = await self._kept_or_new()
        try:
            yield connection
        except BaseException as error:
            if isinstance(error.__cause__, asyncpg.ReadOnlySQLTransactionError):
                await self._look_elsewhere()
            await self._release(connection)
            raise
        if len(self._kept) < MOST_KEPT:
            self._kept.append(connection)
        else:
            await self._release(connection)

    async def _look_elsewhere(self) -> None:
        """The server leads no longer, and whoever does is found by new connections alone."""
        if self._pool is not None:
            await self._pool.expire_connections()
        await self._give_back()

    async def _acquire(self) -> asyncpg.Connection:
        if self._pool is None:
            raise Unavailable("The database is closed")
        try:
            return await self._pool.acquire(timeout=ACQUIRE_WAIT)
        except (*LOST, asyncpg.PostgresError) as error:
            raise Unavailable("The database does not answer; nothing was done; try again") from error

    async def _release(self, connection: asyncpg.Connection) -> None:
        if self._pool is not None:
            # Over a network that swallows everything not even a cancel arrives. The pool has closed the connection
            # then, and whoever used it knows already what became of its work.
            with suppress(*LOST):
                await self._pool.release(connection)


async def _pause(attempt: int) -> None:
    await asyncio.sleep(random.uniform(0.001, 0.01) * 2**attempt)


@contextmanager
def _in_time(connection: asyncpg.Connection) -> Iterator[None]:
    """A statement has so long; what goes wrong with it is said in the service's words.

    Then the connection is dropped. Nobody asks the server to stop, as the driver would: a commit that waits for a
    standby would end its wait, and everybody would see what the standby has not got.
    """
    overdue = asyncio.get_running_loop().call_later(STATEMENT_WAIT + 1, connection.terminate)
    try:
        yield
    except TRANSLATED as error:
        raise translation(error) from error
    finally:
        overdue.cancel()


async def _in_transaction(connection: asyncpg.Connection, work: Work[T]) -> T:
    transaction = connection.transaction()
    with _in_time(connection):
        await transaction.start()
    try:
        result = await work(PostgresTransaction(connection))
    except BaseException:
        # The pool has taken back a connection that is gone: there is nothing to roll back, and nothing to ask it.
        with suppress(*TRANSLATED, Unavailable, Collision, ConnectionLost), _in_time(connection):
            await transaction.rollback()
        raise
    with _in_time(connection):
        await transaction.commit()
    return result


_WRITABLE = Sql("", "SELECT NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off'")
# Whoever has changed an order and not committed yet holds this lock on the table; it stands in nobody's way.
_OTHERS_WRITE = """
    SELECT EXISTS (SELECT FROM pg_locks
        WHERE locktype = 'relation' AND relation = 'orders'::regclass AND mode = 'RowExclusiveLock'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND pid <> pg_backend_pid())"""
