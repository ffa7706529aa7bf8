"""Wire shapes of events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from traylane import clock
from traylane.api.schemas.basics import Count, Moment
from traylane.db import ids
from traylane.events.seal import Event


class EventAnswer(msgspec.Struct):
    """One thing that happened."""

    id: Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
    seq: Annotated[int, Meta(ge=1, description="The order's revision that this event made.")]
    type: Annotated[str, Meta(examples=["order.cancelled"])]
    dateTime: Moment
    actor: Annotated[str, Meta(description="An integrator or a role.")]
    data: Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]


class EventList(msgspec.Struct):
    """What happened to an order, oldest first."""

    total: Count
    items: list[EventAnswer]


def event_list(total: int, events: Sequence[Event]) -> EventList:
    """Events as they are sent."""
    return EventList(
        total,
        [
            EventAnswer(
                id=ids.to_text(event.id),
                seq=event.seq,
                type=event.type,
                dateTime=clock.to_text(event.at),
                actor=event.actor,
                data=msgspec.Raw(event.data.encode()),
            )
            for event in events
        ],
    )
