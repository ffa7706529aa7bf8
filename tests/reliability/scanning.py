"""Clients that scan over HTTP, keep their connections and never try again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests import standstill
from tests.reliability import raw

CLIENTS = 8
PAUSE = 0.005


class Clients:
    """They scan, each the same order again and again. `failed`: what they got instead of 200; `slowest`: in seconds.

    `watch`: knows the service's processes.
    """

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._key = key
        self.scanned = 0
        self.failed: list[str] = []
        self.slowest = 0.0
        self.watch = standstill.Watch()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        going_on = asyncio.Event()
        going_on.set()
        clients = [asyncio.create_task(self._one(str(number), going_on)) for number in range(CLIENTS)]
        try:
            await asyncio.sleep(0.3)
            yield
            await asyncio.sleep(0.3)
        finally:
            going_on.clear()
            await asyncio.gather(*clients)

    async def _one(self, order: str, going_on: asyncio.Event) -> None:
        link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while going_on.is_set():
            began = self.watch.now()
            try:
                link = link or await asyncio.open_connection("127.0.0.1", self._port)
                link[1].write(raw.scan(order, self._key, "RCV"))
                head, _body = await raw.answer(link[0])
            except (OSError, EOFError) as error:
                self.failed.append(type(error).__name__)
                _close(link)
                link = None
                continue
            self.slowest = max(self.slowest, self.watch.since(began))
            if head.startswith(b"HTTP/1.1 200 "):
                self.scanned += 1
            else:
                self.failed.append(head.decode())
            if b"connection: close" in head.lower():
                _close(link)
                link = None
            await asyncio.sleep(PAUSE)
        _close(link)


def _close(link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None) -> None:
    if link is not None:
        link[1].close()
