"""When an order may be given a tray, and when a tray may be released (contract: Tray assignment).

`ASSIGN_RULES` stand in the contract's order, the look-up's two refusals before them.
"""

from __future__ import annotations

import re
from typing import ClassVar

import msgspec

from traylane.errors import Refused
from traylane.orders.frozen_rules import Rule
from traylane.orders.model import Order
from traylane.policy.model import Policy

LONGEST_TRAY = 5


class AssignRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which tray an order is to have.

    `reassign`: it may leave the tray that it has, and take one over that holds a cancelled order. `customer`: the one
    whose orders the caller may see, None for all. `holder`: the order that holds the tray now, whosever it is; read
    beside the order.
    """

    tray: str
    reassign: bool = False
    customer: str | None = None
    holder: Order | None = None

    @property
    def key(self) -> int | None:
        """The tray as a number; None when it is none."""
        return int(self.tray) if re.fullmatch(r"[0-9]{1,5}", self.tray) else None


class TrayOrderNotFound(Refused):
    """No order fits the identifier."""

    code = "tray_order_not_found"
    sentence = "Order not found"
    is_final = True


class TrayOrderAmbiguous(Refused):
    """Several orders have the PO. `more`: what was provided and the candidates."""

    code = "tray_order_ambiguous"
    sentence = "Order not found"
    is_final = True

    def details(self) -> list[str]:
        return ["More than one record found", *self.data["more"]]


class TrayRefused(Refused):
    """The tray is not assigned."""

    code: ClassVar[str] = "tray_refused"
    is_final = True


class TrayNotNumeric(TrayRefused):
    """The tray number has something else than digits, or nothing."""

    code = "tray_not_numeric"
    sentence = "trayNumber only accepts numbers"


class TrayTooLong(TrayRefused):
    """The tray number has more than five digits."""

    code = "tray_too_long"
    sentence = "trayNumber supports up to 5 digits"


class TrayForCancelled(TrayRefused):
    """The order is marked for cancellation."""

    code = "tray_for_cancelled"
    sentence = "Cannot assign a deleted order to a tray"


class TrayForCompleted(TrayRefused):
    """The order is completed."""

    code = "tray_for_completed"
    sentence = "Cannot assign a completed order to a tray"


class TrayForHeld(TrayRefused):
    """The order is on hold."""

    code = "tray_for_held"
    sentence = "Cannot assign an on-hold order to a tray"


class TrayInUse(TrayRefused):
    """Another order holds the tray. `order`: which; None when it is not the caller's to know."""

    code = "tray_in_use"
    sentence = "Tray is already in use"

    def details(self) -> list[str]:
        return [] if self.data["order"] is None else [f"Order: {self.data['order']}"]


class HasTray(TrayRefused):
    """The order has a tray."""

    code = "has_tray"
    sentence = "Order already has a tray"


class NoTray(Refused):
    """The order holds no tray."""

    code = "no_tray"
    sentence = "Order has no tray"
    is_final = True


def tray_is_numeric(order: Order, request: AssignRequest, policy: Policy) -> Refused | None:
    """A tray number is made of the digits 0 to 9."""
    return None if request.tray.isascii() and request.tray.isdecimal() else TrayNotNumeric()


def tray_is_short(order: Order, request: AssignRequest, policy: Policy) -> Refused | None:
    """A tray number has at most five digits."""
    return TrayTooLong() if len(request.tray) > LONGEST_TRAY else None


def order_is_not_cancelled(order: Order, request: AssignRequest, policy: Policy) -> Refused | None:
    """A cancelled order is not put into a tray."""
    return TrayForCancelled() if order.is_cancelled else None


def order_is_not_completed(order: Order, request: AssignRequest, policy: Policy) -> Refused | None:
    """A completed order is not put into a tray."""
    return TrayForCompleted() if order.is_completed else None


def order_is_not_on_hold(order: Order, request: AssignRequest, policy: Policy) -> Refused | None:
    """A held order is not put into a tray; an unvalid one may be."""
    return TrayForHeld() if order.on_hold else None


def tray_is_free(order: Order, request: AssignRequest, policy: Policy) -> Refused | None:
    """A tray holds one order; a cancelled one gives way, with Verify Tray is Empty only to a reassignment.

    Who may see one customer's orders only never takes a tray from another customer's, and is not told which.
    """
    holder = request.holder
    if holder is None or holder.id == order.id:
        return None
    if request.customer not in (None, holder.customer):
        return TrayInUse(order=None)
    if holder.is_cancelled and (request.reassign or not policy.verify_tray):
        return None
    return TrayInUse(order=holder.number)


def order_has_no_tray(order: Order, request: AssignRequest, policy: Policy) -> Refused | None:
    """An order leaves its tray for another only by a reassignment."""
    return HasTray() if order.tray_key is not None and not request.reassign else None


def order_holds_a_tray(order: Order, request: object, policy: Policy) -> Refused | None:
    """Only an order that holds a tray can release it, or a cancelled one whose tray was taken over."""
    return NoTray() if order.tray_key is None and order.taken_over_at is None else None


ASSIGN_RULES: tuple[Rule, ...] = (
    tray_is_numeric,
    tray_is_short,
    order_is_not_cancelled,
    order_is_not_completed,
    order_is_not_on_hold,
    tray_is_free,
    order_has_no_tray,
)
RELEASE_TRAY_RULES: tuple[Rule, ...] = (order_holds_a_tray,)
