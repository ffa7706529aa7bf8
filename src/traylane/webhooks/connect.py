"""Connections that go to the very address that was judged.

A name is resolved once for each connection: one that changes its mind in between changes nothing.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpcore

from traylane.webhooks.target import addresses

MOST_AT_ONCE = 64
IDLE_SECONDS = 30.0


class Connections:
    """Connections to receivers, kept for the next message for IDLE_SECONDS, at most MOST_AT_ONCE in use.

    httpcore's own pool looks at every connection it has, several times for each message: that took most of its time.
    """

    def __init__(self, allowed: Callable[[], Collection[str]], trusted: ssl.SSLContext) -> None:
        self._trusted = trusted
        self._backend = CheckedBackend(allowed)
        self._limit = asyncio.Semaphore(MOST_AT_ONCE)
        self._idle: dict[str, list[httpcore.AsyncHTTPConnection]] = {}
        self._swept = time.monotonic()

    async def warm_up(self) -> None:
        """Load what the first connection would load."""
        await self._backend.sleep(0)
        "localhost".encode("idna")

    @asynccontextmanager
    async def one(self, url: str) -> AsyncIterator[httpcore.AsyncHTTPConnection]:
        """A connection for one message to `url`; it is kept if that went well to its end."""
        origin = httpcore.URL(url).origin
        async with self._limit:
            await self._sweep()
            connection = await self._kept_or_new(origin)
            try:
                yield connection
            finally:
                if connection.is_idle() and not connection.has_expired():
                    self._idle.setdefault(str(origin), []).append(connection)
                else:
                    await connection.aclose()

    async def close(self) -> None:
        """Close those that are kept."""
        for origin in list(self._idle):
            for connection in self._idle.pop(origin):
                await connection.aclose()

    async def _kept_or_new(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        kept = self._idle.get(str(origin), [])
        while kept:
            connection = kept.pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore.AsyncHTTPConnection(
            origin, ssl_context=self._trusted, keepalive_expiry=IDLE_SECONDS, network_backend=self._backend
        )

    async def _sweep(self) -> None:
        """Close what nobody needs any more, every IDLE_SECONDS."""
        if time.monotonic() - self._swept < IDLE_SECONDS:
            return
        self._swept = time.monotonic()
        kept, self._idle = self._idle, {}
        for origin, connections in kept.items():
            for connection in connections:
                if connection.has_expired():
                    await connection.aclose()
                else:
                    self._idle.setdefault(origin, []).append(connection)


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only. `allowed` gives the hosts that may be private, as they are now."""

    def __init__(self, allowed: Callable[[], Collection[str]]) -> None:
        self._allowed = allowed
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers. Raises TargetRefused, httpcore's errors."""
        failure: Exception = httpcore.ConnectError("no address")
        for address in await addresses(host, port, self._allowed()):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)
