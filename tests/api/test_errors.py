"""The error body, always and everywhere, and the errors of our own (contract: Conventions)."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests import standstill
from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from tests.api.held import held
from tests.builders import desk, execute, make_key, make_order, make_orders, order
from traylane.api.router import Router
from traylane.api.routes import ROUTES
from traylane.api.service import Service
from traylane.db.database import Database, Sql

ORDER = "/api/v2/orders/72544"
NOT_FOUND = b'{"error":"Not found","details":[]}'


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "",
        "*",
        "/api",
        "/api/v2",
        "/api/v2/",
        "/api/v2/order",
        "/api/v3/orders/1",
        "/API/v2/orders/1",
        "/livez/",
        "/favicon.ico",
        "/api/v2/orders/1/2/3",
        "/%00",
        "/%FF",
        "/..%2F..%2Fetc%2Fpasswd",
        "//",
        "/" + "a" * 10000,
    ],
)
async def test_an_unknown_path_is_404_in_the_standard_body(http: Client, target: str) -> None:
    reply = await http.get(target)
    assert (reply.status, reply.body) == (404, NOT_FOUND)
    assert reply.header("content-type") == "application/json"


@pytest.mark.parametrize(
    ("target", "allow"),
    [
        (ORDER, "DELETE, GET, HEAD, OPTIONS, PATCH"),
        (ORDER + "/cancel", "OPTIONS, POST"),
        (ORDER + "/status", "GET, HEAD, OPTIONS"),
        (ORDER + "/events", "GET, HEAD, OPTIONS"),
        ("/api/v2/job_track/stations", "GET, HEAD, OPTIONS"),
        ("/api/v2/job_track/stations/GEN", "GET, HEAD, OPTIONS, POST, PUT"),
        ("/api/v2/orders", "GET, HEAD, OPTIONS, POST"),
    ],
)
async def test_a_wrong_method_is_405_and_told_what_is_allowed(http: Client, target: str, allow: str) -> None:
    for method in ("COPY", "CONNECT", "TRACE", "get", "QUERY", "X" * 1_000):
        reply = await http.send(method, target)
        assert (reply.status, reply.body) == (405, b'{"error":"Method not allowed","details":[]}')
        assert reply.header("allow") == allow
    options = await http.send("OPTIONS", target)
    assert (options.status, options.body, options.header("allow")) == (204, b"", allow)


async def test_without_a_key_it_is_401(db: Database, http: Client) -> None:
    await make_order(db, "72544")
    reply = await http.delete(ORDER)
    assert (reply.status, reply.body) == (401, b'{"error":"Authentication required","details":[]}')
    assert reply.header("www-authenticate") == 'Bearer realm="traylane"'
    assert not (await order(db, "72544")).is_cancelled


async def test_without_the_scope_it_is_403_and_told_which(http: Client, key: MakeKey) -> None:
    reply = await http.using(await key("orders:read")).delete(ORDER)
    assert (reply.status, reply.body) == (403, b'{"error":"Not allowed","details":["Scope needed: orders:cancel"]}')


@pytest.mark.parametrize("way", ["announced", "sent"])
async def test_a_body_of_more_than_64_kib_is_413(db: Database, portal: Client, way: str) -> None:
    await make_order(db, "72544")
    headers = {"announced": {"Content-Length": "65537"}, "sent": {}}[way]
    body = {"announced": [b"{}"], "sent": [b" " * 40_000, b" " * 40_000]}[way]
    reply = await portal.delete(ORDER, headers=headers, body=body)
    assert (reply.status, reply.body) == (413, b'{"error":"Body too large","details":["Limit: 65536 bytes"]}')
    assert reply.header("connection") == "close"
    assert not (await order(db, "72544")).is_cancelled


async def test_a_body_of_64_kib_is_read(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    assert (await portal.delete(ORDER, body=b"{" + b" " * 65_534 + b"}")).status == 200


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "x" * 1_000])
async def test_another_kind_of_body_is_415(db: Database, portal: Client, media: str) -> None:
    await make_order(db, "72544")
    reply = await portal.delete(ORDER, body=b"deleteReason=CUS", headers={"Content-Type": media})
    assert reply.status == 415
    assert reply.body == b'{"error":"Unsupported content type","details":["Provided: %s"]}' % media[:64].encode()
    assert not (await order(db, "72544")).is_cancelled


async def test_the_kind_of_no_body_does_not_matter(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    assert (await portal.delete(ORDER, headers={"Content-Type": "text/plain"})).status == 200


@pytest.mark.parametrize(
    ("query", "details"),
    [
        ("?x=1", ["unknown parameter x"]),
        ("?deletereason=CUS", ["unknown parameter deletereason; did you mean deleteReason?"]),
        ("?by=tray&by=tray", ["by is given more than once"]),
        ("?by=", ["by must be order or tray or po"]),
        ("?a=1&c=2&by=x", ["unknown parameter a", "unknown parameter c", "by must be order or tray or po"]),
        ("?=1", ["unknown parameter "]),
        ("?%00=1", ["unknown parameter ?"]),
        ("?by=%FF", ["a parameter is not valid UTF-8"]),
        ("?" + "&".join(f"p{i}=1" for i in range(51)), ["at most 50 parameters are supported"]),
    ],
)
async def test_a_breach_in_the_query_is_400_with_one_string_a_problem(
    db: Database, portal: Client, query: str, details: list[str]
) -> None:
    await make_order(db, "72544")
    reply = await portal.delete(ORDER + query)
    assert reply.status == 400
    assert reply.json() == {"error": "Incorrect arguments provided", "details": details}
    assert not (await order(db, "72544")).is_cancelled


@pytest.mark.parametrize(
    ("body", "details"),
    [
        (b"{", ["the body is not valid JSON"]),
        (b"[]", ["the body must be a JSON object"]),
        (b'{"deleteReason":1}', ["deleteReason must be a text"]),
        (b'{"deleteReason":"CUS","x":1}', ["unknown property x"]),
        (b'{"deleteReason":"A","deleteReason":"B"}', ["deleteReason is given more than once"]),
        (b'{"deleteReason":"\\u0000"}', ["the body has characters that cannot be stored"]),
        (b'{"deleteReason":"\\udfff"}', ["the body has characters that cannot be stored"]),
    ],
)
async def test_a_breach_in_the_body_is_400(db: Database, portal: Client, body: bytes, details: list[str]) -> None:
    await make_order(db, "72544")
    reply = await portal.delete(ORDER, body=body)
    assert reply.status == 400
    assert reply.json() == {"error": "Incorrect arguments provided", "details": details}
    assert not (await order(db, "72544")).is_cancelled


async def test_several_breaches_in_the_body_are_told_at_once(portal: Client) -> None:
    body = {"operator": "12345678901", "by": "job", "operater": "TAL"}
    reply = await portal.post("/api/v2/job_track/stations/GEN", json=body)
    assert reply.status == 400
    assert reply.json()["details"] == [
        "unknown property operater; did you mean operator?",
        "orderIdentifier is missing",
        "by must be order or tray or po",
        "operator supports up to 10 characters",
    ]


async def test_a_breach_in_the_query_and_one_in_the_body_are_told_at_once(portal: Client) -> None:
    reply = await portal.delete(ORDER + "?x=1", json={"y": 1})
    assert (reply.status, reply.json()["details"]) == (400, ["unknown parameter x", "unknown property y"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("if-none-match", '"72544-1"'),
        ("if-unmodified-since", "Mon, 02 Nov 2026 09:15:00 GMT"),
        ("if-modified-since", "Mon, 02 Nov 2026 09:15:00 GMT"),
        ("content-encoding", "gzip"),
    ],
)
async def test_a_condition_that_is_not_heeded_is_refused_where_something_would_change(
    db: Database, portal: Client, name: str, value: str
) -> None:
    await make_order(db, "72544")
    assert (await portal.get(ORDER, headers={name: value})).status == 200
    reply = await portal.delete(ORDER, headers={name: value})
    assert (reply.status, reply.json()["details"]) == (400, [f"{name} is not supported"])
    assert not (await order(db, "72544")).is_cancelled


async def test_reading_does_not_mind_parameters_that_it_does_not_know(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    assert (await portal.get(ORDER + "?_=1762074900")).status == 200


async def test_a_fault_of_ours_is_500_with_a_reference_and_nothing_else(db: Database, portal: Client) -> None:
    await make_order(db, "72544")
    await execute(db, Sql.same("INSERT INTO order_details (order_id, data) SELECT id, 'not JSON' FROM orders"))
    reply = await portal.get(ORDER)
    reference = reply.header("x-request-id")
    assert reply.status == 500
    assert reply.body == b'{"error":"Internal error","details":["Reference: %s"]}' % (reference or "").encode()


@pytest.mark.slow
async def test_an_order_that_somebody_holds_is_503_and_nothing_is_done(
    database_url: str, db: Database, portal: Client
) -> None:
    await make_order(db, "72544")
    async with held(database_url):
        reply = await portal.delete(ORDER)
    assert (reply.status, reply.header("retry-after")) == (503, "1")
    assert reply.body in {
        b'{"error":"Order is busy","details":["Nothing was done; try again"]}',
        b'{"error":"Service unavailable","details":["Nothing was done; try again"]}',
    }
    assert not (await order(db, "72544")).is_cancelled


async def test_two_orders_that_somebody_holds_do_not_hold_up_the_others(postgres_url: str, postgres: Database) -> None:
    await make_order(postgres, "1")
    await make_order(postgres, "2")
    client = Client(Service(desk(postgres), Router(ROUTES), {}), (await make_key(postgres))[1])
    async with held(postgres_url):
        await make_orders(postgres, [f"10{n}" for n in range(8)])
        stuck = [asyncio.create_task(client.delete(f"/api/v2/orders/{n}")) for n in (1, 2)]
        await asyncio.sleep(0.5)
        began = standstill.now()
        others = await asyncio.gather(*(client.delete(f"/api/v2/orders/10{n}") for n in range(8)))
        took = standstill.since(began)
    assert took < 1
    assert [reply.status for reply in others] == [200] * 8
    assert {(await task).status for task in stuck} <= {200, 503}


async def test_every_answer_has_a_request_id_of_its_own(http: Client) -> None:
    ids = {(await http.get("/livez")).header("x-request-id") for _ in range(10)}
    assert len(ids) == 10
    assert all(len(id_ or "") == 16 for id_ in ids)


async def test_thousands_of_unknown_properties_take_no_time(portal: Client) -> None:
    body = {f"p{i}": 1 for i in range(6_000)}
    started = time.process_time()
    reply = await portal.post("/api/v2/orders", json=body)
    assert reply.status == 400
    assert len([line for line in reply.json()["details"] if line.startswith("unknown property")]) == 10
    assert time.process_time() - started < 1
