"""GET /api/v2/events/stream: the feed as Server-Sent Events."""

from __future__ import annotations

import asyncio

import pytest

from tests.api.asgi import Client, Reply
from tests.api.conftest import MakeKey
from tests.builders import NOW, make_orders
from tests.events.test_seal import sealed
from traylane.access import keys
from traylane.access.actor import COMMAND_LINE
from traylane.api import events
from traylane.db.database import Database
from traylane.orders.desk import Desk

STREAM = "/api/v2/events/stream"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "STREAM_SECONDS", 0.6)
    monkeypatch.setattr(events, "QUIET_SECONDS", 0.2)


def _told(reply: Reply) -> list[tuple[bytes, bytes]]:
    """Type and order number of every event of a stream."""
    blocks = [block.split(b"\n") for block in reply.body.split(b"\n\n") if b"data: " in block]
    return [(lines[1].removeprefix(b"event: "), lines[2].partition(b'"orderNumber":"')[2][:1]) for lines in blocks]


def _last_id(reply: Reply) -> str:
    return reply.body.rpartition(b"id: ")[2].partition(b"\n")[0].decode()


async def _cancelled(db: Database, portal: Client, *numbers: str) -> None:
    for number in numbers:
        await portal.delete(f"/api/v2/orders/{number}")
    await sealed(db)


async def _until(parts: list[bytes], told: bytes) -> None:
    """Until a stream has said something."""
    async with asyncio.timeout(20):
        while told not in b"".join(parts):  # noqa: ASYNC110 (the stream tells nobody)
            await asyncio.sleep(0.01)


async def test_what_was_and_what_comes(
    db: Database, desk: Desk, portal: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "STREAM_SECONDS", 60.0)
    await make_orders(db, ["1", "2"])
    await _cancelled(db, portal, "1")
    parts: list[bytes] = []
    streaming = asyncio.create_task(portal.get(STREAM, parts=parts))
    await _until(parts, b'"orderNumber":"1"')
    await _cancelled(db, portal, "2")
    await _until(parts, b'"orderNumber":"2"')
    desk.feed.tide.close()
    reply = await streaming
    assert (reply.status, reply.header("content-type")) == (200, "text/event-stream")
    assert reply.body.startswith(b"retry: 1000\n\n")
    assert _told(reply) == [(b"order.cancelled", b"1"), (b"order.cancelled", b"2")]


async def test_who_comes_back_goes_on_where_it_was(db: Database, portal: Client) -> None:
    await make_orders(db, ["1", "2"])
    await _cancelled(db, portal, "1")
    first = await portal.get(STREAM)
    await _cancelled(db, portal, "2")
    second = await portal.get(STREAM, headers={"last-event-id": _last_id(first)})
    assert _told(second) == [(b"order.cancelled", b"2")]


async def test_a_quiet_stream_says_that_it_lives(db: Database, portal: Client) -> None:
    reply = await portal.get(f"{STREAM}?after=latest")
    assert (_told(reply), reply.body.count(b": nothing new\n\n") >= 2) == ([], True)


@pytest.mark.parametrize(
    ("query", "header", "status"),
    [("?after=x", {}, 400), ("", {"last-event-id": "x"}, 400), ("", {"last-event-id": "2s.7"}, 410)],
)
async def test_a_bad_start_is_refused_before_the_stream(
    db: Database, portal: Client, query: str, header: dict[str, str], status: int
) -> None:
    assert (await portal.get(STREAM + query, headers=header)).status == status


async def test_a_stream_ends_with_its_key(
    db: Database, http: Client, key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "STREAM_SECONDS", 60.0)
    monkeypatch.setattr(events, "QUIET_SECONDS", 60.0)
    reader = http.using(await key("events:read", name="reader"))
    streaming = asyncio.create_task(reader.get(f"{STREAM}?after=latest"))
    await asyncio.sleep(0.1)
    await db.write(lambda tx: keys.revoke(tx, provided="reader", actor=COMMAND_LINE, now=NOW))
    await sealed(db)
    assert (await asyncio.wait_for(streaming, 20)).body.count(b": nothing new\n\n") <= 2
