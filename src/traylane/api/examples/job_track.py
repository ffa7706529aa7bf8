"""Examples of the Job Tracker's endpoints."""

from __future__ import annotations

from typing import Any

from traylane.api.errors import StationNotFound
from traylane.api.examples.laboratory import ORDER, POLICY
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
    checkin_rules.OrderCancelled(),
    checkin_rules.OrderCompleted(),
    checkin_rules.OrderUnvalid(),
    checkin_rules.OrderOnHold(),
)

_STATIONS = [shapes.station(station) for station in POLICY.stations.values()]

ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "listStations": (("stations", "Two stations", {"total": len(_STATIONS), "items": _STATIONS}),),
    "fetchStation": (("station", "A station", _STATIONS[0]),),
    "checkIn": (("scan", "A scan that counted", shapes.checked_in(ORDER, POLICY.stations["RCV"])),),
}
BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "checkIn": (
        ("tray", "A tray number that a barcode reader sent", {"orderIdentifier": "00123", "by": "tray"}),
        ("operator", "With the operator's code", {"orderIdentifier": "72544", "operator": "TAL"}),
    ),
}
