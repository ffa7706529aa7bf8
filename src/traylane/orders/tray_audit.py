"""Check trays across orders: nobody shares one, and who holds one is who was given it last."""

from __future__ import annotations

from collections.abc import AsyncIterator

from traylane.db.database import Database, Sql

TRAYS = 100_000
SPAN = 5_000
"""Trays of one short read."""

# One statement, so that what is compared was there at the same instant.
_CHECK = Sql.same("""
    SELECT 'no_tray_has_two_holders', o.tray_key, min(o.order_number), max(o.order_number)
    FROM orders o WHERE o.tray_key >= $1 AND o.tray_key < $2 GROUP BY o.tray_key HAVING count(*) > 1
    UNION ALL
    SELECT 'tray_events_lead_to_the_holders', o.tray_key, o.order_number, 'no event gave it'
    FROM orders o WHERE o.tray_key >= $1 AND o.tray_key < $2 AND NOT EXISTS (
        SELECT 1 FROM tray_events t WHERE t.tray_key = o.tray_key AND t.order_id = o.id)
    UNION ALL
    SELECT 'tray_events_lead_to_the_holders', t.tray_key, coalesce(o.order_number, ''),
        CASE WHEN t.holds THEN 'an event gave it, but it is not there' ELSE 'an event took it, but it is there' END
    FROM tray_events t LEFT JOIN orders o ON o.id = t.order_id
    WHERE t.tray_key >= $1 AND t.tray_key < $2
        AND NOT EXISTS (SELECT 1 FROM tray_events x
            WHERE x.tray_key = t.tray_key AND x.order_id = t.order_id AND x.seq > t.seq)
        AND t.holds <> coalesce(o.tray_key = t.tray_key, false)""")


async def check(db: Database) -> AsyncIterator[tuple[str, str]]:
    """The name of each broken invariant, and where. Raises errors.Unavailable."""
    for first in range(0, TRAYS, SPAN):
        for row in await db.browse(lambda tx: tx.rows(_CHECK, first, first + SPAN)):  # noqa: B023 (awaited at once)
            invariant, tray, order, other = row
            yield invariant, f"tray {tray:05d}: {order}, {other}"
