"""GET /metrics: who may read it, what it counts, and what never stands in it."""

from __future__ import annotations

import re

import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from tests.api.test_health import _service_that_checks
from tests.builders import NOW, make_key, make_order, make_orders, set_setting
from traylane.app import App
from traylane.config import Config
from traylane.db import connect
from traylane.db.database import Database, Sql, Transaction
from traylane.db.ids import new_id
from traylane.policy.catalogue import TRUSTED_NETWORKS

PATIENT = "Ottoline Quince"


def value(page: str, line: str) -> float:
    """The number behind a metric and its labels."""
    [found] = re.findall(rf"^{re.escape(line)} (\S+)$", page, re.MULTILINE)
    return float(found)


async def test_a_key_with_the_scope_reads_text(http: Client, key: MakeKey) -> None:
    reply = await http.using(await key("metrics:read")).get("/metrics")
    assert (reply.status, reply.header("content-type")) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert value(reply.body.decode(), "traylane_database_up") == 1


async def test_nobody_else_reads_it(http: Client, key: MakeKey) -> None:
    assert (await http.get("/metrics")).status == 401
    assert (await http.using(await key("orders:read")).get("/metrics")).json()["details"] == [
        "Scope needed: metrics:read"
    ]
    bound = await http.using(await key("metrics:read", customer="1001")).get("/metrics")
    assert bound.json()["details"] == ["The key is bound to a customer"]


async def test_a_trusted_network_reads_it_without_a_key(db: Database, http: Client) -> None:
    await make_key(db, "prometheus", scopes=("metrics:read",))
    await set_setting(db, TRUSTED_NETWORKS, ["10.1.0.0/16 = prometheus"])
    assert (await http.get("/metrics", client=("10.1.2.3", 40_000))).status == 200
    assert (await http.get("/metrics", client=("10.2.2.3", 40_000))).status == 401


async def test_cancels_are_counted_by_what_came_of_them(db: Database, portal: Client, key: MakeKey) -> None:
    await make_orders(db, ["1000", "1001", "1002", "1003"])
    for number in ("1000", "1001", "1001", "9999"):
        await portal.delete(f"/api/v2/orders/{number}")
    for _ in range(2):
        await portal.delete("/api/v2/orders/1002", headers={"Idempotency-Key": "once"})
    rows = [{"orderIdentifier": "1003"}, {"orderIdentifier": "1000"}]
    await portal.post("/api/v2/order_cancellations", json={"items": rows})
    page = (await portal.get("/metrics", key=await key("metrics:read"))).body.decode()
    counted = {
        outcome: value(page, f'traylane_changes_total{{change="order.cancelled",outcome="{outcome}"}}')
        for outcome in ("done", "already_cancelled", "not_found", "replayed")
    }
    assert counted == {"done": 4, "already_cancelled": 2, "not_found": 1, "replayed": 1}
    assert await db.read(_cancelled) == 4


async def test_of_an_atomic_call_that_was_refused_only_the_refusals_count(
    db: Database, portal: Client, key: MakeKey
) -> None:
    await make_order(db, "1000")
    rows = [{"orderIdentifier": "1000"}, {"orderIdentifier": "9999"}]
    await portal.post("/api/v2/order_cancellations?atomic=true", json={"items": rows})
    page = (await portal.get("/metrics", key=await key("metrics:read"))).body.decode()
    assert value(page, 'traylane_changes_total{change="order.cancelled",outcome="not_found"}') == 1
    assert 'outcome="done"' not in page


async def test_requests_are_counted_by_the_template_of_their_route(db: Database, portal: Client, key: MakeKey) -> None:
    await make_order(db, "ZQX77", po=PATIENT)
    secret = await key("metrics:read")
    for path in ("/api/v2/orders/Ottoline%20Quince", "/api/v2/Ottoline%20Quince"):
        await portal.get(path)
    await portal.send("OTTOLINE", "/api/v2/orders/ZQX77")
    page = (await portal.get("/metrics", key=secret)).body.decode()
    count = "http_server_request_duration_seconds_count"
    route = 'http_route="/api/v2/orders/{orderIdentifier}",'
    found = f'{count}{{http_request_method="GET",{route}http_response_status_code="200",url_scheme="http"}}'
    nowhere = f'{count}{{http_request_method="GET",http_response_status_code="404",url_scheme="http"}}'
    other = f'{count}{{http_request_method="_OTHER",http_response_status_code="405",url_scheme="http"}}'
    assert [value(page, line) for line in (found, nowhere, other)] == [1, 1, 1]
    assert not re.search("ottoline|quince|zqx77", page.lower())
    assert secret not in page


async def test_the_sealer_and_the_webhooks_tell_how_far_behind_they_are(postgres: Database, postgres_url: str) -> None:
    app = App(Config(database=postgres_url, dispatch=False))
    await app.db.open()
    _, secret = await make_key(postgres, "prometheus", scopes=("metrics:read",))
    _, desk = await make_key(postgres, "desk")
    await make_order(postgres, "1000")
    await _make_late_delivery(postgres, now=app.desk.clock())
    client = Client(app)
    await client.delete("/api/v2/orders/1000", key=desk)
    page = (await client.get("/metrics", key=secret)).body.decode()
    await app.desk.close()
    await app.db.close()
    assert value(page, "traylane_sealer_lag_events") >= 1
    assert value(page, "traylane_sealer_lag_seconds") >= 0
    assert value(page, 'traylane_webhook_endpoints{state="failing"}') == 1
    assert value(page, "traylane_webhook_pending_deliveries") == 1
    assert 60 <= value(page, "traylane_webhook_overdue_seconds") < 120


async def test_it_answers_while_the_database_is_away(sqlite_url: str) -> None:
    db = connect.database(sqlite_url)
    await db.open()
    _, secret = await make_key(db, "prometheus", scopes=("metrics:read",))
    http = Client(_service_that_checks(db, sqlite_url), secret)
    assert value((await http.get("/metrics")).body.decode(), "traylane_database_up") == 1
    await db.close()
    page = (await http.get("/metrics")).body.decode()
    assert value(page, "traylane_database_up") == 0
    assert "traylane_sealer_lag_events" not in page


@pytest.mark.parametrize(("path", "told"), [("/station/Ottoline", "/station/…"), ("/", "/"), ("/sign-in", "/sign-in")])
async def test_pages_of_the_console_are_counted_without_what_is_in_their_path(
    sqlite_url: str, sqlite: Database, path: str, told: str
) -> None:
    _, secret = await make_key(sqlite, "prometheus", scopes=("metrics:read",))
    app = App(Config(database=sqlite_url))
    await app.db.open()
    await Client(app).get(path)
    page = (await Client(app, secret).get("/metrics")).body.decode()
    await app.db.close()
    assert f'http_route="{told}"' in page
    assert "Ottoline" not in page


async def test_work_on_the_database_is_timed_under_the_engines_name(database_url: str, db: Database) -> None:
    _, secret = await make_key(db, "prometheus", scopes=("metrics:read",))
    app = App(Config(database=database_url))
    await app.db.open()
    http = Client(app, secret)
    await http.get("/metrics")
    page = (await http.get("/metrics")).body.decode()
    await app.db.close()
    system = db.__class__.__name__.removesuffix("Database").lower().replace("postgres", "postgresql")
    assert f'{{db_system_name="{system}",db_operation_name="read",le="+Inf"}}' in page


async def _cancelled(tx: Transaction) -> int:
    [(count,)] = await tx.rows(Sql.same("SELECT count(*) FROM orders WHERE cancelled_at IS NOT NULL"))
    return int(count)


async def _make_late_delivery(db: Database, *, now: int) -> None:
    """An endpoint to which nothing arrives, with a try that has been due for a minute."""
    id_ = new_id(NOW)

    async def work(tx: Transaction) -> None:
        await tx.rows(_ENDPOINT, id_, NOW)
        await tx.rows(_DELIVERY, id_, new_id(NOW), now - 60_000)

    await db.write(work)


_ENDPOINT = Sql.same("""
    INSERT INTO webhooks (id, url, description, types, customer, staff, secrets, position, created_at, failing_since)
    VALUES ($1, 'https://shop.example/', '', '', NULL, FALSE, '[]', 0, $2, $2)""")
_DELIVERY = Sql.same("""
    INSERT INTO deliveries (webhook_id, position, event_id, state, next_at, tried, tries)
    VALUES ($1, 1, $2, 'pending', $3, 1, '[]')""")
