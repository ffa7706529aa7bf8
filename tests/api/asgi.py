"""Calls an ASGI application in this process: any raw path, query, headers and body, no socket, nothing tidied up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import msgspec

Application = Callable[[Any, Any, Any], Awaitable[None]]
Headers = Mapping[str, str] | Sequence[tuple[str | bytes, str | bytes]]
HANG_UP = object()
"""As the last piece of a body: the client goes away instead of sending the rest."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `headers` are as they were sent: lower-case names, in order, repeated ones repeated."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return msgspec.json.decode(self.body)

    def header(self, name: str) -> str | None:
        """A header that comes at most once."""
        found = [value for key, value in self.headers if key == name.lower().encode()]
        assert len(found) <= 1, f"{name} came {len(found)} times"
        return found[0].decode("latin-1") if found else None


async def call(
    application: Application,
    method: str,
    target: str | bytes,
    *,
    headers: Headers = (),
    body: bytes | Sequence[bytes | object] = b"",
    client: tuple[str, int] | None = ("203.0.113.9", 50_000),
    parts: list[bytes] | None = None,
) -> Reply | None:
    """Send one request; None when the application did not answer.

    `target`: raw path and query, as on the request line. `body`: the whole, or its pieces as they arrive; a last
    piece HANG_UP is a client that goes away. `parts` gets the answer's body piece by piece.
    """
    scope = _scope(method, target, headers, client)
    if body and not {name for name, _ in scope["headers"]} & {b"content-length", b"transfer-encoding"}:
        scope["headers"].append((b"transfer-encoding", b"chunked"))  # or HTTP would say that there is no body
    messages = _messages([body] if isinstance(body, bytes) else body)
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        if messages:
            return messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)
        if parts is not None:
            parts.append(message.get("body", b""))

    await application(scope, receive, send)
    return _reply(sent)


class Client:
    """A client of one application. `key` is sent as a bearer token unless a request names its own."""

    def __init__(self, application: Application, key: str | None = None) -> None:
        self._application = application
        self._key = key

    def using(self, key: str) -> Client:
        """The same service, another key."""
        return Client(self._application, key)

    async def send(
        self,
        method: str,
        target: str | bytes,
        *,
        key: str | None = None,
        headers: Headers = (),
        body: bytes | Sequence[bytes | object] = b"",
        json: Any = None,
        client: tuple[str, int] | None = ("203.0.113.9", 50_000),
        parts: list[bytes] | None = None,
    ) -> Reply:
        """Send one request and get the answer. `json` is sent as a JSON body."""
        pairs = list(_pairs(headers))
        secret = key or self._key
        if secret is not None:
            pairs.append(("authorization", f"Bearer {secret}"))
        if json is not None:
            body = msgspec.json.encode(json)
            pairs.append(("content-type", "application/json"))
        if isinstance(body, bytes) and body:
            pairs.append(("content-length", str(len(body))))
        reply = await call(self._application, method, target, headers=pairs, body=body, client=client, parts=parts)
        assert reply is not None, "the service did not answer"
        return reply

    async def get(self, target: str | bytes, **how: Any) -> Reply:
        """GET."""
        return await self.send("GET", target, **how)

    async def delete(self, target: str | bytes, **how: Any) -> Reply:
        """DELETE."""
        return await self.send("DELETE", target, **how)

    async def post(self, target: str | bytes, **how: Any) -> Reply:
        """POST."""
        return await self.send("POST", target, **how)

    async def put(self, target: str | bytes, **how: Any) -> Reply:
        """PUT."""
        return await self.send("PUT", target, **how)

    async def patch(self, target: str | bytes, **how: Any) -> Reply:
        """PATCH."""
        return await self.send("PATCH", target, **how)


def _scope(method: str, target: str | bytes, headers: Headers, client: tuple[str, int] | None) -> dict[str, Any]:
    raw = target.encode() if isinstance(target, str) else target
    path, _, query = raw.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(_bytes(name).lower(), _bytes(value)) for name, value in _pairs(headers)],
        "client": client,
        "server": ("127.0.0.1", 4567),
        "state": {},
    }


def _messages(pieces: Sequence[bytes | object]) -> list[dict[str, Any]]:
    hangs_up = bool(pieces) and pieces[-1] is HANG_UP
    parts = [piece for piece in pieces if isinstance(piece, bytes)] or [b""]
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if hangs_up:
        return [*messages, {"type": "http.disconnect"}]
    messages[-1]["more_body"] = False
    return messages


def _reply(sent: Sequence[Mapping[str, Any]]) -> Reply | None:
    if not sent:
        return None
    assert [m["type"] for m in sent[:1]] == ["http.response.start"]
    assert all(m["type"] == "http.response.body" for m in sent[1:])
    assert len(sent) > 1, "the answer has no body message"
    assert not sent[-1].get("more_body", False), "the answer does not end"
    body = b"".join(m.get("body", b"") for m in sent[1:])
    return Reply(sent[0]["status"], tuple((bytes(k), bytes(v)) for k, v in sent[0]["headers"]), body)


def _pairs(headers: Headers) -> Sequence[tuple[str | bytes, str | bytes]]:
    return list(headers.items()) if isinstance(headers, Mapping) else headers


def _bytes(text: str | bytes) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else text
