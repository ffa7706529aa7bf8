"""Which stations orders have been through."""

from __future__ import annotations

from collections.abc import Sequence

from traylane.db.database import Sql, Transaction
from traylane.orders.model import Order

# The order's first places in its primary key: a handful of rows that lie together.
_PASSED = Sql(
    sqlite="SELECT DISTINCT station FROM scans WHERE order_id = ?1",
    postgres="SELECT DISTINCT station FROM scans WHERE order_id = $1",
    postgres_many="""
        SELECT u.n, s.station FROM unnest($1::bytea[]) WITH ORDINALITY AS u(id, n) JOIN scans s ON s.order_id = u.id""",
)


async def stations_passed(tx: Transaction, orders: Sequence[Order]) -> list[frozenset[str]]:
    """The codes of the stations that each order was scanned at. Each scan bumps the revision that guards a write."""
    found: dict[bytes, frozenset[str]] = {}
    scanned = list({order.id: order for order in orders if order.scan_count}.values())
    if scanned:
        rows = await tx.each(_PASSED, [(order.id,) for order in scanned])
        found = {order.id: frozenset(row[0] for row in some) for order, some in zip(scanned, rows, strict=True)}
    return [found.get(order.id, frozenset()) for order in orders]
