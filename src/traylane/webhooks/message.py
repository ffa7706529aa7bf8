"""The body of a message: type, timestamp and data, as Standard Webhooks wants it."""

from __future__ import annotations

from typing import Any

import msgspec

from traylane.clock import to_text
from traylane.db import ids
from traylane.events.names import without_staff
from traylane.events.seal import Event
from traylane.staff import published


def message_id(event: Event) -> str:
    """The same for every try, and for every endpoint: by it a receiver knows what it has already got."""
    return f"msg_{ids.to_text(event.id)}"


def body_of(event: Event, *, staff: bool) -> bytes:
    """What is told of an event: codes and numbers, no patient's data; with `staff` the codes of who works here."""
    data: dict[str, Any] = msgspec.json.decode(event.data)
    told = {
        "type": event.type,
        "timestamp": to_text(event.at),
        "data": {
            "eventId": ids.to_text(event.id),
            "seq": event.seq,
            "actor": published(event.actor),
            **(data if staff else without_staff(data)),
        },
    }
    return msgspec.json.encode(told)
