"""POST and DELETE /api/v2/orders/{id}/tray (contract: Tray assignment)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from tests.api.asgi import Client
from tests.api.conftest import MakeKey
from tests.builders import EARLIER, execute, make_order, order, set_setting
from traylane.db.database import Database, Sql
from traylane.policy.catalogue import VERIFY_TRAY

ONE = "/api/v2/orders/1001/tray"
EVENTS = Sql.same("""
    SELECT o.order_number, e.type, e.data FROM events e JOIN orders o ON o.id = e.subject_id
    ORDER BY o.order_number, e.seq""")
MOVES = Sql.same("""
    SELECT o.order_number, t.seq, t.holds FROM tray_events t JOIN orders o ON o.id = t.order_id""")
HOLDERS = Sql.same("SELECT order_number, tray_number, tray_key, revision FROM orders ORDER BY order_number")


async def holders(db: Database) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await execute(db, HOLDERS)]


async def told(db: Database) -> list[tuple[str, str, Any, Any]]:
    """Order, event, before and after of every event of an order."""
    rows = [(number, type_, msgspec.json.decode(data)) for number, type_, data in await execute(db, EVENTS)]
    return [(number, type_, fields["before"], fields["after"]) for number, type_, fields in rows]


def error(sentence: bytes, *details: bytes) -> bytes:
    return b'{"error":"%s","details":[%s]}' % (sentence, b",".join(b'"%s"' % line for line in details))


async def test_an_order_is_put_into_a_tray(portal: Client, db: Database) -> None:
    await make_order(db, status="U")

    got = await portal.post(ONE, json={"trayNumber": "00123"})

    assert (got.status, got.json()["trayNumber"], got.header("etag")) == (200, "00123", '"1001-2"')
    assert await holders(db) == [("1001", "00123", 123, 2)]
    assert (await portal.get("/api/v2/orders/123?by=tray")).json()["orderNumber"] == "1001"
    assert await told(db) == [
        ("1001", "order.tray_assigned", {"trayNumber": ""}, {"trayNumber": "00123", "takenFrom": None})
    ]


async def test_the_contracts_refusals(portal: Client, db: Database) -> None:
    await make_order(db, "1001", tray="7")
    await make_order(db, "1002")
    await make_order(db, "C1", cancelled_at=EARLIER)
    await make_order(db, "C2", status="C")
    await make_order(db, "H1", on_hold=True)

    async def refusal(given: str, tray: str, *, reassign: bool = False) -> tuple[int, bytes]:
        got = await portal.post(f"/api/v2/orders/{given}/tray", json={"trayNumber": tray, "reassign": reassign})
        return got.status, got.body

    assert await refusal("9999", "x") == (404, error(b"Order not found"))
    assert await refusal("00007", "x") == (
        (400, error(b"You must use an order number or PO Number for orderIdentifier"))
    )
    assert await refusal("C1", "A7") == (400, error(b"trayNumber only accepts numbers"))
    assert await refusal("C1", "123456") == (400, error(b"trayNumber supports up to 5 digits"))
    assert await refusal("C1", "9") == (400, error(b"Cannot assign a deleted order to a tray"))
    assert await refusal("C2", "9") == (400, error(b"Cannot assign a completed order to a tray"))
    assert await refusal("H1", "9") == (400, error(b"Cannot assign an on-hold order to a tray"))
    assert await refusal("1002", "07", reassign=True) == (400, error(b"Tray is already in use", b"Order: 1001"))
    assert await refusal("1001", "9") == (400, error(b"Order already has a tray"))
    assert await told(db) == []


async def test_a_number_that_is_a_tray_and_a_po_is_the_po_here(portal: Client, db: Database) -> None:
    await make_order(db, "1001", po="77")
    await make_order(db, "1002", tray="77")

    got = await portal.post("/api/v2/orders/77/tray", json={"trayNumber": "9"})

    assert (got.status, got.json()["orderNumber"]) == (200, "1001")


async def test_an_ambiguous_po_is_told_in_the_details(portal: Client, db: Database) -> None:
    await make_order(db, "1", po="P1")
    await make_order(db, "2", po="P1")

    got = await portal.post("/api/v2/orders/P1/tray", json={"trayNumber": "9"})

    assert got.body == error(
        b"Order not found", b"More than one record found", b"Provided: P1", b"Order: 1", b"Order: 2"
    )
    assert got.status == 400


async def test_a_reassigned_order_leaves_its_tray_free(portal: Client, db: Database) -> None:
    await make_order(db, tray="7")

    got = await portal.post(ONE, json={"trayNumber": "9", "reassign": True})

    assert got.status == 200
    assert await holders(db) == [("1001", "9", 9, 2)]
    assert await told(db) == [
        ("1001", "order.tray_assigned", {"trayNumber": "7"}, {"trayNumber": "9", "takenFrom": None})
    ]


async def test_a_tray_taken_over_is_an_event_on_both_orders(portal: Client, db: Database) -> None:
    await make_order(db, "0500", tray="00009", cancelled_at=EARLIER)
    await make_order(db)

    got = await portal.post(ONE, json={"trayNumber": "9"})

    assert got.status == 200
    assert await holders(db) == [("0500", "00009", None, 2), ("1001", "9", 9, 2)]
    assert await told(db) == [
        ("0500", "order.tray_taken_over", {"holdsTray": True}, {"holdsTray": False, "takenBy": "1001"}),
        ("1001", "order.tray_assigned", {"trayNumber": ""}, {"trayNumber": "9", "takenFrom": "0500"}),
    ]


async def test_verify_tray_is_empty_asks_for_a_reassignment(portal: Client, db: Database) -> None:
    await set_setting(db, VERIFY_TRAY, True)
    await make_order(db, "0500", tray="9", cancelled_at=EARLIER)
    await make_order(db)

    refused = await portal.post(ONE, json={"trayNumber": "9"})
    taken = await portal.post(ONE, json={"trayNumber": "9", "reassign": True})

    assert refused.body == error(b"Tray is already in use", b"Order: 0500")
    assert taken.status == 200


async def test_other_customers_orders_do_not_exist_for_a_bound_key(http: Client, key: MakeKey, db: Database) -> None:
    await make_order(db, "0500", customer="2002", tray="9", cancelled_at=EARLIER)
    await make_order(db, "0600", customer="2002", tray="8")
    await make_order(db, customer="1001")
    bound = http.using(await key("orders:write", customer="1001"))

    got = [await bound.post(ONE, json={"trayNumber": tray, "reassign": True}) for tray in ("9", "8")]

    assert [(reply.status, reply.body) for reply in got] == [(400, error(b"Tray is already in use"))] * 2
    assert [row[3] for row in await holders(db)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "trayNumber is missing"),
        ({"trayNumber": None}, "trayNumber is missing"),
        ({"trayNumber": 7}, "trayNumber must be a text"),
        ({"trayNumber": "1" * 21}, "trayNumber supports up to 20 characters"),
        ({"trayNumber": "7", "reassign": "yes"}, "reassign is not true or false"),
        ({"trayNumber": "7", "force": True}, "unknown property force"),
    ],
)
async def test_what_an_assignment_does_not_take(portal: Client, db: Database, body: Any, problem: str) -> None:
    await make_order(db)

    got = await portal.post(ONE, json=body)

    assert (got.status, got.json()) == (400, {"error": "Incorrect arguments provided", "details": [problem]})


async def test_two_orders_for_one_tray_at_once(portal: Client, db: Database) -> None:
    numbers = [str(n) for n in range(3000, 3008)]
    for number in numbers:
        await make_order(db, number)

    said = await asyncio.gather(
        *(portal.post(f"/api/v2/orders/{number}/tray", json={"trayNumber": "7"}) for number in numbers)
    )

    [winner] = [number for number, tray, *_ in await holders(db) if tray == "7"]
    bodies = [reply.body for reply in said if reply.status != 200]
    assert bodies == [error(b"Tray is already in use", b"Order: %s" % winner.encode())] * 7


async def test_a_released_tray_is_free(portal: Client, db: Database) -> None:
    await make_order(db, "1001", tray="7")
    await make_order(db, "1002")

    got = await portal.delete("/api/v2/orders/7/tray")
    again = await portal.delete("/api/v2/orders/1001/tray")
    given = await portal.post("/api/v2/orders/1002/tray", json={"trayNumber": "7"})

    assert (got.status, got.json()["trayNumber"], given.status) == (200, "", 200)
    assert (again.status, again.body) == (400, error(b"Order has no tray"))
    assert (await told(db))[0] == (
        "1001",
        "order.tray_released",
        {"trayNumber": "7", "holdsTray": True, "cancelled": False},
        {"trayNumber": "", "holdsTray": False, "cancelled": False},
    )


async def test_a_cancelled_order_releases_its_tray_and_stays_known_by_it(portal: Client, db: Database) -> None:
    await make_order(db, tray="00007", cancelled_at=EARLIER)

    got = await portal.delete(ONE)

    assert (got.status, got.json()["trayNumber"]) == (200, "00007")
    assert (await portal.get("/api/v2/orders/7?by=tray")).status == 404
    assert (await order(db)).tray_key is None


async def test_the_recall_of_a_lost_tray_stays_open_until_a_release(portal: Client, db: Database) -> None:
    await make_order(db, "0500", tray="9", cancelled_at=EARLIER)
    await make_order(db)
    await portal.post(ONE, json={"trayNumber": "9"})

    lost = (await portal.get("/api/v2/job_track/recall")).json()
    released = await portal.delete("/api/v2/orders/0500/tray")
    closed = (await portal.get("/api/v2/job_track/recall")).json()

    assert ([one["orderNumber"] for one in lost["items"]], released.status, closed["total"]) == (["0500"], 200, 0)
    assert [row[:3] for row in await holders(db)] == [("0500", "9", None), ("1001", "9", 9)]


async def test_a_trays_history_is_told(portal: Client, db: Database) -> None:
    await make_order(db, "1001")
    await make_order(db, "1002")
    for number, method in (("1001", "POST"), ("1001", "DELETE"), ("1002", "POST")):
        await portal.send(
            method, f"/api/v2/orders/{number}/tray", json={"trayNumber": "9"} if method == "POST" else None
        )
    await portal.post("/api/v2/orders/1002/complete")

    rows = await execute(
        db, Sql.same("SELECT o.order_number, t.seq, t.holds FROM tray_events t, orders o WHERE o.id = t.order_id")
    )

    assert sorted((number, seq, bool(holds)) for number, seq, holds in rows) == [
        ("1001", 2, True),
        ("1001", 3, False),
        ("1002", 2, True),
        ("1002", 3, False),
    ]


async def test_releasing_needs_its_scope(http: Client, key: MakeKey, db: Database) -> None:
    await make_order(db, tray="7")

    got = await http.using(await key("orders:write")).delete(ONE)

    assert (got.status, got.json()["details"]) == (403, ["Scope needed: tracking:write"])
