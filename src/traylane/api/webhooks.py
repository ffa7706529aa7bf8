"""The endpoints of webhooks: parse, call, present."""

from __future__ import annotations

from typing import Any

from traylane.api.call import Call
from traylane.api.http import Answer, json_answer, without_secret
from traylane.api.schemas import basics
from traylane.api.schemas import webhooks as shapes
from traylane.clock import Instant
from traylane.db.database import Transaction
from traylane.errors import BadArguments
from traylane.events.feed import Cursor, parse_cursor
from traylane.policy import setup_change
from traylane.policy.setup_change import Asker
from traylane.webhooks import manage, store
from traylane.webhooks.manage import Wanted
from traylane.webhooks.model import Endpoint

SHOWN = 100
"""Deliveries on one page."""


async def list_webhooks(call: Call) -> Answer:
    """The endpoints that the caller may see."""
    found = await _look(call, lambda tx: store.endpoints(tx, customer=call.actor.customer))
    limit, offset = basics.window(call.query)
    items = [shapes.endpoint(one) for one in found[offset : offset + limit]]
    return json_answer(200, {"total": len(found), "items": items})


async def fetch(call: Call) -> Answer:
    """One endpoint."""
    found = await _look(call, lambda tx: manage.find(tx, call.path[0], call.actor))
    return json_answer(200, shapes.endpoint(found))


async def create(call: Call) -> Answer:
    """Make an endpoint; its secret is in this answer and nowhere else."""
    body = _body(call)
    wanted = Wanted(
        url=body.url,
        description=body.description,
        types=tuple(body.types),
        customer=body.customerNumber,
        staff=body.includeStaff,
    )
    allowed = (await call.desk.policy_for(call.actor)).webhook_hosts
    position = (await call.desk.feed.newest()).position

    async def work(tx: Transaction) -> Answer:
        made, secret = await manage.create(
            tx, wanted, position=position, allowed=allowed, actor=call.actor, now=call.now
        )
        return json_answer(201, shapes.new_endpoint(made, secret))

    return await call.set_up(work, kept=without_secret)


async def change(call: Call) -> Answer:
    """Change an endpoint, switch it off or on."""
    manage.require_id(call.path[0])
    body = _body(call)
    wanted = Wanted(
        url=body.url,
        description=body.description,
        types=None if body.types is None else tuple(body.types),
        staff=body.includeStaff,
        enabled=body.enabled,
    )
    allowed = (await call.desk.policy_for(call.actor)).webhook_hosts

    async def work(tx: Transaction) -> Answer:
        changed = await manage.change(tx, call.path[0], wanted, allowed=allowed, actor=call.actor, now=call.now)
        return json_answer(200, shapes.endpoint(changed))

    return await call.set_up(work)


async def rotate(call: Call) -> Answer:
    """Give an endpoint a new secret; the old one signs beside it for a day."""
    manage.require_id(call.path[0])

    async def work(tx: Transaction) -> Answer:
        changed, secret = await manage.rotate(tx, call.path[0], actor=call.actor, now=call.now)
        return json_answer(201, shapes.new_endpoint(changed, secret))

    return await call.set_up(work, kept=without_secret)


async def remove(call: Call) -> Answer:
    """Remove an endpoint with its deliveries."""
    manage.require_id(call.path[0])

    async def work(tx: Transaction) -> Answer:
        removed = await manage.remove(tx, call.path[0], actor=call.actor, now=call.now)
        return json_answer(200, shapes.endpoint(removed))

    return await call.set_up(work)


async def deliveries(call: Call) -> Answer:
    """What was sent to an endpoint and what came back, the newest first."""
    below = 1 << 62
    if (given := call.query.get("before")) is not None:
        below = _cursor(given, "before").position
    limit = int(call.query.get("limit", SHOWN))

    async def work(tx: Transaction) -> Any:
        found = await manage.find(tx, call.path[0], call.actor)
        return await store.deliveries(tx, found.id, below=below, limit=limit)

    found = await _look(call, work)
    epoch = (await call.desk.feed.newest()).epoch
    return json_answer(200, shapes.DeliveryList([shapes.delivery(one, epoch) for one in found]))


async def replay(call: Call) -> Answer:
    """Send a range of events again."""
    manage.require_id(call.path[0])
    body = _body(call)
    first, last = _cursor(body.first, "first"), _cursor(body.last, "last").position
    if not 0 <= last - first.position < manage.MOST_REPLAYED:
        raise BadArguments(f"last must not be before first, nor more than {manage.MOST_REPLAYED} events after it")
    # What is malformed is said before what is gone.
    call.if_match()
    call.idempotency_key()
    found: Endpoint = await _look(call, lambda tx: manage.find(tx, call.path[0], call.actor))
    again = await manage.replay(call.desk.feed, found, first=first, last=last, now=Instant(call.now))

    async def work(tx: Transaction) -> Answer:
        await manage.find(tx, call.path[0], call.actor)
        await store.send_again(tx, again)
        return json_answer(200, shapes.Replayed(len(again)))

    return await call.set_up(work)


async def _look(call: Call, work: Any) -> Any:
    asker = Asker(actor=call.actor, now=call.now)
    found, _ = await setup_change.look(call.desk.db, call.desk.rulebook, asker, work)
    return found


def _body(call: Call) -> Any:
    if call.body is None:
        raise BadArguments("the body is missing")
    return call.body


def _cursor(given: str, name: str) -> Cursor:
    found = parse_cursor(given)
    if found is None:
        raise BadArguments(f"{name} must be a cursor that the feed gave")
    return found
