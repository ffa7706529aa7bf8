"""Wire shapes of events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from traylane import clock
from traylane.api.schemas.basics import Count, Moment
from traylane.db import ids
from traylane.events import names
from traylane.events.feed import LONGEST_CURSOR, Page
from traylane.events.seal import Event
from traylane.staff import published

CursorText = Annotated[str, Meta(max_length=LONGEST_CURSOR, examples=["m8x1k20q.1093"])]


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


class FeedEvent(EventAnswer):
    """One thing that happened, and the cursor of who has read up to it."""

    cursor: CursorText


class FeedPage(msgspec.Struct):
    """Events that fit, oldest first."""

    items: list[FeedEvent]
    cursor: Annotated[CursorText, Meta(description="Where to go on; it moves on although nothing fits.")]
    more: Annotated[bool, Meta(description="Whether there is more to read at once.")]


def event_list(total: int, events: Sequence[Event], *, staff: bool) -> EventList:
    """Events of an order as they are sent; `staff`: with the codes of who works here."""
    return EventList(total, [event(found, staff=staff) for found in events])


def event(found: Event, *, staff: bool) -> EventAnswer:
    """An event as it is sent; `staff`: with the codes of who works here."""
    return EventAnswer(**_told(found, staff=staff))


def feed_page(page: Page, *, staff: bool) -> FeedPage:
    """A page of the feed as it is sent; `staff`: with the codes of who works here."""
    items = [FeedEvent(**_told(placed.event, staff=staff), cursor=str(placed.cursor)) for placed in page.events]
    return FeedPage(items, str(page.cursor), page.more)


def _told(event: Event, *, staff: bool) -> dict[str, Any]:
    data = event.data.encode()
    if not staff:
        data = msgspec.json.encode(names.without_staff(msgspec.json.decode(data)))
    return {
        "id": ids.to_text(event.id),
        "seq": event.seq,
        "type": event.type,
        "dateTime": clock.to_text(event.at),
        "actor": published(event.actor),
        "data": msgspec.Raw(data),
    }
