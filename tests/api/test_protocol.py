"""What a connection gets beside ASGI: answers in one packet."""

from __future__ import annotations

import asyncio
from typing import cast

from traylane.api.protocol import OneWrite


class Wire:
    """A transport that keeps what is sent, packet by packet."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.closed = True


def one_write(wire: Wire) -> OneWrite:
    return OneWrite(cast(asyncio.Transport, wire), asyncio.get_running_loop())


async def test_head_and_body_leave_together() -> None:
    wire = Wire()
    transport = one_write(wire)
    transport.write(b"HTTP/1.1 200 OK\r\n\r\n")
    transport.write(b"{}")
    await asyncio.sleep(0)

    assert wire.sent == [b"HTTP/1.1 200 OK\r\n\r\n{}"]


async def test_a_head_without_a_body_leaves_in_the_next_turn() -> None:
    wire = Wire()
    one_write(wire).write(b"HTTP/1.1 204 No Content\r\n\r\n")
    await asyncio.sleep(0)

    assert wire.sent == [b"HTTP/1.1 204 No Content\r\n\r\n"]


async def test_what_is_kept_leaves_before_the_connection_closes() -> None:
    wire = Wire()
    transport = one_write(wire)
    transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    transport.close()

    assert (wire.sent, wire.closed) == ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], True)
