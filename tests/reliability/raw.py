"""HTTP/1.1 as bytes: requests that go out in one write, and answers read from a stream that stays open."""

from __future__ import annotations

import asyncio


def request(line: str, key: str, body: str = "", *, idempotency_key: str = "") -> bytes:
    """A whole request. `line`: method and target."""
    keyed = f"Idempotency-Key: {idempotency_key}\r\n" if idempotency_key else ""
    head = f"{line} HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n{keyed}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def scan(number: str, key: str, station: str) -> bytes:
    """A check-in."""
    return request(f"POST /api/v2/job_track/stations/{station}", key, f'{{"orderIdentifier":"{number}"}}')


def length(head: bytes) -> int:
    """How long the body is that follows a head."""
    return int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body of the next answer; chunks as they come. Raises OSError and EOFError when the connection breaks."""
    head = await reader.readuntil(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head:
        return head, await reader.readuntil(b"\r\n0\r\n\r\n")
    return head, await reader.readexactly(length(head))
