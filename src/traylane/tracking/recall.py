"""Recalls: cancelled orders whose work is still about, because nobody has taken it out of the line (ours).

A cancel writes nothing for it. A recall is open while a cancelled order holds its tray, or since the tray was given to
another order with the work still in it. A release of the tray ends it, and so does a scan at a cancel rack.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from traylane.clock import MINUTE, Instant
from traylane.db.database import Database, Row, Sql, Transaction, Work
from traylane.policy.model import Policy

TRAYS_AT_ONCE = 5_000
"""Trays that one read passes; there are a hundred thousand at most."""
_LAST_TRAY = 99_999
_REFUSED = "checkin_cancelled"


class Recall(msgspec.Struct, frozen=True, kw_only=True):
    """A cancelled order whose work is still about.

    `seen_at`: when it was last scanned, None for never; `refused`: scans refused since the cancel; `holder`: the order
    in its tray now, if it lost it and the caller may know.
    """

    id: bytes
    order: str
    tray: str
    po: str
    customer: str
    cancelled_at: Instant
    reason: str | None
    station: str | None
    seen_at: Instant | None
    taken_over_at: Instant | None
    holder: str | None = None
    refused: int = 0


async def open_recalls(db: Database, policy: Policy, *, customer: str | None) -> list[Recall]:
    """Every open recall, the longest cancelled first; of one customer's orders only, if one is named.

    Reads the index of held trays in pieces, each a short read of its own.
    """
    racks = {station.code for station in policy.stations.values() if station.cancel_rack}
    found: list[Recall] = []

    async def lost(tx: Transaction) -> Sequence[Row]:
        return await tx.rows(_LOST)

    found += _recalls(await db.read(lost), racks, customer)
    for first in range(0, _LAST_TRAY + 1, TRAYS_AT_ONCE):
        found += _recalls(await db.read(_held_from(first)), racks, customer)
        await asyncio.sleep(0)  # reads on SQLite run on the loop: others must get their turn
    found.sort(key=lambda recall: (recall.cancelled_at, recall.order))
    return found


async def with_evidence(tx: Transaction, recalls: Sequence[Recall], *, customer: str | None) -> list[Recall]:
    """The same recalls with the scans that were refused since, and with who holds the trays that were lost."""
    if not recalls:
        return []
    counts = await tx.each(_COUNT, [(r.id, _REFUSED, r.cancelled_at - r.cancelled_at % MINUTE) for r in recalls])
    holders = await tx.each(_HOLDER, [(int(r.tray) if r.taken_over_at is not None else -1,) for r in recalls])
    return [
        msgspec.structs.replace(
            recall,
            refused=count[0][0] or 0,
            holder=next((row[0] for row in rows if customer in (None, row[1])), None),
        )
        for recall, count, rows in zip(recalls, counts, holders, strict=True)
    ]


def _held_from(first: int) -> Work[Sequence[Row]]:
    async def read(tx: Transaction) -> Sequence[Row]:
        return await tx.rows(_HELD, first, first + TRAYS_AT_ONCE - 1)

    return read


def _recalls(rows: Sequence[Row], racks: set[str], customer: str | None) -> list[Recall]:
    recalls = [
        Recall(
            id=row[0],
            order=row[1],
            tray=row[2],
            po=row[3],
            customer=row[4],
            cancelled_at=row[5],
            reason=row[6],
            station=row[7],
            seen_at=row[8],
            taken_over_at=row[9],
        )
        for row in rows
    ]
    return [r for r in recalls if r.station not in racks and customer in (None, r.customer)]


_COLUMNS = """
    id, order_number, tray_number, po_number, customer_number, cancelled_at, cancel_reason, station, station_at,
    taken_over_at"""
_HELD = Sql.same(f"""
    SELECT {_COLUMNS} FROM orders
    WHERE tray_key IS NOT NULL AND tray_key BETWEEN $1 AND $2 AND cancelled_at IS NOT NULL""")
_LOST = Sql.same(f"""
    SELECT {_COLUMNS} FROM orders
    WHERE taken_over_at IS NOT NULL AND cancelled_at IS NOT NULL AND tray_key IS NULL""")
_COUNT = Sql(
    sqlite="SELECT sum(count) FROM attempts WHERE order_id = ?1 AND code = ?2 AND minute >= ?3",
    postgres="SELECT sum(count)::int FROM attempts WHERE order_id = $1 AND code = $2 AND minute >= $3",
    postgres_many="""
        SELECT u.n, a.refused
        FROM unnest($1::bytea[], $2::text[], $3::bigint[]) WITH ORDINALITY AS u(id, code, since, n)
        CROSS JOIN LATERAL (
            SELECT sum(count)::int AS refused FROM attempts
            WHERE order_id = u.id AND code = u.code AND minute >= u.since
        ) AS a""",
)
_HOLDER = Sql(
    sqlite="SELECT order_number, customer_number FROM orders WHERE tray_key = ?1",
    postgres="SELECT order_number, customer_number FROM orders WHERE tray_key = $1::int",
    postgres_many="""
        SELECT u.n, o.order_number, o.customer_number FROM unnest($1::int[]) WITH ORDINALITY AS u(tray, n)
        JOIN orders o ON o.tray_key = u.tray""",
)
