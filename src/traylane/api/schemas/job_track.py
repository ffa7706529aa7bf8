"""Wire shapes of the Job Tracker."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from traylane import clock
from traylane.api.schemas.basics import STORABLE, Count, Moment
from traylane.orders.fields import OrderNumberText, PoNumberText, TrayNumberText
from traylane.orders.model import Order
from traylane.policy.model import Station

LONGEST_CODE = 10

StationCode = Annotated[str, Meta(min_length=1, max_length=LONGEST_CODE, examples=["GEN"])]
Description = Annotated[str, Meta(max_length=40)]
CustomerDescription = Annotated[str, Meta(max_length=40, description="As a customer may read it.")]


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
    deviceDateTime: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=40,
                description="What the terminal's own clock says: kept beside the service's time, orders nothing.",
                examples=["2026-11-02T09:15:00.000Z"],
                extra_json_schema={"format": "date-time"},
            ),
        ]
        | None
    ) = None


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
    isAR: Annotated[bool, Meta(description="Whether AR is done here.")]
    finalQA: Annotated[bool, Meta(description="Whether this is the check that comes before completion.")]
    cancelRack: Annotated[bool, Meta(description="Whether the trays of cancelled orders go here.")]
    requires: Annotated[list[StationCode], Meta(description="The stations that must come before.")]


class StationList(msgspec.Struct):
    """Stations and operators in the order of the line."""

    total: Count
    items: list[StationAnswer]


class CheckedIn(msgspec.Struct, omit_defaults=True):
    """A scan that counted. `message` comes only where there is something to say."""

    orderNumber: OrderNumberText
    trayNumber: TrayNumberText
    poNumber: PoNumberText
    code: StationCode
    desc: Description
    customerDesc: CustomerDescription
    statusDateTime: Moment
    message: Annotated[str, Meta(description="Says that the scan was a doubled one, counted once.")] = ""


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
        isAR=found.is_ar,
        finalQA=found.final_qa,
        cancelRack=found.cancel_rack,
        requires=list(found.requires),
    )


def checked_in(order: Order, at: Station, message: str = "") -> CheckedIn:
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
        message=message,
    )
