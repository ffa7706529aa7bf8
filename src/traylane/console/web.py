"""Requests and answers of the console: forms, cookies, pages. Nothing here knows an order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from traylane.console import words
from traylane.console.words import N_
from traylane.errors import Refused

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

LARGEST_FORM = 32_768
FORM_SECONDS = 10.0
SEND_SECONDS = 30.0
_HERE = Path(__file__).parent
_STATIC = {
    path.name: path.read_bytes()
    for path in sorted((_HERE / "static").iterdir())
    if path.suffix in {".js", ".css", ".svg"}
}
_KINDS = {"js": b"text/javascript; charset=utf-8", "css": b"text/css; charset=utf-8", "svg": b"image/svg+xml"}
_HTML: Header = (b"content-type", b"text/html; charset=utf-8")
EVENT_STREAM: Header = (b"content-type", b"text/event-stream; charset=utf-8")
ALWAYS: tuple[Header, ...] = (
    (
        b"content-security-policy",
        (
            b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)
_pages = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
_pages.policies["ext.i18n.trimmed"] = True
_pages.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
_pages.globals |= {"language": words.language, "languages": words.LANGUAGES}


class BadForm(Refused):
    """A form that is none of ours: too long, not a form, or without the token of this browser."""

    code = "bad_form"
    sentence = N_("This form is out of date: load the page again")


class HungUp(Exception):
    """The browser went away before it had sent its form."""


@dataclass
class Reply:
    """An answer of the console. `parts`: a body that is sent as it is made, for as long as somebody listens."""

    status: int
    body: bytes = b""
    headers: list[Header] = field(default_factory=list)
    parts: AsyncGenerator[bytes] | None = None


@dataclass
class Asked:
    """A request of a browser. `segments`: of the path, each decoded by itself, so that a code may hold a slash.
    `swaps`: a part of the page is asked for, not the whole.
    """

    method: str
    path: str
    scheme: str
    address: str
    headers: Mapping[bytes, bytes]
    query: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)
    segments: tuple[str, ...] = ()

    @property
    def swaps(self) -> bool:
        return b"hx-request" in self.headers

    @property
    def host(self) -> str:
        return self.headers.get(b"host", b"").decode("latin-1")

    def cookie(self, name: str) -> str | None:
        """A cookie's value."""
        for part in self.headers.get(b"cookie", b"").decode("latin-1").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value
        return None


async def asked(scope: Mapping[str, Any], receive: Receive) -> Asked:
    """The request, its form read. Raises BadForm, HungUp."""
    headers = dict(scope["headers"])
    client = scope.get("client")
    request = Asked(
        method=scope["method"],
        path=scope["path"],
        scheme=scope.get("scheme", "http"),
        address=client[0] if client else "",
        headers=headers,
        query=_fields(scope["query_string"]),
        segments=_segments(scope),
    )
    if request.method == "POST":
        if not headers.get(b"content-type", b"").startswith(b"application/x-www-form-urlencoded"):
            raise BadForm
        try:
            async with asyncio.timeout(FORM_SECONDS):
                request.form = _fields(await _body(receive))
        except TimeoutError:
            raise BadForm from None
    return request


async def _body(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUp
        body += message.get("body", b"")
        if len(body) > LARGEST_FORM:
            raise BadForm
        if not message.get("more_body", False):
            return body


def _segments(scope: Mapping[str, Any]) -> tuple[str, ...]:
    raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "replace")
    return tuple(unquote(part) for part in raw.partition(b"?")[0].decode("latin-1")[1:].split("/"))


def _fields(raw: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True, errors="strict", max_num_fields=60))
    except ValueError:  # not UTF-8, or a great many fields
        raise BadForm from None


def page(template: str, status: int = 200, **values: object) -> Reply:
    """A page or a part of one."""
    text = _pages.get_template(template).render(**values)
    return Reply(status, text.encode("utf-8", "replace"), [_HTML, (b"cache-control", b"no-store")])


def go_to(path: str) -> Reply:
    """Look there instead; a request that swaps a part is told so too."""
    return Reply(303, b"", [(b"location", path.encode("latin-1", "replace")), (b"cache-control", b"no-store")])


def static(path: str) -> Reply | None:
    """A file that every page needs."""
    body = _STATIC.get(path)
    if body is None:
        return None
    kind = _KINDS[path.rpartition(".")[2]]
    return Reply(200, body, [(b"content-type", kind), (b"cache-control", b"max-age=300")])


async def send(reply: Reply, to: Send, receive: Receive, *, with_body: bool) -> None:
    """Send an answer; one that is made in parts until the browser goes away."""
    if reply.parts is not None:
        await _send_parts(reply, reply.parts, to, receive, with_body=with_body)
        return
    headers = [*reply.headers, *ALWAYS, (b"content-length", b"%d" % len(reply.body))]
    await to({"type": "http.response.start", "status": reply.status, "headers": headers})
    await to({"type": "http.response.body", "body": reply.body if with_body else b""})


async def _send_parts(
    reply: Reply, parts: AsyncGenerator[bytes], to: Send, receive: Receive, *, with_body: bool
) -> None:
    await to({"type": "http.response.start", "status": reply.status, "headers": [*reply.headers, *ALWAYS]})
    gone = asyncio.create_task(_hang_up(receive))
    try:
        async with aclosing(parts):
            while with_body:
                if not (content := await _next_part(parts, gone)):
                    break
                async with asyncio.timeout(SEND_SECONDS):
                    await to({"type": "http.response.body", "body": content, "more_body": True})
        await to({"type": "http.response.body", "body": b""})
    except TimeoutError:
        return
    finally:
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)


async def _next_part(parts: AsyncGenerator[bytes], gone: asyncio.Task[None]) -> bytes:
    """The next part; nothing when there is none, or nobody who listens."""
    part = asyncio.ensure_future(anext(parts, b""))
    try:
        await asyncio.wait({gone, part}, return_when=asyncio.FIRST_COMPLETED)
        return b"" if gone.done() else part.result()
    finally:
        # Also when the server ends this request: parts that are still being made cannot be closed.
        part.cancel()
        await asyncio.gather(part, return_exceptions=True)


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
