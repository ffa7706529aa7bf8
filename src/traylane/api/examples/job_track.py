"""Examples of the Job Tracker's endpoints."""

from __future__ import annotations

from typing import Any

from traylane.api.errors import StationNotFound
from traylane.api.examples.laboratory import CANCELLED, ORDER, POLICY
from traylane.api.schemas import job_track as shapes
from traylane.tracking import checkin_rules

REFUSALS = (
    StationNotFound(provided="XYZ"),
    checkin_rules.JobTrackerMissing(),
    checkin_rules.StationNotFound(),
    checkin_rules.OrderNotFound(),
    checkin_rules.OrderAmbiguous(more=["Provided: 337178", "Order: 72544", "Order: 72610"]),
    checkin_rules.OperatorNotFound(),
    checkin_rules.OperatorRequired(),
    checkin_rules.OrderCancelled(
        more=("Take tray 00123 to the cancel rack: CAN",),
        at=CANCELLED,
        actor="portal",
        reason="CUS",
        tray="00123",
        holds=None,
    ),
    checkin_rules.OrderCompleted(),
    checkin_rules.OrderUnvalid(),
    checkin_rules.OrderOnHold(),
    checkin_rules.StepMissing(message="BLK required before GEN", station="GEN", missing=("BLK",)),
    checkin_rules.ArMissing(message="AR required before QA", station="QA", missing=("AR",)),
    checkin_rules.ArNotNeeded(message="AR not needed", station="AR"),
)

_STATIONS = [shapes.station(station) for station in POLICY.stations.values()]

ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "listStations": (("stations", "Two stations", {"total": len(_STATIONS), "items": _STATIONS}),),
    "fetchStation": (("station", "A station", _STATIONS[0]),),
    "checkIn": (
        ("scan", "A scan that counted", shapes.checked_in(ORDER, POLICY.stations["RCV"])),
        (
            "doubled",
            "A doubled scan",
            shapes.checked_in(
                ORDER, POLICY.stations["RCV"], "Order 72544 was scanned at RCV a moment ago: counted once."
            ),
        ),
    ),
}
BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "checkIn": (
        ("tray", "A tray number that a barcode reader sent", {"orderIdentifier": "00123", "by": "tray"}),
        ("operator", "With the operator's code", {"orderIdentifier": "72544", "operator": "TAL"}),
    ),
}
