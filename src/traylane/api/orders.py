"""The orders endpoints: parse, call, present."""

from __future__ import annotations

from traylane.api.call import Call
from traylane.api.cancellations import allowed_override
from traylane.api.errors import as_member
from traylane.api.events import may_see_staff
from traylane.api.http import Answer, Header, json_answer
from traylane.api.schemas import basics
from traylane.api.schemas import events as event_shapes
from traylane.api.schemas import orders as shapes
from traylane.api.schemas.dispositions import disposition_of
from traylane.errors import BadArguments
from traylane.orders.cancel import CANCEL
from traylane.orders.cancel_rules import CancelRequest
from traylane.orders.change import Done
from traylane.orders.disposition import NOTHING_SAID
from traylane.orders.document import cancel_answer, order_answer, status_answer
from traylane.orders.model import Order
from traylane.orders.store import Extent


async def cancel(call: Call) -> Answer:
    """Cancel an order, or with `dryRun=true` say what a cancel would."""
    ref = call.ref(call.path[0], call.query.get("by"))
    said = disposition_of(call.body) if call.body is not None else NOTHING_SAID
    asked = CancelRequest(_reason(call), allowed_override(call), said)
    if call.flag("dryRun"):
        call.idempotency_key()
        verdict = await call.desk.foresee_cancel(ref, asked, call.actor, if_match=call.if_match())
        return json_answer(200, shapes.verdict(verdict, as_member), order=verdict.order.number)
    return await call.change(CANCEL, ref, asked, cancelled)


async def fetch(call: Call) -> Answer:
    """Fetch a single order."""
    found = await call.desk.find(call.ref(call.path[0], call.query.get("by")), call.actor, Extent.DOCUMENT)
    return json_answer(200, order_answer(found.order, found.policy), _tag(found.order), order=found.order.number)


async def status(call: Call) -> Answer:
    """Where an order stands; one marked for cancellation answers 200 with the contract's error body."""
    found = await call.desk.find(call.ref(call.path[0], call.query.get("by")), call.actor, Extent.DOCUMENT)
    content = shapes.MARKED_FOR_CANCELLATION if found.order.is_cancelled else status_answer(found.order, found.policy)
    return json_answer(200, content, _tag(found.order), order=found.order.number)


async def events(call: Call) -> Answer:
    """What happened to an order, oldest first."""
    limit, offset = basics.window(call.query)
    ref = call.ref(call.path[0], call.query.get("by"))
    order, total, found = await call.desk.history(ref, call.actor, limit=limit, offset=offset)
    content = event_shapes.event_list(total, found, staff=may_see_staff(call.actor))
    return json_answer(200, content, _tag(order), order=order.number)


def cancelled(done: Done) -> Answer:
    """The answer of a cancel that was made."""
    content = cancel_answer(done.order, done.policy, done.message)
    return json_answer(200, content, _tag(done.order), order=done.order.number)


def _reason(call: Call) -> str | None:
    in_query = call.query.get("deleteReason")
    in_body = call.body.deleteReason if call.body is not None else None
    if in_query is not None and in_body is not None and in_query != in_body:
        raise BadArguments("deleteReason in the query and in the body differ")
    return in_body if in_query is None else in_query


def _tag(order: Order) -> Header:
    return b"etag", order.tag.encode()
