"""The feed's endpoints: parse, call, present."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator

from traylane.access.actor import Actor, Scope
from traylane.api.call import Call
from traylane.api.http import Answer, Header, Streamed, encode, json_answer
from traylane.api.parameters import unknown
from traylane.api.schemas import events as shapes
from traylane.db.ids import NIL
from traylane.errors import BadArguments, Refused
from traylane.events.feed import LARGEST_PAGE, Cursor, Fits, Page, Placed, parse_cursor, types_named
from traylane.events.names import FIELDS
from traylane.events.record import customer_of
from traylane.events.seal import Event

LATEST = "latest"
STREAM_PAGE = 100
STREAM_SECONDS = 900.0
"""After so long a stream ends and the client comes back: so a restart never waits for one."""
QUIET_SECONDS = 15.0
_EVENT_STREAM: Header = (b"content-type", b"text/event-stream")


async def feed(call: Call) -> Answer:
    """Every event once, in the order of the feed; with `wait` the answer comes when there is something."""
    fits = fitting(call)

    if call.query.get("after") == LATEST:
        await _confirm(call)
        return json_answer(200, shapes.FeedPage([], str(await call.desk.feed.newest()), more=False))
    page = await call.desk.feed.wait(
        cursor(call),
        fits=fits,
        limit=int(call.query.get("limit", LARGEST_PAGE)),
        seconds=int(call.query.get("wait", 0)),
        confirm=lambda: _confirm(call),
    )
    return json_answer(200, shapes.feed_page(page, staff=may_see_staff(call.actor)))


async def stream(call: Call) -> Answer:
    """The feed as Server-Sent Events; `Last-Event-ID` is the cursor of the last one that came."""
    fits, start = fitting(call), _stream_start(call)
    await _confirm(call)
    feed, staff = call.desk.feed, may_see_staff(call.actor)
    if call.query.get("after") == LATEST and start is None:
        start = await feed.newest()
    # What is wrong with the cursor is said before the stream begins.
    first = await feed.read(start, fits=fits, limit=STREAM_PAGE)
    return Streamed(200, b"", [_EVENT_STREAM], parts=_told(call, first, fits, staff=staff))


async def _told(call: Call, page: Page, fits: Fits, *, staff: bool) -> AsyncGenerator[bytes]:
    ends = time.monotonic() + STREAM_SECONDS
    yield b"retry: 1000\n\n"
    while True:
        if page.events:
            yield b"".join(_event_line(placed, staff=staff) for placed in page.events)
        elif not page.more:
            yield b": nothing new\n\n"
        if time.monotonic() >= ends or call.desk.feed.tide.is_closed:
            return
        try:
            page = await call.desk.feed.wait(
                page.cursor, fits=fits, limit=STREAM_PAGE, seconds=QUIET_SECONDS, confirm=lambda: _confirm(call)
            )
        except Refused:
            return  # the key is dead, or the database away: the client comes back and is told


def _event_line(placed: Placed, *, staff: bool) -> bytes:
    content = encode(shapes.event(placed.event, staff=staff))
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (str(placed.cursor).encode(), placed.event.type.encode(), content)


def _stream_start(call: Call) -> Cursor | None:
    given = call.headers.get(b"last-event-id")
    if given is None:
        return None if call.query.get("after") == LATEST else cursor(call)
    found = parse_cursor(given[0].decode("latin-1"))
    if found is None:
        raise BadArguments("Last-Event-ID must be the id of an event of this stream")
    return found


async def _confirm(call: Call) -> None:
    await call.desk.policy_for(call.actor)


def cursor(call: Call) -> Cursor | None:
    """The cursor after which the caller wants to go on. Raises BadArguments."""
    given = call.query.get("after")
    if given is None:
        return None
    found = parse_cursor(given)
    if found is None:
        raise BadArguments(f"after must be a cursor that the feed gave, or {LATEST}")
    return found


def fitting(call: Call) -> Fits:
    """Which events the caller wants and may see. Raises BadArguments."""
    names = [name for name in call.query.get("types", "").split(",") if name]
    types, strange = types_named(names)
    if strange:
        raise BadArguments(*(unknown("event type", name, FIELDS) for name in strange))
    customers = {number for number in (call.actor.customer, call.query.get("customer")) if number is not None}
    setup = not customers and call.actor.may(Scope.SETUP_READ)

    def fits(event: Event) -> bool:
        if names and event.type not in types:
            return False
        if event.subject == NIL:
            return setup
        return all(customer == customer_of(event) for customer in customers)

    return fits


def may_see_staff(actor: Actor) -> bool:
    """Whether operators' codes are the caller's business: staff names do not leave the house."""
    return actor.customer is None
