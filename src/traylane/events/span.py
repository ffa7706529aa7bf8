"""Read the events of a span of time by their places in the feed, which follow the time.

No index by type and time: it would cost every event an insert. Few events are all looked at. Of many, places are dense
and follow the instants of the events but for what a commit takes and what the servers' clocks differ, so a search by
halves finds the span's first and last place; only what lies between is read, page by page, each its own short read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from traylane.clock import MINUTE, Instant
from traylane.db.database import Database, Row, Sql, Transaction
from traylane.events.seal import Event, head

SLACK = 10 * MINUTE
"""So far the order of the places may be from the order of the instants."""
PAGE = 500
"""Places that are read in one go, whatever events they hold: on SQLite nobody else gets a turn meanwhile."""
FEW = 20_000
"""So many places are all read: a search would cost more, and clocks that differ cannot mislead it."""

_COLUMNS = "id, subject_id, seq, type, at, actor, data"
_TYPES = Sql(
    sqlite="type IN (SELECT value FROM json_each(?1))",
    postgres="type = ANY ($1::text[])",
)
_UNSEALED = Sql(
    sqlite=f"SELECT {_COLUMNS} FROM events WHERE position IS NULL AND {_TYPES.sqlite}",
    postgres=f"SELECT {_COLUMNS} FROM events WHERE position IS NULL AND {_TYPES.postgres}",
)
_BETWEEN = Sql(
    sqlite=f"""SELECT {_COLUMNS} FROM events
        WHERE position > ?2 AND position <= ?3 AND {_TYPES.sqlite} ORDER BY position""",
    postgres=f"""SELECT {_COLUMNS} FROM events
        WHERE position > $2 AND position <= $3 AND {_TYPES.postgres} ORDER BY position""",
)
_AT = Sql.same("SELECT at FROM events WHERE position = $1")


async def events_between(
    db: Database, types: tuple[str, ...], first: Instant, end: Instant, *, after: int
) -> AsyncIterator[Event]:
    """The events of `types` from `first` until before `end` behind the place `after`: those without a place yet first,
    then by place.

    Raises errors.Unavailable as `db.read` does.
    """
    unsealed = await db.read(lambda tx: _unsealed(tx, types))
    for event in unsealed:
        if first <= event.at < end:
            yield event
    seen = {event.id for event in unsealed}
    last = (await db.read(head))[0]
    place, stop = after, last
    if stop - place > FEW:
        place = await _before(db, Instant(first - SLACK), after, last)
        stop = await _before(db, Instant(end + SLACK), place, last)
    while place < stop:
        upto = min(place + PAGE, stop)
        for event in await db.read(lambda tx: between(tx, types, place, upto)):  # noqa: B023 (awaited at once)
            if first <= event.at < end and event.id not in seen:
                yield event
        place = upto
        await asyncio.sleep(0)  # reads on SQLite run on the loop: others must get their turn


async def _before(db: Database, instant: Instant, low: int, high: int) -> int:
    """The last place up to `high` whose event is older than `instant`, by halves; `low` when none behind it is."""
    while low < high:
        middle = (low + high + 1) // 2
        rows = await db.read(lambda tx: tx.rows(_AT, middle))  # noqa: B023 (awaited at once)
        if rows and rows[0][0] < instant:
            low = middle
        else:
            high = middle - 1
    return low


async def _unsealed(tx: Transaction, types: tuple[str, ...]) -> list[Event]:
    return [_event(row) for row in await tx.rows(_UNSEALED, _listed(tx, types))]


async def between(tx: Transaction, types: tuple[str, ...], after: int, upto: int) -> list[Event]:
    """The events of `types` behind the place `after`, up to and with `upto`."""
    return [_event(row) for row in await tx.rows(_BETWEEN, _listed(tx, types), after, upto)]


def _event(row: Row) -> Event:
    return Event(*row)


def _listed(tx: Transaction, types: tuple[str, ...]) -> object:
    quoted = ",".join(f'"{name}"' for name in types)
    return tx.pick(sqlite=f"[{quoted}]", postgres=list(types))
