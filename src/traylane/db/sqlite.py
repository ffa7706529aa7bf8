"""SQLite through apsw: one writer thread, readers on the event loop, checkpoints in the background.

Writers of several processes take turns at a turnstile beside the database: SQLite's own waiting lets a busy
service starve everybody else.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar, cast

import apsw

from traylane.db import sqlite_file
from traylane.db.checkpointer import Checkpointer
from traylane.db.database import Collision, Row, Sql, Transaction, Work
from traylane.db.turnstile import Turnstile
from traylane.errors import Fault, Unavailable

T = TypeVar("T")

READ_WAIT = 0.05
"""Reads run on the event loop; in WAL mode they only ever wait for another process's recovery."""
WRITE_WAIT = 10.0


class SqliteTransaction:
    """Statements on one connection. Nothing in here ever suspends."""

    __slots__ = ("_connection", "_others_wait")

    def __init__(self, connection: apsw.Connection, others_wait: Callable[[], bool] = bool) -> None:
        self._connection = connection
        self._others_wait = others_wait

    async def rows(self, sql: Sql, *parameters: Any) -> Sequence[Row]:
        return self._connection.execute(sql.sqlite, parameters).fetchall()

    async def each(self, sql: Sql, tuples: Sequence[tuple[Any, ...]], *common: Any) -> Sequence[Sequence[Row]]:
        execute = self._connection.execute
        return [execute(sql.sqlite, one + common).fetchall() for one in tuples]

    async def many(self, sql: Sql, tuples: Sequence[tuple[Any, ...]]) -> None:
        self._connection.executemany(sql.sqlite, tuples)

    async def append(self, table: str, columns: Sequence[str], tuples: Sequence[tuple[Any, ...]]) -> None:
        places = ", ".join("?" * len(columns))
        self._connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", tuples)

    async def others_wait(self) -> bool:
        return self._others_wait()

    def pick(self, *, sqlite: T, postgres: T) -> T:
        return sqlite


def run_now(work: Awaitable[T]) -> T:
    """Run a coroutine whose awaits never suspend to its end."""
    coroutine = cast(Coroutine[Any, Any, T], work)
    try:
        coroutine.send(None)
    except StopIteration as end:
        return cast(T, end.value)
    coroutine.close()
    raise RuntimeError("work on SQLite must not wait for anything but its statements")


async def finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which goes on to its end even when its caller is cancelled, and the caller waits for it."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class _Job:
    """Work on its way to the writer thread, and where its result is wanted."""

    __slots__ = ("future", "loop", "work")

    def __init__(self, work: Work[Any], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()

    def finish(self, result: Any, error: BaseException | None) -> None:
        self.loop.call_soon_threadsafe(self._deliver, result, error)

    def _deliver(self, result: Any, error: BaseException | None) -> None:
        # Whoever asked may have hung up; the writer must not care.
        if self.future.done():
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)


class SqliteDatabase:
    """One file, one writer."""

    batches_in_flight = 1
    reads_are_round_trips = False
    seals_on_write = True
    patience = sqlite_file.LOCK_WAIT

    def __init__(self, path: str) -> None:
        self.path = path
        self._jobs: deque[_Job] = deque()
        self._wake = threading.Semaphore(0)
        self._closing = False
        self._thread: threading.Thread | None = None

    async def open(self) -> None:
        self._reader = sqlite_file.connect(self.path)
        self._reader.execute("PRAGMA query_only=ON").fetchall()
        self._reader.set_busy_timeout(int(READ_WAIT * 1000))
        self._browser = sqlite_file.connect(self.path)
        self._browser.execute("PRAGMA query_only=ON").fetchall()
        self._browsing = asyncio.Lock()
        self._writer = sqlite_file.connect(self.path)
        self._writer.set_wal_hook(self._note_log_size)
        self._writer.set_busy_timeout(0)
        self._turnstile = Turnstile(self.path + "-turn")
        self._checkpointer = Checkpointer(self.path)
        self._thread = threading.Thread(target=self._write_forever, name="traylane-writer", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        if self._thread is None:
            return
        self._closing = True
        self._wake.release()
        await asyncio.to_thread(self._thread.join, WRITE_WAIT)
        self._thread = None
        self._checkpointer.stop()
        self._reader.close()
        async with self._browsing:
            self._browser.close()
        self._writer.close()
        self._turnstile.close()

    async def read(self, work: Work[T]) -> T:
        self._require_open()
        try:
            return run_now(work(SqliteTransaction(self._reader)))
        except apsw.Error as error:
            raise _unavailable(error, self.path) from error

    async def browse(self, work: Work[T]) -> T:
        async with self._browsing:
            self._require_open()
            # Shielded: whoever asked may go, the thread may not be left alone with the connection.
            return await finished(asyncio.to_thread(self._browse, work))

    def _browse(self, work: Work[T]) -> T:
        try:
            return run_now(work(SqliteTransaction(self._browser)))
        except apsw.Error as error:
            raise _unavailable(error, self.path) from error

    async def write(self, work: Work[T]) -> T:
        return await self.settle(work)

    async def settle(self, work: Work[T]) -> T:
        self._require_open()
        job = _Job(work, asyncio.get_running_loop())
        self._jobs.append(job)
        self._wake.release()
        try:
            return cast(T, await job.future)
        finally:
            # What is raised holds this frame: they would hold each other until somebody looks for garbage.
            del job

    async def settle_whole(self, work: Work[T]) -> T:
        return await self.settle(work)

    async def check_writable(self) -> None:
        async def touch(tx: Transaction) -> None:
            await tx.rows(_TOUCH)
            # A row that is set to what it is already is not written.
            [[count]] = await tx.rows(Sql.same("PRAGMA user_version"))
            await tx.rows(Sql.same(f"PRAGMA user_version = {1 - count % 2}"))

        try:
            await self.settle(touch)
        except Unavailable as error:
            raise error.__cause__ if isinstance(error.__cause__, Fault) else Fault(str(error)) from error

    def _require_open(self) -> None:
        if self._thread is None or self._closing:
            raise Unavailable("The database is closed")

    def _note_log_size(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._checkpointer.log_grew(pages)
        return 0

    def _write_forever(self) -> None:
        while True:
            self._wake.acquire()
            if not self._jobs:
                if self._closing:
                    return
                continue
            job = self._jobs.popleft()
            try:
                result = self._transact(job.work)
            except Collision as error:
                job.finish(None, error)
            except apsw.ConstraintError as error:
                job.finish(None, Collision("unique", _table_of(error)) if _is_unique(error) else error)
            except apsw.Error as error:
                job.finish(None, _unavailable(error, self.path))
            except BaseException as error:
                job.finish(None, error)
            else:
                job.finish(result, None)
            # What it writes may be large, and the next may be long in coming.
            del job

    def _transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        execute = self._writer.execute
        self._turnstile.enter()
        try:
            self._begin()
        finally:
            self._turnstile.leave()
        try:
            result = run_now(work(SqliteTransaction(self._writer, self._others_wait)))
            execute("COMMIT")
        except BaseException:
            # After some errors SQLite has rolled back by itself.
            if self._writer.in_transaction:
                execute("ROLLBACK")
            raise
        return result

    def _others_wait(self) -> bool:
        return bool(self._jobs) or self._turnstile.is_wanted()

    def _begin(self) -> None:
        give_up = time.monotonic() + sqlite_file.LOCK_WAIT
        while True:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
            except apsw.BusyError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.0005)
            else:
                return


_TOUCH = Sql.same("UPDATE config SET version = version WHERE one = 1")


def _unavailable(error: apsw.Error, path: str) -> Unavailable:
    refusal = Unavailable("Nothing was done; try again", retry_after=1)
    refusal.__cause__ = sqlite_file.fault(error, path)
    return refusal


def _is_unique(error: apsw.Error) -> bool:
    kind = getattr(error, "extendedresult", 0)
    return kind in (apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY)


def _table_of(error: apsw.Error) -> str:
    # "UNIQUE constraint failed: orders.order_number"
    return str(error).rpartition(": ")[2].partition(".")[0]
