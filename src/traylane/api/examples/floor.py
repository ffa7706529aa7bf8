"""Examples of what the floor asks."""

from __future__ import annotations

from typing import Any

from traylane.api.examples.laboratory import POLICY, SCANNED
from traylane.api.schemas import floor as shapes
from traylane.clock import MINUTE, Instant
from traylane.errors import Refused
from traylane.tracking.history import Tracked

REFUSALS: tuple[Refused, ...] = ()

_SCANS = (
    Tracked(1, "RCV", None, SCANNED, False, None, None),
    Tracked(2, "GEN", "TAL", Instant(SCANNED + 38 * MINUTE), True, Instant(SCANNED + 37 * MINUTE), 38 * MINUTE),
)

ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "trackOrder": (("scans", "Received, then generated", shapes.tracking(2, _SCANS, POLICY)),),
}
BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {}
