"""Check that every order that the events tell of is there: nobody removed one and left its events."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from traylane.db.database import Database, Sql

PAGE = 5_000

_MADE = Sql.same("""
    SELECT e.subject_id, o.id IS NULL, e.data FROM events e LEFT JOIN orders o ON o.id = e.subject_id
    WHERE e.subject_id > $1 AND e.type IN ('order.created', 'order.imported')
    ORDER BY e.subject_id, e.seq LIMIT $2""")


class _Told(msgspec.Struct, rename="camel"):
    order_number: str


_read = msgspec.json.Decoder(_Told).decode


async def check(db: Database) -> AsyncIterator[tuple[str, str]]:
    """The name of the broken invariant, and where. Raises errors.Unavailable."""
    after = b""
    while True:
        page = await db.browse(lambda tx: tx.rows(_MADE, after, PAGE))  # noqa: B023 (awaited at once)
        for _, is_missing, data in page:
            if is_missing:
                number = _read(data).order_number
                yield "orders_told_of_are_there", f"order {number}: its events are there, and it is not"
        if len(page) < PAGE:
            return
        after = page[-1][0]
