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
from traylane.orders.fields import OrderNumberText, PoNumberText, TrayNumberText
from traylane.orders.model import Order
from traylane.policy.model import Station

LARGEST_OFFSET = 1_000_000
LONGEST_REASON = 20
LONGEST_CODE = 10

MARKED_FOR_CANCELLATION = {"error": "Order marked for cancelation", "details": []}

STORABLE = {"pattern": r"^[^\u0000]*$"}
"""For the description only; what is said about such characters comes from `parameters`."""

Reason = Annotated[
    str,
    Meta(max_length=LONGEST_REASON, description="A delete reason code.", examples=["CUS"], extra_json_schema=STORABLE),
]
StationCode = Annotated[str, Meta(min_length=1, max_length=LONGEST_CODE, examples=["GEN"])]
Moment = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
        examples=["2026-11-02T09:15:00.000Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
Description = Annotated[str, Meta(max_length=40)]
CustomerDescription = Annotated[str, Meta(max_length=40, description="As a customer may read it.")]
Count = Annotated[int, Meta(ge=0)]


class CancelBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a cancel."""

    deleteReason: Reason | None = None


class CheckInBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a check-in."""

    orderIdentifier: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            description="An order number, tray number or purchase order number.",
            examples=["72544"],
            extra_json_schema=STORABLE,
        ),
    ]
    by: Annotated[Literal["order", "tray", "po"], Meta(description="Look up by this kind of number only.")] | None = (
        None
    )
    operator: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=LONGEST_CODE,
                description="The operator's code.",
                examples=["TAL"],
                extra_json_schema=STORABLE,
            ),
        ]
        | None
    ) = None


class ErrorBody(msgspec.Struct):
    """Every error, always: a text, and one string for each thing there is to add."""

    error: str
    details: list[str]


class Problem(msgspec.Struct):
    """The same as RFC 9457 wants it, with what proves the refusal as further members (station, time, place)."""

    type: Annotated[
        str, Meta(description="Where the refusal is explained.", extra_json_schema={"format": "uri-reference"})
    ]
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    error: str
    details: list[str]
    code: Annotated[str, Meta(description="For programs; never changes.")]


class Health(msgspec.Struct):
    """How the service is."""

    status: Literal["alive", "ready"]


class RefusalMember(msgspec.Struct):
    """One thing in the way of a cancel."""

    error: str
    details: list[str]
    code: str
    evidence: Annotated[dict[str, Any], Meta(description="What proves it: station, time, place in the sequence.")]


class VerdictAnswer(msgspec.Struct):
    """What a cancel would say; nothing was written."""

    allowed: bool
    refusals: Annotated[list[RefusalMember], Meta(description="Everything that stands in the way.")]
    warnings: list[str]
    orderNumber: OrderNumberText


class StationAnswer(msgspec.Struct):
    """A station, or an operator."""

    code: StationCode
    desc: Description
    customerDesc: CustomerDescription
    operator: Annotated[bool, Meta(description="Whether the station is a person who scans.")]
    nonCancel: Annotated[bool, Meta(description="Whether an order that was scanned here can no longer be cancelled.")]
    requiresOperator: Annotated[bool, Meta(description="Whether a check-in here must name an operator.")]
    sequence: Annotated[int, Meta(ge=0, le=9999, description="Its place in the line.")]
    active: bool


class StationList(msgspec.Struct):
    """Stations and operators in the order of the line."""

    total: Count
    items: list[StationAnswer]


class CheckedIn(msgspec.Struct):
    """A scan that counted."""

    orderNumber: OrderNumberText
    trayNumber: TrayNumberText
    poNumber: PoNumberText
    code: StationCode
    desc: Description
    customerDesc: CustomerDescription
    statusDateTime: Moment


class EventAnswer(msgspec.Struct):
    """One thing that happened."""

    id: Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
    seq: Annotated[int, Meta(ge=1, description="The order's revision that this event made.")]
    type: Annotated[str, Meta(examples=["order.cancelled"])]
    dateTime: Moment
    actor: Annotated[str, Meta(description="An integrator or a role.")]
    data: Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]


class EventList(msgspec.Struct):
    """What happened to an order, oldest first."""

    total: Count
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
