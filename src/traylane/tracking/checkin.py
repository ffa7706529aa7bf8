"""Check an order in at a station: one scan, and where the order is now.

A cancelled order is scanned at a cancel rack only; that closes its recall.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from traylane import clock
from traylane.access.actor import Actor
from traylane.clock import Instant
from traylane.db.database import Transaction
from traylane.errors import Refused
from traylane.events import names
from traylane.orders import store
from traylane.orders.change import Effect, Verb
from traylane.orders.lookup import Kind, MoreThanOneRecord, RecordNotFound, Ref
from traylane.orders.model import Order, Scan, Status
from traylane.orders.passed import stations_passed
from traylane.orders.store import Extent
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
    status = order.status if order.is_cancelled else Status.PROCESS
    return Effect(
        columns={
            "status": status,
            "station": station.code,
            "station_at": now,
            "scan_count": place,
            "taken_over_at": None,
        },
        event=names.order_fields(
            number=order.number,
            customer=order.customer,
            tray=order.tray,
            before={"status": order.status, "station": order.station},
            after={
                "status": status,
                "station": station.code,
                "scan": place,
                "operator": request.operator,
                "nonCancel": station.non_cancel,
            }
            | _sometimes(order, request),
        ),
        scan=Scan(station.code, request.operator, now, station.non_cancel, request.device_at),
    )


def extent(policy: Policy) -> Extent:
    """The row says all, but what stations an order must pass is in its document."""
    return Extent.DOCUMENT if policy.station_verify else Extent.ROW


def is_doubled(order: Order, request: CheckInRequest, policy: Policy) -> bool:
    """Whether the order was scanned at this very station within the setting's seconds: then it counts once."""
    if order.station != request.station or order.station_at is None:
        return False
    # Another server's clock may be ahead.
    return abs(request.now - order.station_at) < policy.doubled_scan_seconds * 1000


def said_of_doubled(order: Order) -> str:
    """What is said of a doubled scan."""
    return f"Order {order.number} was scanned at {order.station} a moment ago: counted once."


def _sometimes(order: Order, request: CheckInRequest) -> dict[str, Any]:
    device = {} if request.device_at is None else {"deviceDateTime": clock.to_text(request.device_at)}
    return device | ({"recall": "closed"} if order.is_cancelled else {})


async def with_facts(
    tx: Transaction, policy: Policy, asked: Sequence[tuple[Order, CheckInRequest]]
) -> Sequence[CheckInRequest]:
    """What is asked, each with the stations that the order has passed, if these are verified, and with the order that
    holds the tray now, if a cancelled order lost it."""
    requests = [request for _, request in asked]
    orders = [order for order, _ in asked]
    if policy.station_verify:
        passed = await stations_passed(tx, orders)
        requests = [msgspec.structs.replace(r, passed=p) for r, p in zip(requests, passed, strict=True)]
    lost = [i for i, order in enumerate(orders) if order.taken_over_at is not None]
    if lost:
        refs = [Ref(orders[i].tray, by=Kind.TRAY, customer=requests[i].customer) for i in lost]
        _, holders = await store.find(tx, refs, policy, Extent.ROW)
        for i, hits in zip(lost, holders, strict=True):
            requests[i] = msgspec.structs.replace(requests[i], holder=hits[0].order.number if hits else None)
    return requests


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
    columns=("status", "station", "station_at", "scan_count", "taken_over_at"),
    judge=first_refusal,
    effect=scan,
    scans=True,
    extent=extent,
    first=before_the_order,
    further=with_facts,
    is_made=is_doubled,
    at=lambda request, now: msgspec.structs.replace(request, now=now),
    lookup_refusal=in_checkin_words,
)
