"""Connections to receivers: kept while they are good, never used when they are not, closed when nobody needs them."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from tests.builders import NOW
from tests.webhooks.receiver import BYE, FAILS, OK, OK_AND_GONE, TALKS, Receiver, receiving
from traylane.webhooks import connect
from traylane.webhooks.send import Sender

ALLOWED = frozenset({"127.0.0.1"})


def a_sender() -> Sender:
    return Sender(lambda: NOW, lambda: ALLOWED)


async def send(sender: Sender, receiver: Receiver, times: int = 1) -> list[int]:
    return [(await sender.send(receiver.url, {"webhook-id": "msg_1"}, b"{}")).status for _ in range(times)]


@pytest.mark.parametrize(("answer", "status", "connections"), [(OK, 204, 1), (FAILS, 500, 1), (BYE, 204, 5)])
async def test_a_connection_is_kept_as_long_as_the_receiver_keeps_it(
    answer: bytes, status: int, connections: int
) -> None:
    sender = a_sender()
    async with receiving(answer) as receiver:
        assert await send(sender, receiver, times=5) == [status] * 5
        assert receiver.connections == connections
    await sender.close()


async def test_a_kept_connection_that_the_receiver_has_closed_is_not_used() -> None:
    sender = a_sender()
    async with receiving(OK_AND_GONE, OK) as receiver:
        await send(sender, receiver)
        await asyncio.sleep(0.05)
        assert await send(sender, receiver) == [204]
        assert receiver.connections == 2
    await sender.close()


async def test_an_answer_that_was_not_read_to_its_end_is_not_taken_for_the_next_one() -> None:
    sender = a_sender()
    async with receiving(TALKS, OK) as receiver:
        assert await send(sender, receiver, times=2) == [200, 204]
        assert receiver.connections == 2
    await sender.close()


async def test_messages_at_once_have_a_connection_each_and_the_next_ones_use_them() -> None:
    sender = a_sender()
    async with receiving(OK) as receiver:
        await asyncio.gather(*(send(sender, receiver) for _ in range(8)))
        await asyncio.gather(*(send(sender, receiver) for _ in range(8)))
        assert receiver.connections <= 8
        assert len(receiver.got) == 16
    await sender.close()


async def test_no_more_are_open_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "MOST_AT_ONCE", 3)
    sender = a_sender()
    async with receiving(OK) as receiver:
        await asyncio.gather(*(send(sender, receiver) for _ in range(20)))
        assert receiver.connections <= 3
        assert len(receiver.got) == 20
    await sender.close()


async def test_connections_that_nobody_needs_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "IDLE_SECONDS", 0.05)
    connections = connect.Connections(lambda: ALLOWED, ssl.create_default_context())
    async with receiving(OK) as one, receiving(OK) as other:
        for receiver in (one, other):
            async with connections.one(receiver.url) as connection:
                await connection.request("POST", receiver.url, content=b"{}")
        kept = connection
        await asyncio.sleep(0.1)
        async with connections.one(one.url):
            assert kept.is_closed()
        await connections.close()
