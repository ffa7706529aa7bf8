"""A network between two programs that slows down, breaks, or swallows everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PIECE = 65_536


class Network:
    """Carries connections to a port. `delay`: seconds that each piece takes; `is_hole`: nothing arrives any more."""

    def __init__(self, host: str, target: int) -> None:
        self.port = 0
        self.delay = 0.0
        self.is_hole = False
        self.most_at_once = 0
        self._host = host
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def at_once(self) -> int:
        """Connections that are open."""
        return len(self._open) // 2

    def cut(self) -> None:
        """Every connection breaks."""
        for writer in list(self._open):
            writer.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        try:
            far_reader, far_writer = await asyncio.open_connection(self._host, self._target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, far_writer}
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.gather(self._pipe(reader, far_writer), self._pipe(far_reader, writer))
        finally:
            self._open -= {writer, far_writer}

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(PIECE):
                if self.delay:
                    await asyncio.sleep(self.delay)
                if not self.is_hole:
                    writer.write(data)
                    await writer.drain()
        writer.close()


@asynccontextmanager
async def network(host: str, target: int) -> AsyncIterator[Network]:
    """A network to a port."""
    between = Network(host, target)
    server = await asyncio.start_server(between.carry, "127.0.0.1", 0)
    between.port = server.sockets[0].getsockname()[1]
    try:
        yield between
    finally:
        server.close()
        between.cut()
