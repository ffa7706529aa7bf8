"""The feed's endpoints: parse, call, present."""

from __future__ import annotations

from difflib import get_close_matches

from traylane.access.actor import Actor, Scope
from traylane.api.call import Call
from traylane.api.http import Answer, json_answer
from traylane.api.schemas import events as shapes
from traylane.db.ids import NIL
from traylane.errors import BadArguments
from traylane.events.feed import LARGEST_PAGE, Cursor, Fits, parse_cursor, types_named
from traylane.events.names import FIELDS
from traylane.events.record import customer_of
from traylane.events.seal import Event

LATEST = "latest"


async def feed(call: Call) -> Answer:
    """Every event once, in the order of the feed; with `wait` the answer comes when there is something."""
    fits = fitting(call)

    async def confirm() -> None:
        await call.desk.policy_for(call.actor)

    if call.query.get("after") == LATEST:
        await confirm()
        return json_answer(200, shapes.FeedPage([], str(await call.desk.feed.newest()), more=False))
    page = await call.desk.feed.wait(
        cursor(call),
        fits=fits,
        limit=int(call.query.get("limit", LARGEST_PAGE)),
        seconds=int(call.query.get("wait", 0)),
        confirm=confirm,
    )
    return json_answer(200, shapes.feed_page(page, staff=may_see_staff(call.actor)))


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
    types, unknown = types_named(names)
    if unknown:
        raise BadArguments(*(_unknown_type(name) for name in unknown))
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


def _unknown_type(name: str) -> str:
    close = get_close_matches(name[:40], FIELDS, n=1)
    return f"unknown event type {name[:40]}" + (f"; did you mean {close[0]}?" if close else "")
