"""Who held a tray, and who holds it now."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from traylane.clock import Instant
from traylane.db.database import Sql, Transaction


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """An order's time in a tray. `until`: None while it is in it; `given` and `left`: the events at its ends."""

    order: str
    since: Instant
    given: str
    until: Instant | None = None
    left: str | None = None
    cancelled: bool = False


async def holdings(tx: Transaction, tray: int, *, customer: str | None) -> list[Holding]:
    """The tray's history, oldest first; of one customer's orders only, if one is named."""
    rows = await tx.rows(_EVENTS, tray) if customer is None else await tx.rows(_CUSTOMERS_EVENTS, tray, customer)
    return _paired(sorted(rows, key=lambda row: (row[2], row[4], row[0])))


def _paired(rows: Sequence[Sequence[object]]) -> list[Holding]:
    """Rows: order, seq, when, event, whether it holds the tray then, whether it is cancelled now; in order of time.

    Of two events at one instant the one that leaves comes first: a tray is left before it is given.
    """
    found: list[Holding] = []
    open_: dict[object, int] = {}
    for order, _, at, event, holds, cancelled in rows:
        if holds:
            open_[order] = len(found)
            found.append(Holding(order=order, since=at, given=event, cancelled=bool(cancelled)))  # type: ignore[arg-type]
        elif order in open_:
            place = open_.pop(order)
            found[place] = msgspec.structs.replace(found[place], until=at, left=event)
    return found


_TEXT = """
    SELECT o.order_number, t.seq, e.at, e.type, t.holds, o.cancelled_at IS NOT NULL
    FROM tray_events t
    JOIN events e ON e.subject_id = t.order_id AND e.seq = t.seq
    JOIN orders o ON o.id = t.order_id
    WHERE t.tray_key = $1"""
_EVENTS = Sql.same(_TEXT)
_CUSTOMERS_EVENTS = Sql.same(_TEXT + " AND o.customer_number = $2")
