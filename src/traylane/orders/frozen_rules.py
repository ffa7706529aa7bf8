"""A completed or cancelled order is frozen: what every verb that would change one refuses first (ours)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from traylane.errors import Refused
from traylane.orders.model import Order
from traylane.policy.model import Policy

Rule = Callable[[Order, Any, Policy], Refused | None]


class FrozenCancelled(Refused):
    """The order is marked for cancellation: it stays as it is."""

    code = "frozen_cancelled"
    sentence = "Order marked for cancelation"
    is_final = True


class FrozenCompleted(Refused):
    """The order is completed: it stays as it is."""

    code = "frozen_completed"
    sentence = "Order already completed"
    is_final = True


def order_is_not_cancelled(order: Order, request: object, policy: Policy) -> Refused | None:
    """A cancelled order is not changed."""
    return FrozenCancelled() if order.is_cancelled else None


def order_is_not_completed(order: Order, request: object, policy: Policy) -> Refused | None:
    """A completed order is not changed."""
    return FrozenCompleted() if order.is_completed else None


FROZEN_RULES: tuple[Rule, ...] = (order_is_not_cancelled, order_is_not_completed)


def first_refusal(rules: tuple[Rule, ...]) -> Rule:
    """A judge that says what the first of `rules` says."""

    def judge(order: Order, request: Any, policy: Policy) -> Refused | None:
        return next((refusal for rule in rules if (refusal := rule(order, request, policy)) is not None), None)

    return judge
