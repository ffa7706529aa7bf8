"""A database whose every operation is timed, and traced when somebody wants traces."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from time import perf_counter
from typing import Protocol, TypeVar

from traylane.db.database import Collision, Database, Work
from traylane.metrics.record import Recorder

T = TypeVar("T")


class Spans(Protocol):
    """What makes spans of operations on the database."""

    def operation(self, system: str, name: str) -> AbstractContextManager[None]:
        """The span is what happens inside."""
        ...


class TimedDatabase:
    """The same database. `system` is its name in OpenTelemetry's conventions."""

    def __init__(self, db: Database, system: str, recorder: Recorder, spans: Spans | None = None) -> None:
        self._db = db
        self._system = system
        self._recorder = recorder
        self._spans = spans
        self.batches_in_flight = db.batches_in_flight
        self.reads_are_round_trips = db.reads_are_round_trips
        self.seals_on_write = db.seals_on_write
        self.patience = db.patience

    async def open(self) -> None:
        await self._db.open()

    async def close(self) -> None:
        await self._db.close()

    async def check_writable(self) -> None:
        await self._db.check_writable()

    async def read(self, work: Work[T]) -> T:
        return await self._timed("read", self._db.read, work)

    async def browse(self, work: Work[T]) -> T:
        return await self._timed("browse", self._db.browse, work)

    async def write(self, work: Work[T]) -> T:
        return await self._timed("write", self._db.write, work)

    async def settle(self, work: Work[T]) -> T:
        return await self._timed("settle", self._db.settle, work)

    async def settle_whole(self, work: Work[T]) -> T:
        return await self._timed("settle_whole", self._db.settle_whole, work)

    async def _timed(self, name: str, run: Callable[[Work[T]], Awaitable[T]], work: Work[T]) -> T:
        if self._spans is None:
            return await self._measured(name, run, work)
        with self._spans.operation(self._system, name):
            return await self._measured(name, run, work)

    async def _measured(self, name: str, run: Callable[[Work[T]], Awaitable[T]], work: Work[T]) -> T:
        error = ""
        started = perf_counter()
        try:
            return await run(work)
        except Collision as collision:
            error = f"Collision:{collision.cause}"
            raise
        except Exception as failure:
            error = type(failure).__name__
            raise
        finally:
            self._recorder.observe(perf_counter() - started, (self._system, name, error))
