"""Clients that cancel one order after the other over HTTP, and ask again with their key until there is an answer."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tests import standstill
from tests.builders import count, execute, make_key, make_orders
from tests.reliability import raw
from traylane.db.database import Database, Sql
from traylane.events.verify import verify

Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]
AGAIN_SECONDS = 0.02
AT_ONCE = 2_000
"""Orders that one statement makes: a slow machine has the time for it, too."""
_LATER = (b"HTTP/1.1 503 ", b"HTTP/1.1 409 ")
"""Not now; or the first request with this key is still under way."""
_WRONG = Sql(
    sqlite="""
        SELECT o.order_number FROM orders o WHERE o.revision <> 1 + (o.cancelled_at IS NOT NULL)
            OR (SELECT count(*) FROM events e WHERE e.subject_id = o.id) <> (o.cancelled_at IS NOT NULL)""",
    postgres="""
        SELECT o.order_number FROM orders o WHERE o.revision <> 1 + (o.cancelled_at IS NOT NULL)::int
            OR (SELECT count(*) FROM events e WHERE e.subject_id = o.id) <> (o.cancelled_at IS NOT NULL)::int""",
)
_CANCELLED = Sql.same("SELECT order_number FROM orders WHERE cancelled_at IS NOT NULL")


class Refusal(NamedTuple):
    """A 503, or a 409 for a key under way: when it was asked for, its seconds, and whether the outcome is unknown."""

    asked: float
    seconds: float
    is_unknown: bool


@dataclass
class Heard:
    """What clients heard of their cancels.

    `acknowledged`: order → when; `broken`: how often a connection broke under a request; `unavailable`: what
    came with Retry-After; `refused`: every other answer; `slowest`: the longest that a request took;
    `watch`: knows the service.
    """

    acknowledged: dict[str, float] = field(default_factory=dict)
    broken: int = 0
    unavailable: list[Refusal] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    slowest: float = 0.0
    watch: standstill.Watch = field(default_factory=standstill.Watch)


@dataclass
class Found:
    """What the database has: who is cancelled, who is half done or doubled, and how many events there are."""

    cancelled: set[str]
    wrong: list[str]
    events: int


async def laboratory(db: Database, orders: int) -> str:
    """So many orders, numbered from 0, and a key."""
    for first in range(0, orders, AT_ONCE):
        await make_orders(db, [str(number) for number in range(first, min(orders, first + AT_ONCE))])
    return (await make_key(db))[1]


async def look(db: Database) -> Found:
    """What there is; the chain of events has to be whole."""
    cancelled, wrong = await execute(db, _CANCELLED), await execute(db, _WRONG)
    await verify(db, ())
    return Found({row[0] for row in cancelled}, [row[0] for row in wrong], await count(db, "events"))


async def cancel_all(
    port: int, key: str, numbers: Iterator[str], over: asyncio.Event, heard: Heard, *, pause: float = 0.0
) -> None:
    """One client, until it is `over` or there are no numbers left. `pause`: seconds between two cancels."""
    link: Link | None = None
    for number in itertools.takewhile(lambda _: not over.is_set(), numbers):
        answer = b""
        while not answer:
            began = heard.watch.now()
            try:
                link = link or await asyncio.open_connection("127.0.0.1", port)
                link[1].write(raw.request(f"DELETE /api/v2/orders/{number}", key, idempotency_key=number))
                answer = b"".join(await raw.answer(link[0]))
            except (OSError, EOFError):
                heard.broken += 1
                _close(link)
                link = None
            seconds = heard.watch.since(began)
            heard.slowest = max(heard.slowest, seconds)
            if answer.startswith(_LATER) and b"retry-after: " in answer:
                heard.unavailable.append(Refusal(began.at, seconds, b"Outcome unknown" in answer))
                answer = b""
                await asyncio.sleep(AGAIN_SECONDS)
        if answer.startswith(b"HTTP/1.1 200 "):
            heard.acknowledged[number] = time.monotonic()
        else:
            heard.refused.append(answer)
        await asyncio.sleep(pause)
    _close(link)


def _close(link: Link | None) -> None:
    if link is not None:
        link[1].close()
