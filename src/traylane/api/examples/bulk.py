"""Examples of many cancels at once."""

from __future__ import annotations

from typing import Any

from traylane.api.examples.laboratory import CANCELLED, GONE, POLICY
from traylane.orders.bulk import NothingCancelled
from traylane.orders.cancel_rules import AlreadyCancelled
from traylane.orders.document import cancel_answer

_TWICE = AlreadyCancelled(at=CANCELLED, actor="portal", reason="CUS")
REFUSALS = (NothingCancelled(rows={2: _TWICE}),)
_RESULTS = [
    {"row": 1, "status": 200, "replayed": False, "body": cancel_answer(GONE, POLICY, "")},
    {"row": 2, "status": 400, "replayed": False, "body": {"error": _TWICE.sentence, "details": []}},
]
ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "cancelOrders": (("results", "One cancelled, one refused", {"total": 2, "items": _RESULTS, "succeeded": 1}),),
}
BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "cancelOrders": (
        (
            "rows",
            "Two rows",
            {
                "items": [
                    {"orderIdentifier": "72544", "deleteReason": "CUS"},
                    {"orderIdentifier": "00123", "by": "tray", "deleteReason": "CUS"},
                ]
            },
        ),
    )
}
