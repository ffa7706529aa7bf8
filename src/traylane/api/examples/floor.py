"""Examples of what the floor asks."""

from __future__ import annotations

from datetime import date
from typing import Any

from traylane.api.examples.laboratory import CANCELLED, ORDER, POLICY, SCANNED
from traylane.api.schemas import floor as shapes
from traylane.clock import MINUTE, Instant
from traylane.errors import Refused
from traylane.tracking.days import Day
from traylane.tracking.history import Tracked
from traylane.tracking.recall import Recall
from traylane.tracking.trays import Holding
from traylane.tracking.work import Job

REFUSALS: tuple[Refused, ...] = ()

_SCANS = (
    Tracked(1, "RCV", None, SCANNED, False, None, None),
    Tracked(2, "GEN", "TAL", Instant(SCANNED + 38 * MINUTE), True, Instant(SCANNED + 37 * MINUTE), 38 * MINUTE),
)

_NOW = Instant(SCANNED + 90 * MINUTE)
_RECALL = Recall(
    id=ORDER.id,
    order="72544",
    tray="00123",
    po="337178",
    customer="1001",
    cancelled_at=CANCELLED,
    reason="CUS",
    station="RCV",
    seen_at=SCANNED,
    taken_over_at=_NOW,
    holder="72610",
    refused=2,
)
_JOB = Job(
    order="72544",
    tray="00123",
    po="337178",
    customer="1001",
    station="RCV",
    since=SCANNED,
    on_hold=False,
    wanted="2026-11-02",
    late=False,
    hot=True,
)
_HOLDINGS = (
    Holding(order="72001", since=SCANNED, given="order.created", until=CANCELLED, left="order.completed"),
    Holding(order="72544", since=CANCELLED, given="order.tray_assigned"),
)
_DAY = Day(day=date(2026, 11, 2), came=140, completed=128, cancelled=3, restored=1, in_work=412)

ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "trackOrder": (("scans", "Received, then generated", shapes.tracking(2, _SCANS, POLICY)),),
    "listRecalls": (("lost", "Its tray was given to another order", shapes.recalls(1, (_RECALL,), POLICY, _NOW)),),
    "fetchWorkInProcess": (("work", "One order, wanted today", shapes.work((_JOB,), (_JOB,), POLICY, _NOW)),),
    "listDays": (("day", "One day", shapes.day_list((_DAY,), POLICY)),),
    "fetchTray": (("tray", "Held one order, holds another", shapes.tray("00123", _HOLDINGS, _HOLDINGS)),),
}
BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {}
