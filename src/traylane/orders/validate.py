"""Declare an order valid or unvalid. What is wrong with it stays in its document and in no event."""

from __future__ import annotations

from traylane import clock
from traylane.access.actor import Actor
from traylane.clock import Instant
from traylane.events import names
from traylane.orders.change import Effect, Verb
from traylane.orders.details import changed_text
from traylane.orders.frozen_rules import first_refusal
from traylane.orders.model import Order, Status
from traylane.orders.validate_rules import UNVALID_RULES, VALIDATE_RULES, UnvalidRequest
from traylane.policy.model import Policy


def make_valid(order: Order, request: None, policy: Policy, actor: Actor, now: Instant) -> Effect:
    """The order valid from now on, and nothing wrong with it."""
    details = changed_text(order.details, unvalidMessage="", dateTimeValid=clock.to_text(now))
    return _with_status(order, Status.VALID, details)


def make_unvalid(order: Order, request: UnvalidRequest, policy: Policy, actor: Actor, now: Instant) -> Effect:
    """The order unvalid, and why."""
    details = changed_text(order.details, unvalidMessage=request.message, dateTimeValid=None)
    return _with_status(order, Status.UNVALID, details)


def _with_status(order: Order, status: Status, details: str) -> Effect:
    return Effect(
        columns={"status": status},
        details=details,
        event=names.order_fields(
            number=order.number,
            customer=order.customer,
            tray=order.tray,
            before={"status": order.status},
            after={"status": status},
        ),
    )


VALIDATE: Verb[None] = Verb(
    event=names.ORDER_VALIDATED,
    columns=("status",),
    details=True,
    judge=first_refusal(VALIDATE_RULES),
    effect=make_valid,
)
UNVALID: Verb[UnvalidRequest] = Verb(
    event=names.ORDER_UNVALIDATED,
    columns=("status",),
    details=True,
    judge=first_refusal(UNVALID_RULES),
    effect=make_unvalid,
)
