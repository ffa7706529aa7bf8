"""Where an order has been: every scan, oldest first."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from traylane.clock import Instant
from traylane.db.database import Sql, Transaction
from traylane.orders.model import OrderId


class Tracked(msgspec.Struct, frozen=True):
    """One scan in an order's history; `seq` counts from 1.

    `since_last`: milliseconds since the scan before it, None for the first; less than zero where two servers' clocks
    differ, for `seq` orders the history. `device_at`: what the terminal's own clock said, if it said anything.
    """

    seq: int
    station: str
    operator: str | None
    at: Instant
    non_cancel: bool
    device_at: Instant | None
    since_last: int | None


async def history(tx: Transaction, order: OrderId, *, limit: int, offset: int) -> tuple[int, Sequence[Tracked]]:
    """How many scans an order has, and those from `offset` on."""
    total: int = (await tx.rows(_COUNT, order))[0][0]
    # The scan before the window comes along, for the time since it.
    rows = await tx.rows(_SCANS, order, offset, limit)
    ahead = {row[0]: row[3] for row in rows}
    return total, [
        Tracked(seq, station, operator, at, bool(non_cancel), device, None if seq == 1 else at - ahead[seq - 1])
        for seq, station, operator, at, non_cancel, device in rows
        if seq > offset
    ]


_COUNT = Sql.same("SELECT count(*) FROM scans WHERE order_id = $1")
# The places of an order's scans have no gaps.
_SCANS = Sql.same("""
    SELECT seq, station, operator, at, non_cancel, device_at FROM scans
    WHERE order_id = $1 AND seq >= $2 AND seq <= $2 + $3 ORDER BY seq""")
