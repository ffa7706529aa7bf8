"""The clients over HTTP.

They use httpx's transports directly: no redirects, no cookies, no proxies from the environment, and no log of
addresses, which hold purchase order numbers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TypeVar

import httpx

from traylane.client.ask import Ask
from traylane.client.async_methods import AsyncMethods
from traylane.client.exchange import Exchange, Patience
from traylane.client.methods import Methods

T = TypeVar("T")

TIMEOUT = 10.0
"""Seconds that connecting, sending and each piece of the answer may take."""
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class _Address:
    def __init__(self, url: str, timeout: float) -> None:
        parsed = httpx.URL(url)
        if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.query or parsed.fragment:
            raise ValueError("the address of a service looks like http://127.0.0.1:4567")
        self._url = parsed
        self._prefix = parsed.raw_path.rstrip(b"/")
        self._timeout: Mapping[str, Any] = httpx.Timeout(timeout).as_dict()

    def request(self, ask: Ask[Any], exchange: Exchange[Any]) -> httpx.Request:
        url = self._url.copy_with(raw_path=self._prefix + ask.target.encode())
        content = exchange.content or None
        extensions = {"timeout": self._timeout}
        return httpx.Request(ask.method, url, headers=exchange.headers, content=content, extensions=extensions)


class Client(Methods):
    """Talks to a Traylane. Close it, or use it in a `with`; threads may share it.

    `url`: where the service is, `key`: the access key. `transport`: another way there (a proxy, a Unix socket, a
    certificate authority of your own). Every method raises the refusals that its operation documents, and
    errors.NotReached, AnswerLost and NotTraylane.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        patience: Patience | None = None,
        timeout: float = TIMEOUT,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._address = _Address(url, timeout)
        self._key = key
        self._patience = patience or Patience()
        self._transport = transport or httpx.HTTPTransport()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _ask(self, ask: Ask[T]) -> T:
        exchange = Exchange(ask, self._key, self._patience, now=time.monotonic())
        while True:
            try:
                reply = self._transport.handle_request(self._address.request(ask, exchange))
                try:
                    body = reply.read()
                finally:
                    reply.close()
            except httpx.TransportError as error:
                sent = not isinstance(error, _NOT_SENT)
                time.sleep(exchange.after_failure(error, sent=sent, now=time.monotonic()))
                continue
            wait = exchange.after_answer(reply.status_code, reply.headers, body, now=time.monotonic())
            if wait is None:
                return exchange.value(body)
            time.sleep(wait)


class AsyncClient(AsyncMethods):
    """The same as Client, for asyncio: `async with AsyncClient(url, key) as desk: await desk.fetch_order(…)`."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        patience: Patience | None = None,
        timeout: float = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._address = _Address(url, timeout)
        self._key = key
        self._patience = patience or Patience()
        self._transport = transport or httpx.AsyncHTTPTransport()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def _ask(self, ask: Ask[T]) -> T:
        exchange = Exchange(ask, self._key, self._patience, now=time.monotonic())
        while True:
            try:
                reply = await self._transport.handle_async_request(self._address.request(ask, exchange))
                try:
                    body = await reply.aread()
                finally:
                    await reply.aclose()
            except httpx.TransportError as error:
                sent = not isinstance(error, _NOT_SENT)
                await asyncio.sleep(exchange.after_failure(error, sent=sent, now=time.monotonic()))
                continue
            wait = exchange.after_answer(reply.status_code, reply.headers, body, now=time.monotonic())
            if wait is None:
                return exchange.value(body)
            await asyncio.sleep(wait)
