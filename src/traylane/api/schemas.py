"""The wire shapes beside the order itself: bodies that come in, and answers that go out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from traylane import clock
from traylane.db import ids
from traylane.errors import Refused
from traylane.events.seal import Event
from traylane.orders.desk import Verdict
from traylane.orders.model import Order
from traylane.policy.model import Station

LARGEST_OFFSET = 1_000_000
LONGEST_REASON = 20
LONGEST_CODE = 10

MARKED_FOR_CANCELLATION = {"error": "Order marked for cancelation", "details": []}

Reason = Annotated[str, Meta(max_length=LONGEST_REASON, description="A delete reason code", examples=["CUS"])]


class CancelBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a cancel."""

    deleteReason: Reason | None = None


class CheckInBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a check-in."""

    orderIdentifier: Annotated[
        str, Meta(min_length=1, max_length=64, description="Order number, tray number or PO number", examples=["72544"])
    ]
    by: Annotated[Literal["order", "tray", "po"], Meta(description="Look up by this kind only")] | None = None
    operator: (
        Annotated[str, Meta(min_length=1, max_length=LONGEST_CODE, description="The operator's code", examples=["TAL"])]
        | None
    ) = None


class ErrorBody(msgspec.Struct):
    """Every error, always: a text, and one string for each thing there is to add."""

    error: str
    details: list[str]


class RefusalMember(msgspec.Struct):
    """One thing in the way of a cancel."""

    error: str
    details: list[str]
    code: str
    evidence: dict[str, Any]


class VerdictAnswer(msgspec.Struct):
    """What a cancel would say; nothing was written."""

    allowed: bool
    refusals: list[RefusalMember]
    warnings: list[str]
    orderNumber: str


class StationAnswer(msgspec.Struct):
    """A station, or an operator."""

    code: str
    desc: str
    customerDesc: str
    operator: bool
    nonCancel: bool
    requiresOperator: bool
    sequence: int
    active: bool


class StationList(msgspec.Struct):
    """Stations and operators in the order of the line."""

    total: int
    items: list[StationAnswer]


class CheckedIn(msgspec.Struct):
    """A scan that counted."""

    orderNumber: str
    trayNumber: str
    poNumber: str
    code: str
    desc: str
    customerDesc: str
    statusDateTime: str


class EventAnswer(msgspec.Struct):
    """One thing that happened."""

    id: str
    seq: int
    type: str
    dateTime: str
    actor: str
    data: msgspec.Raw


class EventList(msgspec.Struct):
    """What happened to an order, oldest first."""

    total: int
    items: list[EventAnswer]


def window(query: Mapping[str, str]) -> tuple[int, int]:
    """Limit and offset of a list; without a limit all records come."""
    return int(query.get("limit", LARGEST_OFFSET)), int(query.get("offset", 0))


def station(found: Station) -> StationAnswer:
    """A station as it is sent."""
    return StationAnswer(
        code=found.code,
        desc=found.description,
        customerDesc=found.customer_description,
        operator=found.is_operator,
        nonCancel=found.non_cancel,
        requiresOperator=found.requires_operator,
        sequence=found.sequence,
        active=found.active,
    )


def checked_in(order: Order, at: Station) -> CheckedIn:
    """An order that was just scanned at a station."""
    assert order.station_at is not None
    return CheckedIn(
        orderNumber=order.number,
        trayNumber=order.tray,
        poNumber=order.po,
        code=at.code,
        desc=at.description,
        customerDesc=at.customer_description,
        statusDateTime=clock.to_text(order.station_at),
    )


def event_list(total: int, events: Sequence[Event]) -> EventList:
    """Events as they are sent."""
    return EventList(
        total,
        [
            EventAnswer(
                id=ids.to_text(event.id),
                seq=event.seq,
                type=event.type,
                dateTime=clock.to_text(event.at),
                actor=event.actor,
                data=msgspec.Raw(event.data.encode()),
            )
            for event in events
        ],
    )


def verdict(found: Verdict, as_member: Callable[[Refused], dict[str, Any]]) -> dict[str, Any]:
    """The answer of a dry run."""
    return {
        "allowed": not found.refusals,
        "refusals": [as_member(refusal) for refusal in found.refusals],
        "warnings": list(found.warnings),
        "orderNumber": found.order.number,
    }
