"""Who may do what (contract: Access)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests import builders
from tests.api.asgi import Client, Reply
from tests.api.conftest import MakeKey, Watch
from tests.builders import (
    NOW,
    SPARE_KEY,
    count,
    execute,
    make_customer,
    make_key,
    make_order,
    make_station,
    order,
    set_setting,
    set_up_one_of_each,
)
from traylane.access import keys
from traylane.access.actor import COMMAND_LINE, Scope
from traylane.api.router import Router
from traylane.api.routes import ROUTES
from traylane.api.service import Service
from traylane.app import App
from traylane.clock import Instant
from traylane.config import Config
from traylane.db.database import Database, Sql
from traylane.orders.desk import Desk
from traylane.policy.catalogue import TRUSTED_NETWORKS

ORDER = "/api/v2/orders/72544"
UNAUTHENTICATED = b'{"error":"Authentication required","details":[]}'

ALLOWED: dict[str, set[str]] = {
    "orders:read": {"fetchOrder", "fetchOrderStatus"},
    "orders:cancel": {"cancelOrder", "cancelOrderByPost"},
    "tracking:read": {
        *("listStations", "fetchStation", "trackOrder"),
        *("listRecalls", "fetchWorkInProcess", "listDays", "fetchTray"),
    },
    "tracking:write": {"checkIn"},
    "events:read": {"listOrderEvents"},
    "setup:read": {
        *("listSettings", "fetchSetting", "listDeleteReasons", "fetchDeleteReason", "listCustomers", "fetchCustomer"),
        *("listAddons", "fetchAddon", "listBreakages", "fetchBreakage", "listEmployees", "fetchEmployee"),
    },
    "setup:write": {
        *("putSetting", "putDeleteReason", "retireDeleteReason", "putStation", "putCustomer", "putAddon"),
        *("putBreakage", "putEmployee"),
    },
    "admin": {route.operation for route in ROUTES},
}
"""What each scope alone lets through, by the contract; every other scope lets nothing through yet."""
REQUESTS: Mapping[str, tuple[str, str, Any]] = {
    "cancelOrder": ("DELETE", "/api/v2/orders/1", None),
    "cancelOrderByPost": ("POST", "/api/v2/orders/2/cancel", None),
    "fetchOrder": ("GET", "/api/v2/orders/3", None),
    "fetchOrderStatus": ("GET", "/api/v2/orders/3/status", None),
    "listOrderEvents": ("GET", "/api/v2/orders/3/events", None),
    "listStations": ("GET", "/api/v2/job_track/stations", None),
    "fetchStation": ("GET", "/api/v2/job_track/stations/RCV", None),
    "trackOrder": ("GET", "/api/v2/orders/3/tracking", None),
    "listRecalls": ("GET", "/api/v2/job_track/recall", None),
    "fetchWorkInProcess": ("GET", "/api/v2/job_track/wip", None),
    "listDays": ("GET", "/api/v2/job_track/days", None),
    "fetchTray": ("GET", "/api/v2/trays/7", None),
    "checkIn": ("POST", "/api/v2/job_track/stations/RCV", {"orderIdentifier": "3"}),
    "listSettings": ("GET", "/api/v2/settings", None),
    "fetchSetting": ("GET", "/api/v2/settings/Modules:Job%20Tracker", None),
    "putSetting": ("PUT", "/api/v2/settings/Modules:Job%20Tracker", {"value": True}),
    "listDeleteReasons": ("GET", "/api/v2/delete_reasons", None),
    "fetchDeleteReason": ("GET", "/api/v2/delete_reasons/CUS", None),
    "putDeleteReason": ("PUT", "/api/v2/delete_reasons/CUS", {"desc": "x"}),
    "retireDeleteReason": ("DELETE", "/api/v2/delete_reasons/CUS", None),
    "putStation": ("PUT", "/api/v2/job_track/stations/RCV", {"desc": "x"}),
    "listCustomers": ("GET", "/api/v2/customers", None),
    "fetchCustomer": ("GET", "/api/v2/customers/1001", None),
    "putCustomer": ("PUT", "/api/v2/customers/1001", {"name": "x"}),
    "listAddons": ("GET", "/api/v2/addons", None),
    "fetchAddon": ("GET", "/api/v2/addons/SRC", None),
    "putAddon": ("PUT", "/api/v2/addons/SRC", {"desc": "x"}),
    "listBreakages": ("GET", "/api/v2/breakages", None),
    "fetchBreakage": ("GET", "/api/v2/breakages/BRK", None),
    "putBreakage": ("PUT", "/api/v2/breakages/BRK", {"desc": "x"}),
    "listEmployees": ("GET", "/api/v2/employees", None),
    "fetchEmployee": ("GET", "/api/v2/employees/TS", None),
    "putEmployee": ("PUT", "/api/v2/employees/TS", {"name": "x"}),
    "listKeys": ("GET", "/api/v2/keys", None),
    "createKey": ("POST", "/api/v2/keys", {"name": "new", "scopes": ["orders:read"]}),
    "revokeKey": ("DELETE", f"/api/v2/keys/{SPARE_KEY}", None),
}


def test_every_operation_has_its_request_here() -> None:
    assert set(REQUESTS) == {route.operation for route in ROUTES}


async def _laboratory(db: Database) -> None:
    await make_station(db, "RCV")
    await set_up_one_of_each(db)
    for number in ("1", "2", "3"):
        await make_order(db, number)


@pytest.mark.parametrize("scope", list(Scope))
async def test_a_scope_lets_through_what_it_allows_and_nothing_else(
    db: Database, http: Client, key: MakeKey, scope: Scope
) -> None:
    await _laboratory(db)
    client = http.using(await key(scope))
    passed: set[str] = set()
    refused: set[str] = set()
    for operation, (method, target, body) in REQUESTS.items():
        reply = await client.send(method, target, json=body)
        {200: passed, 201: passed, 403: refused}[reply.status].add(operation)
    assert passed == ALLOWED.get(scope, set())
    assert passed | refused == set(REQUESTS)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
async def test_a_refusal_names_the_scope_that_is_needed(db: Database, http: Client, key: MakeKey, route: Any) -> None:
    await _laboratory(db)
    method, target, body = REQUESTS[route.operation]
    reply = await http.using(await key("reports:read")).send(method, target, json=body)
    assert reply.status == 403
    assert reply.body == b'{"error":"Not allowed","details":["Scope needed: %s"]}' % route.scope.value.encode()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
async def test_without_a_key_every_operation_is_401(db: Database, http: Client, route: Any) -> None:
    await _laboratory(db)
    method, target, body = REQUESTS[route.operation]
    reply = await http.send(method, target, json=body)
    assert (reply.status, reply.body) == (401, UNAUTHENTICATED)
    assert reply.header("www-authenticate") == 'Bearer realm="traylane"'
    assert await count(db, "events") == 0


async def test_a_key_comes_as_bearer_or_as_x_api_key(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    secret = await key("orders:read")
    ways: list[list[tuple[str, str]]] = [
        [("Authorization", f"Bearer {secret}")],
        [("Authorization", f"bearer {secret}")],
        [("Authorization", f"Bearer  {secret} ")],
        [("X-API-Key", secret)],
        [("X-API-Key", secret), ("Authorization", f"Bearer {secret}")],
        [("X-API-Key", secret), ("X-API-Key", secret)],
    ]
    assert [(await http.get(ORDER, headers=headers)).status for headers in ways] == [200] * 6


async def test_two_different_keys_in_one_request_are_401(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    one, other = await key("orders:read"), await key("admin")
    ways: list[list[tuple[str, str]]] = [
        [("Authorization", f"Bearer {one}"), ("X-API-Key", other)],
        [("Authorization", f"Bearer {one}"), ("Authorization", f"Bearer {other}")],
        [("X-API-Key", one), ("X-API-Key", other)],
        [("X-API-Key", one), ("X-API-Key", "")],
    ]
    assert [(await http.get(ORDER, headers=headers)).status for headers in ways] == [401] * 4


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": ""},
        {"Authorization": "Basic cG9ydGFsOg=="},
        {"Authorization": "{secret}"},
        {"Authorization": "Bearer {secret}x"},
        {"Authorization": "Bearer {SECRET}"},
        {"Authorization": "Bearer tl_live_0000000000000000000000000000000000000000_4a1f5c2e"},
        {"Authorization": "Bearer \xff\x00"},
        {"Authorization": "Bearer " + "x" * 10_000},
        {"X-API-Key": ""},
        {"X-API-Key": "Bearer {secret}"},
    ],
)
async def test_what_is_no_live_key_is_401(db: Database, http: Client, key: MakeKey, headers: dict[str, str]) -> None:
    await make_order(db, "72544")
    secret = await key("orders:read")
    filled = {n: v.replace("{secret}", secret).replace("{SECRET}", secret.upper()) for n, v in headers.items()}
    reply = await http.get(ORDER, headers=filled)
    assert (reply.status, reply.body) == (401, UNAUTHENTICATED)


async def test_a_well_formed_key_that_nobody_has_is_401(db: Database, http: Client, key: MakeKey) -> None:
    await key("orders:read")
    assert (await http.using(keys.new_secret()).get(ORDER)).status == 401


async def test_an_expired_key_is_401_from_its_moment_on(db: Database, http: Client, key: MakeKey, watch: Watch) -> None:
    await make_order(db, "72544")
    client = http.using(await key("orders:read", expires_at=Instant(NOW + 1_000)))
    watch.pass_(999)
    assert (await client.get(ORDER)).status == 200
    watch.pass_(1)
    assert (await client.get(ORDER)).status == 401


@pytest.mark.parametrize("operation", list(REQUESTS))
async def test_a_revoked_key_is_dead_on_the_next_request(
    db: Database, http: Client, key: MakeKey, operation: str
) -> None:
    await _laboratory(db)
    client = http.using(await key("admin"))
    method, target, body = REQUESTS[operation]
    assert (await client.send(method, target, json=body)).status in (200, 201)
    await _revoke(db, "portal")
    reply = await client.send(method, target, json=body)
    assert (reply.status, reply.body) == (401, UNAUTHENTICATED)


@pytest.mark.parametrize("operation", list(REQUESTS))
async def test_a_revoked_key_is_dead_on_the_next_request_of_another_process(db: Database, operation: str) -> None:
    await _laboratory(db)
    _, secret = await make_key(db, scopes=["admin"])
    here, there = Client(_service(db), secret), Client(_service(db), secret)
    method, target, body = REQUESTS[operation]
    assert [(await client.send("GET", "/api/v2/orders/3")).status for client in (here, there)] == [200, 200]
    await _revoke(db, "portal")
    assert [(await client.send(method, target, json=body)).status for client in (here, there)] == [401, 401]


async def test_two_live_keys_of_one_integrator_allow_rotation(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    old, new = await key("orders:read", name="portal"), await key("orders:read", name="portal")
    assert [(await http.using(secret).get(ORDER)).status for secret in (old, new)] == [200, 200]
    with pytest.raises(keys.TooManyLiveKeys):
        await key("orders:read", name="portal")


async def test_a_key_is_stored_hashed(db: Database, key: MakeKey) -> None:
    secret = await key("orders:read")
    stored = repr([tuple(row) for row in await execute(db, Sql.same("SELECT name, digest, hint, scopes FROM keys"))])
    assert secret not in stored
    assert secret.removeprefix("tl_live_")[:40] not in stored


# --- customer-bound keys -------------------------------------------------------------------------------------------


async def _two_customers(db: Database) -> None:
    await make_customer(db, "1002")
    await make_station(db, "RCV")
    await make_order(db, "72544", tray="00123", po="337178", customer="1002")


OTHERS = ["72544", "123", "337178"]


@pytest.mark.parametrize("given", OTHERS)
@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("DELETE", "/api/v2/orders/{}"),
        ("DELETE", "/api/v2/orders/{}?deleteReason=CUS"),
        ("DELETE", "/api/v2/orders/{}?dryRun=true"),
        ("POST", "/api/v2/orders/{}/cancel"),
        ("GET", "/api/v2/orders/{}"),
        ("GET", "/api/v2/orders/{}/status"),
        ("GET", "/api/v2/orders/{}/events"),
    ],
)
async def test_another_customers_order_is_an_absent_one_byte_for_byte(
    db: Database, http: Client, key: MakeKey, method: str, target: str, given: str
) -> None:
    await _two_customers(db)
    client = http.using(await key("admin", customer="1001"))
    theirs = await client.send(method, target.format(given))
    await execute(db, Sql.same("DELETE FROM orders"))
    absent = await client.send(method, target.format(given))
    assert _without_id(theirs) == _without_id(absent)
    assert theirs.status == 404


@pytest.mark.parametrize("given", OTHERS)
async def test_another_customers_order_is_not_checked_in(db: Database, http: Client, key: MakeKey, given: str) -> None:
    await _two_customers(db)
    client = http.using(await key("tracking:write", customer="1001"))
    reply = await client.post("/api/v2/job_track/stations/RCV", json={"orderIdentifier": given})
    assert (reply.status, reply.body) == (400, b'{"error":"Checkin not performed","details":["Order not found"]}')
    assert await count(db, "scans") == 0


@pytest.mark.parametrize("given", OTHERS)
async def test_nothing_is_written_about_another_customers_order(
    db: Database, desk: Desk, http: Client, key: MakeKey, given: str
) -> None:
    await _two_customers(db)
    client = http.using(await key("admin", customer="1001"))
    before = await order(db, "72544"), await count(db, "events")
    await client.delete(f"/api/v2/orders/{given}", headers={"If-Match": '"72544-7"'})
    await client.post("/api/v2/job_track/stations/RCV", json={"orderIdentifier": given})
    assert await desk.attempts.flush(db) == 0
    assert (await order(db, "72544"), await count(db, "events")) == before


async def test_a_stored_answer_about_another_customers_order_names_none(
    db: Database, http: Client, key: MakeKey
) -> None:
    await _two_customers(db)
    client = http.using(await key("orders:cancel", customer="1001"))
    await client.delete(ORDER, headers={"Idempotency-Key": "k"})
    rows = await execute(db, Sql.same("SELECT order_id FROM answers"))
    assert [row[0] for row in rows] == [None]


async def test_its_own_order_is_found_by_each_number(db: Database, http: Client, key: MakeKey) -> None:
    await _two_customers(db)
    client = http.using(await key("orders:read", customer="1002"))
    assert [(await client.get(f"/api/v2/orders/{given}")).status for given in OTHERS] == [200, 200, 200]


async def test_another_customers_orders_make_no_po_ambiguous(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "1", po="A/17", customer="1001")
    await make_order(db, "2", po="A/17", customer="1002")
    await make_order(db, "3", po="A/17", customer="1002")
    mine = http.using(await key("orders:cancel", customer="1001"))
    assert (await mine.delete("/api/v2/orders/A%2F17")).json()["orderNumber"] == "1"


async def test_candidates_are_counted_and_named_among_its_own_only(db: Database, http: Client, key: MakeKey) -> None:
    for number in range(12):
        await make_order(db, f"10{number:02}", po="A/17", customer="1001")
        await make_order(db, f"00{number:02}", po="A/17", customer="1002")
    reply = await http.using(await key("orders:cancel", customer="1001")).delete("/api/v2/orders/A%2F17")
    assert reply.body == (
        b'{"error":"More than one record found","details":["Provided: A/17","Order: 1000","Order: 1001","Order: 1002",'
        b'"Order: 1003","Order: 1004","Order: 1005","Order: 1006","Order: 1007","Order: 1008","Order: 1009",'
        b'"and 2 more"]}'
    )


async def test_the_message_names_its_own_orders_only(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "1234", customer="1001")
    await make_order(db, "2000", tray="1234", customer="1002")
    await make_order(db, "3000", po="1234", customer="1002")
    reply = await http.using(await key("orders:cancel", customer="1001")).delete("/api/v2/orders/1234")
    assert (reply.json()["orderNumber"], reply.json()["message"]) == ("1234", "")


async def test_another_customers_order_number_does_not_hide_its_own_tray(
    db: Database, http: Client, key: MakeKey
) -> None:
    await make_order(db, "1234", customer="1002")
    await make_order(db, "2000", tray="1234", customer="1001")
    client = http.using(await key("orders:cancel", customer="1001"))
    assert (await client.delete("/api/v2/orders/1234")).json()["orderNumber"] == "2000"


# --- rate limit ----------------------------------------------------------------------------------------------------


async def test_a_rate_is_told_with_every_answer(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    client = http.using(await key("orders:read", rate=60))
    replies = [await client.get(ORDER) for _ in range(2)]
    assert [reply.header("ratelimit-policy") for reply in replies] == ['"key";q=60;w=60'] * 2
    assert [reply.header("ratelimit") for reply in replies] == ['"key";r=59;t=0', '"key";r=58;t=0']


async def test_without_a_rate_nothing_is_told(db: Database, portal: Client) -> None:
    reply = await portal.get(ORDER)
    assert (reply.header("ratelimit"), reply.header("ratelimit-policy")) == (None, None)


async def test_an_empty_bucket_is_429_and_nothing_is_done(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    client = http.using(await key("orders:cancel", rate=2))
    for _ in range(2):
        await client.delete("/api/v2/orders/9999999")
    reply = await client.delete(ORDER)
    assert (reply.status, reply.body) == (429, b'{"error":"Too many requests","details":[]}')
    assert reply.header("retry-after") == "30"
    assert reply.header("ratelimit-policy") == '"key";q=2;w=60'
    assert reply.header("ratelimit") == '"key";r=0;t=30'
    assert not (await order(db, "72544")).is_cancelled


async def test_the_bucket_fills_steadily_and_to_the_brim_only(
    db: Database, http: Client, key: MakeKey, watch: Watch
) -> None:
    await make_order(db, "72544")
    client = http.using(await key("orders:read", rate=2))
    heard = [(await client.get(ORDER)).status for _ in range(3)]
    watch.pass_(29_999)
    heard.append((await client.get(ORDER)).status)
    watch.pass_(1)
    heard += [(await client.get(ORDER)).status for _ in range(2)]
    watch.pass_(3_600_000)
    heard += [(await client.get(ORDER)).status for _ in range(3)]
    assert heard == [200, 200, 429, 429, 200, 429, 200, 200, 429]


async def test_each_key_has_its_own_bucket(db: Database, http: Client, key: MakeKey) -> None:
    await make_order(db, "72544")
    one = http.using(await key("orders:read", rate=1, name="portal"))
    other = http.using(await key("orders:read", rate=1, name="portal"))
    assert [(await client.get(ORDER)).status for client in (one, other, one, other)] == [200, 200, 429, 429]


async def test_refused_requests_count_too(db: Database, http: Client, key: MakeKey) -> None:
    client = http.using(await key("orders:read", rate=1))
    assert [(await client.delete(ORDER)).status for _ in range(2)] == [403, 429]


# --- trusted networks ----------------------------------------------------------------------------------------------

FLOOR = ("192.168.7.20", 50_000)
OUTSIDE = ("192.168.8.1", 50_000)


async def _trusted_floor(db: Database, *, scopes: tuple[str, ...] = ("orders:cancel",)) -> str:
    await make_order(db, "72544")
    _, secret = await make_key(db, "floor", scopes=scopes)
    await set_setting(db, TRUSTED_NETWORKS, ["192.168.7.0/24 = floor", "2001:db8::/32 = floor"])
    return secret


@pytest.mark.parametrize("address", ["192.168.7.20", "2001:db8::7", "::ffff:192.168.7.20"])
async def test_a_keyless_request_from_the_network_acts_as_the_named_key(
    db: Database, http: Client, address: str
) -> None:
    await _trusted_floor(db)
    reply = await http.delete(ORDER, client=(address, 50_000))
    assert reply.status == 200
    assert reply.json()["cancellation"]["actor"] == "floor"


@pytest.mark.parametrize(
    "address", ["192.168.8.1", "2001:db9::1", "::1", "127.0.0.1", "::ffff:192.168.8.1", "unix:", ""]
)
async def test_a_keyless_request_from_outside_is_401(db: Database, http: Client, address: str) -> None:
    await _trusted_floor(db)
    assert (await http.delete(ORDER, client=(address, 50_000))).status == 401
    assert (await http.delete(ORDER, client=None)).status == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP"])
async def test_a_header_does_not_make_a_request_come_from_the_network(db: Database, http: Client, header: str) -> None:
    await _trusted_floor(db)
    reply = await http.delete(ORDER, client=OUTSIDE, headers={header: "192.168.7.20"})
    assert reply.status == 401


async def test_a_bad_key_from_the_network_is_401(db: Database, http: Client) -> None:
    await _trusted_floor(db)
    for value in ("Bearer nonsense", "Bearer ", "Basic x", f"Bearer {keys.new_secret()}"):
        assert (await http.delete(ORDER, client=FLOOR, headers={"Authorization": value})).status == 401


async def test_a_key_from_the_network_acts_as_itself(db: Database, http: Client, key: MakeKey) -> None:
    await _trusted_floor(db)
    client = http.using(await key("orders:cancel", name="portal"))
    assert (await client.delete(ORDER, client=FLOOR)).json()["cancellation"]["actor"] == "portal"


async def test_the_network_may_do_what_the_named_key_may(db: Database, http: Client) -> None:
    await _trusted_floor(db, scopes=("orders:read",))
    assert (await http.get(ORDER, client=FLOOR)).status == 200
    assert (await http.delete(ORDER, client=FLOOR)).status == 403


async def test_a_network_whose_named_key_was_revoked_is_401(db: Database, http: Client) -> None:
    await _trusted_floor(db)
    assert (await http.delete("/api/v2/orders/9", client=FLOOR)).status == 404
    await _revoke(db, "floor")
    assert (await http.delete(ORDER, client=FLOOR)).status == 401


async def test_a_network_that_is_no_longer_trusted_is_401_on_the_next_request(db: Database, http: Client) -> None:
    await _trusted_floor(db)
    assert (await http.delete("/api/v2/orders/9", client=FLOOR)).status == 404
    await set_setting(db, TRUSTED_NETWORKS, [])
    assert (await http.delete(ORDER, client=FLOOR)).status == 401
    assert not (await order(db, "72544")).is_cancelled


async def test_a_network_without_such_a_key_is_401(db: Database, http: Client) -> None:
    await make_order(db, "72544")
    await set_setting(db, TRUSTED_NETWORKS, ["192.168.7.0/24 = floor"])
    assert (await http.delete(ORDER, client=FLOOR)).status == 401


async def test_networks_are_off_by_default(db: Database, http: Client, key: MakeKey) -> None:
    await key("admin")
    assert (await http.get(ORDER, client=("127.0.0.1", 50_000))).status == 401


async def test_trusted_networks_are_said_at_start(
    db: Database, database_url: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    await _trusted_floor(db)
    app = App(Config(database=database_url))
    await app.start()
    await app.stop()
    said = capfdbinary.readouterr().err
    assert b'"level":"warning","event":"trusted_network","network":"192.168.7.0/24","acts_as":"floor"}' in said
    assert b'"level":"warning","event":"trusted_network","network":"2001:db8::/32","acts_as":"floor"}' in said


async def test_a_service_without_keys_says_so_at_start(
    database_url: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    app = App(Config(database=database_url))
    await app.start()
    assert (await Client(app).get(ORDER)).status == 401
    await app.stop()
    assert (
        b'"level":"warning","event":"no_keys","hint":"No access key exists: every request gets 401. '
        b'`traylane keys create`"}'
    ) in capfdbinary.readouterr().err


def _service(db: Database) -> Service:
    """The service as another process would run it: a desk of its own on the same database."""
    return Service(builders.desk(db), Router(ROUTES), {})


async def test_within_a_moment_it_is_dead_for_requests_that_never_reach_the_database(
    db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that is refused for its own sake, by a process that has not asked the database since."""
    monkeypatch.setattr("traylane.app.RULEBOOK_SECONDS", 0.05)
    _, secret = await make_key(db, scopes=["admin"])
    there = App(Config(database=database_url))
    await there.start()
    client = Client(there, secret)
    before = await client.delete("/api/v2/orders/3?dryrun=true")
    await _revoke(db, "portal")
    await asyncio.sleep(0.5)
    after = await client.delete("/api/v2/orders/3?dryrun=true")
    await there.stop()

    assert (before.status, after.status, after.body) == (400, 401, UNAUTHENTICATED)


def _without_id(reply: Reply) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    return reply.status, reply.body, [header for header in reply.headers if header[0] != b"x-request-id"]


async def _revoke(db: Database, name: str) -> None:
    await db.write(lambda tx: keys.revoke(tx, provided=name, actor=COMMAND_LINE, now=NOW))
