"""Wire shapes of a cancellation: how it stands, what may still be done, and what a restore answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from traylane import clock
from traylane.api.schemas.basics import Count, Moment
from traylane.api.schemas.dispositions import DispositionBody, disposition_shown
from traylane.api.schemas.orders import RefusalMember
from traylane.clock import Instant
from traylane.errors import Refused
from traylane.orders import disposition
from traylane.orders.desk import RestoreVerdict, Verdict
from traylane.orders.document import Cancellation, OrderAnswer, order_answer
from traylane.orders.fields import OrderNumberText, PoNumberText, TrayNumberText
from traylane.orders.model import Order
from traylane.orders.restore_rules import NotRestored, window_end
from traylane.orders.verb import Done

AsMember = Callable[[Refused], dict[str, Any]]
NOTHING_NEW = "Nothing was changed: the same was posted before."


class NotRestoredMember(msgspec.Struct):
    """Something that a restore does not bring back."""

    what: Annotated[str, Meta(description="tray, rt, lt or frame.")]
    code: Annotated[str, Meta(description="tray_taken or broken.")]
    reason: str


class RestoreShown(msgspec.Struct):
    """Whether a cancelled order may be restored."""

    allowed: bool
    until: Annotated[Moment, Meta(description="The end of the restore window.")]
    secondsLeft: Count
    refusals: list[RefusalMember]
    notRestored: list[NotRestoredMember]


class CancellationAnswer(msgspec.Struct):
    """How an order stands to a cancel: what is in the way, or the cancellation as it is."""

    orderNumber: OrderNumberText
    trayNumber: TrayNumberText
    poNumber: PoNumberText
    allowed: bool
    refusals: Annotated[list[RefusalMember], Meta(description="Everything that stands in the way of a cancel.")]
    warnings: list[str]
    cancellation: Cancellation | None
    disposition: DispositionBody | None
    trayHeld: Annotated[bool, Meta(description="Whether the order still holds its tray.")]
    restore: RestoreShown | None


class DispositionAnswer(msgspec.Struct):
    """What was said of a cancelled order's parts, all of it."""

    orderNumber: OrderNumberText
    trayNumber: TrayNumberText
    poNumber: PoNumberText
    message: str
    disposition: DispositionBody


class RestoreVerdictAnswer(msgspec.Struct):
    """What a restore would say; nothing was written."""

    allowed: bool
    refusals: Annotated[list[RefusalMember], Meta(description="Everything that stands in the way.")]
    notRestored: list[NotRestoredMember]
    warnings: list[str]
    orderNumber: OrderNumberText


_FIELDS: dict[str, Any] = {field.encode_name: field.type for field in msgspec.structs.fields(OrderAnswer)}
_FIRST: dict[str, Any] = {name: _FIELDS.pop(name) for name in ("orderNumber", "trayNumber", "poNumber")}
RestoreAnswer = msgspec.defstruct(
    "RestoreAnswer",
    list((_FIRST | {"message": str, "notRestored": list[NotRestoredMember]} | _FIELDS).items()),
    kw_only=True,
    module=__name__,
    namespace={
        "__doc__": "The order as it is now, in the structure of Fetch a Single Order; `notRestored`: what it lacks."
    },
)


def restored(done: Done) -> dict[str, Any]:
    """The answer of a restore."""
    document = order_answer(done.order, done.policy)
    first = {name: document.pop(name) for name in _FIRST}
    return {**first, "message": done.message, "notRestored": _members(done.told), **document}


def restore_verdict(found: RestoreVerdict, as_member: AsMember) -> dict[str, Any]:
    """The answer of a restore's dry run."""
    return {
        "allowed": not found.refusals,
        "refusals": [as_member(refusal) for refusal in found.refusals],
        "notRestored": _members(found.not_restored),
        "warnings": [found.note] if found.note else [],
        "orderNumber": found.order.number,
    }


def cancellation(
    cancel: Verdict, restore: RestoreVerdict, now: Instant, as_member: AsMember, *, staff: bool = True
) -> dict[str, Any]:
    """How an order stands to a cancel. `staff`: whether employees are the caller's business."""
    order, policy = restore.order, restore.policy
    document = order_answer(order, policy)
    said = disposition.from_text(order.cancel_disposition)
    return {
        "orderNumber": order.number,
        "trayNumber": order.tray,
        "poNumber": order.po,
        "allowed": not cancel.refusals,
        "refusals": [as_member(refusal) for refusal in cancel.refusals],
        "warnings": list(cancel.warnings),
        "cancellation": document["cancellation"],
        "disposition": disposition_shown(said, staff=staff) if said.parts() else None,
        "trayHeld": order.tray_key is not None,
        "restore": _restore_shown(order, restore, now, as_member),
    }


def disposed(done: Done) -> dict[str, Any]:
    """The answer of a disposition."""
    order = done.order
    return {
        "orderNumber": order.number,
        "trayNumber": order.tray,
        "poNumber": order.po,
        "message": " ".join(filter(None, (done.message, "" if done.is_new else NOTHING_NEW))),
        "disposition": disposition_shown(disposition.from_text(order.cancel_disposition)),
    }


def _restore_shown(order: Order, found: RestoreVerdict, now: Instant, as_member: AsMember) -> dict[str, Any] | None:
    if order.cancelled_at is None:
        return None
    until = window_end(order.cancelled_at, found.policy)
    return {
        "allowed": not found.refusals,
        "until": clock.to_text(until),
        "secondsLeft": max(0, (until - now) // 1000),
        "refusals": [as_member(refusal) for refusal in found.refusals],
        "notRestored": _members(found.not_restored),
    }


def _members(lost: tuple[NotRestored, ...]) -> list[NotRestoredMember]:
    return [NotRestoredMember(thing.what, thing.code, thing.reason) for thing in lost]
