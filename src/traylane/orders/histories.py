"""Whole orders with all that happened to them, each as it was at one instant, to hold one against the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from traylane.db.database import Database, Row, Sql, Transaction
from traylane.orders.model import Status

PAGE = 200
"""Orders of one short read."""


class Told(msgspec.Struct, frozen=True, array_like=True):
    """An event of an order. `data`: its JSON text."""

    seq: int
    type: str
    at: int
    data: str

    @property
    def fields(self) -> dict[str, Any]:
        """What the event tells, by its names."""
        told: dict[str, Any] = msgspec.json.decode(self.data)
        return told


class Scanned(msgspec.Struct, frozen=True, array_like=True):
    """A scan, by its place in the order's history. `non_cancel`: what the station was then."""

    seq: int
    station: str
    non_cancel: bool


class History(msgspec.Struct, frozen=True, kw_only=True):
    """An order's row and all that was written beside it, oldest first."""

    id: bytes
    number: str
    customer: str
    tray: str
    tray_key: int | None
    status: Status
    on_hold: bool
    revision: int
    station: str | None
    scan_count: int
    cancelled_at: int | None
    cancel_reason: str | None
    cancel_station: str | None
    cancel_override: bool
    cancel_disposition: str | None
    scans: tuple[Scanned, ...]
    events: tuple[Told, ...]


_COLUMNS = """o.id, o.order_number, o.customer_number, o.tray_number, o.tray_key, o.status, o.on_hold, o.revision,
    o.station, o.scan_count, o.cancelled_at, o.cancel_reason, o.cancel_station, o.cancel_override,
    o.cancel_disposition"""
_TEXT = f"""
    SELECT {_COLUMNS},
        (SELECT {{scans}} FROM scans s WHERE s.order_id = o.id),
        (SELECT {{events}} FROM events e WHERE e.subject_id = o.id)
    FROM orders o WHERE o.id > $1 ORDER BY o.id LIMIT $2"""
# One statement, so that what is compared was there at the same instant.
_AFTER = Sql(
    sqlite=_TEXT.format(
        scans="json_group_array(json_array(s.seq, s.station, s.non_cancel) ORDER BY s.seq)",
        events="json_group_array(json_array(e.seq, e.type, e.at, e.data) ORDER BY e.seq)",
    ).replace("$", "?"),
    postgres=_TEXT.format(
        scans="json_agg(json_build_array(s.seq, s.station, s.non_cancel) ORDER BY s.seq)::text",
        events="json_agg(json_build_array(e.seq, e.type, e.at, e.data) ORDER BY e.seq)::text",
    ),
)
_scans = msgspec.json.Decoder(tuple[Scanned, ...], strict=False).decode
_events = msgspec.json.Decoder(tuple[Told, ...]).decode


async def histories(db: Database, *, after: bytes = b"") -> AsyncIterator[History]:
    """Every order whose id comes after `after`, in short reads. Raises errors.Unavailable."""
    while True:
        page = await db.browse(lambda tx: histories_after(tx, after))  # noqa: B023 (awaited at once)
        for history in page:
            yield history
        if len(page) < PAGE:
            return
        after = page[-1].id


async def histories_after(tx: Transaction, after: bytes, limit: int = PAGE) -> list[History]:
    """The next orders by their id."""
    return [_history(row) for row in await tx.rows(_AFTER, after, limit)]


def _history(row: Row) -> History:
    return History(
        id=row[0],
        number=row[1],
        customer=row[2],
        tray=row[3],
        tray_key=row[4],
        status=Status(row[5]),
        on_hold=bool(row[6]),
        revision=row[7],
        station=row[8],
        scan_count=row[9],
        cancelled_at=row[10],
        cancel_reason=row[11],
        cancel_station=row[12],
        cancel_override=bool(row[13]),
        cancel_disposition=row[14],
        scans=_scans(row[15] or "[]"),
        events=_events(row[16] or "[]"),
    )
