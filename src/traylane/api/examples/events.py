"""Examples of the feed."""

from __future__ import annotations

from typing import Any

from traylane.api.examples.orders import CANCELLED_EVENT
from traylane.api.http import encode
from traylane.api.schemas import events as shapes
from traylane.events.feed import Cursor, CursorGone, Page, Placed

_OLDEST = Cursor(1793610900000, 210)
_READ = Cursor(1793610900000, 1093)

REFUSALS = (CursorGone(provided=Cursor(1793610900000, 12), oldest=_OLDEST, why="expired"),)
ANSWERS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "listEvents": (
        (
            "page",
            "One event",
            shapes.feed_page(Page((Placed(CANCELLED_EVENT, _READ),), _READ, more=False), staff=True),
        ),
        ("nothing", "Nothing came", shapes.feed_page(Page((), _READ, more=False), staff=True)),
    ),
    "streamEvents": (
        (
            "event",
            "One event",
            {
                "id": str(_READ),
                "event": CANCELLED_EVENT.type,
                "data": encode(shapes.event(CANCELLED_EVENT, staff=True)).decode(),
            },
        ),
    ),
}
BODIES: dict[str, tuple[tuple[str, str, Any], ...]] = {}
