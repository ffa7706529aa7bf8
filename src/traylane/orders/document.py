"""The order as the v2 API answers it: the structures for the API description, and what goes over the wire.

Wire order is the contract's: orderNumber, trayNumber, poNumber, then the rest in ASCII order, as `sorted()` gives it
(capitals before small letters). Strings are never null; dates and date-times are null when unset.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from traylane.clock import to_text
from traylane.orders.details import DEFAULTS, Details, details_text, problems_of
from traylane.orders.fields import (
    Code,
    CustomerNumberText,
    DateTimeText,
    Message,
    OrderNumberText,
    PoNumberText,
    TrayNumberText,
)
from traylane.orders.model import Order
from traylane.policy.model import Policy

__all__ = [
    "DEFAULTS",
    "CancelAnswer",
    "Cancellation",
    "CancelledStatusAnswer",
    "ChangedAnswer",
    "CreatedAnswer",
    "Details",
    "OrderAnswer",
    "StatusAnswer",
    "cancel_answer",
    "created_answer",
    "details_text",
    "order_answer",
    "problems_of",
    "status_answer",
]


class Cancellation(msgspec.Struct, kw_only=True):
    """The mark of a cancellation; `actor` is an integrator or a role, `station` where the order was ("": nowhere)."""

    dateTime: DateTimeText
    actor: str
    reason: Code
    reasonDesc: str
    station: str
    override: bool


StatusShown = Literal["U", "V", "P", "C", "W"]
StatusDesc = Literal["Unvalid", "Valid", "Process", "Completed", "On Hold", "Other"]
CalculationDesc = Literal[
    "Both eyes calculated", "Right eye calculated", "Left eye calculated", "Calculations not done"
]


class StatusAnswer(msgspec.Struct, kw_only=True):
    """GET …/status of an order that is not marked for cancellation."""

    orderNumber: OrderNumberText
    trayNumber: TrayNumberText
    poNumber: PoNumberText
    calculationDesc: CalculationDesc
    currentStation: str
    currentStationCustomerDesc: str
    currentStationDateTime: DateTimeText | None
    currentStationDesc: str
    status: StatusShown
    statusDesc: StatusDesc
    onHold: bool
    unvalidMessage: Message
    rtCalculated: bool
    ltCalculated: bool


class CancelledStatusAnswer(msgspec.Struct, kw_only=True):
    """GET …/status of an order that is marked for cancellation: an error body under 200 (contract)."""

    error: str
    details: list[str]


_ROW_FIELDS: dict[str, Any] = {
    "calculationDesc": CalculationDesc,
    "cancellation": Cancellation | None,
    "currentStation": str,
    "currentStationCustomerDesc": str,
    "currentStationDateTime": DateTimeText | None,
    "currentStationDesc": str,
    "customerNumber": CustomerNumberText,
    "onHold": bool,
    "revision": Annotated[int, Meta(ge=1, le=2**31 - 1)],
    "status": StatusShown,
    "statusDesc": StatusDesc,
}
_IDENTIFIERS: dict[str, Any] = {
    "orderNumber": OrderNumberText,
    "trayNumber": TrayNumberText,
    "poNumber": PoNumberText,
}
_REST = dict(sorted((_ROW_FIELDS | {field.name: field.type for field in msgspec.structs.fields(Details)}).items()))


def _answer(name: str, doc: str, fields: dict[str, Any]) -> type[msgspec.Struct]:
    return msgspec.defstruct(name, list(fields.items()), kw_only=True, module=__name__, namespace={"__doc__": doc})


OrderAnswer = _answer(
    "OrderAnswer",
    "Fetch a Single Order: orderNumber, trayNumber, poNumber, then the rest in ASCII order (capitals before small).",
    _IDENTIFIERS | _REST,
)
CancelAnswer = _answer(
    "CancelAnswer",
    'The order as it was left, in the structure of Fetch a Single Order; `message`: "" or non-blocking warnings.',
    _IDENTIFIERS | {"message": str} | _REST,
)
ChangedAnswer = _answer(
    "ChangedAnswer",
    "The order after the change, as it is fetched; `message`: empty, or what there is to say.",
    _IDENTIFIERS | {"message": str} | _REST,
)
_CREATED = dict(sorted((_REST | {"creationRemarks": list[str]}).items()))
CreatedAnswer = _answer(
    "CreatedAnswer",
    "The new order, as it is fetched; `creationRemarks`: what there is to say about it.",
    _IDENTIFIERS | _CREATED,
)

_ORDER_TEMPLATE: dict[str, object] = {name: DEFAULTS.get(name, "") for name in OrderAnswer.__struct_fields__}
_CANCEL_TEMPLATE: dict[str, object] = {name: DEFAULTS.get(name, "") for name in CancelAnswer.__struct_fields__}
_CREATED_TEMPLATE: dict[str, object] = {name: DEFAULTS.get(name, "") for name in CreatedAnswer.__struct_fields__}

_STATUS_DESC = {"U": "Unvalid", "V": "Valid", "P": "Process", "C": "Completed", "W": "On Hold"}
_CALCULATION_DESC = {
    (True, True): "Both eyes calculated",
    (True, False): "Right eye calculated",
    (False, True): "Left eye calculated",
    (False, False): "Calculations not done",
}


class _Calculation(msgspec.Struct):
    unvalidMessage: str = ""
    rtCalculated: bool = False
    ltCalculated: bool = False


_given = msgspec.json.Decoder(dict[str, object]).decode
_calculation = msgspec.json.Decoder(_Calculation).decode


def order_answer(order: Order, policy: Policy) -> dict[str, object]:
    """The order as Fetch a Single Order shows it, in wire order, ready for `msgspec.json.encode`."""
    return _present(order, policy, _ORDER_TEMPLATE)


def cancel_answer(order: Order, policy: Policy, message: str) -> dict[str, object]:
    """The order as a cancel and every other change answer it: as fetched, `message` the fourth property (seed)."""
    document = _present(order, policy, _CANCEL_TEMPLATE)
    document["message"] = message
    return document


def created_answer(order: Order, policy: Policy, remarks: list[str]) -> dict[str, object]:
    """The order as its creation answers it: as fetched, with `creationRemarks` in its place."""
    document = _present(order, policy, _CREATED_TEMPLATE)
    document["creationRemarks"] = remarks
    return document


def status_answer(order: Order, policy: Policy) -> dict[str, object]:
    """The order as GET …/status shows it; one that is marked for cancellation gives the contract's error body."""
    if order.cancelled_at is not None:
        return {"error": "Order marked for cancelation", "details": []}
    calculation = _calculation(order.details)
    shown = "W" if order.on_hold else order.status.value
    station, at, desc, customer_desc = _whereabouts(order, policy)
    return {
        "orderNumber": order.number,
        "trayNumber": order.tray,
        "poNumber": order.po,
        "calculationDesc": _CALCULATION_DESC[calculation.rtCalculated, calculation.ltCalculated],
        "currentStation": station,
        "currentStationCustomerDesc": customer_desc,
        "currentStationDateTime": at,
        "currentStationDesc": desc,
        "status": shown,
        "statusDesc": _STATUS_DESC[shown],
        "onHold": order.on_hold,
        "unvalidMessage": calculation.unvalidMessage,
        "rtCalculated": calculation.rtCalculated,
        "ltCalculated": calculation.ltCalculated,
    }


def _present(order: Order, policy: Policy, template: dict[str, object]) -> dict[str, object]:
    given = _given(order.details)
    if "addons" not in given:
        given["addons"] = []
    # A dict union keeps the template's order: that is the wire order.
    document = template | given
    shown = "W" if order.on_hold else order.status.value
    station, at, desc, customer_desc = _whereabouts(order, policy)
    document["orderNumber"] = order.number
    document["trayNumber"] = order.tray
    document["poNumber"] = order.po
    document["calculationDesc"] = _CALCULATION_DESC[bool(document["rtCalculated"]), bool(document["ltCalculated"])]
    document["cancellation"] = None if order.cancelled_at is None else _cancellation(order, policy)
    document["currentStation"] = station
    document["currentStationCustomerDesc"] = customer_desc
    document["currentStationDateTime"] = at
    document["currentStationDesc"] = desc
    document["customerNumber"] = order.customer
    document["onHold"] = order.on_hold
    document["revision"] = order.revision
    document["status"] = shown
    document["statusDesc"] = _STATUS_DESC[shown]
    return document


def _whereabouts(order: Order, policy: Policy) -> tuple[str, str | None, str, str]:
    """Station, since when, its description, its description for customers; a code not set up has no description."""
    at = None if order.station_at is None else to_text(order.station_at)
    station = policy.stations.get(order.station or "")
    if station is None:
        return order.station or "", at, "", ""
    return station.code, at, station.description, station.customer_description


def _cancellation(order: Order, policy: Policy) -> dict[str, object]:
    code = order.cancel_reason or ""
    reason = policy.reasons.get(code)
    return {
        "dateTime": None if order.cancelled_at is None else to_text(order.cancelled_at),
        "actor": order.cancelled_by or "",
        "reason": code,
        "reasonDesc": "" if reason is None else reason.description,
        "station": order.cancel_station or "",
        "override": order.cancel_override,
    }
