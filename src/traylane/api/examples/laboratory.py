"""The sample laboratory that all examples are made from."""

from __future__ import annotations

from traylane.clock import from_text
from traylane.orders.document import Details, details_text
from traylane.orders.model import Order, OrderId, OrderNumber, Status
from traylane.policy.model import Policy, Reason, Station

SCANNED = from_text("2026-11-02T09:15:00.000Z")
CANCELLED = from_text("2026-11-02T10:02:41.507Z")

POLICY = Policy(
    version=1,
    reason_required=True,
    stations={
        "RCV": Station("RCV", "RCV-1 RECEIVING", "ORDER RECEIVED", 10),
        "GEN": Station("GEN", "GEN-1 GENERATOR", "IN SURFACING", 30, non_cancel=True),
    },
    reasons={"CUS": Reason("CUS", "Customer request"), "BRK": Reason("BRK", "Broken", allows_override=True)},
)
ORDER = Order(
    id=OrderId(bytes.fromhex("019a4342ab807c4a9d21b0d6c5e1f7a4")),
    number=OrderNumber("72544"),
    tray="00123",
    po="337178",
    customer="1001",
    status=Status.PROCESS,
    on_hold=False,
    revision=2,
    station="RCV",
    station_at=SCANNED,
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
GONE = ORDER.with_changes(cancelled_at=CANCELLED, cancel_reason="CUS", cancel_actor="portal", cancel_station="RCV")
