"""Check an order in at a station: one scan, and where the order is now."""

from __future__ import annotations

from traylane.access.actor import Actor
from traylane.clock import Instant
from traylane.errors import Refused
from traylane.events import names
from traylane.orders.change import Effect, Verb
from traylane.orders.lookup import MoreThanOneRecord, RecordNotFound
from traylane.orders.model import Order, Scan, Status
from traylane.policy.model import Policy
from traylane.tracking.checkin_rules import (
    CheckInRequest,
    OrderAmbiguous,
    OrderNotFound,
    before_the_order,
    refusals,
    station_for,
)


def first_refusal(order: Order, request: CheckInRequest, policy: Policy) -> Refused | None:
    """What the rules say first, or None when the scan counts."""
    return next(iter(refusals(order, request, policy)), None)


def scan(order: Order, request: CheckInRequest, policy: Policy, actor: Actor, now: Instant) -> Effect:
    """The order at the station; the first scan takes a valid order into process."""
    station = station_for(request.station, policy)
    assert station is not None, "the rules were asked first"
    place = order.scan_count + 1
    return Effect(
        columns={"status": Status.PROCESS, "station": station.code, "station_at": now, "scan_count": place},
        event=names.order_fields(
            number=order.number,
            customer=order.customer,
            tray=order.tray,
            before={"status": order.status, "station": order.station},
            after={
                "status": Status.PROCESS,
                "station": station.code,
                "scan": place,
                "operator": request.operator,
                "nonCancel": station.non_cancel,
            },
        ),
        scan=Scan(station.code, request.operator, now, station.non_cancel),
    )


def in_checkin_words(refusal: Refused) -> Refused:
    """A failed look-up as the check-in says it."""
    match refusal:
        case RecordNotFound():
            return OrderNotFound()
        case MoreThanOneRecord():
            return OrderAmbiguous(more=refusal.details())
        case _:
            return refusal


CHECK_IN: Verb[CheckInRequest] = Verb(
    event=names.ORDER_CHECKED_IN,
    columns=("status", "station", "station_at", "scan_count"),
    judge=first_refusal,
    effect=scan,
    scans=True,
    first=before_the_order,
    lookup_refusal=in_checkin_words,
)
