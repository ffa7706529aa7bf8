"""Put an order on hold, and release it. Hold is a flag: the status beside it stays, and comes to light again."""

from __future__ import annotations

from traylane.access.actor import Actor
from traylane.clock import Instant
from traylane.events import names
from traylane.orders.change import Effect, Verb
from traylane.orders.frozen_rules import first_refusal
from traylane.orders.hold_rules import HOLD_RULES, RELEASE_RULES
from traylane.orders.model import Order
from traylane.policy.model import Policy


def stop(order: Order, request: None, policy: Policy, actor: Actor, now: Instant) -> Effect:
    """The order on hold."""
    return _flagged(order, on_hold=True)


def go_on(order: Order, request: None, policy: Policy, actor: Actor, now: Instant) -> Effect:
    """The order as it was before the hold."""
    return _flagged(order, on_hold=False)


def _flagged(order: Order, *, on_hold: bool) -> Effect:
    return Effect(
        columns={"on_hold": on_hold},
        event=names.order_fields(
            number=order.number,
            customer=order.customer,
            tray=order.tray,
            before={"onHold": order.on_hold, "status": order.status},
            after={"onHold": on_hold, "status": order.status},
        ),
    )


HOLD: Verb[None] = Verb(event=names.ORDER_HELD, columns=("on_hold",), judge=first_refusal(HOLD_RULES), effect=stop)
RELEASE: Verb[None] = Verb(
    event=names.ORDER_RELEASED, columns=("on_hold",), judge=first_refusal(RELEASE_RULES), effect=go_on
)
