"""What comes after a cancel: how it stands, what became of the parts, and taking it back."""

from __future__ import annotations

from traylane.access.actor import Scope
from traylane.api.call import Call
from traylane.api.errors import as_member
from traylane.api.events import may_see_staff
from traylane.api.http import Answer, Header, json_answer
from traylane.api.schemas import cancellations as shapes
from traylane.api.schemas.dispositions import DispositionBody, disposition_of
from traylane.orders.cancel_rules import CancelRequest
from traylane.orders.desk import foreseen
from traylane.orders.dispose import DISPOSE
from traylane.orders.disposition_rules import DispositionRequest
from traylane.orders.model import Order
from traylane.orders.restore import RESTORE
from traylane.orders.restore_rules import RestoreRequest
from traylane.orders.verb import Done


async def cancellation(call: Call) -> Answer:
    """How an order stands to a cancel: everything in the way, or the cancellation as it is."""
    ref = call.ref(call.path[0], call.query.get("by"))
    found = await call.desk.foresee_restore(ref, RestoreRequest(customer=call.actor.customer), call.actor)
    asked = CancelRequest(call.query.get("deleteReason"), allowed_override(call))
    verdict = foreseen(found.order, asked, found.policy, found.note)
    content = shapes.cancellation(verdict, found, call.now, as_member, staff=may_see_staff(call.actor))
    return json_answer(200, content, _tag(found.order), order=found.order.number)


async def dispose(call: Call) -> Answer:
    """Say what became of a cancelled order's lenses and frame, or correct it."""
    ref = call.ref(call.path[0], call.query.get("by"))
    body = call.body or DispositionBody()
    return await call.change(DISPOSE, ref, DispositionRequest(disposition_of(body)), _disposed)


async def restore(call: Call) -> Answer:
    """Take a cancel back, or with `dryRun=true` say whether that can be done."""
    ref = call.ref(call.path[0], call.query.get("by"))
    force = call.flag("force")
    if force:
        call.actor.require(Scope.ORDERS_OVERRIDE)
    asked = RestoreRequest(force, call.actor.customer)
    if call.flag("dryRun"):
        call.idempotency_key()
        found = await call.desk.foresee_restore(ref, asked, call.actor, if_match=call.if_match())
        return json_answer(200, shapes.restore_verdict(found, as_member), order=found.order.number)
    return await call.change(RESTORE, ref, asked, _restored)


def allowed_override(call: Call) -> bool:
    """Whether the caller asks to override. Raises Forbidden when it may not."""
    if not call.flag("override"):
        return False
    call.actor.require(Scope.ORDERS_OVERRIDE)
    return True


def _disposed(done: Done) -> Answer:
    return json_answer(200, shapes.disposed(done), _tag(done.order), order=done.order.number)


def _restored(done: Done) -> Answer:
    return json_answer(200, shapes.restored(done), _tag(done.order), order=done.order.number)


def _tag(order: Order) -> Header:
    return b"etag", order.tag.encode()
