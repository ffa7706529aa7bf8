"""Append events, in the transaction of the change that they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from traylane.clock import Instant
from traylane.db.database import Row, Sql, Transaction
from traylane.db.durable import until_durable
from traylane.events import seal
from traylane.events.seal import Event

_PLAIN = ("id", "subject_id", "seq", "type", "at", "actor", "data")
_SEALED = (*_PLAIN, "position", "hash")
_OF_SUBJECT = Sql.same("""
        SELECT id, subject_id, seq, type, at, actor, data FROM events
        WHERE subject_id = $1 ORDER BY seq LIMIT $2 OFFSET $3""")
_COUNT = Sql.same("SELECT count(*) FROM events WHERE subject_id = $1")
_NEWEST = Sql.same("SELECT at FROM events WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1")
_IS_THERE = Sql.same("SELECT 1 FROM events WHERE subject_id = $1 AND seq = $2 AND id = $3")


async def record(tx: Transaction, events: Sequence[Event]) -> None:
    """Append `events`; on an engine that seals as it writes, sealed."""
    texts = [seal.sealed_text(event) for event in events]
    await record_prepared(tx, [msgspec.structs.astuple(event) for event in events], texts)


async def record_prepared(tx: Transaction, rows: Sequence[tuple[Any, ...]], texts: Sequence[bytes]) -> None:
    """The same for events as rows, and the `seal.sealed_text` of each."""
    await tx.pick(sqlite=_record_sealed, postgres=_record_plain)(tx, rows, texts)


async def history(tx: Transaction, subject: bytes, *, limit: int, offset: int) -> tuple[int, list[Event]]:
    """How many events `subject` has, and those from `offset` on, oldest first."""
    total: int = (await tx.rows(_COUNT, subject))[0][0]
    rows: Sequence[Row] = await tx.rows(_OF_SUBJECT, subject, limit, offset)
    return total, [Event(*row) for row in rows]


async def newest(tx: Transaction) -> Instant | None:
    """When the last event of the feed happened; None before the first."""
    rows = await tx.rows(_NEWEST)
    return rows[0][0] if rows else None


async def is_recorded(tx: Transaction, *, subject: bytes, seq: int, id_: bytes) -> bool:
    """Whether exactly this event is there, to stay: how an ambiguous commit is resolved."""
    found = bool(await tx.rows(_IS_THERE, subject, seq, id_))
    if found:
        await until_durable(tx)
    return found


def event_data(fields: object) -> str:
    """The text of an event's data."""
    return msgspec.json.encode(fields).decode()


def new_event(*, id_: bytes, subject: bytes, seq: int, type_: str, at: Instant, actor: str, fields: object) -> Event:
    """An event whose data is `fields` as JSON."""
    return Event(id_, subject, seq, type_, at, actor, event_data(fields))


def customer_of(event: Event) -> str | None:
    """The number of the customer that an event is about."""
    return _about(event.data).customer_number


class _About(msgspec.Struct, rename="camel"):
    customer_number: str | None = None


_about = msgspec.json.Decoder(_About).decode


async def _record_plain(tx: Transaction, rows: Sequence[tuple[Any, ...]], texts: Sequence[bytes]) -> None:
    del texts
    await tx.append("events", _PLAIN, rows)


async def _record_sealed(tx: Transaction, rows: Sequence[tuple[Any, ...]], texts: Sequence[bytes]) -> None:
    position, hash_ = await seal.head(tx)
    sealed = []
    for row, text in zip(rows, texts, strict=True):
        position += 1
        hash_ = seal.chained_text(hash_, text)
        sealed.append((*row, position, hash_))
    await tx.append("events", _SEALED, sealed)
