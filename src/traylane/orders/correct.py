"""Correct an order: when it is wanted, what the customer calls it, and the remarks on it."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from traylane.access.actor import Actor
from traylane.clock import Instant
from traylane.events import names
from traylane.orders.change import Effect, Verb
from traylane.orders.correct_rules import CORRECT_RULES, CorrectRequest
from traylane.orders.details import details_text, read_details
from traylane.orders.frozen_rules import first_refusal
from traylane.orders.model import Order
from traylane.orders.row import copies
from traylane.policy.model import Policy


def correct(order: Order, request: CorrectRequest, policy: Policy, actor: Actor, now: Instant) -> Effect:
    """The order with what was given; the rest stays. Its event has no value that may name a person."""
    given = {
        name: value
        for name, value in (
            ("dateWanted", request.date_wanted),
            ("customerJobId", request.customer_job_id),
            ("remarks", request.remarks),
        )
        if value is not UNSET
    }
    before: dict[str, Any] = dict.fromkeys(given, names.WITHHELD)
    if request.po is not UNSET:
        before["poNumber"] = names.WITHHELD
    after = dict(before)
    if "dateWanted" in given:
        before["dateWanted"], after["dateWanted"] = read_details(order.details).dateWanted, request.date_wanted
    details = replace(read_details(order.details), **given)
    return Effect(
        columns={"po_number": order.po if request.po is UNSET else request.po, **copies(details)},
        details=details_text(details) if given else None,
        event=names.order_fields(
            number=order.number, customer=order.customer, tray=order.tray, before=before, after=after
        ),
    )


CORRECT: Verb[CorrectRequest] = Verb(
    event=names.ORDER_CORRECTED,
    columns=("po_number", "customer_job_id", "date_wanted", "date_ordered"),
    details=True,
    judge=first_refusal(CORRECT_RULES),
    effect=correct,
)
