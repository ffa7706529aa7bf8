"""The sealer: gives committed events their gap-free place in the feed, and chains them by hash.

On SQLite the writer seals in the transaction that records the event. On PostgreSQL a task that holds a lease does
it a moment after the commit, so an event that commits late gets a late place and no reader ever skips it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol

import msgspec

from traylane.clock import Instant
from traylane.db.database import Collision, ConnectionLost, Database, Sql, Transaction
from traylane.db.ids import new_id
from traylane.errors import Unavailable
from traylane.log import log

GENESIS = bytes(32)
LEASE_MS = 5_000
BATCH = 1_000
MOST_COUNTED = 10_000
IDLE_SECONDS = 0.1
QUIET_SECONDS = 0.03
"""Between two looks of whoever seals while nothing happens: what happens then is soon told, by other processes too."""
WATCHED_SECONDS = 0.02
"""Between two looks while somebody waits for events: they are told within a tenth of a second."""


class Event(msgspec.Struct, frozen=True):
    """One change, as it is recorded: `seq` is the revision (or configuration version) that it made."""

    id: bytes
    subject: bytes
    seq: int
    type: str
    at: Instant
    actor: str
    data: str


def sealed_text(event: Event) -> bytes:
    """What of an event goes into its hash."""
    fields = (event.id.hex(), event.subject.hex(), event.seq, event.type, event.at, event.actor, event.data)
    return msgspec.json.encode(fields)


def chained(previous: bytes, event: Event) -> bytes:
    """The hash of an event that follows the event with hash `previous`."""
    return chained_text(previous, sealed_text(event))


def chained_text(previous: bytes, text: bytes) -> bytes:
    """The hash of an event with that `sealed_text`."""
    return sha256(previous + text).digest()


async def head(tx: Transaction) -> tuple[int, bytes]:
    """Position and hash of the last sealed event; (0, GENESIS) before the first."""
    rows = await tx.rows(_HEAD)
    return (rows[0][0], rows[0][1]) if rows else (0, GENESIS)


async def seal_some(tx: Transaction, holder: bytes) -> int:
    """Seal up to BATCH events if `holder` has the lease; how many it were."""
    if not await tx.rows(_LEASE, holder, LEASE_MS):
        return 0
    events = in_order([Event(*row) for row in await tx.rows(_UNSEALED, BATCH)])
    position, hash_ = await head(tx)
    sealed = []
    for event in events:
        position += 1
        hash_ = chained(hash_, event)
        sealed.append((event.subject, event.seq, position, hash_))
    if sealed:
        await tx.rows(_SEAL, *map(list, zip(*sealed, strict=True)))
    return len(sealed)


def in_order(events: Sequence[Event]) -> list[Event]:
    """By id, that is by time; but events of one subject by their seq, whatever the clocks of two nodes say."""
    places = sorted(events, key=lambda e: e.id)
    if len({event.subject for event in events}) == len(events):
        return places
    by_subject: dict[bytes, list[Event]] = {}
    for event in sorted(events, key=lambda e: e.seq):
        by_subject.setdefault(event.subject, []).append(event)
    return [by_subject[event.subject].pop(0) for event in places]


async def follow(tx: Transaction, *, after: int, hash_: bytes, limit: int) -> list[tuple[int, bytes]]:
    """Follow the chain from position `after` (whose hash is `hash_`) over at most `limit` events.

    Returns position and hash of each. Raises ValueError that names the first position that is missing or does not
    fit.
    """
    reached: list[tuple[int, bytes]] = []
    for row in await tx.rows(_SEALED_AFTER, after, limit):
        event, position, stored = Event(*row[:7]), row[7], row[8]
        hash_ = chained(hash_, event)
        if position != after + 1:
            raise ValueError(f"the feed has a gap: no event at position {after + 1}")
        if hash_ != stored:
            raise ValueError(f"the event at position {position} is not the one that was sealed")
        after = position
        reached.append((position, hash_))
    return reached


class Watched(Protocol):
    """Whoever waits for sealed events."""

    @property
    def is_watched(self) -> bool:
        """Whether somebody waits now."""
        ...

    def nudge(self) -> None:
        """There are new ones."""
        ...


async def seal_forever(db: Database, now: Instant, watched: Watched) -> None:
    """The sealer's task on an engine that does not seal as it writes; runs until cancelled."""
    holder, is_it = new_id(now), False
    while True:
        sealed = 0
        try:
            if await db.read(_has_work):
                sealed = await db.write(lambda tx: seal_some(tx, holder))
                is_it = sealed > 0
        except (Unavailable, Collision, ConnectionLost) as error:
            log("sealer_waits", level="warning", cause=str(error))
        if sealed:
            watched.nudge()
        if sealed < BATCH:
            unwatched = QUIET_SECONDS if is_it and not sealed else IDLE_SECONDS
            await asyncio.sleep(WATCHED_SECONDS if watched.is_watched else unwatched)


async def lag(tx: Transaction, now: Instant) -> tuple[int, float]:
    """How many events wait for their place in the feed, counted up to MOST_COUNTED, and the oldest one's seconds."""
    [(count, oldest)] = await tx.rows(_LAG)
    return count, 0.0 if oldest is None else max(0.0, (now - oldest) / 1000)


async def _has_work(tx: Transaction) -> bool:
    return bool(await tx.rows(_ANY_UNSEALED))


_COLUMNS = "id, subject_id, seq, type, at, actor, data"
_HEAD = Sql.same("SELECT position, hash FROM events WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1")
_LEASE = Sql(
    sqlite="",
    postgres="""
        INSERT INTO lease AS l (task, holder, until)
        VALUES ('sealer', $1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint + $2::bigint)
        ON CONFLICT (task) DO UPDATE SET holder = excluded.holder, until = excluded.until
        WHERE l.holder = excluded.holder OR l.until < excluded.until - $2::bigint
        RETURNING 1""",
)
_LAG = Sql.same(f"""
    SELECT count(*), min(at) FROM (
        SELECT at FROM events WHERE position IS NULL ORDER BY id LIMIT {MOST_COUNTED}) AS unsealed""")
_ANY_UNSEALED = Sql.same("SELECT 1 FROM events WHERE position IS NULL LIMIT 1")
# Whole subjects, so that an event is never sealed before an older one of the same order. The `+ 0` keeps the inner look
# on the primary key: the index of what is unsealed would be read whole for every subject.
_UNSEALED = Sql(
    sqlite="",
    postgres=f"""
        SELECT {_COLUMNS}
        FROM (SELECT DISTINCT u.subject_id AS subject FROM
                (SELECT subject_id FROM events WHERE position IS NULL ORDER BY id LIMIT $1) AS u) AS s
        JOIN events ON subject_id = s.subject
        WHERE position + 0 IS NULL""",
)
_SEAL = Sql(
    sqlite="",
    postgres="""
        UPDATE events e SET position = s.position, hash = s.hash
        FROM unnest($1::bytea[], $2::int[], $3::bigint[], $4::bytea[]) AS s(subject_id, seq, position, hash)
        WHERE e.subject_id = s.subject_id AND e.seq = s.seq""",
)
_SEALED_AFTER = Sql.same(
    f"SELECT {_COLUMNS}, position, hash FROM events WHERE position > $1 ORDER BY position LIMIT $2"
)
