"""Examples of webhooks."""

from __future__ import annotations

from typing import Any

import msgspec

from traylane.api.examples.laboratory import CANCELLED, SCANNED
from traylane.api.schemas import webhooks as shapes
from traylane.webhooks.manage import EndpointNotFound, TooManyEndpoints
from traylane.webhooks.model import DELIVERED, Delivery, Endpoint, Secret, Try

_ENDPOINT = Endpoint(
    id=bytes.fromhex("019a4342ab807c4a9d21b0d6c5e1f7e0"),
    url="https://shop.example/hooks/traylane",
    description="The shop's own system",
    types=("order.cancelled", "order.restored"),
    customer="1001",
    staff=False,
    secrets=(Secret(""),),
    position=1093,
    created_at=SCANNED,
)
_OFF = msgspec.structs.replace(_ENDPOINT, disabled_at=CANCELLED, disabled_why="switched off")
_NEW = shapes.new_endpoint(_ENDPOINT, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
_DELIVERY = Delivery(
    endpoint=_ENDPOINT.id,
    position=1093,
    event=bytes.fromhex("019a4342ab807c4a9d21b0d6c5e1f7c4"),
    state=DELIVERED,
    next_at=None,
    tries=(Try(at=CANCELLED, ms=41, status=204),),
)

REFUSALS = (EndpointNotFound(provided="019a4342-ab80-7c4a-9d21-b0d6c5e1f7ff"), TooManyEndpoints())
ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "listWebhooks": (("webhooks", "One endpoint", shapes.WebhookList(1, [shapes.endpoint(_ENDPOINT)])),),
    "createWebhook": (("created", "The endpoint with its secret", _NEW),),
    "fetchWebhook": (("webhook", "An endpoint", shapes.endpoint(_ENDPOINT)),),
    "changeWebhook": (("off", "Switched off", shapes.endpoint(_OFF)),),
    "deleteWebhook": (("deleted", "What it was", shapes.endpoint(_ENDPOINT)),),
    "rotateWebhookSecret": (("rotated", "The endpoint with its new secret", _NEW),),
    "listDeliveries": (
        ("deliveries", "One that arrived", shapes.DeliveryList([shapes.delivery(_DELIVERY, 1793610900000)])),
    ),
    "replayWebhook": (("replayed", "Two events are sent again", shapes.Replayed(2)),),
}
BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "createWebhook": (
        (
            "shop",
            "A shop that wants to know of cancels",
            {"url": _ENDPOINT.url, "types": list(_ENDPOINT.types), "customerNumber": "1001"},
        ),
    ),
    "changeWebhook": (("off", "Switch it off", {"enabled": False}),),
    "replayWebhook": (("one", "One event", {"first": "mvyp4q50.1093", "last": "mvyp4q50.1093"}),),
}
