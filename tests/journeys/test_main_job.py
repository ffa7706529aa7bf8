"""The main job from end to end: orders from a file, moved by check-ins, cancelled by each of their three numbers."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api.asgi import Reply
from tests.builders import execute, make_key, make_orders
from tests.journeys.conftest import SetUp
from tests.journeys.server import Server, run, send
from traylane.db.database import Database, Sql

pytestmark = pytest.mark.slow

Asker = Callable[..., Reply]

SETUP = b"""
[settings]
"Orders1:Enter reason code when deleting order" = true
"Modules:Job Tracker" = true
[[customers]]
number = "1001"
name = "Sample Optics"
[[stations]]
code = "RCV"
desc = "RECEIVING"
sequence = 10
[[stations]]
code = "GEN"
desc = "GEN-1 GENERATOR"
customerDesc = "IN SURFACING"
sequence = 30
nonCancel = true
[[operators]]
code = "TAL"
desc = "Operator TAL"
"""
REASONS = b'[[reasons]]\ncode = "CUS"\ndesc = "Customer request"\n'
NO_REASON_REQUIRED = b'[settings]\n"Orders1:Enter reason code when deleting order" = false\n'
NO_JOB_TRACKER = b'[settings]\n"Modules:Job Tracker" = false\n'
JOB_TRACKER = b'[settings]\n"Modules:Job Tracker" = true\n'

ORDERS = [
    {"orderNumber": "72544", "trayNumber": "00123", "poNumber": "337178", "status": "V"},
    {"orderNumber": "72545", "trayNumber": "00124", "poNumber": "A/17", "status": "P"},
    {"orderNumber": "72546", "trayNumber": "00125", "poNumber": "337180", "status": "V"},
    {"orderNumber": "72547", "trayNumber": "00126", "poNumber": "337181", "status": "V"},
    {"orderNumber": "72548", "trayNumber": "", "poNumber": "337182", "status": "C"},
    {"orderNumber": "72549", "trayNumber": "", "poNumber": "TWICE", "status": "V"},
    {"orderNumber": "72550", "trayNumber": "", "poNumber": "TWICE", "status": "V"},
]
BULK = [f"B{number:05}" for number in range(3_000)]


def test_orders_from_a_file_are_moved_and_cancelled_with_every_refusal_true(database_url: str, tmp_path: Path) -> None:
    key = _laboratory(database_url, ORDERS)
    with Server(database_url, tmp_path) as server:
        ask = _asker(server, key)
        rcv, gen = "/api/v2/job_track/stations/RCV", "/api/v2/job_track/stations/GEN"
        assert ask("POST", rcv, {"orderIdentifier": "72544", "operator": "TAL"}).status == 200
        assert ask("POST", rcv, {"orderIdentifier": "00124"}).json()["orderNumber"] == "72545"
        assert ask("POST", gen, {"orderIdentifier": "337181"}).json()["orderNumber"] == "72547"

        assert _error(ask("DELETE", "/api/v2/orders/72544?deleteReason=CUS")) == (
            400,
            "The delete reasons file is empty",
            [],
        )
        _apply(database_url, REASONS)
        assert _error(ask("DELETE", "/api/v2/orders/72544")) == (
            400,
            "Delete reason code does not exist",
            ["Provided: "],
        )
        _apply(database_url, NO_JOB_TRACKER)
        assert _error(ask("DELETE", "/api/v2/orders/72544?deleteReason=CUS")) == (
            400,
            "Job Tracker module required for cancel method",
            [],
        )
        _apply(database_url, JOB_TRACKER)

        by_number = ask("DELETE", "/api/v2/orders/72544?deleteReason=CUS")
        by_po = ask("POST", "/api/v2/orders/A%2F17/cancel", {"deleteReason": "CUS"})
        by_tray = ask("DELETE", "/api/v2/orders/125?deleteReason=CUS")
        assert [reply.status for reply in (by_number, by_po, by_tray)] == [200, 200, 200]
        assert [reply.json()["orderNumber"] for reply in (by_number, by_po, by_tray)] == ["72544", "72545", "72546"]
        assert by_number.json()["cancellation"]["station"] == "RCV"
        assert by_number.json()["cancellation"]["reasonDesc"] == "Customer request"

        again, passed = ask("DELETE", "/api/v2/orders/123"), ask("DELETE", "/api/v2/orders/126?deleteReason=CUS")
        assert _error(again) == (400, "Order already completed", [])
        assert _error(passed) == (400, "Order has been through a non-cancel station", [])
        assert _error(ask("DELETE", "/api/v2/orders/72548")) == (400, "Order already completed", [])
        assert _error(ask("DELETE", "/api/v2/orders/9999999")) == (404, "No record found", ["Provided: 9999999"])
        assert _error(ask("DELETE", "/api/v2/orders/TWICE")) == (
            400,
            "More than one record found",
            ["Provided: TWICE", "Order: 72549", "Order: 72550"],
        )
        _apply(database_url, NO_REASON_REQUIRED)
        assert ask("DELETE", "/api/v2/orders/72550?deleteReason=CUS").json()["message"] == (
            "deleteReason was ignored: the setting Orders1:Enter reason code when deleting order is off."
        )
        assert ask("GET", "/api/v2/orders/72544/status").body == (
            b'{"error":"Order marked for cancelation","details":[]}'
        )
        types = [event["type"] for event in ask("GET", "/api/v2/orders/72544/events").json()["items"]]
    assert types == ["order.imported", "order.checked_in", "order.cancelled"]


def test_after_kill_9_nothing_acknowledged_is_lost_and_nothing_is_half_done(
    database_url: str, tmp_path: Path, set_up: SetUp
) -> None:
    key = set_up(database_url, lambda db: _many_orders(db, BULK))
    server = Server(database_url, tmp_path)
    server.start()
    acknowledged: dict[str, bytes] = {}
    threads = [
        threading.Thread(target=_cancel_all, args=(server, key, BULK[lane::4], acknowledged)) for lane in range(4)
    ]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 200:
        time.sleep(0.005)
    server.kill()
    for thread in threads:
        thread.join(30)
    with server:
        connection = server.connect()
        fetched = {number: send(connection, "GET", f"/api/v2/orders/{number}", key=key) for number in acknowledged}
        retried = {number: _cancel(connection, key, number) for number in acknowledged}
        connection.close()
    assert 200 <= len(acknowledged) < len(BULK)
    assert {reply.json()["cancellation"]["actor"] for reply in fetched.values()} == {"portal"}
    assert {number: reply.body for number, reply in retried.items()} == acknowledged
    cancelled = set_up(database_url, _cancelled)
    assert cancelled >= set(acknowledged)
    assert set_up(database_url, _cancel_events) == dict.fromkeys(cancelled, 1)


def test_after_kill_9_what_was_not_acknowledged_is_done_once_by_the_retry(
    database_url: str, tmp_path: Path, set_up: SetUp
) -> None:
    orders = BULK[:400]
    key = set_up(database_url, lambda db: _many_orders(db, orders))
    server = Server(database_url, tmp_path)
    server.start()
    acknowledged: dict[str, bytes] = {}
    thread = threading.Thread(target=_cancel_all, args=(server, key, orders, acknowledged))
    thread.start()
    while len(acknowledged) < 50:
        time.sleep(0.001)
    server.kill()
    thread.join(30)
    with server:
        connection = server.connect()
        statuses = {_cancel(connection, key, number).status for number in orders}
        connection.close()
    assert statuses == {200}
    assert set_up(database_url, _cancel_events) == dict.fromkeys(orders, 1)


def _laboratory(database: str, orders: list[dict[str, str]]) -> str:
    lines = "".join(json.dumps({"customerNumber": "1001", **order}) + "\n" for order in orders)
    _apply(database, SETUP)
    imported = run("orders", "import", "-", "--database", database, given=lines.encode())
    assert imported.returncode == 0, imported.stderr
    scopes = "orders:read,orders:cancel,tracking:write,events:read"
    made = run("keys", "create", "--name", "portal", "--scopes", scopes, "--json", "--database", database)
    return str(json.loads(made.stdout)["key"])


def _apply(database: str, setup: bytes) -> None:
    applied = run("setup", "apply", "-", "--database", database, given=setup)
    assert applied.returncode == 0, applied.stderr


def _asker(server: Server, key: str) -> Asker:
    def ask(method: str, target: str, body: dict[str, str] | None = None) -> Reply:
        return server.send(method, target, key=key, json=body)

    return ask


def _error(reply: Reply) -> tuple[int, str, list[str]]:
    return reply.status, reply.json()["error"], reply.json()["details"]


def _cancel(connection: http.client.HTTPConnection, key: str, number: str) -> Reply:
    headers = {"Idempotency-Key": f"cancel-{number}"}
    return send(connection, "DELETE", f"/api/v2/orders/{number}", key=key, headers=headers)


def _cancel_all(server: Server, key: str, numbers: list[str], acknowledged: dict[str, bytes]) -> None:
    connection = server.connect()
    try:
        for number in numbers:
            reply = _cancel(connection, key, number)
            assert reply.status == 200
            acknowledged[number] = reply.body
    except (OSError, http.client.HTTPException):
        return  # it was killed
    finally:
        connection.close()


async def _many_orders(db: Database, numbers: list[str]) -> str:
    await make_orders(db, numbers)
    _, secret = await make_key(db, scopes=("orders:read", "orders:cancel"))
    return secret


async def _cancelled(db: Database) -> set[str]:
    rows = await execute(db, Sql.same("SELECT order_number FROM orders WHERE cancelled_at IS NOT NULL"))
    return {row[0] for row in rows}


async def _cancel_events(db: Database) -> dict[str, int]:
    rows = await execute(
        db,
        Sql.same("""
            SELECT o.order_number, count(*) FROM events e JOIN orders o ON o.id = e.subject_id
            WHERE e.type = 'order.cancelled' GROUP BY o.order_number"""),
    )
    return {row[0]: row[1] for row in rows}
