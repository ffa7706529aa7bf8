"""A small balancer: each new connection goes to one of the services that are ready, as /readyz told last."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CHECK_SECONDS = 0.05
HEALTH = b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Balancer:
    """Passes bytes on, both ways. `port`: where it listens."""

    def __init__(self) -> None:
        self.port = 0
        self._ready: dict[int, bool] = {}

    async def add(self, port: int) -> None:
        """A service more; returns when it is used."""
        while not await _is_ready(port):  # noqa: ASYNC110 (another process is asked)
            await asyncio.sleep(CHECK_SECONDS)
        self._ready[port] = True

    def remove(self, port: int) -> None:
        """A service less."""
        del self._ready[port]

    async def check_forever(self) -> None:
        """Ask each of them again and again."""
        while True:
            for port in list(self._ready):
                ready = await _is_ready(port)
                if port in self._ready:
                    self._ready[port] = ready
            await asyncio.sleep(CHECK_SECONDS)

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        ports = [port for port, ready in self._ready.items() if ready]
        try:
            to_service = await asyncio.open_connection("127.0.0.1", random.choice(ports))
        except (OSError, IndexError):
            writer.close()
            return
        await asyncio.gather(_pipe(reader, to_service[1]), _pipe(to_service[0], writer))


@asynccontextmanager
async def balancing() -> AsyncIterator[Balancer]:
    """A balancer without services."""
    balancer = Balancer()
    server = await asyncio.start_server(balancer.pass_on, "127.0.0.1", 0)
    balancer.port = server.sockets[0].getsockname()[1]
    checking = asyncio.create_task(balancer.check_forever())
    try:
        yield balancer
    finally:
        checking.cancel()
        server.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _is_ready(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEALTH)
        answer = await reader.read()
        writer.close()
    except OSError:
        return False
    return answer.startswith(b"HTTP/1.1 200 ")
