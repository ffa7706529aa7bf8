"""Requests and answers as ASGI carries them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import aclosing, suppress
from typing import Any

import msgspec

from traylane.errors import Refused

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

LARGEST_BODY = 64 * 1024
BODY_SECONDS = 10.0
SEND_SECONDS = 30.0
"""So long a part of a streamed answer may take to leave; then the client is taken for gone."""

WHOLE = "traylane.whole"
"""The extension of a server that takes a whole answer (status, headers, body) and says whether it could send it."""
STOPPING = "traylane.stopping"
"""In the server's state once the service is stopping: every answer then ends its connection."""

JSON: Header = (b"content-type", b"application/json")
PROBLEM: Header = (b"content-type", b"application/problem+json")
CLOSE: Header = (b"connection", b"close")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

encode = msgspec.json.Encoder().encode


class BodyTooLarge(Refused):
    """The body is longer than the service reads. `limit`: in bytes, when it is not the usual one."""

    code = "body_too_large"
    sentence = "Body too large"

    def details(self) -> list[str]:
        return [f"Limit: {self.data.get('limit', LARGEST_BODY)} bytes"]


class BodyTooSlow(Refused):
    """The body did not arrive in time."""

    code = "body_too_slow"
    sentence = "Request timed out"

    def details(self) -> list[str]:
        return [f"Limit: {BODY_SECONDS:.0f} seconds"]


class HungUp(Exception):
    """The client went away before it had sent its request."""


class Answer(msgspec.Struct):
    """A whole answer. `order`: the order number it is about, for the log."""

    status: int
    body: bytes
    headers: list[Header]
    order: str = ""

    def packed(self) -> bytes:
        """The answer as it is stored for its Idempotency-Key."""
        return msgspec.msgpack.encode(self)

    @staticmethod
    def unpacked(stored: bytes) -> Answer:
        """A stored answer."""
        return msgspec.msgpack.decode(stored, type=Answer)


class Streamed(Answer, kw_only=True):
    """An answer whose body comes in parts, each made when the one before it is on its way."""

    parts: AsyncGenerator[bytes]


def json_answer(status: int, content: object, *headers: Header, order: str = "") -> Answer:
    """An answer with a JSON body."""
    return Answer(status, encode(content), [JSON, *headers], order)


def without_secret(answer: Answer) -> Answer:
    """What is kept of an answer with a secret, for its Idempotency-Key: nobody can show the secret again."""
    content = msgspec.json.decode(answer.body)
    return json_answer(answer.status, {**content, "secret": None}, *answer.headers[1:])


def counted_method(scope: Scope) -> str:
    """The method as it is counted; a word of the caller's own is `_OTHER`: nobody may fill the memory with labels."""
    return scope["method"] if scope["method"] in _METHODS else "_OTHER"


async def read_body(receive: Receive, headers: Mapping[bytes, list[bytes]], *, largest: int = LARGEST_BODY) -> bytes:
    """The request's body, at most `largest` bytes. Raises BodyTooLarge, BodyTooSlow, HungUp."""
    if b"content-length" not in headers and b"transfer-encoding" not in headers:
        return b""  # the request is whole: it counts even if the client has hung up since
    announced = headers.get(b"content-length", [None])[0]
    if announced is not None and announced.isdigit() and int(announced[:20]) > largest:
        raise BodyTooLarge(limit=largest)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read_all(receive, largest)
    except TimeoutError:
        raise BodyTooSlow from None


async def _read_all(receive: Receive, largest: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUp
        part = message.get("body", b"")
        size += len(part)
        if size > largest:
            raise BodyTooLarge(limit=largest)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def send_answer(scope: Scope, send: Send, answer: Answer, extra: list[Header]) -> None:
    """Send an answer; a HEAD's has the length of the body and not the body."""
    length = [] if answer.status == 204 else [(b"content-length", b"%d" % len(answer.body))]
    headers = [*answer.headers, *length, *extra]
    body = answer.body if scope["method"] != "HEAD" else b""
    whole = scope.get("extensions", {}).get(WHOLE)
    if whole is None or not whole(answer.status, headers, body):
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def send_stream(send: Send, receive: Receive, answer: Streamed, extra: list[Header], *, with_body: bool) -> None:
    """Send an answer part by part; ends early when the client goes away, and then makes no further part.

    An answer that ends early is left without its end, so that nobody takes it for whole. Raises what its parts raise.
    """
    await send({"type": "http.response.start", "status": answer.status, "headers": [*answer.headers, *extra]})
    gone = asyncio.create_task(_hang_up(receive))
    try:
        async with aclosing(answer.parts) as parts:
            async for part in parts:
                if not with_body:
                    break
                if gone.done():
                    return
                async with asyncio.timeout(SEND_SECONDS):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except TimeoutError:
        return
    finally:
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
