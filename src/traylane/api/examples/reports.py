"""Examples of reports."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from traylane.api.examples.laboratory import POLICY
from traylane.api.schemas import reports as shapes
from traylane.errors import Refused
from traylane.orders.cancellation_report import CancellationCounts

_COUNTS = CancellationCounts(
    total=4,
    late=3,
    overrides=1,
    restored=1,
    reasons=Counter({"CUS": 3, "BRK": 1}),
    customers=Counter({"1001": 4}),
    stations=Counter({"RCV": 2, "GEN": 1, "": 1}),
    hours=[0] * 9 + [3, 1] + [0] * 13,
)
REFUSALS: tuple[Refused, ...] = ()
ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "reportCancellations": (
        (
            "report",
            "Two days",
            shapes.cancellation_report(_COUNTS, POLICY, date(2026, 11, 2), date(2026, 11, 3)),
        ),
    ),
}
BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {}
