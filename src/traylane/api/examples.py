"""Examples for the description: made by the code that makes the real answers, from one sample laboratory."""

from __future__ import annotations

from typing import Any

import msgspec

from traylane.access.actor import Forbidden, Scope, Unauthenticated
from traylane.access.idempotency import KeyInUse, KeyReused
from traylane.access.rate import RateLimited
from traylane.api import schemas
from traylane.api.errors import (
    Internal,
    MethodNotAllowed,
    NoRoute,
    StationNotFound,
    UnsupportedContentType,
    as_member,
    error_answer,
)
from traylane.api.http import BodyTooLarge, BodyTooSlow, encode
from traylane.clock import from_text
from traylane.errors import BadArguments, Busy, OrderChanged, OutcomeUnknown, Refused, Unavailable
from traylane.events import names
from traylane.events.seal import Event
from traylane.orders import cancel_rules, lookup
from traylane.orders.desk import Verdict
from traylane.orders.document import Details, cancel_answer, details_text, order_answer, status_answer
from traylane.orders.model import NonCancelScan, Order, OrderId, OrderNumber, Status
from traylane.policy.model import Policy, Reason, Station
from traylane.tracking import checkin_rules

_SCANNED = from_text("2026-11-02T09:15:00.000Z")
_CANCELLED = from_text("2026-11-02T10:02:41.507Z")

_POLICY = Policy(
    version=1,
    reason_required=True,
    stations={
        "RCV": Station("RCV", "RCV-1 RECEIVING", "ORDER RECEIVED", 10),
        "GEN": Station("GEN", "GEN-1 GENERATOR", "IN SURFACING", 30, non_cancel=True),
    },
    reasons={"CUS": Reason("CUS", "Customer request")},
)
_ORDER = Order(
    id=OrderId(bytes.fromhex("019a4342ab807c4a9d21b0d6c5e1f7a4")),
    number=OrderNumber("72544"),
    tray="00123",
    po="337178",
    customer="1001",
    status=Status.PROCESS,
    on_hold=False,
    revision=2,
    station="RCV",
    station_at=_SCANNED,
    scan_count=1,
    cancelled_at=None,
    cancel_reason=None,
    cancel_actor=None,
    cancel_station=None,
    cancel_override=False,
    details=details_text(
        Details(
            customerJobId="J-20931",
            jobType="F",
            frameA=52,
            frameB=38,
            frameBridge=18,
            rtLensStyle="SV",
            rtLensMaterial="CR39",
            rtSPH=-2.25,
            rtCYL=-0.5,
            rtAX=90,
            ltLensStyle="SV",
            ltLensMaterial="CR39",
            ltSPH=-2,
        )
    ),
    non_cancel_scan=None,
)
_GONE = _ORDER.with_changes(cancelled_at=_CANCELLED, cancel_reason="CUS", cancel_actor="portal", cancel_station="RCV")
_PAST_RETURN = cancel_rules.ThroughNonCancelStation(station="GEN", at=_SCANNED, sequence=30)

REFUSALS: dict[type[Refused], Refused] = {
    type(sample): sample
    for sample in (
        BadArguments("unknown parameter dryrun; did you mean dryRun?"),
        lookup.MoreThanOneRecord(provided="337178", candidates=["72544", "72610"], more=0),
        lookup.RecordNotFound(provided="9999999"),
        StationNotFound(provided="XYZ"),
        cancel_rules.JobTrackerMissing(),
        cancel_rules.AlreadyCancelled(at=_CANCELLED, actor="portal", reason="CUS"),
        cancel_rules.AlreadyCompleted(),
        cancel_rules.NoReasonsSetUp(),
        cancel_rules.UnknownReason(provided="XXX"),
        _PAST_RETURN,
        checkin_rules.JobTrackerMissing(),
        checkin_rules.StationNotFound(),
        checkin_rules.OrderNotFound(),
        checkin_rules.OrderAmbiguous(more=["Provided: 337178", "Order: 72544", "Order: 72610"]),
        checkin_rules.OperatorNotFound(),
        checkin_rules.OperatorRequired(),
        checkin_rules.OrderCancelled(),
        checkin_rules.OrderCompleted(),
        checkin_rules.OrderUnvalid(),
        checkin_rules.OrderOnHold(),
        Unauthenticated(),
        Forbidden(scope=Scope.ORDERS_CANCEL),
        NoRoute(),
        MethodNotAllowed(allow="DELETE, GET, HEAD, OPTIONS"),
        BodyTooSlow(),
        KeyInUse(),
        OrderChanged(current=_GONE.tag),
        BodyTooLarge(),
        UnsupportedContentType(given="text/xml"),
        KeyReused(),
        RateLimited(rate=600, retry_after=1),
        Internal(reference="5f0c8e2a9b7d4613"),
        Busy(),
        Unavailable(),
        OutcomeUnknown(),
    )
}
"""One of each refusal, with the details that it would really have."""


def refusal_body(refusal: type[Refused], *, problem: bool) -> Any:
    """The body of a refusal's example, exactly as it would be sent."""
    return msgspec.json.decode(error_answer(REFUSALS[refusal], problem=problem).body)


def answers(operation: str) -> dict[str, Any]:
    """Name → example of a success of an operation."""
    examples = {name: {"summary": summary, "value": value} for name, summary, value in _ANSWERS[operation]}
    plain: dict[str, Any] = msgspec.json.decode(encode(examples))
    return plain


def bodies(operation: str) -> dict[str, Any]:
    """Name → example of a request body of an operation."""
    return {name: {"summary": summary, "value": value} for name, summary, value in _BODIES.get(operation, ())}


def _event(seq: int, type_: str, data: dict[str, Any]) -> Event:
    at, id_ = {2: (_SCANNED, "9a"), 3: (_CANCELLED, "c4")}[seq]
    fields = names.order_fields(number="72544", customer="1001", tray="00123", **data)
    return Event(
        id=bytes.fromhex(f"019a4342ab807c4a9d21b0d6c5e1f7{id_}"),
        subject=_ORDER.id,
        seq=seq,
        type=type_,
        at=at,
        actor="portal",
        data=msgspec.json.encode(fields).decode(),
    )


_EVENTS = schemas.event_list(
    2,
    [
        _event(
            2,
            names.ORDER_CHECKED_IN,
            {
                "before": {"status": "V", "station": None},
                "after": {"status": "P", "station": "RCV", "scan": 1, "operator": None, "nonCancel": False},
            },
        ),
        _event(
            3,
            names.ORDER_CANCELLED,
            {
                "before": {"cancelled": False},
                "after": {"cancelled": True, "reason": "CUS", "station": "RCV", "override": False},
            },
        ),
    ],
)
_STATIONS = [schemas.station(station) for station in _POLICY.stations.values()]
_DRY_RUNS = (
    (
        "allowed",
        "`dryRun=true`: nothing is in the way",
        schemas.verdict(Verdict(_ORDER, (), ()), as_member),
    ),
    (
        "refused",
        "`dryRun=true`: what is in the way, all of it",
        schemas.verdict(
            Verdict(
                msgspec.structs.replace(_ORDER, non_cancel_scan=NonCancelScan("GEN", _SCANNED)),
                (cancel_rules.UnknownReason(provided=""), _PAST_RETURN),
                (),
            ),
            as_member,
        ),
    ),
)
_CANCEL = (("cancelled", "The order, flagged", cancel_answer(_GONE, _POLICY, "")), *_DRY_RUNS)

_ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "cancelOrder": _CANCEL,
    "cancelOrderByPost": _CANCEL,
    "fetchOrder": (("order", "An order in process", order_answer(_ORDER, _POLICY)),),
    "fetchOrderStatus": (
        ("status", "An order in process", status_answer(_ORDER, _POLICY)),
        (
            "marked",
            "An order that is marked for cancellation: an error body under 200",
            schemas.MARKED_FOR_CANCELLATION,
        ),
    ),
    "listOrderEvents": (("events", "Scanned once, then cancelled", _EVENTS),),
    "listStations": (("stations", "Two stations", {"total": len(_STATIONS), "items": _STATIONS}),),
    "fetchStation": (("station", "A station", _STATIONS[0]),),
    "checkIn": (("scan", "A scan that counted", schemas.checked_in(_ORDER, _POLICY.stations["RCV"])),),
    "live": (("alive", "The event loop turns", schemas.Health("alive")),),
    "ready": (("ready", "Changes can be made", schemas.Health("ready")),),
}
_REASON = (("reason", "With a delete reason", {"deleteReason": "CUS"}),)
_BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "cancelOrder": _REASON,
    "cancelOrderByPost": _REASON,
    "checkIn": (
        ("tray", "A tray number that a barcode reader sent", {"orderIdentifier": "00123", "by": "tray"}),
        ("operator", "With the operator's code", {"orderIdentifier": "72544", "operator": "TAL"}),
    ),
}
