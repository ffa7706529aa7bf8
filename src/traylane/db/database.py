"""What both engines offer.

A function that is given to `read`, `write` or `settle` gets a `Transaction` and is an ordinary coroutine. On SQLite
its awaits never suspend, so the writer thread can run it to its end inside one transaction; on PostgreSQL they are
round trips. That is how one text of each use case serves both engines.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

T = TypeVar("T")
Row = Sequence[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Sql:
    """One statement in both dialects.

    `postgres_many` answers for N parameter tuples in one round trip: its first parameters are arrays, one per
    member of the tuple, and its first result column is the tuple's place, counted from 1.
    """

    sqlite: str
    postgres: str
    postgres_many: str = ""

    @classmethod
    def same(cls, text: str) -> Sql:
        """A statement that both engines understand, its parameters written $1, $2, …"""
        return cls(sqlite=text.replace("$", "?"), postgres=text)


class Transaction(Protocol):
    """Where statements run."""

    async def rows(self, sql: Sql, *parameters: Any) -> Sequence[Row]:
        """The rows of one statement."""
        ...

    async def each(self, sql: Sql, tuples: Sequence[tuple[Any, ...]], *common: Any) -> Sequence[Sequence[Row]]:
        """The rows of one statement for every tuple, in the order of the tuples; `common` is the same for all."""
        ...

    async def many(self, sql: Sql, tuples: Sequence[tuple[Any, ...]]) -> None:
        """Run a statement that returns nothing once for every tuple."""
        ...

    async def append(self, table: str, columns: Sequence[str], tuples: Sequence[tuple[Any, ...]]) -> None:
        """Append rows to a table, in the quickest way there is."""
        ...

    async def others_wait(self) -> bool:
        """Whether somebody else wants to write: on SQLite when this transaction has ended, on PostgreSQL orders now."""
        ...

    def pick(self, *, sqlite: T, postgres: T) -> T:
        """The one of two that belongs to this engine."""
        ...


Work = Callable[[Transaction], Awaitable[T]]


class Collision(Exception):
    """Somebody else was in the way; nothing of the transaction remains, and it may be tried again.

    `cause`: `unique` (a row of that key exists), `serialization` (including deadlocks), `lock` (waited too long).
    `table`: where, if the engine says so.
    """

    def __init__(self, cause: Literal["unique", "serialization", "lock"], table: str = "") -> None:
        super().__init__(cause, table)
        self.cause = cause
        self.table = table


class ConnectionLost(Exception):
    """The database went away in the middle of a statement: what it was doing may have been done."""


class Database(Protocol):
    """An open database of either engine."""

    batches_in_flight: int
    """How many batches of changes are worth running at once."""
    reads_are_round_trips: bool
    """Whether looks that come together are better asked together."""
    seals_on_write: bool
    """Whether events get their place in the feed in the transaction that records them."""
    patience: float
    """Seconds that a change or a look that has not begun waits while nothing gets through."""

    async def open(self) -> None:
        """Connect. Raises errors.Fault with one sentence when the database cannot be used."""
        ...

    async def close(self) -> None: ...

    async def read(self, work: Work[T]) -> T:
        """Run reads. Raises errors.Unavailable when the database does not answer in time."""
        ...

    async def browse(self, work: Work[T]) -> T:
        """Run reads that may take a while, without holding up anybody else's. Raises as `read`."""
        ...

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction of its own, again from the start after a Collision that may pass.

        Raises errors.Unavailable, or Collision when trying again did not help.
        """
        ...

    async def settle(self, work: Work[T]) -> T:
        """Run a batch of changes: reads, and then at most one write that guards itself.

        Raises Collision, ConnectionLost or errors.Unavailable; the caller decides what to try again.
        """
        ...

    async def settle_whole(self, work: Work[T]) -> T:
        """The same for a batch that writes with more than one statement: all of it in one transaction."""
        ...

    async def check_writable(self) -> None:
        """Raises errors.Fault with one sentence when a change could not be made now."""
        ...
