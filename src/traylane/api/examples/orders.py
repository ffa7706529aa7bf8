"""Examples of the endpoints of orders."""

from __future__ import annotations

from typing import Any

import msgspec

from traylane.api.errors import as_member
from traylane.api.examples.laboratory import CANCELLED, GONE, ORDER, POLICY, SCANNED
from traylane.api.schemas import events
from traylane.api.schemas import orders as shapes
from traylane.events import names
from traylane.events.seal import Event
from traylane.orders import cancel_rules, lookup
from traylane.orders.desk import Verdict
from traylane.orders.document import cancel_answer, order_answer, status_answer
from traylane.orders.model import NonCancelScan

_PAST_RETURN = cancel_rules.ThroughNonCancelStation(station="GEN", at=SCANNED, sequence=30)

REFUSALS = (
    lookup.MoreThanOneRecord(provided="337178", candidates=["72544", "72610"], more=0),
    lookup.RecordNotFound(provided="9999999"),
    cancel_rules.JobTrackerMissing(),
    cancel_rules.AlreadyCancelled(at=CANCELLED, actor="portal", reason="CUS"),
    cancel_rules.AlreadyCompleted(),
    cancel_rules.NoReasonsSetUp(),
    cancel_rules.UnknownReason(provided="XXX"),
    _PAST_RETURN,
    cancel_rules.ReasonForbidsOverride(provided="CUS"),
)


def _event(seq: int, type_: str, data: dict[str, Any]) -> Event:
    at, id_ = {2: (SCANNED, "9a"), 3: (CANCELLED, "c4")}[seq]
    fields = names.order_fields(number="72544", customer="1001", tray="00123", **data)
    return Event(
        id=bytes.fromhex(f"019a4342ab807c4a9d21b0d6c5e1f7{id_}"),
        subject=ORDER.id,
        seq=seq,
        type=type_,
        at=at,
        actor="portal",
        data=msgspec.json.encode(fields).decode(),
    )


CANCELLED_EVENT = _event(
    3,
    names.ORDER_CANCELLED,
    {
        "before": {"cancelled": False},
        "after": {"cancelled": True, "reason": "CUS", "station": "RCV", "override": False},
    },
)
_EVENTS = events.event_list(
    2,
    staff=True,
    events=[
        _event(
            2,
            names.ORDER_CHECKED_IN,
            {
                "before": {"status": "V", "station": None},
                "after": {"status": "P", "station": "RCV", "scan": 1, "operator": None, "nonCancel": False},
            },
        ),
        CANCELLED_EVENT,
    ],
)
_DRY_RUNS = (
    (
        "allowed",
        "`dryRun=true`: nothing is in the way",
        shapes.verdict(Verdict(ORDER, POLICY, (), ()), as_member),
    ),
    (
        "refused",
        "`dryRun=true`: what is in the way, all of it",
        shapes.verdict(
            Verdict(
                msgspec.structs.replace(ORDER, non_cancel_scan=NonCancelScan("GEN", SCANNED)),
                POLICY,
                (cancel_rules.UnknownReason(provided=""), _PAST_RETURN),
                (),
            ),
            as_member,
        ),
    ),
)
_CANCEL = (("cancelled", "The order, flagged", cancel_answer(GONE, POLICY, "")), *_DRY_RUNS)


_REASON = (
    ("reason", "With a delete reason", {"deleteReason": "CUS"}),
    (
        "disposition",
        "With what becomes of the lenses",
        {
            "deleteReason": "BRK",
            "rtDisposition": "broken",
            "rtBreakageCode": "SCR",
            "rtEmployeeCode": "TL",
            "ltDisposition": "stock",
        },
    ),
)

ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "listOrders": (
        ("orders", "One order fits", {"total": 1, "items": [order_answer(ORDER, POLICY)]}),
        ("none", "Nothing fits", {"total": 0, "items": []}),
    ),
    "cancelOrder": _CANCEL,
    "cancelOrderByPost": _CANCEL,
    "fetchOrder": (("order", "An order in process", order_answer(ORDER, POLICY)),),
    "fetchOrderStatus": (
        ("status", "An order in process", status_answer(ORDER, POLICY)),
        (
            "marked",
            "An order that is marked for cancellation: an error body under 200",
            shapes.MARKED_FOR_CANCELLATION,
        ),
    ),
    "listOrderEvents": (("events", "Scanned once, then cancelled", _EVENTS),),
}
BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {"cancelOrder": _REASON, "cancelOrderByPost": _REASON}
