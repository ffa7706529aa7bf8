"""Examples of the endpoints that change orders beside the cancel."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from traylane.api.examples.laboratory import ORDER, POLICY
from traylane.api.schemas import order_changes as shapes
from traylane.orders import complete_rules, create_rules, frozen_rules, hold_rules, lookup, tray_rules, validate_rules
from traylane.orders.details import Details, changed_text
from traylane.orders.document import cancel_answer, created_answer
from traylane.orders.model import Status
from traylane.orders.optics_rules import implausible

_CANDIDATES = ["Provided: 337178", "Order: 72544", "Order: 72610"]

_IMPLAUSIBLE = implausible(Details(rtSPH=-50))

REFUSALS = (
    create_rules.CribOnlyUncut(job_type="F"),
    create_rules.EllhOnlyUncut(job_type="F"),
    create_rules.UnknownCustomer(provided="9999"),
    create_rules.NoAddons(),
    create_rules.UnknownAddon(provided=["XYZ"]),
    create_rules.ValidationFailed(
        messages=list(map(str, _IMPLAUSIBLE)), properties={str(one.number): one.names for one in _IMPLAUSIBLE}
    ),
    create_rules.NoFreeTray(),
    create_rules.NoFreeOrderNumber(),
    frozen_rules.FrozenCancelled(),
    frozen_rules.FrozenCompleted(),
    hold_rules.AlreadyOnHold(),
    hold_rules.NotOnHold(),
    validate_rules.AlreadyValid(),
    validate_rules.InProcess(),
    complete_rules.CompleteNotFound(),
    complete_rules.CompleteAmbiguous(more=_CANDIDATES),
    complete_rules.CompleteCancelled(),
    complete_rules.CompleteUnvalid(),
    complete_rules.CompleteCompleted(),
    complete_rules.CompleteOnHold(),
    complete_rules.CompleteWithoutFinalQA(),
    tray_rules.TrayOrderNotFound(),
    tray_rules.TrayOrderAmbiguous(more=_CANDIDATES),
    lookup.OnlyTray(),
    tray_rules.TrayNotNumeric(),
    tray_rules.TrayTooLong(),
    tray_rules.TrayForCancelled(),
    tray_rules.TrayForCompleted(),
    tray_rules.TrayForHeld(),
    tray_rules.TrayInUse(order="72610"),
    tray_rules.HasTray(),
    tray_rules.NoTray(),
)


def _order(**columns: Any) -> dict[str, object]:
    return cancel_answer(ORDER.with_changes(**columns), POLICY, "")


_NEW = replace(ORDER, status=Status.VALID, revision=1, station=None, station_at=None, scan_count=0)

ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "createOrder": (("created", "The order, with its number and its tray", created_answer(_NEW, POLICY, [])),),
    "correctOrder": (
        ("corrected", "The order, corrected", _order(details=changed_text(ORDER.details, remarks="Second pair"))),
    ),
    "completeOrder": (("completed", "The order is completed", shapes.Completed(ORDER.number, "Successful")),),
    "holdOrder": (("held", "The order on hold", _order(on_hold=True)),),
    "releaseOrder": (("released", "The order goes on", _order()),),
    "validateOrder": (("valid", "The order is valid", _order(status=Status.VALID)),),
    "declareOrderUnvalid": (
        (
            "unvalid",
            "The order is unvalid",
            _order(status=Status.UNVALID, details=changed_text(ORDER.details, unvalidMessage="No prescription")),
        ),
    ),
    "assignTray": (("assigned", "The order in its new tray", _order(tray_number="00456", tray_key=456)),),
    "releaseTray": (("released", "The order without a tray", _order(tray_number="", tray_key=None)),),
}
BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "createOrder": (
        (
            "order",
            "A full job for both eyes",
            {
                "customerNumber": "1001",
                "customerJobId": "J-20931",
                "poNumber": "337178",
                "jobType": "F",
                "dateWanted": "2026-11-09",
                "frameA": 52,
                "frameB": 38,
                "frameBridge": 18,
                "rtLensStyle": "SV",
                "rtLensMaterial": "CR39",
                "rtSPH": -2.25,
                "rtCYL": -0.5,
                "rtAX": 90,
                "ltLensStyle": "SV",
                "ltLensMaterial": "CR39",
                "ltSPH": -2,
            },
        ),
    ),
    "correctOrder": (("wanted", "Another day, and a remark", {"dateWanted": "2026-11-09", "remarks": "Second pair"}),),
    "declareOrderUnvalid": (("message", "What is wrong", {"message": "No prescription"}),),
    "assignTray": (
        ("tray", "A tray", {"trayNumber": "00456"}),
        ("reassign", "Out of the tray that it has", {"trayNumber": "00456", "reassign": True}),
    ),
}
