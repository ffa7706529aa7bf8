"""A receiver of webhooks for the measurement: answers 204 and notes when each order's message came."""

from __future__ import annotations

import asyncio
import threading
import time

from bench.processes import LOOPBACK

_OK = b"HTTP/1.1 204 No Content\r\n\r\n"
_LENGTH = b"content-length: "
_ORDER = b'"orderNumber":"'


class Receiver(threading.Thread):
    """Listens from `start` until `stop`. `came`: order number → when, by `time.monotonic`."""

    def __init__(self) -> None:
        super().__init__(name="receiver", daemon=True)
        self.came: dict[str, float] = {}
        self.port = 0
        self._listens = threading.Event()
        self._loop = asyncio.new_event_loop()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/hooks"

    def start(self) -> None:
        super().start()
        self._listens.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.join()

    def run(self) -> None:
        server = self._loop.run_until_complete(self._loop.create_server(lambda: _Link(self.came), LOOPBACK, 0))
        self.port = server.sockets[0].getsockname()[1]
        self._listens.set()
        self._loop.run_forever()
        server.close()
        self._loop.close()


class _Link(asyncio.Protocol):
    def __init__(self, came: dict[str, float]) -> None:
        self._came = came
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            at = self._data.lower().find(_LENGTH, 0, end) + len(_LENGTH)
            whole = end + 4 + int(self._data[at : self._data.find(b"\r\n", at)])
            if len(self._data) < whole:
                return
            body, self._data = self._data[end + 4 : whole], self._data[whole:]
            self._came.setdefault(body.partition(_ORDER)[2].partition(b'"')[0].decode(), now)
            self._transport.write(_OK)
