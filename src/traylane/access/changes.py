"""A change of the set-up, of keys or of whoever is told what: one event and a new version of the configuration."""

from __future__ import annotations

from traylane.access.actor import Actor
from traylane.clock import Instant
from traylane.db.database import Sql, Transaction
from traylane.db.ids import NIL, new_id
from traylane.events.record import new_event, record


async def record_change(tx: Transaction, *, type_: str, fields: object, actor: Actor, now: Instant) -> int:
    """Record the event and bump the configuration's version: what was judged by the old one fails. The new version."""
    version: int = (await tx.rows(BUMP_VERSION))[0][0]
    event = new_event(id_=new_id(now), subject=NIL, seq=version, type_=type_, at=now, actor=actor.name, fields=fields)
    await record(tx, [event])
    return version


BUMP_VERSION = Sql.same("UPDATE config SET version = version + 1 WHERE one = 1 RETURNING version")
