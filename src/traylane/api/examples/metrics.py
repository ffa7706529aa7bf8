"""An example of the metrics."""

from __future__ import annotations

from typing import Any

from traylane.errors import Refused
from traylane.metrics.catalogue import CHANGES
from traylane.metrics.text import text

REFUSALS: tuple[Refused, ...] = ()
ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "readMetrics": (
        (
            "cancels",
            "One of the metrics",
            text({CHANGES.name: {("order.cancelled", "done"): [41.0], ("order.cancelled", "not_found"): [2.0]}}),
        ),
    )
}
BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {}
