"""When an order may be put on hold, and when a hold may end (ours)."""

from __future__ import annotations

from traylane.errors import Refused
from traylane.orders.frozen_rules import FROZEN_RULES, Rule
from traylane.orders.model import Order
from traylane.policy.model import Policy


class AlreadyOnHold(Refused):
    """The order is on hold."""

    code = "already_on_hold"
    sentence = "Order already on hold"
    is_final = True


class NotOnHold(Refused):
    """The order is not on hold."""

    code = "not_on_hold"
    sentence = "Order not on hold"
    is_final = True


def order_is_not_on_hold(order: Order, request: object, policy: Policy) -> Refused | None:
    """An order on hold cannot be put on hold again."""
    return AlreadyOnHold() if order.on_hold else None


def order_is_on_hold(order: Order, request: object, policy: Policy) -> Refused | None:
    """Only an order on hold can be released from it."""
    return None if order.on_hold else NotOnHold()


HOLD_RULES: tuple[Rule, ...] = (*FROZEN_RULES, order_is_not_on_hold)
RELEASE_RULES: tuple[Rule, ...] = (*FROZEN_RULES, order_is_on_hold)
