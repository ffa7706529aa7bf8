"""Cancel an order: flagged for deletion, never deleted, under the laboratory's rules (seed: Cancel an Order)."""

from __future__ import annotations

from traylane.access.actor import Actor
from traylane.clock import Instant
from traylane.errors import Refused
from traylane.events import names
from traylane.orders import disposition
from traylane.orders.cancel_rules import CancelRequest, overrides, refusals
from traylane.orders.change import Effect, Verb
from traylane.orders.model import Order
from traylane.policy import catalogue
from traylane.policy.model import Policy


def first_refusal(order: Order, request: CancelRequest, policy: Policy) -> Refused | None:
    """What the rules say first, or None when the order may be cancelled."""
    return next(refusals(order, request, policy), None)


def flag(order: Order, request: CancelRequest, policy: Policy, actor: Actor, now: Instant) -> Effect:
    """The order marked for cancellation, where it stands; everything else of it stays as it is."""
    past_return = overrides(order, request)
    reason = request.reason if policy.reason_required or past_return else None
    after: dict[str, object] = {"cancelled": True, "reason": reason, "station": order.station, "override": past_return}
    said = request.disposition.text()
    if said is not None:
        after["disposition"] = disposition.as_told(said)
    if past_return:
        assert order.non_cancel_scan is not None
        after["nonCancelStation"] = order.non_cancel_scan.station
    return Effect(
        columns={
            "cancelled_at": now,
            "cancel_reason": reason,
            "cancel_actor": actor.name,
            "cancel_station": order.station,
            "cancel_override": past_return,
            "cancel_disposition": said,
        },
        event=names.order_fields(
            number=order.number,
            customer=order.customer,
            tray=order.tray,
            before={"cancelled": False},
            after=after,
        ),
        warning=" ".join(warnings(order, request, policy)),
    )


def warnings(order: Order, request: CancelRequest, policy: Policy) -> tuple[str, ...]:
    """What a cancel says although it was made."""
    if overrides(order, request):
        return ()
    unneeded = "override was not needed: the order has been through no non-cancel station." if request.override else ""
    return tuple(filter(None, (ignored_reason(request, policy), unneeded)))


def ignored_reason(request: CancelRequest, policy: Policy) -> str:
    """The warning for a reason that came although the laboratory uses none; else empty."""
    if policy.reason_required or request.reason is None:
        return ""
    return f"deleteReason was ignored: the setting {catalogue.REASON_REQUIRED} is off."


CANCEL: Verb[CancelRequest] = Verb(
    event=names.ORDER_CANCELLED,
    columns=(
        "cancelled_at",
        "cancel_reason",
        "cancel_actor",
        "cancel_station",
        "cancel_override",
        "cancel_disposition",
    ),
    judge=first_refusal,
    effect=flag,
)
