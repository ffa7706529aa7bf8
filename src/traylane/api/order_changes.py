"""The endpoints that change orders beside the cancel: parse, call, present."""

from __future__ import annotations

import unicodedata

from msgspec import UNSET
from msgspec.structs import replace

from traylane.api.call import Call
from traylane.api.http import Answer, json_answer
from traylane.api.schemas import order_changes as shapes
from traylane.api.schemas.create import details_of
from traylane.errors import BadArguments
from traylane.orders.change import Done
from traylane.orders.complete import COMPLETE
from traylane.orders.complete_rules import CompleteRequest
from traylane.orders.correct import CORRECT
from traylane.orders.correct_rules import CorrectRequest
from traylane.orders.create import CREATE
from traylane.orders.create_rules import CreateRequest, missing_lenses
from traylane.orders.details import problems_of
from traylane.orders.document import cancel_answer, created_answer
from traylane.orders.hold import HOLD, RELEASE
from traylane.orders.lookup import Ref
from traylane.orders.tray import ASSIGN, RELEASE_TRAY
from traylane.orders.tray_rules import AssignRequest
from traylane.orders.validate import UNVALID, VALIDATE
from traylane.orders.validate_rules import UnvalidRequest


async def create(call: Call) -> Answer:
    """Create an order."""
    if b"if-match" in call.headers:
        raise BadArguments("If-Match is not supported: the order does not exist yet")
    body = call.body
    if body is None:
        raise BadArguments("the body is missing")
    details = details_of(body)
    problems = [*missing_lenses(details), *(f"{name} {what}" for name, what in problems_of(details))]
    if problems:
        raise BadArguments(*problems)
    asked = CreateRequest(
        customer=body.customerNumber,
        po=po_number(body.poNumber),
        details=details,
        tray=body.trayNumber or "",
        on_hold=body.onHold is True,
        only_customer=call.actor.customer,
    )
    return await call.change(CREATE, Ref(""), asked, _created)


async def correct(call: Call) -> Answer:
    """Correct an order: date wanted, PO number, customer's job id, remarks."""
    body: shapes.CorrectBody | None = call.body
    if body is None or body == shapes.CorrectBody():
        raise BadArguments("give at least one of dateWanted, poNumber, customerJobId and remarks")
    asked = CorrectRequest(
        date_wanted=body.dateWanted,
        po=UNSET if body.poNumber is UNSET else po_number(body.poNumber),
        customer_job_id=body.customerJobId,
        remarks=body.remarks,
    )
    return await call.change(CORRECT, _ref(call), asked, changed)


async def complete(call: Call) -> Answer:
    """Complete an order: it leaves the line and its tray."""
    return await call.change(COMPLETE, _ref(call), CompleteRequest(), _completed)


async def hold(call: Call) -> Answer:
    """Put an order on hold."""
    return await call.change(HOLD, _ref(call), None, changed)


async def release(call: Call) -> Answer:
    """Release an order from hold."""
    return await call.change(RELEASE, _ref(call), None, changed)


async def validate(call: Call) -> Answer:
    """Declare an unvalid order valid."""
    return await call.change(VALIDATE, _ref(call), None, changed)


async def unvalid(call: Call) -> Answer:
    """Declare an order unvalid, and say what is wrong."""
    if call.body is None:
        raise BadArguments("message is missing")
    return await call.change(UNVALID, _ref(call), UnvalidRequest(call.body.message), changed)


async def assign_tray(call: Call) -> Answer:
    """Give an order a tray."""
    body = call.body
    if body is None:
        raise BadArguments("trayNumber is missing")
    asked = AssignRequest(tray=body.trayNumber, reassign=body.reassign, customer=call.actor.customer)
    return await call.change(ASSIGN, replace(_ref(call), never_tray=True), asked, changed)


async def release_tray(call: Call) -> Answer:
    """Release the tray of an order; of a cancelled one too, which closes its recall."""
    return await call.change(RELEASE_TRAY, _ref(call), None, changed)


def po_number(given: str) -> str:
    """A PO number as it is stored, in NFC. Raises BadArguments when that is too long."""
    normal = unicodedata.normalize("NFC", given)
    if len(normal) > shapes.LONGEST_PO:
        raise BadArguments(f"poNumber supports up to {shapes.LONGEST_PO} characters")
    return normal


def changed(done: Done) -> Answer:
    """The order after a change."""
    content = cancel_answer(done.order, done.policy, done.message)
    return json_answer(200, content, (b"etag", done.order.tag.encode()), order=done.order.number)


def _created(done: Done) -> Answer:
    content = created_answer(done.order, done.policy, [done.message] if done.message else [])
    return json_answer(202, content, (b"etag", done.order.tag.encode()), order=done.order.number)


def _completed(done: Done) -> Answer:
    content = shapes.Completed(done.order.number, "Successful")
    return json_answer(201, content, (b"etag", done.order.tag.encode()), order=done.order.number)


def _ref(call: Call) -> Ref:
    return call.ref(call.path[0], call.query.get("by"))
