"""Raw ASGI with a constant answer, as long as that of a cancel: what uvicorn and the load generator leave to gain."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from random import Random
from typing import Any

from bench import orders

Message = MutableMapping[str, Any]

BODY = json.dumps({"orderNumber": "1000000", **orders.details(0, Random(1))}, separators=(",", ":")).encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """The ASGI application."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
