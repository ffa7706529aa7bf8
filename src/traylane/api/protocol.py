"""uvicorn's HTTP/1.1 protocol, with bounds on a request's head and our own body for what is not HTTP."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from functools import partial
from typing import cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from traylane.api.door import Door
from traylane.api.http import CLOSE, STOPPING, WHOLE, Header, encode
from traylane.errors import BadArguments

LARGEST_HEAD = 64 * 1024
HEAD_SECONDS = 10.0
DOOR = "traylane.door"
"""In the server's state: the door of this process."""
REFUSED = (429, 503)
NEWCOMER_SECONDS = 0.5
"""So long a stop waits for the first request of a connection."""


def send_whole(cycle: RequestResponseCycle, status: int, headers: Sequence[Header], body: bytes) -> bool:
    """Send a whole answer with one system call; False when the client has to catch up first.

    ASGI sends a head and then a body, and checks every header anew; ours are made here.
    """
    if cycle.flow.write_paused:
        return False
    if cycle.disconnected:
        return True
    if CLOSE in headers:
        cycle.keep_alive = False
    elif not cycle.keep_alive:
        headers = [*headers, CLOSE]
    lines = [STATUS_LINE[status], *[b"%b: %b\r\n" % header for header in (*cycle.default_headers, *headers)]]
    head = b"".join(lines)
    if head.count(b"\n") != len(lines):
        raise ValueError("a header with a line break")
    cycle.response_started = cycle.response_complete = True
    cycle.transport.write(b"".join((head, b"\r\n", body)))
    cycle.message_event.set()
    # The cycle holds its scope, and the scope held the cycle: whatever came with the request would be left to the
    # garbage collector, for a sixth of the processor time.
    cast(dict[str, object], cycle.scope)["extensions"] = {}
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


def _later(header: Header, wait: float) -> Header:
    name, value = header
    return (name, b"%d" % max(int(value), math.ceil(wait))) if name == b"retry-after" else header


class Protocol(HttpToolsProtocol):
    """Closes a connection whose request line and headers are too large, or do not arrive in time.

    Of very many connections that are refused, each is read again when `Door` says so: answering those who ask again at
    once would leave no time for anybody else.
    """

    _in_head = True
    _head_size = 0
    _head_timer: asyncio.TimerHandle | None = None
    _listen_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._close_silently)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        if self._listen_timer is not None:
            self._listen_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._in_head:
            self._stop_timer()
            return
        self._head_size += len(data)
        if self._head_size > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response(f"the request's head is larger than {LARGEST_HEAD} bytes")
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._close_silently)

    def on_message_begin(self) -> None:
        self._in_head = True
        self._head_size = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()
        if STOPPING in self.app_state:
            self.cycle.keep_alive = False
        cast(dict[str, object], self.scope)["extensions"] = {WHOLE: partial(self._send_whole, self.cycle)}

    def _send_whole(self, cycle: RequestResponseCycle, status: int, headers: Sequence[Header], body: bytes) -> bool:
        """As `send_whole`; who is refused among very many is told when to come again, and not listened to before."""
        wait = self.app_state.setdefault(DOOR, Door()).wait(self.loop.time()) if status in REFUSED else 0.0
        if wait == 0.0:
            return send_whole(cycle, status, headers, body)
        is_sent = send_whole(cycle, status, [_later(header, wait) for header in headers], body)
        if is_sent and not self.transport.is_closing():
            self.flow.pause_reading()
            self._listen_timer = self.loop.call_later(wait, self._listen)
        return is_sent

    def _listen(self) -> None:
        self._listen_timer = None
        self.flow.resume_reading()

    def shutdown(self) -> None:
        """The server stops. Whoever has just come is still answered; every other idle connection is closed."""
        if self.cycle is None and not self.transport.is_closing():
            self.loop.call_later(NEWCOMER_SECONDS, super().shutdown)
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP request in the shape of every other error, and close."""
        refusal = BadArguments(msg)
        body = encode({"error": refusal.sentence, "details": refusal.details()})
        head = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
        self.transport.write(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        self.transport.close()

    def _close_silently(self) -> None:
        self._head_timer = None
        self.transport.close()

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
