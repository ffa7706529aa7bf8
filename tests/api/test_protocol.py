"""What a connection gets beside ASGI: whole answers in one packet."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from typing import cast

import pytest
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from traylane.api.http import CLOSE, Answer, Header, Receive, Scope, Send, send_answer
from traylane.api.protocol import Protocol

REQUEST = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


class Wire(asyncio.Transport):
    """A transport that keeps what is sent, packet by packet."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Line:
    """One connection to a service that gives `answer` to everything."""

    def __init__(self, answer: Answer, *extra: Header) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send_answer(scope, send, answer, list(extra))

        config = Config(cast("str", app), http=Protocol, log_config=None)
        config.load()
        config.loaded_app = app
        self.wire = Wire()
        self.protocol = Protocol(config=config, server_state=ServerState(), app_state={})
        self.protocol.connection_made(self.wire)

    async def hears(self, data: bytes) -> list[bytes]:
        self.protocol.data_received(data)
        for _ in range(5):
            await asyncio.sleep(0)
        return self.wire.sent

    def hang_up(self) -> None:
        self.protocol.connection_lost(None)


@pytest.fixture
def alive() -> Iterator[Line]:
    line = Line(Answer(200, b"{}", [(b"etag", b'"1"')]))
    yield line
    line.hang_up()


async def test_head_and_body_leave_together(alive: Line) -> None:
    assert await alive.hears(REQUEST) == [b'HTTP/1.1 200 OK\r\netag: "1"\r\ncontent-length: 2\r\n\r\n{}']
    assert not alive.wire.closed


async def test_requests_one_upon_the_other_are_answered_in_turn(alive: Line) -> None:
    assert len(await alive.hears(REQUEST + REQUEST)) == 2


async def test_requests_leave_nothing_for_the_garbage_collector(alive: Line) -> None:
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            await alive.hears(REQUEST)
        left = [one for one in gc.get_objects() if type(one) is RequestResponseCycle]
    finally:
        gc.enable()

    assert left == [alive.protocol.cycle]


async def test_an_answer_to_head_has_no_body(alive: Line) -> None:
    [answer] = await alive.hears(REQUEST.replace(b"GET", b"HEAD"))
    assert answer.endswith(b"content-length: 2\r\n\r\n")


async def test_the_client_may_ask_to_close(alive: Line) -> None:
    [answer] = await alive.hears(REQUEST.replace(b"Host: x", b"Host: x\r\nConnection: close"))
    assert b"\r\nconnection: close\r\n" in answer
    assert alive.wire.closed


async def test_so_may_the_service() -> None:
    line = Line(Answer(413, b"{}", []), CLOSE)
    [answer] = await line.hears(REQUEST)
    line.hang_up()

    assert answer.count(b"connection: close\r\n") == 1
    assert line.wire.closed


async def test_a_client_that_does_not_read_is_waited_for(alive: Line) -> None:
    alive.protocol.pause_writing()
    before = list(await alive.hears(REQUEST))
    alive.protocol.resume_writing()

    assert before == []
    assert b"".join(await alive.hears(b"")).endswith(b"{}")


async def test_a_header_with_a_line_break_is_never_sent() -> None:
    line = Line(Answer(200, b"{}", [(b"etag", b"1\r\nset-cookie: a")]))
    sent = await line.hears(REQUEST)
    line.hang_up()

    assert b"set-cookie" not in b"".join(sent)
