"""Complete an order: it leaves the line, and its tray (contract: complete)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from traylane.access.actor import Actor
from traylane.clock import Instant
from traylane.db.database import Transaction
from traylane.errors import Refused
from traylane.events import names
from traylane.orders.change import Effect, Verb
from traylane.orders.complete_rules import COMPLETE_RULES, CompleteAmbiguous, CompleteNotFound, CompleteRequest
from traylane.orders.details import changed_text
from traylane.orders.frozen_rules import first_refusal
from traylane.orders.lookup import MoreThanOneRecord, RecordNotFound
from traylane.orders.model import Order, Status
from traylane.orders.passed import stations_passed
from traylane.policy.model import Policy


def finish(order: Order, request: CompleteRequest, policy: Policy, actor: Actor, now: Instant) -> Effect:
    """The order completed today where the laboratory is, known by its tray but no longer in it."""
    today = datetime.fromtimestamp(now / 1000, policy.time_zone).date()
    return Effect(
        columns={"status": Status.COMPLETE, "tray_key": None},
        details=changed_text(order.details, dateCompleted=today),
        event=names.order_fields(
            number=order.number,
            customer=order.customer,
            tray=order.tray,
            before={"status": order.status, "holdsTray": order.tray_key is not None},
            after={"status": Status.COMPLETE, "holdsTray": False, "dateCompleted": today},
        ),
    )


async def with_stations(
    tx: Transaction, policy: Policy, asked: Sequence[tuple[Order, CompleteRequest]]
) -> Sequence[CompleteRequest]:
    """What is asked, with the stations that each order has passed, if these are verified."""
    if not policy.station_verify:
        return [request for _, request in asked]
    return [CompleteRequest(passed) for passed in await stations_passed(tx, [order for order, _ in asked])]


def in_complete_words(refusal: Refused) -> Refused:
    """A failed look-up as completing says it."""
    match refusal:
        case RecordNotFound():
            return CompleteNotFound()
        case MoreThanOneRecord():
            return CompleteAmbiguous(more=refusal.details())
        case _:
            return refusal


COMPLETE: Verb[CompleteRequest] = Verb(
    event=names.ORDER_COMPLETED,
    columns=("status", "tray_key"),
    details=True,
    judge=first_refusal(COMPLETE_RULES),
    effect=finish,
    further=with_stations,
    lookup_refusal=in_complete_words,
)
