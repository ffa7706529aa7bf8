"""Set endpoints up: every change is an event, a secret is shown once, and another customer's do not exist."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

import msgspec

from traylane.access.actor import Actor, Scope
from traylane.access.changes import record_change
from traylane.clock import HOUR, Instant
from traylane.db import ids
from traylane.db.database import Transaction
from traylane.db.ids import new_id
from traylane.errors import BadArguments, Refused
from traylane.events import names
from traylane.events.feed import Cursor, Feed, types_named
from traylane.signatures import new_secret
from traylane.webhooks import store
from traylane.webhooks.choose import choice_of
from traylane.webhooks.model import PENDING, Delivery, Endpoint, Secret
from traylane.webhooks.target import problem_of

MOST_ENDPOINTS = 100
MOST_REPLAYED = 10_000
OVERLAP = 24 * HOUR
"""How long a rotated secret still signs beside the new one."""
SERVICE = Actor(name="service", scopes=frozenset({Scope.ADMIN}))


class EndpointNotFound(Refused):
    """No endpoint of the caller's has this id. `provided`."""

    code = "no_webhook"
    sentence = "No record found"

    def details(self) -> list[str]:
        return [f"Provided: {self.data['provided']}"]


class TooManyEndpoints(Refused):
    """There are as many endpoints as there may be."""

    code = "too_many_webhooks"
    sentence = "Too many webhooks"

    def details(self) -> list[str]:
        return [f"Limit: {MOST_ENDPOINTS}"]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller says of an endpoint; None leaves it as it is, or as a new one has it."""

    url: str | None = None
    description: str | None = None
    types: tuple[str, ...] | None = None
    customer: str | None = None
    staff: bool | None = None
    enabled: bool | None = None


async def find(tx: Transaction, provided: str, actor: Actor) -> Endpoint:
    """The caller's endpoint with this id. Raises EndpointNotFound."""
    found = await store.endpoint(tx, require_id(provided))
    if found is None or (actor.customer is not None and found.customer != actor.customer):
        raise EndpointNotFound(provided=provided)
    return found


def require_id(provided: str) -> bytes:
    """The id that a text is. Raises EndpointNotFound when it is none, before anything is looked at."""
    id_ = ids.from_text(provided)
    if id_ is None:
        raise EndpointNotFound(provided=provided[:64].encode("utf-8", "replace").decode())
    return id_


async def create(
    tx: Transaction, wanted: Wanted, *, position: int, allowed: Collection[str], actor: Actor, now: Instant
) -> tuple[Endpoint, str]:
    """Make an endpoint that is told what happens after `position`; the second member is its secret.

    Raises BadArguments, Forbidden for types of the set-up that the caller may not read, TooManyEndpoints.
    """
    _check(wanted, allowed, actor)
    if len(await store.endpoints(tx)) >= MOST_ENDPOINTS:
        raise TooManyEndpoints
    secret = new_secret()
    new = Endpoint(
        id=new_id(now),
        url=wanted.url or "",
        description=wanted.description or "",
        types=wanted.types or (),
        customer=actor.customer or wanted.customer,
        staff=bool(wanted.staff) and actor.customer is None,
        secrets=(Secret(secret),),
        position=position,
        created_at=now,
    )
    await store.insert(tx, new)
    await _told(tx, names.WEBHOOK_CREATED, new, actor=actor, now=now, types=list(new.types))
    return new, secret


async def change(
    tx: Transaction, provided: str, wanted: Wanted, *, allowed: Collection[str], actor: Actor, now: Instant
) -> Endpoint:
    """Change what `wanted` names. Enabling starts afresh: with what is pending, and what happened meanwhile.

    Raises as `find` and `create`.
    """
    before = await find(tx, provided, actor)
    _check(msgspec.structs.replace(wanted, url=wanted.url or before.url), allowed, actor)
    after = msgspec.structs.replace(
        before,
        url=wanted.url or before.url,
        description=before.description if wanted.description is None else wanted.description,
        types=before.types if wanted.types is None else wanted.types,
        staff=before.staff if wanted.staff is None or actor.customer is not None else wanted.staff,
    )
    if wanted.enabled is True:
        after = msgspec.structs.replace(after, disabled_at=None, disabled_why="", failing_since=None)
    elif wanted.enabled is False and before.disabled_at is None:
        after = msgspec.structs.replace(after, disabled_at=now, disabled_why="switched off")
    if after != before:
        await store.update(tx, after)
        await _told(tx, names.WEBHOOK_CHANGED, after, actor=actor, now=now, enabled=after.disabled_at is None)
    return after


async def rotate(tx: Transaction, provided: str, *, actor: Actor, now: Instant) -> tuple[Endpoint, str]:
    """Give an endpoint a new secret; the one before signs beside it for OVERLAP. Raises EndpointNotFound."""
    before = await find(tx, provided, actor)
    secret = new_secret()
    old = Secret(before.secrets[0].text, Instant(now + OVERLAP))
    after = msgspec.structs.replace(before, secrets=(Secret(secret), old))
    await store.update(tx, after)
    await _told(tx, names.WEBHOOK_CHANGED, after, actor=actor, now=now, enabled=after.disabled_at is None)
    return after, secret


async def remove(tx: Transaction, provided: str, *, actor: Actor, now: Instant) -> Endpoint:
    """Remove an endpoint with its deliveries; what it was. Raises EndpointNotFound."""
    gone = await find(tx, provided, actor)
    await store.delete(tx, gone.id)
    await _told(tx, names.WEBHOOK_DELETED, gone, actor=actor, now=now)
    return gone


async def disable(tx: Transaction, endpoint: Endpoint, *, why: str, now: Instant) -> None:
    """Tell an endpoint nothing more until somebody enables it again; the feed has the notice."""
    await store.update(tx, msgspec.structs.replace(endpoint, disabled_at=now, disabled_why=why))
    await _told(tx, names.WEBHOOK_DISABLED, endpoint, actor=SERVICE, now=now, why=why)


async def replay(feed: Feed, endpoint: Endpoint, *, first: Cursor, last: int, now: Instant) -> list[Delivery]:
    """The deliveries that send the events from `first` to position `last` again, MOST_REPLAYED at most.

    Raises CursorGone when the feed no longer reaches back to `first`.
    """
    before = Cursor(first.epoch, max(first.position - 1, 0))
    page = await feed.read(before, fits=choice_of(endpoint), limit=MOST_REPLAYED)
    return [
        Delivery(endpoint=endpoint.id, position=p.cursor.position, event=p.event.id, state=PENDING, next_at=now)
        for p in page.events
        if p.cursor.position <= last
    ]


def _check(wanted: Wanted, allowed: Collection[str], actor: Actor) -> None:
    problems = [problem_of(wanted.url or "", allowed)]
    types, unknown = types_named(wanted.types or ())
    problems += [f"unknown event type {name[:40]}" for name in unknown]
    if actor.customer is not None and wanted.customer not in {None, actor.customer}:
        problems.append("customer must be the key's own")
    if found := [problem for problem in problems if problem]:
        raise BadArguments(*found)
    if any(not type_.startswith("order.") for type_ in types):
        actor.require(Scope.SETUP_READ)


async def _told(tx: Transaction, type_: str, endpoint: Endpoint, *, actor: Actor, now: Instant, **more: Any) -> None:
    # The host only: the rest of the URL may hold a secret of the receiver's.
    fields = {"webhookId": ids.to_text(endpoint.id), "host": urlsplit(endpoint.url).hostname, **more}
    await record_change(tx, type_=type_, fields=fields, actor=actor, now=now)
