"""The endpoints of the feed."""

from __future__ import annotations

from traylane.access.actor import Scope
from traylane.api import events
from traylane.api.parameters import Parameter
from traylane.api.routes.route import Route
from traylane.api.schemas import events as shapes
from traylane.errors import BadArguments
from traylane.events.feed import LARGEST_PAGE, LONGEST_CURSOR, LONGEST_WAIT, CursorGone

AFTER = Parameter(
    "after",
    "The cursor of the last event that was read; `latest` for where the feed is now. Without it, from 90 days ago.",
    longest=LONGEST_CURSOR,
    shortest=1,
    example="m8x1k20q.1093",
)
TYPES = Parameter(
    "types",
    "Only these types, comma-separated; `order.*` for all of a kind.",
    longest=500,
    example="order.cancelled,order.restored",
)
CUSTOMER = Parameter("customer", "Only events about this customer's orders.", longest=8, example="1001")

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v2/events",
        handler=events.feed,
        scope=Scope.EVENTS_READ,
        operation="listEvents",
        tag="Events",
        title="Follow the feed",
        about="Every event once, in the order of the feed, 90 days back. Go on with `cursor` as `after`: nothing is "
        "skipped, however late it was committed. With `wait` the answer comes as soon as something fits, or empty "
        "after so many seconds. Events of the set-up are for keys that may also read the set-up.",
        response=shapes.FeedPage,
        refusals=(BadArguments, CursorGone),
        query=(
            AFTER,
            TYPES,
            CUSTOMER,
            Parameter("wait", "Seconds to wait for something to come.", range=(0, LONGEST_WAIT)),
            Parameter("limit", "At most this many items.", range=(1, LARGEST_PAGE)),
        ),
    ),
    Route(
        method="GET",
        path="/api/v2/events/stream",
        handler=events.stream,
        scope=Scope.EVENTS_READ,
        operation="streamEvents",
        tag="Events",
        title="Follow the feed as a stream",
        about="Server-Sent Events: `id` is the cursor, `event` the type, `data` the event. A client that comes back "
        "with `Last-Event-ID` goes on where it was. A stream ends after 15 minutes, or with the key.",
        response=shapes.EventAnswer,
        media="text/event-stream",
        refusals=(BadArguments, CursorGone),
        query=(AFTER, TYPES, CUSTOMER),
    ),
)
