"""A receiver on the loopback that does what it is told: answer, hang, redirect, talk for ever."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 204 No Content\r\n\r\n"
FAILS = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 4\r\n\r\noops"
BYE = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"
OK_AND_GONE = b"HTTP/1.1 204 No Content\r\nserver: hangs up\r\n\r\n"
"""Keeps the connection by what it says, and closes it."""
GONE = b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"
LATER = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n"
MOVED = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
RUBBISH = b"hello\r\n\r\n"
NOTHING = b""
"""Closes without a word."""
HANGS = b"hang"
TALKS = b"talk"


@dataclass
class Got:
    """One message that came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers` says what the n-th message gets; the last one is for all that follow."""

    port: int = 0
    scheme: str = "http"
    answers: list[bytes] = field(default_factory=lambda: [OK])
    got: list[Got] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hooks"

    def answer(self) -> bytes:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@asynccontextmanager
async def receiving(*answers: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver(answers=list(answers) or [OK], scheme="https" if tls else "http")
    ended = asyncio.Event()
    handling: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
    server = await asyncio.start_server(_handler(receiver, ended, handling), "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        ended.set()
        server.close()
        for writer in handling.values():
            writer.close()
        await asyncio.gather(*handling)
        await server.wait_closed()


def _handler(
    receiver: Receiver, ended: asyncio.Event, handling: dict[asyncio.Task[None], asyncio.StreamWriter]
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handling[task] = writer
        receiver.connections += 1
        try:
            while head := await _head(reader):
                path, headers = head
                body = await reader.readexactly(int(headers["content-length"]))
                receiver.got.append(Got(path, headers, body))
                receiver.came.set()
                await _answer(receiver.answer(), writer, ended)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            return
        finally:
            handling.pop(task, None)
            writer.close()

    return handle


async def _answer(answer: bytes, writer: asyncio.StreamWriter, ended: asyncio.Event) -> None:
    if answer == HANGS:
        await ended.wait()
        raise ConnectionError
    if answer == TALKS:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n")
        while not ended.is_set():
            writer.write(b"x" * 65_536)
            await writer.drain()
    writer.write(answer)
    await writer.drain()
    if answer in {NOTHING, RUBBISH, BYE, OK_AND_GONE}:
        raise ConnectionError


async def _head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]] | None:
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = raw.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    return first.split(" ")[1], headers
