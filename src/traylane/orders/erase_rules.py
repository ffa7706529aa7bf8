"""When the patient's data may be removed from an order (ours). Pure."""

from __future__ import annotations

from traylane.errors import Refused
from traylane.orders.frozen_rules import Rule
from traylane.orders.model import Order
from traylane.policy.model import Policy


class OrderInWork(Refused):
    """The order is neither completed nor cancelled: its data is needed to make it."""

    code = "order_in_work"
    sentence = "Order is neither completed nor marked for cancellation"
    is_final = True


def order_is_done_with(order: Order, request: object, policy: Policy) -> Refused | None:
    """Only of an order that is completed or cancelled the patient's data is removed."""
    return None if order.is_completed or order.is_cancelled else OrderInWork()


ERASE_RULES: tuple[Rule, ...] = (order_is_done_with,)
