"""A cancel flags the order, and says so once."""

from __future__ import annotations

from tests.builders import NOW, cancel, count, desk, make_order, order
from traylane.db.database import Database
from traylane.orders.change import Done


async def test_a_cancel_flags_the_order_where_it_stands(db: Database) -> None:
    await make_order(db, "1001", tray="00123", po="A/17")

    done = await cancel(desk(db), "123")

    assert isinstance(done, Done)
    assert done.order == await order(db, "1001")
    assert done.order.cancelled_at == NOW
    assert done.order.revision == 2
    assert done.message == ""
    assert await count(db, "events") == 1
