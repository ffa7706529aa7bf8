"""The SQL of endpoints and deliveries."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from traylane.clock import Instant
from traylane.db.database import Row, Sql, Transaction
from traylane.webhooks.model import PENDING, Delivery, Endpoint, Secret, Try

_secrets = msgspec.json.Decoder(tuple[Secret, ...]).decode
MOST_COUNTED = 10_000


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """Endpoints by state, deliveries that wait for their next try, and for how many seconds the oldest has been due.

    An endpoint that is enabled and to which nothing arrives is `failing` and not `enabled`.
    """

    enabled: int
    failing: int
    disabled: int
    pending: int
    overdue: float


_tries = msgspec.json.Decoder(tuple[Try, ...]).decode


async def endpoints(tx: Transaction, *, customer: str | None = None) -> list[Endpoint]:
    """All endpoints, or one customer's, the oldest first."""
    rows = await tx.rows(_ENDPOINTS) if customer is None else await tx.rows(_CUSTOMERS_ENDPOINTS, customer)
    return [_endpoint(row) for row in rows]


async def endpoint(tx: Transaction, id_: bytes) -> Endpoint | None:
    """One endpoint."""
    rows = await tx.rows(_ENDPOINT, id_)
    return _endpoint(rows[0]) if rows else None


async def insert(tx: Transaction, new: Endpoint) -> None:
    """Write a new endpoint."""
    await tx.rows(_INSERT, *_row(new))


async def update(tx: Transaction, changed: Endpoint) -> None:
    """Write what a person changed of an endpoint: not how far it has been told."""
    await tx.rows(
        _UPDATE,
        changed.id,
        changed.url,
        changed.description,
        ",".join(changed.types),
        changed.staff,
        _json(changed.secrets),
        changed.failing_since,
        changed.disabled_at,
        changed.disabled_why,
    )


async def delete(tx: Transaction, id_: bytes) -> None:
    """Remove an endpoint with its deliveries."""
    await tx.rows(_DELETE_DELIVERIES, id_)
    await tx.rows(_DELETE, id_)


async def with_work(tx: Transaction, *, holder: bytes, now: Instant) -> list[Endpoint]:
    """The endpoints that have something to be told or tried again, and that nobody else serves."""
    return [_endpoint(row) for row in await tx.rows(_WITH_WORK, holder, now)]


async def any_enabled(tx: Transaction) -> bool:
    """Whether there is an endpoint that is told anything."""
    return bool(await tx.rows(_ANY_ENABLED))


async def take(tx: Transaction, ids: Sequence[bytes], *, holder: bytes, now: Instant, until: Instant) -> list[bytes]:
    """Lease endpoints to `holder` until an instant; the ids of those that nobody else has."""
    taken = []
    for id_ in sorted(ids):
        taken += [row[0] for row in await tx.rows(_TAKE, id_, holder, now, until)]
    return taken


async def due(tx: Transaction, id_: bytes, *, now: Instant, limit: int) -> list[Delivery]:
    """The deliveries of an endpoint that are due, the oldest first."""
    return [_delivery(row) for row in await tx.rows(_DUE, id_, now, limit)]


async def next_due(tx: Transaction) -> Instant | None:
    """When the next delivery of all is due."""
    rows = await tx.rows(_NEXT_DUE)
    return rows[0][0] if rows else None


async def backlog(tx: Transaction, *, now: Instant) -> Backlog:
    """How webhooks stand, for whoever watches the service."""
    [states] = await tx.rows(_STATES)
    [(pending,)] = await tx.rows(_PENDING)
    due = await next_due(tx)
    enabled, failing, disabled = (int(count or 0) for count in states)
    return Backlog(
        enabled=enabled,
        failing=failing,
        disabled=disabled,
        pending=pending,
        overdue=0.0 if due is None else max(0.0, (now - due) / 1000),
    )


async def told(tx: Transaction, id_: bytes, *, holder: bytes, position: int, failing_since: Instant | None) -> bool:
    """Write how far an endpoint was told. False when somebody else serves it meanwhile: then nothing was written."""
    return bool(await tx.rows(_TOLD, id_, holder, position, failing_since))


async def keep(tx: Transaction, deliveries: Sequence[Delivery]) -> None:
    """Write deliveries, new or not."""
    await tx.many(
        _KEEP,
        [(d.endpoint, d.position, d.event, d.state, d.next_at, d.tried, _json(d.tries)) for d in deliveries],
    )


async def deliveries(tx: Transaction, id_: bytes, *, below: int, limit: int) -> list[Delivery]:
    """Deliveries of an endpoint below a position, the newest first."""
    return [_delivery(row) for row in await tx.rows(_DELIVERIES, id_, below, limit)]


async def send_again(tx: Transaction, again: Sequence[Delivery]) -> None:
    """Make deliveries due, new or not; what was tried before stays in their log."""
    await tx.many(_SEND_AGAIN, [(d.endpoint, d.position, d.event, d.next_at) for d in again])


async def forget_up_to(tx: Transaction, position: int, *, limit: int) -> int:
    """Forget deliveries of events up to a position, `limit` of each endpoint at most; the largest number of one."""
    return max([len(await tx.rows(_FORGET, one.id, position, limit)) for one in await endpoints(tx)], default=0)


async def let_go(tx: Transaction, holder: bytes) -> None:
    """Give back what `holder` has leased: others need not wait until it runs out."""
    await tx.rows(_LET_GO, holder)


def _endpoint(row: Row) -> Endpoint:
    return Endpoint(
        id=row[0],
        url=row[1],
        description=row[2],
        types=tuple(filter(None, row[3].split(","))),
        customer=row[4],
        staff=bool(row[5]),
        secrets=_secrets(row[6]),
        position=row[7],
        created_at=row[8],
        failing_since=row[9],
        disabled_at=row[10],
        disabled_why=row[11],
    )


def _row(new: Endpoint) -> tuple[object, ...]:
    types, secrets = ",".join(new.types), _json(new.secrets)
    return new.id, new.url, new.description, types, new.customer, new.staff, secrets, new.position, new.created_at


def _delivery(row: Row) -> Delivery:
    return Delivery(
        endpoint=row[0],
        position=row[1],
        event=row[2],
        state=row[3],
        next_at=row[4],
        tried=row[5],
        tries=_tries(row[6]),
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


_COLUMNS = """w.id, w.url, w.description, w.types, w.customer, w.staff, w.secrets, w.position, w.created_at,
    w.failing_since, w.disabled_at, w.disabled_why"""
_ENDPOINTS = Sql.same(f"SELECT {_COLUMNS} FROM webhooks w ORDER BY w.id")
_CUSTOMERS_ENDPOINTS = Sql.same(f"SELECT {_COLUMNS} FROM webhooks w WHERE w.customer = $1 ORDER BY w.id")
_ENDPOINT = Sql.same(f"SELECT {_COLUMNS} FROM webhooks w WHERE w.id = $1")
_INSERT = Sql.same("""
    INSERT INTO webhooks (id, url, description, types, customer, staff, secrets, position, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""")
_UPDATE = Sql.same("""
    UPDATE webhooks SET url = $2, description = $3, types = $4, staff = $5, secrets = $6, failing_since = $7,
        disabled_at = $8, disabled_why = $9
    WHERE id = $1""")
_DELETE_DELIVERIES = Sql.same("DELETE FROM deliveries WHERE webhook_id = $1")
_DELETE = Sql.same("DELETE FROM webhooks WHERE id = $1")
_HEAD = "coalesce((SELECT position FROM events WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1), 0)"
_WITH_WORK = Sql.same(f"""
    SELECT {_COLUMNS} FROM webhooks w
    WHERE w.disabled_at IS NULL AND (w.lease_until IS NULL OR w.lease_until < $2 OR w.lease_holder = $1)
        AND (w.position <> {_HEAD} OR EXISTS (
            SELECT 1 FROM deliveries d WHERE d.webhook_id = w.id AND d.next_at <= $2))
    ORDER BY w.id""")
_ANY_ENABLED = Sql.same("SELECT 1 FROM webhooks WHERE disabled_at IS NULL LIMIT 1")
_TAKE = Sql.same("""
    UPDATE webhooks SET lease_holder = $2, lease_until = $4
    WHERE id = $1 AND (lease_until IS NULL OR lease_until < $3 OR lease_holder = $2) RETURNING id""")
_DELIVERY = "d.webhook_id, d.position, d.event_id, d.state, d.next_at, d.tried, d.tries"
_DUE = Sql.same(f"""
    SELECT {_DELIVERY} FROM deliveries d WHERE d.webhook_id = $1 AND d.next_at <= $2 ORDER BY d.next_at LIMIT $3""")
_NEXT_DUE = Sql.same("""
    SELECT d.next_at FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
    WHERE d.next_at IS NOT NULL AND w.disabled_at IS NULL ORDER BY d.next_at LIMIT 1""")
_STATES = Sql.same("""
    SELECT sum(CASE WHEN disabled_at IS NULL AND failing_since IS NULL THEN 1 ELSE 0 END),
        sum(CASE WHEN disabled_at IS NULL AND failing_since IS NOT NULL THEN 1 ELSE 0 END),
        sum(CASE WHEN disabled_at IS NOT NULL THEN 1 ELSE 0 END)
    FROM webhooks""")
_PENDING = Sql.same(f"""
    SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE next_at IS NOT NULL LIMIT {MOST_COUNTED}) AS counted""")
_TOLD = Sql.same("""
    UPDATE webhooks SET position = $3, failing_since = $4 WHERE id = $1 AND lease_holder = $2 RETURNING id""")
_KEEP = Sql.same("""
    INSERT INTO deliveries (webhook_id, position, event_id, state, next_at, tried, tries)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (webhook_id, position) DO UPDATE SET state = excluded.state, next_at = excluded.next_at,
        tried = excluded.tried, tries = excluded.tries""")
_DELIVERIES = Sql.same(f"""
    SELECT {_DELIVERY} FROM deliveries d WHERE d.webhook_id = $1 AND d.position < $2
    ORDER BY d.position DESC LIMIT $3""")
_SEND_AGAIN = Sql.same(f"""
    INSERT INTO deliveries (webhook_id, position, event_id, state, next_at, tried, tries)
    VALUES ($1, $2, $3, '{PENDING}', $4, 0, '[]')
    ON CONFLICT (webhook_id, position) DO UPDATE SET state = excluded.state, next_at = excluded.next_at, tried = 0""")
_FORGET = Sql.same("""
    DELETE FROM deliveries WHERE webhook_id = $1 AND position IN (
        SELECT position FROM deliveries WHERE webhook_id = $1 AND position <= $2 ORDER BY position LIMIT $3)
    RETURNING 1""")
_LET_GO = Sql.same("UPDATE webhooks SET lease_holder = NULL, lease_until = NULL WHERE lease_holder = $1")
