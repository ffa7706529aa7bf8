"""What happens beside the service: other transactions that hold rows, and a network that breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import asyncpg


@asynccontextmanager
async def transaction(url: str, *statements: str) -> AsyncIterator[asyncpg.Connection]:
    """Another session that has run `statements` and has not committed; rolled back at the end."""
    link = await asyncpg.connect(url)
    try:
        await link.execute("BEGIN")
        for statement in statements:
            await link.execute(statement)
        yield link
        await link.execute("ROLLBACK")
    finally:
        await link.close()


async def execute(url: str, *statements: str) -> None:
    """Run `statements` in another session, each committed by itself."""
    link = await asyncpg.connect(url)
    try:
        for statement in statements:
            await link.execute(statement)
    finally:
        await link.close()


async def until_somebody_waits(link: asyncpg.Connection) -> None:
    """Return as soon as a session of this database waits for a lock."""
    async with asyncio.timeout(20):
        while not await link.fetchval(_WAITING):  # noqa: ASYNC110 (only the server knows)
            await asyncio.sleep(0.005)


async def end_whoever_waits(link: asyncpg.Connection) -> None:
    """End the sessions of this database that wait for a lock; other tests of the run have databases of their own."""
    await link.execute(f"SELECT pg_terminate_backend(pid) {_WAITERS}")


_WAITERS = """
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'"""
_WAITING = f"SELECT count(*) {_WAITERS}"


class Proxy:
    """A network between the service and its server.

    When a message to the server holds the bytes `cut_after`, it is delivered; but what the server answers never
    arrives, and the connection breaks. `cuts` says how often; when they are used up everything arrives again, unless
    the proxy `then_closes` for good.
    """

    def __init__(self, url: str, *, cut_after: bytes, cuts: int = 1, then_closes: bool = False) -> None:
        self._target = urlsplit(url)
        self._cut_after = cut_after
        self._then_closes = then_closes
        self._links: set[asyncio.Task[None]] = set()
        self.cuts = cuts

    @property
    def url(self) -> str:
        """The database through the proxy."""
        account = self._target.netloc.rpartition("@")[0]
        return self._target._replace(netloc=f"{account}@127.0.0.1:{self._port}").geturl()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.create_task(self._carry(reader, writer))
        self._links.add(link)
        link.add_done_callback(self._links.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._target.hostname is not None
        far_reader, far_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        back = asyncio.create_task(_copy(far_reader, writer))
        try:
            while data := await reader.read(65536):
                if self._cut_after in data and self.cuts > 0:
                    self.cuts -= 1
                    back.cancel()
                    await asyncio.gather(back, return_exceptions=True)
                    far_writer.write(data)
                    await far_reader.read(65536)
                    if self._then_closes and self.cuts == 0:
                        self._server.close()
                    return
                far_writer.write(data)
        except OSError:
            return
        finally:
            back.cancel()
            for each in (writer, far_writer):
                each.close()
                with suppress(OSError):
                    await each.wait_closed()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()
