"""Which events gave an order its tray or took it: written with the event, so that a tray's history is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from traylane.db.database import Sql, Transaction
from traylane.orders.model import Order


async def put_moves(tx: Transaction, changed: Iterable[tuple[Order, Mapping[str, Any]]]) -> None:
    """Write what the tray events of changed orders are found by. `changed`: an order before, and its new columns."""
    rows = [
        (tray, order.id, order.revision + 1, holds)
        for order, columns in changed
        for tray, holds in ((order.tray_key, False), (columns.get("tray_key", order.tray_key), True))
        if tray is not None and columns.get("tray_key", order.tray_key) != order.tray_key
    ]
    if rows:
        await tx.many(_PUT, rows)


def moves_on_postgres(before: str, after: str) -> str:
    """The same as a part of a statement whose `u` has the order_id and the seq of what was written."""
    return f"""
        INSERT INTO tray_events (tray_key, order_id, seq, holds)
        SELECT v.tray, u.order_id, u.seq, v.holds
        FROM u CROSS JOIN LATERAL (VALUES ({before}, false), ({after}, true)) AS v(tray, holds)
        WHERE v.tray IS NOT NULL AND {before} IS DISTINCT FROM {after}"""


_PUT = Sql.same("INSERT INTO tray_events (tray_key, order_id, seq, holds) VALUES ($1, $2, $3, $4)")
