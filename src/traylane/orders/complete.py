"""Complete an order: it leaves the line, and its tray (contract: complete)."""

from __future__ import annotations

from datetime import datetime

from traylane.access.actor import Actor
from traylane.clock import Instant
from traylane.errors import Refused
from traylane.events import names
from traylane.orders.change import Effect, Verb
from traylane.orders.complete_rules import COMPLETE_RULES, CompleteAmbiguous, CompleteNotFound
from traylane.orders.details import changed_text
from traylane.orders.frozen_rules import first_refusal
from traylane.orders.lookup import MoreThanOneRecord, RecordNotFound
from traylane.orders.model import Order, Status
from traylane.policy.model import Policy


def finish(order: Order, request: None, policy: Policy, actor: Actor, now: Instant) -> Effect:
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


def in_complete_words(refusal: Refused) -> Refused:
    """A failed look-up as completing says it."""
    match refusal:
        case RecordNotFound():
            return CompleteNotFound()
        case MoreThanOneRecord():
            return CompleteAmbiguous(more=refusal.details())
        case _:
            return refusal


COMPLETE: Verb[None] = Verb(
    event=names.ORDER_COMPLETED,
    columns=("status", "tray_key"),
    details=True,
    judge=first_refusal(COMPLETE_RULES),
    effect=finish,
    lookup_refusal=in_complete_words,
)
