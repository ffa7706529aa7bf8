"""Who may do what (contract: Access)."""

from __future__ import annotations

import pytest

from tests import builders
from tests.api import good_requests as good
from tests.api.asgi import Client, Reply
from tests.api.conftest import MakeKey, Watch
from tests.api.test_bad_input import dump
from tests.builders import (
    NOW,
    execute,
    make_key,
    make_order,
)
from traylane.access import keys
from traylane.access.actor import COMMAND_LINE, Scope
from traylane.api.router import Router
from traylane.api.routes import ROUTES, Route
from traylane.api.service import Service
from traylane.clock import Instant
from traylane.db.database import Database, Sql

ORDER = "/api/v2/orders/72544"
UNAUTHENTICATED = b'{"error":"Authentication required","details":[]}'

ALLOWED: dict[str, set[str]] = {
    "orders:read": {"listOrders", "fetchOrder", "fetchOrderStatus", "fetchCancellation"},
    "orders:write": {
        *("createOrder", "correctOrder", "completeOrder", "holdOrder", "releaseOrder"),
        *("validateOrder", "declareOrderUnvalid", "assignTray"),
    },
    "orders:cancel": {"cancelOrder", "cancelOrderByPost", "cancelOrders", "putDisposition"},
    "orders:restore": {"restoreOrder"},
    "tracking:read": {
        *("listStations", "fetchStation", "trackOrder"),
        *("listRecalls", "fetchWorkInProcess", "listDays", "fetchTray"),
    },
    "tracking:write": {"checkIn", "releaseTray"},
    "events:read": {"listOrderEvents", "listEvents", "streamEvents"},
    "webhooks:write": {
        *("listWebhooks", "createWebhook", "fetchWebhook", "changeWebhook", "deleteWebhook"),
        *("rotateWebhookSecret", "listDeliveries", "replayWebhook"),
    },
    "reports:read": {"reportCancellations"},
    "metrics:read": {"readMetrics"},
    "setup:read": {
        *("listSettings", "fetchSetting", "listDeleteReasons", "fetchDeleteReason", "listCustomers", "fetchCustomer"),
        *("listAddons", "fetchAddon", "listBreakages", "fetchBreakage", "listEmployees", "fetchEmployee"),
    },
    "setup:write": {
        *("putSetting", "putDeleteReason", "retireDeleteReason", "putStation", "putCustomer", "putAddon"),
        *("putBreakage", "putEmployee"),
    },
    "orders:override": set(),
    "admin": {route.operation for route in ROUTES},
}
"""What each scope alone lets through, by the contract."""


@pytest.fixture(autouse=True)
def _short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("traylane.api.events.STREAM_SECONDS", 0.0)


def test_every_scope_and_every_operation_is_here() -> None:
    assert set(ALLOWED) == set(Scope)
    assert set().union(*(ALLOWED[scope] for scope in Scope if scope != "admin")) | ADMINS == ALLOWED["admin"]


ADMINS = {"listKeys", "createKey", "revokeKey"}
"""What `admin` alone lets through."""


async def _ask(client: Client, route: Route) -> Reply:
    headers = {"content-type": "application/json"}
    return await client.send(route.method, good.target(route), body=good.body(route), headers=headers)


@pytest.mark.parametrize("scope", list(Scope))
async def test_a_scope_lets_through_what_it_allows_and_nothing_else(
    db: Database, http: Client, key: MakeKey, scope: Scope
) -> None:
    await good.furnish(db)
    client = http.using(await key(scope))
    heard = {}
    for route in sorted(ROUTES, key=lambda route: route.tag == "Set-up"):  # what it retires, the others need
        await good.make_the_order(db, route.operation)
        heard[route.operation] = (await _ask(client, route)).status
    assert {operation for operation, status in heard.items() if status != 403} == ALLOWED[scope]
    assert [o for o, status in heard.items() if status >= 300 and o in ALLOWED[scope] - AFTER_DELETION] == []


AFTER_DELETION = {"rotateWebhookSecret", "listDeliveries", "replayWebhook"}
"""What is asked about a webhook that was deleted just before: 404 is let through, too."""


async def test_a_refusal_names_the_scope_that_is_needed(db: Database, http: Client, key: MakeKey) -> None:
    await good.furnish(db)
    client = http.using(await key("orders:override"))
    replies = [(route, await _ask(client, route)) for route in ROUTES]
    named = b'{"error":"Not allowed","details":["Scope needed: %s"]}'
    assert [reply.body for _, reply in replies] == [named % route.scope.value.encode() for route, _ in replies]


async def test_without_a_key_every_operation_is_401(db: Database, http: Client) -> None:
    await good.furnish(db)
    before = await dump(db)
    replies = [await _ask(http, route) for route in ROUTES]
    assert {(reply.status, reply.body) for reply in replies} == {(401, UNAUTHENTICATED)}
    assert {reply.header("www-authenticate") for reply in replies} == {'Bearer realm="traylane"'}
    assert await dump(db) == before


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


async def test_a_revoked_key_is_dead_on_the_next_request_whatever_it_is_and_wherever(db: Database) -> None:
    await good.furnish(db)
    _, secret = await make_key(db, scopes=["admin"])
    here, there = Client(_service(db), secret), Client(_service(db), secret)
    assert [(await client.get(ORDER)).status for client in (here, there)] == [200, 200]
    await _revoke(db, "portal")
    before = await dump(db)
    replies = [await _ask(client, route) for route in ROUTES for client in (here, there)]
    assert {(reply.status, reply.body) for reply in replies} == {(401, UNAUTHENTICATED)}
    assert await dump(db) == before


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
async def test_a_revoked_key_is_dead_although_nothing_else_was_asked_since(db: Database, route: Route) -> None:
    await good.furnish(db)
    _, secret = await make_key(db, scopes=["admin"])
    client = Client(_service(db), secret)
    assert (await client.get(ORDER)).status == 200
    await _revoke(db, "portal")
    assert (await _ask(client, route)).status == 401


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


def _service(db: Database) -> Service:
    """The service as another process would run it: a desk of its own on the same database."""
    return Service(builders.desk(db), Router(ROUTES), {})


async def _revoke(db: Database, name: str) -> None:
    await db.write(lambda tx: keys.revoke(tx, provided=name, actor=COMMAND_LINE, now=NOW))
