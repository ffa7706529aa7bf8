"""Every interleaving of two sides' statements on PostgreSQL: a scheduler says who may send the next one.

The sides are real desks, each with connections of its own; all that is new is that a statement, or a commit, waits for
its turn. A side that waits for the other's lock has no turn until it goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import asyncpg

from traylane.db.database import Row, Sql, Transaction, Work
from traylane.db.postgres import PostgresDatabase

T = TypeVar("T")
_BLOCKED = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"""


class Gate:
    """Where one side waits for its turns."""

    def __init__(self) -> None:
        self._turn: asyncio.Future[None] | None = None
        self.is_done = False

    @property
    def waits(self) -> bool:
        return self._turn is not None

    async def turn(self) -> None:
        self._turn = asyncio.get_running_loop().create_future()
        await self._turn

    def open(self) -> None:
        assert self._turn is not None
        turn, self._turn = self._turn, None
        turn.set_result(None)


class _Stepped:
    """A transaction each of whose statements waits for its turn."""

    def __init__(self, inner: Transaction, gate: Gate) -> None:
        self._inner, self._gate = inner, gate

    async def rows(self, sql: Sql, *parameters: Any) -> Sequence[Row]:
        await self._gate.turn()
        return await self._inner.rows(sql, *parameters)

    async def each(self, sql: Sql, tuples: Sequence[tuple[Any, ...]], *common: Any) -> Sequence[Sequence[Row]]:
        await self._gate.turn()
        return await self._inner.each(sql, tuples, *common)

    async def many(self, sql: Sql, tuples: Sequence[tuple[Any, ...]]) -> None:
        await self._gate.turn()
        await self._inner.many(sql, tuples)

    async def append(self, table: str, columns: Sequence[str], tuples: Sequence[tuple[Any, ...]]) -> None:
        await self._gate.turn()
        await self._inner.append(table, columns, tuples)

    async def others_wait(self) -> bool:
        return await self._inner.others_wait()

    def pick(self, *, sqlite: T, postgres: T) -> T:
        return self._inner.pick(sqlite=sqlite, postgres=postgres)


class SteppedDatabase(PostgresDatabase):
    """A side's database; `gate` is that of the interleaving that is being played."""

    gate: Gate

    def __init__(self, url: str) -> None:
        # Who blocks whom is looked at, so no wait needs an end of its own.
        super().__init__(url, session={"lock_timeout": "4000"})

    async def settle(self, work: Work[T]) -> T:
        return await super().settle(lambda tx: work(_Stepped(tx, self.gate)))

    async def settle_whole(self, work: Work[T]) -> T:
        async def then_commit(tx: Transaction) -> T:
            result = await work(_Stepped(tx, self.gate))
            await self.gate.turn()
            return result

        return await super().settle_whole(then_commit)


Choices = list[int]


class Scheduler:
    """Plays interleavings of two sides. `monitor` is a connection of its own."""

    def __init__(self, sides: tuple[SteppedDatabase, SteppedDatabase], monitor: asyncpg.Connection) -> None:
        self._sides = sides
        self._monitor = monitor

    async def every(self, play: Callable[[], Awaitable[tuple[Awaitable[object], Awaitable[object]]]]) -> int:
        """Play every interleaving of the two that `play` makes anew each time; how many there were."""
        choices: Choices | None = []
        played = 0
        while choices is not None:
            choices = _next(*await self._play(*await play(), choices))
            played += 1
        return played

    async def _play(
        self, one: Awaitable[object], other: Awaitable[object], choices: Choices
    ) -> tuple[Choices, list[Choices]]:
        gates = (Gate(), Gate())
        for side, gate in zip(self._sides, gates, strict=True):
            side.gate = gate
        tasks = [asyncio.create_task(_until_done(w, gate)) for w, gate in zip((one, other), gates, strict=True)]
        taken: Choices = []
        options: list[Choices] = []
        while ready := await self._ready(gates):
            chosen = choices[len(taken)] if len(taken) < len(choices) else ready[0]
            assert chosen in ready, "the same turns did not lead to the same place"
            taken.append(chosen)
            options.append(ready)
            gates[chosen].open()
        await asyncio.gather(*tasks)
        return taken, options

    async def _ready(self, gates: tuple[Gate, Gate]) -> Choices:
        """The sides that wait for a turn, once nobody is on the way; empty when both are done."""
        while True:
            await asyncio.sleep(0)
            under_way = sum(not gate.waits and not gate.is_done for gate in gates)
            waiting = [side for side, gate in enumerate(gates) if gate.waits]
            if not under_way:
                return waiting
            if waiting and await self._monitor.fetchval(_BLOCKED) >= under_way:
                # Looked at again: the lock may have been given meanwhile.
                if sum(not gate.waits and not gate.is_done for gate in gates) == under_way:
                    return waiting
            else:
                await asyncio.sleep(0.0005)


async def _until_done(work: Awaitable[object], gate: Gate) -> None:
    try:
        await work
    finally:
        gate.is_done = True


def _next(taken: Choices, options: list[Choices]) -> Choices | None:
    """The choices that lead to the next interleaving, depth first; None after the last."""
    while taken and taken[-1] == options[-1][-1]:
        taken.pop()
        options.pop()
    if not taken:
        return None
    return [*taken[:-1], options[-1][options[-1].index(taken[-1]) + 1]]
