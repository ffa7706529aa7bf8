"""Every route × everything that a client can get wrong: the standard body, nothing half done, nothing given away."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
import pytest

from tests import builders
from tests.api import good_requests as good
from tests.api.asgi import Client, Reply
from tests.api.bad_inputs import METHODS, PATHS, Bad, for_route
from tests.api.conftest import MakeKey
from traylane.api.errors import STATUS
from traylane.api.routes import ROUTES, Route
from traylane.db.database import Database, Sql
from traylane.db.schema import metadata

LARGEST_ERROR = 4_096
GIVEN_AWAY = (
    *("traceback", "apsw", "asyncpg", "sqlite", "postgres", "psycopg", "msgspec", "uvicorn", "python", "site-packages"),
    *("select ", "insert ", "update ", "constraint", 'file "', "exception", "0x", "site-packages", "src/", "errno"),
)
SENTENCES = {refusal.sentence: status for refusal, status in STATUS.items()}
CODES = {refusal.code: refusal for refusal in STATUS}
PROBLEM = (("accept", b"application/problem+json"),)
PAGES = ("/livez", "/readyz", "/openapi.json", "/docs")


def problem_with(reply: Reply, *, method: str, as_problem: bool) -> str:
    """What is wrong with an answer to a bad request; empty when it is as the contract wants it."""
    if reply.status not in STATUS.values() or reply.status >= 500:
        return f"status {reply.status}"
    if len(reply.header("x-request-id") or "") != 16:
        return "no X-Request-Id"
    if reply.header("content-type") != ("application/problem+json" if as_problem else "application/json"):
        return f"content type {reply.header('content-type')}"
    if method == "HEAD":
        return "a HEAD has a body" if reply.body or reply.header("content-length") == "0" else ""
    if reply.header("content-length") != str(len(reply.body)):
        return "wrong length"
    if len(reply.body) > LARGEST_ERROR:
        return f"{len(reply.body)} bytes"
    given_away = [word for word in GIVEN_AWAY if word in reply.body.decode().lower()]
    return f"gives away {given_away}" if given_away else _shape_problem(reply, as_problem=as_problem)


def _shape_problem(reply: Reply, *, as_problem: bool) -> str:
    body = reply.json()
    names = ["type", "title", "status", "error", "details", "code"] if as_problem else ["error", "details"]
    if list(body)[: len(names)] != names or (not as_problem and len(body) > len(names)):
        return f"members {list(body)}"
    if body["error"] not in SENTENCES or not all(isinstance(line, str) for line in body["details"]):
        return f"body {body}"
    if as_problem and (body["status"] != reply.status or body["type"] != f"/docs#refusal-{body['code']}"):
        return f"body {body}"
    return f"code {body['code']}" if as_problem and STATUS[CODES[body["code"]]] != reply.status else ""


async def dump(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the database holds."""
    tables = sorted(metadata.tables)
    return {
        table: sorted(map(tuple, await builders.execute(db, Sql.same(f"SELECT * FROM {table}"))), key=repr)
        for table in tables
    }


def bad_methods() -> Iterator[Bad]:
    allowed: dict[str, set[str]] = {path: {"GET"} for path in PAGES}
    for route in ROUTES:
        allowed.setdefault(good.target(route).decode(), set()).add(route.method)
    for path, methods in allowed.items():
        known = methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
        for method in METHODS:
            if method not in known:
                yield Bad(
                    name="method", method=method, target=path.encode(), status=frozenset({405}), allow=frozenset(known)
                )


def bad_paths() -> Iterator[Bad]:
    for name, target in PATHS.items():
        for method in ("GET", "HEAD", "DELETE", "POST", "OPTIONS", "PATCH"):
            yield Bad(name=f"path: {name}", method=method, target=target, status=frozenset({404}))


async def try_all(http: Client, secret: str, cases: Iterable[Bad]) -> list[str]:
    """Send every case, by turns in either error format; what went wrong."""
    wrong = []
    accepts: Iterator[tuple[tuple[str, bytes], ...]] = itertools.cycle([(), PROBLEM])
    for bad, accept in zip(cases, accepts, strict=False):
        headers: list[tuple[str | bytes, str | bytes]] = [
            *bad.headers,
            *accept,
            *([("authorization", f"Bearer {secret}")] if bad.key else []),
        ]
        reply = await http.send(bad.method, bad.target, headers=headers, body=list(bad.body))
        problem = problem_with(reply, method=bad.method, as_problem=bool(accept))
        if not problem and reply.status not in bad.status:
            problem = f"status {reply.status}, not {sorted(bad.status)}: {reply.body[:200]!r}"
        if not problem and bad.allow and reply.header("allow") != ", ".join(sorted(bad.allow)):
            problem = f"allow: {reply.header('allow')}"
        if problem:
            wrong.append(f"{bad.method} {bad.target[:80]!r} · {bad.name}: {problem}")
    return wrong


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
async def test_every_route_withstands_every_bad_input(db: Database, http: Client, key: MakeKey, route: Route) -> None:
    await good.furnish(db)
    secret = await key("admin")
    before = await dump(db)
    wrong = await try_all(http, secret, for_route(route, good.target(route), good.body(route)))
    assert not wrong, "\n".join(wrong)
    assert await dump(db) == before


@pytest.mark.parametrize("cases", [bad_methods, bad_paths])
async def test_no_path_takes_what_it_does_not_know(
    db: Database, http: Client, key: MakeKey, cases: Callable[[], Iterator[Bad]]
) -> None:
    await good.furnish(db)
    secret = await key("admin")
    before = await dump(db)
    wrong = await try_all(http, secret, cases())
    assert not wrong, "\n".join(wrong)
    assert await dump(db) == before


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
async def test_the_good_requests_that_were_spoiled_do_succeed(
    db: Database, http: Client, key: MakeKey, monkeypatch: pytest.MonkeyPatch, route: Route
) -> None:
    monkeypatch.setattr("traylane.api.events.STREAM_SECONDS", 0.0)
    secret = await key("admin")
    await good.furnish(db)
    await good.make_the_order(db, route.operation)
    before = await dump(db)
    headers = {"content-type": "application/json"}
    reply = await http.send(route.method, good.target(route), key=secret, body=good.body(route), headers=headers)
    assert reply.status == good.status(route)
    assert (await dump(db) == before) is (route.is_safe or route.operation in good.LEAVE_ALL_AS_IT_IS)


@pytest.mark.parametrize("path", [*PAGES, "/api/v2/orders/72544", "/api/v2/orders/x/cancel"])
async def test_options_names_the_methods_without_a_key(http: Client, path: str) -> None:
    reply = await http.send("OPTIONS", path)
    assert (reply.status, reply.body, reply.header("content-length")) == (204, b"", None)
    assert "OPTIONS" in (reply.header("allow") or "").split(", ")


async def test_a_head_is_a_get_without_the_body(db: Database, http: Client, key: MakeKey) -> None:
    await good.furnish(db)
    client = http.using(await key("orders:read"))
    whole, head = await client.get("/api/v2/orders/72544"), await client.send("HEAD", "/api/v2/orders/72544")
    assert (head.status, head.body) == (200, b"")
    assert head.header("content-length") == str(len(whole.body))
    assert head.header("etag") == whole.header("etag") == '"72544-1"'


def test_the_walk_notices_an_answer_that_is_not_standard() -> None:
    good = (("content-type", "application/json"), ("x-request-id", "0" * 16))

    def answer(status: int, body: object) -> Reply:
        raw = msgspec.json.encode(body)
        headers = (*good, ("content-length", str(len(raw))))
        return Reply(status, tuple((k.encode(), v.encode()) for k, v in headers), raw)

    fine = {"error": "Not found", "details": []}
    assert problem_with(answer(404, fine), method="GET", as_problem=False) == ""
    assert problem_with(answer(500, fine), method="GET", as_problem=False)
    assert problem_with(answer(404, {"detail": "Not Found"}), method="GET", as_problem=False)
    assert problem_with(answer(404, {**fine, "details": [1]}), method="GET", as_problem=False)
    assert problem_with(answer(404, {**fine, "details": ["apsw.BusyError"]}), method="GET", as_problem=False)
    assert problem_with(answer(404, {**fine, "details": ["x" * 5_000]}), method="GET", as_problem=False)
    assert problem_with(answer(404, fine), method="GET", as_problem=True)
