"""What the floor asks: parse, call, present."""

from __future__ import annotations

from traylane.api.call import Call
from traylane.api.http import Answer, json_answer
from traylane.api.schemas import basics
from traylane.api.schemas import floor as shapes
from traylane.tracking.history import history


async def tracking(call: Call) -> Answer:
    """Every scan of an order, oldest first."""
    limit, offset = basics.window(call.query)
    found, (total, scans) = await call.desk.ask_about(
        call.ref(call.path[0], call.query.get("by")),
        call.actor,
        lambda tx, found: history(tx, found.order.id, limit=limit, offset=offset),
    )
    order = found.order
    content = shapes.tracking(total, scans, found.policy)
    return json_answer(200, content, (b"etag", order.tag.encode()), order=order.number)
