"""When an order may be declared valid or unvalid (ours)."""

from __future__ import annotations

import msgspec

from traylane.errors import Refused
from traylane.orders.frozen_rules import FROZEN_RULES, Rule
from traylane.orders.model import Order, Status
from traylane.policy.model import Policy


class UnvalidRequest(msgspec.Struct, frozen=True):
    """What is wrong with the order."""

    message: str


class AlreadyValid(Refused):
    """The order is valid."""

    code = "already_valid"
    sentence = "Order already valid"
    is_final = True


class InProcess(Refused):
    """The order is in process."""

    code = "in_process"
    sentence = "Order in process"
    is_final = True


def order_is_unvalid(order: Order, request: object, policy: Policy) -> Refused | None:
    """Only an unvalid order can be declared valid."""
    return None if order.status is Status.UNVALID else AlreadyValid()


def order_is_not_in_process(order: Order, request: object, policy: Policy) -> Refused | None:
    """An order whose lenses are being made cannot become unvalid; a hold stops it."""
    return InProcess() if order.status is Status.PROCESS else None


VALIDATE_RULES: tuple[Rule, ...] = (*FROZEN_RULES, order_is_unvalid)
UNVALID_RULES: tuple[Rule, ...] = (*FROZEN_RULES, order_is_not_in_process)
