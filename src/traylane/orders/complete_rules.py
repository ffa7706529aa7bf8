"""When an order may be completed (contract: complete). Each refusal has the number that the contract gives it."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from traylane.errors import Refused
from traylane.orders.frozen_rules import Rule
from traylane.orders.model import Order, Status
from traylane.orders.steps import final_qa_is_missing
from traylane.policy.model import Policy


class CompleteRefused(Refused):
    """The order is not completed. `why`: the sentence; `number`: the contract's; `more`: further lines of `details`."""

    code = "complete_refused"
    sentence = "Could not complete order"
    is_final = True
    number: ClassVar[str] = "20"
    why: ClassVar[str] = ""

    def details(self) -> list[str]:
        return [f"Error Code: {self.number}", f"Error Message: {self.why}", *self.data.get("more", ())]


class CompleteNotFound(CompleteRefused):
    """No order fits the identifier."""

    code = "complete_not_found"
    number = "01"
    why = "Order not found"


class CompleteAmbiguous(CompleteRefused):
    """Several orders have the PO. `more`: what was provided and the candidates."""

    code = "complete_ambiguous"
    why = "More than one record found"


class CompleteCancelled(CompleteRefused):
    """The order is marked for cancellation."""

    code = "complete_cancelled"
    number = "02"
    why = "Order deleted"


class CompleteUnvalid(CompleteRefused):
    """The order is unvalid."""

    code = "complete_unvalid"
    number = "03"
    why = "Order unvalid"


class CompleteCompleted(CompleteRefused):
    """The order is completed."""

    code = "complete_completed"
    number = "04"
    why = "Order already completed"


class CompleteOnHold(CompleteRefused):
    """The order is on hold."""

    code = "complete_on_hold"
    number = "05"
    why = "Order on hold"


class CompleteWithoutFinalQA(CompleteRefused):
    """Where stations are verified, the order has not been through final QA."""

    code = "complete_without_final_qa"
    why = "Final QA required"


class CompleteRequest(msgspec.Struct, frozen=True):
    """What is read beside the order: the stations it was scanned at, where they are verified."""

    passed: frozenset[str] = frozenset()


def order_is_not_cancelled(order: Order, request: object, policy: Policy) -> Refused | None:
    """A cancelled order is not completed."""
    return CompleteCancelled() if order.is_cancelled else None


def order_is_valid(order: Order, request: object, policy: Policy) -> Refused | None:
    """An unvalid order is not completed."""
    return CompleteUnvalid() if order.status is Status.UNVALID else None


def order_is_not_completed(order: Order, request: object, policy: Policy) -> Refused | None:
    """An order is completed once."""
    return CompleteCompleted() if order.is_completed else None


def order_is_not_on_hold(order: Order, request: object, policy: Policy) -> Refused | None:
    """A held order is not completed."""
    return CompleteOnHold() if order.on_hold else None


def final_qa_was_passed(order: Order, request: CompleteRequest, policy: Policy) -> Refused | None:
    """Where stations are verified, an order goes through final QA before it is completed."""
    missing = policy.station_verify and final_qa_is_missing(request.passed, policy)
    return CompleteWithoutFinalQA() if missing else None


COMPLETE_RULES: tuple[Rule, ...] = (
    order_is_not_cancelled,
    order_is_valid,
    order_is_not_completed,
    order_is_not_on_hold,
    final_qa_was_passed,
)
