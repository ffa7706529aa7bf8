"""Connections that go to the very address that was judged.

A name is resolved once for each connection: one that changes its mind in between changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import httpcore

from traylane.webhooks.target import addresses


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
