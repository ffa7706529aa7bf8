"""The ASGI application: route, authenticate, parse, handle, answer, log."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from traylane.access.actor import Actor
from traylane.access.keys import Key
from traylane.access.rate import RateLimiter
from traylane.api.auth import Headers, authenticate
from traylane.api.bodies import NoBody, parse_body
from traylane.api.call import Call, refused_call
from traylane.api.errors import Internal, MethodNotAllowed, headers_of, rate_headers
from traylane.api.http import (
    Answer,
    Header,
    HungUp,
    Receive,
    Scope,
    Send,
    Streamed,
    counted_method,
    read_body,
    send_answer,
    send_stream,
)
from traylane.api.parameters import parse_query
from traylane.api.router import Router
from traylane.api.routes import Route
from traylane.errors import BadArguments, Refused, Unavailable
from traylane.log import log, note, where
from traylane.metrics import catalogue
from traylane.orders.desk import Desk
from traylane.tracing import Tracing, finish, trace_id

if TYPE_CHECKING:
    from opentelemetry.trace import Span

MOST_UNDER_WAY = 4_000
_ALWAYS: list[Header] = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
_CONDITIONS = (b"if-none-match", b"if-unmodified-since", b"if-modified-since", b"content-encoding")
"""Headers that nobody may believe were heeded when something is changed."""
_TEXT = [str(status) for status in range(600)]
Page = Callable[[], Awaitable[Answer]]


class Service:
    """Answers HTTP requests for one desk. `pages` are the paths that need no key (`/livez`, `/docs`, …)."""

    def __init__(
        self, desk: Desk, router: Router, pages: Mapping[str, Page], *, tracing: Tracing | None = None
    ) -> None:
        self._desk = desk
        self._router = router
        self._pages = pages
        self._tracing = tracing
        self._limiter = RateLimiter()
        self._under_way = 0
        desk.metrics.gauges[catalogue.ACTIVE.name] = lambda: {(): self._under_way}
        # References are unique, not secret: asking the kernel for each would cost more than the rest of its line.
        self._prefix = secrets.token_hex(4)
        self._counter = itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request. Every path out of here that is an error has the standard body."""
        if self._tracing is None:
            await self._serve(scope, receive, send, _Trace())
            return
        with self._tracing.request(scope["headers"]) as span:
            await self._serve(scope, receive, send, _Trace(span))

    async def _serve(self, scope: Scope, receive: Receive, send: Send, trace: _Trace) -> None:
        reference = f"{self._prefix}{next(self._counter) & 0xFFFFFFFF:08x}"
        started = time.perf_counter()
        headers = _headers(scope)
        self._under_way += 1
        try:
            answer = await self._answer(scope, headers, receive, trace)
        except HungUp:
            return
        except Refused as refusal:
            answer = refused_call(refusal, headers)
        except Exception as error:  # the last fence: a fault of ours is a 500 with a reference, never a trace
            log("fault", level="error", reference=reference, route=trace.route, where=where(error))
            answer = refused_call(Internal(reference=reference), headers)
        finally:
            self._under_way -= 1
        extra = [*_ALWAYS, *trace.headers, (b"x-request-id", reference.encode())]
        with_body = scope["method"] != "HEAD"
        if isinstance(answer, Streamed):
            try:
                await send_stream(send, receive, answer, extra, with_body=with_body)
            except Exception as error:  # the head is sent: what is left is a connection that ends too early, and a line
                log("broken_off", level="error", reference=reference, route=trace.route, where=where(error))
        else:
            await send_answer(scope, send, answer, extra)
        self._tell(scope, trace, answer, reference, time.perf_counter() - started)

    def _tell(self, scope: Scope, trace: _Trace, answer: Answer, reference: str, seconds: float) -> None:
        """Count it, trace it, write it down: the template of its route, never its path."""
        method = counted_method(scope)
        scheme = scope.get("scheme", "http")
        self._desk.metrics.requests.observe(seconds, (method, trace.route, _TEXT[answer.status], scheme))
        traced = {}
        if trace.span is not None:
            finish(trace.span, method=method, route=trace.route, status=answer.status, reference=reference)
            traced = {"trace": trace_id(trace.span)}
        note(
            "request",
            id=reference,
            method=scope["method"],
            route=trace.route,
            status=answer.status,
            ms=round(seconds * 1000, 2),
            actor=trace.actor,
            order=answer.order,
            **traced,
        )

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive, trace: _Trace) -> Answer:
        if self._under_way > MOST_UNDER_WAY:
            raise Unavailable("Too many requests are under way; nothing was done; try again")
        method: str = scope["method"]
        raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        page = self._pages.get(scope["path"])
        if page is not None:
            trace.route = scope["path"]
            return await _page(page, method)
        try:
            route, path = self._router.find(method, raw_path)
        except MethodNotAllowed as refusal:
            if method == "OPTIONS":
                return Answer(204, b"", headers_of(refusal))
            raise
        trace.route = route.path
        return await self._handle(route, path, scope, headers, receive, trace)

    async def _handle(
        self, route: Route, path: tuple[str, ...], scope: Scope, headers: Headers, receive: Receive, trace: _Trace
    ) -> Answer:
        now = self._desk.clock()
        client = scope.get("client")
        actor, key = await authenticate(self._desk, headers, client[0] if client else None, now)
        trace.actor = actor.name
        self._spend(key, trace)
        raw_query: bytes = scope["query_string"]
        _require(actor, route, raw_query)
        raw_body = b"" if route.is_safe else await read_body(receive, headers, largest=route.largest_body)
        query, body = parsed(route, raw_query, raw_body, headers)
        call = Call(
            desk=self._desk,
            actor=actor,
            now=now,
            method=route.method,
            route=route.path,
            path=path,
            query=query,
            body=body,
            headers=headers,
        )
        return await route.handler(call)

    def _spend(self, key: Key, trace: _Trace) -> None:
        left = self._limiter.spend(key, self._desk.clock())
        if left:
            trace.headers = rate_headers(left["rate"], left["remaining"], 0)


class _Trace:
    """What the log and the answer's headers learn on the way."""

    __slots__ = ("actor", "headers", "route", "span")

    def __init__(self, span: Span | None = None) -> None:
        self.span = span
        self.route = ""
        self.actor = ""
        self.headers: list[Header] = []


def _headers(scope: Scope) -> Headers:
    headers: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name, []).append(value)
    return headers


def _require(actor: Actor, route: Route, raw_query: bytes) -> None:
    if route.dry_run_scope is not None and b"dryRun=true" in raw_query.split(b"&"):
        actor.require(route.dry_run_scope, route.scope)
    else:
        actor.require(route.scope)


def parsed(route: Route, raw_query: bytes, raw_body: bytes, headers: Headers) -> tuple[Mapping[str, str], Any]:
    """The query and the body. Raises BadArguments with everything that is wrong with either."""
    query: Mapping[str, str] = {}
    body = None
    problems = [] if route.is_safe else [f"{name.decode()} is not supported" for name in _CONDITIONS if name in headers]
    try:
        query = parse_query(raw_query, route.query, strict=not route.is_safe)
    except BadArguments as refusal:
        problems += refusal.details()
    try:
        content_type = b", ".join(headers.get(b"content-type", ())).decode("latin-1")
        if route.read is not None:
            body = route.read(raw_body, content_type)
        elif raw_body:
            body = parse_body(raw_body, content_type, route.body or NoBody, route.forms)
    except BadArguments as refusal:
        problems += refusal.details()
    if problems:
        raise BadArguments(*problems)
    return query, body


async def _page(page: Page, method: str) -> Answer:
    if method in {"GET", "HEAD"}:
        return await page()
    allow = "GET, HEAD, OPTIONS"
    if method == "OPTIONS":
        return Answer(204, b"", [(b"allow", allow.encode())])
    raise MethodNotAllowed(allow=allow)
