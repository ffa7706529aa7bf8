"""The dispatcher: takes endpoints by lease, tells each what happened since, and tries again what did not arrive.

A message is sent before it is written down that it was. A dispatcher that dies in between leaves its lease to run out;
whoever takes it over sends again, under the same `webhook-id`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from traylane.clock import MINUTE, Clock, Instant
from traylane.db import ids
from traylane.db.database import Collision, ConnectionLost, Database, Transaction
from traylane.db.ids import new_id
from traylane.errors import Unavailable
from traylane.events.feed import Feed, Placed, event_at
from traylane.events.seal import Event
from traylane.log import log, where
from traylane.metrics.catalogue import DELIVERED
from traylane.metrics.record import Recorder
from traylane.signatures import signed_headers
from traylane.webhooks import store
from traylane.webhooks.choose import choice_of
from traylane.webhooks.manage import disable
from traylane.webhooks.message import body_of, message_id
from traylane.webhooks.model import FAILED, GIVEN_UP_AFTER, PENDING, Delivery, Endpoint, Try
from traylane.webhooks.send import Sender

LEASE_MS = 20_000
RENEW_SECONDS = 5.0
ENOUGH_LEASE = 0.75
"""With so much of a lease left nobody asks for more."""
AT_ONCE = 16
"""Messages under way to one endpoint."""
PAUSE = 0.004
"""Seconds between two messages while somebody waits at the desk: messages have what cancels leave of the processor, and
are 250 a second at least where a receiver is quick."""
LOOK_PAUSE = 0.05
"""Seconds between two looks while somebody waits at the desk and there was nothing to tell."""
ROUND = 100
"""Events that are told, and deliveries that are tried again, before it is written down."""
PASSED_UNWRITTEN = 10_000
"""Events that an endpoint does not want are passed over without a note of it, but so many only: whoever looks next
would pass over them again."""
IDLE_SECONDS = 1.0
SHORTEST_REST = 0.05
FAILED_LOOK_SECONDS = 1.0


class _Work(NamedTuple):
    """What an endpoint has to be told, what is to be tried again, and how far the feed was looked through for it."""

    endpoint: Endpoint
    fresh: Sequence[Placed]
    due: Sequence[Delivery]
    position: int


class Dispatcher:
    """One process's share of the work. `allowed` says which hosts may be private, now; `tried` counts tries.

    `busy`: whether anybody waits for an answer of this process; then messages go one after the other, with a PAUSE.
    """

    def __init__(
        self,
        db: Database,
        feed: Feed,
        clock: Clock,
        *,
        allowed: Callable[[], Awaitable[Collection[str]]],
        trusted: ssl.SSLContext | None = None,
        tried: Recorder | None = None,
        busy: Callable[[], bool] = bool,
    ) -> None:
        self._busy = busy
        self._turn = asyncio.Lock()
        self._tried = tried or Recorder(DELIVERED)
        self._db = db
        self._feed = feed
        self._clock = clock
        self._allowed = allowed
        self._hosts: Collection[str] = ()
        self._sender = Sender(clock, lambda: self._hosts, trusted)
        self._holder = new_id(clock())
        # How far was looked without finding anything to tell; written down with the next delivery.
        self._passed: dict[bytes, int] = {}
        self._head = 0
        self._leased: dict[bytes, Instant] = {}
        self._said: dict[bytes, Instant] = {}
        self._serving: dict[bytes, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        await self._sender.warm_up()
        try:
            while True:
                try:
                    if not await self._start_what_waits():
                        await self._rest()
                except (Unavailable, Collision, ConnectionLost) as error:
                    log("dispatcher_waits", level="warning", cause=str(error))
                    await asyncio.sleep(FAILED_LOOK_SECONDS)
        finally:
            await self.close()

    async def close(self) -> None:
        """Drop what is under way and give the leases back: whoever goes on sends again, under the same ids."""
        serving = list(self._serving.values())
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await self._sender.close()
        with suppress(Unavailable, Collision, ConnectionLost):  # then they run out
            await self._db.write(lambda tx: store.let_go(tx, self._holder))

    async def turn(self) -> bool:
        """Serve every endpoint that has work and that nobody else serves, one round each; whether there was any."""
        started = await self._start_what_waits()
        await asyncio.gather(*self._serving.values())
        return started

    async def _start_what_waits(self) -> bool:
        """Whether there is anything to do now, or left to look through."""
        # Nobody waits for a receiver that hangs but its own endpoint. One that is done meanwhile is read again first.
        self._hosts, serving = await self._allowed(), set(self._serving)
        now = self._clock()
        self._head = (await self._feed.newest()).position
        waiting = await self._db.read(lambda tx: store.with_work(tx, holder=self._holder, now=now))
        idle = [endpoint for endpoint in waiting if endpoint.id not in serving]
        found = {work.endpoint.id: work for endpoint in idle if (work := await self._look(endpoint, now))}
        for id_ in await self._take(list(found)) if found else ():
            task = asyncio.create_task(self._serve(found[id_]))
            self._serving[id_] = task
            task.add_done_callback(lambda _, id_=id_: self._serving.pop(id_, None))  # type: ignore[misc]
        return bool(found) or any(self._start(endpoint) < self._head for endpoint in idle)

    async def _look(self, endpoint: Endpoint, now: Instant) -> _Work | None:
        """What there is to do for an endpoint. What it does not want is passed over: that costs a look and no more."""
        fresh, position = await self._fresh(endpoint)
        due = await self._db.read(lambda tx: store.due(tx, endpoint.id, now=now, limit=ROUND))
        if fresh or due or position - endpoint.position >= PASSED_UNWRITTEN:
            return _Work(endpoint, fresh, due, position)
        self._passed[endpoint.id] = position
        return None

    async def _fresh(self, endpoint: Endpoint) -> tuple[Sequence[Placed], int]:
        """What the endpoint was not told yet, and how far was looked."""
        start = self._start(endpoint)
        if start == self._head:
            return (), start
        page = await self._feed.beyond(start, fits=choice_of(endpoint), limit=ROUND)
        return page.events, page.cursor.position

    def _start(self, endpoint: Endpoint) -> int:
        return max(endpoint.position, self._passed.get(endpoint.id, 0))

    async def _take(self, ids: Sequence[bytes]) -> list[bytes]:
        """Those of `ids` that this one may serve now; who has just got a lease need not ask for it again."""
        now = self._clock()
        until = Instant(now + LEASE_MS)
        held = [id_ for id_ in ids if self._leased.get(id_, 0) - now > ENOUGH_LEASE * LEASE_MS]
        asked = [id_ for id_ in ids if id_ not in held]
        if asked:
            taken = await self._db.write(lambda tx: store.take(tx, asked, holder=self._holder, now=now, until=until))
            self._leased |= dict.fromkeys(taken, until)
            held += taken
        return held

    async def _serve(self, work: _Work) -> None:
        renewing = asyncio.create_task(self._renew(work.endpoint.id))
        try:
            await self._round(work)
        except (Unavailable, Collision, ConnectionLost) as error:
            log("dispatcher_waits", level="warning", cause=str(error))
            await asyncio.sleep(FAILED_LOOK_SECONDS)
        except Exception as error:  # the last fence: a fault of ours is tried again, not at once for ever
            log("fault", level="error", route="webhooks", where=where(error))
            await asyncio.sleep(FAILED_LOOK_SECONDS)
        finally:
            renewing.cancel()

    async def _renew(self, id_: bytes) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._take([id_])

    async def _round(self, work: _Work) -> None:
        endpoint, due = work.endpoint, work.due
        events = {placed.cursor.position: placed.event for placed in work.fresh}
        events |= await self._db.read(lambda tx: _events(tx, [delivery.position for delivery in due]))
        new = [
            Delivery(endpoint=endpoint.id, position=place, event=events[place].id, state=PENDING, next_at=None)
            for place in sorted(events.keys() - {delivery.position for delivery in due})
        ]
        limit = asyncio.Semaphore(AT_ONCE)
        tried = await asyncio.gather(*(self._try(endpoint, d, events, limit) for d in (*due, *new)))
        await self._write_down(endpoint, tried, work.position)

    async def _try(
        self, endpoint: Endpoint, delivery: Delivery, events: dict[int, Event], limit: asyncio.Semaphore
    ) -> Delivery:
        event = events.get(delivery.position)
        if event is None:
            gone = Try(at=self._clock(), ms=0, status=0, error="the event is no longer there")
            return msgspec.structs.replace(delivery, state=FAILED, next_at=None, tries=(*delivery.tries, gone))
        async with limit:
            await self._give_way()
            told = await self._send(endpoint, event)
        lag = (told.at + told.ms - event.at) / 1000
        self._tried.observe(lag, ("arrived" if told.arrived else "failed",))
        return delivery.after(told)

    async def _give_way(self) -> None:
        async with self._turn:
            await asyncio.sleep(PAUSE if self._busy() else 0)

    async def _send(self, endpoint: Endpoint, event: Event) -> Try:
        now, body = self._clock(), body_of(event, staff=endpoint.staff)
        signed = signed_headers(id_=message_id(event), timestamp=now // 1000, body=body, using=endpoint.signing(now))
        return await self._sender.send(endpoint.url, signed, body)

    async def _write_down(self, endpoint: Endpoint, tried: Sequence[Delivery], position: int) -> None:
        now = self._clock()
        failing_since = _failing_since(endpoint, tried, now)
        why = _reason_to_disable(tried, failing_since, now)

        async def work(tx: Transaction) -> None:
            # Somebody who took the lease over sends again and writes it down.
            if not await store.told(
                tx, endpoint.id, holder=self._holder, position=position, failing_since=failing_since
            ):
                self._leased.pop(endpoint.id, None)
                return
            await store.keep(tx, tried)
            if why:
                changed = msgspec.structs.replace(endpoint, position=position, failing_since=failing_since)
                await disable(tx, changed, why=why, now=now)

        await self._db.write(work)
        self._passed.pop(endpoint.id, None)
        self._say(endpoint, [d.tries[-1] for d in tried if not d.tries[-1].arrived], why, now)

    def _say(self, endpoint: Endpoint, failed: Sequence[Try], why: str, now: Instant) -> None:
        """A line for what did not arrive, once a minute for an endpoint; the delivery log has every try."""
        about = {"webhook": ids.to_text(endpoint.id), "host": urlsplit(endpoint.url).hostname}
        if failed and now - self._said.get(endpoint.id, 0) >= MINUTE:
            self._said[endpoint.id] = now
            cause = failed[-1].error or f"answered {failed[-1].status}"
            log("webhook_fails", level="warning", **about, tries=len(failed), cause=cause)
        if why:
            log("webhook_disabled", level="warning", **about, cause=why)

    async def _rest(self) -> None:
        """Until something happens, is due, or an endpoint has been served; a second at most."""
        if self._busy():
            await asyncio.sleep(LOOK_PAUSE)
        if not await self._db.read(store.any_enabled):
            await asyncio.sleep(IDLE_SECONDS)
            return
        due = await self._db.read(store.next_due)
        wait = IDLE_SECONDS if due is None else min(IDLE_SECONDS, max(SHORTEST_REST, (due - self._clock()) / 1000))
        rising = asyncio.create_task(self._feed.tide.rises_above(self._head, seconds=wait))
        await asyncio.wait({rising, *self._serving.values()}, return_when=asyncio.FIRST_COMPLETED)
        rising.cancel()


def _failing_since(endpoint: Endpoint, tried: Sequence[Delivery], now: Instant) -> Instant | None:
    if any(delivery.tries[-1].arrived for delivery in tried):
        return None
    return (endpoint.failing_since or now) if tried else endpoint.failing_since


def _reason_to_disable(tried: Sequence[Delivery], failing_since: Instant | None, now: Instant) -> str:
    if any(delivery.tries[-1].is_gone for delivery in tried):
        return "the receiver answered 410 Gone"
    given_up = any(delivery.state == FAILED for delivery in tried)
    if given_up and failing_since is not None and now - failing_since >= GIVEN_UP_AFTER:
        return "nothing has arrived for three days"
    return ""


async def _events(tx: Transaction, positions: Sequence[int]) -> dict[int, Event]:
    found = {position: await event_at(tx, position) for position in positions}
    return {position: event for position, event in found.items() if event is not None}
